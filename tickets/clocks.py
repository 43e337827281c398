"""The clocks of a ticket: the citizen's never stops, the division's runs from dispatch to a registered
reply, the office's own stands still only while the citizen is asked (DESIGN §9; domain.md §4).

Rules are rows; what a rule comes to on a ticket is a Deadline, begun and met by the ticket's events.
Everything here runs inside the transaction of the act that caused it, which has locked the ticket.
What a rule means for tickets that are there already is in clocks_replay.py.
"""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Min, Q, QuerySet
from django.utils import timezone

from accounts import clock
from accounts.models import Division
from inbox.models import Message
from inbox.models_out import Reply, ReplyState
from tickets import workdays
from tickets.models import Pause, Ticket
from tickets.models_clock import Deadline, Rule

Event = Rule.Event
OFFICE, DIVISION = Rule.Clock.OFFICE, Rule.Clock.DIVISION


def end_of(day: date) -> datetime:
    """The moment `day` is over in the office's zone (UTC)."""
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))


def day_of(due_at: datetime) -> date:
    """The office's day on which something is due; `end_of(day)` still belongs to `day`."""
    return timezone.localtime(due_at - timedelta(microseconds=1)).date()


def add(moment: datetime, *, amount: int, unit: str, division: Division | None = None) -> datetime:
    """`amount` units after `moment`: hours to the minute, days to the end of the day (UTC).

    Counting begins the day after (domain.md §4), in the calendar of `division` if one is given.
    """
    if unit == Rule.Unit.HOUR:
        return moment + timedelta(hours=amount)
    begun = timezone.localtime(moment).date()
    if unit == Rule.Unit.DAY:
        return end_of(begun + timedelta(days=amount))
    return end_of(workdays.after(begun, amount, division))


def due_moment(*, rule: Rule, since: datetime, division: Division | None = None) -> datetime:
    """When `rule` is due, begun at `since` (UTC). A rule without an amount takes the division's days."""
    amount = rule.amount
    if amount is None:
        amount = division.answer_days if division else 0
    return add(since, amount=amount, unit=rule.unit, division=division)


def later(rule: Rule, due_at: datetime, *, start: datetime, until: datetime) -> datetime:
    """`due_at` of an office's rule after a pause from `start` to `until`, in the rule's own unit.

    What was late before the pause began stays late.
    """
    if until <= start or due_at <= start:
        return due_at
    if rule.unit == Rule.Unit.HOUR:
        return due_at + (until - start)
    first, last = timezone.localtime(start).date(), timezone.localtime(until).date()
    if rule.unit == Rule.Unit.DAY:
        return end_of(day_of(due_at) + (last - first))
    return end_of(workdays.after(day_of(due_at), workdays.between(first, last)))


def due_with_pauses(
    *, rule: Rule, since: datetime, division: Division | None, pauses: Iterable[Pause]
) -> datetime:
    """`due_moment`, moved on by the ended `pauses` (in order) where the clock is the office's."""
    due_at = due_moment(rule=rule, since=since, division=division)
    for pause in pauses if rule.clock == OFFICE else ():
        if pause.until:
            due_at = later(rule, due_at, start=max(pause.since, since), until=pause.until)
    return due_at


def running(ticket: Ticket) -> QuerySet[Deadline]:
    """What is owed on the ticket now."""
    return Deadline.objects.filter(ticket=ticket, met_at=None, dropped_at=None)


def rules_for(ticket: Ticket) -> list[Rule]:
    """The rules that hold for a ticket of this category and urgency."""
    return list(
        Rule.objects.filter(
            is_active=True, category__in=["", ticket.category], urgency__in=["", ticket.urgency]
        )
    )


def happened(
    ticket: Ticket, event: str, *, at: datetime | None = None, division: Division | None = None
) -> None:
    """`event` came about at `at` (UTC; now when None): meet the deadlines that ended with it, begin those
    that start with it. `division` says whose dispatch or answer it was."""
    moment = at or clock.now()
    workdays.calendar(anew=True)  # what is written down is counted by today's calendar
    apply(ticket, event, at=moment, division=division, rules=rules_for(ticket))


def apply(
    ticket: Ticket, event: str, *, at: datetime, division: Division | None, rules: list[Rule]
) -> None:
    """`happened`, for these rules alone."""
    ending = running(ticket).filter(rule__in=[rule for rule in rules if rule.until == event])
    if division is not None:
        ending = ending.filter(Q(division=None) | Q(division=division))
    _move(ending, _open_pauses(ticket), until=at)
    ending.update(met_at=at)
    for rule in rules:
        if rule.since != event or (rule.clock == DIVISION and division is None):
            continue
        begin_rule(ticket, rule, at, division if rule.clock == DIVISION else None)


def begin_rule(ticket: Ticket, rule: Rule, since: datetime, division: Division | None) -> None:
    """One runs at a time: what runs already goes on with its own beginning."""
    if running(ticket).filter(rule=rule, division=division).exists():
        return
    pauses = ticket.pauses.filter(until__isnull=False)
    due_at = due_with_pauses(rule=rule, since=since, division=division, pauses=pauses)
    Deadline.objects.create(ticket=ticket, rule=rule, division=division, since=since, due_at=due_at)


def begin(ticket: Ticket) -> None:
    """The ticket was opened, or reopened: the citizen's clock counts from the first message.

    What was kept once (answered in time, and the citizen says it is not solved) counts from now.
    """
    workdays.calendar(anew=True)
    rules = rules_for(ticket)
    begin_received(ticket, rules, at=clock.now())
    apply(ticket, Event.OPENED, at=clock.now(), division=None, rules=rules)
    replied(ticket)


def begin_received(ticket: Ticket, rules: list[Rule], *, at: datetime) -> None:
    """The rules that count from the citizen's message; at a reopening (`at`) those kept before start anew."""
    kept = set(
        Deadline.objects.filter(ticket=ticket, met_at__isnull=False).values_list("rule", flat=True)
    )
    for rule in rules:
        if rule.since == Event.RECEIVED:
            begin_rule(ticket, rule, at if rule.pk in kept else ticket.received_at, None)


def replied(ticket: Ticket) -> None:
    """Meet “first reply” if the citizen has been answered since it began, here or in the platform's app."""
    owed = running(ticket).filter(rule__until=Event.FIRST_REPLY).aggregate(since=Min("since"))
    if owed["since"] and (at := first_answer(ticket, after=owed["since"])):
        happened(ticket, Event.FIRST_REPLY, at=at)


def first_answer(ticket: Ticket, *, after: datetime) -> datetime | None:
    """When a citizen of the ticket was first answered at or after `after` (UTC); None: not yet."""
    items = ticket.memberships.values("item")
    sent = Reply.objects.filter(item__in=items, state=ReplyState.SENT, settled_at__gte=after)
    outside = Message.objects.filter(
        item__in=items, direction=Message.Direction.OUT, native=True, written_at__gte=after
    )
    moments = (
        sent.aggregate(at=Min("settled_at"))["at"], outside.aggregate(at=Min("written_at"))["at"],
    )  # fmt: skip
    return min((at for at in moments if at), default=None)


def reclassified(ticket: Ticket) -> None:
    """Category or urgency changed: other rules hold, each from where it would have begun."""
    from tickets import clocks_replay

    clocks_replay.reclassified(ticket)


def drop(ticket: Ticket, *, division: Division | None = None) -> None:
    """Nothing is owed any more: the ticket is over, or `division` returned it or its letter is void."""
    owed, now = running(ticket), clock.now()
    if division is not None:
        owed = owed.filter(division=division)
    else:
        _open_pauses(ticket).update(until=now)
    owed.update(dropped_at=now)


def shift(ticket: Ticket, *, since: datetime, until: datetime) -> None:
    """The office's deadlines move on by a pause from `since` to `until` (UTC), in their own unit."""
    workdays.calendar(anew=True)
    _move(running(ticket), [Pause(since=since)], until=until)


def _open_pauses(ticket: Ticket) -> QuerySet[Pause]:
    return ticket.pauses.filter(until=None)


def _move(deadlines: QuerySet[Deadline], pauses: Iterable[Pause], *, until: datetime) -> None:
    """The office's among `deadlines` move on by what the open `pauses` come to at `until`."""
    owed = list(deadlines.filter(rule__clock=OFFICE).select_related("rule"))
    for pause in pauses if owed else ():
        for deadline in owed:
            start = max(pause.since, deadline.since)
            deadline.due_at = later(deadline.rule, deadline.due_at, start=start, until=until)
            deadline.save(update_fields=["due_at"])


def recompute(deadlines: QuerySet[Deadline]) -> int:
    """Count the running ones of `deadlines` anew, since a rule or the calendar changed; how many moved.

    An extended one stays: its day has been told to the citizen. Locks the rows in order of id.
    """
    moved = []
    workdays.calendar(anew=True)
    with transaction.atomic():
        rows = (
            deadlines.filter(met_at=None, dropped_at=None, extended_by=None)
            .select_for_update(of=("self",)).select_related("rule", "division")
            .prefetch_related("ticket__pauses").order_by("pk")
        )  # fmt: skip
        for row in rows:
            due_at = due_with_pauses(
                rule=row.rule, since=row.since, division=row.division,
                pauses=row.ticket.pauses.all(),
            )  # fmt: skip
            if due_at != row.due_at:
                row.due_at = due_at
                moved.append(row)
        Deadline.objects.bulk_update(moved, ["due_at"], batch_size=500)
    return len(moved)


def move_all(*, source: Ticket, to: Ticket) -> None:
    """A merge: what divisions owe on `source` is owed on `to`; the rest of `source` is dropped.

    The citizens' clocks of `to` count from the earliest message of both.
    """
    with transaction.atomic():
        for deadline in running(source).exclude(division=None):
            same = running(to).filter(rule=deadline.rule, division=deadline.division).first()
            if same is None:
                deadline.ticket = to
                deadline.save(update_fields=["ticket"])
            elif deadline.since < same.since:
                same.since, same.due_at = deadline.since, deadline.due_at
                same.save(update_fields=["since", "due_at"])
        drop(source)
        if source.received_at < to.received_at:
            Ticket.objects.filter(pk=to.pk).update(received_at=source.received_at)
            earlier = running(to).filter(rule__since=Event.RECEIVED, since=to.received_at)
            earlier.update(since=source.received_at)
            to.received_at = source.received_at
            recompute(running(to).filter(rule__since=Event.RECEIVED))
