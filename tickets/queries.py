"""What the ticket pages read. Queries are noun phrases and constant in number."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import (
    Case,
    Exists,
    IntegerField,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Value,
    When,
)
from django.http import QueryDict
from django.utils import timezone

from accounts import clock
from accounts.journal import subject_of, wording
from accounts.models import JournalEntry, Office, User
from inbox.models import Item, Message
from inbox.queries import words_of as searched_words
from tickets import numbers
from tickets.models import (
    OVER,
    SEARCHED,
    EmergencyCall,
    Label,
    Stage,
    Ticket,
    TicketItem,
    TicketState,
    Urgency,
)
from tickets.readers import VIEWED

PAGE = 30
ACTIVE = "active"


@dataclass(frozen=True, slots=True)
class Filter:
    """What the list shows: words, state (`active`: what still runs; "": all), and what is asked besides."""

    q: str = ""
    state: str = ACTIVE
    urgency: str = ""
    label: int | None = None
    mine: bool = False
    restricted: bool = False

    @classmethod
    def read(cls, asked: QueryDict) -> "Filter":
        """From the address; what makes no sense counts as not asked."""
        state, label = asked.get("keadaan", ACTIVE), asked.get("label", "")
        urgency = asked.get("kegentingan", "")
        return cls(
            q=asked.get("q", "").strip(),
            state=state if state in {*TicketState.values, ACTIVE, ""} else ACTIVE,
            urgency=urgency if urgency in Urgency.values else "",
            label=int(label) if label.isascii() and label.isdigit() and len(label) < 10 else None,
            mine=asked.get("punya") == "saya",
            restricted=asked.get("terbatas") == "1",
        )

    def query(self, **other: str) -> str:
        """The same question as the end of an address, with `other` parts instead."""
        asked = {
            "keadaan": self.state, "q": self.q, "kegentingan": self.urgency,
            "label": str(self.label or ""), "punya": "saya" if self.mine else "",
            "terbatas": "1" if self.restricted else "",
        } | other  # fmt: skip
        return urlencode({key: text for key, text in asked.items() if text or key == "keadaan"})

    @property
    def narrowed(self) -> bool:
        """Whether something besides words and state is asked."""
        return bool(self.urgency or self.label or self.restricted)


@dataclass(frozen=True, slots=True)
class TicketPage:
    """One page of the list, newest first, what runs with emergencies on top; `older` is the key to ask
    the next page with."""

    rows: Sequence[Ticket]
    older: str


#: Emergencies go before everything else.
_RANK = Case(
    When(urgency=Urgency.EMERGENCY, then=Value(0)), default=Value(1), output_field=IntegerField()
)


def tickets_page(*, user: User, asked: Filter, before: str = "") -> TicketPage:
    """Tickets that `user` may see and `asked` wants, after the key `before` (keyset)."""
    rows = _asked_for(user, asked).annotate(rank=_RANK if asked.state == ACTIVE else Value(1))
    rank, _dash, last = before.partition("-")
    if rank in ("0", "1") and last.isascii() and last.isdigit():
        rows = rows.filter(Q(rank__gt=int(rank)) | Q(rank=int(rank), pk__lt=int(last)))
    referred = Stage.objects.filter(kind=Stage.Kind.REFERRED)
    members = TicketItem.objects.filter(left_at=None)
    found = list(
        rows.select_related("in_charge")
        .prefetch_related(
            "labels",
            Prefetch("stages", queryset=referred, to_attr="referred"),
            Prefetch("memberships", queryset=members, to_attr="members"),
        )
        .order_by("rank", "-pk")[: PAGE + 1]
    )
    if len(found) <= PAGE:
        return TicketPage(found, "")
    return TicketPage(found[:PAGE], f"{found[PAGE - 1].rank}-{found[PAGE - 1].pk}")


def _asked_for(user: User, asked: Filter) -> QuerySet[Ticket]:
    rows: QuerySet[Ticket] = Ticket.objects.visible_to(user)
    if asked.state == ACTIVE:
        rows = rows.filter(state__in=[state for state in TicketState if state not in OVER])
    elif asked.state:
        rows = rows.filter(state=asked.state)
    if asked.urgency:
        rows = rows.filter(urgency=asked.urgency)
    if asked.label:
        rows = rows.filter(labels=asked.label)
    if asked.mine:
        rows = rows.filter(in_charge=user)
    if asked.restricted:
        rows = rows.filter(restricted=True)
    if asked.q:
        rows = rows.annotate(searched=SEARCHED).filter(_matching(asked.q))
    return rows


def labels() -> list[Label]:
    """Every label the desk has made."""
    return list(Label.objects.all())


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
    merged = Ticket.objects.filter(number__in=same, merged_into__isnull=False)
    return Q(number__in=same) | Q(pk__in=merged.values("merged_into")) | Q(searched=words)


def standing(typed: str) -> Ticket | None:
    """The ticket whose number was typed, with or without dashes; the number of a merged one leads to the
    ticket it is part of now. For inbound mail and searches: says nothing of who may see it."""
    number = numbers.read(typed)
    if number is None:
        return None
    found = Ticket.objects.select_related("merged_into").filter(number=number).first()
    return found.merged_into or found if found else None


def ticket_by_number(*, user: User, typed: str) -> Ticket | None:
    """As `standing`; None also when `user` may not see it."""
    found = standing(typed)
    if found is None:
        return None
    return Ticket.objects.visible_to(user).select_related("in_charge").filter(pk=found.pk).first()


def seen_whole(user: User) -> QuerySet[Ticket]:
    """What `user` may see, for a ticket's page: `was_called` and `was_merged` spare it two questions."""
    calls = EmergencyCall.objects.filter(ticket=OuterRef("pk"))
    merged = Ticket.objects.filter(merged_into=OuterRef("pk"))
    rows = Ticket.objects.visible_to(user).select_related("in_charge", "merged_into")
    return rows.annotate(was_called=Exists(calls), was_merged=Exists(merged))


def calls_of(ticket: Ticket) -> list[EmergencyCall]:
    """The telephone calls about the ticket, oldest first."""
    if not getattr(ticket, "was_called", True):
        return []
    return list(ticket.calls.select_related("by"))


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


def former_ticket_of(*, item: Item, user: User) -> Ticket | None:
    """The ticket the item was on last, when that one is closed and could be opened again."""
    return (
        Ticket.objects.visible_to(user)
        .filter(memberships__item=item, state=TicketState.CLOSED)
        .select_related("in_charge")
        .order_by("-memberships__left_at")
        .first()
    )


@dataclass(frozen=True, slots=True)
class Act:
    """A line of the history: who did what when. No name: Sahut itself."""

    entry: JournalEntry
    what: str


def history(subjects: list[str]) -> list[Act]:
    """Acts on `subjects` (journal references), newest first, at most 100; looking at is none."""
    entries = JournalEntry.objects.filter(subject__in=subjects).exclude(verb=VIEWED)
    entries = entries.select_related("actor")
    return [Act(entry, wording(entry.verb)) for entry in entries.order_by("-pk")[:100]]


def subjects_of(ticket: Ticket) -> list[str]:
    """Under what the ticket's acts stand in the journal: its own, and those of tickets merged into it."""
    if not getattr(ticket, "was_merged", True):
        return [subject_of(ticket)]
    return [subject_of(ticket), *(subject_of(merged) for merged in ticket.merged_from.all())]


def history_of(ticket: Ticket) -> list[Act]:
    """Acts on the ticket itself; the referrals add theirs (referrals:history)."""
    return history(subjects_of(ticket))
