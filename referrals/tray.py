"""The doors of the tray: a mail comes in, finds its referral or a person finds it, and becomes what the
division said. Nothing is confirmed by itself, nothing is thrown away (I5; issue 5, Build 5).
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet, TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import journal
from accounts.models import Division, User
from accounts.models_division import DivisionContact
from inbox import live
from inbox.connectors.email import mime
from referrals import mail_entry, mailbox, portal, received_files
from referrals.incoming import IncomingError
from referrals.mailbox import Facts, Mail, Place
from referrals.models import (
    WITH_DIVISION,
    Answer,
    Dispatch,
    InboundMail,
    IncomingLetter,
    Referral,
    Via,
)
from referrals.portal import Outsider, ReferralError
from referrals.received_files import FileRefused, Received
from tickets.queries import standing

journal.register(
    {
        "mail_assigned": gettext_lazy("menetapkan rujukan sebuah surel"),
        "mail_used": gettext_lazy("mencatat surel sebagai kata divisi"),
        "mail_ignored": gettext_lazy("mengabaikan surel"),
        "mail_put_back": gettext_lazy("mengembalikan surel ke baki"),
    }
)

log = logging.getLogger(__name__)
State = InboundMail.State
#: Somebody still has to look at these.
WAITING = (State.NEW, State.TRAY, State.MATCHED)
_OPEN = (State.TRAY, State.MATCHED)


class TrayError(Exception):
    """A mail is not what the caller thought; `str()` is the sentence for the screen."""


class Said(TextChoices):
    """What a word from a division is."""

    ANSWER = "answer", gettext_lazy("Jawaban")
    PARTIAL = "partial", gettext_lazy("Jawaban sementara, masih akan dilengkapi")
    QUESTION = "question", gettext_lazy("Pertanyaan ke humas")
    RETURN = "return", gettext_lazy("Bukan kewenangan divisi itu")


@dataclass(frozen=True, slots=True)
class Word:
    """What somebody of a division said, whatever road it took."""

    kind: str  # Said
    text: str
    letter_number: str = ""
    files: Sequence[Received] = ()
    better: Division | None = None


# --- in ----------------------------------------------------------------------------------------------


def take_in(*, raw: bytes, received_at: datetime) -> InboundMail | None:
    """Store a mail as it came, once; None where it is here already. Another mail under the same
    Message-ID is stored under an id of its own: nothing is lost to a careless mail program."""
    read = mailbox.read(raw)
    wanted = read.message_id
    for message_id in (wanted, mailbox.another_id(wanted, raw)):
        try:
            with transaction.atomic():
                return InboundMail.objects.create(
                    message_id=message_id, raw=raw, received_at=received_at,
                    sender=read.said_by[:250], subject=read.subject,
                )  # fmt: skip
        except IntegrityError:
            there = InboundMail.objects.get(message_id=message_id)
            if mailbox.content_of(bytes(there.raw)) == mailbox.content_of(raw):
                return None
    return None


def sort_new() -> int:
    """Find the place of every mail that was only stored; returns how many. Repeats do no harm (I9)."""
    waiting = list(InboundMail.objects.filter(state=State.NEW).values_list("pk", flat=True)[:200])
    for pk in waiting:
        try:
            sort(pk)
        except Exception:  # a mail nobody foresaw must not stop the others: a person looks at it
            log.exception("mail %s", pk)
            InboundMail.objects.filter(pk=pk, state=State.NEW).update(
                state=State.TRAY, why=_("Surel ini tidak terbaca dengan baik; lihat aslinya.")
            )
    return len(waiting)


def sort(pk: int) -> None:
    """Read one stored mail and propose its referral, put it in the tray, or aside."""
    with transaction.atomic():
        row = InboundMail.objects.select_for_update().get(pk=pk)
        if row.state != State.NEW:
            return
        mail = mailbox.read(bytes(row.raw))
        verdict = mailbox.decide(mail, facts_about(mail), own=settings.REPLY_ADDRESS)
        row.text, row.why = mail.text, verdict.why[:200]
        row.referral_id = verdict.referral
        row.state = State.TRAY
        if verdict.matched:
            row.state = State.MATCHED
        elif verdict.aside:
            row.state = State.IGNORED
        row.save(update_fields=["text", "why", "referral", "state"])
        _changed(row)


def facts_about(mail: Mail) -> Facts:
    """What the database knows of the tickets and letters a mail speaks of."""
    by_ticket: dict[str, list[Place]] = {}
    for number in mailbox.wanted(mail, own=settings.REPLY_ADDRESS):
        if ticket := standing(number):
            by_ticket[number] = [
                place_of(row) for row in _sent(Referral.objects.filter(ticket=ticket))
            ]
    ids = [form for ref in mail.refs for form in (ref, f"<{ref}>")]  # kept as the header has it
    letters = Dispatch.objects.filter(message_id__in=ids)
    told = {
        message_id.strip("<>"): referral
        for message_id, referral in letters.values_list("message_id", "letter__referral")
    }
    rows = {row.pk: row for row in _sent(Referral.objects.filter(pk__in=set(told.values())))}
    by_mail = {ref: place_of(rows[pk]) for ref, pk in told.items() if pk in rows}
    return Facts(by_ticket=by_ticket, by_mail=by_mail)


def _sent(rows: QuerySet[Referral]) -> list[Referral]:
    """Referrals that went out, oldest first."""
    return list(rows.filter(dispatched_at__isnull=False).select_related("ticket").order_by("pk"))


def place_of(referral: Referral) -> Place:
    """The referral with the addresses its division is known by: contacts, officers, where letters went."""
    bodies = [pk for pk in (referral.division_id, referral.handler_id) if pk]
    found = [
        *DivisionContact.objects.filter(
            division__in=bodies, kind=DivisionContact.Kind.EMAIL
        ).values_list("value", flat=True),
        *User.objects.filter(division__in=bodies, is_active=True).values_list("email", flat=True),
        *Dispatch.objects.filter(
            letter__referral=referral, way=Dispatch.Way.EMAIL
        ).values_list("to", flat=True),
    ]  # fmt: skip
    senders = {text.strip().strip("<>").lower() for text in found}
    return Place(
        referral=referral.pk, ticket=referral.ticket.number, open=referral.state in WITH_DIVISION,
        senders=frozenset(one for one in senders if mime.is_address(one)),
    )  # fmt: skip


# --- what a person decides ---------------------------------------------------------------------------


def _locked(mail: InboundMail, states: Sequence[str]) -> InboundMail:
    row = InboundMail.objects.select_for_update(of=("self",)).get(pk=mail.pk)
    if row.state not in states:
        raise TrayError(_("Surel ini sudah diurus orang lain. Muat ulang halaman ini."))
    return row


def _changed(row: InboundMail) -> None:
    ticket = None
    if row.referral_id:
        ticket = Referral.objects.values_list("ticket", flat=True).get(pk=row.referral_id)
    live.publish("desk", mail=row.pk, kind="mail", ticket=ticket)


def assign(*, mail: InboundMail, referral: Referral, by: User) -> None:
    """A person says where a mail belongs; it is proposed there. Raises TrayError."""
    with transaction.atomic():
        row = _locked(mail, _OPEN)
        if Referral.objects.get(pk=referral.pk).state not in WITH_DIVISION:
            raise TrayError(_("Rujukan itu sudah selesai. Pilih yang masih menunggu jawaban."))
        row.referral, row.state = referral, State.MATCHED
        row.why = _("Ditetapkan oleh %(who)s.") % {"who": by}
        row.save(update_fields=["referral", "state", "why"])
        journal.record("mail_assigned", subject=referral, by=by, mail=row.pk)
        _changed(row)


def put_back(*, mail: InboundMail, by: User) -> None:
    """Not for this referral after all, or wrongly ignored: it lies in the tray again. Raises TrayError."""
    with transaction.atomic():
        row = _locked(mail, (State.MATCHED, State.IGNORED))
        before, row.state = row.state, State.TRAY
        row.why = _("Dikembalikan ke baki oleh %(who)s.") % {"who": by}
        row.save(update_fields=["state", "why"])
        journal.record("mail_put_back", subject=row, by=by, before=before)
        _changed(row)


def ignore(*, mail: InboundMail, by: User, why: str) -> None:
    """Nothing comes of this mail; it is kept with the reason. Raises TrayError."""
    if not why.strip():
        raise TrayError(_("Tulis alasannya dulu."))
    with transaction.atomic():
        row = _locked(mail, _OPEN)
        row.state = State.IGNORED
        row.why = _("%(why)s (diabaikan oleh %(who)s)") % {"why": why.strip()[:120], "who": by}
        row.why = row.why[:200]
        row.save(update_fields=["state", "why"])
        journal.record("mail_ignored", subject=row, by=by)
        _changed(row)


def confirm(*, mail: InboundMail, by: User, kind: str, letter_number: str = "") -> list[str]:
    """A person confirms a proposed mail as what the division said. Returns the names of its files that did
    not come along (the mail itself is kept with all of them). Raises TrayError, ReferralError.

    1. Lock the mail: whoever is second finds it used.  2. It takes its agenda number in the book of incoming
    letters; what fails afterwards gives it back.  3. Say it through the portal's doors.  4. Mark it.
    """
    with transaction.atomic():
        row = _locked(mail, (State.MATCHED,))
        if row.referral is None:
            raise TrayError(_("Pilih dulu rujukannya."))
        kept, refused = files_of(bytes(row.raw))
        text = row.text.strip() or _("(Surel tanpa teks; lihat lampirannya.)")
        said = Word(kind, text, letter_number, kept)
        speaker = Outsider(
            referral=row.referral_id or 0, name=row.sender, via=Via.EMAIL, entered_by=by,
            at=row.received_at,
        )  # fmt: skip
        row.incoming = _entered(row, row.referral, by, letter_number)
        row.answer = say(referral=row.referral, speaker=speaker, word=said, incoming=row.incoming)
        row.state = State.USED
        row.save(update_fields=["incoming", "answer", "state"])
        journal.record(
            "mail_used", subject=row.referral, by=by, mail=row.pk, kind=kind,
            incoming=row.incoming.pk,
        )  # fmt: skip
        _changed(row)
    left = [] if row.answer_id else [one.name for one in kept]
    return [*left, *(name for name, _why in refused)]


def _entered(row: InboundMail, referral: Referral, by: User, letter_number: str) -> IncomingLetter:
    try:
        return mail_entry.enter(mail=row, referral=referral, by=by, letter_number=letter_number)
    except IncomingError as error:
        raise TrayError(str(error)) from error


def say(
    *, referral: Referral, speaker: Outsider, word: Word, incoming: IncomingLetter | None = None
) -> Answer | None:
    """Through the portal's door that fits; the answer, where it is one, tied to the letter it came by.
    Raises ReferralError."""
    if word.kind == Said.QUESTION:
        portal.ask_back(referral=referral, by=speaker, text=word.text)
    elif word.kind == Said.RETURN:
        portal.return_to_desk(referral=referral, by=speaker, why=word.text, better=word.better)
    elif word.kind in (Said.ANSWER, Said.PARTIAL):
        return portal.answer(
            referral=referral, by=speaker, text=word.text, letter_number=word.letter_number,
            partial=word.kind == Said.PARTIAL, files=word.files, incoming=incoming,
        )  # fmt: skip
    else:
        raise ReferralError(_("Pilih dulu: jawaban, pertanyaan, atau bukan kewenangan."))
    return None


def files_of(raw: bytes) -> tuple[list[Received], list[tuple[str, str]]]:
    """(files of a mail that can be kept, (name, why not) of the others)."""
    kept: list[Received] = []
    refused = []
    for one in mailbox.attachments(raw):
        try:
            checked = received_files.check(one.name, one.data)
            received_files.check_together([*kept, checked])
        except FileRefused as error:
            refused.append((one.name, str(error)))
        else:
            kept.append(checked)
    return kept, refused
