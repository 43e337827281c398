"""What became of a delivery, written into the rows: reply, item, conversation, draft (DESIGN §7.3).

Called by whoever knows: the worker that made the call (outbox.py), the read-back or a person (settle.py),
the platform's own echo (native.py). Each inside a transaction that holds the delivery's row.
"""

import re

from django.utils.translation import gettext_lazy as _

from accounts import clock, journal
from accounts.clock import DbNow
from inbox import claims, live, replies, signals, slots
from inbox.models import Draft, Item, Message, Reply
from inbox.models_out import HAS_LEFT, NOT_LEFT, Delivery, DeliveryState, ReplyState

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


#: In these a call of a reply may still leave, or have left.
_CAN_GO = (DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.UNKNOWN)


def mark_sent(delivery: Delivery, *, remote_id: str, object_class: str) -> None:
    """The delivery stands on the platform as `remote_id`. Inside a transaction that holds the item.

    The out-message is inserted under the platform's id, so the echo of our own post is met as known.
    1. While other calls of the reply can still go, it is under way; one that was held stays so.
    2. None can, but some were refused or taken back: it went out in part, whatever it was before. What
       was refused and stands all the same never puts a reply back on its way: nothing would settle it.
    3. All stand: sent.
    """
    reply = Reply.objects.select_related("item__channel", "author", "claim").get(
        pk=delivery.reply_id
    )
    given_back = unsent(reply) if reply.state in _GIVEN_BACK else ""
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
    if reply.deliveries.filter(state__in=_CAN_GO).exists():
        Reply.objects.filter(pk=reply.pk).exclude(state=ReplyState.HELD).update(
            state=ReplyState.SENDING
        )
        live.item_changed(reply.item, kind="reply")
        return
    if given_back:
        _shorten_draft(reply, given_back)
    if reply.deliveries.exclude(state=DeliveryState.SENT).exists():
        if reply.state not in _GIVEN_BACK:
            _keep_unsent(reply)
        _end_failed(reply)
        return
    Reply.objects.filter(pk=reply.pk).update(state=ReplyState.SENT, hold="", settled_at=DbNow())
    journal.record("reply_sent", subject=reply.item, by=None, reply=reply.pk, delivery=delivery.pk)
    replies.item_answered(reply)


_GIVEN_BACK = (ReplyState.FAILED, ReplyState.CANCELLED)


def _end_failed(reply: Reply) -> None:
    """Nothing more of the reply goes out, and not all of it stands, or none."""
    Reply.objects.filter(pk=reply.pk).update(state=ReplyState.FAILED, hold="", settled_at=DbNow())
    live.item_changed(reply.item, kind="reply")
    signals.tell_settled(reply.pk)


def _shorten_draft(reply: Reply, given_back: str) -> None:
    """Of a draft that is still what was given back, what stands after all is taken out."""
    draft = Draft.objects.filter(item=reply.item, author=reply.author, text=given_back).first()
    if draft is not None:
        claims.keep_draft(item=reply.item, by=reply.author, text=unsent(reply))


def _keep_unsent(reply: Reply) -> None:
    """What does not stand is its author's draft again, before what was written here meanwhile. Where only
    pictures are left, the draft stays what it was."""
    text = unsent(reply)
    kept = Draft.objects.filter(item=reply.item, author=reply.author).first()
    if text and kept is None:
        claims.keep_draft(item=reply.item, by=reply.author, text=text)
    elif text and kept is not None and text not in kept.text:
        claims.keep_draft(item=reply.item, by=reply.author, text=f"{text}\n\n{kept.text}")


def take_back(reply: Reply, *, ask: bool) -> bool:
    """Take back what of a reply has not left; its text is its author's draft again. Inside a transaction
    that holds the item. False: it is on its way, and nothing was changed.

    1. Lock the reply, if it waits: no worker can begin a call of it from here on.
    2. Nothing has left: cancelled.
    3. Held when half of it had left: what waits is cancelled, unless somebody may still call; the reply
       went out in part. A call that waits to be sent once more may stand from its earlier attempt: with
       `ask` a person looks what became of it (settle.decide); without, it is not taken back.
    """
    row = (
        Reply.objects.select_for_update(of=("self",)).select_related("item", "author")
        .filter(pk=reply.pk, state__in=NOT_LEFT).first()
    )  # fmt: skip
    if row is None:
        return False
    if not row.deliveries.filter(HAS_LEFT).exists():
        row.deliveries.update(state=DeliveryState.CANCELLED)
        Reply.objects.filter(pk=row.pk).update(state=ReplyState.CANCELLED, settled_at=DbNow())
        _keep_unsent(row)
        live.item_changed(row.item, kind="reply")
        signals.tell_settled(row.pk)
        return True
    calls = row.deliveries.exclude(state=DeliveryState.SENT)
    still = any(
        call.state != DeliveryState.QUEUED or not slots.attempt_is_free(call.pk) for call in calls
    )
    again = calls.filter(resent=True).first()
    if row.state != ReplyState.HELD or still or (again and not ask):
        return False
    calls.filter(resent=False).update(state=DeliveryState.CANCELLED, problem="")
    if again:
        Reply.objects.filter(pk=row.pk).update(hold="")
        again.needs_person = True
        mark_unknown(again)
    else:
        _keep_unsent(row)
        _end_failed(row)
    return True


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
    reply.deliveries.filter(part__gt=delivery.part, state=DeliveryState.QUEUED).update(
        state=DeliveryState.CANCELLED
    )
    _keep_unsent(reply)
    journal.record(
        "reply_failed", subject=reply.item, by=None, reply=reply.pk, why=delivery.problem
    )
    _end_failed(reply)


def unsent(reply: Reply) -> str:
    """The answer's words that do not stand, as they were written; "" where only pictures are left.

    Pieces stand in the text one after the other, so each is looked for behind the one before it: a text
    may say the same twice.
    """
    pieces = list(reply.deliveries.order_by("part"))
    if not any(piece.state == DeliveryState.SENT for piece in pieces):
        return reply.text
    at = 0
    for place, piece in enumerate(pieces):
        words = _PART_MARK.sub("", piece.text)
        begins = reply.text.find(words, at) if words else at
        if begins < 0:
            left = [one for one in pieces[place:] if one.state != DeliveryState.SENT and one.text]
            return "\n\n".join(_PART_MARK.sub("", one.text) for one in left)
        if words and piece.state != DeliveryState.SENT:
            return reply.text[begins:]
        at = begins + len(words)
    return ""


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
