"""ASGI entry: `/live/` natively async and without a database, every page in a fixed pool of WSGI threads.

Sync views under plain ASGI are several times slower and their kept connections pile up until
PostgreSQL refuses (reference/performance.md, “Serving Django”); hence two worlds in one process.
"""

import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, cast

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from a2wsgi import WSGIMiddleware
from django.conf import settings

from config.wsgi import application as pages
from inbox.live import live_stream

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]

# Both are what the standards say; only the two packages' names for the types differ.
_pages = WSGIMiddleware(cast("Any", pages), workers=settings.WEB_THREADS)


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Send `/live/` to the stream, everything else to the pages."""
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return
    elif scope["type"] == "http" and scope["path"] == "/live/":
        await live_stream(scope, receive, send)
    elif scope["type"] == "http":
        await _pages(cast("Any", scope), receive, send)
