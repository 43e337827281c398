"""Celery's name for the sweep of the tickets (I9)."""

from celery import shared_task

from tickets import pausing


@shared_task(name="tickets.sweep")
def sweep() -> None:
    """Resume pauses that were answered, meet first replies, begin deadlines that are missing."""
    pausing.sweep()
