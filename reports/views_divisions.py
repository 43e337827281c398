"""The table per division on screen, on paper and as a table sheet, and the lists behind its numbers."""

from typing import Any

from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.http import AuthedRequest
from accounts.models import Division, Office
from accounts.predicates import desk_required
from referrals import export_register
from reports import division_table
from reports.periods import KINDS, Period
from tickets import words


def _context(request: AuthedRequest) -> dict[str, Any]:
    period = Period.read(request.GET)
    return {
        "period": period, "query": period.query(), "today": words.today(),
        "tabs": [(kind, label, f"masa={kind}") for kind, label in KINDS],
    }  # fmt: skip


@desk_required
@require_safe
@never_cache
def table(request: AuthedRequest) -> HttpResponse:
    """Per division: referred, answered, waiting, late, how long, reminded."""
    context = _context(request)
    context["table"] = division_table.table(request.user, context["period"])
    return render(request, "reports/divisions.html", context)


@desk_required
@require_safe
@never_cache
def paper(request: AuthedRequest) -> HttpResponse:
    """The same for paper, A4 across."""
    context = _context(request)
    context |= {
        "table": division_table.table(request.user, context["period"]),
        "office": Office.current(), "columns": division_table.COLUMNS,
    }  # fmt: skip
    return render(request, "reports/divisions_print.html", context)


@desk_required
@require_safe
def sheet(request: AuthedRequest) -> FileResponse:
    """The same as a table sheet, its sum in the last row."""
    period = Period.read(request.GET)
    found = division_table.table(request.user, period)
    rows = [*found.rows, found.total] if found.rows else []
    return export_register.answer(
        name=f"rekap-divisi-{period.first:%Y%m%d}-{period.last:%Y%m%d}.xlsx",
        title=_("Rekap per divisi"), columns=division_table.COLUMNS, rows=rows,
    )  # fmt: skip


@desk_required
@require_safe
@never_cache
def referrals(request: AuthedRequest) -> HttpResponse:
    """The referrals a number of the table counts; `divisi` and `yang` say which number."""
    context = _context(request)
    typed, which = request.GET.get("divisi", ""), request.GET.get("yang", "")
    which = which if which in division_table.LISTS else "semua"
    division = get_object_or_404(Division, pk=int(typed)) if _is_key(typed) else None
    after = request.GET.get("sesudah", "")
    lines, key = division_table.listed(
        request.user, context["period"], which=which, division=division.pk if division else None,
        after=int(after) if _is_key(after) else None,
    )  # fmt: skip
    chosen = {"divisi": str(division.pk) if division else ""}
    period: Period = context["period"]
    context |= {
        "lines": lines, "division": division, "which": which, "which_name": division_table.LISTS[which],
        "lists": [
            (name, label, period.query(**chosen, yang=name))
            for name, label in division_table.LISTS.items()
        ],
        "more": period.query(**chosen, yang=which, sesudah=str(key)) if key else "",
    }  # fmt: skip
    return render(request, "reports/division_referrals.html", context)


def _is_key(typed: str) -> bool:
    return typed.isascii() and typed.isdecimal() and len(typed) < 10
