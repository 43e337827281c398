"""Channels of all kinds without a platform behind them, and a server of ours for the platforms to call."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import Office, Role, User
from inbox import presence
from inbox.connecting import Found, connect, save_app
from inbox.connectors.registry import PLATFORMS
from inbox.models import Channel
from tests import cast

KEYS: dict[str, dict[str, str]] = {
    "x": {"access_token": "1-ZEGEL", "access_token_secret": "ZEGEL"},
    "facebook": {"access_token": "ZEGEL-halaman"},
    "instagram": {"access_token": "ZEGEL-halaman", "page_id": "1099"},
    "line": {"access_token": "ZEGEL-line"},
}
APPS: dict[str, dict[str, str]] = {
    "x": {"consumer_key": "ck", "consumer_secret": "ZEGEL-x"},
    "meta": {"app_id": "9022", "app_secret": "ZEGEL-meta"},
    "line": {"channel_secret": "ZEGEL-rahasia"},
}

type MakeChannel = Callable[..., Channel]


@pytest.fixture(autouse=True)
def nobody_is_there() -> None:
    presence.forget()


@pytest.fixture
def admin(db: None) -> User:
    return cast.make_user("admin", role=Role.ADMIN, full_name="Administrator")


@pytest.fixture
def admin_client(admin: User) -> Client:
    return cast.client_for(admin)


@pytest.fixture
def make_channel(office: Office) -> MakeChannel:
    """`make_channel("line", …fields)`: a connected channel with its application, of nobody."""

    def make(platform: str, *, handle: str = "@humas", **fields: Any) -> Channel:
        parts = PLATFORMS[platform]
        app = save_app(family=parts.family, values=APPS[parts.family], by=None)
        found = Found(platform, cast.next_id(), handle, KEYS[platform], name="Humas")
        channel = connect(found=found, app=app, begin_from=None, teams=[], by=None)
        Channel.objects.filter(pk=channel.pk).update(**fields)
        channel.refresh_from_db()
        return channel

    return make


@pytest.fixture
def served(
    transactional_db: None, live_server: LiveServer, settings: Settings
) -> Iterator[LiveServer]:
    """Our own server over HTTP: what the platforms' handshakes and webhooks reach.

    A platform keeps its connection to us open, and with it a thread and that thread's connection to
    the test database, which could then not be dropped.
    """
    settings.SITE_URL = live_server.url
    yield live_server
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
