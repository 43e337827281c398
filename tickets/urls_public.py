from django.urls import path

from tickets import tracking

app_name = "tracking"
urlpatterns = [
    path("", tracking.find, name="find"),
    path("<str:number>/", tracking.show, name="show"),
    path("<str:number>/nilai/", tracking.rate, name="rate"),
]
