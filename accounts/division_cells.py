"""What the cells of an import mean: each column's text as a value, or a sentence that says what to do."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from accounts.models import Division, DivisionContact, LetterKind, User

_LETTERS = {
    "nota dinas": LetterKind.NOTA_DINAS, "notadinas": LetterKind.NOTA_DINAS, "nd": LetterKind.NOTA_DINAS,
    "surat": LetterKind.SURAT, "surat dinas": LetterKind.SURAT, "surat biasa": LetterKind.SURAT,
}  # fmt: skip
_WAYS = {
    "portal": "portal", "portal divisi": "portal", "tautan": "link", "link": "link", "surel": "email", "email": "email",
    "cetak": "print", "cetak dan antar": "print", "srikandi": "srikandi",
}  # fmt: skip
_YES = {"ya": True, "y": True, "1": True, "tidak": False, "t": False, "0": False}

#: Column → the kind of contact it holds.
CONTACTS = {
    "telepon_piket": DivisionContact.Kind.DUTY_PHONE,
    "telepon": DivisionContact.Kind.PHONE,
    "whatsapp": DivisionContact.Kind.WHATSAPP,
    "surel": DivisionContact.Kind.EMAIL,
    "kontak_warga": DivisionContact.Kind.PUBLIC,
}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, where, and what to do; `column` "" when it is the whole line."""

    line: int
    column: str
    what: str


def _short(model: type[Division | User], field: str) -> Callable[[str], str]:
    most: int = model._meta.get_field(field).max_length  # type: ignore[union-attr,assignment]  # noqa: SLF001

    def check(text: str) -> str:
        if len(text) > most:
            msg = _("Terlalu panjang: %(n)s huruf, paling banyak %(most)s.")
            raise ValueError(msg % {"n": len(text), "most": most})
        return text

    return check


def code(text: str) -> str:
    """A code: lower case, figures, dashes. Raises ValueError."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,39}", text.lower()):
        raise ValueError(
            _("“%(text)s” bukan kode. Pakai huruf kecil, angka, dan tanda hubung, tanpa spasi.")
            % {"text": text[:40]}
        )
    return text.lower()


def _letter(text: str) -> str:
    try:
        return _LETTERS[text.lower().replace("_", " ")]
    except KeyError:
        raise ValueError(
            _("“%(text)s” tidak dikenal. Tulis nota dinas atau surat.") % {"text": text[:40]}
        ) from None


def _way(text: str) -> str:
    try:
        return _WAYS[text.lower()]
    except KeyError:
        raise ValueError(
            _("“%(text)s” tidak dikenal. Tulis portal, tautan, surel, cetak, atau srikandi.")
            % {"text": text[:40]}
        ) from None


def _addressee(text: str) -> str:
    return _short(Division, "addressee")(without_yth(text))


def without_yth(text: str) -> str:
    """“Yth. Kepala Dinas” → “Kepala Dinas”: the letter writes it itself."""
    return re.sub(r"^(?:kepada\s+)?yth\.?(?:\s+|$)", "", text.strip(), flags=re.IGNORECASE)


def _days(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,3}", text) or not 1 <= int(text) <= 90:
        raise ValueError(
            _("“%(text)s” bukan jumlah hari. Tulis angka 1 sampai 90.") % {"text": text[:40]}
        )
    return int(text)


def _yes(text: str) -> bool:
    try:
        return _YES[text.lower()]
    except KeyError:
        raise ValueError(_("“%(text)s”: tulis ya atau tidak.") % {"text": text[:40]}) from None


def words(text: str) -> list[str]:
    """Citizens' words: lower case, each once, 60 characters at most. Raises ValueError."""
    found = dict.fromkeys(" ".join(part.lower().split()) for part in re.split(r"[,;\n]", text))
    for word in found:
        if len(word) > 60:
            msg = _("Kata kunci “%(word)s…” terlalu panjang. Pisahkan dengan koma.")
            raise ValueError(msg % {"word": word[:30]})
    return [word for word in found if word]


#: Column → (field of Division, how its text becomes a value).
FIELDS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "nama": ("name", _short(Division, "name")),
    "jenis_surat": ("letter_kind", _letter),
    "ditujukan_kepada": ("addressee", _addressee),
    "up": ("attention", _short(Division, "attention")),
    "sapaan": ("salutation", _short(Division, "salutation")),
    "kota_tujuan": ("place", _short(Division, "place")),
    "alamat": ("address", str),
    "dikirim_lewat": ("dispatch_by", _way),
    "batas_jawab": ("answer_days", _days),
    "kerja_sabtu": ("works_saturday", _yes),
    "kata_kunci": ("words", words),
    "yang_diminta": ("asks", str),
}


def contacts(column: str, text: str) -> list[tuple[str, str]]:
    """(kind, value) of each contact in a cell; several are parted by commas. Raises ValueError."""
    found = []
    for value in (part.strip() for part in text.split(",")):
        if not value:
            continue
        if len(value) > 160:
            raise ValueError(_("Terlalu panjang: paling banyak 160 huruf."))
        if column == "surel":
            mail(value)
        elif column != "kontak_warga" and len(re.findall(r"\d", value)) < 3:
            raise ValueError(_("“%(text)s” bukan nomor telepon.") % {"text": value[:40]})
        found.append((str(CONTACTS[column]), value))
    return found


def mail(text: str) -> str:
    """An e-mail address in lower case. Raises ValueError."""
    try:
        validate_email(text)
        _short(User, "email")(text)
    except ValidationError:
        raise ValueError(
            _("“%(text)s” bukan alamat surel. Contoh: nama@polri.go.id") % {"text": text[:60]}
        ) from None
    return text.lower()


def _label(text: str) -> str:
    if text.upper() not in ("NRP", "NIP"):
        raise ValueError(_("“%(text)s”: tulis NRP atau NIP.") % {"text": text[:40]})
    return text.upper()


def _login(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_.-]{2,60}", text):
        raise ValueError(
            _("“%(text)s” bukan nama masuk. Pakai huruf, angka, titik, atau tanda hubung.")
            % {"text": text[:60]}
        )
    return text


#: Column → (field of User, how its text becomes a value).
OFFICER: dict[str, tuple[str, Callable[[str], Any]]] = {
    "petugas_nama": ("full_name", _short(User, "full_name")),
    "petugas_surel": ("email", mail),
    "petugas_nama_masuk": ("username", _login),
    "petugas_pangkat": ("rank", _short(User, "rank")),
    "petugas_jenis_nomor": ("id_label", _label),
    "petugas_nomor": ("id_number", _short(User, "id_number")),
}
