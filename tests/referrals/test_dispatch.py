"""Every way a letter leaves the office, through the screens; who may send it; when the clock starts."""

import io
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from accounts.models import Division, Office, User
from inbox.models import Item
from referrals import composing, dispatching, following, letters, portal, queries
from referrals.dispatching import DispatchError
from referrals.models import Dispatch, Letter, LetterCopy, LetterState, ReferralState
from reports import doctor_waiting
from tests import cast
from tests.referrals.sending import Out, approved
from tickets import cases
from tickets.models import Stage, TicketState


@pytest.fixture
def pln(office: Office) -> Division:
    """A body outside without an officer; letters go by link."""
    cast.make_divisions()
    Division.objects.filter(code="pln").update(dispatch_by="link")
    return Division.objects.get(code="pln")


@pytest.fixture
def out(item: Item, operator1: User, pln: Division, head: User) -> Out:
    return approved(item, by=operator1, division=pln, head=head)


def png() -> bytes:
    held = io.BytesIO()
    Image.new("RGB", (8, 8), "white").save(held, "PNG")
    return held.getvalue()


def test_portal_with_an_officer_goes_by_itself(
    item: Item, operator1: User, lantas: Division, head: User, lantas_officer: User
) -> None:
    out = approved(item, by=operator1, division=lantas, head=head)
    sent = Dispatch.objects.get()
    assert (out.letter.state, sent.way, sent.by) == (LetterState.SENT, "portal", None)
    portal.acknowledge(referral=out.referral, by=lantas_officer)
    sent.refresh_from_db()
    assert sent.received_by == str(lantas_officer)
    assert sent.received_on


def test_without_officer_it_waits_for_a_person(
    out: Out, operator1_client: Client, head_client: Client
) -> None:
    assert out.letter.state == LetterState.APPROVED
    assert LetterCopy.objects.filter(letter=out.letter).exists()
    assert not letters.unfinished().exists()
    assert (out.referral.state, out.referral.dispatched_at) == (ReferralState.DRAFT, None)
    assert out.referral.due_on == composing.due_on(out.letter)  # printed, and kept from then on
    assert out.ticket.state == TicketState.OPEN
    assert queries.situation_of(out.ticket).step == "send"
    panel = operator1_client.get(f"/rujukan/tiket/{out.ticket.pk}/").content.decode()
    assert "Kirim surat ke" in panel
    assert out.path in panel
    listed = head_client.get("/rujukan/surat/?keadaan=approved").content.decode()
    assert out.letter.number in listed
    assert doctor_waiting.ages()["letters_to_send"]["count"] == 1


def test_an_officer_switched_off_does_not_count(
    item: Item, operator1: User, lantas: Division, head: User, lantas_officer: User
) -> None:
    User.objects.filter(pk=lantas_officer.pk).update(is_active=False)
    out = approved(item, by=operator1, division=lantas, head=head)
    assert out.letter.state == LetterState.APPROVED
    with pytest.raises(DispatchError, match="belum ada petugas"):
        dispatching.by_portal(letter=out.letter, by=operator1, fence=out.ticket.fence)


def test_print_with_checklist_and_scanned_receipt(out: Out, operator1_client: Client) -> None:
    Division.objects.filter(pk=out.referral.division_id).update(address="Jalan Contoh 1")
    page = operator1_client.get(f"/rujukan/surat/{out.letter.pk}/pengantar/").content.decode()
    for part in (out.letter.number, out.letter.addressee, "Jalan Contoh 1", "Yang menerima"):
        assert part in page
    refused = operator1_client.post(out.path, out.fence | {"way": "print", "courier": " "})
    assert refused.status_code == 422
    assert out.again().letter.state == LetterState.APPROVED
    operator1_client.post(out.path, out.fence | {"way": "print", "courier": "Pak Dedi"})
    now, sent = out.again(), Dispatch.objects.get()
    assert now.letter.state == LetterState.SENT
    assert now.referral.state == ReferralState.SENT
    assert now.referral.due_on
    assert now.ticket.state == TicketState.WAITING
    assert Stage.objects.filter(ticket=out.ticket, kind=Stage.Kind.REFERRED).count() == 1
    told: dict[str, object] = {
        **out.fence, "name": "Bu Lina", "on": str(composing.today()),
    }  # fmt: skip
    wrong = told | {"scan": SimpleUploadedFile("a.exe", b"MZ program")}
    assert operator1_client.post(f"/rujukan/kiriman/{sent.pk}/terima/", wrong).status_code == 422
    told |= {"scan": SimpleUploadedFile("slip.png", png())}
    operator1_client.post(f"/rujukan/kiriman/{sent.pk}/terima/", told)
    sent.refresh_from_db()
    assert (sent.received_by, bool(sent.receipt_digest)) == ("Bu Lina", True)
    shown = operator1_client.get(f"/rujukan/surat/{out.letter.pk}/").content.decode()
    assert "Diterima Bu Lina" in shown
    scan = operator1_client.get(f"/rujukan/kiriman/{sent.pk}/bukti/")
    assert b"".join(scan) == png()
    assert scan["Content-Disposition"].startswith("attachment")


def test_srikandi_by_hand_then_portal_too(
    out: Out, operator1_client: Client, head_client: Client
) -> None:
    refused = operator1_client.post(out.path, out.fence | {"way": "srikandi", "number": ""})
    assert refused.status_code == 422
    operator1_client.post(out.path, out.fence | {"way": "srikandi", "number": "SRK-77"})
    started = out.again().referral.dispatched_at
    cast.make_user("petugas_pln", role="officer", division="pln")
    head_client.post(out.path, out.fence | {"way": "portal"})
    assert [row.way for row in Dispatch.objects.all()] == ["srikandi", "portal"]
    assert out.again().referral.dispatched_at == started  # the first one started the clock
    assert Stage.objects.filter(ticket=out.ticket, kind=Stage.Kind.REFERRED).count() == 1


def test_a_reminder_waits_too_and_starts_nothing(
    out: Out, operator1: User, head: User, operator1_client: Client
) -> None:
    dispatching.by_print(letter=out.letter, by=operator1, fence=out.ticket.fence, courier="Kurir")
    before = out.again()
    reminder = following.remind(referral=before.referral, by=operator1, fence=out.ticket.fence)
    letters.submit(letter=reminder, by=operator1, fence=out.ticket.fence)
    reminder = letters.approve(letter=reminder, by=head)
    assert reminder.state == LetterState.APPROVED
    assert queries.situation_of(before.ticket).step == "send"
    operator1_client.post(
        f"/rujukan/surat/{reminder.pk}/kirim/", out.fence | {"way": "print", "courier": "Kurir"}
    )
    after = out.again()
    assert Letter.objects.get(pk=reminder.pk).state == LetterState.SENT
    assert (after.referral.due_on, after.referral.dispatched_at) == (
        before.referral.due_on, before.referral.dispatched_at
    )  # fmt: skip
    assert queries.situation_of(before.ticket).step == "wait"


def test_receipts_that_cannot_be(out: Out, operator1: User) -> None:
    def note(**changed: object) -> None:
        said = {"dispatch": row, "by": operator1, "fence": out.ticket.fence, "name": "Bu Lina"}
        dispatching.receipt(**(said | {"on": today} | changed))  # type: ignore[arg-type]

    row = dispatching.by_email(
        letter=out.letter, by=operator1, fence=out.ticket.fence, to="a@pln.test"
    )
    today = composing.today()
    with pytest.raises(DispatchError, match="belum terkirim"):
        note()
    Dispatch.objects.filter(pk=row.pk).update(state="failed")
    with pytest.raises(DispatchError, match="belum terkirim"):
        note()  # it surely did not leave
    Dispatch.objects.filter(pk=row.pk).update(message_id="<a@b>")
    with pytest.raises(DispatchError, match="Tanggal"):
        note(on=today + timedelta(days=1))
    with pytest.raises(DispatchError, match="nama"):
        note(name=" ")
    note()  # nobody knew; now somebody says it came
    assert out.again().letter.state == LetterState.SENT
    assert Dispatch.objects.get().state == Dispatch.State.SENT


def test_what_cannot_go_out(
    out: Out, operator1: User, operator2: User, head: User, operator1_client: Client
) -> None:
    with pytest.raises(cases.NotInCharge):
        dispatching.by_print(letter=out.letter, by=operator2, fence=out.ticket.fence, courier="K")
    with pytest.raises(cases.NotInCharge):
        dispatching.by_print(letter=out.letter, by=operator1, fence=0, courier="K")
    cases.close(ticket=out.ticket, by=operator1, fence=out.ticket.fence, why="Sudah beres sendiri.")
    with pytest.raises(DispatchError, match="sudah selesai"):
        dispatching.by_print(letter=out.letter, by=operator1, fence=out.ticket.fence, courier="K")
    letters.void(letter=out.letter, by=head, why="Tidak perlu lagi.")
    with pytest.raises(DispatchError, match="Batal"):
        dispatching.by_print(letter=out.letter, by=operator1, fence=out.ticket.fence, courier="K")
    assert operator1_client.get(out.path).status_code == 302
    assert not Dispatch.objects.exists()


def test_the_whole_cast_at_every_door(
    out: Out, operator1: User, operator2_client: Client, other_desk_operator_client: Client,
    lantas_officer_client: Client, head_client: Client, client: Client, office: Office,
) -> None:  # fmt: skip
    row, link = dispatching.by_link(
        letter=out.letter, by=operator1, fence=out.ticket.fence, to="Manajer"
    )
    Office.objects.update(all_see_all=False)
    gets = [
        out.path, f"/rujukan/surat/{out.letter.pk}/kiriman/",
        f"/rujukan/surat/{out.letter.pk}/pengantar/",
    ]  # fmt: skip
    posts = [
        (out.path, {"way": "print", "courier": "K"}),
        (f"/rujukan/kiriman/{row.pk}/terima/", {"name": "N", "on": "2026-01-02"}),
        (f"/rujukan/tautan/{link.row.pk}/cabut/", {}),
    ]
    kept_out = {lantas_officer_client: 403, client: 302, other_desk_operator_client: 404}
    for who, status in kept_out.items():
        assert [who.get(path).status_code for path in gets] == [status] * 3
        assert [who.post(path, out.fence | said).status_code for path, said in posts] == [
            status
        ] * 3
        assert who.get(f"/rujukan/kiriman/{row.pk}/bukti/").status_code == status
    for who in (operator2_client, head_client):
        assert [who.get(path).status_code for path in gets] == [200] * 3
    assert [operator2_client.post(path, out.fence | said).status_code for path, said in posts] == [
        409, 409, 409
    ]  # fmt: skip
    assert [head_client.post(path, out.fence | said).status_code for path, said in posts] == [
        302
    ] * 3
    assert head_client.get(f"/rujukan/kiriman/{row.pk}/bukti/").status_code == 404  # no scan
    assert head_client.post(out.path, out.fence | {"way": "merpati"}).status_code == 404
