"""Messenger-style chats: webhook events, conversations, profiles, windows (platforms.md §5)."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from inbox.connectors.base import Author, EventKind, Incoming, Parsed, Situation, later
from inbox.connectors.meta_chat import INSTAGRAM, MESSENGER, Style
from inbox.connectors.meta_chat import parse as chat
from inbox.connectors.meta_chat import ways as windows
from tests.connectors.facebook_world import PAGE, PSID, echo, told

THREAD = f"chat:{PAGE}:{PSID}"
NOW = datetime(2026, 10, 2, 8, 0, tzinfo=UTC)


def read(row: Any, style: Style = MESSENGER, **more: Any) -> Parsed:
    return chat.event(row, PAGE, style=style, **more)


def one(row: Any, style: Style = MESSENGER, **more: Any) -> Incoming:
    parsed = read(row, style, **more)
    assert parsed.problems == ()
    (message,) = parsed.messages
    return message


def with_message(**message: Any) -> dict[str, Any]:
    return told(message={"mid": "m_AbC1"} | message)


# --- webhooks ----------------------------------------------------------------------------------------


def test_a_message() -> None:
    message = one(told())
    assert (message.external_id, message.current_id, message.thread_id) == (
        "m_AbC1", "m_AbC1", THREAD,
    )  # fmt: skip
    assert (message.text, message.author, message.own) == ("Halo", Author(PSID), False)
    assert message.written_at == datetime.fromtimestamp(1790931004.523, tz=UTC)
    assert (message.object_class, message.address, message.echo_of) == ("chat", {}, "")


def test_an_echo_is_ours_and_brings_our_key_back() -> None:
    message = one(echo(metadata="0b9f"))
    assert (message.own, message.thread_id, message.echo_of) == (True, THREAD, "0b9f")
    assert message.author == Author(PAGE)
    assert read(echo()).wanted == ()
    assert one(echo(metadata="")).echo_of == ""
    assert one(echo(metadata="x" * 900)).echo_of == ""  # another tool's


def test_an_answer_to_a_message_and_to_a_story() -> None:
    assert one(with_message(text="ya", reply_to={"mid": "m_Zz0"})).replies_to == "m_Zz0"
    story = {"story": {"id": "1", "url": "https://x.example/s"}}
    message = one(with_message(text="ya", reply_to=story), INSTAGRAM)
    assert [(each.kind, each.url, each.keep) for each in message.media] == [
        ("story", "https://x.example/s", False)
    ]


@pytest.mark.parametrize(
    ("attachment", "kind"),
    [
        ({"type": "image"}, "image"),
        ({"type": "video"}, "video"),
        ({"type": "audio"}, "audio"),
        ({"type": "file"}, "file"),
        ({"type": "fallback", "title": "berita"}, "link"),
        ({"type": "share"}, "link"),
        ({"type": "ig_reel"}, "video"),
        ({"type": "story_mention"}, "story"),
        ({"type": "hologram"}, "file"),
    ],
)
def test_attachments(attachment: dict[str, Any], kind: str) -> None:
    url = {"payload": {"url": "https://x.example/1"}}
    (medium,) = one(with_message(attachments=[attachment | url])).media
    assert (medium.kind, medium.url, medium.keep) == (kind, "https://x.example/1", True)
    assert ("jenis tak dikenal" in medium.alt) == (attachment["type"] == "hologram")


def test_stickers_and_places() -> None:
    sticker = {"type": "image", "payload": {"url": "https://x.example/1", "sticker_id": 3692}}
    place = {"type": "location", "title": "Pasar", "payload": {"coordinates": {"lat": -1.2, "long": 116.8}}}  # fmt: skip
    media = one(with_message(attachments=[sticker, place])).media
    assert [each.kind for each in media] == ["sticker", "location"]
    assert media[1].alt == "Pasar -1.2, 116.8"


@pytest.mark.parametrize(
    "message",
    [{"is_unsupported": True}, {}, {"text": ""}, {"attachments": []}],
    ids=["unsupported", "nothing", "empty", "no attachment"],
)
def test_what_cannot_be_shown_is_a_message_all_the_same(message: dict[str, Any]) -> None:
    found = one(with_message(**message))
    assert found.text == ""
    assert "jenis tak dikenal" in found.media[0].alt


def test_unsent() -> None:
    parsed = read(with_message(is_deleted=True))
    (event,) = parsed.events
    assert (event.kind, event.object_class, event.external_id) == (
        EventKind.REMOVED, "chat", "m_AbC1",
    )  # fmt: skip
    assert parsed.messages == ()


def test_edits_stand_over_the_original_and_in_their_order() -> None:
    """The event may bear the original's time."""
    original = one(told()).version
    edits = []
    for number in (1, 2):
        row = told(message_edit={"mid": "m_AbC1", "text": f"v{number}", "num_edit": number})
        del row["message"]
        (event,) = read(row).events
        assert (event.kind, event.text) == (EventKind.EDITED, f"v{number}")
        edits.append(event.version)
    assert later(original, edits[0]) == edits[0]
    assert later(*edits) == edits[1]
    assert len({original, *edits}) == 3


def test_a_pressed_button_is_a_word() -> None:
    row = told(postback={"title": "Lapor", "payload": "REPORT", "mid": "m_P1"})
    del row["message"]
    message = one(row)
    assert (message.text, message.external_id) == ("Lapor", "m_P1")
    row["postback"] = {"title": "Lapor"}  # under standby: no payload, and perhaps no mid
    first, again = one(row, standby=True), one(row, standby=True)
    assert first == again
    assert (first.external_id, first.address) == (
        f"postback:{PAGE}:{PSID}:1790931004523", {"standby": "1"},
    )  # fmt: skip


@pytest.mark.parametrize(
    "kind",
    ["reaction", "read", "delivery", "referral", "optin", "pass_thread_control", "hologram"],
)
def test_what_says_nothing_to_a_desk(kind: str) -> None:
    row = told(**{kind: {"watermark": 1}})
    del row["message"]
    assert read(row) == Parsed(ignored=(f"messaging:{kind}",))


def test_messages_to_ourselves() -> None:
    assert read(told(sender={"id": PAGE}, recipient={"id": PAGE})).ignored == ("messaging:self",)
    assert read(with_message(text="a", is_self=True)).ignored == ("messaging:self",)


def test_without_a_time_the_entrys_stands_and_without_both_nothing_does() -> None:
    row = told()
    del row["timestamp"]
    assert one(row, at=NOW).written_at == NOW
    assert read(row).problems


# --- conversations -----------------------------------------------------------------------------------


def listed(**more: Any) -> dict[str, Any]:
    return {"id": "m_AbC1", "created_time": "2026-10-02T09:10:04+0000", "message": "Halo",
            "from": {"id": PSID, "name": "Dana Q"}, "to": {"data": [{"id": PAGE}]}} | more  # fmt: skip


def page(*messages: Any, **more: Any) -> dict[str, Any]:
    talk = {"id": "t_1", "participants": {"data": [{"id": PSID}, {"id": PAGE}]},
            "messages": {"data": list(messages)}}  # fmt: skip
    return {"data": [talk | more]}


def in_list(*messages: Any) -> Parsed:
    return chat.conversations(page(*messages), PAGE, style=MESSENGER)


def test_a_list_tells_the_same_message_as_the_webhook() -> None:
    (found,) = in_list(listed(created_time="2026-10-02T07:10:04+0000")).messages
    at = datetime.fromtimestamp(1790931004, tz=UTC)
    (found,) = in_list(listed(created_time=at.isoformat())).messages
    pushed = one(told())
    assert found.version == pushed.version
    for name in ("external_id", "current_id", "thread_id", "text", "own", "media", "address"):
        assert getattr(found, name) == getattr(pushed, name)
    assert found.author == Author(PSID, name="Dana Q")


@pytest.mark.parametrize("to", [{"data": [{"id": PSID}]}, None], ids=["named", "by conversation"])
def test_ours_in_a_list(to: Any) -> None:
    (found,) = in_list(listed(**{"from": {"id": PAGE}, "to": to})).messages
    assert (found.own, found.thread_id) == (True, THREAD)


@pytest.mark.parametrize(
    ("attachment", "kind"),
    [
        ({"image_data": {"url": "https://x.example/1"}}, "image"),
        ({"image_data": {"url": "https://x.example/1", "render_as_sticker": True}}, "sticker"),
        ({"video_data": {"url": "https://x.example/1"}}, "video"),
        ({"mime_type": "audio/mpeg", "file_url": "https://x.example/1"}, "audio"),
        ({"mime_type": "application/pdf", "file_url": "https://x.example/1"}, "file"),
    ],
)
def test_attachments_in_a_list(attachment: dict[str, Any], kind: str) -> None:
    (found,) = in_list(listed(message="", attachments={"data": [attachment]})).messages
    assert [(each.kind, each.url) for each in found.media] == [(kind, "https://x.example/1")]


def test_one_broken_message_does_not_hide_the_others() -> None:
    parsed = in_list(listed(id=None), 3, listed())
    assert (len(parsed.messages), len(parsed.problems)) == (1, 2)
    assert chat.conversations(3, PAGE, style=MESSENGER).problems


# --- names -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shown", "found"),
    [
        ({"first_name": "Dana", "last_name": "Q"}, Author(PSID, name="Dana Q")),
        ({"name": "Dana", "username": "dana.q"}, Author(PSID, handle="dana.q", name="Dana")),
        ({"code": 230}, None),
        (None, None),
    ],
)
def test_profiles(shown: Any, found: Author | None) -> None:
    parsed = chat.profile(json.loads(json.dumps({"kind": "profile", "id": PSID, "page": shown})))
    assert parsed.profiles == ((found,) if found else ())
    assert parsed.problems == ()


# --- windows -----------------------------------------------------------------------------------------


def ways(hours: float, *, granted: bool = False, **more: Any) -> list[tuple[str, bool]]:
    last = NOW - timedelta(hours=hours)
    given: dict[str, Any] = {"object_class": "chat", "address": {}, "written_at": last} | more
    options = {"human_agent": True} if granted else {}
    found = windows.ways(
        Situation(last_in_at=last, now=NOW, options=options, **given), style=MESSENGER
    )
    assert all(way.note for way in found if not way.open)  # what to do instead
    assert all(way.until and way.until > NOW for way in found if way.open)
    assert not any(way.public for way in found)
    return [(way.key, way.open) for way in found]


def test_a_day_then_a_week_then_nothing() -> None:
    assert ways(23.99) == [("chat", True)]
    assert ways(24) == [("chat", False), ("human_agent", False)]
    assert ways(24, granted=True) == [("human_agent", True), ("chat", False)]
    assert ways(7 * 24 - 0.1, granted=True) == [("human_agent", True), ("chat", False)]
    assert ways(7 * 24, granted=True) == [("chat", False)]


def test_what_another_app_holds_and_who_cannot_be_reached() -> None:
    assert ways(1, address={"standby": "1"}) == [("chat", False)]
    assert ways(1, unreachable=True) == [("chat", False)]


def test_the_window_hangs_on_the_last_word_not_on_the_answered_one() -> None:
    assert ways(1, written_at=NOW - timedelta(days=9)) == [("chat", True)]


@pytest.mark.parametrize(
    ("way", "hours", "call"),
    [("chat", 1, "response"), ("human_agent", 1, "response"), ("human_agent", 25, "human_agent"),
     ("chat", 25, "response"), ("private", 1, "private_reply")],
)  # fmt: skip
def test_the_tag_goes_along_only_where_it_is_needed(way: str, hours: float, call: str) -> None:
    assert windows.choose_call(way, hours * 3600) == call


def test_lengths() -> None:
    assert (MESSENGER.measure("é" * 2000).pieces, MESSENGER.measure("x" * 2001).pieces) == (1, 2)
    assert not MESSENGER.measure("x" * 2001, once=True).fits
    assert not MESSENGER.measure("x" * 10_001).fits
    assert INSTAGRAM.measure("é" * 501).used == 1002
    assert MESSENGER.measure("  ").used == 0
