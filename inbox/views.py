"""Reading the inbox: the list, a row, an item, and what of it has changed. Acting is views_item.py."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts import clock
from accounts.http import AuthedRequest
from accounts.predicates import desk_required
from inbox import queries, queries_item, queries_row
from inbox.connectors.registry import measure
from inbox.forms import CloseForm
from inbox.models import Item, ItemQuerySet
from inbox.standing import Standing


def wants_fragment(request: AuthedRequest) -> bool:
    """Whether htmx asked for a part; going back in history wants the whole page again."""
    return bool(request.htmx) and not request.htmx.history_restore_request


def list_context(request: AuthedRequest, items: ItemQuerySet) -> dict[str, Any]:
    """What the list beside (or instead of) an item needs: rows, views with counts, channels."""
    listing = queries.Listing.read(request.GET)
    channels = queries.channels_of(request.user)
    return {
        "listing": listing,
        "page": queries.page_of(items, listing=listing, user=request.user),
        "tabs": queries.tabs(items, listing=listing, user=request.user),
        "channels": channels,
        "blind": [channel for channel in channels if getattr(channel, "blind_since", None)],
        "alerts": queries.alerts_of(channels),
    }


def item_context(request: AuthedRequest, s: Standing) -> dict[str, Any]:
    return {
        "s": s,
        "item": s.item,
        "listing": queries.Listing.read(request.GET),
        "close_form": CloseForm(auto_id=False),
    }


def show(
    request: AuthedRequest, items: ItemQuerySet, pk: int, *, status: int = 200, **carried: Any
) -> HttpResponse:
    """The item's page, or only the item for htmx. `carried` is what a refused form brings back."""
    s = queries_item.standing(items, pk=pk, user=request.user, **carried)
    context = item_context(request, s)
    if wants_fragment(request):
        return render(request, "inbox/item.html#item", context, status=status)
    return render(
        request, "inbox/inbox.html", list_context(request, items) | context, status=status
    )


@desk_required
@require_safe
@never_cache
def inbox(request: AuthedRequest) -> HttpResponse:
    """The list."""
    items = Item.objects.visible_to(request.user)
    context = list_context(request, items)
    listing = context["listing"]
    if listing.citizen:
        context["citizen"] = queries.citizen_of(items, listing.citizen)
    return render(request, "inbox/inbox.html", context)


@desk_required
@require_safe
@never_cache
def rows(request: AuthedRequest) -> HttpResponse:
    """The list's fragment: with a cursor the next rows, without one the first rows and the counts."""
    items = Item.objects.visible_to(request.user)
    listing = queries.Listing.read(request.GET)
    context: dict[str, Any] = {
        "listing": listing,
        "page": queries.page_of(items, listing=listing, user=request.user),
    }
    if listing.after:
        return render(request, "inbox/inbox.html#older", context)
    context["tabs"] = queries.tabs(items, listing=listing, user=request.user)
    return render(request, "inbox/inbox.html#refreshed", context)


@desk_required
@require_safe
@never_cache
def row(request: AuthedRequest, pk: int) -> HttpResponse:
    """One row of the list, as it stands now."""
    items = queries.with_claim(Item.objects.visible_to(request.user))
    found = get_object_or_404(queries.with_reply(items), pk=pk)
    context = {
        "row": queries_row.row_of(found, user=request.user, now=clock.now()),
        "listing": queries.Listing.read(request.GET),
    }
    return render(request, "inbox/inbox.html#row", context)


@desk_required
@require_safe
@never_cache
def item(request: AuthedRequest, pk: int) -> HttpResponse:
    """One item: its claim, conversation and answer form."""
    return show(request, Item.objects.visible_to(request.user), pk)


@desk_required
@require_safe
@never_cache
def fresh(request: AuthedRequest, pk: int) -> HttpResponse:
    """Those parts of the item's page that changed since the keys the page sends. 204: none did.

    The answer form is only sent anew when what may be done in it changed, never while somebody types.
    """
    items = Item.objects.visible_to(request.user)
    s = queries_item.standing(items, pk=pk, user=request.user)
    changed = {
        part
        for part in ("claim", "talk", "composer")
        if request.GET.get(f"k_{part}") != getattr(s, f"{part}_key")
    }
    if not changed:
        return HttpResponse(status=204)
    context = item_context(request, s) | {"changed": changed, "oob": True}
    return render(request, "inbox/item.html#fresh", context)


@desk_required
@require_POST
def measure_text(request: AuthedRequest) -> HttpResponse:
    """How long the text is by the platform's own rule, while it is typed. Touches no row."""
    text = request.POST.get("text", "")[:20_000]
    length = measure(request.POST.get("platform", ""), text, request.POST.get("way", "")[:16])
    return render(request, "inbox/item.html#meter", {"length": length, "empty": not text.strip()})
