"""The clocks of a ticket: the citizen's never stops, the division's runs from dispatch to a registered
reply, the office's own stands still only while the citizen is asked (DESIGN §9; domain.md §4).

Rules are rows; what a rule comes to on a ticket is a Deadline, begun and met by the ticket's events.
Everything here runs inside the transaction of the act that caused it.
"""

from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts import clock
from accounts.models import Division
from tickets import workdays
from tickets.models import Ticket
from tickets.models_clock import Deadline, Rule

Event = Rule.Event


def end_of(day: date) -> datetime:
    """The moment `day` is over in the office's zone (UTC)."""
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))


def day_of(due_at: datetime) -> date:
    """The office's day on which something is due; `end_of(day)` still belongs to `day`."""
    return timezone.localtime(due_at - timedelta(microseconds=1)).date()


def due_moment(*, rule: Rule, since: datetime, division: Division | None = None) -> datetime:
    """When `rule` is due, begun at `since`: hours to the minute, days to the end of the day (UTC)."""
    amount = rule.amount
    if amount is None:
        amount = division.answer_days if division else 0
    if rule.unit == Rule.Unit.HOUR:
        return since + timedelta(hours=amount)
    begun = timezone.localtime(since).date()
    if rule.unit == Rule.Unit.DAY:
        return end_of(begun + timedelta(days=amount))
    return end_of(workdays.after(begun, amount, division))


def running(ticket: Ticket) -> QuerySet[Deadline]:
    """What is owed on the ticket now."""
    return Deadline.objects.filter(ticket=ticket, met_at=None, dropped_at=None)


def happened(
    ticket: Ticket, event: str, *, at: datetime | None = None, division: Division | None = None
) -> None:
    """`event` came about at `at` (UTC; now when None): meet the deadlines that ended with it, begin those
    that start with it. `division` says whose dispatch or answer it was."""
    at = at or clock.now()
    ending = running(ticket).filter(rule__until=event)
    if division is not None:
        ending = ending.filter(Q(division=None) | Q(division=division))
    ending.update(met_at=at)
    for rule in _rules_for(ticket).filter(since=event):
        _begin(ticket, rule, at, division if rule.clock == Rule.Clock.DIVISION else None)


def _rules_for(ticket: Ticket) -> QuerySet[Rule]:
    return Rule.objects.filter(
        is_active=True, category__in=["", ticket.category], urgency__in=["", ticket.urgency]
    )


def _begin(ticket: Ticket, rule: Rule, since: datetime, division: Division | None) -> None:
    """One runs at a time: what runs already goes on with its own beginning."""
    if running(ticket).filter(rule=rule, division=division).exists():
        return
    due_at = due_moment(rule=rule, since=since, division=division)
    Deadline.objects.create(ticket=ticket, rule=rule, division=division, since=since, due_at=due_at)


def begin(ticket: Ticket) -> None:
    """The ticket was opened (or reopened): the citizen's clock counts from the first message."""
    happened(ticket, Event.RECEIVED, at=ticket.received_at)
    happened(ticket, Event.OPENED)


def reclassified(ticket: Ticket) -> None:
    """Category or urgency changed: other rules hold, each from where it would have begun."""
    allowed = _rules_for(ticket)
    running(ticket).exclude(rule__in=allowed).update(dropped_at=clock.now())
    for rule in allowed.filter(since__in=[Event.RECEIVED, Event.OPENED]):
        if not Deadline.objects.filter(ticket=ticket, rule=rule, met_at__isnull=False).exists():
            moment = ticket.received_at if rule.since == Event.RECEIVED else ticket.opened_at
            _begin(ticket, rule, moment, None)


def drop(ticket: Ticket, *, division: Division | None = None) -> None:
    """Nothing is owed any more: the ticket is over, or `division` returned it or its letter is void."""
    owed = running(ticket)
    if division is not None:
        owed = owed.filter(division=division)
    owed.update(dropped_at=clock.now())


def shift(ticket: Ticket, *, since: datetime, until: datetime) -> None:
    """The office's deadlines move on by a pause from `since` to `until` (UTC), in their own unit."""
    owed = running(ticket).filter(rule__clock=Rule.Clock.OFFICE).select_related("rule")
    for deadline in owed:
        start = max(since, deadline.since)
        if until <= start:
            continue
        deadline.due_at = _later(deadline, start, until)
        deadline.save(update_fields=["due_at"])


def _later(deadline: Deadline, start: datetime, until: datetime) -> datetime:
    if deadline.rule.unit == Rule.Unit.HOUR:
        return deadline.due_at + (until - start)
    first, last = timezone.localtime(start).date(), timezone.localtime(until).date()
    due = day_of(deadline.due_at)
    if deadline.rule.unit == Rule.Unit.DAY:
        return end_of(due + (last - first))
    return end_of(workdays.after(due, workdays.between(first, last)))


def move_all(*, source: Ticket, to: Ticket) -> None:
    """A merge: what divisions owe on `source` is owed on `to`; the rest of `source` is dropped."""
    with transaction.atomic():
        for deadline in running(source).exclude(division=None):
            if not running(to).filter(rule=deadline.rule, division=deadline.division).exists():
                deadline.ticket = to
                deadline.save(update_fields=["ticket"])
        drop(source)
