"""Fixtures that speak to the sandbox: a channel whose keys it knows, reading and following up."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from accounts.models import Office
from inbox import channels, intake, lookups, polling
from inbox.models import Channel, Feed, Item
from tests import cast
from tests.sandbox_process import Sandbox


@pytest.fixture(scope="session")
def sandbox_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    sandbox = Sandbox(Path(tmp_path_factory.mktemp("sandbox")))
    yield sandbox
    sandbox.stop()


@pytest.fixture
def sandbox(sandbox_process: Sandbox, settings: object) -> Sandbox:
    """An empty sandbox; Sahut is told to speak to it, impatiently."""
    sandbox_process.send("POST", "/_sandbox/reset")
    settings.API_BASES = dict.fromkeys(("x", "meta", "line"), sandbox_process.url)  # type: ignore[attr-defined]
    settings.API_TIMEOUT = (1.0, 0.7)  # type: ignore[attr-defined]
    return sandbox_process


@pytest.fixture
def connected(sandbox: Sandbox, db: None) -> Channel:
    """@PoldaKaltim, with the keys of the sandbox; replies leave without a pause."""
    Office.current()
    Office.objects.update(undo_seconds=0)
    return connect_account(sandbox, "PoldaKaltim")


def connect_account(sandbox: Sandbox, username: str) -> Channel:
    app = sandbox.get("/_sandbox/x/app.json")
    account = next(row for row in app["accounts"] if row["username"] == username)
    channel = Channel(platform="x", external_id=account["id"], handle=f"@{username}")
    channel.credentials = {
        "consumer_key": app["consumer_key"],
        "consumer_secret": app["consumer_secret"],
        "access_token": account["access_token"],
        "access_token_secret": account["access_token_secret"],
    }
    channel.save()
    channels.make_feeds(channel)
    return channel


@pytest.fixture
def follow_up() -> Callable[[Item, str], None]:
    """`follow_up(item, text)`: the same citizen writes again in the same thread."""

    def write(item: Item, text: str) -> None:
        post = cast.Post(text=text, handle=item.citizen.handle, thread=item.thread.external_id)
        cast.receive(item.channel, post)

    return write


@pytest.fixture
def read() -> Callable[[], int]:
    """Ask every feed now and absorb what came; returns how many messages were new."""

    def read_all() -> int:
        fresh = 0
        for feed in Feed.objects.filter(polled=True).select_related("channel__app").order_by("pk"):
            for raw_id in polling.poll(feed):
                fresh += intake.absorb_raw(raw_id=raw_id)
        for raw_id in intake.unparsed():
            fresh += intake.absorb_raw(raw_id=raw_id)
        for raw_id in lookups.work():
            fresh += intake.absorb_raw(raw_id=raw_id)
        return fresh

    return read_all
