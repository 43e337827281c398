"""The office's certificate on screen: install, try out, time-stamps, remove. The head's alone."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import AuthedRequest
from accounts.predicates import head_required
from referrals import certificates, tokens
from referrals.certificates import CertificateError, Trial
from referrals.forms_signing import CertificateForm, StampForm, TokenForm
from referrals.models import LetterForm, OfficeCertificate, Signing
from referrals.queries_signing import shown
from referrals.signatures import CannotSign


def _page(
    request: AuthedRequest, *, file: CertificateForm | None = None, token_form: TokenForm | None = None,
    stamp: StampForm | None = None, trial: Trial | None = None, problem: str = "", status: int = 200,
) -> HttpResponse:  # fmt: skip
    """The page; the forms keep what was typed, except the passphrase."""
    row = certificates.current()
    context: dict[str, Any] = {
        "here": "certificate", "certificate": row, "problem": problem,
        "state": certificates.state_of(row) if row else "",
        "on_token": bool(row and row.source == OfficeCertificate.Source.TOKEN),
        "file_form": file or CertificateForm(), "token_ready": tokens.is_set_up(),
        "token_form": token_form or TokenForm(),
        "stamp_form": stamp or StampForm(initial={"url": row.stamp_url if row else ""}),
        "used": [str(one) for one in LetterForm.objects.filter(signing=Signing.CERTIFICATE)],
        "trial": shown(trial.seal.as_dict()) if trial else None,
        "former": OfficeCertificate.objects.exclude(removed_at=None).order_by("-removed_at")[:5],
    }  # fmt: skip
    return render(request, "referrals/settings_certificate.html", context, status=status)


@sensitive_post_parameters("passphrase")
@head_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def certificate(request: AuthedRequest) -> HttpResponse:
    """What is installed; POST installs a PKCS#12 file."""
    if request.method != "POST":
        return _page(request)
    form = CertificateForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            certificates.install_file(
                data=form.cleaned_data["file"], passphrase=form.cleaned_data["passphrase"],
                by=request.user,
            )  # fmt: skip
        except CertificateError as error:
            form.add_error(error.field, str(error))
        else:
            messages.success(request, _("Sertifikat dipasang. Coba tanda tangani satu contoh."))
            return redirect("letter_settings:certificate")
    return _page(request, file=form, status=422)


@head_required
@require_POST
def token(request: AuthedRequest) -> HttpResponse:
    """Sign with a key on the token that the administrator set up."""
    form = TokenForm(request.POST)
    if form.is_valid():
        try:
            certificates.install_token(
                token=form.cleaned_data["token"], key=form.cleaned_data["key"], by=request.user
            )
        except CertificateError as error:
            form.add_error("token", str(error))
        else:
            messages.success(request, _("Token terjangkau, dan kuncinya dapat menandatangani."))
            return redirect("letter_settings:certificate")
    return _page(request, token_form=form, status=422)


@head_required
@require_POST
def stamp_server(request: AuthedRequest) -> HttpResponse:
    """Where time-stamps come from."""
    form = StampForm(request.POST)
    if form.is_valid():
        try:
            changed = certificates.set_stamp_server(url=form.cleaned_data["url"], by=request.user)
        except CertificateError as error:
            form.add_error("url", str(error))
        else:
            messages.success(
                request,
                _("Server cap waktu disimpan.") if changed else _("Tidak ada yang berubah."),
            )
            return redirect("letter_settings:certificate")
    return _page(request, stamp=form, status=422)


@head_required
@require_POST
def try_out(request: AuthedRequest) -> HttpResponse:
    """Sign a sample page and show what came of it; with `then=file` it is handed out."""
    try:
        trial = certificates.try_out(by=request.user)
    except CannotSign as error:
        return _page(request, problem=str(error), status=409)
    if request.POST.get("then") == "file":
        name = "contoh-bertanda-tangan.pdf"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(trial.pdf, content_type="application/pdf", headers=headers)
    return _page(request, trial=trial)


@head_required
@require_POST
def remove(request: AuthedRequest) -> HttpResponse:
    """Sign with it no more."""
    certificates.remove(by=request.user)
    messages.success(request, _("Sertifikat dilepas dan kuncinya dihapus dari server ini."))
    return redirect("letter_settings:certificate")
