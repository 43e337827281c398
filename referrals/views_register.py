"""The registers on screen, on paper and as a table sheet (domain.md §2.4)."""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import render
from django.utils.dates import MONTHS
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.http import AuthedRequest
from accounts.models import LetterKind, Office
from accounts.predicates import desk_required
from referrals import export_register
from referrals import queries_register as queries
from referrals.queries_register import Asked, Column
from tickets import words

_YEAR, _MONTH = re.compile(r"20\d\d"), re.compile(r"[1-9]|1[0-2]")
_BEFORE = re.compile(r"(\d{1,9})(?:\.([a-z]))?")


def asked_by(request: AuthedRequest) -> Asked:
    """What of a book the address asks for; what makes no sense counts as not asked. Http404 for an unknown kind."""
    kind = request.GET.get("jenis", LetterKind.NOTA_DINAS)
    if kind not in LetterKind.values:
        raise Http404
    year, month = request.GET.get("tahun", ""), request.GET.get("bulan", "")
    return Asked(
        year=int(year) if _YEAR.fullmatch(year) else words.today().year, kind=kind,
        month=int(month) if _MONTH.fullmatch(month) else 0,
        q=" ".join(request.GET.get("q", "").split())[:80],
    )  # fmt: skip


def _context(asked: Asked, *, book: str) -> dict[str, Any]:
    """What every page of a book shows around its lines; `query`: the address without the page."""
    chosen = {"jenis": asked.kind} if book == "keluar" else {}
    chosen |= {"tahun": str(asked.year)}
    narrow = ({"bulan": str(asked.month)} if asked.month else {}) | (
        {"q": asked.q} if asked.q else {}
    )
    return {
        "book": book, "asked": asked, "kinds": LetterKind.choices, "months": MONTHS.items(),
        "years": queries.years(book, asked.kind, now=words.today().year),
        "kind_name": LetterKind(asked.kind).label, "month_name": MONTHS.get(asked.month, ""),
        "query": urlencode(chosen | narrow), "whole": urlencode(chosen),
    }  # fmt: skip


@desk_required
@require_safe
@never_cache
def outgoing(request: AuthedRequest) -> HttpResponse:
    """The book of outgoing letters of one kind and year."""
    asked, typed = asked_by(request), _BEFORE.fullmatch(request.GET.get("sebelum", ""))
    before = (int(typed[1]), typed[2] or "") if typed else None
    page = queries.outgoing_page(request.user, asked, before=before)
    context = _context(asked, book="keluar") | {"page": page, "before": bool(before)}
    return render(request, "referrals/register.html", context)


@desk_required
@require_safe
@never_cache
def incoming(request: AuthedRequest) -> HttpResponse:
    """The book of incoming letters of a year."""
    asked, typed = asked_by(request), request.GET.get("sebelum", "")
    before = int(typed) if re.fullmatch(r"\d{1,9}", typed) else None
    page = queries.incoming_page(request.user, asked, before=before)
    context = _context(asked, book="masuk") | {"page": page, "before": bool(before)}
    return render(request, "referrals/register_incoming.html", context)


def _print(
    request: AuthedRequest, asked: Asked, book: str, columns: Sequence[Column], rows: list[object]
) -> HttpResponse:
    cells = [[(getattr(row, column.name), column.name) for column in columns] for row in rows]
    context = _context(asked, book=book) | {
        "columns": columns, "rows": cells, "office": Office.current(), "today": words.today(),
        "too_many": len(rows) > queries.PRINTED, "most": queries.PRINTED,
    }  # fmt: skip
    if context["too_many"]:
        context["rows"] = []
    return render(request, "referrals/register_print.html", context)


@desk_required
@require_safe
@never_cache
def print_outgoing(request: AuthedRequest) -> HttpResponse:
    """The book of outgoing letters for paper: A4 across, its heading on every page."""
    asked = asked_by(request)
    found = queries.outgoing_rows(request.user, asked)
    return _print(request, asked, "keluar", queries.OUTGOING, _capped(found))


@desk_required
@require_safe
@never_cache
def print_incoming(request: AuthedRequest) -> HttpResponse:
    """The book of incoming letters for paper."""
    asked = asked_by(request)
    found = queries.incoming_rows(request.user, asked)
    return _print(request, asked, "masuk", queries.INCOMING, _capped(found))


def _capped(rows: Any) -> list[object]:
    """No more than a print takes, and one, which says that there is more."""
    return [row for _place, row in zip(range(queries.PRINTED + 1), rows, strict=False)]


@desk_required
@require_safe
def sheet_outgoing(request: AuthedRequest) -> FileResponse:
    """The book of outgoing letters as a table sheet: the year, or what was searched for."""
    asked = asked_by(request)
    title = _("Surat keluar %(kind)s %(year)s") % {
        "kind": LetterKind(asked.kind).label, "year": asked.year
    }  # fmt: skip
    name = f"agenda-keluar-{asked.kind.replace('_', '-')}-{asked.year}.xlsx"
    rows = queries.outgoing_rows(request.user, asked)
    return export_register.answer(name=name, title=title, columns=queries.OUTGOING, rows=rows)


@desk_required
@require_safe
def sheet_incoming(request: AuthedRequest) -> FileResponse:
    """The book of incoming letters as a table sheet."""
    asked = asked_by(request)
    title = _("Surat masuk %(year)s") % {"year": asked.year}
    rows = queries.incoming_rows(request.user, asked)
    name = f"agenda-masuk-{asked.year}.xlsx"
    return export_register.answer(name=name, title=title, columns=queries.INCOMING, rows=rows)
