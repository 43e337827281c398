"""The people and messages of the tests, made through the doors a user's data takes.

Five from the desk and the divisions, as in DESIGN §1; `other_desk_operator` is the outsider who is
in every access test once channels are not seen by all.
"""

import itertools
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from django.db import transaction
from django.test import Client

from accounts import catalogue, clock
from accounts.models import Division, Office, Role, Team, User
from inbox import intake
from inbox.channels import make_feeds
from inbox.connectors.base import Author, Incoming
from inbox.models import Channel, Item, Message, Platform

#: Beyond 2^53, like X's: an id that passes through a float is found out.
_ids = itertools.count(9_007_199_254_740_993)

TEXT = "Halo min, kapan jadwal SIM keliling minggu ini?"
KEYS = {
    "consumer_key": "kunci",
    "consumer_secret": "rahasia",
    "access_token": "902200000000000001-token",
    "access_token_secret": "rahasia-token",
}


def next_id() -> str:
    """An id no other post of this run has; ids grow, as the platform's do."""
    return str(next(_ids))


def make_office() -> Office:
    """The demo's office (worked example A of domain.md §2.2), with everything a letter needs."""
    from reports import demo_letters
    from reports.management.commands.demo_data import OFFICE

    office = Office.current()
    for name, value in OFFICE.items():
        setattr(office, name, value)
    office.save()
    demo_letters.make()
    return office


def make_divisions(*, kind: str = "polda") -> int:
    """The divisions Sahut ships with, named as around the demo's office."""
    from reports.management.commands.demo_data import NAMES

    return catalogue.make_divisions(catalogue=kind, names=replace(NAMES, province="Kaltim"))


def make_user(
    username: str, *, role: str = Role.OPERATOR, team: str = "", division: str = "", **fields: str
) -> User:
    """A person without a usable password; log in with `client_for`. `division` is a shipped code."""
    if division:
        make_divisions()
    user = User.objects.create(
        username=username,
        email=f"{username}@sahut.test",
        role=role,
        full_name=fields.pop("full_name", username.capitalize()),
        division=Division.objects.get(code=division) if division else None,
        **fields,
    )
    if team:
        user.teams.add(Team.objects.get_or_create(name=team)[0])
    return user


def client_for(user: User, *, htmx: bool = False) -> Client:
    """A browser in which `user` is logged in; with `htmx`, one whose requests are htmx's."""
    client = Client(headers={"HX-Request": "true"} if htmx else None)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def make_channel_x(*, handle: str = "PoldaKaltim", team: str = "Tim Media Sosial") -> Channel:
    """A connected X channel with keys and feeds."""
    channel = Channel(platform=Platform.X, external_id=next_id(), handle=f"@{handle}", name=handle)
    channel.credentials = KEYS
    channel.save()
    channel.teams.add(Team.objects.get_or_create(name=team)[0])
    make_feeds(channel)
    return channel


def make_channel_by_hand(*, platform: str = Platform.FACEBOOK, handle: str = "Halaman") -> Channel:
    """A channel without keys: items come by hand, answers are posted in the platform's own app."""
    return Channel.objects.create(platform=platform, external_id=next_id(), handle=handle)


@dataclass(frozen=True, slots=True)
class Post:
    """What a citizen wrote, for `receive`. Empty ids are made up; `thread` defaults to the post itself."""

    text: str = TEXT
    handle: str = "warga_bpn"
    name: str = ""
    external_id: str = ""
    thread: str = ""
    replies_to: str = ""
    written_at: datetime | None = None
    own: bool = False


def incoming(post: Post, *, channel: Channel) -> Incoming:
    """The frozen value a connector would have parsed from `post`."""
    number = post.external_id or next_id()
    author = Author(external_id=f"id-{post.handle}", handle=post.handle, name=post.name)
    return Incoming(
        object_class="post",
        external_id=number,
        current_id=number,
        thread_id=post.thread or number,
        author=Author(channel.external_id, channel.handle) if post.own else author,
        text=post.text,
        written_at=post.written_at or clock.now(),
        own=post.own,
        replies_to=post.replies_to,
        version=number,
        address={"summoned": "1"},
        link=f"https://x.com/{post.handle}/status/{number}",
    )


def receive(channel: Channel, post: Post) -> Message | None:
    """Let `post` arrive on `channel` through the real door (intake.absorb). None when it made no message."""
    value = incoming(post, channel=channel)
    with transaction.atomic():
        intake.absorb(channel=channel, incoming=value, raw=None)
    return (
        Message.objects.select_related("item")
        .filter(platform=channel.platform, object_class="post", external_id=value.external_id)
        .first()
    )


class MakeItem(Protocol):
    """The fixture `make_item`: a citizen writes, the item comes back."""

    def __call__(
        self,
        *,
        text: str = ...,
        handle: str = ...,
        channel: Channel | None = ...,
        thread: str = ...,
    ) -> Item: ...
