"""From a ticket to what its letter says: facts, proposed wording, the finished content (domain.md §2.2, §2.3).

The citizen's identity is left out unless chosen; times are the office's, with their zone.
"""

from dataclasses import dataclass, field
from datetime import date, datetime

from django.conf import settings
from django.utils import timezone

from accounts import clock
from accounts.models import Division, LetterKind, Office, User
from inbox.models import Item
from referrals.models import Letter
from referrals.typeset import (
    Block,
    Entry,
    LetterContent,
    Letterhead,
    Pair,
    Paragraph,
    Point,
    Signer,
    check,
    clock_time,
    count_words,
    long_date,
    punctuated,
)
from tickets import cases, workdays
from tickets.models import Ticket

PUBLIC_CHANNEL = {"x": "X", "facebook": "Facebook", "instagram": "Instagram", "line": "LINE"}


@dataclass(frozen=True, slots=True)
class Proposal:
    """A first wording of the letter, to be edited by a person."""

    subject: str
    matter: str
    request: str
    facts: list[list[str]] = field(default_factory=list)


def moment(when: datetime) -> str:
    """“14 Juli 2026 pukul 09.12 WITA” in the office's zone."""
    local = timezone.localtime(when)
    return f"{long_date(local.date())} pukul {clock_time(when, settings.TIME_ZONE)}"


def propose(*, ticket: Ticket, division: Division) -> Proposal:
    """What the letter to `division` might say of `ticket`."""
    items = cases.items_of(ticket)
    first = items[0]
    channel = PUBLIC_CHANNEL.get(first.channel.platform, first.channel.get_platform_display())
    facts = [
        ["nomor tiket", ticket.number],
        ["kanal", f"{channel} ({first.channel.handle})"],
        ["waktu diterima", moment(_came(first))],
        ["pelapor", "identitas ada pada kami (tidak dicantumkan)"],
    ]
    if ticket.place:
        facts.append(["lokasi/layanan", ticket.place])
    if len(items) > 1:
        facts.append(["pengaduan serupa", f"{count_words(len(items) - 1)} pengaduan"])
    return Proposal(
        subject=f"permohonan jawaban atas pengaduan masyarakat melalui media sosial: {ticket.title}",
        matter=ticket.summary,
        request="memberikan penjelasan mengenai hal tersebut",
        facts=facts,
    )


def content(letter: Letter) -> LetterContent:
    """What `letter` says, ready for typesetting; without a number it is a draft. Not yet checked."""
    office, division = Office.current(), letter.referral.division
    inside = letter.kind == LetterKind.NOTA_DINAS
    return LetterContent(
        kind="nota_dinas" if inside else "surat",
        letterhead=Letterhead(
            lines=_lines(office.letterhead), address=office.address,
            contacts=office.contacts, style="polri" if office.style == "polri" else "pemda",
        ),
        number=letter.number or None,
        place=office.city,
        date=letter.dated or timezone.localtime(clock.now()).date(),
        addressee=division.addressee,
        addressee_place="" if inside else division.place,
        sender=office.sender if inside else "",
        subject=letter.subject,
        body=_body(letter, office),
        signer=_signer(letter.approved_by, office),
        copies=_lines(office.copies),
    )  # fmt: skip


def checked_content(letter: Letter) -> LetterContent:
    """`content`, refused with IncompleteLetter where a part is missing."""
    made = content(letter)
    check(made)
    return made


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _signer(head: User | None, office: Office) -> Signer:
    """Who signs: the head who approved; before that the office's first head, so the preview is whole."""
    person = head or User.objects.filter(role="head", is_active=True).order_by("pk").first()
    return Signer(
        on_behalf=_lines(office.signer_lines),
        name=str(person) if person else "",
        rank=person.rank if person else "",
        id_label="NIP" if person and person.id_label == "NIP" else "NRP",
        id_number=person.id_number if person else "",
    )


def due_date(division: Division) -> date:
    """The day by which `division` should answer a letter dispatched now."""
    return workdays.after(timezone.localtime(clock.now()).date(), division.answer_days, division)


def _due(letter: Letter) -> str:
    return long_date(letter.referral.due_on or due_date(letter.referral.division))


def _body(letter: Letter, office: Office) -> tuple[Block, ...]:
    facts = [Pair(label, value) for label, value in letter.facts]
    facts.append(Pair("pokok pengaduan", letter.matter))
    make = _polri_body if office.style == "polri" else _pemda_body
    return make(letter, office, punctuated(facts))


def _first_item(letter: Letter) -> Item:
    """The item the ticket was opened from, even when it has left since: the letter goes on citing it."""
    opened = letter.referral.ticket.memberships.select_related("item__channel").order_by("pk")
    return opened[0].item


def _polri_body(
    letter: Letter, office: Office, facts: tuple[Entry | Pair, ...]
) -> tuple[Block, ...]:
    """Numbered: rujukan, matter, request, closing (domain.md §2.2, worked example A)."""
    item, salutation = _first_item(letter), letter.referral.division.salutation
    channel = PUBLIC_CHANNEL.get(item.channel.platform, item.channel.get_platform_display())
    sources = [
        Entry("Undang-Undang Nomor 14 Tahun 2008 tentang Keterbukaan Informasi Publik"),
        Entry("Undang-Undang Nomor 25 Tahun 2009 tentang Pelayanan Publik"),
        Entry(
            f"pesan masyarakat pada akun {channel} {item.channel.handle} "
            f"tanggal {moment(_came(item))}"
        ),
    ]
    contact = f" Narahubung: {office.hotline}." if office.hotline else ""
    return (
        Point("Rujukan:", punctuated(sources, conjunction="")),
        Point(
            "Sehubungan dengan rujukan tersebut di atas, bersama ini disampaikan kepada "
            f"{salutation} bahwa {office.name} menerima pengaduan dengan data sebagai berikut:",
            facts,
        ),
        Point(
            f"Berkaitan dengan hal tersebut di atas, mohon {salutation} berkenan "
            f"{letter.request.strip().rstrip('.')} paling lambat tanggal {_due(letter)} "
            f"untuk diteruskan kepada pelapor.{contact}"
        ),
        Point("Demikian untuk menjadi maklum."),
    )


def _came(item: Item) -> datetime:
    first = item.messages.filter(direction="in").order_by("written_at").first()
    return first.written_at if first else item.opened_at


def _pemda_body(
    letter: Letter, office: Office, facts: tuple[Entry | Pair, ...]
) -> tuple[Block, ...]:
    """Opening, numbered matter, closing (domain.md §2.3, worked example B)."""
    return (
        Paragraph(
            "Dalam rangka penyelenggaraan pelayanan publik, kami menerima pengaduan warga melalui akun "
            f"media sosial resmi {office.name}. Bersama ini disampaikan hal-hal sebagai berikut:"
        ),
        Point("Pengaduan tercatat dengan data sebagai berikut:", facts),
        Point(
            f"Mohon {letter.request.strip().rstrip('.')} paling lambat tanggal {_due(letter)}, "
            "untuk kami sampaikan kepada warga."
        ),
        Paragraph("Demikian disampaikan, atas perhatian dan kerja samanya diucapkan terima kasih."),
    )
