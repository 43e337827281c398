"""What connecting an account asks of its platform: whose keys these are, and to post to us.

Network only, nothing is written: the views keep the answers through connecting.py. A platform without
a way of its own here is connected by the form its folder describes (PlatformParts.keys), and polled.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from accounts import clock
from inbox import channels, failures, hooks
from inbox.connecting import Found
from inbox.connectors.base import Account, FetchFailed
from inbox.connectors.line import client as line
from inbox.connectors.meta.login import INSTAGRAM_FIELDS, PAGE_FIELDS, Login
from inbox.connectors.registry import PLATFORMS
from inbox.connectors.x import activity, oauth
from inbox.models import App, Channel

log = logging.getLogger(__name__)

#: A Page's field that says nothing to a desk: an Instagram account needs its Page subscribed to one (§3.2).
QUIET_FIELD = "name"


@dataclass(frozen=True, slots=True)
class Subscribed:
    """Whether the platform posts to us from now on, and what it said, in sentences."""

    ok: bool
    lines: tuple[str, ...]


def account(family: str, *, keys: Mapping[str, Any], app: Mapping[str, Any]) -> Account:
    """An account that is not connected yet, for its platform's functions."""
    return Account(
        external_id="", handle="", keys=keys, app=app,
        base_url=settings.API_BASES.get(family, ""), timeout=settings.API_TIMEOUT,
        version=settings.API_VERSIONS.get(family, ""),
    )  # fmt: skip


# --- whose keys these are ---------------------------------------------------------------------------------


def who_x(keys: Mapping[str, Any], app: Mapping[str, Any]) -> Found:
    """The X account of these keys. Raises FetchFailed."""
    asked = account("x", keys=keys, app=app)
    me = oauth.who_is(keys, app, base_url=asked.base_url, timeout=asked.timeout)
    return Found("x", me.external_id, f"@{me.handle}", dict(keys), name=me.name)


def exchange_x(
    app: Mapping[str, Any], *, code: str, redirect_uri: str, verifier: str
) -> dict[str, Any]:
    """An account's keys for the code X gave (good for 30 seconds). Raises FetchFailed."""
    asked = account("x", keys={}, app=app)
    keys = oauth.exchange(
        app, code=code, redirect_uri=redirect_uri, verifier=verifier,
        base_url=asked.base_url, timeout=asked.timeout,
    )  # fmt: skip
    # by our clock, which a demo may move
    return {**keys, "expires_at": clock.now().timestamp() + float(keys.get("expires_in") or 7200)}


def authorize_x(app: Mapping[str, Any], *, redirect_uri: str, state: str, verifier: str) -> str:
    """Where the person in charge of the X account gives consent."""
    return oauth.authorize_address(
        app, redirect_uri=redirect_uri, state=state, verifier=verifier,
        base_url=settings.API_BASES.get("x", ""),
    )  # fmt: skip


def who_line(keys: Mapping[str, Any]) -> Found:
    """The LINE Official Account of this access token. Raises FetchFailed."""
    info = line.bot_info(account("line", keys=keys, app={}))
    return Found("line", info.user_id, info.basic_id, dict(keys), name=info.name)


def who_told(platform: str, keys: Mapping[str, Any], *, handle: str, external_id: str) -> Found:
    """Any other platform: the person says whose the keys are, the platform whether they are good.

    Raises FetchFailed.
    """
    parts = PLATFORMS[platform]
    name = external_id or handle
    asked = account(parts.family, keys=keys, app={})
    connector = parts.connect(
        Account(
            external_id=name, handle=handle, keys=keys, base_url=asked.base_url,
            timeout=asked.timeout, version=asked.version,
        )
    )  # fmt: skip
    try:
        health = connector.check()
    finally:
        connector.close()
    if not health.alive:
        raise FetchFailed(health.problem or _("Kunci ini ditolak."), permanent=True, dead=True)
    return Found(platform, name, handle, dict(keys))


def meta_login(app: Mapping[str, Any], *, redirect_uri: str) -> Login:
    """The log-in with Meta; the caller closes it."""
    asked = account("meta", keys={}, app=app)
    return Login(app, asked.base_url, redirect_uri, asked.version, asked.timeout)


# --- have the platform post to us -------------------------------------------------------------------------


def can_subscribe(channel: Channel) -> bool:
    """Whether the platform posts webhooks that we can ask for."""
    return channel.app is not None and channel.platform in _SUBSCRIBE


def subscribe(channel: Channel) -> Subscribed:
    """Ask the platform to post this channel's events to us; what is there already is left alone.

    Never raises for what the platform or the network does: the sentences say it.
    """
    ask = _SUBSCRIBE.get(channel.platform)
    app = channel.app
    if ask is None or app is None:
        return Subscribed(ok=True, lines=())
    try:
        return ask(channels.account_of(channel), app)
    except channels.NoConnection as error:
        why = failures.why_not_now(str(error), channel.get_platform_display())
        return Subscribed(ok=False, lines=(why,))
    except FetchFailed as error:
        why = failures.why_not_now(error.problem, channel.get_platform_display())
        return Subscribed(ok=False, lines=(_("Langganan belum terpasang: %(why)s") % {"why": why},))


def _x(asked: Account, app: App) -> Subscribed:
    if not asked.app.get("bearer_token"):
        return Subscribed(
            ok=True,
            lines=(_("Tanpa bearer token aplikasi, pesan dibaca berkala saja, tanpa kiriman langsung."),),
        )  # fmt: skip
    address = hooks.address(app)
    options: dict[str, Any] = {"base_url": asked.base_url, "timeout": asked.timeout}
    old = [
        known for known in activity.webhooks(asked.app, **options) if _ours_no_more(known, address)
    ]
    for known in old:  # most plans have one webhook only (§2.3)
        activity.remove(asked.app, webhook_id=known.id, **options)
    hook = activity.register(asked.app, url=address, **options)
    if old:  # what was subscribed to the old address now leads nowhere
        for sibling in app.channels.filter(platform="x", is_active=True).exclude(sealed=b""):
            theirs = channels.account_of(sibling)
            activity.unsubscribe(theirs)
            activity.subscribe(theirs, webhook_id=hook.id)
    made = activity.subscribe(asked, webhook_id=hook.id)
    log.info("channel %s: %s new subscriptions", asked.external_id, len(made))
    return Subscribed(ok=True, lines=(_("X mengirim sebutan dan pesan langsung ke sini."),))


def _ours_no_more(known: activity.Webhook, address: str) -> bool:
    """Whether this is an address we had once: on our own host, or one that answers no challenge."""
    if known.url == address:
        return False
    there, here = urlsplit(known.url), urlsplit(address)
    ours = there.hostname == here.hostname or not known.valid
    return ours and there.path.startswith("/hook/x/")


def _facebook(asked: Account, app: App) -> Subscribed:
    login = meta_login(asked.app, redirect_uri="")
    try:
        _meta_app(login, app, "page", PAGE_FIELDS)
        login.subscribe(asked.external_id, str(asked.keys["access_token"]), PAGE_FIELDS)
    finally:
        login.close()
    return Subscribed(
        ok=True, lines=(_("Facebook mengirim komentar dan pesan Halaman ini langsung ke sini."),)
    )


def _instagram(asked: Account, app: App) -> Subscribed:
    """The application gets the account's events once its Page is subscribed to anything (§6.1)."""
    login = meta_login(asked.app, redirect_uri="")
    page, token = str(asked.keys.get("page_id", "")), str(asked.keys["access_token"])
    try:
        _meta_app(login, app, "instagram", INSTAGRAM_FIELDS)
        if page and not login.subscribed_fields(page, token):
            login.subscribe(page, token, (QUIET_FIELD,))
    finally:
        login.close()
    return Subscribed(
        ok=True, lines=(_("Instagram mengirim komentar, sebutan, dan pesan langsung ke sini."),)
    )


def _meta_app(login: Login, app: App, name: str, fields: tuple[str, ...]) -> None:
    """Tell Meta our address for this kind of account; it shakes hands before it answers."""
    token = str(app.credentials.get("verify_token", ""))
    login.subscribe_app(name, hooks.address(app), token, fields)


def _line(asked: Account, app: App) -> Subscribed:
    address = hooks.address(app)
    line.set_endpoint(asked, address)
    told = line.test_endpoint(asked)
    if told.success:
        return Subscribed(ok=True, lines=(_("LINE menguji alamat webhook: berhasil."),))
    why = " ".join(part for part in (told.reason, told.detail) if part)
    return Subscribed(
        ok=False,
        lines=(_("LINE menguji alamat webhook: gagal. Kata LINE: %(why)s") % {"why": why or told.status},),
    )  # fmt: skip


_SUBSCRIBE: dict[str, Callable[[Account, App], Subscribed]] = {
    "x": _x, "facebook": _facebook, "instagram": _instagram, "line": _line,
}  # fmt: skip
