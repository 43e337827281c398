"""How the channels are, in words: what the pages under /kanal/ show. Reading only.

The colours are those of docs/design.md: mine (all is well), held (look at it today), late (messages are
missed, or cannot be answered), done (switched off).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from django.db.models import Prefetch
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import clock
from accounts.models import User
from accounts.sealed import CannotOpen
from inbox import budget, channels
from inbox.blindness import SHOWN_FOR, Period, feed_words, periods_of
from inbox.models import Channel, Feed
from inbox.templatetags.ages import moment, short_age

_URGENT = {"late": 0, "held": 1, "done": 3}
DYING = timedelta(days=7)  # a token that ends sooner is spoken of
LOW_QUOTA = 0.10  # of what may be sent in a month


@dataclass(frozen=True, slots=True)
class State:
    """A finding in a few words; `kind` is the colour's class, "" for none."""

    kind: str
    text: str
    of_token: bool = False  # speaks of the token


@dataclass(frozen=True, slots=True)
class Quota:
    """What may still be sent this month. `percent` is what is left."""

    left: int
    limit: int
    percent: int
    low: bool


@dataclass(frozen=True, slots=True)
class FeedLine:
    """One way of reading, and how it is."""

    feed: Feed
    name: str
    state: State


@dataclass(frozen=True, slots=True)
class Line:
    """A channel with all that is known of its health."""

    channel: Channel
    state: State
    token: State | None
    subscription: State | None
    feeds: tuple[FeedLine, ...]
    periods: tuple[Period, ...]
    quota: Quota | None
    usage: int  # percent of the platform's budget

    @property
    def open_problem(self) -> bool:
        return self.state.kind in ("late", "held")


def ago(at: datetime, now: datetime) -> str:
    """How long ago: "baru saja", "3 mnt lalu"."""
    if now - at < timedelta(minutes=1):
        return _("baru saja")
    return _("%(age)s lalu") % {"age": short_age(at, now)}


# --- the token --------------------------------------------------------------------------------------------


def renews_itself(channel: Channel) -> bool:
    """Whether the keys are renewed by us before they end, so that their end says nothing."""
    parts = channels.parts_of(channel)
    try:
        return bool(parts and parts.refresh and channel.credentials.get("refresh_token"))
    except CannotOpen:
        return False


def dies_at(channel: Channel) -> datetime | None:
    """When the token ends if nobody does anything; None: it does not."""
    return None if channel.expires_at is None or renews_itself(channel) else channel.expires_at


def token_state(channel: Channel, *, now: datetime) -> State | None:
    """How the account's token is; None where there is none."""
    if channel.by_hand:
        return None
    if channel.dead_since:
        return State("late", _("Kunci ditolak sejak %(at)s") % {"at": moment(channel.dead_since)})
    end = dies_at(channel)
    if end is None:
        return State("mine", _("Kunci berlaku")) if channel.checked_at else None
    if end <= now:
        return State("late", _("Kunci habis %(at)s") % {"at": moment(end)})
    if end - now <= DYING:
        return State("held", _("Kunci habis %(when)s") % {"when": in_days(end, now)})
    day = date_format(timezone.localtime(end), "j F")
    return State("mine", _("Kunci berlaku sampai %(day)s") % {"day": day})


def in_days(at: datetime, now: datetime) -> str:
    """How soon: "hari ini", "3 hari lagi"."""
    days = ceil((at - now).total_seconds() / 86400)
    if days <= 1:
        return _("dalam sehari")
    return ngettext("%(n)s hari lagi", "%(n)s hari lagi", days) % {"n": days}


# --- one channel ------------------------------------------------------------------------------------------


def subscription_state(
    channel: Channel, *, heard_at: datetime | None, now: datetime
) -> State | None:
    """Whether the platform posts to us; None where it has no webhooks or none were asked for."""
    if channel.subscribed is False:
        return State("late", _("Kiriman langsung terputus"))
    if channel.subscribed is None:
        return None
    if heard_at:
        said = _("Kiriman langsung hidup, terakhir %(ago)s") % {"ago": ago(heard_at, now)}
        return State("mine", said)
    return State("mine", _("Kiriman langsung hidup"))


def quota_of(channel: Channel) -> Quota | None:
    """What is left of the month's quota (LINE); None where nothing limits it."""
    left = channel.quota_left
    if left is None or not channel.quota_limit:
        return None
    share = left / channel.quota_limit
    return Quota(left, channel.quota_limit, round(100 * share), low=share <= LOW_QUOTA)


def feed_line(feed: Feed, *, now: datetime) -> FeedLine:
    """How one feed is."""
    if feed.blind_since:
        state = State("late", _("tidak terbaca sejak %(at)s") % {"at": moment(feed.blind_since)})
    elif feed.last_ok_at is None:
        state = State("" if feed.polled else "held", _("belum pernah"))
    else:
        state = State("mine", ago(feed.last_ok_at, now))
    return FeedLine(feed, feed_words(feed.name), state)


def _state(channel: Channel, *, periods: Iterable[Period], now: datetime) -> State:
    """The one line that says how the channel is: what matters most comes first."""
    ahead = _stops(channel) or _misses(channel, periods) or _warns(channel, now)
    if ahead:
        return ahead
    feeds = channel.feeds.all()
    read = [feed.last_ok_at for feed in feeds if feed.last_ok_at]
    if not feeds:
        return State("mine", _("Siap menerima"))
    if not read:
        return State("held", _("Baru dihubungkan, belum pernah terbaca"))
    return State("mine", _("Terbaca %(ago)s") % {"ago": ago(max(read), now)})


def _stops(channel: Channel) -> State | None:
    """Switched off, by hand, or without keys that work."""
    if not channel.is_active:
        return State("done", _("Diputus. Pesan yang masih datang tetap dicatat."))
    if channel.by_hand:
        return State("", _("Dicatat dengan tangan"))
    if channel.dead_since:
        return State(
            "late",
            _("Kunci akun ditolak sejak %(at)s. Hubungkan ulang.")
            % {"at": moment(channel.dead_since)},
            of_token=True,
        )
    try:
        channels.account_of(channel)  # opening the keys is the question
    except channels.NoConnection:
        return State("late", _("Kunci akun tidak dapat dibuka. Hubungkan ulang."))
    return None


def _misses(channel: Channel, periods: Iterable[Period]) -> State | None:
    """Messages do not come in, or did not and cannot be read again."""
    if channel.subscribed is False:
        return State("late", _("Platform berhenti mengirim ke sini. Pasang lagi langganannya."))
    blind = [feed.blind_since for feed in channel.feeds.all() if feed.blind_since]
    if blind:
        return State("late", _("Tidak terbaca sejak %(at)s") % {"at": moment(min(blind))})
    if any(period.look for period in periods):
        return State("held", _("Ada pesan yang mungkin terlewat: periksa di aplikasinya"))
    return None


def _warns(channel: Channel, now: datetime) -> State | None:
    """What will stop soon, or works by half."""
    end = dies_at(channel)
    if end and end - now <= DYING:
        said = _("Kunci akun habis %(when)s") % {"when": in_days(end, now)}
        return State("held", said, of_token=True)
    if channel.missing:
        return State("held", _("Izin kurang"))
    quota = quota_of(channel)
    if quota and quota.low:
        return State("held", _("Kuota kirim tinggal %(n)s pesan") % {"n": quota.left})
    return None


# --- pages ------------------------------------------------------------------------------------------------


def lines(user: User) -> list[Line]:
    """Every channel this person may see: what needs somebody first, switched-off ones last."""
    rows = (
        Channel.objects.visible_to(user)
        .select_related("app")
        .prefetch_related(Prefetch("feeds", Feed.objects.order_by("-polled", "name")))
        .order_by("platform", "handle")
    )
    found = _lines(list(rows), keep=SHOWN_FOR)
    return sorted(found, key=lambda line: _URGENT.get(line.state.kind, 2))


def line_of(channel: Channel) -> Line:
    """One channel, with a month of blind periods."""
    return _lines([channel], keep=timedelta(days=30))[0]


def _lines(found: list[Channel], *, keep: timedelta) -> list[Line]:
    now = clock.now()
    periods = periods_of([channel.pk for channel in found], now=now, keep=keep)
    return [_line(channel, tuple(periods.get(channel.pk, ())), now) for channel in found]


def _line(channel: Channel, periods: tuple[Period, ...], now: datetime) -> Line:
    feeds = tuple(feed_line(feed, now=now) for feed in channel.feeds.all())
    heard = channel.app.last_request_at if channel.app else None
    return Line(
        channel=channel,
        state=_state(channel, periods=periods, now=now),
        token=token_state(channel, now=now),
        subscription=subscription_state(channel, heard_at=heard, now=now),
        feeds=feeds,
        periods=periods,
        quota=quota_of(channel),
        usage=0 if channel.by_hand else round(budget.used(channel)),
    )


def summary(found: Iterable[Line]) -> str:
    """A sentence before the list: what needs somebody."""
    working = [line for line in found if line.channel.is_active]
    troubled = [line for line in working if line.state.kind == "late"]
    warned = [line for line in working if line.state.kind == "held"]
    if troubled:
        n = len(troubled)
        return ngettext(
            "%(n)s kanal bermasalah: %(names)s.", "%(n)s kanal bermasalah: %(names)s.", n
        ) % {"n": n, "names": ", ".join(str(line.channel) for line in troubled)}
    if warned:
        n = len(warned)
        return ngettext(
            "Semua kanal terbaca. %(n)s perlu dilihat.",
            "Semua kanal terbaca. %(n)s perlu dilihat.",
            n,
        ) % {"n": n}
    return _("Semua kanal terbaca.")
