"""Pictures: uploaded by the application or sent along by citizens (platforms.md §2.4)."""

import base64
import binascii
import sqlite3
import struct
from typing import Any

from django.http import HttpRequest, HttpResponse

from sandbox.core import clock, media
from sandbox.core.store import declare, store
from sandbox.x import errors, posts
from sandbox.x.accounts import User
from sandbox.x.auth import Caller
from sandbox.x.endpoint import Answer, endpoint

declare("""
create table if not exists x_media (
    id integer primary key, owner integer not null, mime text not null, body blob not null,
    at real not null, url text not null
);
""")

LIFE_S = 86_400
MOST = 4
LARGEST = {"image/gif": 15_000_000, "video/mp4": 15_000_000}
LARGEST_IMAGE = 5_000_000
KINDS = {"image/gif": "animated_gif", "video/mp4": "video"}
MEDIA_WRITE = frozenset({"media.write"})


@endpoint("POST /1.1/media/upload.json", user=615)
def upload_v1(request: HttpRequest, caller: Caller) -> Answer:
    """POST /1.1/media/upload.json: one multipart request, as tweepy makes it for pictures."""
    number, body, mime = _taken(request, caller)
    answer: dict[str, Any] = {
        "media_id": number,
        "media_id_string": str(number),
        "media_key": f"3_{number}",
        "size": len(body),
        "expires_after_secs": LIFE_S,
    }
    if mime == "image/png":
        width, height = struct.unpack(">II", body[16:24])
        answer["image"] = {"image_type": mime, "w": width, "h": height}
    return 200, answer


@endpoint("POST /2/media/upload", user=500, scopes=MEDIA_WRITE)
def upload_v2(request: HttpRequest, caller: Caller) -> Answer:
    """POST /2/media/upload: one multipart request with `media` and `media_category`."""
    if not request.POST.get("media_category"):
        raise errors.invalid("$.media_category: is missing", media_category="")
    number, body, _mime = _taken(request, caller)
    return 200, {
        "data": {
            "id": str(number),
            "media_key": f"3_{number}",
            "size": len(body),
            "expires_after_secs": LIFE_S,
        }
    }


def keep(db: sqlite3.Connection, *, owner: int, body: bytes, base: str) -> int:
    """Keeps a file; returns its id. `base` is the sandbox's own address, for its URL."""
    number = posts.next_id(db)
    url = f"{base}/_sandbox/x/media/{number}"
    db.execute(
        "insert into x_media values (?, ?, ?, ?, ?, ?)",
        (number, owner, media.mime_of(body), body, clock.seconds(), url),
    )
    return number


def entry(db: sqlite3.Connection, number: int) -> dict[str, Any]:
    """A kept file as a post or message carries it: media_key, type, url."""
    row = db.execute("select id, mime, url from x_media where id = ?", (number,)).fetchone()
    kind = KINDS.get(row["mime"], "photo")
    where = "url" if kind == "photo" else "preview_image_url"
    return {"media_key": f"3_{row['id']}", "type": kind, where: row["url"]}


def attached(db: sqlite3.Connection, owner: User, ids: object) -> list[dict[str, Any]]:
    """What a post or message carries, by the ids it names; 400 for others' and old ones."""
    if not isinstance(ids, list) or len(ids) > MOST:
        raise errors.invalid("$.media.media_ids: must have 1 to 4 items", media_ids=str(ids))
    found = []
    for each in ids:
        text = str(each)
        row = None
        if text.isascii() and text.isdigit() and len(text) < 20:
            row = db.execute(
                "select id from x_media where id = ? and owner = ? and at > ?",
                (int(text), owner.id, clock.seconds() - LIFE_S),
            ).fetchone()
        if row is None:
            raise errors.invalid("Your media IDs are invalid.", media_ids=text)
        found.append(entry(db, row["id"]))
    return found


def sent_along(db: sqlite3.Connection, value: object, *, base: str) -> list[dict[str, Any]]:
    """The pictures of a citizen's post or message, from a control request.

    A list of objects: with `url` they stand as they are, with `file` (base64) that file is kept,
    without either a sample is made. ValueError for a file that is no base64.
    """
    found = []
    for each in value if isinstance(value, list) else []:
        if not isinstance(each, dict):
            continue
        if each.get("url"):
            found.append(each)
            continue
        try:
            body = base64.b64decode(str(each["file"]), validate=True) if "file" in each else b""
        except binascii.Error:
            raise ValueError("file: harus base64") from None
        number = posts.next_id(db)
        body = body or media.png(number % 1000)
        more = {key: each[key] for key in ("alt_text",) if key in each}
        found.append(entry(db, keep(db, owner=0, body=body, base=base)) | more)
    return found


def serve(_request: HttpRequest, number: str) -> HttpResponse:
    """GET /_sandbox/x/media/:id: the file, as X's image host gives it out."""
    with store().read() as db:
        row = db.execute("select mime, body from x_media where id = ?", (int(number),)).fetchone()
    if row is None:
        return HttpResponse(status=404)
    return HttpResponse(bytes(row["body"]), content_type=row["mime"])


def _taken(request: HttpRequest, caller: Caller) -> tuple[int, bytes, str]:
    assert caller.user is not None  # noqa: S101 - the endpoint refuses the app itself
    file = request.FILES.get("media")
    body = file.read() if file is not None else b""
    if not body and request.POST.get("media_data"):
        try:
            body = base64.b64decode(str(request.POST["media_data"]), validate=True)
        except binascii.Error:
            body = b""
    mime = media.mime_of(body)
    if not mime.startswith(("image/", "video/")):
        raise errors.invalid("media type unrecognized.", media="")
    if len(body) > LARGEST.get(mime, LARGEST_IMAGE):
        raise errors.invalid("File size exceeds the limit.", media=str(len(body)))
    with store().write() as db:
        base = f"{request.scheme}://{request.get_host()}"
        return keep(db, owner=caller.user.id, body=body, base=base), body, mime
