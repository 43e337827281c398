"""Speaking for a channel: its connector, its keys (renewed under a lock), and what a check found.

Everybody who talks to a platform passes `connect`; everybody who learns that a token is dead or alive
says so here, so that the screens, the alerts and `doctor` read it in one place.
"""

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import clock, journal
from accounts.sealed import CannotOpen
from inbox import budget
from inbox.connectors.base import Account, Connector, FetchFailed, Health, Usage
from inbox.connectors.parts import PlatformParts
from inbox.connectors.registry import PLATFORMS
from inbox.models import WEBHOOK, Channel, Feed

log = logging.getLogger(__name__)
journal.register(
    {
        "token_dead": _("kunci akun ditolak platform"),
        "token_alive": _("kunci akun berlaku lagi"),
        "token_renewed": _("kunci akun diperbarui"),
    }
)

RENEW_BEFORE = 300  # seconds before its end an access token is renewed
CHECK_EVERY = timedelta(minutes=30)


class NoConnection(Exception):
    """This channel cannot be spoken to: taken in by hand, or its keys cannot be opened or renewed. Not
    `permanent`: the platform was away when the keys were to be renewed; try again later."""

    def __init__(self, problem: str, *, permanent: bool = True) -> None:
        self.permanent = permanent
        super().__init__(problem)


def parts_of(channel: Channel) -> PlatformParts | None:
    """The platform's folder; None for channels whose items come by hand only."""
    return PLATFORMS.get(channel.platform)


def account_of(channel: Channel, keys: dict[str, Any] | None = None) -> Account:
    """The account as its connector needs it. Raises NoConnection."""
    parts = parts_of(channel)
    try:
        found = channel.credentials if keys is None else keys
        app = channel.app.credentials if channel.app else {}
    except CannotOpen as error:
        raise NoConnection(str(_("Kunci akun tidak dapat dibuka."))) from error
    if parts is None or not found:
        raise NoConnection(str(_("Kanal ini tidak terhubung.")))

    def tell(usage: Usage) -> None:
        budget.report(channel, usage)

    return Account(
        external_id=channel.external_id,
        handle=channel.handle,
        keys=found,
        app=app,
        options=channel.options,
        base_url=settings.API_BASES.get(parts.family, ""),
        timeout=settings.API_TIMEOUT,
        version=settings.API_VERSIONS.get(parts.family, ""),
        report=tell,
    )


def connect(channel: Channel) -> Connector:
    """A connector for `channel`; the caller closes it. Raises NoConnection."""
    account = account_of(channel)
    parts = PLATFORMS[channel.platform]
    ends = account.keys.get("expires_at")
    if parts.refresh and ends and float(ends) - clock.now().timestamp() < RENEW_BEFORE:
        account = _renew(channel)
    return parts.connect(account)


def _renew(channel: Channel) -> Account:
    """New keys for old ones that are about to expire. Raises NoConnection.

    1. Lock the channel's row: of many workers one renews, since the old refresh token dies with it
       (platforms.md §2.1). 2. Look again: another worker may just have done it. 3. Ask the platform.
    4. Keep the new pair before anybody uses it. A refusal is noted once the row is free again.
    """
    try:
        return _renewed(channel)
    except FetchFailed as error:
        if error.dead:
            note_dead(channel, error.problem)
        raise NoConnection(error.problem, permanent=error.permanent) from error


def _renewed(channel: Channel) -> Account:
    with transaction.atomic():
        row = (
            Channel.objects.select_for_update(of=("self",)).select_related("app").get(pk=channel.pk)
        )
        account = account_of(row)
        renew = PLATFORMS[row.platform].refresh
        ends = float(account.keys["expires_at"])
        if renew is None or ends - clock.now().timestamp() > RENEW_BEFORE:
            return account
        keys = dict(renew(account))
        if keys.get("expires_in"):
            keys["expires_at"] = clock.now().timestamp() + float(keys["expires_in"])
        row.credentials = keys
        row.expires_at = moment(keys.get("expires_at"))
        row.save(update_fields=["sealed", "expires_at"])
        journal.record("token_renewed", subject=row, by=None)
    return account_of(row, keys)


def moment(seconds: Any) -> datetime | None:
    """Seconds since 1970 as an aware UTC datetime; None for nothing."""
    return datetime.fromtimestamp(float(seconds), tz=UTC) if seconds else None


def make_feeds(channel: Channel) -> None:
    """See that every feed of the platform exists for `channel`, and one for its webhooks."""
    parts = parts_of(channel)
    if parts is None or channel.by_hand:
        return
    for name in parts.feeds:
        Feed.objects.get_or_create(channel=channel, name=name)
    if parts.hook is not None:
        Feed.objects.get_or_create(channel=channel, name=WEBHOOK, defaults={"polled": False})


def note_dead(channel: Channel, problem: str) -> None:
    """The platform refused the token: remembered once, until it is good again."""
    with transaction.atomic():
        changed = Channel.objects.filter(pk=channel.pk, dead_since=None).update(
            dead_since=clock.now(), problem=problem[:300]
        )
        if changed:
            journal.record("token_dead", subject=channel, by=None, problem=problem[:200])


def note_alive(channel: Channel) -> None:
    """The platform took the token."""
    if channel.dead_since is None and not channel.problem:
        return
    with transaction.atomic():
        changed = Channel.objects.filter(pk=channel.pk, dead_since__isnull=False).update(
            dead_since=None, problem=""
        )
        if changed:
            journal.record("token_alive", subject=channel, by=None)
    channel.dead_since, channel.problem = None, ""


def check(channel: Channel) -> Health | None:
    """Ask the platform about token, permissions, subscription and quota, and keep the answer.

    None when the platform is away or the channel cannot be spoken to: the old answer stands.
    """
    try:
        connector = connect(channel)
    except NoConnection as error:
        Channel.objects.filter(pk=channel.pk).update(
            checked_at=clock.now(), problem=str(error)[:300]
        )
        return None
    try:
        health = connector.check()
    except FetchFailed as error:
        log.warning("channel %s not checked: %s", channel.pk, error)
        Channel.objects.filter(pk=channel.pk).update(checked_at=clock.now())
        return None
    finally:
        connector.close()
    fields: dict[str, Any] = {
        "checked_at": clock.now(),
        "missing": list(health.missing),
        "subscribed": health.subscribed,
        "quota_limit": health.quota_limit,
        "quota_used": health.quota_used,
    }
    if health.expires_at:
        fields["expires_at"] = health.expires_at
    Channel.objects.filter(pk=channel.pk).update(**fields)
    if health.alive:
        note_alive(channel)
    else:
        note_dead(channel, health.problem)
    return health


def check_due() -> int:
    """Check every connected channel whose last check is old. Returns how many."""
    old = clock.now() - CHECK_EVERY
    due = Channel.objects.filter(is_active=True).exclude(checked_at__gt=old).exclude(sealed=b"")
    count = 0
    for channel in due.select_related("app"):
        # One conditional UPDATE decides who asks; a worker that dies meanwhile costs one interval.
        mine = (
            Channel.objects.filter(pk=channel.pk)
            .exclude(checked_at__gt=old)
            .update(checked_at=clock.now())
        )
        if mine:
            check(channel)
            count += 1
    return count
