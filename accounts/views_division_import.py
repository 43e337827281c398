"""Import of divisions and officers: a file, what it would do, all of it. For the head and administrators.

Nothing is kept between the steps: the preview carries the text, and the digest of what was shown.
"""

import logging
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from kombu.exceptions import OperationalError

from accounts import division_csv, division_import
from accounts.division_csv import Table, Unreadable
from accounts.division_import import Plan, Refused
from accounts.forms_divisions import ImportForm
from accounts.http import AuthedRequest
from accounts.models import Division, LetterKind, User
from accounts.predicates import head_required

log = logging.getLogger(__name__)
DONE = "division_import"  # in the session: what the last import made
PROBLEMS = 100  # shown at once


@head_required
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: AuthedRequest) -> HttpResponse:
    """The file; then what it would do, or what is wrong with which line."""
    if request.method != "POST":
        return _page(request, ImportForm())
    form = ImportForm(request.POST, request.FILES)
    try:
        table = form.table()
    except Unreadable as error:
        form.add_error(None, str(error))
        return _page(request, form, status=422)
    return _preview(request, table, division_import.plan(table))


def _page(request: AuthedRequest, form: ImportForm, *, status: int = 200) -> HttpResponse:
    context = {"form": form, "columns": division_csv.COLUMNS}
    return render(request, "divisions/import.html", context, status=status)


def _preview(
    request: AuthedRequest, table: Table, plan: Plan, *, moved: bool = False
) -> HttpResponse:
    context: dict[str, Any] = {
        "table": table,
        "plan": plan,
        "count": plan.count(),
        "rows": [(unit, _differences(unit)) for unit in plan.units],
        "problems": plan.problems[:PROBLEMS],
        "more": max(0, len(plan.problems) - PROBLEMS),
        "moved": moved,
    }
    status = 422 if plan.problems else 409 if moved else 200
    return render(request, "divisions/import_preview.html", context, status=status)


def _differences(unit: division_import.Unit) -> list[tuple[str, str, str]]:
    """(what, before, after) in words, for a division that is there already."""
    choices: dict[str, dict[str, Any]] = {
        "letter_kind": dict(LetterKind.choices),
        "dispatch_by": dict(Division._meta.get_field("dispatch_by").flatchoices),  # noqa: SLF001
    }

    def plain(name: str, value: Any) -> str:
        if isinstance(value, bool):
            return _("ya") if value else _("tidak")
        if isinstance(value, list):
            return ", ".join(value)
        if name == "parent":
            return _("paling atas") if value == division_import.TOP else str(value)
        return str(choices.get(name, {}).get(value, value))

    return [
        (
            str(Division._meta.get_field(name).verbose_name),  # type: ignore[union-attr]  # noqa: SLF001
            plain(name, before),
            plain(name, after),
        )
        for name, (before, after) in unit.changes.items()
    ]


@head_required
@require_POST
def run(request: AuthedRequest) -> HttpResponse:
    """Do what the preview showed; shown again when something changed meanwhile."""
    try:
        table = ImportForm(request.POST).table()
        done = division_import.run(
            table=table, digest=request.POST.get("digest", ""), by=request.user
        )
    except Unreadable as error:
        messages.error(request, str(error))
        return redirect("divisions:import")
    except Refused as refused:
        return _preview(request, table, refused.plan, moved=True)
    request.session[DONE] = {"counts": done.counts, "officers": done.officers, "asked": False}
    return redirect("divisions:import_done")


@head_required
@require_safe
def finished(request: AuthedRequest) -> HttpResponse:
    """What was made, and how the new officers get in."""
    done = request.session.get(DONE)
    if not done:
        return redirect("divisions:import")
    officers = User.objects.filter(pk__in=done["officers"]).select_related("division")
    context = {"done": done, "officers": officers.order_by("division__name", "full_name")}
    return render(request, "divisions/import_done.html", context)


@head_required
@require_POST
def invite(request: AuthedRequest) -> HttpResponse:
    """Have a worker mail every new officer a password link, once."""
    from accounts import tasks

    done = request.session.get(DONE)
    if done and not done["asked"]:
        try:
            tasks.mail_invitations.delay(done["officers"], request.user.pk)
        except (OperationalError, OSError):
            log.exception("worker not asked to invite officers")
            messages.error(request, _("Belum bisa dikirim sekarang. Coba lagi sebentar lagi."))
        else:
            request.session[DONE] = done | {"asked": True}
    return redirect("divisions:import_done")


@head_required
@require_safe
def template(_request: AuthedRequest) -> HttpResponse:
    """The file to fill in."""
    response = HttpResponse(division_csv.template(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="divisi-dan-petugas.csv"'
    return response
