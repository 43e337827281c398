"""Taking in by hand, its pictures, and the quarantine of what could not be read."""

import json
from contextlib import suppress
from mimetypes import guess_type

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import AuthedRequest
from accounts.predicates import desk_required, head_required
from inbox import intake
from inbox.forms import ByHandForm
from inbox.models import Channel, Item, Message, RawEvent

SHOWN = 50  # quarantined bodies on one page
EXCERPT = 4_000  # characters of a body shown


@desk_required
@require_http_methods(["GET", "HEAD", "POST"])
def by_hand(request: AuthedRequest) -> HttpResponse:
    """“Catat pesan”: a link, pasted text or a screenshot becomes an item."""
    channels = Channel.objects.visible_to(request.user).filter(is_active=True)
    if request.method != "POST":
        return render(request, "inbox/by_hand.html", {"form": ByHandForm(channels=channels)})
    form = ByHandForm(request.POST, request.FILES, channels=channels)
    if not form.is_valid():
        return render(request, "inbox/by_hand.html", {"form": form}, status=422)
    item = intake.take_in_by_hand(by=request.user, **form.cleaned_data)
    return redirect("inbox:item", item.pk)


@desk_required
@require_safe
def picture(request: AuthedRequest, pk: int, message_pk: int) -> FileResponse:
    """A screenshot taken in by hand, to whoever may see its item. Pictures have no open address."""
    item = get_object_or_404(Item.objects.visible_to(request.user), pk=pk)
    message = get_object_or_404(Message, pk=message_pk, item=item)
    if not message.picture or message.erased_at:
        raise Http404
    kind = guess_type(message.picture.name or "")[0] or "application/octet-stream"
    response = FileResponse(message.picture.open("rb"), content_type=kind)
    response["Cache-Control"] = "private, max-age=3600"
    return response


@head_required
@require_safe
def quarantine(request: AuthedRequest) -> HttpResponse:
    """What platforms sent and could not be read: kept as it came, to be tried again."""
    channels = Channel.objects.visible_to(request.user)
    raws = list(
        RawEvent.objects.filter(state=RawEvent.State.QUARANTINED, channel__in=channels.values("pk"))
        .select_related("channel")
        .order_by("-pk")[:SHOWN]
    )
    shown = [(raw, _excerpt(bytes(raw.body))) for raw in raws]
    return render(request, "inbox/quarantine.html", {"raws": shown})


def _excerpt(body: bytes) -> str:
    text = body.decode("utf-8", errors="replace")
    with suppress(ValueError):
        text = json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    return text[:EXCERPT]


@head_required
@require_POST
def try_again(request: AuthedRequest, pk: int) -> HttpResponse:
    """Read a quarantined body once more (after an update, for instance)."""
    raw = get_object_or_404(
        RawEvent, pk=pk, channel__in=Channel.objects.visible_to(request.user).values("pk")
    )
    fresh = intake.absorb_raw(raw_id=raw.pk)
    raw.refresh_from_db()
    if raw.state == RawEvent.State.PARSED:
        messages.success(request, _("Terbaca. %(n)s pesan baru masuk.") % {"n": fresh})
    else:
        messages.warning(request, _("Masih belum terbaca. Datanya tetap disimpan."))
    return redirect("inbox:quarantine")
