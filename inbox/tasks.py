"""Celery's names for what the doors do. Each task is one line; messages are only nudges (I9)."""

import time
from collections.abc import Callable

from celery import shared_task
from django.core.cache import cache

from inbox import (
    alerts,
    channels,
    claims,
    compliance,
    duty,
    import_job,
    intake,
    lookups,
    media,
    native,
    outbox,
    polling,
    ralat,
    settle,
)
from inbox.sweeping import tried

FAILED_KEY = "sahut:sweep:failed"  # names of the steps that raised in the last sweep
BEAT_KEY = "sahut:beat"  # when a sweep last ended (seconds since the epoch): beat and a worker live


@shared_task(name="inbox.poll_due_feeds")
def poll_due_feeds() -> None:
    """Ask every feed whose turn it is, and read what came."""
    for feed in polling.due_feeds():
        for raw_id in polling.poll(feed):
            intake.absorb_raw(raw_id=raw_id)


@shared_task(name="inbox.absorb_waiting")
def absorb_waiting() -> None:
    """Read the bodies that platforms posted."""
    intake.absorb_waiting()


@shared_task(name="inbox.look_up")
def look_up() -> None:
    """Ask for what bodies only name."""
    for raw_id in lookups.work():
        intake.absorb_raw(raw_id=raw_id)


@shared_task(name="inbox.check_channels")
def check_channels() -> None:
    """Ask the platforms whether tokens, permissions and subscriptions are still good."""
    channels.check_due()


@shared_task(name="inbox.watch")
def watch() -> None:
    """Look for what is wrong with the channels, and tell whoever is in charge."""
    alerts.sweep()


@shared_task(name="inbox.still_there")
def still_there() -> None:
    """Take out what its author deleted on a platform that does not tell."""
    compliance.work()


@shared_task(name="inbox.send_due")
def send_due() -> None:
    """Carry what is due."""
    outbox.send_due()


@shared_task(name="inbox.amend")
def amend() -> None:
    """Take back and correct what was wished."""
    ralat.work()


@shared_task(name="inbox.fetch_media")
def fetch_media() -> None:
    """Fetch the files that came with messages."""
    media.work()


@shared_task(name="inbox.run_import")
def run_import(job_id: str) -> None:
    """Take in an uploaded CSV, from wherever it stopped."""
    import_job.run(job_id)


@shared_task(name="inbox.sweep")
def sweep() -> None:
    """Find what a crash or a lost message left half-way.

    A step that raises does not keep the others from being taken: it is told in the log, and the doctor
    names it until a sweep goes through without it.
    """
    steps: tuple[Callable[[], object], ...] = (
        intake.absorb_waiting, look_up, native.forget_early, settle.silent_attempts_become_unknown,
        settle.settle_unknown, claims.end_expired, duty.held_by_resting, _imports,
    )  # fmt: skip
    failed = [step.__name__.strip("_") for step in steps if not tried(step, step.__name__)]
    cache.set(FAILED_KEY, failed, timeout=None)
    cache.set(BEAT_KEY, time.time(), timeout=None)


def _imports() -> None:
    for job_id in import_job.abandoned():
        run_import.delay(job_id)
