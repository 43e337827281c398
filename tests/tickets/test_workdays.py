"""Working days: Lebaran 2026 day by day, the year's turn, Saturdays, the office's own days over the national ones."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Division, Office
from tickets import workdays
from tickets.models import CalendarDay
from tickets.workdays import Calendar

PLAIN = Calendar(own={}, joint_leave=True)
NO_LEAVE = Calendar(own={}, joint_leave=False)
SATURDAYS = Calendar(own={}, joint_leave=True, saturday=True)


def march(day: int) -> date:
    return date(2026, 3, day)


def test_lebaran_2026_day_by_day() -> None:
    """SKB 3 Menteri 1497/2/5 of 2025: Nyepi, Idul Fitri and their cuti bersama are one long stretch."""
    works = [day for day in range(13, 31) if PLAIN.is_workday(march(day))]
    assert works == [13, 16, 17, 25, 26, 27, 30]
    without = [day for day in range(13, 31) if NO_LEAVE.is_workday(march(day))]
    assert without == [13, 16, 17, 18, 20, 23, 24, 25, 26, 27, 30]


@pytest.mark.parametrize(
    ("days", "due"), [(1, march(17)), (2, march(25)), (5, march(30)), (10, date(2026, 4, 7))]
)
def test_due_days_over_lebaran(days: int, due: date) -> None:
    """Sent on Monday 16 March; Good Friday (3 April) does not count either."""
    assert PLAIN.after(march(16), days) == due


def test_five_days_over_lebaran_where_cuti_bersama_counts() -> None:
    assert NO_LEAVE.after(march(16), 5) == march(24)


def test_counting_begins_the_day_after_even_from_a_holiday() -> None:
    assert PLAIN.after(march(20), 1) == march(25)
    assert PLAIN.after(march(17), 0) == march(17)


def test_over_the_turn_of_the_year() -> None:
    """24 December is cuti bersama, 25 Christmas, 1 January a holiday."""
    assert PLAIN.after(date(2026, 12, 23), 5) == date(2027, 1, 4)
    assert PLAIN.between(date(2026, 12, 23), date(2027, 1, 4)) == 5


def test_divisions_that_work_on_saturdays() -> None:
    friday = date(2026, 7, 17)
    assert SATURDAYS.after(friday, 1) == date(2026, 7, 18)
    assert SATURDAYS.after(friday, 2) == date(2026, 7, 20)
    assert not SATURDAYS.is_workday(march(21))  # Idul Fitri falls on a Saturday


def test_own_days_stand_over_the_national_ones() -> None:
    own = {date(2026, 8, 17): True, date(2026, 8, 18): False, date(2026, 8, 22): True}
    calendar = Calendar(own=own, joint_leave=True)
    assert calendar.is_workday(date(2026, 8, 17))
    assert not calendar.is_workday(date(2026, 8, 18))
    assert calendar.is_workday(date(2026, 8, 22))  # a Saturday on which everybody works


def test_joint_leave_is_known_until_2027() -> None:
    """domain.md §4: the library holds no cuti bersama from 2028 on; somebody has to add it."""
    assert [workdays.knows_joint_leave(year) for year in (2026, 2027, 2028)] == [True, True, False]
    assert workdays.is_joint_leave(march(18))
    assert not workdays.is_joint_leave(march(19))
    assert len(workdays.national(2026)) == 25


def test_the_divisions_calendar_is_the_offices_with_saturdays(
    office: Office, lantas: Division
) -> None:
    CalendarDay.objects.create(day=date(2026, 7, 16), name="HUT kota")
    lantas.works_saturday = True
    assert workdays.calendar(lantas).is_workday(date(2026, 7, 16))  # kept for a minute
    assert workdays.calendar(anew=True).after(date(2026, 7, 15), 2) == date(2026, 7, 20)
    assert workdays.after(date(2026, 7, 15), 2, lantas) == date(2026, 7, 18)


#: Two busy cores draw slowly; what is drawn is small.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
DAYS = st.dates(min_value=date(2025, 1, 1), max_value=date(2029, 12, 31))
CALENDARS = st.builds(
    Calendar,
    own=st.dictionaries(DAYS, st.booleans(), max_size=12),
    joint_leave=st.booleans(),
    saturday=st.booleans(),
)


@PATIENT
@given(calendar=CALENDARS, start=DAYS, days=st.integers(min_value=1, max_value=90))
def test_after_and_between_undo_each_other(calendar: Calendar, start: date, days: int) -> None:
    end = calendar.after(start, days)
    assert calendar.is_workday(end)
    assert calendar.between(start, end) == days


@PATIENT
@given(calendar=CALENDARS, start=DAYS, first=st.integers(0, 40), second=st.integers(0, 40))
def test_days_add_up(calendar: Calendar, start: date, first: int, second: int) -> None:
    assert calendar.after(calendar.after(start, first), second) == calendar.after(
        start, first + second
    )


@PATIENT
@given(calendar=CALENDARS, start=DAYS, length=st.integers(0, 60), more=st.integers(0, 60))
def test_later_is_never_fewer(calendar: Calendar, start: date, length: int, more: int) -> None:
    end = start + timedelta(days=length)
    assert calendar.between(start, end) <= calendar.between(start, end + timedelta(days=more))
