"""Posts: written, edited, deleted. Every way in (API, page, stories, feed) goes through here."""

import json
import re
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from sandbox.core import clock, ledger
from sandbox.core.store import declare, keep, setting
from sandbox.x import accounts
from sandbox.x.accounts import User
from sandbox.x.texts import LONG_LIMIT, shorten

declare("""
create table if not exists x_post (
    id integer primary key, root integer not null, author integer not null, text text not null,
    short text not null, sent text not null, at real not null, reply_to integer, quote_of integer,
    conversation integer not null, in_reply_to_user integer, by text not null, media text not null,
    deleted real, newer integer
);
create index if not exists x_post_author on x_post (author, id);
create index if not exists x_post_conversation on x_post (conversation, id);
create index if not exists x_post_quote on x_post (quote_of);
create index if not exists x_post_reply on x_post (reply_to);
create index if not exists x_post_root on x_post (root);
create table if not exists x_mention (
    user integer not null, post integer not null, primary key (user, post)
) without rowid;
create index if not exists x_mention_post on x_mention (post);
""")

EPOCH_MS = 1_288_834_974_657
NAMES = re.compile(r"(?<![A-Za-z0-9_@])@([A-Za-z0-9_]{1,15})(?![A-Za-z0-9_@])")
EDIT_WINDOW_S = 30 * 60  # platforms.md §2.4
EDIT_LIMIT = 5


# Who hears of every post (kind post, edit or delete), inside the transaction: the webhooks.
type Listener = Callable[[sqlite3.Connection, "Post", str], None]
listeners: list[Listener] = []


class CannotWrite(ValueError):
    """X would not let this be written; the message says why, in a citizen's words."""


@dataclass(frozen=True, slots=True)
class Post:
    """One version of a post. `short` is what X calls `text`; `text` is the whole of it."""

    id: int
    root: int
    author: int
    text: str
    short: str
    sent: str
    at: float
    reply_to: int | None
    quote_of: int | None
    conversation: int
    in_reply_to_user: int | None
    by: str
    media: tuple[dict[str, Any], ...]
    deleted: float | None
    newer: int | None


def of_row(row: sqlite3.Row) -> Post:
    """A row of x_post as a Post."""
    return Post(**{**dict(row), "media": tuple(json.loads(row["media"]))})


def get(db: sqlite3.Connection, number: int) -> Post | None:
    """The version with this id, deleted or not."""
    row = db.execute("select * from x_post where id = ?", (number,)).fetchone()
    return of_row(row) if row else None


def next_id(db: sqlite3.Connection) -> int:
    """A new snowflake: made from the clock, always above the last (platforms.md §2.2)."""
    number = (int(clock.seconds() * 1000) - EPOCH_MS) << 22
    number = max(number, int(setting(db, "x_last_id", 0)) + 1)
    keep(db, "x_last_id", number)
    return number


def named(db: sqlite3.Connection, text: str) -> list[User]:
    """The accounts a text @mentions, each once, in order; names nobody has are no mentions."""
    found = {}
    for name in NAMES.findall(text):
        user = accounts.by_name(db, name)
        if user is not None:
            found[user.id] = user
    return list(found.values())


def mentioned(db: sqlite3.Connection, post: int) -> set[int]:
    """The ids of the accounts that a post mentions."""
    return {row["user"] for row in db.execute("select user from x_mention where post = ?", (post,))}


def addressed(
    db: sqlite3.Connection, *, author: User, target: Post, text: str, without: Sequence[int] = ()
) -> str:
    """The text of a reply with the handles X puts in front.

    Those are the target's author and whom it mentions, save the writer, whom the text names
    already, and those in `without`.
    """
    ids = [target.author, *(user.id for user in named(db, target.text))]
    there = {author.id, *without, *(user.id for user in named(db, text))}
    front = []
    for number in dict.fromkeys(ids):
        user = accounts.by_id(db, number)
        if user is not None and number not in there:
            front.append(f"@{user.username}")
    return " ".join([*front, text])


def publish(
    db: sqlite3.Connection,
    *,
    author: User,
    text: str,
    by: str,
    reply_to: Post | None = None,
    quote_of: Post | None = None,
    auto_mention: bool = True,
    without: Sequence[int] = (),
    media: Sequence[dict[str, Any]] = (),
) -> Post:
    """Writes a post, its mentions and its ledger entry; returns it.

    `by`: api, citizen or native. With `auto_mention` a reply gets the handles X puts in front;
    citizens can take them off. Raises CannotWrite for nothing to say or far too much of it.
    """
    sent, text = text, text.strip()
    if not text and not media:
        raise CannotWrite(_("Tulis dulu pesannya."))
    if len(text) > LONG_LIMIT:
        raise CannotWrite(_("Tulisannya terlalu panjang untuk X."))
    if reply_to is not None and auto_mention:
        text = addressed(db, author=author, target=reply_to, text=text, without=without)
    number = next_id(db)
    post = Post(
        id=number,
        root=number,
        author=author.id,
        text=text,
        short=shorten(text),
        sent=sent,
        at=clock.seconds(),
        reply_to=reply_to.id if reply_to else None,
        quote_of=quote_of.id if quote_of else None,
        conversation=reply_to.conversation if reply_to else number,
        in_reply_to_user=reply_to.author if reply_to else None,
        by=by,
        media=tuple(media),
        deleted=None,
        newer=None,
    )
    _insert(db, post, kind="post", account=author.username)
    return post


def edit(db: sqlite3.Connection, *, post: Post, text: str, by: str) -> Post:
    """Writes a new version of a post under a new id, within X's limits (platforms.md §2.4).

    Raises CannotWrite for replies to others, after 30 minutes, and after five edits.
    """
    versions = history(db, post.root)
    latest = get(db, versions[-1])
    author = accounts.by_id(db, post.author)
    if latest is None or author is None or latest.deleted is not None:
        raise CannotWrite(_("Tulisan itu sudah dihapus."))
    if latest.in_reply_to_user not in (None, latest.author):
        raise CannotWrite(_("Balasan kepada orang lain tidak bisa diubah di X."))
    first = get(db, post.root)
    if first is None or clock.seconds() - first.at > EDIT_WINDOW_S or len(versions) > EDIT_LIMIT:
        raise CannotWrite(_("Tulisan hanya bisa diubah lima kali, selama 30 menit pertama."))
    if not text.strip() or len(text) > LONG_LIMIT:
        raise CannotWrite(_("Tulis dulu pesannya."))
    new = Post(
        **{
            **{name: getattr(latest, name) for name in Post.__slots__},
            "id": next_id(db),
            "text": text.strip(),
            "short": shorten(text.strip()),
            "sent": text,
            "at": clock.seconds(),
            "by": by,
        }
    )
    db.execute("update x_post set newer = ? where root = ?", (new.id, post.root))
    _insert(db, new, kind="edit", account=author.username)
    return new


def delete(db: sqlite3.Connection, *, post: Post, by: str) -> None:
    """Deletes a post with all its versions; once more does nothing."""
    if post.deleted is not None:
        return
    at = clock.seconds()
    db.execute("update x_post set deleted = ? where root = ?", (at, post.root))
    author = accounts.by_id(db, post.author)
    ledger.enter(
        db,
        platform="x",
        kind="delete",
        ext_id=str(post.id),
        account=author.username if author else "",
        text=post.text,
        sent="",
        in_reply_to=str(post.reply_to) if post.reply_to else None,
        by=by,
    )
    _tell(db, post, "delete")


def history(db: sqlite3.Connection, root: int) -> list[int]:
    """The ids of all versions of a post, the first one first."""
    rows = db.execute("select id from x_post where root = ? order by id", (root,))
    return [row["id"] for row in rows]


def _insert(db: sqlite3.Connection, post: Post, *, kind: str, account: str) -> None:
    db.execute(
        "insert into x_post values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(getattr(post, name) for name in Post.__slots__[:12]),
            json.dumps(list(post.media)),
            post.deleted,
            post.newer,
        ),
    )
    for user in named(db, post.text):
        db.execute("insert into x_mention values (?, ?)", (user.id, post.id))
    ledger.enter(
        db,
        platform="x",
        kind=kind,
        ext_id=str(post.id),
        account=account,
        text=post.text,
        sent=post.sent,
        in_reply_to=str(post.reply_to) if post.reply_to else None,
        by=post.by,
    )
    _tell(db, post, kind)


def _tell(db: sqlite3.Connection, post: Post, kind: str) -> None:
    for listener in listeners:
        listener(db, post, kind)
