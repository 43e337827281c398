"""Ways to answer on Instagram, their windows, lengths and calls (platforms.md §1.1, §6.2)."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from inbox.connectors.base import Guarantee, Outgoing, Situation, Way
from inbox.connectors.instagram import PARTS

AT = datetime(2026, 10, 2, 8, 0, tzinfo=UTC)
OWN = {"parent": "1", "media": "2"}
MENTION = {"mention": "1", "media": "2", "comment": "3"}


def ways(
    address: Mapping[str, str], *, after: timedelta = timedelta(hours=1), kind: str = "comment",
    **more: Any,
) -> dict[str, Way]:  # fmt: skip
    """The ways open and closed, in order; `after` the citizen's message."""
    situation = Situation(kind, address, AT, AT, AT + after, **more)
    return {way.key: way for way in PARTS.ways(situation)}


def opened(found: dict[str, Way]) -> list[str]:
    return [key for key, way in found.items() if way.open]


@pytest.mark.parametrize(
    ("address", "more", "keys", "open_ones"),
    [
        (OWN, {}, ["public", "private"], ["public", "private"]),
        (OWN, {"private_used": True}, ["public", "private"], ["public"]),
        (OWN, {"hidden": True}, ["private", "public"], ["private"]),
        (OWN, {"hidden": True, "private_used": True}, ["public", "private"], []),
        (OWN | {"live": "1"}, {}, ["private", "public"], ["private"]),
        (OWN | MENTION, {}, ["public", "private"], ["public", "private"]),
        (MENTION, {}, ["mention"], ["mention"]),
        (MENTION, {"hidden": True}, ["mention"], []),
        ({"tagged": "1", "media": "2"}, {"kind": "post"}, ["mention"], []),
        ({"tagged": "1", "mention": "1", "media": "2"}, {"kind": "post"}, ["mention"], ["mention"]),
        ({}, {"kind": "post"}, ["mention"], []),
    ],
)
def test_the_open_ones_first(
    address: dict[str, str], more: dict[str, Any], keys: list[str], open_ones: list[str]
) -> None:
    found = ways(address, **more)
    assert (list(found), opened(found)) == (keys, open_ones)
    assert all(way.note for way in found.values() if not way.open)


@pytest.mark.parametrize(
    ("after", "is_open"),
    [
        (timedelta(days=7) - timedelta(seconds=1), True),
        (timedelta(days=7), False),
        (timedelta(days=400), False),
    ],
)
def test_a_private_reply_goes_out_within_seven_days(after: timedelta, *, is_open: bool) -> None:
    private = ways(OWN, after=after)["private"]
    assert (private.open, private.public) == (is_open, False)
    assert private.until == (AT + timedelta(days=7) if is_open else None)
    assert ways(OWN, after=after)["public"].open


@pytest.mark.parametrize(
    ("after", "options", "open_ones"),
    [
        (timedelta(hours=24) - timedelta(seconds=1), {}, ["chat"]),
        (timedelta(hours=24), {}, []),
        (timedelta(hours=24), {"human_agent": True}, ["human_agent"]),
        (timedelta(days=7), {"human_agent": True}, []),
    ],
)
def test_a_chat_s_windows(after: timedelta, options: dict[str, bool], open_ones: list[str]) -> None:
    found = ways({}, after=after, kind="chat", options=options)
    assert opened(found) == open_ones
    assert all(way.note for way in found.values() if not way.open)


@pytest.mark.parametrize(
    ("text", "way", "used", "limit", "fits"),
    [
        ("a" * 2200, "public", 2200, 2200, True),
        ("a" * 2201, "", 2201, 2200, False),
        ("é" * 2200, "mention", 2200, 2200, True),
        ("  \n", "public", 0, 2200, False),
        ("a" * 1000, "chat", 1000, 1000, True),
        ("é" * 501, "chat", 1002, 1000, True),
        ("é" * 2501, "chat", 5002, 1000, False),
        ("🙏" * 250, "private", 1000, 1000, True),
        ("🙏" * 251, "private", 1004, 1000, False),
        ("🙏" * 251, "human_agent", 1004, 1000, True),
        (" ", "chat", 0, 1000, False),
    ],
)
def test_comments_count_characters_and_messages_bytes(
    text: str, way: str, used: int, limit: int, *, fits: bool
) -> None:
    length = PARTS.measure(text, way)
    assert (length.used, length.limit, length.fits) == (used, limit, fits)


HOUR, DAY = 3600.0, 86_400.0


@pytest.mark.parametrize(
    ("way", "address", "age", "call", "guarantee"),
    [
        ("public", OWN, HOUR, "replies", Guarantee.READ),
        ("mention", MENTION, HOUR, "mention_comment", Guarantee.NONE),
        ("mention", {"mention": "1", "media": "2"}, HOUR, "mention_caption", Guarantee.READ),
        ("private", OWN, HOUR, "private_reply", Guarantee.READ),
        ("chat", {}, HOUR, "response", Guarantee.READ),
        ("human_agent", {}, 2 * DAY, "human_agent", Guarantee.READ),
        ("human_agent", {}, HOUR, "response", Guarantee.READ),
    ],
)
def test_the_call_and_how_its_fate_can_be_settled(
    way: str, address: dict[str, str], age: float, call: str, guarantee: Guarantee
) -> None:
    out = Outgoing(way, "", "1", "2", "halo", "key", address=address)
    assert PARTS.choose_call(out, age) == call
    assert PARTS.guarantee(call) is guarantee


def test_what_cannot_be_read_again_is_said() -> None:
    assert "tidak bisa dibaca ulang" in PARTS.unreadable
    assert set(PARTS.feeds) == {"comments", "chats", "tags"}
