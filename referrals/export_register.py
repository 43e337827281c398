"""A register as a table sheet (XLSX): row by row from the database to the file, in constant memory."""

from collections.abc import Iterable, Sequence
from datetime import date
from tempfile import TemporaryFile
from typing import IO, Any

import xlsxwriter
from django.http import FileResponse
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from referrals.queries_register import Column

TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
A4 = 9  # paper code of the format
#: Nothing typed by a person becomes a formula, a link or a number.
_OPTIONS = {
    "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
    "strings_to_numbers": False,
}  # fmt: skip


def sheet(*, title: str, columns: Sequence[Column], rows: Iterable[object]) -> IO[bytes]:
    """An open file at its beginning, gone from the disk once closed: `columns` of `rows` (attributes by
    name) under a heading that stays in sight and repeats on paper. Dates are dates, numbers numbers."""
    stream = TemporaryFile()  # noqa: SIM115  the response closes it when it was sent
    with xlsxwriter.Workbook(stream, _OPTIONS) as book:
        day = book.add_format({"num_format": "dd/mm/yyyy", "valign": "top"})
        text = book.add_format({"text_wrap": True, "valign": "top"})
        page = book.add_worksheet(title[:31])
        _lay_out(page, columns, book.add_format({"bold": True, "bottom": 1, "text_wrap": True}))
        page.set_header(f"&L{title.replace('&', '&&')}&R&P/&N")
        last = 0
        for last, row in enumerate(rows, start=1):
            for place, column in enumerate(columns):
                _write(page, (last, place), column, getattr(row, column.name), day=day, text=text)
        page.autofilter(0, 0, last, len(columns) - 1)
    stream.seek(0)
    return stream


def answer(
    *, name: str, title: str, columns: Sequence[Column], rows: Iterable[object]
) -> FileResponse:
    """The sheet as a download called `name`, kept by nobody on the way."""
    made = sheet(title=title, columns=columns, rows=rows)
    response = FileResponse(made, as_attachment=True, filename=name, content_type=TYPE)
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _lay_out(page: Worksheet, columns: Sequence[Column], heading: Format) -> None:
    page.set_landscape()
    page.set_paper(A4)
    page.fit_to_pages(1, 0)
    page.freeze_panes(1, 0)
    page.repeat_rows(0)
    for place, column in enumerate(columns):
        page.set_column(place, place, column.width)
        page.write_string(0, place, str(column.label), heading)


def _write(
    page: Worksheet, at: tuple[int, int], column: Column, value: Any, *, day: Format, text: Format
) -> None:
    if isinstance(value, date):
        page.write_datetime(*at, value, day)
    elif isinstance(value, int | float):
        page.write_number(*at, value, text)
    elif column.name == "agenda" and value.isdecimal():  # 127, unlike 127.a, is a number
        page.write_number(*at, int(value), text)
    elif value:
        page.write_string(*at, plain(str(value)), text)


def plain(text: str) -> str:
    """`text` as the format may hold it. What looks like the format's own mark-up for rich text (“<r>…</r>”)
    would be written raw in constant memory: a space keeps it words."""
    return f"{text} " if text.startswith("<r>") and text.endswith("</r>") else text
