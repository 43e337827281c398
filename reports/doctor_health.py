"""How the parts are: database, Redis, workers, beat, channels with their feeds, queues."""

import time
from datetime import datetime
from typing import Any

from celery import current_app
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError as BrokerError
from redis import Redis, RedisError

from accounts import clock
from accounts.sealed import CannotOpen
from inbox import failures
from inbox.models import Channel, Feed
from inbox.tasks import BEAT_KEY, FAILED_KEY
from referrals import certificates
from reports import doctor_mailbox

PING_SECONDS = 2.0
BEAT_LATE = 60.0  # seconds without a sweep; SWEEP_EVERY is 10 by default


def health() -> dict[str, Any]:
    """The health of every part; a part that does not answer says so and never raises."""
    redis_state = _redis()
    answers = redis_state["ok"]
    return {
        "database": _database(),
        "redis": redis_state,
        "workers": _workers() if answers else [],
        "beat": _beat() if answers else {"ok": False, "seconds_ago": None, "failed": []},
        "channels": [_channel(channel) for channel in Channel.objects.order_by("pk")],
        "feeds": [_feed(feed) for feed in Feed.objects.select_related("channel").order_by("pk")],
        "queues": _queues() if answers else {},
        "certificate": _certificate(),
        "mailbox": doctor_mailbox.health(),
    }


def _database() -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_version'), current_setting('max_connections')::int,"
            " (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),"
            " pg_database_size(current_database())"
        )
        version, most, used, size = cursor.fetchone()
    return {"ok": True, "version": version, "connections": used, "at_most": most, "bytes": size}


def _redis() -> dict[str, Any]:
    try:
        with Redis.from_url(
            settings.REDIS_URL, socket_timeout=PING_SECONDS, socket_connect_timeout=PING_SECONDS
        ) as client:
            info: dict[str, Any] = client.info("server")
    except (RedisError, OSError) as error:
        return {"ok": False, "problem": str(error)}
    return {"ok": True, "version": info.get("valkey_version") or info.get("redis_version")}


def _workers() -> list[str]:
    """Names of the workers that answer within PING_SECONDS."""
    try:
        replies = current_app.control.inspect(timeout=PING_SECONDS).ping() or {}
    except BrokerError:
        return []
    return sorted(replies)


def _beat() -> dict[str, Any]:
    """The sweep writes the time it ended (beat sent it, a worker ran it) and which of its steps failed."""
    at = cache.get(BEAT_KEY)
    ago = time.time() - at if at else None
    failed = cache.get(FAILED_KEY) or []
    return {
        "ok": ago is not None and ago < BEAT_LATE and not failed,
        "seconds_ago": ago and round(ago, 1),
        "failed": failed,
    }


def _queues() -> dict[str, int]:
    """Waiting nudges per queue. They may all be lost: PostgreSQL holds the work (I9)."""
    name = str(current_app.conf.task_default_queue)
    try:
        with current_app.connection_for_read() as broker:
            channel: Any = broker.default_channel
            return {name: int(channel.queue_declare(name, passive=True).message_count)}
    except BrokerError:
        return {}
    except (
        current_app.connection_for_read().channel_errors
    ):  # an empty list does not exist in Redis
        return {name: 0}


def _channel(channel: Channel) -> dict[str, Any]:
    try:
        keys = bool(channel.credentials)
        problem = ""
    except CannotOpen:
        keys, problem = False, _("kuncinya tidak dapat dibuka")
    return {
        "platform": channel.platform,
        "handle": channel.handle,
        "active": channel.is_active,
        "by_hand": channel.by_hand,
        "ok": not problem and channel.dead_since is None and (keys or channel.by_hand),
        "problem": problem or channel.problem,
    }


def _feed(feed: Feed) -> dict[str, Any]:
    return {
        "channel": feed.channel.handle,
        "feed": feed.name,
        "ok": feed.blind_since is None and (feed.last_ok_at is not None or not feed.polled),
        "last_ok_seconds_ago": _ago(feed.last_ok_at),
        "blind_seconds": _ago(feed.blind_since),
        "problem": feed.last_error,
    }


def _certificate() -> dict[str, Any] | None:
    """The office's certificate: whether it may sign, and until when; None where there is none."""
    row = certificates.current()
    if row is None:
        return None
    state = certificates.state_of(row)
    return {"ok": state in ("good", "soon"), "state": state, "until": row.valid_until.isoformat()}


def _certificate_words(found: dict[str, Any]) -> str:
    day = datetime.fromisoformat(found["until"]).date()
    said = {
        "good": _("baik, sampai %(day)s"),
        "soon": _("habis dalam 30 hari, pada %(day)s"),
        "early": _("belum mulai berlaku"),
    }
    state = said.get(found["state"], _("habis masa berlakunya pada %(day)s")) % {"day": day}
    return _("Sertifikat kantor: %(state)s") % {"state": state}


def _ago(moment: datetime | None) -> float | None:
    return round((clock.now() - moment).total_seconds(), 1) if moment else None


def in_words(health: dict[str, Any]) -> list[str]:
    """Health in lines for a person at a terminal."""
    well, ill = _("baik"), _("bermasalah")
    lines = [
        "",
        _("Basis data: %(state)s, PostgreSQL %(version)s, %(used)s dari %(most)s sambungan")
        % {
            "state": well,
            "version": health["database"]["version"],
            "used": health["database"]["connections"],
            "most": health["database"]["at_most"],
        },
        _("Redis: %(state)s") % {"state": well if health["redis"]["ok"] else ill},
        _("Pekerja latar: %(names)s")
        % {"names": ", ".join(health["workers"]) or _("tidak ada yang menjawab")},
        _("Penjadwal: %(state)s") % {"state": well if health["beat"]["ok"] else ill},
    ]
    if health["beat"]["failed"]:
        steps = ", ".join(health["beat"]["failed"])
        lines.append(_("Penyisiran gagal di: %(steps)s. Lihat log pekerja.") % {"steps": steps})
    if health["certificate"]:
        lines.append(_certificate_words(health["certificate"]))
    lines.append(doctor_mailbox.in_words(health["mailbox"]))
    lines += [
        f"{row['handle']} ({row['platform']}): {failures.why_unread(row['problem']) or well}"
        for row in health["channels"]
    ]
    lines += [
        f"{row['channel']} {row['feed']}: "
        f"{well if row['ok'] else failures.why_unread(row['problem']) or ill}"
        for row in health["feeds"]
    ]
    return lines
