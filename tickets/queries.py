"""What the ticket pages read. Queries are noun phrases and constant in number."""

from dataclasses import dataclass

from django.db.models import Prefetch, Q
from django.utils import timezone

from accounts import clock
from accounts.journal import subject_of, wording
from accounts.models import JournalEntry, Office, User
from inbox.models import Item, Message
from inbox.queries import words_of as searched_words
from tickets import numbers
from tickets.models import OVER, SEARCHED, Stage, Ticket, TicketItem

PAGE = 30


@dataclass(frozen=True, slots=True)
class TicketPage:
    """One page of the list, newest first; `older` is the key to ask the next page with."""

    rows: list[Ticket]
    older: int | None


def tickets_page(*, user: User, q: str = "", state: str = "", before: int | None) -> TicketPage:
    """Tickets that `user` may see, filtered by words and state, after the key `before` (keyset)."""
    rows = Ticket.objects.visible_to(user)
    if state == "active":
        rows = rows.exclude(state__in=OVER)
    elif state:
        rows = rows.filter(state=state)
    if q:
        rows = rows.annotate(searched=SEARCHED).filter(_matching(q))
    if before:
        rows = rows.filter(pk__lt=before)
    referred = Stage.objects.filter(kind=Stage.Kind.REFERRED)
    members = TicketItem.objects.filter(left_at=None)
    found = list(
        rows.select_related("in_charge")
        .prefetch_related(
            Prefetch("stages", queryset=referred, to_attr="referred"),
            Prefetch("memberships", queryset=members, to_attr="members"),
        )
        .order_by("-pk")[: PAGE + 1]
    )
    return TicketPage(found[:PAGE], found[PAGE - 1].pk if len(found) > PAGE else None)


def _matching(q: str) -> Q:
    """Tickets that hold the words of `q`; a bare running number (“431”) finds it in recent years.

    Both legs have an index: no look at every row, however many years of tickets there are.
    """
    words = searched_words(q)
    if not (q.isascii() and q.isdigit() and len(q) <= 6):
        return Q(searched=words)
    prefix, year = Office.current().ticket_prefix, timezone.localtime(clock.now()).year
    recent = range(year - 5, year + 1)
    same = [numbers.compose(prefix, each, int(q)) for each in recent]
    return Q(number__in=same) | Q(searched=words)


def ticket_by_number(*, user: User, typed: str) -> Ticket | None:
    """The ticket whose number was typed, with or without dashes; None when it is none or not visible."""
    number = numbers.read(typed)
    return Ticket.objects.visible_to(user).filter(number=number).first() if number else None


def members_of(ticket: Ticket) -> list[Item]:
    """Items on the ticket with channel, citizen and the citizen's messages (`words`), oldest first."""
    said = Message.objects.filter(direction=Message.Direction.IN).order_by("written_at", "pk")
    return list(
        Item.objects.filter(memberships__ticket=ticket, memberships__left_at=None)
        .select_related("channel", "citizen")
        .prefetch_related(Prefetch("messages", queryset=said, to_attr="words"))
        .order_by("opened_at", "pk")
    )


def words_of(item: Item) -> str:
    """Everything the citizen wrote in this item that still stands, oldest first."""
    said = item.messages.filter(direction=Message.Direction.IN, erased_at=None)
    return "\n\n".join(text for text in said.order_by("written_at").values_list("text", flat=True))


def ticket_of(*, item: Item, user: User) -> Ticket | None:
    """The ticket the item is on now, if `user` may see it."""
    return (
        Ticket.objects.visible_to(user)
        .filter(memberships__item=item, memberships__left_at=None)
        .select_related("in_charge")
        .first()
    )


@dataclass(frozen=True, slots=True)
class Act:
    """A line of the history: who did what when. No name: Sahut itself."""

    entry: JournalEntry
    what: str


def history(subjects: list[str]) -> list[Act]:
    """Acts on `subjects` (journal references), newest first, at most 100."""
    entries = JournalEntry.objects.filter(subject__in=subjects).select_related("actor")
    return [Act(entry, wording(entry.verb)) for entry in entries.order_by("-pk")[:100]]


def history_of(ticket: Ticket) -> list[Act]:
    """Acts on the ticket itself; the referrals add theirs (referrals:history)."""
    return history([subject_of(ticket)])
