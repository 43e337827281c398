"""A whole desk grabs at once: real processes, real connections, the real doors.

    python -m bench.race --clients 160 --items 799 [--door sahut|read-then-save] [--seed 7]

Each client is a process with a connection of its own. It looks at the list of free items, picks one
at random, tries to take it and, if it got it, answers it; again and again, for a bounded number of
tries. The last line is one JSON object; the exit code is 1 when an item has not exactly one holder
and one answer. `--door read-then-save` does what most systems do (look, then write) on tables of its
own: the same harness must find doubles there, or it could not find them here.

Uses the database of DATABASE_URL, which must be empty or a test database: it makes its own people and items.
"""

import argparse
import json
import multiprocessing
import os
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import connection, connections

from accounts import clock
from accounts.models import Office, User
from inbox import claims, replies
from inbox.models import Channel, Citizen, Item, Message, Thread

FREE_SHOWN = 50  # a list shows this many
OUT_OF_WORK = 3  # empty looks at the list after which a client goes home


class Door(Protocol):
    """How items are taken and answered."""

    def free(self) -> list[int]: ...
    def take(self, item: int, who: User) -> int | None: ...
    def answer(self, item: int, who: User, fence: int) -> bool: ...
    def count(self, items: list[int]) -> dict[str, int]: ...


def _ids(sql: str, *args: Any) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, args)
        return [row[0] for row in cursor.fetchall()]


def _tally(items: list[int], holders: list[int], answers: list[int]) -> dict[str, int]:
    """`holders` and `answers` name an item once per claim and per answer."""
    held = {item: holders.count(item) for item in items}
    said = {item: answers.count(item) for item in items}
    return {
        "unheld": sum(count == 0 for count in held.values()),
        "two_holders": sum(count > 1 for count in held.values()),
        "unanswered": sum(count == 0 for count in said.values()),
        "twice_answered": sum(count > 1 for count in said.values()),
    }


class Sahut:
    """The doors of the product."""

    def free(self) -> list[int]:
        return _ids(
            "SELECT i.id FROM inbox_item i WHERE i.waiting_since IS NOT NULL AND NOT EXISTS"
            " (SELECT 1 FROM inbox_claim c WHERE c.item_id = i.id AND c.ended_at IS NULL)"
            " ORDER BY random() LIMIT %s",
            FREE_SHOWN,
        )

    def take(self, item: int, who: User) -> int | None:
        try:
            return claims.take(item=Item(pk=item), by=who).fence
        except claims.AlreadyClaimed:
            return None

    def answer(self, item: int, who: User, fence: int) -> bool:
        row = Item.objects.select_related("channel").get(pk=item)
        newest = replies.newest_from_citizen(row)
        if newest is None:
            return False
        try:
            replies.submit(item=row, by=who, fence=fence, text="Baik, kami cek.", seen=newest.pk)
        except (claims.ClaimError, replies.ReplyRefused):
            return False
        return True

    def count(self, items: list[int]) -> dict[str, int]:
        return _tally(
            items,
            _ids("SELECT item_id FROM inbox_claim WHERE item_id = ANY(%s)", items),
            _ids("SELECT item_id FROM inbox_reply WHERE item_id = ANY(%s)", items),
        )


class ReadThenSave:
    """What most systems do: look who holds it, then write. Tables of its own, no constraint."""

    def __init__(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE TABLE IF NOT EXISTS race_item (id bigint PRIMARY KEY, holder bigint)"
            )
            cursor.execute("CREATE TABLE IF NOT EXISTS race_claim (item bigint, who bigint)")
            cursor.execute("CREATE TABLE IF NOT EXISTS race_answer (item bigint, who bigint)")
            cursor.execute(
                "INSERT INTO race_item SELECT id, NULL FROM inbox_item ON CONFLICT DO NOTHING"
            )

    def free(self) -> list[int]:
        return _ids(
            "SELECT id FROM race_item WHERE holder IS NULL ORDER BY random() LIMIT %s", FREE_SHOWN
        )

    def take(self, item: int, who: User) -> int | None:
        if _ids("SELECT 1 FROM race_item WHERE id = %s AND holder IS NULL", item):
            with connection.cursor() as cursor:
                cursor.execute("UPDATE race_item SET holder = %s WHERE id = %s", [who.pk, item])
                cursor.execute("INSERT INTO race_claim VALUES (%s, %s)", [item, who.pk])
            return who.pk
        return None

    def answer(self, item: int, who: User, fence: int) -> bool:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO race_answer VALUES (%s, %s)", [item, who.pk])
        return True

    def count(self, items: list[int]) -> dict[str, int]:
        return _tally(
            items, _ids("SELECT item FROM race_claim"), _ids("SELECT item FROM race_answer")
        )


DOORS: dict[str, type[Sahut] | type[ReadThenSave]] = {
    "sahut": Sahut,
    "read-then-save": ReadThenSave,
}


def make_desk(*, clients: int, items: int) -> tuple[list[int], list[int]]:
    """People and waiting items, made in bulk; returns their ids."""
    Office.current()
    people = User.objects.bulk_create(
        [User(username=f"race{number}", role="operator") for number in range(clients)]
    )
    channel = Channel.objects.create(platform="x", external_id="race", handle="@race")
    channel.credentials = {"consumer_key": "never called"}
    channel.save()
    stamp = clock.now()
    citizens = Citizen.objects.bulk_create(
        [Citizen(platform="x", external_id=f"race{n}", handle=f"warga{n}") for n in range(items)]
    )
    threads = Thread.objects.bulk_create(
        [Thread(platform="x", external_id=f"race{n}") for n in range(items)]
    )
    rows = Item.objects.bulk_create(
        [
            Item(channel=channel, thread=t, citizen=c, waiting_since=stamp, last_in_at=stamp)
            for t, c in zip(threads, citizens, strict=True)
        ]
    )
    Message.objects.bulk_create(
        [
            Message(
                item=row, platform="x", object_class="post", external_id=f"race{n}",
                current_id=f"9{n:06d}", direction="in", text="tolong min", written_at=stamp,
                address={"summoned": "1"},
            )
            for n, row in enumerate(rows)
        ]
    )  # fmt: skip
    return [person.pk for person in people], [row.pk for row in rows]


def client(who: int, *, door_name: str, seed: int, tries: int, start: Any, tell: Any) -> None:
    """One operator: look, pick at random, take, answer."""
    random.seed(seed * 100_003 + who)
    me, door = User.objects.get(pk=who), DOORS[door_name]()
    won = lost = idle = 0
    start.wait()
    for _try in range(tries):
        free = door.free()
        if not free:
            idle += 1
            if idle >= OUT_OF_WORK:
                break
            continue
        item = random.choice(free)
        fence = door.take(item, me)
        if fence is None:
            lost += 1
        elif door.answer(item, me, fence):
            won += 1
    connection.close()
    tell.put((won, lost))


@contextmanager
def desk_of_processes(people: list[int], **options: Any) -> Iterator[tuple[Any, Any]]:
    """Every client forked, connected and waiting at the start; joined at the end."""
    context = multiprocessing.get_context("fork")
    start, tell = context.Barrier(len(people) + 1, timeout=180), context.Queue()
    connections.close_all()  # no child may inherit a connection
    children = [
        context.Process(
            target=client, args=(who,), kwargs={**options, "start": start, "tell": tell}
        )
        for who in people
    ]
    for child in children:
        child.start()
    try:
        yield start, tell
    finally:
        for child in children:
            child.join(60)
            child.kill()


def run(*, clients: int, items: int, door_name: str, seed: int, tries: int) -> dict[str, Any]:
    """The whole race; returns what was counted in the tables afterwards."""
    people, rows = make_desk(clients=clients, items=items)
    door = DOORS[door_name]()
    with desk_of_processes(people, door_name=door_name, seed=seed, tries=tries) as (start, tell):
        start.wait()
        told = [tell.get(timeout=300) for _ in people]
    return {
        "door": door_name, "clients": clients, "items": items,
        "won": sum(won for won, _ in told), "contested": sum(lost for _, lost in told),
        **door.count(rows),
    }  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=160)
    parser.add_argument("--items", type=int, default=799)
    parser.add_argument("--door", choices=sorted(DOORS), default="sahut")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--tries", type=int, default=400, help="per client")
    asked = parser.parse_args()
    counted = run(
        clients=asked.clients, items=asked.items, door_name=asked.door, seed=asked.seed,
        tries=asked.tries,
    )  # fmt: skip
    print(json.dumps(counted))
    wrong = ("unheld", "two_holders", "unanswered", "twice_answered")
    return int(any(counted[name] for name in wrong))


if __name__ == "__main__":
    sys.exit(main())
