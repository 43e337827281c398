"""Webhooks: queued in the transaction of the write that caused them, delivered over real HTTP.

`courier` carries them. At least once: what a receiver does not answer 2xx within its platform's
budget is tried again (platforms.md §0.3). The state is a table, so a killed sandbox loses none.
"""

import json
import random
import sqlite3
import time
from collections.abc import Sequence
from typing import Any

from sandbox.core import clock, rooms
from sandbox.core.courier import Headers, courier
from sandbox.core.push_modes import modes
from sandbox.core.store import declare, keep, store

declare("""
create table if not exists push_subscription (
    n integer primary key, room text not null, account text not null, url text not null,
    unique (room, account, url)
);
create table if not exists push_delivery (
    n integer primary key autoincrement, room text not null, account text not null,
    url text not null, body blob not null, headers text not null, at real not null,
    state text not null, released integer not null default 0, copy integer not null default 0,
    status integer, tries integer not null default 0, took real, problem text
);
create index if not exists push_waiting on push_delivery (at) where state = 'waiting';
""")

SHUFFLE_S = 0.3


def subscribe(db: sqlite3.Connection, room: str, account: str, url: str) -> None:
    """From now on this account's events go to `url` too; once more changes nothing."""
    db.execute(
        "insert or ignore into push_subscription (room, account, url) values (?, ?, ?)",
        (room, account, url),
    )


def unsubscribe(db: sqlite3.Connection, room: str, account: str) -> None:
    """This account's events go nowhere any more; what is queued already still goes out."""
    db.execute("delete from push_subscription where room = ? and account = ?", (room, account))


def urls(db: sqlite3.Connection, room: str, account: str) -> list[str]:
    """Where this account's events go, the oldest subscription first."""
    rows = db.execute(
        "select url from push_subscription where room = ? and account = ? order by n",
        (room, account),
    )
    return [row["url"] for row in rows]


def queue(
    db: sqlite3.Connection,
    *,
    room: str,
    account: str,
    body: bytes,
    headers: Headers,
    delay: float = 0.0,
) -> int:
    """Queues one POST per subscribed address, sent once the caller's transaction is committed.

    `headers` carry the signature over `body`; `delay` is in real seconds. Returns the number of the
    last delivery, 0 when nobody is subscribed.
    """
    turned = modes(db)
    number = 0
    for url in urls(db, room, account):
        lost = turned["drop"] > 0
        if lost:
            turned["drop"] -= 1
            keep(db, "push_modes", turned)
        at = clock.real_seconds() + delay
        for copy in range(1 if lost else 1 + turned["duplicate"]):
            jitter = random.random() * SHUFFLE_S if turned["shuffle"] else 0.0
            state = "dropped" if lost else "waiting"
            number = _insert(
                db, (room, account, url, body, json.dumps(headers)), at + jitter, state, copy
            )
    courier.wake()
    return number


def listing(
    db: sqlite3.Connection, *, since: int, room: str | None, limit: int
) -> list[dict[str, Any]]:
    """Every delivery after number `since`, oldest first, of one room or all.

    state: waiting, sent, given_up, dropped, refused. status: of the last try, None before any
    answer. took: seconds of the last try.
    """
    rows = db.execute(
        "select * from push_delivery where n > ? and (? is null or room = ?) order by n limit ?",
        (since, room, room, limit),
    )
    return [
        {key: row[key] for key in row.keys() if key not in ("body", "headers", "released", "at")}  # noqa: SIM118
        | {
            "copy": bool(row["copy"]),
            "headers": json.loads(row["headers"]),
            "body": bytes(row["body"]).decode("utf-8", "replace"),
        }
        for row in rows
    ]


def flush(within: float) -> dict[str, int]:
    """Delivers now what is held or waits for its time; returns the counts when done.

    Done is when each was taken or given up, or after `within` seconds.
    """
    with store().write() as db:
        for room in rooms.rooms():
            gather = getattr(room, "gather", None)
            if gather is not None:
                gather(db)
        turned = modes(db)
        numbers = [
            row["n"]
            for row in db.execute(
                "select n from push_delivery where state = 'waiting' order by at, n"
            )
        ]
        if turned["shuffle"]:
            random.Random(turned["seed"]).shuffle(numbers)
        _release(db, numbers)
    return _settled(numbers, within)


def again(
    *, times: int, shuffle: bool, seed: object, since: int, room: str | None, within: float
) -> dict[str, int]:
    """Delivers all originals after number `since` that many times again, as they were last sent.

    Dropped ones stay lost. Returns the counts when done, at the latest after `within` seconds.
    """
    with store().write() as db:
        rows = db.execute(
            "select room, account, url, body, headers from push_delivery where n > ? and not copy"
            " and state != 'dropped' and (? is null or room = ?) order by n",
            (since, room, room),
        ).fetchall()
        copies = [tuple(row) for _ in range(times) for row in rows]
        if shuffle:
            random.Random(str(seed)).shuffle(copies)
        now = clock.real_seconds()
        numbers = [_insert(db, each, now, "waiting", 1) for each in copies]
        _release(db, numbers)
    return {"originals": len(rows), **_settled(numbers, within)}


def clear(db: sqlite3.Connection) -> None:
    """Forgets deliveries and modes; the subscriptions stay."""
    db.execute("delete from push_delivery")
    db.execute("delete from setting where key = 'push_modes'")


def forget(db: sqlite3.Connection) -> None:
    """Forgets the subscriptions too, in the rooms as well."""
    clear(db)
    for room in rooms.rooms():
        wipe = getattr(room, "forget", None)
        if wipe is not None:
            wipe(db)
    db.execute("delete from push_subscription")


def _insert(db: sqlite3.Connection, what: Sequence[Any], at: float, state: str, copy: int) -> int:
    cursor = db.execute(
        "insert into push_delivery (room, account, url, body, headers, at, state, copy)"
        " values (?, ?, ?, ?, ?, ?, ?, ?)",
        (*what, at, state, int(copy > 0)),
    )
    return int(cursor.lastrowid or 0)


def _release(db: sqlite3.Connection, numbers: Sequence[int]) -> None:
    """Makes these due now, in this order, held or not."""
    now = clock.real_seconds()
    db.executemany(
        "update push_delivery set released = 1, at = ? where n = ?",
        [(now + place * 1e-6, number) for place, number in enumerate(numbers)],
    )
    courier.wake()


def _settled(numbers: Sequence[int], within: float) -> dict[str, int]:
    """Waits for these deliveries to end; how many there were, were taken, failed, still wait."""
    until = time.monotonic() + within
    marks = json.dumps(list(numbers))
    while True:
        with store().read() as db:
            rows = db.execute(
                "select state, count(*) as many from push_delivery"
                " where n in (select value from json_each(?)) group by state",
                (marks,),
            ).fetchall()
        count = {row["state"]: int(row["many"]) for row in rows}
        waiting, sent = count.get("waiting", 0), count.get("sent", 0)
        if not waiting or time.monotonic() > until or courier.stopped(0.03):
            total = sum(count.values())
            return {
                "deliveries": total,
                "sent": sent,
                "failed": total - sent - waiting,
                "waiting": waiting,
            }
