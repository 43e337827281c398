"""What every platform looks like from inside: frozen values, one protocol, one error.

Plain Python, no Django: nothing past `parse` sees a platform's JSON (style.md §2.4), and the retry
decision reads `Outcome` and `FetchFailed` and nothing else (platforms.md §1.2). What a platform's
folder has to offer is listed in `parts.PlatformParts` and explained in README.md.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

# --- in --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote, as the platform names them; `external_id` is "" where it names nobody (Facebook)."""

    external_id: str
    handle: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Media:
    """Something shown with a message.

    `url` is the platform's public address; where there is none, `fetch_id` is what
    `Connector.content` asks for. `keep=False`: the platform forbids keeping a copy (Instagram chats).
    """

    kind: str  # image, video, audio, file, sticker, location, story, link
    url: str = ""
    alt: str = ""  # a description, file name or place, for people
    fetch_id: str = ""
    keep: bool = True


@dataclass(frozen=True, slots=True)
class Incoming:
    """One message as the platform has it now. Ids are strings end to end (platforms.md §0.8)."""

    object_class: str  # "post", "comment", "chat"
    external_id: str  # canonical: the same for all edits
    current_id: str  # what a reply must point to
    thread_id: str  # chats: chat_thread(account, person)
    author: Author
    text: str
    written_at: datetime  # aware, UTC
    own: bool = False  # written by our own account
    replies_to: str = ""  # current_id of the message this one answers
    quoted: str = ""
    link: str = ""
    edited: bool = False
    media: tuple[Media, ...] = ()
    account_id: str = ""  # which of our accounts received it; "": the one the body was read for
    version: str = ""  # digits; of two versions of a message the `later()` one stands
    address: Mapping[str, str] = field(default_factory=dict)  # what `send` needs to answer it
    echo_of: str = ""  # retry key of the delivery this is the echo of (Messenger's metadata)


class EventKind(StrEnum):
    """What can happen to a message, a citizen or an account, besides a new message."""

    REMOVED = "removed"  # deleted or unsent by its author, or gone from the platform
    HIDDEN = "hidden"
    SHOWN = "shown"  # no longer hidden
    EDITED = "edited"  # where the platform sends only the new text
    FOLLOWED = "followed"
    UNFOLLOWED = "unfollowed"  # the citizen cannot be reached any more
    REVOKED = "revoked"  # our account took the permission back


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to `external_id` (a message), to `author`, or to our account.

    Of two events the one with the `later()` version stands. May arrive before its message.
    """

    kind: EventKind
    at: datetime
    object_class: str = ""
    external_id: str = ""
    author: Author | None = None
    account_id: str = ""
    version: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Something the body only names, to be fetched by `Connector.look_up` (Instagram mentions, names).

    `kind` and `key` together are unique per account; `args` is what the look-up needs besides.
    """

    kind: str
    key: str
    account_id: str = ""
    args: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a raw body meant; `problems` put it in quarantine, `ignored` is kept and needs nobody."""

    messages: tuple[Incoming, ...] = ()
    problems: tuple[str, ...] = ()
    events: tuple[Event, ...] = ()
    wanted: tuple[Wanted, ...] = ()
    profiles: tuple[Author, ...] = ()  # names learnt of people known by id alone
    ignored: tuple[str, ...] = ()  # kinds we know to say nothing (read receipts), or do not know


@dataclass(frozen=True, slots=True)
class RawPage:
    """One page as it came; `newest_id` is the cursor it would lead to, "" for an empty page."""

    body: bytes
    newest_id: str = ""


# --- out -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Situation:
    """All that decides how a message may be answered now (times aware, UTC)."""

    object_class: str
    address: Mapping[str, str]
    written_at: datetime  # of the message to be answered
    last_in_at: datetime  # the citizen's last word in this thread: it opens the window
    now: datetime
    options: Mapping[str, Any] = field(default_factory=dict)  # of the channel (human_agent, …)
    private_used: bool = False  # a private reply to this message went out already
    quota_left: int | None = None
    unreachable: bool = False  # the citizen blocked us
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """One way to answer. A closed one says in `note` why, and what to do instead."""

    key: str  # "public", "private", "chat", "human_agent", "mention" …
    label: str
    public: bool
    open: bool = True
    note: str = ""
    until: datetime | None = None  # when it closes
    pictures: int = 0  # how many can go with it


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that goes out. Platforms take the bytes or fetch `url` (signed, ours)."""

    name: str
    content_type: str
    data: bytes = field(repr=False)
    url: str = ""
    preview_url: str = ""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One call to be made. All of it was committed before the call (DESIGN §7.1)."""

    way: str
    call: str  # what `choose_call` said: how the connector will carry it
    target_id: str  # current_id of the answered message
    person_id: str  # the citizen's external id
    text: str
    retry_key: str
    attempt: int = 1
    address: Mapping[str, str] = field(default_factory=dict)
    pictures: tuple[Picture, ...] = ()


class Outcome(StrEnum):
    """What became of a call that writes (platforms.md §1.2)."""

    SENT = "sent"
    RETRY = "not_sent_retry"
    PERMANENT = "not_sent_permanent"
    DUPLICATE = "duplicate"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class SendResult:
    """`retry_after` is seconds from now, where the platform said so; `dead`: the token is."""

    outcome: Outcome
    remote_id: str = ""
    problem: str = ""
    retry_after: float | None = None
    object_class: str = "post"  # of what now stands there
    dead: bool = False
    gone: bool = False  # the answered message is no longer there
    parts: tuple[str, ...] = ()  # further ids of the same answer: Meta sends each picture by itself


@dataclass(frozen=True, slots=True)
class OwnReply:
    """A reply of ours that stands on the platform."""

    remote_id: str
    target_id: str
    text: str
    written_at: datetime
    object_class: str = "post"
    retry_key: str = ""  # where the platform gives it back


@dataclass(frozen=True, slots=True)
class Piece:
    """What one call carries of an answer: words, and which of its pictures (positions from 0)."""

    text: str
    pictures: tuple[int, ...] = ()


class Change(StrEnum):
    """What can be done to something of ours that stands on the platform (*ralat*)."""

    DELETE = "delete"
    EDIT = "edit"


@dataclass(frozen=True, slots=True)
class Amendment:
    """A message of ours to be taken away or corrected. Both may be asked for again without harm: what is
    gone stays gone, and the same words stand there twice as well as once."""

    change: Change
    object_class: str
    remote_id: str
    text: str = ""  # the corrected words
    address: Mapping[str, str] = field(default_factory=dict)  # of the message it answered


class Guarantee(StrEnum):
    """How an unknown outcome of a call can be settled (DESIGN §7.5)."""

    READ = "read"  # by reading the platform
    KEY = "key"  # by sending again under the same retry key (LINE push)
    NONE = "none"  # a person has to look (LINE reply)


@dataclass(frozen=True, slots=True)
class Length:
    """How long a text is by the platform's own rule."""

    used: int
    limit: int  # of one call
    pieces: int = 1  # calls it would be split into, where the platform's folder can split

    @property
    def fits(self) -> bool:
        return 0 < self.used <= self.limit or self.pieces > 1


# --- the account -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Usage:
    """What a platform's own headers say of its budget."""

    percent: float  # 0 to 100 of what may be used
    wait: float = 0.0  # seconds to keep still, where the platform said so


@dataclass(frozen=True, slots=True)
class Account:
    """Which account a connector speaks for, and its keys."""

    external_id: str
    handle: str
    keys: Mapping[str, Any] = field(repr=False)  # of the account
    app: Mapping[str, Any] = field(default_factory=dict, repr=False)  # of the application
    options: Mapping[str, Any] = field(default_factory=dict)
    base_url: str = ""  # replaces the platform's own host; empty in production
    timeout: tuple[float, float] = (3.0, 15.0)  # connect, read; seconds
    version: str = ""  # of the platform's API, where it is a setting
    report: Callable[[Usage], None] = lambda _usage: None


@dataclass(frozen=True, slots=True)
class Health:
    """What a check of the connection found. Sentences are Indonesian, for the screen."""

    alive: bool  # the token is good
    problem: str = ""
    expires_at: datetime | None = None
    missing: tuple[str, ...] = ()  # permissions, in words
    subscribed: bool | None = None  # whether webhooks are on; None: the platform has none
    quota_limit: int | None = None
    quota_used: int | None = None


class FetchFailed(Exception):
    """Reading failed. `permanent`: a person must act (`dead`: the token is); else try again later.
    `gone`: what was asked for does not exist any more."""

    def __init__(
        self,
        problem: str,
        *,
        permanent: bool,
        retry_after: float | None = None,
        dead: bool = False,
        gone: bool = False,
    ) -> None:
        self.problem, self.permanent, self.retry_after = problem, permanent, retry_after
        self.dead, self.gone = dead, gone
        super().__init__(problem)


@dataclass(frozen=True, slots=True)
class Content:
    """A file as the platform hands it out, in pieces."""

    content_type: str
    pieces: Iterable[bytes]


class NotReady(Exception):
    """The file is still being made (LINE transcodes videos): ask again later."""


class Connector(Protocol):
    """One platform for one account. Instances are made per task and closed after it."""

    def fetch(self, feed: str, cursor: str) -> Iterator[RawPage]:
        """Pages newer than `cursor` (with overlap), newest page first. Raises FetchFailed."""

    def look_up(self, wanted: Wanted) -> RawPage:
        """What `wanted` names, as a body for `parse` with feed "lookup". Raises FetchFailed."""

    def send(self, out: Outgoing) -> SendResult:
        """Make the call. Never raises for what the network does."""

    def read_back(self, out: Outgoing, *, since: datetime) -> list[OwnReply]:
        """Replies of ours where `out` would stand, written at or after `since`. Raises FetchFailed."""

    def amend(self, wish: Amendment) -> SendResult:
        """Take away or correct something of ours. SENT also when it was gone already; `gone` when a
        correction finds nothing. UNKNOWN and RETRY may be asked for again. Never raises for the network."""

    def still_there(self, object_class: str, ids: Sequence[str]) -> set[str]:
        """Which of `ids` (current ids) still stand on the platform; platforms that cannot tell
        return all of them. Raises FetchFailed."""

    def content(self, media: Media) -> Content:
        """The file behind `media.fetch_id`. Raises FetchFailed, NotReady."""

    def check(self) -> Health:
        """Token, permissions, subscription, quota. Raises FetchFailed when the platform is away."""

    def close(self) -> None:
        """Let go of connections."""


def later(first: str, second: str) -> str:
    """The later of two cursors: ids are numbers of growing length, "" is before everything."""
    return max(first, second, key=lambda cursor: (len(cursor), cursor))


def chat_thread(account_id: str, person_id: str) -> str:
    """The thread of a private chat: ids of people repeat between our accounts on LINE."""
    return f"chat:{account_id}:{person_id}"
