"""Messages of both kinds: sending within the window, conversations, profiles (platforms.md §5, §6.2)."""

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.meta import accounts, errors, events, fields, files, messages, objects, paging, shapes
from sandbox.meta.accounts import Page
from sandbox.meta.call import Answer, Call, Node
from sandbox.meta.fields import Field
from sandbox.meta.messages import Message
from sandbox.meta.switches import switches

TYPES = ("RESPONSE", "UPDATE", "MESSAGE_TAG")
RETIRED_TAGS = ("ACCOUNT_UPDATE", "CONFIRMED_EVENT_UPDATE", "POST_PURCHASE_UPDATE")
ATTACHMENTS = ("image", "audio", "video", "file")
ACTIONS = ("typing_on", "typing_off", "mark_seen", "react", "unreact")
MESSAGE_FIELDS = "id,created_time"
CONVERSATION_FIELDS = "id,link,updated_time"


def send(db: sqlite3.Connection, call: Call, node: Node) -> Answer:
    """POST /{page, Instagram account or me}/messages: to a citizen, or privately for a comment."""
    page = call.page
    if node.value.id != page.id:
        raise errors.gone(node.id, call.method)
    recipient = call.object("recipient")
    if recipient.get("comment_id"):
        return _private_reply(db, call, page, str(recipient["comment_id"]))
    found = accounts.person(db, str(recipient.get("id") or ""))
    if not recipient.get("id"):
        raise errors.bad("param recipient must be non-empty.")
    if found is None or found[1] not in (page.id, page.ig_id):
        raise errors.no_such_recipient()
    person, account = found
    _may_send(db, call, account)
    if person.id in switches(db)["unavailable"]:
        raise errors.unavailable()
    if call.text("sender_action"):
        if call.text("sender_action").lower() not in ACTIONS:
            raise errors.bad("Param sender_action must be one of the documented values")
        return 200, {"recipient_id": person.id}
    text, media, metadata = _content(call, instagram=account == page.ig_id)
    _within_window(db, call, account, person.id)
    return _written(
        db,
        messages.write(
            db,
            account=account,
            person=person.id,
            out=True,
            text=text,
            by="api",
            media=media,
            app_id=accounts.APP_ID,
            metadata=metadata,
            reply_to=_quoted(db, call, person.id),
        ),
    )


def _written(db: sqlite3.Connection, message: Message) -> Answer:
    events.of_message(db, message)
    body = {"recipient_id": message.person, "message_id": message.mid}
    uploaded = next((each["id"] for each in message.media if "id" in each), None)
    return 200, body | ({"attachment_id": uploaded} if uploaded else {})


def _may_send(db: sqlite3.Connection, call: Call, account: str) -> None:
    instagram = accounts.is_instagram(account)
    call.require(db, "instagram_manage_messages" if instagram else "pages_messaging", 10)


def _content(call: Call, *, instagram: bool) -> tuple[str, list[dict[str, Any]], str | None]:
    """Text, attachments and metadata of a message; GraphError 100 for what would not be taken."""
    message = call.object("message")
    text, attachment = str(message.get("text") or ""), message.get("attachment")
    if bool(text.strip()) == bool(attachment):
        raise errors.bad("Either param message[text] or message[attachment] must be given")
    if instagram and len(text.encode()) > messages.IG_BYTE_LIMIT:
        raise errors.bad(
            f"Length of param message[text] must be at most {messages.IG_BYTE_LIMIT} bytes", 2534025
        )
    if len(text) > messages.TEXT_LIMIT:
        raise errors.bad(
            f"Length of param message[text] must be less than or equal to {messages.TEXT_LIMIT}"
        )
    metadata = message.get("metadata")
    if metadata is not None and len(str(metadata)) > messages.METADATA_LIMIT:
        raise errors.bad("Length of param message[metadata] must be less than or equal to 1000")
    return text, _attached(call, attachment), None if metadata is None else str(metadata)


def _attached(call: Call, attachment: Any) -> list[dict[str, Any]]:
    if not attachment:
        return []
    kind = attachment.get("type") if isinstance(attachment, dict) else None
    payload = attachment.get("payload") or {} if isinstance(attachment, dict) else {}
    if kind not in ATTACHMENTS or not isinstance(payload, dict):
        raise errors.bad(f"Param message[attachment][type] must be one of {', '.join(ATTACHMENTS)}")
    return [files.media_of(call, str(kind), str(payload.get("url") or ""))]


def _quoted(db: sqlite3.Connection, call: Call, person: str) -> dict[str, Any] | None:
    wanted = call.object("reply_to") or call.object("message").get("reply_to") or {}
    quoted = messages.get(db, str(wanted.get("mid") or "")) if isinstance(wanted, dict) else None
    return {"mid": quoted.mid} if quoted is not None and quoted.person == person else None


def _within_window(db: sqlite3.Connection, call: Call, account: str, person: str) -> None:
    """The 24 hours, and the seven days for a human agent (§5.2); GraphError when it is shut."""
    kind = call.text("messaging_type") or "RESPONSE"
    if kind not in TYPES:
        raise errors.bad(f"Param messaging_type must be one of {{{', '.join(TYPES)}}}")
    tag = call.text("tag")
    if kind == "MESSAGE_TAG" and not tag:
        raise errors.bad("Param tag is required for messaging_type MESSAGE_TAG")
    if tag and tag != "HUMAN_AGENT":
        why = "is no longer supported" if tag in RETIRED_TAGS else "is not a valid tag"
        raise errors.bad(f"Param tag: {tag} {why}")
    if tag and not switches(db)["human_agent"]:
        raise errors.no_human_agent()
    passed = messages.since_last_inbound(db, account, person)
    allowed = messages.HUMAN_AGENT_S if tag else messages.WINDOW_S
    if passed is None or passed > allowed:
        raise errors.window_closed()


def _private_reply(db: sqlite3.Connection, call: Call, page: Page, comment_id: str) -> Answer:
    """Once per comment, for seven days; it opens no window (§4.3)."""
    of = objects.living(db, comment_id)
    if of is None or not of.is_comment or of.owner not in (page.id, page.ig_id):
        raise errors.gone(comment_id, call.method)
    _may_send(db, call, of.owner)
    if messages.private_reply_to(db, of.id) is not None:
        raise errors.private_reply_used()
    if of.institution:
        raise errors.bad("This comment cannot be replied to privately")
    if not shapes.can_reply_privately(db, of):
        raise errors.window_closed()
    text, media, metadata = _content(call, instagram=of.instagram)
    return _written(
        db,
        messages.write(
            db,
            account=of.owner,
            person=of.author,
            out=True,
            text=text,
            by="api",
            kind="private_reply",
            media=media,
            app_id=accounts.APP_ID,
            metadata=metadata,
            about=of.id,
        ),
    )


def read_conversations(db: sqlite3.Connection, call: Call, node: Node) -> Answer:
    """GET /{page}/conversations?platform=messenger|instagram[&user_id=]."""
    page = call.page
    if node.value.id != page.id:
        raise errors.gone(node.id, call.method)
    platform = call.text("platform").lower() or "messenger"
    if platform not in ("messenger", "instagram"):
        raise errors.bad("Param platform must be one of {MESSENGER, INSTAGRAM}")
    account = page.ig_id if platform == "instagram" else page.id
    _may_send(db, call, account)
    table = (
        "(select person, max(n) as n, max(at) as at from meta_message"
        " where account = ? and deleted is null group by person)"
    )
    one = call.text("user_id")
    span = paging.span_of(call.params)
    found = paging.rows(
        db,
        table,
        "person = ?" if one else "1",
        [account, one] if one else [account],
        order="reverse_chronological",
        span=span,
    )
    wanted = fields.parse(call.text("fields"), CONVERSATION_FIELDS)
    data = [show(db, call, account, row["person"], wanted) for row in found.rows]
    address = call.address(f"{node.id}/conversations")
    return 200, paging.answer(data, found, address=address, params=call.params)


def show(
    db: sqlite3.Connection, call: Call, account: str, person: str, wanted: Sequence[Field]
) -> dict[str, Any]:
    """A conversation with the fields asked for."""
    newest = messages.chat(db, person)
    conversation = messages.conversation(person)

    def nested(field: Field) -> dict[str, Any]:
        return list_messages(db, call, person, call.nested(field), field.sub)

    last = newest[-1] if newest else None
    both = [shapes.person_of(db, last), shapes.account_of(last)] if last else []
    full: shapes.Full = {
        "id": conversation,
        "link": f"/{account}/inbox/{person}/",
        "updated_time": shapes.moment(last.at) if last else None,
        "participants": {"data": both},
        "senders": {"data": both},
        "message_count": len(newest),
        "unread_count": 0,
        "can_reply": True,
        "snippet": last.text if last else None,
        "messages": nested,
    }
    return fields.project(full, wanted, "UnifiedThread")


def list_messages(
    db: sqlite3.Connection,
    call: Call,
    person: str,
    params: Mapping[str, Any],
    wanted: Sequence[Field],
) -> dict[str, Any]:
    """Newest first, and only the twenty newest (§5.1)."""
    lag = float(switches(db)["visibility_lag"])
    span = paging.span_of(params)
    found = paging.rows(
        db,
        "meta_message",
        "person = ? and deleted is null and n in (select n from meta_message where person = ?"
        " and deleted is null order by n desc limit ?)",
        [person, person, messages.READABLE],
        order="reverse_chronological",
        span=span,
        lag=lag,
    )
    chosen = wanted or fields.parse(MESSAGE_FIELDS)
    data = [
        fields.project(shapes.message(db, messages.of_row(row)), chosen, "UnifiedMessage")
        for row in found.rows
    ]
    address = call.address(f"{messages.conversation(person)}/messages")
    return paging.answer(data, found, address=address, params=params)


def read_conversation(db: sqlite3.Connection, call: Call, node: Node) -> Answer:
    """GET /{conversation}."""
    person, account = _known(db, call, node)
    wanted = fields.parse(call.text("fields"), CONVERSATION_FIELDS)
    return 200, show(db, call, account, person, wanted)


def read_messages(db: sqlite3.Connection, call: Call, node: Node) -> Answer:
    """GET /{conversation}/messages."""
    person, _account = _known(db, call, node)
    wanted = fields.parse(call.text("fields"), MESSAGE_FIELDS)
    return 200, list_messages(db, call, person, call.params, wanted)


def read_message(db: sqlite3.Connection, call: Call, node: Node) -> Answer:
    """GET /{message}: only while it is among the twenty newest of its conversation."""
    message: Message = node.value
    if message.account not in (call.page.id, call.page.ig_id):
        raise errors.gone(node.id, call.method)
    _may_send(db, call, message.account)
    newest = messages.chat(db, message.person)[-messages.READABLE :]
    if message.mid not in {each.mid for each in newest}:
        raise errors.gone(node.id, call.method)
    wanted = fields.parse(call.text("fields"), MESSAGE_FIELDS)
    return 200, fields.project(shapes.message(db, message), wanted, "UnifiedMessage")


def read_person(db: sqlite3.Connection, call: Call, node: Node) -> Answer:
    """GET /{PSID or IGSID}: the profile, where the person agreed to show it."""
    person_id, account = _known(db, call, node)
    state = switches(db)["profiles"]
    if state == "consent":
        raise errors.no_consent()
    if state == "gone":
        raise errors.gone(person_id, call.method)
    author = node.value[0]
    first, _space, last = author.name.partition(" ")
    full: shapes.Full = {"id": author.id, "name": author.name, "profile_pic": None}
    if accounts.is_instagram(account):
        full |= {
            "username": author.username,
            "follower_count": 0,
            "is_verified_user": False,
            "is_user_follow_business": False,
            "is_business_follow_user": False,
        }
        return 200, fields.project(
            full, fields.parse(call.text("fields"), "id,name,username"), "IGBusinessScopedID"
        )
    full |= {"first_name": first, "last_name": last, "locale": "id_ID", "timezone": 8}
    default = "id,first_name,last_name,profile_pic"
    return 200, fields.project(full, fields.parse(call.text("fields"), default), "Profile")


def _known(db: sqlite3.Connection, call: Call, node: Node) -> tuple[str, str]:
    """The citizen's id and the account he knows; GraphError when he is another page's."""
    author, account = node.value
    if account not in (call.page.id, call.page.ig_id):
        raise errors.gone(node.id, call.method)
    _may_send(db, call, account)
    return author.id, account


ROUTES = {
    ("POST", "page", "messages"): send,
    ("POST", "ig", "messages"): send,
    ("GET", "page", "conversations"): read_conversations,
    ("GET", "conversation", ""): read_conversation,
    ("GET", "conversation", "messages"): read_messages,
    ("GET", "message", ""): read_message,
    ("GET", "person", ""): read_person,
}
