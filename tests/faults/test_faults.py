"""300 trials on a stand of their own: nothing twice, nothing lost, and every fault was really met.

In a process of its own: the runner's Django speaks to the stand's database, not to the tests'.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from inbox.steps import Step
from tests.faults import deck

TRIALS = int(os.environ.get("FAULT_TRIALS") or deck.ROUND)


@pytest.fixture(scope="module")
def run() -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Exit code, what was printed, and the report of what was met."""
    with TemporaryDirectory(prefix="faults-") as name:
        report = Path(name) / "report.json"
        Path(name).chmod(0o711)  # as root, PostgreSQL runs as somebody else
        kept = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "tests.faults", "--trials", str(TRIALS),
             "--seed", "7", "--report", str(report)],
            env=kept | {"VAR": name}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        met = json.loads(report.read_text()) if report.exists() else {}
        yield done.returncode, done.stdout + done.stderr, met


def test_no_promise_is_broken(run: tuple[int, str, dict[str, Any]]) -> None:
    code, printed, _met = run
    said = json.loads(printed.strip().splitlines()[-1]) if code in (0, 1) else {}
    assert code == 0, printed
    assert said["trials"] == TRIALS
    assert not any(
        said[name]
        for name in ("twice", "lost", "false_sent", "false_failed", "two_holders", "inbound_missing",
                     "inbound_doubled")
    )  # fmt: skip
    assert 0 < said["at_a_person"] < TRIALS / 3


def test_every_step_really_killed_a_worker(run: tuple[int, str, dict[str, Any]]) -> None:
    _code, printed, met = run
    killed = {name.split()[1] for name in met["met"] if name.startswith("kill ")}
    assert killed == {str(step) for step in Step}, printed
    frozen = {name.split()[1] for name in met["met"] if name.startswith("stop ")}
    assert {"committed", "proved", "answered"} <= frozen, printed


def test_every_answer_of_the_platforms_was_met(run: tuple[int, str, dict[str, Any]]) -> None:
    _code, printed, met = run
    told = {name.split()[1] for name in met["met"] if name.startswith("wire ")}
    assert told >= {*deck.UNKNOWN, "429"}, printed
    assert any(name.startswith("reading ") for name in met["met"]), printed
    assert met["chaos"].keys() >= {"postgres immediate", "flush", "workers killed"}
    assert set(met["kinds"]) == {kind.name for kind in deck.KINDS}
