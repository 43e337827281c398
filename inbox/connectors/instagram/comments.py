"""Comments and captions on Instagram → Incoming, the same from webhook, poll and look-up. Pure.

Instagram knows no edits of comments, so every telling of one has the same (empty) version and the first
stands; what a later one knows besides, the intake adds (platforms.md §6.1).
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from inbox.connectors.base import Author, Incoming, Media
from inbox.connectors.meta.values import (
    Json,
    known_id,
    known_moment,
    mapping,
    object_id,
    web_address,
    words,
)


class NoTime(ValueError):
    """Neither the comment nor what carried it says when it was written."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a comment was read: on whose account, under which media, and what only the page knew."""

    account_id: str
    username: str = ""  # our own, where the reader knew it
    media_id: str = ""
    link: str = ""  # of the media
    parent: str = ""  # the top comment this reply was listed under
    at: datetime | None = None  # when Meta told us: the time of a comment that carries none
    live: bool = False  # under a live broadcast


def author_of(row: Json) -> Author:
    """Who wrote, as far as Meta says (§6.1: `from` and `username` may both be missing).

    Where only the name is told (mentions elsewhere) the name stands for the person: an "@" keeps it
    apart from ids, since a name may be all digits.
    """
    told = mapping(row.get("from"))
    name = words(told.get("username")) or words(row.get("username"))
    person = known_id(told.get("id"))
    if not person and name:
        person = f"@{name.lower()}"
    return Author(external_id=person, handle=name)


def is_own(row: Json, place: Place) -> bool:
    """Whether our account wrote it: by Meta's mark, by id, or by name (§1.2, §6.1)."""
    told = mapping(row.get("from"))
    author = author_of(row)
    if told.get("self_ig_scoped_id") or author.external_id == place.account_id:
        return True
    return bool(place.username) and author.handle.lower() == place.username.lower()


def comment(row: Json, place: Place) -> Incoming:
    """A comment under media of our account. Raises ValueError where it cannot be read."""
    number = object_id(row.get("id") or row.get("comment_id"), "komentar")
    media = mapping(row.get("media"))
    media_id = place.media_id or known_id(media.get("id")) or known_id(row.get("media"))
    parent = place.parent or known_id(row.get("parent_id"))
    top = parent or number
    where = {"parent": top} | ({"media": media_id} if media_id else {})
    text = words(row.get("text"))
    return Incoming(
        object_class="comment",
        external_id=number,
        current_id=number,
        thread_id=top,
        author=author_of(row),
        text=text,
        written_at=_written(row, place),
        own=is_own(row, place),
        replies_to=parent,
        link=place.link or web_address(media.get("permalink")),
        media=() if text.strip() else _wordless(),
        account_id=place.account_id,
        address=where | ({"live": "1"} if place.live else {}),
    )


def mentioned_comment(row: Json, place: Place, *, comment_id: str) -> Incoming:
    """A comment under media of somebody else that names our account. Raises ValueError.

    Its top comment is not told, so it is a thread of its own (§6.1).
    """
    number = known_id(row.get("id")) or object_id(comment_id, "komentar")
    media = mapping(row.get("media"))
    media_id = known_id(media.get("id")) or known_id(row.get("media")) or place.media_id
    text = words(row.get("text"))
    return Incoming(
        object_class="comment",
        external_id=number,
        current_id=number,
        thread_id=number,
        author=author_of(row),
        text=text,
        written_at=_written(row, place),
        own=is_own(row, place),
        link=web_address(media.get("permalink")),
        media=() if text.strip() else _wordless(),
        account_id=place.account_id,
        address={"mention": "1", "media": media_id, "comment": number},
    )


def caption(row: Json, place: Place, *, mentioned: bool) -> Incoming:
    """Media of somebody else whose caption names our account, or in which it is tagged.

    Raises ValueError. Only a caption that names us can be answered by the API: “commenting on photos
    in which you were tagged is not supported”, says Meta's page on mentions.
    """
    number = known_id(row.get("id")) or object_id(place.media_id, "media")
    text = words(row.get("caption"))
    named = mentioned or names(text, place.username)
    return Incoming(
        object_class="post",
        external_id=number,
        current_id=number,
        thread_id=number,
        author=author_of(row),
        text=text,
        written_at=_written(row, place),
        own=is_own(row, place),
        link=web_address(row.get("permalink")) or place.link,
        media=_shown(row),
        account_id=place.account_id,
        address={"mention" if named else "tagged": "1", "media": number},
    )


def names(text: str, username: str) -> bool:
    """Whether a caption names our account; Meta leaves the @ out of others' captions."""
    if not username:
        return False
    return bool(re.search(rf"(?<![\w.]){re.escape(username)}(?!\.?\w)", text, re.IGNORECASE))


def _written(row: Json, place: Place) -> datetime:
    """When it was written; webhooks say only when they were sent (§6.1)."""
    when = known_moment(row.get("timestamp")) or place.at
    if when is None:
        raise NoTime("tanpa waktu")
    return when


def _wordless() -> tuple[Media, ...]:
    return (Media(kind="file", alt="komentar tanpa teks (GIF atau stiker)"),)


def _shown(row: Json) -> tuple[Media, ...]:
    url = web_address(row.get("media_url")) or web_address(row.get("thumbnail_url"))
    kind: Any = row.get("media_type")
    return (Media(kind="video" if kind == "VIDEO" else "image", url=url),) if url else ()
