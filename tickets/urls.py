from django.urls import path

from tickets import views, views_change

app_name = "tickets"
urlpatterns = [
    path("", views.ticket_list, name="list"),
    path("buka/<int:item_pk>/", views.open_new, name="open"),
    path("panel/<int:item_pk>/", views.panel, name="panel"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/gabung/<int:item_pk>/", views.join, name="join"),
    path("<int:pk>/keluarkan/<int:item_pk>/", views.leave, name="leave"),
    path("<int:pk>/tanggung-jawab/", views.take_charge, name="charge"),
    path("<int:pk>/tutup/", views.close, name="close"),
    path("<int:pk>/ubah/", views_change.edit, name="edit"),
    path("<int:pk>/pisah/", views_change.split, name="split"),
    path("<int:pk>/telepon/", views_change.call, name="call"),
    path("<int:pk>/pembaca/", views_change.add_reader, name="add_reader"),
    path("<int:pk>/pembaca/cabut/", views_change.remove_reader, name="remove_reader"),
]
