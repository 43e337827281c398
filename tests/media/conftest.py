"""A small web server that hands out what a test tells it to, and pictures to hand out."""

import io
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pytest_django import Settings


class Files:
    """`pages[path] = (status, headers, body)`, or a function that answers by itself."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[int, dict[str, str], bytes] | Callable[[Any], None]] = {}
        self.asked: list[str] = []
        self.end = threading.Event()
        files = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                files.asked.append(self.path)
                page = files.pages.get(self.path, (404, {}, b""))
                if callable(page):
                    page(self)
                    return
                status, headers, body = page
                self.send_response(status)
                for name, value in ({"Content-Length": str(len(body))} | headers).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_args: Any) -> None:
                """Silent."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.where = f"127.0.0.1:{self.server.server_port}"
        self.url = f"http://{self.where}"

    def give(self, path: str, body: bytes, **headers: str) -> str:
        """Hand `body` out at `path`; returns its address."""
        self.pages[path] = (200, headers, body)
        return self.url + path


@pytest.fixture
def files() -> Iterator[Files]:
    made = Files()
    thread = threading.Thread(target=made.server.serve_forever, daemon=True)
    thread.start()
    yield made
    made.end.set()
    made.server.shutdown()
    made.server.server_close()
    thread.join(5)


@pytest.fixture
def media_root(settings: Settings, tmp_path: Path) -> Path:
    """A storage of the test's own."""
    settings.MEDIA_ROOT = str(tmp_path / "media")
    return tmp_path / "media"


def picture(kind: str = "JPEG", size: tuple[int, int] = (900, 600), **how: Any) -> bytes:
    """A picture of this kind, with a gradient so that it weighs something."""
    made = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(made, kind, **how)
    return made.getvalue()
