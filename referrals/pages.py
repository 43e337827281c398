"""A letter as pictures of its pages, for the preview on screen."""

from functools import lru_cache

from referrals import composing, records
from referrals.letters import SCREEN_PPI
from referrals.models import Letter, LetterState
from referrals.typeset import (
    IncompleteLetter,
    LetterContent,
    RenderError,
    remarks,
    render_pages,
)


@lru_cache(maxsize=24)
def _pages(content: LetterContent) -> tuple[bytes, ...]:
    return render_pages(content, ppi=SCREEN_PPI)


def pages_of(letter: Letter) -> tuple[bytes, ...]:
    """PNG pages of `letter`: those kept with its record copy once it is numbered, else drawn as it stands in
    memory, saved or not.

    Raises IncompleteLetter or RenderError, whose `str()` is the sentence for the screen.
    """
    kept = records.pages(letter) if letter.number else ()
    if kept:
        return kept
    return _pages(composing.content(letter))


def try_pages(letter: Letter) -> tuple[tuple[bytes, ...], str]:
    """Pages and an empty sentence; or no pages and what is missing."""
    try:
        return pages_of(letter), ""
    except (IncompleteLetter, RenderError) as error:
        return (), str(error)


def hints_of(letter: Letter) -> tuple[str, ...]:
    """What the writer should know before the letter is numbered, as sentences; none afterwards."""
    if letter.state not in (LetterState.DRAFT, LetterState.SUBMITTED):
        return ()
    return remarks(composing.content(letter))
