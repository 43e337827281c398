"""The sandbox as a process of its own, on a free loopback port: what the tests talk to and count on."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any


def free_port() -> int:
    """A loopback port nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Sandbox:
    """Starts in `var`, silent (no stories) unless the environment says otherwise; `stop()` ends it."""

    def __init__(self, var: Path, **environment: str) -> None:
        self.var, self.port = var, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = environment
        self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        environment = os.environ | {"VAR": str(self.var), "STORY_EVERY": "0"} | self._environment
        command = [
            sys.executable, "-m", "uvicorn", "sandbox.asgi:application", "--host", "127.0.0.1",
            "--port", str(self.port), "--log-level", "warning",
        ]  # fmt: skip
        with (self.var / "sandbox.log").open("ab") as log:
            process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        wait_for(lambda: self._alive(process), what="the sandbox", seconds=30)
        return process

    def _alive(self, process: subprocess.Popen[bytes]) -> bool:
        assert process.poll() is None, (self.var / "sandbox.log").read_text()
        try:
            return bool(self.get("/_sandbox/health"))
        except (urllib.error.URLError, ConnectionError):
            return False

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return json.load(answer)

    def send(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            self.url + path, method=method, data=json.dumps(body or {}).encode(),
            headers={"Content-Type": "application/json"},
        )  # fmt: skip
        with urllib.request.urlopen(request, timeout=10) as answer:
            raw = answer.read()
        return json.loads(raw) if raw else None

    def write(self, text: str, *, username: str = "warga_satu", **more: str) -> str:
        """Write as a citizen; returns the post's id."""
        posted = self.send(
            "POST", "/_sandbox/x/posts", {"username": username, "text": text, **more}
        )
        return str(posted["id"])

    def fault(
        self, kind: str, *, times: int = 1, path: str = "/2/tweets", method: str = "POST"
    ) -> None:
        """Let the next `times` such requests fail as `kind` says."""
        self.send(
            "POST", "/_sandbox/faults",
            {"platform": "x", "method": method, "path": path, "times": times, "kind": kind},
        )  # fmt: skip

    def replies_to(self, post_id: str) -> list[dict[str, Any]]:
        """What the institution answered under `post_id`, by the ledger."""
        entries = self.get("/_sandbox/ledger?platform=x")["entries"]
        return [
            entry
            for entry in entries
            if entry.get("in_reply_to") == post_id and entry["by"] in ("api", "native")
        ]


def wait_for(condition: Any, *, what: str, seconds: float = 20) -> Any:
    """Wait until `condition()` is true and return it; fail after `seconds`, naming `what`."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds} s for {what}")
