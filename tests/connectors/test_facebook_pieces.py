"""Words and pictures in a Page's chat: a call each, read back each by itself (platforms.md §5.2)."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from inbox.connectors.base import Outcome
from inbox.connectors.facebook import PARTS
from tests.connectors.facebook_world import World, world
from tests.connectors.test_facebook_client import PNG, answer, now, read
from tests.sandbox_process import Sandbox


@pytest.fixture
def fb(sandbox_process: Sandbox) -> Iterator[World]:
    with world(sandbox_process) as made:
        yield made


def test_text_and_picture_in_a_chat_are_two_messages(fb: World) -> None:
    made = fb.write("message", name="Rina", text="Halo")
    out = replace(answer(made["id"], way="chat", pictures=(PNG,)), person_id=made["psid"])
    began = now()
    pieces = [
        replace(out, text=piece.text, pictures=tuple(out.pictures[n] for n in piece.pictures))
        for piece in PARTS.split(out.text, out.way, len(out.pictures))
    ]
    results = [fb.connector.send(piece) for piece in pieces]
    assert [(each.outcome, each.problem, each.parts) for each in results] == [
        (Outcome.SENT, "", ())
    ] * 2
    for piece, result in zip(pieces, results, strict=True):
        (first, *_others) = fb.connector.read_back(piece, since=began)
        assert first.remote_id == result.remote_id
    own = [each for each in read(fb, "chats")[0] if each.own]
    assert [(each.text, [medium.kind for medium in each.media]) for each in own] == [
        ("Baik", []), ("", ["image"]),
    ]  # fmt: skip
    fb.fault("500_after", path="*/messages")
    assert fb.connector.send(pieces[1]).outcome == Outcome.UNKNOWN


def test_what_was_queued_as_one_before_is_still_sent_whole(fb: World) -> None:
    """A delivery from before the upgrade carries words and picture: two calls, both ids."""
    made = fb.write("message", name="Rina", text="Halo")
    out = replace(answer(made["id"], way="chat", pictures=(PNG,)), person_id=made["psid"])
    result = fb.connector.send(out)
    assert (result.outcome, result.problem, len(result.parts)) == (Outcome.SENT, "", 1)
    own = [each for each in read(fb, "chats")[0] if each.own]
    assert [each.text for each in own] == ["Baik", ""]
