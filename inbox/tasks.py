"""Celery's names for what the doors do. Each task is one line; messages are only nudges (I9)."""

import time

from celery import shared_task
from django.core.cache import cache

from inbox import claims, intake, outbox, polling, settle

BEAT_KEY = "sahut:beat"  # when a sweep last ended (seconds since the epoch): beat and a worker live


@shared_task(name="inbox.poll_due_feeds")
def poll_due_feeds() -> None:
    """Ask every feed whose turn it is, and read what came."""
    for feed in polling.due_feeds():
        for raw_id in polling.poll(feed):
            intake.absorb_raw(raw_id=raw_id)


@shared_task(name="inbox.send_due")
def send_due() -> None:
    """Carry what is due."""
    outbox.send_due()


@shared_task(name="inbox.sweep")
def sweep() -> None:
    """Find what a crash or a lost message left half-way."""
    for raw_id in intake.unparsed():
        intake.absorb_raw(raw_id=raw_id)
    settle.silent_attempts_become_unknown()
    settle.settle_unknown()
    claims.end_expired()
    cache.set(BEAT_KEY, time.time(), timeout=None)
