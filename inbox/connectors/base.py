"""What every platform looks like from inside: frozen values, one protocol, one error.

Plain Python, no Django: nothing past `parse` sees a platform's JSON (style.md §2.4), and the retry
decision reads `Outcome` and `FetchFailed` and nothing else (platforms.md §1.2).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote, as the platform names them."""

    external_id: str
    handle: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Media:
    """Something shown with a message; `url` is the platform's."""

    kind: str
    url: str = ""
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Incoming:
    """One message as the platform has it now. Ids are strings end to end (platforms.md §0.8)."""

    object_class: str  # "post", "comment", "chat"
    external_id: str  # canonical: the same for all edits
    current_id: str  # what a reply must point to
    thread_id: str
    author: Author
    text: str
    written_at: datetime  # aware, UTC
    own: bool = False  # written by our own account
    replies_to: str = ""
    quoted: str = ""
    link: str = ""
    edited: bool = False
    media: tuple[Media, ...] = ()


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a raw body meant, and what in it could not be understood (kept in quarantine)."""

    messages: tuple[Incoming, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RawPage:
    """One page as it came; `newest_id` is the highest id on it, "" for an empty page."""

    body: bytes
    newest_id: str


class Outcome(StrEnum):
    """What became of a call that writes (platforms.md §1.2)."""

    SENT = "sent"
    RETRY = "not_sent_retry"
    PERMANENT = "not_sent_permanent"
    DUPLICATE = "duplicate"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class SendResult:
    """`retry_after` is seconds from now, where the platform said so."""

    outcome: Outcome
    remote_id: str = ""
    problem: str = ""
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class OwnReply:
    """A reply of ours that stands on the platform."""

    remote_id: str
    target_id: str
    text: str
    written_at: datetime


@dataclass(frozen=True, slots=True)
class Length:
    """How long a text is by the platform's own rule."""

    used: int
    limit: int

    @property
    def fits(self) -> bool:
        return 0 < self.used <= self.limit


@dataclass(frozen=True, slots=True)
class Account:
    """Which account a connector speaks for, and its keys."""

    external_id: str
    handle: str
    keys: dict[str, str] = field(repr=False)
    base_url: str = ""  # replaces the platform's own host; empty in production
    timeout: tuple[float, float] = (3.0, 15.0)  # connect, read; seconds


class FetchFailed(Exception):
    """Reading failed. `permanent`: a person must act (a dead token); else try again later."""

    def __init__(self, problem: str, *, permanent: bool, retry_after: float | None = None) -> None:
        self.problem, self.permanent, self.retry_after = problem, permanent, retry_after
        super().__init__(problem)


class Connector(Protocol):
    """One platform. Instances are made per task and closed after it."""

    feeds: tuple[str, ...]
    visibility_lag: float  # seconds until a write of ours can be read back

    def fetch(self, feed: str, cursor: str) -> Iterator[RawPage]:
        """Pages newer than `cursor` (with overlap), newest page first. Raises FetchFailed."""

    def send(self, *, target_id: str, text: str, retry_key: str) -> SendResult:
        """Post `text` as reply to `target_id`. Never raises for what the network does."""

    def replies_under(self, *, target_id: str, since: datetime) -> list[OwnReply]:
        """Replies of ours under `target_id` written at or after `since`. Raises FetchFailed."""

    def close(self) -> None:
        """Let go of connections."""


def later(first: str, second: str) -> str:
    """The later of two cursors: ids are numbers of growing length, "" is before everything."""
    return max(first, second, key=lambda cursor: (len(cursor), cursor))
