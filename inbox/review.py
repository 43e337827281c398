"""The second reader: on some channels and in some matters nothing leaves that only its author has read
(DESIGN §7; domain.md §1: second reader for sensitive answers).

A reply waits as “review”; it pins its item like any other that is not settled. Whoever else may see the
item lets it go, or sends it back with a reason; then its text is the author's draft again.
"""

from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import clock, journal
from accounts.clock import DbNow
from accounts.models import Office, User
from inbox import claims, live, replies, signals
from inbox.models import Item, Message, Reply
from inbox.models_out import DeliveryState, ReplyState

journal.register(
    {
        "reply_read": _("membaca dan meloloskan balasan"),
        "reply_returned": _("mengembalikan balasan"),
        "second_reader_set": _("mengatur pembaca kedua"),
    }
)


def may_read(reply: Reply, by: User) -> bool:
    """Whether `by` can be this reply's second reader: anybody of the desk who sees the item, but its author."""
    return (
        by.pk != reply.author_id and Item.objects.visible_to(by).filter(pk=reply.item_id).exists()
    )


def let_go(*, reply: Reply, by: User) -> None:
    """Read and found good: the reply goes the usual way, with its pause for undoing.

    Raises PermissionError for its author and outsiders, ReplyRefused when it does not wait (any more).
    1. Lock the item.  2. Only a reply that still waits is let go: of two readers one is first. Was the
    citizen answered from the platform's own app meanwhile, it is held for its author instead.
    """
    _refuse_others(reply, by)
    with transaction.atomic():
        Item.objects.select_for_update(no_key=True).get(pk=reply.item_id)
        outside = Reply.Hold.NATIVE_ANSWER if _answered_outside(reply) else ""
        changed = Reply.objects.filter(pk=reply.pk, state=ReplyState.REVIEW).update(
            state=ReplyState.HELD if outside else ReplyState.QUEUED, hold=outside,
            reader=by, read_at=DbNow(),
        )  # fmt: skip
        if not changed:
            raise replies.ReplyRefused(_("Balasan ini sudah tidak menunggu pembaca kedua."))
        pause = timedelta(seconds=Office.current().undo_seconds)
        reply.deliveries.update(due_at=clock.now() + pause)
        journal.record("reply_read", subject=reply.item, by=by, reply=reply.pk)
        live.item_changed(reply.item, kind="reply")


def _answered_outside(reply: Reply) -> bool:
    """Whether somebody answered natively since the author wrote: native.py holds what is queued, and a
    reply that was not even read yet is no less a second answer."""
    return reply.item.messages.filter(
        direction=Message.Direction.OUT, native=True, stored_at__gt=reply.created_at
    ).exists()


def send_back(*, reply: Reply, by: User, why: str) -> None:
    """Not like this: the author gets the text back with the reason. Raises as let_go, and ReplyRefused
    without a reason."""
    _refuse_others(reply, by)
    if not why.strip():
        raise replies.ReplyRefused(_("Tulis dulu apa yang perlu diubah."))
    with transaction.atomic():
        Item.objects.select_for_update(no_key=True).get(pk=reply.item_id)
        changed = Reply.objects.filter(pk=reply.pk, state=ReplyState.REVIEW).update(
            state=ReplyState.CANCELLED, reader=by, read_at=DbNow(), settled_at=DbNow(),
            returned=why.strip()[:300],
        )  # fmt: skip
        if not changed:
            raise replies.ReplyRefused(_("Balasan ini sudah tidak menunggu pembaca kedua."))
        reply.deliveries.update(state=DeliveryState.CANCELLED)
        claims.keep_draft(item=reply.item, by=reply.author, text=reply.text)
        journal.record("reply_returned", subject=reply.item, by=by, reply=reply.pk)
        live.item_changed(reply.item, kind="reply")
        signals.tell_settled(reply.pk)


def require(*, item: Item, by: User, on: bool) -> None:
    """The head asks for a second reader in this matter, or no longer does. Raises PermissionError."""
    if not by.is_head:
        msg = "require is the head's"
        raise PermissionError(msg)
    with transaction.atomic():
        Item.objects.filter(pk=item.pk).update(second_reader=on)
        journal.record("second_reader_set", subject=item, by=by, on=on)
        live.item_changed(item, kind="state")


def _refuse_others(reply: Reply, by: User) -> None:
    if not may_read(reply, by):
        msg = "the second reader is somebody else of the desk"
        raise PermissionError(msg)
