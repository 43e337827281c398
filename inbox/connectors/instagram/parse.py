"""Instagram's JSON → frozen values: webhooks, polled pages and look-ups (platforms.md §6.1). Pure.

One thing that cannot be read becomes a problem and never hides its neighbours.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from inbox.connectors import meta_chat
from inbox.connectors.base import Author, Event, Incoming, Parsed, Wanted
from inbox.connectors.instagram import comments
from inbox.connectors.instagram.comments import NoTime, Place
from inbox.connectors.meta.values import (
    STRANGE,
    Json,
    known_id,
    known_moment,
    load,
    mapping,
    object_id,
    rows,
    web_address,
    words,
)
from inbox.connectors.meta_chat import parse as chats

COMMENT_FIELDS = ("comments", "live_comments")
KNOWN_FIELDS = (*COMMENT_FIELDS, "mentions", "messages")


@dataclass(slots=True)
class Found:
    """What has been read so far of one body, for one account."""

    account_id: str
    messages: list[Incoming] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    wanted: list[Wanted] = field(default_factory=list)
    profiles: list[Author] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)

    def parsed(self) -> Parsed:
        """The same, frozen; messages oldest first."""
        return Parsed(
            messages=tuple(sorted(self.messages, key=lambda message: message.written_at)),
            problems=tuple(self.problems),
            events=tuple(self.events),
            wanted=tuple({(one.kind, one.key): one for one in reversed(self.wanted)}.values()),
            profiles=tuple(self.profiles),
            ignored=tuple(self.ignored),
        )

    def trying[**P](
        self, what: str, read: Callable[P, None], *args: P.args, **more: P.kwargs
    ) -> None:
        """Read one thing; where it makes no sense, say so and go on."""
        try:
            read(*args, **more)
        except STRANGE as error:
            self.problems.append(f"{what}: {type(error).__name__} {error}"[:200])

    def add(self, parsed: Parsed) -> None:
        """Take in what another parser read."""
        self.messages += parsed.messages
        self.problems += parsed.problems
        self.events += parsed.events
        self.wanted += parsed.wanted
        self.profiles += parsed.profiles
        self.ignored += parsed.ignored


def parse(body: bytes, account_id: str, feed: str) -> Parsed:
    """What `body` means for our account `account_id`. Never raises.

    `feed` is "webhook" (Meta's own body, which may speak of several accounts), or "lookup" or the name
    of a polled feed: then the body is an envelope of ours.
    """
    found = Found(account_id)
    try:
        document = load(body)
    except ValueError as error:
        return Parsed(problems=(f"bukan JSON yang dikenal: {error}"[:200],))
    if feed == "webhook":
        _webhook(document, found)
    elif feed == "chats":
        found.add(chats.conversations(document, account_id, style=meta_chat.INSTAGRAM))
    else:
        found.trying("halaman", _envelope, document, found)
    return found.parsed()


# --- webhooks ----------------------------------------------------------------------------------------


def _webhook(document: Json, found: Found) -> None:
    if not isinstance(document.get("entry"), list | dict):
        found.problems.append("tanpa entry")
    for entry in rows(document.get("entry")):
        if not isinstance(entry, dict):
            found.problems.append(f"entry {str(entry)[:40]!r}")
        elif known_id(entry.get("id")) == found.account_id:
            _entry(entry, found)


def _entry(entry: Json, found: Found) -> None:
    """One account's entry: `changes`, `messaging`, or `field` and `value` directly under it (§6.1)."""
    changes = rows(entry.get("changes"))
    if "field" in entry:
        changes = [*changes, {"field": entry["field"], "value": entry.get("value")}]
    place = Place(found.account_id, at=known_moment(entry.get("time")))
    for change in changes:
        name = words(mapping(change).get("field"))
        values = rows(mapping(change).get("value"))
        if not name or (not values and name in KNOWN_FIELDS):
            found.problems.append(f"{name or 'perubahan'}: tanpa isi")
        elif name not in KNOWN_FIELDS:
            found.ignored.append(f"instagram:{name}"[:60])
        else:
            for value in values:
                found.trying(name, _change, name, value, place, found)
    talks = [key for key in ("messaging", "standby") if key in entry]
    for key in talks:
        if not isinstance(entry[key], list | dict):
            found.problems.append(f"{key}: tanpa isi")
        for event in rows(entry[key]):
            found.trying(key, _chat, event, place, found, standby=key == "standby")
    if not changes and not talks:
        found.problems.append(f"entry tanpa isi: {', '.join(sorted(entry))}"[:200])


def _change(name: str, value: Json, place: Place, found: Found) -> None:
    if name in COMMENT_FIELDS:
        _pushed_comment(value, replace(place, live=name == "live_comments"), found)
    elif name == "mentions":
        _mention_wanted(value, place, found)
    else:  # Meta's own test button sends messages this way
        _chat(value, place, found, standby=False)


def _pushed_comment(value: Json, place: Place, found: Found) -> None:
    """A comment by webhook. What it leaves out (who, when) is asked for (§6.1)."""
    number = object_id(value.get("id") or value.get("comment_id"), "komentar")
    ask = Wanted("comment", number, found.account_id)
    try:
        message = comments.comment(value, place)
    except NoTime:
        found.wanted.append(ask)
        raise
    found.messages.append(message)
    if not message.author.external_id:
        found.wanted.append(ask)


def _mention_wanted(value: Json, place: Place, found: Found) -> None:
    """A mention: the body only names it; what it says has to be asked for (§6.1)."""
    media_id, comment_id = known_id(value.get("media_id")), known_id(value.get("comment_id"))
    key = comment_id or media_id
    if not key:
        raise ValueError("tanpa media_id dan comment_id")
    args = {"media_id": media_id, "comment_id": comment_id}
    if place.at:
        args["time"] = str(int(place.at.timestamp()))
    found.wanted.append(Wanted("mention", key, found.account_id, args))


# --- what we asked for -------------------------------------------------------------------------------


def _envelope(document: Json, found: Found) -> None:
    """A page in an envelope of ours. Raises ValueError for a shape nobody knows."""
    kind = document.get("kind")
    if kind == "profile":
        found.add(chats.profile(document))
        return
    if not isinstance(kind, str) or kind not in _READERS:
        raise ValueError(f"amplop {kind!r}"[:60])
    media = mapping(document.get("media"))
    place = Place(
        found.account_id,
        username=words(document.get("username")),
        media_id=known_id(media.get("id")),
        link=web_address(media.get("permalink")),
        parent=known_id(document.get("parent")),
    )
    _READERS[kind](document, place, found)


def _data(page: Any) -> list[Any]:
    data = mapping(page).get("data")
    if not isinstance(data, list):
        raise TypeError("halaman tanpa data")
    return data


def _listed(document: Json, place: Place, found: Found) -> None:
    """A page of comments with their replies, or of replies to one.

    Comments come newest first, replies oldest first, with times in whole seconds: turned round, those
    of one second keep their order.
    """
    listed = _data(document.get("page"))
    for row in reversed(listed) if document["kind"] == "comments" else listed:
        found.trying(_name(row), _one_listed, row, place, found)


def _one_listed(row: Json, place: Place, found: Found) -> None:
    message = comments.comment(row, place)
    found.messages.append(message)
    if "replies" not in row:
        return
    under = replace(place, parent=message.thread_id)
    for reply in _data(row["replies"]):
        found.trying(_name(reply), _one_reply, reply, under, found)


def _one_reply(row: Json, place: Place, found: Found) -> None:
    found.messages.append(comments.comment(row, place))


def _tagged(document: Json, place: Place, found: Found) -> None:
    """Media in which our account is tagged; some of their captions name it too."""
    for row in reversed(_data(document.get("page"))):
        found.trying(_name(row), _one_tagged, row, place, found)


def _one_tagged(row: Json, place: Place, found: Found) -> None:
    found.messages.append(comments.caption(row, place, mentioned=False))


def _asked(document: Json, place: Place, found: Found) -> None:
    """One comment under our own media, by its id."""
    found.messages.append(comments.comment(mapping(document.get("page")), place))


def _mentioned(document: Json, place: Place, found: Found) -> None:
    """A comment or caption elsewhere that names our account."""
    page, wanted = mapping(document.get("page")), mapping(document.get("wanted"))
    comment_id, media_id = (
        known_id(wanted.get("comment_id")),
        known_id(wanted.get("media_id")),
    )
    at = known_moment(words(wanted.get("time")) or None)
    there = replace(place, media_id=media_id, at=at)
    if comment_id:
        row = page.get("mentioned_comment")
        message = comments.mentioned_comment(_object(row), there, comment_id=comment_id)
    else:
        message = comments.caption(_object(page.get("mentioned_media")), there, mentioned=True)
    found.messages.append(message)


def _object(row: Any) -> Json:
    if not isinstance(row, dict):
        raise TypeError("jawaban tanpa isi sebutan")
    return row


def _name(row: Any) -> str:
    return f"komentar {known_id(mapping(row).get('id')) or '?'}"


# --- chats -------------------------------------------------------------------------------------------


def _chat(event: Json, place: Place, found: Found, *, standby: bool) -> None:
    style = meta_chat.INSTAGRAM
    found.add(chats.event(event, found.account_id, style=style, at=place.at, standby=standby))


_READERS = {
    "comments": _listed, "replies": _listed, "tags": _tagged, "comment": _asked,
    "mention": _mentioned,
}  # fmt: skip
