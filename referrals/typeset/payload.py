"""From a letter's content to the plain values that the templates read."""

import re
from collections.abc import Callable, Iterator
from dataclasses import asdict
from itertools import pairwise
from typing import Any

from . import codes, glyphs, pictures, words
from .content import (
    PAPER_SIZES,
    AnnexPage,
    Block,
    Entry,
    LetterContent,
    Pair,
    Paragraph,
    Signer,
)

DRAFT_NUMBER = "\N{HORIZONTAL ELLIPSIS}" * 2

# A row with fewer characters looks lost above a signature on a new page; one with more (about
# seven lines) would leave too large a gap if it moved as a whole.
_SHORT, LONG = 120, 600

_PREFIX = re.compile(r"((?:a\.n|u\.b|u\.p)\.)\s+(.+)", re.IGNORECASE | re.DOTALL)
_YTH = re.compile(r"^\s*yth(?:\.\s*|\s+)", re.IGNORECASE)
# A ticket's or letter's number stands whole on one line; ``words.typ`` reads the separators around it.
_WHOLE = re.compile(r"\b[A-Z0-9]{1,8}(?:-[A-Z0-9]{1,8}){1,3}\b")
_MARK = "\x1f"

_UP = re.compile(r"^\s*u\.?p\.\s*", re.IGNORECASE)

# A picture at its natural size has this many dots to the millimetre (96 to the inch), as on a screen.
_DOTS = 96 / 25.4
# A phone's screenshot is far taller than wide: two of these stand side by side.
_TALL = 1.25
_GAP = 6.0  # millimetres between these two
# Of the height inside the margins: so much at most, so that title and heading find room, and two
# landscape pictures a page.
_TALLEST, _LOWEST = 0.72, 0.4
_AS_THEY_ARE = (
    "kind",
    "style",
    "addressee_place",
    "sender",
    "sifat",
    "classification",
    "attachments_note",
    "subject",
    "secrecy",
)


def payload(content: LetterContent) -> dict[str, Any]:
    """Return what the templates read: plain JSON values, every text fit to print, of a letter that passed
    ``check``."""
    head, layout = content.letterhead, content.page
    width, height = PAPER_SIZES[layout.paper]
    office = _YTH.sub("", content.addressee)
    data: dict[str, Any] = {
        "page": {**asdict(layout), "width": width, "height": height},
        "draft": content.is_draft,
        "head": {"lines": [*head.lines], "address": head.address, "contacts": head.contacts},
        "number": content.number or DRAFT_NUMBER,
        "dateline": f"{content.place}, {words.long_date(content.date)}",
        "long_date": words.long_date(content.date),
        "office": office,
        "attention": _attention(content.attention),
        "addressee": f"Yth. {office}",
        "subject_label": content.subject_label or _subject_label(content),
        "verification": content.verification or "",
        "copies": [*content.copies],
        "rows": _rows(content.body),
        "signer": _signer(content.signer),
        "annexes": [_piece(annex) for annex in content.annexes],
        "annex_heading": _annex_heading(content),
        "verify_url": content.verify_url,
    }
    data |= {name: getattr(content, name) for name in _AS_THEY_ARE}
    cleaned: dict[str, Any] = _mapped(data, _printable)
    for name, text in _metadata(content).items():
        cleaned[name] = glyphs.clean(text)
    cleaned["date"] = [content.date.year, content.date.month, content.date.day]
    cleaned["head"]["emblem"] = pictures.emblem(head.emblem) if head.emblem else ""
    cleaned["qr"] = codes.qr_svg(content.verify_url) if content.verify_url else ""
    _draw(cleaned["annexes"], content)
    cleaned["annexes"] = _side_by_side(cleaned["annexes"])
    return cleaned


def _printable(text: str) -> str:
    return _WHOLE.sub(rf"{_MARK}\g<0>{_MARK}", glyphs.clean(text))


def _metadata(content: LetterContent) -> dict[str, str]:
    return {"title": _title(content), "author": content.letterhead.lines[-1]}


def _title(content: LetterContent) -> str:
    kind = "Nota Dinas" if content.kind == "nota_dinas" else "Surat"
    return f"{kind} {content.number or '(konsep)'}: {' '.join(content.subject.split())}"


def _subject_label(content: LetterContent) -> str:
    return "Perihal" if (content.style, content.kind) == ("polri", "nota_dinas") else "Hal"


def _signer(signer: Signer) -> dict[str, Any]:
    titles = []
    for line in signer.on_behalf:
        match = _PREFIX.fullmatch(line.strip())
        prefix, text = match.groups() if match else ("", line.strip())
        titles.append({"prefix": prefix, "text": text})
    number = f"{signer.id_label} {signer.id_number}" if signer.id_number else ""
    return {"titles": titles, "name": signer.name, "rank": signer.rank, "id": number}


def _attention(whom: str) -> str:
    bare = _UP.sub("", whom).strip()
    return f"u.p. {bare}" if bare else ""


def _annex_heading(content: LetterContent) -> str:
    return "LAMPIRAN NOTA DINAS" if content.kind == "nota_dinas" else "LAMPIRAN SURAT"


def _piece(annex: AnnexPage) -> dict[str, Any]:
    """One annex: its words, to which ``_draw`` adds the picture. A short text is kept on one page."""
    return {
        "title": annex.title,
        "text": "" if annex.picture else annex.text,
        "whole": len(annex.text) < LONG,
        "svg": "",
        "width": 0.0,
        "height": 0.0,
        "tall": False,
    }


def _draw(pieces: list[dict[str, Any]], content: LetterContent) -> None:
    """Put each picture into its piece, with its size on paper in millimetres: natural size, or as large
    as the margins let it be."""
    page = content.page
    paper_width, paper_height = PAPER_SIZES[page.paper]
    room, depth = paper_width - page.left - page.right, paper_height - page.top - page.bottom
    for number, (piece, annex) in enumerate(zip(pieces, content.annexes, strict=True), start=1):
        if not annex.picture:
            continue
        drawn = pictures.drawing(annex.picture)
        tall = drawn.height > drawn.width * _TALL
        widest = (room - _GAP) / 2 if tall else room
        highest = depth * (_TALLEST if tall else _LOWEST)
        scale = min(1 / _DOTS, widest / drawn.width, highest / drawn.height)
        piece |= {
            "svg": drawn.svg, "tall": tall, "alt": f"Lampiran {number}",
            "width": drawn.width * scale, "height": drawn.height * scale,
        }  # fmt: skip


def _side_by_side(pieces: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Rows of one piece, or of two tall pictures that follow each other; all numbered."""
    rows: list[list[dict[str, Any]]] = []
    for number, piece in enumerate(pieces, start=1):
        piece["marker"] = f"{number}."
        if piece["tall"] and rows and len(rows[-1]) == 1 and rows[-1][0]["tall"]:
            rows[-1].append(piece)
        else:
            rows.append([piece])
    return rows


def _rows(body: tuple[Block, ...]) -> list[dict[str, Any]]:
    """Flatten the body into rows in the order of reading, numbered, each with its level.

    A sticky row stays whole and on the page of the next one: an introduction with its first item.
    """
    rows: list[dict[str, Any]] = []
    point = 0
    for block in body:
        if isinstance(block, Paragraph):
            rows.append(_row("paragraph", 0, "", block.text))
            continue
        point += 1
        rows.append(_row("item", 0, f"{point}.", block.text, sticky=bool(block.items)))
        rows.extend(_item_rows(block.items, level=1))
    _hold_the_end(rows)
    for group, (before, row) in enumerate(pairwise(rows), start=1):
        together = before["form"] == row["form"] == "pair" and before["level"] == row["level"]
        row["group"] = before["group"] if together else group
    return rows


def _hold_the_end(rows: list[dict[str, Any]]) -> None:
    """Make the end of the letter stick to the signature, so that this never stands alone.

    A short last line takes the row before it along. A long last paragraph must be free to break:
    ``render.py`` looks where the signature came to stand.
    """
    rows[-1]["sticky"] = len(rows[-1]["text"]) < LONG
    if len(rows) > 1 and len(rows[-1]["text"]) < _SHORT and len(rows[-2]["text"]) < LONG:
        rows[-2]["sticky"] = True


def _item_rows(items: tuple[Entry | Pair, ...], *, level: int) -> Iterator[dict[str, Any]]:
    for index, item in enumerate(items):
        marker = _marker(index, level)
        if isinstance(item, Pair):
            yield {**_row("pair", level, marker, item.value), "label": item.label}
        else:
            yield _row("item", level, marker, item.text, sticky=bool(item.items))
            yield from _item_rows(item.items, level=level + 1)


def _row(form: str, level: int, marker: str, text: str, *, sticky: bool = False) -> dict[str, Any]:
    return {
        "form": form,
        "level": level,
        "marker": marker,
        "text": text,
        "sticky": sticky,
        "group": 0,
    }


def _marker(index: int, level: int) -> str:
    """Give a., b., … (27th: aa.) at level 1; 1), 2), … at level 2; a), b), … at level 3."""
    letters = chr(ord("a") + index % 26) * (index // 26 + 1)
    if level == 1:
        return f"{letters}."
    return f"{index + 1})" if level % 2 == 0 else f"{letters})"


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: _mapped(part, change) for key, part in value.items()}
    if isinstance(value, list):
        return [_mapped(part, change) for part in value]
    return value
