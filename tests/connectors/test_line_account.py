"""What the LINE connector asks besides messages: names, files, health, connecting (§7)."""

import json
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from inbox.connectors.base import FetchFailed, Media, NotReady, Parsed, Wanted
from inbox.connectors.line import PARTS, client
from inbox.connectors.line.client import LineConnector, bot_info, endpoint, set_endpoint
from tests.connectors.line_world import Line, opened
from tests.sandbox_process import Sandbox


@pytest.fixture
def line(sandbox_process: Sandbox) -> Iterator[Line]:
    yield from opened(sandbox_process)


@pytest.fixture
def connector(line: Line) -> Iterator[LineConnector]:
    with closing(LineConnector(line.account)) as connector:
        yield connector


# --- asking ----------------------------------------------------------------------------------------


def test_names(line: Line, connector: LineConnector) -> None:
    line.says(text="halo", name="Mika Kurnia")
    alone = line.came().wanted[0]
    line.says(text="halo", name="Sri Rahayu", group="Warga RT 05")
    together = line.came().wanted[0]
    line.turn(blocked=["Mika Kurnia"])
    names = [
        PARTS.parse(connector.look_up(wanted).body, line.account.external_id, "lookup").profiles
        for wanted in (alone, together, replace(together, args={"group": "C" + "0" * 32}))
    ]
    assert [(found.external_id, found.name) for (found,) in names] == [
        (alone.key, ""), (together.key, "Sri Rahayu"), (together.key, ""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("switches", "permanent", "dead"),
    [({"dead": ["*"]}, True, True), ({"rate_limited": 1}, False, False)],
)
def test_a_name_that_cannot_be_asked_now(
    line: Line, connector: LineConnector, switches: dict[str, Any], permanent: bool, dead: bool
) -> None:
    line.turn(**switches)
    with pytest.raises(FetchFailed) as failed:
        connector.look_up(Wanted("profile", "U1"))
    assert (failed.value.permanent, failed.value.dead) == (permanent, dead)


def test_a_file_comes_as_it_was_sent(line: Line, connector: LineConnector) -> None:
    whole = b"Halo warga" * 9000
    message = line.heard("file", file=b64encode(whole).decode(), file_name="a.txt")
    content = connector.content(message.media[0])
    assert b"".join(content.pieces) == whole
    image = connector.content(line.heard("image").media[0])
    assert image.content_type == "image/png"
    assert b"".join(image.pieces).startswith(b"\x89PNG")


def test_a_video_is_waited_for(line: Line, connector: LineConnector) -> None:
    line.turn(transcode=3600)
    (video,) = line.heard("video").media
    with pytest.raises(NotReady):
        connector.content(video)
    line.turn(transcode=0)
    assert b"".join(connector.content(video).pieces)


def test_an_unsent_picture_is_gone(line: Line, connector: LineConnector) -> None:
    message = line.heard("image")
    line.sandbox.send("POST", "/_sandbox/line/change", {"id": message.external_id, "do": "unsend"})
    with pytest.raises(FetchFailed) as failed:
        connector.content(message.media[0])
    assert failed.value.gone


def test_a_file_that_breaks_off_is_asked_for_again(line: Line, connector: LineConnector) -> None:
    (image,) = line.heard("image").media
    path = f"/v2/bot/message/{image.fetch_id}/content"
    wish = {"platform": "line", "method": "GET", "path": path, "kind": "truncated_after"}
    line.sandbox.send("POST", "/_sandbox/faults", wish)
    with pytest.raises(FetchFailed) as failed:
        b"".join(connector.content(image).pieces)
    assert not failed.value.permanent
    with pytest.raises(FetchFailed):
        connector.content(Media("image"))


# --- health and connecting -------------------------------------------------------------------------


def test_a_healthy_account(line: Line, connector: LineConnector) -> None:
    line.turn(quota=200, used=7)
    health = connector.check()
    assert (health.alive, health.subscribed, health.missing) == (True, True, ())
    assert (health.quota_limit, health.quota_used) == (200, 7)
    line.turn(quota=-1)
    assert connector.check().quota_limit is None


def test_webhooks_switched_off(line: Line, connector: LineConnector) -> None:
    line.turn(use_webhook=False)
    health = connector.check()
    assert (health.alive, health.subscribed) == (True, False)
    assert "Use webhook" in health.missing[0]


def test_no_webhook_address(line: Line, connector: LineConnector) -> None:
    line.sandbox.send("DELETE", "/_sandbox/push")
    assert endpoint(line.account) is None
    health = connector.check()
    assert (health.alive, health.subscribed, len(health.missing)) == (True, False, 1)


def test_a_dead_token_and_someone_else_s(line: Line) -> None:
    line.turn(dead=[line.account.handle])
    assert not line.check().alive
    health = line.check(keys={"access_token": line.other_token})
    assert not health.alive
    assert "akun LINE lain" in health.problem


def test_line_away(line: Line) -> None:
    with pytest.raises(FetchFailed) as failed:
        line.check(base_url="http://127.0.0.1:9")
    assert not failed.value.permanent


def test_connecting(line: Line) -> None:
    info = bot_info(replace(line.account, external_id=""))
    assert (info.user_id, info.basic_id) == (line.account.external_id, line.account.handle)
    found = endpoint(line.account)
    assert found is not None
    assert (found.url, found.active) == (line.hook.url, True)

    good = client.test_endpoint(line.account)
    assert (good.success, good.status) == (True, 200)
    got = line.hook.got.pop()
    assert json.loads(got.body)["events"] == []
    assert PARTS.parse(got.body, line.account.external_id, "webhook") == Parsed()
    line.hook.answers = [404]
    assert client.test_endpoint(line.account).status == 404

    with pytest.raises(FetchFailed) as refused:
        set_endpoint(line.account, "ftp://x")
    assert refused.value.permanent
    with pytest.raises(FetchFailed):
        set_endpoint(line.account, "https://a.example/" + "x" * 500)
    with pytest.raises(FetchFailed) as dead:
        bot_info(replace(line.account, keys={"access_token": "palsu\n"}))
    assert dead.value.dead
