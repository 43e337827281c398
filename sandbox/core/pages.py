"""What the citizens' pages of all platforms share: tabs, faces, times, media, uploads, live pieces.

Every link and form works without JavaScript; the script only fetches the live pieces again.
"""

import hashlib
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, unquote, urlsplit
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_GET, require_POST

from sandbox.core import clock, media

ZONE = ZoneInfo("Asia/Makassar")
HUES = 8
MEMORY = "kotakpasir_warga"  # as whom one wrote last, so that it need not be typed again
LARGEST_UPLOAD = 25 * 1024 * 1024
FILES = "/_sandbox/"  # below this the sandbox serves what it keeps

#: the tabs in order: which, the name of the address, and what stands on the tab
TABS = (
    ("x", "x", "X"),
    ("facebook", "facebook", "Facebook"),
    ("messenger", "messenger", "Messenger"),
    ("instagram", "instagram", "Instagram"),
    ("dm", "instagram-dm", "DM Instagram"),
    ("line", "line", "LINE"),
)


@dataclass(frozen=True, slots=True)
class Face:
    """The round picture of somebody: letters on one of eight colours, or the institution's."""

    initials: str
    hue: int
    office: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a text: kind is text, handle or link."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Piece:
    """Something beside the text.

    kind: image, video, audio, file, sticker, location, story or other. `url` is empty where there
    is nothing on this machine to show.
    """

    kind: str
    url: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with a form; `mime` by its first bytes, never by what the browser says."""

    mime: str
    name: str
    body: bytes

    @property
    def kind(self) -> str:
        """image, video, audio or file."""
        first = self.mime.partition("/")[0]
        return first if first in ("image", "video", "audio") else "file"


class TooLarge(ValueError):
    """The file that came along is larger than `LARGEST_UPLOAD`; the message says so."""


def face(name: str, *, office: bool = False) -> Face:
    """The picture that stands for a name."""
    number = int(hashlib.sha256(name.lower().encode()).hexdigest(), 16)
    return Face(initials(name), number % HUES, office)


def initials(name: str) -> str:
    """One or two letters that stand for a name."""
    words = name.replace("_", " ").replace(".", " ").split()
    letters = [word[0] for word in words if word[0].isalnum()]
    return "".join(letters[:2]).upper() or "?"


def when(at: float) -> str:
    """The hour in WITA, with the day where it is not today's: "09.12" or "20 Nov 09.12"."""
    then = local(at)
    day = "" if then.date() == local(clock.seconds()).date() else f"{date_format(then, 'j M')} "
    return f"{day}{then:%H.%M}"


def when_full(at: float) -> str:
    """The moment in WITA to the second."""
    return date_format(local(at), "j F Y, H.i.s") + " WITA"


def day(at: float) -> str:
    """The day in words, as it stands between the messages of a chat."""
    then, today = local(at).date(), local(clock.seconds()).date()
    near = {today: _("Hari ini"), today - timedelta(days=1): _("Kemarin")}
    return near.get(then) or date_format(then, "j F Y")


def local(at: float) -> datetime:
    """Seconds since 1970 as a moment in WITA."""
    return clock.moment(at).astimezone(ZONE)


def cut(text: str, spans: Iterable[tuple[int, int, str]]) -> list[Part]:
    """A text cut at the spans (start, end, kind); what overlaps an earlier one stays plain."""
    pieces: list[Part] = []
    last = 0
    for start, end, kind in sorted(spans):
        if start < last:
            continue
        pieces += [Part("text", text[last:start]), Part(kind, text[start:end])]
        last = end
    pieces.append(Part("text", text[last:]))
    return [piece for piece in pieces if piece.text]


def pieces(found: Iterable[dict[str, Any]]) -> list[Piece]:
    """The attachments of a post or message, as X and Meta keep them."""
    kinds = {"photo": "image", "animated_gif": "image", "story_mention": "story"}
    shown = []
    for each in found:
        payload = each.get("payload")
        inner = payload.get("url") if isinstance(payload, dict) else None
        url = each.get("url") or each.get("preview_image_url") or inner
        kind = kinds.get(str(each.get("type")), str(each.get("type")))
        if kind not in ("image", "video", "audio", "file", "story"):
            kind = "other"
        text = str(each.get("alt_text") or each.get("name") or "")
        shown.append(Piece(kind, own(str(url or "")), text))
    return shown


def own(url: str) -> str:
    """The path of a file the sandbox serves, under whatever host it was given out; else ""."""
    path = urlsplit(url).path
    return path if path.startswith(FILES) else ""


def upload(request: HttpRequest) -> Upload | None:
    """The file in the field `berkas`; None without one. TooLarge beyond `LARGEST_UPLOAD`."""
    file = request.FILES.get("berkas")
    if file is None or not file.size:
        return None
    if file.size > LARGEST_UPLOAD:
        raise TooLarge(_("Berkasnya lebih besar dari 25 MB. Pilih yang lebih kecil."))
    body = file.read()
    return Upload(media.mime_of(body), file.name or "lampiran", body)


def base(request: HttpRequest) -> str:
    """The address under which the sandbox is asked, for the addresses of its files."""
    return f"{request.scheme}://{request.get_host()}"


def number(value: str, least: int, most: int) -> int:
    """How many to show, from an address: a number between both, `least` for anything else."""
    found = int(value) if value.isascii() and value.isdigit() and len(value) < 9 else least
    return min(max(found, least), most)


def version(*parts: object) -> str:
    """A short mark that changes whenever one of the parts does."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]


def state(db: sqlite3.Connection, platform: str) -> str:
    """A mark that changes with every accepted write on a platform (as the ledger names it)."""
    row = db.execute(
        "select n, at from ledger where platform = ? order by n desc limit 1", (platform,)
    ).fetchone()
    return version(*(row or (0, 0)), local(clock.seconds()).date())


def live(request: HttpRequest, tag: str, answer: Callable[[], HttpResponse]) -> HttpResponse:
    """304 where the browser has this state already, else the answer, marked with it."""
    mark = f'"{tag}"'
    if request.headers.get("If-None-Match") == mark:
        return HttpResponseNotModified()
    response = answer()
    response["ETag"] = mark
    response["Cache-Control"] = "no-cache"
    return response


def shown(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page: GET only, never kept by the browser, its forms with a token."""
    return never_cache(require_GET(csrf_protect(view)))


def sent(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """What a form is sent to: POST only, and only from our own forms."""
    return require_POST(csrf_protect(view))


def remembered(request: HttpRequest) -> tuple[str, str]:
    """The handle and the name under which one wrote last."""
    handle, _bar, name = unquote(request.COOKIES.get(MEMORY, "")).partition("|")
    return handle, name


def remember(response: HttpResponse, handle: str, name: str) -> None:
    """Keeps both for the next form."""
    value = quote(f"{handle}|{name}")
    response.set_cookie(MEMORY, value, httponly=True, samesite="Strict")
