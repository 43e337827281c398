"""The timeline prepared for the page: conversations, newest activity first, replies nested."""

import hashlib
import sqlite3
from dataclasses import dataclass, field

from sandbox.core import pages
from sandbox.core.pages import Face, Part, Piece
from sandbox.x import accounts, posts
from sandbox.x.accounts import User
from sandbox.x.posts import NAMES, Post
from sandbox.x.texts import links

_NOBODY = User(
    id=0,
    username="?",
    name="?",
    institution=False,
    token=None,
    token_secret=None,
    created=0,
)
DEEPEST = 3  # further replies stay at this indent: a phone is narrow


@dataclass(slots=True)
class Card:
    """One post as the page shows it."""

    id: str
    user: User
    face: Face
    parts: list[Part]
    pieces: list[Piece]
    when: str
    when_full: str
    deleted: bool
    edited: bool
    by: str
    depth: int = 0
    can_edit: bool = False
    quote: "Card | None" = None


@dataclass(slots=True)
class Thread:
    """One conversation; `version` changes whenever anything in it does."""

    id: str
    version: str
    cards: list[Card] = field(default_factory=list)


def threads(db: sqlite3.Connection, limit: int) -> tuple[list[Thread], bool]:
    """The `limit` conversations with the newest posts, and whether there are older ones."""
    rows = db.execute(
        "select conversation, max(id) as newest from x_post where deleted is null"
        " group by conversation order by newest desc limit ?",
        (limit + 1,),
    ).fetchall()
    return [_thread(db, row["conversation"]) for row in rows[:limit]], len(rows) > limit


def card(db: sqlite3.Connection, post: Post, *, depth: int = 0, quoting: bool = True) -> Card:
    """One post for the page, with the post it quotes (but not what that one quotes)."""
    user = accounts.by_id(db, post.author) or _NOBODY
    quoted = posts.get(db, post.quote_of) if quoting and post.quote_of else None
    first = posts.get(db, post.root) or post
    return Card(
        id=str(post.id),
        user=user,
        face=pages.face(user.name, office=user.institution),
        parts=parts(post.text),
        pieces=pages.pieces(post.media),
        when=pages.when(first.at),
        when_full=pages.when_full(first.at),
        deleted=post.deleted is not None,
        edited=post.id != post.root,
        by=post.by,
        depth=min(depth, DEEPEST),
        can_edit=post.in_reply_to_user in (None, post.author),
        quote=card(db, quoted, quoting=False) if quoted else None,
    )


def parts(text: str) -> list[Part]:
    """A text cut into plain pieces, handles and links."""
    found = [(*match.span(), "handle") for match in NAMES.finditer(text)]
    found += [(start, end, "link") for start, end in links(text)]
    return pages.cut(text, found)


def _thread(db: sqlite3.Connection, conversation: int) -> Thread:
    rows = db.execute(
        "select * from x_post where conversation = ? and newer is null order by root",
        (conversation,),
    )
    found = [posts.of_row(row) for row in rows]
    roots = {
        row["id"]: row["root"]
        for row in db.execute("select id, root from x_post where conversation = ?", (conversation,))
    }
    below: dict[int, list[Post]] = {}
    for post in found:
        above = roots.get(post.reply_to, 0) if post.reply_to else 0
        below.setdefault(above, []).append(post)
    cards: list[Card] = []
    # a stack, not recursion: a conversation may be deeper than Python likes
    waiting = [(post, 0) for post in reversed(below.get(0, []))]
    while waiting:
        post, depth = waiting.pop()
        answers = below.get(post.root, [])
        if post.deleted is None or answers:
            cards.append(card(db, post, depth=depth))
        waiting += [(answer, depth + 1) for answer in reversed(answers)]
    state = ",".join(f"{each.id}{'x' if each.deleted else ''}" for each in cards)
    version = hashlib.sha256(state.encode()).hexdigest()[:12]
    return Thread(id=str(conversation), version=version, cards=cards)
