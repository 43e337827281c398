"""Time and rest: when everything due has had its turn, how far the clock may jump, and what people decide."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection

from accounts import clock
from inbox import claims, pace, replies, settle
from inbox.models import Delivery, Message, RawEvent, Reply
from tests.faults import desk
from tests.faults.trial import Trial

ahead = 0.0  # seconds
POLL = 0.06
STALLED = 1.0  # seconds without any change: nobody is at it any more
NEW = ("post", "dm", "message")  # ledger kinds that put something new on the platform

_BUSY = """
SELECT d.state, d.id, d.attempt, d.absent_reads, d.needs_person, d.started_at
  FROM inbox_delivery d JOIN inbox_reply r ON r.id = d.reply_id JOIN inbox_item i ON i.id = d.item_id
 WHERE d.reply_id = ANY(%(replies)s) AND d.id <> ALL(%(frozen)s) AND (
       (d.state = 'queued' AND d.due_at <= sahut_now() AND r.state IN ('queued', 'sending')
        AND i.channel_id <> ALL(%(resting)s))
    OR (d.state = 'sending' AND d.id <> ALL(%(dead)s))
    OR (d.state = 'unknown' AND NOT d.needs_person
        AND (d.read_at IS NULL OR d.read_at < sahut_now() - interval '10 seconds')))
 ORDER BY d.id
"""


def jump(seconds: float) -> None:
    """Move everybody's clock on."""
    global ahead  # noqa: PLW0603  one clock for all batches of this process
    clock.shift(seconds=ahead + seconds)
    ahead += seconds


def until_quiet(
    ids: list[int], watch: Callable[[], None], idle: Callable[[], tuple[list[int], list[int]]]
) -> None:
    """Return when nothing of these replies is due any more, or nothing has moved for a while. `watch` is
    called all the time; `idle` names deliveries in the hands of (frozen, dead) workers: they only wait."""
    last: list[Any] = []
    since = time.monotonic()
    while True:
        watch()
        busy = desk.steady(lambda: _busy(ids, *idle()))
        unread = desk.steady(lambda: RawEvent.objects.filter(state="new", again_at=None).count())
        if not busy and not unread:
            return
        calling = any(row[0] == "sending" for row in busy)
        if [busy, unread] != last:
            last, since = [busy, unread], time.monotonic()
        elif time.monotonic() - since > STALLED + settings.API_TIMEOUT[1] * calling:
            return
        time.sleep(POLL)


def _busy(ids: list[int], frozen: list[int], dead: list[int]) -> list[Any]:
    asked = {"replies": ids, "frozen": frozen, "dead": dead, "resting": pace.resting()}
    with connection.cursor() as cursor:
        cursor.execute(_BUSY, asked)
        return list(cursor.fetchall())


def until_next(ids: list[int], wakes: list[float], turn: int) -> float:
    """Seconds to the next thing that can happen; a bit more each turn, so that it comes to an end."""
    now = clock.now()

    def away(moment: datetime | None, more: float = 0.0) -> float:
        return ((moment or now) - now).total_seconds() + more

    patience = sum(settings.API_TIMEOUT) + 10
    found = list(wakes)
    for delivery in Delivery.objects.filter(
        reply_id__in=ids, state__in=["queued", "sending", "unknown"], needs_person=False
    ):
        if delivery.state == "queued":
            found.append(away(delivery.due_at))
        elif delivery.state == "sending":
            found.append(away(delivery.started_at, patience))
        else:
            found.append(away(delivery.read_at, 10))
    again = (
        RawEvent.objects.filter(state="new", again_at__isnull=False).order_by("again_at").first()
    )
    if again:
        found.append(away(again.again_at))
    soonest = min((each for each in found if each > 0), default=60.0) + 0.5
    return min(max(soonest, min(2.0 * 1.3**turn, 300.0)), 1000.0)


def stored(external_ids: set[str]) -> set[str]:
    """Which of these citizens' messages are here."""
    return set(
        Message.objects.filter(external_id__in=external_ids, direction="in").values_list(
            "external_id", flat=True
        )
    )


def let_author_decide(trial: Trial, reply: Reply) -> None:
    """The author of a held reply reads what changed: sends it anyway, or takes it back."""
    try:
        if trial.rng.random() < 0.6:
            desk.steady(
                lambda: replies.send_anyway(reply=reply, by=reply.author, fence=reply.claim_id)
            )
            trial.note(f"{reply.author.username} sends the held reply ({reply.hold}) anyway")
        else:
            desk.steady(lambda: replies.withdraw(reply=reply, by=reply.author))
            trial.note(f"{reply.author.username} takes the held reply ({reply.hold}) back")
    except (claims.ClaimError, replies.ReplyRefused) as error:
        trial.note(f"held reply: {type(error).__name__}: {error}")


def let_person_decide(trial: Trial, delivery: Delivery, ledger: list[dict[str, Any]]) -> None:
    """Somebody looks at the timeline and says the truth."""
    if not trial.at_person:
        trial.at_person = f"{trial.hand.kind.name}: {delivery.call or 'not called'}"
    shown = [
        entry for entry in ledger
        if entry["by"] == "api" and entry["kind"] in NEW and delivery.text in entry["text"]
    ]  # fmt: skip
    if shown:
        decision = settle.Decision.STANDS
    else:
        decision = trial.rng.choice((settle.Decision.AGAIN, settle.Decision.DRAFT))
    try:
        desk.steady(
            lambda: settle.decide(delivery=delivery, by=delivery.reply.author, decision=decision)
        )
        trial.note(f"a person looks at the platform and decides: {decision}")
    except (settle.TooEarly, ValueError) as error:
        trial.note(f"a person may not decide yet: {type(error).__name__}")
