"""The day by which a division answers: printed in the letter, kept from then on, and what moves it.

What was printed binds both sides: it is kept when the letter is rendered and is the referral's day once the
letter goes out. Without a printed day the division's working days count from dispatch, and follow the
office's calendar (docs/decisions/the-printed-day-binds.md).
"""

from dataclasses import dataclass
from datetime import date

from django.core.cache import cache
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import journal
from inbox import live
from referrals import composing
from referrals.body import DUE, Stored
from referrals.models import WITH_DIVISION, Letter, LetterState, Referral
from referrals.models_letter import OPENING
from tickets import workdays

journal.register({"referral_due_moved": _("menggeser batas jawab karena kalender kerja berubah")})

#: The calendar by which the days were counted last. Redis may forget it: then they are counted once more.
_COUNTED_BY = "due-days:calendar"


@dataclass(frozen=True, slots=True)
class Printed:
    """What a numbered letter that is not sent yet tells its division, against the rule. `left`: working days
    from today to the printed day; `gives`: those the division should have; `past`: nothing is left, so the
    rule counts from dispatch instead."""

    day: date
    left: int
    gives: int
    instead: date

    @property
    def short(self) -> bool:
        """Whether the division would have less time than the rule gives."""
        return self.left < self.gives

    @property
    def past(self) -> bool:
        """Whether the printed day leaves no time at all."""
        return self.left <= 0


def prints_day(body: Stored) -> bool:
    """Whether a letter's body names the day by which it asks for an answer."""
    return any(DUE in line for block in body for line in (block["text"], *block["items"]))


def keep(letter: Letter) -> None:
    """The letter was rendered: the day printed in it is its referral's from now on, whatever becomes of the
    calendar until it is sent. Inside the transaction that keeps its bytes, the letter locked. Repeats do no harm."""
    referral = letter.referral
    if letter.purpose not in OPENING or referral.due_on or not prints_day(letter.body):
        return
    referral.due_on = composing.due_on(letter)
    Referral.objects.filter(pk=referral.pk, due_on=None).update(due_on=referral.due_on)


def at_dispatch(letter: Letter) -> date:
    """The referral's day when its opening letter goes out now: the printed one; the rule's where none is
    printed, or where it leaves no working day (nobody is late on receipt)."""
    printed = printed_in(letter)
    if printed is None or printed.past:
        return composing.due_date(letter.referral.division)
    return printed.day


def printed_in(letter: Letter) -> Printed | None:
    """What the opening letter prints, against what the rule gives from today; None where it prints no day."""
    if letter.purpose not in OPENING or not prints_day(letter.body):
        return None
    division, day = letter.referral.division, composing.due_on(letter)
    left = workdays.calendar(division).between(composing.today(), day)
    return Printed(day, left, division.answer_days, composing.due_date(division))


def recount() -> int:
    """Working days are not what they were: count the days of referrals anew that wait with their division and
    whose letter printed none; how many moved. One row at a time: nothing waits for all of them."""
    calendar = workdays.calendar(anew=True)
    waiting = (
        Letter.objects.filter(
            purpose__in=OPENING, state=LetterState.SENT, referral__state__in=WITH_DIVISION,
            referral__dispatched_at__isnull=False,
        )
        .select_related("referral__division").order_by("referral", "pk")
    )  # fmt: skip
    moved = sum(_moved(letter.referral) for letter in waiting if not prints_day(letter.body))
    cache.set(_COUNTED_BY, _name(calendar), timeout=None)
    return moved


def _moved(row: Referral) -> bool:
    """Count `row` anew, unless it was answered or moved meanwhile; whether that moved it."""
    if row.dispatched_at is None:
        return False
    begun = timezone.localtime(row.dispatched_at).date()
    day = workdays.after(begun, row.division.answer_days, row.division)
    if day == row.due_on:
        return False
    with transaction.atomic():
        still = Referral.objects.filter(pk=row.pk, state__in=WITH_DIVISION, due_on=row.due_on)
        if not still.update(due_on=day):
            return False
        journal.record(
            "referral_due_moved", subject=row, by=None, was=str(row.due_on), now=str(day)
        )
        live.publish("desk", ticket=row.ticket_id, kind="ticket")
        live.publish(f"division-{row.division_id}", kind="referral")
    return True


def sweep() -> None:
    """Count anew if the calendar is another than last time: the signal may have been lost (I9)."""
    if cache.get(_COUNTED_BY) != _name(workdays.calendar(anew=True)):
        recount()


def _name(calendar: workdays.Calendar) -> str:
    """What tells one calendar from another."""
    return f"{calendar.joint_leave} {sorted(calendar.own.items())}"
