"""What citizens see: posts with their comments, media, chats; for pages and for tests."""

import sqlite3
from dataclasses import dataclass, field
from typing import Any

from sandbox.core import clock
from sandbox.meta import accounts, messages, objects
from sandbox.meta.accounts import Page
from sandbox.meta.messages import Message
from sandbox.meta.objects import Object

#: the names under which things are listed -> the kind of object, and where it stands
OBJECTS = {
    "post": ("post", "own"),
    "visitor_post": ("post", "visitors"),
    "mention_post": ("post", "elsewhere"),
    "comment": ("comment", "here"),
    "mention_comment": ("comment", "elsewhere"),
    "ig_media": ("ig_media", "own"),
    "ig_mention_caption": ("ig_media", "elsewhere"),
    "ig_comment": ("ig_comment", "here"),
    "ig_mention_comment": ("ig_comment", "elsewhere"),
}
CHATS = ("message", "postback", "ig_message", "ig_story_mention", "ig_story_reply")
_PLACES = {
    "own": "owner = :account and author = owner",
    "visitors": "owner = :account and author != owner",
    "here": "owner = :account",
    "elsewhere": "owner != :account and instr(tags, :tag)",
}


@dataclass(slots=True)
class Seen:
    """One post, comment or message. `at` in seconds since 1970; `author_id` the citizen's id."""

    id: str
    kind: str
    text: str
    author: str
    author_id: str
    institution: bool
    by: str
    at: float
    page: str
    thread: str
    hidden: bool = False
    edited: bool = False
    media: tuple[dict[str, Any], ...] = ()
    reply_to: str | None = None
    replies: list["Seen"] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """For the control endpoint."""
        return {
            "id": self.id,
            "kind": self.kind,
            "text": self.text,
            "author": self.author,
            "author_id": self.author_id,
            "institution": self.institution,
            "by": self.by,
            "at": clock.stamp(self.at),
            "page": self.page,
            "thread": self.thread,
            "hidden": self.hidden,
            "edited": self.edited,
            "attachments": list(self.media),
            "reply_to": self.reply_to,
            "replies": [each.as_json() for each in self.replies],
        }


@dataclass(frozen=True, slots=True)
class Chat:
    """A conversation in a list of conversations, the newest first."""

    person: str
    name: str
    account: str
    last: Seen


def seen(db: sqlite3.Connection, of: Object, *, hidden: bool = False) -> Seen:
    """An object with all that stands under it, the oldest first; hidden comments only on wish."""
    page = accounts.page_of(of.owner)
    found = Seen(
        id=of.id,
        kind=of.kind,
        text=of.text,
        author=of.username if of.instagram else of.name,
        author_id=of.author,
        institution=of.institution,
        by=of.by,
        at=of.at,
        page=page.id if page else "",
        thread=(of.parent or of.id) if of.is_comment else of.id,
        hidden=of.hidden,
        edited=of.updated > of.at and of.is_comment,
        media=of.media,
    )
    if of.is_comment and of.parent:
        return found
    under = "parent = ?" if of.is_comment else "root = ? and parent is null and id != root"
    rows = db.execute(
        f"select * from meta_object where deleted is null and {under} order by n",  # noqa: S608 - one of two texts of ours
        (of.id,),
    ).fetchall()
    below = [objects.of_row(row) for row in rows]
    found.replies = [seen(db, each, hidden=hidden) for each in below if hidden or not each.hidden]
    return found


def listing(
    db: sqlite3.Connection, *, where: str, page: Page, under: str = "", hidden: bool = False
) -> list[Seen]:
    """Everything of one kind (`OBJECTS`, `CHATS`) on a page, or under one post, comment or citizen.

    Newest first for posts, oldest first for comments and messages. ValueError for an unknown kind.
    """
    if where in CHATS:
        account = page.ig_id if where.startswith("ig_") else page.id
        return (
            chat(db, under)
            if under
            else [each for c in chats(db, account) for each in chat(db, c.person)]
        )
    if where not in OBJECTS:
        raise ValueError(f"where: {', '.join([*OBJECTS, *CHATS])}")
    kind, place = OBJECTS[where]
    account = page.ig_id if kind.startswith("ig_") else page.id
    if under:
        above = objects.living(db, under)
        return seen(db, above, hidden=hidden).replies if above else []
    rows = db.execute(
        "select * from meta_object where deleted is null and kind = :kind"  # noqa: S608 - one of four texts of ours
        f" and (parent is null or :elsewhere) and {_PLACES[place]} order by n",
        {
            "kind": kind,
            "account": account,
            "tag": f'"{account}"',
            "elsewhere": place == "elsewhere",
        },
    ).fetchall()
    found = [objects.of_row(row) for row in rows]
    listed = [seen(db, each, hidden=hidden) for each in found if hidden or not each.hidden]
    return listed if kind.endswith("comment") else listed[::-1]


def chats(db: sqlite3.Connection, account: str) -> list[Chat]:
    """The conversations of an account (page or Instagram), the newest first."""
    rows = db.execute(
        "select person, max(n) as last from meta_message where account = ? and deleted is null"
        " group by person order by last desc",
        (account,),
    ).fetchall()
    found = []
    for row in rows:
        last = messages.of_row(
            db.execute("select * from meta_message where n = ?", (row["last"],)).fetchone()
        )
        spoken = _spoken(db, last)
        person = accounts.person(db, last.person)
        name = person[0].name if person else last.person
        found.append(Chat(person=last.person, name=name, account=account, last=spoken))
    return found


def chat(db: sqlite3.Connection, person: str) -> list[Seen]:
    """All messages with a citizen that stand, the oldest first."""
    return [_spoken(db, each) for each in messages.chat(db, person.removeprefix("t_"))]


def _spoken(db: sqlite3.Connection, of: Message) -> Seen:
    page = accounts.page_of(of.account)
    known = accounts.person(db, of.person)
    author = accounts.institution(of.account) if of.out or known is None else known[0]
    return Seen(
        id=of.mid,
        kind=of.kind,
        text=of.text,
        author=author.username if of.instagram else author.name,
        author_id=of.account if of.out else of.person,
        institution=of.out,
        by=of.by,
        at=of.at,
        page=page.id if page else "",
        thread=of.conversation,
        edited=of.edits > 0,
        media=of.media,
        reply_to=of.about or (of.reply_to or {}).get("mid"),
    )
