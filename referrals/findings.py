"""What is pointed out in a public text before it goes to citizens: kinds, places, how it is shown and kept."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

LONGEST = 120  # characters of what was found that are kept and shown


class Kind(TextChoices):
    """What it seems to be, in the words the screen shows. Of two in one place the one named first stays."""

    PASTED = "pasted", _("disalin dari jawaban divisi, tulis dengan kata-kata sendiri")
    NIK = "nik", _("tampaknya NIK")
    STAFF_NUMBER = "staff_number", _("NRP atau NIP petugas")
    LETTER = "letter", _("nomor surat atau nomor laporan")
    EMAIL = "email", _("alamat surel, bukan milik kantor")
    BIRTH = "birth", _("tanggal lahir")
    PHONE = "phone", _("nomor telepon, bukan milik kantor atau kontak umum divisi")
    ACCOUNT = "account", _("deret angka panjang, misalnya nomor rekening atau pelanggan")
    ADDRESS = "address", _("alamat rumah")
    PLATE = "plate", _("pelat nomor")
    PERSON = "person", _("nama petugas atau pejabat")
    INTERNAL = "internal", _("kata dinas yang tidak dikenal warga")


_RANK = {kind: place for place, kind in enumerate(Kind)}


@dataclass(frozen=True, slots=True)
class Finding:
    """`text[start:end]` looks like a `kind`; `hint` says what could stand there instead, if anything."""

    kind: Kind
    start: int
    end: int
    found: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of the text; `marked` where something was found in it."""

    text: str
    marked: bool


def found_at(text: str, kind: Kind, start: int, end: int, hint: str = "") -> Finding:
    """The finding at these places of `text`, without the blanks around it."""
    words = text[start:end]
    start += len(words) - len(words.lstrip())
    return Finding(kind, start, start + len(words.strip()), words.strip()[:LONGEST], hint)


def settled(found: Iterable[Finding]) -> list[Finding]:
    """In the order of the text. Of findings that overlap the most telling stays, of equals the longer one;
    what was copied from the division stands beside the others. The same words are pointed out once."""
    kept: list[Finding] = []
    for one in sorted(found, key=lambda each: (_RANK[each.kind], each.start - each.end)):
        rivals = (each for each in kept if Kind.PASTED not in (each.kind, one.kind))
        if not any(each.start < one.end and one.start < each.end for each in rivals):
            kept.append(one)
    return sorted(kept, key=lambda each: (each.start, _RANK[each.kind]))


def named(found: Sequence[Finding]) -> list[Finding]:
    """Each kind and wording once, for lists: a name that stands in the text three times is one question."""
    return list({(one.kind, one.found.casefold()): one for one in reversed(found)}.values())[::-1]


def segments(text: str, found: Sequence[Finding]) -> list[Segment]:
    """The whole text in pieces, the found words marked."""
    made, at = [], 0
    for one in found:
        start = max(one.start, at)
        if one.end <= at:
            continue
        if start > at:
            made.append(Segment(text[at:start], marked=False))
        made.append(Segment(text[start : one.end], marked=True))
        at = one.end
    return [*made, Segment(text[at:], marked=False)] if at < len(text) else made


def stored(found: Sequence[Finding]) -> list[dict[str, str]]:
    """As `Relay.findings` keeps them."""
    return [{"kind": str(one.kind), "found": one.found} for one in named(found)]


def labelled(kept: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """What `stored` made, with the words for its kind under “label”."""
    labels = dict(Kind.choices)
    return [{**one, "label": str(labels.get(one["kind"], one["kind"]))} for one in kept]


def fingerprint(found: Sequence[Finding]) -> str:
    """What the confirmation stands for: exactly these findings. Others need another look. "" for none."""
    if not found:
        return ""
    said = sorted(f"{one.kind}\x1f{one.found.casefold()}" for one in named(found))
    return hashlib.sha256("\x1e".join(said).encode()).hexdigest()[:20]
