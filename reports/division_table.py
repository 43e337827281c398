"""The table that moves divisions (domain.md §6 no. 3): what was referred to each, what came back, what is late.

A line counts the referrals that went out in the period, and what still waits although it went out before:
an old one that nobody answered does not vanish with the turn of a month. Three queries, whatever their number.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from referrals.models import WITH_DIVISION, Letter, LetterState, Purpose, Referral, ReferralState
from referrals.queries_register import Column
from reports.periods import Period
from tickets import words, workdays

PAGE = 50
REMINDERS = (Purpose.REMINDER_1, Purpose.REMINDER_2)
COLUMNS = (
    Column("name", gettext_lazy("Divisi"), 34),
    Column("referred", gettext_lazy("Diteruskan"), 12),
    Column("answered", gettext_lazy("Dijawab"), 12),
    Column("waiting", gettext_lazy("Proses"), 12),
    Column("late", gettext_lazy("Lewat batas"), 12),
    Column("average", gettext_lazy("Rata-rata hari kerja"), 14),
    Column("longest", gettext_lazy("Terlama menunggu (hari kerja)"), 16),
    Column("first_reminders", gettext_lazy("Penegasan I"), 12),
    Column("second_reminders", gettext_lazy("Penegasan II"), 12),
    Column("remark", gettext_lazy("Ket."), 44),
)
#: What a number of the table leads to (`yang` in the address), and what its list is called.
LISTS: dict[str, str | Promise] = {
    "semua": gettext_lazy("Semua"),
    "diteruskan": gettext_lazy("Diteruskan"),
    "dijawab": gettext_lazy("Dijawab"),
    "proses": gettext_lazy("Proses"),
    "lewat": gettext_lazy("Lewat batas"),
    "penegasan-1": gettext_lazy("Penegasan I"),
    "penegasan-2": gettext_lazy("Penegasan II"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A division's line. `waiting` and `late` are as of now; days are working days of its own calendar."""

    division: int | None  # None: the sum of all
    name: str
    referred: int
    answered: int
    waiting: int
    late: int
    days: int  # taken by all answers together
    longest: int | None
    first_reminders: int
    second_reminders: int
    older: int = 0  # of `waiting`: went out before the period
    returned: int = 0
    cancelled: int = 0
    answered_late: int = 0

    @property
    def average(self) -> float | None:
        """Working days from dispatch to answer, of those that went out in the period and were answered."""
        return round(self.days / self.answered, 1) if self.answered else None

    @property
    def in_time(self) -> int:
        """Waiting, and not yet past its day."""
        return self.waiting - self.late

    @property
    def remark(self) -> str:
        """What the numbers do not say by themselves."""
        told = (
            (self.older, _("%(n)s sisa dari sebelumnya")),
            (self.answered_late, _("%(n)s dijawab sesudah batas")),
            (self.returned, _("%(n)s bukan kewenangan")),
            (self.cancelled, _("%(n)s dibatalkan")),
        )
        return ", ".join(text % {"n": n} for n, text in told if n)


@dataclass(frozen=True, slots=True)
class Bar:
    """A division in the picture: widths of 100, the longest bar being the one with most waiting."""

    row: Row
    late: float
    in_time: float


@dataclass(frozen=True, slots=True)
class Table:
    """The whole table, the latest first, with the sum of it."""

    rows: Sequence[Row]
    total: Row

    @property
    def bars(self) -> list[Bar]:
        """Divisions with something late, at most ten, for the picture."""
        late = [row for row in self.rows if row.late][:10]
        most = max((row.waiting for row in late), default=1)
        return [
            Bar(row, round(100 * row.late / most, 2), round(100 * row.in_time / most, 2))
            for row in late
        ]


def table(user: User, period: Period) -> Table:
    """The divisions of everything `user` may see in `period`, the most overdue first."""
    today, calendar = words.today(), workdays.calendar()
    days, reminders = _days(user, period), _reminders(user, period)
    rows = []
    for found in _counted(user, period):
        saturday = replace(calendar, saturday=found["division__works_saturday"])
        first = found["first"]
        longest = saturday.between(timezone.localtime(first).date(), today) if first else None
        taken = sum(n * saturday.between(*span) for span, n in days[found["division"]])
        one, two = reminders.get(found["division"], (0, 0))
        rows.append(
            Row(
                found["division"], found["division__name"], found["referred"], found["answered"],
                found["waiting"], found["late"], taken, longest, one, two, found["older"],
                found["returned"], found["cancelled"], found["answered_late"],
            )
        )  # fmt: skip
    rows.sort(key=lambda row: (-row.late, -(row.longest or 0), -row.waiting, row.name))
    return Table(rows, _total(rows))


def _total(rows: Sequence[Row]) -> Row:
    def added(name: str) -> int:
        return sum(getattr(row, name) for row in rows)

    return Row(
        None, str(_("Semua divisi")), added("referred"), added("answered"), added("waiting"),
        added("late"), added("days"), max((row.longest or 0 for row in rows), default=0) or None,
        added("first_reminders"), added("second_reminders"), added("older"), added("returned"),
        added("cancelled"), added("answered_late"),
    )  # fmt: skip


# --- what is counted ---------------------------------------------------------------------------------


def _of(user: User, period: Period) -> QuerySet[Referral]:
    """Went out in the period; or before, and still waits."""
    seen = Referral.objects.visible_to(user).filter(dispatched_at__lt=period.end)
    return seen.filter(_inside(period) | Q(state__in=WITH_DIVISION))


def _inside(period: Period) -> Q:
    return Q(dispatched_at__gte=period.start)


def _late() -> Q:
    return Q(state__in=WITH_DIVISION, due_on__lt=words.today())


def _counted(user: User, period: Period) -> Iterable[Mapping[str, Any]]:
    inside, waits = _inside(period), Q(state__in=WITH_DIVISION)
    done = inside & Q(state=ReferralState.ANSWERED)
    return (
        _of(user, period)
        .values("division", "division__name", "division__works_saturday")
        .annotate(
            referred=Count("pk", filter=inside),
            answered=Count("pk", filter=done),
            waiting=Count("pk", filter=waits),
            late=Count("pk", filter=_late()),
            older=Count("pk", filter=waits & ~inside),
            returned=Count("pk", filter=inside & Q(state=ReferralState.RETURNED)),
            cancelled=Count("pk", filter=inside & Q(state=ReferralState.CANCELLED)),
            answered_late=Count("pk", filter=done & Q(answered_at__date__gt=F("due_on"))),
            first=Min("dispatched_at", filter=waits),
        )
        .order_by()
    )


def _days(user: User, period: Period) -> defaultdict[int, list[tuple[tuple[Any, Any], int]]]:
    """Per division the (dispatched, answered) days of its answers and how many there are of each: rows read
    are bounded by days, not by letters."""
    pairs = (
        _of(user, period).filter(_inside(period), state=ReferralState.ANSWERED)
        .values("division", start=TruncDate("dispatched_at"), end=TruncDate("answered_at"))
        .annotate(n=Count("pk")).order_by()
    )  # fmt: skip
    found: defaultdict[int, list[tuple[tuple[Any, Any], int]]] = defaultdict(list)
    for pair in pairs:
        found[pair["division"]].append(((pair["start"], pair["end"]), pair["n"]))
    return found


def _reminders(user: User, period: Period) -> dict[int, tuple[int, int]]:
    """Per division how many of its referrals were reminded once, and twice."""
    first, second = REMINDERS
    rows = (
        Letter.objects.filter(
            referral__in=_of(user, period).values("pk"), purpose__in=REMINDERS,
            state=LetterState.SENT,
        )
        .values("referral__division")
        .annotate(
            one=Count("referral", filter=Q(purpose=first), distinct=True),
            two=Count("referral", filter=Q(purpose=second), distinct=True),
        )
        .order_by()
    )  # fmt: skip
    return {row["referral__division"]: (row["one"], row["two"]) for row in rows}


# --- the list behind a number ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """A referral in the list. `days`: working days from dispatch to its answer, or until today."""

    referral: Referral
    days: int
    late: bool


def listed(
    user: User, period: Period, *, which: str, division: int | None, after: int | None = None
) -> tuple[list[Line], int | None]:
    """A page of the referrals that a number counts, longest ago first, and the key of the next page. `which`
    is a key of LISTS; `after` the referral that ended the page before."""
    rows = _of(user, period).filter(_counted_by(which, period))
    if division:
        rows = rows.filter(division=division)
    if after and (last := _dispatched(after)):
        rows = rows.filter(Q(dispatched_at__gt=last) | Q(dispatched_at=last, pk__gt=after))
    found = list(
        rows.select_related("ticket", "division").order_by("dispatched_at", "pk")[: PAGE + 1]
    )
    key = found[PAGE - 1].pk if len(found) > PAGE else None
    return [_line(row) for row in found[:PAGE]], key


def _dispatched(pk: int) -> datetime | None:
    return Referral.objects.filter(pk=pk).values_list("dispatched_at", flat=True).first()


def _counted_by(which: str, period: Period) -> Q:
    sent = Letter.objects.filter(referral=OuterRef("pk"), state=LetterState.SENT)
    first, second = REMINDERS
    of: dict[str, Q] = {
        "diteruskan": _inside(period),
        "dijawab": _inside(period) & Q(state=ReferralState.ANSWERED),
        "proses": Q(state__in=WITH_DIVISION),
        "lewat": _late(),
        "penegasan-1": Q(Exists(sent.filter(purpose=first))),
        "penegasan-2": Q(Exists(sent.filter(purpose=second))),
    }
    return of.get(which, Q())


def _line(row: Referral) -> Line:
    begun = timezone.localtime(row.dispatched_at).date()
    end = timezone.localtime(row.answered_at).date() if row.answered_at else words.today()
    waits = row.state in WITH_DIVISION
    late = bool(waits and row.due_on and words.is_late(row.due_on))
    return Line(row, workdays.calendar(row.division).between(begun, end), late)
