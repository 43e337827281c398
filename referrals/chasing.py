"""Letters that were not answered in time are chased without anybody having to remember (domain.md §2.4).

The reminder is prepared at the first working day after the limit: a draft in the words of its form, in the
hands of the ticket's person in charge. Where the office wishes it, it is put before those who initial and
sign by itself; number and signature always stay a person's.
"""

import logging
from collections.abc import Iterator
from contextlib import suppress
from datetime import date

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import journal
from accounts.models import Office
from referrals import composing, following, letters
from referrals.letters import LetterError
from referrals.models import WITH_DIVISION, Letter, LetterState, Purpose, Referral
from tickets import workdays
from tickets.models import OVER, Ticket

log = logging.getLogger(__name__)

journal.register({"reminder_prepared": _("menyiapkan penegasan")})


def chased_on(referral: Referral, sent: list[Letter]) -> date | None:
    """The office's day on which the next reminder is due; None when none will be. `sent` are the letters of
    the referral that went out, oldest first.

    The first: the working day after the day the letter asked an answer by. The second: the working day after
    the day the first reminder asked for.
    """
    purpose = following.next_reminder(referral, list(referral.letters.all()))
    if purpose is None or referral.due_on is None or not sent:
        return None
    limit = referral.due_on
    if purpose == Purpose.REMINDER_2:
        limit = composing.due_on(sent[-1])
    return workdays.after(limit, 1, referral.division)


def due() -> Iterator[Referral]:
    """Referrals whose next reminder is to be prepared today or was before."""
    today = composing.today()
    rows = (
        Referral.objects.filter(state__in=WITH_DIVISION, due_on__lt=today)
        .exclude(ticket__state__in=OVER)
        .select_related("ticket__in_charge", "division")
        .prefetch_related("letters")
        .order_by("due_on", "pk")
    )
    for row in rows:
        sent = sorted(
            (letter for letter in row.letters.all() if letter.state == LetterState.SENT),
            key=lambda letter: letter.pk,
        )
        when = chased_on(row, sent)
        if when and when <= today:
            yield row


def prepare(referral: Referral) -> Letter | None:
    """Draft the reminder that is due; None when somebody was faster.

    1. Lock the ticket, then the referral, as every door does.  2. Look again.  3. Draft; put it forward where
    the office wishes that and the letter is complete.
    """
    with transaction.atomic():
        ticket = (
            Ticket.objects.select_for_update(of=("self",))
            .select_related("in_charge")
            .get(pk=referral.ticket_id)
        )
        row = (
            Referral.objects.select_for_update(of=("self",))
            .select_related("ticket", "division")
            .get(pk=referral.pk)
        )
        purpose = following.next_reminder(row, list(row.letters.all()))
        sent = list(row.letters.filter(state=LetterState.SENT).order_by("pk"))
        if ticket.is_over or purpose is None or not sent:
            return None
        letter = letters.write(referral=row, purpose=purpose, by=ticket.in_charge, about=sent)
        journal.record("reminder_prepared", subject=letter, by=None, referral=row.pk)
        if Office.current().reminds_by_itself:
            # Where a part is missing it stays a draft that somebody completes.
            with suppress(LetterError), transaction.atomic():
                letters.put_forward(letter=letter, by=None)
    return letter


def sweep() -> int:
    """Prepare every reminder that is due; how many. One that cannot be written does not hold up the others,
    nor what the sweep does after them."""
    made = 0
    for referral in due():
        try:
            made += prepare(referral) is not None
        except Exception:
            log.exception("reminder for referral %s not prepared", referral.pk)
    return made
