"""Acting on an item: each view parses, authorises, calls one door once, and shows the item again.

Refusals come back where the person looks, with what was typed: 409 when somebody or something else
was faster, 422 when the input itself will not do.
"""

from collections.abc import Callable
from pathlib import PurePath
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import clock
from accounts.http import AuthedRequest
from accounts.predicates import desk_required, head_required
from inbox import claims, queries_taken, replies, stale
from inbox.forms import CloseForm, HandOverForm, ReplyForm
from inbox.models import Item, ItemQuerySet, Reply, ReplyPicture
from inbox.models_out import ReplyState
from inbox.queries import Listing
from inbox.views import show, wants_fragment


def act(
    request: AuthedRequest,
    pk: int,
    do: Callable[[Item], object],
    *,
    typed: str = "",
    items: ItemQuerySet | None = None,
    **carried: Any,
) -> HttpResponse:
    """Call `do` on the visible item `pk`, then show the item (htmx) or go back to its page.

    `typed` and `carried` (way, pictures_lost) come back with a refused form.
    """
    items = Item.objects.visible_to(request.user) if items is None else items
    item = get_object_or_404(items, pk=pk)
    try:
        do(item)
    except PermissionError as error:
        raise PermissionDenied from error
    except claims.ClaimError as error:
        if isinstance(error, claims.ClaimLost) and typed.strip():
            claims.keep_draft(item=item, by=request.user, text=typed)
        return show(request, items, pk, status=409, typed=typed, problem=str(error), **carried)
    except replies.ReplyRefused as error:
        status = 422
        if isinstance(error, replies.NewerMessage):
            status, carried["unread"] = 409, _unread(request)
        return show(request, items, pk, status=status, typed=typed, problem=str(error), **carried)
    if wants_fragment(request):
        return show(request, items, pk)
    return redirect(reverse("inbox:item", args=[pk]) + Listing.read(request.GET).query)


def _unread(request: AuthedRequest) -> stale.Marks | None:
    """Up to where the refused form's author has seen the item; None where it does not say."""
    marks = stale.Marks(**stale.told(request.POST))
    return marks if marks.seen else None


def fence_of(request: AuthedRequest) -> int:
    """The fence the form carries; 0, which no claim has, when it is missing or no number."""
    return stale.number(request.POST.get("fence", ""))


@desk_required
@require_POST
def take(request: AuthedRequest, pk: int) -> HttpResponse:
    """Take the item. The answer to htmx is the claim bar alone, so that whose it is shows at once however
    many press; the page then asks for the answer form by itself (docs/decisions)."""
    if not wants_fragment(request):
        return act(request, pk, lambda item: claims.take(item=item, by=request.user))
    items = Item.objects.visible_to(request.user)
    shown = items.only("state", "waiting_since", "former", "offered_until")  # by the bar, no more
    item = get_object_or_404(shown, pk=pk)
    try:
        held = claims.take(item=item, by=request.user)
    except claims.ClaimError as error:
        return show(request, items, pk, status=409, problem=str(error))
    context = {
        "s": queries_taken.just_taken(item, by=request.user, held=held),
        "item": item, "listing": Listing.read(request.GET), "oob": True,
    }  # fmt: skip
    response = render(request, "inbox/item.html#claim", context)
    response["HX-Reswap"] = "none"  # the bar goes to its own place
    response["HX-Trigger-After-Settle"] = f"live:item-{pk}"
    return response


@desk_required
@require_POST
def release(request: AuthedRequest, pk: int) -> HttpResponse:
    fence = fence_of(request)
    return act(request, pk, lambda item: claims.release(item=item, by=request.user, fence=fence))


@head_required
@require_POST
def take_over(request: AuthedRequest, pk: int) -> HttpResponse:
    return act(request, pk, lambda item: claims.take_over(item=item, by=request.user))


@desk_required
@require_http_methods(["GET", "HEAD", "POST"])
def hand_over(request: AuthedRequest, pk: int) -> HttpResponse:
    """GET: whom to choose (a small page, or the sheet of the claim bar). POST: hand over."""
    items = Item.objects.visible_to(request.user)
    item = get_object_or_404(items, pk=pk)
    if request.method != "POST":
        claim = claims.live_claim(item)
        fence = claim.pk if claim and claim.holder_id == request.user.pk else 0
        form = HandOverForm(initial={"fence": fence}, item=item, by=request.user)
        listing = Listing.read(request.GET)
        part = "#choose" if wants_fragment(request) else ""
        context = {"form": form, "item": item, "listing": listing}
        return render(request, f"inbox/hand_over.html{part}", context)
    form = HandOverForm(request.POST, item=item, by=request.user)
    if not form.is_valid():
        problem = _("Pilih rekan yang akan menjawab.")
        if request.POST.get("to"):  # the page was older than what this colleague may see
            problem = _("Rekan ini tidak melihat kanal pesan ini. Pilih rekan lain.")
        return show(request, items, pk, status=422, problem=problem)
    to, fence = form.cleaned_data["to"], form.cleaned_data["fence"]
    return act(
        request,
        pk,
        lambda item: claims.hand_over(item=item, by=request.user, fence=fence, to=to),
        items=items,
    )


@desk_required
@require_POST
def draft(request: AuthedRequest, pk: int) -> HttpResponse:
    """Keep what is being written, and lengthen the lease since somebody writes."""
    item = get_object_or_404(Item.objects.visible_to(request.user), pk=pk)
    text, fence = request.POST.get("text", "")[:20_000], fence_of(request)
    try:
        with transaction.atomic():
            held = claims.renew(item=item, by=request.user, fence=fence)
            claims.refuse_if_pinned(item)
            claims.keep_draft(item=item, by=request.user, text=text)
    except claims.ClaimError as error:
        if isinstance(error, claims.ClaimLost) and text.strip():
            claims.keep_draft(item=item, by=request.user, text=text)
        return render(request, "inbox/item.html#kept", {"problem": str(error)}, status=409)
    response = render(request, "inbox/item.html#kept", {"held": held, "empty": not text.strip()})
    response["X-Lease"] = str(int((held.expires_at - clock.now()).total_seconds()))
    return response


@desk_required
@require_POST
def reply(request: AuthedRequest, pk: int) -> HttpResponse:
    """Queue the answer; or record that it was posted in the platform's own app."""
    typed = request.POST.get("text", "")[:20_000]
    form = ReplyForm(request.POST, request.FILES)
    carried: dict[str, Any] = {
        "way": request.POST.get("way", "")[:16],
        "pictures_lost": bool(request.FILES),
    }
    if not form.is_valid():
        items = Item.objects.visible_to(request.user)
        problem = _("Balasan tidak terbaca. Periksa lalu kirim lagi.")
        problem = str(next(iter(form.errors.get("pictures", [])), problem))
        return show(request, items, pk, status=422, typed=typed, problem=problem, **carried)
    data = form.cleaned_data

    def do(item: Item) -> None:
        replies.submit(
            item=item, by=request.user, fence=data["fence"], text=_said(item, data),
            seen=data["seen"], seen_at=stale.moment(data["seen_at"]), by_hand=data["by_hand"],
            way=data["way"],
            pictures=[] if data["by_hand"] else [*_again(request, item), *data["pictures"]],
        )  # fmt: skip

    return act(request, pk, do, typed=typed, **carried)


def _said(item: Item, data: dict[str, Any]) -> str:
    """What was answered. Marked as answered in the app without its words: that this was so."""
    if data["by_hand"] and not data["text"].strip():
        return _("(Dijawab di aplikasi %(where)s.)") % {
            "where": item.channel.get_platform_display()
        }
    return str(data["text"])


def _again(request: AuthedRequest, item: Item) -> "list[ContentFile[bytes]]":
    """Pictures of one's own reply that did not go out, chosen to go with this one."""
    keys = [int(key) for key in request.POST.getlist("again") if key.isascii() and key.isdigit()]
    found = ReplyPicture.objects.filter(
        pk__in=[key for key in keys if key < 2**62], reply__item=item, reply__author=request.user,
        reply__state__in=[ReplyState.CANCELLED, ReplyState.FAILED],
    )  # fmt: skip
    made = []
    for picture in found:
        try:
            with picture.file.open("rb") as file:
                made.append(ContentFile(file.read(), name=PurePath(picture.file.name or "").name))
        except OSError as error:
            raise replies.ReplyRefused(
                _(
                    "Gambar yang belum terkirim tidak dapat dibaca lagi. Hapus centangnya, lalu pilih gambarnya."
                )
            ) from error
    return made


def reply_of(request: AuthedRequest, item: Item) -> Reply:
    """The reply the form speaks of, on this item. Raises Http404."""
    text = request.POST.get("reply", "")
    key = int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0
    return get_object_or_404(Reply.objects.select_related("item", "author"), pk=key, item=item)


@desk_required
@require_POST
def withdraw(request: AuthedRequest, pk: int) -> HttpResponse:
    """Undo: the text goes back into the form; with `drop` it is thrown away."""

    def do(item: Item) -> None:
        with transaction.atomic():
            withdrawn = reply_of(request, item)
            replies.withdraw(reply=withdrawn, by=request.user)
            if "drop" in request.POST:
                claims.keep_draft(item=item, by=withdrawn.author, text="")

    return act(request, pk, do)


@desk_required
@require_POST
def send_anyway(request: AuthedRequest, pk: int) -> HttpResponse:
    fence = fence_of(request)
    return act(
        request,
        pk,
        lambda item: replies.send_anyway(
            reply=reply_of(request, item), by=request.user, fence=fence, **stale.told(request.POST)
        ),
    )


@desk_required
@require_POST
def close(request: AuthedRequest, pk: int) -> HttpResponse:
    form = CloseForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    return act(
        request,
        pk,
        lambda item: replies.close(
            item=item,
            by=request.user,
            fence=fence_of(request),
            reason=reason,
            **stale.told(request.POST),
        ),
    )


@desk_required
@require_POST
def reopen(request: AuthedRequest, pk: int) -> HttpResponse:
    return act(request, pk, lambda item: replies.reopen(item=item, by=request.user))


@desk_required
@require_POST
def note(request: AuthedRequest, pk: int) -> HttpResponse:
    text = request.POST.get("note", "")[:5_000]
    return act(request, pk, lambda item: replies.add_note(item=item, by=request.user, text=text))
