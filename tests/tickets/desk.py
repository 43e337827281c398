"""What the tests of tickets do over and over, through the doors the screens use."""

from typing import Any

from django.contrib.messages import get_messages

from accounts import journal
from accounts.models import JournalEntry, User
from inbox import claims, stale
from inbox.models import Item
from tickets import cases
from tickets.models import Ticket


def opened(item: Item, by: User, title: str = "SIM keliling", **facts: object) -> Ticket:
    """A ticket of `item` in charge of `by`, who then lets the item go."""
    held = claims.take(item=item, by=by)
    ticket = cases.open_ticket(
        item=item, by=by, fence=held.fence, title=title, summary="Warga menanyakan jadwal.",
        **facts,  # type: ignore[arg-type]
    )  # fmt: skip
    claims.release(item=item, by=by, fence=held.fence)
    return ticket


def joined(ticket: Ticket, item: Item, by: User) -> None:
    """`item` stands on the ticket too."""
    held = claims.take(item=item, by=by)
    cases.join(ticket=ticket, item=item, by=by, fence=held.fence)
    claims.release(item=item, by=by, fence=held.fence)


def read(item: Item) -> dict[str, str]:
    """What a form carries of an item whose page was opened just now."""
    marks = stale.marks(item)
    return {"seen": str(marks.seen), "seen_at": marks.at}


def verbs(ticket: Ticket) -> list[str]:
    """What the journal says was done to the ticket, oldest first."""
    entries = JournalEntry.objects.filter(subject=journal.subject_of(ticket))
    return list(entries.order_by("pk").values_list("verb", flat=True))


def told(response: Any) -> str:
    """What the person is told after the redirect."""
    return " ".join(str(message) for message in get_messages(response.wsgi_request))
