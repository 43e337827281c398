"""Numbers, dates and hours as an Indonesian letter spells them."""

import datetime
from zoneinfo import ZoneInfo

MONTHS = (
    "Januari",
    "Februari",
    "Maret",
    "April",
    "Mei",
    "Juni",
    "Juli",
    "Agustus",
    "September",
    "Oktober",
    "November",
    "Desember",
)
ROMAN_MONTHS = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")

_UNITS = (
    "nol",
    "satu",
    "dua",
    "tiga",
    "empat",
    "lima",
    "enam",
    "tujuh",
    "delapan",
    "sembilan",
    "sepuluh",
    "sebelas",
)
# The three Indonesian zones have no summer time; anything else is not an office's clock.
_ZONE_NAMES = {7: "WIB", 8: "WITA", 9: "WIT"}


def spell(number: int) -> str:
    """Spell 0 to 999,999 in Indonesian: ``127`` gives "seratus dua puluh tujuh".

    Raises ``ValueError`` outside that range.
    """
    if not 0 <= number <= 999_999:
        raise ValueError(f"cannot spell {number}")
    if number < 12:
        return _UNITS[number]
    if number < 20:
        return f"{_UNITS[number - 10]} belas"
    for size, name, one in ((1000, "ribu", "seribu"), (100, "ratus", "seratus"), (10, "puluh", "")):
        if number >= size:
            count, rest = divmod(number, size)
            head = one if count == 1 else f"{spell(count)} {name}"
            return f"{head} {spell(rest)}" if rest else head
    raise AssertionError("unreachable: every number from 12 up is ten or more")


def count_words(number: int) -> str:
    """Give a count as letters write it: ``5`` gives "5 (lima)". Raises as ``spell``."""
    return f"{number} ({spell(number)})"


def roman_month(month: int) -> str:
    """Give the month of a letter number: ``7`` gives "VII". ``ValueError`` outside 1 to 12."""
    if not 1 <= month <= 12:
        raise ValueError(f"no such month: {month}")
    return ROMAN_MONTHS[month - 1]


def long_date(date: datetime.date) -> str:
    """Give a date in full: "15 Juli 2026". A datetime is read in its own zone, not converted."""
    return f"{date.day} {MONTHS[date.month - 1]} {date.year}"


def clock_time(moment: datetime.datetime, zone: str | datetime.tzinfo) -> str:
    """Give an aware moment on an office's clock: "09.12 WITA".

    ``zone`` is a time-zone or its name ("Asia/Makassar"). A zone that is not Indonesian is named
    by its own abbreviation. Raises ``ValueError`` for a naive datetime.
    """
    if moment.tzinfo is None:
        raise ValueError("clock_time needs an aware datetime")
    local = moment.astimezone(ZoneInfo(zone) if isinstance(zone, str) else zone)
    offset = (local.utcoffset() or datetime.timedelta()) / datetime.timedelta(hours=1)
    return f"{local:%H.%M} {_ZONE_NAMES.get(int(offset), local.tzname() or '')}".rstrip()
