"""Taking in: raw bytes first, then what they mean, each message exactly once (DESIGN §8; I4, I5).

store_raw / store_hook → absorb_raw → absorb (one message, arrivals.py) and events.apply → Item
"""

import hashlib
import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts import clock, journal
from inbox import arrivals, events, hooks, lookups, native, slots
from inbox.connectors.base import Incoming, Parsed
from inbox.connectors.registry import PLATFORMS, hook_of, of_family
from inbox.models import App, Channel, Message, RawEvent, Thread
from inbox.scrubbing import scrub

log = logging.getLogger(__name__)
journal.register({"raw_quarantined": _("data platform tidak terbaca")})

LOOK_AGAIN = timedelta(seconds=10)  # for a body with an own post whose delivery has no outcome yet
READERS = 2
TRIES = 3  # of a transaction that PostgreSQL ended because two of them waited for each other


def store_raw(*, channel: Channel, feed: str, body: bytes) -> RawEvent | None:
    """Keep a polled page as it came. Returns None when exactly these bytes were already stored."""
    return _store(body, fields=("channel_id", "feed"), values=[channel.pk, feed])


def store_hook(*, app: App, body: bytes) -> RawEvent | None:
    """Keep a webhook's body as it came. Returns None when exactly these bytes were already stored."""
    return _store(body, fields=("app_id", "feed"), values=[app.pk, "webhook"])


def _store(body: bytes, *, fields: tuple[str, ...], values: list[Any]) -> RawEvent | None:
    digest = hashlib.sha256(body).hexdigest()
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO inbox_rawevent ({', '.join(fields)}, body, digest, received_at, state, problem,"  # noqa: S608
            " ignored) VALUES (%s, %s, %s, %s, sahut_now(), 'new', '', '')"
            " ON CONFLICT DO NOTHING RETURNING id",
            [*values, body, digest],
        )
        row = cursor.fetchone()
    if row is None:
        return None
    kept = RawEvent(pk=row[0], body=body, digest=digest, **dict(zip(fields, values, strict=True)))
    kept._state.adding = False  # noqa: SLF001  it is a row; reading it back would cost a query per webhook
    return kept


def absorb_raw(*, raw_id: int) -> int:
    """Make messages of a stored body. Returns how many were new. May be called again at any time."""
    return _absorb(RawEvent.objects.filter(pk=raw_id).exclude(state=RawEvent.State.PARSED)) or 0


def _absorb(waiting: QuerySet[RawEvent]) -> int | None:
    """Read the first of `waiting` that no other worker has. None: there is none.

    Two bodies that speak of the same threads in different order may wait for each other: PostgreSQL
    ends one of the two, which begins again. A body that fails as a whole is set aside, since it would
    hold up all that came after it.
    """
    for _try in range(TRIES):
        raw = None
        try:
            with transaction.atomic():
                _need_not_wait_for_the_disk()
                raw = (
                    waiting.select_for_update(skip_locked=True, of=("self",))
                    .select_related("channel", "app")
                    .first()
                )
                return None if raw is None else _absorb_locked(raw)
        except OperationalError as error:
            if getattr(error.__cause__, "pgcode", "") != "40P01":  # deadlock_detected
                raise
        except Exception as error:
            if raw is None:
                raise
            log.exception("body %s not absorbed", raw.pk)
            _set_aside(raw, error)
            return 0
    return 0


def _set_aside(raw: RawEvent, error: Exception) -> None:
    problem = arrivals.storable(f"{type(error).__name__}: {error}")[:500]
    with transaction.atomic():
        RawEvent.objects.filter(pk=raw.pk).update(state=RawEvent.State.QUARANTINED, problem=problem)
        journal.record("raw_quarantined", subject=raw, by=None, problems=1)


def _need_not_wait_for_the_disk() -> None:
    """What a crash undoes here is read again from the raw row, which was stored durably; and whoever
    builds on it (a claim, a reply) commits later, and durably with all before it."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")


def _absorb_locked(raw: RawEvent) -> int:
    """1. The raw row is locked by the caller. 2. Parse: pure, never raises. 3. Absorb each message and
    event in the same transaction, so that the row is marked done if and only if all of them are
    stored; a crash leaves it to the sweeper.
    """
    fresh, waiting = 0, False
    problems: list[str] = []
    ignored: set[str] = set()
    for channel, parsed in readings(raw, problems):
        if raw.channel is None:
            hooks.heard(channel)
        new, waits = _absorb_all(channel, parsed, raw, problems)
        fresh, waiting = fresh + new, waiting or waits
        problems += parsed.problems
        ignored.update(parsed.ignored)
    if waiting:  # stays “new”: the sweeper reads it again when the outcome stands
        RawEvent.objects.filter(pk=raw.pk).update(again_at=clock.now() + LOOK_AGAIN)
        return fresh
    if problems and raw.state == RawEvent.State.NEW:
        journal.record("raw_quarantined", subject=raw, by=None, problems=len(problems))
    raw.state = RawEvent.State.QUARANTINED if problems else RawEvent.State.PARSED
    raw.problem = arrivals.storable("; ".join(problems))[:500]
    raw.ignored = arrivals.storable(", ".join(sorted(ignored)))[:300]
    raw.save(update_fields=["state", "problem", "ignored"])
    return fresh


def readings(raw: RawEvent, problems: list[str]) -> Iterator[tuple[Channel, Parsed]]:
    """What the body says to each of our channels it speaks of. A body for an account that is not
    connected (any more, or yet) is a problem: it stays in quarantine, to be read again."""
    body = bytes(raw.body)
    if raw.channel is not None:
        yield raw.channel, _parse(raw.channel, body, raw.feed)
        return
    assert raw.app is not None  # noqa: S101  a row has either
    for channel in _channels_of(raw.app, body, problems):
        yield channel, _parse(channel, body, "webhook")


def _channels_of(app: App, body: bytes, problems: list[str]) -> list[Channel]:
    hook = hook_of(app.family)
    try:
        ids = hook.accounts(body) if hook else ()
    except Exception as error:
        log.exception("accounts of a body not found")
        problems.append(f"akun: {type(error).__name__}: {error}")
        return []
    known = {
        channel.external_id: channel
        for channel in Channel.objects.filter(
            platform__in=of_family(app.family), external_id__in=ids
        ).order_by("pk")
    }
    problems += [f"akun {name} tidak terhubung" for name in ids if name not in known]
    if not ids:
        only = list(app.channels.all()[:2])
        if len(only) == 1:  # the body does not say, and there is no choice
            return only
        problems.append("tidak menyebut akun mana yang dimaksud")
    return list(known.values())


def _parse(channel: Channel, body: bytes, feed: str) -> Parsed:
    """Parse; a connector that raises all the same is our mistake, never the platform's loss."""
    try:
        return PLATFORMS[channel.platform].parse(body, channel.external_id, feed)
    except Exception as error:
        log.exception("body not parsed")
        return Parsed(problems=(f"{type(error).__name__}: {error}",))


def _absorb_all(
    channel: Channel, parsed: Parsed, raw: RawEvent, problems: list[str]
) -> tuple[int, bool]:
    """Every message and event of one reading; (how many messages were new, whether one must wait).

    In the order of threads, so that two bodies lock them in the same order.
    """
    fresh, waiting = 0, False
    for incoming in sorted(parsed.messages, key=lambda message: message.thread_id):
        try:
            fresh += _absorb_one(channel, incoming, raw)
        except native.WaitForOutcome:
            waiting = True
        except OperationalError:
            raise
        except Exception as error:
            log.exception("message %s not absorbed", incoming.external_id)
            problems.append(f"{incoming.external_id}: {type(error).__name__}: {error}")
    for event in parsed.events:
        try:
            with transaction.atomic():
                events.apply(channel=channel, event=event)
        except OperationalError:
            raise
        except Exception as error:
            log.exception("event %s of %s not applied", event.kind, event.external_id)
            problems.append(f"{event.kind} {event.external_id}: {type(error).__name__}: {error}")
    for author in parsed.profiles:
        arrivals.learn_name(platform=channel.platform, author=author)
    lookups.want(channel=channel, wanted=parsed.wanted)
    return fresh, waiting


def _absorb_one(channel: Channel, incoming: Incoming, raw: RawEvent) -> bool:
    """`absorb` in a transaction of its own. Our own post may be stored by its delivery's outcome between
    the look and the insert: then it is known at the second look."""
    try:
        with transaction.atomic():
            return absorb(channel=channel, incoming=incoming, raw=raw)
    except IntegrityError:
        with transaction.atomic():
            return absorb(channel=channel, incoming=incoming, raw=raw)


def absorb(*, channel: Channel, incoming: Incoming, raw: RawEvent | None) -> bool:
    """Store one message exactly once; True when it was new. Inside a transaction.

    1. Lock the thread's row: everything in one conversation is absorbed one after the other.
    2. Look for the message. Known: apply an edit, note a second channel; done.
    3. Find the item it belongs to (or open one), insert the message. The unique key (I4) stands
       behind step 2 should two threads ever claim the same message.
    4. Apply what happened to it before it arrived (a deletion that overtook it).
    """
    incoming = arrivals.cleaned(incoming)
    thread = locked_thread(channel.platform, incoming.thread_id)
    known = (
        Message.objects.select_related("item")
        .filter(
            platform=channel.platform,
            object_class=incoming.object_class,
            external_id=incoming.external_id,
        )
        .first()
    )
    if known and known.erased_at and raw is not None:  # told once more after it was taken back
        scrub(raw, ids={known.external_id, known.current_id, incoming.current_id})
        return False
    if known:
        arrivals.meet_again(known, channel=channel, incoming=incoming)
        return False
    if incoming.own or arrivals.is_ours(channel.platform, incoming.author):
        return native.absorb_own(channel=channel, incoming=incoming, raw=raw, thread=thread)
    message = arrivals.receive(channel=channel, thread=thread, incoming=incoming, raw=raw)
    events.apply_early(message)
    native.read_again(thread)
    return True


def locked_thread(platform: str, external_id: str) -> Thread:
    """The thread, made if need be, its row locked until the transaction ends."""
    named = Thread.objects.select_for_update().filter(platform=platform, external_id=external_id)
    thread = named.first()
    if thread is None:
        Thread.objects.bulk_create(
            [Thread(platform=platform, external_id=external_id)], ignore_conflicts=True
        )
        thread = named.get()
    return thread


def _unread() -> QuerySet[RawEvent]:
    """Raw rows that nobody has read yet and that need not wait, oldest first."""
    now = clock.now()
    return (
        RawEvent.objects.filter(state=RawEvent.State.NEW)
        .filter(Q(again_at=None) | Q(again_at__lte=now))
        .order_by("pk")
    )


def unparsed(*, limit: int = 100) -> list[int]:
    """Which raw rows nobody has read yet, oldest first."""
    return list(_unread().values_list("pk", flat=True)[:limit])


def absorb_waiting(*, limit: int = 2000) -> int:
    """Read what nobody has read yet, oldest first, until nothing is left. Returns how many messages
    were new. At most READERS of all workers do so at once: in a burst the others go on sending."""
    with slots.one_of(range(READERS), space=slots.Space.READING) as mine:
        if not mine:
            return 0
        fresh = 0
        for _n in range(limit):
            new = _absorb(_unread())
            if new is None:
                break
            fresh += new
        return fresh
