"""What a body only names and has to be asked for: a mention's words, a person's name (Lookup rows).

Never inside a webhook's request. The answer is a raw body like any other: stored, then absorbed.
"""

import logging
from collections.abc import Iterable
from datetime import timedelta

from django.db.models import F

from accounts import clock
from accounts.clock import DbNow
from inbox import channels
from inbox.connectors.base import FetchFailed, Wanted
from inbox.models import Channel, Lookup

log = logging.getLogger(__name__)

STEPS = (10, 60, 300, 1800, 7200, 21600)  # seconds between tries; then it is given up, visibly


def want(*, channel: Channel, wanted: Iterable[Wanted]) -> None:
    """Leave a row for each thing to be asked for; what was asked once is not asked again."""
    Lookup.objects.bulk_create(
        [
            Lookup(channel=channel, kind=one.kind, key=one.key[:255], args=dict(one.args))
            for one in wanted
        ],
        ignore_conflicts=True,
    )


def work(*, limit: int = 50) -> list[int]:
    """Ask for what is due. Returns the raw rows that came of it, for intake.absorb_raw.

    1. Take due rows by moving `due_at` ahead in one UPDATE: who gets a row asks. 2. Ask, outside any
    transaction. 3. Store the answer, then mark the row done; a crash in between asks once more.
    """
    stored: list[int] = []
    for lookup in _take(limit):
        raw_id = _ask(lookup)
        if raw_id:
            stored.append(raw_id)
    return stored


def _take(limit: int) -> list[Lookup]:
    due = Lookup.objects.filter(
        done_at=None, due_at__lte=DbNow(), channel__dead_since=None
    ).order_by("due_at").values_list("pk", flat=True)[:limit]  # fmt: skip
    mine = []
    for pk in list(due):
        step = timedelta(seconds=STEPS[0])
        taken = Lookup.objects.filter(pk=pk, done_at=None, due_at__lte=DbNow()).update(
            due_at=DbNow() + step, tries=F("tries") + 1
        )
        if taken:
            mine.append(pk)
    return list(Lookup.objects.select_related("channel__app").filter(pk__in=mine))


def _ask(lookup: Lookup) -> int | None:
    from inbox import intake  # it asks us in turn

    wanted = Wanted(lookup.kind, lookup.key, lookup.channel.external_id, lookup.args)
    try:
        connector = channels.connect(lookup.channel)
    except channels.NoConnection as error:
        _again(lookup, str(error), wait=None)
        return None
    try:
        page = connector.look_up(wanted)
    except FetchFailed as error:
        if error.dead:
            channels.note_dead(lookup.channel, error.problem)
        if error.gone or (error.permanent and not error.dead):
            _done(lookup, error.problem)
        else:
            _again(lookup, error.problem, wait=error.retry_after)
        return None
    finally:
        connector.close()
    raw = intake.store_raw(channel=lookup.channel, feed="lookup", body=page.body)
    _done(lookup, "")
    return raw.pk if raw else None


def _done(lookup: Lookup, problem: str) -> None:
    """`args` may hold words of a citizen, which stand in messages alone (I8)."""
    Lookup.objects.filter(pk=lookup.pk).update(done_at=clock.now(), problem=problem[:300], args={})


def _again(lookup: Lookup, problem: str, *, wait: float | None) -> None:
    log.info("lookup %s %s: %s", lookup.kind, lookup.key, problem)
    if lookup.tries > len(STEPS):
        _done(lookup, problem)
        return
    step = wait or STEPS[min(lookup.tries, len(STEPS)) - 1]
    Lookup.objects.filter(pk=lookup.pk).update(
        due_at=clock.now() + timedelta(seconds=step), problem=problem[:300]
    )
