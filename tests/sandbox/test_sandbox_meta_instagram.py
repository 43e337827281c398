"""Instagram comments, replies and mentions as the Graph API shows them (platforms.md §6)."""

import pytest

from tests.sandbox.meta_client import Meta, Refused
from tests.sandbox.sandbox_server import Sandbox

FIELDS = "id,text,timestamp,username,from,like_count,hidden,replies{id,text,timestamp,username}"


@pytest.fixture
def meta(sandbox: Sandbox) -> Meta:
    return Meta(sandbox)


def test_comments_newest_first_with_their_replies(meta: Meta) -> None:
    first = meta.says("ig_comment", "harga?", name="lena.p")["id"]
    second = meta.says("ig_comment", "jam buka?", name="dimas")["id"]
    answer = meta.send(f"{first}/replies", message="Gratis, Kak")["id"]
    below = meta.send(f"{answer}/replies", message="Tanpa biaya")["id"]
    page = meta.get(f"{meta.media}/comments", fields=FIELDS)["data"]
    assert [each["id"] for each in page] == [second, first]
    assert "replies" not in page[0] or page[0]["replies"]["data"] == []
    assert [each["id"] for each in page[1]["replies"]["data"]] == [answer, below]
    assert page[1]["from"]["username"] == "lena.p"
    replies = meta.get(f"{first}/replies", fields="id,from,parent_id")["data"]
    assert {each["parent_id"] for each in replies} == {first}
    assert replies[0]["from"] == {"id": meta.ig["id"], "username": meta.ig["username"]}
    media = meta.get(f"{meta.ig['id']}/media", fields="id,timestamp,comments_count,permalink")
    assert {each["id"]: each["comments_count"] for each in media["data"]}[meta.media] == 4


def test_fifty_comments_a_page(meta: Meta) -> None:
    for n in range(51):
        meta.says("ig_comment", f"komentar {n}", silent=True)
    page = meta.get(f"{meta.media}/comments", limit=100)
    assert len(page["data"]) == 50
    rest = meta.get(f"{meta.media}/comments", after=page["paging"]["cursors"]["after"])
    assert [each["text"] for each in rest["data"]] == ["komentar 0"]


def test_a_fields_parameter_writes_and_then_refuses(meta: Meta) -> None:
    said = meta.says("ig_comment", "harga?")["id"]
    with pytest.raises(Refused) as no:
        meta.send(f"{said}/replies", message="Gratis", fields="id,text")
    assert no.value.code == (20, 1772107)
    assert no.value.status == 400
    assert [each["text"] for each in meta.get(f"{said}/replies")["data"]] == ["Gratis"]


def test_named_in_a_comment_and_in_a_caption_elsewhere(meta: Meta) -> None:
    name = f"@{meta.ig['username']}"
    comment = meta.says("ig_mention_comment", f"tanya {name}", name="lena.p")["id"]
    caption = meta.says("ig_mention_caption", f"parkir mahal {name}", name="kota")["id"]
    photo = meta.says("ig_mention_caption", f"foto {name}", tagged=True)["id"]
    shape = "mentioned_comment.comment_id({}){{id,text,timestamp,username,media{{id}}}}"
    found = meta.get(meta.ig["id"], fields=shape.format(comment))["mentioned_comment"]
    assert (found["username"], found["text"]) == ("lena.p", f"tanya {name}")
    shape = "mentioned_media.media_id({}){{caption,permalink,media_type,username,timestamp}}"
    seen = meta.get(meta.ig["id"], fields=shape.format(caption))["mentioned_media"]
    assert seen["caption"] == f"parkir mahal {name}"
    assert [each["id"] for each in meta.get(f"{meta.ig['id']}/tags")["data"]] == [photo]
    sent = meta.send(
        f"{meta.ig['id']}/mentions",
        media_id=found["media"]["id"],
        comment_id=comment,
        message="Halo Kak",
    )["id"]
    assert meta.sandbox.ledger(platform="instagram")[-1]["in_reply_to"] == comment
    assert meta.send(f"{meta.ig['id']}/mentions", media_id=caption, message="Kami cek")["id"]
    for node in (comment, caption, sent):
        with pytest.raises(Refused) as no:
            meta.get(node)
        assert no.value.code == (100, 33)
    meta.switch(mentions_visible=False)
    with pytest.raises(Refused) as no:
        meta.get(meta.ig["id"], fields=f"mentioned_media.media_id({caption}){{id}}")
    assert no.value.code[0] == 100


def test_hide_and_delete(meta: Meta) -> None:
    said = meta.says("ig_comment", "kasar")["id"]
    meta.send(said, hide="true")
    assert meta.get(said, fields="hidden")["hidden"] is True
    assert meta.sandbox.get("meta/objects", where="ig_comment")["objects"] == []
    meta.ask("DELETE", said)
    for path in (said, f"{said}/replies"):
        with pytest.raises(Refused) as no:
            meta.get(path)
        assert no.value.code == (100, 33)


def test_a_private_reply_to_a_comment(meta: Meta) -> None:
    said = meta.says("ig_comment", "DM ya", name="lena.p")
    to = {"recipient": {"comment_id": said["id"]}, "message": {"text": "Silakan, Kak"}}
    assert meta.send(f"{meta.ig['id']}/messages", **to)["recipient_id"] == said["psid"]
    with pytest.raises(Refused) as no:
        meta.send("me/messages", **to)
    assert no.value.code == (10900, None)


@pytest.mark.parametrize(
    ("path", "params", "code"),
    [
        ("{media}/comments", {"message": ""}, 100),
        ("{media}/comments", {"message": "x" * 2201}, 100),
        ("{other}/comments", {"message": "x"}, 100),
        ("{ig}/mentions", {"media_id": "1", "message": "x"}, 100),
        ("{media}/replies", {"message": "x"}, 2500),
    ],
    ids=str,
)
def test_what_is_refused(meta: Meta, path: str, params: dict[str, str], code: int) -> None:
    other = meta.app["pages"][1]["instagram"]["media"][0]
    with pytest.raises(Refused) as no:
        meta.send(path.format(media=meta.media, ig=meta.ig["id"], other=other), **params)
    assert no.value.code[0] == code
    assert meta.sandbox.ledger() == []


def test_permissions(meta: Meta) -> None:
    said = meta.says("ig_comment", "halo")["id"]
    meta.switch(missing=["instagram_manage_comments"])
    with pytest.raises(Refused) as no:
        meta.send(f"{said}/replies", message="x")
    assert no.value.code == (10, None)
    meta.switch(missing=["instagram_basic"])
    assert "instagram_business_account" not in meta.get("me", fields="instagram_business_account")
