"""Addresses of the channels: how they are, connecting, erasure. For heads and administrators."""

from django.urls import path

from inbox import views_channels, views_channels_connect, views_channels_meta, views_channels_x
from inbox import views_privacy as privacy

app_name = "channels"
urlpatterns = [
    path("", views_channels.overview, name="list"),
    path("baru/", views_channels_connect.choose, name="new"),
    path("tangan/", views_channels_connect.by_hand, name="by_hand"),
    path("tempel/<slug:platform>/", views_channels_connect.paste, name="paste"),
    path("akhir/", views_channels_connect.last, name="last"),
    path("terhubung/", views_channels_connect.connected, name="connected"),
    path("x/", views_channels_x.start, name="x"),
    path("x/aplikasi/", views_channels_x.save_app, name="x_app"),
    path("x/masuk/", views_channels_x.log_in, name="x_log_in"),
    path("x/kembali/", views_channels_x.back, name="x_back"),
    path("x/tempel/", views_channels_x.paste, name="x_paste"),
    path("meta/", views_channels_meta.start, name="meta"),
    path("meta/aplikasi/", views_channels_meta.save_app, name="meta_app"),
    path("meta/masuk/", views_channels_meta.log_in, name="meta_log_in"),
    path("meta/kembali/", views_channels_meta.back, name="meta_back"),
    path("meta/pilih/", views_channels_meta.pick, name="meta_pick"),
    path("<int:pk>/", views_channels.channel, name="channel"),
    path("<int:pk>/atur/", views_channels.set_up, name="set_up"),
    path("<int:pk>/putus/", views_channels.disconnect, name="disconnect"),
    path("<int:pk>/hubungkan/", views_channels.bring_back, name="bring_back"),
    path("<int:pk>/periksa/", views_channels.check, name="check"),
    path("<int:pk>/langganan/", views_channels.subscribe, name="subscribe"),
    path("<int:pk>/rahasia/", views_channels.add_secret, name="add_secret"),
    path("<int:pk>/rahasia/buang/", views_channels.drop_secret, name="drop_secret"),
    path("tidak-terbaca/<int:pk>/dilihat/", views_channels.seen, name="seen"),
    path("warga/<int:pk>/hapus/", privacy.erase, name="erase"),
    path("penghapusan/", privacy.requests, name="requests"),
    path("penghapusan/<str:code>/selesai/", privacy.finish, name="finish"),
]
