"""One answer to every citizen of a ticket, each once, in the thread where each wrote (DESIGN §9, I2)."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import Division, Office, User
from inbox import claims, outbox, replies
from inbox.models import Channel, Item, Message
from referrals import letters, portal, relay
from referrals.models import Relay
from referrals.tasks import sweep
from tests.sandbox_process import Sandbox
from tickets import cases
from tickets.models import Ticket

pytestmark = pytest.mark.django_db

Read = Callable[[], int]
WRITERS = ("warga_satu", "warga_dua", "warga_tiga")


@pytest.fixture
def answered(
    sandbox: Sandbox, connected: Channel, read: Read, operator1: User, head: User,
    lantas: Division, lantas_officer: User, office: object,
) -> Ticket:  # fmt: skip
    """Three citizens on one ticket; the letter went out and the division answered."""
    for writer in WRITERS:
        sandbox.write("@PoldaKaltim BPKB saya belum jadi", username=writer)
    read()
    first, *others = Item.objects.order_by("pk")
    held = claims.take(item=first, by=operator1)
    ticket = cases.open_ticket(
        item=first, by=operator1, fence=held.fence, title="BPKB", summary="BPKB belum terbit."
    )
    claims.release(item=first, by=operator1, fence=held.fence)
    for item in others:
        held = claims.take(item=item, by=operator1)
        cases.join(ticket=ticket, item=item, by=operator1, fence=held.fence)
        claims.release(item=item, by=operator1, fence=held.fence)
    letter = letters.draft(ticket=ticket, division=lantas, by=operator1, fence=ticket.fence)
    letters.submit(letter=letter, by=operator1, fence=ticket.fence)
    letters.approve(letter=letter, by=head)
    portal.answer(referral=letter.referral, by=lantas_officer, text="BPKB selesai Senin.")
    ticket.refresh_from_db()
    return ticket


def start(ticket: Ticket, by: User, text: str = "BPKB bisa diambil mulai Senin.") -> Relay:
    return relay.start(ticket=ticket, by=by, fence=ticket.fence, text=text)


def test_every_citizen_is_told_once(sandbox: Sandbox, answered: Ticket, operator1: User) -> None:
    made = start(answered, operator1)
    outbox.send_due()
    sweep()
    outbox.send_due()
    sweep()

    for target in made.targets.select_related("reply"):
        assert target.reply
        assert target.text == target.reply.text  # what each got is kept
    for message in Message.objects.filter(direction="in"):
        (told,) = sandbox.replies_to(message.current_id)
        assert told["text"].count(f"Kak {message.item.citizen.handle}") == 1
        assert "BPKB bisa diambil mulai Senin." in told["text"]
        assert f"{answered.number}" in told["text"]
        assert "/lacak/" not in told["text"]  # a post with a URL costs thirteen times as much
    answered.refresh_from_db()
    assert answered.state == "done"
    assert set(Item.objects.values_list("state", flat=True)) == {"answered"}
    assert answered.stages.last().kind == "relayed"  # type: ignore[union-attr]


def test_a_held_item_waits_for_its_holder(
    sandbox: Sandbox, answered: Ticket, operator1: User, operator2: User
) -> None:
    item = Item.objects.order_by("pk")[1]
    held = claims.take(item=item, by=operator2)

    started = start(answered, operator1)
    outbox.send_due()
    sweep()
    assert sorted(started.targets.values_list("state", flat=True)) == [
        "reached",
        "reached",
        "waiting",
    ]

    claims.release(item=item, by=operator2, fence=held.fence)
    sweep()
    outbox.send_due()
    sweep()
    answered.refresh_from_db()
    assert answered.state == "done"
    assert len(sandbox.get("/_sandbox/ledger?platform=x")["entries"]) == 6


def test_whom_the_platform_refuses_is_listed(
    sandbox: Sandbox, answered: Ticket, operator1: User
) -> None:
    gone = Message.objects.filter(direction="in").order_by("pk")[0]
    sandbox.send("DELETE", f"/_sandbox/x/posts/{gone.current_id}")

    started = start(answered, operator1)
    outbox.send_due()
    sweep()

    (unreached,) = started.targets.filter(state="unreached")
    assert unreached.item == gone.item
    assert unreached.problem
    answered.refresh_from_db()
    assert answered.state == "relaying"

    relay.mark_reached(target=unreached, by=operator1)
    answered.refresh_from_db()
    assert answered.state == "done"


def test_a_text_too_long_for_one_is_refused_before_anybody_is_told(
    sandbox: Sandbox, answered: Ticket, operator1: User
) -> None:
    with pytest.raises(relay.RelayRefused, match="terlalu panjang"):
        start(answered, operator1, text="kata " * 400)
    assert not Relay.objects.exists()


def test_it_starts_once(sandbox: Sandbox, answered: Ticket, operator1: User) -> None:
    start(answered, operator1)
    with pytest.raises(relay.RelayRefused):
        start(answered, operator1)


def test_only_who_is_in_charge(answered: Ticket, operator2: User) -> None:
    with pytest.raises(cases.NotInCharge):
        start(answered, operator2)


def test_a_citizen_who_writes_on_is_not_talked_past(
    sandbox: Sandbox, answered: Ticket, read: Read, operator1: User
) -> None:
    """The stale stop holds a relay too: the answer waits until somebody has read the new message."""
    started = start(answered, operator1)
    target = Message.objects.filter(direction="in").order_by("pk")[0]
    sandbox.write("@PoldaKaltim sudah jadi kok", reply_to=target.current_id)
    read()
    outbox.send_due()
    sweep()
    held = started.targets.get(item=target.item)
    assert held.reply
    assert (held.reply.state, held.reply.hold) == ("held", "new_message")
    assert replies.newest_from_citizen(target.item) != held.reply.seen


def test_an_answer_waits_for_the_head_where_the_office_wants_it(
    sandbox: Sandbox, answered: Ticket, operator1: User, operator2: User, head: User,
    operator1_client: Client, operator2_client: Client, head_client: Client,
) -> None:  # fmt: skip
    Office.objects.update(relay_needs_approval=True)
    made = start(answered, operator1)
    outbox.send_due()
    sweep()
    assert not made.targets.exclude(state="waiting").exists()
    approve, withdraw = f"/rujukan/jawaban/{made.pk}/setujui/", f"/rujukan/jawaban/{made.pk}/tarik/"
    assert operator1_client.post(approve).status_code == 403
    assert operator2_client.post(withdraw).status_code == 403
    page = operator1_client.post(withdraw).content.decode()
    assert "BPKB bisa diambil mulai Senin." in page  # the words stand in the form again
    assert head_client.post(approve).status_code == 409

    answered.refresh_from_db()
    again = start(answered, operator1)
    assert head_client.post(approve.replace(str(made.pk), str(again.pk))).status_code == 302
    outbox.send_due()
    sweep()
    outbox.send_due()
    sweep()
    assert {target.state for target in again.targets.all()} == {"reached"}
    assert not made.targets.filter(state="reached").exists()


def test_who_joins_meanwhile_is_told_too(
    sandbox: Sandbox, answered: Ticket, read: Read, operator1: User
) -> None:
    made = start(answered, operator1)
    sandbox.write("@PoldaKaltim BPKB saya juga", username="warga_empat")
    read()
    late = Item.objects.order_by("-pk")[0]
    held = claims.take(item=late, by=operator1)
    cases.join(ticket=answered, item=late, by=operator1, fence=held.fence)
    claims.release(item=late, by=operator1, fence=held.fence)
    for _round in range(3):
        sweep()
        outbox.send_due()
    sweep()
    assert made.targets.filter(item=late, state="reached").exists()
    assert made.targets.count() == len(WRITERS) + 1


def test_an_unreached_citizen_who_writes_is_tried_again(
    sandbox: Sandbox, answered: Ticket, read: Read, operator1: User
) -> None:
    made = start(answered, operator1)
    target = made.targets.order_by("pk")[0]
    type(target).objects.filter(pk=target.pk).update(state="unreached", reply=None, problem="x")
    message = target.item.messages.filter(direction="in").order_by("-pk")[0]
    assert relay.reachable_again(message_id=message.pk) == made
    target.refresh_from_db()
    assert (target.state, target.problem) == ("waiting", "")
    assert relay.reachable_again(message_id=message.pk) is None
