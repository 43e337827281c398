"""How a message on X may be answered, and how X's answers are read (platforms.md §0.1, §1.2, §2.4, §2.5)."""

import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
import tweepy

from inbox.connectors.base import Guarantee, Outcome, Outgoing, Situation
from inbox.connectors.x import outcome
from inbox.connectors.x.feeds import QUOTED_POSTS, in_turn
from inbox.connectors.x.ways import choose_call, guarantee, measure, same_words, ways

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def situation(object_class: str = "post", **more: Any) -> Situation:
    given: dict[str, Any] = {"address": {}, "written_at": NOW, "last_in_at": NOW, "now": NOW}
    return Situation(object_class=object_class, **(given | more))


@pytest.mark.parametrize(
    ("given", "key", "is_open"),
    [
        (situation(), "public", False),
        (situation(address={"summoned": "1"}), "public", True),
        (situation(options={"enterprise": True}), "public", True),
        (situation("chat"), "chat", True),
        (situation("chat", unreachable=True), "chat", False),
    ],
)
def test_ways(given: Situation, key: str, is_open: bool) -> None:
    (way,) = ways(given)
    assert (way.key, way.open, way.public) == (key, is_open, key == "public")
    assert bool(way.note) is not is_open
    assert way.pictures == (4 if key == "public" else 1)


def test_a_closed_way_says_what_to_do_instead() -> None:
    assert "Jawab langsung dari aplikasi X, lalu tandai di sini." in ways(situation())[0].note


@pytest.mark.parametrize(
    ("way", "text", "used", "fits"),
    [
        ("public", "あ" * 140, 280, True),
        ("public", "あ" * 141, 282, True),
        ("public", "あ" * 137 * 5, 1370, True),
        ("public", "あ" * (137 * 5 + 1), 1372, False),
        ("chat", "あ" * 10_000, 10_000, True),
        ("chat", "x" * 10_001, 10_001, False),
        ("chat", "e\u0301", 1, True),
        ("chat", " ", 0, False),
    ],
)
def test_lengths(way: str, text: str, used: int, fits: bool) -> None:
    length = measure(text, way)
    assert (length.used, length.fits) == (used, fits)


@pytest.mark.parametrize(
    ("shown", "sent", "same"),
    [
        ("Lihat https://t.co/a1 ya", "Lihat polda.go.id/x ya", True),
        ("Lihat  polda.go.id/x", "Lihat https://polda.go.id/x ", True),
        ("Lihat https://t.co/a1", "Baca https://polda.go.id/x", False),
        ("e\u0301", "\u00e9", True),
        ("Pagi", "Pagi!", False),
    ],
)
def test_words_are_known_again_although_x_replaces_addresses(
    shown: str, sent: str, same: bool
) -> None:
    assert same_words(shown, sent) is same


@pytest.mark.parametrize(("way", "call"), [("public", "tweet"), ("chat", "dm")])
def test_calls(way: str, call: str) -> None:
    out = Outgoing(way=way, call="", target_id="1", person_id="2", text="x", retry_key="k")
    assert choose_call(out, 10**6) == call
    assert guarantee(call) is Guarantee.READ


# --- answers ----------------------------------------------------------------------------------------------


def answered(
    status: int, body: Any = None, headers: dict[str, str] | None = None
) -> tweepy.HTTPException:
    response = requests.Response()
    response.status_code = status
    response._content = json.dumps(body or {}).encode()
    response.headers.update(headers or {})
    kinds: dict[int, Any] = {429: tweepy.TooManyRequests}
    return kinds.get(status, tweepy.HTTPException)(response)


DUPLICATE = {"detail": "You are not allowed to create a Tweet with duplicate content."}
UNCALLED = {
    "detail": "Reply to this conversation is not allowed because you have not been mentioned or"
    " otherwise engaged by the author of the post you are replying to."
}
CAPPED = {"detail": "x", "type": "https://api.twitter.com/2/problems/usage-capped"}
CLOSED = {"detail": "You do not have permission to DM one or more participants."}


@pytest.mark.parametrize(
    ("status", "body", "chat", "expected", "problem"),
    [
        (400, {}, False, Outcome.PERMANENT, "Periksa panjang"),
        (401, {}, False, Outcome.PERMANENT, outcome.TOKEN_DEAD),
        (402, {}, False, Outcome.PERMANENT, outcome.NO_CREDIT),
        (403, {}, False, Outcome.PERMANENT, "X menolak"),
        (403, DUPLICATE, False, Outcome.DUPLICATE, "sama"),
        (403, UNCALLED, False, Outcome.PERMANENT, outcome.NOT_SUMMONED),
        (403, CAPPED, False, Outcome.PERMANENT, outcome.NO_CREDIT),
        (403, CLOSED, True, Outcome.PERMANENT, outcome.DM_CLOSED),
        (404, {}, False, Outcome.PERMANENT, outcome.GONE),
        (409, {}, False, Outcome.UNKNOWN, "409"),
        (422, {}, True, Outcome.UNKNOWN, "422"),
        (500, {}, False, Outcome.UNKNOWN, "500"),
        (503, {}, True, Outcome.UNKNOWN, "503"),
        (301, {}, False, Outcome.UNKNOWN, "301"),
    ],
)
def test_what_became_of_it(
    status: int, body: Any, chat: bool, expected: Outcome, problem: str
) -> None:
    object_class = "chat" if chat else "post"
    result = outcome.classify_error(answered(status, body), object_class=object_class)
    assert (result.outcome, result.object_class) == (expected, object_class)
    assert problem in result.problem
    assert (result.dead, result.gone) == (status == 401, status == 404)


@pytest.mark.parametrize(
    ("resets", "waits"),
    [
        ({"x-rate-limit-reset": 300}, 300),
        ({"x-rate-limit-reset": -5}, 1),
        ({"x-rate-limit-reset": 90_000}, 900),  # a clock that runs ahead
        ({}, 900),
        ({"x-user-limit-24hour-reset": 7200, "x-rate-limit-reset": 300}, 7200),
    ],
)
def test_throttled(resets: dict[str, int], waits: float) -> None:
    headers = {name: str(int(time.time()) + seconds) for name, seconds in resets.items()}
    if "x-user-limit-24hour-reset" in headers:
        headers["x-user-limit-24hour-remaining"] = "0"
    result = outcome.classify_error(answered(429, {}, headers))
    assert result.outcome is Outcome.RETRY
    assert result.retry_after == pytest.approx(waits, abs=2)


@pytest.mark.parametrize(
    ("used", "elapsed", "percent"),
    [(1, 0, 6), (3, 180, 20), (2, 15, 80), (4, 60, 95), (15, 600, 100), (14, 840, 93)],
)
def test_the_poller_is_slowed_before_the_window_is_spent(
    used: int, elapsed: int, percent: int
) -> None:
    told = outcome.usage(
        {
            "x-rate-limit-limit": "15",
            "x-rate-limit-remaining": str(15 - used),
            "x-rate-limit-reset": str(int(time.time()) + 900 - elapsed),
        }
    )
    assert told is not None
    assert int(told.percent + 0.01) == percent


def test_no_headers_no_budget() -> None:
    assert outcome.usage({}) is None
    assert outcome.usage({"x-rate-limit-limit": "0"}) is None


def test_quoted_posts_take_turns() -> None:
    found = [str(n) for n in range(2 * QUOTED_POSTS + 1)]
    assert in_turn([], turn=7) == []
    assert in_turn(found[:3], turn=7) == found[:3]
    assert [number for turn in range(3, 6) for number in in_turn(found, turn=turn)] == found
