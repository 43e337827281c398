"""The worked examples of domain.md §2.2 and §2.3 made from tickets, through the doors a desk uses. Names are
fictional.

Set here is what the office, its register and the book of tickets hold before; every word of the letter
comes from them and from the ticket.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from django.core.files.base import ContentFile
from django.db import transaction
from PIL import Image, ImageDraw

from accounts import divisions
from accounts.models import Division, LetterKind, Office, Role, User
from inbox import claims, intake
from inbox.models import Channel, Item, MediaFile, Message, Platform
from referrals import annexes, letter_forms, letters
from referrals.models import ArchiveCode, Letter, Reference, RegisterYear, Signer
from tests import cast
from tests.referrals.letter_examples import EMBLEM
from tickets import cases
from tickets.models import Ticket, TicketCounter, Urgency

MoveClock = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Made:
    """The letter as it was sent: its row, its bytes, and the ticket it speaks of."""

    letter: Letter
    ticket: Ticket

    @property
    def pdf(self) -> bytes:
        return bytes(self.letter.copy.pdf)

    @property
    def pdf_pages(self) -> list[bytes]:
        """The PNG pages kept with it."""
        return [bytes(page) for page in self.letter.copy.pages]


@dataclass(frozen=True, slots=True)
class Case:
    """What was put on the ticket, and to whom it is referred."""

    title: str
    summary: str
    place: str
    urgency: str = Urgency.NORMAL


def at(move_clock: MoveClock, day: int, hour: int, minute: int) -> None:
    """It is July 2026, `hour`.`minute` WITA."""
    moment = datetime(2026, 7, day, hour - 8, minute, tzinfo=UTC)
    move_clock((moment - datetime.now(UTC)).total_seconds())


def settings(office: dict[str, str | bytes], *, last_ticket: int) -> None:
    """The office's row, and the book of tickets where it stands."""
    row = Office.current()
    for name, value in office.items():
        setattr(row, name, value)
    row.save()
    TicketCounter.objects.update_or_create(year=2026, defaults={"last": last_ticket})


def form(
    kind: str, *, kka: str, unit: str, copies: str, signer: Signer, last_letter: int, pattern: str = ""
) -> None:  # fmt: skip
    """How letters of `kind` look, and their register where it stands."""
    made = letter_forms.current(kind)
    made.kka, _made = ArchiveCode.objects.get_or_create(code=kka)
    made.signer, made.unit_code, made.copies = signer, unit, copies
    made.pattern = pattern or made.pattern
    made.save()
    RegisterYear.objects.update_or_create(kind=kind, year=2026, defaults={"last": last_letter})


def arrive(channel: Channel, *, as_: str, text: str, handle: str) -> Message:
    """A citizen writes on `channel` now; `as_` is the class of what it is."""
    value = cast.incoming(cast.Post(text=text, handle=handle), channel=channel)
    value = replace(value, object_class=as_, address={})
    with transaction.atomic():
        intake.absorb(channel=channel, incoming=value, raw=None)
    return Message.objects.select_related("item").get(external_id=value.external_id)


def chat_picture(width: int = 1080, height: int = 2160) -> bytes:
    """What a screenshot of a conversation looks like from afar, as PNG; nobody's words are in it."""
    picture = Image.new("RGB", (width, height), "#eef1f4")
    pen = ImageDraw.Draw(picture)
    for line, top in enumerate(range(160, height - 200, 150)):
        left = 40 if line % 3 else 260
        pen.rounded_rectangle((left, top, left + 720, top + 110), 36, fill="#c9d3dc")
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def screenshot(message: Message, *, position: int) -> None:
    """A picture that came with `message`, as the worker stores it."""
    MediaFile.objects.create(
        message=message, position=position, kind="image", state=MediaFile.State.STORED,
        content_type="image/png", width=1080, height=2160,
        file=ContentFile(chat_picture(), name=f"tangkapan-{position}.png"),
    )  # fmt: skip


def counterpart(*, values: dict[str, str], by: User) -> Division:
    """A division with an officer, so that letters reach it by the portal."""
    division = divisions.create(values=values, by=by)
    User.objects.create(
        username=f"petugas-{division.code}", email=f"{division.code}@sahut.test", role=Role.OFFICER,
        division=division,
    )  # fmt: skip
    return division


def refer(item: Item, *, others: list[Item], by: User, case: Case, to: Division) -> tuple[Ticket, Letter]:  # fmt: skip
    """Open a ticket from `item`, put `others` on it, draft the letter with everything that came along."""
    held = claims.take(item=item, by=by)
    ticket = cases.open_ticket(
        item=item, by=by, fence=held.fence, title=case.title, summary=case.summary,
        place=case.place, urgency=case.urgency,
    )  # fmt: skip
    for other in others:
        cases.join(ticket=ticket, item=other, by=by, fence=claims.take(item=other, by=by).fence)
    letter = letters.draft(ticket=ticket, division=to, by=by, fence=ticket.fence)
    pieces = annexes.pieces(letter)
    pictures = [piece.key for piece in pieces if piece.file] or [piece.key for piece in pieces]
    annexes.choose(letter=letter, keys=pictures, by=by, fence=ticket.fence)
    return ticket, Letter.objects.get(pk=letter.pk)


def send(letter: Letter, *, by: User, head: User) -> Letter:
    """Put it before the head, who approves: it takes its number and is rendered."""
    letters.submit(letter=letter, by=by, fence=letter.referral.ticket.fence)
    letters.approve(letter=letter, by=head)
    return Letter.objects.select_related("copy").get(pk=letter.pk)


def example_a(move_clock: MoveClock) -> Made:
    """Nota dinas to the Dirlantas about a direct message on Instagram."""
    at(move_clock, 14, 9, 12)
    settings(
        {
            "name": "Bidhumas", "city": "Balikpapan", "style": "polri", "ticket_prefix": "HMS",
            "letterhead": "KEPOLISIAN NEGARA REPUBLIK INDONESIA\nDAERAH KALIMANTAN TIMUR\n"
            "BIDANG HUBUNGAN MASYARAKAT",
            "address": "Jalan Contoh Nomor 1 Balikpapan 76115", "sender": "Kabidhumas Polda Kaltim",
            "hotline": "Operator Media Sosial Bidhumas, telepon (0542) …",
        },
        last_ticket=430,
    )  # fmt: skip
    head = cast.make_user(
        "kabid", role=Role.HEAD, full_name="NAMA PEJABAT, S.I.K., M.H.",
        rank="KOMISARIS BESAR POLISI", id_number="00000000",
    )  # fmt: skip
    signer = Signer.objects.create(
        label="Kabid", lines="KEPALA BIDANG HUBUNGAN MASYARAKAT\nPOLDA KALTIM", user=head
    )
    form(
        LetterKind.NOTA_DINAS, kka="HUM.", unit="Bidhumas", signer=signer, last_letter=126,
        copies="Kapolda Kaltim.\nWakapolda Kaltim.\nIrwasda Polda Kaltim.",
    )  # fmt: skip
    Reference.objects.create(
        title="SOP Bidhumas Polda Kaltim tentang Penanganan Pesan Masyarakat melalui Media Sosial",
        rank=Reference.Rank.SOP,
    )
    division = counterpart(
        values={
            "name": "Ditlantas", "letter_kind": LetterKind.NOTA_DINAS, "salutation": "Dir",
            "addressee": "Dirlantas Polda Kaltim",
        },
        by=head,
    )  # fmt: skip
    operator = cast.make_user("operator")
    channel = cast.make_channel_by_hand(platform=Platform.INSTAGRAM, handle="@poldakaltim")
    message = arrive(channel, as_="chat", text="BPKB balik nama sudah 5 bulan", handle="warga")
    screenshot(message, position=0)
    screenshot(message, position=1)
    at(move_clock, 15, 9, 0)
    case = Case(
        title="proses penerbitan BPKB", place="Pelayanan BPKB, Balikpapan",
        summary="BPKB balik nama belum terbit setelah 5 (lima) bulan, pelapor menanyakan kepastian waktu",
    )  # fmt: skip
    ticket, letter = refer(message.item, others=[], by=operator, case=case, to=division)
    return Made(send(letter, by=operator, head=head), ticket)


def example_b(move_clock: MoveClock) -> Made:
    """Surat dinas to the water company about a comment on Facebook that seven others join."""
    at(move_clock, 14, 20, 41)
    settings(
        {
            "name": "Pemerintah Kota Balikpapan", "city": "Balikpapan", "style": "pemda",
            "ticket_prefix": "HMP", "letterhead": "PEMERINTAH KOTA BALIKPAPAN\nSEKRETARIAT DAERAH",
            "address": "Jalan Contoh Nomor 1 Balikpapan 76112, Telepon (0542) …,",
            "contacts": "Laman …go.id, Pos-el …@balikpapan.go.id", "emblem": EMBLEM,
        },
        last_ticket=218,
    )  # fmt: skip
    head = cast.make_user(
        "kabag", role=Role.HEAD, full_name="NAMA PEJABAT, S.Sos., M.Si.", rank="Pembina (IV/a)",
        id_label="NIP", id_number="190000000000000000",
    )  # fmt: skip
    signer = Signer.objects.create(
        label="Kabag u.b.", user=head,
        lines="a.n. Sekretaris Daerah\nAsisten Administrasi Umum,\nu.b. Kepala Bagian Humas dan Protokol,",
    )  # fmt: skip
    form(
        LetterKind.SURAT, kka="400.14", unit="HUMPRO", signer=signer, last_letter=126,
        pattern="{kka}/{n}/{unit}",
        copies="Wali Kota Balikpapan (sebagai laporan);\nSekretaris Daerah Kota Balikpapan.",
    )  # fmt: skip
    division = counterpart(
        values={
            "name": "Perumda Tirta Manuntung", "letter_kind": LetterKind.SURAT, "place": "Balikpapan",
            "addressee": "Direktur Utama Perumda Tirta Manuntung Balikpapan",
            "asks": "penjelasan penyebab, perkiraan waktu pulih, dan bantuan sementara (air tangki) bila "
            "tersedia",
        },
        by=head,
    )  # fmt: skip
    operator = cast.make_user("operator")
    channel = cast.make_channel_by_hand(platform=Platform.FACEBOOK, handle="Pemkot Balikpapan")
    items = [
        arrive(channel, as_="comment", text="Air mati 3 hari di RT 12", handle=f"warga{n}").item
        for n in range(8)
    ]
    at(move_clock, 15, 9, 0)
    case = Case(
        title="gangguan air", summary="air tidak mengalir selama 3 (tiga) hari",
        place="RT 12 Kelurahan Contoh, Kecamatan Balikpapan Utara", urgency=Urgency.HIGH,
    )  # fmt: skip
    ticket, letter = refer(items[0], others=items[1:], by=operator, case=case, to=division)
    return Made(send(letter, by=operator, head=head), ticket)


def example_b_within(before: Made) -> Made:
    """The matter of example B put to a part of the own house too: a nota dinas."""
    head, operator = before.letter.approved_by, before.ticket.in_charge
    assert head
    settings({"sender": "Kepala Bagian Humas dan Protokol"}, last_ticket=219)
    signer = Signer.objects.create(
        label="Kabag", user=head, lines="Kepala Bagian Humas dan Protokol,"
    )
    form(
        LetterKind.NOTA_DINAS, kka="400.14", unit="HUMPRO", signer=signer, last_letter=127,
        pattern="{kka}/{n}/{unit}", copies="Sekretaris Daerah Kota Balikpapan\nAsisten Administrasi Umum",
    )  # fmt: skip
    division = counterpart(
        values={
            "name": "Bagian Perekonomian", "letter_kind": LetterKind.NOTA_DINAS,
            "addressee": "Kepala Bagian Perekonomian", "attention": "Subbagian Pembinaan BUMD",
            "asks": "bahan jawaban",
        },
        by=head,
    )  # fmt: skip
    letter = letters.draft(
        ticket=before.ticket, division=division, by=operator, fence=before.ticket.fence
    )
    return Made(send(letter, by=operator, head=head), before.ticket)
