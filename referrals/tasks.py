"""Celery's name for the sweep of the referrals (I9)."""

from celery import shared_task

from referrals import chasing, due_days, letters, mail_fetch, mailing_out, relay, signing, tray
from referrals.models import Relay


@shared_task(name="referrals.sweep")
def sweep() -> None:
    """Finish interrupted letters, sign those whose token or time-stamp server was away, send what mails wait, prepare reminders, advance relays."""
    for letter in letters.unfinished():
        letters.complete(letter=letter)
    for unsigned in signing.waiting():
        sign_letter.delay(unsigned.pk)  # nor a slow token
    for dispatch_id in mailing_out.waiting():
        mail_letter.delay(dispatch_id)  # a slow mail server must not keep the relays waiting
    mailing_out.give_up()
    due_days.sweep()
    chasing.sweep()
    for open_relay in relay.unfinished():
        relay.advance(open_relay)


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
