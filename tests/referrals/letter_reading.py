"""Read a typeset letter back: its words, its lines, and where they stand on the paper (millimetres)."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pikepdf
from PIL import ImageFont
from pypdf import PdfReader

from referrals.typeset import LetterContent, Pair, render
from referrals.typeset.glyphs import FONTS

MM = 72 / 25.4
Point = tuple[float, float]
Matrix = tuple[float, float, float, float, float, float]
_STRAIGHT: Matrix = (1, 0, 0, 1, 0, 0)


@dataclass(frozen=True, slots=True)
class Run:
    """Some words in one line: `x` of their left edge, `y` of the baseline from the top edge."""

    text: str
    x: float
    y: float
    size: float  # points
    font: str

    @property
    def width(self) -> float:
        """As the shipped font sets it."""
        name = self.font.rpartition("+")[2].removeprefix("/") or "LiberationSans"
        file = name if (FONTS / f"{name}.ttf").is_file() else f"{name}-Regular"
        return float(_font(FONTS / f"{file}.ttf").getlength(self.text)) / 1000 * self.size / MM

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def middle(self) -> float:
        return self.x + self.width / 2


@dataclass(frozen=True, slots=True)
class Rule:
    """A horizontal line; `thick` in points."""

    left: float
    right: float
    y: float
    thick: float


@lru_cache
def _font(path: Path) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), 1000)


class Sheet:
    """One page of a PDF."""

    def __init__(self, pdf: bytes, page: int = 0) -> None:
        self.pdf, self.page = pdf, page
        self._sheet = PdfReader(io.BytesIO(pdf)).pages[page]
        self.width = float(self._sheet.mediabox.width) / MM
        self.height = float(self._sheet.mediabox.height) / MM
        self.runs = list(self._runs())
        self.rules = list(self._rules())

    def find(self, start: str) -> Run:
        """The first run that begins with `start`."""
        for run in self.runs:
            if run.text.startswith(start):
                return run
        raise AssertionError(f"{start!r} not among {[run.text for run in self.runs]}")

    def lines(self) -> list[str]:
        """The page as a person reads it: line by line, each from the left."""
        rows: list[list[Run]] = []
        for run in sorted(self.runs, key=lambda run: run.y):
            if rows and run.y - rows[-1][0].y < 1.5:
                rows[-1].append(run)
            else:
                rows.append([run])
        return [" ".join(r.text for r in sorted(row, key=lambda run: run.x)) for row in rows]

    def underlined(self, run: Run) -> bool:
        """Whether most of the run has a line just under its baseline (descenders interrupt it)."""
        under = (r for r in self.rules if 0 < r.y - run.y < 1.5)
        drawn = sum(max(0, min(r.right, run.right) - max(r.left, run.x)) for r in under)
        return drawn > run.width * 0.6

    def rule_between(self, above: Run, below: Run) -> Rule:
        """The line drawn between two runs that no word of theirs stands on."""
        found = [r for r in self.rules if above.y + 1.5 < r.y < below.y - 1.5]
        assert found, f"no line between {above.text!r} and {below.text!r}"
        return max(found, key=lambda rule: rule.right - rule.left)

    def _runs(self) -> Iterator[Run]:
        found: list[Run] = []

        def visit(text: str, cm: list[float], tm: list[float], font: Any, size: float) -> None:
            if text.strip():
                x = tm[4] * cm[0] + tm[5] * cm[2] + cm[4]
                y = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
                name = str((font or {}).get("/BaseFont", ""))
                points = size * abs(tm[3] * cm[3])
                found.append(Run(text.strip(), x / MM, self.height - y / MM, points, name))

        self._sheet.extract_text(visitor_text=visit)
        return iter(found)

    def _rules(self) -> Iterator[Rule]:
        """Every stroked horizontal line, by following the page's transformations; paths that only clip or
        fill are none."""
        with pikepdf.open(io.BytesIO(self.pdf)) as pdf:
            ink = _Ink()
            for step in pikepdf.parse_content_stream(pdf.pages[self.page]):
                for (x, y), (x2, y2) in ink.follow(str(step.operator), step.operands):
                    if abs(y2 - y) < 0.01:
                        left, right = sorted((x / MM, x2 / MM))
                        yield Rule(left, right, self.height - y / MM, ink.thick)


class _Ink:
    """The drawing state of a content stream, as far as straight lines need it."""

    def __init__(self) -> None:
        self.at, self.thick = _STRAIGHT, 1.0
        self._kept: list[tuple[Matrix, float]] = []
        self._pen: Point = (0.0, 0.0)
        self._path: list[tuple[Point, Point]] = []

    def follow(self, operator: str, operands: Any) -> list[tuple[Point, Point]]:
        """Do one operator; what it strokes, if it strokes."""
        match operator:
            case "q":
                self._kept.append((self.at, self.thick))
            case "Q":
                self.at, self.thick = self._kept.pop()
            case "cm":
                self.at = _times([float(n) for n in operands], self.at)
            case "w":
                self.thick = float(operands[0])
            case "m":
                self._pen = _moved([float(n) for n in operands], self.at)
            case "l":
                end = _moved([float(n) for n in operands], self.at)
                self._path.append((self._pen, end))
                self._pen = end
            case "S" | "s":
                done, self._path = self._path, []
                return done
            case "n" | "f" | "f*" | "B" | "b":
                self._path = []
        return []


def _times(new: list[float], old: Matrix) -> Matrix:
    a, b, c, d, e, f = new
    g, h, i, j, k, m = old
    return (
        a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m,
    )  # fmt: skip


def _moved(point: list[float], at: Matrix) -> Point:
    x, y = point
    return x * at[0] + y * at[2] + at[4], x * at[1] + y * at[3] + at[5]


def read(content: LetterContent) -> PdfReader:
    return PdfReader(io.BytesIO(render(content)))


def text(content: LetterContent) -> str:
    """The whole letter as one line, so that line breaks do not matter."""
    return " ".join(" ".join(page.extract_text() for page in read(content).pages).split())


def places(content: LetterContent, page: int = 0) -> list[tuple[str, float, float]]:
    """Every run of text of a page with its x from the left and y from the top, in millimetres."""
    return [(run.text, run.x, run.y) for run in Sheet(render(content), page).runs]


def place(content: LetterContent, start: str, page: int = 0) -> tuple[float, float]:
    """Where the first run that begins with ``start`` stands."""
    run = Sheet(render(content), page).find(start)
    return run.x, run.y


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


def without_proof(words: str) -> str:
    """The text without the line beside the code that says where the letter can be verified: the examples were
    written before there was one."""
    address = r"Keasliansuratinidapatdiperiksadihttps?://[^/]+/sah/[0-9a-f-]{36}/"
    return re.sub(address, "", squeezed(words).replace("\u200b", ""))


def squeezed(words: str) -> str:
    """The text without any space."""
    return "".join(words.split())
