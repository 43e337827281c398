"""Direct messages between the institution's accounts and citizens (platforms.md §2.2, §2.4)."""

import json
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from sandbox.core import clock, ledger
from sandbox.core.store import declare
from sandbox.x import accounts, posts
from sandbox.x.accounts import User
from sandbox.x.posts import CannotWrite
from sandbox.x.switches import switches

declare("""
create table if not exists x_dm (
    id integer primary key, conversation text not null, sender integer not null,
    recipient integer not null, text text not null, media text not null, at real not null,
    by text not null
);
create index if not exists x_dm_conversation on x_dm (conversation, id);
""")

LIMIT = 10_000
KEPT_DAYS = 30


@dataclass(frozen=True, slots=True)
class Dm:
    """One message. by: api, citizen or native (the institution in X's own app)."""

    id: int
    conversation: str
    sender: int
    recipient: int
    text: str
    media: tuple[dict[str, Any], ...]
    at: float
    by: str


# Who hears of every message, inside the transaction: the webhooks.
listeners: list[Callable[[sqlite3.Connection, Dm], None]] = []


def of_row(row: sqlite3.Row) -> Dm:
    """A row of x_dm as a Dm."""
    return Dm(**{**dict(row), "media": tuple(json.loads(row["media"]))})


def conversation(one: int, other: int) -> str:
    """The id of the conversation of two: the smaller user id first, by number."""
    return f"{min(one, other)}-{max(one, other)}"


def send(
    db: sqlite3.Connection,
    *,
    sender: User,
    recipient: User,
    text: str,
    by: str,
    media: Sequence[dict[str, Any]] = (),
) -> Dm:
    """Writes a message and its ledger entry (kind dm); CannotWrite for nothing or far too much."""
    if not text.strip() and not media:
        raise CannotWrite(_("Tulis dulu pesannya."))
    if len(text) > LIMIT:
        raise CannotWrite(_("Pesannya terlalu panjang untuk X."))
    dm = Dm(
        id=posts.next_id(db),
        conversation=conversation(sender.id, recipient.id),
        sender=sender.id,
        recipient=recipient.id,
        text=text,
        media=tuple(media),
        at=clock.seconds(),
        by=by,
    )
    db.execute(
        "insert into x_dm values (?, ?, ?, ?, ?, ?, ?, ?)",
        tuple(
            json.dumps(list(dm.media)) if name == "media" else getattr(dm, name)
            for name in Dm.__slots__
        ),
    )
    ledger.enter(
        db,
        platform="x",
        kind="dm",
        ext_id=str(dm.id),
        account=sender.username,
        text=text,
        sent=text,
        in_reply_to=dm.conversation,
        by=by,
    )
    for listener in listeners:
        listener(db, dm)
    return dm


def write(db: sqlite3.Connection, wish: dict[str, Any], media: Sequence[dict[str, Any]] = ()) -> Dm:
    """A citizen (`as`: citizen) writes to the institution, or it answers in X's own app (native).

    `wish`: as, username, name?, text, account?. CannotWrite and BadHandle say why not.
    """
    name = str(wish.get("account") or "").lstrip("@")
    house = accounts.by_name(db, name) if name else accounts.institutions(db)[0]
    if house is None or not house.institution:
        raise CannotWrite("account: bukan akun institusi")
    citizen = accounts.citizen(
        db,
        number=posts.next_id(db),
        username=str(wish.get("username", "")),
        name=str(wish.get("name") or ""),
    )
    hand = str(wish.get("as") or "citizen")
    if hand not in ("citizen", "native"):
        raise CannotWrite("as: citizen atau native")
    sender, recipient = (citizen, house) if hand == "citizen" else (house, citizen)
    text = str(wish.get("text") or "")
    return send(db, sender=sender, recipient=recipient, text=text, by=hand, media=media)


def page(
    db: sqlite3.Connection,
    *,
    user: int,
    conversation: str | None,
    before: int | None,
    limit: int,
) -> tuple[list[Dm], bool]:
    """Messages of the last 30 days that this account sent or got, newest first; are there more?

    The newest are missing for as long as the switch visibility_lag says.
    """
    now = clock.seconds()
    rows = db.execute(
        "select * from x_dm where (sender = :user or recipient = :user) and at > :oldest and at <= :seen"
        " and (:conversation is null or conversation = :conversation)"
        " and (:before is null or id < :before) order by id desc limit :limit",
        {
            "user": user,
            "oldest": now - KEPT_DAYS * 86_400,
            "seen": now - switches(db)["visibility_lag"],
            "conversation": conversation,
            "before": before,
            "limit": limit + 1,
        },
    ).fetchall()
    return [of_row(row) for row in rows[:limit]], len(rows) > limit


def conversations(db: sqlite3.Connection, limit: int = 100) -> list[list[Dm]]:
    """The conversations for the page: that with the newest message first, each oldest first."""
    rows = db.execute(
        "select conversation, max(id) as latest from x_dm group by conversation"
        " order by latest desc limit ?",
        (limit,),
    ).fetchall()
    return [
        [
            of_row(row)
            for row in db.execute(
                "select * from x_dm where conversation = ? order by id", (each["conversation"],)
            )
        ]
        for each in rows
    ]
