from django.urls import path

from tickets import views_clock

app_name = "clocks"
urlpatterns = [
    path("tiket/<int:pk>/tanya/", views_clock.pause, name="pause"),
    path("tiket/<int:pk>/lanjut/", views_clock.resume, name="resume"),
    path("tiket/<int:pk>/batas/<int:deadline_pk>/", views_clock.extend, name="extend"),
    path("aturan/", views_clock.rule_list, name="rules"),
    path("aturan/<int:pk>/", views_clock.rule_edit, name="rule"),
    path("kalender/", views_clock.calendar, name="calendar"),
    path("kalender/hari/", views_clock.day_add, name="day_add"),
    path("kalender/hari/<int:pk>/hapus/", views_clock.day_remove, name="day_remove"),
    path("kalender/cuti-bersama/", views_clock.joint_leave, name="joint_leave"),
]
