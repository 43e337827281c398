"""Connecting an account on screens: choose a platform, paste keys, the last step, and what happens next.

The log-ins at X and Meta are views_channels_x.py and views_channels_meta.py; both end here. A platform
that only names the keys it needs (PlatformParts.keys) is connected by `paste`, without a screen of its own.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import AuthedRequest
from accounts.models import Team
from accounts.predicates import head_required
from inbox import channels, connecting, failures, health, hooks, onboarding, pending
from inbox.connecting import Found
from inbox.connectors.base import FetchFailed
from inbox.connectors.parts import PlatformParts
from inbox.connectors.registry import PLATFORMS
from inbox.forms_channels import BeginForm, ByHandChannelForm, KeysForm, NameForm
from inbox.models import App, Channel

LAST, CONNECTED = "last", "connected"  # what the session remembers


@dataclass(frozen=True, slots=True)
class Choice:
    """A way to connect, as the first page offers it."""

    platform: str
    name: str
    about: str
    url: str


def choices() -> list[Choice]:
    """Every platform that can be connected: log-ins by family, the others by their form."""
    found: dict[str, Choice] = {}
    for key, parts in PLATFORMS.items():
        if parts.family == "meta":
            about = _("Masuk dengan Facebook, lalu pilih Halaman dan akun Instagram-nya.")
            found["meta"] = Choice(
                "facebook", "Facebook, Messenger, Instagram", about, reverse("channels:meta")
            )
        elif key == "x":
            about = _("Masuk dengan X, atau tempel kunci dari portal pengembang.")
            found["x"] = Choice("x", parts.name, about, reverse("channels:x"))
        elif parts.keys:
            few = len(parts.keys) <= 2
            about = (
                _("Tempel %(keys)s.") % {"keys": ", ".join(one.label for one in parts.keys)}
                if few
                else _("Isi keterangan akunnya.")
            )
            found[key] = Choice(key, parts.name, about, reverse("channels:paste", args=[key]))
    return list(found.values())


@head_required
@require_safe
def choose(request: AuthedRequest) -> HttpResponse:
    """“Hubungkan kanal”: which platform."""
    return render(request, "channels/choose.html", {"choices": choices()})


def way_back(channel: Channel) -> str:
    """Where this account is connected anew when its keys are dead."""
    parts = channels.parts_of(channel)
    if parts is None or channel.by_hand:
        return ""
    if parts.family in ("x", "meta"):
        return reverse(f"channels:{parts.family}")
    return reverse("channels:paste", args=[channel.platform])


# --- pasted keys ------------------------------------------------------------------------------------------

#: Platforms that tell whose keys these are; elsewhere the person says it.
_TELLS: dict[str, Callable[[Mapping[str, Any]], Found]] = {"line": onboarding.who_line}


@head_required
@require_http_methods(["GET", "HEAD", "POST"])
def paste(request: AuthedRequest, platform: str) -> HttpResponse:
    """The keys a platform's folder asks for; the platform itself is asked whether they are good."""
    parts = PLATFORMS.get(platform)
    if parts is None or not parts.keys or parts.family in ("x", "meta"):
        raise Http404
    bound = request.POST if request.method == "POST" else None
    keys = KeysForm(bound, keys=parts.keys)
    name = None if platform in _TELLS else NameForm(bound)
    begin = BeginForm(bound) if parts.feeds else None
    context = {"parts": parts, "platform": platform, "keys": keys, "name": name, "begin": begin}
    forms = [form for form in (keys, name, begin) if form is not None]
    if bound is None:
        return render(request, "channels/paste.html", context)
    valid = [form.is_valid() for form in forms]  # all of them: each says what it lacks
    if not all(valid):
        return render(request, "channels/paste.html", context, status=422)
    try:
        found = _identified(platform, keys.values(), name)
    except FetchFailed as error:
        where = Channel(platform=platform).get_platform_display()
        keys.add_error(None, failures.why_not_now(error.problem, where))
        return render(request, "channels/paste.html", context, status=422)
    app = _app_for(parts, found, keys.values(), by=request)
    data: dict[str, Any] = begin.cleaned_data if begin else {}
    return finish(
        request, [found], app=app, begin_from=data.get("begin_from"),
        teams=data.get("teams", Team.objects.all()),
    )  # fmt: skip


def _identified(platform: str, values: Mapping[str, str], name: NameForm | None) -> Found:
    """Whose keys these are. Raises FetchFailed."""
    kept = {key: value for key, value in values.items() if value and key not in _signing_keys()}
    if name is None:
        return _TELLS[platform](kept)
    typed = name.cleaned_data
    return onboarding.who_told(
        platform, kept, handle=typed["handle"], external_id=typed["external_id"]
    )


def _signing_keys() -> set[str]:
    """Keys that belong to the application rather than to the account: what signs webhooks."""
    return {*connecting.SIGNING.values(), "webhook_secret"}


def _app_for(
    parts: PlatformParts, found: Found, values: Mapping[str, str], *, by: AuthedRequest
) -> App | None:
    """The application that posts this account's webhooks, with its secret; None without webhooks."""
    if parts.hook is None:
        return None
    known = Channel.objects.filter(
        platform=found.platform, external_id=found.external_id
    ).select_related("app").first()  # fmt: skip
    signing = {key: value for key, value in values.items() if key in _signing_keys()}
    return connecting.save_app(
        family=parts.family, values=signing, by=by.user, app=known.app if known else None,
        name=found.handle,
    )  # fmt: skip


# --- the last step of a log-in ----------------------------------------------------------------------------


def confirm(request: AuthedRequest, found: Found, *, app: App) -> HttpResponse:
    """A log-in brought `found`: keep it sealed in the session and ask for the rest."""
    values = {
        "platform": found.platform,
        "external_id": found.external_id,
        "handle": found.handle,
        "name": found.name,
        "keys": dict(found.keys),
        "app": app.pk,
    }
    pending.keep(request, LAST, values)
    return redirect("channels:last")


@head_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def last(request: AuthedRequest) -> HttpResponse:
    """From which day, and who answers; then it is connected."""
    values = pending.kept(request, LAST)
    if not values:
        messages.warning(request, _("Langkah ini sudah selesai atau terlalu lama. Mulai lagi."))
        return redirect("channels:new")
    app = App.objects.filter(pk=values.pop("app")).first()
    found = Found(**values)
    known = Channel.objects.filter(platform=found.platform, external_id=found.external_id).first()
    form = BeginForm(request.POST or None)
    if known:  # its beginning stays
        del form.fields["begin_from"]
    if request.method != "POST" or not form.is_valid():
        context = {
            "found": found,
            "form": form,
            "known": known,
            "platform": PLATFORMS[found.platform],
        }
        return render(request, "channels/last.html", context, status=422 if request.POST else 200)
    pending.drop(request, LAST)
    return finish(
        request, [found], app=app, begin_from=form.cleaned_data.get("begin_from"),
        teams=form.cleaned_data["teams"],
    )  # fmt: skip


def finish(
    request: AuthedRequest,
    found: Iterable[Found],
    *,
    app: App | None,
    begin_from: datetime | None,
    teams: Iterable[Team],
) -> HttpResponse:
    """Connect the accounts, have the platform post to us, check, and show what happens next.

    1. The rows, each in its transaction: the handshake finds the keys. 2. The subscription. 3. The check.
    """
    rows = [
        connecting.connect(found=one, app=app, begin_from=begin_from, teams=teams, by=request.user)
        for one in found
    ]
    told: list[tuple[bool, str]] = []
    for row in rows:
        said = onboarding.subscribe(row)
        told += [(said.ok, line) for line in said.lines]
        channels.check(row)
    request.session[f"sahut_{CONNECTED}"] = {"channels": [row.pk for row in rows], "told": told}
    return redirect("channels:connected")


@head_required
@require_safe
@never_cache
def connected(request: AuthedRequest) -> HttpResponse:
    """What happens next; for LINE the address to copy and what its test said."""
    values = request.session.get(f"sahut_{CONNECTED}")
    if not values:
        return redirect("channels:list")
    mine = Channel.objects.visible_to(request.user).filter(pk__in=values["channels"])
    rows = list(mine.select_related("app").prefetch_related("feeds"))
    shown = [(health.line_of(row), hooks.address(row.app) if row.app else "") for row in rows]
    context = {"shown": shown, "told": list(dict.fromkeys(map(tuple, values["told"])))}
    return render(request, "channels/connected.html", context)


# --- by hand ----------------------------------------------------------------------------------------------


@head_required
@require_http_methods(["GET", "HEAD", "POST"])
def by_hand(request: AuthedRequest) -> HttpResponse:
    """A place whose messages are taken in by hand, for platforms that no API opens."""
    form = ByHandChannelForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return render(
            request, "channels/by_hand.html", {"form": form}, status=422 if request.POST else 200
        )
    row = connecting.add_by_hand(by=request.user, **form.cleaned_data)
    messages.success(
        request, _("%(channel)s siap. Catat pesannya dari kotak masuk.") % {"channel": row}
    )
    return redirect("channels:list")
