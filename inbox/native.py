"""What our own account wrote: the echo of a reply of ours, or an answer given outside Sahut (DESIGN §6).

A post of ours counts as “ours” only if its id is in the outbox (platforms.md §1.4). While a delivery
there is on its way or unknown, a matching post is left to its outcome, or to the read-back, to decide.
"""

from datetime import timedelta

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts import clock, journal
from inbox import live
from inbox.connectors.base import Incoming, OwnReply
from inbox.models import (
    Channel,
    Claim,
    EarlyAnswer,
    Item,
    ItemState,
    Message,
    RawEvent,
    Reply,
    Thread,
)
from inbox.models_out import Delivery, DeliveryState, ReplyState

journal.register({"answered_outside": _("dijawab langsung dari aplikasi")})


CLOCKS_DIFFER = timedelta(seconds=2)  # between the platform's and ours (platforms.md §1.2)
KEPT = timedelta(days=7)  # an answer that long before its question answered something else


def read_again(thread: Thread) -> None:
    """A citizen's message arrived here: let the bodies of answers that overtook it be read again."""
    early = EarlyAnswer.objects.filter(thread=thread)
    raws = list(early.values_list("raw_id", flat=True))
    if raws:
        RawEvent.objects.filter(pk__in=raws).update(state=RawEvent.State.NEW, again_at=None)
        early.delete()


def forget_early() -> None:
    """Sweep: drop what waited too long for its question."""
    EarlyAnswer.objects.filter(at__lt=clock.now() - KEPT).delete()


class WaitForOutcome(Exception):
    """A delivery here is unsettled: this own post may be it. Kept; read again by the sweeper."""


def absorb_own(
    *, channel: Channel, incoming: Incoming, raw: RawEvent | None, thread: Thread
) -> bool:
    """Take in a post of our own account; True when it was new. The thread's row is locked.

    1. In the outbox already, by id or by the retry key it carries: it is the echo of a delivery. One
       whose outcome was unknown is thereby known.
    2. Find the item it answers; none: it is a post of the institution, not our business, or what it
       answers has not arrived yet: then its body is read again when it does (EarlyAnswer).
    3. A delivery there is on its way or unknown: leave it out now. The body is read again, and the
       read-back may settle it meanwhile.
       One that was read as absent and waits to be sent once more is there after all: it is not sent.
    4. Otherwise it is a native answer: store it, mark the item, hold a queued reply.
    """
    delivery = _delivery_of(incoming, thread)
    if delivery is not None:
        return _echo(delivery, incoming)
    item = _answered_item(channel, incoming, thread)
    if item is None:
        if raw is not None and (incoming.replies_to or incoming.object_class == "chat"):
            EarlyAnswer.objects.get_or_create(thread=thread, raw=raw)
        return False
    if _unsettled_here(item, incoming).exists():
        raise WaitForOutcome
    if _stands_after_all(item, incoming):
        return False
    # Whoever writes here is done, and their reply is held; or waits, and sees this answer (stale.py).
    item = Item.objects.select_for_update(no_key=True).get(pk=item.pk)
    store_own(item=item, incoming=incoming, raw=raw, native=True)
    _answered_outside(item, incoming)
    return True


def _delivery_of(incoming: Incoming, thread: Thread) -> Delivery | None:
    """The delivery this post is the echo of. A private reply to a comment stands in another thread."""
    found = Delivery.objects.filter(item__thread__platform=thread.platform)
    named = Q(remote_id__in={incoming.current_id, incoming.external_id} - {""})
    if incoming.echo_of:
        try:
            return found.filter(named | Q(retry_key=incoming.echo_of)).first()
        except (ValueError, TypeError):  # not a key of ours: another tool uses the same field
            return found.filter(named).first()
    return found.filter(named).first()


def _echo(delivery: Delivery, incoming: Incoming) -> bool:
    """Our own post came back: it stands, whatever we thought became of it (nobody knew, it waits to be
    sent once more, a person saw nothing there)."""
    from inbox import outcomes

    outcomes.lock_item(delivery)
    row = Delivery.objects.select_for_update(of=("self",)).get(pk=delivery.pk)
    was_refused = row.state == DeliveryState.FAILED
    if row.state == DeliveryState.SENDING:
        raise WaitForOutcome  # the answer to our call is still under way, and decides
    if row.state != DeliveryState.SENT and row.attempt:
        row.outcome = "sent"
        outcomes.mark_sent(row, remote_id=incoming.current_id, object_class=incoming.object_class)
        if was_refused:
            _hold_queued(row.reply.item)
    elif row.remote_id not in (incoming.current_id, incoming.external_id):
        outcomes.keep_part(row, remote_id=incoming.current_id, object_class=incoming.object_class)
    return False


def _stands_after_all(item: Item, incoming: Incoming) -> bool:
    """Whether this post is a delivery that waits to be sent once more, or that was refused: seen later
    than the platform's lag allows, or written in spite of the refusal. Then it is sent."""
    from inbox import outcomes, settle

    own = OwnReply(
        remote_id=incoming.current_id, target_id=incoming.replies_to, text=incoming.text,
        written_at=incoming.written_at, object_class=incoming.object_class,
    )  # fmt: skip
    refused = Q(state=DeliveryState.FAILED, attempt__gt=0)
    again = _here(item, incoming).filter(Q(state=DeliveryState.QUEUED, resent=True) | refused)
    for found in again:
        outcomes.lock_item(found)
        row = again.select_for_update(of=("self",)).filter(pk=found.pk).first()
        if row is None:
            continue
        begun, was_refused = (
            settle.first_left(row),
            row.state == DeliveryState.FAILED,
        )
        if incoming.written_at < begun - CLOCKS_DIFFER or not settle.attributed(row, [own])[0]:
            continue
        row.outcome = "sent"
        outcomes.mark_sent(row, remote_id=own.remote_id, object_class=own.object_class)
        if was_refused:
            _hold_queued(item)
        return True
    return False


def _answered_item(channel: Channel, incoming: Incoming, thread: Thread) -> Item | None:
    """The item an own post answers: that of the message it points to. In a chat, or where that message
    waits for nothing (Facebook files every answer under the top comment), the newest that waits there."""
    here = Item.objects.filter(thread=thread)
    waiting = here.filter(waiting_since__isnull=False).order_by("-last_in_at").first()
    target = (
        Message.objects.select_related("item")
        .filter(platform=channel.platform, current_id=incoming.replies_to)
        .exclude(current_id="")
        .first()
    )
    if target is not None:
        if incoming.object_class == "comment" and target.item.waiting_since is None and waiting:
            return waiting
        return target.item
    if incoming.object_class == "chat":
        return waiting or here.order_by("-last_in_at").first()
    return None


def _here(item: Item, incoming: Incoming) -> "QuerySet[Delivery]":
    """Deliveries that would stand where this post of ours stands."""
    if incoming.object_class == "post":
        return Delivery.objects.filter(item=item, target_id=incoming.replies_to)
    return Delivery.objects.filter(item__thread_id=item.thread_id)


def _unsettled_here(item: Item, incoming: Incoming) -> "QuerySet[Delivery]":
    return _here(item, incoming).filter(state__in=[DeliveryState.SENDING, DeliveryState.UNKNOWN])


def store_own(*, item: Item, incoming: Incoming, raw: RawEvent | None, native: bool) -> Message:
    """Put a post of our account into the item's conversation."""
    from inbox.arrivals import told, want_files

    message = Message.objects.create(
        item=item,
        platform=item.channel.platform,
        object_class=incoming.object_class,
        external_id=incoming.external_id,
        current_id=incoming.current_id,
        version=incoming.version,
        direction=Message.Direction.OUT,
        text=incoming.text,
        media=[told(medium) for medium in incoming.media],
        link=incoming.link,
        replies_to=incoming.replies_to,
        written_at=incoming.written_at,
        native=native,
        raw=raw,
    )
    want_files(message, incoming.media)
    return message


def _hold_queued(item: Item) -> None:
    """The citizen has an answer that the author of the next one did not know of."""
    Reply.objects.filter(item=item, state=ReplyState.QUEUED).update(
        state=ReplyState.HELD, hold=Reply.Hold.NATIVE_ANSWER
    )


def _answered_outside(item: Item, incoming: Incoming) -> None:
    """The item becomes answered, unless somebody works on it: then the holder is warned instead. What
    the citizen wrote after that answer goes on waiting (deliveries come in any order)."""
    _hold_queued(item)
    held = Claim.objects.filter(item=item, ended_at__isnull=True).exists()
    after = item.messages.filter(
        direction=Message.Direction.IN, erased_at=None, written_at__gt=incoming.written_at
    ).order_by("written_at")
    fields: dict[str, object] = {
        "last_out_at": max(item.last_out_at or incoming.written_at, incoming.written_at)
    }
    first = after.first()
    if first is not None:
        fields["waiting_since"] = first.written_at
    elif not held:
        fields["waiting_since"] = None
        if item.state == ItemState.OPEN:
            fields |= {"state": ItemState.ANSWERED, "settled_at": clock.now()}
    Item.objects.filter(pk=item.pk).update(**fields)
    journal.record("answered_outside", subject=item, by=None)
    live.item_changed(item, kind="native")
