"""The stale stop (DESIGN §6): whoever answers, closes or refers an item decides only on what the page showed.

What it showed is two marks. `seen` is the largest id of the citizen's messages and the native answers:
ids follow the order of storing, not of writing, so a late arrival is news too. `seen_at` is when the newest
change was made that it showed, an edit or a deletion: those of one conversation are made one after the
other, under its thread's lock, so that one which commits after the page was made bears a later time, however
long it had been under way.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypedDict

from django.db.models import Q

from accounts import clock
from inbox.models import Item, Message, Reply

COUNTS = Q(direction=Message.Direction.IN) | Q(native=True)


class Told(TypedDict):
    """The marks as the doors take them."""

    seen: int
    seen_at: datetime | None


_OLDEST = datetime(2000, 1, 1, tzinfo=UTC)  # a form that names an earlier time is garbled


@dataclass(frozen=True, slots=True)
class Marks:
    """What a page showed of an item. `seen_at` None: not told, so all until now."""

    seen: int
    seen_at: datetime | None = None

    @property
    def at(self) -> str:
        """`seen_at` for a form."""
        return self.seen_at.isoformat() if self.seen_at else ""


def marks_of(item: Item, messages: Iterable[Message]) -> Marks:
    """The marks of a page that shows `messages`, all of the item."""
    shown = [m for m in messages if m.native or m.direction == Message.Direction.IN]
    cited = [m for m in shown if m.direction == Message.Direction.IN]
    changes = [at for m in cited for at in (m.edited_at, m.erased_at) if at]
    return Marks(
        seen=max((m.pk for m in shown), default=0), seen_at=max(changes, default=item.opened_at)
    )


def marks(item: Item) -> Marks:
    """The marks of a page that is made now; asked for before what the page shows is read."""
    rows = item.messages.filter(COUNTS)
    return marks_of(item, rows.only("direction", "native", "edited_at", "erased_at"))


def why(item: Item, *, seen: int, seen_at: datetime | None, native: bool = True) -> str:
    """What came to the item after these marks (a Reply.Hold), "" when nothing did. `native`: an answer in
    the platform's own app counts, too."""
    counts = COUNTS if native else Q(direction=Message.Direction.IN)
    newest = item.messages.filter(counts, pk__gt=seen).order_by("-pk").first()
    if newest is not None:
        outside = newest.direction == Message.Direction.OUT
        return Reply.Hold.NATIVE_ANSWER if outside else Reply.Hold.NEW_MESSAGE
    if seen_at is not None:
        later = Q(edited_at__gt=seen_at) | Q(erased_at__gt=seen_at)
        if item.messages.filter(later, direction=Message.Direction.IN).exists():
            return Reply.Hold.CHANGED_MESSAGE
    return ""


def number(text: str) -> int:
    """`seen` as a form carries it; 0, which saw nothing, when it is missing or garbled."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0


def told(form: Mapping[str, str]) -> Told:
    """Both as a posted form carries them."""
    return Told(seen=number(form.get("seen", "")), seen_at=moment(form.get("seen_at", "")))


def moment(text: str) -> datetime | None:
    """`seen_at` as a form carries it, never in the future; None when it is missing or garbled."""
    try:
        at = datetime.fromisoformat(text)
        at = at.astimezone(UTC) if at.tzinfo else _OLDEST
    except (ValueError, OverflowError):
        return None
    return min(at, clock.now()) if at > _OLDEST else None
