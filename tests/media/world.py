"""Channels of each platform and messages on them, as their connectors would tell them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import transaction

from accounts import clock
from inbox import intake
from inbox.connectors.base import Author, Incoming, Media, chat_thread
from inbox.models import Channel, Message
from tests import cast


def channel(platform: str, **fields: object) -> Channel:
    """A connected account of `platform`, with keys of nobody."""
    made = Channel(
        platform=platform, external_id=cast.next_id(), handle=f"@humas_{platform}", **fields
    )
    made.credentials = cast.KEYS
    made.save()
    return made


@dataclass(frozen=True)
class Said:
    """What a citizen said; `minutes` ago. A chat's thread is made of account and person."""

    text: str = "Halo min"
    kind: str = "chat"  # chat, comment, post
    person: str = "w1"
    thread: str = ""
    minutes: float = 10
    media: tuple[Media, ...] = ()
    address: Mapping[str, str] = field(default_factory=dict)
    link: str = ""


def come(to: Channel, said: Said) -> Message:
    """Let it arrive through the real door."""
    number = cast.next_id()
    chat = chat_thread(to.external_id, said.person)
    value = Incoming(
        object_class=said.kind, external_id=number, current_id=number,
        thread_id=said.thread or (chat if said.kind == "chat" else number),
        author=Author(said.person, f"{said.person}_bpn"), text=said.text,
        written_at=clock.now() - timedelta(minutes=said.minutes), media=said.media,
        address=said.address, link=said.link, version=number,
    )  # fmt: skip
    with transaction.atomic():
        intake.absorb(channel=to, incoming=value, raw=None)
    return Message.objects.get(object_class=said.kind, external_id=number)
