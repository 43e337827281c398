"""LINE's webhook bodies and profiles → frozen values (platforms.md §7.2)."""

import json
import random
from datetime import UTC, datetime
from typing import Any

import pytest

from inbox.connectors.base import Author, EventKind, Media, Parsed, chat_thread, later
from inbox.connectors.line.parse import parse

BOT = "U0123456789abcdef0123456789abcdef"
CITIZEN = "U4af4980629aaaaaaaaaaaaaaaaaaaaaa"
GROUP = "Ca56f94637caaaaaaaaaaaaaaaaaaaaaa"
MS = 1_790_933_000_123
AT = datetime(2026, 10, 2, 9, 23, 20, 123000, tzinfo=UTC)

PRIVATE: dict[str, Any] = {"type": "user", "userId": CITIZEN}
IN_GROUP: dict[str, Any] = {"type": "group", "groupId": GROUP, "userId": CITIZEN}


def event(kind: str = "message", **more: Any) -> dict[str, Any]:
    """An event with everything LINE says around it."""
    return {
        "type": kind, "mode": "active", "timestamp": MS, "webhookEventId": "01J9ZZZZZZZZZZZZZZZZZZZZZ1",
        "deliveryContext": {"isRedelivery": False}, "source": PRIVATE, "replyToken": "8cf9239d",
    } | more  # fmt: skip


def said(kind: str, message: Any = None, **more: Any) -> dict[str, Any]:
    return event(message={"id": "560000000000000001", "type": kind} | (message or {}), **more)


def body(*events: Any, destination: Any = BOT) -> bytes:
    return json.dumps({"destination": destination, "events": list(events)}).encode()


def read(*events: Any) -> Parsed:
    parsed = parse(body(*events), BOT, "webhook")
    assert parsed.problems == ()
    return parsed


def one(single: Any) -> Any:
    (message,) = read(single).messages
    return message


# --- messages ------------------------------------------------------------------------------------


def test_a_text() -> None:
    emojis = [{"index": 12, "length": 1, "productId": "5ac1bfd5040ab15980c9b435", "emojiId": "001"}]
    mention = {"mentionees": [{"index": 0, "length": 5, "type": "user", "isSelf": True}]}
    parsed = read(
        said(
            "text",
            {
                "text": "@Acme halo min (love)", "quoteToken": "qt_1", "emojis": emojis,
                "mention": mention, "quotedMessageId": "560000000000000000",
            },
        )
    )  # fmt: skip
    (message,) = parsed.messages

    assert message.text == "@Acme halo min (love)"
    assert (message.object_class, message.external_id, message.current_id) == (
        "chat", "560000000000000001", "560000000000000001",
    )  # fmt: skip
    assert message.thread_id == chat_thread(BOT, CITIZEN)
    assert message.author == Author(CITIZEN)
    assert message.written_at == AT
    assert message.replies_to == "560000000000000000"
    assert (message.own, message.edited, message.media) == (False, False, ())
    assert message.address == {
        "to": CITIZEN, "token": "8cf9239d", "token_at": AT.isoformat(), "quote": "qt_1",
    }  # fmt: skip
    (wanted,) = parsed.wanted
    assert (wanted.kind, wanted.key, wanted.account_id, wanted.args) == (
        "profile", CITIZEN, BOT, {},
    )  # fmt: skip


LINE_HELD = {"contentProvider": {"type": "line"}}
ELSEWHERE = {
    "contentProvider": {"type": "external", "originalContentUrl": "https://liff.example/a.jpg"}
}
ID = "560000000000000001"


@pytest.mark.parametrize(
    ("kind", "more", "medium"),
    [
        ("image", LINE_HELD, Media("image", fetch_id=ID)),
        (
            "image",
            LINE_HELD | {"imageSet": {"id": "E005", "index": 1, "total": 2}},
            Media("image", alt="Gambar 1 dari 2", fetch_id=ID),
        ),
        ("image", ELSEWHERE, Media("image", url="https://liff.example/a.jpg")),
        ("video", LINE_HELD | {"duration": 3000}, Media("video", fetch_id=ID)),
        ("audio", LINE_HELD, Media("audio", fetch_id=ID)),
        ("image", {}, Media("image", fetch_id=ID)),  # contentProvider dropped
        (
            "image",
            {"contentProvider": {"type": "external", "originalContentUrl": "file:///x"}},
            Media("image"),
        ),
        (
            "file",
            {"fileName": "surat RT.pdf", "fileSize": 5},
            Media("file", alt="surat RT.pdf", fetch_id=ID),
        ),
        (
            "sticker",
            {"packageId": "446", "stickerId": "1988", "stickerResourceType": "BARU",
             "keywords": ["hi", "halo"]},
            Media("sticker", alt="hi, halo"),
        ),
        ("sticker", {"text": "Siap!", "keywords": ["ok"]}, Media("sticker", alt="Siap!, ok")),
        ("sticker", {}, Media("sticker")),
        (
            "location",
            {"title": "Pasar Klandasan", "address": "Jl. Sudirman", "latitude": -1.2654,
             "longitude": 116.8312},
            Media("location", alt="Pasar Klandasan, Jl. Sudirman (-1.265400, 116.831200)"),
        ),
        ("location", {"latitude": -1, "longitude": 116}, Media("location", alt="(-1.000000, 116.000000)")),
        ("location", {"title": "Rumah", "latitude": True}, Media("location", alt="Rumah")),
        ("kartuNama", {"kartuNama": {"nama": "Budi"}}, Media("file", alt="jenis tak dikenal: kartuNama")),
        (None, {"type": None}, Media("file", alt="jenis tak dikenal: tanpa nama")),
    ],
)  # fmt: skip
def test_what_comes_without_words(kind: Any, more: dict[str, Any], medium: Media) -> None:
    message = one(said(kind, more))
    assert (message.text, message.media) == ("", (medium,))
    assert message.external_id == ID


@pytest.mark.parametrize(
    ("postback", "text"),
    [
        ({"data": "action=track&id=77"}, "action=track&id=77"),
        ({"data": "pilih", "params": {"date": "2026-10-02"}}, "pilih 2026-10-02"),
        ({"data": "x", "displayText": "Cek laporan saya"}, "Cek laporan saya"),
    ],
)
def test_a_button_pressed(postback: dict[str, Any], text: str) -> None:
    message = one(event("postback", postback=postback))
    assert (message.text, message.external_id) == (text, "01J9ZZZZZZZZZZZZZZZZZZZZZ1")
    assert message.address["token"] == "8cf9239d"


def test_turning_a_page_of_the_menu_says_nothing() -> None:
    params = {"newRichMenuAliasId": "b", "status": "SUCCESS"}
    parsed = read(event("postback", postback={"data": "ke-b", "params": params}))
    assert (parsed.messages, parsed.ignored) == ((), ("postback:richmenuswitch",))


def test_no_webhook_event_id() -> None:
    text, press = said("text", {"text": "halo"}), event("postback", postback={"data": "x"})
    del text["webhookEventId"], press["webhookEventId"]

    first, second = read(text, press).messages

    assert first.external_id == ID
    assert second.external_id == f"postback-{MS}-{CITIZEN}"
    assert read(text, press) == read(text, press)


@pytest.mark.parametrize("kind", ["group", "room"])
def test_a_group_is_one_thread_and_the_push_goes_to_it(kind: str) -> None:
    source = {"type": kind, f"{kind}Id": GROUP, "userId": CITIZEN}
    parsed = read(said("text", {"text": "halo"}, source=source))
    (message,) = parsed.messages
    assert message.thread_id == chat_thread(BOT, GROUP)
    assert (message.address["to"], message.address["group"]) == (GROUP, "1")
    assert message.author.external_id == CITIZEN
    assert parsed.wanted[0].args == {kind: GROUP}


def test_a_group_that_names_nobody() -> None:
    parsed = read(said("text", {"text": "halo"}, source={"type": "group", "groupId": GROUP}))
    assert parsed.messages[0].author.external_id == ""
    assert parsed.wanted == ()


def test_standby_leaves_nothing_to_answer_with() -> None:
    message = one(said("text", {"text": "halo", "quoteToken": "q"}, mode="standby"))
    assert message.address == {"to": CITIZEN, "standby": "1"}


def test_every_name_is_asked_for_once() -> None:
    parsed = read(said("text", {"text": "a"}), said("text", {"text": "b", "id": "2"}))
    assert len(parsed.messages) == 2
    assert len(parsed.wanted) == 1


def test_a_redelivered_event_is_the_same_message() -> None:
    first = said("image", LINE_HELD)
    again = first | {"deliveryContext": {"isRedelivery": True}}
    assert read(first) == read(again)


# --- events --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "meaning"), [("follow", EventKind.FOLLOWED), ("unfollow", EventKind.UNFOLLOWED)]
)
def test_came_and_went(kind: str, meaning: EventKind) -> None:
    parsed = read(event(kind, follow={"isUnblocked": False}))
    (happened,) = parsed.events
    assert (happened.kind, happened.at, happened.author) == (meaning, AT, Author(CITIZEN))
    assert (happened.account_id, parsed.messages) == (BOT, ())


def test_unsend() -> None:
    parsed = read(said("text", {"text": "rahasia"}), event("unsend", unsend={"messageId": ID}))
    (happened,) = parsed.events
    assert happened.kind == EventKind.REMOVED
    assert (happened.object_class, happened.external_id) == ("chat", parsed.messages[0].external_id)
    assert later(parsed.messages[0].version, happened.version) == happened.version


@pytest.mark.parametrize(
    "kind", ["join", "leave", "memberJoined", "memberLeft", "videoPlayComplete", "astrologi"]
)
def test_what_needs_nobody(kind: str) -> None:
    assert read(event(kind)) == Parsed(ignored=(f"event:{kind}",))


# --- whose, and what is broken ---------------------------------------------------------------------


def test_another_destination_is_not_ours() -> None:
    assert (
        parse(body(said("text", {"text": "halo"}), destination="Uother"), BOT, "webhook")
        == Parsed()
    )


def test_the_console_asks_whether_we_listen() -> None:
    assert read() == Parsed()


@pytest.mark.parametrize("destination", [None, 5.0, {}, ""])
def test_a_body_without_destination_is_read_and_told(destination: Any) -> None:
    parsed = parse(body(said("text", {"text": "halo"}), destination=destination), BOT, "webhook")
    assert (len(parsed.messages), len(parsed.problems)) == (1, 1)


BROKEN: list[Any] = [
    None, 3, "halo", [], {}, {"type": 5},
    event(), event(message=[]), said("text"), said("text", {"text": 5}),
    said("text", {"text": "a", "id": None}), said("text", {"text": "a", "id": True}),
    said("text", {"text": "a", "id": "x" * 300}), said("text", {"text": "a"}, timestamp=None),
    said("text", {"text": "a"}, timestamp=True), said("text", {"text": "a"}, timestamp=-1),
    said("text", {"text": "a"}, timestamp=10**40), said("text", {"text": "a"}, source=None),
    said("text", {"text": "a"}, source={"type": "user"}),
    event("postback"), event("postback", postback={"params": {}}),
    event("unsend"), event("unsend", unsend={"messageId": ""}), event("follow", source=7),
]  # fmt: skip


@pytest.mark.parametrize("broken", BROKEN)
def test_one_broken_event_hides_no_other(broken: Any) -> None:
    good = said("text", {"text": "halo", "id": "9"})
    parsed = parse(body(broken, good), BOT, "webhook")
    assert [message.external_id for message in parsed.messages] == ["9"]
    assert len(parsed.problems) == 1
    assert parsed.problems[0].startswith("kejadian ke-1")


@pytest.mark.parametrize(
    "raw",
    [b"", b"<html>", b"[]", b"\xff", b"null", b'{"destination":"%s"}' % BOT.encode(),
     b'{"events":5}', b'{"events":' + b"[" * 200_000],
)  # fmt: skip
@pytest.mark.parametrize("feed", ["webhook", "lookup"])
def test_no_shape_raises(raw: bytes, feed: str) -> None:
    parsed = parse(raw, BOT, feed)
    assert (parsed.messages, len(parsed.problems)) == ((), 1)


def test_numeric_ids_and_digits_for_a_time_are_read() -> None:
    message = one(said("text", {"text": "a", "id": 560000000000000001}, timestamp=str(MS)))
    assert (message.external_id, message.written_at) == (ID, AT)


def test_what_no_database_takes_is_taken_out() -> None:
    parsed = read(
        said("text", {"text": "a\x00b \ud83d c"}), event("x\x00\udc00" * 30), said("\ud800")
    )
    assert parsed.messages[0].text == "ab ? c"
    assert parsed.messages[1].media == (Media("file", alt="jenis tak dikenal: ?"),)
    assert len(parsed.ignored[0]) < 60
    for text in (*parsed.ignored, parsed.messages[0].text):
        assert "\x00" not in text
        text.encode()


# --- names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("profile", "name"),
    [
        ({"userId": CITIZEN, "displayName": " Mika \x00 ", "language": "id"}, "Mika"),
        ({"userId": CITIZEN}, ""),
        ({"userId": CITIZEN, "displayName": None}, ""),
    ],
)
def test_a_profile(profile: Any, name: str) -> None:
    parsed = parse(json.dumps(profile).encode(), BOT, "lookup")
    assert parsed == Parsed(profiles=(Author(CITIZEN, name=name),))


# --- damage --------------------------------------------------------------------------------------

WHOLE = [
    said("text", {"text": "@Acme halo", "quoteToken": "q", "quotedMessageId": "1"}),
    said("image", LINE_HELD | {"imageSet": {"id": "E", "index": 1, "total": 2}}, source=IN_GROUP),
    said("sticker", {"packageId": "4", "keywords": ["hi"]}),
    said("location", {"title": "T", "latitude": 1.5, "longitude": 2.5}),
    event("postback", postback={"data": "x", "params": {"date": "2026-10-02"}}),
    event("follow", follow={"isUnblocked": False}),
    event("unsend", unsend={"messageId": ID}),
]
ODD: list[Any] = [
    None,
    True,
    0,
    -1,
    1.5,
    float("nan"),
    10**30,
    2**63,
    "",
    "x" * 5000,
    "\ud800",
    "\x00",
    [],
    {},
    [[]],
    "0",
]


def damaged(value: Any, chance: random.Random) -> Any:
    """`value` with something dropped, retyped, nested or made a number."""
    if chance.random() < 0.06:
        return chance.choice([*ODD, [value], {"isi": value}])
    if isinstance(value, dict):
        kept = {name: damaged(inside, chance) for name, inside in value.items()}
        if kept and chance.random() < 0.15:
            del kept[chance.choice(list(kept))]
        return kept
    if isinstance(value, list):
        return [damaged(inside, chance) for inside in value]
    return (
        int(value)
        if isinstance(value, str) and value.isdigit() and chance.random() < 0.3
        else value
    )


@pytest.mark.parametrize("seed", range(300))
def test_damage_never_raises_and_never_hides_neighbours(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    hurt = [damaged(one_event, chance) for one_event in WHOLE]
    untouched = said("text", {"text": "utuh", "id": "77"})
    parsed = parse(body(*hurt, untouched), BOT, "webhook")
    assert "77" in [message.external_id for message in parsed.messages]
    told = len(parsed.messages) + len(parsed.events) + len(parsed.problems) + len(parsed.ignored)
    assert told == len(hurt) + 1  # each event leaves exactly one trace
    repr(parsed).encode()
    for message in parsed.messages:
        json.dumps([message.address, message.text, message.external_id]).encode()
        assert max(len(message.external_id), len(message.thread_id)) <= 180
        assert message.written_at.tzinfo is UTC
    whole = body(*hurt)
    parse(whole[: chance.randrange(len(whole))], BOT, "webhook")
