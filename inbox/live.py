"""Live views: what changed is published after commit, `/live/` streams it to browsers (DESIGN §10).

An event carries references only (which item, which kind of change); the browser then asks for the
fragment through the ordinary, authorised view. So a lost event costs a moment, never a secret, and
Redis may forget everything.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from functools import cache
from http.cookies import SimpleCookie
from typing import Any

import redis
import redis.asyncio
from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from inbox import presence
from inbox.models import Item

log = logging.getLogger(__name__)

COOKIE = "sahut_live"
COOKIE_AGE = 3600 * 4  # seconds; pages renew it
HEARTBEAT = 15.0  # seconds: keeps proxies from closing the stream, finds gone browsers
_signer = TimestampSigner(salt="live")


@cache
def _redis() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)


def publish(topic: str, **event: Any) -> None:
    """Tell the browsers on `topic` ("desk", "division-3") after commit. A dead Redis is no error."""

    def send() -> None:
        try:
            _redis().publish(f"live:{topic}", json.dumps(event))
        except redis.RedisError as error:
            log.warning("live event lost: %s", error)

    transaction.on_commit(send)


def item_changed(item: Item, *, kind: str) -> None:
    """Tell the desk that `item` changed: "claim", "message", "reply", "state", "ticket"."""
    publish("desk", item=item.pk, kind=kind)


class LiveCookieMiddleware:
    """Pages renew the signed, HttpOnly cookie that lets a browser in at `/live/`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        user = getattr(request, "user", None)
        if user is None or not user.is_authenticated:
            if COOKIE in request.COOKIES:
                response.delete_cookie(COOKIE, path="/live/")
            return response
        if user.is_desk:
            presence.note(request)
        if "HX-Request" not in request.headers and response.get("Content-Type", "").startswith(
            "text/html"
        ):
            topic = "desk" if user.is_desk else f"division-{user.division_id}"
            response.set_cookie(
                COOKIE,
                _signer.sign(topic),
                max_age=COOKIE_AGE,
                path="/live/",
                httponly=True,
                samesite="Strict",
                secure=settings.SESSION_COOKIE_SECURE,
            )
        return response


def _topic(headers: list[tuple[bytes, bytes]]) -> str | None:
    """The topic the cookie allows, or None."""
    raw = b"; ".join(value for name, value in headers if name == b"cookie").decode("latin-1")
    morsel = SimpleCookie(raw).get(COOKIE)
    try:
        return _signer.unsign(morsel.value, max_age=COOKIE_AGE) if morsel else None
    except BadSignature:
        return None


async def live_stream(
    scope: MutableMapping[str, Any],
    receive: Callable[[], Awaitable[Any]],
    send: Callable[[Any], Awaitable[None]],
) -> None:
    """The ASGI application behind `/live/`: server-sent events of one topic. No database."""
    topic = _topic(scope["headers"])
    if topic is None:
        await send({"type": "http.response.start", "status": 403, "headers": []})
        await send({"type": "http.response.body", "body": b""})
        return
    headers = [
        (b"content-type", b"text/event-stream"),
        (b"cache-control", b"no-store"),
        (b"x-accel-buffering", b"no"),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})

    async def write(text: str) -> None:
        await send({"type": "http.response.body", "body": text.encode(), "more_body": True})

    gone = asyncio.create_task(_disconnected(receive))
    pump = asyncio.create_task(_pump(topic, write))
    try:
        await asyncio.wait({gone, pump}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (gone, pump):
            task.cancel()
        await asyncio.gather(gone, pump, return_exceptions=True)


async def _disconnected(receive: Callable[[], Awaitable[Any]]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _pump(topic: str, write: Callable[[str], Awaitable[None]]) -> None:
    """Forward events until the browser goes; a lost Redis ends the stream and the browser reconnects."""
    client = redis.asyncio.Redis.from_url(settings.REDIS_URL)
    try:
        async with client.pubsub() as listener:
            await listener.subscribe(f"live:{topic}")
            # “ready” comes after subscribing: what happened before is made good by a refresh on it.
            await write("retry: 2000\nevent: ready\ndata: {}\n\n")
            while True:
                message = await listener.get_message(
                    ignore_subscribe_messages=True, timeout=HEARTBEAT
                )
                if message is None:
                    await write(": ok\n\n")
                else:
                    await write(f"event: change\ndata: {message['data'].decode()}\n\n")
    except redis.RedisError as error:
        log.info("live stream ended: %s", error)
    finally:
        await client.aclose()
