"""Read a typeset letter back: its words, and where they stand on the paper."""

import io
from collections.abc import Iterator
from typing import Any

from pypdf import PdfReader

from referrals.typeset import LetterContent, Pair, render

MM = 72 / 25.4


def read(content: LetterContent) -> PdfReader:
    return PdfReader(io.BytesIO(render(content)))


def text(content: LetterContent) -> str:
    """The whole letter as one line, so that line breaks do not matter."""
    return " ".join(" ".join(page.extract_text() for page in read(content).pages).split())


def places(content: LetterContent, page: int = 0) -> list[tuple[str, float, float]]:
    """Every run of text of a page with its x from the left and y from the top, in millimetres."""
    found: list[tuple[str, float, float]] = []
    sheet = read(content).pages[page]
    height = float(sheet.mediabox.height)

    def visit(run: str, cm: list[float], tm: list[float], *_: Any) -> None:
        if run.strip():
            x = tm[4] * cm[0] + tm[5] * cm[2] + cm[4]
            y = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
            found.append((run.strip(), x / MM, (height - y) / MM))

    sheet.extract_text(visitor_text=visit)
    return found


def place(content: LetterContent, start: str, page: int = 0) -> tuple[float, float]:
    """Where the first run that begins with ``start`` stands."""
    runs = places(content, page)
    for run, x, y in runs:
        if run.startswith(start):
            return x, y
    raise AssertionError(f"{start!r} not among {[run for run, _, _ in runs]}")


def words_of(block: Any) -> Iterator[str]:
    """Every text of a body block in the order of reading."""
    if isinstance(block, Pair):
        yield from (block.label, block.value)
    else:
        yield block.text
        for item in getattr(block, "items", ()):
            yield from words_of(item)


def assert_in_order(whole: str, parts: list[str]) -> None:
    """Every part stands in the text after the one before it; spaces do not count."""
    rest = squeezed(whole)
    for part in parts:
        before, found, rest_after = rest.partition(squeezed(part))
        assert found, f"{part!r} missing or out of order in {before[:300]!r}"
        rest = rest_after


def squeezed(words: str) -> str:
    """The text without any space."""
    return "".join(words.split())
