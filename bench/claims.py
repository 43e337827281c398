"""Claims over HTTP, beside the raw database in the same run.

    python -m bench.claims [--clients 20] [--seconds 6] [--processes 2] [--rows 1000000]

The database is filled to the size of the table the raw figures are known for (reference/performance.md,
“Physical floor”: a million rows), and everybody claims items scattered all over it, as matters come up.

Operators with sessions take distinct free items through two web processes (docker-compose.yml runs as many;
the demo one), all middleware included: once as htmx asks, which is what the operator's browser does, once
as a plain form (a redirect), each as fast as the answers come, and once at the pace of 150 a second
(“steady”): the first two tell how many fit, the last how long one waits while they do. Before and after,
pgbench carries out the very statement of claims.take(), sent as psycopg2 sends it (its values written into
the text: pgbench's “simple” protocol), with as many clients on the same database, each on free items of its
own. Beside it stands what pgbench does with the statement prepared on the server (“prepared”), which is no
bound: it spares the parsing and planning that every statement of ours pays. Afterwards the claims are counted
in the table, pgbench's too.

The last line is one JSON object; the exit code is 1 when a claim that was answered is not in the table, when
fewer than 150 a second were taken, or when the p95 is above 20 times the raw database's. Uses the database of
DATABASE_URL, which must be empty or a test database.
"""

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import connection, transaction

from accounts.models import User
from bench.at_size import fill
from bench.http_desk import Answer, Browser, dsn, load, log_in, percentile, programs, web_process
from bench.race import make_desk
from inbox import claims
from inbox.models import Channel, Claim, Item

FLOOR = 150.0  # claims a second that must be reached
AIM = 300.0
RATIO = 20.0  # times the p95 of the raw database
FIRST = 10_000_000  # id of the first item of the big table
EVERY = 10  # of so many items one is waiting for an operator, one for pgbench
RUNS = 3  # of pgbench
MOST_RAW = 40_000  # claims in a run of pgbench
SEED = 7
STAND_IN = 987_654_321_987  # an item's id in the statement, replaced by pgbench's variable


@dataclass(slots=True)
class Round:
    """What one kind of request brought: seconds each took, and the items whose taking was confirmed."""

    took: list[float] = field(default_factory=list)
    done: list[tuple[int, int]] = field(default_factory=list)  # holder, item
    odd: Counter[int] = field(default_factory=Counter)  # statuses that mean it was not done
    seconds: float = 0.0

    @property
    def per_second(self) -> float:
        return len(self.took) / self.seconds

    def figures(self, name: str) -> dict[str, float]:
        return {
            f"{name}_per_second": self.per_second,
            f"{name}_p50_ms": percentile(self.took, 0.5) * 1000,
            f"{name}_p95_ms": percentile(self.took, 0.95) * 1000,
        }


def together(
    browsers: dict[int, Browser], work: Callable[[Browser, int], Answer],
    items: dict[int, Iterable[int]], *, seconds: float, per_second: float = 0.0,
) -> Round:  # fmt: skip
    """Every browser works through its items for so many `seconds`, all at once.

    Without a pace each asks again as soon as it is answered. With `per_second` each asks when its turn has come,
    so many a second all together, and the time counts from the turn: who must wait before it can ask has
    waited, too.
    """
    found, ready = Round(), threading.Barrier(len(browsers) + 1)
    start = [0.0]

    def client(place: int, who: int, browser: Browser) -> None:
        ready.wait()
        turn = start[0] + place / per_second if per_second else start[0]
        for item in items[who]:
            if per_second:
                time.sleep(max(0.0, turn - time.perf_counter()))
            else:
                turn = time.perf_counter()
            if turn > start[0] + seconds:
                break
            answer = work(browser, item)
            found.took.append(time.perf_counter() - turn)
            if answer.done:
                found.done.append((who, item))
            else:
                found.odd[answer.status] += 1
            turn += len(browsers) / per_second if per_second else 0.0

    threads = [
        threading.Thread(target=client, args=(place, *pair), daemon=True)
        for place, pair in enumerate(browsers.items())
    ]
    for thread in threads:
        thread.start()
    start[0] = time.perf_counter()
    ready.wait()
    for thread in threads:
        thread.join()
    found.seconds = time.perf_counter() - start[0]
    return found


def statement(item: Item, by: User) -> str:
    """The statement with which claims.take() takes, caught as it is executed, for pgbench."""
    caught: list[str] = []

    def catch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001
        if "INSERT INTO inbox_claim" in sql:
            text = context["cursor"].mogrify(sql, {**params, "item": STAND_IN}).decode()
            caught.append(text.replace(str(STAND_IN), ":item").strip())
        return execute(sql, params, many, context)

    with transaction.atomic(), connection.execute_wrapper(catch):
        claims.take(item=item, by=by)
        transaction.set_rollback(True)
    return caught[0]


def raw(
    sql: str, *, clients: int, rows: int, run: int, mode: str = "simple"
) -> tuple[list[float], float]:
    """Seconds of every claim by pgbench, `clients` of them, and how many it took in a second: items all over
    the table, none twice (a claim that is refused writes nothing and is quick), others in each `run` (0, 1, 2)."""
    places = rows // EVERY
    each = min(places // RUNS // clients, MOST_RAW // clients)
    with tempfile.TemporaryDirectory() as folder:
        script, log = Path(folder) / "claim.sql", Path(folder) / "log"
        script.write_text(
            "\\set n :n + 1\n"
            f"\\set place {run * places // RUNS} + :client_id * {each} + :n\n"
            f"\\set item {FIRST + 1} + {EVERY} * permute(:place, {places}, {SEED})\n"
            + " ".join(sql.split())
            + ";\n"
        )
        told = subprocess.run(
            [
                str(programs() / "pgbench"), "-n", "-M", mode, "-c", str(clients), "-j", "2",
                "-t", str(each), "-D", "n=-1", "-f", str(script), "--log", f"--log-prefix={log}",
                dsn(),
            ],
            check=True, capture_output=True, text=True, timeout=600,
        )  # fmt: skip
        lines = [
            line for one in Path(folder).glob("log.*") for line in one.read_text().splitlines()
        ]
    per_second = float(re.search(r"^tps = ([\d.]+)", told.stdout, re.MULTILINE)[1])  # type: ignore[index]
    return [int(line.split()[2]) / 1e6 for line in lines], per_second


def waiting(count: int, *, rows: int) -> list[int]:
    """So many items all over the table, in no order, in which a citizen now waits."""
    found = random.Random(SEED).sample(range(FIRST, FIRST + rows, EVERY), count)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # no row history of made-up rows
        cursor.execute(
            "UPDATE inbox_item SET state = 'open', waiting_since = last_in_at, settled_at = NULL"
            " WHERE id = ANY(%s)",
            [found],
        )
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("VACUUM ANALYZE inbox_item")
    return found


def held(people: list[int], items: list[int]) -> set[tuple[int, int]]:
    """(holder, item) of every live claim of these people on these items."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT holder_id, item_id FROM inbox_claim WHERE ended_at IS NULL"
            " AND holder_id = ANY(%s) AND item_id = ANY(%s)",
            [people, items],
        )
        return set(cursor.fetchall())


def measure(*, clients: int, seconds: int, processes: int, rows: int) -> dict[str, Any]:
    """The whole run; returns what the last line says."""
    people, shown = make_desk(clients=clients, items=1)
    fill(FIRST, FIRST + rows - 1, Channel.objects.get(external_id="race"))
    items = waiting(min(seconds * 2400, rows // EVERY), rows=rows)
    users = list(User.objects.filter(pk__in=people).order_by("pk"))
    sql = statement(Item.objects.get(pk=shown[0]), users[0])
    floor, before = raw(sql, clients=clients, rows=rows, run=0)
    with web_process(processes=processes) as port:
        browsers = dict(
            zip(people, log_in(users, port=port, page=f"/masuk/{shown[0]}/"), strict=True)
        )
        shares = _shares(people, items)
        rounds = {
            name: together(
                browsers, lambda b, i, htmx=htmx: b.post(f"/masuk/{i}/ambil/", htmx=htmx),  # type: ignore[misc]
                shares, seconds=seconds,
            )
            for name, htmx in (("warm_up", True), ("claims", True), ("plain", False))
        }  # fmt: skip
        rounds["steady"] = together(
            browsers, lambda b, i: b.post(f"/masuk/{i}/ambil/", htmx=True), shares,
            seconds=seconds, per_second=FLOOR,
        )  # fmt: skip
        bare = together(
            browsers, lambda b, _: b.get("/sehat/"), dict.fromkeys(people, repeat(0)), seconds=2
        )
    more, after = raw(sql, clients=clients, rows=rows, run=1)
    floor += more
    prepared, prepared_rate = raw(sql, clients=clients, rows=rows, run=2, mode="prepared")
    taken = Claim.objects.filter(item_id__gte=FIRST, ended_at=None).exclude(item__in=items).count()
    if taken != len(floor) + len(prepared):
        raise SystemExit(f"pgbench took {taken} items instead of {len(floor) + len(prepared)}")
    told = [pair for one in rounds.values() for pair in one.done]
    floor_p95, prepared_p95 = (percentile(one, 0.95) * 1000 for one in (floor, prepared))
    claims_p95 = percentile(rounds["claims"].took, 0.95) * 1000
    return {
        **rounds["claims"].figures("claims"),
        **rounds["plain"].figures("plain"),
        **rounds["steady"].figures("steady"),
        **bare.figures("bare"),
        "floor_per_second": (before + after) / 2,
        "floor_p50_ms": percentile(floor, 0.5) * 1000,
        "floor_p95_ms": floor_p95,
        "ratio": claims_p95 / floor_p95,
        "prepared_per_second": prepared_rate,
        "prepared_p95_ms": prepared_p95,
        "prepared_ratio": claims_p95 / prepared_p95,
        "steady_ratio": percentile(rounds["steady"].took, 0.95) * 1000 / floor_p95,
        "confirmed": len(told),
        "not_in_the_table": len(set(told) - held(people, items)) + len(told) - len(set(told)),
        "unconfirmed": len(held(people, items) - set(told)),
        "refused": sum(sum(one.odd.values()) for one in rounds.values()),
        "clients": clients, "processes": processes, "load": load(),
    }  # fmt: skip


def _shares(people: list[int], items: list[int]) -> dict[int, Iterable[int]]:
    """Each one's own items, used up from round to round."""
    every: dict[int, Iterator[int]] = {
        who: iter(items[place :: len(people)]) for place, who in enumerate(people)
    }
    return dict(every)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--seconds", type=int, default=6, help="per kind of request")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--rows", type=int, default=1_000_000, help="items in the database")
    asked = parser.parse_args()
    said = measure(
        clients=asked.clients, seconds=asked.seconds, processes=asked.processes, rows=asked.rows
    )
    print(json.dumps({k: round(v, 2) if isinstance(v, float) else v for k, v in said.items()}))
    good = (
        not said["not_in_the_table"]
        and not said["refused"]
        and said["claims_per_second"] >= FLOOR
        and said["ratio"] <= RATIO
    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
