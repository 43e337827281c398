"""A small office in which everything has happened once, all of it through the doors: what the doctor looks at."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from accounts.models import Division, User
from inbox import claims, intake, outbox, replies
from inbox.connectors.base import Outcome, SendResult
from inbox.models import Channel, Claim, Feed, Item, Message, RawEvent, Reply
from inbox.models_out import Delivery
from referrals import letters, portal, relay
from referrals.models import Letter, Referral
from tests import cast
from tickets import cases
from tickets.models import Ticket


@dataclass(frozen=True, slots=True)
class World:
    """One answered item, one item referred by letter, answered and relayed, one that waits."""

    raw: RawEvent
    feed: Feed
    answered: Item
    reply: Reply
    delivery: Delivery
    ticket: Ticket
    referral: Referral
    letter: Letter
    waiting: Item


def page(*texts: str, account: str) -> bytes:
    """A page of mentions of `account` as X sends it, newest first."""
    posts: list[dict[str, Any]] = [
        {
            "id": cast.next_id(),
            "text": f"@PoldaKaltim {text}",
            "entities": {"mentions": [{"start": 0, "end": 12, "username": "x", "id": account}]},
            "author_id": str(7000 + place),
            "created_at": datetime.now(UTC).isoformat(),
        }
        for place, text in enumerate(texts)
    ]
    users = [{"id": post["author_id"], "username": f"warga{post['id'][-3:]}"} for post in posts]
    newest = posts[-1]["id"]
    body = {"data": posts[::-1], "includes": {"users": users}, "meta": {"newest_id": newest}}
    return json.dumps(body).encode()


def build(
    *, channel: Channel, operator: User, head: User, officer: User, division: Division
) -> World:
    """Let it all happen."""
    body = page(
        "Jadwal SIM keliling?",
        "Air mati tiga hari di RT 12",
        "Terima kasih, pak polisi",
        account=channel.external_id,
    )
    raw = intake.store_raw(channel=channel, feed="mentions", body=body)
    assert raw
    assert intake.absorb_raw(raw_id=raw.pk) == 3
    feed = channel.feeds.get(name="mentions")
    feed.cursor = json.loads(body)["meta"]["newest_id"]
    feed.save()
    first, second, third = Item.objects.order_by("pk")
    reply = answer(first, by=operator, text="Sabtu pukul 09.00 di halaman Samsat.")
    ticket, referral, letter = _refer(
        second, operator=operator, head=head, officer=officer, division=division
    )
    relay.start(
        ticket=ticket, by=operator, fence=ticket.fence, text="Aliran pulih besok pukul 06.00."
    )
    carry_out()
    relay.advance(ticket.relays.get())
    for row in (raw, ticket, letter, reply):
        row.refresh_from_db()
    return World(
        raw=raw, feed=feed, answered=first, reply=reply, delivery=reply.deliveries.get(),
        ticket=ticket, referral=referral, letter=letter, waiting=third,
    )  # fmt: skip


def answer(item: Item, *, by: User, text: str) -> Reply:
    """Take the item, answer it, and let the platform accept the answer."""
    held = claims.take(item=item, by=by)
    newest = replies.newest_from_citizen(item)
    assert newest
    reply = replies.submit(
        item=item, by=by, fence=held.fence, text=text, seen=newest.pk, undo=False
    )
    carry_out()
    return reply


def carry_out() -> None:
    """Carry what is due as the outbox does, with a platform that accepts everything."""
    while delivery := outbox.begin():
        outbox.finish(delivery, SendResult(Outcome.SENT, remote_id=cast.next_id()))


def _refer(
    item: Item, *, operator: User, head: User, officer: User, division: Division
) -> tuple[Ticket, Referral, Letter]:
    held = claims.take(item=item, by=operator)
    ticket = cases.open_ticket(
        item=item, by=operator, fence=held.fence, title="Air tidak mengalir", summary="Tiga hari."
    )
    claims.release(item=item, by=operator, fence=held.fence)
    letter = letters.draft(ticket=ticket, division=division, by=operator, fence=ticket.fence)
    letters.submit(letter=letter, by=operator, fence=ticket.fence)
    letter = letters.approve(letter=letter, by=head)
    portal.answer(referral=letter.referral, by=officer, text="Pipa sedang diperbaiki.")
    return ticket, letter.referral, letter


def claim_of(world: World) -> Claim:
    """The claim under which the answered item was answered."""
    return world.reply.claim


def twin_of(world: World) -> Message:
    """A second copy of what the delivery sent, as it would come back on our own timeline."""
    number = cast.next_id()
    return Message.objects.create(
        item=world.answered, platform="x", object_class="post", external_id=number,
        current_id=number, direction="out", text=world.delivery.text,
        replies_to=world.delivery.target_id, written_at=datetime.now(UTC), native=True,
    )  # fmt: skip
