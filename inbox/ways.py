"""How an item may be answered now: asked of the platform's own rules before anybody writes (platforms.md §1.1).

The rules are pure functions of the platform's folder; here the rows become the Situation they judge.
"""

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Subquery

from accounts import clock
from inbox.connectors.base import Situation, Way
from inbox.connectors.registry import PLATFORMS
from inbox.models import Item, ItemQuerySet, Message
from inbox.models_out import Delivery, DeliveryState

_OUT = [DeliveryState.SENT, DeliveryState.SENDING, DeliveryState.UNKNOWN]


def foreseen(items: ItemQuerySet) -> ItemQuerySet:
    """`items` with what `situation` would ask for each: the time of the citizen's last word in the
    thread, and which messages got a private reply. A page that has them needs no further query."""
    last_in = Message.objects.filter(
        item__thread_id=OuterRef("thread_id"), item__citizen_id=OuterRef("citizen_id"),
        direction=Message.Direction.IN,
    ).order_by("-written_at").values("written_at")[:1]  # fmt: skip
    private = Delivery.objects.filter(
        item=OuterRef("pk"), way="private", state__in=_OUT
    ).values("target_id")  # fmt: skip
    return items.annotate(last_said_at=Subquery(last_in), private_to=ArraySubquery(private))


def situation(item: Item, target: Message) -> Situation:
    """Everything that decides how `target` may be answered now."""
    known: Any = item
    if not hasattr(item, "private_to"):
        known = foreseen(Item.objects.filter(pk=item.pk)).only("pk").get()
    return Situation(
        object_class=target.object_class,
        address=target.address,
        written_at=target.written_at,
        last_in_at=known.last_said_at or target.written_at,
        now=clock.now(),
        options=item.channel.options,
        private_used=target.current_id in known.private_to,
        quota_left=item.channel.quota_left,
        unreachable=item.citizen.blocked_at is not None,
        hidden=target.hidden,
    )


def ways(item: Item, target: Message | None) -> tuple[Way, ...]:
    """All ways to answer, open and closed, the best open one first; () where only by hand."""
    parts = PLATFORMS.get(item.channel.platform)
    if parts is None or item.channel.by_hand or target is None or not target.current_id:
        return ()
    found = parts.ways(situation(item, target))
    return tuple(sorted(found, key=lambda way: not way.open))


def usual(item: Item, target: Message | None) -> Way | None:
    """The way a reply takes when nobody chose one; None when every way is closed."""
    return next((way for way in ways(item, target) if way.open), None)
