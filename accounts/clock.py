"""The one clock of apps, sandbox and database, so that hours and holidays can be played.

In production `settings.CLOCK_FILE` is empty and `now()` is the system's time. Where it names a file,
that file holds by how many seconds the clock is ahead (a float); the database's `sahut_now()` reads
the same number from its one-row table `clock`. `shift()` writes both.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection, models
from django.db.models.expressions import Func

_seen: tuple[int, float] = (-1, 0.0)  # modification time (ns) of the file, seconds ahead


def _ahead() -> float:
    """Seconds by which the clock file is ahead of the system; read again only when it changed."""
    global _seen  # noqa: PLW0603  one file, read by every call: a cache of its own would weigh more
    try:
        stamp = Path(settings.CLOCK_FILE).stat().st_mtime_ns
        if stamp != _seen[0]:
            _seen = (stamp, float(Path(settings.CLOCK_FILE).read_text().strip() or 0))
    except (OSError, ValueError):
        return 0.0
    return _seen[1]


def now() -> datetime:
    """The present moment, aware, UTC."""
    moment = datetime.now(UTC)
    return moment + timedelta(seconds=_ahead()) if settings.CLOCK_FILE else moment


class DbNow(Func):
    """`sahut_now()`: the same moment, told by PostgreSQL; for defaults and conditional updates."""

    function = "sahut_now"
    arity = 0

    def __init__(self) -> None:
        super().__init__(output_field=models.DateTimeField())


def shift(*, seconds: float) -> None:
    """Set how many `seconds` the clock runs ahead, in file and database.

    Raises RuntimeError where no CLOCK_FILE is set: a production clock is nobody's to move.
    """
    if not settings.CLOCK_FILE:
        msg = "CLOCK_FILE tidak diatur: jam produksi tidak dapat digeser."
        raise RuntimeError(msg)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE clock SET ahead = make_interval(secs => %s)", [seconds])
    path = Path(settings.CLOCK_FILE)
    temporary = path.with_suffix(".new")
    temporary.write_text(str(seconds))
    temporary.replace(path)
