"""The second entrance: what an operator pastes, shares or imports becomes an item (DESIGN §8, “By hand”)."""

import hashlib
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import clock, journal
from accounts.models import User
from inbox import arrivals, links
from inbox.connectors.base import Author, Incoming
from inbox.models import Channel, Claim, Item, Message, Platform, Thread

journal.register({"item_taken_in": _("mencatat pesan dengan tangan")})

TWIN_DAYS = 7  # so long the same words of the same author are suspected to be the same message


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:60]


@dataclass(frozen=True, slots=True)
class Existing:
    """A message that is here already: its item, and who holds it (None: nobody)."""

    item: Item
    holder: User | None


def incoming_of(
    *, channel: Channel, author: str, text: str, link: str, written_at: datetime, once: str = ""
) -> Incoming:
    """What was pasted as a connector would have told it.

    A post on X whose id the link names can be answered from here; all else is answered in the app. A
    message without a link is known by `once`: with the same one it is the same message.
    """
    object_class, key = links.message_key(link)
    post = channel.platform == Platform.X and object_class == "post"
    if not post:
        object_class = "hand"
        key = _digest(links.canonical(link) or f"{channel.pk}|{author}|{text}|{once}")
    return Incoming(
        object_class=object_class,
        external_id=key,
        current_id=key if post else "",
        thread_id=key,
        author=Author(external_id=f"hand:{author.lower()}"[:180], handle=author[:120]),
        text=text,
        written_at=written_at,
        link=link,
        version=key if post else "",
        address={"summoned": "1"} if post else {},  # X itself says no where it was not
    )


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of something taken in; not `fresh`: it was here already."""

    item: Item
    fresh: bool


def take_in(*, by: User, **message: Any) -> Item:
    """`enter`, for whom only the item matters."""
    return enter(by=by, **message).item


def enter(
    *,
    by: User | None,
    channel: Channel,
    author: str,
    text: str,
    link: str = "",
    picture: Any = None,
    written_at: datetime | None = None,
    once: str = "",
    history: bool = False,
    details: Mapping[str, Any] | None = None,
) -> Taken:
    """Make an item of what an operator pasted (DESIGN §8): author, text, perhaps link and picture.

    `written_at` (aware, UTC) is now unless given; `history`: it comes in as closed, however new.
    `details` go to the journal. A link that is known, by hand or from the platform, or the same `once`,
    leads to the item that is there.
    1. Lock the thread: two operators with the same link queue up here. 2. Known? That item. 3. Insert;
    the unique key (I4) stands behind step 2.
    """
    incoming = incoming_of(
        channel=channel, author=author, text=text, link=link,
        written_at=written_at or clock.now(), once=once,
    )  # fmt: skip
    with transaction.atomic():
        incoming = arrivals.cleaned(incoming)
        thread, _made = Thread.objects.get_or_create(
            platform=channel.platform, external_id=incoming.thread_id
        )
        Thread.objects.select_for_update().get(pk=thread.pk)
        known = _same_link(link) or _stored(channel.platform, incoming)
        if known:
            return Taken(known.item, fresh=False)
        extra = {"picture": picture} if picture else {}
        message = arrivals.receive(
            channel=_judging(channel, incoming, history=history),
            thread=thread, incoming=incoming, raw=None, **extra,
        )  # fmt: skip
        journal.record("item_taken_in", subject=message.item, by=by, **(details or {}))
    return Taken(message.item, fresh=True)


def _judging(channel: Channel, incoming: Incoming, *, history: bool) -> Channel:
    """`channel` as arrivals shall judge it: what somebody takes in by hand is not old news because it
    was written before the channel was connected; an imported history is, whenever it was written."""
    seen = copy(channel)
    seen.begin_from = incoming.written_at + timedelta(seconds=1) if history else None
    return seen


def _stored(platform: str, incoming: Incoming) -> Message | None:
    return (
        Message.objects.select_related("item")
        .filter(
            platform=platform,
            object_class=incoming.object_class,
            external_id=incoming.external_id,
        )
        .first()
    )


def _same_link(link: str) -> Message | None:
    """The message `link` names, as its platform sent it or as somebody took it in before."""
    if not link:
        return None
    platform, _author = links.guess_from_link(link)
    object_class, key = links.message_key(link)
    known = Message.objects.select_related("item")
    found = known.filter(
        platform=platform or Platform.OTHER, object_class=object_class, external_id=key
    ).first()
    if found:
        return found
    key = _digest(links.canonical(link))
    return known.filter(object_class="hand", external_id=key, platform__in=Platform.values).first()


def find_link(link: str) -> Existing | None:
    """What is here already of `link`, in whatever form it was copied. Ask whether the viewer may see it."""
    message = _same_link(link)
    return _existing(message.item) if message else None


def find_twin(*, author: str, text: str, by: User) -> Existing | None:
    """An item `by` may see with the same words of the same author within the last days."""
    words = " ".join(arrivals.storable(text).split())[:280]
    name = author.strip().lstrip("@")
    if not words or not name:
        return None
    item = (
        Item.objects.visible_to(by)
        .filter(
            last_in_at__gt=clock.now() - timedelta(days=TWIN_DAYS),
            preview=words,
            citizen__handle__iexact=name,
        )
        .select_related("channel")
        .order_by("-last_in_at")
        .first()
    )
    return _existing(item) if item else None


def _existing(item: Item) -> Existing:
    claim = Claim.objects.select_related("holder").filter(item=item, ended_at=None).first()
    live = claim is not None and claim.expires_at > clock.now()
    return Existing(item, claim.holder if claim and live else None)
