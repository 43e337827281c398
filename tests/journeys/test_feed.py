"""341 real complaints on all channels, told twice and in disorder, to workers killed three times: each arrives
once, and whole (I4, I5)."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox_process import wait_for
from tests.stack_process import Stack, running_stack

ROWS = 341
KILL_AT = (60, 150, 250)  # items in the inbox


@pytest.fixture
def complaints(texts: Path) -> Path:
    return texts / "complaints.csv"


@pytest.fixture
def feeding(complaints: Path) -> Iterator[Stack]:
    """The rows are dealt to X (posts and messages), the Page, Messenger, Instagram and LINE."""
    feed = {
        "FEED": str(complaints),
        "FEED_RATE": "20",
        "FEED_ROOMS": "x,meta,line",
        "FEED_HOLD": "1",
    }
    with running_stack(**feed, POLL_EVERY="1") as running:
        running.sandbox.send("POST", "/_sandbox/push", {"duplicate": 2, "shuffle": True})
        running.sandbox.send("POST", "/_sandbox/feed", {"hold": False})
        yield running


def test_each_of_the_341_complaints_arrives_once(feeding: Stack, complaints: Path) -> None:
    def items() -> int:
        return int(feeding.ask("SELECT count(*) FROM inbox_item")[0][0])

    for threshold in KILL_AT:
        wait_for(lambda at=threshold: items() >= at, what=f"{threshold} items", seconds=60)
        killed = feeding.pid("worker")
        feeding.kill("worker")
        wait_for(
            lambda old=killed: feeding.pid("worker") not in ("", old),
            what="a new worker",
            seconds=30,
        )

    wait_for(lambda: feeding.sandbox.get("/_sandbox/feed")["done"], what="the feed", seconds=120)
    wait_for(lambda: items() >= ROWS, what="all items", seconds=120)

    with complaints.open(newline="") as file:
        written = [row["text"] for row in csv.DictReader(file)]
    arrived = [
        row[0] for row in feeding.ask("SELECT text FROM inbox_message WHERE direction = 'in'")
    ]
    assert (len(written), len(arrived), items()) == (ROWS, ROWS, ROWS)
    spread = dict(
        feeding.ask(
            "SELECT m.platform || ' ' || m.object_class, count(*) FROM inbox_message m"
            " WHERE direction = 'in' GROUP BY 1"
        )
    )
    assert len(spread) == 7, spread  # posts, comments, chats: X 2, Facebook 2, Instagram 2, LINE 1
    whole = " ".join(" ".join(text.split()) for text in arrived)
    missing = [text for text in written if " ".join(text.split()) not in whole]
    assert missing == []
    assert max(map(len, arrived)) > 1000
    assert feeding.doctor()["invariants"] == {f"I{number}": 0 for number in range(1, 10)}
