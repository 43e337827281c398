"""Webhooks over the wire: at least once, after the commit, disturbed when asked (§9.3)."""

import json
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from tests.sandbox.line_client import Line, arrive, events
from tests.sandbox.sandbox_server import Sandbox, until
from tests.sandbox.webhook_receiver import Receiver, listening


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening() as receiver:
        yield receiver


@pytest.fixture
def line(sandbox: Sandbox, receiver: Receiver) -> Iterator[Line]:
    """An account whose webhooks reach the receiver, with redelivery on and short waits."""
    line = Line(sandbox)
    line.listen(receiver)
    sandbox.post("line/switches", redelivery=True)
    sandbox.post("push", retries=[0.05, 0.05, 0.05])
    yield line
    sandbox.http.delete(f"{sandbox.url}/_sandbox/push", timeout=5)


def texts(receiver: Receiver) -> list[str]:
    return [event["message"]["text"] for event in events(receiver)]


def test_a_webhook_arrives_signed_and_is_listed(line: Line, receiver: Receiver) -> None:
    line.says("Lampu merah mati")
    (event,) = arrive(receiver, 1)
    assert event["message"]["text"] == "Lampu merah mati"
    assert line.genuine(receiver.got[0])
    assert receiver.got[0].headers["content-type"].startswith("application/json")
    until(lambda: line.sandbox.get("push")["deliveries"][0]["state"] == "sent")
    (listed,) = line.sandbox.get("push")["deliveries"]
    assert listed["room"] == "line"
    assert listed["account"] == line.account["user_id"]
    assert (listed["status"], listed["tries"], listed["url"]) == (200, 1, receiver.url)
    assert 0 < listed["took"] < 2
    assert json.loads(listed["body"])["events"] == [event]
    assert line.sandbox.get("push", since=listed["n"])["deliveries"] == []


def test_what_fails_is_tried_again(line: Line, receiver: Receiver) -> None:
    receiver.answers = [500, 503]
    line.says("sekali saja")
    found = arrive(receiver, 3)
    assert [each["deliveryContext"]["isRedelivery"] for each in found] == [False, True, True]
    assert len({each["webhookEventId"] for each in found}) == 1
    assert all(line.genuine(got) for got in receiver.got)
    until(lambda: line.sandbox.get("push")["deliveries"][0]["tries"] == 3)
    assert line.sandbox.get("push")["deliveries"][0]["state"] == "sent"


def test_redelivery_off_loses_it(line: Line, receiver: Receiver) -> None:
    line.sandbox.post("line/switches", redelivery=False)
    receiver.answers = [500]
    line.says("hilang")
    until(lambda: line.sandbox.get("push")["deliveries"][0]["state"] == "given_up")
    assert len(receiver.got) == 1


def test_no_answer_within_two_seconds_is_a_failure(line: Line, receiver: Receiver) -> None:
    receiver.answers = [0]
    line.says("lambat")
    arrive(receiver, 2)
    until(lambda: line.sandbox.get("push")["deliveries"][0]["state"] == "sent")


def test_given_up_after_the_last_try(line: Line, receiver: Receiver) -> None:
    receiver.answers = [500] * 9
    line.says("percuma")
    until(lambda: line.sandbox.get("push")["deliveries"][0]["state"] == "given_up")
    assert line.sandbox.get("push")["deliveries"][0]["tries"] == len(receiver.got) == 4


def test_held_shuffled_and_flushed(line: Line, receiver: Receiver) -> None:
    line.sandbox.post("push", hold=True, shuffle=True, seed=3)
    wanted = [f"pesan {n}" for n in range(12)]
    for text in wanted:
        line.says(text)
    assert receiver.got == []
    counts = line.sandbox.post("push/flush")
    assert counts == {"deliveries": 12, "sent": 12, "failed": 0, "waiting": 0}
    assert texts(receiver) != wanted
    assert sorted(texts(receiver)) == sorted(wanted)
    line.says("tertahan lagi")
    line.sandbox.post("push", hold=False)
    arrive(receiver, 13)


def test_doubled_and_dropped(line: Line, receiver: Receiver) -> None:
    line.sandbox.post("push", duplicate=2)
    line.says("tiga kali")
    arrive(receiver, 3)
    line.sandbox.post("push", duplicate=0, drop=1)
    line.says("jatuh")
    line.says("sampai")
    arrive(receiver, 4)
    assert Counter(texts(receiver)) == {"tiga kali": 3, "sampai": 1}
    states = [each["state"] for each in line.sandbox.get("push")["deliveries"]]
    assert "dropped" in states


def test_everything_ten_times_again_in_random_order(line: Line, receiver: Receiver) -> None:
    for n in range(5):
        line.says(f"pesan {n}")
    arrive(receiver, 5)
    since = line.sandbox.get("push")["deliveries"][0]["n"]
    counts = line.sandbox.post("push/again", times=10, shuffle=True, seed=1, since=since)
    assert counts == {"originals": 4, "deliveries": 40, "sent": 40, "failed": 0, "waiting": 0}
    assert Counter(texts(receiver)) == {"pesan 0": 1} | {f"pesan {n}": 11 for n in range(1, 5)}
    assert all(line.genuine(got) for got in receiver.got)
    assert line.sandbox.post("push/again", times=2, room="meta")["deliveries"] == 0
    assert line.sandbox.post("push/again", times=1, since=0)["originals"] == 5


def test_a_reset_keeps_the_subscription_only(line: Line, receiver: Receiver) -> None:
    line.sandbox.post("push", hold=True)
    line.says("dilupakan")
    line.sandbox.post("reset")
    answer = line.sandbox.get("push")
    assert answer["deliveries"] == []
    assert answer["modes"]["hold"] is False
    line.says("sampai")
    assert [event["message"]["text"] for event in arrive(receiver, 1)] == ["sampai"]


@pytest.mark.parametrize(
    "wish", [{"hold": 1}, {"drop": -1}, {"x": 1}, {"retries": ["a"]}], ids=repr
)
def test_a_mode_that_makes_no_sense(sandbox: Sandbox, wish: dict[str, object]) -> None:
    answer = sandbox.http.post(f"{sandbox.url}/_sandbox/push", json=wish, timeout=5)
    assert answer.status_code == 400


def test_nothing_is_called_outside_this_machine(line: Line) -> None:
    url = {"endpoint": "https://contoh.id/webhook"}
    assert line.call("PUT", "/v2/bot/channel/webhook/endpoint", url).status_code == 200
    line.says("tidak keluar")
    until(lambda: line.sandbox.get("push")["deliveries"][0]["state"] == "refused")
    assert line.sandbox.get("push")["deliveries"][0]["status"] is None


def test_a_killed_sandbox_delivers_what_it_had(
    own: Callable[..., Sandbox], receiver: Receiver
) -> None:
    sandbox = own().start()
    line = Line(sandbox)
    line.listen(receiver)
    sandbox.post("push", hold=True)
    for n in range(6):
        line.says(f"pesan {n}")
    sandbox.kill()
    assert receiver.got == []
    sandbox.start()
    sandbox.post("push", hold=False)
    arrive(receiver, 6)
    assert sandbox.stop() in (0, -15)
