"""The channels: how they are, their settings, switching off and on. Connecting is views_channels_connect.py.

For the head and administrators; whoever else asks is refused (accounts/predicates.py).
"""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import journal
from accounts.http import AuthedRequest
from accounts.models import JournalEntry
from accounts.predicates import head_required
from inbox import (
    alerts,
    channels,
    connecting,
    erasure_requests,
    failures,
    health,
    hooks,
    onboarding,
)
from inbox.forms_channels import SecretForm, SettingsForm
from inbox.models import BlindPeriod, Channel
from inbox.views_channels_connect import way_back

ENTRIES = 12  # of the journal, on a channel's page


def channel_of(request: AuthedRequest, pk: int) -> Channel:
    """A channel this person may see, or 404."""
    return get_object_or_404(
        Channel.objects.visible_to(request.user).select_related("app").prefetch_related("feeds"),
        pk=pk,
    )


@head_required
@require_safe
@never_cache
def overview(request: AuthedRequest) -> HttpResponse:
    """Every channel with its health in one line."""
    found = health.lines(request.user)
    context = {
        "lines": found,
        "summary": health.summary(found),
        "alerts": alerts.open_alerts(),
        "asked": len(erasure_requests.waiting()),
    }
    return render(request, "channels/list.html", context)


def form_address(channel: Channel) -> str:
    """Where citizens find this channel's own form; "" where it has none."""
    if channel.platform != "web" or channel.by_hand:
        return ""
    return f"{settings.SITE_URL.rstrip('/')}{reverse('web:report', args=[channel.external_id])}"


def show(
    request: AuthedRequest, channel: Channel, *, status: int = 200, **forms: Any
) -> HttpResponse:
    """A channel's page; `forms` are refused ones."""
    context = {
        "line": health.line_of(channel),
        "channel": channel,
        "app": channel.app,
        "address": hooks.address(channel.app) if channel.app else "",
        "secrets": range(len(hooks.secrets_of(channel.app))) if channel.app else (),
        "siblings": connecting.siblings(channel.app) if channel.app else [],
        "can_subscribe": onboarding.can_subscribe(channel),
        "anew": way_back(channel),
        "form_address": form_address(channel),
        "settings_form": forms.get("settings_form") or SettingsForm(channel=channel),
        "secret_form": forms.get("secret_form") or SecretForm(),
        "entries": [
            (entry, journal.wording(entry.verb))
            for entry in JournalEntry.objects.filter(subject=journal.subject_of(channel))
            .select_related("actor")
            .order_by("-pk")[:ENTRIES]
        ],
    }
    return render(request, "channels/channel.html", context, status=status)


@head_required
@require_safe
@never_cache
def channel(request: AuthedRequest, pk: int) -> HttpResponse:
    """One channel in depth."""
    return show(request, channel_of(request, pk))


@head_required
@require_POST
def set_up(request: AuthedRequest, pk: int) -> HttpResponse:
    """Teams, beginning, what the platform allows."""
    found = channel_of(request, pk)
    form = SettingsForm(request.POST, channel=found)
    if not form.is_valid():
        return show(request, found, status=422, settings_form=form)
    connecting.set_up(
        channel=found,
        handle=form.cleaned_data.get("handle", ""),
        teams=form.cleaned_data["teams"],
        begin_from=form.cleaned_data["begin_from"],
        options=form.options(),
        second_reader=form.cleaned_data.get("second_reader"),
        by=request.user,
    )
    messages.success(request, _("Pengaturan disimpan."))
    return redirect("channels:channel", pk)


@head_required
@require_http_methods(["GET", "HEAD", "POST"])
def disconnect(request: AuthedRequest, pk: int) -> HttpResponse:
    """“Putuskan”: asks once, and says what goes on."""
    found = channel_of(request, pk)
    if request.method != "POST":
        return render(request, "channels/disconnect.html", {"channel": found})
    connecting.disconnect(channel=found, by=request.user)
    messages.success(request, _("%(channel)s diputus.") % {"channel": found})
    return redirect("channels:channel", pk)


@head_required
@require_POST
def bring_back(request: AuthedRequest, pk: int) -> HttpResponse:
    """“Hubungkan lagi” with the keys that are stored."""
    found = channel_of(request, pk)
    connecting.bring_back(channel=found, by=request.user)
    found.refresh_from_db()
    channels.check(found)
    messages.success(request, _("%(channel)s terhubung lagi.") % {"channel": found})
    return redirect("channels:channel", pk)


@head_required
@require_POST
def check(request: AuthedRequest, pk: int) -> HttpResponse:
    """“Periksa sekarang”: ask the platform about token, permissions, subscription, quota."""
    found = channel_of(request, pk)
    told = channels.check(found)
    if told is None:
        messages.warning(request, _("Platform belum bisa dihubungi. Coba lagi sebentar lagi."))
    elif told.alive:
        messages.success(request, _("Sudah diperiksa: kuncinya berlaku."))
    else:
        why = failures.why_not_now(told.problem, found.get_platform_display())
        messages.warning(request, _("Kunci akun ditolak: %(why)s") % {"why": why})
    return redirect("channels:channel", pk)


@head_required
@require_POST
def subscribe(request: AuthedRequest, pk: int) -> HttpResponse:
    """Ask the platform (again) to post to us, and see whether it does."""
    found = channel_of(request, pk)
    told = onboarding.subscribe(found)
    for line in told.lines:
        (messages.success if told.ok else messages.warning)(request, line)
    channels.check(found)
    return redirect("channels:channel", pk)


@head_required
@require_POST
def add_secret(request: AuthedRequest, pk: int) -> HttpResponse:
    """A new webhook secret beside the old one, which stays good until it is dropped."""
    found = channel_of(request, pk)
    form = SecretForm(request.POST)
    if found.app is None or not form.is_valid():
        return show(request, found, status=422, secret_form=form)
    connecting.add_secret(app=found.app, secret=form.cleaned_data["secret"], by=request.user)
    messages.success(request, _("Kunci rahasia baru dipasang. Yang lama masih berlaku."))
    return redirect("channels:channel", pk)


@head_required
@require_POST
def drop_secret(request: AuthedRequest, pk: int) -> HttpResponse:
    """Drop one of several webhook secrets."""
    found = channel_of(request, pk)
    position = request.POST.get("position", "")
    try:
        if found.app is not None:
            connecting.drop_secret(app=found.app, position=int(position), by=request.user)
            messages.success(request, _("Kunci rahasia dibuang."))
    except (ValueError, IndexError):
        messages.warning(request, _("Kunci rahasia itu sudah tidak ada."))
    except connecting.LastSecret:
        messages.warning(request, _("Kunci rahasia terakhir tidak dapat dibuang."))
    return redirect("channels:channel", pk)


@head_required
@require_POST
def seen(request: AuthedRequest, pk: int) -> HttpResponse:
    """“Sudah saya periksa di aplikasinya”: of a time whose messages cannot be read back."""
    mine = Channel.objects.visible_to(request.user).values("pk")
    period = get_object_or_404(
        BlindPeriod.objects.select_related("feed"), pk=pk, lost=True, feed__channel__in=mine
    )
    connecting.note_seen(period=period, by=request.user)
    messages.success(request, _("Dicatat. Terima kasih."))
    if request.POST.get("next") == "list":
        return redirect("channels:list")
    return redirect("channels:channel", period.feed.channel_id)
