"""How many workers may do one kind of slow work at once, so that the others go on sending replies.

A place is an advisory lock of the session: PostgreSQL frees it when its worker dies. All first keys of
our advisory locks stand here, since two kinds under one key would take each other's places.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import IntEnum, unique

from django.db import connection


@unique
class Space(IntEnum):
    """First keys of the advisory locks."""

    ATTEMPT = 7301  # one delivery's attempt (outbox.py); the second key is the delivery's id
    READING = 7302  # reading bodies (intake.py)
    FETCHING = 7303  # fetching files (media.py)
    IMPORTING = 7304  # one import (import_job.py); the second key is made of its id
    AMENDING = (
        7305  # changes of one message on the platform (ralat.py); the second key is made of its id
    )


def attempt_is_free(delivery_id: int) -> bool:
    """Whether no session holds the lock of this delivery's attempt, so that nobody may still call."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT NOT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND classid = %s"
            " AND objid = %s)",
            [Space.ATTEMPT, delivery_id],
        )
        return bool(cursor.fetchone()[0])


@contextmanager
def one_of(places: Iterable[int], *, space: Space) -> Iterator[bool]:
    """Have one of `places` (second keys) for the block; False when all are taken."""
    with connection.cursor() as cursor:
        for place in places:
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [space, place])
            if not cursor.fetchone()[0]:
                continue
            try:
                yield True
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [space, place])
            return
    yield False
