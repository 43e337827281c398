"""The demo's channels are connected through the platforms' own calls, whether or not the web is up yet."""

from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import call_command
from pytest_django import Settings

from accounts.models import JournalEntry, User
from inbox import intake
from inbox.models import App, Channel, Feed, Item
from reports import demo_channels
from tests.sandbox_process import Sandbox, free_port

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def demo(sandbox: Sandbox, settings: Settings) -> Callable[[], str]:
    settings.SITE_URL = f"http://127.0.0.1:{free_port()}"
    settings.API_TIMEOUT = (3.0, 15.0)
    sandbox.send("POST", "/_sandbox/x/switches", {"webhooks": 99})  # other tests had theirs,
    sandbox.send("DELETE", "/_sandbox/push")  # which nobody answers any more

    def run() -> str:
        said = StringIO()
        call_command("demo_data", stdout=said)
        return said.getvalue()

    return run


def test_every_room_is_connected_and_posts_to_us(
    sandbox: Sandbox, demo: Callable[[], str], settings: Settings
) -> None:
    said = demo()
    assert said.count("\n") == 1, said  # the log-ins, and nothing that went wrong
    working = Channel.objects.exclude(sealed=b"")
    assert sorted(working.values_list("platform", flat=True)) == [
        "facebook", "instagram", "line", "x",
    ]  # fmt: skip
    assert set(working.values_list("subscribed", flat=True)) == {True}
    assert App.objects.count() == 3
    assert Channel.objects.filter(sealed=b"").count() == 1
    entries = JournalEntry.objects.count()

    demo()
    assert (App.objects.count(), Channel.objects.count()) == (3, 5)
    assert JournalEntry.objects.count() == entries

    with demo_channels.answering(settings.SITE_URL) as ours:
        assert ours
        page = sandbox.get("/_sandbox/meta/app.json")["pages"][0]["id"]
        sandbox.write("@PoldaKaltim halo")
        for where in ("comment", "message", "ig_comment", "ig_message"):
            sandbox.send("POST", "/_sandbox/meta/write", {
                "as": "citizen", "where": where, "name": "Budi", "text": f"halo {where}", "page": page,
            })  # fmt: skip
        sandbox.send("POST", "/_sandbox/line/write", {
            "as": "citizen", "name": "Sari", "type": "text", "text": "halo line",
        })  # fmt: skip
        done = sandbox.send("POST", "/_sandbox/push/flush")
        assert done["failed"] == done["waiting"] == 0
    intake.absorb_waiting()
    assert Item.objects.count() == 6
    assert not Feed.objects.exclude(blind_since=None).exists()


def test_a_sandbox_without_a_room_is_one_sentence(
    sandbox: Sandbox, demo: Callable[[], str], settings: Settings
) -> None:
    settings.API_BASES = {"line": sandbox.url}
    said = demo().splitlines()
    assert len(said) == 3
    assert "tidak punya X" in said[0]
    assert said[-1].startswith("masuk sebagai operator1")
    assert User.objects.count() == 7
    assert Channel.objects.exclude(sealed=b"").get().platform == "line"
