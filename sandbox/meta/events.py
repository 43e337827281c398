"""What Meta tells by webhook of objects and messages (platforms.md §4.2, §5.1, §6.1)."""

import sqlite3
from typing import Any

from sandbox.meta import accounts, hooks
from sandbox.meta.messages import Message
from sandbox.meta.objects import Object
from sandbox.meta.switches import switches

STRANGE = "hologram"  # an item, verb or attachment type that nobody knows yet


def names_author(db: sqlite3.Connection, of: Object, *, seen_by: str | None = None) -> bool:
    """Does Facebook say who wrote this? Always of the page's own, of others by switch."""
    if of.author == (seen_by or of.owner):
        return True
    turned = switches(db)
    allowed = "pages_read_user_content" not in turned["missing"]
    return of.shows_author and bool(turned["names_authors"]) and allowed


def of_object(
    db: sqlite3.Connection, of: Object, verb: str = "add", *, strange: bool = False
) -> None:
    """Tells of something that was added, edited, removed, hidden or unhidden.

    Instagram tells of added comments and of nothing else (§6.1).
    """
    delay = hooks.OWN_DELAY_S if of.by == "api" or of.institution else 0.0
    if of.instagram:
        _instagram(db, of, verb, delay, strange=strange)
        return
    if accounts.page(of.owner) is not None:
        hooks.change(
            db, of.owner, "feed", _feed(db, of, verb, strange=strange), delay=delay, force=strange
        )
    if verb == "add":
        for page in of.tags:
            if page not in (of.owner, of.author):
                hooks.change(db, page, "mention", _mention(of), delay=delay)


def _feed(db: sqlite3.Connection, of: Object, verb: str, *, strange: bool) -> dict[str, Any]:
    if verb == "edited":
        verb = str(switches(db)["edit_verb"])
    value: dict[str, Any] = {"item": _item(of), "verb": STRANGE if strange else verb}
    if names_author(db, of):
        value["from"] = {"id": of.author, "name": of.name}
    value["post_id"] = of.root
    if of.is_comment:
        value |= {"comment_id": of.id, "parent_id": of.parent or of.root}
    if verb in ("add", "edit", "edited"):
        if of.text:
            value["message"] = of.text
        photo = next(
            (each.get("url") for each in of.media if each["type"] in ("image", "photo")), None
        )
        if photo is not None:
            value["photo" if of.is_comment else "link"] = photo
    value["created_time"] = int(of.at)
    if of.is_comment and verb == "add":
        value["post"] = {
            "id": of.root,
            "permalink_url": permalink(of.root),
            "status_type": "mobile_status_update",
            "is_published": True,
        }
    if not of.is_comment:
        value |= {"is_hidden": of.hidden} if not of.own else {"published": 1}
    return value


def _item(of: Object) -> str:
    if of.is_comment:
        return "comment"
    if not of.own:
        return "post"
    return "photo" if of.media else "status"


def _mention(of: Object) -> dict[str, Any]:
    """The samples carry no `from` (§4.2)."""
    value: dict[str, Any] = {
        "item": "comment" if of.is_comment else "post",
        "verb": "add",
        "post_id": of.root,
    }
    if of.is_comment:
        value["comment_id"] = of.id
    return {**value, "message": of.text, "created_time": int(of.at)}


def _instagram(
    db: sqlite3.Connection, of: Object, verb: str, delay: float, *, strange: bool
) -> None:
    if verb != "add":
        return
    if of.is_comment and accounts.is_instagram(of.owner):
        value: dict[str, Any] = {"id": of.id}
        if of.shows_author:
            value["from"] = {"id": of.author, "username": of.username}
            if of.own:
                value["from"]["self_ig_scoped_id"] = f"68{of.author[2:]}"
        value["text"] = of.text
        value["media"] = {"id": of.root, "media_product_type": "FEED"}
        if of.parent:
            value["parent_id"] = of.parent
        field = STRANGE if strange else "comments"
        hooks.change(db, of.owner, field, value, delay=delay, force=strange)
    for account in of.tags:
        if account in (of.owner, of.author) or account.startswith("photo:"):
            continue
        named = {"media_id": of.root}
        if of.is_comment:
            named["comment_id"] = of.id
        hooks.change(db, account, "mentions", named, delay=delay)


def of_message(db: sqlite3.Connection, message: Message, *, strange: bool = False) -> None:
    """Tells of a new message, of a postback, or (an echo) of one of ours."""
    if message.kind == "postback":
        event = {
            **_between(message),
            "postback": {"mid": message.mid, "title": message.text, "payload": message.text},
        }
        hooks.messaging(db, message.account, "messaging_postbacks", event)
        return
    body: dict[str, Any] = {"mid": message.mid}
    if message.out:
        body["is_echo"] = True
        if not message.instagram:
            body["app_id"] = int(message.app_id or accounts.INBOX_APP_ID)
            body["metadata"] = message.metadata or ""
    if message.text:
        body["text"] = message.text
    attached = [
        {"type": each["type"], "payload": each.get("payload") or _payload(each)}
        for each in message.media
    ]
    if strange:
        attached.append({"type": STRANGE, "payload": {"beam": True}})
    if attached:
        body["attachments"] = attached
    if message.reply_to:
        body["reply_to"] = message.reply_to
    echo = message.out and not message.instagram
    hooks.messaging(
        db,
        message.account,
        "message_echoes" if echo else "messages",
        {**_between(message), "message": body},
        delay=hooks.OWN_DELAY_S if message.out else 0.0,
    )


def _payload(media: dict[str, Any]) -> dict[str, Any]:
    """What an attachment carries: its address; view-once media come without (§6.1)."""
    return {"url": media["url"]} if media.get("url") else {}


def of_message_edit(db: sqlite3.Connection, message: Message) -> None:
    """Tells of another text."""
    edited = {"mid": message.mid, "text": message.text, "num_edit": message.edits}
    hooks.messaging(
        db,
        message.account,
        "message_edit" if message.instagram else "message_edits",
        {**_between(message), "message_edit": edited},
    )


def of_unsend(db: sqlite3.Connection, message: Message) -> None:
    """Tells that a message was taken back: the same mid again (§6.1)."""
    body: dict[str, Any] = {"mid": message.mid, "is_deleted": True}
    if message.out:
        body["is_echo"] = True
    echo = message.out and not message.instagram
    hooks.messaging(
        db,
        message.account,
        "message_echoes" if echo else "messages",
        {**_between(message), "message": body},
    )


def _between(message: Message) -> dict[str, Any]:
    """Sender and recipient, swapped for an echo; the time in milliseconds."""
    ends = [message.account, message.person]
    sender, recipient = ends if message.out else ends[::-1]
    return {
        "sender": {"id": sender},
        "recipient": {"id": recipient},
        "timestamp": int(message.at * 1000),
    }


def permalink(object_id: str, comment: str | None = None) -> str:
    """The address of a post, or of a comment under it, on Facebook."""
    owner, _bar, number = object_id.partition("_")
    address = f"https://www.facebook.com/{owner}/posts/{number}"
    return f"{address}?comment_id={comment.rpartition('_')[2]}" if comment else address
