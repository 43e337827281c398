"""What came with a message, and what went out with a reply, as the page shows it. Reading only.

Both are read with the messages in one query (`with_media`): a page must not ask once per picture.
"""

from dataclasses import dataclass
from typing import cast

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject

from inbox.media_kinds import Found
from inbox.models import MediaFile, Message, Reply, ReplyPicture

_FIELDS = ("pk", "position", "state", "content_type", "size", "width", "height", "thumb", "problem")


@dataclass(frozen=True, slots=True)
class Shown:
    """One thing that came with a message.

    `look` says how it is shown: "image", "video", "audio", "file" (stored here); "wait" (being
    fetched); "link" (stays at the platform, which forbids a copy); "refused", "gone" (there is no
    copy, `file.problem` says why); "words" (nothing to fetch: a place, a sticker's words).
    """

    kind: str  # as the platform calls it
    look: str
    alt: str = ""
    url: str = ""  # the platform's own address
    file: MediaFile | None = None


def with_media(messages: QuerySet[Message]) -> list[Message]:
    """`messages` with what came with each (`shown`) and, of ours, the ids of the pictures that went
    out with it (`sent`). One query."""
    files = MediaFile.objects.filter(message=OuterRef("pk")).values(
        row=JSONObject(**{name: name for name in _FIELDS})
    )
    sent = ReplyPicture.objects.filter(
        Q(reply__deliveries__carries=None) | Q(reply__deliveries__carries__contains=[F("position")]),
        reply__item=OuterRef("item"), reply__deliveries__remote_id=OuterRef("external_id"),
    ).values("pk")  # fmt: skip
    found = list(messages.annotate(told=ArraySubquery(files), sent=ArraySubquery(sent)))
    for message in found:
        rows = [MediaFile(**row) for row in message.told]
        # What the platform tells of our own pictures is what we have already.
        message.shown = [] if message.sent else shown(message, rows)  # type: ignore[attr-defined]
    return cast("list[Message]", found)


def with_pictures(replies: QuerySet[Reply]) -> QuerySet[Reply]:
    """`replies` with the ids of their pictures (`sent`)."""
    sent = ReplyPicture.objects.filter(reply=OuterRef("pk")).values("pk")
    return cast("QuerySet[Reply]", replies.annotate(sent=ArraySubquery(sent)))


def shown(message: Message, rows: list[MediaFile]) -> list[Shown]:
    """What came with `message`, whose files are `rows`; pictures first, so that they stand together."""
    if message.erased_at:
        return []
    files = {row.position: row for row in rows}
    found = [
        Shown(
            kind=medium.get("kind", ""),
            look=_look(files.get(position)),
            alt=medium.get("alt", ""),
            url=medium.get("url", ""),
            file=files.get(position),
        )
        for position, medium in enumerate(message.media)
    ]
    return sorted(found, key=lambda one: one.look != "image")


def _look(row: MediaFile | None) -> str:
    state = row.state if row else ""
    if row and state == MediaFile.State.STORED:
        return Found(row.content_type, "").family
    looks = {
        MediaFile.State.NEW: "wait",
        MediaFile.State.LINK: "link",
        MediaFile.State.REFUSED: "refused",
        MediaFile.State.GONE: "gone",
    }
    return next((look for known, look in looks.items() if known == state), "words")
