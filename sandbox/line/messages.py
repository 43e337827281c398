"""What stands in the chats. Every way in (API, citizens, stories, feed) ends here."""

import json
import secrets
import sqlite3
from dataclasses import dataclass
from typing import Any

from sandbox.core import clock, ledger
from sandbox.core.store import declare, keep, setting

declare("""
create table if not exists line_message (
    id integer primary key, account text not null, thread text not null, author text not null,
    by text not null, kind text not null, text text not null, body text not null, at real not null,
    quote_token text not null unique, quoted integer, via text not null, reached integer not null,
    unsent real
);
create index if not exists line_message_thread on line_message (account, thread, id);
create table if not exists line_media (
    message integer primary key, mime text not null, name text not null, body blob not null
);
create table if not exists line_reply_token (
    token text primary key, account text not null, thread text not null, message integer,
    at real not null, used real
);
create table if not exists line_read_token (
    token text primary key, account text not null, thread text not null, used real
);
""")

FIRST_ID = 560_000_000_000_000_000  # beyond 2^53, as LINE's are
QUOTABLE = {"text", "sticker", "image", "video"}


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `thread` is a user, group or room id; `body` the message object of the API.

    by: citizen, api, native. via: push, reply or empty. `reached` is False where the citizen had
    blocked the account: sent, but seen by nobody.
    """

    id: int
    account: str
    thread: str
    author: str
    by: str
    kind: str
    text: str
    body: dict[str, Any]
    at: float
    quote_token: str
    quoted: int | None
    via: str
    reached: bool
    unsent: float | None


def of_row(row: sqlite3.Row) -> Message:
    """A row of line_message as a Message."""
    return Message(
        **{**dict(row), "body": json.loads(row["body"]), "reached": bool(row["reached"])}
    )


def get(db: sqlite3.Connection, number: object) -> Message | None:
    """The message with this id, unsent or not."""
    text = str(number)
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        return None
    row = db.execute("select * from line_message where id = ?", (int(text),)).fetchone()
    return of_row(row) if row else None


def by_quote_token(db: sqlite3.Connection, token: str) -> Message | None:
    """The message that a quote token stands for."""
    row = db.execute("select * from line_message where quote_token = ?", (token,)).fetchone()
    return of_row(row) if row else None


def thread(db: sqlite3.Connection, account: str, name: str, limit: int = 200) -> list[Message]:
    """The latest messages of one chat, oldest first, unsent ones included."""
    rows = db.execute(
        "select * from line_message where account = ? and thread = ? order by id desc limit ?",
        (account, name, limit),
    ).fetchall()
    return [of_row(row) for row in reversed(rows)]


def next_id(db: sqlite3.Connection) -> int:
    """A new id, above the last one."""
    number = int(setting(db, "line_last_id", FIRST_ID)) + 1
    keep(db, "line_last_id", number)
    return number


def add(
    db: sqlite3.Connection,
    *,
    account: str,
    thread: str,
    author: str,
    by: str,
    text: str,
    body: dict[str, Any],
    ledger_name: str,
    quoted: Message | None = None,
    answers: str | None = None,
    via: str = "",
    reached: bool = True,
    sent: str | None = None,
) -> Message:
    """Writes a message and its ledger entry; returns it.

    `body` is the message object without id; `answers` what the ledger names as in_reply_to: the
    message a reply token or a quote stands for, else the chat.
    """
    number = next_id(db)
    message = Message(
        id=number,
        account=account,
        thread=thread,
        author=author,
        by=by,
        kind=str(body.get("type", "")),
        text=text,
        body={"id": str(number), **body},
        at=clock.seconds(),
        quote_token=secrets.token_urlsafe(24),
        quoted=quoted.id if quoted else None,
        via=via,
        reached=reached,
        unsent=None,
    )
    db.execute(
        "insert into line_message values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        tuple(
            json.dumps(message.body) if name == "body" else getattr(message, name)
            for name in Message.__slots__
        ),
    )
    ledger.enter(
        db,
        platform="line",
        kind="message",
        ext_id=str(number),
        account=ledger_name,
        text=text,
        sent=text if sent is None else sent,
        in_reply_to=answers or (str(quoted.id) if quoted else thread if by != "citizen" else None),
        by=by,
    )
    return message


def unsend(db: sqlite3.Connection, message: Message, ledger_name: str) -> None:
    """Takes a message back: its text and its file are gone. Once more does nothing."""
    if message.unsent is not None:
        return
    db.execute("update line_message set unsent = ? where id = ?", (clock.seconds(), message.id))
    db.execute("delete from line_media where message = ?", (message.id,))
    ledger.enter(
        db,
        platform="line",
        kind="unsend",
        ext_id=str(message.id),
        account=ledger_name,
        text=message.text,
        sent="",
        in_reply_to=None,
        by=message.by,
    )


def keep_media(
    db: sqlite3.Connection, message: Message, *, mime: str, name: str, body: bytes
) -> None:
    """Keeps the file that a message carries."""
    db.execute("insert into line_media values (?, ?, ?, ?)", (message.id, mime, name, body))


def media(db: sqlite3.Connection, message: Message) -> tuple[str, str, bytes] | None:
    """MIME type, name and bytes of a message's file; None where there is none (any more)."""
    row = db.execute("select * from line_media where message = ?", (message.id,)).fetchone()
    return (row["mime"], row["name"], bytes(row["body"])) if row else None


def reply_token(
    db: sqlite3.Connection, account: str, thread: str, message: int | None = None
) -> str:
    """A new reply token for an event of this chat."""
    token = secrets.token_hex(16)
    db.execute(
        "insert into line_reply_token values (?, ?, ?, ?, ?, null)",
        (token, account, thread, message, clock.seconds()),
    )
    return token


def read_token(db: sqlite3.Connection, account: str, thread: str) -> str:
    """A new token by which a chat can be marked as read."""
    token = secrets.token_urlsafe(24)
    db.execute("insert into line_read_token values (?, ?, ?, null)", (token, account, thread))
    return token
