"""*Ralat*: taking back or correcting what already stands on the platform, where the platform lets us.

A wish is a row (Amendment) first, then a call. Both calls may be repeated without harm, so that a lost
outcome is simply asked again; a lock keeps an older wish from landing after a newer one.
"""

import logging
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import clock, journal
from accounts.models import User
from inbox import channels, claims, live, replies, slots
from inbox.channels import NoConnection
from inbox.connectors import base
from inbox.connectors.base import Change, Outcome, SendResult
from inbox.connectors.registry import amends, measure
from inbox.models import Amendment, Item, ItemState, Message
from inbox.models_out import AmendmentState

log = logging.getLogger(__name__)
journal.register(
    {
        "amendment_wished": gettext_lazy("meminta ralat"),
        "amendment_done": gettext_lazy("ralat sudah berlaku"),
        "amendment_failed": gettext_lazy("ralat tidak berhasil"),
    }
)

STEPS = (5, 15, 60, 300, 900)  # seconds between tries
LEASE = 60  # seconds a worker has for one call


def possible(message: Message) -> frozenset[Change]:
    """What can be done to this message of ours now."""
    item = message.item
    out = message.direction == Message.Direction.OUT and not message.erased_at
    if not out or not message.current_id or message.object_class == "hand" or item.channel.by_hand:
        return frozenset()
    return amends(message.platform, message.object_class)


def wish(*, message: Message, by: User, change: Change, text: str = "") -> claims.Held:
    """Ask for a change of `message`, one of ours. Takes the item, since the citizen is answered anew.

    Raises AlreadyClaimed, Pinned, ReplyRefused (not possible, too long, empty, one is under way).
    1. Take the item: whoever corrects answers for it (I2).  2. Lock it; check against the row.
    3. Insert the wish; a withdrawn answer leaves the citizen waiting again.
    """
    text = text.strip()
    with transaction.atomic():
        held = claims.take(item=message.item, by=by, done_too=True)
        item = Item.objects.select_for_update(no_key=True).get(pk=message.item_id)
        claims.refuse_if_pinned(item)
        message.refresh_from_db()
        if change not in possible(message):
            raise replies.ReplyRefused(_("Pesan ini tidak bisa diubah lagi dari sini."))
        if message.amendments.filter(state=AmendmentState.QUEUED).exists():
            raise replies.ReplyRefused(_("Ralat sebelumnya masih dikerjakan. Tunggu sebentar."))
        if change == Change.EDIT:
            _check(message, text)
        elif item.state == ItemState.ANSWERED:
            replies.reopen(item=item, by=by)
        Amendment.objects.create(message=message, by=by, change=change, text=text)
        journal.record("amendment_wished", subject=item, by=by, message=message.pk, change=change)
        live.item_changed(item, kind="message")
    return held


def _check(message: Message, text: str) -> None:
    length = measure(message.platform, text)
    if not text:
        raise replies.ReplyRefused(_("Isi ralatnya masih kosong."))
    if text == message.text:
        raise replies.ReplyRefused(_("Isinya belum berubah."))
    if not length.fits or length.pieces > 1:
        raise replies.ReplyRefused(
            _("Ralat terlalu panjang: %(used)s dari %(limit)s. Ringkas dulu.")
            % {"used": length.used, "limit": length.limit}
        )


def work(*, limit: int = 20) -> int:
    """Sweep: make the calls that are due. Returns how many were made."""
    due = Amendment.objects.filter(state=AmendmentState.QUEUED, due_at__lte=clock.now())
    return sum(_carry(pk) for pk in due.order_by("due_at").values_list("pk", flat=True)[:limit])


def _carry(pk: int) -> bool:
    """One try. 1. Hold the message's lock over the call.  2. Count the try and put the next one off, so
    that a crash is made good by the next sweep, which then is unsure of this call.  3. Call, outside any
    transaction.  4. Conclude."""
    row = Amendment.objects.select_related("message__item__channel__app").filter(pk=pk).first()
    if row is None:
        return False
    with slots.one_of([row.message_id % 2**31], space=slots.Space.AMENDING) as mine:
        taken = mine and Amendment.objects.filter(
            pk=pk, state=AmendmentState.QUEUED, due_at__lte=clock.now()
        ).update(
            attempt=row.attempt + 1, due_at=clock.now() + timedelta(seconds=LEASE), unsure=True
        )  # fmt: skip
        if not taken:
            return False
        _conclude(row, _call(row))
    return True


def _call(row: Amendment) -> SendResult:
    message = row.message
    try:
        connector = channels.connect(message.item.channel)
    except NoConnection as error:
        return SendResult(Outcome.RETRY, problem=str(error))
    answered = Message.objects.filter(
        platform=message.platform, current_id=message.replies_to, item=message.item
    ).first()
    try:
        return connector.amend(
            base.Amendment(
                change=Change(row.change), object_class=message.object_class,
                remote_id=message.current_id, text=row.text,
                address=answered.address if answered else {},
            )
        )  # fmt: skip
    finally:
        connector.close()


def _conclude(row: Amendment, result: SendResult) -> None:
    """Write down what the call of `row`, as it was before the call, came to."""
    message = row.message
    with transaction.atomic():
        Item.objects.select_for_update(no_key=True).get(pk=message.item_id)
        locked = Amendment.objects.select_for_update().filter(pk=row.pk, state="queued").first()
        if locked is None:
            return
        locked.problem = result.problem[:500]
        # Once an answer got lost, a later refusal no longer says that nothing changed.
        locked.unsure = row.unsure or result.outcome == Outcome.UNKNOWN
        if result.outcome == Outcome.SENT:
            _apply(locked)
            verb = "amendment_done"
        elif result.outcome == Outcome.PERMANENT or locked.attempt > len(STEPS):
            locked.state, locked.settled_at = AmendmentState.FAILED, clock.now()
            verb = "amendment_failed"
            if result.gone:  # somebody took it away on the platform: so it is shown here
                Message.objects.filter(pk=message.pk, erased_at=None).update(
                    erased_at=clock.now(), erased_why=_("Sudah tidak ada di platform.")
                )
        else:
            wait = result.retry_after or STEPS[min(locked.attempt, len(STEPS)) - 1]
            locked.due_at = clock.now() + timedelta(seconds=wait)
            verb = ""
        locked.save()
        if verb:
            journal.record(verb, subject=message.item, by=locked.by, message=message.pk)
        live.item_changed(message.item, kind="message")
    if result.dead:
        channels.note_dead(message.item.channel, result.problem)


def _apply(row: Amendment) -> None:
    """It stands on the platform as wished: so it does here."""
    row.state, row.settled_at = AmendmentState.DONE, clock.now()
    message = Message.objects.filter(pk=row.message_id)
    if row.change == Change.EDIT:
        message.update(text=row.text, edited_at=clock.now())
    else:
        message.update(
            erased_at=clock.now(), erased_why=(_("Ditarik oleh %(who)s.") % {"who": row.by})[:60]
        )
