"""LINE's webhooks: every kind of event in its shape, groups, batches, the unknown (§7.2, §7.5)."""

import csv
import json
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any
from uuid import uuid4

import pytest

from tests.sandbox.line_client import Line, arrive, events
from tests.sandbox.sandbox_server import Sandbox, until
from tests.sandbox.webhook_receiver import Receiver, listening


@pytest.fixture
def line(sandbox: Sandbox) -> Iterator[Line]:
    yield Line(sandbox)
    sandbox.http.delete(f"{sandbox.url}/_sandbox/push", timeout=5)


@pytest.fixture
def receiver(line: Line) -> Iterator[Receiver]:
    with listening() as receiver:
        line.listen(receiver)
        yield receiver


def one(
    line: Line, receiver: Receiver, *args: str, **more: Any
) -> tuple[dict[str, Any], dict[str, str]]:
    """A citizen does something; its event, and who and where."""
    count = len(events(receiver))
    done = line.says(*args, **more)
    return arrive(receiver, count + 1)[-1], done


def test_a_text(line: Line, receiver: Receiver) -> None:
    name = line.account["name"]
    first, done = one(line, receiver, f"😀 @{name} halo $", emojis=[{"index": 0, "length": 1}])
    assert json.loads(receiver.got[0].body)["destination"] == line.account["user_id"]
    assert line.genuine(receiver.got[0])
    assert first["source"] == {"type": "user", "userId": done["user_id"]}
    assert (first["type"], first["mode"]) == ("message", "active")
    assert first["deliveryContext"] == {"isRedelivery": False}
    assert len(first["webhookEventId"]) == 26
    assert len(first["replyToken"]) == 32
    message = first["message"]
    assert (message["id"], message["type"]) == (done["id"], "text")
    assert message["quoteToken"]
    assert message["markAsReadToken"]
    (named,) = message["mention"]["mentionees"]
    assert (named["index"], named["length"], named["isSelf"]) == (3, len(name) + 1, True)
    quoting, _done = one(line, receiver, "maksud saya ini", quoted=done["id"])
    assert quoting["message"]["quotedMessageId"] == done["id"]
    assert quoting["timestamp"] >= first["timestamp"]


def test_what_else_a_citizen_can_send(line: Line, receiver: Receiver) -> None:
    sticker, _done = one(line, receiver, "halo", type="sticker")
    assert {"packageId", "stickerId", "stickerResourceType", "keywords"} <= set(sticker["message"])
    location, _done = one(
        line, receiver, "Kos saya", type="location", latitude=-1.2, longitude=116.8
    )
    assert (location["message"]["title"], location["message"]["latitude"]) == ("Kos saya", -1.2)
    video, _done = one(line, receiver, type="video")
    assert video["message"]["duration"] > 0
    assert video["message"]["contentProvider"] == {"type": "line"}
    file, done = one(line, receiver, "surat", type="file")
    content = line.call("GET", f"/v2/bot/message/{done['id']}/content").content
    assert (file["message"]["fileName"], file["message"]["fileSize"]) == ("surat.pdf", len(content))
    assert "quoteToken" not in file["message"]
    outside, done = one(line, receiver, type="image", external="https://contoh.id/a.png")
    assert outside["message"]["contentProvider"]["originalContentUrl"] == "https://contoh.id/a.png"
    assert line.call("GET", f"/v2/bot/message/{done['id']}/content").status_code == 404
    unknown, _done = one(line, receiver, "apa ini", type="unknown")
    assert unknown["message"]["type"] == "kartuNama"
    assert unknown["replyToken"]
    strange, _done = one(line, receiver, type="unknown_event")
    assert strange["type"] == "astrologi"


def test_several_pictures_belong_together(line: Line, receiver: Receiver) -> None:
    line.says("foto", type="image", count=3)
    found = sorted(arrive(receiver, 3), key=lambda event: int(event["message"]["id"]))
    sets = [event["message"]["imageSet"] for event in found]
    assert [(each["index"], each["total"]) for each in sets] == [(1, 3), (2, 3), (3, 3)]
    assert len({each["id"] for each in sets}) == 1


def test_follow_postback_unsend_unfollow(line: Line, receiver: Receiver) -> None:
    follow, _done = one(line, receiver, type="follow")
    assert (follow["follow"], "replyToken" in follow) == ({"isUnblocked": False}, True)
    postback, _done = one(
        line, receiver, "aksi=lacak", type="postback", params={"date": "2026-11-22"}
    )
    assert postback["postback"] == {"data": "aksi=lacak", "params": {"date": "2026-11-22"}}
    assert postback["replyToken"]
    _event, done = one(line, receiver, "salah kirim")
    line.sandbox.post("line/change", id=done["id"], do="unsend")
    unsend = arrive(receiver, 4)[-1]
    assert (unsend["unsend"], "replyToken" in unsend) == ({"messageId": done["id"]}, False)
    line.sandbox.post("line/change", id=done["id"], do="unsend")
    chat = line.sandbox.get("line/chats", thread=done["thread"])["chats"][0]
    assert (chat["messages"][0]["text"], chat["messages"][0]["unsent"]) == ("", True)
    unfollow, _done = one(line, receiver, type="unfollow")
    assert ("unfollow" in unfollow, "replyToken" in unfollow) == (False, False)
    back, _done = one(line, receiver, type="follow")
    assert back["follow"] == {"isUnblocked": True}
    kinds = [entry["kind"] for entry in line.sandbox.ledger()]
    assert kinds == ["follow", "postback", "message", "unsend", "unfollow", "follow"]


def test_groups_with_and_without_a_user(line: Line, receiver: Receiver) -> None:
    group, done = one(line, receiver, "izin lapor", group="Grup RT 12")
    assert group["source"] == {
        "type": "group",
        "groupId": done["thread"],
        "userId": done["user_id"],
    }
    line.sandbox.post("line/switches", hide_group_user=True)
    hidden, _done = one(line, receiver, "izin lapor lagi", group="Grup RT 12")
    assert hidden["source"] == {"type": "group", "groupId": done["thread"]}
    room, _done = one(line, receiver, "halo", group="Kumpul", room=True)
    assert room["source"]["type"] == "room"
    assert room["source"]["roomId"].startswith("R")
    joined, _done = one(line, receiver, type="join", group="Grup RT 12")
    assert joined["source"] == {"type": "group", "groupId": done["thread"]}
    assert line.reply(group["replyToken"], "Siap").status_code == 200


def test_a_native_answer_produces_nothing(line: Line, receiver: Receiver) -> None:
    _event, done = one(line, receiver, "SIM hilang")
    line.says("Silakan ke Satpas", **{"as": "native"})
    chat = line.sandbox.get("line/chats")["chats"][0]
    assert [each["by"] for each in chat["messages"]] == ["citizen", "native"]
    assert chat["name"] == "Budi"
    assert line.sandbox.ledger()[-1]["by"] == "native"
    one(line, receiver, "terima kasih")  # the next event is the citizen's: the answer made none
    assert done["thread"] == chat["thread"]


def test_several_events_in_one_post(line: Line, receiver: Receiver) -> None:
    line.sandbox.post("line/switches", batch=3)
    for n in range(7):
        line.says(f"pesan {n}", name=f"Warga {n % 2}")
    until(lambda: len(receiver.got) == 2)
    line.sandbox.post("push/flush")
    sizes = sorted(len(json.loads(got.body)["events"]) for got in receiver.got)
    assert sizes == [1, 3, 3]
    assert len({event["webhookEventId"] for event in events(receiver)}) == 7
    line.sandbox.post("line/switches", batch=5)
    line.says("tersisa")
    line.sandbox.post("line/switches", batch=1)
    arrive(receiver, 8)


def test_standby_and_a_webhook_that_is_off(line: Line, receiver: Receiver) -> None:
    line.sandbox.post("line/switches", standby=True)
    event, _done = one(line, receiver)
    assert (event["mode"], "replyToken" in event) == ("standby", False)
    line.sandbox.post("line/switches", use_webhook=False)
    line.says("tidak sampai")
    shown = line.call("GET", "/v2/bot/channel/webhook/endpoint").json()
    assert shown == {"endpoint": receiver.url, "active": False}
    assert line.sandbox.post("push/flush")["deliveries"] == 0
    assert len(receiver.got) == 1


def test_arbitrary_events_signed_as_asked(line: Line, receiver: Receiver) -> None:
    for signed in ("right", "wrong", "none"):
        line.sandbox.post("line/event", events=[{"apa": signed}, 7], signed=signed)
    until(lambda: len(receiver.got) == 3)
    found = {json.loads(got.body)["events"][0]["apa"]: got for got in receiver.got}
    assert line.genuine(found["right"])
    assert "x-line-signature" in found["wrong"].headers
    assert not line.genuine(found["wrong"])
    assert "x-line-signature" not in found["none"].headers


def test_the_webhook_is_set_and_tested(line: Line) -> None:
    where, test = "/v2/bot/channel/webhook/endpoint", "/v2/bot/channel/webhook/test"
    assert line.call("GET", where).status_code == 404
    assert line.call("PUT", where, {"endpoint": "http://contoh.id/x"}).status_code == 400
    with listening() as receiver:
        line.listen(receiver)
        well = line.call("POST", test).json()
        assert (well["success"], well["statusCode"], well["reason"]) == (True, 200, "OK")
        assert json.loads(receiver.got[0].body) == {
            "destination": line.account["user_id"], "events": [],
        }  # fmt: skip
        assert line.genuine(receiver.got[0])
        receiver.answers = [404]
        ill = line.call("POST", test, {"endpoint": receiver.url}).json()
        assert (ill["success"], ill["statusCode"], ill["reason"]) == (
            False,
            404,
            "error_status_code",
        )
    gone = line.call("POST", test, {"endpoint": "http://127.0.0.1:9/x"}).json()
    assert (gone["success"], gone["reason"]) == (False, "could_not_connect")
    info = line.call("GET", "/v2/bot/info").json()
    assert (info["basicId"], info["userId"]) == (line.account["basic_id"], line.account["user_id"])


@pytest.mark.parametrize(
    "wish",
    [{}, {"name": "a", "type": "x"}, {"name": "a", "text": " "}, {"name": "a", "as": "x"}, {"user_id": "U1"},
     {"name": "a", "text": "b", "account": "c"}, {"name": "a", "type": "join"}, {"name": "a", "text": "b", "quoted": "1"}],
    ids=repr,
)  # fmt: skip
def test_what_cannot_be_written(sandbox: Sandbox, wish: dict[str, str]) -> None:
    answer = sandbox.http.post(f"{sandbox.url}/_sandbox/line/write", json=wish, timeout=5)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert sandbox.ledger() == []


def test_stories_and_a_feed_on_line(own: Callable[..., Sandbox]) -> None:
    rows = [f"aduan {n}" for n in range(20)]
    sandbox = own(FEED_RATE="0", FEED_ROOMS="line")
    path = sandbox.var / "aduan.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["text"], *[[row] for row in rows]])
    sandbox.environment["FEED"] = str(path)
    sandbox.start()
    until(lambda: sandbox.get("feed")["done"])
    assert [entry["text"] for entry in sandbox.ledger(platform="line")] == rows
    assert len({entry["account"] for entry in sandbox.ledger()}) == 20


def test_lines_own_client_reads_all_of_it(line: Line, receiver: Receiver) -> None:
    sdk, hook = import_module("linebot.v3.messaging"), import_module("linebot.v3.webhook")
    kinds = ("text", "sticker", "image", "video", "audio", "file", "location", "postback", "follow")
    for kind in (*kinds, "unfollow"):
        line.says("halo", type=kind)
    line.says("halo", name="Siti", group="Grup RT 12")
    parser = hook.WebhookParser(line.account["channel_secret"])
    line.sandbox.post("push/flush")
    read = [
        event
        for got in receiver.got
        for event in parser.parse(got.body.decode(), got.headers["x-line-signature"])
    ]
    assert len(read) == len(kinds) + 2
    assert "UnknownEvent" not in {type(event).__name__ for event in read}
    configuration = sdk.Configuration(host=line.sandbox.url, access_token=line.token)
    with sdk.ApiClient(configuration) as client:
        to = line.says("halo", name="Siti")["user_id"]
        wish = sdk.PushMessageRequest(to=to, messages=[sdk.TextMessage(text="Siap")])
        answer = sdk.MessagingApi(client).push_message_with_http_info(
            wish, x_line_retry_key=str(uuid4())
        )
        assert answer.headers["X-Line-Request-Id"]
        assert answer.data.sent_messages[0].quote_token
        picture = line.says(type="image", name="Siti")["id"]
        assert sdk.MessagingApiBlob(client).get_message_content(picture).startswith(b"\x89PNG")
