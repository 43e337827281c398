"""Connecting X: the application's keys once, then OAuth 2 in X itself, or pasted OAuth 1.0a keys (§2.1)."""

import secrets

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import AuthedRequest
from accounts.predicates import head_required
from inbox import connecting, failures, hooks, onboarding, pending
from inbox.connectors.base import FetchFailed
from inbox.connectors.x.oauth import new_verifier
from inbox.forms_channels import KeysForm, app_keys, x_oauth1_keys
from inbox.views_channels_connect import confirm

STATE = "x_state"


def back_address() -> str:
    """Where X sends the person back to: to be entered in X's portal."""
    return f"{settings.SITE_URL.rstrip('/')}{reverse('channels:x_back')}"


def _page(request: AuthedRequest, *, status: int = 200, **context: object) -> HttpResponse:
    app = connecting.app_of("x")
    context.setdefault("keys", KeysForm(keys=x_oauth1_keys()))
    context.setdefault("app_form", KeysForm(keys=app_keys("x"), keep=app is not None))
    context |= {
        "app": app,
        "can_log_in": bool(app and connecting.opened(app).get("client_id")),
        "back": back_address(),
        "hook": hooks.address(app) if app else "",
    }
    return render(request, "channels/x.html", context, status=status)


@head_required
@require_safe
def start(request: AuthedRequest) -> HttpResponse:
    """The application's keys, if they are not known yet; else the two ways to connect an account."""
    return _page(request)


@head_required
@require_POST
def save_app(request: AuthedRequest) -> HttpResponse:
    """Keep the application's keys."""
    app = connecting.app_of("x")
    form = KeysForm(request.POST, keys=app_keys("x"), keep=app is not None)
    if not form.is_valid():
        return _page(request, status=422, app_form=form)
    connecting.save_app(family="x", values=form.values(), by=request.user, app=app, name="X")
    messages.success(request, _("Kunci aplikasi disimpan dan disegel."))
    return redirect("channels:x")


@head_required
@require_safe
@never_cache
def log_in(request: AuthedRequest) -> HttpResponse:
    """To X, with a state and a verifier that the session keeps (a link, so that no form leaves us)."""
    app = connecting.app_of("x")
    if app is None or not connecting.opened(app).get("client_id"):
        return redirect("channels:x")
    state, verifier = secrets.token_urlsafe(32), new_verifier()
    pending.keep(request, STATE, {"state": state, "verifier": verifier, "app": app.pk})
    return redirect(
        onboarding.authorize_x(
            connecting.opened(app), redirect_uri=back_address(), state=state, verifier=verifier
        )
    )


@head_required
@require_safe
@never_cache
def back(request: AuthedRequest) -> HttpResponse:
    """Back from X: the code (good for 30 seconds) becomes keys, the keys a name."""
    expected = pending.take(request, STATE)
    app = connecting.app_of("x")
    told = request.GET.get("state", "")
    if app is None or not expected or not secrets.compare_digest(
        told.encode(), str(expected["state"]).encode()
    ):  # fmt: skip
        messages.warning(request, _("Masuk dengan X terputus di tengah jalan. Coba lagi."))
        return redirect("channels:x")
    code = request.GET.get("code", "")
    if not code:
        messages.warning(request, _("X belum diberi izin, jadi akunnya belum terhubung."))
        return redirect("channels:x")
    try:
        keys = onboarding.exchange_x(
            connecting.opened(app), code=code, redirect_uri=back_address(),
            verifier=str(expected["verifier"]),
        )  # fmt: skip
        found = onboarding.who_x(keys, connecting.opened(app))
    except FetchFailed as error:
        why = failures.why_not_now(error.problem, "X")
        messages.warning(request, _("X tidak memberi kunci akun: %(why)s") % {"why": why})
        return redirect("channels:x")
    return confirm(request, found, app=app)


@head_required
@require_http_methods(["POST"])
def paste(request: AuthedRequest) -> HttpResponse:
    """OAuth 1.0a keys of an account, made in X's portal."""
    app = connecting.app_of("x")
    form = KeysForm(request.POST, keys=x_oauth1_keys())
    if app is None:
        return redirect("channels:x")
    if not form.is_valid():
        return _page(request, status=422, keys=form)
    try:
        found = onboarding.who_x(form.values(), connecting.opened(app))
    except FetchFailed as error:
        form.add_error(None, failures.why_not_now(error.problem, "X"))
        return _page(request, status=422, keys=form)
    return confirm(request, found, app=app)
