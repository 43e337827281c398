"""Posts and comments, however they came, as the same frozen values (platforms.md §4). Pure.

The functions raise what values.STRANGE names; parse.py makes problems of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from inbox.connectors.base import Author, Event, EventKind, Incoming, Media
from inbox.connectors.meta.values import (
    Json,
    known_id,
    mapping,
    object_id,
    rows,
    version,
    web_address,
    words,
)

SITE = "https://www.facebook.com"
UNKNOWN = "jenis tak dikenal: "

_KINDS = {
    "photo": "image", "profile_media": "image", "cover_photo": "image", "album": "image",
    "animated_image_share": "image", "animated_image_video": "image", "sticker": "sticker",
    "video": "video", "video_inline": "video", "video_autoplay": "video", "native_video": "video",
    "video_share_highlighted": "link", "share": "link", "map": "location",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seen:
    """What a body says around an object: for whom, when, and under which post."""

    account_id: str
    at: datetime | None = None  # of the entry
    step: int = 0  # its place among the changes of its entry
    post_id: str = ""
    permalink: str = ""  # of the post


def author_of(row: Json) -> Author:
    """Who wrote; nobody where Facebook keeps it back (§4.1). Old payloads say `sender_id` (§3.2)."""
    told = mapping(row.get("from"))
    return Author(
        known_id(told.get("id")) or known_id(row.get("sender_id")),
        name=words(told.get("name")) or words(row.get("sender_name")),
    )


def comment(
    row: Json, seen: Seen, *, comment_id: str, parent: str, at: datetime, edited: bool = False
) -> Incoming:
    """A comment. Under another comment it belongs to that one's thread; the institution's own answer
    right under a post belongs to the post's. `parent`: a comment's id, or "" (or the post's)."""
    author = author_of(row)
    own = author.external_id == seen.account_id
    above = parent if parent != seen.post_id else ""
    address = {"post": seen.post_id} if seen.post_id else {}
    if above:
        address["parent"] = above
    if row.get("can_comment") is False:
        address["can_comment"] = "0"
    if row.get("can_reply_privately") is False and not own:
        address["private"] = "0"
    return Incoming(
        object_class="comment",
        external_id=comment_id,
        current_id=comment_id,
        thread_id=above or (seen.post_id if own and seen.post_id else comment_id),
        author=author,
        text=words(row.get("message")),
        written_at=at,
        own=own,
        replies_to=above or seen.post_id,
        link=web_address(row.get("permalink_url")) or _comment_link(comment_id, seen),
        edited=edited,
        media=media_of(row),
        account_id=seen.account_id,
        version=_version(seen, at, edited=edited),
        address=address,
    )


def post(
    row: Json,
    seen: Seen,
    *,
    post_id: str,
    at: datetime,
    edited: bool = False,
    mention: bool = False,
) -> Incoming:
    """A post on our page by a visitor, or (`mention`) one elsewhere that names us."""
    author = author_of(row)
    return Incoming(
        object_class="post",
        external_id=post_id,
        current_id=post_id,
        thread_id=post_id,
        author=author,
        text=words(row.get("message")),
        written_at=at,
        own=author.external_id == seen.account_id,
        link=web_address(row.get("permalink_url")) or seen.permalink or _post_link(post_id),
        edited=edited,
        media=media_of(row),
        account_id=seen.account_id,
        version=_version(seen, at, edited=edited),
        address={"mention": "1"} if mention else {},
    )


def event(
    kind: EventKind,
    object_class: str,
    external_id: str,
    seen: Seen,
    *,
    at: datetime,
    text: str = "",
) -> Event:
    """Something that happened to a post or comment, by the time of its entry (§1.4)."""
    return Event(
        kind,
        at,
        object_class=object_class,
        external_id=external_id,
        account_id=seen.account_id,
        version=version(at, changed=True, step=seen.step),
        text=text,
    )


def hidden_from_start(message: Incoming) -> Event:
    """A list shows it as hidden, without saying since when: any later word on that stands."""
    return Event(
        EventKind.HIDDEN,
        message.written_at,
        object_class=message.object_class,
        external_id=message.external_id,
        account_id=message.account_id,
        version=version(message.written_at),
    )


def _version(seen: Seen, at: datetime, *, edited: bool) -> str:
    if edited:
        return version(seen.at or at, changed=True, step=seen.step)
    return version(at)


def or_unknown(message: Incoming) -> Incoming:
    """`message`; one that even Facebook's own answer shows nothing of says so."""
    if message.text or message.media:
        return message
    return replace(message, media=(Media("file", alt=f"{UNKNOWN}hanya terlihat di Facebook"),))


def _post_link(post_id: str) -> str:
    owner, _bar, number = post_id.partition("_")
    return f"{SITE}/{owner}/posts/{number}" if number else f"{SITE}/{owner}"


def _comment_link(comment_id: str, seen: Seen) -> str:
    where = seen.permalink or _post_link(seen.post_id or comment_id)
    return f"{where}?comment_id={comment_id.rpartition('_')[2]}"


# --- media -------------------------------------------------------------------------------------------


def media_of(row: Json) -> tuple[Media, ...]:
    """Pictures and the like: flat in webhooks (`photo`, `video`, `photos`, `link` of a photo post), as
    attachments in answers."""
    found = [_attached(each) for each in _attachments(row)]
    if not found:
        item = words(row.get("item"))
        found = [Media("image", url=url) for url in _addresses(row.get("photos"))]
        found = found or [Media("image", url=url) for url in _addresses(row.get("photo"))]
        found += [Media("video", url=url) for url in _addresses(row.get("video"))]
        if not found and item:
            kind = {"photo": "image", "video": "video"}.get(item, _kind_of_link(row))
            found = [Media(kind, url=url) for url in _addresses(row.get("link"))]
    return tuple(found)


def _kind_of_link(row: Json) -> str:
    return "image" if row.get("photo_id") else "link"


def _addresses(value: Any) -> list[str]:
    given = value if isinstance(value, list) else [value]
    return [url for url in map(web_address, given) if url]


def _attachments(row: Json) -> list[Json]:
    """Every attachment; an album's pictures one by one."""
    listed = mapping(row.get("attachments"))
    outer = rows(row.get("attachment")) + rows(listed.get("data"))
    found: list[Json] = []
    for each in outer:
        inner = rows(mapping(mapping(each).get("subattachments")).get("data"))
        found += [mapping(one) for one in inner or [each]]
    return found


def _attached(row: Json) -> Media:
    told, media = words(row.get("type")), mapping(row.get("media"))
    kind = _KINDS.get(told)
    picture = web_address(mapping(media.get("image")).get("src"))
    target = web_address(row.get("url")) or web_address(mapping(row.get("target")).get("url"))
    title = words(row.get("title")) or words(row.get("description"))
    if kind in ("image", "sticker"):
        return Media(kind, url=picture or target, alt=title[:300])
    if kind == "video":
        return Media(
            kind, url=web_address(media.get("source")) or picture or target, alt=title[:300]
        )
    if kind:
        return Media(kind, url=target or picture, alt=title[:300])
    return Media("file", url=target or picture, alt=f"{UNKNOWN}{told[:60] or '?'}")


def id_at(row: Mapping[str, Any], key: str) -> str:
    """The id under `key`. Raises ValueError."""
    return object_id(row.get(key), key)
