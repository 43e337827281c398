"""How a letter leaves the office: portal, link, e-mail, paper, SRIKANDI; one after the other if need be, each
a Dispatch with its own proof of receipt (DESIGN §9, domain.md §2.4).

The first one starts the referral's clock. Locks: letter, then ticket, as everywhere a letter moves.
"""

from datetime import date

from django.core.files.base import ContentFile
from django.core.validators import validate_email
from django.db import transaction
from django.forms import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts import clock, journal
from accounts.models import Division, DivisionContact, Role, User
from inbox import live
from referrals import composing, due_days, links, purposes, received_files, records
from referrals.links import NewLink
from referrals.models import (
    Dispatch,
    Letter,
    LetterCopy,
    LetterState,
    Purpose,
    Referral,
    ReferralState,
)
from referrals.models_letter import OPENING
from referrals.received_files import Received
from tickets import cases
from tickets.models import Stage, Ticket, TicketState

journal.register(
    {
        "letter_sent": _("mengirim surat ke divisi"),
        "letter_sent_again": _("mengirim surat sekali lagi lewat jalur lain"),
        "letter_mail_queued": _("menyiapkan surel berisi surat"),
        "letter_mail_failed": _("surel berisi surat tidak terkirim"),
        "letter_received": _("mencatat bukti terima surat"),
    }
)


class DispatchError(Exception):
    """A letter cannot go that way; `str()` is the sentence for the screen."""


def has_officer(division: Division) -> bool:
    """Whether somebody of `division` can open the portal."""
    return User.objects.filter(division=division, role=Role.OFFICER, is_active=True).exists()


def receiver(letter: Letter) -> Division | None:
    """Where a letter is to arrive: at the division it asks; a report to the superior at the unit above it (None:
    the tree has none, somebody knows the address)."""
    division = letter.referral.division
    return division.parent if letter.purpose == Purpose.ESCALATION else division


def goes_by_itself(letter: Letter) -> bool:
    """Whether `letter`, once approved, needs nobody to send it: its division's way is the portal, and somebody
    there can open it. Every other way is a person's act, and so is a report about the division."""
    division = letter.referral.division
    asks = letter.purpose != Purpose.ESCALATION
    return asks and division.dispatch_by == Dispatch.Way.PORTAL and has_officer(division)


def by_itself(letter: Letter) -> None:
    """Put a letter that was just rendered or signed into its division's portal, where that is its way and its
    signature, if its form wants one, is there. Inside the transaction that keeps its bytes, the letter locked."""
    due_days.keep(letter)
    waits = records.unsigned(letter) or purposes.lost(letter)
    if goes_by_itself(letter) and not waits:
        _sent(letter, way=Dispatch.Way.PORTAL, to="", by=None)


def by_portal(*, letter: Letter, by: User, fence: int) -> Dispatch:
    """Put it into the division's portal. `fence` is the ticket's. Raises NotInCharge, DispatchError."""
    with transaction.atomic():
        row = _ready(letter, by, fence)
        _refuse_report(row)
        if not has_officer(row.referral.division):
            raise DispatchError(
                _("Di divisi ini belum ada petugas yang dapat membuka portal. Pilih jalur lain.")
            )
        return _sent(row, way=Dispatch.Way.PORTAL, to="", by=by)


def by_link(*, letter: Letter, by: User, fence: int, to: str) -> tuple[Dispatch, NewLink]:
    """Make a link for `to` (a name) by which the letter is read and answered. The caller shows its address
    once. Raises NotInCharge, DispatchError."""
    if not to.strip():
        raise DispatchError(_("Tulis siapa yang akan menerima tautan ini."))
    with transaction.atomic():
        row = _ready(letter, by, fence)
        _refuse_report(row)
        link = links.make(referral=row.referral, by=by, to=to)
        return _sent(row, way=Dispatch.Way.LINK, to=to, by=by), link


def by_print(*, letter: Letter, by: User, fence: int, courier: str) -> Dispatch:
    """The printed letter was handed to `courier`. Raises NotInCharge, DispatchError."""
    if not courier.strip():
        raise DispatchError(_("Tulis siapa yang mengantar surat ini."))
    with transaction.atomic():
        return _sent(_ready(letter, by, fence), way=Dispatch.Way.PRINT, to=courier, by=by)


def by_srikandi(*, letter: Letter, by: User, fence: int, number: str) -> Dispatch:
    """Somebody put it into SRIKANDI by hand; `number` is what it is called there (domain.md §2.3).

    Raises NotInCharge, DispatchError.
    """
    if not number.strip():
        raise DispatchError(_("Tulis nomor surat ini di SRIKANDI."))
    with transaction.atomic():
        return _sent(_ready(letter, by, fence), way=Dispatch.Way.SRIKANDI, to=number, by=by)


def by_email(*, letter: Letter, by: User, fence: int, to: str) -> Dispatch:
    """Queue a mail with the letter to the address `to`; a worker sends it (mailing_out.py), and only then
    does the clock start. Raises NotInCharge, DispatchError."""
    address = to.strip()
    try:
        validate_email(address)
    except ValidationError as error:
        raise DispatchError(_("Alamat surel itu tidak lengkap. Periksa penulisannya.")) from error
    with transaction.atomic():
        row = _ready(letter, by, fence)
        _refuse_late_address(row, address)
        if row.dispatches.filter(way=Dispatch.Way.EMAIL, state=Dispatch.State.QUEUED).exists():
            raise DispatchError(_("Surel untuk surat ini sedang dikirim. Tunggu hasilnya dulu."))
        queued = Dispatch.objects.create(
            letter=row, way=Dispatch.Way.EMAIL, to=address[:200], state=Dispatch.State.QUEUED,
            by=by, at=clock.now(),
        )  # fmt: skip
        journal.record("letter_mail_queued", subject=row, by=by, dispatch=queued.pk)
        live.publish("desk", letter=row.pk, kind="letter")
    return queued


def receipt(
    *, dispatch: Dispatch, by: User, fence: int, name: str, on: date, scan: Received | None = None
) -> None:
    """Write down who received the letter and on which day; `scan` is the signed slip. A mail of which nobody
    knows whether it left did leave, then. Raises NotInCharge, DispatchError."""
    if not name.strip():
        raise DispatchError(_("Tulis nama yang menerima surat."))
    with transaction.atomic():
        letter = locked(dispatch.letter)
        _prove(letter, by, fence)
        row = Dispatch.objects.select_for_update().get(pk=dispatch.pk)
        _check_receipt(row, on)
        row.received_by, row.received_on = name.strip()[:120], on
        if scan:
            ending = received_files.KINDS[scan.content_type]
            row.receipt.save(f"{scan.digest[:24]}{ending}", ContentFile(scan.data), save=False)
            row.receipt_digest = scan.digest
        if row.state == Dispatch.State.FAILED:
            row.state, row.problem = Dispatch.State.SENT, ""
            went_out(letter, by=by, way=row.way)
        row.save()
        journal.record(
            "letter_received", subject=letter, by=by, dispatch=row.pk, digest=row.receipt_digest
        )
        live.publish("desk", ticket=letter.referral.ticket_id, kind="ticket")


def _check_receipt(row: Dispatch, on: date) -> None:
    if on > composing.today():
        raise DispatchError(_("Tanggal terima belum lewat. Tulis tanggal yang sebenarnya."))
    refused = row.state == Dispatch.State.FAILED and not row.message_id
    if row.state == Dispatch.State.QUEUED or refused:
        raise DispatchError(
            _("Surat belum terkirim lewat jalur ini, jadi belum ada yang menerima.")
        )


def acknowledged(*, referral: Referral, way: str, who: str) -> None:
    """The division said by `way` (portal or link) that it has the letter: the proof of what went out there.
    Inside the transaction in which it said so."""
    Dispatch.objects.filter(
        letter__referral=referral, way=way, state=Dispatch.State.SENT, received_on=None
    ).update(received_by=who.strip()[:120], received_on=composing.today())


def locked(letter: Letter) -> Letter:
    """The letter's row with referral, ticket and division, locked until the transaction ends; before it
    the ticket's, as every door does, so that two deeds at one moment wait instead of failing both."""
    cases.locked(Ticket.objects.get(referrals__letters=letter.pk))
    return (
        Letter.objects.select_for_update(of=("self",))
        .select_related("referral__ticket", "referral__division")
        .get(pk=letter.pk)
    )


def _prove(letter: Letter, by: User, fence: int) -> None:
    cases.prove_or_head(ticket=letter.referral.ticket, by=by, fence=fence)


def _ready(letter: Letter, by: User, fence: int) -> Letter:
    """The letter, locked, and it may go out. Raises NotInCharge, DispatchError."""
    row = locked(letter)
    _prove(row, by, fence)
    why = hindrance(row)
    if why:
        raise DispatchError(why)
    return row


def _refuse_report(letter: Letter) -> None:
    """A report to the superior never goes where the division reads along: its portal, a link to its referral."""
    if letter.purpose == Purpose.ESCALATION:
        raise DispatchError(
            _(
                "Laporan ke atasan tidak dikirim ke divisi yang dilaporkan. Kirim ke atasannya lewat surel, "
                "cetak dan antar, atau SRIKANDI."
            )
        )


def _refuse_late_address(letter: Letter, address: str) -> None:
    """Nor by mail to an address of that division, unless it is the superior's too."""
    if letter.purpose != Purpose.ESCALATION:
        return
    known = DivisionContact.objects.filter(
        kind=DivisionContact.Kind.EMAIL, value__iexact=address
    ).values_list("division_id", flat=True)
    above, late = receiver(letter), (letter.referral.division_id, letter.referral.handler_id)
    if set(known) & set(late) and (above is None or above.pk not in known):
        raise DispatchError(_("Alamat itu milik divisi yang dilaporkan. Tulis alamat atasannya."))


def hindrance(letter: Letter) -> str:
    """Why a letter cannot go out now; "" when it can. `letter` as the database has it."""
    if letter.state not in (LetterState.APPROVED, LetterState.SENT):
        return str(
            _("Surat ini berstatus “%(state)s”, jadi tidak dapat dikirim.")
            % {"state": letter.get_state_display()}
        )
    if not LetterCopy.objects.filter(letter=letter).exists():
        return str(_("Berkas surat masih dibuat. Coba lagi beberapa detik lagi."))
    if records.unsigned(letter):
        return str(_("Surat ini belum ditandatangani. Tanda tangani dulu, lalu kirim."))
    return purposes.lost(letter)


def _sent(letter: Letter, *, way: str, to: str, by: User | None) -> Dispatch:
    """Write down that it went by `way`. The letter is locked."""
    row = Dispatch.objects.create(
        letter=letter, way=way, to=to.strip()[:200], by=by, at=clock.now()
    )
    went_out(letter, by=by, way=way)
    return row


def went_out(letter: Letter, *, by: User | None, way: str) -> None:
    """The letter, locked, is with its division. The first time this starts the referral's clock; a reminder
    or thanks only joins what is there. Inside the transaction."""
    referral, moment = letter.referral, clock.now()
    live.publish(f"division-{referral.division_id}", kind="referral")
    live.publish("desk", ticket=referral.ticket_id, kind="ticket")
    if letter.state != LetterState.APPROVED:
        if letter.state == LetterState.SENT:
            journal.record("letter_sent_again", subject=letter, by=by, way=str(way))
        return
    letter.state, letter.sent_at = LetterState.SENT, moment
    letter.save(update_fields=["state", "sent_at"])
    journal.record("letter_sent", subject=letter, by=by, referral=referral.pk, way=str(way))
    if letter.purpose not in OPENING:
        return
    Referral.objects.filter(pk=referral.pk).update(
        state=ReferralState.SENT, dispatched_at=moment, due_on=due_days.at_dispatch(letter)
    )
    if referral.ticket.is_over:  # closed while a mail was on its way: it is not opened again
        return
    cases.move(
        referral.ticket, to=TicketState.WAITING, by=by,
        stage=Stage.Kind.REFERRED, division=referral.division,
    )  # fmt: skip
