from django.urls import path

from referrals import views_tray

app_name = "tray"
urlpatterns = [
    path("", views_tray.tray_list, name="list"),
    path("jumlah/", views_tray.count, name="count"),
    path("surel/<int:pk>/", views_tray.mail, name="mail"),
    path("surel/<int:pk>/berkas/<int:number>/", views_tray.attachment, name="attachment"),
    path("surel/<int:pk>/tetapkan/", views_tray.assign, name="assign"),
    path("surel/<int:pk>/catat/", views_tray.confirm, name="confirm"),
    path("surel/<int:pk>/kembalikan/", views_tray.put_back, name="put_back"),
    path("surel/<int:pk>/abaikan/", views_tray.ignore, name="ignore"),
    path("catat/<int:pk>/", views_tray.heard, name="heard"),
    path("pertanyaan/<int:pk>/", views_tray.reply, name="reply"),
    path("berkas/<int:pk>/", views_tray.file, name="file"),
]
