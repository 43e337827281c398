"""The threads that carry webhooks to their receivers, over real HTTP.

They take what is due after the commit, several at once, so that deliveries overtake each other as
they do in life (platforms.md §0.3). Real time, not the sandbox's: the other side's sockets know no
other.
"""

import json
import sqlite3
import sys
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from urllib.parse import urlsplit

import httpx2

from sandbox.core import clock, rooms
from sandbox.core.push_modes import modes
from sandbox.core.store import store

THREADS = 8
TIMEOUT_S = {"line": 2.0, "meta": 5.0, "x": 10.0}  # platforms.md §0.3
IDLE_S = 1.0
type Headers = dict[str, str]

_client = httpx2.Client(
    trust_env=False,
    # a server that closes an idle connection in this very moment must not cost a delivery
    limits=httpx2.Limits(max_connections=None, keepalive_expiry=1.0),
)


def local(url: str) -> bool:
    """Does this address stay on the machine or in its own network? Nothing else is ever called.

    A loopback or private IP address, `localhost`, or a name without a dot (a container's).
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host:
        return False
    try:
        address = ip_address(host)
    except ValueError:
        return "." not in host or host.endswith(".localhost")
    return address.is_loopback or address.is_private


def call(room: str, url: str, body: bytes, headers: Headers) -> tuple[int | None, str, float]:
    """One POST: its status (None without an answer), the reason in words, the seconds it took."""
    if not local(url):
        return None, "alamat di luar mesin ini tidak dipanggil", 0.0
    began = time.monotonic()
    content_type = {"content-type": "application/json; charset=utf-8"}
    try:
        answer = _client.post(
            url, content=body, headers=content_type | headers, timeout=TIMEOUT_S.get(room, 10.0)
        )
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
        return None, f"{type(error).__name__}: {error}", time.monotonic() - began
    return answer.status_code, answer.reason_phrase, time.monotonic() - began


class Courier:
    """The threads that deliver."""

    def __init__(self) -> None:
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._busy: set[int] = set()
        self._thread: threading.Thread | None = None
        self._pool: ThreadPoolExecutor | None = None

    def start(self) -> None:
        """Starts the threads; what an earlier process left goes out first."""
        self._stop.clear()
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="push")
        self._thread = threading.Thread(target=self._run, name="push", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends the threads after the deliveries they are at."""
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=5)
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def wake(self) -> None:
        """There is something new. Even before the commit: the store's lock makes them wait."""
        self._wake.set()

    def stopped(self, within: float) -> bool:
        """Waits that many seconds; True as soon as the sandbox ends."""
        return self._stop.wait(within)

    def idle(self, within: float) -> bool:
        """Waits until nothing is under way; False if that took longer than `within` seconds."""
        until = time.monotonic() + within
        while self._busy:
            if time.monotonic() > until:
                return False
            self.stopped(0.01)
        return True

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            try:
                wait = self._hand_out()
            except Exception:  # noqa: BLE001 - one bad row must not silence all others
                traceback.print_exc(file=sys.stderr)
                wait = IDLE_S
            self._wake.wait(wait)

    def _hand_out(self) -> float:
        """Gives what is due to the pool; returns the seconds until there may be more."""
        # before the rows are read: who ends in between is no longer waiting when they are
        busy = set(self._busy)
        with store().read() as db:
            held = modes(db)["hold"]
            rows = db.execute(
                "select * from push_delivery where state = 'waiting' and (released or not ?)"
                " order by at, n limit ?",
                (held, 4 * THREADS),
            ).fetchall()
        now = clock.real_seconds()
        for row in rows:
            if row["n"] in busy:
                continue
            if row["at"] > now:
                return min(IDLE_S, float(row["at"] - now))
            if len(self._busy) >= 2 * THREADS:  # a worker that ends wakes us
                break
            self._busy.add(row["n"])
            assert self._pool is not None  # noqa: S101 - made in start()
            self._pool.submit(self._deliver, row)
        return IDLE_S

    def _deliver(self, row: sqlite3.Row) -> None:
        number = row["n"]
        try:
            headers = json.loads(row["headers"])
            status, problem, took = call(row["room"], row["url"], bytes(row["body"]), headers)
            fresh = _outcome(row, headers, status)
            with store().write() as db:
                db.execute(
                    "update push_delivery set status = ?, problem = ?, took = ?, tries = tries + 1,"
                    " state = ?, at = ?, body = ?, headers = ? where n = ?",
                    (status, problem, round(took, 4), *fresh, number),
                )
        except Exception as error:  # noqa: BLE001 - a bug of ours must not make a storm of it
            traceback.print_exc(file=sys.stderr)
            with store().write() as db:
                db.execute(
                    "update push_delivery set state = 'given_up', problem = ? where n = ?",
                    (repr(error), number),
                )
        finally:
            self._busy.discard(number)
            self._wake.set()


def _outcome(
    row: sqlite3.Row, headers: Headers, status: int | None
) -> tuple[str, float, bytes, str]:
    """State, due time, body and headers after a try; a room may rewrite or forbid the next one."""
    body = bytes(row["body"])
    same = (body, row["headers"])
    if status is not None and 200 <= status < 300:
        return ("sent", row["at"], *same)
    if not local(row["url"]):
        return ("refused", row["at"], *same)
    with store().read() as db:
        retries = modes(db)["retries"]
    rewrite: Callable[[bytes, Headers], tuple[bytes, Headers] | None] | None
    rewrite = getattr(rooms.room(row["room"]), "redelivered", None)
    rewritten = rewrite(body, headers) if rewrite else (body, headers)
    if row["tries"] >= len(retries) or rewritten is None:
        return ("given_up", row["at"], *same)
    at = clock.real_seconds() + retries[row["tries"]]
    return ("waiting", at, rewritten[0], json.dumps(rewritten[1]))


courier = Courier()
