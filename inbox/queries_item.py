"""What the item page shows, put together out of the database (standing.py says what it means)."""

from typing import Any

from django.db.models import Count, Exists, OuterRef, Prefetch, Subquery
from django.shortcuts import get_object_or_404

from accounts import clock
from accounts.models import User
from inbox import queries_media, ways
from inbox.models import Amendment, ClaimRequest, Draft, Item, ItemQuerySet, Reply
from inbox.models_out import Delivery
from inbox.queries import with_claim
from inbox.queries_after import with_wishes
from inbox.standing import Entry, Standing


def standing(items: ItemQuerySet, *, pk: int, user: User, **carried: Any) -> Standing:
    """The item `pk` out of `items` (limited to what `user` may see) with all its page shows.

    Raises Http404. Nine queries at most, whatever the length of the conversation.
    """
    others = (
        Item.objects.filter(citizen=OuterRef("citizen"), restricted=False)
        .order_by()
        .values("citizen")
        .annotate(n=Count("pk"))
        .values("n")
    )
    found = ways.foreseen(with_claim(items)).select_related("former")
    # Rare things are only asked for where there are any.
    requests = ClaimRequest.objects.filter(claim__item=OuterRef("pk"), claim__ended_at=None)
    wishes = Amendment.objects.filter(message__item=OuterRef("pk"))
    drafts = Draft.objects.filter(item=OuterRef("pk"))
    found = found.annotate(
        episodes=Subquery(others), was_asked=Exists(requests), was_wished=Exists(wishes),
        was_begun=Exists(drafts),
    )  # fmt: skip
    found = found.defer(None).defer(
        "search"
    )  # whether the channel is answered by hand is asked below
    item = get_object_or_404(found, pk=pk)
    messages = queries_media.with_media(
        item.messages.select_related("author").order_by("written_at", "pk")
    )
    notes = item.notes.select_related("author").order_by("at", "pk")
    reply = (
        queries_media.with_pictures(Reply.objects.filter(item=item))
        .select_related("author", "reader")
        .prefetch_related(Prefetch("deliveries", Delivery.objects.order_by("part")))
        .order_by("-pk")
        .first()
    )
    known: Any = item  # with what was annotated
    with_wishes(item, messages, any_wish=known.was_wished)
    entries = [Entry(at=m.written_at, message=m) for m in messages if "part_of" not in m.address]
    entries += [Entry(at=note.at, note=note) for note in notes]
    entries.sort(key=lambda entry: entry.at)
    found_now = Standing(
        item=item,
        user=user,
        now=clock.now(),
        entries=entries,
        reply=reply,
        calls=list(reply.deliveries.all()) if reply else [],
        **carried,
    )
    if known.was_begun:
        begun = Draft.objects.filter(item=item).select_related("author")
        found_now.drafts = list(begun.order_by("-at"))
    if found_now.mode in ("mine", "other") and known.was_asked:
        asked = ClaimRequest.objects.filter(claim=found_now.claim).select_related("by")
        found_now.requests = list(asked.order_by("at"))
    if found_now.mode != "done":
        found_now.ways = ways.ways(item, found_now.target)
    return found_now
