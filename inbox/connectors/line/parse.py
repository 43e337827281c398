"""LINE's webhook bodies and profiles → frozen values. Pure: the same bytes give the same values.

Own JSON parsing (platforms.md §7.2): the SDK's parser drops `message` and `userId` of every event it
does not know, and loses a whole batch for one event without `webhookEventId`.
"""

import json
from dataclasses import dataclass, field

from inbox.connectors.base import (
    Author,
    Event,
    EventKind,
    Incoming,
    Media,
    Parsed,
    Wanted,
    chat_thread,
)
from inbox.connectors.line.fields import (
    Json,
    Unreadable,
    clean,
    identity,
    inner,
    milliseconds,
    moment,
    optional,
    optional_id,
)
from inbox.connectors.line.media import media_of

MAX_TOKEN = 500  # characters; LINE names no length for reply and quote tokens


@dataclass(slots=True)
class _Found:
    """What one body meant, while it is read."""

    account_id: str
    messages: list[Incoming] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    wanted: dict[str, Wanted] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Source:
    """Where an event happened: `to` is the chat (a person, a group or a room), `user` who did it."""

    to: str
    user: str  # "" where LINE names nobody (groups)
    group: str = ""  # "group" or "room"; "" for a private chat


def load(body: bytes) -> Json:
    """The body's JSON object. Raises Unreadable."""
    try:
        page = json.loads(body)
    except (ValueError, RecursionError) as error:
        msg = f"bukan JSON: {error}"
        raise Unreadable(msg[:200]) from error
    if not isinstance(page, dict):
        msg = "bentuk tidak dikenal: bukan objek JSON"
        raise Unreadable(msg)
    return page


def parse(body: bytes, account_id: str, feed: str) -> Parsed:
    """What `body` means for `account_id` (the bot's user id). Never raises.

    Events of another destination are not ours and leave nothing; where the body names none, its
    signature said whose it is, so it is read and told as a problem. An event that cannot be read
    becomes a problem and hides none of its neighbours.
    """
    try:
        page = load(body)
        if feed == "lookup":
            return _profile(page)
        destination = optional_id(page, "destination")
        if destination not in ("", account_id):
            return Parsed()
        events = page.get("events")
        if not isinstance(events, list):
            return Parsed(problems=("events tidak ada atau rusak",))
    except Unreadable as error:
        return Parsed(problems=(str(error),))
    found = _Found(account_id)
    if not destination:
        found.problems.append("destination tidak ada atau rusak")
    for number, event in enumerate(events, start=1):
        try:
            if not isinstance(event, dict):
                found.problems.append(f"kejadian ke-{number} tidak terbaca: bukan objek JSON")
                continue
            _event(event, found)
        except Unreadable as error:
            kind = clean(event.get("type"), 40) or "tanpa jenis"
            found.problems.append(f"kejadian ke-{number} ({kind}) tidak terbaca: {error}")
    return Parsed(
        messages=tuple(found.messages),
        problems=tuple(found.problems),
        events=tuple(found.events),
        wanted=tuple(found.wanted.values()),
        ignored=tuple(found.ignored),
    )


def _profile(page: Json) -> Parsed:
    """The answer of a profile look-up; without a name where LINE does not tell it (404)."""
    author = Author(identity(page, "userId"), name=clean(page.get("displayName"), 200).strip())
    return Parsed(profiles=(author,))


def _event(event: Json, found: _Found) -> None:
    """Read one event into `found`. Raises Unreadable."""
    match event.get("type"):
        case "message":
            _message(event, found)
        case "postback":
            _postback(event, found)
        case "follow" | "unfollow" as kind:
            _following(event, found, kind)
        case "unsend":
            _unsend(event, found)
        case str() as kind:  # join, leave, memberJoined … and what LINE invents next
            found.ignored.append(f"event:{clean(kind, 40)}")
        case _:
            msg = "jenisnya (type) tidak ada atau rusak"
            raise Unreadable(msg)


def _source(event: Json) -> _Source:
    """Who, and in which chat. Raises Unreadable where no chat is named."""
    source = inner(event, "source")
    user = optional_id(source, "userId")
    for kind in ("group", "room"):
        to = optional_id(source, f"{kind}Id")
        if to:
            return _Source(to, user, kind)
    return _Source(identity(source, "userId"), user)


def _message(event: Json, found: _Found) -> None:
    message = inner(event, "message")
    kind = message.get("type")
    if kind == "text" and not isinstance(message.get("text"), str):
        msg = "text tidak ada atau rusak"
        raise Unreadable(msg)
    message_id = identity(message, "id")
    _receive(
        event,
        found,
        message_id=message_id,
        text=clean(message["text"]) if kind == "text" else "",
        media=media_of(message, message_id),
        replies_to=optional_id(message, "quotedMessageId"),
        quote=_token(message, "quoteToken"),
    )


def _postback(event: Json, found: _Found) -> None:
    """A button was pressed: said in the button's words where LINE tells them, else in its data."""
    postback = inner(event, "postback")
    params = optional(postback, "params")
    if "newRichMenuAliasId" in params:  # another page of the menu was opened: nothing was said
        found.ignored.append("postback:richmenuswitch")
        return
    text = clean(postback.get("displayText")) or clean(postback.get("data"))
    picked = [clean(params.get(name)) for name in ("date", "time", "datetime")]
    words = " ".join(word for word in (text, *picked) if word)
    if not words:
        msg = "postback tanpa data"
        raise Unreadable(msg)
    # Without webhookEventId (§7.2: it happens) the same press has the same person and moment.
    derived = f"postback-{milliseconds(event)}-{_source(event).user}"
    _receive(event, found, message_id=optional_id(event, "webhookEventId") or derived, text=words)


def _receive(
    event: Json,
    found: _Found,
    *,
    message_id: str,
    text: str,
    media: tuple[Media, ...] = (),
    replies_to: str = "",
    quote: str = "",
) -> None:
    """One thing said by a citizen, and the wish to know the name behind the id."""
    source, ms = _source(event), milliseconds(event)
    found.messages.append(
        Incoming(
            object_class="chat",
            external_id=message_id,
            current_id=message_id,
            thread_id=chat_thread(found.account_id, source.to),
            author=Author(source.user),
            text=text,
            written_at=moment(ms),
            own=source.user == found.account_id,
            replies_to=replies_to,
            media=media,
            account_id=found.account_id,
            version=f"{ms}0",  # an unsend of the same millisecond (…1) is later
            address=_address(event, source, ms, quote),
        )
    )
    if source.user and source.user not in found.wanted:
        args = {source.group: source.to} if source.group else {}
        found.wanted[source.user] = Wanted("profile", source.user, found.account_id, args)


def _address(event: Json, source: _Source, ms: int, quote: str) -> dict[str, str]:
    """What sending needs: whom to push to, the reply token with the time it was born, the quote token.

    The token's life is counted from the event, not from our receipt: a redelivered event brings an old
    one (§7.2), and equal events must give equal rows.
    """
    address = {"to": source.to}
    if source.group:
        address["group"] = "1"
    if event.get("mode") == "standby":  # another module owns the chat: we may not answer (§7.2)
        return address | {"standby": "1"}
    token = _token(event, "replyToken")
    if token:
        address |= {"token": token, "token_at": moment(ms).isoformat()}
    if quote:
        address["quote"] = quote
    return address


def _token(row: Json, name: str) -> str:
    value = clean(row.get(name), MAX_TOKEN + 1)
    return value if len(value) <= MAX_TOKEN else ""


def _following(event: Json, found: _Found, kind: str) -> None:
    """Befriended or unblocked us, or left: whether this person can be reached."""
    source, ms = _source(event), milliseconds(event)
    if source.group or not source.user:
        found.ignored.append(f"event:{kind}")
        return
    found.events.append(
        Event(
            kind=EventKind.FOLLOWED if kind == "follow" else EventKind.UNFOLLOWED,
            at=moment(ms),
            author=Author(source.user),
            account_id=found.account_id,
            version=f"{ms}1",
        )
    )


def _unsend(event: Json, found: _Found) -> None:
    """Taken back by its author; may come before the message itself (§7.2)."""
    ms = milliseconds(event)
    user = optional_id(optional(event, "source"), "userId")
    found.events.append(
        Event(
            kind=EventKind.REMOVED,
            at=moment(ms),
            object_class="chat",
            external_id=identity(inner(event, "unsend"), "messageId"),
            author=Author(user) if user else None,
            account_id=found.account_id,
            version=f"{ms}1",
        )
    )
