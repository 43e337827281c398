"""The X connector against the sandbox over HTTP: reading, answering, reading back (platforms.md §1.2, §2)."""

from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from inbox.connectors.base import (
    Account,
    FetchFailed,
    Incoming,
    Media,
    Outcome,
    Picture,
    RawPage,
    Usage,
    Wanted,
    later,
)  # fmt: skip
from inbox.connectors.x.client import XConnector
from inbox.connectors.x.parse import parse
from sandbox.core import media
from tests.connectors.x_account import account, answer, connector
from tests.sandbox_process import Sandbox, free_port

BEFORE = datetime.now(UTC) - timedelta(minutes=5)
TEXT = "@PoldaKaltim lampu merah mati"


def read(found: XConnector, feed: str, cursor: str = "") -> tuple[list[Incoming], str]:
    """What a feed brings, oldest first, and the cursor it leads to."""
    pages: list[RawPage] = list(found.fetch(feed, cursor))
    newest = cursor
    messages: list[Incoming] = []
    for page in pages:
        newest = later(newest, page.newest_id)
        parsed = parse(page.body, found.account.external_id, feed)
        assert parsed.problems == ()
        messages += parsed.messages
    return sorted(messages, key=lambda message: message.written_at), newest


def native(sandbox: Sandbox, text: str, **more: str) -> str:
    """The institution posts in X's own app."""
    posted = sandbox.send(
        "POST", "/_sandbox/x/native", {"account": "PoldaKaltim", "text": text, **more}
    )
    return str(posted["id"])


def chat(sandbox: Sandbox, text: str, by: str = "citizen", **more: Any) -> str:
    """A direct message from, or natively to, a citizen."""
    wish = {"as": by, "username": "warga_satu", "text": text, **more}
    return str(sandbox.send("POST", "/_sandbox/x/dm", wish)["id"])


@pytest.mark.parametrize("oauth2", [False, True])
def test_mentions_since_the_last_time(sandbox: Sandbox, oauth2: bool) -> None:
    told: list[Usage] = []
    with connector(sandbox, told, oauth2=oauth2) as x:
        assert read(x, "mentions") == ([], "")
        first = sandbox.write(f"{TEXT} & macet, lihat keeja.pt")
        messages, cursor = read(x, "mentions")
        assert [m.text for m in messages] == [f"{TEXT} & macet, lihat keeja.pt"]
        assert (messages[0].address, cursor) == ({"summoned": "1"}, first)
        second = sandbox.write("@PoldaKaltim masih mati", reply_to=first)
        assert [m.current_id for m in read(x, "mentions", cursor)[0]] == [first, second]
    assert 0 < told[-1].percent < 5


def test_our_own_posts(sandbox: Sandbox) -> None:
    asked = sandbox.write(TEXT)
    posted = native(sandbox, "Kami cek", reply_to=asked)
    with connector(sandbox) as x:
        (message,) = read(x, "own")[0]
    assert (message.own, message.current_id, message.replies_to) == (True, posted, asked)


def test_quotes_without_our_name(sandbox: Sandbox) -> None:
    ours = native(sandbox, "Listrik padam sampai sore")
    native(sandbox, "Tidak dikutip siapa pun")
    with connector(sandbox) as x:
        assert read(x, "quotes") == ([], "")
        quote = sandbox.write("Sudah malam masih padam!", quote_of=ours)
        (message,), cursor = read(x, "quotes")
        assert (message.current_id, message.quoted) == (quote, "Listrik padam sampai sore")
        assert (message.address, message.text) == ({"summoned": "1"}, "Sudah malam masih padam!")
        assert cursor == quote
        assert read(x, "mentions")[0] == []


def test_more_quoted_posts_than_may_be_asked_for_lose_nothing(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inbox.connectors.x.feeds.QUOTED_POSTS", 2)
    quotes = [sandbox.write(f"kutip {n}", quote_of=native(sandbox, f"Kabar {n}")) for n in range(3)]
    found: set[str] = set()
    with connector(sandbox) as x:
        for turn in (0, 60):
            at = SimpleNamespace(time=partial(float, turn))
            monkeypatch.setattr("inbox.connectors.x.feeds.time", at)
            messages, cursor = read(x, "quotes")
            assert cursor == ""
            found |= {m.current_id for m in messages}
    assert found == set(quotes)


@pytest.mark.parametrize("oauth2", [False, True])
def test_messages_until_a_known_one(sandbox: Sandbox, oauth2: bool) -> None:
    first = chat(sandbox, "Halo, SKCK buka?")
    with connector(sandbox, oauth2=oauth2) as x:
        (message,), cursor = read(x, "dms")
        assert (message.text, message.own, cursor) == ("Halo, SKCK buka?", False, first)
        assert message.author.handle == "warga_satu"
        second = chat(sandbox, "Buka sampai jam 3", by="native")
        messages, cursor = read(x, "dms", cursor)
        assert [m.own for m in messages] == [False, True]
        assert {m.thread_id for m in messages} == {message.thread_id}
        assert cursor == second
        sandbox.send("POST", "/_sandbox/reset")
        assert read(x, "dms", cursor) == ([], cursor)


def test_messages_are_asked_for_slowly(sandbox: Sandbox) -> None:
    chat(sandbox, "Halo")
    told: list[Usage] = []
    with connector(sandbox, told) as x:
        for _time in range(15):
            read(x, "dms")
        with pytest.raises(FetchFailed) as failed:
            read(x, "dms")
    assert [usage.percent >= 80 for usage in told[:4]] == [False, True, True, True]
    assert told[-1].percent == 100
    assert failed.value.retry_after is not None
    assert 800 < failed.value.retry_after <= 900
    assert not failed.value.permanent


# --- answering --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("oauth2", [False, True])
def test_an_answer_stands_where_it_should_and_is_read_back(sandbox: Sandbox, oauth2: bool) -> None:
    asked = sandbox.write(TEXT)
    out = answer(asked, "Kami cek & kabari lewat polda.go.id")
    with connector(sandbox, oauth2=oauth2) as x:
        assert x.read_back(out, since=BEFORE) == []
        sent = x.send(out)
        assert (sent.outcome, sent.object_class) == (Outcome.SENT, "post")
        (standing,) = sandbox.replies_to(asked)
        assert (standing["id"], standing["by"]) == (sent.remote_id, "api")
        (own,) = x.read_back(out, since=BEFORE)
        assert (own.remote_id, own.target_id, own.object_class) == (sent.remote_id, asked, "post")
        assert own.text.endswith(out.text)
        assert x.read_back(out, since=own.written_at + timedelta(seconds=10)) == []
        assert x.send(out).outcome is Outcome.DUPLICATE


@pytest.mark.parametrize("oauth2", [False, True])
def test_a_message_is_answered_and_read_back(sandbox: Sandbox, oauth2: bool) -> None:
    with connector(sandbox, oauth2=oauth2) as x:
        chat(sandbox, "Halo")
        (message,) = read(x, "dms")[0]
        out = answer(message.current_id, "Selamat pagi", way="chat", call="dm",
                     person_id=message.author.external_id)  # fmt: skip
        assert x.read_back(out, since=BEFORE) == []
        sent = x.send(out)
        assert (sent.outcome, sent.object_class) == (Outcome.SENT, "chat")
        (own,) = x.read_back(out, since=BEFORE)
        assert (own.remote_id, own.text, own.object_class) == (sent.remote_id, out.text, "chat")
        echo = [m for m in read(x, "dms")[0] if m.own]
        assert [m.external_id for m in echo] == [sent.remote_id]


@pytest.mark.parametrize("oauth2", [False, True])
def test_pictures_go_with_an_answer(sandbox: Sandbox, oauth2: bool) -> None:
    asked = sandbox.write(TEXT)
    pictures = tuple(Picture(f"{n}.png", "image/png", media.png(n)) for n in range(2))
    with connector(sandbox, oauth2=oauth2) as x:
        sent = x.send(answer(asked, "Ini petanya", pictures=pictures))
        assert sent.outcome is Outcome.SENT
        (message,) = [m for m in read(x, "own")[0] if m.current_id == sent.remote_id]
        assert [medium.kind for medium in message.media] == ["image", "image"]

        chat(sandbox, "Mana petanya?")
        (question,) = read(x, "dms")[0]
        out = answer(question.current_id, "Ini", way="chat", call="dm", pictures=pictures[:1],
                     person_id=question.author.external_id)  # fmt: skip
        assert x.send(out).outcome is Outcome.SENT
        shown = [m for m in read(x, "dms")[0] if m.own]
        assert [len(m.media) for m in shown] == [1]


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        ("hang_before", Outcome.RETRY),
        ("reset_after", Outcome.RETRY),
        ("500_after", Outcome.RETRY),
        ("truncated_after", Outcome.RETRY),
        ("bad_json_after", Outcome.RETRY),
        ("429", Outcome.RETRY),
        ("401", Outcome.PERMANENT),
    ],
)
def test_a_failed_picture_means_nothing_was_sent(
    sandbox: Sandbox, kind: str, outcome: Outcome
) -> None:
    asked = sandbox.write(TEXT)
    sandbox.fault(kind, path="/2/media/upload")
    with connector(sandbox) as x:
        picture = Picture("p.png", "image/png", media.png(1))
        result = x.send(answer(asked, "Ini", pictures=(picture,)))
    assert (result.outcome, result.dead) == (outcome, kind == "401")
    assert sandbox.replies_to(asked) == []


@pytest.mark.parametrize(
    "picture",
    [
        Picture("kertas.pdf", "application/pdf", b"%PDF-"),
        Picture("b.png", "image/png", b"x" * 5_300_000),
    ],
)
def test_a_refused_picture_says_so(sandbox: Sandbox, picture: Picture) -> None:
    with connector(sandbox) as x:
        result = x.send(answer(sandbox.write(TEXT), "Ini", pictures=(picture,)))
    assert result.outcome is Outcome.PERMANENT
    assert picture.name in result.problem


UNKNOWN = ["hang_before", "hang_after", "reset_before", "reset_after", "500_before", "500_after",
           "truncated_after", "bad_json_after"]  # fmt: skip


@pytest.mark.parametrize("kind", UNKNOWN)
@pytest.mark.parametrize("way", ["public", "chat"])
def test_what_is_not_known_is_unknown_and_can_be_read(
    sandbox: Sandbox, kind: str, way: str
) -> None:
    with connector(sandbox) as x:
        if way == "chat":
            chat(sandbox, "Halo")
            (message,) = read(x, "dms")[0]
            out = answer(message.current_id, "Pagi", way="chat", call="dm",
                         person_id=message.author.external_id)  # fmt: skip
            sandbox.fault(kind, path="/2/dm_conversations/*")
        else:
            out = answer(sandbox.write(TEXT), "Pagi")
            sandbox.fault(kind)
        assert x.send(out).outcome is Outcome.UNKNOWN
        assert len(x.read_back(out, since=BEFORE)) == (0 if kind.endswith("before") else 1)


@pytest.mark.parametrize(
    ("kind", "outcome", "dead"),
    [
        ("429", Outcome.RETRY, False),
        ("429_no_reset", Outcome.RETRY, False),
        ("401", Outcome.PERMANENT, True),
    ],
)
@pytest.mark.parametrize("call", ["tweet", "dm"])
def test_refusals_without_effect(
    sandbox: Sandbox, kind: str, outcome: Outcome, dead: bool, call: str
) -> None:
    sandbox.fault(kind, path="*")
    with connector(sandbox) as x:
        result = x.send(answer("1", "Pagi", call=call))
    assert (result.outcome, result.dead) == (outcome, dead)


def test_nobody_listens(sandbox: Sandbox) -> None:
    with connector(sandbox, base_url=f"http://127.0.0.1:{free_port()}") as x:
        assert x.send(answer("1", "Pagi")).outcome is Outcome.RETRY
        picture = Picture("p.png", "image/png", media.png(1))
        assert x.send(answer("1", "Pagi", pictures=(picture,))).outcome is Outcome.RETRY
        with pytest.raises(FetchFailed) as failed:
            list(x.fetch("mentions", ""))
    assert not failed.value.permanent


def test_who_did_not_call_us_cannot_be_answered(sandbox: Sandbox) -> None:
    asked = sandbox.write("lampu merah mati")
    with connector(sandbox) as x:
        result = x.send(answer(asked, "Kami cek"))
    assert result.outcome is Outcome.PERMANENT
    assert "tandai di sini" in result.problem


def test_the_target_is_gone(sandbox: Sandbox) -> None:
    asked = sandbox.write(TEXT)
    sandbox.send("DELETE", f"/_sandbox/x/posts/{asked}")
    with connector(sandbox) as x:
        result = x.send(answer(asked, "Kami cek"))
    assert (result.outcome, result.gone) == (Outcome.PERMANENT, True)


def test_who_takes_no_messages(sandbox: Sandbox) -> None:
    chat(sandbox, "Halo")
    with connector(sandbox) as x:
        (message,) = read(x, "dms")[0]
        sandbox.send("POST", "/_sandbox/x/switches", {"dm_closed": ["*"]})
        out = answer("1", "Pagi", way="chat", call="dm", person_id=message.author.external_id)
        result = x.send(out)
    assert (result.outcome, result.dead) == (Outcome.PERMANENT, False)
    assert "tidak menerima pesan langsung" in result.problem


# --- looking up, health -----------------------------------------------------------------------------------


def test_a_post_is_looked_up_as_the_poll_tells_it(sandbox: Sandbox) -> None:
    asked = sandbox.write(TEXT, quote_of=native(sandbox, "Kabar"))
    with connector(sandbox) as x:
        page = x.look_up(Wanted("post", asked))
        (message,) = parse(page.body, x.account.external_id, "lookup").messages
        assert [message] == read(x, "mentions")[0]
        with pytest.raises(FetchFailed) as failed:
            x.look_up(Wanted("post", "5"))
        assert failed.value.gone
        with pytest.raises(FetchFailed):
            x.look_up(Wanted("name", asked))


def test_which_posts_still_stand(sandbox: Sandbox) -> None:
    kept, removed, edited = (sandbox.write(f"{TEXT} {n}") for n in range(3))
    sandbox.send("DELETE", f"/_sandbox/x/posts/{removed}")
    newer = sandbox.send("POST", f"/_sandbox/x/posts/{edited}/edit", {"text": f"{TEXT}!"})["id"]
    many = [str(n) for n in range(1, 120)]
    with connector(sandbox) as x:
        there = x.still_there("post", [kept, removed, edited, newer, *many])
        assert there == {kept, edited, newer}
        assert x.still_there("chat", [removed]) == {removed}


def test_health(sandbox: Sandbox) -> None:
    with connector(sandbox) as x:
        health = x.check()
        assert (health.alive, health.expires_at, health.missing) == (True, None, ())
        sandbox.fault("401", method="GET", path="*")
        health = x.check()
        assert (health.alive, "menghubungkan ulang" in health.problem) == (False, True)
        sandbox.fault("500_before", method="GET", path="*")
        with pytest.raises(FetchFailed):
            x.check()
    other = account(sandbox, "SatlantasBpn")
    swapped = XConnector(Account("1", "@x", other.keys, app=other.app, base_url=sandbox.url))
    assert "@SatlantasBpn" in swapped.check().problem
    swapped.close()


def test_a_dead_token_is_told(sandbox: Sandbox) -> None:
    sandbox.fault("401", method="GET", path="*")
    with connector(sandbox) as x, pytest.raises(FetchFailed) as failed:
        list(x.fetch("mentions", ""))
    assert (failed.value.dead, failed.value.permanent) == (True, True)


@pytest.mark.parametrize(
    "address", ["", "https://example.com/f", f"http://127.0.0.1:{free_port()}/f"]
)
def test_our_keys_are_shown_to_x_alone(sandbox: Sandbox, address: str) -> None:
    with connector(sandbox) as x, pytest.raises(FetchFailed) as failed:
        x.content(Media("image", fetch_id=address))
    assert failed.value.permanent


def test_a_file_of_a_message_that_is_gone(sandbox: Sandbox) -> None:
    with connector(sandbox) as x, pytest.raises(FetchFailed) as failed:
        x.content(Media("image", fetch_id="https://ton.x.com/i/ton/data/dm/1"))
    assert failed.value.gone
