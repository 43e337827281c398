"""The first wording of a letter, drafted from the ticket: a person edits it before anybody sees it.

Forms of words follow the two worked examples of domain.md §2.2 (Polri) and §2.3 (local government). The
citizen's identity is left out unless chosen; times are the office's, with their zone.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from accounts.models import Division, Office
from inbox.models import Item
from referrals import proposing_after
from referrals.body import DUE, Stored, pair, paragraph, point, with_fact
from referrals.models import Letter, LetterForm, Purpose, Reference
from referrals.models_letter import Sifat
from referrals.proposing_after import CLOSING_PEMDA, CLOSING_POLRI
from referrals.typeset import clock_time, count_words, long_date
from tickets import cases
from tickets.models import Ticket, Urgency

CHANNELS = {"x": "X", "facebook": "Facebook", "instagram": "Instagram", "line": "LINE"}
CLASSES = {"chat": "pesan langsung", "comment": "komentar"}
LONGEST = 240  # strokes in Letter.subject
#: How urgent a letter is follows from its ticket (domain.md §2.3, §3.4).
URGENCIES = {Urgency.EMERGENCY: Sifat.VERY_URGENT, Urgency.HIGH: Sifat.URGENT}
#: Words that stay small in a heading of a pemda's letter (“Hal: Permohonan Tindak Lanjut atas …”).
_SMALL = frozenset((
    "dan", "atau", "serta", "di", "ke", "dari", "daripada", "yang", "untuk", "pada", "dengan", "atas",
    "oleh", "dalam", "terhadap", "tentang", "bagi", "kepada", "karena", "sebagai", "terkait",
))  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+")
_UNNAMED = "dentitas pelapor tidak dicantumkan"


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a letter might say, and to whom."""

    subject: str
    body: Stored
    copies: str
    sifat: str = Sifat.NORMAL


@dataclass(frozen=True, slots=True)
class Matter:
    """What the wordings draw on. `about`: letters sent before on this referral, oldest first."""

    ticket: Ticket
    division: Division
    office: Office
    items: list[Item]
    about: tuple[Letter, ...]

    @property
    def polri(self) -> bool:
        return self.office.style == "polri"

    @property
    def first(self) -> Item:
        return self.items[0]


def propose(
    *, ticket: Ticket, division: Division, kind: str, purpose: str = Purpose.REFERRAL,
    about: tuple[Letter, ...] = (),
) -> Proposal:  # fmt: skip
    """What the letter to `division` might say of `ticket`; `about` are the letters it reminds of."""
    matter = Matter(ticket, division, Office.current(), _items(ticket), about)
    subject, body = _WORDINGS[Purpose(purpose)](matter)
    form = LetterForm.objects.filter(kind=kind).first()
    if not matter.polri:
        subject = headline(subject)
    sifat = URGENCIES.get(Urgency(ticket.urgency), Sifat.NORMAL)
    return Proposal(_cut(subject, LONGEST), body, form.copies if form else "", sifat)


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[: room - 1].rstrip()}…"


def headline(text: str) -> str:
    """“permohonan tindak lanjut atas …” → “Permohonan Tindak Lanjut atas …”, as the hal line of a pemda's
    letter is written; what has a capital already, addresses and handles stay."""
    return " ".join(_headed(word, first=not place) for place, word in enumerate(text.split()))


def _headed(word: str, *, first: bool) -> str:
    if word[:1] in "@#" or "/" in word or "." in word[:-1]:
        return word
    if word in _SMALL and not first:
        return word
    return _WORD.sub(lambda part: part[0].capitalize() if part[0].islower() else part[0], word)


def with_evidence(stored: Stored, *, pictures: int, texts: int) -> Stored:
    """The body saying what is put behind the letter, or nothing of it where nothing is.

    In a list of facts “bukti : 2 (dua) tangkapan layar (terlampir)” (worked example A), in running text
    “Rincian terlampir; identitas pelapor …” (worked example B).
    """
    counted = [
        f"{count_words(count)} {what}"
        for count, what in ((pictures, "tangkapan layar"), (texts, "salinan pesan"))
        if count
    ]
    told = f"{' dan '.join(counted)} (terlampir)" if counted else ""
    found = with_fact(stored, "bukti", told)
    attached, bare = f"Rincian terlampir; i{_UNNAMED}", f"I{_UNNAMED}"
    for block in found:
        text = block["text"].replace(attached, bare)
        block["text"] = text.replace(bare, attached) if told else text
    return found


def _items(ticket: Ticket) -> list[Item]:
    """The items now on the ticket; the one it was opened from where all have left."""
    found = cases.items_of(ticket)
    if found:
        return found
    opened = ticket.memberships.select_related("item__channel", "item__citizen").order_by("pk")
    return [opened[0].item]


def moment(when: datetime) -> str:
    """“14 Juli 2026 pukul 09.12 WITA” in the office's zone."""
    local = timezone.localtime(when)
    return f"{long_date(local.date())} pukul {clock_time(when, settings.TIME_ZONE)}"


def came(item: Item) -> datetime:
    """When the citizen wrote first (UTC)."""
    first = item.messages.filter(direction="in").order_by("written_at").first()
    return first.written_at if first else item.opened_at


def channel_of(item: Item) -> str:
    """“Instagram”, as a letter says it."""
    return CHANNELS.get(item.channel.platform, item.channel.get_platform_display())


def _class_of(item: Item) -> str:
    first = item.messages.filter(direction="in").order_by("written_at").first()
    return CLASSES.get(first.object_class if first else "", "pesan")


def _sources(matter: Matter) -> list[str]:
    """Standing references that fit, in the order the rules ask; the citizen's own message stands last."""
    rows = Reference.objects.filter(
        Q(category="") | Q(category=matter.ticket.category), is_active=True, is_default=True
    )
    item = matter.first
    message = (
        f"{_class_of(item)} masyarakat pada akun {channel_of(item)} {item.channel.handle} "
        f"tanggal {moment(came(item))}"
    )
    return [*(row.title for row in rows), message]


def _facts(matter: Matter) -> list[str]:
    ticket, item = matter.ticket, matter.first
    facts = [
        pair("nomor tiket", ticket.number),
        pair("kanal", f"{channel_of(item)} ({_class_of(item)})"),
        pair("waktu diterima", moment(came(item))),
        pair("pelapor", f"identitas ada pada {matter.office.name} (tidak dicantumkan)"),
    ]
    if ticket.place:
        facts.append(pair("lokasi/layanan", ticket.place))
    facts.append(pair("pokok pengaduan", ticket.summary))
    if len(matter.items) > 1:
        facts.append(pair("pengaduan serupa", f"{count_words(len(matter.items) - 1)} pengaduan"))
    return facts


def _request(matter: Matter) -> str:
    """“mohon Dir berkenan memberikan jawaban paling lambat tanggal … untuk diteruskan kepada pelapor.”"""
    division, hotline = matter.division, matter.office.hotline
    asks = division.asks.strip().rstrip(".")
    if not matter.polri:
        return (
            f"Mohon {asks or 'penjelasan mengenai hal tersebut'}, paling lambat tanggal {DUE}, untuk kami "
            "sampaikan kepada warga."
        )
    contact = f" Narahubung: {hotline}." if hotline else ""
    return (
        f"Berkaitan dengan hal tersebut di atas, mohon {division.salutation} berkenan memberikan "
        f"{asks or 'jawaban'} paling lambat tanggal {DUE} untuk diteruskan kepada pelapor.{contact}"
    )


def _referral(matter: Matter) -> tuple[str, Stored]:
    if matter.polri:
        subject = _terkait(
            "permohonan jawaban atas pengaduan masyarakat melalui media sosial", matter.ticket
        )
        opening = (
            f"Sehubungan dengan rujukan tersebut di atas, bersama ini disampaikan kepada "
            f"{matter.division.salutation} bahwa {matter.office.name} menerima pengaduan dengan data "
            "sebagai berikut:"
        )
        return subject, [
            point("Rujukan:", *_sources(matter)),
            point(opening, *_facts(matter)),
            point(_request(matter)),
            point(CLOSING_POLRI),
        ]
    return f"permohonan tindak lanjut pengaduan {matter.ticket.title}", [
        paragraph(
            "Dalam rangka penyelenggaraan pelayanan publik, kami menerima pengaduan warga melalui akun media "
            f"sosial resmi {matter.office.name}. Bersama ini disampaikan hal-hal sebagai berikut:"
        ),
        *_told(matter),
        point(_request(matter)),
        paragraph(CLOSING_PEMDA),
    ]


def _terkait(what: str, ticket: Ticket) -> str:
    """“… terkait <pokok> (Tiket <nomor>)”, the matter shortened where the line would not hold the number."""
    number = f" (Tiket {ticket.number})"
    room = LONGEST - len(what) - len(" terkait ") - len(number)
    return f"{what} terkait {_cut(ticket.title, room)}{number}"


def _told(matter: Matter) -> Stored:
    """The matter in running text, as a pemda letter tells it (domain.md §2.3, worked example B)."""
    ticket, more = matter.ticket, len(matter.items) - 1
    area = " dari wilayah yang sama" if ticket.place else ""
    alike = f", dan didukung {count_words(more)} pengaduan serupa{area}" if more else ""
    summary = " ".join(ticket.summary.split()).rstrip(".")
    where = f" di {ticket.place}" if ticket.place and ticket.place not in summary else ""
    return [
        point(
            f"Pengaduan tercatat dengan nomor tiket {ticket.number}, diterima melalui "
            f"{channel_of(matter.first)} pada {moment(came(matter.first))}{alike}."
        ),
        point(
            f"Pokok pengaduan: {summary}{where}. I{_UNNAMED} dan dapat diminta bila diperlukan untuk "
            "penanganan."
        ),
    ]


def _not_ours(matter: Matter) -> tuple[str, Stored]:
    """The matter is somebody else's to decide: still referred, still tracked (domain.md §1, S4.15–16)."""
    subject = f"penerusan pengaduan masyarakat: {matter.ticket.title}"
    passed_on = (
        "Setelah dipelajari, hal tersebut bukan merupakan kewenangan kami, sehingga kami teruskan kepada "
        f"{matter.division.salutation} untuk ditangani sesuai kewenangan. Mohon kabar tindak lanjutnya paling "
        f"lambat tanggal {DUE}, untuk kami sampaikan kepada pelapor."
    )
    _subject, body = _referral(matter)
    place = next(i for i, block in enumerate(body) if DUE in block["text"])
    body[place] = point(passed_on)
    return subject, body


def _cover(matter: Matter) -> tuple[str, Stored]:
    """A covering letter: what is sent, how much of it, what for."""
    subject = f"pengantar berkas pengaduan: {matter.ticket.title}"
    sent = [
        pair("berkas", f"pengaduan masyarakat nomor tiket {matter.ticket.number}"),
        pair("jumlah", f"{count_words(len(matter.items))} pengaduan"),
        pair("keterangan", f"untuk ditindaklanjuti, jawaban paling lambat tanggal {DUE}"),
    ]
    if matter.polri:
        return subject, [
            point("Rujukan:", *_sources(matter)),
            point("Bersama ini dikirimkan berkas pengaduan masyarakat sebagai berikut:", *sent),
            point(CLOSING_POLRI),
        ]
    return subject, [
        paragraph("Bersama ini kami sampaikan dengan hormat:"),
        point("Berkas pengaduan warga sebagai berikut:", *sent),
        paragraph(CLOSING_PEMDA),
    ]


_WORDINGS = {
    Purpose.REFERRAL: _referral,
    Purpose.NOT_OURS: _not_ours,
    Purpose.REMINDER_1: lambda matter: proposing_after.reminder(matter, "kesatu"),
    Purpose.REMINDER_2: lambda matter: proposing_after.reminder(matter, "kedua"),
    Purpose.ESCALATION: proposing_after.escalation,
    Purpose.THANKS: proposing_after.thanks,
    Purpose.COVER: _cover,
}
