"""The quarantine: what platforms sent and could not be read, and what they named but would not show.

Nothing is lost there: bodies stay as they came and can be read again, after an update or once the
account they speak of is connected.
"""

import json
from contextlib import suppress

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.clock import DbNow
from accounts.http import AuthedRequest
from accounts.predicates import head_required
from inbox import intake
from inbox.models import Channel, Lookup, RawEvent

SHOWN = 50  # bodies on one page
EXCERPT = 4_000  # characters of a body shown


@head_required
@require_safe
def quarantine(request: AuthedRequest) -> HttpResponse:
    """What could not be read, newest first; a webhook's body may speak of no channel of ours."""
    raws = list(
        RawEvent.objects.filter(state=RawEvent.State.QUARANTINED)
        .filter(_theirs(request))
        .select_related("channel", "app")
        .order_by("-pk")[:SHOWN]
    )
    unseen = (
        Lookup.objects.filter(channel__in=Channel.objects.visible_to(request.user))
        .exclude(Q(done_at=None) | Q(problem="") | Q(kind="profile"))
        .select_related("channel")
        .order_by("-pk")[:SHOWN]
    )
    shown = [(raw, _excerpt(bytes(raw.body))) for raw in raws]
    return render(request, "inbox/quarantine.html", {"raws": shown, "unseen": unseen})


def _theirs(request: AuthedRequest) -> Q:
    visible = Channel.objects.visible_to(request.user)
    return Q(channel__in=visible.values("pk")) | Q(channel=None)


def _excerpt(body: bytes) -> str:
    text = body.decode("utf-8", errors="replace")
    with suppress(ValueError):
        text = json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    return text[:EXCERPT]


@head_required
@require_POST
def try_again(request: AuthedRequest, pk: int) -> HttpResponse:
    """Read a quarantined body once more (after an update, for instance)."""
    raw = get_object_or_404(RawEvent.objects.filter(_theirs(request)), pk=pk)
    fresh = intake.absorb_raw(raw_id=raw.pk)
    raw.refresh_from_db()
    if raw.state == RawEvent.State.PARSED:
        messages.success(request, _("Terbaca. %(n)s pesan baru masuk.") % {"n": fresh})
    else:
        messages.warning(request, _("Masih belum terbaca. Datanya tetap disimpan."))
    return redirect("inbox:quarantine")


@head_required
@require_POST
def ask_again(request: AuthedRequest, pk: int) -> HttpResponse:
    """Ask the platform once more for something it only named."""
    lookup = get_object_or_404(Lookup, pk=pk, channel__in=Channel.objects.visible_to(request.user))
    Lookup.objects.filter(pk=lookup.pk).update(done_at=None, tries=0, due_at=DbNow(), problem="")
    messages.success(request, _("Ditanyakan lagi ke platformnya; hasilnya muncul sebentar lagi."))
    return redirect("inbox:quarantine")
