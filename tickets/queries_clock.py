"""What the screens show of the clocks: a ticket's panel, the nearest deadline of each row of a list, what
is past a law's limit. Noun phrases; a fixed number of queries.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    Count,
    Exists,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import clock
from accounts.models import User
from tickets import clocks, pausing, words
from tickets.models import Pause, Ticket
from tickets.models_clock import Deadline, Rule

SOON = timedelta(minutes=30)  # for what is owed within hours; days are soon by words.is_soon


@dataclass(frozen=True, slots=True)
class Line:
    """One deadline in words. `state`: met, met_late, late, soon, still (the citizen is asked), runs."""

    pk: int
    name: str
    basis: str  # "batas SOP" or "batas peraturan"
    law: bool
    source: str
    whose: str  # a division's name; "" the office's
    due_at: datetime
    due: str  # “2 hari kerja lagi”, “lewat 3 jam”
    until: str  # “Rabu 25 November 2026”, with the hour where hours count
    state: str
    met_at: datetime | None
    extended_why: str
    extended: str  # “7 hari kerja oleh Rani, 22 November 2026”; "" where it was not
    extended_to: str  # the day an extension would give; "" where there is none to take
    extension: str  # by how much that would be

    @property
    def late(self) -> bool:
        """Whether it is owed and past."""
        return self.state == "late"

    @property
    def soon(self) -> bool:
        """Whether it is owed and near."""
        return self.state == "soon"


@dataclass(frozen=True, slots=True)
class Dial:
    """One of the clocks as a bar: how much of the time that is given has gone (0 to 100)."""

    name: str
    says: str
    gone: int
    state: str  # late, soon, still, runs, done


@dataclass(frozen=True, slots=True)
class Board:
    """What the panel shows of a ticket."""

    dials: list[Dial]
    owed: list[Line]
    settled: list[Line]
    pause: Pause | None
    may_act: bool  # in charge, and the ticket is not over
    fence: int


def board(ticket: Ticket, user: User) -> Board:
    """The clocks of `ticket` as `user` sees them (who is in charge may pause, resume and extend)."""
    now = clock.now()
    rows = list(
        Deadline.objects.filter(ticket=ticket, dropped_at=None)
        .select_related("rule", "division", "extended_by").order_by("due_at", "pk")
    )  # fmt: skip
    pause = ticket.pauses.filter(until=None).select_related("by").first()
    lines = [(row, _line(row, now, pause)) for row in rows]
    owed = [(row, line) for row, line in lines if line.met_at is None]
    return Board(
        dials=_dials(ticket, owed, pause, now),
        owed=[line for _row, line in owed],
        settled=[line for _row, line in lines if line.met_at is not None],
        pause=pause,
        may_act=ticket.in_charge_id == user.pk and not ticket.is_over,
        fence=ticket.fence,
    )


def _line(row: Deadline, now: datetime, pause: Pause | None) -> Line:
    """A deadline in words; what stands still is told as it would be if the citizen answered now."""
    rule = row.rule
    stands = pause is not None and rule.clock == Rule.Clock.OFFICE and row.met_at is None
    if pause and stands:
        start = max(pause.since, row.since)
        row.due_at = clocks.later(rule, row.due_at, start=start, until=now)
    runs = row.met_at is None and row.due_at > now
    may_extend = bool(rule.extension and not row.extended_by_id and runs)
    return Line(
        pk=row.pk, name=rule.name, basis=rule.get_basis_display(),
        law=rule.basis == Rule.Basis.LAW, source=rule.source,
        whose=row.division.name if row.division else "",
        due_at=row.due_at, due=due_words(row.due_at, unit=rule.unit, now=now),
        until=_until(row.due_at, rule.unit), state=_state(row, now, paused=stands),
        met_at=row.met_at, extended_why=row.extended_why, extended=_extended(row),
        extended_to=_until(pausing.extended(row), rule.unit) if may_extend else "",
        extension=amount_words(rule.extension, rule.unit) if may_extend else "",
    )  # fmt: skip


def _extended(row: Deadline) -> str:
    """By how much, by whom and when it was extended; what was not kept is left out."""
    if not row.extended_by:
        return ""
    said = [str(row.extended_by)]
    if row.extended_amount:
        by = {"amount": amount_words(row.extended_amount, row.extended_unit), "who": said[0]}
        said = [_("%(amount)s oleh %(who)s") % by]
    return ", ".join([*said, *([words.moment(row.extended_at)] if row.extended_at else [])])


def amount_words(amount: int, unit: str) -> str:
    """“7 hari kerja”, “12 jam”."""
    if unit == Rule.Unit.HOUR:
        return ngettext("%(n)s jam", "%(n)s jam", amount) % {"n": amount}
    if unit == Rule.Unit.DAY:
        return ngettext("%(n)s hari kalender", "%(n)s hari kalender", amount) % {"n": amount}
    return ngettext("%(n)s hari kerja", "%(n)s hari kerja", amount) % {"n": amount}


def _state(row: Deadline, now: datetime, *, paused: bool) -> str:
    if row.met_at is not None:
        return "met_late" if row.met_at > row.due_at else "met"
    if row.due_at <= now:  # of what stands still: late before that
        return "late"
    if paused:
        return "still"
    return "soon" if _is_soon(row, now) else "runs"


def _is_soon(row: Deadline, now: datetime) -> bool:
    if row.rule.unit == Rule.Unit.HOUR:
        return row.due_at - now <= SOON
    return words.is_soon(clocks.day_of(row.due_at))


def due_words(due_at: datetime, *, unit: str, now: datetime) -> str:
    """How far `due_at` is: in hours or minutes where hours count, else in working or calendar days."""
    if unit == Rule.Unit.WORKDAY:
        return words.due(clocks.day_of(due_at))
    if unit == Rule.Unit.DAY and words.today() == clocks.day_of(due_at):
        return _("batasnya hari ini")
    if due_at <= now:
        return _("lewat %(length)s") % {
            "length": words.span(max(now - due_at, timedelta(minutes=1)))
        }
    return _("%(length)s lagi") % {"length": words.span(max(due_at - now, timedelta(minutes=1)))}


def _until(due_at: datetime, unit: str) -> str:
    """“Rabu 25 November 2026”; with the hour and its zone where hours count."""
    if unit == Rule.Unit.HOUR:
        day, hour = words.weekday_date(due_at), words.hour(due_at)
        return _("%(day)s pukul %(hour)s") % {"day": day, "hour": hour}
    return words.weekday_date(due_at - timedelta(microseconds=1))


def until_words(due_at: datetime, rule: Rule) -> str:
    """The moment a deadline of `rule` ends, as a person says it."""
    return _until(due_at, rule.unit)


def _dials(
    ticket: Ticket, owed: list[tuple[Deadline, Line]], pause: Pause | None, now: datetime
) -> list[Dial]:
    """The citizen's clock, the office's, and each division's."""
    end = ticket.closed_at if ticket.is_over and ticket.closed_at else now
    waited = words.span(end - ticket.received_at)
    of: dict[str, list[tuple[Deadline, Line]]] = {clock_: [] for clock_ in Rule.Clock.values}
    for row, line in owed:
        of[row.rule.clock].append((row, line))
    says = _("menunggu %(age)s") if not ticket.is_over else _("selesai dalam %(age)s")
    found = [_dial(_("Warga"), says % {"age": waited}, of[Rule.Clock.CITIZEN], now)]
    if pause:
        asked = _("berhenti sejak %(when)s, menunggu keterangan warga") % {
            "when": words.moment(pause.since)
        }
        share = _gone(of[Rule.Clock.OFFICE][0][0], pause.since) if of[Rule.Clock.OFFICE] else 0
        found.append(Dial(_("Kantor"), asked, share, "still"))
    elif of[Rule.Clock.OFFICE]:
        mine = of[Rule.Clock.OFFICE]
        found.append(_dial(_("Kantor"), f"{mine[0][1].name}, {mine[0][1].due}", mine, now))
    seen = set()
    for row, line in of[Rule.Clock.DIVISION]:
        if row.division_id not in seen:
            seen.add(row.division_id)
            found.append(_dial(line.whose, line.due, [(row, line)], now))
    return found


def _dial(name: str, says: str, owed: list[tuple[Deadline, Line]], now: datetime) -> Dial:
    if not owed:
        return Dial(name, says, 0, "done")
    row, line = owed[0]
    return Dial(name, says, _gone(row, now), line.state)


def _gone(row: Deadline, now: datetime) -> int:
    """How much of the time of `row` has gone, of 100."""
    given = (row.due_at - row.since).total_seconds()
    gone = (now - row.since).total_seconds()
    return 100 if given <= 0 else max(0, min(100, round(100 * gone / given)))


@dataclass(frozen=True, slots=True)
class Nearest:
    """The deadline of a ticket that comes first, for one chip in a list."""

    name: str
    basis: str
    due: str
    late: bool
    soon: bool
    still: bool  # the office's, and it stands still while the citizen is asked


def nearest(ticket_ids: Iterable[int]) -> dict[int, Nearest]:
    """The running deadline that comes first, per ticket; one query. What stands still comes last."""
    now = clock.now()
    rows = (
        with_stillness(Deadline.objects.filter(
            ticket__in=list(ticket_ids), met_at=None, dropped_at=None
        )).select_related("rule").order_by("ticket", "still", "due_at", "pk").distinct("ticket")
    )  # fmt: skip
    found = {}
    for row in rows:
        still = bool(getattr(row, "still", False))
        state = "still" if still else _state(row, now, paused=False)
        due = _("menunggu warga") if still else due_words(row.due_at, unit=row.rule.unit, now=now)
        found[row.ticket_id] = Nearest(
            row.rule.name, row.rule.get_basis_display(), due,
            state == "late", state == "soon", still,
        )  # fmt: skip
    return found


def with_stillness(rows: QuerySet[Deadline]) -> QuerySet[Any]:
    """`rows` with `still`: an office's deadline of a ticket whose citizen is being asked, unless it was
    late before that."""
    asked = Exists(
        Pause.objects.filter(ticket=OuterRef("ticket"), until=None, since__lt=OuterRef("due_at"))
    )
    return rows.annotate(
        still=Case(
            When(Q(asked, rule__clock=Rule.Clock.OFFICE), then=Value(value=True)),
            default=Value(value=False), output_field=BooleanField(),
        )
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Overdue:
    """Tickets past a limit: how many, since when the first, and which that is."""

    tickets: int
    since: datetime | None
    first: int | None


def overdue(tickets: QuerySet[Ticket], *, basis: str) -> Overdue:
    """Those of `tickets` past a limit of this basis (Rule.Basis), pauses considered."""
    rows = with_stillness(
        Deadline.objects.filter(
            ticket__in=tickets.values("pk"), rule__basis=basis, met_at=None, dropped_at=None,
            due_at__lte=clock.now(),
        )
    ).filter(still=False)  # fmt: skip
    found = rows.aggregate(n=Count("ticket", distinct=True), since=Min("due_at"))
    if not found["n"]:
        return Overdue(0, None, None)
    first = rows.order_by("due_at", "pk").values_list("ticket", flat=True).first()
    return Overdue(found["n"], found["since"], first)
