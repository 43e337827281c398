"""Indonesian working days: Saturdays, Sundays, public holidays and cuti bersama do not count (domain.md §4)."""

from datetime import date, timedelta
from functools import cache

import holidays


@cache
def _calendar() -> holidays.HolidayBase:
    # “government” is cuti bersama. The library grows year by year as years are asked for.
    return holidays.country_holidays("ID", language="id", categories=("public", "government"))


def is_workday(day: date) -> bool:
    """Whether offices work on `day`."""
    return bool(_calendar().is_working_day(day))


def after(start: date, days: int) -> date:
    """The `days`-th working day after `start`; counting begins the day after (domain.md §4)."""
    day = start
    while days > 0:
        day += timedelta(days=1)
        days -= is_workday(day)
    return day


def between(start: date, end: date) -> int:
    """Working days after `start` up to and including `end`; 0 when `end` is not later."""
    return sum(
        is_workday(start + timedelta(days=step)) for step in range(1, (end - start).days + 1)
    )
