"""The demo's channels: those of the sandbox, connected through the doors that the screens use.

The platforms' real calls are made: webhooks are subscribed to our own address, which the sandbox asks at
once. While the web process is not there yet (`make demo` prepares first), this one answers for it.
"""

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from socket import create_connection
from socketserver import ThreadingMixIn
from typing import Any
from urllib.parse import urlsplit
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import connections
from django.utils.translation import gettext as _

from accounts import clock
from accounts.models import Team
from inbox import channels, connecting, onboarding
from inbox.connecting import Found
from inbox.models import App, Channel

SECONDS = 5  # to wait for the sandbox
FAMILIES = ("x", "meta", "line")

type Told = dict[str, Any]


class NoSandbox(Exception):
    """The sandbox does not answer; the message is a sentence."""


def ask(family: str) -> Told | None:
    """What the sandbox's developer portal shows of this family; None where no sandbox stands in for it,
    or it has no such room. Raises NoSandbox when it does not answer within SECONDS."""
    base = settings.API_BASES.get(family, "")
    if not base:
        return None
    url = f"{base.rstrip('/')}/_sandbox/{family}/app.json"
    try:
        with urllib.request.urlopen(url, timeout=SECONDS) as response:  # noqa: S310  http only
            told: Told = json.load(response)
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return None
        raise NoSandbox(_("Linimasa warga di %(url)s tidak menjawab: %(why)s") % {"url": url, "why": error}) from error  # fmt: skip
    except (OSError, ValueError) as error:
        raise NoSandbox(_("Linimasa warga di %(url)s tidak menjawab: %(why)s") % {"url": url, "why": error}) from error  # fmt: skip
    return told


def accounts_of(family: str, told: Told) -> tuple[dict[str, str], list[Found]]:
    """The application's keys, and the accounts the demo connects: the chief ones, since the sandbox's
    others belong to neighbours."""
    match family:
        case "x":
            return _x(told)
        case "meta":
            return _meta(told)
        case _:
            return _line(told)


def _x(told: Told) -> tuple[dict[str, str], list[Found]]:
    chief = told["accounts"][0]
    names = ("consumer_key", "consumer_secret", "client_id", "client_secret", "bearer_token")
    keys = {name: chief[name] for name in ("access_token", "access_token_secret")}
    found = Found("x", chief["id"], f"@{chief['username']}", keys, name=chief["name"])
    return {name: str(told.get(name) or "") for name in names}, [found]


def _meta(told: Told) -> tuple[dict[str, str], list[Found]]:
    page = told["pages"][0]
    linked = page["instagram"]
    keys = {"access_token": page["access_token"]}
    both = [
        Found("facebook", page["id"], page["name"], keys, name=page["name"]),
        Found("instagram", linked["id"], f"@{linked['username']}", keys | {"page_id": page["id"]},
              name=page["name"]),
    ]  # fmt: skip
    return {name: told[name] for name in ("app_id", "app_secret")}, both


def _line(told: Told) -> tuple[dict[str, str], list[Found]]:
    chief = told["accounts"][0]
    keys = {"access_token": chief["access_token"]}
    found = Found("line", chief["user_id"], chief["basic_id"], keys, name=chief["name"])
    return {"channel_secret": chief["channel_secret"]}, [found]


def connect_all(told: dict[str, Told], *, team: Team) -> list[str]:
    """Connect every account of the sandbox's rooms. Returns what did not work, in sentences. Safe to
    repeat: a channel that is there gets keys that changed (a sandbox begun anew), nothing else."""
    made = [
        channel for family, portal in told.items() for channel in _connect(family, portal, team)
    ]
    problems = []
    with answering(settings.SITE_URL):
        for channel in made:
            said = onboarding.subscribe(channel)
            problems += [f"{channel}: {line}" for line in said.lines if not said.ok]
            channels.check(channel)
    return problems


def _connect(family: str, portal: Told, team: Team) -> list[Channel]:
    values, accounts = accounts_of(family, portal)
    return [_connected(family, values, found, team) for found in accounts]


def _connected(family: str, values: dict[str, str], found: Found, team: Team) -> Channel:
    known = (
        Channel.objects.filter(platform=found.platform, external_id=found.external_id)
        .select_related("app")
        .first()
    )
    app = _app(family, values, known)
    if known and known.app == app and not known.by_hand and known.credentials == dict(found.keys):
        return known
    return connecting.connect(
        found=found, app=app, begin_from=clock.now() - timedelta(days=1), teams=[team], by=None
    )


def _app(family: str, values: dict[str, str], known: Channel | None) -> App:
    """The application's row; left alone when its keys have not changed."""
    app = (known.app if known else None) or connecting.app_of(family)
    given = {key: value for key, value in values.items() if value}
    if app and app.credentials | given == app.credentials:
        return app
    return connecting.save_app(family=family, values=values, by=None, app=app, name=family.upper())


# --- somebody answers the handshake -------------------------------------------------------------------------


class _Server(ThreadingMixIn, WSGIServer):
    """A thread per request, which gives its database connection back; closing waits for them."""

    daemon_threads = False

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            connections.close_all()


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """A handshake is no news."""


@contextmanager
def answering(site: str) -> Iterator[bool]:
    """See that somebody answers at our own address for the block; yields whether it is us.

    Only on the loopback: elsewhere a web process is running, or nobody can be asked yet.
    """
    parts = urlsplit(site)
    host, port = parts.hostname or "", parts.port or 80
    if host not in ("127.0.0.1", "localhost") or _listening(host, port):
        yield False
        return
    server = make_server(host, port, WSGIHandler(), _Server, _Quiet)
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
    )
    thread.start()
    try:
        yield True
    finally:
        server.shutdown()
        server.server_close()
        thread.join(SECONDS)


def _listening(host: str, port: int) -> bool:
    try:
        create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True
