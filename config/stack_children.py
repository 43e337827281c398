"""The long-running processes that a runner starts, watches and ends.

Children write their logs straight into files, so that no pipe can fill up or break when the runner dies.
"""

import contextlib
import os
import re
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from config.stack_process import die_with_parent, say, write_pid

TROUBLE = re.compile(r"\b(ERROR|CRITICAL|FATAL)\b|^Traceback |^[\w.]+(Error|Exception)\b")
STOP_SECONDS = 8.0


class Child:
    """One long-running process of the stack: its command, its log, its pid file."""

    def __init__(self, name: str, command: Sequence[str], *, var: Path, restarts: int = 0) -> None:
        """Describe the child; :meth:`start` starts it.

        ``restarts``: how often it may die and be started again before that counts as a failure of the whole.
        """
        self.name = name
        self.command = list(command)
        self.log = var / "logs" / f"{name}.log"
        self.var = var
        self.restarts_left = restarts
        self.process: subprocess.Popen[bytes] | None = None
        self._told = 0

    def start(self, environment: Mapping[str, str], *, cwd: Path) -> None:
        """Start it in a session of its own (the runner alone hears Ctrl-C), log appended, pid file written."""
        self.log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self.log.open("ab") as log:
            self._told = max(self._told, log.tell())
            self.process = subprocess.Popen(  # noqa: S603
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=cwd, env=dict(environment),
                start_new_session=True, preexec_fn=die_with_parent(signal.SIGKILL),
            )  # fmt: skip
        write_pid(self.var, self.name, self.process.pid)

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self.process is not None and self.process.poll() is None

    def rotate_log(self) -> None:
        """Begin with a fresh log and keep that of the run before."""
        if self.log.exists():
            self.log.replace(self.log.with_suffix(".log.1"))

    def ask_to_stop(self) -> None:
        """Ask the process for a stop in good order; does not wait."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def finish(self, *, deadline: float) -> None:
        """Wait until ``deadline`` (time.monotonic seconds), then end it by force with everything it started."""
        if self.process is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=max(0.0, deadline - time.monotonic()))
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        (self.var / "run" / f"{self.name}.pid").unlink(missing_ok=True)

    def tell_trouble(self) -> None:
        """Show the lines of its log that look like errors, since the last call."""
        for line in self._new_lines():
            if TROUBLE.search(line):
                say(f"{self.name}: {line}")

    def last_lines(self, count: int = 15) -> list[str]:
        """Return the end of its log."""
        if not self.log.exists():
            return []
        return self.log.read_text(errors="replace").splitlines()[-count:]

    def _new_lines(self) -> list[str]:
        if not self.log.exists():
            return []
        with self.log.open("rb") as log:
            log.seek(self._told)
            new = log.read()
        whole, newline, _ = new.rpartition(b"\n")
        self._told += len(whole) + len(newline)
        return whole.decode(errors="replace").splitlines()


def stop_all(children: Sequence[Child]) -> None:
    """Ask all to stop, give them a few seconds together, then end what is left by force."""
    for child in children:
        child.ask_to_stop()
    deadline = time.monotonic() + STOP_SECONDS
    for child in children:
        child.finish(deadline=deadline)
