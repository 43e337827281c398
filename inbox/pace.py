"""How much a channel may send, shared by all workers in Redis (DESIGN §7: rate budgets).

A platform's own rule (PlatformParts.pace) is kept to before it complains; when it asks for a pause,
everything of that channel rests, not only the reply that was told. Redis may forget both: then the
platform says it once more, and its “too many” is documented to have sent nothing.
"""

import logging
import math

from django.core.cache import cache
from redis.exceptions import RedisError

from accounts import clock
from inbox.connectors.registry import PLATFORMS
from inbox.models import Channel

log = logging.getLogger(__name__)
AWAY = (RedisError, OSError)  # a Redis that is away costs the budget, never a reply


def _window_key(channel: Channel, seconds: float) -> str:
    return f"sahut:pace:{channel.pk}:{int(clock.now().timestamp() // seconds)}"


def _rest_key(pk: int) -> str:
    return f"sahut:rest:{pk}"


def spend(channel: Channel) -> None:
    """One call of this channel is about to be made. The last one of a window puts the channel to rest
    until the next window begins. Never raises."""
    parts = PLATFORMS.get(channel.platform)
    if parts is None or parts.pace is None:
        return
    calls, seconds = parts.pace
    key = _window_key(channel, seconds)
    try:
        cache.add(key, 0, timeout=math.ceil(seconds) + 60)
        spent = cache.incr(key)
    except ValueError:  # forgotten between the two lines
        return
    except AWAY as error:
        log.warning("pace of channel %s not counted: %s", channel.pk, error)
        return
    if spent >= calls:
        rest(channel, seconds=seconds - clock.now().timestamp() % seconds)


def rest(channel: Channel, *, seconds: float) -> None:
    """Nothing of this channel leaves for so many `seconds`. Never raises."""
    until = clock.now().timestamp() + seconds
    try:
        cache.set(_rest_key(channel.pk), until, timeout=math.ceil(seconds) + 60)
    except AWAY as error:
        log.warning("channel %s does not rest: %s", channel.pk, error)


def resting() -> list[int]:
    """Ids of the channels whose replies wait now."""
    keys = {_rest_key(pk): pk for pk in Channel.objects.order_by().values_list("pk", flat=True)}
    try:
        found = cache.get_many(keys)
    except AWAY:
        return []
    now = clock.now().timestamp()
    return [keys[key] for key, until in found.items() if float(until) > now]
