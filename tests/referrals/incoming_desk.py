"""What the tests of the registers share: a referral that went out, letters of the book made in bulk, a small
reader of table sheets."""

import io
import zipfile
from collections.abc import Callable
from datetime import date
from typing import Any
from xml.etree import ElementTree

from accounts.models import Division, User
from inbox import claims
from inbox.models import Item
from referrals import letters
from referrals.models import Letter, LetterState, Referral, RegisterYear
from tests.cast import MakeItem
from tickets import cases

_NS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
PDF = b"%PDF-1.4\n%pindaian\n"


def drafted(item: Item, by: User, division: Division, *, title: str = "Air keruh") -> Letter:
    """A draft of a referral of a new ticket."""
    held = claims.take(item=item, by=by)
    ticket = cases.open_ticket(
        item=item, by=by, fence=held.fence, title=title, summary=f"{title} sudah lama."
    )
    return letters.draft(ticket=ticket, division=division, by=by, fence=ticket.fence)


def sent(
    make_item: MakeItem, by: User, division: Division, head: User, *, handle: str = "warga_bpn"
) -> Referral:
    """A referral whose letter is numbered and lies in the division's portal."""
    letter = drafted(make_item(handle=handle), by, division)
    letters.submit(letter=letter, by=by, fence=letter.referral.ticket.fence)
    letters.approve(letter=letter, by=head)
    return Referral.objects.select_related("ticket", "division").get(pk=letter.referral_id)


def fill_book(like: Letter, *, upto: int, year: int, made: Callable[[int], date]) -> None:
    """Letters in bulk behind `like` in its book, as numbered and sent ones stand there; `made` dates them."""
    begin = Letter.objects.filter(kind=like.kind, year=year).count() + 1
    Letter.objects.bulk_create(
        [
            Letter(
                referral_id=like.referral_id, kind=like.kind, state=LetterState.SENT,
                subject=f"{like.subject} {n}", addressee=like.addressee, year=year, running=n,
                number=f"B/ND-{n}/X/{year}", dated=made(n), drafted_by_id=like.drafted_by_id,
                approved_at=like.approved_at, sent_at=like.sent_at,
            )
            for n in range(begin, upto + 1)
        ]
    )  # fmt: skip
    RegisterYear.objects.update_or_create(
        kind=like.kind, year=year, defaults={"last": max(upto, begin - 1)}
    )


def sheet_of(data: bytes) -> list[list[Any]]:
    """The cells of a table sheet, row by row; a formula would show as “=…”, a number as a float."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        tree = ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml"))  # noqa: S314  our own file
    return [_cells(row) for row in tree.iter(f"{_NS}row")]


def _cells(row: ElementTree.Element) -> list[Any]:
    """Empty cells are not in the file: each stands where its name says (“C7”: the third)."""
    found = {ord(cell.get("r", "A")[0]) - ord("A"): _value(cell) for cell in row}
    return [found.get(place, "") for place in range(max(found, default=-1) + 1)]


def _value(cell: ElementTree.Element) -> Any:
    if cell.find(f"{_NS}f") is not None:
        return f"={cell.findtext(f'{_NS}f')}"
    if cell.get("t") == "inlineStr":
        return "".join(cell.itertext())
    return float(cell.findtext(f"{_NS}v") or 0)
