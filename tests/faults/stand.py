"""Everything a trial is played against, really running: PostgreSQL, Valkey, sandbox, web, workers, beat.

Started as the demo starts it (config/stack_demo.py), but with worker processes that can be killed one by
one, a database that waits for the disk, and ways to disturb each of them.
"""

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import redis

from config import stack
from config.stack_children import Child, stop_all
from config.stack_demo import Demo, Environment, _answers
from config.stack_postgres import Postgres
from config.stack_process import ROOT
from config.stack_valkey import Valkey
from tests.sandbox_process import Sandbox, free_port

READ_TIMEOUT = 1.5  # seconds: the only waiting in real time
WORKERS = 12  # processes: several of them are frozen at any moment
#: X counts requests in quarters of an hour; a batch plays hours in seconds.
ENDPOINTS = (
    "GET /2/users/me", "GET /2/users/:id", "GET /2/users/:id/mentions", "GET /2/users/:id/tweets",
    "GET /2/tweets", "GET /2/tweets/:id", "GET /2/tweets/:id/quote_tweets", "GET /2/tweets/search/recent",
    "GET /2/dm_events", "GET /2/dm_conversations/with/:participant_id/dm_events",
    "GET /2/dm_conversations/:id/dm_events", "POST /2/dm_conversations/with/:participant_id/messages",
    "POST /2/dm_conversations/:id/messages", "POST /2/tweets",
)  # fmt: skip
LAG = 3  # seconds of the sandbox's clock until a write shows in lists (platforms.md §9.2)


class RunningSandbox(Sandbox):
    """The sandbox of the stand: spoken to, not started."""

    def __init__(self, url: str) -> None:
        self.url = url


class Stand(Demo):
    """The processes of a fault run beside their servers, and what can be done to them."""

    postgres: Postgres
    valkey: Valkey

    def __init__(self, var: Path, environment: Environment, servers: list[Any]) -> None:
        super().__init__(var, environment, servers)
        self.postgres = next(each for each in servers if isinstance(each, Postgres))
        self.valkey = next(each for each in servers if isinstance(each, Valkey))
        self.talk = RunningSandbox(self.sandbox)
        self.points = var / "points"
        for name in ("plan", "met"):
            (self.points / name).mkdir(parents=True, exist_ok=True)
        self.node = f"faults-{environment['PORT']}@stand"

    def start(self) -> None:
        """Sandbox, demo data, web, workers, beat; returns when all answer."""
        self._run("sandbox", *self._serve("SANDBOX_PORT"), "sandbox.asgi:application")
        self._wait_for("linimasa warga", lambda: _answers(f"{self.sandbox}/_sandbox/health"))
        self.calm_sandbox()
        self._prepare()
        self._run("web", *self._serve("PORT"), "config.asgi:application")
        self.environment |= {
            "STEP_HOOK": "tests.faults.points.hook", "FAULTS_PLAN": str(self.points),
        }  # fmt: skip
        self._run("worker", *self._worker())
        self._run("beat", *self._beat("beat"))
        self._wait_for("halaman web", lambda: _answers(f"{self.site}/sehat/"))
        self._wait_for("pekerja latar", self._worker_answers)

    def _worker(self) -> tuple[str, ...]:
        return (
            "-W", "ignore", "-m", "celery", "-A", "tests.faults.app", "worker", "--pool", "prefork",
            "--concurrency", str(WORKERS), "-l", "warning", "-n", self.node, "--without-gossip",
            "--without-mingle", "--without-heartbeat",
        )  # fmt: skip

    def _beat(self, name: str) -> tuple[str, ...]:
        return (
            "-W", "ignore", "-m", "celery", "-A", "tests.faults.app", "beat", "-l", "warning",
            "--pidfile=", "-s", str(self.var / f"{name}-schedule"),
        )  # fmt: skip

    def child(self, name: str) -> Child:
        """The running process of this name."""
        return next(child for child in self.running if child.name == name)

    def calm_sandbox(self) -> None:
        """An empty sandbox whose limits are no fault of ours."""
        self.talk.send("DELETE", "/_sandbox/faults")
        self.talk.send("POST", "/_sandbox/reset")
        limits = dict.fromkeys(ENDPOINTS, 1_000_000)
        self.talk.send("POST", "/_sandbox/x/switches", {"limits": limits, "visibility_lag": LAG})
        self.talk.send("POST", "/_sandbox/meta/switches", {"visibility_lag": LAG})
        # Without “webhook redelivery” what LINE says while we are away is lost, as its console warns.
        self.talk.send("POST", "/_sandbox/line/switches", {"quota": -1, "redelivery": True})
        self.talk.send("POST", "/_sandbox/push", {"retries": [0.3, 0.5, 1, 2, 2, 4, 4, 8, 15]})

    # --- disturbing -------------------------------------------------------------------------------------

    def restart_postgres(self, *, immediate: bool) -> None:
        """Stop the database under everybody's hands and start it again: “fast” or as if it crashed."""
        assert self.postgres.process
        if immediate:
            self.postgres.process.send_signal(signal.SIGQUIT)
            self.postgres.process.wait(30)
        self.postgres.stop()
        self.postgres.start()

    def flush_valkey(self) -> None:
        """Everything Redis knew is gone: queue, budgets, presence."""
        with redis.Redis.from_url(self.valkey.url) as client:
            client.flushall()

    def kill_workers(self) -> None:
        """The whole node at once, frozen ones too; a new one comes up."""
        self._again(self.child("worker"))

    def pause_workers(self, *, paused: bool) -> None:
        """The whole node stands still where it is, or goes on."""
        process = self.child("worker").process
        assert process
        os.killpg(process.pid, signal.SIGSTOP if paused else signal.SIGCONT)

    def pause_beat(self, *, paused: bool) -> None:
        """Beat stands still, or goes on."""
        process = self.child("beat").process
        assert process
        process.send_signal(signal.SIGSTOP if paused else signal.SIGCONT)

    @contextlib.contextmanager
    def second_beat(self) -> Iterator[None]:
        """A second beat ticks beside the first."""
        beat = Child("beat2", [__import__("sys").executable, *self._beat("beat2")], var=self.var)
        beat.start(self.environment, cwd=ROOT)
        try:
            yield
        finally:
            beat.ask_to_stop()
            beat.finish(deadline=time.monotonic() + 3)

    def _again(self, child: Child) -> None:
        child.finish(deadline=0.0)
        child.start(self.environment, cwd=ROOT)

    def thaw(self, pid: int) -> bool:
        """Let a frozen worker go on; False when it is gone."""
        try:
            worker = self.child("worker").process
            if worker is None or os.getpgid(pid) != worker.pid:
                return False
            os.kill(pid, signal.SIGCONT)
        except ProcessLookupError:
            return False
        return True

    def look(self) -> None:
        """Start again what died besides what was killed on purpose. Raises NotReadyError for web and sandbox."""
        for child in self.running:
            if not child.alive and child.name in ("worker", "beat"):
                self._again(child)

    def cpu(self) -> dict[str, float]:
        """Seconds of processor time of each part so far, with the children it has buried."""
        found = {"runner": sum(os.times()[:2])}
        roots = {child.name: child.process for child in self.running if child.process}
        for name, process in {**roots, "postgres": self.postgres.process}.items():
            if process is not None:
                pids = [process.pid, *_children(process.pid)]
                found[name] = round(sum(_cpu(pid) for pid in pids), 1)
        return found

    def stop(self) -> None:
        """Everything of ours, frozen or not, then (by services) Valkey and the database."""
        for child in self.running:
            if child.process and child.alive:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(child.process.pid, signal.SIGCONT)
        stop_all(self.running)


def _children(pid: int) -> list[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(each) for each in path.read_text().split()] if path.exists() else []


def _cpu(pid: int) -> float:
    """Of one process and those it has waited for; 0 where there is no /proc."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(int(each) for each in fields[11:15]) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def standing(var: Path, *, mutation: str = "") -> Iterator[Stand]:
    """A stand in the folder `var`, with this process's environment pointed at it; stopped at the end."""
    os.environ |= {
        "VAR": str(var), "PORT": str(free_port()), "SANDBOX_PORT": str(free_port()),
        "STORY_EVERY": "0", "POLL_EVERY": "60", "SWEEP_EVERY": "0.5", "CLOCK_FILE": str(var / "clock"),
        "API_READ_TIMEOUT": str(READ_TIMEOUT), "FAULTS_MUTATION": mutation, "LOG_LEVEL": "WARNING",
        "WEB_THREADS": "4",
    }  # fmt: skip
    for name in ("DATABASE_URL", "REDIS_URL", "SITE_URL", "FEED", "STEP_HOOK", "SECRET_KEY",
                 "X_API_BASE", "META_API_BASE", "LINE_API_BASE", "CELERY_BROKER_URL"):  # fmt: skip
        os.environ.pop(name, None)
    (var / "clock").write_text("0")
    environment = stack.child_environment(var)
    with stack.services(var, environment, durable=True) as servers:
        os.environ |= environment
        stand = Stand(var, environment, servers)
        try:
            stand.start()
            yield stand
        finally:
            stand.stop()
