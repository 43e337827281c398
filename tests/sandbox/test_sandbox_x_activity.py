"""X's webhooks: handshake, signatures, which event comes when, what comes again (platforms.md §2.3)."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from tests.sandbox.sandbox_server import Sandbox, until
from tests.sandbox.webhook_receiver import Receiver, listening

PUBLIC = ("mention.create", "reply.create", "quote.create", "create", "delete")


class Hooked:
    """The application with a webhook on which it hears of its chief account."""

    def __init__(self, sandbox: Sandbox, receiver: Receiver) -> None:
        self.sandbox, self.receiver = sandbox, receiver
        self.keys = sandbox.get("x/app.json")
        self.me = self.keys["accounts"][0]["id"]
        receiver.on_get = self.challenged

    def mark(self, body: bytes) -> str:
        """What X's signature of these bytes must be."""
        digest = hmac.new(self.keys["consumer_secret"].encode(), body, hashlib.sha256).digest()
        return "sha256=" + base64.b64encode(digest).decode()

    def challenged(self, query: dict[str, str]) -> tuple[int, bytes]:
        """The right answer to a challenge."""
        token = self.mark(query["crc_token"].encode())
        return 200, json.dumps({"response_token": token}).encode()

    def call(self, method: str, path: str, body: Any = None) -> requests.Response:
        """One request with the app's own bearer token."""
        return self.sandbox.http.request(
            method,
            self.sandbox.url + path,
            json=body,
            headers={"Authorization": f"Bearer {self.keys['bearer_token']}"},
            timeout=15,
        )

    def register(self) -> str:
        """Registers the receiver; the webhook's id."""
        answer = self.call("POST", "/2/webhooks", {"url": self.receiver.url})
        assert answer.status_code == 200, answer.text
        data = answer.json()["data"]
        assert (data["url"], data["valid"]) == (self.receiver.url, True)
        return str(data["id"])

    def subscribe(self, webhook: str) -> None:
        """All public kinds by the app's token, messages by the account's own."""
        for kind in PUBLIC:
            wish = self.wish(f"post.{kind}", webhook)
            answer = self.call("POST", "/2/activity/subscriptions", wish)
            assert answer.status_code == 200, answer.text
        for kind in ("dm.received", "dm.sent"):
            own = self.sandbox.client()
            own.return_type = requests.Response
            wish = self.wish(kind, webhook)
            assert own.request(
                "POST", "/2/activity/subscriptions", json=wish, user_auth=True
            ).status_code == 200  # fmt: skip

    def wish(self, event_type: str, webhook: str) -> dict[str, Any]:
        """The body of a subscription."""
        return {
            "event_type": event_type,
            "filter": {"user_id": self.me},
            "tag": "kotak masuk",
            "webhook_id": webhook,
        }

    def events(self) -> list[dict[str, Any]]:
        """All events so far; each was signed."""
        for got in self.receiver.got:
            assert got.headers["x-twitter-webhooks-signature"] == self.mark(got.body)
        return [json.loads(got.body)["data"] for got in self.receiver.got]

    def arrive(self, *kinds: str) -> list[dict[str, Any]]:
        """Waits until everything is delivered; exactly these kinds came. Then begins anew."""
        self.sandbox.post("push/flush")
        found = self.events()
        assert sorted(each["event_type"] for each in found) == sorted(kinds)
        self.receiver.got.clear()
        return found


@pytest.fixture
def hooked(sandbox: Sandbox) -> Iterator[Hooked]:
    with listening() as receiver:
        yield Hooked(sandbox, receiver)
    sandbox.http.delete(f"{sandbox.url}/_sandbox/push", timeout=5)


@pytest.fixture
def subscribed(hooked: Hooked) -> Hooked:
    hooked.subscribe(hooked.register())
    return hooked


def test_the_handshake(hooked: Hooked) -> None:
    hooked.receiver.on_get = lambda _query: (200, b'{"response_token": "sha256=c2FsYWg="}')
    refused = hooked.call("POST", "/2/webhooks", {"url": hooked.receiver.url})
    assert refused.status_code == 400
    assert "CrcValidationFailed" in refused.text
    hooked.receiver.on_get = hooked.challenged
    number = hooked.register()
    shown = hooked.call("GET", "/2/webhooks").json()
    assert [each["id"] for each in shown["data"]] == [number]
    assert "DuplicateUrlFailed" in hooked.call(
        "POST", "/2/webhooks", {"url": hooked.receiver.url}
    ).text  # fmt: skip
    with listening() as other:
        other.on_get = hooked.challenged
        second = hooked.call("POST", "/2/webhooks", {"url": other.url})
        assert "WebhookLimitExceeded" in second.text
    hooked.receiver.on_get = lambda _query: (500, b"")
    assert hooked.call("PUT", f"/2/webhooks/{number}").json() == {"data": {"valid": False}}
    hooked.receiver.on_get = hooked.challenged
    assert hooked.sandbox.post("x/crc") == {"valid": {number: True}}
    hooked.receiver.on_get = lambda _query: (500, b"")
    assert hooked.sandbox.post("x/crc") == {"valid": {number: True}}  # silence is tolerated
    hooked.sandbox.clock.write_text(str(28 * 3600 + 1))
    assert hooked.sandbox.post("x/crc") == {"valid": {number: False}}
    hooked.receiver.on_get = hooked.challenged
    assert hooked.sandbox.post("x/crc") == {"valid": {number: True}}
    assert hooked.call("DELETE", f"/2/webhooks/{number}").json() == {"data": {"deleted": True}}
    assert hooked.call("GET", "/2/webhooks").json() == {"meta": {"result_count": 0}}
    assert hooked.call("PUT", f"/2/webhooks/{number}").status_code == 404


@pytest.mark.parametrize("url", ["http://contoh.id/x", "https://contoh.id:8443/x", "apa", ""])
def test_an_address_x_would_not_take(hooked: Hooked, url: str) -> None:
    assert hooked.call("POST", "/2/webhooks", {"url": url}).status_code == 400
    hooked.sandbox.post("x/switches", strict_urls=True)
    answer = hooked.call("POST", "/2/webhooks", {"url": hooked.receiver.url})
    assert "UrlValidationFailed" in answer.text


def test_a_mention_a_reply_and_a_quote(subscribed: Hooked) -> None:
    said, me = subscribed.sandbox.says, subscribed.me
    called = said("budi", "halo @PoldaKaltim & kawan")
    (event,) = subscribed.arrive("post.mention.create")
    assert (event["filter"], event["tag"]) == ({"user_id": me}, "kotak masuk")
    assert int(event["event_uuid"]) != 0
    payload = event["payload"]
    assert (payload["id"], payload["text"]) == (called, "halo @PoldaKaltim &amp; kawan")
    assert payload["entities"]["mentions"][0]["id"] == me
    assert payload["public_metrics"]["like_count_str"] == "0"
    (author,) = event["includes"]["users"]
    assert author.get("data", author)["username"] == "budi"
    post = subscribed.sandbox.post("x/native", account="PoldaKaltim", text="Pengumuman")["id"]
    subscribed.arrive("post.create")
    reply = said("siti", "terima kasih", reply_to=post)
    (event,) = subscribed.arrive("post.reply.create")
    assert event["payload"]["referenced_tweets"] == [{"type": "replied_to", "id": post}]
    assert event["payload"]["in_reply_to_tweet_id"] == post
    assert event["payload"]["id"] == reply
    said("siti", "nih @PoldaKaltim", reply_to=post, quote_of=post)
    found = subscribed.arrive("post.mention.create", "post.reply.create", "post.quote.create")
    assert len({each["payload"]["id"] for each in found}) == 1
    assert len({each["event_uuid"] for each in found}) == 3
    said("ani", "lihat ini", quote_of=post)
    (event,) = subscribed.arrive("post.quote.create")
    assert "users" not in event["includes"]
    said("ani", "tidak menyebut siapa pun")
    subscribed.arrive()


def test_the_hole_a_reply_to_our_reply(subscribed: Hooked) -> None:
    sandbox = subscribed.sandbox
    called = sandbox.says("budi", "@PoldaKaltim air mati")
    answer = sandbox.client().create_tweet(text="Di mana?", in_reply_to_tweet_id=called).data["id"]
    found = subscribed.arrive("post.mention.create", "post.create")
    echo = next(each for each in found if each["event_type"] == "post.create")
    assert (echo["payload"]["id"], echo["payload"]["author_id"]) == (answer, subscribed.me)
    sandbox.says("budi", "RT 12", reply_to=answer)  # X puts our handle in front: no mention
    subscribed.arrive()
    sandbox.says("budi", "@PoldaKaltim RT 12", reply_to=answer)
    subscribed.arrive("post.mention.create")
    read = sandbox.client().get_users_mentions(subscribed.me).data
    assert len(read) == 3  # the poll sees all


def test_deletions_and_edits(subscribed: Hooked) -> None:
    sandbox = subscribed.sandbox
    own = sandbox.client().create_tweet(text="Salah ketik").data["id"]
    theirs = sandbox.says("budi", "@PoldaKaltim satu")
    subscribed.arrive("post.create", "post.mention.create")
    sandbox.client().delete_tweet(own)
    (event,) = subscribed.arrive("post.delete")
    assert event["payload"] == {"id": own, "author_id": subscribed.me}
    assert "includes" not in event
    sandbox.post(f"x/posts/{theirs}/edit", text="@PoldaKaltim dua")
    sandbox.http.delete(f"{sandbox.url}/_sandbox/x/posts/{theirs}", timeout=5)
    subscribed.arrive()
    other = sandbox.says("siti", "@PoldaKaltim satu")
    sandbox.post("x/switches", edit_events=True)
    sandbox.post(f"x/posts/{other}/edit", text="@PoldaKaltim ralat")
    found = subscribed.arrive("post.mention.create", "post.mention.create")
    assert {len(each["payload"]["edit_history_tweet_ids"]) for each in found} == {1, 2}


def test_nothing_of_protected_accounts(subscribed: Hooked) -> None:
    sandbox = subscribed.sandbox
    sandbox.post("x/switches", protected=["Tertutup"])
    sandbox.says("tertutup", "@PoldaKaltim rahasia")
    subscribed.arrive()
    assert sandbox.client().get_users_mentions(subscribed.me).data is None
    sandbox.post("x/switches", protected=[])
    assert len(sandbox.client().get_users_mentions(subscribed.me).data) == 1


def test_messages_and_their_echo(subscribed: Hooked) -> None:
    sandbox = subscribed.sandbox
    wrote = {"username": "budi", "name": "Budi", "text": "halo!"}
    done = sandbox.post("x/dm", **{"as": "citizen", **wrote})
    (event,) = subscribed.arrive("dm.received")
    (message,) = event["payload"]["direct_message_events"]
    assert (message["id"], message["type"]) == (done["id"], "message_create")
    assert message["message_create"]["sender_id"] == done["user_id"]
    assert message["message_create"]["target"] == {"recipient_id": subscribed.me}
    assert message["message_create"]["message_data"]["text"] == "halo!"
    person = event["payload"]["users"][done["user_id"]]
    assert person.get("data", person)["name"] == "Budi"
    sandbox.post("x/dm", **{"as": "native", **wrote, "text": "Ya, Pak?"})
    (echo,) = subscribed.arrive("dm.sent")
    assert (
        echo["payload"]["direct_message_events"][0]["message_create"]["sender_id"] == subscribed.me
    )


def test_private_kinds_need_the_accounts_own_token(hooked: Hooked) -> None:
    webhook = hooked.register()
    path = "/2/activity/subscriptions"
    assert hooked.call("POST", path, hooked.wish("dm.received", webhook)).status_code == 403
    first = hooked.call("POST", path, hooked.wish("post.create", webhook))
    number = first.json()["data"]["subscription_id"]
    assert hooked.call("POST", path, hooked.wish("post.create", webhook)).status_code == 409
    assert hooked.call("POST", path, hooked.wish("post.apa", webhook)).status_code == 400
    assert hooked.call("POST", path, {"event_type": "post.create"}).status_code == 400
    assert hooked.call("GET", path).json()["meta"] == {"total_subscriptions": 1}
    tagged = hooked.call("PUT", f"{path}/{number}", {"tag": "baru"}).json()["data"]
    assert (tagged["tag"], tagged["webhook_id"]) == ("baru", webhook)
    gone = hooked.call("DELETE", f"{path}/{number}").json()
    assert gone == {"data": {"deleted": True}, "meta": {"total_subscriptions": 0}}
    assert hooked.call("DELETE", f"{path}/{number}").status_code == 404
    own = hooked.sandbox.client()
    own.return_type = requests.Response
    refused = hooked.sandbox.http.get(f"{hooked.sandbox.url}/2/webhooks", timeout=5)
    assert refused.status_code == 401


def test_an_invalid_webhook_gets_nothing_and_a_replay_makes_it_good(subscribed: Hooked) -> None:
    sandbox = subscribed.sandbox
    number = subscribed.call("GET", "/2/webhooks").json()["data"][0]["id"]
    subscribed.receiver.on_get = lambda _query: (302, b"")
    sandbox.post("x/crc")
    sandbox.says("budi", "@PoldaKaltim selagi mati")
    subscribed.arrive()
    subscribed.receiver.on_get = subscribed.challenged
    assert subscribed.call("PUT", f"/2/webhooks/{number}").json() == {"data": {"valid": True}}
    now = datetime.now(UTC)
    wish = {"webhook_id": number, "from_date": f"{now - timedelta(minutes=5):%Y%m%d%H%M}"}
    late = {**wish, "to_date": f"{now + timedelta(minutes=1):%Y%m%d%H%M}"}
    job = subscribed.call("POST", "/2/webhooks/replay", late).json()["data"]["job_id"]
    until(lambda: len(subscribed.receiver.got) == 2)
    bodies = [json.loads(got.body) for got in subscribed.receiver.got]
    (status,) = [each["replay_job_status"] for each in bodies if "replay_job_status" in each]
    assert (status["job_id"], status["job_state"]) == (job, "Complete")
    (event,) = [each for each in bodies if "data" in each]
    assert event["meta"] == {"replay": True}
    assert event["data"]["payload"]["text"] == "@PoldaKaltim selagi mati"
    assert (
        subscribed.call("POST", "/2/webhooks/replay", {**wish, "to_date": "x"}).status_code == 400
    )


def test_a_withdrawn_access_is_told(hooked: Hooked) -> None:
    webhook = hooked.register()
    wish = {"event_type": "oauth.revoke", "webhook_id": webhook}
    assert hooked.call("POST", "/2/activity/subscriptions", wish).status_code == 200
    hooked.sandbox.post("x/revoke", account="PoldaKaltim")
    (event,) = hooked.arrive("oauth.revoke")
    assert (event["filter"], event["payload"]) == ({}, {"user_id": hooked.me})


def test_a_failed_delivery_is_tried_again_unchanged(subscribed: Hooked) -> None:
    subscribed.sandbox.post("push", retries=[0.05])
    subscribed.receiver.answers = [503]
    subscribed.sandbox.says("budi", "@PoldaKaltim halo")
    until(lambda: len(subscribed.receiver.got) == 2)
    first, second = subscribed.receiver.got
    assert first.body == second.body
