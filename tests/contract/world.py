"""What every contract test stands on: a sandbox, a channel connected to it, and the ways news arrives."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.files import File
from django.db.models import F
from django.test import Client

from accounts import clock
from accounts.models import User
from inbox import claims, hooks, intake, lookups, outbox, polling, replies, settle
from inbox.connectors.registry import hook_of
from inbox.models import App, Channel, Delivery, Feed, Item, Message, RawEvent, Reply
from tests.contract.receiver import Posted, Receiver
from tests.sandbox_process import Sandbox


@dataclass(frozen=True, slots=True)
class Written:
    """What a driver wrote in the sandbox: the message as Sahut must know it."""

    external_id: str
    text: str
    author: str = ""  # as the platform names the person; "" where it names nobody
    media: tuple[str, ...] = ()  # kinds
    object_class: str = ""


@dataclass
class World:
    """One surface under test."""

    sandbox: Sandbox
    receiver: Receiver
    operator: User
    channel: Channel = field(init=False)
    app: App = field(init=False)
    info: dict[str, Any] = field(default_factory=dict)  # what a driver remembers

    # --- connecting

    def make_app(self, family: str, credentials: dict[str, Any]) -> App:
        self.app = App(family=family, name=family)
        self.app.credentials = credentials
        self.app.save()
        hook = hook_of(family)
        secrets, token = credentials["secrets"], credentials.get("verify_token", "")

        def shake(_path: str, query: dict[str, str]) -> tuple[str, bytes] | None:
            return hook.handshake(query, secrets, token) if hook and hook.handshake else None

        self.receiver.handshake = shake
        return self.app

    @property
    def hook_url(self) -> str:
        return f"{self.receiver.url}/hook/{self.app.family}/{self.app.key}/"

    # --- news

    def pushed(self) -> list[Posted]:
        """Everything the sandbox has posted by now, at least once each."""
        self.sandbox.send("POST", "/_sandbox/push/flush")
        return list(self.receiver.posted)

    def hear(self, *, times: int = 1, seed: int | None = None) -> None:
        """Hand all webhooks to Sahut, `times` each, in random order with a seed; then read them."""
        bodies = self.pushed() * times
        if seed is not None:
            random.Random(seed).shuffle(bodies)  # noqa: S311  replayable disorder
        for posted in bodies:
            assert self.post(posted).status_code == 200
        self.settle_down()
        self.receiver.forget()

    def post(self, posted: Posted, **changed: Any) -> Any:
        """One request to Sahut's own view, byte for byte."""
        headers = {
            k: v for k, v in posted.headers.items() if k.lower() not in ("host", "content-length")
        }
        return Client().post(
            posted.path, changed.get("body", posted.body),
            content_type=headers.pop("Content-Type", "application/json"),
            headers=changed.get("headers", headers),
        )  # fmt: skip

    def settle_down(self) -> None:
        """Read bodies and ask for what they only name, until nothing is left."""
        for _round in range(6):
            RawEvent.objects.filter(again_at__isnull=False).update(again_at=None)
            intake.absorb_waiting()
            if not lookups.work():
                break

    def poll(self) -> None:
        """Ask every feed of every channel, as the backstop does."""
        for feed in Feed.objects.filter(polled=True).select_related("channel__app"):
            polling.poll(feed)
        self.settle_down()

    # --- the desk

    def answer(
        self,
        item: Item,
        text: str,
        *,
        way: str = "",
        pictures: "Sequence[File[bytes]]" = (),
        calls: int = 20,
    ) -> Reply:
        """Take the item and answer; so many `calls` of it are made by the real outbox."""
        held = claims.take(item=item, by=self.operator)
        newest = replies.last_stored(item)
        assert newest
        reply = replies.submit(
            item=item, by=self.operator, fence=held.fence, text=text, seen=newest.pk, way=way,
            pictures=pictures,
        )  # fmt: skip
        self.carry(calls)
        reply.refresh_from_db()
        return reply

    def carry(self, calls: int = 20) -> None:
        """Let everything leave that is queued, `calls` of it at most."""
        Delivery.objects.filter(state="queued").update(due_at=clock.now())
        outbox.send_due(limit=calls)

    def settle_unknown(self) -> None:
        """Look until nothing is unknown any more or a person is asked; the looks are not spaced."""
        for _look in range(6):
            Delivery.objects.filter(state="unknown").update(read_at=None)
            settle.settle_unknown()
            self.carry()

    def secrets(self) -> tuple[str, ...]:
        return hooks.secrets_of(self.app)

    # --- looking

    def incoming(self) -> list[Message]:
        return list(Message.objects.filter(direction="in").select_related("item__citizen"))

    def rows(self) -> list[tuple[Any, ...]]:
        """All that matters of what is stored, without what differs from run to run."""
        return sorted(
            Message.objects.annotate(
                thread=F("item__thread__external_id"), who=F("item__citizen__external_id"),
                state=F("item__state"), why=F("item__close_reason"),
            ).values_list(
                "platform", "object_class", "external_id", "current_id", "direction", "text",
                "native", "hidden", "written_at", "replies_to", "thread", "who", "state", "why",
                "erased_why", "media", "item__waiting_since",
            ),
            key=repr,
        )  # fmt: skip


type Write = Callable[[World], Written]
