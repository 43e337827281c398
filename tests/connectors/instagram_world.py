"""An Instagram account in the sandbox, for the tests of the connector: citizens write, we read and answer."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from inbox.connectors.base import (
    Account,
    Incoming,
    Outgoing,
    OwnReply,
    Parsed,
    SendResult,
    Usage,
    Wanted,
)
from inbox.connectors.instagram import PARTS
from inbox.connectors.instagram.client import InstagramConnector
from tests.sandbox.webhook_receiver import Receiver, listening
from tests.sandbox_process import Sandbox, wait_for

FIELDS = "comments,mentions,messages,message_reactions"


@dataclass
class Gram:
    """The first account of the sandbox, spoken to as Sahut does."""

    sandbox: Sandbox
    cursors: dict[str, str] = field(default_factory=dict)
    usages: list[Usage] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.app = self.sandbox.get("/_sandbox/meta/app.json")
        page = self.app["pages"][0]
        self.page, self.media = page["id"], page["instagram"]["media"][0]
        self.account = Account(
            page["instagram"]["id"], f"@{page['instagram']['username']}",
            {"access_token": page["access_token"], "page_id": page["id"]},
            app={"app_id": self.app["app_id"], "app_secret": self.app["app_secret"]},
            base_url=self.sandbox.url, timeout=(2.0, 8.0), report=self.usages.append,
        )  # fmt: skip
        self.me = self.account.external_id

    # --- the platform

    def says(
        self,
        where: str = "ig_comment",
        text: str = "Lampu mati 😢",
        *,
        named: bool = True,
        native: bool = False,
        **more: Any,
    ) -> Any:
        """A citizen writes (`named` false: the platform keeps the author back), or we do natively."""
        wish = {"where": where, "text": text, "name": "lena.p", "silent": True} | more
        wish |= {"from": named, "as": "native" if native else "citizen"}
        return self.sandbox.send("POST", "/_sandbox/meta/write", wish)

    def change(self, number: str, do: str) -> None:
        self.sandbox.send("POST", "/_sandbox/meta/change", {"id": number, "do": do})

    def turn(self, **switches: Any) -> None:
        self.sandbox.send("POST", "/_sandbox/meta/switches", switches)

    def fault(self, kind: str, *, path: str = "*", method: str = "POST") -> None:
        wish = {"platform": "meta", "method": method, "path": path, "times": 1, "kind": kind}
        self.sandbox.send("POST", "/_sandbox/faults", wish)

    def stands(self, platform: str = "instagram") -> list[tuple[str, str]]:
        """(target, text) of all we wrote by the API, by the ledger."""
        rows = self.sandbox.get(f"/_sandbox/ledger?platform={platform}")["entries"]
        return [(row["in_reply_to"], row["text"]) for row in rows if row["by"] == "api"]

    # --- Sahut

    def connector(self, **more: Any) -> Any:
        return closing(InstagramConnector(replace(self.account, **more)))

    def poll(self, feed: str = "comments", *, again: bool = False) -> list[Incoming]:
        """Every message a poll brings since the last one (`again`: from the same place)."""
        pages = self.pages(feed, again=again)
        parsed = [PARTS.parse(page, self.me, feed) for page in pages]
        assert [problem for each in parsed for problem in each.problems] == []
        return [message for each in parsed for message in each.messages]

    def pages(self, feed: str = "comments", *, again: bool = False) -> list[bytes]:
        newest = self.cursors.get(feed, "")
        with self.connector() as connector:
            pages = list(connector.fetch(feed, newest))
        if not again:
            cursors = [newest, *(page.newest_id for page in pages)]
            self.cursors[feed] = max(cursors, key=lambda cursor: (len(cursor), cursor))
        return [page.body for page in pages]

    def look_up(self, kind: str, key: str, **args: str) -> Parsed:
        with self.connector() as connector:
            page = connector.look_up(Wanted(kind, key, self.me, args))
        return PARTS.parse(page.body, self.me, "lookup")

    def send(self, out: Outgoing, **account: Any) -> SendResult:
        with self.connector(**account) as connector:
            result: SendResult = connector.send(out)
        return result

    def read_back(self, out: Outgoing, since: datetime | None = None) -> list[OwnReply]:
        with self.connector() as connector:
            found: list[OwnReply] = connector.read_back(
                out, since=since or datetime.now(UTC).replace(microsecond=0)
            )
        return found


@dataclass
class Listener:
    """The other end of our webhook address."""

    gram: Gram
    hook: Receiver

    def came(self) -> Parsed:
        """What the next webhook meant, after its signature was checked."""
        wait_for(lambda: self.hook.got, what="a webhook")
        got = self.hook.got.pop(0)
        hook = PARTS.hook
        assert hook is not None
        assert hook.verify(got.body, got.headers, ["old", self.gram.app["app_secret"]])
        assert not hook.verify(got.body + b" ", got.headers, [self.gram.app["app_secret"]])
        assert hook.accounts(got.body) == (self.gram.me,)
        assert PARTS.parse(got.body, "17841499000000999", "webhook") == Parsed()
        return PARTS.parse(got.body, self.gram.me, "webhook")


def opened(sandbox: Sandbox) -> Gram:
    """An empty sandbox."""
    sandbox.send("POST", "/_sandbox/reset")
    return Gram(sandbox)


def hearing(gram: Gram) -> Iterator[Listener]:
    """The account's webhooks come to us, until the test is over."""
    token, app_id = f"{gram.app['app_id']}|{gram.app['app_secret']}", gram.app["app_id"]
    with listening() as hook, gram.connector() as connector:
        hook.on_get = lambda query: (200, query["hub.challenge"].encode())
        wanted = {"object": "instagram", "callback_url": hook.url, "verify_token": "kata",
                  "fields": FIELDS}  # fmt: skip
        connector.graph.post(f"{app_id}/subscriptions", wanted, token=token)
        connector.graph.post(f"{gram.page}/subscribed_apps", {"subscribed_fields": "messages"})
        yield Listener(gram, hook)
        connector.graph.delete(f"{app_id}/subscriptions", token=token)
        gram.sandbox.send("DELETE", "/_sandbox/push")


def answer(message: Incoming, way: str, *, age: float = 60, **more: Any) -> Outgoing:
    """Our answer to `message`, by the call that is chosen `age` seconds after it."""
    out = Outgoing(
        way, "", message.current_id, message.author.external_id, "Terima kasih, kami cek. 🙏",
        str(uuid4()), address=message.address,
    )  # fmt: skip
    out = replace(out, **more)
    return replace(out, call=PARTS.choose_call(out, age))
