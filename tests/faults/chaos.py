"""What befalls a whole batch: restarts, flushes, beats, webhooks in disorder. Chosen by the batch's seed."""

import contextlib
import random
from collections.abc import Callable
from typing import Any

from django.db import connections

from tests.faults.stand import Stand

WEBHOOKS = ("shuffled", "dropped", "doubled", "late", "again", "calm")  # by turns
#: (what, odds besides): one of them by turns, the others as the seed will have it.
ACTS = (
    ("postgres immediate", 0.1), ("flush", 0.3), ("workers killed", 0.1), ("postgres fast", 0.1),
    ("beat stops", 0.15), ("two beats", 0.1),
)  # fmt: skip
DISORDER: dict[str, dict[str, Any]] = {
    "shuffled": {"shuffle": True},
    "doubled": {"duplicate": 2, "shuffle": True},
    "late": {"hold": True},
    "dropped": {"drop": 12},
}


class Chaos:
    """The disturbances of one batch: `at(moment)` is called as it goes on, `end()` when it is over."""

    def __init__(
        self, stand: Stand, rng: random.Random, number: int, note: Callable[[str], None]
    ) -> None:
        self.stand, self.note = stand, note
        self.webhooks = WEBHOOKS[number % len(WEBHOOKS)]
        self._open = contextlib.ExitStack()
        turn = ACTS[number % len(ACTS)][0]
        self.acts = sorted(
            (rng.choice((0.4, 0.7, 1.5, 2.5, 4.5)), what)
            for what, odds in ACTS
            if what == turn or rng.random() < odds
        )
        self.met: list[str] = []

    @property
    def loses(self) -> bool:
        """Whether webhooks get lost for good."""
        return self.webhooks == "dropped"

    def before_writing(self) -> None:
        """Disturb the webhooks that the citizens' messages cause."""
        modes = DISORDER.get(self.webhooks)
        if modes:
            self._push(**modes)

    def after_writing(self) -> None:
        """What was held back goes out now, in disorder; nothing more is lost."""
        if self.webhooks == "late":
            self._push(shuffle=True)
            self.stand.talk.send("POST", "/_sandbox/push/flush", {"within": 5})
            self._push(hold=False)
        if self.loses:
            self._push(drop=0)

    def _push(self, **modes: object) -> None:
        self.stand.talk.send("POST", "/_sandbox/push", modes)

    def at(self, moment: float) -> None:
        """Do what is due at `moment`: below 1 the part of the trials that have begun, then rounds."""
        while self.acts and self.acts[0][0] <= moment:
            what = self.acts.pop(0)[1]
            self.note(f"chaos: {what}")
            self.met.append(what)
            self._do(what)

    def _do(self, what: str) -> None:
        match what:
            case "postgres fast" | "postgres immediate":
                self.stand.restart_postgres(immediate=what.endswith("immediate"))
                connections.close_all()
            case "flush":
                self.stand.flush_valkey()
            case "beat stops":
                self.stand.pause_beat(paused=True)
                self._open.callback(self.stand.pause_beat, paused=False)
            case "two beats":
                self._open.enter_context(self.stand.second_beat())
            case "workers killed":
                self.stand.kill_workers()

    def resume_beat(self) -> None:
        """Whatever stands still goes on; a second beat ends."""
        self._open.close()

    def end(self) -> None:
        """Everything as it was; bodies of this batch are delivered once more where that was its lot."""
        self._open.close()
        if self.webhooks == "again":
            self.stand.talk.send(
                "POST", "/_sandbox/push/again", {"times": 1, "shuffle": True, "within": 10}
            )
        self._push(shuffle=False, duplicate=0, hold=False, drop=0)
        self.stand.talk.send("POST", "/_sandbox/push/flush", {"within": 10})
