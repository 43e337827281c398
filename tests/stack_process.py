"""The whole of Sahut as `make demo` starts it, on ports and a state folder of its own: for the journeys."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg2

from config import embedded
from tests.sandbox_process import Sandbox, free_port, wait_for


class Stack:
    """Starts everything and returns when it says that it is ready; `stop()` ends it as Ctrl-C does."""

    def __init__(self, var: Path, **environment: str) -> None:
        self.var = var
        self.port, self.sandbox_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.sandbox_url = f"http://127.0.0.1:{self.sandbox_port}"
        own = {"VAR": str(var), "PORT": str(self.port), "SANDBOX_PORT": str(self.sandbox_port)}
        foreign = (
            "DATABASE_URL", "REDIS_URL", "SITE_URL", "CLOCK_FILE", "FEED", "X_API_BASE", "META_API_BASE",
            "LINE_API_BASE",
        )  # fmt: skip
        kept = {name: value for name, value in os.environ.items() if name not in foreign}
        quick = {
            "STORY_EVERY": "0", "POLL_EVERY": "1", "SWEEP_EVERY": "2", "API_READ_TIMEOUT": "4"
        }  # fmt: skip
        self.environment = kept | quick | own | environment
        self.told: list[str] = []
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "config.stack", "demo"],
            env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True,
        )  # fmt: skip
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        try:
            wait_for(self._ready, what="the ready line", seconds=120)
        except BaseException:  # nobody else knows of it yet
            self.stop()
            raise
        # These stacks poll every second; X's 300 reads a quarter of an hour would run out.
        generous = {"GET /2/users/:id/mentions": 9000, "GET /2/users/:id/tweets": 9000}
        self.sandbox.send("POST", "/_sandbox/x/switches", {"limits": generous})

    def _listen(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self.told.append(line)

    def _ready(self) -> bool:
        assert self._process.poll() is None, "".join(self.told)
        return any(line.startswith("Sahut siap") for line in list(self.told))

    def stop(self) -> None:
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(40)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._listener.join(5)
        assert self._process.stdout
        self._process.stdout.close()

    def kill(self, name: str) -> None:
        """SIGKILL one of the processes ("worker", "beat", …); the runner starts it again."""
        os.kill(int(self.pid(name)), signal.SIGKILL)

    def pid(self, name: str) -> str:
        """The process's number; "" in the moment between its death and its return."""
        try:
            return (self.var / "run" / f"{name}.pid").read_text()
        except FileNotFoundError:
            return ""

    def ask(self, sql: str, *args: Any) -> list[tuple[Any, ...]]:
        """Rows from the demo's own database."""
        connection = psycopg2.connect(embedded.database_url(self.var))
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql, args)
                return list(cursor.fetchall())
        finally:
            connection.close()

    def doctor(self) -> dict[str, Any]:
        """What `manage.py doctor --json` says, run beside the demo with the same VAR."""
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "manage.py", "doctor", "--json"],
            env=self.environment, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.stdout, done.stderr
        said: dict[str, Any] = json.loads(done.stdout)
        return said

    @property
    def sandbox(self) -> "RunningSandbox":
        return RunningSandbox(self.sandbox_url)


class RunningSandbox(Sandbox):
    """The sandbox of a running stack: spoken to, not started."""

    def __init__(self, url: str) -> None:
        self.url = url


@contextmanager
def running_stack(**environment: str) -> Iterator[Stack]:
    """A Sahut in a new state folder, stopped and deleted at the end.

    The folder can be passed through by others: as root, PostgreSQL runs as somebody else.
    """
    folder = Path(tempfile.mkdtemp(prefix="sahut-"))
    folder.chmod(0o711)
    stack = Stack(folder, **environment)
    try:
        yield stack
    finally:
        stack.stop()
        shutil.rmtree(folder, ignore_errors=True)
