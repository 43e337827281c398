"""A citizen's LINE and ours in the sandbox, for the tests of the connector."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any
from uuid import uuid4

from inbox.connectors.base import (
    Account,
    Health,
    Incoming,
    Outgoing,
    Parsed,
    SendResult,
)
from inbox.connectors.line import PARTS
from inbox.connectors.line.client import LineConnector, set_endpoint
from tests.sandbox.webhook_receiver import Receiver, listening
from tests.sandbox_process import Sandbox, wait_for

PUSH_PATH, REPLY_PATH = "/v2/bot/message/push", "/v2/bot/message/reply"


class Line:
    """Says things as a citizen, takes the webhooks in, answers."""

    def __init__(self, sandbox: Sandbox, hook: Receiver) -> None:
        self.sandbox, self.hook = sandbox, hook
        app = sandbox.get("/_sandbox/line/app.json")["accounts"]
        self.secret, self.other_token = app[0]["channel_secret"], app[1]["access_token"]
        self.other_id = app[1]["user_id"]
        self.account = Account(
            app[0]["user_id"], app[0]["basic_id"], {"access_token": app[0]["access_token"]},
            base_url=sandbox.url, timeout=(2.0, 8.0),
        )  # fmt: skip
        self.impatient = replace(self.account, timeout=(2.0, 0.5))
        set_endpoint(self.account, hook.url)

    def turn(self, **switches: Any) -> None:
        self.sandbox.send("POST", "/_sandbox/line/switches", switches)

    def says(self, kind: str = "text", *, name: str = "Mika", **more: Any) -> dict[str, str]:
        wish = {"as": "citizen", "name": name, "type": kind} | more
        done: dict[str, str] = self.sandbox.send("POST", "/_sandbox/line/write", wish)
        return done

    def came(self) -> Parsed:
        """What the next webhook meant, after its signature was checked."""
        wait_for(lambda: self.hook.got, what="a webhook")
        got = self.hook.got.pop(0)
        hook = PARTS.hook
        assert hook is not None
        assert hook.verify(got.body, got.headers, [self.secret])
        assert hook.accounts(got.body) == (self.account.external_id,)
        assert PARTS.parse(got.body, self.other_id, "webhook") == Parsed()
        parsed = PARTS.parse(got.body, self.account.external_id, "webhook")
        assert parsed.problems == ()
        return parsed

    def heard(self, kind: str = "text", **more: Any) -> Incoming:
        """Let a citizen say it, and read the one message that comes of it."""
        self.says(kind, **more)
        (message,) = self.came().messages
        return message

    def send(self, out: Outgoing, account: Account | None = None) -> SendResult:
        with closing(LineConnector(account or self.account)) as connector:
            return connector.send(out)

    def check(self, **more: Any) -> Health:
        """The health of our account, or of one that differs from it in `more`."""
        with closing(LineConnector(replace(self.account, **more))) as connector:
            return connector.check()

    def stands(self, message: Incoming) -> list[dict[str, Any]]:
        """What stands in the message's chat from us, oldest first."""
        (chat,) = self.sandbox.get(f"/_sandbox/line/chats?thread={message.address['to']}")["chats"]
        return [row for row in chat["messages"] if row["by"] == "api"]

    def fault(self, kind: str, path: str = PUSH_PATH) -> None:
        wish = {"platform": "line", "method": "POST", "path": path, "times": 1, "kind": kind}
        self.sandbox.send("POST", "/_sandbox/faults", wish)


def opened(sandbox: Sandbox) -> Iterator[Line]:
    """An empty sandbox whose webhooks come to us, until the test is over."""
    sandbox.send("POST", "/_sandbox/reset")
    with listening() as hook:
        yield Line(sandbox, hook)
        sandbox.send("DELETE", "/_sandbox/push")


def answer(message: Incoming, *, seconds: float = 100, **more: Any) -> Outgoing:
    """Our answer to `message`, by the call that is chosen `seconds` after it."""
    out = Outgoing(
        "chat", "", message.current_id, message.author.external_id, "Terima kasih, kami cek.",
        str(uuid4()), address=message.address,
    )  # fmt: skip
    out = replace(out, **more)
    return replace(out, call=PARTS.choose_call(out, seconds))
