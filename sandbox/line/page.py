"""LINE's chats as citizens see them on the phone."""

import base64
import sqlite3
from typing import Any

import httpx2
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from sandbox.core import media, pages
from sandbox.core.chat_pages import Bubble, Chat, ChatPages, Draft, Row
from sandbox.core.courier import local
from sandbox.core.pages import Piece
from sandbox.core.store import store
from sandbox.line import accounts, messages, writing
from sandbox.line.accounts import Account, CannotWrite
from sandbox.line.bodies import MEDIA, STICKERS
from sandbox.line.messages import Message

FETCH_S = 5.0
#: what a button of the form does, beside messages -> LINE's name for it
DEEDS = {
    "tombol": "postback",
    "ikuti": "follow",
    "blokir": "unfollow",
    "undang": "join",
    "keluarkan": "leave",
}


class LineChats(ChatPages):
    """The chats of both official accounts, with citizens and in groups."""

    slug, tab, title, ledger = "line", "line", "LINE", "line"
    features = frozenset({"group", "stickers", "location", "postback", "follow"})

    def urls(self) -> list[URLPattern]:
        """The chats, and pictures that stand elsewhere on this machine."""
        return [*super().urls(), path("line/gambar/<str:message_id>", picture, name="line-picture")]

    def houses(self, db: sqlite3.Connection) -> list[tuple[str, str]]:
        """The official accounts."""
        return [(each.basic_id, each.name) for each in accounts.accounts(db)]

    def rows(self, db: sqlite3.Connection, limit: int) -> list[Row]:
        """Chats with messages, the newest first; then friends and groups where nobody wrote yet."""
        found = db.execute(
            "select account, thread, max(id) as latest from line_message group by account, thread"
            " order by latest desc limit ?",
            (limit,),
        ).fetchall()
        silent = db.execute(
            "select account, user_id as thread, null as latest from line_friend f where not exists"
            " (select 1 from line_message m where m.account = f.account and m.thread = f.user_id)"
            " union all select account, group_id, null from line_group g where not exists"
            " (select 1 from line_message m where m.account = g.account and m.thread = g.group_id)"
            " limit ?",
            (limit - len(found),),
        ).fetchall()
        rows = [self._row(db, each) for each in (*found, *silent)]
        return [each for each in rows if each is not None]

    def chat(self, db: sqlite3.Connection, key: str) -> Chat | None:
        """The chat of `<number of the account>-<user or group id>`."""
        who, thread = _parts(db, key)
        if who is None:
            return None
        group = accounts.group_of(db, who, thread)
        person = accounts.person(db, thread)
        if group is None and person is None:
            return None
        standing = accounts.standing(db, who, thread)
        found = messages.thread(db, who.user_id, thread)
        return Chat(
            key=key,
            name=group.name if group else person.name if person else "",
            house=who.name,
            account=who.basic_id,
            bubbles=[_bubble(db, who, each, group=group is not None) for each in found],
            group=group is not None,
            note=_("Warga ini memblokir akun itu.") if standing["blocked"] else "",
        )

    def write(self, db: sqlite3.Connection, draft: Draft) -> str:
        """Messages and deeds of a citizen; natively a text in LINE's own app."""
        who, wish = _wish(db, draft)
        if draft.native:
            if draft.kind != "pesan" or draft.upload:
                raise CannotWrite(_("Dari aplikasi LINE, institusi di sini hanya menulis teks."))
            return _key(who, writing.write(db, {**wish, "as": "native"}).thread)
        todo: list[dict[str, Any]] = []
        if draft.kind in DEEDS:
            todo.append({**wish, "type": DEEDS[draft.kind]})
        elif draft.kind.startswith("stiker-"):
            todo.append({**wish, "type": "sticker", "sticker": _sticker(draft.kind)})
        elif draft.kind == "lokasi":
            todo.append({**wish, "type": "location"})
        else:
            if draft.text.strip() or not draft.upload:
                todo.append({**wish, "type": "text"})
            if draft.upload:
                file = base64.b64encode(draft.upload.body).decode()
                more = {"file": file, "file_name": draft.upload.name, "type": draft.upload.kind}
                todo.append({**wish, **more, "text": "", "quoted": None})
        written = [writing.write(db, each) for each in todo]
        return _key(who, written[0].thread)

    def unsend(self, db: sqlite3.Connection, key: str) -> None:
        """A citizen takes a message back."""
        message = messages.get(db, key)
        if message is None:
            raise CannotWrite(_("Pesan itu sudah tidak ada."))
        writing.unsend(db, message)

    def notice(self, kind: str) -> str:
        """What a deed did, since the chat does not show it."""
        return {
            "tombol": _("Warga menekan tombol menu."),
            "ikuti": _("Warga mengikuti akun ini."),
            "blokir": _("Warga memblokir akun ini."),
            "undang": _("Akun ini diundang ke grup."),
            "keluarkan": _("Akun ini dikeluarkan dari grup."),
        }.get(kind, "")

    def _row(self, db: sqlite3.Connection, row: sqlite3.Row) -> Row | None:
        who = accounts.account(db, row["account"])
        group = accounts.group_of(db, who, row["thread"])
        person = accounts.person(db, row["thread"])
        last = messages.get(db, row["latest"]) if row["latest"] else None
        name = group.name if group else person.name if person else ""
        if not name:
            return None
        said = _("Belum ada pesan")
        if last is not None:
            said = _("Pesan dibatalkan") if last.unsent is not None else _said(last)
        if last is not None and last.by != "citizen":
            said = f"{_('Institusi')}: {said}"
        return Row(
            key=_key(who, row["thread"]),
            name=name,
            house=who.name,
            snippet=said,
            when=pages.when(last.at) if last else "",
            face=pages.face(name),
        )


def _key(who: Account, thread: str) -> str:
    return f"{who.n}-{thread}"


def _parts(db: sqlite3.Connection, key: str) -> tuple[Account | None, str]:
    number, _dash, thread = key.partition("-")
    found = [each for each in accounts.accounts(db) if str(each.n) == number]
    return (found[0] if found else None), thread


def _wish(db: sqlite3.Connection, draft: Draft) -> tuple[Account, dict[str, Any]]:
    """Account, citizen and group of a form, as `writing.write` wants them."""
    who, thread = _parts(db, draft.chat)
    wish: dict[str, Any] = {"as": "citizen", "text": draft.text, "quoted": draft.quote or None}
    if who is None:
        who = accounts.account(db, draft.house)
        return who, {**wish, "account": who.basic_id, "name": draft.name, "group": draft.group}
    wish["account"] = who.basic_id
    group = accounts.group_of(db, who, thread)
    if group is None:
        return who, {**wish, "user_id": thread}
    wish |= {"group": group.name, "room": group.kind == "room"}
    known = [accounts.person(db, each) for each in accounts.members(db, group)]
    same = [each for each in known if each and (draft.native or each.name == draft.name)]
    # somebody of that name who is in the group already writes on as the same person
    return who, wish | ({"user_id": same[0].user_id} if same else {"name": draft.name})


def _sticker(kind: str) -> dict[str, str]:
    number = kind.removeprefix("stiker-")
    return STICKERS[int(number) % len(STICKERS) if number.isascii() and number.isdigit() else 0]


def _said(of: Message) -> str:
    """A message in a few words: its text, or what it is."""
    words = {
        "sticker": _("Stiker"),
        "image": _("Foto"),
        "video": _("Video"),
        "audio": _("Pesan suara"),
        "file": _("Berkas"),
        "location": _("Lokasi"),
    }
    return words.get(of.kind) or of.text


def _bubble(db: sqlite3.Connection, who: Account, of: Message, *, group: bool) -> Bubble:
    gone = of.unsent is not None
    person = accounts.person(db, of.author)
    mine = of.by == "citizen"
    quoted = messages.get(db, of.quoted) if of.quoted and not gone else None
    above = ""
    if quoted is not None:
        above = _("Pesan dibatalkan") if quoted.unsent is not None else _said(quoted)
    marks = [] if mine else [_("dari aplikasi LINE") if of.by == "native" else _("dari meja humas")]
    if not of.reached:
        marks.append(_("tidak terlihat warga, akunnya diblokir"))
    return Bubble(
        key=str(of.id),
        mine=mine,
        text="" if gone or of.kind in (*MEDIA, "sticker", "location") else of.text,
        at=of.at,
        who=person.name if group and person else "" if mine else who.name,
        face=None if mine else pages.face(who.name, office=True),
        pieces=[] if gone else _pieces(of),
        quote=above,
        marks=[] if gone else marks,
        gone=gone,
        can_quote=not gone and of.kind in messages.QUOTABLE,
        can_unsend=not gone and mine,
    )


def _pieces(of: Message) -> list[Piece]:
    if of.kind == "sticker":
        known = [each["stickerId"] for each in STICKERS]
        chosen = str(of.body.get("stickerId", ""))
        drawn = known.index(chosen) if chosen in known else 0
        return [Piece("sticker", reverse("static", args=[f"sandbox/stiker-{drawn}.svg"]))]
    if of.kind == "location":
        text = f"{of.body.get('title', '')}\n{of.body.get('address', '')}".strip()
        return [Piece("location", text=text)]
    if of.kind not in MEDIA:
        return []
    provider = of.body.get("contentProvider")
    elsewhere = of.by != "citizen" or (
        isinstance(provider, dict) and provider.get("type") == "external"
    )
    url = f"/_sandbox/line/media/{of.id}"
    if elsewhere:
        url = reverse("line-picture", args=[of.id]) if of.kind == "image" else ""
    return [Piece(of.kind, url, str(of.body.get("fileName", "")))]


@require_GET
def picture(_request: HttpRequest, message_id: str) -> HttpResponse:
    """GET /line/gambar/ID: the picture a message points to, fetched as LINE's own servers do.

    Only from this machine and its own network; 404 for anything else and for what is no picture.
    """
    with store().read() as db:
        message = messages.get(db, message_id)
    body = message.body if message is not None and message.unsent is None else {}
    provider = body.get("contentProvider")
    given = provider if isinstance(provider, dict) else body
    url = str(given.get("previewImageUrl") or given.get("originalContentUrl") or "")
    if not local(url):
        return HttpResponse(status=404)
    try:
        answer = httpx2.get(url, timeout=FETCH_S, follow_redirects=False, trust_env=False)
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError):
        return HttpResponse(status=404)
    mime = media.mime_of(answer.content)
    if answer.status_code != 200 or not mime.startswith("image/"):
        return HttpResponse(status=404)
    return HttpResponse(answer.content, content_type=mime)
