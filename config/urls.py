"""Every address of Sahut. Indonesian paths: citizens and officers read them."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.i18n import set_language

from accounts import views as accounts_views
from accounts.first_run import first_run
from inbox.views_hooks import hook
from inbox.views_privacy import meta_deauthorise, meta_erase
from referrals.views_path import verify

urlpatterns = [
    path("", accounts_views.home, name="home"),
    path("sehat/", accounts_views.health, name="health"),
    path("mulai/", first_run, name="first_run"),
    path("akun/", include("allauth.urls")),
    path("bahasa/", set_language, name="set_language"),
    path("masuk/", include("inbox.urls")),
    path("tiket/", include("tickets.urls")),
    path("jam/", include("tickets.urls_clock")),
    path("lacak/", include("tickets.urls_public")),
    path("rujukan/", include("referrals.urls")),
    path("sah/<uuid:token>/", verify, name="verify_letter"),
    path("bagian/", include("accounts.urls_divisions")),
    path("atur-surat/", include("referrals.urls_settings")),
    path("divisi/", include("referrals.urls_portal")),
    path("baki/", include("referrals.urls_tray")),
    path("agenda/", include("referrals.urls_register")),
    path("jawab/", include("referrals.urls_link")),
    path("hook/<slug:family>/<str:key>/", hook, name="hook"),
    path("hook/meta/<str:key>/hapus-data/", meta_erase, name="meta_erase"),
    path("hook/meta/<str:key>/cabut/", meta_deauthorise, name="meta_deauthorise"),
    path("kanal/", include("inbox.urls_channels")),
    path("privasi/", include("inbox.urls_privacy")),
    path("lapor/", include("inbox.urls_web")),
    path("laporan/", include("reports.urls")),
    path("kelola/", admin.site.urls),
]
admin.site.site_header = admin.site.site_title = "Sahut"
admin.site.site_url = settings.SITE_URL
