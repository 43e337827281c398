"""Nobody has to remember: reminders over Lebaran 2026 with cuti bersama, and the word to the citizen."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from accounts import clock
from accounts.models import Division, Office, User
from inbox.models import Item
from referrals import chasing, composing, letters, portal, queries
from referrals.models import Letter, LetterState, Purpose, Referral
from tests.referrals.test_views import sent
from tickets import workdays

Play = Callable[[date], None]


@pytest.fixture
def play(move_clock: Callable[[float], None]) -> Play:
    """`play(day)`: it is ten in the morning in Balikpapan on that day."""

    def to(day: date) -> None:
        there = datetime(day.year, day.month, day.day, 2, tzinfo=UTC)
        move_clock((there - datetime.now(UTC)).total_seconds())
        workdays.forget()

    return to


@pytest.fixture
def waiting(
    item: Item, operator1: User, lantas: Division, head: User, office: Office, play: Play
) -> Referral:
    """A letter sent on Thursday 12 March 2026: five working days later is after Lebaran."""
    play(date(2026, 3, 12))
    return Referral.objects.get(pk=sent(item, operator1, lantas, head).referral.pk)


def purposes() -> list[str]:
    return list(Letter.objects.order_by("pk").values_list("purpose", flat=True))


def test_reminders_come_at_the_right_day_over_lebaran(
    waiting: Referral, operator1: User, head: User, play: Play
) -> None:
    # 18–24 March 2026: Nyepi with cuti bersama, Idul Fitri with cuti bersama, a weekend among them.
    # Counted by hand: 13, 16, 17 March; 25, 26 March.
    assert waiting.due_on == date(2026, 3, 26)
    for day in (13, 18, 20, 24, 26):
        play(date(2026, 3, day))
        assert chasing.sweep() == 0
    play(date(2026, 3, 27))
    assert chasing.sweep() == 1
    assert chasing.sweep() == 0
    first = Letter.objects.get(purpose=Purpose.REMINDER_1)
    assert first.state == LetterState.DRAFT
    assert first.drafted_by == operator1
    letters.submit(letter=first, by=operator1, fence=waiting.ticket.fence)
    first = letters.approve(letter=first, by=head)
    assert composing.due_on(first) == date(2026, 4, 1)  # 30, 31 March, 1 April

    play(date(2026, 4, 1))
    assert chasing.sweep() == 0
    play(date(2026, 4, 2))
    assert chasing.sweep() == 1
    assert purposes() == ["referral", "reminder_1", "reminder_2"]
    play(date(2026, 5, 29))
    assert chasing.sweep() == 0


def test_the_office_may_have_them_put_forward_by_themselves(waiting: Referral, play: Play) -> None:
    Office.objects.update(reminds_by_itself=True)
    play(date(2026, 3, 27))
    assert chasing.sweep() == 1
    assert Letter.objects.get(purpose=Purpose.REMINDER_1).state == LetterState.SUBMITTED


def test_an_incomplete_one_stays_a_draft(waiting: Referral, play: Play) -> None:
    Office.objects.update(reminds_by_itself=True, sender="")
    play(date(2026, 3, 27))
    assert chasing.sweep() == 1
    assert Letter.objects.get(purpose=Purpose.REMINDER_1).state == LetterState.DRAFT


def test_who_answered_is_not_reminded(waiting: Referral, lantas_officer: User, play: Play) -> None:
    portal.answer(referral=waiting, by=lantas_officer, text="Sudah terbit.")
    play(date(2026, 4, 30))
    assert chasing.sweep() == 0


def test_the_citizen_hears_of_the_delay(waiting: Referral, item: Item, play: Play) -> None:
    def told() -> str:
        return queries.acknowledgement(ticket=waiting.ticket, item=item, team="Humas", track="")

    assert "paling lambat 26 Maret 2026" in told()
    play(date(2026, 3, 27))
    assert "masih menunggu jawaban Ditlantas" in told()
    assert "paling lambat 1 April 2026" in told()
    assert clock.now().date() == date(2026, 3, 27)
