"""Addresses of the inbox. Changing requests are POST; every one of them works without JavaScript."""

from django.urls import path

from inbox import views, views_import, views_item, views_media, views_quarantine, views_take

app_name = "inbox"
urlpatterns = [
    path("", views.inbox, name="list"),
    path("baris/", views.rows, name="rows"),
    path("ukur/", views.measure_text, name="measure"),
    path("catat/", views_take.by_hand, name="by_hand"),
    path("catat/isi/", views_take.by_hand_fill, name="by_hand_fill"),
    path("catat/bagikan/", views_take.share, name="by_hand_share"),
    path("catat/bagikan/gambar/", views_take.shared_picture, name="by_hand_shared"),
    path("impor/", views_import.upload, name="import"),
    path("impor/<uuid:pk>/", views_import.job, name="import_job"),
    path("impor/<uuid:pk>/maju/", views_import.progress, name="import_progress"),
    path("impor/<uuid:pk>/buang/", views_import.drop, name="import_drop"),
    path("karantina/", views_quarantine.quarantine, name="quarantine"),
    path("karantina/<int:pk>/coba/", views_quarantine.try_again, name="try_again"),
    path("karantina/tanya/<int:pk>/", views_quarantine.ask_again, name="ask_again"),
    path("<int:pk>/", views.item, name="item"),
    path("<int:pk>/baris/", views.row, name="row"),
    path("<int:pk>/segar/", views.fresh, name="fresh"),
    path("<int:pk>/gambar/<int:message_pk>/", views_take.picture, name="picture"),
    path("<int:pk>/berkas/<int:file_pk>/", views_media.media, name="media"),
    path("<int:pk>/berkas/<int:file_pk>/kecil/", views_media.small, name="media_small"),
    path("<int:pk>/terkirim/<int:picture_pk>/", views_media.sent_picture, name="sent_picture"),
    path("keluar/<str:token>/", views_media.outgoing_picture, name="outgoing_picture"),
    path("<int:pk>/ambil/", views_item.take, name="take"),
    path("<int:pk>/lepas/", views_item.release, name="release"),
    path("<int:pk>/serahkan/", views_item.hand_over, name="hand_over"),
    path("<int:pk>/ambil-alih/", views_item.take_over, name="take_over"),
    path("<int:pk>/konsep/", views_item.draft, name="draft"),
    path("<int:pk>/balas/", views_item.reply, name="reply"),
    path("<int:pk>/batalkan/", views_item.withdraw, name="withdraw"),
    path("<int:pk>/kirim-saja/", views_item.send_anyway, name="send_anyway"),
    path("<int:pk>/putuskan/", views_item.decide, name="decide"),
    path("<int:pk>/tutup/", views_item.close, name="close"),
    path("<int:pk>/buka-lagi/", views_item.reopen, name="reopen"),
    path("<int:pk>/catatan/", views_item.note, name="note"),
]
