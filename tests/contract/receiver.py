"""A web server of the test's own, to which the sandbox posts its webhooks: it keeps the bytes as they came.

The test then hands them to Sahut's view itself, once or ten times, in whatever order it likes.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True, slots=True)
class Posted:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes


type Handshake = Callable[[str, dict[str, str]], tuple[str, bytes] | None]


class Receiver:
    """Listens on the loopback until `stop()`."""

    def __init__(self) -> None:
        self.posted: list[Posted] = []
        self.handshake: Handshake = lambda _path, _query: None
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                answer = receiver.handshake(parts.path, dict(parse_qsl(parts.query)))
                self._answer(200 if answer else 403, *(answer or ("text/plain", b"")))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = dict(self.headers.items())
                receiver.posted.append(Posted(urlsplit(self.path).path, headers, body))
                self._answer(200, "text/plain", b"")

            def _answer(self, status: int, kind: str, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def forget(self) -> None:
        self.posted.clear()
