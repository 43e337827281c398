"""Connecting accounts: every write of the connect screens, one transaction and journal entry each.

Keys are typed in or handed over by a platform, sealed, and never shown again. What is asked of a
platform meanwhile is onboarding.py: never inside a transaction.
"""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import clock, journal
from accounts.models import Team, User
from accounts.sealed import CannotOpen
from inbox import channels
from inbox.connectors.registry import of_family
from inbox.models import App, BlindPeriod, Channel, Platform

journal.register(
    {
        "app_saved": _("kunci aplikasi disimpan"),
        "secret_added": _("kunci rahasia webhook ditambah"),
        "secret_dropped": _("kunci rahasia webhook lama dibuang"),
        "channel_connected": _("kanal dihubungkan"),
        "channel_disconnected": _("kanal diputus"),
        "channel_back": _("kanal dihubungkan lagi"),
        "channel_set": _("pengaturan kanal diubah"),
        "blind_seen": _("masa tidak terbaca diperiksa di aplikasi platform"),
        "keys_resealed": _("kunci akun disegel ulang"),
    }
)

#: Which of an application's keys signs its webhooks (platforms.md §2.3, §3.2, §7.2). A platform with a
#: paste form of its own names it "webhook_secret".
SIGNING = {"x": "consumer_secret", "meta": "app_secret", "line": "channel_secret"}


class LastSecret(Exception):
    """The only secret of an application cannot be dropped: every body would be refused."""


@dataclass(frozen=True, slots=True)
class Found:
    """An account as its platform names it, with the keys to speak for it; not connected yet."""

    platform: str
    external_id: str
    handle: str
    keys: Mapping[str, Any] = field(repr=False)
    name: str = ""


# --- applications ---------------------------------------------------------------------------------------


def app_of(family: str) -> App | None:
    """The application whose keys new accounts of this family share: the newest. None on LINE, where
    each account is its own."""
    if family == "line":
        return None
    return App.objects.filter(family=family).order_by("-pk").first()


def save_app(
    *,
    family: str,
    values: Mapping[str, str],
    by: User | None,
    app: App | None = None,
    name: str = "",
) -> App:
    """Keep an application's keys: `values` that are empty leave what is stored. Returns the row.

    A new signing secret goes in front of the old ones, which stay good until somebody drops them.
    """
    given = {key: value.strip() for key, value in values.items() if value and value.strip()}
    with transaction.atomic():
        row = App.objects.select_for_update().get(pk=app.pk) if app else App(family=family)
        kept = opened(row)
        fresh = given.get(SIGNING.get(family, "webhook_secret"), "")
        merged = kept | given
        merged["secrets"] = _with_secret(kept.get("secrets", ()), fresh)
        merged.setdefault("verify_token", secrets.token_urlsafe(24))
        row.credentials = merged
        row.name = name or row.name
        row.save()
        journal.record("app_saved", subject=row, by=by, keys=sorted(given))
    return row


def opened(row: App) -> dict[str, Any]:
    """The keys stored so far; {} where the key that sealed them is gone: they are typed in anew."""
    try:
        return row.credentials
    except CannotOpen:
        return {}


def _with_secret(stored: Iterable[str], fresh: str) -> list[str]:
    kept = [secret for secret in stored if secret and secret != fresh]
    return [fresh, *kept] if fresh else kept


def add_secret(*, app: App, secret: str, by: User) -> int:
    """A new webhook secret in front; the old ones stay good meanwhile. Returns how many there are."""
    with transaction.atomic():
        row = App.objects.select_for_update().get(pk=app.pk)
        values = opened(row)
        values["secrets"] = _with_secret(values.get("secrets", ()), secret.strip())
        key = SIGNING.get(row.family, "webhook_secret")
        if (
            key in values
        ):  # what signs our own calls (Meta's proof, X's consumer) is the same secret
            values[key] = secret.strip()
        row.credentials = values
        row.save(update_fields=["sealed"])
        journal.record("secret_added", subject=row, by=by, secrets=len(values["secrets"]))
    return len(values["secrets"])


def drop_secret(*, app: App, position: int, by: User) -> int:
    """Drop an old webhook secret; `position` counts from 0, the newest. Raises LastSecret, IndexError."""
    with transaction.atomic():
        row = App.objects.select_for_update().get(pk=app.pk)
        values = opened(row)
        stored = list(values.get("secrets", ()))
        if len(stored) < 2:
            raise LastSecret
        if not 0 <= position < len(stored):
            raise IndexError(position)
        del stored[position]
        values["secrets"] = stored
        row.credentials = values
        row.save(update_fields=["sealed"])
        journal.record("secret_dropped", subject=row, by=by, secrets=len(stored))
    return len(stored)


# --- channels -------------------------------------------------------------------------------------------


def connect(
    *,
    found: Found,
    app: App | None,
    begin_from: datetime | None,
    teams: Iterable[Team],
    by: User | None,
) -> Channel:
    """Make `found` a channel, or give a known channel its new keys; with its feeds.

    A known channel keeps its beginning and its teams: what was old stays history. One whose messages
    were taken in by hand until now is the same place: it gets the keys and keeps its messages.
    """
    with transaction.atomic():
        row = (
            Channel.objects.select_for_update()
            .filter(platform=found.platform, external_id=found.external_id)
            .first()
        ) or _by_hand_until_now(found, begin_from)
        again = row is not None
        if row is None:
            row = Channel(platform=found.platform, external_id=found.external_id)
            row.begin_from = begin_from
        row.handle, row.name, row.app = found.handle[:80], found.name[:120], app
        row.credentials = dict(found.keys)
        row.is_active, row.dead_since, row.problem, row.checked_at = True, None, "", None
        row.expires_at = channels.moment(found.keys.get("expires_at"))
        row.save()
        row.teams.add(*teams)
        channels.make_feeds(row)
        journal.record("channel_connected", subject=row, by=by, again=again)
    return row


def _by_hand_until_now(found: Found, begin_from: datetime | None) -> Channel | None:
    """The channel without keys that bears this account's name on this platform, if there is just one."""
    bare = Channel.objects.select_for_update(of=("self",)).filter(
        platform=found.platform, sealed=b"", app=None
    )
    named = [
        row
        for row in bare
        if row.handle.lstrip("@").casefold() == found.handle.lstrip("@").casefold()
    ]
    if len(named) != 1:
        return None
    named[0].external_id = found.external_id
    named[0].begin_from = begin_from
    return named[0]


def add_by_hand(*, platform: str, handle: str, teams: Iterable[Team], by: User | None) -> Channel:
    """A place whose messages are taken in by hand: no keys, nothing is read."""
    with transaction.atomic():
        row, made = Channel.objects.get_or_create(
            platform=platform or Platform.OTHER, external_id=f"tangan:{handle}"[:80],
            defaults={"handle": handle[:80]},
        )  # fmt: skip
        row.teams.add(*teams)
        journal.record("channel_connected", subject=row, by=by, again=not made, by_hand=True)
    return row


def disconnect(*, channel: Channel, by: User) -> bool:
    """Stop reading and sending. Keys stay sealed, and what the platform still posts is taken in.

    Returns False when it was disconnected already.
    """
    return _switch(channel, on=False, verb="channel_disconnected", by=by)


def bring_back(*, channel: Channel, by: User) -> bool:
    """Read and send again with the keys that are stored. False when it was connected already."""
    return _switch(channel, on=True, verb="channel_back", by=by)


def _switch(channel: Channel, *, on: bool, verb: str, by: User) -> bool:
    with transaction.atomic():
        changed = Channel.objects.filter(pk=channel.pk, is_active=not on).update(
            is_active=on, checked_at=None
        )
        if changed:
            if on:
                channels.make_feeds(channel)
            journal.record(verb, subject=channel, by=by)
    return bool(changed)


def set_up(
    *,
    channel: Channel,
    handle: str,
    teams: Iterable[Team],
    begin_from: datetime | None,
    options: Mapping[str, Any],
    by: User,
    second_reader: bool | None = None,
) -> None:
    """The channel's settings: who sees it, from when it counts, what the platform allows it, whether
    replies need a second reader (None: as it is). A `handle` of "" stays: that of a connected account is
    the platform's word."""
    with transaction.atomic():
        row = Channel.objects.select_for_update().get(pk=channel.pk)
        row.handle, row.begin_from = handle[:80] or row.handle, begin_from
        row.options = {**row.options, **options}
        if second_reader is not None:
            row.second_reader = second_reader
        row.save(update_fields=["handle", "begin_from", "options", "second_reader"])
        chosen = list(teams)
        row.teams.set(chosen)
        journal.record(
            "channel_set", subject=row, by=by, teams=[team.pk for team in chosen],
            options=row.options, second_reader=row.second_reader,
            begin_from=begin_from.isoformat() if begin_from else None,
        )  # fmt: skip


def note_seen(*, period: BlindPeriod, by: User) -> bool:
    """Somebody looked in the platform's own app for what was said in this time. False: done before."""
    with transaction.atomic():
        changed = BlindPeriod.objects.filter(pk=period.pk, seen_at=None).update(
            seen_at=clock.now(), seen_by=by
        )
        if changed:
            journal.record("blind_seen", subject=period, by=by, feed=period.feed_id)
    return bool(changed)


# --- rotation of the keys that seal -----------------------------------------------------------------------


def reseal() -> tuple[int, list[str]]:
    """Seal every key anew with the newest of SEALING_KEYS: after this the older ones may be dropped.

    Returns how many rows, and names of those that no key opens (they must be connected anew). Safe to
    repeat; each row in its own transaction.
    """
    done, shut = 0, []
    for model in (App, Channel):
        for pk in model._default_manager.exclude(sealed=b"").values_list("pk", flat=True):  # noqa: SLF001
            with transaction.atomic():
                row = model._default_manager.select_for_update(of=("self",)).get(pk=pk)  # noqa: SLF001
                try:
                    row.credentials = row.credentials
                except CannotOpen:
                    shut.append(str(row))
                    continue
                row.save(update_fields=["sealed"])
                journal.record("keys_resealed", subject=row, by=None)
                done += 1
    return done, shut


def siblings(app: App) -> list[Channel]:
    """The channels of one application, for the screens."""
    return list(app.channels.filter(platform__in=of_family(app.family)).order_by("pk"))
