"""The demo: four processes beside the servers, started in order, watched, started again where they may die."""

import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from config.stack_checks import NotReadyError
from config.stack_children import Child
from config.stack_postgres import Postgres
from config.stack_process import ROOT, die_with_parent, say
from config.stack_valkey import Valkey

READY_SECONDS = 120.0
PREPARE_SECONDS = 300.0
# A worker killed in the middle of its work must come back; one that dies again and again must not hide it.
RESTARTS = 20
DEMO_USERS = "masuk sebagai operator1, operator2, operator3, kepala, lantas, pdam, admin, kata sandi sahut-demo"

type Environment = dict[str, str]
type Server = Postgres | Valkey


class Demo:
    """The four processes of the demo beside its servers."""

    def __init__(self, var: Path, environment: Environment, servers: list[Server]) -> None:
        """Describe the processes; nothing is started yet."""
        self.var = var
        self.environment = environment
        self.servers = servers
        self.server_restarts_left = RESTARTS
        self.running: list[Child] = []
        self.site = f"http://127.0.0.1:{environment['PORT']}"
        self.sandbox = f"http://127.0.0.1:{environment['SANDBOX_PORT']}"
        self.node = f"sahut-{environment['PORT']}@demo"

    def start(self) -> None:
        """Start all in order and return when all answer, having said so. NotReadyError when one does not.

        The sandbox comes first: demo_data asks it over HTTP for the keys of its account.
        """
        began = time.monotonic()
        self._run("sandbox", *self._serve("SANDBOX_PORT"), "sandbox.asgi:application")
        self._wait_for("linimasa warga", lambda: _answers(f"{self.sandbox}/_sandbox/health"))
        told = self._prepare()
        self._run("web", *self._serve("PORT"), "config.asgi:application")
        celery = ("-m", "celery", "-A", "config")
        self._run(
            "worker", *celery, "worker", "--pool", "threads", "--concurrency", "4", "-l", "warning",
            "-n", self.node, "--without-gossip", "--without-mingle", restarts=RESTARTS,
        )  # fmt: skip
        schedule = str(self.var / "beat-schedule")
        self._run(
            "beat",
            *celery,
            "beat",
            "-l",
            "warning",
            "--pidfile=",
            "-s",
            schedule,
            restarts=RESTARTS,
        )
        self._wait_for("halaman web", lambda: _answers(f"{self.site}/sehat/"))
        self._wait_for("pekerja latar", self._worker_answers)
        say(
            f"Sahut siap dalam {time.monotonic() - began:.0f} detik: {self.site}/ · "
            f"linimasa warga: {self.sandbox}/ · {told or DEMO_USERS} · Ctrl-C untuk berhenti"
        )

    def look_after(self) -> None:
        """Show errors, start again what may die, raise NotReadyError for what may not."""
        for server in self.servers:
            if not server.alive:
                self._count_server_restart(server)
                server.start()
        for child in self.running:
            child.tell_trouble()
            if child.alive:
                continue
            if not child.restarts_left:
                _explain_death(child)
            child.restarts_left -= 1
            say(f"Bagian '{child.name}' mati dan dijalankan lagi.")
            child.finish(deadline=0.0)
            child.start(self.environment, cwd=ROOT)

    def _count_server_restart(self, server: Server) -> None:
        if not self.server_restarts_left:
            raise NotReadyError(f"Bagian '{server.name}' terus-menerus mati; lihat {server.log}.")
        self.server_restarts_left -= 1
        say(f"Bagian '{server.name}' mati dan dijalankan lagi.")

    def _serve(self, port: str) -> tuple[str, ...]:
        return (
            "-m", "uvicorn", "--host", "127.0.0.1", "--port", self.environment[port],
            "--timeout-graceful-shutdown", "3", "--no-access-log",
        )  # fmt: skip

    def _run(self, name: str, *arguments: str, restarts: int = 0) -> None:
        child = Child(name, [sys.executable, *arguments], var=self.var, restarts=restarts)
        child.rotate_log()
        self.running.append(child)
        child.start(self.environment, cwd=ROOT)

    def _prepare(self) -> str:
        """Run :func:`prepare` in a child; return what demo_data said last (the log-ins)."""
        log = self.var / "logs" / "prepare.log"
        with log.open("wb") as output:
            done = subprocess.run(
                [sys.executable, "-m", "config.stack", "prepare"], check=False, cwd=ROOT,
                env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=output,
                timeout=PREPARE_SECONDS, preexec_fn=die_with_parent(signal.SIGTERM),
            )  # fmt: skip
        if done.returncode != 0:
            for line in log.read_text(errors="replace").splitlines()[-15:]:
                say(f"prepare: {line}")
            raise NotReadyError(f"Data awal tidak dapat disiapkan; lihat {log}.")
        lines = done.stdout.decode(errors="replace").strip().splitlines()
        return lines[-1].strip() if lines else ""

    def _wait_for(self, what: str, ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while True:
            for child in self.running:
                child.tell_trouble()
                if not child.alive:
                    _explain_death(child)
            if ready():
                return
            if time.monotonic() > deadline:
                raise NotReadyError(
                    f"Bagian {what} tidak siap dalam {READY_SECONDS:.0f} detik; lihat {self.var / 'logs'}."
                )
            time.sleep(0.1)

    def _worker_answers(self) -> bool:
        """Whether the worker of this stack (not of another one on the same Redis) answers a ping."""
        from celery import Celery
        from kombu.exceptions import OperationalError

        redis_url = self.environment["REDIS_URL"].replace("unix://", "redis+socket://")
        with Celery("runner", broker=self.environment.get("CELERY_BROKER_URL") or redis_url) as app:
            try:
                return bool(app.control.ping(destination=[self.node], timeout=0.5))
            except OperationalError:
                return False


def _explain_death(child: Child) -> NoReturn:
    for line in child.last_lines():
        say(f"{child.name}: {line}")
    raise NotReadyError(f"Bagian '{child.name}' berhenti sendiri; lihat {child.log}.")


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310 - our own http:// address
            return bool(response.status == 200)
    except OSError:
        return False
