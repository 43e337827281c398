"""Bodies as the platforms send them, bent: dropped, retyped, nested, cut off, numbers for ids (DESIGN I5).

Nothing raises out of intake; each body ends as read, in quarantine, or waiting for a delivery. A few
hundred per platform in every run; `make fuzz` makes 20,000.
"""

import json
import os
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inbox import intake
from inbox.models import RawEvent
from tests.contract.surfaces import Surface
from tests.contract.test_inbound import story
from tests.contract.world import World
from tests.contract.worlds import SURFACES, Connect

EXAMPLES = int(os.environ.get("FUZZ", "300"))  # per platform
OPS = ("drop", "retype", "nest", "number", "null", "empty", "repeat", "swap")
ODD: tuple[Any, ...] = (
    None, True, 0, -1, 2**63, 1e308, "", "\x00", "0", "é" * 300, [], {}, [[]], {"id": {"id": []}},
    "2026-13-45T99:99:99Z", "\ud83d", -62135596801, 10**18,
)  # fmt: skip

type Seeds = list[tuple[str, bytes]]  # (feed, body)


def seeds_of(world: World, surface: Surface) -> Seeds:
    """Real-shaped bodies: what the sandbox posted and what polling and look-ups read."""
    story(world, surface)
    found = [("webhook", posted.body) for posted in world.pushed()]
    world.hear()
    if surface.polled:
        world.poll()
    pages = RawEvent.objects.filter(channel__isnull=False)
    return found + [(raw.feed, bytes(raw.body)) for raw in pages]


@pytest.mark.parametrize("surface", [pytest.param(s, id=str(s)) for s in SURFACES])
def test_nothing_raises_and_nothing_is_dropped(connect: Connect, surface: Surface) -> None:
    world = connect(surface)
    seeds = seeds_of(world, surface)
    columns = sum(other.platform == surface.platform for other in SURFACES)

    @settings(
        max_examples=EXAMPLES // columns, deadline=None, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(data=st.data())
    def bend(data: st.DataObject) -> None:
        feed, body = data.draw(st.sampled_from(seeds))
        bent = bent_body(data, body)
        with transaction.atomic():
            take_in(world, feed, bent)
            transaction.set_rollback(True)

    bend()


def take_in(world: World, feed: str, body: bytes) -> None:
    stored = (
        intake.store_hook(app=world.app, body=body)
        if feed == "webhook"
        else intake.store_raw(channel=world.channel, feed=feed, body=body)
    )
    if stored is None:
        return  # exactly these bytes are stored already
    intake.absorb_raw(raw_id=stored.pk)
    stored.refresh_from_db()
    assert (
        bytes(stored.body) == body or stored.scrubbed_at
    )  # it told a message taken back before (I8)
    assert stored.state != "new" or stored.again_at, "neither read nor in quarantine"


def bent_body(data: st.DataObject, body: bytes) -> bytes:
    if data.draw(st.integers(0, 9)) == 0:  # cut off, or bytes that are no text
        cut = data.draw(st.integers(0, len(body)))
        return body[:cut] + data.draw(
            st.sampled_from([b"", b"\xff\xfe", b"\x00", b"}", b"[" * 2000])
        )
    try:
        value = json.loads(body)
    except ValueError:
        return body
    for _n in range(data.draw(st.integers(1, 4))):
        value = bent_once(data, value)
    return json.dumps(value).encode()


def bent_once(data: st.DataObject, value: Any) -> Any:
    """One place of `value`, however deep, bent."""
    places = list(places_in(value))
    if not places:
        return deepcopy(data.draw(st.sampled_from(ODD)))
    holder, key = data.draw(st.sampled_from(places))
    match data.draw(st.sampled_from(OPS)):
        case "drop":
            del holder[key]
        case "retype":
            holder[key] = deepcopy(data.draw(st.sampled_from(ODD)))
        case "nest":
            holder[key] = [{"data": holder[key]}]
        case "number":
            text = str(holder[key])
            holder[key] = int(text) if text.isascii() and text.isdigit() else 12345678901234567890
        case "null":
            holder[key] = None
        case "empty":
            holder[key] = type(holder[key])() if holder[key] is not None else ""
        case "repeat":
            holder[key] = [holder[key], deepcopy(holder[key])]
        case "swap":
            other, name = data.draw(st.sampled_from(places))
            holder[key] = deepcopy(other[name])
    return value


def places_in(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every (container, key) below `value`."""
    children = (
        list(value.items()) if isinstance(value, dict)
        else list(enumerate(value)) if isinstance(value, list)
        else []
    )  # fmt: skip
    for key, child in children:
        yield value, key
        yield from places_in(child)
