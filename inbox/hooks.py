"""What platforms post to us: checked on the raw bytes, stored, answered; read by a worker (DESIGN §8; I5).

One address per application: `/hook/<family>/<key>/`. The key is unguessable and names the App row,
whose secrets sign the bodies; several are good while they rotate.
"""

import logging
import time
from collections.abc import Mapping

from django.conf import settings
from django.urls import reverse

from accounts import clock
from accounts.sealed import CannotOpen
from inbox.connectors.registry import hook_of
from inbox.models import WEBHOOK, App, Channel, Feed

log = logging.getLogger(__name__)

NUDGE_EVERY = 0.25  # seconds between two nudges of one process: one reads whatever has come

HEARD_EVERY = 5.0  # seconds between two notes that a channel's webhook works

_nudged = [0.0]
_heard: dict[int, float] = {}


def address(app: App) -> str:
    """Where the platform posts to."""
    return f"{settings.SITE_URL.rstrip('/')}{reverse('hook', args=[app.family, app.key])}"


def secrets_of(app: App) -> tuple[str, ...]:
    """The secrets that may have signed a body, newest first; () when the keys cannot be opened."""
    try:
        return tuple(str(secret) for secret in app.credentials.get("secrets", ()) if secret)
    except CannotOpen:
        log.exception("keys of application %s cannot be opened", app.pk)
        return ()


def find(family: str, key: str) -> App | None:
    """The application that posts to this address."""
    return App.objects.filter(family=family, key=key).first()


def shake_hands(app: App, query: Mapping[str, str]) -> tuple[str, bytes] | None:
    """The answer to the platform's handshake as (content type, body); None: refused."""
    hook = hook_of(app.family)
    if hook is None or hook.handshake is None:
        return None
    try:
        token = str(app.credentials.get("verify_token", ""))
    except CannotOpen:
        return None
    return hook.handshake(query, secrets_of(app), token)


def take(app: App, body: bytes, headers: Mapping[str, str]) -> bool:
    """Verify and store one body; False when no secret of the application signed it.

    1. The signature, on the bytes as they came. 2. Store them (the same bytes again: stored once).
    3. Nudge a worker; should the nudge get lost, beat finds the row.
    """
    hook = hook_of(app.family)
    if hook is None or not hook.verify(body, headers, secrets_of(app)):
        App.objects.filter(pk=app.pk).update(refused_at=clock.now())
        log.warning("application %s: signature refused", app.pk)
        return False
    from inbox import intake  # it tells us what it has read

    stored = intake.store_hook(app=app, body=body)
    if stored is not None:
        _nudge()
    return True


def _nudge() -> None:
    from inbox import tasks

    if time.monotonic() - _nudged[0] < NUDGE_EVERY:
        return
    _nudged[0] = time.monotonic()
    try:
        tasks.absorb_waiting.delay()
    except Exception:  # Redis may be away: beat reads the row all the same (I9)
        log.exception("worker not nudged")


def heard(channel: Channel) -> None:
    """A webhook's body for `channel` was read: its webhook feed works. Written down every few seconds:
    all readers of a burst would wait for each other on this one row."""
    if time.monotonic() - _heard.get(channel.pk, -HEARD_EVERY) < HEARD_EVERY:
        return
    _heard[channel.pk] = time.monotonic()
    now = clock.now()
    Feed.objects.filter(channel=channel, name=WEBHOOK).update(last_ok_at=now)
    if channel.app_id:
        App.objects.filter(pk=channel.app_id).update(last_request_at=now)
