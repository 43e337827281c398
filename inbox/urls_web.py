"""The public form for citizens. “lihat” comes first: no form can have that name."""

from django.urls import path

from inbox import views_web

app_name = "web"
urlpatterns = [
    path("", views_web.forms, name="forms"),
    path("lihat/", views_web.find, name="find"),
    path("lihat/<str:code>/", views_web.case, name="case"),
    path("<str:slug>/", views_web.report, name="report"),
]
