"""Claims and deliveries as a state machine against the real database and the real doors (DESIGN §5 to §7).

Two operators and the head, two items, two workers led by the hand (machine_worker.py), a platform that
keeps the ledger (machine_platform.py). Hypothesis plays the desk; after every act the ledger is held
against our rows, and in the end everything is driven to rest. What may not be is named in machine_check.py.
"""

from collections.abc import Callable

from django.db import OperationalError
from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from accounts.models import User
from inbox import claims, outbox, replies, review, settle
from inbox.models import CloseReason, Item, RawEvent, Reply
from inbox.models_out import Delivery, DeliveryState, ReplyState
from inbox.steps import Step
from tests.model.machine_base import ITEMS, LEASE, Matter, World
from tests.model.machine_check import Said, Violation, check
from tests.model.machine_platform import WALL, Fate, Kind
from tests.model.machine_worker import CALLING, Worker

HEAD = 2
OPERATORS = st.sampled_from([0, 1])
PEOPLE = st.sampled_from([0, 0, 1, 1, HEAD])
CLAIMING = ["take", "take", "take over", "release", "renew", "hand over", "close"]
#: Inside a transaction a worker holds its rows, and all who need them wait for it: nothing new happens
#: there but its death. Everywhere else it may stand for hours.
IN_TRANSACTION = (Step.TAKEN, Step.WRITTEN, Step.SETTLED, Step.RESENDING)
STOPS = st.sampled_from(["", "", "", "", *[Step.ANSWERED] * 3, CALLING, *Step])
#: Looked up when called, as tasks.py does.
TASK: dict[str, Callable[[], object]] = {
    "send": lambda: outbox.send_due(),  # noqa: PLW0108
    "settle": lambda: settle.settle_unknown(),  # noqa: PLW0108
}
TASKS = st.sampled_from(["send", "send", "send", "settle"])
SELDOM = st.sampled_from([False, False, True])
FATES = st.sampled_from([Fate.APPLIED, Fate.APPLIED, Fate.SILENT, Fate.SILENT, *Fate])
MOSTLY = st.sampled_from([True, True, True, False])
BEGUN = st.sampled_from(["", "taken", "answered", "answered"])
KINDS = st.sampled_from([Kind.WALL, Kind.WALL, *Kind])
SETTLED = (ReplyState.SENT, ReplyState.FAILED, ReplyState.CANCELLED)
ROUNDS = 40  # of sweeping until everything must be at rest


class Machine(World):
    @initialize(kinds=st.tuples(KINDS, KINDS), begun=st.tuples(BEGUN, BEGUN), delicate=SELDOM)
    def two_citizens_write(
        self, kinds: tuple[Kind, Kind], begun: tuple[str, str], delicate: bool
    ) -> None:
        """… and perhaps somebody of the desk has begun to answer, so that an example has something to tell.
        The second matter may be one in which nothing leaves unread."""
        self.begin(kinds)
        if delicate:
            Item.objects.filter(pk=self.matters[1].item.pk).update(second_reader=True)
            self.matters[1].item.refresh_from_db()
        for i, how in enumerate(begun):
            if how == "answered":
                self._answer(i, self.desk.people[i])
            elif how == "taken":
                self._take(i, self.desk.people[i])

    def _something_waits(self) -> bool:
        """Else hypothesis need not try what would do nothing."""
        return any(one.state not in SETTLED for one in self.said) or any(self.workers)

    # --- the desk ------------------------------------------------------------------------------

    def _take(self, i: int, by: User) -> bool:
        matter = self.matters[i]

        def take() -> None:
            matter.fences[by.pk] = claims.take(item=matter.item, by=by).fence
            self._look(i, by)

        return self._try(take)

    def _look(self, i: int, by: User) -> None:
        newest = replies.last_stored(self.matters[i].item)
        self.matters[i].seen[by.pk] = newest.pk if newest else 0

    @rule(i=ITEMS, who=PEOPLE, how=st.sampled_from(CLAIMING))
    def claim(self, i: int, who: int, how: str) -> None:
        """With the fence that the page shows, whatever became of it meanwhile."""
        matter, by = self.matters[i], self.desk.people[who]
        item, fence = matter.item, matter.fences.get(by.pk, 0)
        if how == "take":
            self._take(i, by)
        elif how == "take over" and by.is_head:
            if self._try(lambda: claims.take_over(item=item, by=by)):
                self._take(i, by)
        elif fence:
            other = self.desk.people[(who + 1) % 2]
            self._try(lambda: self._with_fence(matter, by, fence, other, how))

    def _with_fence(self, matter: Matter, by: User, fence: int, other: User, how: str) -> None:
        match how:
            case "release":
                claims.release(item=matter.item, by=by, fence=fence)
            case "renew":
                claims.renew(item=matter.item, by=by, fence=fence)
            case "hand over":
                held = claims.hand_over(item=matter.item, by=by, fence=fence, to=other)
                matter.fences[other.pk] = held.fence
            case "close":
                reason = CloseReason.NOT_NEEDED
                replies.close(item=matter.item, by=by, fence=fence, reason=reason)

    def _answer(self, i: int, by: User, *, look: bool = True, undo: bool = False) -> bool:
        matter = self.matters[i]
        if by.pk not in matter.fences and not self._take(i, by):
            return False
        if look:
            self._look(i, by)
        self.desk.count += 1
        text = f"Balasan {self.desk.count}"

        def submit() -> None:
            reply = replies.submit(
                item=matter.item, by=by, fence=matter.fences[by.pk], text=text,
                seen=matter.seen.get(by.pk, 0), undo=undo,
            )  # fmt: skip
            self.said.append(Said(reply.pk, text, matter.kind))

        return self._try(submit)

    @rule(i=ITEMS, who=PEOPLE, take=MOSTLY, look=MOSTLY, undo=SELDOM)
    def answers(self, i: int, who: int, take: bool, look: bool, undo: bool) -> None:
        """Takes the item and answers; or answers from a page that stood open, with its fence."""
        if take:
            self._take(i, self.desk.people[who])
        self._answer(i, self.desk.people[who], look=look, undo=undo)

    @rule(i=ITEMS, who=OPERATORS, answers=st.booleans())
    def lease_runs_out_while_writing(self, i: int, who: int, answers: bool) -> None:
        """One writes too long, the colleague takes the item and perhaps answers; then the first one,
        whose page still stands open, presses “send”."""
        slow, quick = self.desk.people[who], self.desk.people[1 - who]
        if not self._take(i, slow):
            return
        self._pass(LEASE)
        if self._take(i, quick) and answers:
            self._answer(i, quick)
        self._answer(i, slow)

    @precondition(_something_waits)
    @rule(i=ITEMS, who=PEOPLE, how=st.sampled_from(["withdraw", "send anyway"]))
    def thinks_again(self, i: int, who: int, how: str) -> None:
        by = self.desk.people[who]
        self._thinks_again(self.matters[i], by, how)

    def _thinks_again(self, matter: Matter, by: User, how: str) -> bool:
        reply = Reply.objects.filter(item=matter.item).order_by("-pk").first()
        if reply is None or (by.pk != reply.author_id and not by.is_head):
            return False
        if how == "withdraw":
            return self._try(lambda: replies.withdraw(reply=reply, by=by))
        fence = matter.fences.get(by.pk, 0)
        return self._try(lambda: replies.send_anyway(reply=reply, by=by, fence=fence))

    @precondition(_something_waits)
    @rule(who=PEOPLE, good=MOSTLY)
    def second_reader(self, who: int, good: bool) -> None:
        self._read(self.desk.people[who], good=good)

    def _read(self, by: User, *, good: bool) -> None:
        waiting = Reply.objects.filter(item=self.matters[1].item, state=ReplyState.REVIEW).first()
        if waiting is None or not review.may_read(waiting, by):
            return
        if good:
            self._try(lambda: review.let_go(reply=waiting, by=by))
        else:
            self._try(lambda: review.send_back(reply=waiting, by=by, why="Terlalu keras."))

    @precondition(_something_waits)
    @rule(again=st.booleans(), who=PEOPLE)
    def person_decides(self, again: bool, who: int) -> None:
        """Whoever may looks at the platform, sees what is there, and says so."""
        self._decide(self.desk.people[who], again=again)

    def _decide(self, by: User, *, again: bool) -> None:
        texts = {said.text for said in self.said}
        asked = Delivery.objects.filter(needs_person=True, state=DeliveryState.UNKNOWN)
        for delivery in asked.filter(text__in=texts).select_related("reply__author"):
            if not settle.may_decide(delivery, by):
                continue
            there = WALL.of_api(delivery.text)
            absent = settle.Decision.AGAIN if again else settle.Decision.DRAFT
            decision = settle.Decision.STANDS if there else absent
            self._try(
                lambda d=delivery, c=decision: settle.decide(delivery=d, by=by, decision=c)  # type: ignore[misc]
            )

    # --- workers, sweeps, time -----------------------------------------------------------------

    @precondition(_something_waits)
    @rule(task=TASKS, stop=STOPS, dies=st.booleans(), fate=FATES)
    def first_worker(self, task: str, stop: str, dies: bool, fate: Fate) -> None:
        """Takes up the task, or goes on where it stands; freezes at `stop`, or is killed there."""
        self._worker(0, task, stop, dies, fate)

    @precondition(_something_waits)
    @rule(task=TASKS, stop=STOPS, dies=st.booleans(), fate=FATES)
    def second_worker(self, task: str, stop: str, dies: bool, fate: Fate) -> None:
        self._worker(1, task, stop, dies, fate)

    def _worker(self, n: int, task: str, stop: str, dies: bool, fate: Fate) -> None:
        at = self._work(n, TASK[task], stop, fate)
        worker = self.workers[n]
        if worker and (dies or at in IN_TRANSACTION):
            worker.die()
            self.workers[n] = None

    def _work(self, n: int, task: Callable[[], object], until: str, fate: Fate) -> str:
        worker = self.workers[n] or Worker(task)
        self.workers[n] = worker
        try:
            at = worker.go(until=(until,), fate=fate)
        except OperationalError as error:  # the task failed; Celery writes it down and goes on
            if not self.desk.tolerant:
                raise
            note(f"    {error}")
            at = ""
        if not at:
            self.workers[n] = None
        return at

    # --- what must hold ------------------------------------------------------------------------

    @invariant()
    def ledger_and_rows_agree(self) -> None:
        if self.said:
            check(self.said)

    def teardown(self) -> None:
        """Everything comes to rest: the frozen thaw, sweeps find the rest, people decide truthfully."""
        if not hasattr(self, "matters"):
            return
        try:
            for n, worker in enumerate(self.workers):
                if worker:
                    self._work(n, TASK["send"], "", Fate.APPLIED)
            for _round in range(ROUNDS):
                self.ledger_and_rows_agree()
                if not self._unsettled():
                    return
                self._once_around()
            left = [f"{r.text}: {r.state} {r.hold}" for r in self._unsettled()]
            msg = f"never comes to rest: {left}"
            raise Violation(msg)
        finally:
            self._abandon()

    def _unsettled(self) -> list[Reply]:
        ours = Reply.objects.filter(pk__in=[said.reply_id for said in self.said])
        return list(ours.exclude(state__in=SETTLED).select_related("author"))

    def _once_around(self) -> None:
        self._pass(310.0)
        self._sweep()
        self._work(0, TASK["send"], "", Fate.APPLIED)
        for matter in self.matters:
            held = Reply.objects.filter(item=matter.item, state=ReplyState.HELD).first()
            if held and not self._thinks_again(matter, held.author, "send anyway"):
                self._thinks_again(matter, held.author, "withdraw")
        self._read(self.desk.people[HEAD], good=True)
        self._decide(self.desk.people[HEAD], again=False)

    def _abandon(self) -> None:
        """Nothing of this example is left to the next."""
        bad = RawEvent.objects.filter(state=RawEvent.State.QUARANTINED).first()
        for worker in self.workers:
            if worker and worker.at:
                worker.die()
        WALL.posts.clear()
        Delivery.objects.filter(state__in=["queued", "sending", "unknown"]).update(
            state=DeliveryState.CANCELLED
        )
        Reply.objects.exclude(state__in=SETTLED).update(state=ReplyState.CANCELLED)
        RawEvent.objects.filter(state=RawEvent.State.NEW).update(state=RawEvent.State.PARSED)
        if bad:
            msg = f"not read: {bad.problem}"
            raise Violation(msg)
