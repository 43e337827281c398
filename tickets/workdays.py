"""Indonesian working days: Sundays, (mostly) Saturdays, public holidays and cuti bersama do not count.

The national calendar comes from the library; the office's own days stand above it, since the yearly
decree changes and regions have days of their own (domain.md §4).
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import holidays

from accounts.models import Division, Office
from tickets.models_clock import CalendarDay

FRESH = 5.0  # seconds until another process's change of the calendar is seen
SATURDAY, SUNDAY = 5, 6


@cache
def _national(*, joint_leave: bool) -> holidays.HolidayBase:
    # “government” is cuti bersama. The library grows year by year as years are asked for.
    categories = ("public", "government") if joint_leave else ("public",)
    return holidays.country_holidays("ID", language="id", categories=categories)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which days count: the national holidays, what the office says over them, and Saturdays or not."""

    own: Mapping[date, bool]
    joint_leave: bool
    saturday: bool = False

    def is_workday(self, day: date) -> bool:
        """Whether `day` counts."""
        if day in self.own:
            return self.own[day]
        if day.weekday() == SUNDAY or (day.weekday() == SATURDAY and not self.saturday):
            return False
        return day not in _national(joint_leave=self.joint_leave)

    def after(self, start: date, days: int) -> date:
        """The `days`-th working day after `start`; counting begins the day after (domain.md §4)."""
        day = start
        while days > 0:
            day += timedelta(days=1)
            days -= self.is_workday(day)
        return day

    def between(self, start: date, end: date) -> int:
        """Working days after `start` up to and including `end`; 0 when `end` is not later."""
        return sum(
            self.is_workday(start + timedelta(days=step))
            for step in range(1, (end - start).days + 1)
        )


_read: tuple[float, Calendar] | None = None


def calendar(division: Division | None = None) -> Calendar:
    """The office's calendar, or that of `division`, which may work on Saturdays. Read again every 5 s."""
    global _read  # noqa: PLW0603  a list page asks once per row
    if _read is None or time.monotonic() - _read[0] > FRESH:
        own = dict(CalendarDay.objects.values_list("day", "works"))
        _read = (time.monotonic(), Calendar(own, Office.current().joint_leave_counts))
    found = _read[1]
    if division is not None and division.works_saturday:
        return Calendar(found.own, found.joint_leave, saturday=True)
    return found


def forget() -> None:
    """Read the calendar again at the next question: a day was just changed."""
    global _read  # noqa: PLW0603
    _read = None


def holiday_name(day: date) -> str:
    """What the national calendar calls `day`, cuti bersama included; "" for an ordinary day."""
    return str(_national(joint_leave=True).get(day) or "")


def is_workday(day: date) -> bool:
    """Whether the office works on `day`."""
    return calendar().is_workday(day)


def after(start: date, days: int, division: Division | None = None) -> date:
    """The `days`-th working day of the office (or `division`) after `start`."""
    return calendar(division).after(start, days)


def between(start: date, end: date) -> int:
    """Working days of the office after `start` up to and including `end`."""
    return calendar().between(start, end)
