"""What became of an attempt that left no outcome: read the platform, then decide (DESIGN §7.4, §7.5).

Found: sent. Absent in two reads spaced wider than the platform's lag, the attempt's lock free and
PostgreSQL not restarted since: one resend, byte-identical. Anything else: a person decides.
"""

import logging
import re
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from enum import StrEnum
from html import unescape

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils.translation import gettext_lazy as _

from accounts import clock, journal
from accounts.models import User
from inbox import channels, live, outgoing, slots, steps
from inbox.channels import NoConnection
from inbox.connectors.base import FetchFailed, Guarantee, OwnReply
from inbox.connectors.registry import PLATFORMS
from inbox.models import Message, Reply
from inbox.models_out import Delivery, DeliveryState, ReplyState
from inbox.outcomes import lock_item, mark_failed, mark_sent, mark_unknown
from inbox.steps import Step

log = logging.getLogger(__name__)
journal.register(
    {
        "delivery_resent": _("mengirim ulang setelah dipastikan tidak ada"),
        "delivery_decided": _("memutuskan nasib balasan yang belum pasti"),
    }
)

NOT_READABLE_AFTER = timedelta(minutes=10)  # then a person is asked
ALIKE = 0.8  # of 1: how far a platform may have altered our words
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
    return sum(_settled(delivery) for delivery in waiting[:50])


def _settled(delivery: Delivery) -> bool:
    """`_settle`; one delivery that raises does not keep the others from being looked at."""
    try:
        return _settle(delivery)
    except (OperationalError, InterfaceError):  # the database is away: for all of them
        raise
    except Exception:
        log.exception("delivery %s cannot be settled", delivery.pk)
        return _give_to_person(delivery) if _too_long(delivery) else False


def _too_long(delivery: Delivery) -> bool:
    return clock.now() - (delivery.started_at or clock.now()) > NOT_READABLE_AFTER


def _settle(delivery: Delivery) -> bool:
    """One look at the platform for one delivery.

    0. A call under a retry key is simply made again: the platform knows what it did with the key. One
       that nothing can tell goes to a person.
    1. Not before the visibility lag has passed since the last look.
    2. Ask whether the attempt's worker may still call, before reading: what is read as absent while it
       may says nothing, since the write can come right after.  3. Read, outside a transaction.
    4. Under the row's lock, and only if no other sweep looked meanwhile: conclude.
    """
    parts = PLATFORMS.get(delivery.reply.item.channel.platform)
    guarantee = parts.guarantee(delivery.call) if parts else Guarantee.NONE
    if guarantee == Guarantee.KEY:
        return _again_under_key(delivery)
    if parts is None or guarantee == Guarantee.NONE:
        return _give_to_person(delivery)
    gap = timedelta(seconds=READ_GAP * parts.visibility_lag)
    if delivery.read_at is not None and clock.now() - delivery.read_at < gap:
        return False
    may_still_call = not _lock_is_free(delivery)
    found = _read_back(delivery)
    if found is None:
        return False
    steps.reached(Step.READ, delivery.pk)
    looked = (delivery.attempt, delivery.absent_reads, delivery.read_at)
    with transaction.atomic():
        lock_item(delivery)
        row = (
            Delivery.objects.select_for_update(of=("self",))
            .select_related("reply__item", "reply__author")
            .filter(pk=delivery.pk, state=DeliveryState.UNKNOWN, needs_person=False)
            .first()
        )
        if row is None or (row.attempt, row.absent_reads, row.read_at) != looked:
            return False
        return _conclude(row, found, may_still_call=may_still_call)


def _conclude(row: Delivery, found: list[OwnReply], *, may_still_call: bool) -> bool:
    """There: sent. Something of ours there that says other words: a person looks, it may be a native
    answer. Nothing: count, and decide after the second time. True when it is settled."""
    ours, strange = attributed(row, found)
    if ours:
        row.outcome = "sent"
        mark_sent(row, remote_id=ours.remote_id, object_class=ours.object_class)
        return True
    row.read_at = clock.now()
    if strange:
        row.needs_person = True
    elif not may_still_call:
        row.absent_reads += 1
    elif _too_long(row):
        row.needs_person = True  # frozen for so long: somebody has to look at the worker, too
    row.save(update_fields=["absent_reads", "read_at", "needs_person"])
    if row.needs_person:
        live.item_changed(row.reply.item, kind="reply")
    elif row.absent_reads >= 2:
        _resend_or_ask(row)
    return False


KEY_LIVES = timedelta(hours=23)  # the platform forgets a retry key after 24 (platforms.md §7.3)
KEY_TRIES = 12  # spread over an hour and a half; by then somebody should look


def key_is_forgotten(delivery: Delivery) -> bool:
    """Whether a call under a retry key would not be known as the same one any more: its life begins with
    the first attempt. Asked when it is put back, and again as it leaves the queue, which may be a
    weekend later."""
    parts = PLATFORMS.get(delivery.reply.item.channel.platform)
    if parts is None or parts.guarantee(delivery.call) != Guarantee.KEY:
        return False
    return clock.now() - (delivery.first_started_at or delivery.reply.created_at) > KEY_LIVES


def _again_under_key(delivery: Delivery) -> bool:
    """Back to the queue under the same retry key; after its life a person decides."""
    if key_is_forgotten(delivery) or delivery.attempt >= KEY_TRIES:
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
    except NoConnection as error:
        if error.permanent or _too_long(delivery):
            _give_to_person(delivery)
        return None
    try:
        return connector.read_back(outgoing.described(delivery), since=first_left(delivery))
    except FetchFailed as error:
        log.info("delivery %s not readable: %s", delivery.pk, error)
        if error.permanent or _too_long(delivery):
            _give_to_person(delivery)
        return None
    finally:
        connector.close()


def first_left(delivery: Delivery) -> datetime:
    """From when on it may stand on the platform: of several attempts, the first may be the one that does."""
    return delivery.first_started_at or delivery.started_at or clock.now()


def attributed(delivery: Delivery, found: list[OwnReply]) -> tuple[OwnReply | None, bool]:
    """(Which of `found` this delivery is, whether one is there that nobody can attribute).

    Ours is what carries our retry key; else what says our words and belongs to no other delivery and to
    no native answer. Platforms alter texts (links, escapes, handles in front), so words are compared
    without these (`alike`); in a chat, where colleagues write beside us, they must be the same.
    """
    key = str(delivery.retry_key)
    carries = next((reply for reply in found if reply.retry_key == key), None)
    if carries:
        return carries, False
    ids = [reply.remote_id for reply in found]
    taken = set(Delivery.objects.filter(remote_id__in=ids).values_list("remote_id", flat=True))
    taken |= set(
        Message.objects.filter(current_id__in=ids, native=True).values_list("current_id", flat=True)
    )
    left = [one for one in found if not one.retry_key and one.remote_id not in taken]
    chat = any(one.object_class == "chat" for one in left)
    same = next((one for one in left if one.text.strip() == delivery.text.strip()), None)
    if same or chat:
        return same, False
    return next((one for one in left if alike(delivery.text, one.text)), None), bool(left)


def alike(sent: str, shown: str) -> bool:
    """Whether `shown` can be how a platform shows `sent`."""
    first, second = (_plain(text) for text in (sent, shown))
    return first == second or SequenceMatcher(None, first, second, autojunk=False).ratio() >= ALIKE


def _plain(text: str) -> str:
    text = re.sub(r"^(\s*@\w+)+", "", unescape(text))
    return " ".join(re.sub(r"https?://\S+", "…", text).casefold().split())[:500]


def _resend_or_ask(delivery: Delivery) -> None:
    """Absent twice while nobody could call any more: resend once; but a person decides when it was
    resent before, or when PostgreSQL restarted, which drops the lock of a worker that is merely frozen."""
    if delivery.resent or not _same_server(delivery):
        delivery.needs_person = True
        delivery.save(update_fields=["needs_person"])
        live.item_changed(delivery.reply.item, kind="reply")
        return
    _send_again(delivery)
    journal.record("delivery_resent", subject=delivery.reply.item, by=None, delivery=delivery.pk)
    steps.reached(Step.RESENDING, delivery.pk)


def _send_again(delivery: Delivery) -> None:
    delivery.state, delivery.resent, delivery.needs_person = DeliveryState.QUEUED, True, False
    delivery.absent_reads, delivery.read_at, delivery.due_at = 0, None, clock.now()
    delivery.save()
    Reply.objects.filter(pk=delivery.reply_id).update(state=ReplyState.QUEUED)
    live.item_changed(delivery.reply.item, kind="reply")


def _same_server(delivery: Delivery) -> bool:
    """Whether PostgreSQL runs without a break since the attempt began."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_postmaster_start_time()")
        return bool(cursor.fetchone()[0] == delivery.server_since)


def _lock_is_free(delivery: Delivery) -> bool:
    return slots.attempt_is_free(delivery.pk)


def _give_to_person(delivery: Delivery) -> bool:
    Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.UNKNOWN).update(needs_person=True)
    live.publish("desk", item=delivery.item_id, kind="reply")
    return False


class Decision(StrEnum):
    """What a person saw on the platform, and wants."""

    STANDS = "stands"  # it is there
    AGAIN = "again"  # it is not there: send it once more
    DRAFT = "draft"  # it is not there: give the text back


class TooEarly(Exception):
    """A worker may still be about to make the call; `str()` is the sentence for the screen."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Pengirimnya belum berhenti: balasan ini masih bisa tiba-tiba terkirim. Tunggu sebentar, "
                "lihat lagi, lalu pilih. Bila tetap begini, minta administrator menjalankan ulang pekerja."
            )
        )


def may_decide(delivery: Delivery, by: User) -> bool:
    """Its author or the head."""
    return by.pk == delivery.reply.author_id or by.is_head


def decide(*, delivery: Delivery, by: User, decision: Decision) -> None:
    """A person looked at the platform and says what is there (DESIGN §7.5).

    Raises PermissionError for others than author and head, ValueError when it is settled already,
    TooEarly while the attempt's worker may still call.
    0. “There”: read which post it is, so that its echo is met as known.
    1. Lock item and row: only what is still unknown is decided.
    2. “Not there” is believed only when nobody holds the attempt's lock: a frozen worker would still
       send it. (One frozen over a restart of PostgreSQL has lost its lock; unless it was frozen in its
       very call it proves once more, and stops. docs/delivery.md names what remains.)
    3. There: sent. Not there: once more under the same text and key, or back to its author.
    """
    if not may_decide(delivery, by):
        msg = "the author or the head decides"
        raise PermissionError(msg)
    shown = shows_now(delivery) if decision == Decision.STANDS else None
    ours = attributed(delivery, shown)[0] if shown else None
    with transaction.atomic():
        lock_item(delivery)
        row = (
            Delivery.objects.select_for_update(of=("self",))
            .select_related("reply__item", "reply__author")
            .filter(pk=delivery.pk, state=DeliveryState.UNKNOWN)
            .first()
        )
        if row is None:
            msg = "already settled"
            raise ValueError(msg)
        if decision != Decision.STANDS and not _lock_is_free(row):
            raise TooEarly
        journal.record(
            "delivery_decided", subject=row.reply.item, by=by, delivery=row.pk, decision=decision
        )
        match decision:
            case Decision.STANDS:
                row.outcome = "sent"
                mark_sent(
                    row, remote_id=ours.remote_id if ours else f"seen-{row.pk}",
                    object_class=ours.object_class if ours else "hand",
                )  # fmt: skip
            case Decision.AGAIN:
                _send_again(row)
            case Decision.DRAFT:
                row.outcome, row.problem = "not_sent_permanent", str(_("Tidak ada di platform."))
                mark_failed(row)


def shows_now(delivery: Delivery) -> list[OwnReply] | None:
    """What of ours stands on the platform where this reply would; None where it cannot be read now."""
    parts = PLATFORMS.get(delivery.reply.item.channel.platform)
    if parts is None or parts.guarantee(delivery.call) != Guarantee.READ:
        return None
    try:
        connector = channels.connect(delivery.reply.item.channel)
    except NoConnection:
        return None
    try:
        return connector.read_back(outgoing.described(delivery), since=first_left(delivery))
    except FetchFailed as error:
        log.info("delivery %s not readable: %s", delivery.pk, error)
        return None
    finally:
        connector.close()
