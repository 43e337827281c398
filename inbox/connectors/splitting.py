"""A text cut into pieces that a platform takes one by one. Pure; what a piece may weigh says the caller.

Cut is between words, never inside an address, a @handle, a #tag or a grapheme: at the best boundary
(paragraph, line, sentence, word) that does not cost a further piece. Only a run without any space that
is longer than a whole piece (Japanese, Thai, digits without end) is cut between its graphemes.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import accumulate

type Span = tuple[int, int]

MOST = 5  # pieces of one answer: more is a letter, not an answer
_LEAST = 3  # a better boundary is not taken for a piece that is filled by less than a third

_SPACE = re.compile(r"[^\S\u00a0\u202f\u2007]+")  # what keeps “Rp 5.000” together is no boundary
_SENTENCE = re.compile(r"(?:[!?…。！？]|\S{4,}\.)[\"'”’»)\]]*\Z")  # “Jl.”, “No.”, “Yth.” end none
_WHOLE = re.compile(
    r"(?:https?://|www\.)[!-~]+|[@#]\w+|"
    r"(?<![\w.+-])(?:[\w.+-]+@[\w-]+(?:\.[\w-]+)+|[\w-]+(?:\.[\w-]+)+/[!-~]*)",  # begun at their begin only
    re.IGNORECASE | re.ASCII,
)
_CLOSING = frozenset("。！？、，…」』）】〉》")


class Rank(IntEnum):
    """How good a boundary is; the lower the better."""

    PARAGRAPH = 0
    LINE = 1
    SENTENCE = 2
    WORD = 3
    GRAPHEME = 4


@dataclass(frozen=True, slots=True)
class Mark:
    """A boundary: the piece before ends at `end`, the next begins at `start` (spaces lie between)."""

    end: int
    start: int
    rank: Rank


def spans(
    text: str, weights: Sequence[int], *, limit: int, most: int = MOST, whole: Sequence[Span] = ()
) -> list[Span] | None:
    """(start, end) of the pieces of `text`, each weighing at most `limit`; None where `most` do not do.

    `weights`: of each character of `text`; `whole`: further spans that must not be cut. A text of
    blanks alone has no piece.
    """
    if sum(weights) > limit * most:
        return None
    cutter = _Cutter(text, weights, limit, whole)
    if cutter.begin == cutter.finish:
        return []
    fewest = cutter.count(cutter.begin, most)
    return cutter.cut(fewest) if fewest is not None else None


class _Cutter:
    """One text being cut."""

    def __init__(
        self, text: str, weights: Sequence[int], limit: int, whole: Sequence[Span]
    ) -> None:
        self.text, self.limit = text, limit
        self.sums = [0, *accumulate(weights)]
        self.begin = len(text) - len(text.lstrip())
        self.finish = max(self.begin, len(text.rstrip()))
        kept = [match.span() for match in _WHOLE.finditer(text)]
        self.inside = {at for first, last in (*kept, *whole) for at in range(first + 1, last)}
        self.marks = list(self._marks())
        self.ends = [mark.end for mark in self.marks]

    def weight(self, start: int, end: int) -> int:
        return self.sums[end] - self.sums[start]

    def _marks(self) -> Iterator[Mark]:
        """All boundaries in order, the end of the text the last."""
        at = self.begin
        for space in _SPACE.finditer(self.text, self.begin, self.finish):
            yield from self._within(at, space.start())
            rank = self._rank(at, space.start(), space.group())
            yield Mark(space.start(), space.end(), rank)
            at = space.end()
        yield from self._within(at, self.finish)
        yield Mark(self.finish, self.finish, Rank.PARAGRAPH)

    def _rank(self, start: int, end: int, space: str) -> Rank:
        lines = len(space.splitlines()) - (not space.endswith(("\n", "\r", "\u2028", "\u2029")))
        if lines:
            return Rank.PARAGRAPH if lines > 1 else Rank.LINE
        ends = _SENTENCE.search(self.text[max(start, end - 40) : end])
        return Rank.SENTENCE if ends else Rank.WORD

    def _within(self, start: int, end: int) -> Iterator[Mark]:
        """Boundaries inside a run without spaces, where it is too long for any piece."""
        if self.weight(start, end) <= self.limit:
            return
        for at in range(start + 1, end):
            if at in self.inside or joined(self.text, at):
                continue
            good = self.text[at - 1] in _CLOSING and self.text[at] not in _CLOSING
            yield Mark(at, at, Rank.SENTENCE if good else Rank.GRAPHEME)

    def furthest(self, start: int) -> int | None:
        """Index of the last mark up to which a piece from `start` fits; None where none does."""
        most = bisect_right(self.sums, self.sums[start] + self.limit) - 1
        found = bisect_right(self.ends, most) - 1
        return found if found >= 0 and self.ends[found] > start else None

    def count(self, start: int, most: int) -> int | None:
        """How few pieces the text from `start` needs; None where `most` do not do."""
        for number in range(1, most + 1):
            found = self.furthest(start)
            if found is None:
                return None
            start = self.marks[found].start
            if start >= self.finish:
                return number
        return None

    def cut(self, pieces: int) -> list[Span]:
        """The text in so many pieces, each ending at the best mark that leaves enough for the rest."""
        found: list[Span] = []
        start = self.begin
        for left in range(pieces - 1, -1, -1):
            mark = self._best(start, left)
            found.append((start, mark.end))
            start = mark.start
            if start >= self.finish:
                break
        return found

    def _best(self, start: int, left: int) -> Mark:
        last = self.furthest(start)
        assert last is not None  # noqa: S101  `count` has been here
        if self.marks[last].end == self.finish:
            return self.marks[last]
        least = self.weight(start, self.marks[last].end) // _LEAST
        best = self.marks[last]
        for index in range(last, -1, -1):
            mark = self.marks[index]
            if mark.end <= start or self.weight(start, mark.end) < least:
                break
            if mark.rank < best.rank:
                if self.count(mark.start, left) is None:
                    break  # whatever lies before leaves still more to the rest
                best = mark
        return best


def joined(text: str, at: int) -> bool:
    """Whether what stands before and after `at` is one grapheme (UAX #29, without its rarest rules)."""
    before, after = text[at - 1], text[at]
    if after in "\u200c\u200d\u0e33\u0eb3" or before == "\u200d" or (before, after) == ("\r", "\n"):
        return True
    if unicodedata.category(after) in ("Mn", "Me", "Mc") or unicodedata.combining(before) == 9:
        return True
    code = ord(after)
    if 0x1F3FB <= code <= 0x1F3FF or 0xE0020 <= code <= 0xE007F:  # skin; letters of a flag
        return True
    if 0x1160 <= code <= 0x11FF:  # vowels and endings of a Hangul syllable
        return True
    return _in_flag(text, at)


def _in_flag(text: str, at: int) -> bool:
    """Between the two letters of a country's flag."""
    letters = 0
    while letters < at and 0x1F1E6 <= ord(text[at - 1 - letters]) <= 0x1F1FF:
        letters += 1
    return letters % 2 == 1 and 0x1F1E6 <= ord(text[at]) <= 0x1F1FF


def characters(text: str) -> list[int]:
    """Weights where the platform counts characters."""
    return [1] * len(text)


def utf8(text: str) -> list[int]:
    """Weights where it counts bytes; half a surrogate goes out as “?”."""
    return [len(letter.encode("utf-8", "replace")) for letter in text]


def utf16(text: str) -> list[int]:
    """Weights where it counts UTF-16 code units."""
    return [1 if ord(letter) < 0x10000 else 2 for letter in text]
