"""A runner under test: started like a person starts it, watched through what it prints and the process table."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READY = "Sahut siap dalam"
# What the surrounding test run has set and a person at a fresh terminal has not.
INHERITED = (
    "DATABASE_URL", "REDIS_URL", "VAR", "PORT", "SANDBOX_PORT", "SITE_URL", "X_API_BASE", "CLOCK_FILE",
    "DJANGO_SETTINGS_MODULE", "DEMO", "META_API_BASE", "LINE_API_BASE",
)  # fmt: skip


def fresh_environment(**given: str) -> dict[str, str]:
    """Return the environment of a fresh terminal, with the variables `given`."""
    kept = {name: value for name, value in os.environ.items() if name not in INHERITED}
    return kept | given


def free_port() -> int:
    """Return a TCP port of the loopback that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(holds: Callable[[], bool], *, seconds: float, what: str) -> None:
    """Return as soon as `holds()`; AssertionError naming `what` when it does not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.05)


class Stack:
    """One `python -m config.stack ...` with a state folder, ports and a mark of its own."""

    def __init__(self, var: Path, *arguments: str, **given: str) -> None:
        """Start it in a session of its own, like a terminal does; output goes into a file beside `var`."""
        self.var = var
        self.mark = uuid.uuid4().hex
        self.port = given.setdefault("PORT", str(free_port()))
        given.setdefault("SANDBOX_PORT", str(free_port()))
        environment = fresh_environment(VAR=str(var), TEST_MARK=self.mark, **given)
        self.out = var.with_name(f"{var.name}-{self.mark}.out")
        with self.out.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "config.stack", *arguments], cwd=ROOT, env=environment, stdout=out,
                stderr=out, stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip

    @property
    def output(self) -> str:
        """What it has printed so far."""
        return self.out.read_text(errors="replace")

    def wait_for(self, text: str, *, seconds: float = 90) -> None:
        """Wait until it printed `text`; AssertionError with its output when it ends or takes longer."""
        deadline = time.monotonic() + seconds
        while text not in self.output:
            assert self.process.poll() is None, self.output
            assert time.monotonic() < deadline, self.output
            time.sleep(0.05)

    def pid_of(self, name: str) -> int:
        """Return the process number that it wrote down for a part of the stack; 0 while there is none."""
        try:
            return int((self.var / "run" / f"{name}.pid").read_text())
        except FileNotFoundError:
            return 0  # between an end and the next start

    def survivors(self) -> list[str]:
        """Return the command lines of all live processes that carry its mark or name its state folder."""
        return [line for _, line in self._marked()]

    def end(self) -> None:
        """End whatever is left, for the next test's sake."""
        for pid, _ in self._marked():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def _marked(self) -> Iterator[tuple[int, str]]:
        # PostgreSQL and Valkey get a bare environment: they are known by the folder on their command line.
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                line = (
                    (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                )
                environment = b""
                with contextlib.suppress(OSError):
                    environment = (folder / "environ").read_bytes()
                if line and (
                    self.mark.encode() in environment or any(p in line for p in self._places())
                ):
                    yield int(folder.name), line

    def _places(self) -> list[str]:
        place = self.var / "postgres.place"
        return [f"{self.var}/", *([place.read_text().strip()] if place.exists() else [])]


type StartStack = Callable[..., Stack]
