"""What the scenes of test_scripted.py stand on: the cases, their frozen workers, and how they are looked at.

Counted on the sandbox's ledger (`there`); what our rows say only tells when to go on.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import User
from config.celery import app
from inbox import claims, replies, settle
from inbox.models import Delivery, Draft, Reply
from inbox.slots import Space
from tests.faults import desk, points, rest
from tests.faults.deck import Hand, Kind
from tests.faults.stand import Stand
from tests.faults.surfaces import People
from tests.faults.trial import Trial, find_items
from tests.sandbox_process import wait_for

SILENT = 20.0  # seconds: an attempt without an outcome is given up after its time-outs and ten more
GAP = 11.0  # seconds: two looks at X lie two visibility lags (5 s) apart
NOT_READABLE = 11 * 60.0  # seconds: by then whoever is still frozen is a person's case
TWO_LEASES = 2 * 15 * 60 + 10.0  # seconds
HERE = 25.0  # real seconds anything may take on a busy machine


@dataclass
class Floor:
    """The stand, the people on it, and what was seen of each case."""

    stand: Stand
    seen: dict[str, dict[str, Any]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)  # marker → case
    frozen: dict[str, int] = field(default_factory=dict)  # marker → process
    dealt: int = 0

    def __post_init__(self) -> None:
        self.people = People(self.stand.talk)
        self.operators, self.head = desk.people()

    def trial(self, name: str, surface: str, step: str = "") -> Trial:
        """A citizen who writes on `surface`; the first reply freezes its worker at `step`."""
        self.dealt += 1
        number = self.dealt
        first = number * 2 % len(self.operators)
        marker = desk.new_marker(number)
        made = Trial(
            hand=Hand(number, Kind(name, 1, step=step, do="stop" if step else ""), surface),
            stand=self.stand, people=self.people, head=self.head, marker=marker, who=f"w{marker[2:]}"[:15],
            operators=(self.operators[first], self.operators[first + 1]),
            rng=random.Random(number),  # noqa: S311  nothing here is left to chance
        )  # fmt: skip
        self.names[marker] = name
        return made

    def note(self, trial: Trial, **facts: Any) -> None:
        """Keep what was seen of this case."""
        self.seen.setdefault(self.names[trial.marker], {}).update(facts)

    # --- looking ------------------------------------------------------------------------------------------

    def there(self, trial: Trial) -> int:
        """How many answers of ours to this citizen stand on the sandbox's ledger."""
        return self.on_ledger([trial])[0]

    def on_ledger(self, trials: Sequence[Trial]) -> list[int]:
        """The same for many citizens, in their order."""
        ours = [
            entry["text"] + entry["sent"]
            for entry in self.stand.talk.get("/_sandbox/ledger")["entries"]
            if entry["by"] == "api" and entry["kind"] in rest.NEW
        ]
        return [sum(trial.marker in text for text in ours) for trial in trials]

    def first(self, trial: Trial) -> Delivery:
        """The delivery of the case's first reply, as it is now."""
        return desk.steady(trial.deliveries)[0]

    def until(self, trials: Sequence[Trial], test: Callable[[Delivery], bool], what: str) -> None:
        """Wait until the first delivery of every case passes `test`."""
        wait_for(lambda: all(test(self.first(trial)) for trial in trials), what=what, seconds=HERE)

    def let_pass(
        self, trials: Sequence[Trial], test: Callable[[Delivery], bool], what: str
    ) -> None:
        """The same, while the clock goes on by the gap between two looks at the platform."""
        for _turn in range(20):
            jump(GAP)
            try:
                wait_for(
                    lambda: all(test(self.first(trial)) for trial in trials), what=what, seconds=1.5
                )
            except AssertionError:
                continue
            return
        states = [str(vars(self.first(trial))) for trial in trials]
        raise AssertionError(f"never: {what}: {states}")

    # --- freezing -----------------------------------------------------------------------------------------

    def until_frozen(self, trials: Sequence[Trial]) -> None:
        """Wait until the workers of these cases stand still where they should."""
        keys = {self.first(trial).pk: trial for trial in trials}

        def met() -> bool:
            for key, _step, _do, pid in points.met(self.stand.points):
                if key in keys:
                    self.frozen[keys[key].marker] = pid
            return all(trial.marker in self.frozen for trial in trials)

        wait_for(met, what="frozen workers", seconds=HERE)

    def thaw(self, trials: Sequence[Trial]) -> None:
        """SIGCONT; returns when the tasks that were frozen have ended, however they ended."""
        pids = {self.frozen[trial.marker] for trial in trials}
        frozen = {task for task, pid in self._active().items() if pid in pids}
        assert len(frozen) == len(trials), "a frozen worker is gone"
        for pid in pids:
            assert self.stand.thaw(pid), "a frozen worker is gone"
        wait_for(
            lambda: not frozen & self._active().keys(), what="the end of what thawed", seconds=HERE
        )

    def _active(self) -> dict[str, int]:
        """The tasks at hand, each with the process that is at it."""
        ask = app.control.inspect(destination=[self.stand.node], timeout=5.0, limit=1)
        told = wait_for(ask.active, what="the node's answer", seconds=HERE)
        return {task["id"]: task["worker_pid"] for task in told[self.stand.node]}


def jump(seconds: float) -> None:
    """Let so many seconds pass for everybody."""
    desk.steady(lambda: rest.jump(seconds))


def holders(keys: list[int]) -> list[int]:
    """The database sessions that hold the locks of these deliveries' attempts."""

    def ask() -> list[int]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = %s"
                " AND objid = ANY(%s::oid[])",
                [Space.ATTEMPT, keys],
            )
            return [row[0] for row in cursor.fetchall()]

    return desk.steady(ask)


def come_in(trials: Sequence[Trial]) -> None:
    """The citizens write, and their messages become items."""

    for trial in trials:
        trial.citizen_writes()

    def are_here() -> bool:
        desk.steady(lambda: find_items(list(trials)))
        return all(trial.item for trial in trials)

    wait_for(are_here, what="items", seconds=HERE)


def decide(floor: Floor, trial: Trial, by: User, decision: str) -> str:
    """A person decides; "done", or the name of the refusal."""

    row = floor.first(trial)
    try:
        desk.steady(lambda: settle.decide(delivery=row, by=by, decision=settle.Decision(decision)))
    except settle.TooEarly as error:
        return type(error).__name__
    return "done"


def takes(trial: Trial, by: User) -> str:
    """Somebody tries to take the item; "done", or the name of the refusal."""

    try:
        trial.take(by)
    except claims.ClaimError as error:
        return type(error).__name__
    return "done"


def sends_late(trial: Trial, by: User, fence: int) -> dict[str, Any]:
    """An operator's browser sends what was typed under a fence of long ago; what the page says, and
    whether the text is a draft now."""

    text = f"Jawaban terlambat {trial.marker}z"
    newest = desk.steady(lambda: replies.last_stored(trial.there))
    browser = Client(SERVER_NAME="127.0.0.1")
    browser.force_login(by, backend="django.contrib.auth.backends.ModelBackend")
    answer = browser.post(
        reverse("inbox:reply", args=[trial.there.pk]),
        {"fence": fence, "seen": newest.pk if newest else 0, "text": text},
    )
    try:
        replies.submit(
            item=trial.there, by=by, fence=fence, text=text, seen=newest.pk if newest else 0
        )
        door = "taken"
    except claims.ClaimError as error:
        door = type(error).__name__
    return {
        "late_status": answer.status_code,
        "late_door": door,
        "late_draft": Draft.objects.filter(item=trial.there, author=by, text=text).exists(),
        "late_rows": Reply.objects.filter(item=trial.there, text=text).count(),
    }
