"""Number patterns: their tokens, what is wrong with one as typed, and how one is filled (domain.md §2.2, §2.3)."""

import re
from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

#: Every token with what it stands for, in the order a Polri number has them.
TOKENS: dict[str, str | Promise] = {
    "sifat": _("klasifikasi surat: B, T, R, atau SR"),
    "n": _("nomor urut, mulai dari 1 tiap tahun"),
    "roman": _("bulan dalam angka Romawi: VII"),
    "mm": _("bulan dua angka: 07"),
    "kka": _("kode klasifikasi arsip"),
    "yyyy": _("tahun: 2026"),
    "yy": _("tahun dua angka: 26"),
    "unit": _("kode satuan"),
}
#: The longest each token can get (ArchiveCode.code has 30 characters), to keep a number within its column.
_LONGEST = {"sifat": "SR", "n": "99999.a", "roman": "VIII", "mm": "12", "kka": "K" * 30, "yyyy": "2026", "yy": "26"}  # fmt: skip
NUMBER_LENGTH = 80  # Letter.number
_TOKEN = re.compile(r"\{([^{}]*)\}")


class PatternError(ValueError):
    """The pattern gives no numbers; `str()` is the sentence for the screen."""


def names() -> str:
    """“{sifat}, {n}, …”: the known tokens as they are typed."""
    return ", ".join(f"{{{name}}}" for name in TOKENS)


def check(pattern: str, *, unit: str = "") -> None:
    """Refuse a pattern that cannot number letters. `unit` is the office's unit code (its length counts).

    Raises PatternError: an unknown token, a stray brace, not exactly one {n}, characters that no number
    has, or a number that could get longer than its column.
    """
    used = _TOKEN.findall(pattern)
    if unknown := [name for name in used if name not in TOKENS]:
        raise PatternError(
            _("%(token)s tidak dikenal. Yang dikenal: %(known)s.")
            % {"token": f"{{{unknown[0]}}}", "known": names()}
        )
    rest = _TOKEN.sub("", pattern)
    if "{" in rest or "}" in rest:
        raise PatternError(_("Ada kurung kurawal yang tidak berpasangan."))
    if used.count("n") != 1:
        raise PatternError(
            _("Pola harus memuat %(token)s tepat satu kali: itulah nomor urutnya.")
            % {"token": "{n}"}
        )
    if not pattern.isprintable():
        raise PatternError(_("Pola hanya satu baris tanpa karakter khusus."))
    longest = fill(pattern, {**_LONGEST, "unit": unit})
    if len(longest) > NUMBER_LENGTH:
        raise PatternError(
            _("Nomornya bisa sepanjang %(n)s huruf; paling banyak %(most)s.")
            % {"n": len(longest), "most": NUMBER_LENGTH}
        )


def fill(pattern: str, values: Mapping[str, str]) -> str:
    """`pattern` with its tokens replaced; one that is empty takes a slash before it along, and no slash is
    left at either end. In one pass: a value that looks like a token stays as it is."""

    def value_of(match: re.Match[str]) -> str:
        value = values.get(match[2], "")
        return f"{match[1]}{value}" if value else ""

    return re.sub(r"(/?)\{([a-z]+)\}", value_of, pattern).strip("/")
