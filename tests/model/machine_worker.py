"""A worker that is led by the hand: it stops at the named steps of the protocol, stays frozen there, goes
on, or dies.

Each task runs in a thread with a database session of its own, so that its advisory locks are its own.
To die is to lose the session as a killed process loses it: nothing that Python would tidy up happens.
"""

import queue
import threading
from collections.abc import Callable, Collection

from django.db import connection

from inbox.steps import Step
from tests.model.machine_platform import WALL, Fate

CALLING = "calling"  # inside the call, before the platform did anything
PATIENCE = 60.0  # seconds; only a machine that hangs waits so long


class Killed(BaseException):
    """The process is gone. No handler of the product may see it as one of its errors."""


class Worker:
    """One task of one worker, from its start to its end, `at` a step or "" once it is over."""

    def __init__(self, task: Callable[[], object]) -> None:
        self.at, self.died = "start", False
        self._task, self._pid = task, 0
        self._fate = Fate.APPLIED
        self._stops: Collection[str] = ()
        self._order: queue.Queue[str] = queue.Queue()
        self._told: queue.Queue[str | BaseException] = queue.Queue()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    # --- the machine's side --------------------------------------------------------------------

    def go(self, *, until: Collection[str] = (), fate: Fate = Fate.APPLIED) -> str:
        """Run to the next of the steps `until`, or to the end; returns where it stands ("": over).

        `fate` is what the platform does with the calls on the way. Raises what the task raised.
        """
        self._stops, self._fate = until, fate
        self._order.put("go")
        return self._hear()

    def die(self) -> None:
        """SIGKILL where it stands. Its session is gone before this returns: locks and all."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 10000)", [self._pid])
        self.died = True
        self._order.put("die")
        self._hear()

    def _hear(self) -> str:
        told = self._told.get(timeout=PATIENCE)
        if isinstance(told, BaseException):
            self.at = ""
            raise told
        self.at = told
        if not told:
            self._thread.join(PATIENCE)
        return told

    # --- the worker's side ---------------------------------------------------------------------

    def _run(self) -> None:
        _here.worker = self
        end: str | BaseException = ""
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '5s'")
                cursor.execute("SELECT pg_backend_pid()")
                self._pid = cursor.fetchone()[0]
            self._obey()
            self._task()
        except Killed:
            pass
        except BaseException as error:  # noqa: BLE001  the machine's thread raises it
            end = error
        finally:
            connection.close()  # as Celery does after each task
        self._told.put(end)

    def _obey(self) -> None:
        if self._order.get(timeout=PATIENCE * 10) == "die":
            # The sockets' other end is gone already. Whatever tidies up on the way out must not be
            # able to write through a new session.
            connection.connect = _cannot  # type: ignore[method-assign]
            raise Killed

    def reached(self, step: str) -> None:
        if self.died:
            raise Killed
        if step in self._stops:
            self._told.put(step)
            self._obey()

    def call(self) -> Fate:
        self.reached(CALLING)
        return self._fate


class _Here(threading.local):
    worker: Worker | None = None


_here = _Here()


def _cannot() -> None:
    raise Killed


def hook(step: Step, key: int) -> None:
    """Called by inbox.steps at every step of the product, in every thread."""
    del key
    if _here.worker is not None:
        _here.worker.reached(step)


def lead() -> None:
    """From now on the platform asks the calling worker what becomes of its call."""
    WALL.decide = lambda: _here.worker.call() if _here.worker is not None else Fate.APPLIED
