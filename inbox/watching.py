"""Whether webhooks still come: nobody fails when a platform stops posting, so it has to be looked for.

Silent unsubscription is the most common reason that no messages arrive (platforms.md §3.1). What polling
cannot bring back afterwards is marked lost, so that somebody looks in the platform's own app.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from accounts import clock
from inbox import channels
from inbox.models import WEBHOOK, Channel, Feed, Message, RawEvent
from inbox.polling import sees_again, went_blind

SILENT = timedelta(hours=1)  # shorter silence says nothing
UNUSUAL = 6  # times the usual gap between two bodies
MISSED = 3  # messages that polling brought and no webhook
SETTLED = timedelta(minutes=10)  # a webhook may come later than the poll
USUAL_OVER = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class _Look:
    """What is known of one channel's webhooks."""

    channel: Channel
    feed: Feed
    now: datetime

    @property
    def heard_since(self) -> datetime:
        """When the feed last worked, by a body or by a check; the beginning where it never did."""
        return self.feed.last_ok_at or self.channel.created_at


def look(channel: Channel, feed: Feed, *, now: datetime) -> str:
    """Why this channel's webhooks cannot be relied on, in a sentence for the screen; "" when they can."""
    seen = _Look(channel, feed, now)
    return _unsubscribed(seen) or _refused(seen) or _token(seen) or _silent(seen)


def _unsubscribed(seen: _Look) -> str:
    checked = seen.channel.checked_at
    if seen.channel.subscribed is not False or checked is None or seen.heard_since > checked:
        return ""
    return _("Platform berhenti mengirim pesan ke sini: langganannya terputus.")


def _refused(seen: _Look) -> str:
    """Bodies come, but nothing we know signed them: the secret was changed at the platform."""
    app = seen.channel.app
    if app is None or app.refused_at is None:
        return ""
    if app.last_request_at and app.last_request_at >= app.refused_at:
        return ""
    return _(
        "Kiriman platform ditolak karena tanda tangannya tidak cocok dengan kunci rahasia di sini."
    )


def _token(seen: _Look) -> str:
    dead = seen.channel.dead_since
    if dead is None or seen.heard_since > dead:
        return ""
    return _("Kunci akun ditolak; belum pasti apakah pesan masih dikirim ke sini.")


def _silent(seen: _Look) -> str:
    """Polling brought messages that no webhook announced, for much longer than is usual."""
    app, parts = seen.channel.app, channels.parts_of(seen.channel)
    if app is None or parts is None or not parts.feeds or not seen.channel.subscribed:
        return ""
    since = app.last_request_at or app.created_at
    if seen.now - since < SILENT:
        return ""
    missed = Message.objects.filter(
        item__channel=seen.channel, item__last_in_at__gte=since, direction=Message.Direction.IN,
        raw__feed__in=parts.feeds, written_at__gt=since, stored_at__lt=seen.now - SETTLED,
    )[:MISSED].count()  # fmt: skip
    if missed < MISSED:
        return ""
    bodies = RawEvent.objects.filter(app=app, received_at__gte=since - USUAL_OVER).count()
    usual = USUAL_OVER / bodies if bodies else SILENT
    if seen.now - since < usual * UNUSUAL:
        return ""
    return _(
        "Platform tidak mengirim apa-apa lagi, padahal ada pesan baru yang hanya terbaca berkala."
    )


def watch_webhooks() -> int:
    """Begin and end the blind periods of all webhook feeds. Returns how many are blind.

    A feed that is well and was checked or heard since it was last looked at counts as read then: should
    it go blind later, that is where its blind period begins.
    """
    blind = 0
    feeds = Feed.objects.filter(name=WEBHOOK, channel__is_active=True)
    for feed in feeds.select_related("channel__app").order_by("pk"):
        channel = feed.channel
        if channels.parts_of(channel) is None or channel.by_hand:
            continue
        problem = look(channel, feed, now=clock.now())
        if problem:
            blind += 1
            if feed.blind_since is None:
                went_blind(feed, problem)
        elif feed.blind_since or _worth_noting(channel, feed):
            _well(channel, feed)
    return blind


def _worth_noting(channel: Channel, feed: Feed) -> bool:
    """A check found the subscription in order after the feed was last known to work."""
    if not channel.subscribed or channel.dead_since or channel.checked_at is None:
        return False
    return feed.last_ok_at is None or feed.last_ok_at < channel.checked_at


def _well(channel: Channel, feed: Feed) -> None:
    parts = channels.parts_of(channel)
    sees_again(feed, lost=bool(parts and parts.unreadable))
