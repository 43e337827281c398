"""Carrying replies out: the attempt is a committed row before the call, its outcome after it (DESIGN §7; I3).

due → begin (commit “sending”) → prove → call → finish (commit outcome)
outcome → outcomes.py (what it means for reply, item, draft)
left over → settle.py (read the platform, then decide)
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.utils.translation import gettext_lazy as _

from accounts import clock, journal
from inbox import channels, erasure, live, outgoing, pace, settle, slots, stale, steps, ways
from inbox.channels import NoConnection
from inbox.connectors.base import Connector, Outcome, SendResult
from inbox.models import Claim, Message, Reply
from inbox.models_out import Delivery, DeliveryState, ReplyState
from inbox.outcomes import keep_part, lock_item, mark_failed, mark_sent, mark_unknown
from inbox.steps import Step

log = logging.getLogger(__name__)
journal.register({"reply_held": _("balasan ditahan")})

PROOF_LASTS = 1.0  # seconds: whoever calls later than that after the proof proves again
COMMIT_PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)  # seconds between tries while the database is away
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
  JOIN inbox_item i ON i.id = d.item_id
 WHERE d.state = 'queued' AND d.due_at <= sahut_now() AND r.state IN ('queued', 'sending')
   AND i.channel_id <> ALL(%(resting)s)
   AND NOT EXISTS (SELECT 1 FROM inbox_delivery e
                    WHERE e.item_id = d.item_id AND e.id < d.id
                      AND e.state IN ('queued', 'sending', 'unknown'))
 ORDER BY d.due_at, d.id LIMIT 1 FOR UPDATE OF d, r SKIP LOCKED
"""


def begin() -> Delivery | None:
    """Take the next due delivery and commit its attempt as `sending`. None: nothing is due.

    1. Take a delivery and its reply with SKIP LOCKED (whoever withdraws has them in the other order),
       only where the item has no earlier unsettled one (order per item) and the channel's budget has room.
    2. Check the fence and the stale stop once more as it leaves the queue; hold the reply if either
       fails. Check the platform's window too: it may have closed while the reply waited; and the retry
       key of a call that is made again: the platform may have forgotten it.
    3. Take the session's advisory lock on the attempt: a frozen worker keeps it, a dead one does not.
    4. Write attempt number, start and call; commit. From here on the call may have happened.
    """
    while True:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(_NEXT, {"resting": pace.resting()})
                row = cursor.fetchone()
            if row is None:
                return None
            delivery = Delivery.objects.select_related(
                "reply__item__channel__app",
                "reply__item__citizen",
                "reply__author",
                "reply__target",
            ).get(pk=row[0])
            steps.reached(Step.TAKEN, delivery.pk)
            hold = _why_hold(delivery)
            if hold:
                _hold(delivery.reply, hold)
                continue
            closed = _why_closed(delivery)
            if closed:
                delivery.outcome, delivery.problem = Outcome.PERMANENT, closed[:500]
                mark_failed(delivery)
                continue
            if delivery.resent and settle.key_is_forgotten(delivery):
                delivery.needs_person = True
                mark_unknown(delivery)
                continue
            delivery.attempt += 1
            delivery.call = outgoing.choose_call(delivery)
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_try_advisory_lock(%s, %s), pg_postmaster_start_time()",
                    [slots.Space.ATTEMPT, delivery.pk],
                )
                locked, delivery.server_since = cursor.fetchone()
                if not locked:
                    # A frozen worker still holds this attempt: leave it, look again later.
                    Delivery.objects.filter(pk=delivery.pk).update(
                        due_at=clock.now() + timedelta(seconds=RETRY_STEPS[0])
                    )
                    continue
            delivery.state = DeliveryState.SENDING
            delivery.started_at = clock.now()
            delivery.first_started_at = delivery.first_started_at or delivery.started_at
            delivery.save(update_fields=_BEGUN)
            Reply.objects.filter(pk=delivery.reply_id).update(state=ReplyState.SENDING)
            live.item_changed(delivery.reply.item, kind="reply")
            steps.reached(Step.WRITTEN, delivery.pk)
        steps.reached(Step.COMMITTED, delivery.pk)
        pace.spend(delivery.reply.item.channel)
        return delivery


_BEGUN = ["attempt", "state", "first_started_at", "started_at", "server_since", "call"]


def _why_hold(delivery: Delivery) -> str:
    """Why this reply must not leave now, "" if it may: the claim is lost, the citizen wrote again or
    changed what was answered, or a colleague answered in the platform's own app."""
    reply = delivery.reply
    if delivery.resent or delivery.part > 1:
        return ""  # what was already decided to leave is repeated, or brought to its end
    if not Claim.objects.filter(
        pk=reply.claim_id, holder=reply.author_id, ended_at__isnull=True
    ).exists():
        return Reply.Hold.CLAIM_LOST
    return stale.why(reply.item, seen=reply.seen_id, seen_at=reply.seen_at)


def _why_closed(delivery: Delivery) -> str:
    """Why the way this reply wants to go is closed by now, "" if it is open (platforms.md §5.2)."""
    if delivery.attempt or delivery.part > 1:
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
       attempt is still ours; a worker thawed after others settled it stops here. Whoever was frozen
       after the proof proves again.
    6. Call, with explicit connect and read time-outs.
    7. Commit the outcome of this attempt; a late one is evidence too (finish).
    The window between 5 and 6 is all that remains; settle.py asks for the lock before it resends.
    """
    try:
        with _connector(delivery) as connector:
            out = outgoing.of(delivery)
            proved = 0.0
            while not proved or time.monotonic() - proved > PROOF_LASTS:
                proved = time.monotonic()
                if not _still_ours(delivery):
                    _unlock(delivery)
                    return
                steps.reached(Step.PROVED, delivery.pk)
            result = connector.send(out)
            steps.reached(Step.ANSWERED, delivery.pk)
    except NoConnection as error:
        outcome = Outcome.PERMANENT if error.permanent else Outcome.RETRY
        result = SendResult(outcome, problem=str(error))
    except outgoing.Unreadable as error:  # before the proof: nothing was called
        log.exception("delivery %s: a picture cannot be read", delivery.pk)
        result = SendResult(Outcome.PERMANENT, problem=str(error))
    except DatabaseError as error:  # before the call: `send` does not touch the database
        if not _went_away(error):
            _unlock(delivery)
            raise
        connection.close()
        result = SendResult(Outcome.RETRY, problem="basis data terputus sebelum pengiriman")
    except Exception:  # a defect of ours: nobody knows what left, but this worker calls no more
        _unlock(delivery)
        raise
    _write_down(delivery, result)


def _write_down(delivery: Delivery, result: SendResult) -> None:
    """Commit the outcome, also when the database went away during the call: a known outcome that is
    lost would cost a reading of the platform, or a person. After the last try it is one of those."""
    for pause in (*COMMIT_PAUSES, None):
        try:
            finish(delivery, result)
            steps.reached(Step.DONE, delivery.pk)
            _unlock(delivery)
        except DatabaseError as error:
            if not _went_away(error):
                raise
            connection.close()  # the lock goes with the session
            if pause is None:
                raise
            time.sleep(pause)
        else:
            return


def _went_away(error: DatabaseError) -> bool:
    """Whether the database is gone, not our statement wrong: after a crash the first statement on a dead
    session says so in a plain DatabaseError."""
    return isinstance(error, OperationalError | InterfaceError) or not connection.is_usable()


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
    """Commit the outcome of an attempt. False: it was settled otherwise meanwhile.

    1. Lock the item (as every door does first), then the row of this very attempt.
    2. Still sending: the outcome decides.  3. Given up as unknown, or waiting to be sent once more: a late “sent” settles it all the same (the worker was
    frozen or slow), a late “not sent” too, unless an earlier attempt may stand.
    """
    with transaction.atomic():
        lock_item(delivery)
        row = (
            Delivery.objects.select_for_update()
            .filter(pk=delivery.pk, state__in=_OPEN, attempt=delivery.attempt)
            .first()
        )
        if row is None or (row.state != DeliveryState.SENDING and not _tells(row, result)):
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
        steps.reached(Step.SETTLED, delivery.pk)
    _learn(delivery, result)
    return True


_OPEN = (DeliveryState.SENDING, DeliveryState.UNKNOWN, DeliveryState.QUEUED)


def _tells(row: Delivery, result: SendResult) -> bool:
    """Whether a late outcome settles an attempt that was given up."""
    if result.outcome == Outcome.SENT:
        return True
    first = row.state == DeliveryState.UNKNOWN and not row.resent
    return first and result.outcome in (Outcome.PERMANENT, Outcome.RETRY)


def _learn(delivery: Delivery, result: SendResult) -> None:
    """What a refusal says besides: the token is dead, or what was answered is gone."""
    item = delivery.reply.item
    if result.dead:
        channels.note_dead(item.channel, result.problem)
    elif result.outcome == Outcome.SENT:
        channels.note_alive(item.channel)
    elif result.outcome == Outcome.RETRY and result.retry_after:
        pace.rest(item.channel, seconds=result.retry_after)
    if result.gone:
        with transaction.atomic():
            target = Message.objects.select_related("item").get(pk=delivery.reply.target_id)
            erasure.erase_message(target, why=str(_("Sudah tidak ada di platform.")))


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
    delivery.state, delivery.needs_person = DeliveryState.QUEUED, False
    wait = step if retry_after is None else retry_after
    delivery.due_at = clock.now() + timedelta(seconds=wait)
    delivery.save()
    Reply.objects.filter(pk=delivery.reply_id).update(state=ReplyState.QUEUED)
    live.item_changed(delivery.reply.item, kind="reply")
