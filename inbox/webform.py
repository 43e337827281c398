"""What citizens write into the office's own form, and what they read on their page (DESIGN §8).

A report is kept as it came (RawEvent) and absorbed in the same transaction, with its pictures: whoever is
told “we have it” may rely on it. The code shown to the citizen is the only key to the page; the database
holds its digest. It is derived from the opened form, so that a form sent twice is one report, one code.
"""

import hashlib
import hmac
import json
from base64 import b32encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import clock, journal
from inbox import intake, media_kinds
from inbox.models import Channel, Item, ItemState, MediaFile, Message, RawEvent, Thread

journal.register({"report_received": _("laporan dari formulir web")})

PLATFORM = "web"
FEED = "form"


class NotTaken(Exception):
    """The report could not be taken in; nothing of it was kept."""


@dataclass(frozen=True, slots=True)
class Report:
    """What somebody wrote. `nonce` is that of the opened form."""

    nonce: str
    text: str
    name: str = ""
    email: str = ""
    place: str = ""
    pictures: Sequence["ContentFile[bytes]"] = ()


def channel_of(slug: str) -> Channel | None:
    """The form at this address; None when it is not connected (any more)."""
    found = Channel.objects.filter(platform=PLATFORM, external_id=slug, is_active=True).first()
    return None if found is None or found.by_hand else found


def open_forms() -> list[Channel]:
    """Every form citizens may use."""
    found = Channel.objects.filter(platform=PLATFORM, is_active=True).exclude(sealed=b"")
    return list(found.order_by("handle"))


def title_of(channel: Channel) -> str:
    """What stands above the form."""
    return str(channel.credentials.get("title") or channel.name or channel.handle)


def code_of(nonce: str) -> str:
    """The citizen's code: 12 letters and digits in three groups, that nobody else can compute."""
    secret = hmac.new(settings.SECRET_KEY.encode(), b"lapor" + nonce.encode(), hashlib.sha256)
    # without letters that are taken for digits
    plain = b32encode(secret.digest()).decode()[:12].translate(str.maketrans("ILO", "189"))
    return "-".join(plain[at : at + 4] for at in (0, 4, 8))


def thread_of(code: str) -> str:
    """The thread a code opens, however it was typed. The code itself is stored nowhere."""
    bare = "".join(ch for ch in code.upper() if ch.isalnum()).translate(str.maketrans("ILO", "189"))
    return hashlib.sha256(b"lapor" + bare.encode()).hexdigest()[:40]


def submit(*, channel: Channel, report: Report, code: str = "") -> str:
    """Take a report in; `code`: it adds to the one behind it. Returns the code. Raises NotTaken.

    1. The pictures into storage. 2. In one transaction: the body as it came, what it means, the pictures'
    rows. A form sent again is met as known: the same bytes, or the same id. 3. Should anything fail,
    nothing is kept, and the citizen is told so.
    """
    known = code or code_of(report.nonce)
    body = _body(channel, report, known)
    names = [default_storage.save(f"media/web/{p.name}", p) for p in report.pictures]
    try:
        with transaction.atomic():
            raw = intake.store_raw(channel=channel, feed=FEED, body=body)
            if raw is None or not _absorb(raw, report.nonce, names):
                _drop(names)
            if raw is not None:
                journal.record("report_received", subject=channel, by=None, raw=raw.pk)
    except Exception as error:
        _drop(names)
        raise NotTaken from error
    return known


def _body(channel: Channel, report: Report, code: str) -> bytes:
    mails = bool(channel.credentials.get("smtp_host"))
    told: dict[str, Any] = {
        "kind": "lapor", "id": f"lapor-{report.nonce}", "thread": thread_of(code),
        "at": clock.now().isoformat(), "name": report.name, "email": report.email, "mails": mails,
        "text": report.text, "place": report.place, "pictures": len(report.pictures),
    }  # fmt: skip
    return json.dumps(told, ensure_ascii=False).encode()


def _absorb(raw: RawEvent, nonce: str, names: list[str]) -> bool:
    """Make the message of it, and hang its pictures on it. False when it was known. Raises NotTaken."""
    fresh = intake.absorb_raw(raw_id=raw.pk)
    message = Message.objects.filter(
        platform=PLATFORM, object_class="chat", external_id=f"lapor-{nonce}"
    ).first()
    if message is None:
        raise NotTaken
    if fresh:
        for position, name in enumerate(names):
            _keep(message, position, name)
    return bool(fresh)


def _keep(message: Message, position: int, name: str) -> None:
    with default_storage.open(name) as file:
        found = media_kinds.look(file, kind="image", name=name)
    thumb = ""
    if found.thumb:
        stem = name.rsplit(".", 1)[0]
        thumb = default_storage.save(f"{stem}-kecil.webp", ContentFile(found.thumb))
    MediaFile.objects.create(
        message=message, position=position, kind="image", state=MediaFile.State.STORED, file=name,
        thumb=thumb, content_type=found.content_type, size=default_storage.size(name),
        width=found.width, height=found.height,
    )  # fmt: skip


def _drop(names: list[str]) -> None:
    for name in names:
        default_storage.delete(name)


# --- the citizen's page ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Page:
    """What the citizen sees: state, and every word of both sides, oldest first."""

    channel: Channel
    state: str  # "waiting", "working", "answered", "closed"
    messages: list[Message]


_STATES = {
    ItemState.OPEN: "waiting",
    ItemState.REFERRED: "working",
    ItemState.ANSWERED: "answered",
    ItemState.CLOSED: "closed",
}


def page_of(code: str) -> Page | None:
    """The page behind a code; None for a code nobody was given."""
    thread = Thread.objects.filter(platform=PLATFORM, external_id=f"web:{thread_of(code)}").first()
    item = (
        Item.objects.select_related("channel").filter(thread=thread).order_by("-episode").first()
        if thread
        else None
    )
    if item is None:
        return None
    said = Message.objects.filter(item__thread=thread).order_by("written_at", "pk")
    state = _STATES[ItemState(item.state)]
    answered = any(m.direction == Message.Direction.OUT and not m.erased_at for m in said)
    if state == "closed" and answered:
        state = "answered"
    return Page(item.channel, state, list(said))
