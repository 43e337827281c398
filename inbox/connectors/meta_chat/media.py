"""What comes with a chat message, by webhook and by conversation, as the same Media (platforms.md §5.1).

Attachment types nobody knows keep appearing: they become a file that says so, never an error.
"""

from typing import Any

from inbox.connectors.base import Media
from inbox.connectors.meta.values import Json, mapping, rows, web_address, words

UNKNOWN = "jenis tak dikenal: "
UNSUPPORTED = Media(kind="file", alt=f"{UNKNOWN}hanya terlihat di aplikasinya")

_KINDS = {
    "image": "image", "video": "video", "audio": "audio", "file": "file", "sticker": "sticker",
    "animated_image": "image", "ig_reel": "video", "reel": "video", "ig_post": "link",
    "post": "link", "share": "link", "fallback": "link", "template": "link",
    "story_mention": "story", "ig_story": "story",
}  # fmt: skip
_WORDS = {"story_mention": "menyebut kita di story", "ig_story": "story"}


def from_webhook(told: Json, *, keep: bool) -> tuple[Media, ...]:
    """The attachments of a webhook's `message`, and the story it answers."""
    found = [_attached(each, keep=keep) for each in rows(told.get("attachments"))]
    return (*found, *_story(mapping(mapping(told.get("reply_to")).get("story")), "url", keep=keep))


def _attached(row: Any, *, keep: bool) -> Media:
    kind, payload = words(mapping(row).get("type")), mapping(mapping(row).get("payload"))
    url = web_address(payload.get("url")) or web_address(mapping(row).get("url"))
    title = words(payload.get("title")) or words(mapping(row).get("title"))
    if kind == "location":
        place = mapping(payload.get("coordinates"))
        where = f"{place.get('lat')}, {place.get('long')}" if place else ""
        return Media("location", url=url, alt=f"{title} {where}".strip()[:300])
    if kind == "image" and payload.get("sticker_id"):
        return Media("sticker", url=url, keep=keep)
    if kind not in _KINDS:
        return Media("file", url=url, alt=f"{UNKNOWN}{kind[:60] or '?'}", keep=keep)
    alt = _WORDS.get(kind, title or (words(payload.get("name")) if kind == "file" else ""))
    return Media(_KINDS[kind], url=url, alt=alt[:300], keep=keep)


def _story(
    story: Json, key: str, *, keep: bool, alt: str = "menjawab story kita"
) -> tuple[Media, ...]:
    if not story:
        return ()
    return (Media("story", url=web_address(story.get(key)), alt=alt, keep=keep),)


def from_conversation(row: Json, *, keep: bool) -> tuple[Media, ...]:
    """The same, as /conversations tells it."""
    found = [_listed(each, keep=keep) for each in rows(mapping(row.get("attachments")).get("data"))]
    sticker = web_address(row.get("sticker"))
    if sticker:
        found.append(Media("sticker", url=sticker, keep=keep))
    for share in rows(mapping(row.get("shares")).get("data")):
        url, name = web_address(mapping(share).get("link")), words(mapping(share).get("name"))
        found.append(Media("link", url=url, alt=name[:300], keep=keep))
    story = mapping(row.get("story"))
    named = _story(mapping(story.get("mention")), "link", keep=keep, alt=_WORDS["story_mention"])
    return (*found, *named, *_story(mapping(story.get("reply_to")), "link", keep=keep))


def _listed(row: Any, *, keep: bool) -> Media:
    told = mapping(row)
    image, video = mapping(told.get("image_data")), mapping(told.get("video_data"))
    mime, name = words(told.get("mime_type")), words(told.get("name"))
    if image:
        kind = "sticker" if image.get("render_as_sticker") is True else "image"
        return Media(kind, url=web_address(image.get("url")), keep=keep)
    if video:
        return Media("video", url=web_address(video.get("url")), keep=keep)
    url = web_address(told.get("file_url"))
    if mime.startswith("audio/"):
        return Media("audio", url=url, keep=keep)
    if not url:
        return Media("file", alt=f"{UNKNOWN}{(mime or name)[:60] or '?'}", keep=keep)
    return Media("file", url=url, alt=name[:300], keep=keep)
