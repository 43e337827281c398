"""The chats as they stand: for tests, and for the page that shows them."""

import sqlite3
from typing import Any

from sandbox.core import clock
from sandbox.line import accounts, messages
from sandbox.line.accounts import Account
from sandbox.line.messages import Message


def chats(
    db: sqlite3.Connection, *, account: str | None = None, limit: int = 100
) -> list[dict[str, Any]]:
    """The chats of one account (basic or user id) or all, the one with the latest message first.

    Each: account (basic id), thread, type (user, group, room), name, blocked, messages (see
    `message`).
    """
    chosen = [accounts.account(db, account)] if account else accounts.accounts(db)
    found = []
    for who in chosen:
        rows = db.execute(
            "select thread, max(id) as latest from line_message where account = ?"
            " group by thread order by latest desc limit ?",
            (who.user_id, limit),
        ).fetchall()
        found += [(row["latest"], chat(db, who, row["thread"])) for row in rows]
    found.sort(key=lambda pair: -pair[0])
    return [each for _latest, each in found[:limit]]


def chat(db: sqlite3.Connection, who: Account, thread: str) -> dict[str, Any]:
    """One chat with its latest messages."""
    where = accounts.group_of(db, who, thread)
    person = accounts.person(db, thread)
    return {
        "account": who.basic_id,
        "thread": thread,
        "type": where.kind if where else "user",
        "name": where.name if where else person.name if person else "",
        "blocked": accounts.standing(db, who, thread)["blocked"],
        "messages": [message(db, each) for each in messages.thread(db, who.user_id, thread)],
    }


def message(db: sqlite3.Connection, found: Message) -> dict[str, Any]:
    """One message: id, by (citizen, api, native), user_id, name, type, text, body, at, unsent,
    quoted, via (push, reply), reached. Unsent ones are empty.
    """
    person = accounts.person(db, found.author)
    gone = found.unsent is not None
    return {
        "id": str(found.id),
        "by": found.by,
        "user_id": found.author,
        "name": person.name if person else accounts.account(db, found.account).name,
        "type": found.kind,
        "text": "" if gone else found.text,
        "body": {} if gone else found.body,
        "at": clock.stamp(found.at),
        "unsent": gone,
        "quoted": str(found.quoted) if found.quoted else None,
        "via": found.via,
        "reached": found.reached,
    }
