"""What the shipped fonts can print, and what stands in for the rest.

PDF/A refuses a character that no embedded font has, so Typst stops with an error. Citizens write
emoji and fancy letters; a letter must still come out. Each run of text therefore passes ``clean``.
"""

import re
import struct
import unicodedata
from functools import cache, lru_cache
from pathlib import Path

FONTS = Path(__file__).parent / "fonts"

# An open square: visibly "something stood here". Liberation Sans has it.
SUBSTITUTE = "\N{WHITE SQUARE}"

# Typst breaks lines at spaces only; a longer word than this gets places where it may break.
LONGEST_WORD = 30

_BREAK = "\N{ZERO WIDTH SPACE}"
_LONG_WORD = re.compile(rf"[^\s{_BREAK}-]{{{LONGEST_WORD + 1},}}")
# One emoji as people see it: a base, with what only modifies it (skin tone, variation selector,
# keycap, joined further emoji). Flags are pairs of regional indicators.
_MODIFIED = re.compile(
    "([\U0001f1e6-\U0001f1ff])[\U0001f1e6-\U0001f1ff]"
    "|(.)(?:[\ufe00-\ufe0f\u20e3\U0001f3fb-\U0001f3ff]|\u200d.)+",
    re.DOTALL,
)


@cache
def covered() -> frozenset[int]:
    """Return the code points that every shipped font can print.

    Reads the ``cmap`` tables (format 4) of the fonts, once per process.
    """
    return frozenset.intersection(*(_code_points(path) for path in sorted(FONTS.glob("*.ttf"))))


def clean(text: str) -> str:
    """Return ``text`` as it can be printed: same words, nothing that the fonts lack.

    Line breaks stay, tabs become a space; control and direction-switching characters go (they can
    make a letter read otherwise than its bytes). Mathematical or full-width letters become plain
    ones. Everything else the fonts lack becomes ``SUBSTITUTE``. Overlong words may break anywhere.
    """
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = text.replace("\u2028", "\n").replace("\u2029", "\n").replace("\t", " ")
    text = _MODIFIED.sub(lambda match: match[1] or match[2], text)
    text = "".join(map(_printable, text))
    return _LONG_WORD.sub(lambda match: _BREAK.join(match[0]), text)


def unprintable(text: str) -> tuple[str, ...]:
    """Return the characters that ``clean`` replaces by a square, each once, in order."""
    bare = _MODIFIED.sub(lambda match: match[1] or match[2], unicodedata.normalize("NFC", text))
    return tuple(dict.fromkeys(char for char in bare if _printable(char) == SUBSTITUTE != char))


@lru_cache(maxsize=4096)
def _printable(char: str) -> str:
    if char == "\n":
        return char
    category = unicodedata.category(char)
    if category in ("Cc", "Cf"):
        return ""
    if category == "Zs":
        return char if ord(char) in covered() else " "
    if ord(char) in covered():
        return char
    plain = unicodedata.normalize("NFKC", char)
    return plain if all(ord(part) in covered() for part in plain) else SUBSTITUTE


def _code_points(path: Path) -> frozenset[int]:
    """Read a TrueType font's format 4 character map (OpenType specification, table ``cmap``)."""
    data = path.read_bytes()
    (tables,) = struct.unpack_from(">H", data, 4)
    records = (struct.unpack_from(">4sIII", data, 12 + 16 * index) for index in range(tables))
    start = next(offset for tag, _, offset, _ in records if tag == b"cmap")
    (count,) = struct.unpack_from(">H", data, start + 2)
    found: set[int] = set()
    for index in range(count):
        platform, encoding, offset = struct.unpack_from(">HHI", data, start + 4 + 8 * index)
        (form,) = struct.unpack_from(">H", data, start + offset)
        if (platform, encoding) == (3, 1) and form == 4:
            found |= _segments(data, start + offset)
    if not found:
        raise ValueError(f"no Unicode character map in {path.name}")
    return frozenset(found)


def _segments(data: bytes, start: int) -> set[int]:
    """Return the code points of one format 4 subtable that lead to a glyph other than 0."""
    (double,) = struct.unpack_from(">H", data, start + 6)
    count = double // 2
    ends = struct.unpack_from(f">{count}H", data, start + 14)
    starts = struct.unpack_from(f">{count}H", data, start + 16 + double)
    deltas = struct.unpack_from(f">{count}H", data, start + 16 + 2 * double)
    ranges_at = start + 16 + 3 * double
    found: set[int] = set()
    for index, (first, last) in enumerate(zip(starts, ends, strict=True)):
        (distance,) = struct.unpack_from(">H", data, ranges_at + 2 * index)
        for point in range(first, min(last, 0xFFFE) + 1):
            glyph = point
            if distance:
                at = ranges_at + 2 * index + distance + 2 * (point - first)
                (glyph,) = struct.unpack_from(">H", data, at)
            if (glyph + deltas[index]) & 0xFFFF if glyph or not distance else 0:
                found.add(point)
    return found
