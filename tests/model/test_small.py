"""Every interleaving of the small model: the protocol holds, and each of its rules and assumptions is
needed (issue 4). `python -m tests.model.small` tells the same at a terminal."""

from collections.abc import Callable

import pytest

from tests.model.small import explore, main, moves, mutated, violation
from tests.model.small_state import (
    ASSUMPTIONS,
    CALM,
    MUTATIONS,
    STORM,
    Assumptions,
    Is,
    Kind,
    World,
    first,
)

#: A mutation, the platform it shows on, how often the item may be taken and how many sweeps may overlap
#: (as few as the story needs), and what breaks.
BROKEN = [
    ("no_fence", Kind.READ, 2, 1, "I2"),
    ("commit_after_call", Kind.READ, 1, 1, "I3"),
    ("retry_on_timeout", Kind.READ, 1, 1, "I3"),
    ("blind_take", Kind.READ, 2, 1, "I1"),
    ("withdraw_resent", Kind.KEY, 2, 1, "false failed"),
    ("no_proof", Kind.NONE, 1, 1, "false failed"),
    ("lock_asked_last", Kind.READ, 1, 1, "I3"),
    ("restart_ignored", Kind.READ, 1, 1, "I3"),
    ("looks_counted_twice", Kind.READ, 1, 2, "I3"),
    ("person_over_lock", Kind.NONE, 1, 1, "false failed"),
]
#: An assumption switched off, the platform that needs it, what breaks, and a move of the story.
TRUSTED = [
    ("sessions_live", Kind.READ, "I3", "PostgreSQL gives up the session"),
    ("reads_tell", Kind.READ, "I3", "too young to be seen"),
    ("desk_waits", Kind.NONE, "false failed", "PostgreSQL restarts"),
    ("eyes_tell", Kind.NONE, "false failed", "a person does not find"),
    ("keys_remembered", Kind.KEY, "I3", "forgets the retry key"),
    ("no_native_meanwhile", Kind.READ, "false sent", "in the platform's own app"),
]
LESS = STORM._replace(refusals=0)


@pytest.mark.parametrize("kind", Kind)
def test_never_twice_never_lost(kind: Kind, record_property: Callable[[str, object], None]) -> None:
    found = explore(World(kind))
    record_property("states", found.states)
    assert not found.wrong, found.story
    assert not found.stuck
    assert found.states > 30_000
    ends = set(" + ".join(found.ends).split(" + "))
    assert ends >= {f"Ani: {Is.SENT}", f"Ani: {Is.FAILED}", f"Ani: {Is.CANCELLED}"}
    assert ends >= {f"Ani: {Is.SEEN}", f"Ani: {Is.MISSED}"}  # a person had to look


def test_sweeps_may_overlap() -> None:
    found = explore(World(Kind.READ, faults=LESS, sweeps=2, claims=1))
    assert (found.wrong, found.stuck) == ("", 0), found.story


@pytest.mark.parametrize("kind", Kind)
def test_where_nothing_goes_wrong_every_reply_is_sent(kind: Kind) -> None:
    found = explore(World(kind, faults=CALM, claims=4))
    assert (found.wrong, found.stuck) == ("", 0), found.story
    one = {f"Ani: {Is.SENT}", f"Budi: {Is.SENT}"}
    assert set(found.ends) == one | {f"Ani: {Is.CANCELLED} + Budi: {Is.SENT}"}


@pytest.mark.parametrize(("mutation", "kind", "claims", "sweeps", "breaks"), BROKEN)
def test_each_rule_is_needed(
    mutation: str, kind: Kind, claims: int, sweeps: int, breaks: str
) -> None:
    world = World(kind, mutated(mutation), faults=LESS, claims=claims, sweeps=sweeps)
    found = explore(world)
    assert found.wrong.startswith(breaks), (found.wrong, found.story)
    _happens(world, found.story, found.wrong)


@pytest.mark.parametrize(("name", "kind", "breaks", "move"), TRUSTED)
def test_each_assumption_is_needed(name: str, kind: Kind, breaks: str, move: str) -> None:
    """What docs/delivery.md calls the window that remains: the shortest story of each."""
    world = World(kind, trust=Assumptions().without(name), faults=LESS, claims=1)
    found = explore(world)
    assert found.wrong.startswith(breaks), (found.wrong, found.story)
    assert any(move in step for step in found.story), found.story
    _happens(world, found.story, found.wrong)


def test_the_window_needs_a_worker_frozen_in_the_call() -> None:
    """A session that PostgreSQL gives up by itself harms only with a freeze between proof and call."""
    trust = Assumptions().without("sessions_live")
    found = explore(World(Kind.READ, trust=trust, faults=LESS, claims=1))
    order = [
        next(at for at, step in enumerate(found.story) if what in step)
        for what in ("proves its lock", "freezes", "gives up the session")
    ]
    assert order == sorted(order), found.story
    awake = explore(World(Kind.READ, trust=trust, faults=LESS._replace(freezes=0), claims=1))
    assert not awake.wrong, awake.story


@pytest.mark.parametrize("kind", Kind)
def test_a_person_need_not_know_of_workers_unless_postgresql_restarted(kind: Kind) -> None:
    trust = Assumptions().without("desk_waits")
    found = explore(World(kind, trust=trust, faults=LESS._replace(restarts=0), claims=1))
    assert not found.wrong, found.story


def test_no_rule_and_no_assumption_goes_untested() -> None:
    assert {name for name, *_ in BROKEN} == set(MUTATIONS)
    assert {name for name, *_ in TRUSTED} == set(ASSUMPTIONS)


def test_the_command_tells_the_story(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--mutation", "no_fence", "--kind", "read"]) == 1
    told = capsys.readouterr().out
    assert "VIOLATION I2" in told
    assert "  1. Ani sees the item free" in told
    assert main(["--calm"]) == 0
    assert "VIOLATION" not in capsys.readouterr().out


def _happens(world: World, story: list[str], wrong: str) -> None:
    """The story can be played from the beginning, and ends in what it says."""
    now = {first(world)}
    for step in story:
        now = {after for state in now for text, after in moves(world, state) if text == step}
        assert now, step
    assert wrong in {violation(state) for state in now}
