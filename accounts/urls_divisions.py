"""Addresses of the divisions. The desk reads the tree and the units; heads and administrators change them."""

from django.urls import path

from accounts import views_division_import as importing
from accounts import views_divisions as views
from accounts import views_officers as officers

app_name = "divisions"
urlpatterns = [
    path("", views.tree, name="tree"),
    path("baru/", views.new, name="new"),
    path("siap-pakai/", views.shipped, name="shipped"),
    path("impor/", importing.upload, name="import"),
    path("impor/contoh.csv", importing.template, name="import_template"),
    path("impor/jalankan/", importing.run, name="import_run"),
    path("impor/selesai/", importing.finished, name="import_done"),
    path("impor/undang/", importing.invite, name="import_invite"),
    path("<int:pk>/", views.unit, name="unit"),
    path("<int:pk>/ubah/", views.edit, name="edit"),
    path("<int:pk>/aktif/", views.switch, name="switch"),
    path("<int:pk>/kontak/", views.add_contact, name="add_contact"),
    path("<int:pk>/petugas/", officers.add, name="add_officer"),
    path("kontak/<int:pk>/", views.change_contact, name="contact"),
    path("kontak/<int:pk>/benar/", views.verify_contact, name="verify_contact"),
    path("kontak/<int:pk>/hapus/", views.remove_contact, name="remove_contact"),
    path("petugas/<int:pk>/tautan/", officers.link, name="officer_link"),
    path("petugas/<int:pk>/aktif/", officers.switch, name="switch_officer"),
]
