"""What happens to messages, citizens and accounts besides new messages: deleted, hidden, edited, left.

An event may overtake its message: it is kept (EarlyEvent) and applied when the message arrives, so that
the order of deliveries makes no difference (I4).
"""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts import clock, journal
from inbox import arrivals, channels, erasure, live
from inbox.connectors.base import Event, EventKind, later
from inbox.models import (
    Channel,
    Citizen,
    Claim,
    CloseReason,
    EarlyEvent,
    Item,
    ItemState,
    Message,
    Thread,
)

journal.register(
    {
        "message_hidden": _("pesan disembunyikan di platform"),
        "message_shown": _("pesan ditampilkan lagi di platform"),
        "item_withdrawn": _("pesan dihapus penulisnya"),
        "citizen_left": _("warga memblokir atau berhenti mengikuti"),
    }
)


def apply(*, channel: Channel, event: Event) -> None:
    """Take in one event. Inside a transaction; safe to repeat."""
    match event.kind:
        case EventKind.FOLLOWED | EventKind.UNFOLLOWED:
            _reachable(channel, event)
        case EventKind.REVOKED:
            channels.note_dead(channel, str(_("Izin akun ini dicabut di platform.")))
        case _:
            _to_message(channel, event)


def _to_message(channel: Channel, event: Event) -> None:
    """1. Find the message and lock its thread (as intake.absorb does). 2. Not there: keep the event.
    3. Look again under the lock, and apply."""
    message = _find(channel, event)
    if message is None:
        _keep(channel, event)
        message = _find(channel, event)  # it may have come between the two looks
        if message is None:
            return
    Thread.objects.select_for_update().get(pk=message.item.thread_id)
    message.refresh_from_db()
    _apply(message, kind=event.kind, version=event.version, text=event.text)


def _find(channel: Channel, event: Event) -> Message | None:
    named = Q(external_id=event.external_id) | Q(current_id=event.external_id)
    return (
        Message.objects.select_related("item")
        .filter(named, platform=channel.platform, object_class=event.object_class)
        .first()
    )


def _keep(channel: Channel, event: Event) -> None:
    early, made = EarlyEvent.objects.get_or_create(
        platform=channel.platform, object_class=event.object_class,
        external_id=event.external_id[:255], kind=event.kind,
        defaults={"version": event.version, "at": event.at, "text": event.text},
    )  # fmt: skip
    if not made and later(early.version, event.version) != early.version:
        early.version, early.at, early.text = event.version, event.at, event.text
        early.save(update_fields=["version", "at", "text"])


def apply_early(message: Message) -> None:
    """What happened to `message` before it arrived. Its thread's row is locked."""
    early = EarlyEvent.objects.filter(
        platform=message.platform, object_class=message.object_class,
        external_id__in={message.external_id, message.current_id},
    )  # fmt: skip
    for one in sorted(early, key=lambda row: (len(row.version), row.version)):
        message.refresh_from_db()
        _apply(message, kind=one.kind, version=one.version, text=one.text)


def _apply(message: Message, *, kind: str, version: str, text: str) -> None:
    if message.erased_at:
        return
    match kind:
        case EventKind.REMOVED:
            ours = message.direction == Message.Direction.OUT
            why = _("Dihapus di platform.") if ours else _("Dihapus oleh penulisnya.")
            erasure.erase_message(message, why=str(why))
            withdraw_item(message.item)
        case EventKind.HIDDEN | EventKind.SHOWN:
            _hide(message, on=kind == EventKind.HIDDEN, version=version)
        case EventKind.EDITED:
            _edit(message, version=version, text=text)


def _hide(message: Message, *, on: bool, version: str) -> None:
    newest = later(message.hidden_version, version)
    if newest != version or version == message.hidden_version or message.hidden == on:
        return
    Message.objects.filter(pk=message.pk).update(hidden=on, hidden_version=version)
    journal.record(
        "message_hidden" if on else "message_shown", subject=message.item, by=None,
        message=message.pk,
    )  # fmt: skip
    live.item_changed(message.item, kind="message")


def _edit(message: Message, *, version: str, text: str) -> None:
    if later(message.version, version) != version or version == message.version:
        return
    Message.objects.filter(pk=message.pk).update(
        text=arrivals.storable(text), version=version, edited_at=clock.now()
    )
    journal.record("message_edited", subject=message.item, by=None, message=message.pk)
    arrivals.refresh_item(message.item)
    live.item_changed(message.item, kind="message")


def withdraw_item(item: Item) -> None:
    """Nothing of what waited stands any more: the item needs no answer, unless somebody works on it or
    a ticket holds it. The holder sees what was taken back, and decides."""
    item.refresh_from_db()
    if item.waiting_since is None:
        return
    standing = item.messages.filter(direction=Message.Direction.IN, erased_at=None)
    unanswered = standing.filter(written_at__gte=item.waiting_since)
    oldest = unanswered.order_by("written_at").values_list("written_at", flat=True).first()
    if oldest:
        Item.objects.filter(pk=item.pk).update(waiting_since=oldest)
        return
    if Claim.objects.filter(item=item, ended_at=None).exists():
        return
    if item.state == ItemState.REFERRED:
        Item.objects.filter(pk=item.pk).update(waiting_since=None)
        return
    answered = item.last_out_at is not None and standing.exists()
    Item.objects.filter(pk=item.pk).update(
        state=ItemState.ANSWERED if answered else ItemState.CLOSED,
        close_reason="" if answered else CloseReason.WITHDRAWN,
        waiting_since=None,
        settled_at=clock.now(),
    )
    journal.record("item_withdrawn", subject=item, by=None)
    live.item_changed(item, kind="state")


def _reachable(channel: Channel, event: Event) -> None:
    if event.author is None:
        return
    blocked = event.kind == EventKind.UNFOLLOWED
    changed = (  # the newest of these events stands, in whatever order they come
        Citizen.objects.filter(platform=channel.platform, external_id=event.author.external_id)
        .filter(Q(reach_known_at=None) | Q(reach_known_at__lt=event.at))
        .update(blocked_at=event.at if blocked else None, reach_known_at=event.at)
    )
    if not changed:
        return
    for item in Item.objects.filter(
        channel=channel, citizen__external_id=event.author.external_id, waiting_since__isnull=False
    ):
        if blocked:
            journal.record("citizen_left", subject=item, by=None)
        live.item_changed(item, kind="state")
