"""Answering on Instagram in the sandbox: what became of every call, and reading it back (platforms.md §1.2, §6.2)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from inbox.connectors.base import FetchFailed, Guarantee, Incoming, Outcome, Outgoing, Piece
from inbox.connectors.instagram import PARTS
from tests.connectors.instagram_world import Gram, answer, opened
from tests.sandbox_process import Sandbox, free_port


@pytest.fixture
def gram(sandbox_process: Sandbox) -> Gram:
    return opened(sandbox_process)


TEXT = "Terima kasih, kami cek. 🙏"
FEEDS = {"ig_comment": "comments", "ig_message": "chats"}


def heard(
    gram: Gram, where: str = "ig_comment", text: str = "min @humaspoldakaltim", **more: Any
) -> Incoming:
    """A citizen says something, and we read it as Sahut does."""
    said = gram.says(where, text, tagged=True, **more)["id"]
    if where == "ig_mention_comment":
        return gram.look_up("mention", said, comment_id=said, media_id="").messages[0]
    if where == "ig_mention_caption":
        return gram.look_up("mention", said, media_id=said).messages[0]
    return next(m for m in gram.poll(FEEDS[where], again=True) if m.external_id == said)


#: how a citizen can write, by which way it is answered, the call, what then stands where (ledger)
PLACES = [
    ("ig_comment", "public", "replies", "instagram"),
    ("ig_mention_caption", "mention", "mention_caption", "instagram"),
    ("ig_mention_comment", "mention", "mention_comment", "instagram"),
    ("ig_comment", "private", "private_reply", "instagram_dm"),
    ("ig_message", "chat", "response", "instagram_dm"),
]
READABLE = [place for place in PLACES if place[2] != "mention_comment"]
WRITTEN_ANYWAY = ["400_after", "500_after", "hang_after", "reset_after", "truncated_after",
                  "bad_json_after"]  # fmt: skip
NOT_WRITTEN = ["500_before", "hang_before", "reset_before"]


@pytest.mark.parametrize(("where", "way", "call", "platform"), PLACES)
def test_every_way_reaches_its_place(
    gram: Gram, where: str, way: str, call: str, platform: str
) -> None:
    message = heard(gram, where)
    out = answer(message, way)
    result = gram.send(out)

    assert out.call == call
    assert (result.outcome, result.problem) == (Outcome.SENT, "")
    assert result.object_class == ("comment" if platform == "instagram" else "chat")
    target = message.external_id if way != "chat" else message.author.external_id
    assert gram.stands(platform) == [(target, TEXT)]
    if call != "mention_comment":
        (ours,) = gram.read_back(out)
        assert (ours.remote_id, ours.text, ours.target_id) == (
            result.remote_id, TEXT, message.current_id,
        )  # fmt: skip


@pytest.mark.parametrize(("where", "way", "call", "platform"), READABLE)
@pytest.mark.parametrize("kind", WRITTEN_ANYWAY)
def test_written_but_not_told_ends_as_sent_by_reading_back(
    gram: Gram, kind: str, where: str, way: str, call: str, platform: str
) -> None:
    """Among them the 400 after the comment was written, which made others post it four times."""
    out = answer(heard(gram, where), way)
    gram.fault(kind)
    since = datetime.now(UTC)
    result = gram.send(out, timeout=(2.0, 0.6))

    assert result.outcome is Outcome.UNKNOWN
    assert PARTS.guarantee(call) is Guarantee.READ
    assert [ours.text for ours in gram.read_back(out, since)] == [TEXT]
    assert len(gram.stands(platform)) == 1


@pytest.mark.parametrize(("where", "way", "call", "platform"), READABLE)
@pytest.mark.parametrize("kind", NOT_WRITTEN)
def test_not_written_and_not_told_is_absent_when_read_back(
    gram: Gram, kind: str, where: str, way: str, call: str, platform: str
) -> None:
    out = answer(heard(gram, where), way)
    gram.fault(kind)
    result = gram.send(out, timeout=(2.0, 0.6))
    assert (result.outcome, call) == (Outcome.UNKNOWN, out.call)
    assert gram.read_back(out) == []
    assert gram.stands(platform) == []


def test_the_answer_to_a_stranger_s_comment_is_a_person_s_to_look_up(gram: Gram) -> None:
    out = answer(heard(gram, "ig_mention_comment"), "mention")
    assert PARTS.guarantee(out.call) is Guarantee.NONE
    with pytest.raises(FetchFailed) as failed:
        gram.read_back(out)
    assert failed.value.permanent


@pytest.mark.parametrize("way", ["public", "private", "chat"])
def test_a_connection_that_never_stood_has_sent_nothing(gram: Gram, way: str) -> None:
    out = answer(heard(gram, "ig_message" if way == "chat" else "ig_comment"), way)
    result = gram.send(out, base_url=f"http://127.0.0.1:{free_port()}")
    assert result.outcome is Outcome.RETRY


def test_no_call_that_writes_carries_fields(gram: Gram, monkeypatch: pytest.MonkeyPatch) -> None:
    """With `fields` Instagram writes the comment and then answers 400 (§0.5)."""
    asked: list[httpx2.Request] = []
    send = httpx2.Client.send

    def spy(client: httpx2.Client, request: httpx2.Request, **more: Any) -> httpx2.Response:
        asked.append(request)
        return send(client, request, **more)

    messages = [(heard(gram, where), way) for where, way, _call, _platform in PLACES]
    monkeypatch.setattr(httpx2.Client, "send", spy)
    for message, way in messages:
        gram.send(answer(message, way))
    assert len(asked) == len(PLACES)
    for request in asked:
        assert request.method == "POST"
        assert b"fields" not in request.url.query + request.read()


def test_an_answer_to_a_reply_stands_under_the_top_comment(gram: Gram) -> None:
    top = gram.says()["id"]
    reply = heard(gram, on=top, name="budi")
    out = answer(reply, "public")
    result = gram.send(out)
    assert gram.stands() == [(top, TEXT)]
    assert [ours.remote_id for ours in gram.read_back(out)] == [result.remote_id]
    (polled,) = [m for m in gram.poll() if m.own]
    assert (polled.external_id, polled.thread_id) == (result.remote_id, reply.thread_id)


def test_reading_back_tells_ours_from_others_and_from_earlier_ones(gram: Gram) -> None:
    message = heard(gram)
    out = answer(message, "public")
    gram.send(out)
    gram.says(text=TEXT, on=message.current_id, name="peniru")
    later = datetime.now(UTC) + timedelta(seconds=10)
    assert len(gram.read_back(out)) == 1
    assert gram.read_back(out, later) == []


def test_a_nameless_comment_in_the_same_words_may_be_ours(gram: Gram) -> None:
    message = heard(gram)
    out = answer(message, "public")
    for text in (TEXT, "lain"):
        gram.says(text=text, on=message.current_id, named=False)
    assert [ours.text for ours in gram.read_back(out)] == [TEXT]


def test_a_visibility_lag_only_delays_what_is_found(gram: Gram) -> None:
    out = answer(heard(gram), "public")
    gram.turn(visibility_lag=3600)
    gram.send(out)
    assert gram.read_back(out) == []
    gram.turn(visibility_lag=0)
    assert len(gram.read_back(out)) == 1


def test_a_comment_removed_while_we_typed_is_gone(gram: Gram) -> None:
    message = heard(gram)
    gram.change(message.current_id, "remove")
    result = gram.send(answer(message, "public"))
    assert (result.outcome, result.gone) == (Outcome.PERMANENT, True)
    assert "sudah tidak ada" in result.problem


def test_only_one_private_reply_for_a_comment(gram: Gram) -> None:
    message = heard(gram)
    assert gram.send(answer(message, "private")).outcome is Outcome.SENT
    assert gram.send(answer(message, "private")).outcome is Outcome.DUPLICATE
    assert len(gram.stands("instagram_dm")) == 1


def test_a_private_reply_to_a_comment_without_author_is_sent_but_not_read_back(gram: Gram) -> None:
    out = answer(heard(gram, named=False), "private")
    assert out.person_id == ""
    assert gram.send(out).outcome is Outcome.SENT
    with pytest.raises(FetchFailed) as failed:
        gram.read_back(out)
    assert failed.value.permanent


@pytest.mark.parametrize(
    ("where", "way", "fits"), [("ig_comment", "public", 2200), ("ig_message", "chat", 500)]
)
def test_our_limits_are_the_platform_s(gram: Gram, where: str, way: str, fits: int) -> None:
    message = heard(gram, where)
    assert gram.send(answer(message, way, text="é" * fits)).outcome is Outcome.SENT
    assert gram.send(answer(message, way, text="é" * (fits + 1))).outcome is Outcome.PERMANENT
    assert PARTS.split("é" * fits, way, 0) == (Piece("é" * fits),)
    longer = "é" * (fits + 1)
    assert PARTS.measure(longer, way).fits is (way == "chat")  # a chat takes a second message
    sent = [gram.send(answer(message, way, text=p.text)) for p in PARTS.split(longer, way, 0)]
    assert {each.outcome for each in sent} == {Outcome.SENT if way == "chat" else Outcome.PERMANENT}


@pytest.mark.parametrize(("where", "way", "call", "platform"), PLACES)
def test_a_dead_token_is_told_and_nothing_stands(
    gram: Gram, where: str, way: str, call: str, platform: str
) -> None:
    out = answer(heard(gram, where), way)
    gram.turn(dead=[gram.page])
    result = gram.send(out)
    assert (result.outcome, result.dead, call) == (Outcome.PERMANENT, True, out.call)
    assert gram.stands(platform) == []


def test_a_used_up_budget_waits_as_long_as_it_says(gram: Gram) -> None:
    out = answer(heard(gram), "public")
    gram.turn(usage=100)
    result = gram.send(out)
    assert (result.outcome, result.retry_after) == (Outcome.RETRY, 19 * 60)


@pytest.mark.parametrize(
    ("where", "way", "missing"),
    [("ig_comment", "public", "instagram_manage_comments"),
     ("ig_message", "chat", "instagram_manage_messages")],
)  # fmt: skip
def test_a_missing_permission_says_what_to_do_instead(
    gram: Gram, where: str, way: str, missing: str
) -> None:
    out = answer(heard(gram, where), way)
    gram.turn(missing=[missing])
    result = gram.send(out)
    assert (result.outcome, result.dead) == (Outcome.PERMANENT, False)
    assert "tandai di sini" in result.problem


@pytest.mark.parametrize("way", ["public", "mention"])
def test_without_its_address_nothing_is_called(gram: Gram, way: str) -> None:
    out = Outgoing(way, "", "", "1", TEXT, "key")
    out = replace(out, call=PARTS.choose_call(out, 60))
    result = gram.send(out, base_url="http://127.0.0.1:1")
    assert result.outcome is Outcome.PERMANENT
