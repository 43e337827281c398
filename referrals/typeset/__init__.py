"""Letters typeset: ``LetterContent`` in, PDF/A-2b or PNG out. No Django here.

Read ``content.py`` for what a letter holds, ``render.py`` for how it travels to Typst,
``templates/letter.typ`` for the page. The fonts are Liberation Sans, metrically Arial, under the
SIL Open Font License (``fonts/OFL.txt``).
"""

from .content import (
    DEFAULT_LAYOUTS,
    PAPER_SIZES,
    AnnexPage,
    Block,
    Entry,
    IncompleteLetter,
    Kind,
    Layout,
    LetterContent,
    Letterhead,
    Pair,
    Paper,
    Paragraph,
    Point,
    Signer,
    Style,
    check,
    punctuated,
)
from .render import RenderError, remarks, render, render_pages, render_png
from .words import clock_time, count_words, long_date, roman_month, spell

__all__ = [
    "DEFAULT_LAYOUTS",
    "PAPER_SIZES",
    "AnnexPage",
    "Block",
    "Entry",
    "IncompleteLetter",
    "Kind",
    "Layout",
    "LetterContent",
    "Letterhead",
    "Pair",
    "Paper",
    "Paragraph",
    "Point",
    "RenderError",
    "Signer",
    "Style",
    "check",
    "clock_time",
    "count_words",
    "long_date",
    "punctuated",
    "remarks",
    "render",
    "render_pages",
    "render_png",
    "roman_month",
    "spell",
]
