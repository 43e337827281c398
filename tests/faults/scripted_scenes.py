"""What happens in each scene of test_scripted.py (issue 4, “It must show”).

scripted_desk.py plays them; scripted_floor.py is what they stand on; test_scripted.py says what must be seen.
"""

import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial

from django.db import connection, connections

from config.stack_process import ROOT
from inbox import claims
from inbox.models import Delivery, Reply
from inbox.steps import Step
from tests.faults import desk
from tests.faults.scripted_floor import (
    HERE,
    NOT_READABLE,
    SILENT,
    TWO_LEASES,
    Floor,
    come_in,
    decide,
    holders,
    jump,
    sends_late,
    takes,
)
from tests.faults.trial import Trial
from tests.sandbox_process import wait_for

type Scene = Callable[[Floor], list[Trial]]

FLUSHED, KILLED = 40, 30  # replies in traffic when Redis is lost in this way
AFTER = 6  # … and sent by operators right after
UNDO = 11.0  # seconds: every reply may leave
PUBLIC = ("x_reply", "x_dm", "fb_comment", "messenger", "ig_comment", "ig_dm", "line_reply")
#: What the stand sets that production does not.
SCALED = (
    "SWEEP_EVERY",
    "POLL_EVERY",
    "API_READ_TIMEOUT",
    "STEP_HOOK",
    "FAULTS_PLAN",
    "FAULTS_MUTATION",
)


def of(*, down: float) -> dict[str, Scene]:
    """All scenes in their order. `down`: real seconds for which Redis stays away at least."""
    return {
        "frozen": frozen,
        "restarted immediate": partial(restarted, immediate=True),
        "restarted fast": partial(restarted, immediate=False),
        "answered by another": answered_by_another,
        "redis flushed": redis_flushed,
        "redis killed": partial(redis_killed, down=down),
    }


def is_sent(delivery: Delivery) -> bool:
    return delivery.state == "sent"


def is_unknown(delivery: Delivery) -> bool:
    return delivery.state == "unknown"


def at_person(delivery: Delivery) -> bool:
    return delivery.state == "unknown" and delivery.needs_person


# --- frozen between the committed attempt and the call -------------------------------------------------


def frozen(floor: Floor) -> list[Trial]:
    """Workers frozen while their database sessions live (or end alone), thawed after everything.

    1. All freeze.  2. Their attempts become unknown; whose session ended is resent by the sweeps; one thaws
    after the time-outs, and the sweeps settle it.  3. The others stay past the read-back and past the lease,
    twice; nobody may decide for them.  4. They thaw.
    """
    early, late, gone = (
        floor.trial(f"x {when}", "x_reply", Step.COMMITTED)
        for when in ("past the time-outs", "past the read-back", "its session gone")
    )
    line = floor.trial("line past the read-back", "line_reply", Step.COMMITTED)
    worker = floor.trial("the thawed worker", "x_reply", Step.ANSWERED)
    operator = floor.trial("the thawed operator", "x_reply")
    still = [early, late, gone, line, worker]
    come_in([*still, operator])
    fences = [trial.take(trial.operators[0]) for trial in (worker, operator)]
    desk.steady(
        lambda: claims.keep_draft(item=operator.there, by=operator.operators[0], text="Baik, kami")
    )
    for trial in still:
        trial.answer(trial.operators[0])
    floor.until_frozen(still)
    _past_the_time_outs(floor, early, late, gone, line, worker)
    jump(NOT_READABLE)
    floor.until([late], at_person, "X at a person")
    jump(TWO_LEASES)
    for trial in (late, line):
        floor.note(trial, decided=decide(floor, trial, floor.head, "again"))
    for trial in (late, line, worker):
        floor.note(trial, other=takes(trial, trial.operators[1]))
    _the_other_answers(floor, operator)
    floor.thaw([late, line, gone, worker])
    for trial, fence in zip((worker, operator), fences, strict=True):
        floor.note(trial, **sends_late(trial, trial.operators[0], fence))
    _decided_after_the_thaw(floor, late, line)
    return _told(floor, [*still, operator])


def _past_the_time_outs(
    floor: Floor, early: Trial, late: Trial, gone: Trial, line: Trial, worker: Trial
) -> None:
    """What the sweeps make of each while it is frozen; then `early` thaws."""
    _end_session(floor, gone)
    jump(SILENT)
    floor.until([line], at_person, "LINE at a person")
    floor.until([early, late], is_unknown, "the attempts given up")
    floor.until([worker], is_sent, "what stands there found")
    floor.let_pass([gone], is_sent, "the resend of what nobody holds")
    for trial in (early, late, gone, line, worker):
        floor.note(trial, before=floor.there(trial))
    floor.thaw([early])
    floor.let_pass([early], is_sent, "the resend after the thaw")


def _decided_after_the_thaw(floor: Floor, late: Trial, line: Trial) -> None:
    """The thawed have called nobody and wait for a person still: one is sent again, one taken back."""
    for trial in (late, line):
        floor.note(trial, thawed=floor.there(trial), waits=at_person(floor.first(trial)))
    floor.note(late, after_thaw=decide(floor, late, late.operators[0], "again"))
    floor.note(line, after_thaw=decide(floor, line, line.operators[0], "draft"))
    floor.until([late], is_sent, "what a person had sent again")


def _end_session(floor: Floor, trial: Trial) -> None:
    """The frozen worker's database session ends without it, as when the network between is cut."""
    key = [floor.first(trial).pk]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [holders(key)[0]])
    wait_for(lambda: not holders(key), what="the end of the session")


def _the_other_answers(floor: Floor, trial: Trial) -> None:
    """The second operator takes the item of one who stood still, and answers it."""
    fence = trial.take(trial.operators[1])
    reply = trial.submit(trial.operators[1], fence, letter="b")
    wait_for(
        lambda: desk.steady(lambda: Reply.objects.get(pk=reply.pk)).state == "sent",
        what="the other's answer", seconds=HERE,
    )  # fmt: skip
    floor.note(trial, before=floor.there(trial))


def _told(floor: Floor, trials: list[Trial]) -> list[Trial]:
    """Note where the cases stand in the end."""
    for trial in trials:
        newest = desk.steady(partial(Reply.objects.filter(item=trial.item).latest, "pk"))
        floor.note(trial, after=floor.there(trial), state=str(newest.state))
    return trials


# --- … and PostgreSQL restarted meanwhile --------------------------------------------------------------


def restarted(floor: Floor, *, immediate: bool) -> list[Trial]:
    """The locks are gone with the restart: no machine resends. Whoever thaws finds the session gone.

    immediate: a person has both sent once more while the workers are still frozen.
    fast: the workers thaw first and say that nothing left; that settles it.
    """
    how = "immediate" if immediate else "fast"
    x = floor.trial(f"x restarted {how}", "x_reply", Step.COMMITTED)
    line = floor.trial(f"line restarted {how}", "line_reply", Step.COMMITTED)
    come_in([x, line])
    for trial in (x, line):
        trial.answer(trial.operators[0])
    floor.until_frozen([x, line])
    _restart(floor, immediate=immediate)
    jump(SILENT)
    floor.until([line], at_person, "LINE at a person")
    if immediate:
        floor.note(line, decided=decide(floor, line, line.operators[0], "again"))
        floor.until([line], is_sent, "what a person had sent again")
    floor.let_pass([x], at_person, "X at a person")
    if immediate:
        floor.note(x, decided=decide(floor, x, x.operators[0], "again"))
        floor.until([x], is_sent, "what a person had sent again")
    for trial in (x, line):
        floor.note(trial, before=floor.there(trial))
    floor.thaw([x, line])
    floor.let_pass([x, line], is_sent, "rest")
    return _told(floor, [x, line])


def _restart(floor: Floor, *, immediate: bool) -> None:
    floor.stand.restart_postgres(immediate=immediate)
    connections.close_all()


def answered_by_another(floor: Floor) -> list[Trial]:
    """A's worker is frozen, its session lost; a person gives A's text back, the lease ends twice over, B
    answers. Then A's worker and A come back."""
    trial = floor.trial("answered by another", "x_reply", Step.COMMITTED)
    come_in([trial])
    fence = trial.take(trial.operators[0])
    trial.answer(trial.operators[0])
    floor.until_frozen([trial])
    _restart(floor, immediate=False)
    jump(SILENT)
    floor.let_pass([trial], at_person, "X at a person")
    floor.note(trial, pinned=takes(trial, trial.operators[1]))
    floor.note(trial, decided=decide(floor, trial, floor.head, "draft"))
    jump(TWO_LEASES)
    _the_other_answers(floor, trial)
    floor.thaw([trial])
    floor.note(trial, first=str(floor.first(trial).state))
    floor.note(trial, **sends_late(trial, trial.operators[0], fence))
    return _told(floor, [trial])


# --- Redis lost in mid-traffic -------------------------------------------------------------------------


def as_in_production(floor: Floor) -> None:
    """Worker and beat as docker-compose runs them: their own pool, timetable and time-outs."""
    environment = {k: v for k, v in floor.stand.environment.items() if k not in SCALED}
    celery = [sys.executable, "-W", "ignore", "-m", "celery", "-A", "config"]
    commands = {
        "worker": [
            *celery, "worker", "--pool", "threads", "--concurrency", "8", "-l", "info", "-n", floor.stand.node,
        ],
        "beat": [
            *celery, "beat", "-l", "info", "--pidfile=", "-s", str(floor.stand.var / "beat-production"),
        ],
    }  # fmt: skip
    for name, command in commands.items():
        child = floor.stand.child(name)
        if child.command == command:
            continue
        child.finish(deadline=0.0)
        child.command = command
        child.start(environment, cwd=ROOT)


def _traffic(floor: Floor, name: str, *, queued: int) -> list[Trial]:
    """So many replies over all platforms, all due at once, the first of them out; the last AFTER citizens
    have no answer yet."""
    as_in_production(floor)
    trials = [floor.trial(name, PUBLIC[n % len(PUBLIC)]) for n in range(queued + AFTER)]
    come_in(trials)
    for trial in trials[:queued]:
        trial.answer(trial.operators[0], undo=True)
    jump(UNDO)
    wait_for(lambda: _states(trials)["sent"], what="the first reply out", seconds=HERE)
    return trials


def _states(trials: Sequence[Trial]) -> Counter[str]:
    keys = [pk for trial in trials for pk in trial.replies]
    return Counter(
        desk.steady(
            lambda: list(Delivery.objects.filter(reply_id__in=keys).values_list("state", flat=True))
        )
    )


def _all_out(floor: Floor, trials: list[Trial], back: float) -> list[Trial]:
    """Wait until everything is out; note the real seconds since Redis was back."""
    wait_for(lambda: _states(trials)["sent"] == len(trials), what="everything out", seconds=90)
    seconds = round(time.monotonic() - back, 1)
    on_ledger = Counter(floor.on_ledger(trials))
    floor.note(trials[0], seconds=seconds, on_ledger={str(n): k for n, k in on_ledger.items()})
    return trials


def redis_flushed(floor: Floor) -> list[Trial]:
    """FLUSHALL in mid-traffic; the rest of the operators send right after it."""
    trials = _traffic(floor, "redis flushed", queued=FLUSHED)
    floor.stand.flush_valkey()
    back = time.monotonic()
    floor.note(trials[0], at_loss=_states(trials))
    for trial in trials[-AFTER:]:
        trial.answer(trial.operators[0])
    return _all_out(floor, trials, back)


def redis_killed(floor: Floor, *, down: float) -> list[Trial]:
    """SIGKILL in mid-traffic; it comes back when worker and beat have noticed, and some operators have sent."""
    trials = _traffic(floor, "redis killed", queued=KILLED)
    server = floor.stand.valkey
    assert server.process
    told = {name: floor.stand.child(name).log.stat().st_size for name in ("worker", "beat")}
    server.process.kill()
    server.process.wait(5)
    died = time.monotonic()
    floor.note(trials[0], at_loss=_states(trials))
    for trial in trials[-AFTER:]:
        trial.answer(trial.operators[0])
    wait_for(
        lambda: all(_noticed(floor, name, since) for name, since in told.items())
        and time.monotonic() - died >= down,
        what="worker and beat miss Redis", seconds=down + HERE,
    )  # fmt: skip
    floor.note(trials[0], at_return=_states(trials), away=round(time.monotonic() - died, 1))
    server.stop()
    server.start()
    return _all_out(floor, trials, time.monotonic())


def _noticed(floor: Floor, name: str, since: int) -> bool:
    with floor.stand.child(name).log.open("rb") as log:
        log.seek(since)
        said = log.read().lower()
    return b"connect" in said
