"""The real sandbox in a process of its own, and X's real client pointed at it."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
import tweepy

ROOT = Path(__file__).resolve().parents[2]


class Rebase(requests.adapters.HTTPAdapter):
    """Sends what was signed for X to the sandbox, with a timeout (platforms.md §8.1)."""

    def __init__(self, target: str, timeout: tuple[float, float] = (3, 1)) -> None:
        self.target, self.default_timeout = target.rstrip("/"), timeout
        super().__init__()

    def send(self, request: Any, timeout: Any = None, **kwargs: Any) -> Any:  # type: ignore[override]
        parts = urlsplit(request.url)
        request.url = self.target + parts.path + (f"?{parts.query}" if parts.query else "")
        return super().send(request, timeout=timeout or self.default_timeout, **kwargs)


def until[T](condition: Callable[[], T], *, within: float = 20.0) -> T:
    """Waits for a condition to hold and returns what it gave; AssertionError after `within` s."""
    deadline = time.monotonic() + within
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.02)


class Sandbox:
    """A running sandbox with its own state folder."""

    def __init__(self, var: Path, **environment: str) -> None:
        self.var = var
        self.clock = var / "clock"
        self.environment = environment
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.http = requests.Session()
        self.process: subprocess.Popen[bytes] | None = None
        self._clients: list[tweepy.Client] = []

    def command(self) -> list[str]:
        """What starts it."""
        server = [sys.executable, "-m", "uvicorn", "sandbox.asgi:application"]
        return [*server, "--host", "127.0.0.1", "--port", str(self.port)]

    def environ(self) -> dict[str, str]:
        """Its environment; DJANGO_SETTINGS_MODULE on purpose names the apps' settings."""
        kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
        return {
            **kept,
            "VAR": str(self.var),
            "CLOCK_FILE": str(self.clock),
            "STORY_EVERY": "0",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            **self.environment,
        }

    def start(self) -> "Sandbox":
        """Starts it and waits until it answers."""
        with (self.var / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command(), cwd=ROOT, env=self.environ(), stdout=log, stderr=log
            )
        until(self.healthy, within=40)
        return self

    def healthy(self) -> bool:
        """Does it answer?"""
        assert self.process is not None
        assert self.process.poll() is None, (self.var / "log").read_text()
        try:
            answer = self.http.get(f"{self.url}/_sandbox/health", timeout=2)
            return bool(answer.json() == {"ok": True})
        except requests.RequestException:
            return False

    def kill(self) -> None:
        """SIGKILL."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """SIGTERM; its exit code."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(timeout=20)

    def get(self, path: str, /, **params: Any) -> Any:
        """JSON of a control endpoint."""
        answer = self.http.get(f"{self.url}/_sandbox/{path}", params=params, timeout=20)
        answer.raise_for_status()
        return answer.json()

    def post(self, path: str, /, **body: Any) -> Any:
        """JSON of a control endpoint that does something."""
        answer = self.http.post(f"{self.url}/_sandbox/{path}", json=body, timeout=20)
        assert answer.ok, answer.text
        return answer.json()

    def ledger(self, **params: Any) -> list[dict[str, Any]]:
        """The accepted writes."""
        return list(self.get("ledger", **params)["entries"])

    def says(self, username: str, text: str, **more: Any) -> str:
        """A citizen writes; the id."""
        return str(self.post("x/posts", username=username, text=text, **more)["id"])

    def fault(
        self, kind: str, method: str = "POST", path: str = "/2/tweets", times: int = 1
    ) -> None:
        """The next such request goes wrong."""
        self.post("faults", platform="x", method=method, path=path, kind=kind, times=times)

    def account(self, number: int = 0) -> dict[str, str]:
        """One of the institution's accounts as the developer portal shows it."""
        return dict(self.get("x/app.json")["accounts"][number])

    def client(self, number: int = 0, **changed: str) -> tweepy.Client:
        """X's real client for that account; `changed` spoils single keys."""
        keys = self.get("x/app.json")
        account = keys["accounts"][number]
        given = {
            "bearer_token": keys["bearer_token"],
            "consumer_key": keys["consumer_key"],
            "consumer_secret": keys["consumer_secret"],
            "access_token": account["access_token"],
            "access_token_secret": account["access_token_secret"],
        }
        client = tweepy.Client(**{**given, **changed})
        client.session.mount("https://api.twitter.com/", Rebase(self.url))
        self._clients.append(client)
        return client

    def hang_up(self) -> None:
        """Closes the connections of all clients handed out, and its own."""
        for client in self._clients:
            client.session.close()
        self._clients.clear()
        self.http.close()
