"""How a LINE message may be answered, and by which call (platforms.md §7.3)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from inbox.connectors.base import Guarantee, Outgoing, Situation, Way
from inbox.connectors.line.ways import choose_call, guarantee, measure, texts, ways

NOW = datetime(2026, 10, 2, 9, 23, 20, tzinfo=UTC)


def address(age: float | None = None, **more: str) -> dict[str, str]:
    token = {} if age is None else {
        "token": "t", "token_at": (NOW - timedelta(seconds=age)).isoformat(),
    }  # fmt: skip
    return {"to": "U1"} | token | more


def way(where: dict[str, str] | None = None, **more: Any) -> Way:
    (only,) = ways(Situation("chat", address() if where is None else where, NOW, NOW, NOW, **more))
    return only


def test_usually_open_and_it_says_that_the_app_is_not_seen() -> None:
    usual = way()
    assert (usual.key, usual.label, usual.public, usual.open, usual.pictures) == (
        "chat", "Pesan", False, True, 4,
    )  # fmt: skip
    assert "tidak terlihat di sini" in usual.note
    assert "kuota" not in usual.note.lower()


@pytest.mark.parametrize(("left", "shown"), [(1, "1 pesan"), (12345, "12.345 pesan")])
def test_the_month_s_quota_is_told(left: int, shown: str) -> None:
    assert f"Sisa kuota kirim bulan ini {shown}" in way(quota_left=left).note


def test_no_quota_closes_and_says_what_to_do() -> None:
    closed = way(quota_left=0)
    assert not closed.open
    assert "LINE Official Account Manager" in closed.note
    assert "tandai" in closed.note


@pytest.mark.parametrize(("age", "is_open"), [(0, True), (39, True), (40, False), (4000, False)])
def test_without_quota_a_fresh_token_still_answers(age: float, is_open: bool) -> None:
    found = way(address(age), quota_left=0)
    assert found.open is is_open
    assert found.until == (NOW + timedelta(seconds=40 - age) if is_open else None)


@pytest.mark.parametrize("token_at", ["", "kemarin", "2026-10-02T09:23:20"])
def test_a_token_without_a_time_is_no_token(token_at: str) -> None:
    assert not way(address(token="t", token_at=token_at), quota_left=0).open


@pytest.mark.parametrize(
    ("where", "more"), [(address(5), {"unreachable": True}), (address(standby="1"), {})]
)
def test_closed(where: dict[str, str], more: dict[str, Any]) -> None:
    closed = way(where, **more)
    assert not closed.open
    assert closed.note


def test_a_group_is_read_by_others_and_outlives_one_who_left() -> None:
    group = way(address(group="1"), unreachable=True)
    assert (group.open, group.public) == (True, True)
    assert "Semua anggota grup" in group.note


def out(attempt: int = 1, **where: str) -> Outgoing:
    return Outgoing(
        "chat", "", "1", "U1", "halo", "key", attempt=attempt, address={"to": "U1"} | where
    )


@pytest.mark.parametrize(
    ("outgoing", "seconds", "call"),
    [
        (out(token="t"), 0, "reply"),
        (out(token="t"), 39.9, "reply"),
        (out(token="t"), 40, "push"),
        (out(), 0, "push"),
        (out(attempt=2, token="t"), 5, "push"),  # it may have been used
    ],
)
def test_the_token_while_it_lives_and_only_once(
    outgoing: Outgoing, seconds: float, call: str
) -> None:
    assert choose_call(outgoing, seconds) == call


def test_only_a_push_can_be_repeated() -> None:
    assert (guarantee("push"), guarantee("reply")) == (Guarantee.KEY, Guarantee.NONE)


@pytest.mark.parametrize(
    ("text", "used"),
    [("", 0), (" \n ", 0), ("halo", 4), ("👍", 2), ("あ", 1), (" a ", 3), ("\ud800", 1)],
)
def test_utf16_units(text: str, used: int) -> None:
    assert measure(text, "chat").used == used


@pytest.mark.parametrize(
    ("text", "objects", "fits"),
    [("x" * 5000, 1, True), ("x" * 5001, 2, True), ("👍" * 2501, 2, True),
     ("x" * 25_000, 5, True), ("x" * 25_001, 6, False)],
)  # fmt: skip
def test_five_thousand_a_text_and_five_texts_a_request(text: str, objects: int, fits: bool) -> None:
    assert measure(text, "").fits is fits
    assert [len(each) <= 5000 for each in map(measured, texts(text))] == [True] * objects


def measured(text: str) -> range:
    return range(measure(text, "").used)
