"""Reading the reply mailbox by IMAP (setting REPLY_MAILBOX): everything new is stored, nothing is marked,
moved or deleted there.

Where reading goes on stands in Redis, which may forget it at any moment (I9): the cursor names a mail
that must be stored here, else reading begins again before the newest stored one. A mail met twice is
known by its Message-ID.
"""

import hashlib
import logging
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.cache import cache
from django.db.models import Max

from inbox.connectors.base import Account, FetchFailed
from inbox.connectors.email.imap import Mailbox, Standing
from referrals import tray
from referrals.models import InboundMail

log = logging.getLogger(__name__)

AT_ONCE = 50  # mails of one round
WHOLE = 60 * 1024 * 1024  # bytes of a mail that is kept whole; base64 makes 20 MB of files 27
CUT = 1024 * 1024  # bytes kept of a larger one
#: Stands before the bytes of a mail that was cut, with its whole size.
CUT_MARK = b"X-Sahut-Cut: "
BACK = timedelta(days=30)  # read of a mailbox never seen before
OVERLAP = timedelta(days=2)  # read again where the cursor is lost; SINCE knows days only
BUSY = 300  # seconds after which a reader that fell silent is no longer waited for
_PLAIN = ("imap+plain",)  # without TLS: only within the office's own network
_SCHEMES = ("imap", "imaps", "imap+ssl", *_PLAIN)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Health:
    """How reading goes: moments in UTC; None where Redis does not know."""

    used: bool  # whether there is a mailbox at all
    read_at: datetime | None = None
    failing_since: datetime | None = None
    problem: str = ""


class BadAddress(ValueError):
    """REPLY_MAILBOX is not an address of a mailbox."""


def account_of(url: str) -> tuple[Account, str]:
    """`imap+ssl://user:pass@host/INBOX` → (the mailbox, its folder). TLS from the start on port 993 (the
    usual one), by STARTTLS on others; `imap+plain://` without. Raises BadAddress."""
    try:
        parts = urlsplit(url)
        port = parts.port or 993
    except ValueError as error:
        raise BadAddress(str(error)) from error
    if parts.scheme not in _SCHEMES or not parts.hostname or not parts.username:
        msg = "REPLY_MAILBOX: imap+ssl://nama:sandi@server/INBOX"
        raise BadAddress(msg)
    keys = {
        "user": unquote(parts.username), "password": unquote(parts.password or ""),
        "imap_host": parts.hostname, "imap_port": str(port),
        "tls": "tidak" if parts.scheme in _PLAIN else "ya",
    }  # fmt: skip
    account = Account(external_id=keys["user"], handle="", keys=keys, timeout=settings.API_TIMEOUT)
    return account, unquote(parts.path.strip("/")) or "INBOX"


def _key(name: str) -> str:
    return (
        f"reply-mailbox:{hashlib.sha256(settings.REPLY_MAILBOX.encode()).hexdigest()[:16]}:{name}"
    )


def health() -> Health:
    """Whether the mailbox is read, and since when not."""
    if not settings.REPLY_MAILBOX:
        return Health(used=False)
    told = cache.get(_key("health")) or {}
    return Health(
        used=True, read_at=_moment(told.get("read")), failing_since=_moment(told.get("failing")),
        problem=told.get("problem", ""),
    )  # fmt: skip


def _moment(seconds: float | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, tz=UTC) if seconds else None


def _note(problem: str = "") -> None:
    told = cache.get(_key("health")) or {}
    now = time.time()
    new = (
        told | {"failing": told.get("failing") or now, "problem": problem}
        if problem
        else {"read": now}
    )
    cache.set(_key("health"), new, timeout=None)


def fetch() -> int:
    """Store what is new in the mailbox; returns how many. A mailbox that cannot be read is noted, not
    raised: the next round asks again."""
    if not settings.REPLY_MAILBOX or not cache.add(_key("busy"), 1, timeout=BUSY):
        return 0
    try:
        account, folder = account_of(settings.REPLY_MAILBOX)
    except BadAddress as error:
        _note(str(error))
        cache.delete(_key("busy"))
        return 0
    box = Mailbox(account)
    try:
        stored = _read(box, folder)
        _note()
    except FetchFailed as error:
        log.warning("reply mailbox: %s", error.problem)
        _note(error.problem)
        return 0
    finally:
        box.close()
        cache.delete(_key("busy"))
    return stored


def _read(box: Mailbox, folder: str) -> int:
    """1. Where to go on.  2. Store each mail, oldest first.  3. Only then move the cursor. Raises
    FetchFailed."""
    validity, stored = box.select(folder), 0
    uids = _uids(box, validity)
    for standing in box.standing(uids[:AT_ONCE]):
        try:
            raw = _whole_or_cut(box, standing)
        except FetchFailed as error:
            if error.gone:  # deleted between listing and reading
                continue
            raise
        row = tray.take_in(raw=raw, received_at=standing.received)
        stored += row is not None
        here = InboundMail.objects.filter(pk=row.pk) if row else InboundMail.objects.all()
        seen = here.order_by("-pk").values_list("pk", flat=True).first()
        cache.set(_key("cursor"), (validity, standing.uid, seen), timeout=None)
    return stored


def _uids(box: Mailbox, validity: int) -> list[int]:
    """What may be new, by the cursor where it still holds."""
    cursor = cache.get(_key("cursor"))
    if cursor and cursor[0] == validity and InboundMail.objects.filter(pk=cursor[2]).exists():
        after = cursor[1]
        return [uid for uid in box.find("UID", f"{after + 1}:*") if uid > after]
    newest = InboundMail.objects.aggregate(at=Max("received_at"))["at"]
    since = min(newest - OVERLAP, datetime.now(UTC)) if newest else datetime.now(UTC) - BACK
    return box.find("SINCE", f"{since:%d}-{_MONTHS[since.month - 1]}-{since:%Y}")


def _whole_or_cut(box: Mailbox, standing: Standing) -> bytes:
    if standing.size <= WHOLE:
        return box.body(standing.uid)
    head = CUT_MARK + str(standing.size).encode() + b"\r\n"
    return head + box.body(standing.uid, first=CUT)
