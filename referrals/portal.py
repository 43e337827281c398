"""What a division does with a referral: acknowledge, answer, return as not its business (DESIGN §9)."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import clock, journal
from accounts.models import User
from inbox import live
from referrals.models import WITH_DIVISION, Answer, Referral, ReferralState
from tickets import cases, clocks
from tickets.models import Stage, TicketState

journal.register(
    {
        "referral_acknowledged": _("menerima rujukan"),
        "referral_answered": _("menjawab rujukan"),
        "referral_returned": _("mengembalikan rujukan: bukan kewenangan"),
    }
)


class ReferralError(Exception):
    """A referral is not what the caller thought; `str()` is the sentence for the screen."""


def _locked(referral: Referral, by: User) -> Referral:
    """The row, locked, still with the division of `by`. Raises PermissionError, ReferralError."""
    row = (
        Referral.objects.select_for_update(of=("self",))
        .select_related("ticket", "division")
        .get(pk=referral.pk)
    )
    if by.division_id != row.division_id:
        msg = "another division's referral"
        raise PermissionError(msg)
    if row.state not in WITH_DIVISION:
        raise ReferralError(_("Rujukan ini sudah selesai; jawaban tidak bisa diubah lagi."))
    return row


def acknowledge(*, referral: Referral, by: User) -> None:
    """The division says it has it; the citizen's page says so too. Raises ReferralError."""
    with transaction.atomic():
        row = _locked(referral, by)
        if row.state == ReferralState.ACKNOWLEDGED:
            return
        row.state, row.acknowledged_at = ReferralState.ACKNOWLEDGED, clock.now()
        row.save(update_fields=["state", "acknowledged_at"])
        cases.move(
            row.ticket, to=TicketState.WAITING, by=by,
            stage=Stage.Kind.ACKNOWLEDGED, division=row.division,
        )  # fmt: skip
        journal.record("referral_acknowledged", subject=row, by=by)


def answer(*, referral: Referral, by: User, text: str, letter_number: str = "") -> Answer:
    """The division's answer; it goes to the desk, never straight to a citizen. Raises ReferralError."""
    if not text.strip():
        raise ReferralError(_("Jawaban masih kosong."))
    with transaction.atomic():
        row = _locked(referral, by)
        given = Answer.objects.create(
            referral=row, text=text.strip(), letter_number=letter_number.strip()[:80], by=by
        )
        row.state, row.answered_at = ReferralState.ANSWERED, clock.now()
        row.save(update_fields=["state", "answered_at"])
        journal.record("referral_answered", subject=row, by=by, answer=given.pk)
        waiting = row.ticket.referrals.filter(state__in=WITH_DIVISION).exists()
        if not row.ticket.is_over:
            cases.move(
                row.ticket,
                to=TicketState.WAITING if waiting else TicketState.ANSWERED,
                by=by, stage=Stage.Kind.ANSWERED, division=row.division,
            )  # fmt: skip
        live.publish(f"division-{row.division_id}", kind="referral")
    return given


def return_to_desk(*, referral: Referral, by: User, why: str) -> None:
    """Not this division's business; the desk refers it elsewhere. Raises ReferralError."""
    if not why.strip():
        raise ReferralError(_("Tulis alasannya, dan bila tahu ke mana sebaiknya diteruskan."))
    with transaction.atomic():
        row = _locked(referral, by)
        row.state, row.returned_why = ReferralState.RETURNED, why.strip()
        row.save(update_fields=["state", "returned_why"])
        clocks.drop(row.ticket, division=row.division)
        journal.record("referral_returned", subject=row, by=by)
        if not row.ticket.referrals.filter(state__in=WITH_DIVISION).exists():
            cases.move(row.ticket, to=TicketState.OPEN, by=by)
        live.publish(f"division-{row.division_id}", kind="referral")
