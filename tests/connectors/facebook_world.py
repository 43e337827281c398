"""What Meta's webhooks look like (platforms.md §4.2, §5.1; ids invented), and a Page in the sandbox."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from inbox.connectors import base
from inbox.connectors.facebook.client import FacebookConnector
from tests.sandbox_process import Sandbox

PAGE = "101500000000001"
OTHER = "101500000000002"
POST = f"{PAGE}_900000000000011"
COMMENT = "900000000000011_500000000000021"
REPLY = "900000000000011_500000000000029"
DANA = {"id": "7200000000000001", "name": "Dana Q"}
US = {"id": PAGE, "name": "Humas Polda"}
PSID = "7392000000000394"
AT = 1790930402
ENTRY = 1790930405
ELSEWHERE = "55500000000001_900000000000088"
NAMED = {"item": "comment", "verb": "add", "post_id": ELSEWHERE,
         "comment_id": "900000000000088_500000000000031", "message": "tanya @Humas",
         "created_time": AT}  # fmt: skip


def added(**more: Any) -> dict[str, Any]:
    """A citizen's comment right under our post, as `feed` tells it."""
    post = {"id": POST, "permalink_url": "https://www.facebook.com/p/1", "is_published": True}
    return {
        "item": "comment", "verb": "add", "comment_id": COMMENT, "post_id": POST,
        "parent_id": POST, "from": DANA, "message": "Lampu mati?", "created_time": AT,
        "post": post,
    } | more  # fmt: skip


def told(**more: Any) -> dict[str, Any]:
    """A message of Messenger."""
    return {
        "sender": {"id": PSID}, "recipient": {"id": PAGE}, "timestamp": 1790931004523,
        "message": {"mid": "m_AbC1", "text": "Halo"},
    } | more  # fmt: skip


def echo(**more: Any) -> dict[str, Any]:
    """One of ours; sender and recipient are swapped."""
    message = {"mid": "m_ZyX9", "is_echo": True, "app_id": 263902037430900, "text": "Baik"}
    return told(sender={"id": PAGE}, recipient={"id": PSID}, message=message | more)


def entry(*changes: Any, page: Any = PAGE, name: str = "feed", time: Any = ENTRY) -> dict[str, Any]:
    """An entry with changes of one field."""
    return {"id": page, "time": time, "changes": [{"field": name, "value": v} for v in changes]}


def chat_entry(*events: Any, key: str = "messaging") -> dict[str, Any]:
    """An entry with messages."""
    return {"id": PAGE, "time": 1790931004871, key: list(events)}


def body(*entries: Any) -> bytes:
    """A webhook's body, in Meta's escaping."""
    return json.dumps({"object": "page", "entry": list(entries)}).replace("/", "\\/").encode()


@dataclass
class World:
    """A Page in the sandbox, its connector, and what the usage headers told."""

    sandbox: Sandbox
    account: base.Account
    connector: FacebookConnector
    app: dict[str, Any]
    usage: list[base.Usage] = field(default_factory=list)

    def write(self, where: str, **wish: Any) -> dict[str, Any]:
        """Write as a citizen (or as="native")."""
        made = self.sandbox.send("POST", "/_sandbox/meta/write", {"where": where, **wish})
        return dict(made)

    def change(self, target: str, do: str, **wish: Any) -> None:
        """Edit, remove, hide … as its author would."""
        self.sandbox.send("POST", "/_sandbox/meta/change", {"id": target, "do": do, **wish})

    def turn(self, **switches: Any) -> None:
        """Set switches of the sandbox."""
        self.sandbox.send("POST", "/_sandbox/meta/switches", switches)

    def fault(self, kind: str, path: str = "*", method: str = "POST", times: int = 1) -> None:
        """Let the next such requests fail."""
        self.sandbox.send(
            "POST", "/_sandbox/faults",
            {"platform": "meta", "method": method, "path": path, "times": times, "kind": kind},
        )  # fmt: skip

    def ours(self, platform: str = "facebook") -> list[dict[str, Any]]:
        """What we wrote, by the ledger."""
        entries = self.sandbox.get(f"/_sandbox/ledger?platform={platform}")["entries"]
        return [each for each in entries if each["by"] == "api"]


@contextmanager
def world(sandbox: Sandbox, timeout: tuple[float, float] = (1.0, 5.0)) -> Iterator[World]:
    """An empty sandbox and its first Page. Reading waits `timeout[1]` seconds."""
    sandbox.send("POST", "/_sandbox/reset")
    app = sandbox.get("/_sandbox/meta/app.json")
    page = app["pages"][0]
    usage: list[base.Usage] = []
    report: Callable[[base.Usage], None] = usage.append
    account = base.Account(
        page["id"], page["name"], {"access_token": page["access_token"]},
        app={"app_id": app["app_id"], "app_secret": app["app_secret"]},
        base_url=sandbox.url, timeout=timeout, report=report,
    )  # fmt: skip
    connector = FacebookConnector(account)
    yield World(sandbox, account, connector, app, usage)
    connector.close()
