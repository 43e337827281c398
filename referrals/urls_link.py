from django.urls import path

from referrals import views_link

app_name = "link"
urlpatterns = [
    path("<str:secret>/", views_link.show, name="show"),
    path("<str:secret>/terima/", views_link.acknowledge, name="acknowledge"),
    path("<str:secret>/tanya/", views_link.ask, name="ask"),
    path("<str:secret>/balas/", views_link.answer, name="answer"),
    path("<str:secret>/kembalikan/", views_link.return_to_desk, name="return"),
    path("<str:secret>/surat/<int:pk>.pdf", views_link.pdf, name="pdf"),
    path("<str:secret>/surat/<int:pk>/<int:page>.png", views_link.page, name="page"),
]
