"""The ASGI front of the sandbox: starts narrator and webhooks, breaks requests where a fault waits.

Faults act here, outside Django, because a client must see them on the wire: a connection that is
reset, an answer that never comes or breaks off (platforms.md §9.1).
"""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from sandbox.core import faults, rooms
from sandbox.core.courier import courier
from sandbox.core.narrator import Narrator

type Message = MutableMapping[str, Any]
type Scope = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]
type App = Callable[[Scope, Receive, Send], Awaitable[None]]

HANG_LIMIT_S = 120.0


class Front:
    """Wraps the web application."""

    def __init__(self, app: App, narrator: Narrator) -> None:
        """`app` answers healthy requests; `narrator` is started and stopped with the server."""
        self._app = app
        self._narrator = narrator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI connection."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        room = rooms.room_of(scope["path"]) if scope["type"] == "http" else None
        content = b""
        if room and faults.reads_content(room.name, scope["method"], scope["path"]):
            content, receive = await _look_inside(scope, receive)
        kind = _fault(room, scope, content) if room else None
        if room is None or kind is None:
            await self._app(scope, receive, send)
        else:
            await self._break(room, kind, scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        courier.start()
        self._narrator.start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await asyncio.to_thread(self._narrator.stop)
        await asyncio.to_thread(courier.stop)
        await send({"type": "lifespan.shutdown.complete"})

    async def _break(
        self, room: rooms.Room, kind: str, scope: Scope, receive: Receive, send: Send
    ) -> None:
        answer: list[Message] = []

        async def hold(message: Message) -> None:
            answer.append(message)

        manner, _, moment = kind.rpartition("_")
        if moment == "after":
            await self._app(scope, receive, hold)
        if manner == "hang":
            await _hang(receive, send)
        elif manner == "reset":
            await _reset(receive, send)
        elif manner == "truncated":
            await _truncate(answer, receive, send)
        elif manner == "bad_json":
            await _garble(answer, send)
        else:
            await _refuse(room.refusal(manner if moment in ("before", "after") else kind), send)


async def _look_inside(scope: Scope, receive: Receive) -> tuple[bytes, Receive]:
    """Query string and body of a request, and a `receive` that hands the body out once more."""
    heard: list[Message] = []
    body = b""
    while not heard or heard[-1].get("more_body"):
        heard.append(await receive())
        body += heard[-1].get("body", b"")

    async def again() -> Message:
        return heard.pop(0) if heard else await receive()

    return scope.get("query_string", b"") + b"\n" + body, again


def _fault(room: rooms.Room, scope: Scope, content: bytes) -> str | None:
    """The fault a request asks for itself, else the first one that waits for it."""
    where = (room.name, scope["method"], scope["path"])
    for name, value in scope["headers"]:
        if name == b"x-sandbox-fault":
            kind = faults.asked(value.decode("latin-1"), *where)
            if kind:
                return kind
    return faults.take(*where, content)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _hang(receive: Receive, send: Send) -> None:
    """Says nothing until the client leaves, the server stops or the limit is reached."""
    leaving = asyncio.ensure_future(_gone(receive))
    cycle = getattr(send, "__self__", None)
    was_alive = getattr(cycle, "keep_alive", False)
    waited = 0.0
    while not leaving.done() and waited < HANG_LIMIT_S:
        await asyncio.wait({leaving}, timeout=0.25)
        waited += 0.25
        # uvicorn takes keep_alive away when it wants to stop: do not hold it up
        if was_alive and not getattr(cycle, "keep_alive", False):
            break
    leaving.cancel()
    if not leaving.done():
        await _reset(receive, send)


def _transport(send: Send) -> asyncio.Transport:
    """The connection under uvicorn's `send`; AttributeError under any other server."""
    transport: asyncio.Transport = send.__self__.transport  # type: ignore[attr-defined]
    return transport


async def _reset(receive: Receive, send: Send) -> None:
    """Ends the connection with RST: linger 0 throws away what is not sent yet."""
    transport = _transport(send)
    raw = transport.get_extra_info("socket")
    if raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
    await _gone(receive)


async def _truncate(answer: list[Message], receive: Receive, send: Send) -> None:
    """The right headers with the full length, half of the body, then the end of the connection."""
    body = b"".join(message.get("body", b"") for message in answer[1:])
    await send(answer[0])
    await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
    _transport(send).close()
    await _gone(receive)


async def _garble(answer: list[Message], send: Send) -> None:
    """The status that was meant, a body that is no JSON."""
    body = b"".join(message.get("body", b"") for message in answer[1:])
    body = body[: len(body) // 2]
    headers = [pair for pair in answer[0]["headers"] if pair[0] != b"content-length"]
    headers.append((b"content-length", str(len(body)).encode()))
    await send({**answer[0], "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _refuse(refusal: rooms.Refusal, send: Send) -> None:
    headers = [
        (b"content-type", refusal.content_type.encode()),
        (b"content-length", str(len(refusal.body)).encode()),
    ]
    headers += [(key.encode(), value.encode()) for key, value in refusal.headers.items()]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": refusal.body})
