"""A mail that a person confirmed stands in the book of incoming letters like one on paper: it takes the next
agenda number, once (domain.md §2.4).
"""

from django.utils import timezone

from accounts.models import User
from referrals import incoming
from referrals.incoming import Entry, TwinError
from referrals.models import InboundMail, IncomingLetter, Referral, Via
from tickets.words import today


def enter(
    *, mail: InboundMail, referral: Referral, by: User, letter_number: str = ""
) -> IncomingLetter:
    """The entry of `mail` in the book, made now or there already: a letter that came on paper too, with the
    same number from the same division on the same referral, keeps its one agenda number.

    Inside the transaction that confirms the mail, which is locked: who is second never comes here. Raises
    IncomingError, PermissionError.
    """
    if mail.incoming is not None:
        return mail.incoming
    entry = _entry(mail, referral, letter_number)
    try:
        # Without a number of its own nothing says that two mails are one letter.
        return incoming.record(entry=entry, by=by, referral=referral, despite_twins=not entry.code)
    except TwinError as error:
        known = next((row for row in error.twins if row.referral_id in (None, referral.pk)), None)
    if known is None:
        return incoming.record(entry=entry, by=by, referral=referral, despite_twins=True)
    if known.referral_id is None:
        incoming.assign(letter=known, referral=referral, by=by)
        known.refresh_from_db()
    return known


def _entry(mail: InboundMail, referral: Referral, letter_number: str) -> Entry:
    """What the book says of it. A mail server's clock may be ahead; the book of long ago is closed."""
    day = min(timezone.localtime(mail.received_at).date(), today())
    if day.year < today().year - 1:
        day = today()
    sender = f"{referral.division}, {mail.sender}" if mail.sender else str(referral.division)
    return Entry(
        received_on=day, sender=sender[:160], division=referral.division, number=letter_number,
        subject=mail.subject, via=Via.EMAIL,
    )  # fmt: skip
