from django.urls import path

from referrals import views, views_letter

app_name = "referrals"
urlpatterns = [
    path("buka/<int:item_pk>/", views.open_and_draft, name="open"),
    path("tiket/<int:ticket_pk>/", views.panel, name="panel"),
    path("tiket/<int:ticket_pk>/surat/", views.draft, name="draft"),
    path("tiket/<int:ticket_pk>/ringkas/<int:item_pk>/", views.brief, name="brief"),
    path("tiket/<int:ticket_pk>/riwayat/", views.history, name="history"),
    path("tiket/<int:ticket_pk>/jawab/", views.start_relay, name="relay"),
    path("tiket/<int:ticket_pk>/ukur/", views.measured, name="measure"),
    path("sasaran/<int:pk>/lagi/", views.try_again, name="try_again"),
    path("sasaran/<int:pk>/sampai/", views.mark_reached, name="mark_reached"),
    path("surat/", views_letter.letters_page, name="letters"),
    path("surat/agenda/", views_letter.register, name="register"),
    path("surat/<int:pk>/", views_letter.letter, name="letter"),
    path("surat/<int:pk>/simpan/", views_letter.save, name="save"),
    path("surat/<int:pk>/pratinjau/", views_letter.preview_typed, name="preview_typed"),
    path("surat/<int:pk>/pratinjau/<int:page>.png", views_letter.preview, name="preview"),
    path("surat/<int:pk>/surat.pdf", views_letter.pdf, name="pdf"),
    path("surat/<int:pk>/buang/", views_letter.discard, name="discard"),
    path("surat/<int:pk>/setujui/", views_letter.approve, name="approve"),
    path("surat/<int:pk>/kembalikan/", views_letter.send_back, name="send_back"),
    path("surat/<int:pk>/batalkan/", views_letter.void, name="void"),
]
