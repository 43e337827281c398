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

#: Seconds until a page sees another process's change of the calendar; so that ordinary pages ask the
#: database nothing. What is written down (due days) reads the calendar anew.
FRESH = 60.0
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


def calendar(division: Division | None = None, *, anew: bool = False) -> Calendar:
    """The office's calendar, or that of `division`, which may work on Saturdays.

    Kept for a minute; `anew` reads it again (two queries), for what is written down.
    """
    global _read  # noqa: PLW0603  a list page asks once per row
    if anew or _read is None or time.monotonic() - _read[0] > FRESH:
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


def is_joint_leave(day: date) -> bool:
    """Whether `day` is off only as cuti bersama, which an office may or may not count."""
    return day in _national(joint_leave=True) and day not in _national(joint_leave=False)


def national(year: int) -> list[tuple[date, str]]:
    """The national holidays and cuti bersama of `year` with their names, in order."""
    day, found = date(year, 1, 1), []
    while day.year == year:
        if name := holiday_name(day):
            found.append((day, name))
        day += timedelta(days=1)
    return found


def knows_joint_leave(year: int) -> bool:
    """Whether the library holds a cuti bersama of `year`; the decree comes out late in the year before."""
    return any(is_joint_leave(day) for day, _ in national(year))


def is_workday(day: date) -> bool:
    """Whether the office works on `day`."""
    return calendar().is_workday(day)


def after(start: date, days: int, division: Division | None = None) -> date:
    """The `days`-th working day of the office (or `division`) after `start`."""
    return calendar(division).after(start, days)


def between(start: date, end: date) -> int:
    """Working days of the office after `start` up to and including `end`."""
    return calendar().between(start, end)
