"""Attachments: taken from an address or an upload before the write, and shown again under one of ours."""

import sqlite3
from typing import Any
from urllib.parse import urlsplit

import httpx2
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from sandbox.core import clock, media
from sandbox.core.courier import local
from sandbox.core.store import declare, keep, setting, store
from sandbox.meta import accounts, errors
from sandbox.meta.call import Call

declare("""
create table if not exists meta_file (
    id text primary key, mime text not null, name text not null, body blob not null,
    at real not null
);
""")

MOST_BYTES = 25 * 1024 * 1024  # platforms.md §5.2
FETCH_S = 5.0


def keep_file(
    db: sqlite3.Connection, *, mime: str, name: str, body: bytes, base: str
) -> dict[str, Any]:
    """Keeps a file; returns its url (under `base`, this host), mime, name and size."""
    file_id = accounts.number(db, "file")
    db.execute(
        "insert into meta_file values (?, ?, ?, ?, ?)", (file_id, mime, name, body, clock.seconds())
    )
    url = f"{base}/_sandbox/meta/files/{file_id}"
    return {"id": file_id, "url": url, "mime": mime, "name": name, "size": len(body)}


def sample(db: sqlite3.Connection, kind: str) -> list[dict[str, Any]]:
    """A small real file of this kind (image, video, audio, file), as a citizen's attachment.

    Its address is on the host under which the sandbox was last asked; before that there is none,
    and no file either.
    """
    base = setting(db, "meta_base", "")
    if kind not in media.MIME or not base:
        return []
    number = db.execute("select count(*) as many from meta_file").fetchone()["many"]
    name = f"{kind}-{number + 1}.{media.SUFFIX[kind]}"
    body = media.sample(kind, number + 1)
    kept = keep_file(db, mime=media.MIME[kind], name=name, body=body, base=base)
    return [{**kept, "type": kind}]


def remember(db: sqlite3.Connection, base: str) -> None:
    """Notes under which address this host is asked, for the addresses of files."""
    if setting(db, "meta_base") != base:
        keep(db, "meta_base", base)


def gather(call: Call, edge: str) -> None:
    """Takes the attachments of a POST of a comment or of messages (`edge`) into `call.fetched`, by address, "" for an upload.

    Only addresses on this machine or in its network are called; others stand as they are. GraphError
    100 when one cannot be fetched or is larger than 25 MB.
    """
    wanted = [call.params.get("attachment_url")]
    if edge == "messages":
        attachment = call.object("message").get("attachment")
        payload = attachment.get("payload") if isinstance(attachment, dict) else None
        wanted = [payload.get("url") if isinstance(payload, dict) else None]
    for url in (str(each) for each in wanted if each):
        call.fetched[url] = _fetch(call, url) if local(url) else {"url": url}
    upload = call.request.FILES.get("filedata") or call.request.FILES.get("source")
    if upload is not None:
        if (upload.size or 0) > MOST_BYTES:
            raise errors.bad("The attachment size exceeds the allowable limit", 2018047)
        with store().write() as db:
            call.fetched[""] = keep_file(
                db,
                mime=upload.content_type or "application/octet-stream",
                name=upload.name or "lampiran",
                body=upload.read(),
                base=call.base,
            )


def _fetch(call: Call, url: str) -> dict[str, Any]:
    try:
        answer = httpx2.get(url, timeout=FETCH_S, follow_redirects=False, trust_env=False)
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
        raise errors.bad("Failed to fetch the file from the url", 2018008) from error
    if answer.status_code != 200 or len(answer.content) > MOST_BYTES:
        raise errors.bad("Failed to fetch the file from the url", 2018008)
    mime = answer.headers.get("content-type", "application/octet-stream").partition(";")[0]
    with store().write() as db:
        name = urlsplit(url).path.rpartition("/")[2] or "lampiran"
        return keep_file(db, mime=mime, name=name, body=answer.content, base=call.base)


def media_of(call: Call, kind: str, url: str) -> dict[str, Any]:
    """What was gathered, as an attachment of this kind; GraphError 100 where it is another."""
    found = call.fetched.get(url)
    if found is None:
        raise errors.bad("Upload attachment failure.", 2018047)
    mime = str(found.get("mime", ""))
    if kind in ("image", "video", "audio") and mime and not mime.startswith(f"{kind}/"):
        raise errors.bad("Upload attachment failure.", 2018047)
    return {**found, "type": kind}


@require_GET
def serve(_request: HttpRequest, file_id: str) -> HttpResponse:
    """GET /_sandbox/meta/files/…: the bytes, as Meta's content servers give them."""
    with store().read() as db:
        row = db.execute("select * from meta_file where id = ?", (file_id,)).fetchone()
    if row is None:
        return HttpResponse("URL signature expired", status=403, content_type="text/plain")
    response = HttpResponse(bytes(row["body"]), content_type=row["mime"])
    response["X-Content-Type-Options"] = "nosniff"
    return response
