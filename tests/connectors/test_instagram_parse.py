"""Instagram's JSON → frozen values: comments, routing, broken shapes (platforms.md §6.1)."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from inbox.connectors.base import Incoming, Parsed, Wanted
from inbox.connectors.instagram.parse import parse
from inbox.connectors.meta_chat.client import wrap

US = "17841400000000001"
OTHER = "17841400000000002"
CITIZEN = "6841100000000001"
AT = datetime(2026, 10, 2, 8, 6, 40, tzinfo=UTC)
SENT = int(AT.timestamp())
COMMENT: dict[str, Any] = {
    "id": "17900000000000011",
    "from": {"id": CITIZEN, "username": "lena.p"},
    "text": "Lampu jalan mati 😢",
    "media": {"id": "18000000000000001", "media_product_type": "FEED"},
}
CONTEXT: dict[str, Any] = {
    "username": "humaspoldakaltim",
    "media": {"id": "18000000000000001", "permalink": "https://www.instagram.com/p/abc/"},
}


def entry(*changes: Any, account: Any = US, **more: Any) -> dict[str, Any]:
    return {"id": account, "time": SENT, "changes": list(changes), **more}


def change(value: Any, field: str = "comments") -> dict[str, Any]:
    return {"field": field, "value": value}


def hook(*entries: Any) -> Parsed:
    body = json.dumps({"object": "instagram", "entry": list(entries)}).encode()
    return parse(body, US, "webhook")


def listed(*comments: Any, **context: Any) -> Parsed:
    page = json.dumps({"data": list(comments)}).encode()
    return parse(wrap("comments", page, **(CONTEXT | context)), US, "comments")


def polled(comment: Any = COMMENT, **more: Any) -> dict[str, Any]:
    told = {key: value for key, value in comment.items() if key != "media"}
    return told | {"timestamp": "2026-10-02T08:06:38+0000", "username": "lena.p"} | more


def one(parsed: Parsed) -> Incoming:
    assert parsed.problems == ()
    (message,) = parsed.messages
    return message


# --- comments ----------------------------------------------------------------------------------------


def test_a_comment_by_webhook() -> None:
    message = one(hook(entry(change(COMMENT))))

    assert message.external_id == message.current_id == message.thread_id == "17900000000000011"
    assert (message.author.external_id, message.author.handle) == (CITIZEN, "lena.p")
    assert message.text == "Lampu jalan mati 😢"
    assert message.written_at == AT  # the time Meta sent it: the body has no other (§6.1)
    assert (message.own, message.edited, message.replies_to) == (False, False, "")
    assert message.address == {"parent": "17900000000000011", "media": "18000000000000001"}
    assert message.account_id == US


def test_a_reply_belongs_to_its_top_comment() -> None:
    message = one(hook(entry(change(COMMENT | {"parent_id": "17900000000000001"}))))
    assert message.thread_id == message.replies_to == message.address["parent"]
    assert message.thread_id == "17900000000000001"


def test_field_and_value_directly_under_the_entry_with_comment_id() -> None:
    value = {key: each for key, each in COMMENT.items() if key != "id"}
    flat = {"id": US, "time": SENT, "field": "comments",
            "value": value | {"comment_id": COMMENT["id"]}}  # fmt: skip
    assert hook(flat) == hook(entry(change(COMMENT)))


@pytest.mark.parametrize("spelled", [int(US), US], ids=["number", "string"])
@pytest.mark.parametrize(
    "time", [SENT, SENT * 1000, str(SENT)], ids=["seconds", "milliseconds", "text"]
)
def test_numeric_ids_and_times_in_seconds_or_milliseconds(spelled: Any, time: Any) -> None:
    numbers = COMMENT | {
        "id": 17900000000000011,
        "from": {"id": int(CITIZEN), "username": "lena.p"},
    }
    told = hook(entry(change(numbers), account=spelled) | {"time": time})
    assert told == hook(entry(change(COMMENT)))


def test_the_same_comment_by_webhook_poll_and_look_up_is_the_same_row() -> None:
    reply = COMMENT | {"parent_id": "17900000000000001"}
    top = polled({"id": "17900000000000001", "from": {"id": "68", "username": "a"}, "text": "atas"})
    nested = listed(top | {"replies": {"data": [polled()]}}).messages
    asked = polled(reply, media={"id": "18000000000000001"})
    tellings = [
        one(hook(entry(change(reply)))),
        next(message for message in nested if message.external_id == COMMENT["id"]),
        one(parse(wrap("comment", json.dumps(asked).encode()), US, "lookup")),
        one(parse(wrap("replies", json.dumps({"data": [polled()]}).encode(),
                       parent="17900000000000001", **CONTEXT), US, "comments")),
    ]  # fmt: skip
    same = {
        (m.object_class, m.external_id, m.current_id, m.thread_id, m.replies_to, m.author, m.text,
         m.version, m.own, tuple(sorted(m.address.items())))
        for m in tellings
    }  # fmt: skip
    assert len(same) == 1


def test_without_author_it_is_kept_and_the_author_is_asked_for() -> None:
    told = hook(entry(change({key: each for key, each in COMMENT.items() if key != "from"})))
    assert one(told).author.external_id == ""
    assert told.wanted == (Wanted("comment", "17900000000000011", US),)


def test_without_any_time_it_is_quarantined_and_asked_for() -> None:
    told = hook({"id": US, "changes": [change(COMMENT), change(COMMENT | {"id": "5"}, "hologram")]})
    assert told.messages == ()
    assert told.problems == ("comments: NoTime tanpa waktu",)
    assert told.wanted == (Wanted("comment", "17900000000000011", US),)


@pytest.mark.parametrize(
    ("author", "context"),
    [
        ({"from": {"id": US, "username": "humaspoldakaltim"}}, {}),
        ({"from": {"id": "684", "self_ig_scoped_id": "685"}}, {}),
        ({"from": {}, "username": "HumasPoldaKaltim"}, CONTEXT),
        ({"from": None, "username": "humaspoldakaltim"}, CONTEXT),
    ],
)
def test_our_own_comments_are_known_as_ours(author: Any, context: Any) -> None:
    assert one(listed(polled() | author, **context)).own
    if "id" in (author["from"] or {}):
        assert one(hook(entry(change(COMMENT | author)))).own


def test_where_only_the_name_is_told_the_name_is_the_person() -> None:
    told = polled(username="0812345") | {"from": None}
    assert one(listed(told)).author.external_id == "@0812345"


def test_a_comment_without_words_says_so() -> None:
    (medium,) = one(hook(entry(change(COMMENT | {"text": ""})))).media
    assert (medium.kind, medium.url) == ("file", "")
    assert one(listed(polled(text=""))).media == (medium,)


def test_a_comment_on_a_live_broadcast_is_marked() -> None:
    assert one(hook(entry(change(COMMENT, "live_comments")))).address["live"] == "1"


def test_a_polled_page_knows_the_post() -> None:
    assert one(listed(polled())).link == "https://www.instagram.com/p/abc/"
    assert one(listed(polled())).written_at == datetime(2026, 10, 2, 8, 6, 38, tzinfo=UTC)


def test_oldest_first() -> None:
    newer = polled(COMMENT | {"id": "9"}, timestamp="2026-10-02T09:00:00+0000")
    older = polled(COMMENT | {"id": "8"}, timestamp="2026-10-02T07:00:00+0000")
    assert [m.external_id for m in listed(newer, older).messages] == ["8", "9"]
    under = {"data": [polled(COMMENT | {"id": "3"}), polled(COMMENT | {"id": "4"})]}
    second = listed(polled(COMMENT | {"id": "7"}), polled(COMMENT | {"id": "2"}, replies=under))
    assert [m.external_id for m in second.messages] == ["2", "3", "4", "7"]


# --- routing and neighbours --------------------------------------------------------------------------


def test_only_what_concerns_the_account_whatever_the_object_is_called() -> None:
    body = json.dumps(
        {"object": "page", "entry": [entry(change(COMMENT)),
                                     entry(change(COMMENT | {"id": "5"}), account=OTHER)]}
    ).encode()  # fmt: skip
    assert [m.external_id for m in parse(body, US, "webhook").messages] == ["17900000000000011"]
    assert [m.external_id for m in parse(body, OTHER, "webhook").messages] == ["5"]
    assert parse(body, "101500000000001", "webhook") == Parsed()


@pytest.mark.parametrize(
    "broken",
    [None, 3, "x", [], {}, {"id": None}, {"id": "../me"}, {"id": True}, COMMENT | {"id": 1.5}],
)
def test_one_broken_comment_does_not_hide_the_others(broken: Any) -> None:
    pushed = hook(entry(change(broken), change(COMMENT)))
    assert [m.external_id for m in pushed.messages] == ["17900000000000011"]
    assert pushed.problems
    page = listed(broken, polled())
    assert [m.external_id for m in page.messages] == ["17900000000000011"]
    assert page.problems


@pytest.mark.parametrize("field", ["story_insights", "hologram", "messaging_seen", "?"])
def test_fields_that_say_nothing_to_us_are_kept_and_ignored(field: str) -> None:
    told = hook(entry(change({"reach": 44}, field)))
    assert told == Parsed(ignored=(f"instagram:{field}",))


@pytest.mark.parametrize("replies", [None, 5, [], {}, {"data": None}, {"data": [None]}])
def test_replies_that_cannot_be_read_are_a_problem_but_their_comment_stands(replies: Any) -> None:
    told = listed(polled(replies=replies))
    assert [m.external_id for m in told.messages] == ["17900000000000011"]
    assert told.problems


@pytest.mark.parametrize("broken", [None, 5, "x", {}, {"value": {}}, {"field": 7, "value": {}}])
def test_a_change_that_says_nothing_is_a_problem(broken: Any) -> None:
    told = hook(entry(broken, change(COMMENT)))
    assert [m.external_id for m in told.messages] == ["17900000000000011"]
    assert told.problems


@pytest.mark.parametrize("feed", ["webhook", "comments", "tags", "chats", "lookup"])
@pytest.mark.parametrize(
    "body",
    [
        b"", b"<html>", b"[]", b"5", b"null", b'{"data": 5}', b'{"entry": 5}', b'{"entry": [null]}',
        b"\xff", b'{"kind": "comments"}', b'{"kind": ["comments"]}', b'{"kind": "mention"}',
        b"[" * 100_000, b'{"entry": {"id": 17841400000000001}}', b'{"kind": "tags", "page": []}',
        b'{"kind": "comment", "page": 7}',
    ],
)  # fmt: skip
def test_no_shape_raises(body: bytes, feed: str) -> None:
    parsed = parse(body, US, feed)
    assert parsed.messages == ()
    assert parsed.problems
