"""What the platforms' own headers say of our budget, shared by all workers in Redis (DESIGN §7, §8).

Redis may forget it at any moment: the next answer tells it again.
"""

import logging

from django.core.cache import cache
from redis.exceptions import RedisError

from accounts import clock
from inbox.connectors.base import Usage
from inbox.models import Channel

log = logging.getLogger(__name__)

SLOW_FROM = 80.0  # percent: Meta asks to slow down here (platforms.md §3.4)
HARD_FROM = 95.0
FORGET_AFTER = 3600  # seconds without news


def _key(channel: Channel) -> str:
    return f"sahut:usage:{channel.pk}"


def report(channel: Channel, usage: Usage) -> None:
    """Remember what the last answer said of this account's budget."""
    until = clock.now().timestamp() + usage.wait if usage.wait else 0.0
    timeout = int(max(FORGET_AFTER, usage.wait + 60))
    try:  # called in the middle of a call that writes: its outcome must not be lost over this
        cache.set(_key(channel), (usage.percent, until), timeout=timeout)
    except (RedisError, OSError) as error:
        log.warning("usage of channel %s not kept: %s", channel.pk, error)


def wait(channel: Channel) -> float:
    """Seconds during which nothing should be asked for this account."""
    _percent, until = cache.get(_key(channel)) or (0.0, 0.0)
    return max(0.0, float(until) - clock.now().timestamp())


def used(channel: Channel) -> float:
    """Percent of the budget that is used; 0 where nothing is known."""
    percent, _until = cache.get(_key(channel)) or (0.0, 0.0)
    return float(percent)


def stretch(channel: Channel) -> float:
    """By how much the time between two polls is stretched: before the block comes, not after."""
    percent = used(channel)
    if percent >= HARD_FROM:
        return 12.0
    return 4.0 if percent >= SLOW_FROM else 1.0
