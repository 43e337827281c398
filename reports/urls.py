from django.urls import path

from reports import views, views_divisions

app_name = "reports"
urlpatterns = [
    path("tunggakan/", views.backlog, name="backlog"),
    path("divisi/", views_divisions.table, name="divisions"),
    path("divisi/cetak/", views_divisions.paper, name="divisions_print"),
    path("divisi/rekap.xlsx", views_divisions.sheet, name="divisions_sheet"),
    path("divisi/rujukan/", views_divisions.referrals, name="division_referrals"),
]
