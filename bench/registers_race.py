"""Numbers given at once, by real processes with connections of their own, some killed in the act, around a
year's turn: no gap, no double (I6).

    python -m bench.registers_race [--letters 50] [--processes 8] [--kills 8] [--door sahut|read-then-save|incoming]

Half of the numbers are given on 31 December, half on 1 January. `--kills` processes are killed with SIGKILL
right after their letter took its number and before it is committed, or (every second one) after the commit,
before the letter is drawn; another process takes up the work. `sahut` approves letters and voids every fifth; `incoming` writes letters that
came; `read-then-save` does what most systems do, on tables of its own: the same harness must find doubles
or gaps there, or it could not find them here. The last line is one JSON object; exit code 1 on any gap or double.

Uses the database of DATABASE_URL, which must be empty, and the clock of CLOCK_FILE, which it turns.
"""

import argparse
import json
import multiprocessing
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import connection, connections
from django.utils import timezone

from accounts import clock
from accounts.models import Division, User
from inbox import claims
from inbox.models import Item
from referrals import incoming, letters, registers
from referrals.models import IncomingLetter, IncomingYear, Letter, LetterState, RegisterYear
from reports import doctor
from tests import cast
from tickets import cases

PATIENCE = 240.0  # seconds after which a race that does not end is a failure
VOID_EVERY = 5


class Door(Protocol):
    """How numbers are given."""

    def make(self, count: int) -> None: ...
    def left(self) -> list[int]: ...
    def give(self, which: int) -> None: ...
    def arm(self, place: str, nth: int) -> None: ...
    def given(self) -> list[tuple[int, int]]: ...
    def told(self) -> dict[str, int]: ...


def _deadly(act: Callable[..., Any], nth: int) -> Callable[..., Any]:
    """`act`, after whose `nth` time the process is killed."""
    times = 0

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        nonlocal times
        done = act(*args, **kwargs)
        times += 1
        if times == nth:
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    return wrapped


class Sahut:
    """Approvals, through the product's door; `before` and `after` the commit are its two dangerous moments."""

    def make(self, count: int) -> None:
        """`count` letters before the head."""
        cast.make_office()
        by = cast.make_user("operator1", team="Tim Media Sosial")
        cast.make_user("kepala", role="head", full_name="NAMA", rank="KBP", id_number="1")
        cast.make_divisions()
        cast.make_user("lantas", role="officer", division="lantas")  # its portal takes the letters
        channel, division = cast.make_channel_x(), Division.objects.get(code="lantas")
        for n in range(count):
            cast.receive(channel, cast.Post(handle=f"warga{n}"))
            item = Item.objects.latest("pk")
            held = claims.take(item=item, by=by)
            ticket = cases.open_ticket(
                item=item, by=by, fence=held.fence, title=f"BPKB {n}", summary="Belum terbit."
            )
            letter = letters.draft(ticket=ticket, division=division, by=by, fence=ticket.fence)
            letters.submit(letter=letter, by=by, fence=ticket.fence)

    def left(self) -> list[int]:
        """Letters without a number."""
        return list(Letter.objects.filter(running=None).values_list("pk", flat=True))

    def give(self, which: int) -> None:
        """Approve one; every fifth is void at once and keeps its number."""
        head = User.objects.get(username="kepala")
        try:
            letter = letters.approve(letter=Letter(pk=which), by=head)
            if which % VOID_EVERY == 0:
                letters.void(letter=letter, by=head, why="salah alamat")
        except letters.LetterError:  # another process was quicker
            return

    def arm(self, place: str, nth: int) -> None:
        """Kill this process at the `nth` letter, with its number taken or with its number committed."""
        if place == "before":
            registers.number = _deadly(registers.number, nth)
        else:
            letters.complete = _deadly(lambda *, letter: letter, nth)

    def given(self) -> list[tuple[int, int]]:
        """(year, number) of every letter."""
        rows = Letter.objects.filter(running__isnull=False)
        return [(row.year or 0, row.running or 0) for row in rows]

    def told(self) -> dict[str, int]:
        """What else must be so, once the sweeper has finished what was cut short."""
        for row in Letter.objects.filter(state=LetterState.APPROVED, copy=None):
            letters.complete(letter=row)
        last = dict(RegisterYear.objects.values_list("year", "last"))
        return {
            "void_kept": Letter.objects.filter(state=LetterState.VOID).count(),
            "without_file": Letter.objects.exclude(state=LetterState.VOID)
            .filter(copy=None)
            .count(),
            "unsent": Letter.objects.filter(state=LetterState.APPROVED).count(),
            "doctor": sum(doctor.violations()["I6"].values()),
            "counter_off": _off(last, self.given()),
        }


class IncomingBook:
    """Letters that came, written by hand; every one has a number of its own, so that none is a twin."""

    def make(self, count: int) -> None:
        """`count` letters lie on the desk."""
        cast.make_user("operator1")
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE race_desk AS SELECT generate_series(1, %s) AS id", [count])

    def left(self) -> list[int]:
        """Those nobody wrote down."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id FROM race_desk WHERE NOT EXISTS (SELECT 1 FROM referrals_incomingletter i"
                " WHERE i.number = 'X/' || race_desk.id)"
            )
            return [row[0] for row in cursor.fetchall()]

    def give(self, which: int) -> None:
        """Write one down."""
        entry = incoming.Entry(received_on=_today(), sender="Perumda Tirta", number=f"X/{which}")
        by = User.objects.get(username="operator1")
        try:
            incoming.record(entry=entry, by=by)
        except incoming.TwinError:  # another process wrote it down meanwhile
            return

    def arm(self, place: str, nth: int) -> None:
        """Kill this process at the `nth` letter, before the commit; after it nothing is left to break."""
        del place
        incoming.number = _deadly(incoming.number, nth)

    def given(self) -> list[tuple[int, int]]:
        """(year, number) of every letter."""
        return list(IncomingLetter.objects.values_list("year", "running"))

    def told(self) -> dict[str, int]:
        """What else must be so."""
        twice = Counter(IncomingLetter.objects.values_list("number", flat=True))
        return {
            "written_twice": sum(n > 1 for n in twice.values()),
            "counter_off": _off(
                dict(IncomingYear.objects.values_list("year", "last")), self.given()
            ),
        }


class ReadThenSave:
    """Look up the last number, save the letter with the next one, save the counter."""

    def __init__(self) -> None:
        self._between: Callable[[], None] = lambda: None

    def make(self, count: int) -> None:
        """Tables of its own; no rule guards them."""
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE race_book (year int, last int)")
            cursor.execute("CREATE TABLE race_letter (id int, year int, running int)")
            cursor.execute("INSERT INTO race_letter SELECT generate_series(1, %s)", [count])

    def left(self) -> list[int]:
        """Letters without a number."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT id FROM race_letter WHERE running IS NULL")
            return [row[0] for row in cursor.fetchall()]

    def give(self, which: int) -> None:
        """Read, add one, save: as one would write it for a single user."""
        year = _today().year
        with connection.cursor() as cursor:
            cursor.execute("SELECT last FROM race_book WHERE year = %s", [year])
            found = cursor.fetchone()
            last = found[0] if found else 0
            cursor.execute(
                "UPDATE race_letter SET year = %s, running = %s WHERE id = %s",
                [year, last + 1, which],
            )
            self._between()
            if found:
                cursor.execute("UPDATE race_book SET last = %s WHERE year = %s", [last + 1, year])
            else:
                cursor.execute("INSERT INTO race_book VALUES (%s, %s)", [year, last + 1])

    def arm(self, place: str, nth: int) -> None:
        """Kill this process between the two writes of its `nth` letter."""
        del place
        self._between = _deadly(lambda: None, nth)

    def given(self) -> list[tuple[int, int]]:
        """(year, number) of every letter."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT year, running FROM race_letter")
            return [(year, running) for year, running in cursor.fetchall()]

    def told(self) -> dict[str, int]:
        """Nothing else."""
        return {}


DOORS: dict[str, Callable[[], Door]] = {
    "sahut": Sahut, "incoming": IncomingBook, "read-then-save": ReadThenSave
}  # fmt: skip


def _today() -> date:
    return timezone.localtime(clock.now()).date()


def _off(last: dict[int, int], given: list[tuple[int, int]]) -> int:
    """Years whose counter does not stand at their highest number."""
    highest = {year: max(n for y, n in given if y == year) for year in {y for y, _n in given}}
    return sum(last.get(year) != number for year, number in highest.items())


def turn_to(day: datetime) -> None:
    """Set the clock; the system's own time goes on from there."""
    clock.shift(seconds=(day - datetime.now(UTC)).total_seconds())


def work(door_name: str, seed: int, bomb: tuple[str, int] | None) -> None:
    """One process: give numbers at random until there is nothing left, or until its bomb goes off."""
    door, dice = DOORS[door_name](), random.Random(seed)
    if bomb:
        door.arm(*bomb)
    while waiting := door.left():
        door.give(dice.choice(waiting))
    connection.close()


def race(door: Door, *, name: str, processes: int, kills: int, seed: int) -> dict[str, int]:
    """Run the processes until every letter has a number; half-way the year turns."""
    context, begin = multiprocessing.get_context("fork"), time.monotonic()
    bombs = [("before" if n % 2 == 0 else "after", n % 3 + 1) for n in range(kills)]
    started = killed = 0
    running: list[Any] = []
    whole, turned = len(door.left()), False
    while running or door.left():
        if time.monotonic() - begin > PATIENCE:
            msg = "the race does not end"
            raise TimeoutError(msg)
        waiting = len(door.left())
        if not turned and waiting <= whole // 2:
            turn_to(NEW_YEAR + timedelta(hours=1))
            turned = True
        killed += sum(child.exitcode == -signal.SIGKILL for child in running)
        running = [child for child in running if child.exitcode is None]
        connections.close_all()  # no child may inherit a connection
        while waiting and len(running) < processes:
            bomb = bombs.pop(0) if bombs else None
            child = context.Process(target=work, args=(name, seed + started, bomb))
            child.start()
            running.append(child)
            started += 1
        running[0].join(0.02) if running else None
    return {"started": started, "killed": killed, "turned": int(turned)}


#: Midnight in the office's zone, far from any real day.
NEW_YEAR = datetime(2031, 1, 1, tzinfo=timezone.get_default_timezone())


def defects(given: Iterable[tuple[int, int]]) -> dict[str, int]:
    """Gaps and doubles in each year's numbers, counted together; and how many years there are."""
    by_year: dict[int, list[int]] = {}
    for year, number in given:
        by_year.setdefault(year, []).append(number)
    return {
        "years": len(by_year),
        "doubles": sum(len(found) - len(set(found)) for found in by_year.values()),
        "gaps": sum(max(found) - len(set(found)) for found in by_year.values()),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--letters", type=int, default=50)
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--kills", type=int, default=8)
    parser.add_argument("--door", choices=sorted(DOORS), default="sahut")
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    turn_to(NEW_YEAR - timedelta(hours=2))
    door = DOORS[asked.door]()
    door.make(asked.letters)
    ran = race(door, name=asked.door, processes=asked.processes, kills=asked.kills, seed=asked.seed)
    given = door.given()
    counted = {"door": asked.door, "given": len(given), **ran, **defects(given), **door.told()}
    print(json.dumps(counted))
    return int(bool(counted["gaps"] or counted["doubles"] or counted.get("counter_off")))


if __name__ == "__main__":
    sys.exit(main())
