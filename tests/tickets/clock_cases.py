"""What the tests of the clocks share: tickets opened at a moment of our choosing."""

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from accounts import clock
from accounts.models import User
from inbox import claims
from inbox.models import Item, Message
from tests.cast import MakeItem, Post, receive
from tickets import cases, clocks
from tickets.models import Category, Deadline, Ticket

WITA = ZoneInfo("Asia/Makassar")
MoveClock = Callable[[float], None]


def at(text: str) -> datetime:
    """“2026-07-15 09:00”, the office's time (WITA)."""
    return datetime.fromisoformat(text).replace(tzinfo=WITA)


def go_to(move_clock: MoveClock, text: str) -> None:
    """Let it be this moment (WITA) from now on."""
    move_clock((at(text) - datetime.now(UTC)).total_seconds())


def opened(
    make_item: MakeItem, by: User, *, category: str = Category.COMPLAINT, handle: str = "warga_bpn"
) -> Ticket:
    """A citizen writes, and a ticket is opened, now."""
    item = make_item(handle=handle)
    held = claims.take(item=item, by=by)
    return cases.open_ticket(
        item=item, by=by, fence=held.fence, title="Air keruh", summary="Air keruh sejak pagi.",
        category=category,
    )  # fmt: skip


def owed(ticket: Ticket, code: str) -> Deadline:
    """The running deadline of this rule."""
    return clocks.running(ticket).select_related("rule").get(rule__code=code)


def due(ticket: Ticket, code: str) -> str:
    """When it is due, in the office's time; days end at midnight, which is told as the day before, 24:00."""
    moment = owed(ticket, code).due_at.astimezone(WITA)
    if (moment.hour, moment.minute) == (0, 0):
        return f"{clocks.day_of(moment)} 24:00"
    return f"{moment:%Y-%m-%d %H:%M}"


def writes_again(item: Item, *, text: str = "Di Klandasan Ulu, Pak.") -> Message:
    """The citizen writes in the same thread, now."""
    post = Post(
        text=text, handle=item.citizen.handle, thread=item.thread.external_id,
        written_at=clock.now(),
    )  # fmt: skip
    message = receive(item.channel, post)
    assert message
    assert message.item_id == item.pk
    return message
