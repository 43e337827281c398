"""What Meta tells by webhook: handshake, signature, echoes, batches (platforms.md §3.2, §4.2, §5.1, §6.1)."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.sandbox.meta_client import PAGE_FIELDS, WORD, Meta, Refused
from tests.sandbox.sandbox_server import Sandbox, until
from tests.sandbox.webhook_receiver import Receiver, listening


@pytest.fixture
def meta(sandbox: Sandbox) -> Meta:
    return Meta(sandbox)


@pytest.fixture
def ear(meta: Meta) -> Iterator[Receiver]:
    """A receiver that the app and the first page are subscribed to."""
    with listening() as receiver:
        meta.connect(receiver)
        yield receiver
        meta.ask("DELETE", f"{meta.app['app_id']}/subscriptions", access_token=meta.app_token)
        meta.switch(unsubscribe=[page["id"] for page in meta.app["pages"]])


def feed(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [change["value"] for entry in entries for change in entry["changes"]]


def chat(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [event for entry in entries for event in entry["messaging"]]


def test_the_handshake(meta: Meta) -> None:
    wish = {
        "access_token": meta.app_token,
        "object": "page",
        "verify_token": WORD,
        "fields": "feed",
    }
    path = f"{meta.app['app_id']}/subscriptions"
    with listening() as receiver:
        for answer in ((403, b"no"), (200, b"lain")):
            receiver.on_get = lambda _query, answer=answer: answer  # type: ignore[misc]
            with pytest.raises(Refused, match="Callback verification failed") as no:
                meta.send(path, callback_url=receiver.url, **wish)
            assert no.value.code[0] == 2200
        assert meta.get(path, access_token=meta.app_token) == {"data": []}
        meta.connect(receiver)
        listed = meta.get(path, access_token=meta.app_token)["data"]
        assert {each["object"] for each in listed} == {"page", "instagram"}
        with pytest.raises(Refused):
            meta.send(path, callback_url=receiver.url, **{**wish, "access_token": meta.token})
    meta.ask("DELETE", path, access_token=meta.app_token)
    assert meta.sandbox.get("meta/app.json")["app_secret"] == meta.app["app_secret"]


def test_a_comment_from_its_writing_to_its_end(meta: Meta, ear: Receiver) -> None:
    said = meta.says("comment", "Sudah 3 hari 😭 https://contoh.id/é", name="Dana Q")
    value = feed(meta.heard(ear, 1))[0]
    assert b"\\ud83d\\ude2d https:\\/\\/contoh.id\\/\\u00e9" in ear.got[0].body
    assert ear.got[0].body.isascii()
    assert (value["item"], value["verb"], value["comment_id"]) == ("comment", "add", said["id"])
    assert value["parent_id"] == value["post_id"] == meta.post
    assert value["from"] == {"id": said["psid"], "name": "Dana Q"}
    for count, wish in enumerate(
        ({"do": "edit", "text": "betul"}, {"do": "hide"}, {"do": "unhide"}, {"do": "remove"}), 2
    ):
        meta.sandbox.post("meta/change", id=said["id"], **wish)
        until(lambda n=count: len(ear.got) >= n)  # type: ignore[misc]
    values = feed(meta.heard(ear, 5))
    assert [each["verb"] for each in values] == ["add", "edited", "hide", "unhide", "remove"]
    assert values[1]["message"] == "betul"
    assert {each["comment_id"] for each in values} == {said["id"]}


def test_own_answers_are_told_too(meta: Meta, ear: Receiver) -> None:
    said = meta.says("comment", "Halo", silent=True)["id"]
    mine = meta.reply(said, "Halo juga")
    native = meta.sandbox.post(
        "meta/write", **{"as": "native", "where": "comment", "on": said, "text": "lewat aplikasi"}
    )["id"]
    values = feed(meta.heard(ear, 2))
    assert {each["comment_id"] for each in values} == {mine, native}
    assert {each["from"]["id"] for each in values} == {meta.id}
    assert {each["parent_id"] for each in values} == {said}


def test_posts_mentions_and_what_nobody_knows(meta: Meta, ear: Receiver) -> None:
    visit = meta.says("visitor_post", "Jalan rusak")["id"]
    meta.heard(ear, 1)
    own = meta.says("post", "Pengumuman")["id"]
    meta.heard(ear, 2)
    named = meta.says("mention_comment", f"@{meta.page['name']} halo")["id"]
    meta.heard(ear, 3)
    meta.says("comment", "aneh", unknown=True)
    entries = meta.heard(ear, 4)
    values = feed(entries)
    assert [(each["item"], each["verb"]) for each in values] == [
        ("post", "add"), ("status", "add"), ("comment", "add"), ("comment", "hologram"),
    ]  # fmt: skip
    assert [values[0]["post_id"], values[1]["post_id"], values[2]["comment_id"]] == [
        visit, own, named,
    ]  # fmt: skip
    assert entries[2]["changes"][0]["field"] == "mention"
    assert "from" not in values[2]


def test_messages_and_their_echoes(meta: Meta, ear: Receiver) -> None:
    said = meta.says("message", "Ada?", attachments=[{"type": "image"}])
    first = chat(meta.heard(ear, 1))[0]
    assert first["sender"]["id"] == said["psid"]
    assert first["message"]["attachments"][0]["payload"]["url"].startswith(meta.sandbox.url)
    assert first["timestamp"] > 10**12
    sent = meta.write(said["psid"], message={"metadata": "kotak-keluar-1"})
    echo = chat(meta.heard(ear, 2))[1]
    assert (echo["sender"]["id"], echo["recipient"]["id"]) == (meta.id, said["psid"])
    assert echo["message"]["mid"] == sent["message_id"]
    assert echo["message"]["metadata"] == "kotak-keluar-1"
    assert str(echo["message"]["app_id"]) == meta.app["app_id"]
    meta.sandbox.post("meta/write", **{"as": "native", "where": "message", "on": said["psid"], "text": "asli"})  # fmt: skip
    native = chat(meta.heard(ear, 3))[2]
    assert native["message"]["app_id"] == 263902037430900
    meta.sandbox.post("meta/change", id=said["id"], do="edit", text="Masih ada?")
    assert chat(meta.heard(ear, 4))[3]["message_edit"]["num_edit"] == 1
    meta.sandbox.post("meta/change", id=said["id"], do="unsend")
    gone = chat(meta.heard(ear, 5))[4]["message"]
    assert (gone["mid"], gone["is_deleted"]) == (said["id"], True)
    meta.says("postback", "Mulai")
    assert chat(meta.heard(ear, 6))[5]["postback"]["title"] == "Mulai"


def test_instagram(meta: Meta, ear: Receiver) -> None:
    said = meta.says("ig_comment", "harga?", name="lena.p")
    entry = meta.heard(ear, 1)[0]
    assert (entry["id"], entry["changes"][0]["field"]) == (meta.ig["id"], "comments")
    assert json.loads(ear.got[0].body)["object"] == "instagram"
    assert entry["changes"][0]["value"]["from"] == {"id": said["psid"], "username": "lena.p"}
    answer = meta.send(f"{said['id']}/replies", message="Gratis")["id"]
    own = meta.heard(ear, 2)[1]["changes"][0]["value"]
    assert (own["id"], own["parent_id"], own["from"]["id"]) == (answer, said["id"], meta.ig["id"])
    assert own["from"]["self_ig_scoped_id"]
    meta.sandbox.post("meta/change", id=said["id"], do="remove")  # Instagram says nothing of it
    named = meta.says("ig_mention_comment", f"@{meta.ig['username']}")["id"]
    mention = meta.heard(ear, 3)[2]["changes"][0]
    assert (mention["field"], mention["value"]["comment_id"]) == ("mentions", named)
    for where in ("ig_message", "ig_story_mention", "ig_story_reply"):
        meta.says(where, "" if where == "ig_story_mention" else "hai")
        meta.heard(ear, len(ear.got))
    events = until(lambda: (found := meta.heard(ear, 6)[3:]) and found)
    shapes = sorted(
        (each["message"].get("attachments", [{}])[0].get("type", ""), "reply_to" in each["message"])
        for each in chat(events)
    )
    assert shapes == [("", False), ("", True), ("story_mention", False)]
    person = events[0]["messaging"][0]["sender"]["id"]
    meta.write(person, "Terima kasih")
    echo = chat(meta.heard(ear, 7)[6:])[0]
    assert echo["message"]["is_echo"] is True
    assert "app_id" not in echo["message"]


def test_only_what_is_subscribed(meta: Meta, ear: Receiver) -> None:
    meta.send(f"{meta.id}/subscribed_apps", subscribed_fields="feed")
    meta.says("message", "tak terdengar")
    Meta(meta.sandbox, 1).says("comment", "halaman lain")
    meta.says("comment", "terdengar")
    assert [each["message"] for each in feed(meta.heard(ear, 1))] == ["terdengar"]
    listed = meta.get(f"{meta.id}/subscribed_apps")["data"]
    assert listed[0]["subscribed_fields"] == ["feed"]
    meta.switch(unsubscribe=[meta.id])
    assert meta.get(f"{meta.id}/subscribed_apps") == {"data": []}
    meta.says("comment", "tak terdengar")
    meta.send(f"{meta.id}/subscribed_apps", subscribed_fields=PAGE_FIELDS)
    meta.switch(missing=["pages_messaging"])
    meta.says("message", "tak terdengar")
    meta.says("comment", "kembali")
    assert [each["message"] for each in feed(meta.heard(ear, 2))] == ["terdengar", "kembali"]
    with pytest.raises(Refused) as no:
        meta.send(f"{meta.id}/subscribed_apps", subscribed_fields="feed,messages")
    assert no.value.code == (200, None)
    with pytest.raises(Refused) as no:
        meta.send(f"{meta.id}/subscribed_apps", subscribed_fields="feed,salah")
    assert no.value.code == (100, None)


def test_the_echo_can_come_before_the_answer(meta: Meta, ear: Receiver) -> None:
    person = meta.says("message", "Halo", silent=True)["psid"]
    meta.switch(echo_first=True, echo_hold=1.0)
    began = time.monotonic()
    meta.write(person)
    took = time.monotonic() - began
    assert took >= 1.0
    assert len(ear.got) == 1


def test_several_pages_in_one_post_with_numbers_for_ids(meta: Meta, ear: Receiver) -> None:
    other = Meta(meta.sandbox, 1)
    other.send(f"{other.id}/subscribed_apps", subscribed_fields=PAGE_FIELDS)
    meta.switch(batch=True, numeric_ids=True)
    meta.says("message", "satu")
    meta.says("message", "dua", name="Lain")
    other.says("message", "tiga")
    other.says("comment", "empat")
    assert meta.sandbox.post("meta/flush") == {"events": 4}
    entries = meta.heard(ear, 1)
    assert [(each["id"], len(each.get("messaging", []))) for each in entries] == [
        (int(meta.id), 2), (int(other.id), 1), (int(other.id), 0),
    ]  # fmt: skip
    assert isinstance(entries[0]["messaging"][0]["sender"]["id"], int)


def test_shapes_that_documents_disagree_about(meta: Meta, ear: Receiver) -> None:
    meta.switch(edit_verb="edit", ig_flat=True, ig_object="page", standby=True)
    said = meta.says("comment", "Halo", silent=True)["id"]
    meta.sandbox.post("meta/change", id=said, do="edit", text="Halo semua")
    assert feed(meta.heard(ear, 1))[0]["verb"] == "edit"
    mine = meta.says("ig_comment", "harga?", **{"from": False})["id"]
    flat = meta.heard(ear, 2)[1]
    assert (flat["field"], flat["value"]["comment_id"]) == ("comments", mine)
    assert "from" not in flat["value"]
    assert json.loads(ear.got[1].body)["object"] == "page"
    meta.says("message", "Halo")
    assert "messaging" not in meta.heard(ear, 3)[2]
    assert meta.heard(ear, 3)[2]["standby"][0]["message"]["text"] == "Halo"


def test_attachments_that_nobody_knows(meta: Meta, ear: Receiver) -> None:
    meta.says("message", "lihat", unknown=True)
    meta.heard(ear, 1)
    place = {"type": "location", "payload": {"coordinates": {"lat": -1.2, "long": 116.8}}}
    meta.says("message", attachments=[place])
    meta.heard(ear, 2)
    meta.says("ig_message", attachments=[{"type": "image", "url": None}])  # view once
    found = [each["message"]["attachments"][0] for each in chat(meta.heard(ear, 3))]
    assert found[0]["type"] == "hologram"
    assert found[1:] == [place, {"type": "image", "payload": {}}]


def test_anything_at_all_is_pushed_signed(meta: Meta, ear: Receiver) -> None:
    meta.sandbox.post("meta/event", page=meta.id, field="cuaca", value={"hujan": True})
    assert meta.heard(ear, 1)[0]["changes"] == [{"field": "cuaca", "value": {"hujan": True}}]
    meta.sandbox.post("meta/event", page=meta.ig["id"], messaging={"telepati": 1})
    assert meta.heard(ear, 2)[1]["messaging"] == [{"telepati": 1}]


def test_the_privacy_callback(meta: Meta, ear: Receiver) -> None:
    meta.sandbox.post("meta/privacy", url=ear.url)
    assert ear.got[0].body.startswith(b"signed_request=")
