"""Webhook events: built, signed, gathered, queued (platforms.md §7.2)."""

import base64
import hashlib
import hmac
import json
import secrets
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.core import clock, push
from sandbox.core.store import declare, store
from sandbox.line import accounts, messages
from sandbox.line.accounts import Account, Group, Person
from sandbox.line.switches import switches

declare("""
create table if not exists line_gathered (
    n integer primary key, account text not null, event text not null
);
""")

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
type Event = dict[str, Any]


def ulid() -> str:
    """A webhookEventId: the sandbox's milliseconds and 80 random bits, in base 32."""
    number = int(clock.seconds() * 1000) << 80 | secrets.randbits(80)
    return "".join(CROCKFORD[number >> 5 * place & 31] for place in reversed(range(26)))


def signature(secret: str, body: bytes) -> str:
    """x-line-signature: bare base64 of the HMAC-SHA256 by the channel secret."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


@dataclass(frozen=True, slots=True)
class Scene:
    """Where something happens: the account, who does it (None: nobody in particular), the group."""

    who: Account
    person: Person | None
    where: Group | None = None

    @property
    def thread(self) -> str:
        """The chat's id: the group's, else the citizen's."""
        if self.where is not None:
            return self.where.group_id
        return self.person.user_id if self.person else ""


def emit(
    db: sqlite3.Connection,
    scene: Scene,
    kind: str,
    more: dict[str, Any],
    *,
    token: bool = False,
    about: int | None = None,
) -> Event:
    """Builds one event of this type and sends it on its way; returns it.

    `more` is what the type adds (message, follow, unsend…), `token` asks for a reply token,
    `about` is the message it would answer.
    """
    turned = switches(db)
    source = {"type": "user"}
    if scene.where is not None:
        source = {"type": scene.where.kind, f"{scene.where.kind}Id": scene.where.group_id}
    if scene.person is not None and not (scene.where and turned["hide_group_user"]):
        source["userId"] = scene.person.user_id
    event: Event = {
        "type": kind,
        "mode": "standby" if turned["standby"] else "active",
        "timestamp": int(clock.seconds() * 1000),
        "source": source,
        "webhookEventId": ulid(),
        "deliveryContext": {"isRedelivery": False},
    }
    if token and not turned["standby"]:
        event["replyToken"] = messages.reply_token(db, scene.who.user_id, scene.thread, about)
    event |= more
    db.execute(
        "insert into line_gathered (account, event) values (?, ?)",
        (scene.who.user_id, json.dumps(event, ensure_ascii=False)),
    )
    _send_full(db, scene.who, turned["batch"])
    return event


def gather(db: sqlite3.Connection) -> None:
    """Sends on what is put aside for a batch that is not full yet."""
    for who in accounts.accounts(db):
        _send_full(db, who, 1, at_most=switches(db)["batch"])


def post(
    db: sqlite3.Connection, who: Account, events: Sequence[Event], *, signed: str = "right"
) -> bytes:
    """Queues one webhook with these events; returns its body.

    signed: right, wrong (by another key) or none (no header at all).
    """
    body = body_of(who, events)
    secret = who.channel_secret if signed == "right" else secrets.token_hex(16)
    headers = {"user-agent": "LineBotWebhook/2.0"}
    if signed != "none":
        headers["x-line-signature"] = signature(secret, body)
    if switches(db)["use_webhook"]:
        push.queue(db, room="line", account=who.user_id, body=body, headers=headers)
    return body


def body_of(who: Account, events: Sequence[Event]) -> bytes:
    """The body of a webhook, compact and in plain UTF-8."""
    return _dumped({"destination": who.user_id, "events": list(events)})


def redelivered(body: bytes, headers: dict[str, str]) -> tuple[bytes, dict[str, str]] | None:
    """A webhook for its next try: marked as redelivered and signed anew; None with it off."""
    with store().read() as db:
        if not switches(db)["redelivery"]:
            return None
        shape = json.loads(body)
        who = accounts.account(db, shape["destination"])
    right = headers.get("x-line-signature") == signature(who.channel_secret, body)
    for event in shape["events"]:
        if isinstance(event, dict) and isinstance(event.get("deliveryContext"), dict):
            event["deliveryContext"]["isRedelivery"] = True
    body = _dumped(shape)
    if right:  # what was signed wrongly on purpose stays wrong
        headers = {**headers, "x-line-signature": signature(who.channel_secret, body)}
    return body, headers


def _send_full(
    db: sqlite3.Connection, who: Account, size: int, *, at_most: int | None = None
) -> None:
    size = max(1, size)
    while True:
        rows = db.execute(
            "select * from line_gathered where account = ? order by n limit ?",
            (who.user_id, max(size, at_most or 0)),
        ).fetchall()
        if len(rows) < size:
            return
        db.execute(
            "delete from line_gathered where account = ? and n <= ?", (who.user_id, rows[-1]["n"])
        )
        post(db, who, [json.loads(row["event"]) for row in rows])


def _dumped(shape: object) -> bytes:
    return json.dumps(shape, ensure_ascii=False, separators=(",", ":")).encode()
