"""A citizen's message finds its item, or opens one; a message met again is brought up to date.

Called by intake.absorb with the thread's row locked.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.contrib.postgres.search import SearchVector
from django.db import transaction
from django.db.models import Value
from django.utils.translation import gettext_lazy as _

from accounts import clock, journal
from accounts.models import Office
from inbox import duty, live, signals
from inbox.connectors.base import Author, Incoming, Media, later
from inbox.models import (
    Channel,
    Citizen,
    CloseReason,
    Item,
    ItemState,
    MediaFile,
    Message,
    RawEvent,
    Thread,
)

journal.register(
    {
        "item_opened": _("pesan masuk"),
        "item_reopened": _("warga menulis lagi"),
        "message_edited": _("warga mengubah pesan"),
    }
)

#: Kinds whose file a worker fetches (media.py); the others are told in words.
FETCHED = ("image", "video", "audio", "file", "sticker", "story")


def storable(text: str) -> str:
    """`text` without what PostgreSQL does not keep: NUL, and surrogates that stand alone."""
    return text.replace("\x00", "").encode("utf-8", "ignore").decode()


def cleaned(incoming: Incoming) -> Incoming:
    """`incoming` without what PostgreSQL or our columns cannot hold (NUL, endless names)."""
    if len(incoming.external_id) > 255 or len(incoming.thread_id) > 180 or not incoming.external_id:
        msg = f"id {incoming.external_id[:40]!r}"
        raise ValueError(msg)
    return replace(
        incoming,
        text=storable(incoming.text),
        quoted=storable(incoming.quoted),
        link=storable(incoming.link) if len(incoming.link) <= 500 else "",
        replies_to=incoming.replies_to[:255],
        author=Author(
            external_id=incoming.author.external_id[:180],
            handle=storable(incoming.author.handle)[:120],
            name=storable(incoming.author.name)[:200],
        ),
    )


def is_ours(platform: str, author: Author) -> bool:
    """Whether another of our accounts wrote it: its answer names our handle too where the citizen did."""
    return bool(author.external_id) and (
        Channel.objects.filter(platform=platform, external_id=author.external_id).exists()
    )


def meet_again(known: Message, *, channel: Channel, incoming: Incoming) -> None:
    """A message that is already stored arrived again: from another channel, edited, or more complete."""
    item = known.item
    inward = known.direction == Message.Direction.IN
    if inward and channel.pk != item.channel_id and not item.also_on.filter(pk=channel.pk).exists():
        item.also_on.add(channel)
        live.item_changed(item, kind="state")
    if known.erased_at:
        return
    newer = (
        incoming.version != known.version
        and later(known.version, incoming.version) == incoming.version
    )
    if newer and not inward and not known.version:
        # Our own answer as the platform shows it for the first time: nobody changed it.
        Message.objects.filter(pk=known.pk).update(version=incoming.version)
    elif newer:
        _edit(known, incoming)
    if inward and incoming.author.external_id:
        _know_author(item, incoming.author)
    fields = _completed(known, incoming, same_channel=channel.pk == item.channel_id)
    if fields:
        Message.objects.filter(pk=known.pk).update(**fields)
        if "media" in fields and (inward or known.native):  # ours are shown from what was sent
            want_files(known, incoming.media)
        live.item_changed(item, kind="message")


def _know_author(item: Item, author: Author) -> None:
    """Who wrote is learnt later than what (a webhook without author, then a look-up): the stranger gets
    the name, unless the item holds more than this one message of unknown people."""
    if not item.citizen.external_id.startswith("anon:"):
        return
    if item.messages.filter(direction=Message.Direction.IN).count() > 1:
        return
    citizen = _citizen(item.thread.platform, author, item.thread)
    if not Item.objects.filter(thread=item.thread, citizen=citizen).exists():
        Item.objects.filter(pk=item.pk).update(citizen=citizen)
        item.refresh_from_db()
        refresh_item(item)
        live.item_changed(item, kind="state")


def _edit(known: Message, incoming: Incoming) -> None:
    changed = incoming.text != known.text
    known.text, known.current_id = incoming.text, incoming.current_id
    known.version, known.edited_at = incoming.version, clock.now()
    known.save(update_fields=["text", "current_id", "version", "edited_at"])
    if changed:
        journal.record("message_edited", subject=known.item, by=None, message=known.pk)
        refresh_item(known.item)
        live.item_changed(known.item, kind="message")


def _completed(known: Message, incoming: Incoming, *, same_channel: bool) -> dict[str, Any]:
    """What this telling of the message knows and the stored one did not: sources differ in detail,
    and an edit may come before its original."""
    fields: dict[str, Any] = {}
    if not known.media and incoming.media:
        fields["media"] = [told(medium) for medium in incoming.media]
    for name in ("link", "quoted", "replies_to"):
        if not getattr(known, name) and getattr(incoming, name):
            fields[name] = getattr(incoming, name)
    if same_channel and set(incoming.address) - set(known.address):
        fields["address"] = {**incoming.address, **known.address}
    if incoming.written_at < known.written_at:
        fields["written_at"] = incoming.written_at
    return fields


def told(medium: Media) -> dict[str, Any]:
    """A medium as it is kept with its message."""
    return {
        "kind": medium.kind, "url": storable(medium.url), "alt": storable(medium.alt),
        "fetch_id": storable(medium.fetch_id), "keep": medium.keep,
    }  # fmt: skip


def want_files(message: Message, media: tuple[Media, ...]) -> None:
    """Leave a row for each file, which media.py fetches."""
    MediaFile.objects.bulk_create(
        [
            MediaFile(
                message=message,
                position=position,
                kind=medium.kind,
                state=MediaFile.State.NEW if medium.keep else MediaFile.State.LINK,
            )
            for position, medium in enumerate(media)
            if medium.kind in FETCHED and (medium.url or medium.fetch_id)
        ],
        ignore_conflicts=True,
    )


def learn_name(*, platform: str, author: Author) -> None:
    """A name learnt for somebody known by id alone."""
    shown = author.handle or author.name
    if author.external_id and shown:
        people = Citizen.objects.filter(platform=platform, external_id=author.external_id)
        people.update(handle=storable(author.handle)[:120], name=storable(author.name)[:200])
        for item in Item.objects.filter(citizen__in=people).order_by("-pk")[:5]:
            live.item_changed(item, kind="state")


def _citizen(platform: str, author: Author, thread: Thread) -> Citizen:
    """Who wrote. Where the platform names nobody, the thread's own stranger (DESIGN §2)."""
    external_id = author.external_id or f"anon:{thread.external_id}"[:180]
    citizen, made = Citizen.objects.get_or_create(
        platform=platform,
        external_id=external_id,
        defaults={"handle": author.handle, "name": author.name},
    )
    shown = author.handle or author.name
    if not made and shown and (citizen.handle, citizen.name) != (author.handle, author.name):
        citizen.handle, citizen.name = author.handle, author.name
        citizen.save(update_fields=["handle", "name"])
    return citizen


def receive(
    *, channel: Channel, thread: Thread, incoming: Incoming, raw: RawEvent | None, **extra: Any
) -> Message:
    """Put a citizen's new message into its item."""
    citizen = _citizen(channel.platform, incoming.author, thread)
    item = _item_for(channel=channel, thread=thread, citizen=citizen, incoming=incoming)
    message = Message.objects.create(
        item=item,
        platform=channel.platform,
        object_class=incoming.object_class,
        external_id=incoming.external_id,
        current_id=incoming.current_id,
        version=incoming.version,
        direction=Message.Direction.IN,
        text=incoming.text,
        quoted=incoming.quoted,
        media=[told(medium) for medium in incoming.media],
        address=dict(incoming.address),
        link=incoming.link,
        replies_to=incoming.replies_to,
        written_at=incoming.written_at,
        edited_at=incoming.written_at if incoming.edited else None,
        raw=raw,
        **extra,
    )
    want_files(message, incoming.media)
    refresh_item(item)
    live.item_changed(item, kind="message")
    transaction.on_commit(
        lambda: signals.message_received.send_robust(sender=Message, message_id=message.pk)
    )
    return message


def _item_for(*, channel: Channel, thread: Thread, citizen: Citizen, incoming: Incoming) -> Item:
    """The episode this message belongs to: the newest of this citizen in this thread, unless it was
    settled more than `new_episode_days` ago. Reopens an answered or closed one. Thread is locked, and the
    item from here on (thread before item, as everywhere): whoever answers or closes it either is done, and
    this message opens it again, or waits for this message and sees it."""
    item = (
        Item.objects.select_for_update(no_key=True)
        .filter(thread=thread, citizen=citizen)
        .order_by("-episode")
        .first()
    )
    limit = timedelta(days=Office.current().new_episode_days)
    settled = item.settled_at if item else None
    if item and not (settled and incoming.written_at - settled > limit):
        _goes_on(item, incoming)
        return item
    history = bool(channel.begin_from and incoming.written_at < channel.begin_from)
    new = Item.objects.create(
        channel=channel,
        thread=thread,
        citizen=citizen,
        episode=item.episode + 1 if item else 1,
        state=ItemState.CLOSED if history else ItemState.OPEN,
        close_reason=CloseReason.HISTORY if history else "",
        waiting_since=None if history else incoming.written_at,
        settled_at=incoming.written_at if history else None,
        last_in_at=incoming.written_at,
    )
    journal.record("item_opened", subject=new, by=None, channel=channel.pk, history=history)
    return new


def _goes_on(item: Item, incoming: Incoming) -> None:
    """One more message for an item that exists: what was answered or closed waits again.

    Written before it was settled and arrived late: whoever closed it, or what history is, knew the
    thread; whoever answered in the platform's own app had it before their eyes. What its author took
    back is nobody's decision and opens again.
    """
    native = item.messages.filter(
        direction=Message.Direction.OUT, native=True, written_at__gt=incoming.written_at
    )
    if native.exists():
        return
    withdrawn = item.close_reason == CloseReason.WITHDRAWN
    late = item.settled_at and incoming.written_at < item.settled_at and not withdrawn
    if late and item.state == ItemState.CLOSED:
        return
    if item.state in (ItemState.ANSWERED, ItemState.CLOSED):
        was = item.state
        Item.objects.filter(pk=item.pk).update(
            state=ItemState.OPEN, close_reason="", settled_at=None,
            waiting_since=incoming.written_at,
        )  # fmt: skip
        journal.record("item_reopened", subject=item, by=None, was=was)
        duty.offer(item)
    elif item.waiting_since is None or incoming.written_at < item.waiting_since:
        Item.objects.filter(pk=item.pk).update(waiting_since=incoming.written_at)
    item.refresh_from_db()


def refresh_item(item: Item) -> None:
    """Recompute what the list shows of an item: newest words, time, and the words to search."""
    standing = list(
        item.messages.filter(direction=Message.Direction.IN, erased_at=None)
        .order_by("written_at", "pk")
        .only("text", "media", "written_at", "item")
    )
    if not standing:
        Item.objects.filter(pk=item.pk).update(preview="", search=None)
        return
    newest = standing[-1]
    words = [message.text for message in standing]
    said = " ".join([*words, item.citizen.handle, item.citizen.name])[:50_000]
    Item.objects.filter(pk=item.pk).update(
        preview=shown(newest)[:280],
        last_in_at=newest.written_at,
        search=SearchVector(Value(said), config="indonesian")
        + SearchVector(Value(said), config="simple"),
    )


KIND_WORDS = {
    "image": _("[gambar]"), "video": _("[video]"), "audio": _("[pesan suara]"),
    "file": _("[berkas]"), "sticker": _("[stiker]"), "location": _("[lokasi]"),
    "story": _("[story]"), "link": _("[tautan]"),
}  # fmt: skip


def shown(message: Message) -> str:
    """The message in one line: its words, or what came without any."""
    text = " ".join(message.text.split())
    kinds = (medium.get("kind", "") for medium in message.media)
    return text or " ".join(str(KIND_WORDS.get(kind, "")) for kind in kinds).strip()
