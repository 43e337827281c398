"""Messenger and Instagram messages: written, edited, unsent, and the 24 hours in which one may answer."""

import json
import secrets
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from sandbox.core import clock, ledger
from sandbox.core.store import declare
from sandbox.meta import accounts
from sandbox.meta.objects import CannotWrite

declare("""
create table if not exists meta_message (
    n integer primary key autoincrement, mid text not null unique, account text not null,
    person text not null, out integer not null, kind text not null, text text not null,
    media text not null, at real not null, by text not null, app_id text, metadata text,
    reply_to text, about text, deleted real, edits integer not null default 0
);
create index if not exists meta_message_chat on meta_message (account, person, n);
create index if not exists meta_message_about on meta_message (about) where about is not null;
""")

TEXT_LIMIT = 2000  # characters, platforms.md §5.2
IG_BYTE_LIMIT = 1000  # bytes of UTF-8, §6.2
METADATA_LIMIT = 1000
WINDOW_S = 24 * 3600
HUMAN_AGENT_S = 7 * 86_400
READABLE = 20  # the newest of a conversation, §5.1


@dataclass(frozen=True, slots=True)
class Message:
    """One message between a citizen and one of our accounts.

    `kind`: message, postback, private_reply. `about`: the comment a private reply answers.
    `reply_to`: {"mid"} or {"story": {"id", "url"}}. `app_id`: by which app we wrote it.
    """

    n: int
    mid: str
    account: str
    person: str
    out: bool
    kind: str
    text: str
    media: tuple[dict[str, Any], ...]
    at: float
    by: str
    app_id: str | None
    metadata: str | None
    reply_to: dict[str, Any] | None
    about: str | None
    deleted: float | None
    edits: int

    @property
    def instagram(self) -> bool:
        """Is it an Instagram message?"""
        return accounts.is_instagram(self.account)

    @property
    def conversation(self) -> str:
        """The id of the conversation it belongs to."""
        return conversation(self.person)


def conversation(person: str) -> str:
    """The id of the conversation with a citizen."""
    return f"t_{person}"


def of_row(row: sqlite3.Row) -> Message:
    """A row of meta_message as a Message."""
    return Message(
        **{
            **{name: row[name] for name in Message.__slots__},
            "out": bool(row["out"]),
            "media": tuple(json.loads(row["media"])),
            "reply_to": json.loads(row["reply_to"]) if row["reply_to"] else None,
        }
    )


def get(db: sqlite3.Connection, mid: str) -> Message | None:
    """The message with this id, unsent or not."""
    row = db.execute("select * from meta_message where mid = ?", (mid,)).fetchone()
    return of_row(row) if row else None


def chat(db: sqlite3.Connection, person: str, *, until: float | None = None) -> list[Message]:
    """All that was said with a citizen and not unsent, oldest first, up to a moment."""
    rows = db.execute(
        "select * from meta_message where person = ? and deleted is null and at <= ? order by n",
        (person, clock.seconds() if until is None else until),
    )
    return [of_row(row) for row in rows]


def write(
    db: sqlite3.Connection,
    *,
    account: str,
    person: str,
    out: bool,
    text: str,
    by: str,
    kind: str = "message",
    media: Sequence[dict[str, Any]] = (),
    app_id: str | None = None,
    metadata: str | None = None,
    reply_to: dict[str, Any] | None = None,
    about: str | None = None,
) -> Message:
    """Writes a message; returns it. No webhook yet. CannotWrite when there is nothing in it."""
    if not text.strip() and not media and reply_to is None:
        raise CannotWrite(_("Tulis dulu pesannya."))
    instagram = accounts.is_instagram(account)
    mid = ("aWdfZAG1" if instagram else "m_") + secrets.token_urlsafe(36)
    db.execute(
        "insert into meta_message (mid, account, person, out, kind, text, media, at, by, app_id,"
        " metadata, reply_to, about) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(mid, account, person, out, kind, text, json.dumps(list(media)), clock.seconds()),
            *(by, app_id, metadata, json.dumps(reply_to) if reply_to else None, about),
        ),
    )
    return _noted(db, mid, "post", by)


def edit(db: sqlite3.Connection, *, message: Message, text: str, by: str) -> Message:
    """Puts another text in place; returns the message as it is now."""
    if message.deleted is not None:
        raise CannotWrite(_("Pesan itu sudah ditarik."))
    if not text.strip():
        raise CannotWrite(_("Tulis dulu pesannya."))
    db.execute(
        "update meta_message set text = ?, edits = edits + 1 where mid = ?", (text, message.mid)
    )
    return _noted(db, message.mid, "edit", by)


def unsend(db: sqlite3.Connection, *, message: Message, by: str) -> Message:
    """Takes a message back; once more does nothing."""
    if message.deleted is not None:
        return message
    db.execute("update meta_message set deleted = ? where mid = ?", (clock.seconds(), message.mid))
    return _noted(db, message.mid, "delete", by)


def since_last_inbound(db: sqlite3.Connection, account: str, person: str) -> float | None:
    """Seconds since the citizen last wrote; None when he never did (platforms.md §5.2)."""
    row = db.execute(
        "select max(at) as last from meta_message where account = ? and person = ? and not out",
        (account, person),
    ).fetchone()
    return None if row["last"] is None else max(0.0, clock.seconds() - row["last"])


def private_reply_to(db: sqlite3.Connection, comment_id: str) -> Message | None:
    """The private reply that was sent for a comment."""
    row = db.execute("select * from meta_message where about = ?", (comment_id,)).fetchone()
    return of_row(row) if row else None


def _noted(db: sqlite3.Connection, mid: str, kind: str, by: str) -> Message:
    found = get(db, mid)
    assert found is not None  # noqa: S101 - rows are never taken out
    ledger.enter(
        db,
        platform="instagram_dm" if found.instagram else "messenger",
        kind=kind,
        ext_id=mid,
        account=found.account if found.out else found.person,
        text=found.text,
        sent="" if kind == "delete" else found.text,
        in_reply_to=(found.about or found.person) if found.out else None,
        by=by,
    )
    return found
