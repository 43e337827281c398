"""Who is on LINE: the institution's two official accounts with their keys, citizens, groups."""

import hmac
import secrets
import sqlite3
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from sandbox.core import clock
from sandbox.core.store import declare
from sandbox.line.switches import switches

declare("""
create table if not exists line_account (
    n integer primary key, user_id text not null unique, basic_id text not null unique,
    name text not null, channel_id text not null, channel_secret text not null,
    access_token text not null
);
create table if not exists line_user (
    user_id text primary key, handle text not null unique collate nocase, name text not null
);
create table if not exists line_friend (
    account text not null, user_id text not null, friend integer not null,
    blocked integer not null default 0, wrote real, primary key (account, user_id)
) without rowid;
create table if not exists line_group (
    group_id text primary key, account text not null, kind text not null, name text not null,
    unique (account, name)
);
create table if not exists line_member (
    group_id text not null, user_id text not null, primary key (group_id, user_id)
) without rowid;
create table if not exists line_issued (
    token text primary key, account text not null, expires real not null
);
""")

INSTITUTIONS = (
    ("@poldakaltim", "Humas Polda Kaltim", "2008122601"),
    ("@satlantasbpn", "Satlantas Balikpapan", "2008122602"),
)
WROTE_DAYS = 7  # §7.3: a push reaches friends, and who wrote within seven days


class CannotWrite(ValueError):
    """LINE would not let this happen; the message says why, in a citizen's words."""


@dataclass(frozen=True, slots=True)
class Account:
    """One official account as the developers' console shows it."""

    n: int
    user_id: str
    basic_id: str
    name: str
    channel_id: str
    channel_secret: str
    access_token: str


@dataclass(frozen=True, slots=True)
class Person:
    """A citizen. `handle` is the sandbox's own name for them, unique where names are not."""

    user_id: str
    handle: str
    name: str


@dataclass(frozen=True, slots=True)
class Group:
    """A group or (kind room) a chat of several without a name of its own."""

    group_id: str
    account: str
    kind: str
    name: str


def prepare(db: sqlite3.Connection) -> None:
    """Makes the institution's accounts the first time."""
    if accounts(db):
        return
    for basic_id, name, channel_id in INSTITUTIONS:
        db.execute(
            "insert into line_account (user_id, basic_id, name, channel_id, channel_secret,"
            " access_token) values (?, ?, ?, ?, ?, ?)",
            (
                new_id("U"),
                basic_id,
                name,
                channel_id,
                secrets.token_hex(16),
                secrets.token_urlsafe(129),
            ),
        )


def new_id(prefix: str) -> str:
    """An id as LINE makes them: U (user), C (group) or R (room) and 32 hex digits."""
    return prefix + secrets.token_hex(16)


def accounts(db: sqlite3.Connection) -> list[Account]:
    """The institution's accounts, the chief one first."""
    return [Account(**dict(row)) for row in db.execute("select * from line_account order by n")]


def account(db: sqlite3.Connection, name: object = None) -> Account:
    """The account with this basic id or user id, the chief one for nothing; CannotWrite if none."""
    for each in accounts(db):
        if name in (None, "", each.basic_id, each.basic_id.lstrip("@"), each.user_id):
            return each
    raise CannotWrite(f"account: {name} bukan akun institusi")


def by_token(db: sqlite3.Connection, token: str) -> Account | None:
    """The account of a channel access token: the console's, or one that was issued and lives."""
    for each in accounts(db):
        if hmac.compare_digest(each.access_token.encode(), token.encode()):
            return each
    row = db.execute(
        "select account from line_issued where token = ? and expires > ?", (token, clock.seconds())
    ).fetchone()
    return account(db, row["account"]) if row else None


def issue(db: sqlite3.Connection, who: Account, *, seconds: float) -> str:
    """A new channel access token that lives so long by the sandbox's clock."""
    token = secrets.token_urlsafe(96)
    expires = clock.seconds() + seconds
    db.execute("insert into line_issued values (?, ?, ?)", (token, who.user_id, expires))
    return token


def person(db: sqlite3.Connection, user_id: str) -> Person | None:
    """The citizen with this user id."""
    row = db.execute("select * from line_user where user_id = ?", (user_id,)).fetchone()
    return Person(**dict(row)) if row else None


def citizen(
    db: sqlite3.Connection, *, handle: str = "", name: str = "", user_id: str = ""
) -> Person:
    """A citizen by user id, or by handle (the name where none is given), made where new.

    CannotWrite without any name and for a user id nobody has.
    """
    if user_id:
        known = person(db, user_id)
        if known is None:
            raise CannotWrite("user_id: tidak dikenal")
        return known
    name = " ".join(name.split())[:50]
    handle = handle.strip() or name
    if not handle:
        raise CannotWrite(_("Tulis dulu namanya."))
    row = db.execute("select * from line_user where handle = ?", (handle,)).fetchone()
    if row is None:
        made = Person(new_id("U"), handle, name or handle)
        db.execute("insert into line_user values (?, ?, ?)", (made.user_id, handle, made.name))
        return made
    if name and name != row["name"]:
        db.execute("update line_user set name = ? where user_id = ?", (name, row["user_id"]))
    return Person(row["user_id"], row["handle"], name or row["name"])


def group(db: sqlite3.Connection, who: Account, name: str, *, kind: str = "group") -> Group:
    """The group of this name in which the account sits, made where new."""
    query = "select * from line_group where account = ? and name = ?"
    row = db.execute(query, (who.user_id, name)).fetchone()
    if row is None:
        group_id = new_id("R" if kind == "room" else "C")
        db.execute(
            "insert into line_group values (?, ?, ?, ?)", (group_id, who.user_id, kind, name)
        )
        row = db.execute(query, (who.user_id, name)).fetchone()
    return Group(**dict(row))


def group_of(db: sqlite3.Connection, who: Account, group_id: str) -> Group | None:
    """The group with this id, if the account sits in it."""
    row = db.execute(
        "select * from line_group where group_id = ? and account = ?", (group_id, who.user_id)
    ).fetchone()
    return Group(**dict(row)) if row else None


def join(db: sqlite3.Connection, where: Group, who: Person) -> None:
    """A citizen is in the group; once more changes nothing."""
    db.execute("insert or ignore into line_member values (?, ?)", (where.group_id, who.user_id))


def members(db: sqlite3.Connection, where: Group) -> list[str]:
    """The user ids of those in the group whom the account has seen."""
    rows = db.execute("select user_id from line_member where group_id = ?", (where.group_id,))
    return [row["user_id"] for row in rows]


def befriend(
    db: sqlite3.Connection, who: Account, citizen: Person, *, blocked: bool, friend: bool = True
) -> None:
    """Sets whether a citizen is the account's friend and whether the account is blocked."""
    db.execute(
        "insert into line_friend (account, user_id, friend, blocked) values (?, ?, ?, ?)"
        " on conflict do update set friend = excluded.friend, blocked = excluded.blocked",
        (who.user_id, citizen.user_id, friend, blocked),
    )


def wrote(db: sqlite3.Connection, who: Account, citizen: Person, *, friend: bool) -> None:
    """Notes that a citizen wrote to the account just now; `friend` counts for a new one."""
    db.execute(
        "insert into line_friend (account, user_id, friend, wrote) values (?, ?, ?, ?)"
        " on conflict do update set wrote = excluded.wrote",
        (who.user_id, citizen.user_id, friend, clock.seconds()),
    )


def standing(db: sqlite3.Connection, who: Account, user_id: str) -> dict[str, Any]:
    """How a citizen stands to an account: known, friend, blocked, reachable by a push."""
    row = db.execute(
        "select * from line_friend where account = ? and user_id = ?", (who.user_id, user_id)
    ).fetchone()
    someone = person(db, user_id)
    if row is None or someone is None:
        return {"known": False, "friend": False, "blocked": False, "reachable": False}
    named = {someone.user_id, someone.handle} & set(switches(db)["blocked"])
    recent = row["wrote"] and clock.seconds() - row["wrote"] <= WROTE_DAYS * 86_400
    return {
        "known": True,
        "friend": bool(row["friend"]),
        "blocked": bool(row["blocked"] or named),
        "reachable": bool(row["friend"] or row["blocked"] or recent),
    }
