"""Putting an entry of the incoming book right, or taking it back; its number stays in either case."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import AuthedRequest
from accounts.predicates import desk_required
from referrals import correcting
from referrals.forms_incoming import CorrectForm, ReasonForm
from referrals.incoming import IncomingError, is_void
from referrals.models import IncomingLetter
from referrals.views_incoming import detail_page, letter_for


@desk_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def correct(request: AuthedRequest, pk: int) -> HttpResponse:
    """The entry as it stands, to be put right with a reason."""
    row = letter_for(request, pk)
    if request.method != "POST":
        if is_void(row):
            return redirect("register:detail", row.pk)
        return _page(request, row, CorrectForm(letter=row))
    form = CorrectForm(request.POST, letter=row)
    if not form.is_valid():
        return _page(request, row, form, status=422)
    try:
        changed = correcting.correct(
            letter=row, right=form.right(), by=request.user, why=form.cleaned_data["why"]
        )
    except IncomingError as error:
        return _page(request, row, form, problem=str(error), status=409)
    if changed:
        messages.success(request, _("Ralat tersimpan. Nomor agendanya tetap."))
    else:
        messages.info(request, _("Tidak ada yang berubah."))
    return redirect("register:detail", row.pk)


def _page(
    request: AuthedRequest, row: IncomingLetter, form: CorrectForm, *, problem: str = "",
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    context = {"letter": row, "form": form, "problem": problem}
    return render(request, "referrals/incoming_correct.html", context, status=status)


@desk_required
@require_POST
def void(request: AuthedRequest, pk: int) -> HttpResponse:
    """The entry should not be there."""
    row, form = letter_for(request, pk), ReasonForm(request.POST)
    why = form.cleaned_data["text"] if form.is_valid() else ""
    try:
        correcting.void(letter=row, by=request.user, why=why)
    except IncomingError as error:
        status = 409 if why.strip() else 422
        return detail_page(request, letter_for(request, pk), problem=str(error), status=status)
    messages.success(request, _("Dibatalkan. Nomor agendanya tetap tercatat sebagai batal."))
    return redirect("register:detail", row.pk)
