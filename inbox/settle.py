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
from inbox import channels, live, outgoing, slots
from inbox.channels import NoConnection
from inbox.connectors.base import FetchFailed, Guarantee, OwnReply
from inbox.connectors.registry import PLATFORMS
from inbox.models import Message, Reply
from inbox.models_out import Delivery, DeliveryState, ReplyState
from inbox.outbox import mark_failed, mark_sent, mark_unknown

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
    patience = timedelta(seconds=sum(settings.API_TIMEOUT) + 10)
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
    ).select_related(
        "reply__item__channel__app", "reply__item__citizen", "reply__author", "reply__target"
    )
    return sum(_settle(delivery) for delivery in waiting[:50])


def _settle(delivery: Delivery) -> bool:
    """One look at the platform for one delivery.

    0. A call under a retry key is simply made again: the platform knows what it did with the key. One
       that nothing can tell goes to a person.
    1. Not before the visibility lag has passed since the last look. 2. Read, outside a transaction.
    3. Under the row's lock: found → sent; absent → count, and decide after the second time.
    """
    parts = PLATFORMS.get(delivery.reply.item.channel.platform)
    guarantee = parts.guarantee(delivery.call) if parts else Guarantee.NONE
    if guarantee == Guarantee.KEY:
        return _again_under_key(delivery)
    if parts is None or guarantee == Guarantee.NONE:
        return _give_to_person(delivery)
    found = None
    gap = timedelta(seconds=READ_GAP * parts.visibility_lag)
    if delivery.read_at is None or clock.now() - delivery.read_at >= gap:
        found = _read_back(delivery)
    if found is None:
        return False
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
            mark_sent(row, remote_id=ours.remote_id, object_class=ours.object_class)
            return True
        row.absent_reads += 1
        row.read_at = clock.now()
        row.save(update_fields=["absent_reads", "read_at"])
        if row.absent_reads >= 2:
            _resend_or_ask(row)
    return False


KEY_LIVES = timedelta(hours=23)  # the platform forgets a retry key after 24 (platforms.md §7.3)
KEY_TRIES = 12  # spread over an hour and a half; by then somebody should look


def _again_under_key(delivery: Delivery) -> bool:
    """Back to the queue under the same retry key; after its life a person decides."""
    if clock.now() - delivery.reply.created_at > KEY_LIVES or delivery.attempt >= KEY_TRIES:
        return _give_to_person(delivery)
    with transaction.atomic():
        changed = Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.UNKNOWN).update(
            state=DeliveryState.QUEUED, resent=True,
            due_at=clock.now() + timedelta(seconds=min(900, 5 * 2**delivery.attempt)),
        )  # fmt: skip
        if changed:
            Reply.objects.filter(pk=delivery.reply_id).update(state=ReplyState.QUEUED)
            live.item_changed(delivery.reply.item, kind="reply")
    return False


def _read_back(delivery: Delivery) -> list[OwnReply] | None:
    """Our replies where this one would stand; None when the platform could not be read."""
    try:
        connector = channels.connect(delivery.reply.item.channel)
    except NoConnection:
        _give_to_person(delivery)
        return None
    started = delivery.started_at or clock.now()
    try:
        return connector.read_back(outgoing.of(delivery), since=started)
    except FetchFailed as error:
        log.info("delivery %s not readable: %s", delivery.pk, error)
        if clock.now() - started > NOT_READABLE_AFTER or error.permanent:
            _give_to_person(delivery)
        return None
    finally:
        connector.close()


def _unattributed(delivery: Delivery, found: list[OwnReply]) -> OwnReply | None:
    """The reply under the target that belongs to no other delivery and to no native answer.

    The one that carries our retry key is ours. Else, under a public post platforms alter text (links,
    escapes), so any reply of ours that is not accounted for counts; in a chat colleagues write beside
    us, so there the words must be the same.
    """
    key = str(delivery.retry_key)
    carries = next((reply for reply in found if reply.retry_key == key), None)
    if carries:
        return carries
    found = [
        reply
        for reply in found
        if not reply.retry_key
        and (reply.object_class != "chat" or reply.text.strip() == delivery.text.strip())
    ]
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
            [slots.Space.ATTEMPT, delivery.pk],
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
            mark_sent(row, remote_id=remote_id or f"seen-{row.pk}", object_class="hand")
        else:
            row.outcome, row.problem = "not_sent_permanent", str(_("Tidak ada di platform."))
            mark_failed(row)
