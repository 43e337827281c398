"""OAuth 2.0: what the institution's accounts allowed the application (platforms.md §2.1)."""

import base64
import hashlib
import hmac
import secrets
import sqlite3
from dataclasses import dataclass

from sandbox.core import clock
from sandbox.core.store import declare
from sandbox.x.switches import switches

declare("""
create table if not exists x_code (
    code text primary key, user integer not null, scopes text not null, redirect_uri text not null,
    challenge text not null, method text not null, at real not null
);
create table if not exists x_grant (
    access_token text primary key, refresh_token text unique, user integer not null,
    scopes text not null, expires real not null
);
""")

CODE_LIFE_S = 30
ACCESS_LIFE_S = 7200
SCOPES = frozenset({
    "tweet.read", "tweet.write", "tweet.moderate.write", "users.read", "users.email",
    "follows.read", "follows.write", "offline.access", "space.read", "mute.read", "mute.write",
    "like.read", "like.write", "list.read", "list.write", "block.read", "block.write",
    "bookmark.read", "bookmark.write", "dm.read", "dm.write", "media.write",
})  # fmt: skip


class Refused(ValueError):
    """The token endpoint says no; the message is its error_description."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A pair of tokens. `refresh_token` is None without offline.access."""

    access_token: str
    refresh_token: str | None
    user: int
    scopes: frozenset[str]
    expires: float


def code(
    db: sqlite3.Connection,
    *,
    user: int,
    scopes: str,
    redirect_uri: str,
    challenge: str,
    method: str,
) -> str:
    """A code for the redirect, good for 30 seconds and once."""
    value = secrets.token_urlsafe(60)
    db.execute(
        "insert into x_code values (?, ?, ?, ?, ?, ?, ?)",
        (value, user, scopes, redirect_uri, challenge, method, clock.seconds()),
    )
    return value


def redeem(db: sqlite3.Connection, *, value: str, redirect_uri: str, verifier: str) -> Grant:
    """Changes a code for a pair of tokens; Refused when it is spent, late or not this client's."""
    row = db.execute("delete from x_code where code = ? returning *", (value,)).fetchone()
    wrong = "Value passed for the authorization code was invalid."
    if row is None or not 0 <= clock.seconds() - row["at"] <= CODE_LIFE_S:
        raise Refused(wrong)
    if row["redirect_uri"] != redirect_uri:
        raise Refused("Value passed for the redirect uri did not match the uri of the request.")
    shown = verifier
    if row["method"] == "S256":
        digest = hashlib.sha256(verifier.encode()).digest()
        shown = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    if not hmac.compare_digest(shown.encode(), row["challenge"].encode()):
        raise Refused("Value passed for the code verifier did not match the code challenge.")
    return _issue(db, row["user"], row["scopes"])


def refresh(db: sqlite3.Connection, refresh_token: str, dead: set[int]) -> Grant:
    """A new pair for an old refresh token, which dies by it; Refused for one that is dead.

    A token of an account in `dead` (user ids) is refused too, but lives on.
    """
    row = db.execute("select * from x_grant where refresh_token = ?", (refresh_token,)).fetchone()
    if row is None or row["user"] in dead:
        raise Refused("Value passed for the token was invalid.")
    if switches(db)["refresh_ends_access"]:
        db.execute("delete from x_grant where access_token = ?", (row["access_token"],))
    else:
        db.execute(
            "update x_grant set refresh_token = null where access_token = ?",
            (row["access_token"],),
        )
    return _issue(db, row["user"], row["scopes"])


def by_access_token(db: sqlite3.Connection, token: str) -> Grant | None:
    """The grant of an access token that is still valid by the sandbox's clock."""
    row = db.execute(
        "select * from x_grant where access_token = ? and expires > ?", (token, clock.seconds())
    ).fetchone()
    return _grant(row) if row else None


def revoke(db: sqlite3.Connection, token: str) -> bool:
    """Ends the pair that this access or refresh token belongs to; False when there is none."""
    done = db.execute(
        "delete from x_grant where access_token = ? or refresh_token = ?", (token, token)
    )
    return done.rowcount > 0


def revoke_all(db: sqlite3.Connection, user: int) -> None:
    """The account withdraws what it allowed."""
    db.execute("delete from x_grant where user = ?", (user,))
    db.execute("delete from x_code where user = ?", (user,))


def _issue(db: sqlite3.Connection, user: int, scopes: str) -> Grant:
    offline = "offline.access" in scopes.split()
    row = (
        secrets.token_urlsafe(66),
        secrets.token_urlsafe(66) if offline else None,
        user,
        scopes,
        clock.seconds() + ACCESS_LIFE_S,
    )
    db.execute("insert into x_grant values (?, ?, ?, ?, ?)", row)
    return Grant(row[0], row[1], user, frozenset(scopes.split()), row[4])


def _grant(row: sqlite3.Row) -> Grant:
    return Grant(
        access_token=row["access_token"],
        refresh_token=row["refresh_token"],
        user=row["user"],
        scopes=frozenset(row["scopes"].split()),
        expires=row["expires"],
    )
