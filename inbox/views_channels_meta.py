"""Connecting Facebook Pages and Instagram accounts: one application, one log-in, then a choice (§3.1)."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import AuthedRequest
from accounts.predicates import head_required
from inbox import connecting, failures, hooks, onboarding, pending
from inbox.connecting import Found
from inbox.connectors.base import FetchFailed
from inbox.connectors.facebook.health import WORDS as FACEBOOK_WORDS
from inbox.connectors.instagram.health import NEEDED as INSTAGRAM_WORDS
from inbox.connectors.meta.login import SCOPES, LinkedPage, TokenState
from inbox.forms_channels import KeysForm, PickForm, app_keys
from inbox.models import App, Channel
from inbox.views_channels_connect import finish

STATE, TOKEN = "meta_state", "meta_token"  # what the session remembers
#: Permission → what is impossible without it.
WORDS = {"facebook": FACEBOOK_WORDS, "instagram": INSTAGRAM_WORDS}
#: Tasks a person needs on a Page (platforms.md §3.1), with what they are for.
TASKS = {"MODERATE": gettext_lazy("komentar"), "MESSAGING": gettext_lazy("pesan")}


@dataclass(frozen=True, slots=True)
class Offer:
    """A Page or Instagram account that can be chosen."""

    value: str  # "facebook:<id>"
    found: Found
    connected: bool
    missing: tuple[str, ...]  # in words

    @property
    def platform(self) -> str:
        return self.found.platform


def back_address() -> str:
    """Where Meta sends the person back to: to be entered in the application's settings."""
    return f"{settings.SITE_URL.rstrip('/')}{reverse('channels:meta_back')}"


def _page(request: AuthedRequest, *, status: int = 200, **context: object) -> HttpResponse:
    app = connecting.app_of("meta")
    context.setdefault("app_form", KeysForm(keys=app_keys("meta"), keep=app is not None))
    site = settings.SITE_URL.rstrip("/")
    context |= {
        "app": app,
        "back": back_address(),
        "hook": hooks.address(app) if app else "",
        "erase": site + reverse("meta_erase", args=[app.key]) if app else "",
        "deauthorise": site + reverse("meta_deauthorise", args=[app.key]) if app else "",
        "privacy": site + reverse("privacy:page"),
    }
    return render(request, "channels/meta.html", context, status=status)


@head_required
@require_safe
def start(request: AuthedRequest) -> HttpResponse:
    """The application's keys, if they are not known yet; else the way to log in."""
    return _page(request)


@head_required
@require_POST
def save_app(request: AuthedRequest) -> HttpResponse:
    """Keep the application's id and secret."""
    app = connecting.app_of("meta")
    form = KeysForm(request.POST, keys=app_keys("meta"), keep=app is not None)
    if not form.is_valid():
        return _page(request, status=422, app_form=form)
    connecting.save_app(family="meta", values=form.values(), by=request.user, app=app, name="Meta")
    messages.success(request, _("Kunci aplikasi disimpan dan disegel."))
    return redirect("channels:meta")


@head_required
@require_safe
@never_cache
def log_in(request: AuthedRequest) -> HttpResponse:
    """To Meta's dialogue, with a state that the session keeps."""
    app = connecting.app_of("meta")
    if app is None:
        return redirect("channels:meta")
    state = secrets.token_urlsafe(32)
    pending.keep(request, STATE, {"state": state})
    login = onboarding.meta_login(connecting.opened(app), redirect_uri=back_address())
    try:
        scopes = [*SCOPES["facebook"], *SCOPES["instagram"]]
        return redirect(login.dialog(state, list(dict.fromkeys(scopes))))
    finally:
        login.close()


@head_required
@require_safe
@never_cache
def back(request: AuthedRequest) -> HttpResponse:
    """Back from Meta: the code becomes the person's long-lived token, kept sealed until the choice."""
    expected, app = pending.take(request, STATE), connecting.app_of("meta")
    told = request.GET.get("state", "")
    if app is None or not expected or not secrets.compare_digest(
        told.encode(), str(expected["state"]).encode()
    ):  # fmt: skip
        messages.warning(request, _("Masuk dengan Facebook terputus di tengah jalan. Coba lagi."))
        return redirect("channels:meta")
    code = request.GET.get("code", "")
    if not code:
        messages.warning(request, _("Facebook belum diberi izin, jadi belum ada yang terhubung."))
        return redirect("channels:meta")
    login = onboarding.meta_login(connecting.opened(app), redirect_uri=back_address())
    try:
        token = login.long_lived(login.user_token(code).access_token)
    except FetchFailed as error:
        why = failures.why_not_now(error.problem, "Meta")
        messages.warning(request, _("Meta tidak memberi kunci: %(why)s") % {"why": why})
        return redirect("channels:meta")
    finally:
        login.close()
    pending.keep(request, TOKEN, {"token": token.access_token})
    return redirect("channels:meta_pick")


def offers(app: App, token: str) -> list[Offer]:
    """Every Page and Instagram account this person may connect. Raises FetchFailed."""
    login = onboarding.meta_login(connecting.opened(app), redirect_uri=back_address())
    try:
        pages = login.pages(token)
        state = login.debug(token)
    finally:
        login.close()
    ids = [page.id for page in pages] + [page.instagram_id for page in pages]
    there = set(
        Channel.objects.filter(platform__in=SCOPES, external_id__in=ids, is_active=True)
        .exclude(sealed=b"")
        .values_list("platform", "external_id")
    )
    return [offer for page in pages for offer in _of_page(page, state, there)]


def _of_page(page: LinkedPage, state: TokenState, there: set[tuple[str, str]]) -> list[Offer]:
    """A Page and, if one is linked to it, its Instagram account; both speak with the Page's token."""
    made = []
    keys: Mapping[str, Any] = {"access_token": page.access_token}
    accounts = [Found("facebook", page.id, page.name, keys, name=page.name)]
    if page.instagram_id:
        keys = {"access_token": page.access_token, "page_id": page.id}
        handle = f"@{page.instagram_username}" if page.instagram_username else page.name
        accounts.append(Found("instagram", page.instagram_id, handle, keys, name=page.name))
    for found in accounts:
        words = WORDS[found.platform]
        scopes = [scope for scope in words if scope not in state.scopes]
        tasks = [what for task, what in TASKS.items() if page.tasks and task not in page.tasks]
        missing = [_("izin %(what)s") % {"what": words[scope]} for scope in scopes] + [
            _("tugas Halaman untuk %(what)s") % {"what": what} for what in tasks
        ]
        value = f"{found.platform}:{found.external_id}"
        known = (found.platform, found.external_id) in there
        made.append(Offer(value, found, known, tuple(missing)))
    return made


@head_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def pick(request: AuthedRequest) -> HttpResponse:
    """Which Pages and Instagram accounts; what is missing is said, what is connected gets fresh keys."""
    token, app = pending.kept(request, TOKEN).get("token"), connecting.app_of("meta")
    if not token or app is None:
        messages.warning(request, _("Langkah ini sudah selesai atau terlalu lama. Mulai lagi."))
        return redirect("channels:meta")
    try:
        found = offers(app, str(token))
    except FetchFailed as error:
        why = failures.why_not_now(error.problem, "Meta")
        messages.warning(request, _("Meta tidak menjawab: %(why)s") % {"why": why})
        return redirect("channels:meta")
    values = [offer.value for offer in found]
    form = PickForm(request.POST or None, choices=values)
    if request.method != "POST" or not form.is_valid():
        chosen = request.POST.getlist("accounts") if request.POST else values
        context = {"offers": found, "form": form, "chosen": chosen}
        return render(request, "channels/pick.html", context, status=422 if request.POST else 200)
    pending.drop(request, TOKEN)
    picked = set(form.cleaned_data["accounts"])
    return finish(
        request, [offer.found for offer in found if offer.value in picked], app=app,
        begin_from=form.cleaned_data["begin_from"], teams=form.cleaned_data["teams"],
    )  # fmt: skip
