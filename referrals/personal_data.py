"""Personal data in a text that everybody will read (domain.md §5, PII check). Pure.

What belongs to offices is no secret: `own` are their texts (letterhead, hotline, public contacts), and what
stands in them is not found. Patterns that hit too much were tried on real complaints (domain.md §5): a naive
plate finds mostly “RT 02 RW” and “P3K”.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from referrals.findings import Finding, Kind, found_at

_SIXTEEN = re.compile(r"(?<![\d/])\d(?:[ .\-]?\d){15}(?![\d])")
_NIP = re.compile(
    r"(?<![\d/])(?:19|20)\d\d[ ]?(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[ ]?"
    r"(?:19|20)\d\d[ ]?(?:0[1-9]|1[0-2])[ ]?[12][ ]?\d{3}(?!\d)"
)
_STAFF = re.compile(r"\b(?:NRP|NIP)\b[ .:]*\d(?:[ .]?\d){4,20}", re.IGNORECASE)
_MOBILE = re.compile(r"(?<![\d/.])\(?(?:\+?62[ .\-]?|0)8[1-9]\d\)?(?:[ .\-]?\d){6,9}(?!\d)")
_LANDLINE = re.compile(
    r"(?<![\d/.])\(?(?:\+?62[ .\-]?|0)(?:2[1-9]\d?|[3-79]\d\d?)\)?[ .\-]{1,2}\d(?:[ \-]?\d){4,7}(?!\d)"
)
_EMAIL = re.compile(r"[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+")
_LONG = re.compile(r"(?<![\w/.\-])(?:\d{10,24}|\d{3,5}(?:[ \-]\d{3,5}){2,5})(?![\w\-])")
_NAMED_NUMBER = re.compile(
    r"\b(?:rek(?:ening)?|(?:no(?:mor)?\.? ?|id ?)(?:rek(?:ening)?|pel(?:anggan)?|akun|meter(?:an)?|sambungan))"
    r"\b[^\d\n]{0,16}(\d(?:[ .\-]?\d){5,19})",
    re.IGNORECASE,
)
_BIRTH = re.compile(
    r"\b(?:lahir|kelahiran|ttl)\b[^\n\d]{0,40}\d{1,2}[ /.\-]{1,2}(?:\d{1,2}|[a-z]{3,9})[ /.\-]{1,2}\d{2,4}",
    re.IGNORECASE,
)
_ADDRESS = re.compile(
    r"\b(?:jl|jln|jalan|gg|gang|perum(?:ahan)?|komp(?:lek|leks)?)\b\.?[ ][^\n,;:]{2,60}?,?[ ]*"
    r"\b(?:(?:no|nomor|blok)\b\.?[ ]*[a-z]{0,2}[ \-/]?\d+\w?|rt\b\.?[ ]*\d)"
    r"(?:,?[ ]*(?:blok[ ]*\w+|rt\b\.?[ ]*\d*|rw\b\.?[ ]*\d+|/[ ]*(?:rw\b\.?[ ]*)?\d+|\d+))*",
    re.IGNORECASE,
)
_RT_RW = re.compile(r"\brt\b\.?[ ]*\d{1,3}[ ]*[,/]?[ ]*rw\b\.?[ ]*\d{1,3}", re.IGNORECASE)
_PLATE = re.compile(r"(?<![\w/.\-])([A-Za-z]{1,2})[ \-]?(\d{1,4})[ \-]?([A-Za-z]{1,3})(?![\w/])")
#: Where vehicles are registered; what begins otherwise is no plate.
_PREFIXES = frozenset(
    [
        "A",
        "AA",
        "AB",
        "AD",
        "AE",
        "AG",
        "B",
        "BA",
        "BB",
        "BD",
        "BE",
        "BG",
        "BH",
        "BK",
        "BL",
        "BM",
        "BN",
        "BP",
        "D",
        "DA",
        "DB",
        "DC",
        "DD",
        "DE",
        "DG",
        "DH",
        "DK",
        "DL",
        "DM",
        "DN",
        "DP",
        "DR",
        "DS",
        "DT",
        "DW",
        "E",
        "EA",
        "EB",
        "ED",
        "F",
        "G",
        "H",
        "K",
        "KB",
        "KH",
        "KT",
        "KU",
        "L",
        "M",
        "N",
        "P",
        "PA",
        "PB",
        "R",
        "S",
        "T",
        "W",
        "Z",
    ]
)
#: Endings of what only looks like a plate: “B 12 RT”, “A 5 km”, “KT 3 dan”.
_NO_PLATE = frozenset(
    [
        "RT",
        "RW",
        "KM",
        "NO",
        "KK",
        "KG",
        "M",
        "CM",
        "WIB",
        "WIT",
        "WKT",
        "JAM",
        "PKL",
        "HR",
        "TH",
        "THN",
        "BLN",
        "DAN",
        "DI",
        "KE",
        "ITU",
        "INI",
        "ATAU",
        "YG",
        "DPT",
    ]
)


def personal(text: str, *, own: Sequence[str] = ()) -> list[Finding]:
    """Everything in `text` that looks like personal data, in no order and possibly overlapping."""
    return [
        *_niks(text),
        *_numbers(text, _own_numbers(own)),
        *_mails(text, own),
        *(found_at(text, Kind.BIRTH, *match.span()) for match in _BIRTH.finditer(text)),
        *_addresses(text, own),
        *_plates(text),
    ]


def is_nik(digits: str) -> bool:
    """Whether 16 digits can be a NIK: a province, and a day of birth (a woman's day is 40 higher)."""
    if len(digits) != 16 or not 11 <= int(digits[:2]) <= 97:
        return False
    day, month = int(digits[6:8]), int(digits[8:10])
    return 1 <= (day - 40 if day > 40 else day) <= 31 and 1 <= month <= 12


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _dialled(text: str) -> str:
    """A telephone number as it is dialled at home: “+62 812-3…” → “08123…”."""
    digits = _digits(text)
    return f"0{digits[2:]}" if digits.startswith("62") else digits


def _own_numbers(own: Iterable[str]) -> set[str]:
    runs = (run for each in own for run in re.findall(r"\+?\(?\d[\d .()\-]{2,}\d", each))
    return {_dialled(run) for run in runs}


def _niks(text: str) -> Iterator[Finding]:
    for match in _SIXTEEN.finditer(text):
        kind = Kind.NIK if is_nik(_digits(match[0])) else Kind.ACCOUNT
        yield found_at(text, kind, *match.span())


def _numbers(text: str, own: set[str]) -> Iterator[Finding]:
    """Numbers of people: staff, telephones, accounts. Not those that are an office's own."""
    for pattern in (_NIP, _STAFF):
        for match in pattern.finditer(text):
            yield found_at(text, Kind.STAFF_NUMBER, *match.span())
    hits = [
        *((Kind.PHONE, match.span()) for match in _MOBILE.finditer(text)),
        *((Kind.PHONE, match.span()) for match in _LANDLINE.finditer(text)),
        *((Kind.ACCOUNT, match.span()) for match in _LONG.finditer(text)),
        *((Kind.ACCOUNT, match.span(1)) for match in _NAMED_NUMBER.finditer(text)),
    ]
    ours = [span for _kind, span in hits if _dialled(text[slice(*span)]) in own]
    for kind, (start, end) in hits:  # a part of our own number is ours too
        if not any(begin < end and start < stop for begin, stop in ours):
            yield found_at(text, kind, start, end)


def _mails(text: str, own: Sequence[str]) -> Iterator[Finding]:
    known = {mail.casefold().rstrip(".") for each in own for mail in _EMAIL.findall(each)}
    for match in _EMAIL.finditer(text):
        if match[0].casefold().rstrip(".") not in known:
            yield found_at(text, Kind.EMAIL, *match.span())


def _plain(text: str) -> str:
    """Words and numbers alone, “Jl.” and “Jalan” being one."""
    words = re.findall(r"\w+", text.casefold())
    same = {"jl": "jalan", "jln": "jalan", "nomor": "no", "gg": "gang"}
    return f" {' '.join(same.get(word, word) for word in words)} "


def _addresses(text: str, own: Sequence[str]) -> Iterator[Finding]:
    known = _plain(" \n ".join(own))
    for pattern in (_ADDRESS, _RT_RW):
        for match in pattern.finditer(text):
            if _plain(match[0]) not in known:
                yield found_at(text, Kind.ADDRESS, *match.span())


def _plates(text: str) -> Iterator[Finding]:
    for match in _PLATE.finditer(text):
        place, number, series = match[1], match[2], match[3].upper()
        before = text[: match.start()].rstrip().casefold()
        if place.upper() not in _PREFIXES or series in _NO_PLATE or before.endswith(("blok", "no")):
            continue
        if f"{place}{number}{series}".upper() == "P3K":
            continue
        written = match[0].isupper()  # in small letters only what has a plate's whole length
        if written or (len(number) == 4 and len(place) + len(series) > 2):
            yield found_at(text, Kind.PLATE, *match.span())
