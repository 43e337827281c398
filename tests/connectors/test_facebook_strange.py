"""Bodies of several accounts, broken ones, and every part of a body made strange (DESIGN I5)."""

import copy
import dataclasses
import json
from collections.abc import Iterator
from typing import Any

import pytest

from inbox.connectors.base import Parsed
from inbox.connectors.facebook import PARTS
from inbox.connectors.meta import accounts
from tests.connectors.facebook_world import (
    AT,
    COMMENT,
    DANA,
    NAMED,
    OTHER,
    PAGE,
    POST,
    REPLY,
    added,
    body,
    chat_entry,
    echo,
    entry,
    told,
)


def parse(*entries: Any, account: str = PAGE) -> Parsed:
    return PARTS.parse(body(*entries), account, "webhook")


def test_only_what_concerns_the_page() -> None:
    batch = (entry(added()), entry(added(comment_id=REPLY), page=OTHER))
    assert accounts(body(*batch)) == (PAGE, OTHER)
    assert [each.external_id for each in parse(*batch).messages] == [COMMENT]
    assert [each.external_id for each in parse(*batch, account=OTHER).messages] == [REPLY]
    assert parse(*batch, account="3") == Parsed()


def test_one_broken_change_does_not_hide_its_neighbours() -> None:
    broken = added()
    del broken["comment_id"]
    parsed = parse(entry(broken, added()), chat_entry(told(message=3), told()))
    assert [each.object_class for each in parsed.messages] == ["comment", "chat"]
    assert len(parsed.problems) == 2


@pytest.mark.parametrize("change", [{"value": added()}, {"field": 3, "value": added()}, 3])
def test_a_change_that_does_not_say_what_it_is_goes_to_quarantine(change: Any) -> None:
    parsed = parse(
        {"id": PAGE, "time": AT, "changes": [change, {"field": "feed", "value": added()}]}
    )
    assert (len(parsed.messages), len(parsed.problems), parsed.ignored) == (1, 1, ())


@pytest.mark.parametrize(
    "raw",
    [b"", b"<html>", b"[]", b"3", b"{}", b'{"entry": 5}', b'{"entry": [3, null]}', b"\xff",
     b'{"entry": [{"time": 1}]}', b'{"entry": [{"id": "101500000000001"}]}',
     b'{"a":' * 5000, b"[" * 100_000],
)  # fmt: skip
def test_no_shape_raises(raw: bytes) -> None:
    for feed in ("webhook", "comments", "tagged", "chats", "lookup"):
        parsed = PARTS.parse(raw, PAGE, feed)
        assert parsed.messages == ()
        assert parsed.problems
    accounts(raw)


SAMPLES = [
    entry(added(), added(verb="edited"), added(verb="remove")),
    entry({"item": "photo", "verb": "add", "post_id": POST, "from": DANA, "created_time": AT,
           "photos": ["https://scontent.example/1.jpg"]}),
    entry(NAMED, NAMED | {"from": DANA}, name="mention"),
    chat_entry(told(), echo(metadata="k")),
]  # fmt: skip
STRANGE: list[Any] = [
    None,
    True,
    -1,
    1e400,
    2**70,
    "",
    "\ud800\x00",
    [],
    {},
    [[]],
    {"id": {}},
    "9" * 400,
]


def mutations(value: Any) -> Iterator[Any]:
    """`value` with each of its parts dropped, retyped or wrapped, one at a time."""
    for path in list(paths(value)):
        for what in ("drop", "wrap", *range(len(STRANGE))):
            changed = copy.deepcopy(value)
            holder = changed
            for key in path[:-1]:
                holder = holder[key]
            if what == "drop":
                del holder[path[-1]]
            elif what == "wrap":
                holder[path[-1]] = [holder[path[-1]]]
            else:
                holder[path[-1]] = STRANGE[int(what)]
            yield changed


def paths(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    keys = value.keys() if isinstance(value, dict) else range(len(value))
    for key in keys:
        yield (*way, key)
        if isinstance(value[key], dict | list):
            yield from paths(value[key], (*way, key))


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for each in value.values() for text in strings(each))
    elif isinstance(value, list | tuple):
        yield from (text for each in value for text in strings(each))


@pytest.mark.parametrize("sample", SAMPLES, ids=["comments", "photo", "mention", "chat"])
def test_no_part_of_a_body_can_be_so_strange_that_it_raises(sample: Any) -> None:
    for changed in mutations({"entry": [sample]}):
        raw = json.dumps(changed).encode()
        parsed = PARTS.parse(raw, PAGE, "webhook")
        for text in strings(dataclasses.asdict(parsed)):
            text.encode()  # what no database keeps never gets through
            assert "\x00" not in text
        assert all(message.external_id for message in parsed.messages)
        accounts(raw)


def test_polled_pages_can_be_as_strange() -> None:
    row = {"id": COMMENT, "from": DANA, "message": "x", "created_time": AT, "parent": {"id": POST},
           "attachment": {"type": "photo", "media": {"image": {"src": "https://x.example/1"}}}}  # fmt: skip
    for kind in ("comments", "posts", "tagged"):
        document = {"kind": kind, "post": {"id": POST}, "page": {"data": [row]}}
        for changed in mutations(document):
            PARTS.parse(json.dumps(changed).encode(), PAGE, "comments")
