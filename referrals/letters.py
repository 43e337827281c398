"""The path of a letter: draft → submitted → approved and numbered → rendered → sent (DESIGN §9).

The drafter must be in charge of the ticket (its fence); approval is the head's.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import clock, journal
from accounts.models import Division, User
from inbox import live
from referrals import composing, registers
from referrals.models import (
    Letter,
    LetterCopy,
    LetterState,
    Referral,
    ReferralState,
)
from referrals.typeset import IncompleteLetter, render, render_pages
from tickets import cases, clocks
from tickets.models import Stage, Ticket, TicketState

journal.register(
    {
        "letter_drafted": _("menyusun surat"),
        "letter_edited": _("mengubah surat"),
        "letter_submitted": _("mengajukan surat"),
        "letter_sent_back": _("mengembalikan surat untuk diperbaiki"),
        "letter_approved": _("menyetujui dan menomori surat"),
        "letter_rendered": _("membuat berkas surat"),
        "letter_sent": _("mengirim surat ke divisi"),
        "letter_void": _("membatalkan surat"),
    }
)

SCREEN_PPI = 100


class LetterError(Exception):
    """A letter is not what the caller thought; `str()` is the sentence for the screen."""


@dataclass(frozen=True, slots=True)
class Wording:
    """What a person can change of a letter before it is submitted."""

    subject: str
    matter: str
    request: str


def draft(*, ticket: Ticket, division: Division, by: User, fence: int) -> Letter:
    """Begin a referral of `ticket` to `division` with a letter of the division's kind, drafted from the
    ticket's facts. `fence` is the ticket's. Raises NotInCharge, LetterError."""
    with transaction.atomic():
        row = cases.prove(ticket=ticket, by=by, fence=fence)
        if row.is_over:
            raise LetterError(_("Tiket ini sudah selesai."))
        try:
            with transaction.atomic():
                referral = Referral.objects.create(ticket=row, division=division, created_by=by)
        except IntegrityError as error:
            raise LetterError(
                _("Tiket ini sudah dirujuk ke %(division)s.") % {"division": division}
            ) from error
        wording = composing.propose(ticket=row, division=division)
        letter = Letter.objects.create(
            referral=referral, kind=division.letter_kind, drafted_by=by,
            subject=wording.subject, matter=wording.matter, request=wording.request,
            facts=wording.facts,
        )  # fmt: skip
        journal.record("letter_drafted", subject=letter, by=by, referral=referral.pk)
    return letter


def _locked(letter: Letter, *states: str) -> Letter:
    """The letter's row, locked, in one of `states`. Raises LetterError."""
    row = (
        Letter.objects.select_for_update(of=("self",))
        .select_related("referral__ticket", "referral__division")
        .get(pk=letter.pk)
    )
    if row.state not in states:
        raise LetterError(
            _("Surat ini sudah berstatus “%(state)s”. Muat ulang halaman ini.")
            % {"state": row.get_state_display()}
        )
    return row


def edit(*, letter: Letter, by: User, fence: int, wording: Wording) -> None:
    """Change the words of a draft. `fence` is the ticket's. Raises NotInCharge, LetterError."""
    with transaction.atomic():
        cases.prove(ticket=letter.referral.ticket, by=by, fence=fence)
        row = _locked(letter, LetterState.DRAFT)
        row.subject, row.matter, row.request = wording.subject, wording.matter, wording.request
        row.save(update_fields=["subject", "matter", "request"])
        journal.record("letter_edited", subject=row, by=by)


def submit(*, letter: Letter, by: User, fence: int) -> None:
    """Put the draft before the head. Raises NotInCharge, LetterError (also for an incomplete letter)."""
    with transaction.atomic():
        cases.prove(ticket=letter.referral.ticket, by=by, fence=fence)
        row = _locked(letter, LetterState.DRAFT)
        _refuse_incomplete(row)
        row.state, row.submitted_at = LetterState.SUBMITTED, clock.now()
        row.save(update_fields=["state", "submitted_at"])
        journal.record("letter_submitted", subject=row, by=by)
        live.publish("desk", letter=row.pk, kind="letter")


def _refuse_incomplete(letter: Letter) -> None:
    try:
        composing.checked_content(letter)
    except IncompleteLetter as error:
        raise LetterError(str(error)) from error


def send_back(*, letter: Letter, by: User, remark: str) -> None:
    """The head wants it changed. Raises LetterError, PermissionError."""
    _only_head(by)
    if not remark.strip():
        raise LetterError(_("Tulis apa yang perlu diperbaiki."))
    with transaction.atomic():
        row = _locked(letter, LetterState.SUBMITTED)
        row.state, row.remark = LetterState.DRAFT, remark.strip()
        row.save(update_fields=["state", "remark"])
        journal.record("letter_sent_back", subject=row, by=by)
        live.publish("desk", letter=row.pk, kind="letter")


def approve(*, letter: Letter, by: User) -> Letter:
    """The head approves: the letter takes its number, is rendered and sent. Raises LetterError, PermissionError.

    1. Lock the letter; take the number from the register; commit both at once (I6).
    2. Render with the number inside and send (`complete`); a crash in between leaves it to the sweeper.
    """
    _only_head(by)
    with transaction.atomic():
        row = _locked(letter, LetterState.SUBMITTED)
        _refuse_incomplete(row)
        registers.number(row, on=timezone.localtime(clock.now()).date())
        row.state, row.approved_by, row.approved_at = LetterState.APPROVED, by, clock.now()
        row.remark = ""
        row.save()
        journal.record("letter_approved", subject=row, by=by, number=row.number)
    return complete(letter=row)


def complete(*, letter: Letter) -> Letter:
    """Render an approved letter, keep its bytes, send it. Safe to call again after a crash."""
    content = composing.checked_content(letter)
    pdf, pages = render(content), list(render_pages(content, ppi=SCREEN_PPI))
    with transaction.atomic():
        row = _locked(letter, LetterState.APPROVED, LetterState.SENT)
        if row.state == LetterState.SENT:
            return row
        digest = hashlib.sha256(pdf).hexdigest()
        LetterCopy.objects.get_or_create(
            letter=row, defaults={"pdf": pdf, "pages": pages, "digest": digest}
        )
        journal.record("letter_rendered", subject=row, by=None, digest=digest)
        _dispatch(row)
    return row


def _dispatch(letter: Letter) -> None:
    """Open the referral in the division's portal; its clock starts now. Inside the transaction."""
    referral, moment = letter.referral, clock.now()
    letter.state, letter.sent_at = LetterState.SENT, moment
    letter.save(update_fields=["state", "sent_at"])
    Referral.objects.filter(pk=referral.pk).update(
        state=ReferralState.SENT, dispatched_at=moment, due_on=composing.due_date(referral.division)
    )
    cases.move(
        referral.ticket, to=TicketState.WAITING, by=None,
        stage=Stage.Kind.REFERRED, division=referral.division,
    )  # fmt: skip
    journal.record("letter_sent", subject=letter, by=None, referral=referral.pk)
    live.publish(f"division-{referral.division_id}", kind="referral")


def void(*, letter: Letter, by: User, why: str) -> None:
    """Cancel an approved or sent letter; its number stays in the register, marked batal (I6).

    Raises LetterError, PermissionError. An answered referral keeps its letter.
    """
    _only_head(by)
    if not why.strip():
        raise LetterError(_("Tulis alasan membatalkan surat."))
    with transaction.atomic():
        row = _locked(letter, LetterState.APPROVED, LetterState.SENT)
        if row.referral.state in (ReferralState.ANSWERED, ReferralState.RETURNED):
            raise LetterError(_("Rujukan ini sudah dijawab; suratnya tidak bisa dibatalkan."))
        row.state, row.remark = LetterState.VOID, why.strip()
        row.save(update_fields=["state", "remark"])
        Referral.objects.filter(pk=row.referral_id).update(state=ReferralState.CANCELLED)
        clocks.drop(row.referral.ticket, division=row.referral.division)
        if not row.referral.ticket.referrals.filter(state__in=["sent", "acknowledged"]).exists():
            cases.move(row.referral.ticket, to=TicketState.OPEN, by=by)
        journal.record("letter_void", subject=row, by=by, number=row.number)
        live.publish(f"division-{row.referral.division_id}", kind="referral")


def discard(*, letter: Letter, by: User, fence: int) -> None:
    """Drop an unnumbered draft together with its referral. Raises NotInCharge, LetterError."""
    with transaction.atomic():
        cases.prove(ticket=letter.referral.ticket, by=by, fence=fence)
        row = _locked(letter, LetterState.DRAFT)
        Referral.objects.filter(pk=row.referral_id).update(state=ReferralState.CANCELLED)
        journal.record("letter_void", subject=row, by=by, number="")


def _only_head(by: User) -> None:
    if not by.is_head:
        msg = "the head's decision"
        raise PermissionError(msg)


def unfinished() -> QuerySet[Letter]:
    """Approved letters whose rendering or sending was interrupted: the sweeper's work list."""
    return (
        Letter.objects.filter(
            state=LetterState.APPROVED, approved_at__lt=clock.now() - timedelta(seconds=20)
        )
        .select_related("referral__ticket", "referral__division", "approved_by")
        .order_by("approved_at")
    )
