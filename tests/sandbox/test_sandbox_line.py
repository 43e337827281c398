"""LINE's API: sending, its limits and refusals, content, profiles (platforms.md §7.1, §7.3, §7.4)."""

import uuid
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import requests

from tests.sandbox.line_client import Line, arrive, events
from tests.sandbox.sandbox_server import Sandbox
from tests.sandbox.webhook_receiver import Receiver, listening


@pytest.fixture
def line(sandbox: Sandbox) -> Line:
    return Line(sandbox)


@pytest.fixture
def receiver(line: Line) -> Iterator[Receiver]:
    """Where the account's webhooks go."""
    with listening() as receiver:
        line.listen(receiver)
        yield receiver
        line.sandbox.http.delete(f"{line.sandbox.url}/_sandbox/push", timeout=5)


def token_of(line: Line, receiver: Receiver, **more: Any) -> tuple[str, dict[str, str]]:
    """A citizen writes; the reply token, and who and where."""
    count = len(events(receiver))
    done = line.says(**more)
    return str(arrive(receiver, count + 1)[-1]["replyToken"]), done


def problems(answer: requests.Response) -> list[str]:
    assert answer.status_code == 400
    return [each["property"] for each in answer.json()["details"]]


def said(line: Line, thread: str) -> list[dict[str, Any]]:
    """A chat as the citizen sees it."""
    found = line.sandbox.get("line/chats", thread=thread, account=line.account["basic_id"])
    return list(found["chats"][0]["messages"])


def test_a_push_stands_in_the_chat_and_in_the_ledger(line: Line) -> None:
    done = line.says("Halo", name="Budi")
    answer = line.push(done["user_id"], "Selamat pagi", "Kami cek")
    assert answer.status_code == 200
    assert answer.headers["X-Line-Request-Id"]
    sent = answer.json()["sentMessages"]
    assert [bool(each["quoteToken"]) for each in sent] == [True, True]
    assert int(sent[0]["id"]) > 2**53
    assert [(each["by"], each["text"], each["via"]) for each in said(line, done["thread"])] == [
        ("citizen", "Halo", ""),
        ("api", "Selamat pagi", "push"),
        ("api", "Kami cek", "push"),
    ]
    entry = line.sandbox.ledger(platform="line")[1]
    assert entry | {"at": "", "n": 0} == {
        "n": 0, "at": "", "platform": "line", "kind": "message", "id": sent[0]["id"],
        "account": line.account["basic_id"], "text": "Selamat pagi", "sent": "Selamat pagi",
        "in_reply_to": done["user_id"], "by": "api",
    }  # fmt: skip


def test_the_retry_key_is_accepted_once(line: Line) -> None:
    to = line.says()["user_id"]
    key = str(uuid.uuid4())
    first = line.push(to, "sekali", key=key)
    again = line.push(to, "teks lain tidak dibandingkan", key=key)
    assert (first.status_code, again.status_code) == (200, 409)
    assert again.json() == {
        "message": "The retry key is already accepted",
        "sentMessages": first.json()["sentMessages"],
    }
    assert again.headers["X-Line-Accepted-Request-Id"] == first.headers["X-Line-Request-Id"]
    assert again.headers["X-Line-Request-Id"] != first.headers["X-Line-Request-Id"]
    assert (
        Line(line.sandbox, 1).push(to, "akun lain", key=key).status_code == 400
    )  # not its citizen
    line.sandbox.clock.write_text(str(24 * 3600 + 5))
    assert line.push(to, "sehari kemudian", key=key).status_code == 200
    assert line.push(to, "x", key="bukan-uuid").status_code == 400


@pytest.mark.parametrize("kind", ["500_after", "reset_after", "bad_json_after", "truncated_after"])
def test_a_retry_tells_what_became_of_the_first_try(line: Line, kind: str) -> None:
    to = line.says()["user_id"]
    line.sandbox.post(
        "faults", platform="line", method="POST", path="/v2/bot/message/push", kind=kind
    )
    key = str(uuid.uuid4())
    with suppress(requests.RequestException):
        line.push(to, "sekali", key=key).json()
    assert line.push(to, "sekali", key=key).status_code == 409
    assert [each["by"] for each in line.sandbox.ledger(platform="line")] == ["citizen", "api"]


def test_a_reply_token_works_once_for_a_minute(line: Line, receiver: Receiver) -> None:
    token, done = token_of(line, receiver)
    line.sandbox.post("line/switches", quota=0)
    assert line.reply(token, "Siap").status_code == 200  # free of charge
    entry = line.sandbox.ledger(platform="line")[-1]
    assert (entry["in_reply_to"], entry["by"]) == (done["id"], "api")
    again = line.reply(token, "Siap")
    assert (again.status_code, again.json()) == (400, {"message": "Invalid reply token"})
    late, _done = token_of(line, receiver)
    line.sandbox.clock.write_text("61")
    assert line.reply(late, "Terlambat").json() == {"message": "Invalid reply token"}
    fresh, _done = token_of(line, receiver)
    keyed = line.reply(fresh, "x", **{"X-Line-Retry-Key": str(uuid.uuid4())})
    assert keyed.status_code == 400
    assert Line(line.sandbox, 1).reply(fresh, "bukan akunnya").status_code == 400
    assert line.reply(fresh, "masih berlaku").status_code == 200


def test_the_messages_are_checked(line: Line) -> None:
    to = line.says()["user_id"]
    path = "/v2/bot/message/push"

    def send(*found: Any) -> requests.Response:
        return line.call("POST", path, {"to": to, "messages": list(found)})

    def picture(url: str) -> dict[str, str]:
        return {"type": "image", "originalContentUrl": url, "previewImageUrl": url}

    text = {"type": "text", "text": "a"}
    assert send(*[text] * 5).status_code == 200
    assert problems(send(*[text] * 6)) == ["messages"]
    assert problems(send()) == ["messages"]
    assert send({"type": "text", "text": "😀" * 2500}).status_code == 200
    assert problems(send({"type": "text", "text": "😀" * 2500 + "a"})) == ["messages[0].text"]
    bad = send(text, {"type": "text", "text": ""}, {"type": "kartu"})
    assert bad.json()["message"] == "The request body has 2 error(s)"
    assert problems(bad) == ["messages[1].text", "messages[2].type"]
    assert problems(send({"type": "image"})) == [
        "messages[0].originalContentUrl", "messages[0].previewImageUrl",
    ]  # fmt: skip
    assert send(picture("https://contoh.id/a.png")).status_code == 200
    assert len(problems(send(picture("http://127.0.0.1:1/a.png")))) == 2
    line.sandbox.post("line/switches", http_loopback=True)
    assert send(picture("http://127.0.0.1:1/a.png")).status_code == 200
    assert len(problems(send(picture("http://contoh.id/a.png")))) == 2
    assert line.call("POST", path, {"messages": [text]}).status_code == 400
    assert line.call("POST", path, [1]).json()["message"].startswith("The request body could not")
    assert (
        line.call("POST", path, {"to": to, "messages": [text], "x": "y" * 2_000_001}).status_code
        == 413
    )
    count = len(line.sandbox.ledger())
    for kind in ("push", "reply"):
        checked = f"/v2/bot/message/validate/{kind}"
        assert line.call("POST", checked, {"messages": [text]}).json() == {}
        assert problems(line.call("POST", checked, {"messages": []})) == ["messages"]
    assert len(line.sandbox.ledger()) == count


def test_a_quote_must_be_of_the_same_chat(line: Line, receiver: Receiver) -> None:
    mine = line.says("kutip ini", name="Budi")
    line.says("bukan ini", name="Siti")
    tokens = {
        event["message"]["text"]: event["message"]["quoteToken"] for event in arrive(receiver, 2)
    }

    def quoting(text: str) -> requests.Response:
        message = {"type": "text", "text": "Baik", "quoteToken": tokens[text]}
        body = {"to": mine["user_id"], "messages": [message]}
        return line.call("POST", "/v2/bot/message/push", body)

    assert quoting("kutip ini").status_code == 200
    assert said(line, mine["thread"])[-1]["quoted"] == mine["id"]
    assert line.sandbox.ledger()[-1]["in_reply_to"] == mine["id"]
    assert quoting("bukan ini").status_code == 400


def test_the_monthly_quota(line: Line) -> None:
    to = line.says()["user_id"]
    assert line.call("GET", "/v2/bot/message/quota").json() == {"type": "limited", "value": 500}
    line.sandbox.post("line/switches", used=499)
    assert line.push(to, "satu", "dua", "tiga").status_code == 200  # one recipient, one message
    assert line.call("GET", "/v2/bot/message/quota/consumption").json() == {"totalUsage": 500}
    spent = line.push(to, "lebih")
    assert (spent.status_code, spent.json()["message"]) == (
        429, "You have reached your monthly limit.",
    )  # fmt: skip
    line.sandbox.clock.write_text(str(32 * 86_400))
    assert line.push(to, "bulan depan").status_code == 200  # a friend, however long ago
    line.sandbox.post("line/switches", quota=-1)
    assert line.call("GET", "/v2/bot/message/quota").json() == {"type": "none"}


def test_too_many_a_dead_token_and_what_is_not_for_this_account(line: Line) -> None:
    to = line.says()["user_id"]
    line.sandbox.post("line/switches", rate_limited=2)
    for _ in range(2):
        refused = line.push(to, "cepat")
        assert (refused.status_code, refused.json()["message"]) == (
            429, "The API rate limit has been exceeded. Try again later.",
        )  # fmt: skip
        assert "Retry-After" not in refused.headers
    assert line.push(to, "pelan").status_code == 200
    line.sandbox.post("line/switches", dead=[line.account["basic_id"]])
    assert line.call("GET", "/v2/bot/info").status_code == 401
    assert Line(line.sandbox, 1).call("GET", "/v2/bot/info").status_code == 200
    line.sandbox.post("line/switches", dead=[])
    assert line.call("GET", "/v2/bot/followers/ids").status_code == 403
    assert line.call("GET", "/v2/bot/entah").json() == {"message": "Not found"}
    assert line.call("DELETE", "/v2/bot/info").status_code == 405
    wrong = Line(line.sandbox, token="salah").call("GET", "/v2/bot/info")
    assert wrong.status_code == 401
    assert wrong.json()["message"].startswith("Authentication failed")


def test_whom_a_push_reaches(line: Line) -> None:
    friend = line.says(name="Budi")["user_id"]
    stranger = line.says(name="Siti", friend=False)["user_id"]
    assert line.push(stranger, "dalam tujuh hari").status_code == 200
    assert line.push("U" + "0" * 32, "siapa").json() == {"message": "Failed to send messages"}
    line.says(name="Budi", type="unfollow")
    assert line.push(friend, "tidak terlihat").status_code == 200  # a block shows nowhere
    assert said(line, friend)[-1]["reached"] is False
    assert line.call("GET", f"/v2/bot/profile/{friend}").status_code == 404
    refused = line.sandbox.http.post(
        f"{line.sandbox.url}/_sandbox/line/write", json={"name": "Budi", "text": "x"}, timeout=5
    )
    assert refused.status_code == 400
    line.says(name="Budi", type="follow")
    line.sandbox.clock.write_text(str(8 * 86_400))
    assert line.push(stranger, "sudah delapan hari").status_code == 400
    assert line.push(friend, "kembali berteman").status_code == 200
    line.sandbox.post("line/switches", blocked=["Budi"])
    assert line.push(friend, "diblokir lewat sakelar").status_code == 200
    assert said(line, friend)[-1]["reached"] is False


def test_profiles_and_groups(line: Line) -> None:
    done = line.says(name="Budi Santoso")
    assert line.call("GET", f"/v2/bot/profile/{done['user_id']}").json() == {
        "userId": done["user_id"], "displayName": "Budi Santoso", "language": "id",
    }  # fmt: skip
    group = line.says(name="Ketua RT", group="Grup RT 12")
    line.says(name="Bu RT", group="Grup RT 12")
    base = f"/v2/bot/group/{group['thread']}"
    assert group["thread"].startswith("C")
    assert line.call("GET", f"{base}/summary").json()["groupName"] == "Grup RT 12"
    assert line.call("GET", f"{base}/members/count").json() == {"count": 2}
    member = line.call("GET", f"{base}/member/{group['user_id']}")
    assert member.json() == {"userId": group["user_id"], "displayName": "Ketua RT"}
    assert line.call("GET", f"/v2/bot/profile/{group['user_id']}").status_code == 404
    assert line.call("GET", f"{base}/member/{done['user_id']}").status_code == 404
    assert line.push(group["thread"], "Selamat malam, warga").status_code == 200
    assert line.call("GET", "/v2/bot/message/quota/consumption").json() == {"totalUsage": 2}


def test_content_is_real_and_gone_after_unsend(line: Line) -> None:
    begins = {"image": b"\x89PNG", "file": b"%PDF-"}
    for kind, begin in begins.items():
        done = line.says("berkas", type=kind)
        found = line.call("GET", f"/v2/bot/message/{done['id']}/content")
        assert found.status_code == 200
        assert found.content.startswith(begin)
        line.sandbox.post("line/change", id=done["id"], do="unsend")
        assert line.call("GET", f"/v2/bot/message/{done['id']}/content").status_code == 404
    own = line.says("unggah", type="image", file="R0lGODlhAQABAAAAACw=")
    found = line.call("GET", f"/v2/bot/message/{own['id']}/content")
    assert (found.headers["content-type"], found.content[:4]) == ("image/gif", b"GIF8")
    old = line.call("GET", f"/v2/bot/message/{own['id']}/content/preview")
    assert old.status_code == 200
    text = line.says("tanpa berkas")
    assert line.call("GET", f"/v2/bot/message/{text['id']}/content").status_code == 404
    assert Line(line.sandbox, 1).call(
        "GET", f"/v2/bot/message/{own['id']}/content"
    ).status_code == 404  # fmt: skip
    line.sandbox.clock.write_text(str(15 * 86_400))
    assert line.call("GET", f"/v2/bot/message/{own['id']}/content").status_code == 404


@pytest.mark.parametrize("kind", ["video", "audio"])
def test_film_and_sound_take_a_while(line: Line, kind: str) -> None:
    base = f"/v2/bot/message/{line.says('rekaman', type=kind)['id']}/content"
    assert line.call("GET", base).status_code == 202
    assert line.call("GET", f"{base}/transcoding").json() == {"status": "processing"}
    line.sandbox.clock.write_text("5")
    assert line.call("GET", f"{base}/transcoding").json() == {"status": "succeeded"}
    assert line.call("GET", base).content[4:8] == b"ftyp"


def test_waiting_dots_and_read_marks(line: Line, receiver: Receiver) -> None:
    done = line.says()
    (event,) = arrive(receiver, 1)
    path = "/v2/bot/chat/loading/start"
    wish: dict[str, Any] = {"chatId": done["user_id"], "loadingSeconds": 20}
    assert line.call("POST", path, wish).status_code == 202
    assert line.call("POST", path, {**wish, "loadingSeconds": 7}).status_code == 400
    mark = {"markAsReadToken": event["message"]["markAsReadToken"]}
    assert line.call("POST", "/v2/bot/chat/markAsRead", mark).json() == {}
    wrong = {"markAsReadToken": "x"}
    assert line.call("POST", "/v2/bot/chat/markAsRead", wrong).status_code == 400


def test_tokens_are_issued_and_run_out(line: Line) -> None:
    def issue(path: str, **more: str) -> requests.Response:
        form = {
            "grant_type": "client_credentials",
            "client_id": line.account["channel_id"],
            "client_secret": line.account["channel_secret"],
            **more,
        }
        return line.sandbox.http.post(line.sandbox.url + path, data=form, timeout=5)

    answer = issue("/oauth2/v3/token").json()
    assert (answer["expires_in"], answer["token_type"]) == (900, "Bearer")
    short = Line(line.sandbox, token=answer["access_token"])
    assert short.call("GET", "/v2/bot/info").json()["userId"] == line.account["user_id"]
    line.sandbox.clock.write_text("901")
    assert short.call("GET", "/v2/bot/info").status_code == 401
    assert issue("/v2/oauth/accessToken").json()["expires_in"] == 30 * 86_400
    assert issue("/oauth2/v3/token", client_secret="salah").status_code == 400


@pytest.mark.parametrize(("kind", "status"), [("401", 401), ("429", 429), ("500_before", 500)])
def test_faults_in_lines_own_words(line: Line, kind: str, status: int) -> None:
    line.sandbox.post("faults", platform="line", method="GET", path="/v2/bot/*", kind=kind)
    answer = line.call("GET", "/v2/bot/info")
    assert answer.status_code == status
    assert "x-rate-limit-reset" not in answer.headers
    assert line.call("GET", "/v2/bot/info").status_code == 200


def test_a_request_can_ask_for_its_own_fault(line: Line) -> None:
    headers = {"X-Sandbox-Fault": "500_before; times=2"}
    assert line.call("GET", "/v2/bot/info", **headers).status_code == 500
    assert line.call("GET", "/v2/bot/message/quota").status_code == 200
    assert line.call("GET", "/v2/bot/info").status_code == 500
    assert line.call("GET", "/v2/bot/info").status_code == 200
    wish = {"platform": "fax", "kind": "401"}
    refused = line.sandbox.http.post(f"{line.sandbox.url}/_sandbox/faults", json=wish, timeout=5)
    assert refused.status_code == 400


def test_written_and_then_refused(line: Line) -> None:
    to = line.says()["user_id"]
    wish = {"platform": "line", "method": "POST", "path": "/v2/*", "kind": "400_after"}
    line.sandbox.post("faults", **wish)
    assert line.push(to, "sudah terkirim").status_code == 400
    assert line.sandbox.ledger()[-1]["text"] == "sudah terkirim"
