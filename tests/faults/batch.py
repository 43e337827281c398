"""One batch: many trials side by side, from the citizens' messages until everything is at rest.

1. Citizens write; their messages become items.  2. Scripts begin; chaos strikes in between.  3. Rounds:
people act, the frozen thaw, everything that is due has its turn, the clock jumps to what comes next.
4. At rest, or out of time: counted (counting.py).
"""

import random
import time
from collections.abc import Callable

from accounts import clock
from accounts.models import User
from inbox import claims, replies
from inbox.models import Delivery, RawEvent, Reply
from inbox.models_out import UNSETTLED
from tests.faults import desk, points, rest
from tests.faults.chaos import Chaos
from tests.faults.counting import Count, count
from tests.faults.deck import Hand
from tests.faults.scripts import SCRIPTS
from tests.faults.stand import Stand
from tests.faults.surfaces import People
from tests.faults.trial import Trial, find_items

REAL_SECONDS = 900.0  # a batch that is not at rest by then has lost something …
ROUNDS = 120  # … or by then: that is more than a day
INTO_ITEMS = 240.0  # what is not in by then did not come in
THAW_AFTER = (90.0, 90.0, 700.0, 1900.0)  # seconds of the clock: all time-outs; the lease, twice


class Batch:
    """The trials of one batch and the desk they are played at."""

    def __init__(
        self, *, stand: Stand, hands: list[Hand], seed: int, number: int, say: Callable[[str], None]
    ) -> None:
        self.stand, self.number, self.say = stand, number, say
        self.rng = random.Random(f"batch:{seed}:{number}")  # noqa: S311  replayable
        self.people = People(stand.talk)
        operators, self.head = desk.people()
        self.trials = [self._trial(hand, operators, seed) for hand in hands]
        self.notes: list[str] = []
        self.chaos = Chaos(stand, self.rng, number, self.note)
        self.frozen: dict[int, tuple[int, str, float]] = {}  # pid → (delivery, step, thaws at)
        self.seen: set[tuple[int, str, str, int]] = set()
        self.began = time.monotonic()
        self.turns = 0
        self.marks: list[str] = []  # when which part of the course was over

    def mark(self, what: str) -> None:
        """Remember how long it took until here (real seconds)."""
        self.marks.append(f"{what} {time.monotonic() - self.began:.0f}s")

    def told(self) -> str:
        """Where the time went."""
        return f"{self.turns} rounds, {', '.join(self.marks)}"

    def note(self, text: str) -> None:
        """A line of the story of all trials of this batch."""
        self.notes.append(f"{self.clock:7.0f}s  {text}")

    def _trial(self, hand: Hand, operators: list[User], seed: int) -> Trial:
        rng = random.Random(f"trial:{seed}:{hand.number}")  # noqa: S311
        first, second = rng.sample(operators, 2)
        marker = desk.new_marker(hand.number)
        return Trial(
            hand=hand, stand=self.stand, people=self.people, operators=(first, second), head=self.head,
            rng=rng, marker=marker, who=f"w{marker[2:]}"[:15],
        )  # fmt: skip

    # --- the clock ----------------------------------------------------------------------------------------

    @property
    def clock(self) -> float:
        """Seconds by which everybody's clock is ahead of this machine's."""
        return rest.ahead

    def jump(self, seconds: float) -> None:
        """Let so many seconds pass for everybody at once."""
        desk.steady(lambda: rest.jump(seconds))

    # --- the course ---------------------------------------------------------------------------------------

    def play(self) -> Count:
        """All of it. Returns what was counted."""
        late = [trial for trial in self.trials if trial.hand.surface == "line_reply"]
        early = [trial for trial in self.trials if trial.hand.surface != "line_reply"]
        # Only what can be asked for again may get lost on its way.
        safe = [one for one in early if one.surface.family == "line" and self.chaos.loses]
        self.chaos.before_writing()
        self._write([one for one in early if one not in safe])
        self.chaos.after_writing()
        self._write(safe)
        self._come_in(early, patient=True)
        self.mark("in after")
        self._write(late)  # a reply token lives for a minute
        self._come_in(late, patient=False)
        self.mark("late in after")
        self._begin(late + self.rng.sample(early, len(early)))
        self.mark("begun after")
        resting = self._rounds()
        self.mark("at rest after" if resting else "NOT at rest after")
        self.chaos.end()
        self._thaw(everybody=True)
        self._read_everything()
        found = count(self.trials, self.stand, at_rest=resting, story=self.notes)
        found.met.update(self.met_points())
        points.clear(self.stand.points)
        found.chaos.update([*self.chaos.met, f"webhooks {self.chaos.webhooks}"])
        return found

    def _write(self, trials: list[Trial]) -> None:
        for trial in trials:
            trial.citizen_writes()

    def _come_in(self, trials: list[Trial], *, patient: bool) -> None:
        """Until every message is an item. What a webhook lost is found by asking: that takes time."""
        until = time.monotonic() + INTO_ITEMS
        nudged = time.monotonic()
        while time.monotonic() < until:
            desk.steady(lambda: find_items(trials))
            if all(trial.item for trial in trials):
                return
            if patient and time.monotonic() - nudged > 3:
                self.jump(70)
                nudged = time.monotonic()
            time.sleep(0.1)

    def _begin(self, trials: list[Trial]) -> None:
        for place, trial in enumerate(trials):
            self.chaos.at(place / len(trials))
            if trial.item is None:
                trial.note("its message never became an item")
                continue
            trial.script = SCRIPTS[trial.hand.kind.script](trial)
            self._go_on(trial)

    def _go_on(self, trial: Trial) -> None:
        """Let a script run to its next pause."""
        assert trial.script
        try:
            trial.wakes_at = self.clock + next(trial.script)
        except StopIteration:
            trial.script = None
        except (claims.ClaimError, replies.ReplyRefused) as error:
            trial.note(f"a door says no: {type(error).__name__}: {error}")
            trial.script = None

    def _rounds(self) -> bool:
        """Until everything is at rest; False when time is over."""
        for turn in range(1, ROUNDS):
            if time.monotonic() - self.began > REAL_SECONDS:
                break
            self.turns = turn
            self.chaos.at(1 + turn)
            if turn == 7:
                self.chaos.resume_beat()
            self.stand.look()
            self._watch()
            for trial in self.trials:
                if trial.script and trial.wakes_at <= self.clock:
                    self._go_on(trial)
            rest.until_quiet(self.ids(), self._watch, self.idle)
            self._thaw(everybody=False)
            self._act()
            if self._at_rest():
                return True
            self.jump(self._next(turn))
        self._what_is_left()
        return False

    def _next(self, turn: int) -> float:
        wakes = [trial.wakes_at - self.clock for trial in self.trials if trial.script]
        wakes += [thaws - self.clock for _key, _step, thaws in self.frozen.values()]
        return desk.steady(lambda: rest.until_next(self.ids(), wakes, turn))

    # --- the frozen ---------------------------------------------------------------------------------------

    def _watch(self) -> None:
        """Note who met a point of the plan since the last look."""
        for entry in set(points.met(self.stand.points)) - self.seen:
            self.seen.add(entry)
            key, step, do, pid = entry
            trial = self._trial_of(key)
            told = f"process {pid} is {'killed' if do == 'kill' else 'frozen'} at “{step}” of delivery {key}"
            (trial.note if trial else self.note)(told)
            if do == "stop":
                self.frozen[pid] = (key, step, self.clock + self.rng.choice(THAW_AFTER))

    def idle(self) -> tuple[list[int], list[int]]:
        """Deliveries in the hands of frozen processes, and those whose process was killed."""
        frozen = [key for key, _step, _thaws in self.frozen.values()]
        return frozen, [key for key, _step, do, _pid in self.seen if do == "kill"]

    def _thaw(self, *, everybody: bool) -> None:
        for pid, (key, step, thaws) in list(self.frozen.items()):
            if everybody or thaws <= self.clock:
                del self.frozen[pid]
                told = "goes on" if self.stand.thaw(pid) else "is gone"
                trial = self._trial_of(key)
                (trial.note if trial else self.note)(f"process {pid}, frozen at “{step}”, {told}")

    def _trial_of(self, delivery: int) -> Trial | None:
        reply = desk.steady(
            lambda: Delivery.objects.filter(pk=delivery).values_list("reply_id", flat=True).first()
        )
        return next((trial for trial in self.trials if reply in trial.replies), None)

    def met_points(self) -> list[str]:
        """Kind and step of every point that was met in this batch."""
        return [f"{do} {step}" for _key, step, do, _pid in self.seen]

    # --- people -------------------------------------------------------------------------------------------

    def ids(self) -> list[int]:
        """All replies of the batch."""
        return [pk for trial in self.trials for pk in trial.replies]

    def _act(self) -> None:
        """Held replies go to their authors, what nobody can settle to a person."""
        by_reply = {pk: trial for trial in self.trials for pk in trial.replies}
        held = desk.steady(
            lambda: list(
                Reply.objects.filter(pk__in=self.ids(), state="held").select_related(
                    "item", "author"
                )
            )
        )
        for reply in held:
            rest.let_author_decide(by_reply[reply.pk], reply)
        asked = desk.steady(
            lambda: list(
                Delivery.objects.filter(
                    reply_id__in=self.ids(), state="unknown", needs_person=True
                ).select_related("reply__item__channel", "reply__author")
            )
        )
        if asked:
            there = self.stand.talk.get("/_sandbox/ledger")["entries"]
            for delivery in asked:
                rest.let_person_decide(by_reply[delivery.reply_id], delivery, there)

    def _at_rest(self) -> bool:
        if self.frozen or any(trial.script for trial in self.trials):
            return False

        def unsettled() -> bool:
            return Reply.objects.filter(pk__in=self.ids(), state__in=UNSETTLED).exists()

        return not desk.steady(unsettled)

    def _what_is_left(self) -> None:
        for trial in self.trials:
            if trial.script:
                trial.note("its script had not ended")
        for delivery in Delivery.objects.filter(
            reply_id__in=self.ids(), reply__state__in=UNSETTLED
        ).select_related("reply"):
            owner = self._trial_of(delivery.pk)
            if owner:
                owner.note(
                    f"not at rest: reply {delivery.reply.state} {delivery.reply.hold}, delivery"
                    f" {delivery.state} attempt {delivery.attempt} absent {delivery.absent_reads}"
                    f" person {delivery.needs_person} due {delivery.due_at - clock.now()}"
                )

    def _read_everything(self) -> None:
        """Every body that came is read, also those that waited for an outcome."""
        until = time.monotonic() + 90
        while time.monotonic() < until:
            waiting = desk.steady(
                lambda: list(
                    RawEvent.objects.filter(state="new").values_list("again_at", flat=True)
                )
            )
            if not waiting and self._all_in():
                return
            if any(at and at > clock.now() for at in waiting) or not waiting:
                self.jump(12 if waiting else 70)
            time.sleep(0.3)

    def _all_in(self) -> bool:
        """Whether everything the citizens wrote is here (polls find what webhooks lost)."""
        wanted = {said.id for trial in self.trials for said in trial.said}
        return desk.steady(lambda: rest.stored(wanted)) == wanted
