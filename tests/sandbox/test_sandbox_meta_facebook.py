"""Facebook comments and posts as the Graph API shows them (platforms.md §4)."""

import time

import httpx2
import pytest

from tests.sandbox.meta_client import Meta, Refused
from tests.sandbox.sandbox_server import Sandbox

FIELDS = (
    "id,from{id,name,picture},message,created_time,parent{id},is_hidden,can_comment,can_hide,"
    "can_remove,comment_count,attachment,permalink_url,message_tags"
)
DAY = 86_400


@pytest.fixture
def meta(sandbox: Sandbox) -> Meta:
    return Meta(sandbox)


def test_who_am_i(meta: Meta) -> None:
    assert int(meta.id) > 2**53
    me = meta.get("me", fields="id,name,instagram_business_account{id,username}")
    assert me["instagram_business_account"] == {key: meta.ig[key] for key in ("id", "username")}
    with pytest.raises(Refused) as no:
        meta.get("me", fields="id,umur")
    assert no.value.code == (100, None)


def test_a_comment_its_reply_and_a_reply_to_the_reply(meta: Meta) -> None:
    said = meta.says("comment", "Air mati", name="Budi")
    answer = meta.reply(said["id"], "Kami cek, Kak")
    below = meta.says("comment", "Terima kasih", name="Budi", on=answer)
    assert below["thread"] == said["id"]
    deeper = meta.reply(below["id"], "Sama-sama")
    stream = meta.get(
        f"{meta.post}/comments", filter="stream", order="chronological", fields=FIELDS
    )
    assert [(each["id"], each.get("parent", {}).get("id")) for each in stream["data"]] == [
        (said["id"], None),
        (answer, said["id"]),
        (below["id"], said["id"]),
        (deeper, said["id"]),
    ]
    assert said["id"].split("_")[0] == meta.post.split("_")[1]
    top = meta.get(f"{meta.post}/comments", fields="id,comments.limit(2){message}")["data"]
    assert [each["message"] for each in top[0]["comments"]["data"]] != []
    assert "next" in top[0]["comments"]["paging"]
    assert httpx2.get(top[0]["comments"]["paging"]["next"]).json()["data"]
    entries = meta.sandbox.ledger(platform="facebook")
    assert [(entry["by"], entry["in_reply_to"]) for entry in entries] == [
        ("citizen", meta.post), ("api", said["id"]), ("citizen", answer), ("api", below["id"]),
    ]  # fmt: skip


def test_pages_of_comments(meta: Meta) -> None:
    ids = [meta.says("comment", f"komentar {n}")["id"] for n in range(5)]
    query = {"filter": "stream", "order": "reverse_chronological", "limit": 2, "fields": "id"}
    first = meta.get(f"{meta.post}/comments", **query)
    late = meta.says("comment", "menyela")["id"]
    assert first["paging"]["next"].startswith(f"{meta.sandbox.url}/v26.0/{meta.post}/comments?")
    assert meta.token in first["paging"]["next"]
    second = httpx2.get(first["paging"]["next"]).json()
    after = second["paging"]["cursors"]["after"]
    third = meta.get(f"{meta.post}/comments", **query, after=after)
    assert "next" not in third["paging"]
    seen = [each["id"] for page in (first, second, third) for each in page["data"]]
    assert seen == ids[::-1]
    back = meta.get(f"{meta.post}/comments", **query, before=second["paging"]["cursors"]["before"])
    assert [each["id"] for each in back["data"]] == ids[:2:-1]
    ranked = [each["id"] for each in meta.get(f"{meta.post}/comments")["data"]]
    assert sorted(ranked) == sorted([*ids, late])
    assert meta.get(f"{late}/comments") == {"data": []}


def test_posts_of_the_page_of_visitors_and_elsewhere(meta: Meta) -> None:
    visit = meta.says("visitor_post", "Jalan rusak", name="Tamu")["id"]
    named = meta.says("mention_post", f"Tolong @{meta.page['name']} cek", name="Kabar Kota")["id"]
    feed = meta.get(f"{meta.id}/feed", fields="id,from")["data"]
    assert feed[0]["id"] == visit
    assert feed[0]["from"]["name"] == "Tamu"
    published = [each["id"] for each in meta.get(f"{meta.id}/published_posts")["data"]]
    assert visit not in published
    assert meta.post in published
    assert [each["id"] for each in meta.get(f"{meta.id}/tagged")["data"]] == [named]
    assert meta.reply(named, "Sudah kami teruskan")
    comment = meta.says("mention_comment", f"@{meta.page['name']} halo")["id"]
    assert meta.get(comment, fields="message,from")["from"]
    meta.switch(mentions_visible=False)
    with pytest.raises(Refused) as no:
        meta.get(comment)
    assert no.value.code == (100, 33)
    now = int(time.time())
    assert meta.get(f"{meta.id}/feed", since=now + DAY) == {"data": []}
    assert len(meta.get(f"{meta.id}/feed", until=now - 1800)["data"]) == 2


def test_without_from_only_the_page_is_named(meta: Meta) -> None:
    kept_back = meta.says("comment", "diam-diam", **{"from": False})["id"]
    said = meta.says("comment", "terang")["id"]
    own = meta.reply(said, "Halo")
    assert "from" not in meta.get(kept_back, fields="from")
    assert meta.get(said, fields="from")["from"]["name"] == "Warga"
    for wish in ({"names_authors": False}, {"missing": ["pages_read_user_content"]}):
        meta.switch(**{"names_authors": True, "missing": [], **wish})
        assert "from" not in meta.get(said, fields="from")
        assert meta.get(own, fields="from")["from"]["id"] == meta.id


def test_edit_hide_delete(meta: Meta) -> None:
    said = meta.says("comment", "kasar sekali")["id"]
    own = meta.reply(said, "salah ketik")
    assert meta.send(own, message="betul") == {"success": True}
    assert meta.get(own, fields="message")["message"] == "betul"
    with pytest.raises(Refused) as no:
        meta.send(said, message="bukan milik kami")
    assert no.value.code == (200, None)
    assert meta.send(said, is_hidden="true") == {"success": True}
    assert meta.get(said, fields="is_hidden")["is_hidden"] is True
    assert meta.sandbox.get("meta/objects", where="comment")["objects"] == []
    meta.send(said, is_hidden="false")
    assert meta.sandbox.get("meta/objects", where="comment")["objects"][0]["replies"]
    assert meta.ask("DELETE", said) == {"success": True}
    for gone in (said, own):
        with pytest.raises(Refused) as no:
            meta.reply(gone, "masih ada?")
        assert no.value.code == (100, 33)
    kinds = [entry["kind"] for entry in meta.sandbox.ledger()]
    assert kinds == ["post", "post", "edit", "hide", "unhide", "delete"]


def test_the_same_text_twice_in_a_row(meta: Meta) -> None:
    one, other = meta.says("comment", "satu")["id"], meta.says("comment", "dua")["id"]
    meta.reply(one, "Siap, Kak")
    with pytest.raises(Refused) as no:
        meta.reply(one, "Siap, Kak ")
    assert no.value.code == (506, None)
    meta.reply(other, "Siap, Kak")
    meta.reply(one, "Lain")
    meta.reply(one, "Siap, Kak")
    meta.switch(refuse_duplicates=False)
    meta.reply(one, "Siap, Kak")


@pytest.mark.parametrize(
    ("path", "params", "code"),
    [
        ("{post}/comments", {"message": " "}, (100, None)),
        ("{post}/comments", {"message": "x" * 8001}, (100, None)),
        ("123/comments", {"message": "x"}, (100, 33)),
        ("{other}/comments", {"message": "x"}, (100, 33)),
        ("{post}/likes", {}, (2500, None)),
        ("{post}", {}, (100, None)),
        ("{post}/comments", {"message": "x", "access_token": "salah"}, (190, None)),
        ("{post}/comments", {"message": "x", "access_token": ""}, (104, None)),
        ("{post}/comments", {"message": "x", "appsecret_proof": "00"}, (100, None)),
    ],
    ids=str,
)
def test_what_is_refused(
    meta: Meta, path: str, params: dict[str, str], code: tuple[int, int | None]
) -> None:
    other = meta.app["pages"][1]["posts"][0]
    with pytest.raises(Refused) as no:
        meta.send(path.format(post=meta.post, other=other), **params)
    assert no.value.code == code
    assert meta.sandbox.ledger() == []


def test_a_picture_by_address_and_by_upload(meta: Meta) -> None:
    said = meta.says("comment", "lihat ini", attachments=[{"type": "image"}])
    shown = meta.get(said["id"], fields="attachment")["attachment"]
    picture = httpx2.get(shown["media"]["image"]["src"])
    assert picture.headers["content-type"] == "image/png"
    answer = meta.send(f"{said['id']}/comments", attachment_url=str(picture.url))["id"]
    copy = meta.get(answer, fields="attachment")["attachment"]["media"]["image"]["src"]
    assert copy != str(picture.url)
    assert httpx2.get(copy).content == picture.content
    with pytest.raises(Refused) as no:
        meta.send(f"{said['id']}/comments", attachment_url=f"{meta.sandbox.url}/tidak-ada.png")
    assert no.value.code == (100, 2018008)
    uploaded = httpx2.post(
        f"{meta.sandbox.url}/v26.0/{said['id']}/comments",
        data={"message": "peta", "access_token": meta.token},
        files={"source": ("peta.png", picture.content, "image/png")},
    )
    assert uploaded.status_code == 200


def test_a_private_reply_once_and_for_seven_days(meta: Meta) -> None:
    said = meta.says("comment", "nomor saya di sini", name="Siti")
    old = meta.says("comment", "dulu", name="Lama")
    to = {"recipient": {"comment_id": said["id"]}, "message": {"text": "Lewat sini saja, Kak"}}
    assert meta.get(said["id"], fields="can_reply_privately")["can_reply_privately"] is True
    sent = meta.send("me/messages", **to)
    assert sent["recipient_id"] == said["psid"]
    assert meta.get(said["id"], fields="can_reply_privately")["can_reply_privately"] is False
    with pytest.raises(Refused) as no:
        meta.send(f"{meta.id}/messages", **to)
    assert no.value.code == (10900, None)
    with pytest.raises(Refused) as no:
        meta.write(said["psid"])
    assert no.value.code == (10, 2018278)
    meta.says("message", "baik pak", name="Siti")
    meta.write(said["psid"])
    entry = meta.sandbox.ledger(platform="messenger")[0]
    assert (entry["by"], entry["in_reply_to"]) == ("api", said["id"])
    meta.sandbox.clock.write_text(str(7 * DAY + 60))
    with pytest.raises(Refused) as no:
        meta.send("me/messages", recipient={"comment_id": old["id"]}, message={"text": "x"})
    assert no.value.code == (10, 2018278)


def test_a_new_comment_can_be_slow_to_show(meta: Meta) -> None:
    meta.switch(visibility_lag=60)
    said = meta.says("comment", "pelan")["id"]
    assert meta.get(f"{meta.post}/comments") == {"data": []}
    assert meta.get(said)["id"] == said
    meta.sandbox.clock.write_text("61")
    assert [each["id"] for each in meta.get(f"{meta.post}/comments")["data"]] == [said]
