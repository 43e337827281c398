"""Celery's name for the sweep of the referrals (I9)."""

from functools import partial

from celery import shared_task

from inbox.sweeping import tried
from referrals import (
    chasing,
    due_days,
    letters,
    mail_fetch,
    mailing_out,
    purposes,
    relay,
    signing,
    tray,
)
from referrals.models import Relay


@shared_task(name="referrals.sweep")
def sweep() -> None:
    """Finish interrupted letters, sign those whose token or time-stamp server was away, send what mails wait, prepare reminders, advance relays. What a
    step leaves undone the doctor counts (letters without a file, relays that stand still)."""
    for step in (
        _complete, _sign, _mail, mailing_out.give_up, due_days.sweep, purposes.sweep, chasing.sweep, _relay,
    ):  # fmt: skip
        tried(step, step.__name__)


def _complete() -> None:
    for letter in letters.unfinished():
        tried(partial(letters.complete, letter=letter), f"letter {letter.pk} not completed")


def _sign() -> None:
    for unsigned in signing.waiting():
        sign_letter.delay(unsigned.pk)  # a slow token must not keep the relays waiting


def _mail() -> None:
    for dispatch_id in mailing_out.waiting():
        mail_letter.delay(dispatch_id)  # nor a slow mail server


def _relay() -> None:
    for open_relay in relay.unfinished():
        tried(partial(relay.advance, open_relay), f"relay {open_relay.pk} not advanced")


@shared_task(name="referrals.advance_relay")
def advance_relay(relay_id: int) -> None:
    """Queue the replies of a relay that its operator did not wait for."""
    for found in Relay.objects.filter(pk=relay_id):
        relay.advance(found)


@shared_task(name="referrals.mail_letter")
def mail_letter(dispatch_id: int) -> None:
    """Send one queued mail."""
    mailing_out.send(dispatch_id)


@shared_task(name="referrals.sign_letter")
def sign_letter(letter_id: int) -> None:
    """Sign one letter that waits for it."""
    signing.again(letter_id)


@shared_task(name="referrals.fetch_mail")
def fetch_mail() -> None:
    """Store what is new in the reply mailbox, find where each mail belongs."""
    mail_fetch.fetch()
    tray.sort_new()
