"""What a letter says: frozen records from which every form of letter is typeset.

Plain Python, knows no Django. The records hold what the letter says, never how it is drawn:
``render.py`` and ``templates/`` do that. Source of the parts: domain.md §2.2 (Polri) and §2.3
(local government).
"""

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from . import pictures

Style = Literal["polri", "pemda"]
Kind = Literal["nota_dinas", "surat"]
Paper = Literal["a4", "f4"]

# Width and height in millimetres. F4 is the Indonesian folio, 21.5 x 33 cm (domain.md §2.2).
PAPER_SIZES: dict[Paper, tuple[float, float]] = {"a4": (210.0, 297.0), "f4": (215.0, 330.0)}

# domain.md §2.2: at most three lines of at most 41 strokes.
KOPSTUK_LINES = 3
KOPSTUK_STROKES = 41


class IncompleteLetter(ValueError):
    """The letter cannot be typeset; ``field`` names the culprit (``signer.name``).

    ``str(error)`` is one Indonesian sentence for the person who writes the letter.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Who writes: the lines from the highest body down to the unit, as they are to be printed.

    ``emblem`` is the office's own picture, PNG or SVG bytes; none is shipped.
    """

    lines: tuple[str, ...]
    address: str
    contacts: str = ""
    style: Style = "polri"
    emblem: bytes | None = None


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs.

    ``on_behalf`` holds every line above the signature, the signer's own office last:
    ``("a.n. Sekretaris Daerah", "Asisten Administrasi Umum,", "u.b. Kepala Bagian Humas,")`` or
    ``("KEPALA BIDANG HUBUNGAN MASYARAKAT", "POLDA KALTIM")``. A leading "a.n.", "u.b." or "Plt."
    is hung to the left of the office. ``rank`` and ``id_number`` may be empty: a mayor has
    neither, a general prints no NRP.
    """

    on_behalf: tuple[str, ...]
    name: str
    rank: str = ""
    id_label: Literal["NRP", "NIP"] = "NRP"
    id_number: str = ""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """An unnumbered paragraph, first line indented: opening and closing of a pemda letter."""

    text: str


@dataclass(frozen=True, slots=True)
class Pair:
    """A lettered line of the form ``nomor tiket : HMS-2026-000431-T;``.

    The colons of neighbouring pairs stand under each other.
    """

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A lettered item (a., b., …); its own items count 1), 2), … and those a), b), …"""

    text: str
    items: tuple["Entry | Pair", ...] = ()


@dataclass(frozen=True, slots=True)
class Point:
    """A numbered paragraph (1., 2., …). Numbers run through the whole letter."""

    text: str
    items: tuple[Entry | Pair, ...] = ()


Block = Paragraph | Point


@dataclass(frozen=True, slots=True)
class Layout:
    """Paper and margins in millimetres, letter size in points."""

    paper: Paper = "a4"
    top: float = 20.0
    right: float = 15.0
    bottom: float = 30.0
    left: float = 25.0
    font_size: float = 11.0
    underline_last_copy: bool = False


# domain.md §2.2 (Perkap 7/2017; last copy underlined in a surat) and §2.3. Offices change them.
DEFAULT_LAYOUTS: dict[tuple[Style, Kind], Layout] = {
    ("polri", "nota_dinas"): Layout(),
    ("polri", "surat"): Layout(underline_last_copy=True),
    ("pemda", "nota_dinas"): Layout(right=20.0, bottom=25.0, left=30.0),
    ("pemda", "surat"): Layout(right=20.0, bottom=25.0, left=30.0),
}


@dataclass(frozen=True, slots=True)
class AnnexPage:
    """What is put behind the letter: a citizen's words, or a picture (PNG, JPEG, GIF, WebP bytes).

    Several stand on one page where they fit, each under its numbered ``title``.
    """

    title: str
    text: str = ""
    picture: bytes | None = None


@dataclass(frozen=True, slots=True)
class LetterContent:
    """A whole letter.

    - ``number``: None while it is a draft: "Nomor: ……" and a light KONSEP across the page.
    - ``date``: printed "15 Juli 2026"; also the PDF's creation date (equal letters: equal bytes).
    - ``addressee``: the office; a leading "Yth." is accepted and not doubled.
    - ``sender``: "Kabidhumas Polda Kaltim", nota dinas only.
    - ``sifat``: urgency, printed by a pemda; ``classification``: printed by a Polri letter.
    - ``subject_label``: "Hal" or "Perihal" where the office wants another than its form's default.
    - ``secrecy``: for example "RAHASIA": top and bottom of each page.
    - ``attention``: the person the letter is for the attention of; printed "u.p. …" under the addressee.
    - ``annexes``: pages after the letter, under the heading LAMPIRAN with its number and date.
    - ``verification``: a line for the foot of the page where the letter (not its annex) ends.
    - ``verify_url``: where the letter can be verified: a QR code beside the signature, with the address.
    """

    kind: Kind
    letterhead: Letterhead
    number: str | None
    place: str
    date: datetime.date
    addressee: str
    subject: str
    body: tuple[Block, ...]
    signer: Signer
    attention: str = ""
    addressee_place: str = ""
    sender: str = ""
    sifat: str = "Biasa"
    classification: str = "BIASA"
    attachments_note: str = "-"
    copies: tuple[str, ...] = ()
    secrecy: str = ""
    subject_label: str = ""
    verification: str | None = None
    verify_url: str = ""
    layout: Layout | None = None
    annexes: tuple[AnnexPage, ...] = ()

    @property
    def style(self) -> Style:
        """The family of forms, which is the letterhead's."""
        return self.letterhead.style

    @property
    def page(self) -> Layout:
        """The layout in force: the letter's own, else the default of its form."""
        return self.layout or DEFAULT_LAYOUTS[self.style, self.kind]

    @property
    def is_draft(self) -> bool:
        """True until the register has given a number."""
        return self.number is None


def punctuated(
    items: Iterable[Entry | Pair], *, conjunction: str = "dan", last: str = "."
) -> tuple[Entry | Pair, ...]:
    """Close the items of one list as a clerk does: ``…;`` ``…; dan`` ``….``

    Takes items without closing marks (present ones are replaced) and returns new ones. An empty
    ``conjunction`` leaves out "dan", as in a list of rujukan.
    """
    listed = list(items)
    joined = f"; {conjunction}" if conjunction else ";"
    marks = [";"] * len(listed) + [joined, last]
    return tuple(map(_close, listed, marks[-len(listed) :])) if listed else ()


def _close(item: Entry | Pair, mark: str) -> Entry | Pair:
    if isinstance(item, Pair):
        return replace(item, value=item.value.rstrip(" ;,.") + mark)
    if item.items:  # a list below it carries the marks
        return item
    return replace(item, text=item.text.rstrip(" ;,.") + mark)


def check(content: LetterContent) -> None:
    """Refuse a letter that lacks a part its form cannot do without, or holds a picture that cannot be drawn.

    Raises ``IncompleteLetter`` for the first such part, in the order of the page.
    """
    for field, value, message in _required(content):
        if not value.strip():
            raise IncompleteLetter(field, message)
    if not content.body:
        raise IncompleteLetter("body", "Isi surat belum ditulis.")
    for number, block in enumerate(content.body, start=1):
        _check_block(block, number)
    _check_layout(content.page)
    _check_emblem(content.letterhead.emblem)
    for number, annex in enumerate(content.annexes, start=1):
        _check_annex(annex, number)


def _required(content: LetterContent) -> Iterator[tuple[str, str, str]]:
    """Yield (field, its text, what to say when it is blank) for every part the form needs."""
    inside = content.kind == "nota_dinas"
    pemda = content.style == "pemda"
    yield "letterhead.lines", "".join(content.letterhead.lines), "Baris kop surat belum diisi."
    yield "letterhead.address", content.letterhead.address, "Alamat pada kop surat belum diisi."
    if content.number is not None:
        yield "number", content.number, "Nomor surat kosong."
    if not (inside and pemda):  # a pemda nota dinas carries the date alone
        yield "place", content.place, "Tempat surat belum diisi."
    yield "addressee", content.addressee.strip().removeprefix("Yth."), "Tujuan (Yth.) belum diisi."
    if inside:
        yield "sender", content.sender, "Pengirim (Dari) belum diisi."
    yield "subject", content.subject, "Perihal surat belum diisi."
    if pemda:
        yield "sifat", content.sifat, "Sifat surat belum diisi."
    elif not inside:
        yield "classification", content.classification, "Klasifikasi surat belum diisi."
    yield (
        "signer.on_behalf",
        "".join(content.signer.on_behalf),
        "Jabatan penanda tangan belum diisi.",
    )
    yield "signer.name", content.signer.name, "Nama penanda tangan belum diisi."


def _check_block(block: Block, number: int) -> None:
    if not block.text.strip():
        raise IncompleteLetter(f"body.{number}", f"Paragraf ke-{number} masih kosong.")
    if isinstance(block, Point):
        _check_items(block.items, number)


def _check_items(items: tuple[Entry | Pair, ...], number: int) -> None:
    for item in items:
        text = item.label if isinstance(item, Pair) else item.text
        if not text.strip():
            message = f"Ada butir yang masih kosong pada paragraf ke-{number}."
            raise IncompleteLetter(f"body.{number}", message)
        if isinstance(item, Entry):
            _check_items(item.items, number)


def _check_emblem(emblem: bytes | None) -> None:
    try:
        if emblem:
            pictures.emblem(emblem)
    except pictures.Unusable as error:
        raise IncompleteLetter(
            "letterhead.emblem",
            "Lambang pada kop surat tidak dapat dibaca; harus berupa gambar PNG atau SVG.",
        ) from error


def _check_annex(annex: AnnexPage, number: int) -> None:
    """A picture that cannot be drawn must be known before the letter takes its number."""
    if not annex.picture and not annex.text.strip():
        raise IncompleteLetter(f"annexes.{number}", f"Lampiran ke-{number} kosong.")
    try:
        if annex.picture:
            pictures.drawing(annex.picture)
    except pictures.Unusable as error:
        message = (
            f"Gambar lampiran ke-{number} tidak dapat dibaca. Gunakan berkas JPEG, PNG, GIF, atau WebP "
            "yang utuh, atau keluarkan dari lampiran."
        )
        raise IncompleteLetter(f"annexes.{number}", message) from error


def _check_layout(page: Layout) -> None:
    """Leave at least 8 cm by 10 cm to write on; smaller than that is a slip of the keyboard."""
    width, height = PAPER_SIZES[page.paper]
    sides = (page.top, page.right, page.bottom, page.left)
    too_big = width - page.left - page.right < 80 or height - page.top - page.bottom < 100
    if min(sides) < 5 or too_big:
        raise IncompleteLetter("layout", "Ukuran margin surat tidak masuk akal.")
    if not 8 <= page.font_size <= 16:
        raise IncompleteLetter("layout", "Ukuran huruf surat harus antara 8 dan 16.")
