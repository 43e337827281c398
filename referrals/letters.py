"""The path of a letter: draft → submitted → approved and numbered → rendered; how it
is sent stands in dispatching.py (DESIGN §9).

The drafter must be in charge of the ticket (its fence); approval is the head's.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts import clock, journal
from accounts.models import Division, User
from inbox import live
from referrals import (
    composing,
    dispatching,
    letter_forms,
    letter_marks,
    links,
    proposing,
    purposes,
    registers,
    reopening,
    signing,
)
from referrals.body import Stored, cleaned
from referrals.models import (
    ArchiveCode,
    Letter,
    LetterCopy,
    LetterState,
    LetterVersion,
    Purpose,
    Referral,
    ReferralState,
    Secrecy,
    Signer,
)
from referrals.models_letter import OPENING, Sifat
from referrals.typeset import IncompleteLetter, render, render_pages
from tickets import cases, clocks, emergencies
from tickets.models import Ticket, TicketState

journal.register(
    {
        "letter_drafted": _("menyusun surat"),
        "letter_edited": _("mengubah surat"),
        "letter_submitted": _("mengajukan surat"),
        "letter_sent_back": _("mengembalikan surat untuk diperbaiki"),
        "letter_approved": _("menyetujui dan menomori surat"),
        "letter_rendered": _("membuat berkas surat"),
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
    body: Stored
    addressee: str
    attention: str = ""
    place: str = ""
    copies: str = ""
    sifat: str = Sifat.NORMAL
    secrecy: str = Secrecy.OPEN
    kka: ArchiveCode | None = None
    signer: Signer | None = None
    with_identity: bool = False


def draft(
    *, ticket: Ticket, division: Division, by: User, fence: int, purpose: str = Purpose.REFERRAL
) -> Letter:
    """Begin a referral of `ticket` to `division` with a letter of the division's kind, drafted from the
    ticket's facts. `fence` is the ticket's. Raises NotInCharge, TicketError, LetterError."""
    if purpose not in OPENING:
        msg = f"{purpose} opens no referral"
        raise ValueError(msg)
    with transaction.atomic():
        row = cases.prove(ticket=ticket, by=by, fence=fence)
        if row.is_over:
            raise LetterError(_("Tiket ini sudah selesai."))
        emergencies.refuse_uncalled(row)
        try:
            with transaction.atomic():
                referral = Referral.objects.create(ticket=row, division=division, created_by=by)
        except IntegrityError as error:
            raise LetterError(
                _("Tiket ini sudah dirujuk ke %(division)s.") % {"division": division}
            ) from error
        return write(referral=referral, purpose=purpose, by=by)


def write(*, referral: Referral, purpose: str, by: User, about: Sequence[Letter] = ()) -> Letter:
    """A new draft on `referral`, in the proposed words. Inside the transaction of the act that wants it."""
    division = referral.division
    wording = proposing.propose(
        ticket=referral.ticket, division=division, kind=division.letter_kind, purpose=purpose,
        about=tuple(about),
    )  # fmt: skip
    letter = Letter.objects.create(
        referral=referral, kind=division.letter_kind, purpose=purpose, drafted_by=by,
        about=about[-1] if about else None, subject=wording.subject, body=wording.body,
        addressee=division.addressee, attention=division.attention, place=division.place,
        copies=wording.copies, sifat=wording.sifat,
    )  # fmt: skip
    keep_version(letter, by=by)
    journal.record(
        "letter_drafted", subject=letter, by=by, referral=referral.pk, purpose=str(purpose)
    )
    return letter


def keep_version(letter: Letter, *, by: User) -> None:
    """Keep what the letter says now, unless it says the same as its last version. The letter is locked."""
    last = letter.versions.order_by("-number").first()
    if last and (last.subject, last.body) == (letter.subject, letter.body):
        return
    LetterVersion.objects.create(
        letter=letter, number=last.number + 1 if last else 1, subject=letter.subject,
        body=letter.body, by=by,
    )  # fmt: skip


def locked(letter: Letter, *states: str) -> Letter:
    """The letter's row, locked, in one of `states`, and no draft that was thrown away. Raises LetterError."""
    row = (
        Letter.objects.select_for_update(of=("self",))
        .select_related("referral__ticket", "referral__division")
        .get(pk=letter.pk)
    )
    if purposes.discarded(row):
        raise LetterError(purposes.lost(row))
    if row.state not in states:
        raise LetterError(
            _("Surat ini sudah berstatus “%(state)s”. Muat ulang halaman ini.")
            % {"state": row.get_state_display()}
        )
    return row


def edit(*, letter: Letter, by: User, fence: int, wording: Wording) -> None:
    """Change the words of a draft; the former ones stay as a version. `fence` is the ticket's.
    Raises NotInCharge, LetterError."""
    with transaction.atomic():
        cases.prove(ticket=letter.referral.ticket, by=by, fence=fence)
        row = locked(letter, LetterState.DRAFT)
        for part in fields(wording):
            setattr(row, part.name, getattr(wording, part.name))
        row.body = cleaned(row.body)
        row.save(update_fields=[part.name for part in fields(wording)])
        keep_version(row, by=by)
        journal.record("letter_edited", subject=row, by=by)


def submit(*, letter: Letter, by: User, fence: int) -> None:
    """Put the draft before those who initial it, or before the head where nobody does.

    Raises NotInCharge, LetterError (also for an incomplete letter).
    """
    with transaction.atomic():
        cases.prove(ticket=letter.referral.ticket, by=by, fence=fence)
        put_forward(letter=letter, by=by)


def put_forward(*, letter: Letter, by: User | None) -> None:
    """As `submit`, inside the transaction of whoever may do it; `by` None: by itself. Raises LetterError."""
    row = locked(letter, LetterState.DRAFT)
    refuse_unwanted(row)
    _refuse_incomplete(row)
    row.initials.update(given_at=None)  # what was initialled before it went back counts no more
    waits = row.initials.exists()
    row.state = LetterState.INITIALS if waits else LetterState.SUBMITTED
    row.submitted_at = clock.now()
    row.save(update_fields=["state", "submitted_at"])
    journal.record("letter_submitted", subject=row, by=by)
    live.publish("desk", letter=row.pk, kind="letter")


def _refuse_incomplete(letter: Letter) -> None:
    try:
        composing.checked_content(letter)
    except IncompleteLetter as error:
        raise LetterError(str(error)) from error


def send_back(*, letter: Letter, by: User, remark: str) -> None:
    """The head, or whose initial is asked for, wants it changed. Raises LetterError, PermissionError."""
    if not letter.initials.filter(user=by, given_at=None).exists():
        _only_head(by)
    if not remark.strip():
        raise LetterError(_("Tulis apa yang perlu diperbaiki."))
    with transaction.atomic():
        row = locked(letter, LetterState.INITIALS, LetterState.SUBMITTED)
        row.state, row.remark = LetterState.DRAFT, remark.strip()
        row.save(update_fields=["state", "remark"])
        journal.record("letter_sent_back", subject=row, by=by)
        live.publish("desk", letter=row.pk, kind="letter")


def refuse_unwanted(letter: Letter) -> None:
    """Raises LetterError for a letter that nobody needs any more (purposes.py). The letter is locked."""
    why = purposes.lost(letter)
    if why:
        raise LetterError(why)


def refuse_changed(letter: Letter, seen: str | None) -> None:
    """Raises LetterError where the locked letter says something else than what was read. `seen` is the page's
    mark (letter_marks.py); None: nobody decides by a page."""
    if seen is not None and seen != letter_marks.mark(letter):
        raise LetterError(_("Surat ini diubah sejak Anda membukanya. Baca lagi, lalu putuskan."))


def approve(
    *, letter: Letter, by: User, insert_after: int | None = None, insert_why: str = "",
    seen: str | None = None,
) -> Letter:  # fmt: skip
    """The head approves: the letter takes its number, is rendered and sent. Raises LetterError, PermissionError.

    `insert_after` gives it an inserted number behind that one, in the current year's register; `seen` as in
    `refuse_changed`.
    1. Lock the ticket, since answers and closing pass it, then the letter; take the number from the register;
       commit both at once (I6).
    2. Render with the number inside, sign it where its form wants the certificate, send it where it goes by
       itself (`complete`); a crash in between leaves it to the sweeper.
    """
    _only_head(by)
    with transaction.atomic():
        cases.locked(Ticket.objects.get(referrals__letters=letter.pk))
        row = locked(letter, LetterState.SUBMITTED)
        refuse_unwanted(row)
        refuse_changed(row, seen)
        _refuse_other_signer(row, by)
        _refuse_incomplete(row)
        _number(row, insert_after=insert_after, why=insert_why)
        row.state, row.approved_by, row.approved_at = LetterState.APPROVED, by, clock.now()
        row.remark, row.signing = "", letter_forms.current(row.kind).signing
        row.save()
        journal.record("letter_approved", subject=row, by=by, number=row.number)
    return complete(letter=row)


def _number(letter: Letter, *, insert_after: int | None, why: str) -> None:
    today = composing.today()
    if insert_after is None:
        registers.number(letter, on=today)
        return
    try:
        registers.insert(letter, after=insert_after, year=today.year, why=why)
    except registers.NumberError as error:
        raise LetterError(str(error)) from error


def _refuse_other_signer(letter: Letter, by: User) -> None:
    """Where the signature is a certain person's, nobody else can give it."""
    signer = composing.signer_row(letter, letter_forms.current(letter.kind))
    if signer and signer.user_id and signer.user_id != by.pk:
        raise LetterError(
            _("Surat ini ditandatangani %(who)s. Hanya ia yang dapat menyetujuinya.")
            % {"who": signer.user}
        )


def complete(*, letter: Letter) -> Letter:
    """Render an approved letter and keep its bytes, then sign it where its form wants the certificate; it goes
    out by itself where its division's portal is the way, else it waits for somebody to send it
    (dispatching.py). A failing signature leaves number and rendering as they are. Safe to call again.

    1. Render, and keep the bytes in one transaction. 2. Sign (signing.py), in no transaction of ours.
    """
    return signing.begin(letter=_rendered(letter))


def _rendered(letter: Letter) -> Letter:
    content = composing.checked_content(letter)
    pdf, pages = render(content), list(render_pages(content, ppi=SCREEN_PPI))
    with transaction.atomic():
        cases.locked(letter.referral.ticket)  # the ticket first, as every door does
        row = locked(letter, LetterState.APPROVED, LetterState.SENT)
        if row.state == LetterState.SENT or LetterCopy.objects.filter(letter=row).exists():
            return row
        digest = hashlib.sha256(pdf).hexdigest()
        LetterCopy.objects.create(letter=row, pdf=pdf, pages=pages, digest=digest)
        journal.record("letter_rendered", subject=row, by=None, digest=digest)
        dispatching.by_itself(row)
    return row


def void(*, letter: Letter, by: User, why: str) -> None:
    """Cancel an approved or sent letter; its number stays in the register, marked batal (I6).

    Raises LetterError, PermissionError. An answered referral keeps its letter.
    """
    _only_head(by)
    if not why.strip():
        raise LetterError(_("Tulis alasan membatalkan surat."))
    with transaction.atomic():
        ticket = cases.locked(letter.referral.ticket)
        row = locked(letter, LetterState.APPROVED, LetterState.SENT)
        opens = row.purpose in OPENING
        if opens and row.referral.state in (ReferralState.ANSWERED, ReferralState.RETURNED):
            raise LetterError(_("Rujukan ini sudah dijawab; suratnya tidak bisa dibatalkan."))
        row.state, row.remark = LetterState.VOID, why.strip()
        row.save(update_fields=["state", "remark"])
        journal.record("letter_void", subject=row, by=by, number=row.number)
        live.publish(f"division-{row.referral.division_id}", kind="referral")
        if not opens or row.referral.state == ReferralState.CANCELLED:
            return
        Referral.objects.filter(pk=row.referral_id).update(state=ReferralState.CANCELLED)
        links.revoke_all(referral=row.referral, by=by)
        clocks.drop(ticket, division=row.referral.division)
        purposes.call_back(ticket=ticket)
        if not ticket.is_over and ticket.state != TicketState.RELAYING:
            cases.move(ticket, to=reopening.standing(ticket), by=by)


def discard(*, letter: Letter, by: User, fence: int) -> None:
    """Drop an unnumbered draft; with it the referral that it was to open. Raises NotInCharge, LetterError."""
    with transaction.atomic():
        cases.prove(ticket=letter.referral.ticket, by=by, fence=fence)
        row = locked(letter, LetterState.DRAFT)
        journal.record("letter_void", subject=row, by=by, number="")
        if row.purpose in OPENING:
            Referral.objects.filter(pk=row.referral_id).update(state=ReferralState.CANCELLED)
        else:
            row.delete()


def _only_head(by: User) -> None:
    if not by.is_head:
        msg = "the head's decision"
        raise PermissionError(msg)


def unfinished() -> QuerySet[Letter]:
    """Approved letters without a file: their rendering was interrupted. The sweeper's work list; a letter
    that has its file and waits for somebody to send it is not on it."""
    return (
        Letter.objects.filter(
            state=LetterState.APPROVED,
            copy=None,
            approved_at__lt=clock.now() - timedelta(seconds=20),
        )
        .select_related("referral__ticket", "referral__division", "approved_by")
        .order_by("approved_at")
    )
