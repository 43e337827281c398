"""Access tokens: the app's, the user's, the pages'; codes of the log-in dialogue (platforms.md §3.1)."""

import hmac
import json
import secrets
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.core import clock
from sandbox.core.store import declare
from sandbox.meta import accounts, errors
from sandbox.meta.switches import switches

declare("""
create table if not exists meta_token (
    token text primary key, kind text not null, subject text not null, scopes text not null,
    made real not null, expires real not null, parent text
);
create table if not exists meta_code (
    code text primary key, redirect text not null, scopes text not null, made real not null,
    used real
);
""")

SCOPES = (
    "public_profile",
    "pages_show_list",
    "pages_manage_metadata",
    "pages_read_engagement",
    "pages_read_user_content",
    "pages_manage_engagement",
    "pages_messaging",
    "instagram_basic",
    "instagram_manage_comments",
    "instagram_manage_messages",
    "business_management",
)
CODE_S = 600
SHORT_S = 2 * 3600
LONG_S = 60 * 86_400
DATA_ACCESS_S = 90 * 86_400


@dataclass(frozen=True, slots=True)
class Token:
    """One token. `kind`: app, user or page; `expires` in seconds since 1970, 0 for never."""

    token: str
    kind: str
    subject: str
    scopes: tuple[str, ...]
    made: float
    expires: float

    @property
    def data_access_expires(self) -> float:
        """When access to the person's data ends unless renewed."""
        return self.made + DATA_ACCESS_S


def found(db: sqlite3.Connection) -> None:
    """Makes the standing tokens the first time: one of the user, one for each page."""
    if db.execute("select 1 from meta_token where parent is null limit 1").fetchone() is None:
        issue(db, kind="user", subject=accounts.USER_ID, scopes=SCOPES, expires=0)
        for page in accounts.PAGES:
            issue(db, kind="page", subject=page.id, scopes=SCOPES, expires=0)


def standing(db: sqlite3.Connection, subject: str) -> str:
    """The token of a page (or the user) that was there from the beginning."""
    row = db.execute(
        "select token from meta_token where subject = ? and parent is null order by made",
        (subject,),
    ).fetchone()
    return str(row["token"])


def issue(
    db: sqlite3.Connection,
    *,
    kind: str,
    subject: str,
    scopes: Sequence[str],
    expires: float,
    parent: str | None = None,
) -> Token:
    """Gives out a token; `parent` is what it was got with."""
    token = Token(
        token="EAAM" + secrets.token_hex(60),
        kind=kind,
        subject=subject,
        scopes=tuple(scopes),
        made=clock.seconds(),
        expires=expires,
    )
    db.execute(
        "insert into meta_token values (?, ?, ?, ?, ?, ?, ?)",
        (token.token, kind, subject, json.dumps(list(scopes)), token.made, expires, parent),
    )
    return token


def page_token(db: sqlite3.Connection, user: Token, page: accounts.Page) -> Token:
    """The page's token for a user's: without an end for a long-lived one, else as short as it."""
    row = db.execute(
        "select token from meta_token where kind = 'page' and subject = ? and parent = ?",
        (page.id, user.token),
    ).fetchone()
    if row is not None:
        return look_up(db, row["token"])
    long_lived = user.expires == 0 or user.expires - user.made > SHORT_S
    return issue(
        db,
        kind="page",
        subject=page.id,
        scopes=user.scopes,
        expires=0 if long_lived else user.expires,
        parent=user.token,
    )


def look_up(db: sqlite3.Connection, text: str) -> Token:
    """The token as it was given out, dead or not; GraphError (190) for a text that is none."""
    app = accounts.app(db)
    if hmac.compare_digest(text.encode(), f"{app.id}|{app.secret}".encode()):
        return Token(text, "app", app.id, (), 0, 0)
    row = db.execute("select * from meta_token where token = ?", (text,)).fetchone()
    if row is None:
        raise errors.token_unreadable()
    return Token(
        token=row["token"],
        kind=row["kind"],
        subject=row["subject"],
        scopes=tuple(json.loads(row["scopes"])),
        made=row["made"],
        expires=row["expires"],
    )


def expiry(db: sqlite3.Connection, token: Token) -> float:
    """When a token ends, in seconds since 1970, 0 for never: its own end or the switch's."""
    return float(switches(db)["expires"].get(token.subject, token.expires))


def problem(db: sqlite3.Connection, token: Token) -> errors.GraphError | None:
    """Why a token is no good now; None for a living one."""
    turned = switches(db)
    if token.subject in turned["dead"]:
        return errors.token_dead(int(turned["dead_subcode"]))
    ends = expiry(db, token)
    return errors.token_dead() if ends and clock.seconds() >= ends else None


def granted(db: sqlite3.Connection, token: Token) -> tuple[str, ...]:
    """The permissions a token carries now."""
    missing = switches(db)["missing"]
    return tuple(each for each in token.scopes if each not in missing)


def debug(db: sqlite3.Connection, text: str) -> dict[str, Any]:
    """What `debug_token` says of a token."""
    try:
        token = look_up(db, text)
    except errors.GraphError as refused:
        wrong = {"code": refused.code, "message": refused.message}
        return {"error": wrong, "is_valid": False, "scopes": []}
    found: dict[str, Any] = {
        "app_id": accounts.APP_ID,
        "type": token.kind.upper(),
        "application": accounts.APP_NAME,
        "data_access_expires_at": int(token.data_access_expires),
        "expires_at": int(expiry(db, token)),
        "is_valid": True,
        "issued_at": int(token.made),
        "scopes": list(granted(db, token)),
    }
    if token.kind != "app":
        found["user_id"] = accounts.USER_ID
    if token.kind == "page":
        found["profile_id"] = token.subject
    refused_now = problem(db, token)
    if refused_now is not None:
        found["is_valid"] = False
        found["error"] = {
            "code": refused_now.code,
            "message": refused_now.message,
            "subcode": refused_now.subcode,
        }
    return found


def make_code(db: sqlite3.Connection, *, redirect: str, scopes: Sequence[str]) -> str:
    """The code that the dialogue hands back; good once, for ten minutes, for this redirect."""
    code = "AQ" + secrets.token_urlsafe(60)
    db.execute(
        "insert into meta_code values (?, ?, ?, ?, null)",
        (code, redirect, json.dumps(list(scopes)), clock.seconds()),
    )
    return code


def spend_code(db: sqlite3.Connection, *, code: str, redirect: str) -> Token:
    """A user's short token for a code; GraphError (100) when it is unknown, used or too old."""
    row = db.execute("select * from meta_code where code = ?", (code,)).fetchone()
    if row is None:
        raise errors.GraphError("Invalid verification code format.", 100)
    if row["redirect"] != redirect:
        raise errors.GraphError(
            "Error validating verification code. Please make sure your redirect_uri is identical"
            " to the one you used in the OAuth dialog request",
            100,
            subcode=36008,
        )
    if row["used"] is not None:
        raise errors.GraphError("This authorization code has been used.", 100, subcode=36009)
    if clock.seconds() - row["made"] > CODE_S:
        raise errors.GraphError("This authorization code has expired.", 100, subcode=36007)
    db.execute("update meta_code set used = ? where code = ?", (clock.seconds(), code))
    return issue(
        db,
        kind="user",
        subject=accounts.USER_ID,
        scopes=json.loads(row["scopes"]),
        expires=clock.seconds() + SHORT_S,
        parent=code,
    )
