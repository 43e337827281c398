"""Direct messages as API v2 lists them and as webhooks bring them (v1.1) → Incoming (platforms.md §2.2, §2.3)."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from inbox.connectors.base import Author, Incoming, Media, chat_thread
from inbox.connectors.x.posts import medium
from inbox.connectors.x.values import (
    Json,
    handle_of,
    id_of,
    ident,
    moment,
    obj,
    rows,
    soft,
    typed_text,
    word,
)

MESSAGE = "MessageCreate"
_PRIVATE_HOSTS = (".twitter.com", ".x.com")  # hand files out to the account's keys only


def of_page(
    event: Json, users: Mapping[str, Json], media: Mapping[str, Json], account_id: str
) -> Incoming | None:
    """One row of /2/dm_events; None for joining and leaving. Raises values.UNREADABLE."""
    if event.get("event_type", MESSAGE) != MESSAGE:
        return None
    keys = obj(event.get("attachments")).get("media_keys")
    shown = [media.get(str(key), {}) for key in keys] if isinstance(keys, list) else []
    return _message(
        number=id_of(event),
        sender=id_of(event, "sender_id"),
        conversation=soft(event.get("dm_conversation_id")),
        recipient="",
        text=_text(soft(event.get("text")), event.get("entities"), shown=bool(shown)),
        told=event.get("created_at"),
        media=tuple(_private(medium(row)) for row in shown),
        users=users,
        account_id=account_id,
    )


def of_hook(event: Json, users: Mapping[str, Json], account_id: str) -> Incoming | None:
    """One of `direct_message_events`; None for anything but a message. Raises values.UNREADABLE."""
    if event.get("type") != "message_create":
        return None
    create = event["message_create"]
    data = obj(create.get("message_data"))
    attachment = obj(data.get("attachment"))
    return _message(
        number=id_of(event),
        sender=id_of(create, "sender_id"),
        conversation=soft(event.get("dm_conversation_id") or create.get("dm_conversation_id")),
        recipient=_recipient(obj(create.get("target"))),
        text=_text(word(data.get("text", "")), data.get("entities"), shown=bool(attachment)),
        told=event.get("created_timestamp"),
        media=_attached(attachment),
        users=users,
        account_id=account_id,
    )


def _message(
    *,
    number: str,
    sender: str,
    conversation: str,
    recipient: str,
    text: str,
    told: object,
    media: tuple[Media, ...],
    users: Mapping[str, Json],
    account_id: str,
) -> Incoming:
    """Conversations of two are named by both ids, those of groups by one number (§2.2)."""
    own = sender == account_id
    pair = [part for part in conversation.split("-") if part]
    group = len(pair) == 1
    if group:
        thread, address = ident(conversation), {"conversation": conversation, "group": "1"}
    else:
        people = [ident(part) for part in (*pair, sender, recipient) if part]
        if account_id not in people or len(people) < 2:
            raise ValueError("bukan percakapan akun ini")
        others = [person for person in people if person != account_id]
        thread, address = others[0] if others else account_id, {}
    user = users.get(sender, {})
    return Incoming(
        object_class="chat",
        external_id=number,
        current_id=number,
        thread_id=chat_thread(account_id, thread),
        author=Author(external_id=sender, handle=handle_of(user), name=soft(user.get("name"))),
        text=text,
        written_at=moment(told, number),
        own=own,
        media=media,
        account_id=account_id,
        version=number,
        address=address,
    )


def _recipient(target: Json) -> str:
    return id_of(target, "recipient_id") if "recipient_id" in target else ""


def _text(text: str, entities: object, *, shown: bool) -> str:
    return typed_text(word(text), entities, attached=shown)


def _attached(attachment: Json) -> tuple[Media, ...]:
    """The one attachment a message can have, in v1.1's words."""
    if not attachment:
        return ()
    kind = soft(attachment.get("type"))
    row = obj(attachment.get(kind))
    if kind == "media":
        address = soft(row.get("media_url_https"))
        film = rows(obj(row.get("video_info")).get("variants"))
        variants = [{**each, "bit_rate": each.get("bitrate", 0)} for each in film]
        return (
            _private(
                medium({"type": row.get("type"), "url": address, "variants": variants or None})
            ),
        )
    if kind == "location":
        place = obj(row.get("shared_place")).get("place")
        return (Media("location", alt=soft(obj(place).get("full_name")) or "lokasi"),)
    return (Media("file", alt=f"jenis tak dikenal: {kind or '?'}"[:100]),)


def _private(found: Media) -> Media:
    """Files of messages are handed out to our keys only: their address becomes a `fetch_id`."""
    try:
        host = urlsplit(found.url).hostname or ""
    except ValueError:
        return found
    if not f".{host}".endswith(_PRIVATE_HOSTS):
        return found
    return Media(found.kind, alt=found.alt, fetch_id=found.url)
