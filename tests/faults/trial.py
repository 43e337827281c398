"""One trial: a citizen's message, a reply, one fault; what was done to it is kept for the story."""

import random
from collections import Counter
from collections.abc import Generator
from dataclasses import dataclass, field

from accounts.models import User
from inbox import claims, replies
from inbox.models import Delivery, Item, Message, Reply
from tests.faults import desk
from tests.faults.deck import Hand
from tests.faults.stand import Stand
from tests.faults.surfaces import SURFACES, People, Said, Surface

#: What a script yields: seconds of the clock until it wants to go on (0: the next round).
type Script = Generator[float]


@dataclass
class Trial:
    """What one trial knows and has seen. `rng` is its own: the same for the same seed."""

    hand: Hand
    stand: Stand
    people: People
    operators: tuple[User, User]
    head: User
    rng: random.Random
    marker: str
    who: str  # the citizen's handle
    said: list[Said] = field(default_factory=list)
    item: Item | None = None
    script: Script | None = None
    wakes_at: float = 0.0  # seconds the clock runs ahead
    texts: list[str] = field(default_factory=list)  # of replies that a door accepted
    replies: list[int] = field(default_factory=list)  # their ids
    notes: list[str] = field(default_factory=list)
    breaches: Counter[str] = field(default_factory=Counter)
    at_person: str = ""  # why a person was asked
    planned: bool = False

    @property
    def surface(self) -> Surface:
        return SURFACES[self.hand.surface]

    @property
    def name(self) -> str:
        return f"trial {self.hand.number} ({self.hand.surface}, {self.hand.kind.name})"

    def note(self, text: str) -> None:
        """One line of the story."""
        self.notes.append(text)

    def breach(self, what: str, why: str) -> None:
        """A promise that was broken at a door, not on the ledger."""
        self.breaches[what] += 1
        self.note(f"BREACH {what}: {why}")

    # --- the citizen --------------------------------------------------------------------------------------

    def citizen_writes(self, more: str = "") -> None:
        """The citizen's first message, or one more in the same place."""
        text = f"Laporan {self.marker}{more} mohon ditindaklanjuti"
        after = self.said[-1] if self.said else None
        if after and not self.surface.chat:
            after = self.said[0]
        self.said.append(self.people.says(self.surface, who=self.who, text=text, after=after))
        self.note(f"citizen writes {self.said[-1].id}")

    # --- the operator -------------------------------------------------------------------------------------

    @property
    def there(self) -> Item:
        assert self.item
        return self.item

    def break_calls(self) -> None:
        """Lay the sandbox's faults of this trial's kind."""
        kind = self.hand.kind
        if kind.wire:
            wire = self.rng.choice(kind.wire)
            self.people.breaks(self.surface, wire, text=self.marker)
            self.note(f"sandbox will answer {wire}")
        if kind.reading:
            self.people.breaks_reading(
                self.surface, kind.reading, self.said[0], forever=kind.forever
            )
            self.note(f"reading back will meet {kind.reading}")

    def take(self, by: User) -> int:
        """Take the item; returns the fence. Raises AlreadyClaimed."""
        held = desk.take(item=self.there, by=by)
        self.note(f"{by.username} takes it, fence {held.fence}")
        return held.fence

    def submit(self, by: User, fence: int, *, letter: str = "a", undo: bool = False) -> Reply:
        """Send a reply with a mark of its own; the first one meets the point of this trial's kind."""
        kind = self.hand.kind
        text = f"Terima kasih, laporan {self.marker}{letter} sudah kami teruskan."
        plan = None
        if kind.step and not self.planned:
            plan = desk.lay(self.stand.points, step=kind.step, do=kind.do)
        reply = desk.submit(item=self.there, by=by, fence=fence, text=text, undo=undo, plan=plan)
        self.planned = True
        self.texts.append(text)
        self.replies.append(reply.pk)
        self.note(f"{by.username} sends reply {reply.pk} with fence {fence}")
        return reply

    def answer(self, by: User, *, letter: str = "a", undo: bool = False) -> Reply | None:
        """Take and send; None (with a note) where a door says no."""
        try:
            return self.submit(by, self.take(by), letter=letter, undo=undo)
        except (claims.ClaimError, replies.ReplyRefused) as error:
            self.note(f"refused: {type(error).__name__}: {error}")
            return None

    def must_refuse(self, by: User, fence: int, *, letter: str) -> None:
        """A reply under a lost claim: a door that takes it has two holders."""
        try:
            self.submit(by, fence, letter=letter)
        except (claims.ClaimError, replies.ReplyRefused) as error:
            self.note(f"{by.username} refused under fence {fence}: {type(error).__name__}")
        else:
            self.breach("two_holders", f"fence {fence} of {by.username} was lost, and it was taken")

    # --- looking ------------------------------------------------------------------------------------------

    def deliveries(self) -> list[Delivery]:
        """Every delivery of the trial, oldest first."""
        return list(
            Delivery.objects.filter(reply_id__in=self.replies)
            .select_related("reply__item__channel", "reply__author", "reply__claim")
            .order_by("pk")
        )


def find_items(trials: list[Trial]) -> None:
    """Give each trial the item that its citizen's first message has become, if it has."""
    missing = {trial.said[0].id: trial for trial in trials if trial.item is None}
    for message in Message.objects.select_related("item__channel", "item__citizen").filter(
        external_id__in=missing, direction=Message.Direction.IN
    ):
        trial = missing[message.external_id]
        if message.platform == trial.surface.platform:
            trial.item = message.item
