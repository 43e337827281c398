"""A ticket whose division has answered, for the tests of relays; and what the outbox would do for them."""

from collections.abc import Sequence

from django.db import transaction

from accounts import clock
from accounts.models import Division, User
from inbox import replies
from inbox.models import Channel, Citizen, Item, Message, Thread
from inbox.models_out import Delivery, DeliveryState, ReplyState
from referrals import relay
from referrals.models import Answer, Referral, Relay
from tests import cast
from tests.tickets.desk import joined, opened
from tickets import cases
from tickets.models import Stage, Ticket, TicketState

ANSWER = (
    "BPKB sudah dicetak dan dapat diambil pada hari Senin di kantor Samsat Balikpapan oleh pemohon."
)
TEXT = "BPKB bisa diambil mulai Senin."


def answered(items: Sequence[Item], by: User, division: Division, *, text: str = ANSWER) -> Ticket:
    """A ticket of `items` that `division` answered, in charge of `by`."""
    ticket = opened(items[0], by, "BPKB")
    for item in items[1:]:
        joined(ticket, item, by)
    with transaction.atomic():
        referral = Referral.objects.create(
            ticket=ticket, division=division, state="answered", created_by=by,
            dispatched_at=clock.now(), answered_at=clock.now(),
        )  # fmt: skip
        Answer.objects.create(referral=referral, text=text, letter_number="B/9", said_by="")
        cases.move(
            ticket, to=TicketState.WAITING, by=by, stage=Stage.Kind.REFERRED, division=division
        )
        cases.move(
            ticket, to=TicketState.ANSWERED, by=by, stage=Stage.Kind.ANSWERED, division=division
        )
    ticket.refresh_from_db()
    return ticket


def start(ticket: Ticket, by: User, text: str = TEXT, *, confirmed: str = "") -> Relay:
    return relay.start(ticket=ticket, by=by, fence=ticket.fence, text=text, confirmed=confirmed)


def arrive(found: Relay) -> Ticket:
    """Everything that is queued reaches its citizen, and the relay hears of it. The ticket as it is then."""
    for target in found.targets.exclude(reply=None).select_related("reply"):
        assert target.reply
        Delivery.objects.filter(reply=target.reply).update(
            state=DeliveryState.SENT, remote_id=f"reply-{target.reply_id}"
        )
        type(target.reply).objects.filter(pk=target.reply.pk).update(state=ReplyState.SENT)
        with transaction.atomic():
            replies.item_answered(target.reply)
        relay.settled(reply_id=target.reply.pk)
    return Ticket.objects.get(pk=found.ticket_id)


def told(items: Sequence[Item], by: User, division: Division) -> Ticket:
    """A ticket of `items` whose citizens all have their answer."""
    ticket = arrive(start(answered(items, by, division), by))
    assert ticket.state == TicketState.DONE
    return ticket


def crowd(channel: Channel, count: int, *, name: str, where: str = "comment") -> list[Item]:
    """So many items of as many citizens of one name, in few statements."""
    citizens = Citizen.objects.bulk_create(
        Citizen(platform=channel.platform, external_id=cast.next_id(), name=name)
        for _n in range(count)
    )
    threads = Thread.objects.bulk_create(
        Thread(platform=channel.platform, external_id=cast.next_id()) for _n in range(count)
    )
    now = clock.now()
    items = Item.objects.bulk_create(
        Item(channel=channel, thread=thread, citizen=citizen, last_in_at=now, waiting_since=now)
        for thread, citizen in zip(threads, citizens, strict=True)
    )
    Message.objects.bulk_create(
        Message(
            item=item, platform=channel.platform, object_class=where, direction="in",
            external_id=cast.next_id(), current_id="", text="BPKB saya?", written_at=now,
        )
        for item in items
    )  # fmt: skip
    return items
