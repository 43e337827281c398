"""Whether what we keep still stands on its platform: deletions by others are never told (platforms.md §2.6,
§6.1), yet what its author took back must go here too (DESIGN I8).

Items that wait are asked about every half hour, everything else on X once a day, in turn and within a
budget. Where the round stands is kept in Redis: if it forgets, the round begins anew.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.core.cache import cache
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts import clock
from inbox import budget, channels, erasure, events
from inbox.connectors.base import FetchFailed
from inbox.models import Channel, ItemState, Message, Thread

log = logging.getLogger(__name__)

AT_ONCE = 100  # ids in one call (§2.6)
OPEN_EVERY = timedelta(minutes=30)
OPEN_MOST = 500  # messages of waiting items per round and channel, the newest
ROUND_EVERY = timedelta(hours=24)
#: Messages of settled items asked about per channel and day: X charges for what it returns (§2.1).
A_DAY = 5000
BUSY_FROM = 70.0  # percent of the platform's budget: answering comes first
MANY = 20  # so many asked for and none there: we are not shown them, rather than all deleted


@dataclass(frozen=True, slots=True)
class Rule:
    """What is asked about on a platform that does not tell of deletions."""

    object_class: str
    settled_too: bool  # also what nobody waits for (X's developer policy)


RULES = {"x": Rule("post", settled_too=True), "instagram": Rule("comment", settled_too=False)}


def work() -> int:
    """Ask about what is due on every channel. Returns how many messages were gone and emptied."""
    gone = 0
    for channel in Channel.objects.filter(
        platform__in=RULES, is_active=True, dead_since=None
    ).exclude(sealed=b"").select_related("app"):  # fmt: skip
        if budget.wait(channel) or budget.used(channel) >= BUSY_FROM:
            continue
        rule = RULES[channel.platform]
        if cache.add(f"sahut:there:open:{channel.pk}", 1, OPEN_EVERY.total_seconds()):
            gone += look(channel, list(_waiting(channel, rule)[:OPEN_MOST])) or 0
        if rule.settled_too:
            gone += _go_round(channel, rule)
    return gone


def _theirs(channel: Channel, rule: Rule) -> QuerySet[Message]:
    return Message.objects.filter(
        item__channel=channel, object_class=rule.object_class, direction=Message.Direction.IN,
        erased_at=None,
    ).exclude(current_id="")  # fmt: skip


_WAITS = Q(item__waiting_since__isnull=False) | Q(item__state=ItemState.REFERRED)


def _waiting(channel: Channel, rule: Rule) -> QuerySet[Message]:
    return _theirs(channel, rule).filter(_WAITS).select_related("item").order_by("-pk")


def _go_round(channel: Channel, rule: Rule) -> int:
    """One more step of the daily round over settled items, oldest first. Returns how many were gone.

    What Redis keeps: when this day began, the last message asked about, how many today, and whether the
    newest was reached. Tomorrow goes on where today's budget ended. Moves on only when X answered.
    """
    key = f"sahut:there:round:{channel.pk}"
    now = clock.now().timestamp()
    began, after, asked, done = cache.get(key) or (now, 0, 0, False)
    if now - began >= ROUND_EVERY.total_seconds():
        began, asked = now, 0
        after, done = (0, False) if done else (after, False)
    if done or asked >= A_DAY:
        return 0
    rows = _theirs(channel, rule).exclude(_WAITS).filter(pk__gt=after).order_by("pk")[:AT_ONCE]
    some = list(rows.select_related("item"))
    gone = look(channel, some)
    if gone is None:
        return 0
    after = some[-1].pk if some else after
    cache.set(key, (began, after, asked + len(some), len(some) < AT_ONCE), timeout=None)
    return gone


def look(channel: Channel, messages: Sequence[Message]) -> int | None:
    """Ask whether `messages` still stand; those that do not are emptied. Returns how many, None when the
    platform could not be asked.

    1. Ask, outside any transaction. 2. If nothing of many is there we are rather not shown it: leave it.
    3. Each message in its own transaction, its thread locked as when it was taken in.
    """
    gone = 0
    for start in range(0, len(messages), AT_ONCE):
        some = messages[start : start + AT_ONCE]
        there = _ask(channel, [message.current_id for message in some])
        if there is None:
            return None
        missing = [message for message in some if message.current_id not in there]
        if len(missing) == len(some) >= MANY:
            log.warning("channel %s: none of %s messages is shown; kept", channel.pk, len(some))
            continue
        gone += sum(_take_out(message) for message in missing)
    return gone


def _ask(channel: Channel, ids: Sequence[str]) -> set[str] | None:
    """The ids that stand; None when the platform cannot be asked now."""
    try:
        connector = channels.connect(channel)
    except channels.NoConnection:
        return None
    try:
        return connector.still_there(RULES[channel.platform].object_class, ids)
    except FetchFailed as error:
        if error.dead:
            channels.note_dead(channel, error.problem)
        log.info("channel %s: not asked what still stands: %s", channel.pk, error.problem)
        return None
    finally:
        connector.close()


def _take_out(message: Message) -> bool:
    with transaction.atomic():
        Thread.objects.select_for_update().get(pk=message.item.thread_id)
        row = Message.objects.select_related("item__citizen").get(pk=message.pk)
        erased = erasure.erase_message(row, why=_("Sudah tidak ada di platform."))
        if erased:
            events.withdraw_item(row.item)
    return erased
