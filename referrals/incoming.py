"""The book of incoming letters (domain.md §2.4): what came on paper, by telephone or chat takes the next
agenda number, finds the referral it answers, gets its disposition. A number given stays, whatever comes of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import PurePath

from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts import clock, journal
from accounts.models import Division, User
from inbox import live
from referrals import portal, received_files
from referrals.models import (
    Answer,
    IncomingLetter,
    IncomingYear,
    Letter,
    LetterState,
    Referral,
    Via,
)
from referrals.portal import Outsider, ReferralError
from referrals.received_files import Received
from tickets.words import today

journal.register(
    {
        "incoming_recorded": _("mencatat surat masuk"),
        "incoming_assigned": _("menetapkan rujukan yang dijawab surat masuk"),
        "incoming_ignored": _("menandai surat masuk bukan jawaban rujukan"),
        "incoming_put_back": _("mengembalikan surat masuk ke baki"),
        "incoming_disposed": _("mendisposisi surat masuk"),
        "incoming_followed_up": _("mencatat tindak lanjut surat masuk"),
    }
)

#: “Dengan hormat harap” on the disposition sheet (domain.md §2.4); its last line is free.
ASKS = {
    "tanggapan": _("tanggapan dan saran"),
    "proses": _("proses lebih lanjut"),
    "koordinasi": _("koordinasi/konfirmasi"),
    "ketahui": _("untuk diketahui"),
}
MOST_ASKS, ASK_LENGTH = 8, 80
#: Roads a hand entry can have come by; portal and link write their answers themselves.
VIAS = (Via.SCAN, Via.EMAIL, Via.PHONE, Via.WHATSAPP)


class IncomingError(Exception):
    """An incoming letter is not what the caller thought; `str()` is the sentence for the screen."""


class TwinError(IncomingError):
    """It seems to stand in the book already: `twins`."""

    def __init__(self, twins: Sequence[IncomingLetter]) -> None:
        super().__init__(str(_("Surat ini tampaknya sudah tercatat.")))
        self.twins = list(twins)


@dataclass(frozen=True, slots=True)
class Entry:
    """What is written down of a letter that came. `sender` may be empty where `division` says it."""

    received_on: date
    sender: str = ""
    division: Division | None = None
    number: str = ""
    dated: date | None = None
    subject: str = ""
    sifat: str = ""
    attachments_note: str = ""
    via: str = Via.SCAN
    file: Received | None = None

    @property
    def who(self) -> str:
        """The sender as the book names it."""
        return (" ".join(self.sender.split()) or str(self.division or ""))[:160]

    @property
    def code(self) -> str:
        """The letter's own number, single-spaced."""
        return " ".join(self.number.split())[:80]


@dataclass(frozen=True, slots=True)
class Words:
    """The answer a letter carries: `said_by` is who signed or spoke; empty: the sender."""

    text: str
    said_by: str = ""
    partial: bool = False


def record(
    *, entry: Entry, by: User, referral: Referral | None = None, words: Words | None = None,
    despite_twins: bool = False,
) -> IncomingLetter:  # fmt: skip
    """Write a letter into the book of its year; with `referral` it is matched at once, with `words` it is
    the division's answer too. Raises IncomingError, TwinError (unless `despite_twins`), PermissionError.

    1. Store the scan, outside any lock.  2. Take the number: the year's row stays locked until the end.
    3. Look for twins, one entry at a time over all years (at the turn of the year the same letter is taken
       for two books): who enters the same letter in the same moment comes second and sees the first.
    4. Write the row, match, answer; all of it or nothing, so a refusal leaves no gap.
    """
    _desk_only(by)
    _refuse_impossible(entry, referral, words)
    row = IncomingLetter(
        received_on=entry.received_on, number=entry.code, dated=entry.dated, sender=entry.who,
        division=entry.division or (referral.division if referral else None),
        subject=entry.subject.strip()[:240], sifat=entry.sifat, via=entry.via,
        attachments_note=entry.attachments_note.strip()[:80], recorded_by=by,
    )  # fmt: skip
    if entry.file:
        _store(row, entry.file)
    try:
        with transaction.atomic():
            row.year, row.running = entry.received_on.year, number(year=entry.received_on.year)
            if not despite_twins:
                _refuse_twins(entry)
            row.save()
            journal.record(
                "incoming_recorded", subject=row, by=by, year=row.year, running=row.running
            )
            if referral:
                _match(row, referral, by)
            if referral and words:
                _say(row, referral, by, words, entry.file)
            tell(row)
    except BaseException:
        if row.file:
            row.file.delete(save=False)
        raise
    return row


def _refuse_twins(entry: Entry) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('incoming twins', 0))")
    if found := twins(entry):
        raise TwinError(found)


def number(*, year: int) -> int:
    """The next agenda number of `year`. The counter row stays locked until the transaction ends, so a
    rolled-back entry leaves no gap (I6). Raises RuntimeError outside a transaction."""
    if not connection.in_atomic_block:
        msg = "incoming.number outside the transaction of its letter"
        raise RuntimeError(msg)
    IncomingYear.objects.get_or_create(year=year)
    book = IncomingYear.objects.filter(year=year)
    book.update(last=F("last") + 1)
    return book.values_list("last", flat=True).get()


def twins(entry: Entry) -> list[IncomingLetter]:
    """Letters already in the book that look the same: the same file; the same number and sender; without a
    number the same day, sender and subject. Of this year and the ones beside it, newest first, at most five."""
    who = Q(sender__iexact=entry.who)
    if entry.division:
        who |= Q(division=entry.division)
    same = Q(pk=None)
    if entry.file:
        same |= Q(digest=entry.file.digest)
    if entry.code:
        same |= who & Q(number__iexact=entry.code)
    elif entry.subject.strip():
        told = Q(subject__iexact=entry.subject.strip()[:240], received_on=entry.received_on)
        same |= who & told & Q(number="")
    years = (entry.received_on.year - 1, entry.received_on.year + 1)
    rows = IncomingLetter.objects.filter(same, year__range=years, voided_at=None)
    return list(rows.order_by("-year", "-running")[:5])


def _refuse_impossible(entry: Entry, referral: Referral | None, words: Words | None) -> None:
    if not entry.who:
        raise IncomingError(_("Tulis asal suratnya, atau pilih divisinya."))
    if entry.received_on > today():
        raise IncomingError(_("Tanggal terima belum terjadi. Periksa tanggalnya."))
    if entry.received_on.year < today().year - 1:
        raise IncomingError(_("Buku agenda tahun itu sudah ditutup. Periksa tanggal terimanya."))
    if entry.dated and entry.dated > entry.received_on:
        raise IncomingError(_("Tanggal surat sesudah tanggal terima. Periksa keduanya."))
    if words and not referral:
        raise IncomingError(_("Pilih dulu rujukan yang dijawab surat ini."))
    if words and not words.text.strip():
        raise IncomingError(_("Tulis isi jawabannya."))


def _store(row: IncomingLetter, file: Received) -> None:
    row.digest = file.digest
    name = f"{file.digest[:24]}{received_files.KINDS[file.content_type]}"
    row.file.save(name, ContentFile(file.data), save=False)


# --- where it belongs --------------------------------------------------------------------------------


def assign(*, letter: IncomingLetter, referral: Referral, by: User) -> None:
    """A person says which referral the letter answers. Raises IncomingError, PermissionError."""
    _desk_only(by)
    with transaction.atomic():
        row = locked(letter)
        refuse_answered(row)
        _match(row, referral, by)
        tell(row)


def answer(*, letter: IncomingLetter, by: User, words: Words) -> Answer:
    """What a matched letter says becomes the division's answer. Raises IncomingError, PermissionError."""
    _desk_only(by)
    if not words.text.strip():
        raise IncomingError(_("Tulis isi jawabannya."))
    with transaction.atomic():
        row = locked(letter)
        refuse_answered(row)
        if row.referral is None:
            raise IncomingError(_("Pilih dulu rujukan yang dijawab surat ini."))
        file = kept_file(row)
        given = _say(row, row.referral, by, words, file)
        tell(row)
    return given


def ignore(*, letter: IncomingLetter, by: User, why: str) -> None:
    """The letter answers no referral; the reason stands in the book. Raises IncomingError, PermissionError."""
    _desk_only(by)
    if not why.strip():
        raise IncomingError(_("Tulis alasannya dulu."))
    with transaction.atomic():
        row = locked(letter)
        if row.referral_id:
            raise IncomingError(_("Surat ini sudah terhubung ke rujukan. Muat ulang halaman ini."))
        row.remark = why.strip()[:200]
        row.save(update_fields=["remark"])
        journal.record("incoming_ignored", subject=row, by=by)
        tell(row)


def put_back(*, letter: IncomingLetter, by: User) -> None:
    """Wrongly matched, or wrongly set aside: it lies in the tray again. Raises IncomingError, PermissionError."""
    _desk_only(by)
    with transaction.atomic():
        row = locked(letter)
        refuse_answered(row)
        was = row.referral_id
        row.referral, row.answers_letter, row.remark = None, None, ""
        row.save(update_fields=["referral", "answers_letter", "remark"])
        journal.record("incoming_put_back", subject=row, by=by, was=was)
        tell(row)


def _match(row: IncomingLetter, referral: Referral, by: User) -> None:
    if referral.dispatched_at is None:
        raise IncomingError(_("Surat rujukan itu belum dikirim, jadi belum mungkin dijawab."))
    row.referral, row.remark = referral, ""
    row.division = row.division or referral.division
    row.answers_letter = asked_by(referral)
    row.save(update_fields=["referral", "division", "answers_letter", "remark"])
    journal.record("incoming_assigned", subject=row, by=by, referral=referral.pk)


def asked_by(referral: Referral) -> Letter | None:
    """The letter an answer replies to: the newest one that went out on the referral."""
    return referral.letters.filter(state=LetterState.SENT).order_by("-sent_at", "-pk").first()


def _say(
    row: IncomingLetter, referral: Referral, by: User, words: Words, file: Received | None
) -> Answer:
    """Through the portal's door, which locks the referral and the ticket after the letter."""
    who = words.said_by.strip() or row.sender
    speaker = Outsider(referral=referral.pk, name=who, via=row.via, entered_by=by)
    try:
        return portal.answer(
            referral=referral, by=speaker, text=words.text, letter_number=row.number,
            partial=words.partial, files=[file] if file else [], incoming=row,
        )  # fmt: skip
    except ReferralError as error:
        raise IncomingError(str(error)) from error


def kept_file(row: IncomingLetter) -> Received | None:
    """The letter's scan as it was checked when it came; None where there is none, or it is gone."""
    if not row.file:
        return None
    try:
        with row.file.open("rb") as stored:
            data: bytes = stored.read()
    except OSError:
        return None
    name = f"agenda-{row.running}-{row.year}"
    kinds = {ending: kind for kind, ending in received_files.KINDS.items()}
    ending = PurePath(row.file.name or "").suffix
    return Received(f"{name}{ending}", kinds[ending], data)


# --- what becomes of it ------------------------------------------------------------------------------


def dispose(
    *, letter: IncomingLetter, by: User, to: str, asks: Sequence[str], note: str = ""
) -> None:
    """The disposition: passed on to whom, asking for what (ASKS, and free words), with a note. It may be
    changed; the journal keeps who and when. Raises IncomingError, PermissionError."""
    _desk_only(by)
    wanted = [" ".join(ask.split())[:ASK_LENGTH] for ask in asks]
    wanted = list(dict.fromkeys(filter(None, wanted)))[:MOST_ASKS]
    whom = ", ".join(part.strip() for part in to.splitlines() if part.strip())
    if not whom:
        raise IncomingError(_("Tulis kepada siapa surat ini diteruskan."))
    if len(whom) > 160:
        raise IncomingError(_("Penerima disposisi terlalu panjang; paling banyak 160 huruf."))
    with transaction.atomic():
        row = locked(letter)
        row.disposition_to, row.disposition_asks = whom, wanted
        row.disposition_note = note.strip()[:300]
        row.disposed_by, row.disposed_at = by, clock.now()
        row.save(
            update_fields=["disposition_to", "disposition_asks", "disposition_note", "disposed_by",
                           "disposed_at"]
        )  # fmt: skip
        journal.record("incoming_disposed", subject=row, by=by, asks=len(wanted))
        tell(row)


def follow_up(*, letter: IncomingLetter, by: User, text: str) -> None:
    """What was done about the letter, for the book. Raises IncomingError, PermissionError."""
    _desk_only(by)
    if not text.strip():
        raise IncomingError(_("Tulis tindak lanjutnya dulu."))
    with transaction.atomic():
        row = locked(letter)
        row.follow_up = text.strip()[:200]
        row.save(update_fields=["follow_up"])
        journal.record("incoming_followed_up", subject=row, by=by)
        tell(row)


def _desk_only(by: User) -> None:
    if not (by.is_active and by.is_desk):
        msg = "the desk's book"
        raise PermissionError(msg)


def is_void(row: IncomingLetter) -> bool:
    """Whether the entry was taken back; its number stays (correcting.void)."""
    return row.voided_at is not None


def locked(letter: IncomingLetter) -> IncomingLetter:
    """The letter's row, locked until the transaction ends. Raises IncomingError where it is void."""
    rows = IncomingLetter.objects.select_for_update(of=("self",))
    rows = rows.select_related("referral__ticket", "referral__division", "division")
    row = rows.get(pk=letter.pk)
    if is_void(row):
        raise IncomingError(_("Nomor agenda ini sudah dibatalkan. Muat ulang halaman ini."))
    return row


def refuse_answered(row: IncomingLetter) -> None:
    """Raises IncomingError where the division's answer was recorded from this letter."""
    if row.answers.exists():
        raise IncomingError(_("Jawaban dari surat ini sudah tercatat pada tiketnya."))


def tell(row: IncomingLetter) -> None:
    """The open pages of the desk hear of it after commit."""
    ticket = row.referral.ticket_id if row.referral else None
    live.publish("desk", incoming=row.pk, kind="incoming", ticket=ticket)
