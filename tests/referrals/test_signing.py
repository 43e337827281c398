"""A letter is signed with the office's certificate between its number and its way out; what hinders that
leaves number and rendering alone, and the letter waits."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from accounts import clock
from accounts.models import Division, JournalEntry, Office, User
from inbox.models import Channel, Item
from referrals import certificates, dispatching, letters, records, signatures, signing, tasks
from referrals.dispatching import DispatchError
from referrals.models import (
    LetterCopy,
    LetterState,
    OfficeCertificate,
    SignedCopy,
    Signing,
    SigningProblem,
)
from referrals.signing import SigningError
from reports import doctor, doctor_waiting
from tests.referrals.letter_desk import as_read
from tests.referrals.sending import Out, approved
from tests.referrals.signing_examples import (
    ISSUER,
    NAME,
    identity,
    installed,
    signs,
    stamp_server,
)
from tests.referrals.test_views import drafted
from tickets.cases import NotInCharge

pytestmark = pytest.mark.django_db


@pytest.fixture
def unsigned(item: Item, operator1: User, lantas: Division, office: Office, head: User) -> Out:
    """Approved, to be signed by a certificate that is not there yet."""
    signs(Signing.CERTIFICATE)
    return approved(item, by=operator1, division=lantas, head=head)


def again(out: Out, by: User, **how: Any) -> Out:
    signing.by_certificate(letter=out.letter, by=by, fence=out.ticket.fence, **how)
    return out.again()


def test_approved_signed_and_sent_in_one_go(
    item: Item, operator1: User, lantas: Division, office: Office, head: User,
    lantas_officer_client: Client, operator1_client: Client, settings: Settings, tmp_path: Path,
) -> None:  # fmt: skip
    who = identity()
    settings.SIGNATURE_ROOTS = str(tmp_path / "roots.pem")
    (tmp_path / "roots.pem").write_bytes(who.root_pem)
    installed(head, who)
    signs(Signing.CERTIFICATE)
    out = approved(item, by=operator1, division=lantas, head=head)
    assert out.letter.state == LetterState.SENT
    drawn, kept = LetterCopy.objects.get(), SignedCopy.objects.get()
    assert bytes(kept.pdf).startswith(bytes(drawn.pdf)), "the rendering stands unchanged inside"
    (seal,) = signatures.examine(bytes(kept.pdf), at=clock.now(), roots=certificates.roots())
    assert (seal.name, seal.issuer) == (NAME, ISSUER)
    assert (seal.intact, seal.whole, seal.trusted, seal.stamped) == (True, True, True, False)
    assert kept.found["signatures"] == [seal.as_dict()]
    # Everybody gets the signed one.
    for client, path in (
        (operator1_client, f"/rujukan/surat/{out.letter.pk}/surat.pdf"),
        (lantas_officer_client, f"/divisi/surat/{out.letter.pk}/surat.pdf"),
    ):
        assert client.get(path).content == bytes(kept.pdf)
    assert doctor.examine().invariants["I6"] == 0


def test_the_head_reads_before_what_approval_will_do(
    item: Item, operator1: User, lantas: Division, office: Office, head_client: Client, head: User
) -> None:
    case = drafted(item, operator1, lantas)
    letters.submit(letter=case.letter, by=operator1, fence=case.ticket.fence)
    path = f"/rujukan/surat/{case.letter.pk}/"
    for way, says in (
        (Signing.NONE, "langsung terkirim"), (Signing.SCAN, "menunggu berkas yang sudah"),
        (Signing.CERTIFICATE, "ditandatangani dengan sertifikat kantor, dan langsung"),
    ):  # fmt: skip
        signs(way)
        assert says in " ".join(head_client.get(path).content.decode().split())
    read = as_read(head_client, case.letter)
    told = head_client.post(f"{path}setujui/", read, follow=True).content.decode()
    assert "dan menunggu ditandatangani" in told


def test_its_time_is_that_of_the_clock(
    item: Item, operator1: User, lantas: Division, office: Office, head: User,
    move_clock: Callable[[float], None],
) -> None:  # fmt: skip
    installed(head)
    signs(Signing.CERTIFICATE)
    move_clock(40 * 24 * 3600)
    approved(item, by=operator1, division=lantas, head=head)
    (seal,) = signatures.examine(bytes(SignedCopy.objects.get().pdf), at=clock.now())
    assert seal.at[:10] == clock.now().date().isoformat()


def test_without_a_certificate_it_waits_with_its_number(
    unsigned: Out, operator1: User, operator1_client: Client, head: User
) -> None:
    letter = unsigned.letter
    assert (letter.state, bool(letter.number)) == (LetterState.APPROVED, True)
    assert LetterCopy.objects.filter(letter=letter).exists()
    problem = SigningProblem.objects.get(letter=letter)
    assert (problem.about, "belum dipasang" in problem.text) == ("other", True)
    # It can go out no way at all.
    assert "belum ditandatangani" in dispatching.hindrance(letter)
    with pytest.raises(DispatchError, match="belum ditandatangani"):
        dispatching.by_portal(letter=letter, by=operator1, fence=unsigned.ticket.fence)
    page = operator1_client.get(f"/tiket/{unsigned.ticket.pk}/").content.decode()
    panel = operator1_client.get(f"/rujukan/tiket/{unsigned.ticket.pk}/").content.decode()
    assert "Tanda tangani surat" in panel
    assert page
    shown = operator1_client.get(f"/rujukan/surat/{letter.pk}/").content.decode()
    assert "Disetujui, belum ditandatangani" in shown
    assert "Kirim surat" not in shown
    assert doctor_waiting.ages()["letters_to_sign"]["count"] == 1
    # … until it is installed and somebody presses the button.
    installed(head)
    assert signing.waiting() == [], "a person's problem is not tried again by itself"
    out = again(unsigned, operator1)
    assert out.letter.state == LetterState.SENT
    assert not SigningProblem.objects.exists()
    with pytest.raises(SigningError, match="sudah ditandatangani"):
        again(out, operator1)


def test_an_expired_certificate_signs_nothing(
    item: Item, operator1: User, lantas: Division, office: Office, head: User,
    move_clock: Callable[[float], None],
) -> None:  # fmt: skip
    row = installed(head, identity(days=(-300, 20)))
    assert certificates.state_of(row) == "soon"
    signs(Signing.CERTIFICATE)
    move_clock(21 * 24 * 3600)
    assert certificates.state_of(row) == "expired"
    out = approved(item, by=operator1, division=lantas, head=head)
    assert out.letter.state == LetterState.APPROVED
    assert "sudah habis" in SigningProblem.objects.get().text
    health = doctor.examine().health["certificate"]
    assert (health["ok"], health["state"]) == (False, "expired")


def test_the_key_cannot_be_opened_with_other_sealing_keys(
    unsigned: Out, operator1: User, head: User, settings: Settings
) -> None:
    installed(head)
    settings.SECRET_KEY = "another one altogether, forty characters long!"
    again(unsigned, operator1)
    assert "Pasang lagi" in SigningProblem.objects.get().text


def test_only_who_is_in_charge_or_the_head(
    unsigned: Out, operator2: User, head: User, operator2_client: Client
) -> None:
    installed(head)
    with pytest.raises(NotInCharge):
        again(unsigned, operator2)
    path = f"/rujukan/surat/{unsigned.letter.pk}/tanda-tangan/"
    assert operator2_client.post(path, unsigned.fence).status_code == 409
    assert again(unsigned, head).letter.state == LetterState.SENT


def test_a_crash_between_file_and_signature_is_made_good(
    item: Item, operator1: User, lantas: Division, office: Office, head: User,
    monkeypatch: pytest.MonkeyPatch, move_clock: Callable[[float], None],
) -> None:  # fmt: skip
    installed(head)
    signs(Signing.CERTIFICATE)
    with monkeypatch.context() as patch:
        patch.setattr(signing, "_sign", lambda letter, **_how: letter)  # as if the process ended
        out = approved(item, by=operator1, division=lantas, head=head)
    assert (out.letter.state, SigningProblem.objects.count()) == (LetterState.APPROVED, 0)
    assert signing.waiting() == [], "whoever approved is still at it"
    move_clock(30)
    assert signing.waiting() == [out.letter]
    tasks.sign_letter(out.letter.pk)
    tasks.sign_letter(out.letter.pk)
    letters.complete(letter=out.letter)
    assert out.again().letter.state == LetterState.SENT
    assert SignedCopy.objects.count() == 1


def test_two_who_sign_at_once_leave_one_copy(
    unsigned: Out, operator1: User, head: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second finds the signature of the first when it comes to keep its own."""
    installed(head)
    real = signing._signed_bytes

    def slow(pdf: bytes, *, stamp: bool) -> tuple[bytes, list[signatures.Seal]]:
        monkeypatch.setattr(signing, "_signed_bytes", real)
        again(unsigned, head)  # the other one, meanwhile
        return real(pdf, stamp=stamp)

    monkeypatch.setattr(signing, "_signed_bytes", slow)
    again(unsigned, operator1)
    assert SignedCopy.objects.count() == 1
    assert unsigned.letter.dispatches.count() == 1


def test_a_time_stamp_stands_in_the_signature(
    unsigned: Out, operator1: User, head: User, settings: Settings
) -> None:
    installed(head)
    with stamp_server() as (server, where):
        settings.STAMP_ALLOW = [where]
        certificates.set_stamp_server(url=f"http://{where}/", by=head)
        again(unsigned, operator1)
        assert server.asked == 1
    (seal,) = signatures.examine(bytes(SignedCopy.objects.get().pdf), at=clock.now())
    assert (seal.good, seal.stamped) == (True, True)


@pytest.mark.parametrize("mood", ["silent", "talks", "away"])
def test_a_time_stamp_server_that_fails_is_tried_again_or_done_without(
    unsigned: Out, operator1: User, head: User, settings: Settings, mood: str,
    operator1_client: Client, move_clock: Callable[[float], None],
) -> None:  # fmt: skip
    installed(head)
    with stamp_server() as (server, where):
        settings.STAMP_ALLOW = [where]
        certificates.set_stamp_server(url=f"http://{where}/", by=head)
        server.mood = mood
        if mood != "away":
            again(unsigned, operator1)
    if mood == "away":
        again(unsigned, operator1)
    problem = SigningProblem.objects.get()
    assert (problem.about, "cap waktu" in problem.text) == ("stamp", True)
    assert signing.waiting() == []
    move_clock(signing.PAUSE + 1)
    assert signing.waiting() == [unsigned.letter]
    journalled = JournalEntry.objects.filter(verb="letter_not_signed").count()
    tasks.sign_letter(unsigned.letter.pk)  # still away: no second entry
    assert JournalEntry.objects.filter(verb="letter_not_signed").count() == journalled
    path = f"/rujukan/surat/{unsigned.letter.pk}/"
    assert "Tanda tangani tanpa cap waktu" in operator1_client.get(path).content.decode()
    operator1_client.post(f"{path}tanda-tangan/", unsigned.fence | {"stamp": "none"})
    assert unsigned.again().letter.state == LetterState.SENT


def test_a_time_stamp_server_inside_the_network_is_not_asked(
    unsigned: Out, operator1: User, head: User
) -> None:
    installed(head)
    with stamp_server() as (server, where):
        with pytest.raises(certificates.CertificateError):
            certificates.set_stamp_server(url=f"http://{where}/", by=head)
        OfficeCertificate.objects.update(stamp_url=f"https://{where}/")
        again(unsigned, operator1)
        assert server.asked == 0
    assert SigningProblem.objects.get().about == "other"


def test_a_voided_letter_is_not_signed_any_more(
    unsigned: Out, head: User, operator1: User, move_clock: Callable[[float], None]
) -> None:
    letters.void(letter=unsigned.letter, by=head, why="keliru")
    installed(head)
    with pytest.raises(SigningError):
        again(unsigned, operator1)
    SigningProblem.objects.all().delete()
    move_clock(60)
    assert signing.waiting() == []


def test_forms_that_want_no_signature_go_as_before(
    item: Item, operator1: User, lantas: Division, office: Office, head: User
) -> None:
    out = approved(item, by=operator1, division=lantas, head=head)
    assert (out.letter.state, SignedCopy.objects.count()) == (LetterState.SENT, 0)
    record = records.of(out.letter)
    assert record
    assert record.pdf == bytes(LetterCopy.objects.get().pdf)
    signs(Signing.CERTIFICATE)  # later: what is approved already stays as it was
    assert not records.unsigned(out.again().letter)
    assert doctor.examine().invariants["I6"] == 0


def test_the_keys_go_along_when_they_are_resealed(
    unsigned: Out, head: User, operator1: User, settings: Settings
) -> None:
    from cryptography.fernet import Fernet
    from django.core.management import call_command

    Channel.objects.update(sealed=b"")  # only the office's key is looked at here
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.SEALING_KEYS = [old]
    installed(head)
    settings.SEALING_KEYS = [new, old]
    call_command("reseal")
    settings.SEALING_KEYS = [new]
    assert again(unsigned, operator1).letter.state == LetterState.SENT
