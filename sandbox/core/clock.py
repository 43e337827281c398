"""The sandbox's clock: real time plus the seconds in CLOCK_FILE, the same file the apps read."""

import os
import time
from datetime import UTC, datetime
from pathlib import Path


def offset() -> float:
    """How far the clock is ahead of real time, in seconds; 0 without a readable file."""
    path = os.environ.get("CLOCK_FILE")
    if not path:
        return 0.0
    try:
        return float(Path(path).read_text().strip() or 0)
    except (OSError, ValueError):
        return 0.0


def seconds() -> float:
    """The sandbox's time as seconds since 1970 UTC."""
    return time.time() + offset()


def real_seconds() -> float:
    """Real time as seconds since 1970 UTC: only for what a client stamps by its own clock."""
    return time.time()


def now() -> datetime:
    """The sandbox's time as an aware UTC datetime."""
    return moment(seconds())


def moment(at: float) -> datetime:
    """Seconds since 1970 as an aware UTC datetime."""
    return datetime.fromtimestamp(at, tz=UTC)


def stamp(at: float) -> str:
    """Seconds since 1970 the way platforms write them: 2026-10-02T08:15:31.000Z."""
    return moment(at).strftime("%Y-%m-%dT%H:%M:%S.") + f"{int(at * 1000) % 1000:03d}Z"
