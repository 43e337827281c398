"""The webhook fields `feed` and `mention`: items and verbs (platforms.md §4.2). Pure.

Unknown pairs are kept and ignored; both `edit` and `edited` occur. The functions raise what
values.STRANGE names; parse.py makes problems of it.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from inbox.connectors.base import EventKind, Parsed, Wanted
from inbox.connectors.facebook import objects
from inbox.connectors.facebook.objects import Seen, id_at
from inbox.connectors.meta.values import (
    Json,
    known_id,
    known_moment,
    mapping,
    moment,
    web_address,
    words,
)

_EVENTS = {
    "remove": EventKind.REMOVED, "hide": EventKind.HIDDEN, "unhide": EventKind.SHOWN,
}  # fmt: skip
_EDITS = ("edit", "edited")
_POSTS = ("post", "status", "photo", "video", "share", "link", "note")


def change(value: Json, seen: Seen) -> Parsed:
    """One change of the field `feed`."""
    item, verb = words(value.get("item")), words(value.get("verb"))
    name = f"feed:{item[:40] or '?'}:{verb[:40] or '?'}"
    if not item or not verb:
        raise ValueError(name)
    if verb != "add" and verb not in _EDITS and verb not in _EVENTS:
        return Parsed(ignored=(name,))
    if item == "comment":
        return _comment(value, verb, seen)
    if item in _POSTS:
        return _post(value, item, verb, seen)
    return Parsed(ignored=(name,))


def _comment(value: Json, verb: str, seen: Seen) -> Parsed:
    comment_id, post_id = id_at(value, "comment_id"), known_id(value.get("post_id"))
    if verb in _EVENTS:
        at = _happened(value, seen)
        return Parsed(events=(objects.event(_EVENTS[verb], "comment", comment_id, seen, at=at),))
    place = replace(
        seen,
        post_id=post_id,
        permalink=web_address(mapping(value.get("post")).get("permalink_url")),
    )
    message = objects.comment(
        value,
        place,
        comment_id=comment_id,
        parent=known_id(value.get("parent_id")),
        at=_written(value, seen),
        edited=verb in _EDITS,
    )
    if message.text or message.media or message.own:
        return Parsed(messages=(message,))
    # A sticker or GIF: the webhook does not carry it, the comment itself does.
    ask = Wanted("comment", comment_id, seen.account_id, {"post_id": post_id})
    return Parsed(messages=(message,), wanted=(ask,))


def _post(value: Json, item: str, verb: str, seen: Seen) -> Parsed:
    """A visitor's post. What the institution itself posts is not our business; whether a picture
    without `from` is its own has to be asked."""
    post_id, author = id_at(value, "post_id"), objects.author_of(value)
    name = f"feed:{item}:{verb}"
    if author.external_id == seen.account_id:
        return Parsed(ignored=(name,))
    if verb in _EVENTS:
        at = _happened(value, seen)
        return Parsed(events=(objects.event(_EVENTS[verb], "post", post_id, seen, at=at),))
    if not author.external_id and item != "post":
        ask = Wanted("post", post_id, seen.account_id)
        return Parsed(ignored=(name,), wanted=(ask,) if verb == "add" else ())
    message = objects.post(
        value, seen, post_id=post_id, at=_written(value, seen), edited=verb in _EDITS
    )
    hidden = value.get("is_hidden") is True
    return Parsed(
        messages=(message,), events=(objects.hidden_from_start(message),) if hidden else ()
    )


def mention(value: Json, seen: Seen) -> Parsed:
    """One change of the field `mention`: a post or comment elsewhere that names the page. Its author is
    not told (§4.2), so it is asked for, with what the webhook says as what remains when it is not
    visible to us."""
    verb = words(value.get("verb")) or "add"
    comment_id, post_id = known_id(value.get("comment_id")), known_id(value.get("post_id"))
    if not (comment_id or post_id):
        raise ValueError("sebutan tanpa comment_id dan post_id")
    kind, key = ("comment", comment_id) if comment_id else ("post", post_id)
    if verb in _EVENTS or verb in _EDITS:
        what = _EVENTS.get(verb, EventKind.EDITED)
        text, at = words(value.get("message")), _happened(value, seen)
        if what == EventKind.EDITED and not text:
            return Parsed(ignored=(f"mention:{kind}:{verb}",))
        return Parsed(events=(objects.event(what, kind, key, seen, at=at, text=text),))
    if verb != "add":
        return Parsed(ignored=(f"mention:{kind}:{verb[:40]}",))
    told = {
        "comment_id": comment_id,
        "post_id": post_id,
        "message": words(value.get("message")),
        "created_time": str(int(_written(value, seen).timestamp())),
    }
    if objects.author_of(value).external_id:
        return mentioned(told, value, seen)
    return Parsed(wanted=(Wanted("mention", key, seen.account_id, told),))


def mentioned(told: Mapping[str, Any], shown: Json, seen: Seen) -> Parsed:
    """A mention as a message: `shown` is what Facebook shows of it, {} where it does not; `told` what
    its webhook said."""
    comment_id, post_id = known_id(told.get("comment_id")), known_id(told.get("post_id"))
    at = known_moment(shown.get("created_time")) or moment(told.get("created_time"))
    row = {**shown, "message": words(shown.get("message")) or words(told.get("message"))}
    elsewhere = not post_id.startswith(f"{seen.account_id}_")  # on our own page it is a comment too
    if not comment_id:
        message = objects.post(row, seen, post_id=id_at(told, "post_id"), at=at, mention=elsewhere)
    else:
        place = replace(seen, post_id=post_id)
        parent = known_id(mapping(shown.get("parent")).get("id")) or known_id(
            shown.get("parent_id")
        )
        found = objects.comment(row, place, comment_id=comment_id, parent=parent, at=at)
        message = replace(
            found, address={**found.address, **({"mention": "1"} if elsewhere else {})}
        )
    if message.own:
        return Parsed(ignored=("mention:own",))
    return Parsed(messages=(objects.or_unknown(message),))


def _written(value: Json, seen: Seen) -> datetime:
    """When it was written: its own time, else its entry's. Raises ValueError without either."""
    return known_moment(value.get("created_time")) or _entry_time(seen)


def _happened(value: Json, seen: Seen) -> datetime:
    """When it happened: `created_time` of a removal is that of the comment, its entry's is its own."""
    return seen.at or moment(value.get("created_time"))


def _entry_time(seen: Seen) -> datetime:
    if seen.at is None:
        raise ValueError("tanpa waktu")
    return seen.at
