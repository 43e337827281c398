from django.urls import path

from referrals import views_certificate, views_settings, views_settings_lists

app_name = "letter_settings"
urlpatterns = [
    path("", views_settings.overview, name="overview"),
    path("kop/", views_settings.head, name="head"),
    path("kop/pratinjau/", views_settings.head_preview, name="head_preview"),
    path("bentuk/<slug:kind>/", views_settings.form, name="form"),
    path("bentuk/<slug:kind>/pratinjau/", views_settings.form_preview, name="form_preview"),
    path("bentuk/<slug:kind>/bawaan/", views_settings.form_reset, name="form_reset"),
    path("penanda-tangan/", views_settings.signers, name="signers"),
    path("penanda-tangan/baru/", views_settings.signer, name="signer_new"),
    path("penanda-tangan/pratinjau/", views_settings.signer_preview, name="signer_new_preview"),
    path("penanda-tangan/<int:pk>/", views_settings.signer, name="signer"),
    path(
        "penanda-tangan/<int:pk>/pratinjau/", views_settings.signer_preview, name="signer_preview"
    ),
    path("sertifikat/", views_certificate.certificate, name="certificate"),
    path("sertifikat/token/", views_certificate.token, name="certificate_token"),
    path("sertifikat/cap-waktu/", views_certificate.stamp_server, name="stamp_server"),
    path("sertifikat/coba/", views_certificate.try_out, name="certificate_try"),
    path("sertifikat/lepas/", views_certificate.remove, name="certificate_remove"),
    path("kode/", views_settings_lists.codes, name="codes"),
    path("kode/tempel/", views_settings_lists.codes_paste, name="codes_paste"),
    path("kode/<int:pk>/", views_settings_lists.code, name="code"),
    path("rujukan/", views_settings_lists.references, name="references"),
    path("rujukan/baru/", views_settings_lists.reference, name="reference_new"),
    path("rujukan/<int:pk>/", views_settings_lists.reference, name="reference"),
]
