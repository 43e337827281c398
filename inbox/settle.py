"""What became of an attempt that left no outcome: read the platform, then decide (DESIGN §7.4, §7.5).

Found: sent. Absent in two reads spaced wider than the platform's lag, the attempt's lock free and
PostgreSQL not restarted since: one resend, byte-identical. Anything else: a person decides.
"""

import logging
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from accounts import clock, journal
from accounts.models import User
from inbox import live
from inbox.connectors.base import FetchFailed, OwnReply
from inbox.models import Message, Reply
from inbox.models_out import Delivery, DeliveryState, ReplyState
from inbox.outbox import LOCK_SPACE, mark_failed, mark_sent, mark_unknown
from inbox.polling import NoConnection, connect

log = logging.getLogger(__name__)
journal.register(
    {
        "delivery_resent": _("mengirim ulang setelah dipastikan tidak ada"),
        "delivery_decided": _("memutuskan nasib balasan yang belum pasti"),
    }
)

NOT_READABLE_AFTER = timedelta(minutes=10)  # then a person is asked
READ_GAP = 2.0  # two absent reads lie this many visibility lags apart


def silent_attempts_become_unknown() -> int:
    """`sending` long past its time-out without an outcome: its worker is dead or frozen."""
    patience = timedelta(seconds=sum(settings.X_TIMEOUT) + 10)
    count = 0
    stale = Delivery.objects.filter(
        state=DeliveryState.SENDING, started_at__lt=clock.now() - patience
    ).values_list("pk", flat=True)
    for pk in list(stale):
        with transaction.atomic():
            row = (
                Delivery.objects.select_for_update(skip_locked=True, of=("self",))
                .select_related("reply__item")
                .filter(pk=pk, state=DeliveryState.SENDING, started_at__lt=clock.now() - patience)
                .first()
            )
            if row:
                row.outcome, row.problem = "unknown", "pengirim berhenti sebelum melapor"
                mark_unknown(row)
                count += 1
    return count


def settle_unknown() -> int:
    """Look at every unknown delivery whose next read is due. Returns how many were settled."""
    waiting = Delivery.objects.filter(
        state=DeliveryState.UNKNOWN, needs_person=False
    ).select_related("reply__item__channel", "reply__author")
    return sum(_settle(delivery) for delivery in waiting[:50])


def _settle(delivery: Delivery) -> bool:
    """One look at the platform for one delivery.

    1. Not before the visibility lag has passed since the last look. 2. Read, outside a transaction.
    3. Under the row's lock: found → sent; absent → count, and decide after the second time.
    """
    try:
        connector = connect(delivery.reply.item.channel)
    except NoConnection:
        return _give_to_person(delivery)
    try:
        gap = timedelta(seconds=READ_GAP * connector.visibility_lag)
        if delivery.read_at and clock.now() - delivery.read_at < gap:
            return False
        started = delivery.started_at or clock.now()
        found = connector.replies_under(target_id=delivery.target_id, since=started)
    except FetchFailed as error:
        log.info("delivery %s not readable: %s", delivery.pk, error)
        overdue = clock.now() - (delivery.started_at or clock.now()) > NOT_READABLE_AFTER
        return _give_to_person(delivery) if overdue or error.permanent else False
    finally:
        connector.close()
    with transaction.atomic():
        row = (
            Delivery.objects.select_for_update(of=("self",))
            .select_related("reply__item", "reply__author")
            .filter(pk=delivery.pk, state=DeliveryState.UNKNOWN, needs_person=False)
            .first()
        )
        if row is None:
            return False
        ours = _unattributed(row, found)
        if ours:
            row.outcome = "sent"
            mark_sent(row, remote_id=ours.remote_id)
            return True
        row.absent_reads += 1
        row.read_at = clock.now()
        row.save(update_fields=["absent_reads", "read_at"])
        if row.absent_reads >= 2:
            _resend_or_ask(row)
    return False


def _unattributed(delivery: Delivery, found: list[OwnReply]) -> OwnReply | None:
    """The reply under the target that belongs to no other delivery and to no native answer.

    Platforms alter text (links, escapes), so any reply of ours that is not accounted for counts.
    """
    ids = [reply.remote_id for reply in found]
    taken = set(Delivery.objects.filter(remote_id__in=ids).values_list("remote_id", flat=True))
    taken |= set(
        Message.objects.filter(current_id__in=ids, native=True).values_list("current_id", flat=True)
    )
    return next((reply for reply in found if reply.remote_id not in taken), None)


def _resend_or_ask(delivery: Delivery) -> None:
    """Absent twice: resend once if no worker can still be about to call; else ask a person."""
    if delivery.resent or not _attempt_is_dead(delivery):
        delivery.needs_person = True
        delivery.save(update_fields=["needs_person"])
        live.item_changed(delivery.reply.item, kind="reply")
        return
    delivery.state, delivery.resent = DeliveryState.QUEUED, True
    delivery.absent_reads, delivery.read_at, delivery.due_at = 0, None, clock.now()
    delivery.save()
    Reply.objects.filter(pk=delivery.reply_id).update(state=ReplyState.QUEUED)
    journal.record("delivery_resent", subject=delivery.reply.item, by=None, delivery=delivery.pk)


def _attempt_is_dead(delivery: Delivery) -> bool:
    """Nobody holds the attempt's advisory lock, and PostgreSQL has not restarted since it began
    (a restart drops the lock of a worker that is merely frozen)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT NOT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND classid = %s"
            " AND objid = %s), extract(epoch FROM clock_timestamp() - pg_postmaster_start_time())",
            [LOCK_SPACE, delivery.pk],
        )
        free, up_seconds = cursor.fetchone()
    age = clock.now() - (delivery.started_at or clock.now())
    return bool(free) and timedelta(seconds=float(up_seconds)) > age


def _give_to_person(delivery: Delivery) -> bool:
    Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.UNKNOWN).update(needs_person=True)
    return False


def decide(*, delivery: Delivery, by: User, stands: bool, remote_id: str = "") -> None:
    """A person looked at the platform: the reply `stands` there, or it does not (then it failed and
    its text is a draft again). Raises PermissionError for outsiders, ValueError when already settled."""
    if by.pk != delivery.reply.author_id and not by.is_head:
        msg = "the author or the head decides"
        raise PermissionError(msg)
    with transaction.atomic():
        row = (
            Delivery.objects.select_for_update(of=("self",))
            .select_related("reply__item", "reply__author")
            .filter(pk=delivery.pk, state=DeliveryState.UNKNOWN)
            .first()
        )
        if row is None:
            msg = "already settled"
            raise ValueError(msg)
        journal.record(
            "delivery_decided", subject=row.reply.item, by=by, delivery=row.pk, stands=stands
        )
        if stands:
            row.outcome = "sent"
            mark_sent(row, remote_id=remote_id or f"seen-{row.pk}")
        else:
            row.outcome, row.problem = "not_sent_permanent", str(_("Tidak ada di platform."))
            mark_failed(row)
