"""Messages through the LINE connector against the sandbox: in by webhook, out by reply and push (§7)."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from inbox.connectors.base import EventKind, Outcome, Parsed, Picture, chat_thread
from inbox.connectors.line import PARTS
from tests.connectors.line_world import REPLY_PATH, Line, answer, opened
from tests.sandbox_process import Sandbox, wait_for


@pytest.fixture
def line(sandbox_process: Sandbox) -> Iterator[Line]:
    yield from opened(sandbox_process)


# --- in --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "more", "text", "medium"),
    [
        ("text", {"text": "Lampu merah mati 👍"}, "Lampu merah mati 👍", None),
        ("postback", {"text": "aksi=lacak"}, "aksi=lacak", None),
        ("image", {}, "", "image"),
        ("video", {}, "", "video"),
        ("audio", {}, "", "audio"),
        ("file", {"file_name": "surat.pdf"}, "", "file"),
        ("sticker", {"text": "hormat"}, "", "sticker"),
        ("location", {"title": "Klandasan"}, "", "location"),
        ("unknown", {"text": "x"}, "", "file"),
    ],
)
def test_each_form_is_one_message(
    line: Line, kind: str, more: dict[str, Any], text: str, medium: str | None
) -> None:
    done = line.says(kind, **more)
    parsed = line.came()
    (message,) = parsed.messages
    assert message.external_id == done["id"]
    assert message.text == text
    assert [one.kind for one in message.media] == ([medium] if medium else [])
    assert message.thread_id == chat_thread(line.account.external_id, done["user_id"])
    assert message.author.external_id == done["user_id"]
    assert [wanted.key for wanted in parsed.wanted] == [done["user_id"]]


def test_follow_unfollow_and_what_is_new(line: Line) -> None:
    kinds = []
    for kind in ("follow", "unfollow"):
        line.says(kind)
        kinds += [event.kind for event in line.came().events]
    assert kinds == [EventKind.FOLLOWED, EventKind.UNFOLLOWED]
    line.says("unknown_event")
    assert line.came() == Parsed(ignored=("event:astrologi",))


def test_unsend(line: Line) -> None:
    message = line.heard(text="rahasia")
    line.sandbox.send("POST", "/_sandbox/line/change", {"id": message.external_id, "do": "unsend"})
    (event,) = line.came().events
    assert (event.kind, event.external_id) == (EventKind.REMOVED, message.external_id)


def test_a_group_that_names_nobody(line: Line) -> None:
    line.turn(hide_group_user=True)
    message = line.heard(text="halo semua", group="Warga RT 05")
    assert message.author.external_id == ""
    assert line.send(answer(message)).outcome is Outcome.SENT
    assert [row["text"] for row in line.stands(message)] == ["Terima kasih, kami cek."]


def test_a_redelivered_batch_means_the_same(line: Line) -> None:
    line.turn(batch=2, redelivery=True)
    line.hook.answers = [500]
    line.says(text="satu")
    line.says("image")
    wait_for(lambda: len(line.hook.got) > 1, what="the redelivery", seconds=30)
    first, again = line.hook.got
    assert first.body != again.body
    assert PARTS.parse(first.body, line.account.external_id, "webhook") == line.came()
    assert len(line.came().messages) == 2


# --- out -------------------------------------------------------------------------------------------


def test_a_fresh_token_answers_for_free_and_quotes(line: Line) -> None:
    message = line.heard(text="halo")
    result = line.send(answer(message, seconds=5))
    (row,) = line.stands(message)
    assert (result.outcome, result.remote_id, row["via"]) == (Outcome.SENT, row["id"], "reply")
    assert row["quoted"] == message.external_id
    assert line.check().quota_used == 0


def test_a_used_token_becomes_a_push_on_the_second_attempt(line: Line) -> None:
    message = line.heard(text="halo")
    line.send(answer(message, seconds=5))
    out = answer(message, seconds=6, text="Lalu satu lagi")
    refused = line.send(out)
    assert (refused.outcome, refused.retry_after) == (Outcome.RETRY, 0)
    second = replace(out, attempt=2)
    sent = line.send(replace(second, call=PARTS.choose_call(second, 7)))
    assert sent.outcome is Outcome.SENT
    assert [row["via"] for row in line.stands(message)] == ["reply", "push"]


def test_text_and_four_pictures_are_one_push(line: Line) -> None:
    message = line.heard(text="halo")
    picture = Picture(
        "a.jpg", "image/jpeg", b"", "https://sahut.example/a", "https://sahut.example/p"
    )
    result = line.send(answer(message, pictures=(picture,) * 4))
    rows = line.stands(message)
    assert [row["type"] for row in rows] == ["text", *["image"] * 4]
    assert result.remote_id == rows[0]["id"]
    assert rows[1]["body"]["previewImageUrl"] == "https://sahut.example/p"
    assert line.check().quota_used == 1


def test_a_picture_alone(line: Line) -> None:
    message = line.heard(text="halo")
    picture = Picture("a.jpg", "image/jpeg", b"", "https://sahut.example/a")
    assert line.send(answer(message, text="", pictures=(picture,))).outcome is Outcome.SENT
    (row,) = line.stands(message)
    assert row["body"]["previewImageUrl"] == "https://sahut.example/a"


@pytest.mark.parametrize(
    "kind",
    ["hang_before", "hang_after", "reset_before", "reset_after", "500_before", "500_after",
     "truncated_after", "bad_json_after"],
)  # fmt: skip
def test_an_unknown_push_is_settled_by_its_key(line: Line, kind: str) -> None:
    message = line.heard(text="halo")
    out = answer(message)
    line.fault(kind)
    assert line.send(out, line.impatient).outcome is Outcome.UNKNOWN
    result = line.send(replace(out, attempt=2))
    (row,) = line.stands(message)
    assert (result.outcome, result.remote_id) == (Outcome.SENT, row["id"])


@pytest.mark.parametrize("kind", ["hang_after", "reset_after", "500_before", "bad_json_after"])
def test_an_unknown_reply_stays_unknown(line: Line, kind: str) -> None:
    message = line.heard(text="halo")
    line.fault(kind, REPLY_PATH)
    assert line.send(answer(message, seconds=1), line.impatient).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("switches", "outcome", "dead"),
    [
        ({"quota": 3, "used": 3}, Outcome.PERMANENT, False),
        ({"rate_limited": 1}, Outcome.RETRY, False),
        ({"dead": ["*"]}, Outcome.PERMANENT, True),
        ({"forbidden": ["/v2/bot/message/*"]}, Outcome.PERMANENT, False),
        ({"blocked": ["Mika"]}, Outcome.SENT, False),  # LINE says 200, and nobody sees it (§7.3)
    ],
)
def test_refusals(line: Line, switches: dict[str, Any], outcome: Outcome, dead: bool) -> None:
    message = line.heard(text="halo")
    line.turn(**switches)
    result = line.send(answer(message))
    assert (result.outcome, result.dead) == (outcome, dead)


def test_a_stranger_cannot_be_written_to(line: Line) -> None:
    message = line.heard(text="halo")
    result = line.send(answer(replace(message, address={"to": "U" + "0" * 32})))
    assert result.outcome is Outcome.PERMANENT
    assert "bukan teman" in result.problem
