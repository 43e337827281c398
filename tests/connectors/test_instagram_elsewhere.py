"""Instagram's JSON → frozen values: mentions elsewhere, tags, chats (platforms.md §6.1)."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from inbox.connectors.base import Event, EventKind, Incoming, Media, Parsed, Wanted, chat_thread
from inbox.connectors.instagram.parse import parse
from inbox.connectors.meta_chat.client import wrap

US = "17841400000000001"
CITIZEN = "6841100000000001"
AT = datetime(2026, 10, 2, 8, 6, 40, tzinfo=UTC)
SENT = int(AT.timestamp())


def entry(*changes: Any) -> dict[str, Any]:
    return {"id": US, "time": SENT, "changes": list(changes)}


def change(value: Any, field: str) -> dict[str, Any]:
    return {"field": field, "value": value}


def hook(*entries: Any) -> Parsed:
    body = json.dumps({"object": "instagram", "entry": list(entries)}).encode()
    return parse(body, US, "webhook")


def one(parsed: Parsed) -> Incoming:
    assert parsed.problems == ()
    (message,) = parsed.messages
    return message


# --- mentions and tags -------------------------------------------------------------------------------

MENTION = {"media_id": "18000000000000055", "comment_id": "17900000000000066"}
WANTED = MENTION | {"time": str(SENT)}
FOUND = {
    "id": "17900000000000066",
    "text": "coba tanya humaspoldakaltim",
    "timestamp": "2026-10-02T08:00:00+0000",
    "username": "Lena.P",
    "media": {"id": "18000000000000055", "permalink": "https://www.instagram.com/p/xyz/"},
}


def looked_up(wanted: dict[str, str], answer: Any) -> Parsed:
    body = wrap("mention", json.dumps(answer).encode(), username="humaspoldakaltim", wanted=wanted)
    return parse(body, US, "lookup")


@pytest.mark.parametrize(
    ("value", "key"),
    [
        (MENTION, "17900000000000066"),
        ({"media_id": "18000000000000055"}, "18000000000000055"),
        ({"media_id": 18000000000000055, "comment_id": ""}, "18000000000000055"),
        ({"comment_id": 17900000000000066}, "17900000000000066"),
    ],
)
def test_a_mention_is_asked_for(value: Any, key: str) -> None:
    (wanted,) = hook(entry(change(value, "mentions"))).wanted
    assert (wanted.kind, wanted.key, wanted.account_id) == ("mention", key, US)
    assert wanted.args == {
        "media_id": str(value.get("media_id", "")),
        "comment_id": str(value.get("comment_id", "")),
        "time": str(SENT),
    }


def test_a_mention_that_names_nothing_is_a_problem() -> None:
    assert hook(entry(change({"media_id": None}, "mentions"))).problems


def test_a_comment_elsewhere_that_names_us() -> None:
    message = one(looked_up(WANTED, {"mentioned_comment": FOUND, "id": US}))

    assert (message.object_class, message.external_id) == ("comment", "17900000000000066")
    assert message.thread_id == "17900000000000066"
    assert (message.author.external_id, message.author.handle) == ("@lena.p", "Lena.P")
    assert message.link == "https://www.instagram.com/p/xyz/"
    assert message.address == {
        "mention": "1", "media": "18000000000000055", "comment": "17900000000000066",
    }  # fmt: skip


def test_the_least_that_a_shrunk_field_list_leaves_is_enough() -> None:
    message = one(looked_up(WANTED, {"mentioned_comment": {"text": "hai"}}))
    assert (message.external_id, message.written_at, message.author.external_id) == (
        "17900000000000066", AT, "",
    )  # fmt: skip
    assert message.address["media"] == "18000000000000055"


def test_a_caption_that_names_us() -> None:
    answer = {
        "mentioned_media": {
            "id": "18000000000000055", "caption": "Jalan rusak, humaspoldakaltim", "username": "budi",
            "timestamp": "2026-10-02T08:00:00+0000", "media_type": "VIDEO",
            "media_url": "https://cdn.example/1.mp4", "permalink": "https://www.instagram.com/p/xyz/",
        }
    }  # fmt: skip
    message = one(looked_up({"media_id": "18000000000000055", "comment_id": ""}, answer))

    assert (message.object_class, message.external_id) == ("post", "18000000000000055")
    assert message.thread_id == "18000000000000055"
    assert message.address == {"mention": "1", "media": "18000000000000055"}
    assert message.media == (Media("video", url="https://cdn.example/1.mp4"),)


@pytest.mark.parametrize("answer", [{}, {"mentioned_comment": None}, {"mentioned_media": FOUND}])
def test_an_answer_without_the_mention_is_a_problem(answer: Any) -> None:
    assert looked_up(WANTED, answer).problems


@pytest.mark.parametrize(
    ("caption", "answerable"),
    [
        ("bersama @humaspoldakaltim", True),
        ("bersama HumasPoldaKaltim!", True),
        ("bersama humaspoldakaltim.", True),
        ("bersama humaspoldakaltim2", False),
        ("bersama humaspoldakaltim.resmi", False),
        ("bersama x.humaspoldakaltim", False),
        ("", False),
    ],
)
def test_a_tag_can_be_answered_only_where_the_caption_names_us(
    caption: str, answerable: bool
) -> None:
    row = {"id": "18000000000000077", "caption": caption, "username": "budi",
           "timestamp": "2026-10-02T08:00:00+0000"}  # fmt: skip
    page = wrap("tags", json.dumps({"data": [row]}).encode(), username="humaspoldakaltim")
    message = one(parse(page, US, "tags"))
    assert message.address == {
        "mention" if answerable else "tagged": "1", "media": "18000000000000077",
    }  # fmt: skip


# --- chats -------------------------------------------------------------------------------------------


def said(message: Any, *, sender: str = CITIZEN, recipient: str = US, **more: Any) -> Parsed:
    told = {"sender": {"id": sender}, "recipient": {"id": recipient},
            "timestamp": SENT * 1000, "message": message, **more}  # fmt: skip
    return hook({"id": US, "time": SENT * 1000, "messaging": [told]})


THREAD = chat_thread(US, CITIZEN)


def test_a_message() -> None:
    told = said({"mid": "aWdfZAG1", "text": "selamat pagi"})
    message = one(told)
    assert (message.object_class, message.external_id) == ("chat", "aWdfZAG1")
    assert (message.thread_id, message.author.external_id) == (THREAD, CITIZEN)
    assert (message.text, message.written_at, message.own) == ("selamat pagi", AT, False)
    assert told.wanted == (Wanted("profile", CITIZEN, US),)


def test_meta_s_test_button_sends_a_message_as_a_change() -> None:
    value = {"sender": {"id": CITIZEN}, "recipient": {"id": US}, "timestamp": str(SENT),
             "message": {"mid": "random_mid", "text": "random_text"}}  # fmt: skip
    assert one(hook(entry(change(value, "messages")))).text == "random_text"


@pytest.mark.parametrize(
    ("kind", "shown"),
    [("image", "image"), ("video", "video"), ("audio", "audio"), ("story_mention", "story"),
     ("ig_reel", "video"), ("share", "link"), ("hologram", "file")],
)  # fmt: skip
def test_attachments_are_never_kept_as_files(kind: str, shown: str) -> None:
    url = "https://lookaside.example/ig_messaging_cdn/?asset_id=1"
    attached = [{"type": kind, "payload": {"url": url}}]
    (medium,) = one(said({"mid": "m1", "attachments": attached})).media
    assert (medium.kind, medium.url, medium.keep) == (shown, url, False)
    assert ("jenis tak dikenal" in medium.alt) == (kind == "hologram")


def test_view_once_media_has_no_address() -> None:
    (medium,) = one(said({"mid": "m1", "attachments": [{"type": "image", "payload": {}}]})).media
    assert (medium.kind, medium.url) == ("image", "")


def test_an_answer_to_a_story() -> None:
    story = {"id": "17900000000000900", "url": "https://lookaside.example/x"}
    message = one(said({"mid": "m1", "text": "bagus", "reply_to": {"story": story}}))
    assert message.text == "bagus"
    assert message.media == (
        Media("story", url="https://lookaside.example/x", alt="menjawab story kita", keep=False),
    )


def test_an_unsent_message_is_an_event_not_a_message() -> None:
    told = said({"mid": "aWdfZAG1", "is_deleted": True})
    (event,) = told.events
    assert isinstance(event, Event)
    assert (event.kind, event.object_class, event.external_id) == (
        EventKind.REMOVED, "chat", "aWdfZAG1",
    )  # fmt: skip
    assert told.messages == ()


def test_an_echo_is_ours_and_stands_in_the_citizen_s_thread() -> None:
    told = said({"mid": "aWdfZAG4", "text": "terima kasih", "is_echo": True},
                sender=US, recipient=CITIZEN)  # fmt: skip
    message = one(told)
    assert (message.own, message.thread_id) == (True, THREAD)
    assert told.wanted == ()


@pytest.mark.parametrize("mark", [{"is_self": True}, {"is_self": True, "is_echo": True}])
def test_a_message_to_oneself_is_ignored(mark: dict[str, bool]) -> None:
    told = said({"mid": "m1", "text": "catatan", **mark}, sender=US, recipient=US)
    assert (told.messages, told.problems) == ((), ())
    assert told.ignored


@pytest.mark.parametrize(
    "event",
    [
        {"reaction": {"mid": "m1", "action": "react", "emoji": "😮"}},
        {"read": {"mid": "m1"}},
        {"pass_thread_control": {}},
    ],
)
def test_reactions_and_receipts_are_ignored(event: dict[str, Any]) -> None:
    told = {"sender": {"id": CITIZEN}, "recipient": {"id": US}, "timestamp": SENT * 1000} | event
    parsed = hook({"id": US, "time": SENT, "messaging": [told]})
    assert (parsed.messages, parsed.problems) == ((), ())
    assert parsed.ignored


def test_standby_is_read_and_marked() -> None:
    told = {"sender": {"id": CITIZEN}, "recipient": {"id": US}, "timestamp": SENT * 1000,
            "message": {"mid": "m1", "text": "halo"}}  # fmt: skip
    assert one(hook({"id": US, "time": SENT, "standby": [told]})).address == {"standby": "1"}
