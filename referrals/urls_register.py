from django.urls import path

from referrals import views_correct, views_incoming, views_register

app_name = "register"
urlpatterns = [
    path("keluar/", views_register.outgoing, name="outgoing"),
    path("keluar/cetak/", views_register.print_outgoing, name="print_outgoing"),
    path("keluar/buku.xlsx", views_register.sheet_outgoing, name="sheet_outgoing"),
    path("masuk/", views_register.incoming, name="incoming"),
    path("masuk/cetak/", views_register.print_incoming, name="print_incoming"),
    path("masuk/buku.xlsx", views_register.sheet_incoming, name="sheet_incoming"),
    path("masuk/baru/", views_incoming.new, name="new"),
    path("masuk/rujukan/", views_incoming.choices, name="choices"),
    path("masuk/<int:pk>/", views_incoming.detail, name="detail"),
    path("masuk/<int:pk>/berkas/", views_incoming.file, name="file"),
    path("masuk/<int:pk>/tetapkan/", views_incoming.assign, name="assign"),
    path("masuk/<int:pk>/jawaban/", views_incoming.answer, name="answer"),
    path("masuk/<int:pk>/abaikan/", views_incoming.ignore, name="ignore"),
    path("masuk/<int:pk>/kembalikan/", views_incoming.put_back, name="put_back"),
    path("masuk/<int:pk>/tindak-lanjut/", views_incoming.follow_up, name="follow_up"),
    path("masuk/<int:pk>/ralat/", views_correct.correct, name="correct"),
    path("masuk/<int:pk>/batal/", views_correct.void, name="void"),
    path("masuk/<int:pk>/disposisi/", views_incoming.disposition, name="disposition"),
    path("masuk/<int:pk>/disposisi/cetak/", views_incoming.sheet, name="sheet"),
]
