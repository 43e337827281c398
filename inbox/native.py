"""What our own account wrote: the echo of a reply of ours, or an answer given outside Sahut (DESIGN §6).

A post of ours counts as “ours” only if its id is in the outbox (platforms.md §1.4). While a delivery
on that item is on its way or unknown, a matching post is left to the read-back to decide.
"""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts import clock, journal
from inbox import live
from inbox.connectors.base import Incoming
from inbox.models import Channel, Claim, Item, ItemState, Message, RawEvent, Reply, Thread
from inbox.models_out import Delivery, DeliveryState, ReplyState

journal.register({"answered_outside": _("dijawab langsung dari aplikasi")})


class WaitForOutcome(Exception):
    """A delivery on this item is unsettled: this own post may be it. Kept; read again by the sweeper."""


def absorb_own(
    *, channel: Channel, incoming: Incoming, raw: RawEvent | None, thread: Thread
) -> bool:
    """Take in a post of our own account; True when it was new. The thread's row is locked.

    1. Find the item it answers; none: it is a post of the institution, not our business.
    2. In the outbox already: it is the echo of a delivery, nothing to do.
    3. A delivery to the same target is on its way or unknown: leave it out now. The overlap of the
       own feed, or the read-back, brings it again once the outcome stands.
    4. Otherwise it is a native answer: store it, mark the item, hold a queued reply.
    """
    target = (
        Message.objects.select_related("item")
        .filter(platform=channel.platform, current_id=incoming.replies_to)
        .exclude(current_id="")
        .first()
    )
    if target is None:
        return False
    item = target.item
    if Delivery.objects.filter(item__thread=thread, remote_id=incoming.current_id).exists():
        return False
    unsettled = Q(state=DeliveryState.SENDING) | Q(state=DeliveryState.UNKNOWN)
    if Delivery.objects.filter(unsettled, item=item, target_id=incoming.replies_to).exists():
        raise WaitForOutcome
    store_own(item=item, incoming=incoming, raw=raw, native=True)
    _answered_outside(item)
    return True


def store_own(*, item: Item, incoming: Incoming, raw: RawEvent | None, native: bool) -> Message:
    """Put a post of our account into the item's conversation."""
    return Message.objects.create(
        item=item,
        platform=item.channel.platform,
        object_class=incoming.object_class,
        external_id=incoming.external_id,
        current_id=incoming.current_id,
        direction=Message.Direction.OUT,
        text=incoming.text,
        link=incoming.link,
        replies_to=incoming.replies_to,
        written_at=incoming.written_at,
        native=native,
        raw=raw,
    )


def _answered_outside(item: Item) -> None:
    """The item becomes answered, unless somebody works on it: then the holder is warned instead."""
    Reply.objects.filter(item=item, state=ReplyState.QUEUED).update(
        state=ReplyState.HELD, hold=Reply.Hold.NATIVE_ANSWER
    )
    held = Claim.objects.filter(item=item, ended_at__isnull=True).exists()
    fields: dict[str, object] = {"last_out_at": clock.now()}
    if not held:
        fields["waiting_since"] = None
        if item.state == ItemState.OPEN:
            fields |= {"state": ItemState.ANSWERED, "settled_at": clock.now()}
    Item.objects.filter(pk=item.pk).update(**fields)
    journal.record("answered_outside", subject=item, by=None)
    live.item_changed(item, kind="native")
