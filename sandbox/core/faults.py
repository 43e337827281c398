"""Faults: the next request that matches goes wrong in the chosen way.

A fault may be meant for one reply among many that travel side by side: then it names a `text`, and only a
request whose address or body holds these words meets it. Kept in memory, not in the store: a restarted sandbox is a healthy one.
"""

import json
import threading
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import quote, quote_plus

from sandbox.core import rooms

KINDS = {
    "hang_before": "the request is never handled and never answered",
    "hang_after": "the write is committed, the answer never comes",
    "reset_before": "the connection is reset, nothing was handled",
    "reset_after": "the write is committed, then the connection is reset",
    "500_before": "HTTP 500 with HTML, nothing was handled",
    "500_after": "the write is committed, then HTTP 500 with HTML",
    "400_after": "the write is committed, then HTTP 400 as if it had been refused",
    "truncated_after": "the write is committed, the answer breaks off in the middle",
    "bad_json_after": "the write is committed, the answer is whole but not valid JSON",
    "429": "too many requests, with the reset header",
    "429_no_reset": "too many requests, without the reset header",
    "401": "the token is refused",
}


class BadFault(ValueError):
    """The fault that was asked for makes no sense; the message says why."""


@dataclass(slots=True)
class Fault:
    """One waiting fault. `path` may hold `*`; `times` 0 means until it is cleared; `text` "" any request."""

    platform: str
    method: str
    path: str
    kind: str
    times: int
    text: str = ""
    hits: int = 0

    def waits(self, platform: str, method: str, path: str) -> bool:
        """Whether it is not used up and such a request may meet it, whatever stands in it."""
        return (
            self.platform == platform
            and self.method in ("*", method)
            and fnmatchcase(path, self.path)
            and (self.times == 0 or self.hits < self.times)
        )

    def found_in(self, content: bytes) -> bool:
        """Whether its words stand in `content`, as they are or as addresses, forms and JSON write them."""
        return any(spelling in content for spelling in _spellings(self.text))


_waiting: list[Fault] = []
_lock = threading.Lock()


def plant(wish: dict[str, Any]) -> Fault:
    """Lays a fault in the way of later requests; BadFault when the wish is unclear."""
    kind = str(wish.get("kind", ""))
    if kind not in KINDS:
        raise BadFault(f"kind: {', '.join(KINDS)}")
    times = wish.get("times", 1)
    if not isinstance(times, int) or times < 0:
        raise BadFault("times: 0 (sampai dihapus) atau lebih")
    platform = str(wish.get("platform", "x"))
    if platform not in {room.name for room in rooms.rooms()}:
        raise BadFault(f"platform: {', '.join(room.name for room in rooms.rooms())}")
    fault = Fault(
        platform=platform,
        method=str(wish.get("method", "*")).upper(),
        path=str(wish.get("path", "*")),
        kind=kind,
        times=times,
        text=str(wish.get("text") or ""),
    )
    with _lock:
        _waiting.append(fault)
    return fault


def _spellings(text: str) -> set[bytes]:
    """How a client may write `text`: plainly, percent-encoded, as JSON with or without escapes."""
    return {
        text.encode(),
        quote(text, safe="").encode(),
        quote_plus(text).encode(),
        json.dumps(text)[1:-1].encode(),
        json.dumps(text, ensure_ascii=False)[1:-1].encode(),
    }


def reads_content(platform: str, method: str, path: str) -> bool:
    """Whether a fault waits that can only be told by what stands in such a request."""
    with _lock:
        return any(fault.text and fault.waits(platform, method, path) for fault in _waiting)


def take(platform: str, method: str, path: str, content: bytes = b"") -> str | None:
    """The kind of the first waiting fault that this request meets; it is used up by one.

    `content` is the query string and the body, needed only where `reads_content` says so.
    """
    with _lock:
        for fault in _waiting:
            if fault.waits(platform, method, path) and fault.found_in(content):
                fault.hits += 1
                return fault.kind
    return None


def asked(value: str, platform: str, method: str, path: str) -> str | None:
    """The fault that a request asks for itself by its header X-Sandbox-Fault, None if it is none.

    "500_after" breaks this request; "500_after; times=3" this one and the next two like it (same
    method and path).
    """
    kind, _, more = value.partition(";")
    kind = kind.strip()
    if kind not in KINDS:
        return None
    _, _, number = more.partition("=")
    times = int(number) if number.strip().isdecimal() else 1
    if times > 1:
        with _lock:
            _waiting.append(Fault(platform, method, path, kind, times - 1))
    return kind


def listing() -> list[dict[str, Any]]:
    """All faults laid, with how often each was met."""
    with _lock:
        return [asdict(fault) for fault in _waiting]


def clear() -> None:
    """Takes all faults away."""
    with _lock:
        _waiting.clear()
