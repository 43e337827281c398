"""Asking the platforms: each feed in turn, cursor moved after its pages are stored (DESIGN §8)."""

import logging
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from accounts import clock, journal
from accounts.clock import DbNow
from inbox import budget, channels, intake
from inbox.channels import NoConnection
from inbox.connectors.base import FetchFailed, later
from inbox.connectors.registry import PLATFORMS
from inbox.models import BlindPeriod, Feed

log = logging.getLogger(__name__)
PATIENCE = timedelta(minutes=20)  # longer than any platform's rate window
journal.register({"feed_blind": _("kanal tidak terbaca"), "feed_sees": _("kanal terbaca kembali")})


def due_feeds() -> list[Feed]:
    """Feeds whose turn it is, each given to this caller alone.

    One conditional UPDATE per feed moves `next_poll_at` ahead: who gets the row polls. A worker that
    dies meanwhile costs one interval, no lock has to be cleared.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE inbox_feed f SET next_poll_at = sahut_now() + make_interval(secs => %s)"
            "  FROM inbox_channel c"
            " WHERE c.id = f.channel_id AND c.is_active AND f.polled AND f.next_poll_at <= sahut_now()"
            " RETURNING f.id",
            [settings.POLL_EVERY],
        )
        ids = [row[0] for row in cursor.fetchall()]
    return list(Feed.objects.select_related("channel__app").filter(pk__in=ids))


def poll(feed: Feed) -> list[int]:
    """Read what is new on `feed` into raw rows. Returns their ids, for parsing.

    1. Keep still while the platform's own headers ask for it (budget).
    2. Fetch page by page, outside any transaction; store each page before asking for the next.
    3. Only when the last page is stored, move the cursor to the newest id of the first page, never
       backwards (two pollers may overlap). A crash before that reads the same pages again: they are
       stored once (digest) and absorbed once (I4).
    4. A failure is remembered on the feed, with the time since when it has been blind.
    """
    stored: list[int] = []
    newest = feed.cursor
    pause = budget.wait(feed.channel)
    if pause:
        _later(feed, pause)
        return stored
    try:
        connector = channels.connect(feed.channel)
    except NoConnection as error:
        went_blind(feed, str(error), retry_after=300)
        return stored
    try:
        for page in connector.fetch(feed.name, feed.cursor):
            raw = intake.store_raw(channel=feed.channel, feed=feed.name, body=page.body)
            if raw:
                stored.append(raw.pk)
            newest = later(newest, page.newest_id)
    except FetchFailed as error:
        if error.dead:
            channels.note_dead(feed.channel, error.problem)
        if error.retry_after and not error.permanent and _was_read_lately(feed):
            _later(feed, error.retry_after)  # told to wait: that is a pace, not blindness
        else:
            went_blind(feed, error.problem, retry_after=error.retry_after)
        return stored
    finally:
        connector.close()
    channels.note_alive(feed.channel)
    sees_again(feed, cursor=newest)
    pace = max(settings.POLL_EVERY, PLATFORMS[feed.channel.platform].every.get(feed.name, 0))
    pace *= budget.stretch(feed.channel)
    if pace > settings.POLL_EVERY:
        _later(feed, pace)
    return stored


def _was_read_lately(feed: Feed) -> bool:
    return bool(feed.last_ok_at and clock.now() - feed.last_ok_at < PATIENCE)


def _later(feed: Feed, seconds: float) -> None:
    Feed.objects.filter(pk=feed.pk).update(next_poll_at=DbNow() + timedelta(seconds=seconds))


def sees_again(feed: Feed, *, cursor: str = "", lost: bool = False) -> None:
    """The feed was read: move its cursor on, and end a blind period. `lost`: what was said
    meanwhile cannot be read again."""
    with transaction.atomic():
        row = Feed.objects.select_for_update().get(pk=feed.pk)
        row.cursor = later(row.cursor, cursor)
        if row.blind_since:
            BlindPeriod.objects.filter(feed=row, ended_at=None).update(
                ended_at=clock.now(), lost=lost
            )
            journal.record(
                "feed_sees", subject=row, by=None, blind_since=row.blind_since.isoformat()
            )
        row.last_ok_at, row.blind_since, row.last_error = clock.now(), None, ""
        row.save(update_fields=["cursor", "last_ok_at", "blind_since", "last_error"])


def went_blind(feed: Feed, problem: str, *, retry_after: float | None = None) -> None:
    """Remember the failure; the first one after a success starts the blind period, which begins where
    the feed was last read."""
    with transaction.atomic():
        row = Feed.objects.select_for_update().get(pk=feed.pk)
        if row.blind_since is None:
            row.blind_since = row.last_ok_at or clock.now()
            BlindPeriod.objects.get_or_create(
                feed=row, ended_at=None,
                defaults={"began_at": row.blind_since, "problem": problem[:300]},
            )  # fmt: skip
            journal.record("feed_blind", subject=row, by=None, problem=problem[:200])
        row.last_error = problem[:300]
        row.save(update_fields=["blind_since", "last_error"])
        if retry_after:
            _later(row, retry_after)
    log.warning("feed %s: %s", feed.pk, problem)
