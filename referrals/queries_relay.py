"""What the pages of a relay read: the text before it goes, how far it came, who was told what."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When

from referrals import findings, public_text, wording
from referrals.findings import Finding, Segment
from referrals.models import Relay, RelayTarget
from referrals.public_known import known_for
from referrals.wording import Told
from tickets.models import Ticket

FEW = 8  # citizens that are listed one by one where there is no page of their own
PAGE = 50
State = RelayTarget.State


@dataclass(frozen=True, slots=True)
class Group:
    """Citizens who are reached in the same way: `count` of them, and the longest words among theirs."""

    where: str  # the platform's name
    by_hand: bool
    count: int
    used: int
    limit: int


@dataclass(frozen=True, slots=True)
class Draft:
    """A public text as it is being written: what was found in it, and what each citizen would get."""

    told: list[Told]
    found: list[Finding]
    segments: list[Segment]
    pasted: bool
    confirmation: str  # to be sent along when what was found may stand

    @property
    def named(self) -> list[Finding]:
        """What was found, each thing once."""
        return findings.named(self.found)

    @property
    def too_long(self) -> list[Told]:
        """For whom it does not fit, a few."""
        return [one for one in self.told if not one.length.fits][:FEW]

    @property
    def few(self) -> bool:
        """Whether everybody can be listed."""
        return len(self.told) <= FEW

    @property
    def groups(self) -> list[Group]:
        """Where how many are reached, the largest first."""
        rows: dict[tuple[str, bool], list[Told]] = {}
        for one in self.told:
            rows.setdefault((one.item.channel.get_platform_display(), one.by_hand), []).append(one)
        made = [
            Group(where, by_hand, len(each), *_longest(each))
            for (where, by_hand), each in rows.items()
        ]
        return sorted(made, key=lambda group: -group.count)

    @property
    def examples(self) -> list[Told]:
        """Two citizens with their final words, of two channels where there are two."""
        other = (
            one for one in self.told[1:] if one.item.channel_id != self.told[0].item.channel_id
        )
        second = next(other, None) or next(iter(self.told[1:]), None)
        return [*self.told[:1], *([second] if second else [])]


def _longest(told: Sequence[Told]) -> tuple[int, int]:
    worst = max(told, key=lambda one: one.length.used / max(1, one.length.limit))
    return worst.length.used, worst.length.limit


def draft_of(ticket: Ticket, text: str) -> Draft:
    """Look at `text` as the relay would. An empty one reaches everybody and says nothing."""
    text = text.strip()
    told = wording.for_ticket(ticket, text)
    if not text:
        return Draft(told, [], [], pasted=False, confirmation="")
    known = known_for(ticket)
    found = public_text.check(text, known)
    return Draft(
        told, found, findings.segments(text, found),
        pasted=public_text.is_pasted(text, known.answers),
        confirmation=findings.fingerprint(found),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a relay came: numbers of citizens by state, and the first of them, unreached ones on top."""

    reached: int
    unreached: int
    sending: int
    waiting: int
    shown: list[RelayTarget]

    @property
    def total(self) -> int:
        """Everybody the answer is for."""
        return self.reached + self.unreached + self.sending + self.waiting

    @property
    def more(self) -> int:
        """How many are not among `shown`."""
        return self.total - len(self.shown)


#: Whom somebody has to do something about goes first, who is done last.
_ORDER = Case(
    When(state=State.UNREACHED, then=Value(0)), When(state=State.SENDING, then=Value(1)),
    When(state=State.WAITING, then=Value(2)), default=Value(3), output_field=IntegerField(),
)  # fmt: skip


def targets_of(relay: Relay) -> QuerySet[RelayTarget]:
    """The relay's citizens, unreached first."""
    rows = relay.targets.select_related("item__citizen", "item__channel")
    return rows.annotate(place=_ORDER).order_by("place", "pk")


def progress_of(relay: Relay) -> Progress:
    """How far `relay` came, in two queries. A few are shown; all where they are few."""
    counted = Counter(dict(relay.targets.values_list("state").annotate(n=Count("pk")).order_by()))
    return Progress(
        reached=counted[State.REACHED], unreached=counted[State.UNREACHED],
        sending=counted[State.SENDING], waiting=counted[State.WAITING],
        shown=list(targets_of(relay)[:FEW]),
    )  # fmt: skip


def targets_page(relay: Relay, *, state: str, number: object) -> Page[RelayTarget]:
    """One page of the relay's citizens in `state` ("" all); a number that is none is the first page."""
    rows = targets_of(relay)
    if state in State.values:
        rows = rows.filter(state=state)
    return Paginator(rows, PAGE).get_page(number)  # type: ignore[arg-type]


def told_before(ticket: Ticket, *, but: Relay | None) -> list[Relay]:
    """Answers that citizens of this ticket got before the present one (`but`), also as citizens of tickets
    that are part of it now: with `reached` of `of` citizens, newest first."""
    rows = Relay.objects.filter(
        Q(ticket=ticket) | Q(ticket__merged_into=ticket), withdrawn_at=None
    ).select_related("ticket", "author")
    counted = rows.annotate(
        of=Count("targets"), reached=Count("targets", filter=Q(targets__state=State.REACHED))
    )
    return list(counted.exclude(pk=but.pk if but else 0).order_by("-pk"))
