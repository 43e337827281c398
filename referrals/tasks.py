"""Celery's name for the sweep of the referrals (I9)."""

from celery import shared_task

from referrals import letters, relay


@shared_task(name="referrals.sweep")
def sweep() -> None:
    """Finish interrupted letters, advance relays."""
    for letter in letters.unfinished():
        letters.complete(letter=letter)
    for open_relay in relay.unfinished():
        relay.advance(open_relay)
