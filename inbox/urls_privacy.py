"""The public pages on what is kept of citizens, and how to have it deleted."""

from django.urls import path

from inbox import views_privacy

app_name = "privacy"
urlpatterns = [
    path("", views_privacy.page, name="page"),
    path("permintaan/<str:code>/", views_privacy.status, name="status"),
]
