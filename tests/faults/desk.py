"""The operators at their doors, in this process: what they are granted and refused, whatever the database does.

A door may lose its database in the middle. Then nobody knows whether it committed, and the operator looks
before trying again, as people do.
"""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from django.db import (
    InterfaceError,
    OperationalError,
    close_old_connections,
    connection,
    transaction,
)

from accounts.models import Office, Team, User
from inbox import claims, replies
from inbox.models import Delivery, Item, Reply
from tests.faults import points

AWAY = (OperationalError, InterfaceError)
TRIES = 40
MANY = 12  # operators


def people() -> tuple[list[User], User]:
    """Operators enough that each trial has its own few, and the head."""
    Office.current()
    Office.objects.update(undo_seconds=10)
    team = Team.objects.order_by("pk")[0]
    found = []
    for number in range(MANY):
        name = f"petugas{number}"
        user, made = User.objects.get_or_create(
            username=name,
            defaults={"email": f"{name}@sahut.test", "full_name": f"Petugas {number}"},
        )
        if made:
            user.teams.add(team)
        found.append(user)
    return found, User.objects.get(username="kepala")


def steady[T](ask: Callable[[], T]) -> T:
    """Ask the database until it answers; only for what may be asked twice."""
    for turn in range(TRIES):
        try:
            return ask()
        except AWAY as error:
            if getattr(error.__cause__, "pgcode", None) == "40P01" or turn == TRIES - 1:
                raise
            connection.close()
    raise AssertionError


def submit(
    *,
    item: Item,
    by: User,
    fence: int,
    text: str,
    undo: bool,
    plan: Callable[[int], None] | None = None,
) -> Reply:
    """The operator reads the newest message and sends `text`. Raises what the door raises.

    `plan(delivery id)` is called before the commit: what waits for this delivery is laid before any
    worker can see it.
    """

    def once() -> Reply:
        known = Reply.objects.filter(item=item, text=text).first()
        if known:  # the answer to the last try got lost
            return known
        newest = replies.last_stored(item)
        assert newest
        with transaction.atomic():
            reply = replies.submit(
                item=item, by=by, fence=fence, text=text, seen=newest.pk, undo=undo
            )
            if plan:
                for pk in Delivery.objects.filter(reply=reply).values_list("pk", flat=True):
                    plan(pk)
        return reply

    return steady(once)


def take(*, item: Item, by: User) -> claims.Held:
    """Raises AlreadyClaimed."""
    return steady(lambda: claims.take(item=item, by=by))


def at_once[T](*acts: Callable[[], T]) -> list[T | Exception]:
    """All acts in threads of their own, at the same moment; what each returned or raised."""
    start = Barrier(len(acts))

    def run(act: Callable[[], T]) -> T | Exception:
        try:
            close_old_connections()
            connection.ensure_connection()
            start.wait(20)
            return act()
        except Exception as error:  # noqa: BLE001  told to the caller
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def lay(folder: Path, *, step: str, do: str) -> Callable[[int], None]:
    """What `submit` calls with the delivery's id: a point is laid for it."""

    def plan(delivery: int) -> None:
        points.plan(folder, key=delivery, step=step, do=do)

    return plan


def new_marker(number: int) -> str:
    """A word no other trial has: letters and digits only, so that every encoding leaves it alone."""
    return f"zq{number:06d}{uuid.uuid4().hex[:6]}"
