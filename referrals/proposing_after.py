"""The first wording of letters that follow others: reminders, the step to the superior, thanks (domain.md §2.3)."""

from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from accounts import clock
from accounts.models import LetterKind
from referrals.body import DUE, Stored, paragraph, point
from referrals.models import Letter
from referrals.typeset import long_date

if TYPE_CHECKING:
    from referrals.proposing import Matter

CLOSING_POLRI = "Demikian untuk menjadi maklum."
CLOSING_PEMDA = "Demikian disampaikan, atas perhatian dan kerja samanya diucapkan terima kasih."


def _cited(letter: Letter) -> str:
    """“Nota Dinas nomor … tanggal … perihal …”: how a letter speaks of another."""
    dated = long_date(letter.dated) if letter.dated else ""
    name = "Nota Dinas" if letter.kind == LetterKind.NOTA_DINAS else "surat"
    return f"{name} nomor {letter.number} tanggal {dated} perihal {letter.subject}"


def _rujukan(before: list[str]) -> dict[str, Any]:
    """“Rujukan: a. … b. …”; a single one stands in the line, since a list of one letter is none."""
    if len(before) == 1:
        return point(f"Rujukan {before[0]}.")
    return point("Rujukan:", *before)


def reminder(matter: "Matter", ordinal: str) -> tuple[str, Stored]:
    """Quotes number, date and hal of what went before (domain.md §2.3)."""
    before = [_cited(letter) for letter in matter.about]
    subject = f"penegasan {ordinal} atas {matter.about[0].subject}"
    waiting = (
        f"sampai dengan tanggal {long_date(_today())} kami belum menerima jawaban atas pengaduan dengan nomor "
        f"tiket {matter.ticket.number}, sedangkan pelapor masih menunggu"
    )
    asked = f"mohon {matter.division.salutation} berkenan memberikan jawaban paling lambat tanggal {DUE}"
    if matter.polri:
        return subject, [
            _rujukan(before),
            point(f"Sehubungan dengan rujukan tersebut di atas, bersama ini disampaikan bahwa {waiting}."),
            point(f"Berkaitan dengan hal tersebut di atas, {asked} untuk diteruskan kepada pelapor."),
            point(CLOSING_POLRI),
        ]  # fmt: skip
    return subject, [
        paragraph(f"Menindaklanjuti {'; dan '.join(before)}, disampaikan hal-hal sebagai berikut:"),
        point(f"Bahwa {waiting}."),
        point(f"{asked[:1].upper()}{asked[1:]}, untuk kami sampaikan kepada warga."),
        paragraph(CLOSING_PEMDA),
    ]


def thanks(matter: "Matter") -> tuple[str, Stored]:
    """Quotes the letters that were answered."""
    before = [_cited(letter) for letter in matter.about]
    said = (
        f"jawaban {matter.division.name} atas pengaduan dengan nomor tiket {matter.ticket.number} telah kami "
        "terima dan telah kami sampaikan kepada pelapor. Atas perhatian dan kerja sama yang baik, diucapkan "
        "terima kasih"
    )
    subject = f"ucapan terima kasih atas jawaban pengaduan: {matter.ticket.title}"
    if matter.polri:
        return subject, [
            _rujukan(before),
            point(f"Sehubungan dengan rujukan tersebut di atas, bersama ini disampaikan bahwa {said}."),
            point(CLOSING_POLRI),
        ]  # fmt: skip
    return subject, [
        paragraph(f"Sehubungan dengan {'; dan '.join(before)}, disampaikan bahwa {said}."),
        paragraph("Demikian disampaikan untuk menjadi maklum."),
    ]


def escalation(matter: "Matter") -> tuple[str, Stored]:
    """One level up, after both reminders (domain.md §1, S0.20): asks the superior to see to an answer."""
    before = [_cited(letter) for letter in matter.about]
    subject = f"permohonan arahan atas pengaduan yang belum dijawab: {matter.ticket.title}"
    waiting = (
        f"sampai dengan tanggal {long_date(_today())} {matter.division.name} belum memberikan jawaban atas "
        f"pengaduan masyarakat dengan nomor tiket {matter.ticket.number}, meskipun telah ditegaskan"
    )
    asked = (
        f"mohon arahan agar {matter.division.name} memberikan jawaban paling lambat tanggal {DUE}, mengingat "
        "pelapor masih menunggu"
    )
    if matter.polri:
        return subject, [
            _rujukan(before),
            point(f"Sehubungan dengan rujukan tersebut di atas, bersama ini dilaporkan bahwa {waiting}."),
            point(f"Berkaitan dengan hal tersebut di atas, {asked}."),
            point(CLOSING_POLRI),
        ]  # fmt: skip
    return subject, [
        paragraph(
            f"Menindaklanjuti {'; dan '.join(before)}, dengan hormat dilaporkan hal-hal berikut:"
        ),
        point(f"Bahwa {waiting}."),
        point(f"{asked[:1].upper()}{asked[1:]}."),
        paragraph(CLOSING_PEMDA),
    ]


def _today() -> date:
    return timezone.localtime(clock.now()).date()
