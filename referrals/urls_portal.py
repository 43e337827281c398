from django.urls import path

from referrals import views_portal

app_name = "portal"
urlpatterns = [
    path("", views_portal.referral_list, name="list"),
    path("<int:pk>/", views_portal.detail, name="detail"),
    path("<int:pk>/terima/", views_portal.acknowledge, name="acknowledge"),
    path("<int:pk>/jawab/", views_portal.answer, name="answer"),
    path("<int:pk>/tanya/", views_portal.ask, name="ask"),
    path("<int:pk>/teruskan/", views_portal.pass_on, name="pass_on"),
    path("<int:pk>/kembalikan/", views_portal.return_to_desk, name="return"),
    path("berkas/<int:pk>/", views_portal.file, name="file"),
    path("surat/<int:pk>/surat.pdf", views_portal.pdf, name="pdf"),
    path("surat/<int:pk>/<int:page>.png", views_portal.page, name="page"),
]
