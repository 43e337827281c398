"""What is dealt: every kind, the same for the same seed, and longer runs begin with the shorter ones."""

from collections import Counter
from pathlib import Path

from inbox.steps import Step
from sandbox.core.faults import KINDS as WIRE
from tests.faults import deck, points
from tests.faults.surfaces import SURFACES


def test_every_kind_in_every_round() -> None:
    hands = deck.deal(seed=7, trials=600)
    for block in (hands[:300], hands[300:]):
        assert {hand.kind.name for hand in block} == {kind.name for kind in deck.KINDS}


def test_every_step_of_the_protocol_is_killed_at_and_every_answer_of_the_sandbox_met() -> None:
    killed = {kind.step for kind in deck.KINDS if kind.do == "kill"}
    assert killed == {str(step) for step in Step}
    assert {wire for kind in deck.KINDS for wire in kind.wire} == set(WIRE)


def test_the_same_seed_deals_the_same_and_another_does_not() -> None:
    assert deck.deal(seed=7, trials=300) == deck.deal(seed=7, trials=300)
    assert deck.deal(seed=7, trials=300) != deck.deal(seed=8, trials=300)
    assert deck.deal(seed=7, trials=100) == deck.deal(seed=7, trials=900)[:100]


def test_kinds_are_dealt_only_where_they_can_happen() -> None:
    for hand in deck.deal(seed=3, trials=900):
        assert hand.surface in hand.kind.surfaces
        assert hand.surface in SURFACES


def test_all_surfaces_have_their_share() -> None:
    dealt = Counter(hand.surface for hand in deck.deal(seed=7, trials=3000))
    assert set(dealt) == set(deck.ALL)
    assert min(dealt.values()) > 3000 / len(deck.ALL) / 2


def test_a_point_is_met_once_by_one_process(tmp_path: Path) -> None:
    for name in ("plan", "met"):
        (tmp_path / name).mkdir()
    points.plan(tmp_path, key=12, step="proved", do="kill")
    assert points.take(str(tmp_path), "committed", 12) is None
    assert points.take(str(tmp_path), "proved", 13) is None
    assert points.take(str(tmp_path), "proved", 12) == "kill"
    assert points.take(str(tmp_path), "proved", 12) is None
    ((key, step, do, pid),) = points.met(tmp_path)
    assert (key, step, do) == (12, "proved", "kill")
    assert pid > 0
