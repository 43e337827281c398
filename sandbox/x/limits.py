"""Rate windows of 15 minutes per endpoint and user (or app), as X counts them.

Kept in memory: a restart opens new windows.
"""

import threading
from dataclasses import dataclass

from sandbox.core import clock

WINDOW_S = 900
DAY_S = 86_400
DAILY_POSTS = 10_000  # per app, platforms.md §2.4


@dataclass(frozen=True, slots=True)
class Window:
    """What is left: `limit` and `remaining` in requests, `reset` in seconds since 1970."""

    limit: int
    remaining: int
    reset: int
    spent: bool


_windows: dict[tuple[str, str], tuple[float, int]] = {}
_lock = threading.Lock()


def count(endpoint: str, who: str, limit: int, *, window: int = WINDOW_S) -> Window:
    """Counts one request of `who` on `endpoint` and says what is left of its window."""
    now = clock.seconds()
    with _lock:
        began, used = _windows.get((endpoint, who), (now, 0))
        if not began <= now < began + window:
            began, used = now, 0
        spent = used >= limit
        _windows[endpoint, who] = (began, used if spent else used + 1)
    return Window(limit, max(0, limit - used - (not spent)), int(began + window), spent)


def clear() -> None:
    """Opens all windows anew."""
    with _lock:
        _windows.clear()


def next_reset() -> int:
    """When a window that began now would end, in seconds since 1970."""
    return int(clock.seconds()) + WINDOW_S
