"""How Facebook may be answered: public, private once within seven days, chats (platforms.md §4.3)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from inbox.connectors.base import Guarantee, Outgoing, Situation
from inbox.connectors.facebook import PARTS

NOW = datetime(2026, 10, 2, 8, 0, tzinfo=UTC)


def ways(object_class: str = "comment", *, days: float = 0, **more: Any) -> dict[str, bool]:
    at = NOW - timedelta(days=days)
    given: dict[str, Any] = {"address": {}, "written_at": at, "last_in_at": at, "now": NOW} | more
    found = PARTS.ways(Situation(object_class=object_class, **given))
    assert all(way.note for way in found if not way.open)
    opened = [way.open for way in found]
    assert opened == sorted(opened, reverse=True)
    return {way.key: way.open for way in found}


@pytest.mark.parametrize(
    ("situation", "private"),
    [
        ({}, True),
        ({"days": 6.9}, True),
        ({"days": 7}, False),
        ({"private_used": True}, False),
        ({"address": {"private": "0"}}, False),
        ({"address": {"mention": "1"}}, False),
        ({"object_class": "post"}, False),
    ],
)
def test_one_private_reply_for_a_weeks_comment(situation: dict[str, Any], private: bool) -> None:
    assert ways(**situation) == {"public": True, "private": private}


def test_a_comment_that_takes_no_comments() -> None:
    assert ways(address={"can_comment": "0"}) == {"private": True, "public": False}
    assert ways(address={"can_comment": "0", "parent": "1_2"})["public"]


def test_chats_have_their_windows() -> None:
    assert ways("chat") == {"chat": True}
    assert ways("chat", days=2, options={"human_agent": True}) == {
        "human_agent": True, "chat": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("way", "call"),
    [("", "comment"), ("public", "comment"), ("private", "private_reply"), ("chat", "response")],
)
def test_the_call_behind_a_way(way: str, call: str) -> None:
    out = Outgoing(way, "", "1_2", "5", "Baik", "k")
    assert PARTS.choose_call(out, 60) == call
    assert PARTS.guarantee(call) == Guarantee.READ


@pytest.mark.parametrize(
    ("way", "limit"), [("", 8000), ("public", 8000), ("private", 2000), ("chat", 10_000)]
)
def test_lengths(way: str, limit: int) -> None:
    assert PARTS.measure("é" * limit, way).fits
    assert not PARTS.measure("é" * (limit + 1), way).fits
    assert not PARTS.measure(" \n ", way).fits
