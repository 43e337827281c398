"""The small model's words: what there is in one moment, which rules hold, what may happen (DESIGN §5–§7).

One item, two operators (the second is the head), two workers, one platform. A `State` is everything
that exists in one moment: rows in PostgreSQL, advisory locks, what each process remembers, what the
platform shows. It is immutable, so that a search can remember every moment it has seen.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import NamedTuple

NAMES = ("Ani", "Budi")  # the operators; Budi is the head
HEAD = 1


class Kind(StrEnum):
    """What a platform tells about an attempt without outcome (platforms.md §1.2)."""

    READ = "read"  # X, Facebook, Instagram: our replies can be listed
    KEY = "key"  # LINE push: the same retry key is carried out once
    NONE = "none"  # LINE reply: nothing can be known


@dataclass(frozen=True, slots=True)
class Rules:
    """The protocol, rule by rule. Without any single one of them the search finds a story."""

    unique_claim: bool = True  # taking inserts only where no live claim stands (I1)
    fence: bool = (
        True  # the fence is proved at submit, and again as the reply leaves the queue (I2)
    )
    keep_resent: bool = True  # what may already stand on the platform cannot be withdrawn
    attempt_first: bool = True  # the attempt is committed before the call
    prove_lock: bool = True  # … and lock and attempt are proved just before it
    unknown_is_unknown: bool = True  # no outcome is not “not sent”
    ask_lock_first: bool = True  # an absence counts only if the lock was free before the read began
    same_run: bool = True  # … in the run of PostgreSQL that granted it (a restart drops locks)
    one_look_counts_once: bool = True  # overlapping sweeps do not count the same gap twice
    person_asks_lock: bool = True  # nobody says “not there” while a worker holds the attempt's lock


#: What to break, and the rule that goes. The first three are the issue's.
MUTATIONS = {
    "no_fence": "fence",
    "commit_after_call": "attempt_first",
    "retry_on_timeout": "unknown_is_unknown",
    "blind_take": "unique_claim",
    "withdraw_resent": "keep_resent",
    "no_proof": "prove_lock",
    "lock_asked_last": "ask_lock_first",
    "restart_ignored": "same_run",
    "looks_counted_twice": "one_look_counts_once",
    "person_over_lock": "person_asks_lock",
}


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What the protocol trusts the world with. Each is a switch; off, a violating story exists."""

    #: PostgreSQL ends a session only when its worker dies or it restarts itself: it does not take a
    #: frozen worker for dead. (A kernel answers keep-alives for a frozen process; an unplugged machine
    #: whose worker still reaches the platform is what this excludes.)
    sessions_live: bool = True
    #: What left our machine shows, if ever, to a read that begins one gap (2 × lag) later.
    reads_tell: bool = True
    #: After PostgreSQL restarted, a person says “not there” only when no worker from before is still
    #: frozen between its proof and its call: no lock is left that could say so.
    desk_waits: bool = True
    #: A person who looks at the platform sees what is there.
    eyes_tell: bool = True
    #: The platform remembers a retry key for as long as somebody may use it (LINE: 24 hours).
    keys_remembered: bool = True
    #: Nobody answers in the platform's own app while one of our outcomes is unknown and before the
    #: platform has told us of it: the read would take it for ours.
    no_native_meanwhile: bool = True

    def without(self, name: str) -> "Assumptions":
        """The same with one switched off."""
        return replace(self, **{name: False})


ASSUMPTIONS = tuple(field.name for field in fields(Assumptions))


class Faults(NamedTuple):
    """How many of each may still happen."""

    crashes: int = 0  # a worker dies
    freezes: int = 0  # a worker stops for any time, its session stays
    restarts: int = 0  # PostgreSQL comes up anew: all locks gone
    lost: int = 0  # a call without an answer, whether carried out or not
    refusals: int = 0  # “no” (nothing was done) or “later”


CALM = Faults()
STORM = Faults(crashes=1, freezes=1, restarts=1, lost=1, refusals=1)


@dataclass(frozen=True, slots=True)
class World:
    """What is explored: a platform, the rules, the assumptions, how much goes wrong."""

    kind: Kind
    rules: Rules = Rules()
    trust: Assumptions = Assumptions()
    faults: Faults = STORM
    sweeps: int = 1  # sweeps that may run at once
    workers: int = 2
    claims: int = 2  # how often the item may be taken
    tries: int = 2  # attempts under one retry key or by a person's “once more”


class Is(StrEnum):
    """Where a reply is. One row stands for Reply and Delivery: they change in the same transactions."""

    QUEUED = "queued"
    SENDING = "sending"
    UNKNOWN = "unknown"
    PERSON = "at a person"
    HELD = "held"
    CANCELLED = "cancelled"
    SENT = "sent"
    FAILED = "failed"
    SEEN = "sent, a person saw it"
    MISSED = "failed, a person saw it is not there"


PINNING = frozenset({Is.QUEUED, Is.SENDING, Is.UNKNOWN, Is.PERSON, Is.HELD})
ON_ITS_WAY = frozenset({Is.QUEUED, Is.SENDING, Is.UNKNOWN, Is.PERSON})
SENT = frozenset({Is.SENT, Is.SEEN})
NOT_SENT = frozenset({Is.FAILED, Is.MISSED, Is.HELD, Is.CANCELLED})  # its text is kept


SETTLED = SENT | NOT_SENT - {Is.HELD}


class Claim(NamedTuple):
    """A live claim: a row without `ended_at`."""

    holder: int
    fence: int
    expired: bool = False  # the lease ran out; it counts until somebody takes the item


class Reply(NamedTuple):
    """A reply's row, and (`shown`, `old`) what the platform shows of it."""

    fence: int  # of the claim it was submitted under
    proper: bool  # that claim was the author's live one
    state: Is = Is.QUEUED
    attempt: int = 0
    run: int = 0  # PostgreSQL's run that granted the attempt's lock (Delivery.server_since)
    resent: bool = False
    absent: int = 0  # counted reads that did not find it
    shown: int = 0  # how often the platform shows it
    old: bool = False  # it was shown before the last counted read: the next read must see it


class Phase(StrEnum):
    """Where a worker is in `outbox.carry` (inbox/steps.py names the same points)."""

    IDLE = "idle"
    BEGUN = "begun"  # the attempt is committed
    PROVED = "proved"  # the call comes next
    ANSWERED = "answered"  # the outcome is known to this worker only


class Pace(StrEnum):
    """A worker that was frozen may be past its time-out even after it thaws."""

    PUNCTUAL = "punctual"
    FROZEN = "frozen"
    LATE = "late"


class Worker(NamedTuple):
    """One process that carries replies, and its PostgreSQL session."""

    phase: Phase = Phase.IDLE
    author: int = 0  # whose reply
    attempt: int = 0
    outcome: str = ""
    session: bool = True  # the session that took the attempt's lock lives, and so does the lock
    pace: Pace = Pace.PUNCTUAL


IDLE = Worker()


class Look(NamedTuple):
    """A sweep that has read the platform and not yet concluded."""

    author: int
    attempt: int
    absent: int  # as the row stood when the read began
    dead: bool  # before the read began, no worker could still be about to call
    found: bool


class State(NamedTuple):
    """Everything in one moment."""

    faults: Faults
    workers: tuple[Worker, ...]
    claims: tuple[Claim, ...] = ()  # live ones; I1 says: at most one
    next_fence: int = 1
    pages: tuple[int, int] = (0, 0)  # the fence each operator's page carries; LOOKING: saw it free
    replies: tuple[Reply | None, Reply | None] = (None, None)  # by author
    looks: tuple[Look, ...] = ()
    run: int = 0  # PostgreSQL's
    session_losses: int = 0
    keys_forgotten: bool = False
    native: str = ""  # "", "posted", "told": an answer from the platform's own app


LOOKING = -1
Moves = Iterator[tuple[str, State]]


def first(world: World) -> State:
    """The item has come in; nobody has done anything."""
    return State(faults=world.faults, workers=(IDLE,) * world.workers)


def with_reply(state: State, author: int, /, **changes: object) -> State:
    """The same moment, `author`'s reply changed. How a settled one came there no longer matters: moments
    that differ only in that are one."""
    reply = state.replies[author]
    assert reply is not None
    new = reply._replace(**changes)  # type: ignore[arg-type]
    if new.state in SETTLED:
        new = Reply(0, new.proper, new.state, shown=new.shown)
    replies = (new, state.replies[1]) if author == 0 else (state.replies[0], new)
    return state._replace(replies=replies)


def with_worker(state: State, old: Worker, new: Worker) -> State:
    """The same moment, one worker changed. Workers are alike, so they are kept in one order: two
    moments that differ only by which worker is which are one."""
    workers = list(state.workers)
    workers[workers.index(old)] = new
    workers.sort()
    return state._replace(workers=tuple(workers))


def pinned(state: State) -> bool:
    """A reply is unsettled: the claim cannot change hands."""
    return any(reply is not None and reply.state in PINNING for reply in state.replies)


def answered(state: State) -> bool:
    """The item is done with."""
    return any(reply is not None and reply.state in SENT for reply in state.replies)


def lock_held(state: State, author: int) -> bool:
    """A worker's session holds the advisory lock on this reply's attempt."""
    return any(w.phase != Phase.IDLE and w.session and w.author == author for w in state.workers)
