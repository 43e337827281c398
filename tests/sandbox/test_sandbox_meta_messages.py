"""Messenger and Instagram messages: windows, lengths, conversations, profiles (platforms.md §5, §6)."""

from typing import Any

import httpx2
import pytest

from tests.sandbox.meta_client import Meta, Refused
from tests.sandbox.sandbox_server import Sandbox

HOUR, DAY = 3600, 86_400
BOTH = pytest.mark.parametrize("where", ["message", "ig_message"])


@pytest.fixture
def meta(sandbox: Sandbox) -> Meta:
    return Meta(sandbox)


@BOTH
def test_a_chat_is_read_back(meta: Meta, where: str) -> None:
    said = meta.says(where, "Pagi", name="Rara Amelia")
    person = said["psid"]
    sent = meta.write(person, "Selamat pagi, Kak")
    assert sent["recipient_id"] == person
    native = meta.sandbox.post("meta/write", **{"as": "native", "where": where, "on": person, "text": "dari aplikasi"})  # fmt: skip
    platform = "instagram" if where == "ig_message" else "messenger"
    found = meta.get(
        f"{meta.id}/conversations",
        platform=platform,
        user_id=person,
        fields="id,updated_time,participants,messages.limit(20){id,created_time,from,to,message}",
    )["data"]
    assert [each["id"] for each in found] == [said["thread"]]
    own = meta.ig["id"] if where == "ig_message" else meta.id
    rows = [
        (each["id"], each["from"]["id"], each["message"]) for each in found[0]["messages"]["data"]
    ]
    assert rows == [
        (native["id"], own, "dari aplikasi"),
        (sent["message_id"], own, "Selamat pagi, Kak"),
        (said["id"], person, "Pagi"),
    ]
    other = "messenger" if platform == "instagram" else "instagram"
    assert meta.get(f"{meta.id}/conversations", platform=other) == {"data": []}
    assert meta.get(said["id"], fields="message")["message"] == "Pagi"
    ledger = meta.sandbox.ledger(platform="instagram_dm" if where == "ig_message" else "messenger")
    assert [entry["by"] for entry in ledger] == ["citizen", "api", "native"]


def test_only_the_twenty_newest_can_be_read(meta: Meta) -> None:
    ids = [meta.says("message", f"ke-{n}", name="Rajin")["id"] for n in range(23)]
    person = meta.says("message", "terakhir", name="Rajin")["psid"]
    url = f"t_{person}/messages"
    first = meta.get(url, limit=15)
    second = httpx2.get(first["paging"]["next"]).json()
    assert len(first["data"]) + len(second["data"]) == 20
    assert "next" not in second["paging"]
    with pytest.raises(Refused) as no:
        meta.get(ids[0])
    assert no.value.code == (100, 33)


@BOTH
@pytest.mark.parametrize(
    ("passed", "granted", "how", "code"),
    [
        (23 * HOUR, False, {}, None),
        (25 * HOUR, False, {}, (10, 2018278)),
        (25 * HOUR, False, {"messaging_type": "UPDATE"}, (10, 2018278)),
        (25 * HOUR, False, {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}, (10, None)),
        (25 * HOUR, True, {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}, None),
        (7 * DAY + 9, True, {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}, (10, 2018278)),
        (HOUR, True, {"messaging_type": "MESSAGE_TAG", "tag": "ACCOUNT_UPDATE"}, (100, None)),
        (HOUR, True, {"messaging_type": "MESSAGE_TAG"}, (100, None)),
        (HOUR, True, {"messaging_type": "SALAM"}, (100, None)),
    ],
)
def test_windows(
    meta: Meta, where: str, passed: int, granted: bool, how: dict[str, str], code: Any
) -> None:
    meta.switch(human_agent=granted)
    person = meta.says(where, "Pagi")["psid"]
    meta.sandbox.clock.write_text(str(passed))
    if code is None:
        assert meta.write(person, **how)["message_id"]
        return
    with pytest.raises(Refused) as no:
        meta.write(person, **how)
    assert no.value.code == code
    assert len(meta.sandbox.ledger()) == 1


def test_our_own_message_opens_no_window(meta: Meta) -> None:
    person = meta.says("message", "Pagi")["psid"]
    meta.sandbox.clock.write_text(str(20 * HOUR))
    meta.write(person)
    meta.sandbox.clock.write_text(str(30 * HOUR))
    with pytest.raises(Refused):
        meta.write(person)
    meta.says("postback", "Mulai")
    meta.write(person)


@pytest.mark.parametrize(
    ("where", "fits", "too_long"),
    [
        ("message", "x" * 2000, "x" * 2001),
        ("message", "ก" * 2000, "ก" * 2001),
        ("ig_message", "x" * 1000, "x" * 1001),
        ("ig_message", "ก" * 333, "ก" * 334),
    ],
    ids=["letters", "characters", "bytes", "three bytes each"],
)
def test_lengths(meta: Meta, where: str, fits: str, too_long: str) -> None:
    person = meta.says(where, "Pagi")["psid"]
    with pytest.raises(Refused) as no:
        meta.write(person, too_long)
    assert no.value.code[0] == 100
    assert meta.write(person, fits)["message_id"]


def test_who_cannot_be_written_to(meta: Meta) -> None:
    stranger = Meta(meta.sandbox, 1).says("message", "Halo", name="Tamu")["psid"]
    known = meta.says("message", "Halo", name="Tamu")["psid"]
    assert stranger != known
    for person, code in ((stranger, (100, 2018001)), ("1", (100, 2018001)), ("", (100, None))):
        with pytest.raises(Refused) as no:
            meta.write(person)
        assert no.value.code == code
    meta.switch(unavailable=[known])
    with pytest.raises(Refused) as no:
        meta.write(known)
    assert no.value.code[0] == 551
    for message in (
        {},
        {"text": "x", "attachment": {"type": "image", "payload": {"url": "http://x"}}},
    ):
        with pytest.raises(Refused):
            meta.send("me/messages", recipient={"id": known}, message=message)


def test_an_attachment_by_address_and_by_upload(meta: Meta) -> None:
    said = meta.says("message", "ini fotonya", attachments=[{"type": "image"}, {"type": "file"}])
    shown = meta.get(said["id"], fields="attachments")["attachments"]["data"]
    assert shown[0]["image_data"]["url"].startswith(meta.sandbox.url)
    assert shown[1]["mime_type"] == "application/pdf"
    picture = httpx2.get(shown[0]["image_data"]["url"])
    attachment = {"type": "image", "payload": {"url": str(picture.url)}}
    sent = meta.write(said["psid"], "", message={"attachment": attachment})
    assert sent["attachment_id"]
    with pytest.raises(Refused) as no:
        meta.write(said["psid"], "", message={"attachment": {**attachment, "type": "video"}})
    assert no.value.code == (100, 2018047)
    uploaded = httpx2.post(
        f"{meta.sandbox.url}/v26.0/me/messages",
        data={
            "recipient": f'{{"id":"{said["psid"]}"}}',
            "message": '{"attachment":{"type":"image","payload":{}}}',
            "access_token": meta.token,
        },
        files={"filedata": ("peta.png", picture.content, "image/png")},
    ).json()
    back = meta.get(uploaded["message_id"], fields="attachments")["attachments"]["data"][0]
    assert httpx2.get(back["image_data"]["url"]).content == picture.content


def test_profiles(meta: Meta) -> None:
    person = meta.says("message", "Pagi", name="Rara Ayu Amelia")["psid"]
    follower = meta.says("ig_message", "Pagi", name="rara.ayu")["psid"]
    shown = meta.get(person, fields="first_name,last_name,profile_pic")
    assert (shown["first_name"], shown["last_name"]) == ("Rara", "Ayu Amelia")
    assert meta.get(follower, fields="username")["username"] == "rara.ayu"
    for state, code in (("consent", 230), ("gone", 100)):
        meta.switch(profiles=state)
        with pytest.raises(Refused) as no:
            meta.get(person, fields="name")
        assert no.value.code[0] == code


def test_a_message_is_edited_and_unsent(meta: Meta) -> None:
    said = meta.says("message", "salah kirim")
    meta.sandbox.post("meta/change", id=said["id"], do="edit", text="salah tulis")
    chat = meta.sandbox.get("meta/objects", where="message", under=said["psid"])["objects"]
    assert [(each["text"], each["edited"]) for each in chat] == [("salah tulis", True)]
    meta.sandbox.post("meta/change", id=said["id"], do="unsend")
    assert meta.sandbox.get("meta/objects", where="message")["objects"] == []
    with pytest.raises(Refused):
        meta.get(said["id"])
    assert [entry["kind"] for entry in meta.sandbox.ledger()] == ["post", "edit", "delete"]
