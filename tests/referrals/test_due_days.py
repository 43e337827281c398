"""The day a division answers by: the printed one binds, else the rule's, which follows the office's calendar."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import Division, JournalEntry, User
from inbox.models import Item
from referrals import composing, dispatching, due_days, letters, portal
from referrals.models import Letter, LetterState, Referral
from tests.cast import MakeItem
from tests.referrals.sending import Out, approved
from tests.tickets.clock_cases import MoveClock, go_to
from tickets import calendars, workdays
from tickets.models import CalendarDay

pytestmark = pytest.mark.django_db
#: A Wednesday; the Thursday and Friday after are ordinary days.
WEDNESDAY, FRIDAY = "2026-07-15 09:00", "2026-07-17 09:00"


@pytest.fixture
def ten_days(pdam: Division) -> Division:
    """A body that gets ten working days, and to which a person sends."""
    Division.objects.filter(pk=pdam.pk).update(answer_days=10, dispatch_by="print")
    pdam.refresh_from_db()
    return pdam


@pytest.fixture
def waiting(
    item: Item, operator1: User, head: User, ten_days: Division, move_clock: MoveClock
) -> Out:
    """Approved on a Wednesday, not yet sent."""
    go_to(move_clock, WEDNESDAY)
    out = approved(item, by=operator1, division=ten_days, head=head)
    assert out.letter.state == LetterState.APPROVED
    return out


def sent(out: Out, by: User) -> Referral:
    dispatching.by_print(letter=out.letter, by=by, fence=out.ticket.fence, courier="Budi")
    return out.again().referral


def without_day(letter: Letter) -> None:
    """As if its writer had taken the day out before it was rendered."""
    body = [{**block, "text": block["text"].replace("{batas}", "segera")} for block in letter.body]
    for block in body:
        block["items"] = [line.replace("{batas}", "segera") for line in block["items"]]
    Letter.objects.filter(pk=letter.pk).update(body=body)
    Referral.objects.filter(pk=letter.referral_id).update(due_on=None)


def test_what_was_printed_is_kept_and_binds_when_it_goes_out_later(
    waiting: Out, operator1: User, move_clock: MoveClock, head: User
) -> None:
    printed = workdays.after(date(2026, 7, 15), 10, waiting.referral.division)
    assert waiting.referral.due_on == printed
    assert composing.due_on(waiting.letter) == printed
    calendars.add_day(day=date(2026, 7, 20), name="HUT kota", works=False, by=head)
    go_to(move_clock, FRIDAY)
    assert sent(waiting, operator1).due_on == printed
    assert composing.due_date(waiting.referral.division) > printed


def test_rendered_on_a_later_day_it_still_counts_from_its_date(
    waiting: Out, move_clock: MoveClock
) -> None:
    go_to(move_clock, FRIDAY)
    Referral.objects.filter(pk=waiting.referral.pk).update(due_on=None)
    letter = Letter.objects.get(pk=waiting.letter.pk)
    assert composing.due_on(letter) == waiting.referral.due_on


def test_the_page_says_before_sending_that_time_is_short(
    waiting: Out, operator1_client: Client, move_clock: MoveClock
) -> None:
    fresh = operator1_client.get(waiting.path).content.decode()
    assert "29 Juli 2026; tanggal itu yang berlaku" in fresh
    assert "Divisi hanya punya" not in fresh
    go_to(move_clock, FRIDAY)
    page = operator1_client.get(waiting.path).content.decode()
    assert "Divisi hanya punya 8 dari 10 hari kerja" in page


def test_nobody_is_late_on_receipt(
    waiting: Out, operator1: User, operator1_client: Client, move_clock: MoveClock
) -> None:
    go_to(move_clock, "2026-08-03 09:00")
    page = operator1_client.get(waiting.path).content.decode()
    assert "29 Juli 2026, sudah tidak menyisakan hari kerja" in page
    expected = workdays.after(date(2026, 8, 3), 10, waiting.referral.division)
    assert sent(waiting, operator1).due_on == expected


def test_a_letter_without_a_day_counts_from_dispatch_and_follows_the_calendar(
    waiting: Out, operator1: User, head: User, move_clock: MoveClock,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:  # fmt: skip
    without_day(waiting.letter)
    go_to(move_clock, FRIDAY)
    referral = sent(waiting.again(), operator1)
    assert referral.due_on == date(2026, 7, 31)
    with django_capture_on_commit_callbacks(execute=True):
        calendars.add_day(day=date(2026, 7, 20), name="HUT kota", works=False, by=head)
    referral.refresh_from_db()
    assert referral.due_on == date(2026, 8, 3)
    (entry,) = JournalEntry.objects.filter(verb="referral_due_moved")
    assert entry.data == {"was": "2026-07-31", "now": "2026-08-03"}
    with django_capture_on_commit_callbacks(execute=True):
        calendars.remove_day(row=CalendarDay.objects.get(), by=head)
    referral.refresh_from_db()
    assert referral.due_on == date(2026, 7, 31)


def test_a_printed_day_and_an_answered_referral_stay(
    make_item: MakeItem, operator1: User, head: User, lantas_officer: User, ten_days: Division,
    move_clock: MoveClock,
) -> None:  # fmt: skip
    go_to(move_clock, WEDNESDAY)
    lantas = lantas_officer.division
    assert lantas
    printed = approved(make_item(handle="satu"), by=operator1, division=lantas, head=head)
    done = approved(make_item(handle="dua"), by=operator1, division=lantas, head=head)
    without_day(done.letter)
    Referral.objects.filter(pk=done.referral.pk).update(due_on=date(2026, 7, 20))
    portal.answer(referral=done.referral, by=lantas_officer, text="Sudah.")
    before = dict(Referral.objects.values_list("pk", "due_on"))
    for n in range(5):
        CalendarDay.objects.create(day=date(2026, 7, 16) + timedelta(days=n), name="libur")
    assert due_days.recount() == 0
    assert dict(Referral.objects.values_list("pk", "due_on")) == before
    assert printed.letter.state == LetterState.SENT


def test_the_sweep_finds_a_calendar_that_nobody_told_of_and_rests_otherwise(
    waiting: Out, operator1: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_day(waiting.letter)
    referral = sent(waiting.again(), operator1)
    due_days.sweep()
    CalendarDay.objects.create(day=date(2026, 7, 20), name="HUT kota")  # past the door
    due_days.sweep()
    was, referral = referral.due_on, Referral.objects.get(pk=referral.pk)
    assert was
    assert referral.due_on == was + timedelta(days=1)
    calls: list[int] = []
    count: Callable[[], int] = due_days.recount
    monkeypatch.setattr(due_days, "recount", lambda: calls.append(count()))
    due_days.sweep()
    assert calls == []
    cache.clear()  # Redis forgets: counted once more, nothing moves
    due_days.sweep()
    assert calls == [0]


def test_a_voided_letter_leaves_no_day_to_the_next(
    waiting: Out, head: User, operator1: User
) -> None:
    letters.void(letter=waiting.letter, by=head, why="terlalu sempit")
    ticket = waiting.again().ticket
    fresh = letters.draft(
        ticket=ticket, division=waiting.referral.division, by=operator1, fence=ticket.fence
    )
    assert fresh.referral.due_on is None
