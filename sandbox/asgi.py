"""The sandbox as one ASGI application: `uvicorn sandbox.asgi:application`.

One process with a fixed number of threads. Environment: VAR, CLOCK_FILE, STORY_EVERY, SEED,
FEED, FEED_RATE.
"""

import os
from typing import Any, cast

# not setdefault: whoever starts us may have named the apps' settings
os.environ["DJANGO_SETTINGS_MODULE"] = "sandbox.settings"

from a2wsgi import WSGIMiddleware
from django.core.wsgi import get_wsgi_application

from sandbox.core import control, rooms
from sandbox.core.feed import FeedError
from sandbox.core.front import Front
from sandbox.core.narrator import Narrator
from sandbox.core.store import store
from sandbox.line.room import LineRoom
from sandbox.meta.room import MetaRoom
from sandbox.x.room import XRoom

THREADS = 16

rooms.register(XRoom())
rooms.register(LineRoom())
rooms.register(MetaRoom())
with store().write() as _db:
    for _room in rooms.rooms():
        _room.prepare(_db)
try:
    _narrator = Narrator.from_environment()
except FeedError as error:
    raise SystemExit(str(error)) from None
except ValueError:
    raise SystemExit("STORY_EVERY dan FEED_RATE harus berupa angka.") from None
control.use(_narrator)

# both packages describe the same protocols in types of their own
_wsgi = cast("Any", get_wsgi_application())
application = Front(cast("Any", WSGIMiddleware(_wsgi, workers=THREADS)), _narrator)
