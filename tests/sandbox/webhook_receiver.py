"""A receiver of webhooks: a small HTTP server that writes down what it is sent and answers as told."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Got:
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Receiver:
    """Listens on a loopback port. `answers` holds statuses for the next POSTs, then 200.

    A status of 0 lets the sender wait until the end of the test (its time-out). `on_get` answers
    GETs (handshakes) with a status and a body.
    """

    def __init__(self) -> None:
        self.got: list[Got] = []
        self.answers: list[int] = []
        self.on_get: Callable[[dict[str, str]], tuple[int, bytes]] = lambda _query: (404, b"")
        self.end = threading.Event()
        self._lock = threading.Lock()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                receiver.take(self)

            def do_GET(self) -> None:
                query = {
                    key: value[0] for key, value in parse_qs(urlsplit(self.path).query).items()
                }
                receiver.reply(self, *receiver.on_get(query))

            def log_message(self, *_args: Any) -> None:
                """Silent."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"

    def take(self, handler: BaseHTTPRequestHandler) -> None:
        """Writes a POST down and answers it."""
        body = handler.rfile.read(int(handler.headers.get("content-length", 0)))
        headers = {key.lower(): value for key, value in handler.headers.items()}
        with self._lock:
            status = self.answers.pop(0) if self.answers else 200
            self.got.append(Got("POST", handler.path, headers, body))
        if status == 0:
            self.end.wait(20)
            handler.close_connection = True
            return
        self.reply(handler, status, b"ok")

    @staticmethod
    def reply(handler: BaseHTTPRequestHandler, status: int, body: bytes) -> None:
        """Answers."""
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)


@contextmanager
def listening() -> Iterator[Receiver]:
    """A receiver for the time of a `with`."""
    receiver = Receiver()
    thread = threading.Thread(target=receiver.server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.end.set()
        receiver.server.shutdown()
        receiver.server.server_close()
        thread.join(timeout=5)
