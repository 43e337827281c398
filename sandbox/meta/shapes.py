"""Objects and messages as the Graph API shows them: everything each can say, before the choice."""

import sqlite3
from typing import Any

from sandbox.core import clock
from sandbox.meta import accounts, events, messages
from sandbox.meta.messages import Message
from sandbox.meta.objects import Object

PRIVATE_REPLY_S = 7 * 86_400  # platforms.md §4.3
type Full = dict[str, Any]


def moment(at: float) -> str:
    """A time as the Graph API writes it: 2026-10-02T08:15:31+0000."""
    return clock.moment(at).strftime("%Y-%m-%dT%H:%M:%S+0000")


def can_reply_privately(db: sqlite3.Connection, of: Object) -> bool:
    """May a private reply be sent for this comment: a citizen's, fresh enough, not yet used?"""
    return (
        of.is_comment
        and not of.institution
        and clock.seconds() - of.at <= PRIVATE_REPLY_S
        and messages.private_reply_to(db, of.id) is None
    )


def count(db: sqlite3.Connection, of: Object) -> int:
    """How many comments stand directly under this."""
    where = "parent = ?" if of.is_comment else "root = ? and parent is null and id != root"
    row = db.execute(
        f"select count(*) as many from meta_object where deleted is null and {where}",  # noqa: S608 - one of two texts of ours
        (of.id,),
    ).fetchone()
    return int(row["many"])


def facebook(db: sqlite3.Connection, of: Object, page: str) -> Full:
    """A post or comment as page `page` reads it; without `from` where Facebook keeps it back."""
    author = None
    if events.names_author(db, of, seen_by=page):
        author = {"id": of.author, "name": of.name}
    full: Full = {
        "id": of.id,
        "from": author,
        "message": of.text or None,
        "created_time": moment(of.at),
        "is_hidden": of.hidden,
        "message_tags": _tags(of),
        "attachments": None,
        "like_count": 0,
        "comments": None,
    }
    return full | (_comment(db, of, page) if of.is_comment else _post(of))


def _comment(db: sqlite3.Connection, of: Object, page: str) -> Full:
    return {
        "parent": {"id": of.parent} if of.parent else None,
        "object": {"id": of.root},
        "can_comment": True,
        "can_hide": of.author != page,
        "can_remove": True,
        "can_like": True,
        "can_reply_privately": can_reply_privately(db, of),
        "comment_count": count(db, of),
        "user_likes": False,
        "attachment": _attachment(of),
        "permalink_url": events.permalink(of.root, of.id),
    }


def _post(of: Object) -> Full:
    picture = next((each.get("url") for each in of.media), None)
    return {
        "story": None,
        "updated_time": moment(of.updated),
        "permalink_url": events.permalink(of.id),
        "parent_id": None,
        "is_published": True,
        "status_type": "added_photos" if of.media else "mobile_status_update",
        "full_picture": picture,
        "attachments": {"data": [_attachment(of)]} if of.media else None,
        "to": None if of.own else {"data": [{"id": of.owner}]},
        "shares": None,
    }


def _tags(of: Object) -> list[dict[str, Any]] | None:
    found = []
    for account in of.tags:
        page = accounts.page(account)
        place = of.text.lower().find("@" + page.name.lower()) if page else -1
        if page is not None:
            found.append(
                {
                    "id": page.id,
                    "name": page.name,
                    "type": "page",
                    "offset": max(place, 0),
                    "length": len(page.name) + 1,
                }
            )
    return found or None


def _attachment(of: Object) -> dict[str, Any] | None:
    for each in of.media:
        url = each.get("url", "")
        photo = each["type"] in ("image", "photo")
        return {
            "type": "photo" if photo else each["type"],
            "url": events.permalink(of.root),
            "target": {"id": of.id, "url": url},
            "media": {"image": {"src": url, "width": 720, "height": 720}} if photo else None,
        }
    return None


def ig_media(of: Object, many: int) -> Full:
    """Instagram media with the number of its comments."""
    kind = "VIDEO" if any(each["type"] == "video" for each in of.media) else "IMAGE"
    return {
        "id": of.id,
        "caption": of.text or None,
        "timestamp": moment(of.at),
        "username": of.username,
        "comments_count": many,
        "like_count": 0,
        "media_type": kind,
        "media_product_type": "FEED",
        "media_url": next((each.get("url") for each in of.media), None),
        "thumbnail_url": None,
        "permalink": f"https://www.instagram.com/p/{of.id[-11:]}/",
        "shortcode": of.id[-11:],
        "owner": {"id": of.author},
        "is_comment_enabled": True,
        "comments": None,
    }


def ig_comment(of: Object) -> Full:
    """An Instagram comment; without author where Instagram keeps it back."""
    shown = of.shows_author
    return {
        "id": of.id,
        "text": of.text,
        "timestamp": moment(of.at),
        "username": of.username if shown else None,
        "from": {"id": of.author, "username": of.username} if shown else None,
        "user": {"id": of.author} if of.institution else None,
        "parent_id": of.parent,
        "hidden": of.hidden,
        "like_count": 0,
        "media": {"id": of.root, "media_product_type": "FEED"},
        "replies": None,
    }


def person_of(db: sqlite3.Connection, message: Message) -> dict[str, str]:
    """The citizen of a message as conversations show him."""
    found = accounts.person(db, message.person)
    author = found[0] if found else accounts.Author(message.person, "", "", institution=False)
    if message.instagram:
        return {"username": author.username, "id": author.id}
    return {"name": author.name, "email": f"{author.id}@facebook.com", "id": author.id}


def account_of(message: Message) -> dict[str, str]:
    """Our own account of a message as conversations show it."""
    own = accounts.institution(message.account)
    if message.instagram:
        return {"username": own.username, "id": own.id}
    return {"name": own.name, "email": f"{own.id}@facebook.com", "id": own.id}


def message(db: sqlite3.Connection, of: Message) -> Full:
    """One message of a conversation."""
    ends = [account_of(of), person_of(db, of)]
    sender, recipient = ends if of.out else ends[::-1]
    return {
        "id": of.mid,
        "created_time": moment(of.at),
        "from": sender,
        "to": {"data": [recipient]},
        "message": of.text,
        "attachments": _attachments(of),
        "sticker": None,
        "tags": {"data": [{"name": "inbox"}]},
        "reply_to": {"mid": of.reply_to["mid"]} if of.reply_to and "mid" in of.reply_to else None,
        "story": _story(of),
        "shares": None,
        "is_unsupported": None,
    }


def _story(of: Message) -> dict[str, Any] | None:
    """The story a message names us in, or answers."""
    mention = next((each for each in of.media if each["type"] == "story_mention"), None)
    if mention is not None:
        return {"mention": {"id": f"{of.n}0", "link": mention.get("url", "")}}
    told = (of.reply_to or {}).get("story")
    return {"reply_to": {"id": told["id"], "link": told["url"]}} if told else None


def _attachments(of: Message) -> dict[str, Any] | None:
    data = []
    for place, each in enumerate(of.media):
        if each["type"] == "story_mention":
            continue
        url = each.get("url", "")
        shape: dict[str, Any] = {
            "id": f"{of.n}{place}",
            "mime_type": each.get("mime", "application/octet-stream"),
            "name": each.get("name", f"lampiran-{place + 1}"),
        }
        if each["type"] == "image":
            shape["image_data"] = {"url": url, "preview_url": url, "width": 720, "height": 720}
        elif each["type"] == "video":
            shape["video_data"] = {"url": url, "preview_url": url}
        else:
            shape["file_url"] = url
        data.append(shape)
    return {"data": data} if data else None
