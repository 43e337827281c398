"""Deadlines of tickets that are there already: a ticket from before the clocks, or one whose category or
urgency changed. Its story is told again to the rules that are new to it, each from where it would have
begun; the stages the citizen sees are that story.
"""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Q

from accounts import clock
from accounts.models import Division
from tickets import clocks, workdays
from tickets.models import Stage, Ticket, TicketState
from tickets.models_clock import Deadline, Rule

Event = Rule.Event
EVENTS = {
    Stage.Kind.REFERRED: Event.DISPATCHED,
    Stage.Kind.ANSWERED: Event.ANSWERED,
    Stage.Kind.RELAYED: Event.RELAYED,
}
#: What happened, when, and whose dispatch or answer it was.
Happening = tuple[str, datetime, Division | None]


def reclassified(ticket: Ticket) -> None:
    """Category or urgency changed: other rules hold, each from where it would have begun.

    Divisions that owe an answer now owe it by the new rules too; those who returned theirs do not.
    """
    rules = clocks.rules_for(ticket)
    owing = set(clocks.running(ticket).exclude(division=None).values_list("division", flat=True))
    clocks.running(ticket).exclude(rule__in=rules).update(dropped_at=clock.now())
    kept = Q(met_at__isnull=False) | Q(met_at=None, dropped_at=None)
    had = set(Deadline.objects.filter(kept, ticket=ticket).values_list("rule", flat=True))
    fresh = [rule for rule in rules if rule.pk not in had]
    _tell(ticket, fresh, owing)


def begin_late(ticket: Ticket) -> None:
    """Deadlines of an open ticket that has none, as if the rules had held when it was opened."""
    waiting = ticket.state == TicketState.WAITING
    _tell(ticket, clocks.rules_for(ticket), None if waiting else set())


def _tell(ticket: Ticket, rules: list[Rule], divisions: set[int] | None) -> None:
    """Tell the story to `rules`; `divisions` are those who still owe an answer (None: all)."""
    workdays.calendar(anew=True)
    for event, at, division in _story(ticket):
        if event == Stage.Kind.CLOSED:
            clocks.running(ticket).filter(rule__in=rules).update(dropped_at=at)
        elif event == Stage.Kind.REOPENED:
            clocks.begin_received(ticket, rules, at=at)
            clocks.apply(ticket, Event.OPENED, at=at, division=None, rules=rules)
        else:
            clocks.apply(ticket, event, at=at, division=division, rules=rules)
    if divisions is not None:
        owed = clocks.running(ticket).filter(rule__in=rules).exclude(division=None)
        owed.exclude(division__in=divisions).update(dropped_at=clock.now())
    clocks.replied(ticket)


def _story(ticket: Ticket) -> Iterator[Happening]:
    """What happened to the ticket, in order."""
    yield Event.RECEIVED, ticket.received_at, None
    yield Event.OPENED, ticket.opened_at, None
    answered = clocks.first_answer(ticket, after=ticket.received_at)
    for stage in ticket.stages.all():
        if answered and answered <= stage.at:
            yield Event.FIRST_REPLY, answered, None
            answered = None
        kind = Stage.Kind(stage.kind)
        if kind in (Stage.Kind.CLOSED, Stage.Kind.REOPENED):
            yield kind, stage.at, None
        elif kind in EVENTS:
            yield EVENTS[kind], stage.at, _division(stage.whom)


def _division(name: str) -> Division | None:
    """The division a stage names, by its present or a former name."""
    named = Q(name=name) | Q(former_names__name=name)
    return Division.objects.filter(named).order_by("pk").first() if name else None
