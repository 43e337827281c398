"""LINE's room: what the shared core asks of it."""

import json
import sqlite3
from typing import Any

from sandbox.core import clock, names
from sandbox.core.rooms import Refusal
from sandbox.line import accounts, errors, events, messages, writing
from sandbox.line.accounts import CannotWrite
from sandbox.line.errors import LineRefused

TABLES = (
    "message",
    "media",
    "reply_token",
    "read_token",
    "retry_key",
    "usage",
    "gathered",
    "member",
    "group",
    "friend",
    "user",
)


class LineRoom:
    """The platform LINE, as `sandbox.core.rooms.Room`."""

    name = "line"

    def owns(self, path: str) -> bool:
        """The Messaging API (and its data host) and the token endpoints."""
        return path.startswith(("/v2/", "/oauth2/"))

    def prepare(self, db: sqlite3.Connection) -> None:
        """The institution's accounts and their keys."""
        accounts.prepare(db)

    def refusal(self, kind: str) -> Refusal:
        """LINE's own words for a fault; it tells nobody when to come back."""
        if kind == "500":
            return Refusal(500, errors.SERVER_ERROR, "text/html; charset=utf-8")
        known = {
            "400": LineRefused(400, errors.FAILED),
            "401": LineRefused(401, errors.AUTHENTICATION),
        }
        refused = known.get(kind) or LineRefused(429, errors.RATE_LIMIT)
        return Refusal(refused.status, errors.as_bytes(refused))

    def redelivered(
        self, body: bytes, headers: dict[str, str]
    ) -> tuple[bytes, dict[str, str]] | None:
        """A webhook for its next try; None while the console's redelivery is off."""
        return events.redelivered(body, headers)

    def gather(self, db: sqlite3.Connection) -> None:
        """Sends on the events that wait for a batch to fill."""
        events.gather(db)

    def tell(self, db: sqlite3.Connection, story: dict[str, Any], number: int) -> str:
        """Writes a story's first message; from the second round on another citizen tells it."""
        wish = {**story, "as": "citizen"}
        if story.get("lap"):
            wish |= {"handle": names.handle(number, prefix="cerita"), "name": names.name(number)}
        done = writing.write(db, wish)
        for each in story.get("follow_ups", []):
            later = {
                key: wish[key] for key in ("handle", "name", "account", "group") if key in wish
            }
            payload = json.dumps({**later, **each, "first": done.id})
            db.execute(
                "insert into due (at, platform, payload) values (?, 'line', ?)",
                (clock.seconds() + each["after"], payload),
            )
        return done.id

    def carry_on(self, db: sqlite3.Connection, payload: dict[str, Any]) -> None:
        """A follow-up, or (do: unsend) the first message taken back."""
        try:
            if payload.get("do") == "unsend":
                message = messages.get(db, payload["first"])
                if message is not None:
                    writing.unsend(db, message)
                return
            writing.write(db, {**payload, "as": "citizen"})
        except CannotWrite:
            return  # blocked in the meantime: this citizen says no more

    def feed(self, db: sqlite3.Connection, text: str, number: int) -> None:
        """One row, whole, as a text message of a citizen of its own to the chief account."""
        handle = names.handle(number, prefix="warga")
        wish = {"type": "text", "text": text, "handle": handle, "name": names.name(number)}
        writing.write(db, wish)

    def reset(self, db: sqlite3.Connection) -> None:
        """Forgets chats, citizens and switches; keeps the accounts, their keys and webhooks."""
        for table in TABLES:
            db.execute(f"delete from line_{table}")  # noqa: S608 - names of our own
        # Numbers go on: a platform never gives one twice, and Sahut may still know the old ones.
        db.execute("delete from setting where key = 'line_switches'")
