"""Webhooks and activity subscriptions as they are kept, and the handshake (platforms.md §2.3)."""

import base64
import hashlib
import hmac
import json
import secrets
import sqlite3
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx2

from sandbox.core import clock, push
from sandbox.core.courier import local
from sandbox.core.store import declare
from sandbox.x import accounts, posts
from sandbox.x.switches import switches

declare("""
create table if not exists x_webhook (
    id integer primary key, url text not null unique, valid integer not null, at real not null,
    proved real not null
);
create table if not exists x_subscription (
    id integer primary key, event_type text not null, user integer, tag text, webhook integer,
    created real not null, updated real not null
);
create table if not exists x_event (
    n integer primary key, webhook integer not null, at real not null, body text not null
);
""")

EVENT_TYPES = frozenset({
    "post.mention.create", "post.reply.create", "post.quote.create", "post.create", "post.delete",
    "dm.received", "dm.sent", "oauth.revoke",
})  # fmt: skip
PRIVATE = frozenset({"dm.received", "dm.sent"})
SUBSCRIPTIONS = 1500
CRC_TIMEOUT_S = 10.0
KEPT_S = 86_400
PATIENCE_S = 28 * 3600


class BadWebhook(ValueError):
    """The address cannot be registered; the message says why, in X's words."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """One registered address. Without `valid` nothing is delivered; `proved`: last good answer."""

    id: int
    url: str
    valid: bool
    at: float
    proved: float


@dataclass(frozen=True, slots=True)
class Subscription:
    """One kind of event of one account (None: of all) to one webhook (None: to no webhook)."""

    id: int
    event_type: str
    user: int | None
    tag: str | None
    webhook: int | None
    created: float
    updated: float


def webhooks(db: sqlite3.Connection) -> list[Webhook]:
    """All registered addresses."""
    rows = db.execute("select * from x_webhook order by id").fetchall()
    return [Webhook(**{**dict(row), "valid": bool(row["valid"])}) for row in rows]


def webhook(db: sqlite3.Connection, number: int) -> Webhook | None:
    """One registered address."""
    return next((each for each in webhooks(db) if each.id == number), None)


def check_address(db: sqlite3.Connection, url: str) -> None:
    """Is this an address X would take? BadWebhook if not: https, no port; on this machine http."""
    turned = switches(db)
    parts = urlsplit(url)
    near = local(url) and not turned["strict_urls"]
    try:
        port = parts.port
    except ValueError:
        port = -1
    if not parts.hostname or (not near and (parts.scheme != "https" or port is not None)):
        raise BadWebhook("UrlValidationFailed: the url must use https and must not name a port")
    if any(each.url == url for each in webhooks(db)):
        raise BadWebhook("DuplicateUrlFailed: the url is registered already")
    if len(webhooks(db)) >= turned["webhooks"]:
        raise BadWebhook("WebhookLimitExceeded: your plan allows no further webhook")


def challenge(url: str, secret: str) -> str:
    """Asks the address for the CRC: GET ?crc_token=….

    Returns right (it proved to know the secret), wrong (a false answer, a redirect, no safe
    connection) or silent (4xx, 5xx, no answer within ten seconds), which X tolerates for a while.
    """
    if not local(url):
        return "wrong"
    token = secrets.token_urlsafe(24)
    joint = "&" if urlsplit(url).query else "?"
    query = urlencode({"crc_token": token, "nonce": secrets.token_urlsafe(16)})
    try:
        answer = httpx2.get(
            f"{url}{joint}{query}", timeout=CRC_TIMEOUT_S, trust_env=False, follow_redirects=False
        )
    except (httpx2.HTTPError, OSError):
        return "silent"
    if answer.status_code >= 400:
        return "silent"
    try:
        shown = str(answer.json()["response_token"])
    except (ValueError, KeyError, TypeError):
        return "wrong"
    right = hmac.compare_digest(shown.encode(), signature(secret, token.encode()).encode())
    return "right" if right and answer.status_code == 200 else "wrong"


def signature(secret: str, body: bytes) -> str:
    """sha256= and the base64 of the HMAC-SHA256 by the consumer secret."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return "sha256=" + base64.b64encode(digest).decode()


def add(db: sqlite3.Connection, url: str) -> Webhook:
    """Registers an address that answered the challenge."""
    number, now = posts.next_id(db), clock.seconds()
    db.execute("insert into x_webhook values (?, ?, 1, ?, ?)", (number, url, now, now))
    push.subscribe(db, "x", str(number), url)
    return Webhook(number, url, valid=True, at=now, proved=now)


def note(db: sqlite3.Connection, found: Webhook, outcome: str, *, patient: bool) -> bool:
    """Notes the outcome of a challenge; is the address valid now?

    `patient`: one of X's own daily checks, which puts up with silence for 28 hours.
    """
    now = clock.seconds()
    if outcome == "right":
        db.execute("update x_webhook set valid = 1, proved = ? where id = ?", (now, found.id))
        return True
    valid = found.valid and patient and outcome == "silent" and now - found.proved < PATIENCE_S
    db.execute("update x_webhook set valid = ? where id = ?", (valid, found.id))
    return valid


def remove(db: sqlite3.Connection, found: Webhook) -> None:
    """Forgets an address; its subscriptions deliver nowhere."""
    db.execute("delete from x_webhook where id = ?", (found.id,))
    db.execute("update x_subscription set webhook = null where webhook = ?", (found.id,))
    push.unsubscribe(db, "x", str(found.id))


def forget(db: sqlite3.Connection) -> None:
    """Forgets all addresses and subscriptions."""
    for table in ("x_webhook", "x_subscription", "x_event"):
        db.execute(f"delete from {table}")  # noqa: S608 - names of our own


def subscriptions(db: sqlite3.Connection) -> list[Subscription]:
    """All subscriptions."""
    return [
        Subscription(**dict(row)) for row in db.execute("select * from x_subscription order by id")
    ]


def subscribe(
    db: sqlite3.Connection,
    *,
    event_type: str,
    user: int | None,
    tag: str | None,
    webhook: int | None,
) -> Subscription:
    """Adds a subscription."""
    now = clock.seconds()
    made = Subscription(posts.next_id(db), event_type, user, tag, webhook, now, now)
    db.execute(
        "insert into x_subscription values (?, ?, ?, ?, ?, ?, ?)",
        tuple(getattr(made, name) for name in Subscription.__slots__),
    )
    return made


def deliver(
    db: sqlite3.Connection,
    event_type: str,
    user: int,
    payload: dict[str, Any],
    includes: dict[str, Any] | None = None,
) -> None:
    """Sends an event of this account to every subscription that asks for it."""
    for each in subscriptions(db):
        if each.event_type != event_type or each.user not in (None, user) or not each.webhook:
            continue
        data: dict[str, Any] = {
            # a delivery's own number, negative half of the time
            "event_uuid": str(secrets.randbits(63) - secrets.randbits(1) * 2**63),
            "event_type": event_type,
            **({"tag": each.tag} if each.tag else {}),
            "filter": {"user_id": str(each.user)} if each.user else {},
            "payload": payload,
        }
        if includes is not None:
            data["includes"] = includes
        db.execute(
            "insert into x_event (webhook, at, body) values (?, ?, ?)",
            (each.webhook, clock.seconds(), json.dumps({"data": data}, ensure_ascii=False)),
        )
        send(db, each.webhook, {"data": data})


def replay(db: sqlite3.Connection, found: Webhook, start: float, end: float) -> int:
    """Delivers again what was delivered or lost between two times (UTC seconds); the job's id."""
    job = posts.next_id(db)
    rows = db.execute(
        "select body from x_event where webhook = ? and at >= ? and at < ? order by n",
        (found.id, start, end),
    ).fetchall()
    for row in rows:
        send(db, found.id, {**json.loads(row["body"]), "meta": {"replay": True}})
    status = {
        "webhook_id": str(found.id),
        "job_state": "Complete",
        "job_state_description": "Job completed successfully",
        "job_id": str(job),
    }
    send(db, found.id, {"replay_job_status": status})
    return job


def send(db: sqlite3.Connection, number: int, shape: dict[str, Any]) -> None:
    """Queues one signed POST to a webhook, unless its last challenge failed."""
    found = webhook(db, number)
    if found is None or not found.valid:
        return
    body = json.dumps(shape, ensure_ascii=False, separators=(",", ":")).encode()
    secret = accounts.found(db).consumer_secret
    headers = {"x-twitter-webhooks-signature": signature(secret, body)}
    push.queue(db, room="x", account=str(number), body=body, headers=headers)
