"""From a letter's content to PDF/A-2b or pictures, by Typst.

The words travel as JSON through ``sys.inputs`` and are shown as strings: nothing a person wrote
is ever parsed as markup. Only the fonts of ``fonts/`` are used, only files of ``templates/`` are
read, no package is imported. Equal letters give equal bytes.
"""

import datetime
import json
import os
import threading
from collections.abc import Iterator
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import typst

from . import glyphs, words
from .content import KOPSTUK_LINES, KOPSTUK_STROKES, LetterContent, check
from .payload import payload

TEMPLATES = Path(__file__).parent / "templates"

# One compiler per process keeps fonts and parsed templates: about 15 ms a letter against 50 ms.
# It is not made for several threads at once.
_lock = threading.Lock()

# The compiler's own threads do not survive a fork, and a child that used it would wait for them
# for ever. Such a child says so instead (see _compile). Workers that fork before their first
# letter, as all of ours do, are not concerned.
_broken_by_fork = threading.Event()


def _after_fork() -> None:
    if _compiler.cache_info().currsize:
        _broken_by_fork.set()


os.register_at_fork(after_in_child=_after_fork)


class RenderError(RuntimeError):
    """Typst refused the letter (a broken emblem); ``str(error)`` is one Indonesian sentence."""


def render(content: LetterContent) -> bytes:
    """Return the letter as PDF/A-2b, the same bytes for the same content.

    Raises ``IncompleteLetter`` when a part is missing or wrong, ``RenderError`` when the emblem
    cannot be drawn.
    """
    pages = _compile(content, format="pdf", pdf_standards="a-2b", timestamp=_midnight(content.date))
    return pages[0]


def render_pages(content: LetterContent, *, ppi: float = 110) -> tuple[bytes, ...]:
    """Return every page as a PNG picture of ``ppi`` pixels per inch. Raises as ``render``."""
    return _compile(content, format="png", ppi=ppi)


def render_png(content: LetterContent, page: int = 0, *, ppi: float = 110) -> bytes:
    """Return one page, counted from 0, as PNG.

    Raises as ``render``, and ``IndexError`` past the last page.
    """
    return render_pages(content, ppi=ppi)[page]


def remarks(content: LetterContent) -> tuple[str, ...]:
    """Return what the writer should know before signing, as Indonesian sentences; empty is good.

    Nothing here stops the letter: characters that print as a square, and a kopstuk that breaks
    the rule of domain.md §2.2 (three lines of 41 strokes).
    """
    found: list[str] = []
    head = content.letterhead
    if head.style == "polri" and len(head.lines) > KOPSTUK_LINES:
        found.append(f"Kopstuk sebaiknya paling banyak {words.count_words(KOPSTUK_LINES)} baris.")
    if head.style == "polri" and any(len(line) > KOPSTUK_STROKES for line in head.lines):
        found.append(f"Baris kopstuk sebaiknya paling panjang {KOPSTUK_STROKES} ketukan.")
    odd = glyphs.unprintable("\n".join(_strings(asdict(content))))
    if odd:
        listed = " ".join(odd[:10])
        found.append(f"Karakter ini tidak dapat dicetak dan diganti kotak: {listed}")
    return tuple(found)


def _compile(content: LetterContent, **options: Any) -> tuple[bytes, ...]:
    """Typeset once, and a second time where the signature came to stand alone on a page.

    1. Wait for the compiler, which serves one letter at a time.
    2. Typeset with a long last paragraph free to break over pages.
    3. Ask the same compiler where the signature begins (it answers for its last run, hence in
       the same turn). At the top of a page, the last paragraph is held to it and step 2 repeated.
    """
    if _broken_by_fork.is_set():
        raise RuntimeError("typeset after a fork of a process that had typeset: start it anew")
    check(content)
    data = payload(content)
    last = data["rows"][-1]
    try:
        with _lock:
            pages = _run(data, options)
            if not last["sticky"] and _signature_on_top(content.page.top):
                last["sticky"] = True
                pages = _run(data, options)
    except typst.TypstError as error:
        raise RenderError(_excuse(content)) from error
    return pages


def _run(data: dict[str, Any], options: dict[str, Any]) -> tuple[bytes, ...]:
    result = _compiler().compile(sys_inputs={"letter": json.dumps(data)}, **options)
    if result is None:  # only where a file was to be written
        raise RenderError("Surat tidak dapat dicetak.")
    return tuple(result) if isinstance(result, list) else (result,)


def _signature_on_top(top: float) -> bool:
    """Tell whether the signature of the letter just typeset opens a later page (``top`` in mm)."""
    place = json.loads(_compiler().query("<signature>", field="value", one=True))
    return bool(place["page"] > 1 and place["y"] < top + 10)


def _excuse(content: LetterContent) -> str:
    if content.letterhead.emblem:
        return "Surat tidak dapat dicetak. Periksa gambar lambang pada kop surat."
    return "Surat tidak dapat dicetak."


@cache
def _compiler() -> typst.Compiler:
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(glyphs.FONTS)]
    )
    return typst.Compiler(
        str(TEMPLATES / "letter.typ"),
        root=str(TEMPLATES),
        font_paths=fonts,
        # Nothing is imported; were it, nothing would be found and nothing kept.
        package_path=str(TEMPLATES),
        package_cache_path=str(TEMPLATES),
    )


def _midnight(date: datetime.date) -> datetime.datetime:
    return datetime.datetime(date.year, date.month, date.day, tzinfo=datetime.UTC)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _strings(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _strings(part)
