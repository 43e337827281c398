"""A small Graph client for the tests, and the sandbox's Meta room connected to a receiver."""

import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any

import httpx2

from tests.sandbox.sandbox_server import Sandbox, until
from tests.sandbox.webhook_receiver import Receiver

PAGE_FIELDS = "feed,mention,messages,message_echoes,messaging_postbacks,message_edits"
IG_FIELDS = "comments,mentions,messages,messaging_postbacks"
WORD = "kata-rahasia"


class Refused(AssertionError):
    """Graph said no: its code and subcode."""

    def __init__(self, answer: httpx2.Response) -> None:
        error = answer.json()["error"]
        super().__init__(error["message"])
        assert error["fbtrace_id"]
        self.status, self.error = answer.status_code, error
        self.code = (error["code"], error.get("error_subcode"))


@dataclass
class Meta:
    """The room of a running sandbox, spoken to with one page's token."""

    sandbox: Sandbox
    number: int = 0

    def __post_init__(self) -> None:
        self.app = self.sandbox.get("meta/app.json")
        self.page = self.app["pages"][self.number]
        self.id, self.token = self.page["id"], self.page["access_token"]
        self.ig = self.page["instagram"]
        self.post, self.media = self.page["posts"][0], self.ig["media"][0]
        self.app_token = f"{self.app['app_id']}|{self.app['app_secret']}"

    def call(self, method: str, path: str, **params: Any) -> httpx2.Response:
        """One request; objects go as JSON texts, the token as a bearer unless given."""
        flat = {
            key: json.dumps(value) if isinstance(value, dict | list) else value
            for key, value in params.items()
        }
        headers = {} if "access_token" in flat else {"Authorization": f"Bearer {self.token}"}
        url = f"{self.sandbox.url}/v26.0/{path}"
        if method == "POST":
            return httpx2.post(url, headers=headers, timeout=5, data=flat)
        return httpx2.request(method, url, headers=headers, timeout=5, params=flat)

    def ask(self, method: str, path: str, **params: Any) -> Any:
        """The JSON of the answer; Refused for an error."""
        answer = self.call(method, path, **params)
        if "error" in answer.json():
            raise Refused(answer)
        return answer.json()

    def get(self, path: str, **params: Any) -> Any:
        return self.ask("GET", path, **params)

    def send(self, path: str, **params: Any) -> Any:
        return self.ask("POST", path, **params)

    def says(self, where: str, text: str = "", **more: Any) -> dict[str, str]:
        """A citizen writes."""
        wish = {"where": where, "text": text, "page": self.id, **more}
        return dict(self.sandbox.post("meta/write", **wish))

    def reply(self, target: str, text: str) -> str:
        """The page answers a comment or post."""
        return str(self.send(f"{target}/comments", message=text)["id"])

    def write(self, person: str, text: str = "Siap", **more: Any) -> Any:
        """The page writes to a citizen."""
        body = {"text": text} if text else {}
        message = {**body, **more.pop("message", {})}
        return self.send(
            "me/messages", recipient={"id": person}, message=message, **{"messaging_type": "RESPONSE", **more}
        )  # fmt: skip

    def switch(self, **wish: Any) -> Any:
        return self.sandbox.post("meta/switches", **wish)

    def connect(self, receiver: Receiver) -> None:
        """App and page subscribe everything; the handshake is answered."""
        receiver.on_get = lambda query: (
            (200, query["hub.challenge"].encode())
            if query["hub.verify_token"] == WORD
            else (403, b"")
        )
        for obj, names in (("page", PAGE_FIELDS), ("instagram", IG_FIELDS)):
            self.send(
                f"{self.app['app_id']}/subscriptions",
                access_token=self.app_token,
                object=obj,
                callback_url=receiver.url,
                verify_token=WORD,
                fields=names,
            )
        self.send(f"{self.id}/subscribed_apps", subscribed_fields=PAGE_FIELDS)

    def heard(self, receiver: Receiver, count: int) -> list[dict[str, Any]]:
        """The first `count` webhooks, once they have come: each entry, its signature proved."""
        until(lambda: len(receiver.got) >= count)
        return [entry for got in receiver.got for entry in self.opened(got.body, got.headers)]

    def opened(self, body: bytes, headers: dict[str, str]) -> list[dict[str, Any]]:
        """The entries of a body after its signature is checked."""
        mark = hmac.new(self.app["app_secret"].encode(), body, hashlib.sha256).hexdigest()
        assert headers["x-hub-signature-256"] == f"sha256={mark}"
        return list(json.loads(body)["entry"])
