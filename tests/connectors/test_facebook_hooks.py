"""What the sandbox really posts: signed, for the right page, and the same as polling tells (§3.2, §4.2)."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from inbox.connectors.base import Author, EventKind, Incoming, Outcome, Outgoing, Parsed
from inbox.connectors.facebook import PARTS
from inbox.connectors.meta import HOOK, Login, handshake
from inbox.connectors.meta.login import PAGE_FIELDS
from tests.connectors.facebook_world import World, world
from tests.sandbox.webhook_receiver import Got, Receiver, listening
from tests.sandbox_process import Sandbox, wait_for

WORD = "kata-sandi-kita"


class Subscribed:
    """A Page whose webhooks come to a receiver of ours."""

    def __init__(self, fb: World, receiver: Receiver) -> None:
        self.fb, self.receiver = fb, receiver
        receiver.on_get = self._greet
        login = Login(fb.app, fb.sandbox.url, "")
        login.subscribe_app("page", receiver.url, WORD, PAGE_FIELDS)
        for page in fb.app["pages"]:
            login.subscribe(page["id"], page["access_token"])
        login.close()

    @staticmethod
    def _greet(query: dict[str, str]) -> tuple[int, bytes]:
        answer = handshake(query, [], WORD)
        return (200, answer[1]) if answer else (403, b"")

    def hear(self, count: int = 1) -> list[Got]:
        """Wait for so many bodies, each with a good signature."""
        wait_for(lambda: len(self.receiver.got) >= count, what=f"{count} webhooks")
        got, self.receiver.got[:] = self.receiver.got[:count], self.receiver.got[count:]
        secret = str(self.fb.app["app_secret"])
        assert all(HOOK.verify(each.body, each.headers, ["alt", secret]) for each in got)
        assert not any(HOOK.verify(each.body, each.headers, ["alt"]) for each in got)
        return got

    def parse(self, got: Got, page: int = 0) -> Parsed:
        parsed = PARTS.parse(got.body, str(self.fb.app["pages"][page]["id"]), "webhook")
        assert parsed.problems == ()
        return parsed

    def said(self) -> Parsed:
        """What the next body means for the first page."""
        (got,) = self.hear()
        assert HOOK.accounts(got.body) == (self.fb.account.external_id,)
        assert self.parse(got, 1) == Parsed()
        return self.parse(got)


@pytest.fixture
def hooked(sandbox_process: Sandbox) -> Iterator[Subscribed]:
    with world(sandbox_process) as fb, listening() as receiver:
        made = Subscribed(fb, receiver)
        yield made
        fb.sandbox.send("POST", "/_sandbox/reset")


def polled(fb: World, feed: str) -> dict[str, Incoming]:
    pages = fb.connector.fetch(feed, "")
    found = [PARTS.parse(page.body, fb.account.external_id, feed).messages for page in pages]
    return {each.external_id: each for messages in found for each in messages}


def without_name(message: Incoming) -> Incoming:
    """Webhooks of Messenger tell ids only, in milliseconds; lists tell names and whole seconds."""
    at = message.written_at.replace(microsecond=0)
    return replace(message, author=Author(message.author.external_id), written_at=at)


@pytest.mark.parametrize(
    ("where", "wish", "feed"),
    [
        ("comment", {"text": "Lampu 😀 mati / é"}, "comments"),
        ("comment", {"text": "", "attachments": [{"type": "image"}]}, "comments"),
        ("comment", {"text": "siapa?", "from": False}, "comments"),
        ("comment", {"text": "Kami cek", "as": "native"}, "comments"),
        ("visitor_post", {"text": "Tutup"}, "comments"),
        ("message", {"text": "Halo é"}, "chats"),
        ("message", {"text": "foto", "attachments": [{"type": "image"}]}, "chats"),
        ("postback", {"text": "Mulai"}, "chats"),
    ],
    ids=["comment", "picture", "no author", "own", "visitor post", "message", "photo", "button"],
)
def test_webhook_and_poll_tell_the_same(
    where: str, wish: dict[str, Any], feed: str, hooked: Subscribed
) -> None:
    made = hooked.fb.write(where, name="Siti", **wish)
    (pushed,) = hooked.said().messages
    assert pushed.external_id == made["id"]
    listed = polled(hooked.fb, feed)[made["id"]]
    assert without_name(replace(pushed, media=())) == without_name(replace(listed, media=()))
    assert [each.kind for each in pushed.media] == [each.kind for each in listed.media]


def test_a_reply_and_its_thread(hooked: Subscribed) -> None:
    top = hooked.fb.write("comment", name="Siti", text="a")["id"]
    below = hooked.fb.write("comment", name="Budi", text="b", on=top)["id"]
    messages = {m.external_id: m for got in hooked.hear(2) for m in hooked.parse(got).messages}
    assert messages[below].thread_id == messages[top].thread_id == top
    assert messages[below] == polled(hooked.fb, "comments")[below]


@pytest.mark.parametrize(
    ("where", "do", "kind"),
    [("comment", "remove", EventKind.REMOVED), ("comment", "hide", EventKind.HIDDEN),
     ("visitor_post", "remove", EventKind.REMOVED), ("message", "unsend", EventKind.REMOVED),
     ("message", "edit", EventKind.EDITED)],
)  # fmt: skip
def test_what_happens_to_it(where: str, do: str, kind: EventKind, hooked: Subscribed) -> None:
    made = hooked.fb.write(where, name="Siti", text="a")["id"]
    (message,) = hooked.said().messages
    hooked.fb.change(made, do, text="b")
    (event,) = hooked.said().events
    assert (event.kind, event.external_id) == (kind, made)
    assert event.object_class == message.object_class
    assert event.version > message.version


@pytest.mark.parametrize("verb", ["edited", "edit"])
def test_an_edited_comment(verb: str, hooked: Subscribed) -> None:
    hooked.fb.turn(edit_verb=verb)
    made = hooked.fb.write("comment", name="Siti", text="a")["id"]
    hooked.fb.change(made, "edit", text="b")
    first, second = (hooked.parse(got).messages[0] for got in hooked.hear(2))
    assert {first.text, second.text} == {"a", "b"}
    newest = max((first, second), key=lambda message: message.version)
    assert (newest.text, newest.edited, newest.written_at) == ("b", True, first.written_at)


@pytest.mark.parametrize("where", ["mention_comment", "mention_post"])
def test_a_mention_is_asked_for(where: str, hooked: Subscribed) -> None:
    made = hooked.fb.write(where, name="Ani", text="tanya Humas Polda Kaltim")
    (wanted,) = hooked.said().wanted
    answer = hooked.fb.connector.look_up(wanted)
    (message,) = PARTS.parse(answer.body, hooked.fb.account.external_id, "lookup").messages
    assert (message.external_id, message.author.name) == (made["id"], "Ani")
    if where == "mention_post":
        assert message == polled(hooked.fb, "tagged")[made["id"]]


@pytest.mark.parametrize("echo_first", [True, False])
def test_the_echo_brings_our_key_back_however_early(echo_first: bool, hooked: Subscribed) -> None:
    made = hooked.fb.write("message", name="Rina", text="Halo")
    hooked.said()
    hooked.fb.turn(echo_first=echo_first)
    out = Outgoing("chat", "response", made["id"], made["psid"], "Baik", "0b9f-key")
    result = hooked.fb.connector.send(out)
    assert result.outcome == Outcome.SENT
    (echo,) = hooked.said().messages
    assert (echo.external_id, echo.own, echo.echo_of) == (result.remote_id, True, "0b9f-key")


def test_our_own_comment_comes_back_under_its_id(hooked: Subscribed) -> None:
    made = hooked.fb.write("comment", name="Siti", text="a")["id"]
    hooked.said()
    result = hooked.fb.connector.send(Outgoing("public", "comment", made, "", "Baik", "k"))
    (own,) = hooked.said().messages
    assert (own.external_id, own.own, own.replies_to) == (result.remote_id, True, made)


def test_a_batch_of_two_pages_with_numbers_for_ids(hooked: Subscribed) -> None:
    hooked.fb.turn(batch=True, numeric_ids=True)
    second = hooked.fb.app["pages"][1]["id"]
    first_id = hooked.fb.write("comment", name="Siti", text="a")["id"]
    other_id = hooked.fb.write("comment", name="Budi", text="b", page=second)["id"]
    hooked.fb.change(first_id, "edit", text="satu")
    hooked.fb.change(first_id, "edit", text="dua")
    hooked.fb.sandbox.send("POST", "/_sandbox/meta/flush")
    (got,) = hooked.hear()
    assert set(HOOK.accounts(got.body)) == {hooked.fb.account.external_id, second}
    mine = hooked.parse(got).messages
    assert {each.external_id for each in mine} == {first_id}
    assert [each.text for each in sorted(mine, key=lambda each: each.version)] == [
        "a",
        "satu",
        "dua",
    ]
    assert [each.external_id for each in hooked.parse(got, 1).messages] == [other_id]


def test_what_another_app_holds_is_read_but_not_answered_from(hooked: Subscribed) -> None:
    hooked.fb.turn(standby=True)
    hooked.fb.write("message", name="Rina", text="Halo")
    (message,) = hooked.said().messages
    assert message.address == {"standby": "1"}


def test_unknown_kinds_are_kept(hooked: Subscribed) -> None:
    hooked.fb.write("message", name="Rina", text="lihat", unknown=True)
    (message,) = hooked.said().messages
    assert "jenis tak dikenal" in message.media[0].alt
    hooked.fb.write("comment", name="Siti", text="a", unknown=True)
    assert hooked.said().ignored == ("feed:comment:hologram",)
