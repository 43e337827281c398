"""Who writes on X: the institution's two accounts with their keys, and citizens."""

import re
import secrets
import sqlite3
from dataclasses import dataclass

from django.utils.translation import gettext as _

from sandbox.core import clock
from sandbox.core.store import declare, keep, setting

declare("""
create table if not exists x_user (
    id integer primary key, username text not null unique collate nocase, name text not null,
    institution integer not null default 0, token text, token_secret text, created real not null
);
""")

HANDLE = re.compile(r"[A-Za-z0-9_]{1,15}")
# Beyond 2^53, so that whoever reads an id as a JavaScript or JSON number is found out.
INSTITUTIONS = (
    (902_200_000_000_000_001, "PoldaKaltim", "Humas Polda Kaltim"),
    (902_200_000_000_000_003, "SatlantasBpn", "Satlantas Balikpapan"),
)


@dataclass(frozen=True, slots=True)
class User:
    """One account. Token and secret only where the institution connected it."""

    id: int
    username: str
    name: str
    institution: bool
    token: str | None
    token_secret: str | None
    created: float


@dataclass(frozen=True, slots=True)
class AppKeys:
    """What the developer portal shows for the application."""

    consumer_key: str
    consumer_secret: str
    bearer: str
    client_id: str
    client_secret: str


class BadHandle(ValueError):
    """The handle cannot be an account's; the message says why."""


def _user(row: sqlite3.Row) -> User:
    return User(
        id=row["id"],
        username=row["username"],
        name=row["name"],
        institution=bool(row["institution"]),
        token=row["token"],
        token_secret=row["token_secret"],
        created=row["created"],
    )


def found(db: sqlite3.Connection) -> AppKeys:
    """The keys; the application and the institution's accounts are made the first time."""
    oauth2 = setting(db, "x_app_oauth2")
    if oauth2 is None:
        oauth2 = [secrets.token_urlsafe(24), secrets.token_urlsafe(36)]
        keep(db, "x_app_oauth2", oauth2)
    keys = setting(db, "x_app")
    if keys is not None:
        return AppKeys(*keys, *oauth2)
    keys = [secrets.token_hex(12), secrets.token_hex(25), "AAAA" + secrets.token_hex(40)]
    keep(db, "x_app", keys)
    for number, username, name in INSTITUTIONS:
        db.execute(
            "insert into x_user values (?, ?, ?, 1, ?, ?, ?)",
            (
                number,
                username,
                name,
                f"{number}-{secrets.token_hex(20)}",
                secrets.token_hex(22),
                clock.seconds(),
            ),
        )
    return AppKeys(*keys, *oauth2)


def by_id(db: sqlite3.Connection, number: int) -> User | None:
    """The account with this id."""
    row = db.execute("select * from x_user where id = ?", (number,)).fetchone()
    return _user(row) if row else None


def by_name(db: sqlite3.Connection, username: str) -> User | None:
    """The account with this handle, upper and lower case alike."""
    row = db.execute("select * from x_user where username = ?", (username,)).fetchone()
    return _user(row) if row else None


def by_token(db: sqlite3.Connection, token: str) -> User | None:
    """The account that this access token belongs to."""
    row = db.execute("select * from x_user where token = ?", (token,)).fetchone()
    return _user(row) if row else None


def institutions(db: sqlite3.Connection) -> list[User]:
    """The institution's accounts, the chief one first."""
    return [_user(row) for row in db.execute("select * from x_user where institution order by id")]


def citizen(db: sqlite3.Connection, *, number: int, username: str, name: str = "") -> User:
    """The citizen with this handle, made with id `number` where new; a new name renames.

    Raises BadHandle for a handle X would not allow and for the institution's own.
    """
    username = username.strip().lstrip("@")
    if not HANDLE.fullmatch(username):
        raise BadHandle(_("Nama akun hanya boleh huruf, angka, dan garis bawah, paling banyak 15."))
    known = by_name(db, username)
    if known is None:
        db.execute(
            "insert into x_user values (?, ?, ?, 0, null, null, ?)",
            (number, username, name.strip() or username, clock.seconds()),
        )
    elif known.institution:
        raise BadHandle(
            _("@%(name)s adalah akun institusi, bukan warga.") % {"name": known.username}
        )
    elif name.strip() and name.strip() != known.name:
        db.execute("update x_user set name = ? where id = ?", (name.strip(), known.id))
    user = by_name(db, username)
    assert user is not None  # noqa: S101 - written just above
    return user
