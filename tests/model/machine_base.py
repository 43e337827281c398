"""What happens around the desk in the state machine: the platform tells, time passes, sweeps sweep.

The machine itself (machine.py) adds the desk and its workers.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from django.db import OperationalError
from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from accounts import clock
from accounts.models import User
from inbox import claims, intake, replies, settle
from inbox.models import Channel, Item, Message
from inbox.models_out import Delivery, DeliveryState
from tests.model.machine_check import Said
from tests.model.machine_platform import WALL, Kind, Post, told
from tests.model.machine_worker import Worker

ITEMS = st.sampled_from([0, 1])
OUTSIDE = ["writes", "writes", "edits", "deletes", "native", "echo", "echo"]
LEASE = 1000.0  # seconds; more than a lease
REFUSALS = (claims.ClaimError, replies.ReplyRefused, settle.TooEarly)


@dataclass
class Desk:
    """Who and what outlives an example."""

    people: list[User]  # two operators and the head
    channels: dict[Kind, Channel]
    set_clock: Callable[[float], None]  # by how many seconds it runs ahead
    tolerant: bool = False  # a mutation makes frozen workers keep their rows locked
    count: int = 0
    examples: int = 0


@dataclass
class Matter:
    """One item: where it stands, and what each operator's browser knows of it."""

    kind: Kind
    thread: str
    citizen: str
    item: Item
    last_id: str  # the citizen's newest message on the platform
    version: int = 1
    fences: dict[int, int] = field(default_factory=dict)  # user → the last fence granted
    seen: dict[int, int] = field(default_factory=dict)  # user → the last message looked at


class World(RuleBasedStateMachine):
    """Two items and what becomes of them without the desk."""

    desk: Desk

    def begin(self, kinds: tuple[Kind, Kind]) -> None:
        """A new example: the clock is set back, two citizens write."""
        self.ahead = 0.0
        self.said: list[Said] = []
        self.workers: list[Worker | None] = [None, None]
        self.matters: list[Matter] = []
        self.desk.examples += 1
        self.desk.set_clock(0.0)
        for kind in kinds:
            self.desk.count += 1
            name = f"{kind}-{self.desk.count}"
            first = WALL.next_id()
            message = self._hear(kind, thread=name, by=f"warga-{name}", id=first)
            assert message is not None
            self.matters.append(Matter(kind, name, f"warga-{name}", message.item, first))

    def _try(self, act: Callable[[], object]) -> bool:
        """Do something that the desk may refuse. True when it was done."""
        try:
            act()
        except REFUSALS as error:
            note(f"    refused: {type(error).__name__}")
            return False
        except OperationalError as error:  # a mutation's worker sits on the rows
            if not self.desk.tolerant:
                raise
            note(f"    {error}")
            return False
        return True

    # --- the platform tells --------------------------------------------------------------------

    def _hear(self, kind: Kind, *, id: str, **row: object) -> Message | None:  # noqa: A002  as in the body
        """Let a body arrive through the real door and be read."""
        given = {"at": clock.now().isoformat(), "text": "Halo min?", "version": "1", "id": id} | row
        raw = intake.store_raw(
            channel=self.desk.channels[kind], feed="webhook", body=told(kind, **given)
        )
        if raw is not None:
            self._try(lambda: intake.absorb_raw(raw_id=raw.pk))
        return (
            Message.objects.select_related("item")
            .filter(platform=kind, external_id=id, direction=Message.Direction.IN)
            .first()
        )

    @rule(i=ITEMS, how=st.sampled_from(OUTSIDE))
    def outside(self, i: int, how: str) -> None:
        """The citizen writes again, changes the newest message or takes it back; a colleague answers in
        the platform's own app; the platform tells us of what we said there."""
        matter = self.matters[i]
        match how:
            case "deletes":
                self._hear(matter.kind, id=matter.last_id, removed=True)
            case "native":
                self._answered_in_the_app(matter)
            case "echo":
                for post in WALL.posts:
                    if matter.kind.echoes and post.kind == matter.kind and self._of(matter, post):
                        self._tell(post)
            case _:
                self._citizen_says(matter, again=how == "writes")

    def _citizen_says(self, matter: Matter, *, again: bool) -> None:
        if again:
            matter.last_id, matter.version = WALL.next_id(), 0
        matter.version += 1
        self._hear(
            matter.kind, thread=matter.thread, by=matter.citizen, id=matter.last_id,
            version=str(matter.version), text=f"Halo min? ({matter.version})",
        )  # fmt: skip

    def _answered_in_the_app(self, matter: Matter) -> None:
        """Under a public post any words of ours count as the unknown reply's, since platforms alter
        them (settle.py): there a colleague's answer is left out while an outcome is open."""
        if not matter.kind.echoes or (matter.kind == Kind.WALL and self._open(matter)):
            return
        self.desk.count += 1
        text = f"Dari aplikasi {self.desk.count}"
        self._tell(WALL.write(matter.kind, target_id=matter.last_id, text=text, by="native"))

    def _open(self, matter: Matter) -> bool:
        """Whether something of this item is on its way, also by a worker that gave it up for lost."""
        on_the_way = [DeliveryState.SENDING, DeliveryState.UNKNOWN]
        waiting = Delivery.objects.filter(item=matter.item)
        again = waiting.filter(state=DeliveryState.QUEUED, attempt__gt=0)
        return waiting.filter(state__in=on_the_way).exists() or again.exists()

    def _of(self, matter: Matter, post: Post) -> bool:
        return Message.objects.filter(
            item=matter.item, platform=post.kind, current_id=post.target_id
        ).exists()

    def _tell(self, post: Post) -> None:
        matter = next(m for m in self.matters if m.kind == post.kind and self._of(m, post))
        us = self.desk.channels[post.kind].external_id
        self._hear(
            post.kind, id=post.remote_id, thread=matter.thread, by=us, text=post.text,
            to=post.target_id, at=post.at.isoformat(), version="",
        )  # fmt: skip

    @rule(seconds=st.sampled_from([3.0, 12.0, 40.0, 120.0, LEASE]), sweep=st.booleans())
    def time_passes(self, seconds: float, sweep: bool) -> None:
        """The workers stand where they stand."""
        self._pass(seconds)
        if sweep:
            self._sweep()

    def _pass(self, seconds: float) -> None:
        self.ahead += seconds
        self.desk.set_clock(self.ahead)

    def _sweep(self) -> None:
        """What tasks.sweep does, on a session of its own."""
        self._try(intake.absorb_waiting)
        self._try(settle.silent_attempts_become_unknown)
        self._try(settle.settle_unknown)
        self._try(claims.end_expired)
