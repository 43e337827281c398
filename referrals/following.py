"""Letters that follow one that was sent: reminders (penegasan I, II), one level up, thanks (domain.md §2.3).

Each is drafted, approved and numbered like the first, and quotes its number, date and subject.
"""

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from referrals import letters
from referrals.letters import LetterError
from referrals.models import WITH_DIVISION, Letter, LetterState, Purpose, Referral, ReferralState
from tickets import cases

REMINDERS = (Purpose.REMINDER_1, Purpose.REMINDER_2)


def next_reminder(referral: Referral, letters: Sequence[Letter]) -> Purpose | None:
    """Which reminder may be written next; None after the second, while one is being written, or when the
    division owes nothing. `letters` are all of the referral."""
    if referral.state not in WITH_DIVISION:
        return None
    written = [
        letter for letter in letters
        if letter.purpose in REMINDERS and letter.state != LetterState.VOID
    ]  # fmt: skip
    if any(letter.state != LetterState.SENT for letter in written):
        return None
    done = {letter.purpose for letter in written}
    return next((purpose for purpose in REMINDERS if purpose not in done), None)


def may_thank(referral: Referral, letters: Sequence[Letter]) -> bool:
    """Whether the division answered and was not thanked yet."""
    thanked = any(
        letter.purpose == Purpose.THANKS and letter.state != LetterState.VOID for letter in letters
    )
    return referral.state == ReferralState.ANSWERED and not thanked


def may_escalate(referral: Referral, letters: Sequence[Letter]) -> bool:
    """Whether both reminders went out, nothing came, and nobody wrote to the superior yet."""
    if referral.state not in WITH_DIVISION:
        return False
    standing = [letter for letter in letters if letter.state != LetterState.VOID]
    sent = {letter.purpose for letter in standing if letter.state == LetterState.SENT}
    written = any(letter.purpose == Purpose.ESCALATION for letter in standing)
    return Purpose.REMINDER_2 in sent and not written


def escalate(*, referral: Referral, by: User, fence: int) -> Letter:
    """Draft a letter one level up. It is addressed to the unit above the division where the tree has one,
    else somebody writes the addressee. Raises NotInCharge, LetterError."""
    with transaction.atomic():
        row = _locked(referral, by, fence)
        if not may_escalate(row, list(row.letters.all())):
            raise LetterError(_("Laporan ke atasan dibuat setelah kedua penegasan tidak dijawab."))
        letter = letters.write(referral=row, purpose=Purpose.ESCALATION, by=by, about=_sent(row))
        above = row.division.parent
        letter.addressee = above.addressee if above else ""
        letter.attention, letter.place = "", above.place if above else letter.place
        letter.save(update_fields=["addressee", "attention", "place"])
        return letter


def remind(*, referral: Referral, by: User, fence: int) -> Letter:
    """Draft the next reminder to a division that has not answered. `fence` is the ticket's.

    Raises NotInCharge, LetterError.
    """
    with transaction.atomic():
        row = _locked(referral, by, fence)
        if row.state not in WITH_DIVISION:
            raise LetterError(_("Divisi ini sudah menjawab; penegasan tidak diperlukan."))
        purpose = next_reminder(row, list(row.letters.all()))
        if purpose is None:
            raise LetterError(
                _("Penegasan sebelumnya belum terkirim, atau kedua penegasan sudah dikirim.")
            )
        return letters.write(referral=row, purpose=purpose, by=by, about=_sent(row))


def thank(*, referral: Referral, by: User, fence: int) -> Letter:
    """Draft a letter of thanks for an answer. Raises NotInCharge, LetterError."""
    with transaction.atomic():
        row = _locked(referral, by, fence)
        if row.state != ReferralState.ANSWERED:
            raise LetterError(_("Ucapan terima kasih dikirim setelah divisi menjawab."))
        if not may_thank(row, list(row.letters.all())):
            raise LetterError(_("Ucapan terima kasih untuk jawaban ini sudah dibuat."))
        return letters.write(referral=row, purpose=Purpose.THANKS, by=by, about=_sent(row))


def _locked(referral: Referral, by: User, fence: int) -> Referral:
    """The row, locked after its ticket."""
    cases.prove(ticket=referral.ticket, by=by, fence=fence)
    return (
        Referral.objects.select_for_update(of=("self",))
        .select_related("ticket", "division")
        .get(pk=referral.pk)
    )


def _sent(referral: Referral) -> list[Letter]:
    found = list(referral.letters.filter(state=LetterState.SENT).order_by("approved_at", "pk"))
    if not found:
        raise LetterError(_("Belum ada surat yang terkirim untuk rujukan ini."))
    return found
