"""Whether somebody of the desk is at work: a mark in Redis, at most one a minute and process.

Pages that refresh themselves do not count: an open tab is nobody's presence. Redis may forget it; then
one e-mail more is sent.
"""

import logging
import time

from django.core.cache import cache
from django.http import HttpRequest
from redis.exceptions import RedisError

from accounts import clock

log = logging.getLogger(__name__)

KEY = "sahut:desk_active"
MARK_EVERY = 60.0  # seconds
AWAY_AFTER = 15 * 60  # seconds without a hand on anything

_marked = [0.0]


def note(request: HttpRequest) -> None:
    """A person of the desk asked for a page or changed something. Never raises."""
    by_itself = request.method in ("GET", "HEAD") and "HX-Request" in request.headers
    if by_itself or time.monotonic() - _marked[0] < MARK_EVERY:
        return
    _marked[0] = time.monotonic()
    try:
        cache.set(KEY, clock.now().timestamp(), timeout=24 * 3600)
    except (RedisError, OSError) as error:
        log.warning("presence not marked: %s", error)


def somebody_is_there() -> bool:
    """Whether somebody of the desk did something in the last quarter of an hour."""
    try:
        at = cache.get(KEY)
    except (RedisError, OSError):
        return False
    return at is not None and clock.now().timestamp() - float(at) < AWAY_AFTER


def forget() -> None:
    """Nobody is there any more (tests, and whoever moves the clock)."""
    _marked[0] = 0.0
    cache.delete(KEY)
