"""Celery's name for the sweep of the referrals (I9)."""

from celery import shared_task

from referrals import chasing, letters, mail_fetch, mailing_out, relay, tray


@shared_task(name="referrals.sweep")
def sweep() -> None:
    """Finish interrupted letters, send what mails wait, prepare reminders, advance relays."""
    for letter in letters.unfinished():
        letters.complete(letter=letter)
    for dispatch_id in mailing_out.waiting():
        mail_letter.delay(dispatch_id)  # a slow mail server must not keep the relays waiting
    mailing_out.give_up()
    chasing.sweep()
    for open_relay in relay.unfinished():
        relay.advance(open_relay)


@shared_task(name="referrals.mail_letter")
def mail_letter(dispatch_id: int) -> None:
    """Send one queued mail."""
    mailing_out.send(dispatch_id)


@shared_task(name="referrals.fetch_mail")
def fetch_mail() -> None:
    """Store what is new in the reply mailbox, find where each mail belongs."""
    mail_fetch.fetch()
    tray.sort_new()
