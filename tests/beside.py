"""Two deeds at one moment: the second on a connection of its own, begun while the first is under way."""

import threading
from collections.abc import Callable

from django.db import connection, connections

from tests.sandbox_process import wait_for


class Beside:
    """One act on a connection of its own; what it raised, by name."""

    def __init__(self, act: Callable[[], object]) -> None:
        self.act, self.raised, self.over = act, "", threading.Event()
        self.thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            self.act()
        except Exception as error:  # noqa: BLE001  told to the test
            self.raised = type(error).__name__
        finally:
            connections.close_all()
            self.over.set()

    def meet(self) -> None:
        """Begin, and go on when the act waits for a lock, or is over."""
        self.thread.start()
        wait_for(
            lambda: self.over.is_set() or _somebody_waits_for_us(), what="the other to wait or end"
        )


def _somebody_waits_for_us() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks"
            " WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
        )
        return bool(cursor.fetchone()[0])
