"""The application, its administrator, and the institution's two pages with their Instagram accounts."""

import secrets
import sqlite3
from dataclasses import dataclass

from sandbox.core import clock
from sandbox.core.store import declare, keep, setting

declare("""
create table if not exists meta_person (
    n integer primary key, id text not null unique, scope text not null,
    name text not null collate nocase, username text not null, unique (scope, name)
);
""")

# Beyond 2^53, so that whoever reads an id as a JavaScript or JSON number is found out.
APP_ID = "902277000000000017"
APP_NAME = "Sahut"
USER_ID, USER_NAME = "122099000000000007", "Admin Humas"
#: who writes when the institution answers in the platform's own inbox (platforms.md §5.1)
INBOX_APP_ID = "263902037430900"
EPOCH_S = 1_735_689_600  # 2025-01-01


@dataclass(frozen=True, slots=True)
class Page:
    """A Facebook Page and the Instagram professional account linked to it."""

    id: str
    name: str
    ig_id: str
    ig_username: str


@dataclass(frozen=True, slots=True)
class Author:
    """Who writes: a citizen (id scoped to one page), or one of the institution's accounts."""

    id: str
    name: str
    username: str
    institution: bool


@dataclass(frozen=True, slots=True)
class App:
    """The application's id and secret."""

    id: str
    secret: str


PAGES = (
    Page("109922000000000101", "Humas Polda Kaltim", "17841499000000101", "humaspoldakaltim"),
    Page("109922000000000103", "Satlantas Balikpapan", "17841499000000103", "satlantas.bpn"),
)
_NUMBERS = {
    "post": ("1220", 14),
    "comment": ("1230", 14),
    "foreign": ("5550", 14),
    "person": ("24", 15),
    "ig_person": ("68", 15),
    "ig_media": ("18000", 12),
    "ig_comment": ("17900", 12),
    "file": ("1440", 14),
}


def app(db: sqlite3.Connection) -> App:
    """The application; its secret is made the first time."""
    secret = setting(db, "meta_secret")
    if secret is None:
        secret = secrets.token_hex(16)
        keep(db, "meta_secret", secret)
    return App(APP_ID, secret)


def page(page_id: str) -> Page | None:
    """The page with this id."""
    return next((each for each in PAGES if each.id == page_id), None)


def page_of(account: str) -> Page | None:
    """The page that an account id belongs to: its own, or that of its Instagram account."""
    return next((each for each in PAGES if account in (each.id, each.ig_id)), None)


def is_instagram(account: str) -> bool:
    """Is this the id of one of our Instagram accounts?"""
    return any(each.ig_id == account for each in PAGES)


def institution(account: str) -> Author:
    """A page or Instagram account as an author; KeyError for another id."""
    found = page_of(account)
    if found is None:
        raise KeyError(account)
    return Author(account, found.name, found.ig_username, institution=True)


def number(db: sqlite3.Connection, kind: str) -> str:
    """A new numeric id of this kind: made from the clock, never given twice, also after a reset."""
    last = int(setting(db, "meta_last_id", 0))
    serial = max(int((clock.seconds() - EPOCH_S) * 1000), last + 1)
    keep(db, "meta_last_id", serial)
    prefix, width = _NUMBERS[kind]
    return f"{prefix}{serial:0{width}d}"


def citizen(db: sqlite3.Connection, *, scope: str, name: str) -> Author:
    """The citizen of this name as the account `scope` knows him; made where new.

    The same person has another id for each page and each Instagram account (platforms.md §5.1).
    """
    name = " ".join(name.split()) or "Warga"
    row = db.execute(
        "select * from meta_person where scope = ? and name = ?", (scope, name)
    ).fetchone()
    if row is None:
        kind = "ig_person" if is_instagram(scope) else "person"
        handle = "".join(c if c.isascii() and c.isalnum() else "." for c in name.lower())
        db.execute(
            "insert into meta_person (id, scope, name, username) values (?, ?, ?, ?)",
            (number(db, kind), scope, name, handle.strip(".")[:30] or "warga"),
        )
        return citizen(db, scope=scope, name=name)
    return Author(row["id"], row["name"], row["username"], institution=False)


def person(db: sqlite3.Connection, person_id: str) -> tuple[Author, str] | None:
    """The citizen with this id and the account to which the id is scoped."""
    row = db.execute("select * from meta_person where id = ?", (person_id,)).fetchone()
    if row is None:
        return None
    return Author(row["id"], row["name"], row["username"], institution=False), row["scope"]
