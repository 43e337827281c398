"""Carrying replies out: the attempt is a committed row before the call, its outcome after it (DESIGN §7; I3).

due → begin (commit “sending”) → prove → call → finish (commit outcome)
left over → settle.py (read the platform, then decide)
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts import clock, journal
from accounts.clock import DbNow
from inbox import channels, erasure, live, outgoing, replies, slots, ways
from inbox.channels import NoConnection
from inbox.connectors.base import Connector, Outcome, SendResult
from inbox.models import Claim, Message, Reply
from inbox.models_out import Delivery, DeliveryState, ReplyState

log = logging.getLogger(__name__)
journal.register(
    {
        "reply_held": _("balasan ditahan"),
        "reply_sent": _("balasan terkirim"),
        "reply_failed": _("balasan tidak terkirim"),
        "reply_unknown": _("belum pasti apakah balasan terkirim"),
    }
)

RETRY_STEPS = (10, 30, 60, 120, 300)  # seconds, where the platform names no time of its own


def send_due(*, limit: int = 20) -> int:
    """Carry what is due, one after the other. Returns how many were attempted."""
    count = 0
    while count < limit and (delivery := begin()):
        carry(delivery)
        count += 1
    return count


_NEXT = """
SELECT d.id FROM inbox_delivery d JOIN inbox_reply r ON r.id = d.reply_id
 WHERE d.state = 'queued' AND d.due_at <= sahut_now() AND r.state IN ('queued', 'sending')
   AND NOT EXISTS (SELECT 1 FROM inbox_delivery e
                    WHERE e.item_id = d.item_id AND e.id < d.id
                      AND e.state IN ('queued', 'sending', 'unknown'))
 ORDER BY d.due_at, d.id LIMIT 1 FOR UPDATE OF d SKIP LOCKED
"""


def begin() -> Delivery | None:
    """Take the next due delivery and commit its attempt as `sending`. None: nothing is due.

    1. Take a row with SKIP LOCKED, only where the item has no earlier unsettled one (order per item).
    2. Check the fence and the stale stop once more as it leaves the queue; hold the reply if either
       fails. Check the platform's window too: it may have closed while the reply waited.
    3. Take the session's advisory lock on the attempt: a frozen worker keeps it, a dead one does not.
    4. Write attempt number, start and call; commit. From here on the call may have happened.
    """
    while True:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(_NEXT)
                row = cursor.fetchone()
            if row is None:
                return None
            delivery = Delivery.objects.select_related(
                "reply__item__channel__app",
                "reply__item__citizen",
                "reply__author",
                "reply__target",
            ).get(pk=row[0])
            hold = _why_hold(delivery)
            if hold:
                _hold(delivery.reply, hold)
                continue
            closed = _why_closed(delivery)
            if closed:
                delivery.outcome, delivery.problem = Outcome.PERMANENT, closed[:500]
                mark_failed(delivery)
                continue
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_try_advisory_lock(%s, %s)", [slots.Space.ATTEMPT, delivery.pk]
                )
                if not cursor.fetchone()[0]:
                    # A frozen worker still holds this attempt: leave it, look again later.
                    Delivery.objects.filter(pk=delivery.pk).update(
                        due_at=clock.now() + timedelta(seconds=RETRY_STEPS[0])
                    )
                    continue
            delivery.attempt += 1
            delivery.state = DeliveryState.SENDING
            delivery.started_at = clock.now()
            delivery.call = outgoing.choose_call(delivery)
            delivery.save(update_fields=["attempt", "state", "started_at", "call"])
            Reply.objects.filter(pk=delivery.reply_id).update(state=ReplyState.SENDING)
            live.item_changed(delivery.reply.item, kind="reply")
        return delivery


def _why_hold(delivery: Delivery) -> str:
    """Why this reply must not leave now, "" if it may: the claim is lost, or the citizen wrote again or
    changed what was answered."""
    reply = delivery.reply
    if delivery.resent:
        return ""  # a resend repeats what was already decided to leave
    if not Claim.objects.filter(
        pk=reply.claim_id, holder=reply.author_id, ended_at__isnull=True
    ).exists():
        return Reply.Hold.CLAIM_LOST
    newest = replies.last_stored(reply.item)
    if newest is None or newest.pk > reply.seen_id:
        return Reply.Hold.NEW_MESSAGE
    changed = Q(edited_at__gt=reply.seen_at) | Q(erased_at__gt=reply.seen_at)
    if reply.item.messages.filter(changed, direction=Message.Direction.IN).exists():
        return Reply.Hold.CHANGED_MESSAGE
    return ""


def _why_closed(delivery: Delivery) -> str:
    """Why the way this reply wants to go is closed by now, "" if it is open (platforms.md §5.2)."""
    if delivery.attempt:
        return ""  # it was open when the first attempt left; an unknown outcome must be settled
    reply = delivery.reply
    found = ways.ways(reply.item, reply.target)
    chosen = next((way for way in found if way.key == delivery.way), None)
    return "" if chosen is None or chosen.open else chosen.note


def _hold(reply: Reply, why: str) -> None:
    Reply.objects.filter(pk=reply.pk).update(state=ReplyState.HELD, hold=why)
    journal.record("reply_held", subject=reply.item, by=None, reply=reply.pk, why=why)
    live.item_changed(reply.item, kind="reply")


def carry(delivery: Delivery) -> None:
    """Make the call of a begun attempt and commit what became of it.

    5. Outside any transaction: prove that our session still holds the attempt's lock and that the
       attempt is still ours; a worker thawed after others settled it stops here.
    6. Call, with explicit connect and read time-outs.
    7. Commit the outcome, only if the row still says that this attempt is sending.
    The window between 5 and 6 is all that remains; settle.py asks for the lock before it resends.
    """
    try:
        with _connector(delivery) as connector:
            if not _still_ours(delivery):
                return
            result = connector.send(outgoing.of(delivery))
    except NoConnection as error:
        result = SendResult(Outcome.PERMANENT, problem=str(error))
    try:
        finish(delivery, result)
    finally:
        _unlock(delivery)


@contextmanager
def _connector(delivery: Delivery) -> Iterator[Connector]:
    connector = channels.connect(delivery.reply.item.channel)
    try:
        yield connector
    finally:
        connector.close()


def _still_ours(delivery: Delivery) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM inbox_delivery d JOIN pg_locks l ON l.locktype = 'advisory'"
            "   AND l.classid = %s AND l.objid = d.id AND l.pid = pg_backend_pid()"
            " WHERE d.id = %s AND d.state = 'sending' AND d.attempt = %s",
            [slots.Space.ATTEMPT, delivery.pk, delivery.attempt],
        )
        return cursor.fetchone() is not None


def _unlock(delivery: Delivery) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [slots.Space.ATTEMPT, delivery.pk])


def finish(delivery: Delivery, result: SendResult) -> bool:
    """Commit the outcome of an attempt. False: the attempt was settled by somebody else meanwhile."""
    with transaction.atomic():
        row = (
            Delivery.objects.select_for_update()
            .filter(pk=delivery.pk, state=DeliveryState.SENDING, attempt=delivery.attempt)
            .first()
        )
        if row is None:
            return False
        row.outcome, row.problem = result.outcome, result.problem[:500]
        match result.outcome:
            case Outcome.SENT:
                mark_sent(row, remote_id=result.remote_id, object_class=result.object_class)
                for part in result.parts:
                    keep_part(row, remote_id=part, object_class=result.object_class)
            case Outcome.RETRY:
                _try_again(row, result.retry_after)
            case Outcome.PERMANENT if row.resent:
                # An earlier attempt of unknown outcome may stand: this refusal says nothing of it.
                row.needs_person = True
                mark_unknown(row)
            case Outcome.PERMANENT:
                mark_failed(row)
            case Outcome.DUPLICATE | Outcome.UNKNOWN:
                mark_unknown(row)
    _learn(delivery, result)
    return True


def _learn(delivery: Delivery, result: SendResult) -> None:
    """What a refusal says besides: the token is dead, or what was answered is gone."""
    item = delivery.reply.item
    if result.dead:
        channels.note_dead(item.channel, result.problem)
    elif result.outcome == Outcome.SENT:
        channels.note_alive(item.channel)
    if result.gone:
        with transaction.atomic():
            target = Message.objects.select_related("item").get(pk=delivery.reply.target_id)
            erasure.erase_message(target, why=str(_("Sudah tidak ada di platform.")))


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
    """The platform will not take it: the text goes back to its author as a draft. Inside a transaction."""
    from inbox import claims

    reply = delivery.reply
    delivery.state, delivery.needs_person = DeliveryState.FAILED, False
    delivery.save()
    Reply.objects.filter(pk=reply.pk).update(state=ReplyState.FAILED, settled_at=DbNow())
    claims.keep_draft(item=reply.item, by=reply.author, text=reply.text)
    journal.record(
        "reply_failed", subject=reply.item, by=None, reply=reply.pk, why=delivery.problem
    )
    live.item_changed(reply.item, kind="reply")
    replies.tell_settled(reply)


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


def _try_again(delivery: Delivery, retry_after: float | None) -> None:
    """Documented to have sent nothing: back to the queue, later; after the last step it fails."""
    if delivery.attempt > len(RETRY_STEPS) and retry_after is None:
        if delivery.resent:  # the first attempt may stand
            delivery.needs_person = True
            mark_unknown(delivery)
        else:
            mark_failed(delivery)
        return
    step = RETRY_STEPS[min(delivery.attempt, len(RETRY_STEPS)) - 1]
    delivery.state = DeliveryState.QUEUED
    wait = step if retry_after is None else retry_after
    delivery.due_at = clock.now() + timedelta(seconds=wait)
    delivery.save()
    Reply.objects.filter(pk=delivery.reply_id).update(state=ReplyState.QUEUED)
    live.item_changed(delivery.reply.item, kind="reply")
