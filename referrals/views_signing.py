"""Signing a letter on screen: with the certificate, by the copy that comes back, another way."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.http import AuthedRequest
from accounts.predicates import desk_required, head_required
from referrals import records, signing
from referrals.forms_signing import SignedCopyForm
from referrals.models import Letter, LetterState, SignedCopy
from referrals.received_files import FileRefused
from referrals.signing import SigningError
from referrals.views_letter import letter_for, letter_page, pdf_response
from tickets.cases import TicketError
from tickets.views import status_of

REFUSALS = (SigningError, FileRefused, TicketError)


@desk_required
@require_POST
def sign(request: AuthedRequest, pk: int) -> HttpResponse:
    """With the office's certificate; `stamp=none` without a time-stamp."""
    row, fence = letter_for(request, pk), request.POST.get("fence", "")
    try:
        row = signing.by_certificate(
            letter=row, by=request.user, fence=int(fence) if fence.isdecimal() else 0,
            stamp=request.POST.get("stamp") != "none",
        )  # fmt: skip
    except REFUSALS as error:
        return letter_page(request, row, problem=str(error), status=status_of(error))
    if not records.unsigned(row):
        messages.success(request, signed_words(row))
    return redirect("referrals:letter", row.pk)


def signed_words(row: Letter) -> str:
    """What is said once a letter has its signature."""
    if row.state == LetterState.SENT:
        return _("Surat ditandatangani dan sudah terkirim ke portal %(division)s.") % {
            "division": row.referral.division
        }
    return _("Surat ditandatangani. Sekarang kirimkan ke %(division)s.") % {
        "division": row.referral.division
    }


@desk_required
@require_POST
def upload(request: AuthedRequest, pk: int) -> HttpResponse:
    """The signed copy that came back, the first or in place of a wrong one."""
    row, form = letter_for(request, pk), SignedCopyForm(request.POST, request.FILES)
    why = request.POST.get("why", "")[:200]
    if not form.is_valid():
        problem = " ".join(str(error) for errors in form.errors.values() for error in errors)
        return letter_page(request, row, problem=problem, status=422, why=why)
    was_sent = row.state == LetterState.SENT
    try:
        kept = signing.upload(letter=row, by=request.user, **form.cleaned_data)
    except REFUSALS as error:
        status = 422 if isinstance(error, FileRefused) else status_of(error)
        return letter_page(request, row, problem=str(error), status=status, why=why)
    messages.success(
        request,
        _("Berkas diganti; yang lama tetap tersimpan.")
        if was_sent or kept.replaces_id
        else signed_words(kept.letter),
    )
    return redirect("referrals:letter", row.pk)


@head_required
@require_POST
def change_way(request: AuthedRequest, pk: int) -> HttpResponse:
    """The head has this one letter signed another way."""
    row = letter_for(request, pk)
    try:
        row = signing.change_way(letter=row, by=request.user, way=request.POST.get("way", ""))
    except PermissionError as error:
        raise PermissionDenied from error
    except REFUSALS as error:
        return letter_page(request, row, problem=str(error), status=status_of(error))
    messages.success(request, _("Cara tanda tangan surat ini diubah."))
    return redirect("referrals:letter", row.pk)


@desk_required
@require_safe
def former(request: AuthedRequest, pk: int, copy: int) -> HttpResponse:
    """A signed copy that was replaced: kept, and shown to the desk only."""
    row = letter_for(request, pk)
    found = SignedCopy.objects.filter(letter=row, pk=copy, replaced_by__isnull=False).first()
    if found is None:
        raise Http404
    return pdf_response(row, bytes(found.pdf), found.digest)
