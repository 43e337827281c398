"""Chats → frozen values: webhook events, conversations asked for, profiles (platforms.md §5.1, §6.1).

Pure, and nothing raises: what cannot be read becomes a problem of its own.
"""

from datetime import datetime
from typing import Any

from inbox.connectors.base import (
    Author,
    Event,
    EventKind,
    Incoming,
    Parsed,
    Wanted,
    chat_thread,
)
from inbox.connectors.meta.values import (
    STRANGE,
    Json,
    known_id,
    known_moment,
    mapping,
    moment,
    object_id,
    opaque_id,
    rows,
    shown,
    version,
    words,
)
from inbox.connectors.meta_chat import Style
from inbox.connectors.meta_chat.media import UNSUPPORTED, from_conversation, from_webhook

#: Keys of an event that say who and when, not what.
_FRAME = {"sender", "recipient", "timestamp", "prior_message", "is_instagram_business"}
_KEY_LENGTH = 64  # of a retry key given back as metadata; longer ones are another tool's


def event(
    row: Any, account_id: str, *, style: Style, at: datetime | None = None, standby: bool = False
) -> Parsed:
    """One member of `messaging` or `standby`. `at` is the entry's time, for events without their own."""
    try:
        return _event(row, account_id, style, at, standby=standby)
    except STRANGE as error:
        return Parsed(problems=(f"pesan {style.name}: {type(error).__name__} {error}"[:200],))


def conversations(document: Any, account_id: str, *, style: Style) -> Parsed:
    """A page of /conversations with their newest messages, oldest message first."""
    found: list[Incoming] = []
    problems: list[str] = []
    data = mapping(document).get("data")
    if not isinstance(data, list):
        return Parsed(problems=(f"percakapan {style.name}: tanpa data",))
    for talk in data:
        # Newest first, with times in whole seconds: turned round, a quick answer follows its question.
        for row in reversed(rows(mapping(mapping(talk).get("messages")).get("data"))):
            try:
                found.append(_listed(row, talk, account_id, style))
            except STRANGE as error:
                problems.append(f"pesan {style.name}: {type(error).__name__} {error}"[:200])
        if not isinstance(talk, dict):
            problems.append(f"percakapan {style.name}: {shown(talk)}")
    found.sort(key=lambda message: message.written_at)
    return Parsed(messages=tuple(found), problems=tuple(problems))


def profile(document: Any) -> Parsed:
    """The envelope of client.look_up_profile: a name, or nothing where the person shows none."""
    person = known_id(mapping(document).get("id"))
    told = mapping(mapping(document).get("page"))
    first, last = words(told.get("first_name")), words(told.get("last_name"))
    name = words(told.get("name")) or f"{first} {last}".strip()
    handle = words(told.get("username"))
    if not person or not (name or handle):
        return Parsed(ignored=("profile:unknown",))
    return Parsed(profiles=(Author(person, handle=handle, name=name),))


# --- webhooks ----------------------------------------------------------------------------------------


def _event(
    row: Any, account_id: str, style: Style, at: datetime | None, *, standby: bool
) -> Parsed:
    if not isinstance(row, dict):
        raise TypeError(shown(row))
    happened = known_moment(row.get("timestamp")) or at
    for key, read in (("message", _message), ("message_edit", _edit), ("postback", _postback)):
        if key in row:
            if happened is None:
                raise ValueError("tanpa waktu")
            if not isinstance(row[key], dict):
                raise TypeError(f"{key} {shown(row[key])}")
            return read(row, account_id, style, happened, standby=standby)
    kinds = sorted(words(key)[:40] for key in row if key not in _FRAME)
    if not kinds:
        raise ValueError("tanpa isi")
    return Parsed(ignored=tuple(f"messaging:{kind}" for kind in kinds))


def _ends(row: Json, account_id: str, *, echo: bool) -> tuple[str, bool]:
    """(the citizen, whether we wrote): sender and recipient are swapped in an echo (§5.1)."""
    sender = known_id(mapping(row.get("sender")).get("id"))
    recipient = known_id(mapping(row.get("recipient")).get("id"))
    own = echo or sender == account_id
    person = recipient if own else sender
    if not person:
        raise ValueError("tanpa penerima" if own else "tanpa pengirim")
    return person, own


def _message(row: Json, account_id: str, style: Style, at: datetime, *, standby: bool) -> Parsed:
    told = row["message"]
    mid = opaque_id(told.get("mid"))
    if told.get("is_deleted") is True:
        return Parsed(
            events=(
                Event(
                    EventKind.REMOVED, at, object_class="chat", external_id=mid,
                    account_id=account_id, version=version(at, changed=True),
                ),
            )
        )  # fmt: skip
    person, own = _ends(row, account_id, echo=told.get("is_echo") is True)
    if told.get("is_self") is True or person == account_id:
        return Parsed(ignored=("messaging:self",))
    text, media = words(told.get("text")), from_webhook(told, keep=style.keep_media)
    if told.get("is_unsupported") is True or not (text or media):
        media = (*media, UNSUPPORTED)
    metadata = words(told.get("metadata"))
    message = Incoming(
        object_class="chat",
        external_id=mid,
        current_id=mid,
        thread_id=chat_thread(account_id, person),
        author=Author(account_id if own else person),
        text=text,
        written_at=at,
        own=own,
        replies_to=_quoted(told),
        media=media,
        account_id=account_id,
        version=version(at),
        address={"standby": "1"} if standby else {},
        echo_of=metadata if own and len(metadata) <= _KEY_LENGTH else "",
    )
    return Parsed(messages=(message,), wanted=() if own else (_name_of(person, account_id),))


def _edit(row: Json, account_id: str, style: Style, at: datetime, *, standby: bool) -> Parsed:
    del style, standby
    told = row["message_edit"]
    count = told.get("num_edit")
    step = count if isinstance(count, int) and not isinstance(count, bool) else 0
    edited = Event(
        EventKind.EDITED,
        at,
        object_class="chat",
        external_id=opaque_id(told.get("mid")),
        account_id=account_id,
        version=version(at, changed=True, step=step),
        text=words(told.get("text")),
    )
    return Parsed(events=(edited,))


def _postback(row: Json, account_id: str, style: Style, at: datetime, *, standby: bool) -> Parsed:
    """A button that was pressed is a word of the citizen, and opens the window (§5.2). Under `standby`
    the payload is missing."""
    del style
    told = row["postback"]
    person, own = _ends(row, account_id, echo=False)
    if own:
        return Parsed(ignored=("messaging:self",))
    mid = told.get("mid") or f"postback:{account_id}:{person}:{int(at.timestamp() * 1000)}"
    text = words(told.get("title")) or words(told.get("payload")) or "[tombol]"
    message = Incoming(
        object_class="chat",
        external_id=opaque_id(mid),
        current_id=opaque_id(mid),
        thread_id=chat_thread(account_id, person),
        author=Author(person),
        text=text,
        written_at=at,
        account_id=account_id,
        version=version(at),
        address={"standby": "1"} if standby else {},
    )
    return Parsed(messages=(message,), wanted=(_name_of(person, account_id),))


def _name_of(person: str, account_id: str) -> Wanted:
    """Webhooks tell ids only: the name has to be asked for."""
    return Wanted("profile", person, account_id)


def _quoted(told: Json) -> str:
    """The message this one answers, where it says so."""
    try:
        return opaque_id(mapping(told.get("reply_to")).get("mid"))
    except ValueError:
        return ""


# --- conversations -----------------------------------------------------------------------------------


def _listed(row: Any, talk: Any, account_id: str, style: Style) -> Incoming:
    """One message of a conversation. Ours names the citizen in `to`, or the conversation does."""
    if not isinstance(row, dict):
        raise TypeError(shown(row))
    mid, at = opaque_id(row.get("id")), moment(row.get("created_time"))
    writer = mapping(row.get("from"))
    author = object_id(writer.get("id"), "pengirim")
    own = author == account_id
    person = _other(row, talk, account_id) if own else author
    text, media = words(row.get("message")), from_conversation(row, keep=style.keep_media)
    if row.get("is_unsupported") is True or not (text or media):
        media = (*media, UNSUPPORTED)
    return Incoming(
        object_class="chat",
        external_id=mid,
        current_id=mid,
        thread_id=chat_thread(account_id, person),
        author=Author(author, handle=words(writer.get("username")), name=words(writer.get("name"))),
        text=text,
        written_at=at,
        own=own,
        replies_to=_quoted(row),
        media=media,
        account_id=account_id,
        version=version(at),
    )


def _other(row: Json, talk: Any, account_id: str) -> str:
    """Whom we wrote to."""
    listed = (*rows(mapping(row.get("to")).get("data")),
              *rows(mapping(mapping(talk).get("participants")).get("data")))  # fmt: skip
    ids = (known_id(mapping(each).get("id")) for each in listed)
    person = next((each for each in ids if each and each != account_id), "")
    if not person:
        raise ValueError("tanpa penerima")
    return person
