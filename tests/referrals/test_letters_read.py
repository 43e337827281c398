"""Who decides on a letter decides on what stood on the screen; who typed something finds it again when the desk
moved on meanwhile."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts import clock
from accounts.models import Division, Office, User
from inbox.models import Item
from referrals import annexes, dispatching, initialling, letter_marks, letters
from referrals.models import Letter, LetterState, Signer
from tests.referrals.letter_desk import approve, as_read
from tests.referrals.sending import approved
from tests.referrals.test_views import Case, drafted, wording
from tickets import cases


@pytest.fixture
def case(item: Item, operator1: User, lantas: Division, office: Office, head: User) -> Case:
    return drafted(item, operator1, lantas)


def submit(case: Case, by: User) -> None:
    letters.submit(letter=case.letter, by=by, fence=case.ticket.fence)


def test_the_mark_changes_with_everything_the_letter_says(case: Case, operator1: User) -> None:
    marks = {letter_marks.mark(Letter.objects.get())}
    for change in (
        {"subject": "lain"}, {"body": [{"form": "point", "text": "lain", "items": []}]},
        {"addressee": "Dirreskrim"}, {"attention": "Kasubdit"}, {"place": "Samarinda"},
        {"copies": "Kapolda"}, {"sifat": "Segera"}, {"secrecy": "T"}, {"with_identity": True},
        {"signer": Signer.objects.create(label="Wakil", lines="WAKIL")},
    ):  # fmt: skip
        Letter.objects.update(**change)
        marks.add(letter_marks.mark(Letter.objects.get()))
    keys = [piece.key for piece in annexes.pieces(case.letter)]
    assert keys
    annexes.choose(letter=case.letter, keys=keys, by=operator1, fence=case.ticket.fence)
    marks.add(letter_marks.mark(Letter.objects.get()))
    message = annexes.pieces(case.letter)[0].message
    type(message).objects.filter(pk=message.pk).update(text="kata lain")
    marks.add(letter_marks.mark(Letter.objects.get()))
    assert len(marks) == 13
    assert letter_marks.mark(Letter.objects.get()) in marks  # and with nothing else


def test_the_head_approves_what_was_read(
    case: Case, operator1: User, head: User, head_client: Client
) -> None:
    submit(case, operator1)
    path = f"/rujukan/surat/{case.letter.pk}/setujui/"
    read = as_read(head_client, case.letter)
    letters.send_back(letter=case.letter, by=head, remark="ganti")
    other = letters.Wording(
        subject="LAIN SAMA SEKALI", body=case.letter.body, addressee=case.letter.addressee
    )
    letters.edit(letter=case.letter, by=operator1, fence=case.ticket.fence, wording=other)
    submit(case, operator1)
    for typed in (read, {}, {"seen": ""}):
        refused = head_client.post(path, typed | {"after": "12", "why": "surat tertinggal"})
        page = refused.content.decode()
        assert refused.status_code == 409
        assert "diubah sejak Anda membukanya" in page
        assert 'value="12"' in page
        assert 'value="surat tertinggal"' in page
    case.letter.refresh_from_db()
    assert (case.letter.state, case.letter.number) == ("submitted", "")
    assert approve(head_client, case.letter) == 302


def test_an_initial_is_given_to_what_was_read(
    case: Case, operator1: User, operator2: User, operator2_client: Client
) -> None:
    initialling.plan(letter=case.letter, users=[operator2], by=operator1, fence=case.ticket.fence)
    submit(case, operator1)
    path, read = f"/rujukan/surat/{case.letter.pk}/paraf/", as_read(operator2_client, case.letter)
    Letter.objects.update(copies="Kapolda")
    refused = operator2_client.post(path, read)
    assert refused.status_code == 409
    assert "diubah sejak Anda membukanya" in refused.content.decode()
    assert operator2_client.post(path, as_read(operator2_client, case.letter)).status_code == 302
    case.letter.refresh_from_db()
    assert case.letter.state == LetterState.SUBMITTED


def test_the_head_takes_a_letter_from_one_who_is_gone(
    case: Case, operator1: User, operator2: User, head_client: Client
) -> None:
    initialling.plan(letter=case.letter, users=[operator2], by=operator1, fence=case.ticket.fence)
    submit(case, operator1)
    User.objects.filter(pk=operator2.pk).update(is_active=False)
    path = f"/rujukan/surat/{case.letter.pk}/"
    page = head_client.get(path).content.decode()
    assert f"{path}kembalikan/" in page
    assert f"{path}paraf/" not in page
    told = head_client.post(f"{path}kembalikan/", {"remark": "Tanpa paraf, ia cuti"})
    assert told.status_code == 302
    case.letter.refresh_from_db()
    assert case.letter.state == LetterState.DRAFT


@pytest.mark.parametrize("then", ["", "submit", "add-0"])
def test_words_typed_while_somebody_took_charge_are_not_lost(
    case: Case, operator2: User, operator1_client: Client, then: str
) -> None:
    subject = case.letter.subject
    cases.take_charge(ticket=case.ticket, by=operator2)
    typed = wording(
        case.ticket, then=then, **{"text-0": "KATA-KATA PANJANG <b>", "copies": "Arsip"}
    )
    page = operator1_client.post(f"/rujukan/surat/{case.letter.pk}/simpan/", typed)
    shown = page.content.decode()
    assert page.status_code == (200 if then == "add-0" else 409)
    assert "Yang Anda tulis:" in shown
    assert 'data-copy="#typed"' in shown
    for word in ("KATA-KATA PANJANG &lt;b&gt;", "permohonan jawaban", "nomor tiket : ", "Arsip"):
        assert word in shown
    assert "Simpan konsep" not in shown
    case.letter.refresh_from_db()
    assert case.letter.subject == subject


def test_a_refused_receipt_keeps_what_was_typed(
    item: Item, operator1: User, lantas: Division, head: User, operator1_client: Client
) -> None:
    Division.objects.filter(pk=lantas.pk).update(dispatch_by="print")
    lantas.refresh_from_db()
    out = approved(item, by=operator1, division=lantas, head=head)
    row = dispatching.by_print(
        letter=out.letter, by=operator1, fence=out.ticket.fence, courier="Budi"
    )
    tomorrow = (clock.now() + timedelta(days=2)).date().isoformat()
    scan = SimpleUploadedFile("tanda terima.pdf", b"%PDF-1.4\n%%EOF", "application/pdf")
    typed = {"fence": out.ticket.fence, "name": "Ibu Sari <TU>", "on": tomorrow, "scan": scan}
    page = operator1_client.post(reverse("referrals:receipt", args=[row.pk]), typed)
    shown = page.content.decode()
    assert page.status_code == 422
    assert 'value="Ibu Sari &lt;TU&gt;"' in shown
    assert f'value="{tomorrow}"' in shown
    assert "Pilih lagi berkas tanda terima.pdf" in shown
