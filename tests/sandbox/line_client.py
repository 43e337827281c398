"""LINE as an app meets it: the API with a channel access token, and the webhooks of an account."""

import base64
import hashlib
import hmac
import json
from typing import Any

import requests

from tests.sandbox.sandbox_server import Sandbox, until
from tests.sandbox.webhook_receiver import Got, Receiver


class Line:
    """One official account of a running sandbox."""

    def __init__(self, sandbox: Sandbox, number: int = 0, **spoiled: str) -> None:
        self.sandbox = sandbox
        self.account = dict(sandbox.get("line/app.json")["accounts"][number])
        self.token = spoiled.get("token", self.account["access_token"])

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
        """One API request."""
        return self.sandbox.http.request(
            method,
            self.sandbox.url + path,
            json=body,
            headers={"Authorization": f"Bearer {self.token}", **headers},
            timeout=10,
        )

    def push(self, to: str, *texts: str, key: str = "") -> requests.Response:
        """Pushes texts."""
        headers = {"X-Line-Retry-Key": key} if key else {}
        found = [{"type": "text", "text": text} for text in texts]
        body = {"to": to, "messages": found}
        return self.call("POST", "/v2/bot/message/push", body, **headers)

    def reply(self, token: str, *texts: str, **headers: str) -> requests.Response:
        """Replies with texts."""
        found = [{"type": "text", "text": text} for text in texts]
        body = {"replyToken": token, "messages": found}
        return self.call("POST", "/v2/bot/message/reply", body, **headers)

    def says(self, text: str = "Halo", name: str = "Budi", **more: Any) -> dict[str, str]:
        """A citizen writes."""
        wish = {"as": "citizen", "account": self.account["basic_id"], "name": name, "text": text}
        return dict(self.sandbox.post("line/write", **{**wish, **more}))

    def listen(self, receiver: Receiver) -> None:
        """The account's webhooks go to the receiver."""
        url = {"endpoint": receiver.url}
        assert self.call("PUT", "/v2/bot/channel/webhook/endpoint", url).status_code == 200

    def genuine(self, got: Got) -> bool:
        """Did LINE sign this webhook?"""
        secret = self.account["channel_secret"].encode()
        digest = hmac.new(secret, got.body, hashlib.sha256).digest()
        return got.headers.get("x-line-signature") == base64.b64encode(digest).decode()


def events(receiver: Receiver) -> list[dict[str, Any]]:
    """All events so far, in the order they came."""
    return [event for got in receiver.got for event in json.loads(got.body)["events"]]


def arrive(receiver: Receiver, count: int) -> list[dict[str, Any]]:
    """Waits for so many events; all of them."""
    until(lambda: len(events(receiver)) >= count)
    found = events(receiver)
    assert len(found) == count
    return found
