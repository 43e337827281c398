"""How much a letter's form costs: whole letters against a bare Typst page of the same words, in one run.

    python -m bench.letters [--rounds 40]

Both compilers are kept and every round has other words, so that nothing comes from a memory of the round
before; both write PDF/A-2b with the same fonts. Turn by turn, so that a busy moment of the machine hits both.
What counts is processor time: on a shared machine the clock on the wall says who else is busy. The wall's
ratio is printed beside it. One line of JSON; exit 1 where the median letter costs more than MOST times the
bare page. Needs no database.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import typst

from referrals.typeset import LetterContent, Pair, Point, render
from referrals.typeset.glyphs import FONTS
from tests.referrals.letter_examples import ALL

MOST = 4.0
HERE = Path(__file__).parent


@dataclass
class Taken:
    """Milliseconds of each round, by the processor's and the wall's clock."""

    processor: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)

    def measure(self, work: Callable[[], object]) -> None:
        wall, processor = time.perf_counter(), time.process_time()
        work()
        self.processor.append((time.process_time() - processor) * 1000)
        self.wall.append((time.perf_counter() - wall) * 1000)

    def told(self) -> dict[str, float]:
        """Medians, the warming round left out."""
        return {
            "cpu_ms": round(statistics.median(self.processor[1:]), 2),
            "wall_ms": round(statistics.median(self.wall[1:]), 2),
        }


def words_of(letter: LetterContent) -> Iterator[str]:
    """Everything the letter says, paragraph by paragraph."""
    head, signer = letter.letterhead, letter.signer
    yield from (*head.lines, head.address, head.contacts, letter.addressee, letter.sender)
    yield from (letter.sifat, letter.classification, letter.attachments_note, letter.subject)
    for block in letter.body:
        yield block.text
        for item in block.items if isinstance(block, Point) else ():
            yield f"{item.label} : {item.value}" if isinstance(item, Pair) else item.text
    yield from (*signer.on_behalf, signer.name, f"{signer.rank} {signer.id_number}", *letter.copies)


class Bare:
    """The bare page, with a compiler that is kept."""

    def __init__(self) -> None:
        fonts = typst.Fonts(
            include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)]
        )
        self._compiler = typst.Compiler(str(HERE / "bare.typ"), root=str(HERE), font_paths=fonts)

    def render(self, letter: LetterContent) -> object:
        words = json.dumps([letter.number, *filter(None, words_of(letter))])
        return self._compiler.compile(
            sys_inputs={"words": words}, format="pdf", pdf_standards="a-2b"
        )


def compare(rounds: int) -> dict[str, Any]:
    """All four forms in turns with their bare pages."""
    bare = Bare()
    results: dict[str, Any] = {}
    for letter in ALL:
        page, whole = Taken(), Taken()
        for turn in range(rounds + 1):
            numbered = replace(letter, number=f"{letter.number}-{turn}")
            page.measure(lambda one=numbered: bare.render(one))  # type: ignore[misc]
            whole.measure(lambda one=numbered: render(one))  # type: ignore[misc]
        told, against = whole.told(), page.told()
        results[f"{letter.style} {letter.kind}"] = {
            "letter": told, "bare": against,
            "ratio": round(told["cpu_ms"] / against["cpu_ms"], 2),
            "wall_ratio": round(told["wall_ms"] / against["wall_ms"], 2),
        }  # fmt: skip
    return results


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40)
    results = compare(parser.parse_args().rounds)
    ratio = max(one["ratio"] for one in results.values())
    print(json.dumps({"letters": results, "ratio": ratio, "most": MOST}))
    return int(ratio > MOST)


if __name__ == "__main__":
    sys.exit(main())
