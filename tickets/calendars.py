"""The office's own word on days, over the national calendar: the doors that change it (DESIGN §9).

After each change the running deadlines are counted anew; who keeps due days of their own (the referrals)
hears it from tickets.signals.calendar_changed.
"""

from dataclasses import dataclass
from datetime import date

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts import journal
from accounts.models import Office, User
from tickets import clocks, signals, workdays
from tickets.models_clock import CalendarDay, Deadline, Rule

journal.register(
    {
        "calendar_day_added": _("menambah tanggal di kalender kantor"),
        "calendar_day_removed": _("menghapus tanggal dari kalender kantor"),
        "joint_leave_set": _("mengubah aturan cuti bersama"),
    }
)


class CalendarError(Exception):
    """The day stands in the calendar already; `str()` is the sentence for the screen."""


@dataclass(frozen=True, slots=True)
class YearDay:
    """A day of a year that is not as its weekday says, and why."""

    day: date
    name: str
    works: bool  # whether the office works, everything considered
    joint_leave: bool
    own: CalendarDay | None

    @property
    def estimated(self) -> bool:
        """Whether the date still depends on the moon (the library marks it)."""
        return "(perkiraan)" in self.name


def year(number: int) -> list[YearDay]:
    """The holidays, cuti bersama and own days of the year `number`, in order."""
    own = {row.day: row for row in CalendarDay.objects.filter(day__year=number)}
    names = dict(workdays.national(number))
    calendar = workdays.calendar(anew=True)
    return [
        YearDay(
            day, own[day].name if day in own else names[day], calendar.is_workday(day),
            workdays.is_joint_leave(day), own.get(day),
        )
        for day in sorted(names.keys() | own.keys())
    ]  # fmt: skip


def add_day(*, day: date, name: str, works: bool, by: User) -> int:
    """The office rests (or, with `works`, works) on `day`; how many running deadlines moved.

    Raises CalendarError when the day stands there already.
    """
    try:
        with transaction.atomic():
            row = CalendarDay.objects.create(day=day, name=name.strip(), works=works)
            journal.record("calendar_day_added", subject=row, by=by, day=str(day), works=works)
            return _changed()
    except IntegrityError as error:
        raise CalendarError(_("Tanggal ini sudah ada. Hapus dulu yang lama.")) from error


def remove_day(*, row: CalendarDay, by: User) -> int:
    """The national calendar holds again on that day; how many running deadlines moved."""
    with transaction.atomic():
        journal.record("calendar_day_removed", subject=row, by=by, day=str(row.day))
        CalendarDay.objects.filter(pk=row.pk).delete()
        return _changed()


def set_joint_leave(*, counts: bool, by: User) -> int:
    """Whether cuti bersama is a day off in this office; how many running deadlines moved."""
    with transaction.atomic():
        office = Office.objects.select_for_update().get(pk=Office.current().pk)
        if office.joint_leave_counts == counts:
            return 0
        Office.objects.filter(pk=office.pk).update(joint_leave_counts=counts)
        journal.record("joint_leave_set", subject=office, by=by, now=counts)
        return _changed()


def _changed() -> int:
    """Count what runs in working days anew; tell who keeps due days of their own."""
    workdays.forget()
    transaction.on_commit(workdays.forget)  # what another thread read meanwhile was the old one
    moved = clocks.recompute(Deadline.objects.filter(rule__unit=Rule.Unit.WORKDAY))
    signals.tell_calendar_changed()
    return moved
