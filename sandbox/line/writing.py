"""What citizens do on LINE, and what staff type in LINE's own app (platforms.md §7.2, §7.5)."""

import base64
import binascii
import sqlite3
import zlib
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from sandbox.core import ledger, media
from sandbox.line import accounts, events, messages
from sandbox.line.accounts import CannotWrite, Person
from sandbox.line.bodies import MEDIA, body_for, text_of
from sandbox.line.events import Scene
from sandbox.line.messages import Message

MESSAGES = {"text", "sticker", "location", "unknown", *MEDIA}
# what else can happen, and whether its event brings a reply token
HAPPENINGS = {
    "postback": True,
    "follow": True,
    "unfollow": False,
    "join": True,
    "leave": False,
    "unknown_event": False,
}
TYPES = sorted(MESSAGES | set(HAPPENINGS))


@dataclass(frozen=True, slots=True)
class Written:
    """What came of it: the message's id (or that of the event), and where."""

    id: str
    user_id: str
    thread: str


def write(db: sqlite3.Connection, wish: dict[str, Any]) -> Written:
    """A citizen (`as`: citizen) or the institution in LINE's own app (native) does something.

    `wish`: as, account?, name, handle?, user_id?, type, text, group?, room?, quoted?, friend?, and
    what `bodies` reads of it. A native answer goes to the chat of the named citizen or group and
    produces nothing else. CannotWrite says why not.
    """
    who = accounts.account(db, wish.get("account"))
    person = accounts.citizen(
        db,
        handle=str(wish.get("handle") or ""),
        name=str(wish.get("name") or ""),
        user_id=str(wish.get("user_id") or ""),
    )
    where = None
    if wish.get("group"):
        kind = "room" if wish.get("room") else "group"
        where = accounts.group(db, who, str(wish["group"]), kind=kind)
    hand = str(wish.get("as") or "citizen")
    if hand == "native":
        return _native(db, Scene(who, person, where), person, wish)
    if hand != "citizen":
        raise CannotWrite("as: citizen atau native")
    what = str(wish.get("type") or "text")
    if what not in TYPES:
        raise CannotWrite(f"type: {', '.join(TYPES)}")
    if where is not None:
        accounts.join(db, where, person)
    return (_message if what in MESSAGES else _happening)(
        db, Scene(who, person, where), person, what, wish
    )


def unsend(db: sqlite3.Connection, message: Message) -> None:
    """A citizen takes a message back: gone from the chat, and an unsend event goes out."""
    person = accounts.person(db, message.author)
    if person is None:
        raise CannotWrite(_("Hanya pesan warga yang bisa dibatalkan di sini."))
    if message.unsent is not None:
        return
    messages.unsend(db, message, person.user_id)
    who = accounts.account(db, message.account)
    scene = Scene(who, person, accounts.group_of(db, who, message.thread))
    events.emit(db, scene, "unsend", {"unsend": {"messageId": str(message.id)}})


def _message(
    db: sqlite3.Connection, scene: Scene, person: Person, what: str, wish: dict[str, Any]
) -> Written:
    """One message, or several pictures of one set (`count`)."""
    if scene.where is None:
        if accounts.standing(db, scene.who, person.user_id)["blocked"]:
            raise CannotWrite(_("Warga ini memblokir akun itu. Ia harus mengikutinya lagi dulu."))
        accounts.wrote(db, scene.who, person, friend=bool(wish.get("friend", True)))
    quoted = _quoted(db, wish.get("quoted"))
    count = min(max(1, int(wish.get("count", 1))), 20) if what == "image" else 1
    image_set = accounts.new_id("") if count > 1 else ""
    ids: list[int] = []
    for index in range(1, count + 1):
        more = {**wish, "image_set": (image_set, index, count)} if image_set else wish
        file = _file(wish, what, index)
        body = body_for(scene.who, what, more, len(file))
        message = messages.add(
            db,
            account=scene.who.user_id,
            thread=scene.thread,
            author=person.user_id,
            by="citizen",
            text=text_of(body),
            body=body,
            ledger_name=person.user_id,
            quoted=quoted,
            sent=str(wish.get("text") or ""),
        )
        if file:
            mime = media.mime_of(file)
            name = str(body.get("fileName", ""))
            messages.keep_media(db, message, mime=mime, name=name, body=file)
        _announce(db, scene, message, quoted)
        ids.append(message.id)
    return Written(str(ids[0]), person.user_id, scene.thread)


def _announce(
    db: sqlite3.Connection, scene: Scene, message: Message, quoted: Message | None
) -> None:
    """The message event; with the tokens LINE adds, which stand nowhere else."""
    shape = dict(message.body)
    if message.kind in messages.QUOTABLE:
        shape["quoteToken"] = message.quote_token
    if scene.where is None:
        shape["markAsReadToken"] = messages.read_token(db, message.account, message.thread)
    if quoted is not None:
        shape["quotedMessageId"] = str(quoted.id)
    events.emit(db, scene, "message", {"message": shape}, token=True, about=message.id)


def _happening(
    db: sqlite3.Connection, scene: Scene, person: Person, what: str, wish: dict[str, Any]
) -> Written:
    """Everything that is no message."""
    text = str(wish.get("text") or "")
    kind, more = what, dict[str, Any]()
    if what == "postback":
        params = wish.get("params")
        more["postback"] = {"data": text or "aksi=lacak"}
        if isinstance(params, dict):
            more["postback"]["params"] = params
        accounts.wrote(db, scene.who, person, friend=True)
    elif what == "follow":
        before = accounts.standing(db, scene.who, person.user_id)
        more["follow"] = {"isUnblocked": before["blocked"]}
        accounts.befriend(db, scene.who, person, blocked=False)
    elif what == "unfollow":
        accounts.befriend(db, scene.who, person, blocked=True, friend=False)
    elif what == "unknown_event":
        kind, more = "astrologi", {"astrologi": {"ramalan": text}}
    elif scene.where is None:
        raise CannotWrite(_("Tulis dulu nama grupnya."))
    if what in ("join", "leave"):  # of the account, not of a citizen
        scene = Scene(scene.who, None, scene.where)
    event = events.emit(db, scene, kind, more, token=HAPPENINGS[what])
    ledger.enter(
        db,
        platform="line",
        kind=what,
        ext_id=event["webhookEventId"],
        account=person.user_id,
        text=text,
        sent=text,
        in_reply_to=None,
        by="citizen",
    )
    return Written(str(event["webhookEventId"]), person.user_id, scene.thread)


def _native(db: sqlite3.Connection, scene: Scene, person: Person, wish: dict[str, Any]) -> Written:
    """Staff type in LINE Official Account Manager: it stands in the chat, and nobody is told."""
    text = str(wish.get("text") or "").strip()
    if not text:
        raise CannotWrite(_("Tulis dulu pesannya."))
    message = messages.add(
        db,
        account=scene.who.user_id,
        thread=scene.thread,
        author=scene.who.user_id,
        by="native",
        text=text,
        body={"type": "text", "text": text},
        ledger_name=scene.who.basic_id,
        quoted=_quoted(db, wish.get("quoted")),
    )
    return Written(str(message.id), person.user_id, scene.thread)


def _quoted(db: sqlite3.Connection, value: object) -> Message | None:
    if value in (None, ""):
        return None
    found = messages.get(db, value)
    if found is None or found.unsent is not None:
        raise CannotWrite(_("Pesan yang dikutip sudah tidak ada."))
    return found


def _file(wish: dict[str, Any], what: str, index: int) -> bytes:
    """The file a message carries: what came along (`file`: base64), else a sample of our own."""
    if what not in MEDIA or wish.get("external"):
        return b""
    if not wish.get("file"):
        return media.sample(what, zlib.crc32(str(wish.get("text")).encode()) % 1000 + index)
    try:
        return base64.b64decode(str(wish["file"]), validate=True)
    except binascii.Error:
        raise CannotWrite("file: harus base64") from None
