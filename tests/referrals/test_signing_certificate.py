"""The office's certificate: what is taken, what is refused, and that no passphrase stays anywhere."""

import json
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from accounts import clock
from accounts.models import JournalEntry, Office, User
from accounts.sealed import unseal
from referrals import certificates, readiness, signatures
from referrals.certificates import CertificateError
from referrals.models import OfficeCertificate, Signing
from tests.referrals.signing_examples import (
    ISSUER,
    NAME,
    PASSPHRASE,
    identity,
    installed,
    signs,
)

pytestmark = pytest.mark.django_db
PAGE = "/atur-surat/sertifikat/"


def file(data: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("kantor.p12", data, "application/x-pkcs12")


def test_installed_shown_and_tried_out(office: Office, head_client: Client) -> None:
    assert "Belum ada sertifikat" in head_client.get(PAGE).content.decode()
    put = head_client.post(PAGE, {"file": file(identity().p12()), "passphrase": PASSPHRASE})
    assert put.status_code == 302
    shown = head_client.get(PAGE).content.decode()
    assert NAME in shown
    assert ISSUER in shown
    tried = head_client.post(f"{PAGE}coba/").content.decode()
    assert "Berhasil" in tried
    assert "tidak dikenal di sini" in tried, "no roots are set here, and that is said"
    sample = head_client.post(f"{PAGE}coba/", {"then": "file"})
    (seal,) = signatures.examine(sample.content, at=clock.now())
    assert (seal.good, seal.name) == (True, NAME)


def test_the_passphrase_stays_nowhere(office: Office, head: User, head_client: Client) -> None:
    """Neither in a row, nor in the journal, nor on a page, also where it was wrong."""
    wrong = head_client.post(PAGE, {"file": file(identity().p12()), "passphrase": "salah-besar-1"})
    assert wrong.status_code == 422
    assert "Frasa sandi tidak cocok" in wrong.content.decode()
    assert "salah-besar-1" not in wrong.content.decode()
    row = installed(head)
    kept = unseal(row.sealed)
    assert PASSPHRASE not in json.dumps(kept)
    assert sorted(kept) == ["chain", "key"]
    assert b"PRIVATE" not in bytes(row.sealed)
    said = json.dumps(list(JournalEntry.objects.values("verb", "data")), default=str)
    assert PASSPHRASE not in said
    assert "salah-besar-1" not in said
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(c)::text FROM referrals_officecertificate c")
        assert all(PASSPHRASE not in found for (found,) in cursor.fetchall())


@pytest.mark.parametrize(
    ("make", "field", "says"),
    [
        (lambda: b"", "file", "bukan sertifikat"),
        (lambda: b"%PDF-1.7 bukan", "file", "bukan sertifikat"),
        (lambda: identity().p12()[:-300], "file", "bukan sertifikat"),
        (lambda: identity(days=(-40, -1)).p12(), "file", "sudah habis"),
        (lambda: identity(days=(2, 40)).p12(), "file", "belum mulai"),
        (lambda: identity(signs=False).p12(), "file", "bukan untuk menandatangani"),
        (lambda: identity().p12("lain"), "passphrase", "tidak cocok"),
        (lambda: b"0" * (certificates.MOST_BYTES + 1), "file", "bukan sertifikat"),
    ],
    ids=["nothing", "a PDF", "cut", "expired", "too early", "no usage", "passphrase", "large"],
)
def test_what_cannot_be_used_is_refused_in_words(
    head: User, make: Callable[[], bytes], field: str, says: str
) -> None:
    with pytest.raises(CertificateError, match=says) as refused:
        certificates.install_file(data=make(), passphrase=PASSPHRASE, by=head)
    assert refused.value.field == field
    assert not OfficeCertificate.objects.exists()


def test_without_a_passphrase_too(head: User) -> None:
    certificates.install_file(data=identity().p12(""), passphrase="", by=head)


def test_replaced_and_removed_the_key_is_gone(office: Office, head: User, head_client: Client) -> None:  # fmt: skip
    first = installed(head)
    certificates.set_stamp_server(url="https://cap.example/tsa", by=head)
    second = installed(head, identity("Bidhumas Baru"))
    first.refresh_from_db()
    assert (bytes(first.sealed), first.removed_at is None) == (b"", False)
    assert second.stamp_url == "https://cap.example/tsa"
    assert head_client.post(f"{PAGE}lepas/").status_code == 302
    second.refresh_from_db()
    assert bytes(second.sealed) == b""
    assert certificates.current() is None
    assert NAME in head_client.get(PAGE).content.decode(), "former ones stay on record"
    verbs = list(JournalEntry.objects.order_by("pk").values_list("verb", flat=True))
    assert verbs[-3:] == ["stamp_server_changed", "certificate_installed", "certificate_removed"]
    assert head_client.post(f"{PAGE}coba/").status_code == 409


@pytest.mark.parametrize(
    "url",
    ["http://cap.example/", "https://", "ftp://cap.example", "https://a:b@cap.example", "cap"],
)
def test_a_time_stamp_server_has_a_plain_https_address(
    office: Office, head: User, head_client: Client, url: str
) -> None:
    installed(head)
    assert head_client.post(f"{PAGE}cap-waktu/", {"url": url}).status_code == 422


def test_only_the_head(operator1: User, head: User, operator1_client: Client) -> None:
    for act in (
        lambda: certificates.install_file(data=b"", passphrase="", by=operator1),
        lambda: certificates.install_token(token="t", key="k", by=operator1),
        lambda: certificates.remove(by=operator1),
        lambda: certificates.set_stamp_server(url="", by=operator1),
        lambda: certificates.try_out(by=operator1),
    ):
        with pytest.raises(PermissionError):
            act()
    assert operator1_client.get(PAGE).status_code == 403


def test_the_overview_warns_in_time(
    office: Office, head: User, head_client: Client, move_clock: Callable[[float], None]
) -> None:
    def told() -> list[str]:
        return [lack.text for lack in readiness.lacks() if lack.where == "certificate"]

    assert told() == []
    signs(Signing.CERTIFICATE)
    assert "belum dipasang" in told()[0]
    installed(head, identity(days=(-1, 40)))
    assert told() == []
    move_clock(12 * 24 * 3600)
    assert "Siapkan penggantinya" in told()[0]
    assert "segera habis" in head_client.get("/atur-surat/").content.decode()
    move_clock(41 * 24 * 3600)
    assert "tidak berlaku" in told()[0]
    assert "sudah habis" in head_client.get(PAGE).content.decode()
    assert "sudah habis" in head_client.post(f"{PAGE}coba/").content.decode()


def test_the_form_keeps_how_letters_are_signed(office: Office, head_client: Client) -> None:
    path = "/atur-surat/bentuk/nota_dinas/"
    assert "cara ditandatangani" in head_client.get(path).content.decode().lower()
    typed = {
        "pattern": "{n}/{yyyy}", "paper": "a4", "top": "20", "bottom": "30", "left": "25", "right": "15",
        "font_size": "11",
    }  # fmt: skip
    from referrals import letter_forms

    head_client.post(path, typed | {"signing": "scan"})
    assert letter_forms.current("nota_dinas").signing == "scan"
    head_client.post(path, typed)  # a form of before, without the field
    assert letter_forms.current("nota_dinas").signing == "scan"
    assert head_client.post(path, typed | {"signing": "stempel"}).status_code == 422
