"""Files of messages, to whoever may see the item; pictures of ours, to the platform that was given their address."""

import re
from collections.abc import Iterator
from typing import IO, Any

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from accounts.http import AuthedRequest
from accounts.predicates import desk_required
from inbox import outgoing
from inbox.media_kinds import Found
from inbox.models import Item, MediaFile, ReplyPicture

PART = (
    4 * 1024 * 1024
)  # bytes of a film in one answer: a slow phone must not hold a thread for all of it
PIECE = 64 * 1024
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})\Z")


@desk_required
@require_safe
def media(request: AuthedRequest, pk: int, file_pk: int) -> HttpResponseBase:
    """The file as it came. What is no picture, film or sound is only handed out to be kept."""
    row = _row(request, pk, file_pk)
    name = row.file.name or ""
    response = _served(request, name, row.content_type)
    found = Found(row.content_type, name.rpartition(".")[2])
    if found.family == "file":
        called = content_disposition_header(True, _name(row, found.ending))  # noqa: FBT003  Django's
        response.headers["Content-Disposition"] = called or "attachment"
    return response


@desk_required
@require_safe
def small(request: AuthedRequest, pk: int, file_pk: int) -> HttpResponseBase:
    """The thumbnail."""
    row = _row(request, pk, file_pk)
    if not row.thumb:
        raise Http404
    return _served(request, row.thumb.name or "", "image/webp")


@desk_required
@require_safe
def sent_picture(request: AuthedRequest, pk: int, picture_pk: int) -> HttpResponseBase:
    """A picture of our own reply."""
    item = get_object_or_404(Item.objects.visible_to(request.user), pk=pk)
    picture = get_object_or_404(ReplyPicture, pk=picture_pk, reply__item=item)
    return _served(request, picture.file.name or "", picture.content_type)


@require_safe
def outgoing_picture(request: HttpRequest, token: str) -> HttpResponseBase:
    """A picture of ours for the platform that shows it: the signed address lets in, no log-in does."""
    picture = outgoing.picture_of(token)
    if picture is None:
        raise Http404
    response = _served(request, picture.file.name or "", picture.content_type)
    response.headers["Cache-Control"] = "public, max-age=86400, immutable"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _row(request: AuthedRequest, pk: int, file_pk: int) -> MediaFile:
    item = get_object_or_404(Item.objects.visible_to(request.user), pk=pk)
    return get_object_or_404(
        MediaFile.objects.select_related("message"), pk=file_pk, message__item=item,
        message__erased_at=None, state=MediaFile.State.STORED,
    )  # fmt: skip


def _name(row: MediaFile, ending: str) -> str:
    """What the file is called when it is kept: the sender's name for it, with the ending it deserves."""
    told = row.message.media[row.position].get("alt", "") if row.message.media else ""
    stem = re.sub(r"[^\w .()+-]", "_", told)[:80].strip(" .") or f"berkas-{row.pk}"
    return stem if stem.lower().endswith(f".{ending}") else f"{stem}.{ending}"


def _served(request: HttpRequest, name: str, content_type: str) -> HttpResponseBase:
    """`name` out of storage, whole or the part that was asked for (players ask for parts to seek)."""
    try:
        file = default_storage.open(name)
        size = default_storage.size(name)
    except (OSError, ValueError) as error:
        raise Http404 from error
    response = _part_of(file, size, request.headers.get("Range", ""))
    response.headers["Content-Type"] = content_type
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["Cache-Control"] = "private, max-age=3600"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def _part_of(file: Any, size: int, wanted: str) -> HttpResponseBase:
    """200 with everything, 206 with at most PART bytes, or 416. Several ranges at once are not served."""
    match = _RANGE.match(wanted)
    first, last = match.groups() if match else ("", "")
    if not first and not last:
        return FileResponse(file)
    start = int(first) if first else max(0, size - int(last))
    end = min(int(last) if first and last else size - 1, size - 1)
    if start > end or start >= size:
        file.close()
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    end = min(end, start + PART - 1)
    file.seek(start)
    response = StreamingHttpResponse(_pieces(file, end - start + 1), status=206)
    response.headers["Content-Length"] = str(end - start + 1)
    response.headers["Content-Range"] = f"bytes {start}-{end}/{size}"
    return response


def _pieces(file: IO[bytes], left: int) -> Iterator[bytes]:
    with file:
        while left > 0 and (piece := file.read(min(PIECE, left))):
            left -= len(piece)
            yield piece
