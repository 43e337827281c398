"""A Page over real HTTP: feeds, look-ups, sending, reading back, health (platforms.md §4, §5)."""

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest

from inbox.connectors.base import (
    FetchFailed,
    Incoming,
    Outcome,
    Outgoing,
    Picture,
    SendResult,
    Wanted,
)
from inbox.connectors.facebook import PARTS
from inbox.connectors.facebook.client import FacebookConnector
from inbox.connectors.facebook.health import WORDS
from inbox.connectors.meta import Login
from tests.connectors.facebook_world import World, world
from tests.sandbox_process import Sandbox

PNG = Picture("a.png", "image/png", b"\x89PNG\r\n\x1a\n", url="http://127.0.0.1:9/keluar/1")


@pytest.fixture
def fb(sandbox_process: Sandbox) -> Iterator[World]:
    with world(sandbox_process) as made:
        yield made


def read(fb: World, feed: str, cursor: str = "") -> tuple[list[Incoming], str]:
    """What a feed brings since `cursor`, and the cursor it leads to."""
    found: list[Incoming] = []
    newest = cursor
    for page in fb.connector.fetch(feed, cursor):
        parsed = PARTS.parse(page.body, fb.account.external_id, feed)
        assert parsed.problems == ()
        found += parsed.messages
        newest = max(newest, page.newest_id)
    return found, newest


def answer(target: str, text: str = "Baik", *, way: str = "public", **more: Any) -> Outgoing:
    out = Outgoing(way, "", target, "x", text, str(uuid.uuid4()), **more)
    return replace(out, call=PARTS.choose_call(out, 60))


def now() -> datetime:
    return datetime.now(UTC)


# --- feeds -------------------------------------------------------------------------------------------


def test_comments_with_replies_and_visitors_posts(fb: World) -> None:
    top = fb.write("comment", name="Siti", text="Lampu mati")
    below = fb.write("comment", name="Budi", text="Sama", on=top["id"])
    own = fb.write("comment", **{"as": "native", "text": "Kami cek", "on": top["id"]})
    hidden = fb.write("comment", text="tanpa nama", **{"from": False})
    post = fb.write("visitor_post", name="Ani", text="Jalan rusak", attachments=[{"type": "image"}])

    found, cursor = read(fb, "comments")

    by_id = {message.external_id: message for message in found}
    assert by_id.keys() == {each["id"] for each in (top, below, own, hidden, post)}
    assert by_id[top["id"]].thread_id == by_id[below["id"]].thread_id == top["id"]
    assert (by_id[own["id"]].own, by_id[own["id"]].replies_to) == (True, top["id"])
    assert by_id[top["id"]].author.external_id == top["psid"]
    assert by_id[hidden["id"]].author.external_id == ""
    assert [each.kind for each in by_id[post["id"]].media] == ["image"]
    assert cursor.isdigit()

    again, _cursor = read(fb, "comments", cursor)
    assert {each.external_id for each in again} == by_id.keys()  # the overlap
    later_on = str(int(cursor) + 3600)
    assert read(fb, "comments", later_on) == ([], later_on)


def test_a_hundred_and_twenty_comments_are_all_found(fb: World) -> None:
    for number in range(120):
        fb.write("comment", name=f"Warga {number}", text=f"n{number}", silent=True)
    found, _cursor = read(fb, "comments")
    assert {each.text for each in found} == {f"n{number}" for number in range(120)}


def test_quiet_rounds_bring_the_same_bytes(fb: World) -> None:
    fb.write("comment", name="Siti", text="Lampu mati")
    first = [page.body for page in fb.connector.fetch("comments", "")]
    assert first == [page.body for page in fb.connector.fetch("comments", "")]
    token = fb.account.keys["access_token"].encode()
    assert not any(token in body for body in first)


def test_what_names_us_elsewhere(fb: World) -> None:
    post = fb.write("mention_post", name="Ani", text="cc")
    (message,), _cursor = read(fb, "tagged")
    assert (message.external_id, message.address) == (post["id"], {"mention": "1"})


def test_chats(fb: World) -> None:
    first = fb.write("message", name="Rina", text="Halo", attachments=[{"type": "image"}])
    fb.write("message", **{"as": "native", "text": "Ya?", "on": first["psid"]})
    fb.write("message", name="Tono", text="Min")
    found, cursor = read(fb, "chats")
    assert [(each.text, each.own, each.author.name) for each in found if each.text != "Min"] == [
        ("Halo", False, "Rina"), ("Ya?", True, "Humas Polda Kaltim"),
    ]  # fmt: skip
    assert len({each.thread_id for each in found}) == 2
    assert read(fb, "chats", str(int(cursor) + 3600))[0] == []


@pytest.mark.parametrize("feed", PARTS.feeds)
def test_a_dead_token_is_told_by_every_feed(feed: str, fb: World) -> None:
    fb.turn(dead=[fb.account.external_id])
    with pytest.raises(FetchFailed) as caught:
        list(fb.connector.fetch(feed, ""))
    assert (caught.value.permanent, caught.value.dead) == (True, True)
    fb.turn(dead=[])
    list(fb.connector.fetch(feed, ""))


def test_throttling_names_its_end_and_usage_is_told(fb: World) -> None:
    fb.turn(usage=100)
    with pytest.raises(FetchFailed) as caught:
        list(fb.connector.fetch("comments", ""))
    assert not caught.value.permanent
    assert caught.value.retry_after
    assert caught.value.retry_after >= 60
    assert fb.usage[-1].percent == 100
    assert fb.usage[-1].wait == caught.value.retry_after


@pytest.mark.parametrize("kind", ["500_before", "reset_before", "bad_json_after"])
def test_an_outage_is_not_for_ever(kind: str, fb: World) -> None:
    fb.fault(kind, method="GET")
    with pytest.raises(FetchFailed) as caught:
        list(fb.connector.fetch("comments", ""))
    assert (caught.value.permanent, caught.value.dead) == (False, False)


# --- look-ups ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("state", "names"), [("ok", ["Rina"]), ("consent", []), ("gone", [])])
def test_names(state: str, names: list[str], fb: World) -> None:
    psid = fb.write("message", name="Rina", text="Halo")["psid"]
    fb.turn(profiles=state)
    page = fb.connector.look_up(Wanted("profile", psid))
    parsed = PARTS.parse(page.body, fb.account.external_id, "lookup")
    assert [each.name for each in parsed.profiles] == names
    assert parsed.problems == ()


@pytest.mark.parametrize("visible", [True, False])
@pytest.mark.parametrize("where", ["mention_comment", "mention_post"])
def test_mentions(where: str, visible: bool, fb: World) -> None:
    made = fb.write(where, name="Ani", text="tanya Humas")
    fb.turn(mentions_visible=visible)
    args = {"comment_id": made["id"] if where == "mention_comment" else "", "post_id": made["id"],
            "message": "tanya Humas", "created_time": "1790930402"}  # fmt: skip
    page = fb.connector.look_up(Wanted("mention", made["id"], "", args))
    (message,) = PARTS.parse(page.body, fb.account.external_id, "lookup").messages
    assert (message.external_id, "tanya Humas" in message.text) == (made["id"], True)
    assert message.author.name == ("Ani" if visible else "")


def test_a_comment_and_a_post_of_ours(fb: World) -> None:
    listed = {}
    for where, kind in (("comment", "comment"), ("visitor_post", "post")):
        made = fb.write(where, name="Siti", text="Lampu mati")
        post = fb.app["pages"][0]["posts"][0]
        page = fb.connector.look_up(Wanted(kind, made["id"], "", {"post_id": post}))
        (message,) = PARTS.parse(page.body, fb.account.external_id, "lookup").messages
        listed[message.external_id] = message
    assert {each.external_id: each for each in read(fb, "comments")[0]} == listed


@pytest.mark.parametrize("kind", ["comment", "post"])
def test_what_is_gone(kind: str, fb: World) -> None:
    with pytest.raises(FetchFailed) as caught:
        fb.connector.look_up(Wanted(kind, "12_34"))
    assert caught.value.gone


def test_which_still_stand(fb: World) -> None:
    stays, goes = fb.write("comment", text="a")["id"], fb.write("comment", text="b")["id"]
    fb.change(goes, "remove")
    assert fb.connector.still_there("comment", [stays, goes]) == {stays}
    assert fb.connector.still_there("chat", ["m_1"]) == {"m_1"}


# --- sending -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["comment", "visitor_post", "mention_post", "mention_comment"])
def test_a_public_answer_stands_under_what_it_answers(where: str, fb: World) -> None:
    target = fb.write(where, name="Siti", text="Tolong, Humas")["id"]
    out, began = answer(target), now()
    result = fb.connector.send(out)
    assert (result.outcome, result.object_class) == (Outcome.SENT, "comment")
    (reply,) = fb.connector.read_back(out, since=began)
    assert (reply.remote_id, reply.text, reply.target_id) == (result.remote_id, "Baik", target)
    assert [each["id"] for each in fb.ours()] == [result.remote_id]


def test_an_answer_to_a_reply_is_read_back_under_the_top_comment(fb: World) -> None:
    top = fb.write("comment", name="Siti", text="a")["id"]
    below = fb.write("comment", name="Budi", text="b", on=top)["id"]
    out, began = answer(below, address={"parent": top}), now()
    result = fb.connector.send(out)
    (reply,) = fb.connector.read_back(out, since=began)
    assert reply.remote_id == result.remote_id
    closed = answer(below, "Lagi", address={"parent": top, "can_comment": "0"})
    assert fb.connector.send(closed).outcome == Outcome.SENT
    found, _cursor = read(fb, "comments")
    assert {each.replies_to for each in found if each.own} == {top}


def test_a_picture_goes_by_address(fb: World) -> None:
    target = fb.write("comment", text="a")["id"]
    address = f"{fb.sandbox.url}/_sandbox/meta/files?name=a.png"
    upload = httpx2.post(address, content=PNG.data, headers={"content-type": "image/png"}).json()
    picture = replace(PNG, url=upload["url"])
    assert fb.connector.send(answer(target, pictures=(picture,))).outcome == Outcome.SENT
    (own,) = [each for each in read(fb, "comments")[0] if each.own]
    assert [each.kind for each in own.media] == ["image"]
    outside = FacebookConnector(replace(fb.account, base_url=""))
    refused = outside.send(answer(target, pictures=(PNG,)))
    outside.close()
    assert (refused.outcome, "Gambar" in refused.problem) == (Outcome.PERMANENT, True)


def test_a_message_and_its_window(fb: World) -> None:
    made = fb.write("message", name="Rina", text="Halo")
    out, began = replace(answer(made["id"], way="chat"), person_id=made["psid"]), now()
    result = fb.connector.send(out)
    assert (result.outcome, result.object_class) == (Outcome.SENT, "chat")
    (reply,) = fb.connector.read_back(out, since=began)
    assert (reply.remote_id, reply.object_class) == (result.remote_id, "chat")
    fb.turn(unavailable=[made["psid"]])
    refused = fb.connector.send(out)
    assert (refused.outcome, "tidak bisa dihubungi" in refused.problem) == (Outcome.PERMANENT, True)


@pytest.mark.parametrize("granted", [True, False])
def test_the_human_agent_tag(granted: bool, fb: World) -> None:
    made = fb.write("message", name="Rina", text="Halo")
    fb.turn(human_agent=granted)
    out = replace(answer(made["id"], way="human_agent"), person_id=made["psid"], call="human_agent")
    expected = Outcome.SENT if granted else Outcome.PERMANENT
    assert fb.connector.send(out).outcome == expected


def test_nobody_to_write_to(fb: World) -> None:
    out = replace(answer("m_1", way="chat"), person_id="anon:1_2")
    assert fb.connector.send(out).outcome == Outcome.PERMANENT
    assert fb.connector.read_back(out, since=now()) == []


@pytest.mark.parametrize("named", [True, False])
def test_one_private_reply_and_its_read_back(named: bool, fb: World) -> None:
    made = fb.write("comment", name="Siti", text="Lampu mati")
    person = made["psid"] if named else "anon:1"
    out, began = replace(answer(made["id"], way="private"), person_id=person), now()
    assert fb.connector.read_back(out, since=began) == []
    result = fb.connector.send(out)
    assert (result.outcome, result.object_class) == (Outcome.SENT, "chat")
    (reply,) = fb.connector.read_back(out, since=began)
    assert reply.remote_id == (result.remote_id if named else f"private:{made['id']}")
    assert fb.connector.send(out).outcome == Outcome.DUPLICATE


def test_the_same_words_again_are_a_duplicate_and_a_removed_comment_is_gone(fb: World) -> None:
    target = fb.write("comment", text="a")["id"]
    assert fb.connector.send(answer(target)).outcome == Outcome.SENT
    assert fb.connector.send(answer(target)).outcome == Outcome.DUPLICATE
    fb.change(target, "remove")
    result = fb.connector.send(answer(target, "Lain"))
    assert (result.outcome, result.gone) == (Outcome.PERMANENT, True)


def test_a_dead_token_and_a_missing_permission_are_told(fb: World) -> None:
    target = fb.write("comment", text="a")["id"]
    fb.turn(missing=["pages_manage_engagement"])
    refused = fb.connector.send(answer(target))
    assert (refused.outcome, refused.dead) == (Outcome.PERMANENT, False)
    fb.turn(dead=[fb.account.external_id])
    refused = fb.connector.send(answer(target))
    assert (refused.outcome, refused.dead) == (Outcome.PERMANENT, True)


@pytest.mark.parametrize(
    ("kind", "outcome", "stands"),
    [
        ("hang_before", Outcome.UNKNOWN, False),
        ("hang_after", Outcome.UNKNOWN, True),
        ("reset_before", Outcome.UNKNOWN, False),
        ("reset_after", Outcome.UNKNOWN, True),
        ("500_before", Outcome.UNKNOWN, False),
        ("500_after", Outcome.UNKNOWN, True),
        ("400_after", Outcome.UNKNOWN, True),
        ("truncated_after", Outcome.UNKNOWN, True),
        ("bad_json_after", Outcome.UNKNOWN, True),
        ("429", Outcome.RETRY, False),
        ("429_no_reset", Outcome.RETRY, False),
        ("401", Outcome.PERMANENT, False),
    ],
)
@pytest.mark.parametrize("way", ["public", "chat"])
def test_every_fault_is_told_apart_and_read_back(
    way: str, kind: str, outcome: Outcome, stands: bool, sandbox_process: Sandbox
) -> None:
    with world(sandbox_process, timeout=(1.0, 1.0)) as fb:
        made = fb.write("comment" if way == "public" else "message", name="Siti", text="Halo")
        fb.fault(kind)
        out, began = replace(answer(made["id"], way=way), person_id=made["psid"]), now()
        result: SendResult = fb.connector.send(out)
        assert result.outcome == outcome
        assert result.remote_id == ""
        assert [each.text for each in fb.connector.read_back(out, since=began)] == (
            ["Baik"] if stands else []
        )


def test_nobody_listens(fb: World) -> None:
    away = FacebookConnector(replace(fb.account, base_url="http://127.0.0.1:9"))
    assert away.send(answer("1_2")).outcome == Outcome.RETRY
    away.close()


# --- health ------------------------------------------------------------------------------------------


def test_a_good_connection(fb: World) -> None:
    login = Login(fb.app, fb.sandbox.url, "")
    login.subscribe(fb.account.external_id, fb.account.keys["access_token"])
    login.close()
    health = fb.connector.check()
    assert (health.alive, health.missing, health.subscribed) == (True, (), True)
    assert health.expires_at


def test_a_silent_unsubscribe_and_a_missing_permission(fb: World) -> None:
    fb.turn(unsubscribe=[fb.account.external_id], missing=["pages_messaging"])
    health = fb.connector.check()
    assert (health.alive, health.subscribed) == (True, False)
    assert health.missing == (WORDS["pages_messaging"],)


@pytest.mark.parametrize("with_app", [True, False])
def test_a_dead_token_by_either_way_of_asking(with_app: bool, fb: World) -> None:
    fb.turn(dead=[fb.account.external_id])
    account = fb.account if with_app else replace(fb.account, app={})
    connector = FacebookConnector(account)
    health = connector.check()
    connector.close()
    assert (health.alive, bool(health.problem)) == (False, True)


def test_an_outage_says_nothing_about_the_token(fb: World) -> None:
    fb.fault("500_before", method="GET")
    with pytest.raises(FetchFailed):
        fb.connector.check()
