"""160 processes grab 799 items (bench/race.py): the doors hold, and the harness can tell when they don't."""

import json
import os
import subprocess
import sys
from typing import Any


def race(url: str, door: str) -> dict[str, Any]:
    environment = os.environ | {"DATABASE_URL": url}
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "-v0"], check=True, env=environment, timeout=120
    )
    done = subprocess.run(
        [sys.executable, "-m", "bench.race", "--clients", "160", "--items", "799", "--door", door],
        env=environment, capture_output=True, text=True, timeout=400, check=False,
    )  # fmt: skip
    assert done.stdout, done.stderr
    counted: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return counted


def test_every_item_ends_with_one_holder_and_one_answer(empty_database: str) -> None:
    counted = race(empty_database, "sahut")

    assert (counted["two_holders"], counted["twice_answered"]) == (0, 0)
    assert (counted["unheld"], counted["unanswered"]) == (0, 0)
    assert counted["contested"] > 0  # they did grab for the same items


def test_the_same_harness_finds_doubles_where_the_door_reads_then_saves(
    empty_database: str,
) -> None:
    counted = race(empty_database, "read-then-save")

    assert counted["two_holders"] > 0
    assert counted["twice_answered"] > 0
