"""What became of a delivery, written into the rows: reply, item, conversation, draft (DESIGN §7.3).

Called by whoever knows: the worker that made the call (outbox.py), the read-back or a person (settle.py),
the platform's own echo (native.py). Each inside a transaction that holds the delivery's row.
"""

import re

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts import clock, journal
from accounts.clock import DbNow
from inbox import claims, live, replies, signals
from inbox.models import Item, Message, Reply
from inbox.models_out import Delivery, DeliveryState, ReplyState

journal.register(
    {
        "reply_sent": _("balasan terkirim"),
        "reply_failed": _("balasan tidak terkirim"),
        "reply_unknown": _("belum pasti apakah balasan terkirim"),
    }
)

_PART_MARK = re.compile(r"\s*\(\d+/\d+\)$")  # “(2/3)”, as the platform's folder numbers pieces


def lock_item(delivery: Delivery) -> None:
    """Lock the delivery's item, before anything else is locked: doors that withdraw or decide hold the
    item and want the reply, and whoever settles a reply also writes to the item."""
    Item.objects.select_for_update(no_key=True).only("pk").get(pk=delivery.item_id)


def mark_sent(delivery: Delivery, *, remote_id: str, object_class: str) -> None:
    """The delivery stands on the platform as `remote_id`. Inside a transaction.

    The out-message is inserted under the platform's id, so the echo of our own post is met as known.
    """
    reply = Reply.objects.select_related("item__channel", "author", "claim").get(
        pk=delivery.reply_id
    )
    delivery.state, delivery.remote_id = DeliveryState.SENT, remote_id
    delivery.needs_person = False
    delivery.save()
    Message.objects.get_or_create(
        platform=reply.item.channel.platform,
        object_class=object_class,
        external_id=remote_id,
        defaults={
            "item": reply.item, "current_id": remote_id, "direction": Message.Direction.OUT,
            "text": delivery.text, "replies_to": delivery.target_id,
            "written_at": delivery.started_at or clock.now(), "author": reply.author,
        },
    )  # fmt: skip
    if reply.deliveries.exclude(state=DeliveryState.SENT).exists():
        Reply.objects.filter(pk=reply.pk).update(state=ReplyState.SENDING)
        live.item_changed(reply.item, kind="reply")
        return
    Reply.objects.filter(pk=reply.pk).update(state=ReplyState.SENT, hold="", settled_at=DbNow())
    journal.record("reply_sent", subject=reply.item, by=None, reply=reply.pk, delivery=delivery.pk)
    replies.item_answered(reply)


def keep_part(delivery: Delivery, *, remote_id: str, object_class: str) -> None:
    """A further message that carries the same answer (a picture): known from now on, so that its echo is
    not taken for a native answer. The page shows the answer once, with its pictures."""
    reply = delivery.reply
    Message.objects.get_or_create(
        platform=reply.item.channel.platform,
        object_class=object_class,
        external_id=remote_id,
        defaults={
            "item": reply.item, "current_id": remote_id, "direction": Message.Direction.OUT,
            "written_at": delivery.started_at or clock.now(), "author": reply.author,
            "address": {"part_of": delivery.remote_id},
        },
    )  # fmt: skip


def mark_failed(delivery: Delivery) -> None:
    """The platform will not take it: what is not there goes back to its author as a draft, the calls
    that would have followed are cancelled. Inside a transaction."""
    reply = delivery.reply
    delivery.state, delivery.needs_person = DeliveryState.FAILED, False
    delivery.save()
    rest = reply.deliveries.filter(part__gt=delivery.part, state=DeliveryState.QUEUED)
    text = _unsent(delivery, rest)
    rest.update(state=DeliveryState.CANCELLED)
    Reply.objects.filter(pk=reply.pk).update(state=ReplyState.FAILED, settled_at=DbNow())
    claims.keep_draft(item=reply.item, by=reply.author, text=text)
    journal.record(
        "reply_failed", subject=reply.item, by=None, reply=reply.pk, why=delivery.problem
    )
    live.item_changed(reply.item, kind="reply")
    signals.tell_settled(reply.pk)


def _unsent(delivery: Delivery, rest: "QuerySet[Delivery]") -> str:
    """The answer's words from `delivery` on, as they were written; what stands before it is left out."""
    whole = delivery.reply.text
    if delivery.part == 1:
        return whole
    begins = whole.find(_PART_MARK.sub("", delivery.text))
    if begins >= 0:
        return whole[begins:]
    pieces = [delivery.text, *rest.order_by("part").values_list("text", flat=True)]
    return "\n\n".join(_PART_MARK.sub("", piece) for piece in pieces if piece)


def mark_unknown(delivery: Delivery) -> None:
    """Nobody knows yet: the item stays pinned, settle.py reads the platform. Inside a transaction."""
    delivery.state = DeliveryState.UNKNOWN
    delivery.save()
    Reply.objects.filter(pk=delivery.reply_id).update(state=ReplyState.UNKNOWN)
    journal.record(
        "reply_unknown", subject=delivery.reply.item, by=None, reply=delivery.reply_id,
        outcome=delivery.outcome,
    )  # fmt: skip
    live.item_changed(delivery.reply.item, kind="reply")
