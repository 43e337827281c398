"""The signed letter comes back: on paper and scanned, or out of SRIKANDI; checked, kept, replaced."""

import io
from typing import Any

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from django.test import Client

from accounts.models import Division, JournalEntry, Office, User
from inbox.models import Item
from referrals import (
    dispatching,
    mailing_out,
    received_files,
    records,
    signed_files,
    signing,
)
from referrals.dispatching import DispatchError
from referrals.models import Letter, LetterCopy, LetterState, SignedCopy, Signing
from referrals.received_files import FileRefused
from referrals.signing import SigningError
from reports import doctor
from tests.referrals.sending import Out, approved
from tests.referrals.signing_examples import (
    elsewhere,
    installed,
    scan,
    signs,
)
from tests.reports_doctor.plants import unguarded
from tickets.cases import NotInCharge

pytestmark = pytest.mark.django_db


@pytest.fixture
def out(item: Item, operator1: User, lantas: Division, office: Office, head: User) -> Out:
    """Approved; to be printed, signed and scanned."""
    signs(Signing.SCAN)
    return approved(item, by=operator1, division=lantas, head=head)


def upload(out: Out, by: User, data: bytes, name: str = "surat.pdf", why: str = "") -> SignedCopy:
    file = received_files.check(name, data)
    letter = Letter.objects.get(pk=out.letter.pk)
    return signing.upload(letter=letter, by=by, fence=out.ticket.fence, file=file, why=why)


def as_pdf(data: bytes) -> bytes:
    return signed_files.checked(received_files.check("a.jpg", data), way="scan").pdf


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "PDF"])
def test_a_scan_becomes_the_record_copy_and_the_letter_goes(
    out: Out, operator1: User, operator1_client: Client, lantas_officer_client: Client, kind: str
) -> None:
    path = f"/rujukan/surat/{out.letter.pk}/"
    assert "Unggah surat bertanda tangan" in operator1_client.get(path).content.decode()
    data = as_pdf(scan()) if kind == "PDF" else scan(kind)
    file = SimpleUploadedFile("pindaian", data)
    answer = operator1_client.post(f"{path}tanda-tangan/unggah/", out.fence | {"file": file})
    assert answer.status_code == 302
    kept = SignedCopy.objects.get()
    assert bytes(kept.pdf).startswith(b"%PDF")
    assert out.again().letter.state == LetterState.SENT
    assert lantas_officer_client.get(f"/divisi/surat/{out.letter.pk}/surat.pdf").content == bytes(kept.pdf)  # fmt: skip
    picture = lantas_officer_client.get(f"/divisi/surat/{out.letter.pk}/0.png").content
    assert picture == bytes(kept.pages[0])
    assert picture != bytes(LetterCopy.objects.get().pages[0])
    assert doctor.examine().invariants["I6"] == 0


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"bukan apa-apa", "bukan PDF"),
        (scan(size=(90, 120)), "terlalu kecil"),
        (b"%PDF-1.7\nrusak", "rusak"),
        (b"PK\x03\x04", "bukan PDF"),
    ],
    ids=["text", "tiny", "broken", "zip"],
)
def test_what_is_no_scan_is_refused(
    out: Out, operator1: User, operator1_client: Client, data: bytes, says: str
) -> None:
    path = f"/rujukan/surat/{out.letter.pk}/tanda-tangan/unggah/"
    answer = operator1_client.post(path, out.fence | {"file": SimpleUploadedFile("a.pdf", data)})
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert not SignedCopy.objects.exists()


def test_what_acts_or_hides_or_is_locked_is_refused(out: Out, operator1: User) -> None:
    def changed(how: str) -> bytes:
        made = io.BytesIO()
        with pikepdf.open(io.BytesIO(as_pdf(scan()))) as pdf:
            if how == "script":
                action = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
                pdf.Root.OpenAction = action
            if how == "launch":
                pdf.pages[0].AA = pikepdf.Dictionary(O=pikepdf.Dictionary(S=pikepdf.Name.Launch))
            if how == "file":
                pdf.attachments["a.exe"] = b"MZ"
            for _each in range(signed_files.MOST_PAGES if how == "long" else 0):
                pdf.pages.append(pdf.pages[0])
            locked = pikepdf.Encryption(owner="a", user="b") if how == "locked" else False
            pdf.save(made, encryption=locked)
        return made.getvalue()

    for how, says in (
        ("script", "program"), ("launch", "program"), ("file", "program"), ("locked", "sandi"),
        ("long", "Paling banyak"),
    ):  # fmt: skip
        with pytest.raises(FileRefused, match=says):
            upload(out, operator1, changed(how))
    assert upload(out, operator1, changed("nothing"))


def test_the_unsigned_sheet_itself_is_no_scan(out: Out, operator1: User) -> None:
    with pytest.raises(SigningError, match="belum ditandatangani"):
        upload(out, operator1, bytes(LetterCopy.objects.get().pdf))


def test_a_wrong_scan_is_replaced_and_stays_kept(
    out: Out, operator1: User, head: User, operator1_client: Client, client: Client
) -> None:
    wrong = upload(out, operator1, scan())
    right = scan(size=(1300, 1800))
    with pytest.raises(SigningError, match="mengapa"):
        upload(out, operator1, right)
    with pytest.raises(SigningError, match="sama dengan"):
        upload(out, operator1, bytes(wrong.pdf), why="salah")
    kept = upload(out, head, right, why="terpindai surat lain")
    assert kept.replaces == wrong
    record = records.of(out.letter)
    assert record
    assert (record.digest, record.pdf) == (kept.digest, bytes(kept.pdf))
    entry = JournalEntry.objects.get(verb="signed_copy_replaced")
    assert (entry.actor, entry.data["why"], entry.data["former"]) == (head, "terpindai surat lain", wrong.digest)  # fmt: skip
    page = operator1_client.get(f"/rujukan/surat/{out.letter.pk}/").content.decode()
    assert "Berkas sebelumnya" in page
    path = f"/rujukan/surat/{out.letter.pk}/tanda-tangan"
    assert operator1_client.get(f"{path}/{wrong.pk}.pdf").content == bytes(wrong.pdf)
    assert operator1_client.get(f"{path}/{kept.pk}.pdf").status_code == 404
    # Whoever holds the former file learns what it is.
    verify = f"/sah/{out.letter.token}/"
    for data, says in (
        (bytes(kept.pdf), "sama persis"), (bytes(wrong.pdf), "berkas lama"),
        (bytes(LetterCopy.objects.get().pdf), "sebelum ditandatangani"),
        (scan(), "bukan berkas yang kami keluarkan"),
    ):  # fmt: skip
        answer = client.post(verify, {"file": SimpleUploadedFile("a.pdf", data)})
        assert says in answer.content.decode()
    third = upload(out, operator1, scan(size=(1400, 1900)), why="lebih jelas")
    assert records.signed_copy(out.letter) == third
    assert doctor.examine().invariants["I6"] == 0


def test_kept_copies_never_change_and_form_one_chain(out: Out, operator1: User) -> None:
    kept = upload(out, operator1, scan())
    kept.why = "lain"
    for act in (kept.save, kept.delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()
    with pytest.raises(DatabaseError), transaction.atomic():
        SignedCopy.objects.create(letter=out.letter, way="scan", pdf=b"x", digest="x")


def test_bytes_that_changed_all_the_same_are_found(out: Out, operator1: User) -> None:
    upload(out, operator1, scan())
    unguarded("referrals_signedcopy", "UPDATE referrals_signedcopy SET pdf = 'lain'")
    assert doctor.violations()["I6"]["bytes_that_changed"] == 1


def test_a_mail_carries_the_signed_copy(
    item: Item, operator1: User, pdam: Division, office: Office, head: User
) -> None:
    signs(Signing.SCAN, "surat")
    Division.objects.filter(pk=pdam.pk).update(dispatch_by="email")
    pdam.refresh_from_db()
    out = approved(item, by=operator1, division=pdam, head=head)
    send: dict[str, Any] = {
        "letter": out.letter,
        "by": operator1,
        "fence": out.ticket.fence,
        "to": "a@contoh.id",
    }
    with pytest.raises(DispatchError, match="belum ditandatangani"):
        dispatching.by_email(**send)
    kept = upload(out, operator1, scan())
    mail = mailing_out.compose(dispatching.by_email(**send))
    ((_name, attached, _kind),) = mail.attachments
    assert attached == bytes(kept.pdf)


def test_a_copy_from_srikandi_is_validated(
    item: Item, operator1: User, lantas: Division, office: Office, head: User,
    operator1_client: Client, client: Client,
) -> None:  # fmt: skip
    signs(Signing.SRIKANDI)
    out = approved(item, by=operator1, division=lantas, head=head)
    drawn = bytes(LetterCopy.objects.get().pdf)
    good = elsewhere(drawn)
    with pytest.raises(FileRefused, match="tidak memuat tanda tangan"):
        upload(out, operator1, drawn)
    with pytest.raises(FileRefused, match="SRIKANDI"):
        upload(out, operator1, scan(), "a.jpg")
    broken = good[:1200] + bytes([good[1200] ^ 1]) + good[1201:]
    with pytest.raises(FileRefused, match="rusak"):
        upload(out, operator1, broken)
    kept = upload(out, operator1, good)
    (seal,) = kept.found["signatures"]
    assert (seal["name"], seal["intact"], seal["trusted"]) == ("Pejabat di SRIKANDI", True, False)
    assert out.again().letter.state == LetterState.SENT
    shown = operator1_client.get(f"/rujukan/surat/{out.letter.pk}/").content.decode()
    assert "Pejabat di SRIKANDI" in shown
    assert "penerbit sertifikat tidak dikenal di sini" in shown
    told = client.get(f"/sah/{out.letter.token}/").content.decode()
    assert "Pejabat di SRIKANDI" in told
    assert "surat.pdf" not in told, "the file itself is for whoever may see it"


def test_a_certificates_signature_is_never_replaced(
    item: Item, operator1: User, lantas: Division, office: Office, head: User
) -> None:
    installed(head)
    signs(Signing.CERTIFICATE)
    out = approved(item, by=operator1, division=lantas, head=head)
    with pytest.raises(SigningError, match="cara lain"):
        upload(out, head, scan(), why="salah")
    Letter.objects.filter(pk=out.letter.pk).update(signing="scan")
    with pytest.raises(SigningError, match="tidak dapat diganti"):
        upload(out, head, scan(), why="salah")


def test_the_head_may_have_one_letter_signed_another_way(
    item: Item, operator1: User, lantas: Division, office: Office, head: User,
    head_client: Client, operator1_client: Client,
) -> None:  # fmt: skip
    signs(Signing.CERTIFICATE)
    out = approved(item, by=operator1, division=lantas, head=head)
    path = f"/rujukan/surat/{out.letter.pk}/tanda-tangan/cara/"
    assert operator1_client.post(path, {"way": "scan"}).status_code == 403
    assert head_client.post(path, {"way": "none"}).status_code in (409, 422)
    assert out.again().letter.signing == "certificate"
    assert head_client.post(path, {"way": "scan"}).status_code == 302
    upload(out, operator1, scan())
    assert out.again().letter.state == LetterState.SENT
    assert head_client.post(path, {"way": "srikandi"}).status_code in (409, 422)


def test_other_ways_out_wait_for_the_signature_too(
    item: Item, operator1: User, pdam: Division, office: Office, head: User
) -> None:
    """Where no letter goes by itself it waits for a person after its signature."""
    signs(Signing.SCAN, "surat")
    pdam.dispatch_by = "print"
    pdam.save()
    out = approved(item, by=operator1, division=pdam, head=head)
    upload(out, operator1, scan())
    assert out.again().letter.state == LetterState.APPROVED


def test_outsiders_find_nothing(
    out: Out, operator1: User, operator2: User, operator2_client: Client, office: Office,
    other_desk_operator_client: Client, lantas_officer_client: Client, pdam_officer_client: Client,
) -> None:  # fmt: skip
    base = f"/rujukan/surat/{out.letter.pk}/tanda-tangan/"
    kept = upload(out, operator1, scan())
    upload(out, operator1, scan(size=(1300, 1800)), why="salah")
    file = SimpleUploadedFile("a.jpg", scan())
    with pytest.raises(NotInCharge):
        upload(out, operator2, scan(size=(1350, 1850)), why="bukan tiket saya")
    assert operator2_client.post(f"{base}unggah/", out.fence | {"file": file, "why": "x"}).status_code == 409  # fmt: skip
    Office.objects.update(all_see_all=False)
    for path in ("", "unggah/"):
        assert other_desk_operator_client.post(f"{base}{path}", out.fence).status_code == 404
        assert pdam_officer_client.post(f"{base}{path}", out.fence).status_code == 403
    assert other_desk_operator_client.get(f"{base}{kept.pk}.pdf").status_code == 404
    assert lantas_officer_client.get(f"{base}{kept.pk}.pdf").status_code == 403
    assert pdam_officer_client.get(f"/divisi/surat/{out.letter.pk}/surat.pdf").status_code == 404
    assert pdam_officer_client.get(f"/divisi/surat/{out.letter.pk}/0.png").status_code == 404


def test_restricted_tickets_show_their_copies_to_their_readers_only(
    out: Out, operator1: User, operator2_client: Client, operator1_client: Client
) -> None:
    kept = upload(out, operator1, scan())
    upload(out, operator1, scan(size=(1300, 1800)), why="salah")
    from tickets.models import Ticket

    Ticket.objects.filter(pk=out.ticket.pk).update(restricted=True)
    path = f"/rujukan/surat/{out.letter.pk}/tanda-tangan/{kept.pk}.pdf"
    assert operator2_client.get(path).status_code == 404
    assert operator2_client.post(f"/rujukan/surat/{out.letter.pk}/tanda-tangan/").status_code == 404
    assert operator1_client.get(path).status_code == 200


def test_before_it_is_signed_the_division_sees_nothing(
    out: Out, lantas_officer_client: Client, client: Client
) -> None:
    path = f"/divisi/surat/{out.letter.pk}/surat.pdf"
    assert lantas_officer_client.get(path).status_code == 404
    told = client.get(f"/sah/{out.letter.token}/").content.decode()
    assert "belum ditandatangani" in told
