"""An import from its upload to its last row: what is known of it stands in a small file beside the upload.

upload → columns chosen → every row checked → rows taken in, piece by piece (by_hand.enter)

The file is the truth, Celery's message only a nudge (I9): whoever finds an unfinished import goes on with it,
and a row that was taken in is met as known. The upload holds citizens' words and is deleted at the end; what
stays are counts and line numbers.
"""

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from uuid import UUID, uuid4
from zlib import crc32

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import clock, journal
from accounts.models import User
from inbox import by_hand, csv_import, slots
from inbox.csv_import import Bad, Row, Table, Unreadable
from inbox.models import Channel

journal.register(
    {
        "import_begun": gettext_lazy("impor CSV dimulai"),
        "import_ended": gettext_lazy("impor CSV selesai"),
    }
)

PIECE = 100  # rows between two looks at the clock and one writing of the file
SHOWN_BAD = 200  # wrong lines that are listed
QUIET = 20.0  # seconds without a sign of life after which another worker is called
KEPT_UPLOAD, KEPT_COUNTS = 24 * 3600.0, 30 * 24 * 3600.0  # seconds


@dataclass(frozen=True, slots=True)
class Job:
    """How far an import is. `state`: columns, queued, refused (wrong lines, nothing taken), done, broken."""

    id: str
    by: int
    name: str
    channel: int
    history: bool
    state: str = "columns"
    mapping: dict[str, int] = field(default_factory=dict)
    skip_bad: bool = False
    total: int = 0
    at_row: int = 0
    made: int = 0
    known: int = 0
    bad: list[tuple[int, str]] = field(default_factory=list)
    bad_count: int = 0
    problem: str = ""
    alive_at: float = 0.0

    @property
    def running(self) -> bool:
        """Whether somebody is, or should be, at work on it."""
        return self.state == "queued"

    @property
    def quiet(self) -> bool:
        """Whether nobody gave a sign of life for a while."""
        return self.running and clock.now().timestamp() - self.alive_at > QUIET


def _folder() -> Path:
    return Path(settings.MEDIA_ROOT) / "import"


def begin(*, data: bytes, name: str, by: User, channel: Channel, history: bool) -> Job:
    """Keep an upload. Raises Unreadable, and then nothing is kept."""
    table = csv_import.open_table(data)
    job = Job(
        id=str(uuid4()), by=by.pk, name=Path(name).name[:120], channel=channel.pk, history=history,
        mapping=csv_import.recognise(table.headers), alive_at=clock.now().timestamp(),
    )  # fmt: skip
    _folder().mkdir(parents=True, exist_ok=True)
    (_folder() / f"{job.id}.csv").write_bytes(data)
    return _save(job)


def load(job_id: UUID | str) -> Job | None:
    """The import of this id; None when there is none."""
    try:
        told = json.loads((_folder() / f"{UUID(str(job_id))}.json").read_text())
    except (OSError, ValueError):
        return None
    return Job(**told | {"bad": [(line, why) for line, why in told["bad"]]})


def _save(job: Job) -> Job:
    path = _folder() / f"{job.id}.json"
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(asdict(job)))
    fresh.replace(path)
    return job


def table_of(job: Job) -> Table:
    """The uploaded table. Raises Unreadable."""
    try:
        return csv_import.open_table((_folder() / f"{job.id}.csv").read_bytes())
    except OSError as error:
        raise Unreadable(_("Berkasnya sudah tidak ada. Unggah sekali lagi.")) from error


def start(job: Job, *, mapping: dict[str, int], skip_bad: bool, by: User) -> Job:
    """The columns are chosen: let it be checked and taken in. The caller nudges a worker."""
    fresh = replace(
        job, mapping=mapping, skip_bad=skip_bad, state="queued", total=0, at_row=0, made=0, known=0,
        bad=[], bad_count=0, problem="", alive_at=clock.now().timestamp(),
    )  # fmt: skip
    with transaction.atomic():
        channel = Channel.objects.get(pk=job.channel)
        journal.record("import_begun", subject=channel, by=by, job=job.id, history=job.history)
        return _save(fresh)


def run(job_id: UUID | str) -> Job | None:
    """Do all that is left of an import. May be called again at any time.

    1. One worker at a time: a lock of the database's session, which a dead worker lets go. 2. Check every
    row before the first is taken; wrong ones end it here, unless they are to be skipped. 3. Take in piece
    by piece, and write down after each how far it is.
    """
    with _alone(job_id) as alone:
        job = load(job_id) if alone else None
        if job is None or not job.running:
            return job
        try:
            job = _checked(job)
            if job.running:
                job = _ended(_taken_in(job))
        except Unreadable as error:
            job = _save(replace(job, state="broken", problem=str(error)))
        return job


def _alone(job_id: UUID | str) -> AbstractContextManager[bool]:
    """True inside for one worker: an import is never carried on by two at once."""
    number = crc32(str(job_id).encode()) & 0x7FFFFFFF
    return slots.one_of([number], space=slots.Space.IMPORTING)


def _rows(job: Job) -> Iterator[Row | Bad]:
    zone = timezone.get_current_timezone()
    channels = _by_platform(job)
    for row in csv_import.read_rows(table_of(job), job.mapping, now=clock.now(), zone=zone):
        if isinstance(row, Row) and row.platform and channels.get(row.platform) == []:
            yield Bad(row.line, _("Tidak ada kanal untuk platform ini. Buat kanalnya dulu."))
        else:
            yield row


def _by_platform(job: Job) -> dict[str, list[Channel]]:
    """Active channels of each platform a row may name; the chosen one stands for its own platform."""
    chosen = Channel.objects.get(pk=job.channel)
    found: dict[str, list[Channel]] = {name: [] for name in csv_import.PLATFORMS.values()}
    for channel in Channel.objects.filter(is_active=True).order_by("pk"):
        found.setdefault(channel.platform, []).append(channel)
    return found | {chosen.platform: [chosen]}


def _checked(job: Job) -> Job:
    """Look at every row once; wrong ones end it, unless they are to be skipped."""
    if job.total:
        return job
    total, bad = 0, []
    for row in _rows(job):
        total += 1
        if isinstance(row, Bad):
            bad.append((row.line, row.why))
    if not total:
        raise Unreadable(_("Tidak ada baris di bawah judul kolom."))
    refused = bool(bad) and not job.skip_bad
    return _save(
        replace(
            job, total=total, bad=bad[:SHOWN_BAD], bad_count=len(bad),
            state="refused" if refused else "queued", alive_at=clock.now().timestamp(),
        )
    )  # fmt: skip


def _taken_in(job: Job) -> Job:
    """Take in all rows that are left, saying after every PIECE how far it is."""
    channels, chosen = _by_platform(job), Channel.objects.get(pk=job.channel)
    by = User.objects.get(pk=job.by)
    made, known, at = job.made, job.known, job.at_row
    for number, row in enumerate(_rows(job), start=1):
        if number <= job.at_row:
            continue
        at = number
        if isinstance(row, Row):
            where = channels.get(row.platform) or [chosen]
            fresh = _take(row, where[0], by, job)
            made, known = made + fresh, known + (not fresh)
        if number % PIECE == 0:
            _save(replace(job, at_row=at, made=made, known=known, alive_at=clock.now().timestamp()))
    return _save(replace(job, at_row=at, made=made, known=known, alive_at=clock.now().timestamp()))


def _take(row: Row, channel: Channel, by: User, job: Job) -> bool:
    taken = by_hand.enter(
        by=by, channel=channel, author=row.author or str(_("Warga tanpa nama")), text=row.text,
        link=row.link, written_at=row.written_at, once=row.once, history=job.history,
        details={"job": job.id},
    )  # fmt: skip
    return taken.fresh


def _ended(job: Job) -> Job:
    with transaction.atomic():
        journal.record(
            "import_ended", subject=Channel.objects.get(pk=job.channel), by=User.objects.get(pk=job.by),
            job=job.id, made=job.made, known=job.known, wrong=job.bad_count,
        )  # fmt: skip
        done = _save(replace(job, state="done"))
    (_folder() / f"{job.id}.csv").unlink(missing_ok=True)
    return done


def forget(job: Job) -> None:
    """The operator gives it up: nothing of it stays."""
    for ending in ("csv", "json"):
        (_folder() / f"{job.id}.{ending}").unlink(missing_ok=True)


def running() -> list[Job]:
    """Imports that somebody is, or should be, at work on. Only reads."""
    found = filter(None, (load(path.stem) for path in sorted(_folder().glob("*.json"))))
    return [job for job in found if job.running]


def abandoned() -> list[str]:
    """Sweep: ids of imports whose worker is gone, to be worked on again. Forgets what is over: an upload
    nobody went on with after a day (it holds citizens' words), the counts of the others after a month."""
    found = []
    for job in filter(None, (load(path.stem) for path in sorted(_folder().glob("*.json")))):
        age = clock.now().timestamp() - job.alive_at
        if job.quiet:
            found.append(job.id)
        elif age > KEPT_COUNTS or (age > KEPT_UPLOAD and job.state != "done"):
            forget(job)
    return found
