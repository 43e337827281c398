"""Posts with their comments prepared for the pages: those with the newest activity first."""

import re
import sqlite3
from dataclasses import dataclass, field

from sandbox.core import pages
from sandbox.core.pages import Face, Part, Piece
from sandbox.meta import accounts, objects, view
from sandbox.meta.accounts import Page
from sandbox.meta.objects import Object
from sandbox.meta.view import Seen

COMMENTS = 12  # under one post, before one asks for all
_TAGS = re.compile(r"#\w+")
_HANDLES = re.compile(r"@[\w](?:[\w.]*\w)?")


@dataclass(slots=True)
class Card:
    """One post or comment. `place`: own, visitor or elsewhere; `house` the page it is about."""

    key: str
    name: str
    face: Face
    parts: list[Part]
    pieces: list[Piece]
    when: str
    when_full: str
    at: float
    institution: bool
    by: str
    comment: bool
    place: str = "own"
    house: Page = accounts.PAGES[0]
    hidden: bool = False
    edited: bool = False
    can_edit: bool = False
    can_hide: bool = False
    comments: list["Card"] = field(default_factory=list)
    older: int = 0
    count: int = 0
    version: str = ""

    @property
    def latest(self) -> float:
        """When something was last written here."""
        return max([self.at, *(each.latest for each in self.comments)])


def cards(db: sqlite3.Connection, *, instagram: bool, limit: int, whole: str = "") -> list[Card]:
    """The posts of our accounts, on them, and elsewhere about them; `whole` with all comments."""
    ids = [each.ig_id if instagram else each.id for each in accounts.PAGES]
    kinds = ("ig_media", "ig_comment") if instagram else ("post", "comment")
    tags = [f'"{each}"' for each in ids]
    rows = db.execute(
        "select root, max(n) as latest from meta_object where deleted is null and kind in (?, ?)"
        " and (owner in (?, ?) or instr(tags, ?) or instr(tags, ?))"
        " group by root order by latest desc limit ?",
        (*kinds, *ids, *tags, limit),
    ).fetchall()
    found = [objects.living(db, row["root"]) for row in rows]
    return [_post(db, each, whole=each.id == whole) for each in found if each is not None]


def one(db: sqlite3.Connection, of: Object) -> Card:
    """A post or comment by itself, as the form shows what it is about."""
    house, place = _about(db, of)
    return _card(view.seen(db, of, hidden=True), of.instagram, house, place)


def _post(db: sqlite3.Connection, of: Object, *, whole: bool) -> Card:
    house, place = _about(db, of)
    card = _card(view.seen(db, of, hidden=True), of.instagram, house, place)
    card.count = sum(1 + len(each.comments) for each in card.comments)
    if not whole and len(card.comments) > COMMENTS:
        newest = sorted(card.comments, key=lambda each: -each.latest)[:COMMENTS]
        card.older = len(card.comments) - len(newest)
        card.comments = [each for each in card.comments if each in newest]
    card.version = pages.version(card)
    return card


def _about(db: sqlite3.Connection, of: Object) -> tuple[Page, str]:
    """The page that a post or comment stands on or names, and where it stands."""
    house = accounts.page_of(of.owner)
    if house is not None:
        root = objects.get(db, of.root) or of
        return house, "own" if root.own else "visitor"
    rows = db.execute("select tags from meta_object where root = ? order by n", (of.root,))
    for row in rows:
        named = next(
            (p for p in accounts.PAGES if p.id in row["tags"] or p.ig_id in row["tags"]), None
        )
        if named is not None:
            return named, "elsewhere"
    return accounts.PAGES[0], "elsewhere"


def _card(seen: Seen, instagram: bool, house: Page, place: str) -> Card:  # noqa: FBT001 - a part of its own kind
    comment = seen.kind.endswith("comment")
    return Card(
        key=seen.id,
        name=seen.author,
        face=pages.face(seen.author, office=seen.institution),
        parts=parts(seen.text, instagram=instagram),
        pieces=pages.pieces(seen.media),
        when=pages.when(seen.at),
        when_full=pages.when_full(seen.at),
        at=seen.at,
        institution=seen.institution,
        by=seen.by,
        comment=comment,
        place=place,
        house=house,
        hidden=seen.hidden,
        edited=seen.edited,
        can_edit=not (instagram and comment),
        can_hide=comment and place != "elsewhere" and not seen.institution,
        comments=[_card(each, instagram, house, place) for each in seen.replies],
    )


def parts(text: str, *, instagram: bool) -> list[Part]:
    """A text with the accounts it names and its hashtags told apart."""
    if instagram:
        spans = [(*match.span(), "handle") for match in _HANDLES.finditer(text)]
    else:
        names = "|".join(re.escape(f"@{each.name}") for each in accounts.PAGES)
        spans = [(*match.span(), "handle") for match in re.finditer(names, text, re.IGNORECASE)]
    return pages.cut(text, [*spans, *((*match.span(), "handle") for match in _TAGS.finditer(text))])
