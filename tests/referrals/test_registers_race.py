"""Fifty numbers at once from eight processes, some killed in the act, around a year's turn (bench/registers_race.py):
the books hold, and the harness can tell when a book does not."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench.registers_race import defects
from tests.race.conftest import empty_database

__all__ = ["empty_database"]  # a fixture of the races


def run(url: str, tmp_path: Path, *asked: str) -> dict[str, Any]:
    clock = tmp_path / "clock"
    clock.write_text("0")
    environment = os.environ | {"DATABASE_URL": url, "CLOCK_FILE": str(clock)}
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "-v0"], check=True, env=environment, timeout=240
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "bench.registers_race", *asked],
        env=environment, capture_output=True, text=True, timeout=400, check=False,
    )  # fmt: skip
    assert done.stdout, done.stderr
    counted: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return counted


def test_fifty_approvals_from_eight_processes_leave_no_gap_and_no_double(
    empty_database: str,
    tmp_path: Path,
) -> None:
    counted = run(empty_database, tmp_path, "--letters", "50", "--processes", "8", "--kills", "8")

    assert (counted["gaps"], counted["doubles"], counted["counter_off"]) == (0, 0, 0)
    assert (counted["given"], counted["without_file"], counted["unsent"]) == (50, 0, 0)
    assert counted["doctor"] == 0
    assert counted["years"] == 2  # the turn came in the middle
    assert counted["killed"] >= 4
    assert counted["void_kept"] >= 5


def test_four_processes_write_down_what_came(
    empty_database: str,
    tmp_path: Path,
) -> None:
    counted = run(
        empty_database, tmp_path, "--door", "incoming", "--letters", "60", "--processes", "4", "--kills", "6"
    )  # fmt: skip

    assert (counted["gaps"], counted["doubles"], counted["counter_off"]) == (0, 0, 0)
    assert (counted["given"], counted["written_twice"], counted["years"]) == (60, 0, 2)
    assert counted["killed"] >= 3


def test_the_same_harness_finds_defects_where_the_door_reads_then_saves(
    empty_database: str,
    tmp_path: Path,
) -> None:
    counted = run(empty_database, tmp_path, "--door", "read-then-save", "--kills", "8")

    assert counted["doubles"] + counted["gaps"] > 0


@pytest.mark.parametrize(
    ("given", "gaps", "doubles"),
    [
        ([(2030, 1), (2030, 2), (2031, 1)], 0, 0),
        ([(2030, 1), (2030, 3)], 1, 0),
        ([(2030, 2)], 1, 0),
        ([(2030, 1), (2030, 1), (2031, 1)], 0, 1),
    ],
)
def test_the_count(given: list[tuple[int, int]], gaps: int, doubles: int) -> None:
    counted = defects(given)
    assert (counted["gaps"], counted["doubles"]) == (gaps, doubles)
