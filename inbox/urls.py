"""Addresses of the inbox. Changing requests are POST; every one of them works without JavaScript."""

from django.urls import path

from inbox import views, views_item, views_take

app_name = "inbox"
urlpatterns = [
    path("", views.inbox, name="list"),
    path("baris/", views.rows, name="rows"),
    path("ukur/", views.measure_text, name="measure"),
    path("catat/", views_take.by_hand, name="by_hand"),
    path("karantina/", views_take.quarantine, name="quarantine"),
    path("karantina/<int:pk>/coba/", views_take.try_again, name="try_again"),
    path("<int:pk>/", views.item, name="item"),
    path("<int:pk>/baris/", views.row, name="row"),
    path("<int:pk>/segar/", views.fresh, name="fresh"),
    path("<int:pk>/gambar/<int:message_pk>/", views_take.picture, name="picture"),
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
