"""Taking in: raw bytes first, then what they mean, each message exactly once (DESIGN §8; I4, I5).

store_raw → absorb_raw → absorb (one message) → Item
"""

import hashlib
import logging
import re
from datetime import timedelta
from typing import Any

from django.contrib.postgres.search import SearchVector
from django.db import connection, transaction
from django.db.models import Max, Value
from django.utils.translation import gettext_lazy as _

from accounts import clock, journal
from accounts.models import Office, User
from inbox import live, native, signals
from inbox.connectors.base import Author, Incoming
from inbox.connectors.registry import PLATFORMS
from inbox.models import (
    Channel,
    Citizen,
    CloseReason,
    Item,
    ItemState,
    Message,
    RawEvent,
    Thread,
)

log = logging.getLogger(__name__)
journal.register(
    {
        "item_opened": _("pesan masuk"),
        "item_reopened": _("warga menulis lagi"),
        "item_taken_in": _("mencatat pesan dengan tangan"),
        "raw_quarantined": _("data platform tidak terbaca"),
        "message_edited": _("warga mengubah pesan"),
    }
)


def store_raw(*, channel: Channel, feed: str, body: bytes) -> RawEvent | None:
    """Keep `body` as it came. Returns None when exactly these bytes were already stored."""
    digest = hashlib.sha256(body).hexdigest()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO inbox_rawevent (channel_id, feed, body, digest, received_at, state, problem)"
            " VALUES (%s, %s, %s, %s, sahut_now(), 'new', '')"
            " ON CONFLICT (channel_id, feed, digest) DO NOTHING RETURNING id",
            [channel.pk, feed, body, digest],
        )
        row = cursor.fetchone()
    return RawEvent.objects.get(pk=row[0]) if row else None


def absorb_raw(*, raw_id: int) -> int:
    """Make messages of a stored body. Returns how many were new. May be called again at any time.

    1. Lock the raw row (skip if another worker has it, or if it is done).
    2. Parse: pure, never raises. 3. Absorb each message in the same transaction, so that the row is
    marked done if and only if all of them are stored; a crash in between leaves it to the sweeper.
    """
    with transaction.atomic():
        raw = (
            RawEvent.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("channel")
            .filter(pk=raw_id)
            .exclude(state=RawEvent.State.PARSED)
            .first()
        )
        if raw is None:
            return 0
        parts = PLATFORMS[raw.channel.platform]
        parsed = parts.parse(bytes(raw.body), raw.channel.external_id)
        fresh, waiting = 0, False
        problems = list(parsed.problems)
        for incoming in parsed.messages:
            try:
                with transaction.atomic():
                    fresh += absorb(channel=raw.channel, incoming=incoming, raw=raw)
            except native.WaitForOutcome:
                waiting = True
            except Exception as error:
                log.exception("message %s not absorbed", incoming.external_id)
                problems.append(f"{incoming.external_id}: {type(error).__name__}: {error}")
        if waiting:  # stays “new”: the sweeper reads it again when the outcome stands
            return fresh
        if problems:
            journal.record("raw_quarantined", subject=raw, by=None, problems=len(problems))
        raw.state = RawEvent.State.QUARANTINED if problems else RawEvent.State.PARSED
        raw.problem = "; ".join(problems)[:500]
        raw.save(update_fields=["state", "problem"])
    return fresh


def absorb(*, channel: Channel, incoming: Incoming, raw: RawEvent | None) -> bool:
    """Store one message exactly once; True when it was new. Inside a transaction.

    1. Lock the thread's row: everything in one conversation is absorbed one after the other.
    2. Look for the message. Known: apply an edit, note a second channel; done.
    3. Find the item it belongs to (or open one), insert the message. The unique key (I4) stands
       behind step 2 should two threads ever claim the same message.
    """
    thread, _made = Thread.objects.get_or_create(
        platform=channel.platform, external_id=incoming.thread_id
    )
    Thread.objects.select_for_update().get(pk=thread.pk)
    known = (
        Message.objects.select_related("item")
        .filter(
            platform=channel.platform,
            object_class=incoming.object_class,
            external_id=incoming.external_id,
        )
        .first()
    )
    if known:
        _meet_again(known, channel=channel, incoming=incoming)
        return False
    if incoming.own or _is_ours(channel.platform, incoming.author):
        return native.absorb_own(channel=channel, incoming=incoming, raw=raw, thread=thread)
    _receive(channel=channel, thread=thread, incoming=incoming, raw=raw)
    return True


def _is_ours(platform: str, author: Author) -> bool:
    """Whether another of our accounts wrote it: its answer names our handle too where the citizen did."""
    return Channel.objects.filter(platform=platform, external_id=author.external_id).exists()


def _meet_again(known: Message, *, channel: Channel, incoming: Incoming) -> None:
    """A message that is already stored arrived again: from another channel, or edited."""
    item = known.item
    inward = known.direction == Message.Direction.IN
    if inward and channel.pk != item.channel_id and not item.also_on.filter(pk=channel.pk).exists():
        item.also_on.add(channel)
        live.item_changed(item, kind="state")
    newer = incoming.current_id != known.current_id and len(incoming.current_id) >= len(
        known.current_id
    )
    if newer and incoming.current_id > known.current_id and not known.erased_at:
        changed = incoming.text != known.text
        known.text, known.current_id = incoming.text, incoming.current_id
        known.edited_at = clock.now()
        known.save(update_fields=["text", "current_id", "edited_at"])
        if changed:
            journal.record("message_edited", subject=item, by=None, message=known.pk)
            _refresh_item(item)
            live.item_changed(item, kind="message")


def _citizen(platform: str, author: Author) -> Citizen:
    citizen, made = Citizen.objects.get_or_create(
        platform=platform,
        external_id=author.external_id,
        defaults={"handle": author.handle[:120], "name": author.name[:200]},
    )
    if (
        not made
        and author.handle
        and (citizen.handle, citizen.name) != (author.handle, author.name)
    ):
        citizen.handle, citizen.name = author.handle[:120], author.name[:200]
        citizen.save(update_fields=["handle", "name"])
    return citizen


def _receive(
    *, channel: Channel, thread: Thread, incoming: Incoming, raw: RawEvent | None, **extra: Any
) -> Message:
    """Put a citizen's new message into its item."""
    citizen = _citizen(channel.platform, incoming.author)
    item = _item_for(channel=channel, thread=thread, citizen=citizen, incoming=incoming)
    message = Message.objects.create(
        item=item,
        platform=channel.platform,
        object_class=incoming.object_class,
        external_id=incoming.external_id,
        current_id=incoming.current_id,
        direction=Message.Direction.IN,
        text=incoming.text,
        quoted=incoming.quoted,
        media=[{"kind": m.kind, "url": m.url, "alt": m.alt} for m in incoming.media],
        link=incoming.link,
        replies_to=incoming.replies_to,
        written_at=incoming.written_at,
        edited_at=incoming.written_at if incoming.edited else None,
        raw=raw,
        **extra,
    )
    _refresh_item(item)
    live.item_changed(item, kind="message")
    transaction.on_commit(
        lambda: signals.message_received.send_robust(sender=Message, message_id=message.pk)
    )
    return message


def _item_for(*, channel: Channel, thread: Thread, citizen: Citizen, incoming: Incoming) -> Item:
    """The episode this message belongs to: the newest of this citizen in this thread, unless it was
    settled more than `new_episode_days` ago. Reopens an answered or closed one. Thread is locked."""
    item = Item.objects.filter(thread=thread, citizen=citizen).order_by("-episode").first()
    limit = timedelta(days=Office.current().new_episode_days)
    settled = item.settled_at if item else None
    if item and not (settled and incoming.written_at - settled > limit):
        if settled and incoming.written_at < settled and item.state == ItemState.CLOSED:
            return item  # older than the closing, arrived late: it was closed knowing the thread
        if item.state in (ItemState.ANSWERED, ItemState.CLOSED):
            was = item.state
            Item.objects.filter(pk=item.pk).update(
                state=ItemState.OPEN, close_reason="", settled_at=None,
                waiting_since=incoming.written_at,
            )  # fmt: skip
            journal.record("item_reopened", subject=item, by=None, was=was)
        elif item.waiting_since is None:
            Item.objects.filter(pk=item.pk).update(waiting_since=incoming.written_at)
        item.refresh_from_db()
        return item
    history = bool(channel.begin_from and incoming.written_at < channel.begin_from)
    episode = Item.objects.filter(thread=thread, citizen=citizen).aggregate(n=Max("episode"))["n"]
    new = Item.objects.create(
        channel=channel,
        thread=thread,
        citizen=citizen,
        episode=(episode or 0) + 1,
        state=ItemState.CLOSED if history else ItemState.OPEN,
        close_reason=CloseReason.HISTORY if history else "",
        waiting_since=None if history else incoming.written_at,
        settled_at=incoming.written_at if history else None,
        last_in_at=incoming.written_at,
    )
    journal.record("item_opened", subject=new, by=None, channel=channel.pk, history=history)
    return new


def _refresh_item(item: Item) -> None:
    """Recompute what the list shows of an item: newest words, time, and the words to search."""
    incoming = item.messages.filter(direction=Message.Direction.IN, erased_at=None)
    newest = incoming.order_by("-written_at", "-pk").first()
    if newest is None:
        return
    words = " ".join(
        [*incoming.values_list("text", flat=True), item.citizen.handle, item.citizen.name]
    )
    Item.objects.filter(pk=item.pk).update(
        preview=" ".join(newest.text.split())[:280],
        last_in_at=newest.written_at,
        search=SearchVector(Value(words[:50_000]), config="indonesian")
        + SearchVector(Value(words[:50_000]), config="simple"),
    )


_X_LINK = re.compile(r"https://(?:www\.|mobile\.)?(?:x|twitter)\.com/[^/]+/status/(\d+)")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:60]


def take_in_by_hand(
    *, by: User, channel: Channel, author: str, text: str, link: str = "", picture: Any = None
) -> Item:
    """Make an item of what an operator pasted (DESIGN §8): author, text, perhaps link and picture.

    The same link pasted twice leads to the same item. On an X link of a message we already have,
    that item is returned. Returns the item.
    """
    post = _X_LINK.match(link)
    key = post[1] if post else _digest(link or f"{channel.pk}|{author}|{text}")
    incoming = Incoming(
        object_class="post" if post else "hand",
        external_id=key,
        current_id=key if post else "",  # a post whose id we know can be answered from here
        thread_id=key,
        author=Author(external_id=f"hand:{author.lower()}"[:80], handle=author[:120]),
        text=text,
        written_at=clock.now(),
        link=link,
    )
    with transaction.atomic():
        thread, _made = Thread.objects.get_or_create(
            platform=channel.platform, external_id=incoming.thread_id
        )
        Thread.objects.select_for_update().get(pk=thread.pk)
        known = Message.objects.filter(
            platform=channel.platform,
            object_class=incoming.object_class,
            external_id=incoming.external_id,
        ).first()
        if known:
            return known.item
        extra = {"picture": picture} if picture else {}
        message = _receive(channel=channel, thread=thread, incoming=incoming, raw=None, **extra)
        journal.record("item_taken_in", subject=message.item, by=by)
    return message.item


def unparsed(*, limit: int = 100) -> list[int]:
    """Raw rows that nobody has read yet, oldest first: the sweeper's work list."""
    return list(
        RawEvent.objects.filter(state=RawEvent.State.NEW)
        .order_by("pk")
        .values_list("pk", flat=True)[:limit]
    )
