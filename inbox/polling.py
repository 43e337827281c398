"""Asking the platforms: each feed in turn, cursor moved after its pages are stored (DESIGN §8)."""

import logging
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from accounts import clock, journal
from accounts.clock import DbNow
from accounts.sealed import CannotOpen
from inbox import intake
from inbox.connectors.base import Account, Connector, FetchFailed, later
from inbox.connectors.registry import PLATFORMS
from inbox.models import Channel, Feed

log = logging.getLogger(__name__)
journal.register({"feed_blind": _("kanal tidak terbaca"), "feed_sees": _("kanal terbaca kembali")})


class NoConnection(Exception):
    """This channel cannot be spoken to: taken in by hand, or its keys cannot be opened."""


def connect(channel: Channel) -> Connector:
    """A connector for `channel`; the caller closes it. Raises NoConnection."""
    parts = PLATFORMS.get(channel.platform)
    try:
        keys = channel.credentials
    except CannotOpen as error:
        raise NoConnection(str(_("Kunci akun tidak dapat dibuka."))) from error
    if parts is None or not keys:
        raise NoConnection(str(_("Kanal ini tidak terhubung.")))
    base_url = settings.X_API_BASE if channel.platform == "x" else ""
    return parts.connect(
        Account(channel.external_id, channel.handle, keys, base_url, settings.X_TIMEOUT)
    )


def make_feeds(channel: Channel) -> None:
    """See that every feed of the platform exists for `channel`."""
    parts = PLATFORMS.get(channel.platform)
    for name in parts.feeds if parts and not channel.by_hand else ():
        Feed.objects.get_or_create(channel=channel, name=name)


def due_feeds() -> list[Feed]:
    """Feeds whose turn it is, each given to this caller alone.

    One conditional UPDATE per feed moves `next_poll_at` ahead: who gets the row polls. A worker that
    dies meanwhile costs one interval, no lock has to be cleared.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE inbox_feed f SET next_poll_at = sahut_now() + make_interval(secs => %s)"
            "  FROM inbox_channel c"
            " WHERE c.id = f.channel_id AND c.is_active AND f.next_poll_at <= sahut_now()"
            " RETURNING f.id",
            [settings.POLL_EVERY],
        )
        ids = [row[0] for row in cursor.fetchall()]
    return list(Feed.objects.select_related("channel").filter(pk__in=ids))


def poll(feed: Feed) -> list[int]:
    """Read what is new on `feed` into raw rows. Returns their ids, for parsing.

    1. Fetch page by page, outside any transaction; store each page before asking for the next.
    2. Only when the last page is stored, move the cursor to the newest id of the first page, never
       backwards (two pollers may overlap). A crash before that reads the same pages again: they are
       stored once (digest) and absorbed once (I4).
    3. A failure is remembered on the feed, with the time since when it has been blind.
    """
    stored: list[int] = []
    newest = feed.cursor
    try:
        connector = connect(feed.channel)
    except NoConnection as error:
        _went_blind(feed, str(error), retry_after=300)
        return stored
    try:
        for page in connector.fetch(feed.name, feed.cursor):
            raw = intake.store_raw(channel=feed.channel, feed=feed.name, body=page.body)
            if raw:
                stored.append(raw.pk)
            newest = later(newest, page.newest_id)
    except FetchFailed as error:
        _went_blind(feed, error.problem, retry_after=error.retry_after)
        return stored
    finally:
        connector.close()
    with transaction.atomic():
        row = Feed.objects.select_for_update().get(pk=feed.pk)
        row.cursor = later(row.cursor, newest)
        if row.blind_since:
            journal.record(
                "feed_sees", subject=row, by=None, blind_since=row.blind_since.isoformat()
            )
        row.last_ok_at, row.blind_since, row.last_error = clock.now(), None, ""
        row.save(update_fields=["cursor", "last_ok_at", "blind_since", "last_error"])
    return stored


def _went_blind(feed: Feed, problem: str, *, retry_after: float | None) -> None:
    """Remember the failure; the first one after a success starts the blind period."""
    with transaction.atomic():
        row = Feed.objects.select_for_update().get(pk=feed.pk)
        if row.blind_since is None:
            row.blind_since = clock.now()
            journal.record("feed_blind", subject=row, by=None, problem=problem[:200])
        row.last_error = problem[:300]
        row.save(update_fields=["blind_since", "last_error"])
        if retry_after:
            Feed.objects.filter(pk=row.pk).update(
                next_poll_at=DbNow() + timedelta(seconds=retry_after)
            )
    log.warning("feed %s: %s", feed.pk, problem)
