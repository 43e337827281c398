"""Putting right what was written down of a letter that came, and taking back an entry that should not be
there. The agenda number never changes and is never given again (I6); the journal keeps before and after.
"""

from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import clock, journal
from accounts.journal import subject_of
from accounts.models import Division, JournalEntry, User
from referrals import incoming, queries_register
from referrals.incoming import IncomingError
from referrals.models import Answer, IncomingLetter, Via
from tickets.words import long_date, today

journal.register(
    {
        "incoming_corrected": gettext_lazy("meralat catatan surat masuk"),
        "incoming_void": gettext_lazy("membatalkan catatan surat masuk"),
    }
)

#: What can be put right, as the screen calls it.
LABELS: dict[str, str | Promise] = {
    "received_on": gettext_lazy("Tanggal terima"),
    "via": gettext_lazy("Lewat"),
    "division": gettext_lazy("Divisi"),
    "sender": gettext_lazy("Asal surat"),
    "number": gettext_lazy("Nomor surat"),
    "dated": gettext_lazy("Tanggal surat"),
    "subject": gettext_lazy("Perihal"),
    "sifat": gettext_lazy("Sifat"),
    "attachments_note": gettext_lazy("Lampiran"),
}


@dataclass(frozen=True, slots=True)
class Right:
    """How the entry should read. The year of `received_on` is that of the book and stays."""

    received_on: date
    via: str
    division: Division | None
    sender: str
    number: str
    dated: date | None
    subject: str
    sifat: str
    attachments_note: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One field of a correction in words, for the page."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Correction:
    """A correction or the end of an entry, as the page tells it."""

    entry: JournalEntry
    why: str
    differences: list[Difference]


def correct(*, letter: IncomingLetter, right: Right, by: User, why: str) -> list[str]:
    """Write `right` over what stands in the book; returns the names of what changed (empty: nothing did).
    Raises IncomingError, PermissionError.

    1. Lock the letter: of two corrections the second is compared with what the first left.
    2. An answer recorded from this letter repeats its number and sender: those follow.
    """
    _may(letter, by)
    if not why.strip():
        raise IncomingError(_("Tulis alasan ralatnya."))
    with transaction.atomic():
        row = incoming.locked(letter)
        wanted = _cleaned(row, right)
        before = {name: getattr(row, name) for name in wanted}
        changed = [name for name in wanted if wanted[name] != before[name]]
        if not changed:
            return []
        _follow(row, wanted)
        for name in changed:
            setattr(row, name, wanted[name])
        row.save(update_fields=changed)
        journal.record(
            "incoming_corrected", subject=row, by=by, why=why.strip()[:200],
            before={name: _kept(before[name]) for name in changed},
            after={name: _kept(wanted[name]) for name in changed},
        )  # fmt: skip
        incoming.tell(row)
    return changed


def void(*, letter: IncomingLetter, by: User, why: str) -> None:
    """The entry should not be there (a slip, a second time): its number stays in the book, marked batal.
    Raises IncomingError (also where an answer was recorded from it), PermissionError."""
    _may(letter, by)
    reason = " ".join(why.split())
    if not reason:
        raise IncomingError(_("Tulis alasan membatalkannya."))
    with transaction.atomic():
        row = incoming.locked(letter)
        incoming.refuse_answered(row)
        before = row.remark
        row.remark, row.voided_at = reason[:200], clock.now()
        row.save(update_fields=["remark", "voided_at"])
        journal.record(
            "incoming_void", subject=row, by=by, running=row.running, year=row.year,
            why=reason[:190], before=before,
        )  # fmt: skip
        incoming.tell(row)


def _may(letter: IncomingLetter, by: User) -> None:
    if not queries_register.incoming_letters(by).filter(pk=letter.pk).exists():
        msg = "an incoming letter this person may not see"
        raise PermissionError(msg)


def _cleaned(row: IncomingLetter, right: Right) -> dict[str, Any]:
    """The fields as they are kept. Raises IncomingError."""
    sender = " ".join(right.sender.split())[:160] or str(right.division or "")
    if not sender:
        raise IncomingError(_("Tulis asal suratnya, atau pilih divisinya."))
    if right.received_on > today():
        raise IncomingError(_("Tanggal terima belum terjadi. Periksa tanggalnya."))
    if right.received_on.year != row.year:
        raise IncomingError(
            _("Nomor agenda ini milik buku tahun %(year)s. Tanggal terimanya harus pada tahun itu.")
            % {"year": row.year}
        )
    if right.dated and right.dated > right.received_on:
        raise IncomingError(_("Tanggal surat sesudah tanggal terima. Periksa keduanya."))
    told = {part.name: getattr(right, part.name) for part in fields(right)}
    return told | {
        "sender": sender[:160], "number": " ".join(right.number.split())[:80],
        "subject": " ".join(right.subject.split())[:240],
        "attachments_note": " ".join(right.attachments_note.split())[:80],
    }  # fmt: skip


def _follow(row: IncomingLetter, wanted: dict[str, Any]) -> None:
    """What an answer repeats of the letter as it was."""
    mine = Answer.objects.filter(incoming=row)
    mine.filter(letter_number=row.number).update(letter_number=wanted["number"])
    mine.filter(said_by=row.sender[:120]).update(said_by=wanted["sender"][:120])


def _kept(value: Any) -> Any:
    """A value as the journal keeps it; a division by its key."""
    if isinstance(value, Division):
        return value.pk
    return value.isoformat() if isinstance(value, date) else value


# --- what was put right, for the page ----------------------------------------------------------------


def history(letter: IncomingLetter) -> list[Correction]:
    """Every correction of the letter, and its end, newest first, with before and after in words."""
    entries = list(
        JournalEntry.objects.filter(
            subject=subject_of(letter), verb__in=["incoming_corrected", "incoming_void"]
        )
        .select_related("actor")
        .order_by("-pk")
    )
    sides = [entry.data.get(side, {}) for entry in entries for side in ("before", "after")]
    keys = [side["division"] for side in sides if isinstance(side, dict) and side.get("division")]
    names = dict(Division.objects.filter(pk__in=keys).values_list("pk", "name")) if keys else {}
    return [_told(entry, names) for entry in entries]


def _told(entry: JournalEntry, names: dict[int, str]) -> Correction:
    before, after = entry.data.get("before"), entry.data.get("after")
    if not isinstance(before, dict) or not isinstance(after, dict):
        return Correction(entry, entry.data.get("why", ""), [])
    differences = [
        Difference(
            str(LABELS.get(name, name)), _words(name, before[name], names),
            _words(name, after[name], names),
        )
        for name in LABELS if name in after and name in before
    ]  # fmt: skip
    return Correction(entry, entry.data.get("why", ""), differences)


def _words(name: str, value: Any, names: dict[int, str]) -> str:
    if value in (None, ""):
        return "–"
    if name == "division":
        return names.get(value, "–")
    if name in ("received_on", "dated"):
        return long_date(date.fromisoformat(value))
    return str(Via(value).label) if name == "via" and value in Via.values else str(value)
