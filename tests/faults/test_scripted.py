"""What the promises must show and the random run meets only by chance, played from a script: workers frozen between
their committed attempt and their call, PostgreSQL restarted meanwhile, leases that end twice over, Redis lost; one
answer to 300 citizens while every worker dies, twice.

Judged on the sandbox's ledger. In processes of their own, as test_faults.py. scripted_scenes.py and relay_scene.py
say what happens.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from config.stack_process import say

WITHIN = 60  # real seconds after Redis is back (DESIGN I9)
CITIZENS = 300
REFUSED = {"late_status": 409, "late_door": "ClaimLost", "late_draft": True, "late_rows": 0}
#: `before`, `after`: how often our answer stands on the ledger before and after the worker thaws.
CASES: dict[str, dict[str, Any]] = {
    # Frozen after the commit, its session alive: nobody sends in its place, neither sweep nor person.
    "x past the time-outs": {"before": 0, "after": 1, "state": "sent"},
    "x past the read-back": {
        "before": 0, "decided": "TooEarly", "other": "AlreadyClaimed", "thawed": 0, "waits": True,
        "after_thaw": "done", "after": 1, "state": "sent",
    },
    "line past the read-back": {
        "before": 0, "decided": "TooEarly", "other": "AlreadyClaimed", "thawed": 0, "waits": True,
        "after_thaw": "done", "after": 0, "state": "failed",  # a person took the text back
    },
    # Its session ended without it: the sweeps send once more, and it finds that out when it thaws.
    "x its session gone": {"before": 1, "after": 1, "state": "sent"},
    # PostgreSQL restarted: a person has it sent again before the thaw …
    "x restarted immediate": {"decided": "done", "before": 1, "after": 1, "state": "sent"},
    "line restarted immediate": {"decided": "done", "before": 1, "after": 1, "state": "sent"},
    # … or the thawed worker says that nothing left.
    "x restarted fast": {"before": 0, "after": 1, "state": "sent"},
    "line restarted fast": {"before": 0, "after": 1, "state": "sent"},
    # Twice the lease: the operator stood still; the worker did, its call made; both, its call not made.
    "the thawed operator": {"before": 1, "after": 1, "state": "sent"} | REFUSED,
    "the thawed worker": (
        {"before": 1, "other": "AlreadyAnswered", "after": 1, "state": "sent"} | REFUSED
    ),
    "answered by another": {
        "pinned": "AlreadyClaimed", "decided": "done", "before": 1, "first": "failed", "after": 1,
        "state": "sent",
    } | REFUSED,
}  # fmt: skip


def played(module: str, *arguments: str) -> dict[str, Any]:
    """What this module of ours wrote into its report."""
    with TemporaryDirectory(prefix="scripted-") as name:
        path = Path(name) / "report.json"
        Path(name).chmod(0o711)  # as root, PostgreSQL runs as somebody else
        kept = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", module, "--report", str(path), *arguments],
            env=kept | {"VAR": name}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        found: dict[str, Any] = json.loads(path.read_text())
        return found


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    """What was seen of each case, and what the ledger counts as wrong."""
    return played("tests.faults.scripted_desk")


@pytest.fixture(scope="module")
def relay() -> dict[str, Any]:
    """What was seen of the answer to 300 citizens on X, Facebook, Instagram and LINE."""
    return played("tests.faults.relay_desk", "--citizens", str(CITIZENS))


def test_the_ledger_shows_nothing_wrong(report: dict[str, Any]) -> None:
    assert report["wrong"] == {}, "\n".join(report["stories"])
    assert report["cases"].keys() == CASES.keys() | {"redis flushed", "redis killed"}


@pytest.mark.parametrize("case", CASES)
def test_frozen_and_thawed(report: dict[str, Any], case: str) -> None:
    assert report["cases"][case] == CASES[case]


@pytest.mark.parametrize(("case", "replies"), [("redis flushed", 46), ("redis killed", 36)])
def test_redis_lost_in_mid_traffic(report: dict[str, Any], case: str, replies: int) -> None:
    seen = report["cases"][case]
    assert seen["at_loss"]["sent"] >= 1, "not in traffic yet"
    assert seen["at_loss"]["queued"] >= 10, "nearly over already"
    say(f"{case}: all {replies} out {seen['seconds']} s after its return")
    assert seen["on_ledger"] == {"1": replies}
    assert seen["seconds"] <= WITHIN


# --- one answer to 300 citizens (DESIGN §9) ------------------------------------------------------------


def test_each_of_them_has_exactly_one_answer(relay: dict[str, Any]) -> None:
    say(
        f"{CITIZENS} told in {relay['relay_seconds']} s, at a person: {relay['at_person'] or 'none'}"
    )
    assert relay["on_ledger"] == {"1": CITIZENS}, relay
    assert relay["ours"] == CITIZENS  # nor does an answer stand where nobody asked
    assert relay["channels"] == 4
    assert relay["left"] == {}
    assert relay["targets"] == {"reached": CITIZENS}
    assert relay["ticket"] == "done"


def test_the_workers_died_in_the_middle_of_it(relay: dict[str, Any]) -> None:
    assert len(relay["kills"]) == 2
    for on_ledger, under_way in relay["kills"]:
        assert 0 < on_ledger < CITIZENS
        assert under_way > 0, "nobody died in the middle of an answer"


def test_the_desk_saw_how_far_it_was(relay: dict[str, Any]) -> None:
    assert relay["shown"] == sorted(relay["shown"])
    assert len([reached for reached in relay["shown"] if 0 < reached < CITIZENS]) >= 3


def test_a_person_was_asked_for_next_to_none(relay: dict[str, Any]) -> None:
    """All these ways can be read, or repeated under a key."""
    assert sum(relay["at_person"].values()) <= CITIZENS / 30
