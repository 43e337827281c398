"""What writes: reply and push, the retry key, the quota (platforms.md §7.3)."""

import json
import sqlite3
import uuid
from datetime import timedelta
from typing import Any

from sandbox.core import clock
from sandbox.core.store import declare, store
from sandbox.line import accounts, errors, messages
from sandbox.line.accounts import Account
from sandbox.line.bodies import text_of
from sandbox.line.endpoint import Answer, Call, endpoint
from sandbox.line.errors import LineRefused
from sandbox.line.messages import Message
from sandbox.line.validation import check

declare("""
create table if not exists line_retry_key (
    account text not null, key text not null, request_id text not null, at real not null,
    sent text not null, primary key (account, key)
) without rowid;
create table if not exists line_usage (
    account text not null, month text not null, used integer not null,
    primary key (account, month)
) without rowid;
""")

KEY_LIFE_S = 24 * 3600


@endpoint
def push(call: Call) -> Answer:
    """POST /v2/bot/message/push: to a citizen, group or room, at any time, against the quota."""
    key = _retry_key(call)
    body = call.body()
    to = body.get("to")
    if not isinstance(to, str) or not to:
        message = "The property, 'to', in the request body is invalid (line: -, column: -)"
        raise LineRefused(400, message)
    found = check(body, http_loopback=call.turned["http_loopback"])
    with store().write() as db:
        if key:
            _check_key(db, call.account, key)
        heads, reached = _reach(db, call.account, to)
        if call.turned["quota"] >= 0 and used(db, call.account) + heads > call.turned["quota"]:
            raise LineRefused(429, errors.MONTHLY_LIMIT)
        sent = _deliver(db, call.account, to, found, via="push", reached=reached)
        _count(db, call.account, heads)
        if key:
            db.execute(
                "insert or replace into line_retry_key values (?, ?, ?, ?, ?)",
                (call.account.user_id, key, call.request_id, clock.seconds(), json.dumps(sent)),
            )
    return {"sentMessages": sent}


@endpoint
def reply(call: Call) -> Answer:
    """POST /v2/bot/message/reply: once per token, within about a minute, free of charge."""
    if "X-Line-Retry-Key" in call.request.headers:
        raise LineRefused(400, "The X-Line-Retry-Key header is not supported by this API")
    body = call.body()
    token = body.get("replyToken")
    if not isinstance(token, str) or not token:
        raise errors.invalid(("May not be empty", "replyToken"))
    found = check(body, http_loopback=call.turned["http_loopback"])
    with store().write() as db:
        row = db.execute(
            "select * from line_reply_token where token = ? and account = ? and used is null"
            " and at > ?",
            (token, call.account.user_id, clock.seconds() - call.turned["token_life"]),
        ).fetchone()
        if row is None:
            raise LineRefused(400, errors.INVALID_REPLY_TOKEN)
        thread = str(row["thread"])
        blocked = accounts.standing(db, call.account, thread)["blocked"]
        sent = _deliver(
            db,
            call.account,
            thread,
            found,
            via="reply",
            reached=not blocked,
            answers=str(row["message"]) if row["message"] else None,
        )
        db.execute("update line_reply_token set used = ? where token = ?", (clock.seconds(), token))
    return {"sentMessages": sent}


@endpoint
def validate(call: Call) -> Answer:
    """POST /v2/bot/message/validate/push and …/reply: the messages are checked, nothing is sent."""
    check(call.body(), http_loopback=call.turned["http_loopback"])
    return {}


@endpoint
def quota(call: Call) -> Answer:
    """GET /v2/bot/message/quota: what the plan allows this month."""
    limit = call.turned["quota"]
    return {"type": "limited", "value": limit} if limit >= 0 else {"type": "none"}


@endpoint
def consumption(call: Call) -> Answer:
    """GET /v2/bot/message/quota/consumption: pushes so far this month."""
    with store().read() as db:
        return {"totalUsage": used(db, call.account)}


def used(db: sqlite3.Connection, who: Account) -> int:
    """How many recipients were pushed to this month (Japanese time, where LINE counts)."""
    row = db.execute(
        "select used from line_usage where account = ? and month = ?", (who.user_id, _month())
    ).fetchone()
    return int(row["used"]) if row else 0


def set_used(db: sqlite3.Connection, who: Account, number: int) -> None:
    """As if so many recipients had been pushed to this month."""
    db.execute(
        "insert or replace into line_usage values (?, ?, ?)", (who.user_id, _month(), number)
    )


def _month() -> str:
    return f"{clock.now() + timedelta(hours=9):%Y-%m}"


def _count(db: sqlite3.Connection, who: Account, heads: int) -> None:
    set_used(db, who, used(db, who) + heads)


def _retry_key(call: Call) -> str:
    key = str(call.request.headers.get("X-Line-Retry-Key") or "")
    if not key:
        return ""
    try:
        return str(uuid.UUID(key))
    except ValueError:
        raise LineRefused(400, "The retry key is invalid") from None


def _check_key(db: sqlite3.Connection, who: Account, key: str) -> None:
    """409 with the first answer where the key was accepted in the last 24 hours."""
    row = db.execute(
        "select * from line_retry_key where account = ? and key = ? and at > ?",
        (who.user_id, key, clock.seconds() - KEY_LIFE_S),
    ).fetchone()
    if row is not None:
        raise LineRefused(
            409,
            errors.ACCEPTED,
            more={"sentMessages": json.loads(row["sent"])},
            headers={"X-Line-Accepted-Request-Id": row["request_id"]},
        )


def _reach(db: sqlite3.Connection, who: Account, to: str) -> tuple[int, bool]:
    """How many heads a push counts, and whether anybody sees it; 400 where LINE would not send.

    Who blocked the account still gives 200 (§7.3), but is not counted.
    """
    where = accounts.group_of(db, who, to)
    if where is not None:
        return max(1, len(accounts.members(db, where))), True
    standing = accounts.standing(db, who, to)
    if not standing["reachable"]:
        raise LineRefused(400, errors.FAILED)
    return (0, False) if standing["blocked"] else (1, True)


def _deliver(
    db: sqlite3.Connection,
    who: Account,
    thread: str,
    found: list[dict[str, Any]],
    *,
    via: str,
    reached: bool,
    answers: str | None = None,
) -> list[dict[str, str]]:
    """Writes the messages into the chat; `sentMessages` of the answer."""
    sent = []
    for place, body in enumerate(found):
        quoted = _quoted(db, who, thread, body.get("quoteToken"), place)
        message = messages.add(
            db,
            account=who.user_id,
            thread=thread,
            author=who.user_id,
            by="api",
            text=text_of(body),
            body=body,
            ledger_name=who.basic_id,
            quoted=quoted,
            answers=answers,
            via=via,
            reached=reached,
        )
        one = {"id": str(message.id)}
        if message.kind in messages.QUOTABLE:
            one["quoteToken"] = message.quote_token
        sent.append(one)
    return sent


def _quoted(
    db: sqlite3.Connection, who: Account, thread: str, token: object, place: int
) -> Message | None:
    if token is None:
        return None
    found = messages.by_quote_token(db, str(token))
    if found is None or (found.account, found.thread) != (who.user_id, thread):
        raise errors.invalid(("Invalid quote token", f"messages[{place}].quoteToken"))
    return found
