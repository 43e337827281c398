"""The claim and delivery protocol, small enough to try every interleaving (issue 4; DESIGN §5–§7).

    python -m tests.model.small                          # the protocol: every state, no violation
    python -m tests.model.small --mutation no_fence      # a rule dropped: the shortest story
    python -m tests.model.small --without sessions_live  # an assumption dropped

Read small_state.py for the words, small_desk.py (claims), small_send.py (sending), small_settle.py
(what became of it) for the moves, and `violation` here for what must always hold.
"""

import argparse
import sys
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from tests.model.small_desk import desk_moves
from tests.model.small_send import fault_moves, send_moves
from tests.model.small_settle import settle_moves
from tests.model.small_state import (
    ASSUMPTIONS,
    CALM,
    MUTATIONS,
    NAMES,
    NOT_SENT,
    ON_ITS_WAY,
    SENT,
    Assumptions,
    Is,
    Kind,
    Moves,
    Reply,
    Rules,
    State,
    World,
    first,
)


def moves(world: World, state: State) -> Moves:
    """Everything that can happen next, as (what a newcomer would say, the moment after it)."""
    yield from desk_moves(world, state)
    yield from send_moves(world, state)
    yield from settle_moves(world, state)
    yield from fault_moves(world, state)


def violation(state: State) -> str:
    """What is wrong in this moment, in a sentence; "" if everything that must always hold does."""
    if len(state.claims) > 1:
        return "I1: two live claims on one item"
    if all(reply is not None and reply.shown for reply in state.replies):
        return "I2: the citizen got answers from two operators"
    for name, reply in zip(NAMES, state.replies, strict=True):
        wrong = _wrong(reply) if reply is not None else ""
        if wrong:
            return wrong.format(name)
    return ""


def _wrong(reply: Reply) -> str:
    """What is wrong with one reply; {} stands for its author."""
    left = reply.shown or (reply.state in ON_ITS_WAY and reply.state != Is.QUEUED)
    if left and not reply.proper:
        return "I2: {}'s reply left under a fence that was lost when it was submitted"
    if reply.shown > 1:
        return "I3: the platform shows {}'s reply twice"
    if reply.state in SENT and not reply.shown:
        return "false sent: {}'s reply is marked sent and is not there"
    if reply.state in NOT_SENT and reply.shown:
        return f"false failed: {{}}'s reply is marked {reply.state} and is there"
    return ""


def lost(state: State) -> str:
    """What was lost, where nothing can move any more; "" if nothing was."""
    for name, reply in zip(NAMES, state.replies, strict=True):
        if reply is not None and reply.state in ON_ITS_WAY:
            return f"lost: nobody will ever move {name}'s reply, which is {reply.state}"
    if not any(state.replies):
        return "lost: nobody can answer the item"
    return ""


@dataclass(frozen=True, slots=True)
class Found:
    """What an exploration came to."""

    states: int
    ends: Counter[str]  # states where nothing can move, by what became of the replies
    wrong: str = ""  # the first violation, "" if there is none
    story: list[str] = field(default_factory=list)  # the shortest way there
    stuck: int = 0  # states from which no end can be reached any more


def explore(world: World) -> Found:
    """Try everything, nearest first: the first violation found is the end of a shortest story.

    Every state is visited once, whatever the number of ways that lead to it.
    """
    start = first(world)
    ids: dict[State, int] = {start: 0}
    came: list[tuple[int, str]] = [(-1, "")]
    before: list[list[int]] = [[]]
    ends: Counter[str] = Counter()
    final: list[int] = []
    queue = deque([start])
    while queue:
        state = queue.popleft()
        here = ids[state]
        wrong, moved = violation(state), False
        for text, after in () if wrong else moves(world, state):
            moved = True
            there = ids.setdefault(after, len(ids))
            if there == len(came):
                came.append((here, text))
                before.append([])
                queue.append(after)
            before[there].append(here)
        if not moved:
            wrong = wrong or lost(state)
            ends[_end(state)] += 1
            final.append(here)
        if wrong:
            return Found(len(ids), ends, wrong, _story(came, here))
    return Found(len(ids), ends, stuck=len(ids) - _reaching(final, before))


def _end(state: State) -> str:
    return " + ".join(
        f"{name}: {reply.state}"
        for name, reply in zip(NAMES, state.replies, strict=True)
        if reply is not None
    )


def _story(came: list[tuple[int, str]], here: int) -> list[str]:
    told = []
    while here > 0:
        here, text = came[here]
        told.append(text)
    return told[::-1]


def _reaching(final: Iterable[int], before: list[list[int]]) -> int:
    """From how many states an end can be reached: where none can, work goes round and round."""
    todo = list(final)
    seen = set(todo)
    while todo:
        for earlier in before[todo.pop()]:
            if earlier not in seen:
                seen.add(earlier)
                todo.append(earlier)
    return len(seen)


def mutated(name: str) -> Rules:
    """The protocol with one mutation (a key of MUTATIONS); "" leaves it whole."""
    return replace(Rules(), **{MUTATIONS[name]: False}) if name else Rules()


def tell(world: World, found: Found) -> str:
    """What was found, for a reader at a terminal."""
    lines = [f"{world.kind}: {found.states} states"]
    lines += [f"  {count:6} end as  {what}" for what, count in found.ends.most_common()]
    if found.wrong:
        lines.append(f"  VIOLATION {found.wrong}")
        lines += [f"  {number:3}. {text}" for number, text in enumerate(found.story, 1)]
    if found.stuck:
        lines.append(f"  STUCK: from {found.stuck} states no end can be reached")
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Explore and tell; 1 when anything was violated."""
    parser = argparse.ArgumentParser(prog="python -m tests.model.small", description=__doc__)
    parser.add_argument("--mutation", choices=sorted(MUTATIONS), default="")
    parser.add_argument("--without", choices=ASSUMPTIONS, action="append", default=[])
    parser.add_argument("--kind", choices=[*Kind], help="one platform only")
    parser.add_argument("--sweeps", type=int, default=1, help="sweeps that may overlap")
    parser.add_argument("--claims", type=int, default=2, help="how often the item may be taken")
    parser.add_argument("--tries", type=int, default=2, help="attempts under one retry key")
    parser.add_argument("--calm", action="store_true", help="nothing goes wrong")
    asked = parser.parse_args(arguments)
    trust = Assumptions()
    for name in asked.without:
        trust = trust.without(name)
    bad = False
    for kind in [Kind(asked.kind)] if asked.kind else Kind:
        world = World(
            kind,
            mutated(asked.mutation),
            trust,
            sweeps=asked.sweeps,
            claims=asked.claims,
            tries=asked.tries,
        )
        found = explore(replace(world, faults=CALM) if asked.calm else world)
        sys.stdout.write(tell(world, found) + "\n")
        bad |= bool(found.wrong or found.stuck)
    return int(bad)


if __name__ == "__main__":
    raise SystemExit(main())
