"""A small honest platform inside the process: its `posts` are the ledger the state machine counts on.

It applies a write or not, answers or not, shows what was written after a lag, and remembers retry keys
for a day. Four kinds: posts and chats that can be read back, chats with a retry key, chats with nothing.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from accounts import clock
from inbox.connectors import base, parts

LAG = 5.0  # seconds until a write can be read back
KEY_LIVES = timedelta(hours=24)  # platforms.md §7.3


class Kind(StrEnum):
    """How a call's unknown outcome can be settled, and whether it is said in public."""

    WALL = "uji-wall"  # a public post, read back (X, comments)
    CHAT = "uji-chat"  # a chat, read back (Messenger)
    KEY = "uji-key"  # a chat under a retry key, no echo (LINE push)
    NONE = "uji-none"  # a chat of which nothing can be known (LINE reply)

    @property
    def object_class(self) -> str:
        return "post" if self == Kind.WALL else "chat"

    @property
    def guarantee(self) -> base.Guarantee:
        known = {Kind.KEY: base.Guarantee.KEY, Kind.NONE: base.Guarantee.NONE}
        return known.get(self, base.Guarantee.READ)

    @property
    def echoes(self) -> bool:
        return self.guarantee == base.Guarantee.READ


class Fate(StrEnum):
    """What the platform does with the next call."""

    APPLIED = "written, and said so"
    SILENT = "written, the answer lost"
    DROPPED = "not written, the answer lost"
    REFUSED = "not written, for good"
    THROTTLED = "not written, later please"
    DUPLICATE = "not written, those words stand somewhere already"


@dataclass(frozen=True, slots=True)
class Post:
    """One thing that our account said there; `by` is "api" or "native"."""

    remote_id: str
    kind: Kind
    target_id: str
    text: str
    key: str
    at: datetime  # UTC
    by: str


@dataclass
class Wall:
    """The platform's side of everything."""

    posts: list[Post] = field(default_factory=list)
    keys: dict[str, Post] = field(default_factory=dict)
    count: int = 0
    #: Asked at each call: waits where the machine wants the caller frozen, tells the call's fate.
    decide: Callable[[], Fate] = lambda: Fate.APPLIED

    def forget(self) -> None:
        self.posts.clear()
        self.keys.clear()
        self.decide = lambda: Fate.APPLIED

    def next_id(self) -> str:
        """An id no other thing there has; ids grow."""
        self.count += 1
        return f"{self.count:09d}"

    def write(self, kind: Kind, *, target_id: str, text: str, key: str = "", by: str) -> Post:
        """Put words of our account there, now."""
        post = Post(self.next_id(), kind, target_id, text, key, clock.now(), by)
        self.posts.append(post)
        return post

    def of_api(self, text: str) -> list[Post]:
        """What stands there of a reply, however often."""
        return [post for post in self.posts if post.by == "api" and post.text == text]


WALL = Wall()


class WallConnector:
    def __init__(self, account: base.Account) -> None:
        self.kind = Kind(account.keys["kind"])

    def send(self, out: base.Outgoing) -> base.SendResult:
        fate = WALL.decide()
        known = WALL.keys.get(out.retry_key)
        if known and clock.now() - known.at >= KEY_LIVES:
            known = None
        if known and fate in (Fate.APPLIED, Fate.DUPLICATE):
            return self._sent(known)
        if fate == Fate.APPLIED or (fate == Fate.SILENT and not known):
            post = self._write(out)
            if fate == Fate.APPLIED:
                return self._sent(post)
        if fate == Fate.REFUSED:
            return base.SendResult(base.Outcome.PERMANENT, problem="Ditolak.")
        if fate == Fate.THROTTLED:
            return base.SendResult(base.Outcome.RETRY, retry_after=20.0)
        said_before = fate == Fate.DUPLICATE and self.kind == Kind.WALL
        return base.SendResult(base.Outcome.DUPLICATE if said_before else base.Outcome.UNKNOWN)

    def _write(self, out: base.Outgoing) -> Post:
        post = WALL.write(
            self.kind, target_id=out.target_id, text=out.text, key=out.retry_key, by="api"
        )
        if self.kind == Kind.KEY:
            WALL.keys[out.retry_key] = post
        return post

    def _sent(self, post: Post) -> base.SendResult:
        return base.SendResult(
            base.Outcome.SENT, remote_id=post.remote_id, object_class=self.kind.object_class
        )

    def read_back(self, out: base.Outgoing, *, since: datetime) -> list[base.OwnReply]:
        now = clock.now()
        return [
            base.OwnReply(
                post.remote_id, post.target_id, post.text, post.at, self.kind.object_class
            )
            for post in WALL.posts
            if post.target_id == out.target_id
            and post.at >= since - timedelta(seconds=2)
            and now - post.at >= timedelta(seconds=LAG)
        ]

    def fetch(self, feed: str, cursor: str) -> Iterator[base.RawPage]:
        del feed, cursor
        yield from ()

    def amend(self, wish: base.Amendment) -> base.SendResult:
        return base.SendResult(base.Outcome.PERMANENT, problem=f"Tidak bisa: {wish.change}.")

    def look_up(self, wanted: base.Wanted) -> base.RawPage:
        raise base.FetchFailed(wanted.kind, permanent=True)

    def content(self, media: base.Media) -> base.Content:
        raise base.FetchFailed(media.kind, permanent=True)

    def still_there(self, object_class: str, ids: Sequence[str]) -> set[str]:
        del object_class
        return set(ids)

    def check(self) -> base.Health:
        return base.Health(alive=True)

    def close(self) -> None:
        pass


def parse(body: bytes, account_id: str, feed: str) -> base.Parsed:
    """The bodies that `told` makes: a message of a citizen or of ours, or a deletion."""
    del feed
    row: dict[str, Any] = json.loads(body)
    kind, at = Kind(row["kind"]), datetime.fromisoformat(row["at"])
    if row.get("removed"):
        event = base.Event(
            base.EventKind.REMOVED, at, object_class=kind.object_class,
            external_id=row["id"], account_id=account_id,
        )  # fmt: skip
        return base.Parsed(events=(event,))
    return base.Parsed(
        messages=(
            base.Incoming(
                object_class=kind.object_class, external_id=row["id"], current_id=row["id"],
                thread_id=row["thread"], author=base.Author(row["by"], handle=row["by"]),
                text=row["text"], written_at=at, own=row["by"] == account_id,
                replies_to=row.get("to", ""), version=row["version"], account_id=account_id,
            ),
        )
    )  # fmt: skip


def told(kind: Kind, **row: object) -> bytes:
    """A body as this platform posts it."""
    return json.dumps({"kind": kind, **row}).encode()


def parts_of(kind: Kind) -> parts.PlatformParts:
    """What the registry knows of one kind."""
    return parts.PlatformParts(
        name=str(kind),
        family=str(kind),
        connect=WallConnector,
        parse=parse,
        measure=lambda text, _way: base.Length(len(text), 200),
        ways=lambda _situation: (base.Way("only", "Satu-satunya", public=kind == Kind.WALL),),
        choose_call=lambda _out, _seconds: "only",
        guarantee=lambda _call: kind.guarantee,
        visibility_lag=LAG,
        keys=(parts.Key("kind", "Jenis"),),
    )
