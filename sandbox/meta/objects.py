"""Posts, media and comments: written, edited, hidden, removed. Every way in goes through here."""

import json
import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from sandbox.core import clock, ledger
from sandbox.core.store import declare
from sandbox.meta import accounts
from sandbox.meta.accounts import PAGES, Author

declare("""
create table if not exists meta_object (
    n integer primary key autoincrement, id text not null unique, kind text not null,
    owner text not null, root text not null, parent text, author text not null,
    name text not null, username text not null, text text not null, at real not null,
    updated real not null, hidden integer not null default 0, deleted real, by text not null,
    shows_author integer not null default 1, media text not null default '[]',
    tags text not null default '[]'
);
create index if not exists meta_object_owner on meta_object (owner, kind, n);
create index if not exists meta_object_root on meta_object (root, n);
create index if not exists meta_object_parent on meta_object (parent, n);
""")

COMMENT_LIMIT = 8000  # platforms.md §1.1
IG_COMMENT_LIMIT = 2200


class CannotWrite(ValueError):
    """The platform would not let this be written; the message says why, in a citizen's words."""


@dataclass(frozen=True, slots=True)
class Object:
    """A post, a comment, an Instagram post or comment (`kind` post, comment, ig_media, ig_comment).

    `owner` is the account on whose page the root stands, `root` the post, `parent` the top comment
    of a nested one. `tags`: our accounts named in it; `photo:<id>` where tagged in the picture.
    """

    n: int
    id: str
    kind: str
    owner: str
    root: str
    parent: str | None
    author: str
    name: str
    username: str
    text: str
    at: float
    updated: float
    hidden: bool
    deleted: float | None
    by: str
    shows_author: bool
    media: tuple[dict[str, Any], ...]
    tags: tuple[str, ...]

    @property
    def instagram(self) -> bool:
        """Does it stand on Instagram?"""
        return self.kind.startswith("ig_")

    @property
    def is_comment(self) -> bool:
        """A comment, not a post."""
        return self.kind in ("comment", "ig_comment")

    @property
    def own(self) -> bool:
        """Did the account write it on whose page it stands?"""
        return self.author == self.owner

    @property
    def institution(self) -> bool:
        """Did one of the institution's accounts write it?"""
        return accounts.page_of(self.author) is not None


def of_row(row: sqlite3.Row) -> Object:
    """A row of meta_object as an Object."""
    return Object(
        **{
            **{name: row[name] for name in Object.__slots__},
            "hidden": bool(row["hidden"]),
            "shows_author": bool(row["shows_author"]),
            "media": tuple(json.loads(row["media"])),
            "tags": tuple(json.loads(row["tags"])),
        }
    )


def get(db: sqlite3.Connection, object_id: str) -> Object | None:
    """The object with this id, deleted or not."""
    row = db.execute("select * from meta_object where id = ?", (object_id,)).fetchone()
    return of_row(row) if row else None


def living(db: sqlite3.Connection, object_id: str) -> Object | None:
    """The object with this id if it still stands."""
    found = get(db, object_id)
    return found if found is not None and found.deleted is None else None


def named(text: str, *, instagram: bool) -> list[str]:
    """The ids of our accounts that a text names with an @."""
    found = []
    for page in PAGES:
        name, account = (page.ig_username, page.ig_id) if instagram else (page.name, page.id)
        if re.search(rf"@{re.escape(name)}(?![\w.]*\w)", text, re.IGNORECASE):
            found.append(account)
    return found


def publish(
    db: sqlite3.Connection,
    *,
    owner: str,
    author: Author,
    text: str,
    by: str,
    instagram: bool = False,
    media: Sequence[dict[str, Any]] = (),
    tags: Sequence[str] = (),
    shows_author: bool = True,
    object_id: str | None = None,
    at: float | None = None,
) -> Object:
    """Writes a post on a page (or Instagram media of an account); returns it. No webhook yet.

    Raises CannotWrite for nothing at all. `object_id` and `at` are for what stands there from the
    beginning, which is not entered into the ledger.
    """
    _check(text, media, COMMENT_LIMIT * 8)
    new = accounts.number(db, "ig_media" if instagram else "post")
    number = object_id or (new if instagram else f"{owner}_{new}")
    return _insert(
        db,
        object_id=number,
        kind="ig_media" if instagram else "post",
        owner=owner,
        root=number,
        parent=None,
        author=author,
        text=text,
        by=by,
        media=media,
        tags=tags,
        shows_author=shows_author,
        target=None,
        at=at,
    )


def comment(
    db: sqlite3.Connection,
    *,
    on: Object,
    author: Author,
    text: str,
    by: str,
    media: Sequence[dict[str, Any]] = (),
    tags: Sequence[str] = (),
    shows_author: bool = True,
) -> Object:
    """Writes a comment under a post or comment; returns it. No webhook yet.

    A reply to a reply is filed under the top comment (platforms.md §4.3, §6.2). Raises CannotWrite
    for nothing to say, too much of it, or a target that is gone.
    """
    if on.deleted is not None:
        raise CannotWrite(_("Tulisan yang dituju sudah tidak ada."))
    _check(text, media, IG_COMMENT_LIMIT if on.instagram else COMMENT_LIMIT)
    new = accounts.number(db, "ig_comment" if on.instagram else "comment")
    number = new if on.instagram else f"{on.root.rpartition('_')[2]}_{new}"
    found = _insert(
        db,
        object_id=number,
        kind="ig_comment" if on.instagram else "comment",
        owner=on.owner,
        root=on.root,
        parent=(on.parent or on.id) if on.is_comment else None,
        author=author,
        text=text,
        by=by,
        media=media,
        tags=list(dict.fromkeys([*tags, *named(text, instagram=on.instagram)])),
        shows_author=shows_author,
        target=on.id,
        at=None,
    )
    db.execute("update meta_object set updated = ? where id = ?", (found.at, on.root))
    return found


def edit(db: sqlite3.Connection, *, target: Object, text: str, by: str) -> Object:
    """Puts another text in place; returns the object as it is now. CannotWrite when it is gone."""
    if target.deleted is not None:
        raise CannotWrite(_("Tulisan itu sudah dihapus."))
    _check(text, target.media, COMMENT_LIMIT)
    db.execute(
        "update meta_object set text = ?, updated = ? where id = ?",
        (text.strip(), clock.seconds(), target.id),
    )
    return _noted(db, target, "edit", by)


def hide(db: sqlite3.Connection, *, target: Object, hidden: bool, by: str) -> Object:
    """Hides a comment from everybody but its author, or shows it again."""
    if target.deleted is not None:
        raise CannotWrite(_("Tulisan itu sudah dihapus."))
    db.execute("update meta_object set hidden = ? where id = ?", (hidden, target.id))
    return _noted(db, target, "hide" if hidden else "unhide", by)


def remove(db: sqlite3.Connection, *, target: Object, by: str) -> Object:
    """Removes an object with all that stands under it; once more does nothing."""
    if target.deleted is not None:
        return target
    under = "root" if not target.is_comment else "parent"
    db.execute(
        f"update meta_object set deleted = ? where deleted is null and (id = ? or {under} = ?)",  # noqa: S608 - one of two names of ours
        (clock.seconds(), target.id, target.id),
    )
    return _noted(db, target, "delete", by)


def _check(text: str, media: Sequence[dict[str, Any]], limit: int) -> None:
    if not text.strip() and not media:
        raise CannotWrite(_("Tulis dulu pesannya."))
    if len(text) > limit:
        raise CannotWrite(_("Tulisannya terlalu panjang."))


def _noted(db: sqlite3.Connection, before: Object, kind: str, by: str) -> Object:
    now = get(db, before.id)
    assert now is not None  # noqa: S101 - rows are never taken out
    _enter(db, now, kind, by, now.parent or (now.root if now.is_comment else None))
    return now


def _insert(
    db: sqlite3.Connection,
    *,
    object_id: str,
    kind: str,
    owner: str,
    root: str,
    parent: str | None,
    author: Author,
    text: str,
    by: str,
    media: Sequence[dict[str, Any]],
    tags: Sequence[str],
    shows_author: bool,
    target: str | None,
    at: float | None,
) -> Object:
    when = clock.seconds() if at is None else at
    db.execute(
        "insert into meta_object (id, kind, owner, root, parent, author, name, username, text, at,"
        " updated, by, shows_author, media, tags)"
        " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(object_id, kind, owner, root, parent, author.id, author.name, author.username),
            *(text.strip(), when, when, by, shows_author),
            *(json.dumps(list(media)), json.dumps(list(tags))),
        ),
    )
    found = get(db, object_id)
    assert found is not None  # noqa: S101 - written just above
    if at is None:
        _enter(db, found, "post", by, target)
    return found


def _enter(db: sqlite3.Connection, of: Object, kind: str, by: str, target: str | None) -> None:
    ledger.enter(
        db,
        platform="instagram" if of.instagram else "facebook",
        kind=kind,
        ext_id=of.id,
        account=of.author,
        text=of.text,
        sent="" if kind == "delete" else of.text,
        in_reply_to=target,
        by=by,
    )
