"""What the shared core asks of a platform's room, and where the rooms stand."""

import sqlite3
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that a fault gives in the platform's own words."""

    status: int
    body: bytes
    content_type: str = "application/json; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)


class Room(Protocol):
    """One platform.

    A room that delivers webhooks may have three methods more: `redelivered(body, headers)` rewrites
    one for its next try (None: there is none), `gather(db)` queues what it still holds back,
    `forget(db)` forgets what it knows of subscriptions.
    """

    name: str

    def owns(self, path: str) -> bool:
        """Does this request path belong to the platform's API?"""
        ...

    def prepare(self, db: sqlite3.Connection) -> None:
        """Makes what must be there before the first request: the institution's accounts, keys."""
        ...

    def refusal(self, kind: str) -> Refusal:
        """The platform's answer for a fault of kind 500, 400, 401, 429, 429_no_reset."""
        ...

    def tell(self, db: sqlite3.Connection, story: dict[str, Any], number: int) -> str:
        """Writes a story's first post; returns its id. Later parts go into `due`."""
        ...

    def carry_on(self, db: sqlite3.Connection, payload: dict[str, Any]) -> None:
        """Writes a later part of a story (a follow-up, an edit)."""
        ...

    def feed(self, db: sqlite3.Connection, text: str, number: int) -> None:
        """Writes row `number` of a feed as the mention of a citizen of its own."""
        ...

    def reset(self, db: sqlite3.Connection) -> None:
        """Forgets all that was written; the institution's accounts and keys stay."""
        ...


_rooms: dict[str, Room] = {}


def register(room: Room) -> None:
    """Adds a platform."""
    _rooms[room.name] = room


def room(name: str) -> Room:
    """The room of a platform; KeyError when there is none."""
    return _rooms[name]


def rooms() -> list[Room]:
    """All rooms."""
    return list(_rooms.values())


def room_of(path: str) -> Room | None:
    """The room whose API this path belongs to."""
    return next((each for each in _rooms.values() if each.owns(path)), None)
