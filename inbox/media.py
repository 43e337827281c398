"""Files that come with messages, fetched into storage by a worker since posts vanish (DESIGN §8).

`arrivals.want_files` leaves a MediaFile row for each; `work()` fetches what is due. What a platform
forbids keeping (Instagram chats) has no such work: its row says LINK from the start.
"""

import logging
from datetime import timedelta
from tempfile import TemporaryFile
from typing import IO
from urllib.parse import urlsplit
from uuid import uuid4

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from accounts import clock
from accounts.clock import DbNow
from inbox import channels, live, media_fetch, slots
from inbox.connectors.base import FetchFailed, Media, NotReady
from inbox.media_fetch import NotAllowed, NotThere, Unreachable
from inbox.media_kinds import Found, look
from inbox.models import MediaFile

log = logging.getLogger(__name__)

STEPS = (15, 60, 300, 1800, 7200)  # seconds between tries; after the last it is given up, visibly
LEASE = 300  # seconds for one file, all of it; a worker that died meanwhile costs this much
SLOTS = 2  # how many workers fetch at once: the others must be free to carry replies


class _Later(Exception):
    """Not now: `seconds` from now. `counts`: it was a try (a dead token is nobody's try)."""

    def __init__(self, why: str, *, seconds: float | None = None, counts: bool = True) -> None:
        super().__init__(why)
        self.seconds, self.counts = seconds, counts


def work(*, limit: int = 20) -> int:
    """Fetch what is due, one file after the other. Returns how many rows were worked on.

    1. Have a slot, or leave: slow servers must not keep all workers busy. 2. Take one due row: `due_at`
    moves ahead and the try is counted, in one transaction. 3. Fetch into a temporary file, outside any
    transaction. 4. Look what it really is. 5. Write the names it will have into the row, then the
    bytes under them, then the state: whoever dies in between leaves nothing that no row names.
    6. Step 5 and every other end ask whether the row is still ours (`due_at` is as we moved it) and
    still wanted (erasure.py ends it); if not, our bytes go.
    """
    with slots.one_of(range(SLOTS), space=slots.Space.FETCHING) as free:
        for count in range(limit if free else 0):
            row = _take()
            if row is None:
                return count
            _work_on(row)
    return limit if free else 0


def _take() -> MediaFile | None:
    with transaction.atomic():
        row = (
            MediaFile.objects.select_for_update(skip_locked=True)
            .filter(state=MediaFile.State.NEW, due_at__lte=DbNow())
            .order_by("due_at")
            .first()
        )
        if row is None:
            return None
        MediaFile.objects.filter(pk=row.pk).update(
            due_at=DbNow() + timedelta(seconds=LEASE), tries=F("tries") + 1
        )
    return MediaFile.objects.select_related("message__item__channel__app").get(pk=row.pk)


def _work_on(row: MediaFile) -> None:
    medium = medium_of(row)
    if medium is None:
        _end(row, MediaFile.State.GONE, "")
        return
    if row.tries > len(STEPS) + 1:  # it brought workers down, perhaps; once is enough
        _end(row, MediaFile.State.REFUSED, given_up(len(STEPS) + 1))
        return
    with TemporaryFile() as file:
        try:
            _fetch(row, medium, into=file)
            found = look(file, kind=row.kind, name=medium.alt)
            if found.family == "image" and file.seek(0, 2) > limit_of("image"):
                raise media_fetch.too_large(limit_of("image"))
        except NotThere as error:
            _end(row, MediaFile.State.GONE, str(error))
        except NotAllowed as error:
            _end(row, MediaFile.State.REFUSED, str(error))
        except (Unreachable, _Later) as error:
            _again(row, error)
        else:
            _keep(row, file, found)


def given_up(tries: int) -> str:
    """What is said when nothing came after so many tries."""
    return _("Tidak bisa diambil setelah %(n)s kali dicoba.") % {"n": tries}


def medium_of(row: MediaFile) -> Media | None:
    """What the platform told of it; None when the message was erased meanwhile."""
    told = row.message.media
    if row.message.erased_at or row.position >= len(told):
        return None
    names = ("kind", "url", "alt", "fetch_id", "keep")
    return Media(**{name: told[row.position][name] for name in names if name in told[row.position]})


def limit_of(kind: str) -> int:
    """How many bytes a file of this kind may have."""
    picture = kind in ("image", "sticker")
    return int(settings.MEDIA_IMAGE_MB if picture else settings.MEDIA_FILE_MB) * 1024 * 1024


def allowed() -> set[str]:
    """ "“host:port” of the stand-ins that may be called though they are not public addresses."""
    parts = (urlsplit(base) for base in settings.API_BASES.values() if base)
    return {f"{part.hostname}:{part.port or media_fetch.PORTS[part.scheme]}" for part in parts}


def _fetch(row: MediaFile, medium: Media, *, into: IO[bytes]) -> None:
    """The file's bytes, from its public address or through the platform's connector."""
    limit = limit_of(row.kind)
    if not medium.fetch_id:
        media_fetch.fetch(medium.url, into=into, limit=limit, allow=allowed())
        return
    channel = row.message.item.channel
    if channel.dead_since:
        raise _Later(_("Kunci akun ditolak platform."), counts=False)
    try:
        connector = channels.connect(channel)
    except channels.NoConnection as error:
        raise _Later(str(error)) from error
    try:
        media_fetch.drain(connector.content(medium).pieces, into=into, limit=limit)
    except NotReady as error:
        raise _Later(_("Platform masih menyiapkan berkasnya.")) from error
    except FetchFailed as error:
        if error.dead:
            channels.note_dead(channel, error.problem)
            raise _Later(error.problem, counts=False) from error
        if error.gone:
            raise NotThere(error.problem) from error
        if error.permanent:
            raise NotAllowed(error.problem) from error
        raise _Later(error.problem, seconds=error.retry_after) from error
    finally:
        connector.close()


def _mine(row: MediaFile) -> QuerySet[MediaFile]:
    """The row as long as it is still wanted and nobody took it after us."""
    return MediaFile.objects.filter(pk=row.pk, state=MediaFile.State.NEW, due_at=row.due_at)


def _keep(row: MediaFile, file: IO[bytes], found: Found) -> None:
    for left in filter(None, (row.file.name, row.thumb.name)):
        default_storage.delete(left)  # of a try that died
    stem = f"media/{clock.now():%Y/%m}/{uuid4().hex}"
    name, thumb = f"{stem}.{found.ending}", f"{stem}-kecil.webp" if found.thumb else ""
    if not _mine(row).update(file=name, thumb=thumb):
        return
    size = file.seek(0, 2)
    default_storage.save(name, File(file))
    if thumb:
        default_storage.save(thumb, ContentFile(found.thumb))
    kept = _end(
        row, MediaFile.State.STORED, "", content_type=found.content_type, size=size,
        width=found.width, height=found.height,
    )  # fmt: skip
    if not kept:
        for ours in filter(None, (name, thumb)):
            default_storage.delete(ours)


def _end(row: MediaFile, state: str, problem: str, **fields: object) -> bool:
    """Write how it ended, if it is still ours to say. The pages hear of it."""
    with transaction.atomic():
        done = _mine(row).update(state=state, problem=problem[:200], **fields)
        if done:
            live.item_changed(row.message.item, kind="message")
    return bool(done)


def _again(row: MediaFile, error: Exception) -> None:
    log.info("media %s: %s", row.pk, error)
    counts = not isinstance(error, _Later) or error.counts
    if counts and row.tries > len(STEPS):
        _end(row, MediaFile.State.REFUSED, given_up(row.tries))
        return
    wait = error.seconds if isinstance(error, _Later) else None
    step = wait or STEPS[min(row.tries, len(STEPS)) - 1]
    _mine(row).update(
        due_at=clock.now() + timedelta(seconds=step), problem=str(error)[:200],
        tries=row.tries if counts else row.tries - 1,
    )  # fmt: skip
