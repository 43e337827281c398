"""The contract, outward: every way of answering reaches the right place, once, whatever the wire does."""

from datetime import timedelta

import pytest

from accounts import clock
from inbox.connectors.registry import measure
from inbox.models import BlindPeriod, Delivery, Feed, Item, Message
from inbox.ways import ways
from tests.contract.surfaces import Surface
from tests.contract.world import World
from tests.contract.worlds import SURFACES, Connect, picked

EACH = picked(lambda _s: True)
WAYS = [
    pytest.param(s, form, way, id=f"{s}-{form}-{way}") for s in SURFACES for form, way in s.ways
]
LIMITS = [
    pytest.param(s, *limit, id=f"{s}-{limit[0]}-{limit[1]}") for s in SURFACES for limit in s.limits
]
TEXT = "Terima kasih laporannya, sudah kami cek & perbaiki. é"


@pytest.mark.parametrize(("surface", "form", "way"), WAYS)
def test_an_answer_stands_where_it_belongs(
    connect: Connect, surface: Surface, form: str, way: str
) -> None:
    """On the platform under the right message, its echo adds nothing, the item is answered."""
    world = connect(surface)
    written = surface.write(world, form)
    world.hear()
    item = Item.objects.get(messages__external_id=written.external_id)
    reply = world.answer(item, TEXT, way=way)
    assert reply.state == "sent", reply.deliveries.get().problem
    assert surface.answers(world, written, way) == [TEXT]
    world.hear(times=3, seed=1)
    world.poll()
    item.refresh_from_db()
    assert item.state == "answered"
    out = Message.objects.filter(direction="out", item=item)
    assert [(m.text, m.native, m.edited_at) for m in out] == [(TEXT, False, None)]
    assert Message.objects.filter(direction="out", native=True).count() == 0


@pytest.mark.cell("Reply deadline")
@pytest.mark.parametrize("surface", picked(lambda s: s.name in ("Messenger", "IG DM")))
def test_a_person_may_answer_after_a_day(connect: Connect, surface: Surface) -> None:
    """24 hours to 7 days by the human-agent tag; not at all where the app was not granted it."""
    world = connect(surface)
    written = surface.write(world, "message")
    world.hear()
    clock.shift(seconds=25 * 3600)
    item = Item.objects.get()
    refused = world.answer(item, TEXT, way="human_agent")
    assert (refused.state, surface.answers(world, written, "chat")) == ("failed", [])
    world.sandbox.send("POST", "/_sandbox/meta/switches", {"human_agent": True})
    reply = world.answer(item, TEXT, way="human_agent")
    assert reply.state == "sent", reply.deliveries.get().problem
    assert surface.answers(world, written, "chat") == [TEXT]


@pytest.mark.cell("Idempotency key")
@pytest.mark.parametrize("kind", ["hang_after", "reset_after", "500_after", "bad_json_after"])
@pytest.mark.parametrize("surface", EACH)
def test_written_but_unheard_of_is_never_written_twice(
    connect: Connect, surface: Surface, kind: str
) -> None:
    """Read back where that is possible, sent again under the same key on LINE (push)."""
    world = answered_through(connect, surface, kind)
    world.hear()
    assert Message.objects.filter(direction="out").count() == 1


@pytest.mark.parametrize("kind", ["reset_before", "500_before"])
@pytest.mark.parametrize("surface", EACH)
def test_not_written_and_unheard_of_is_written_once(
    connect: Connect, surface: Surface, kind: str
) -> None:
    answered_through(connect, surface, kind)


def answered_through(connect: Connect, surface: Surface, kind: str) -> World:
    """A citizen wrote, the desk answered, the wire failed as `kind` says: in the end the answer stands
    where it belongs, once, and the desk knows it."""
    world = connect(surface)
    form, way = surface.ways[0]
    written = surface.write(world, form)
    world.hear()
    older_than_a_reply_token(world, surface)
    fault(world, surface, kind)
    item = Item.objects.get(messages__external_id=written.external_id)
    reply = world.answer(item, TEXT, way=way)
    world.settle_unknown()
    reply.refresh_from_db()
    assert reply.state == "sent", (reply.state, reply.deliveries.get().problem)
    assert surface.answers(world, written, way) == [TEXT]
    return world


def older_than_a_reply_token(world: World, surface: Surface) -> None:
    """On LINE, so that push is used: nothing can tell what became of a reply (the next test)."""
    if surface.platform == "line":
        clock.shift(seconds=300)


def fault(world: World, surface: Surface, kind: str) -> None:
    room = {"x": "x", "line": "line"}.get(surface.platform, "meta")
    world.sandbox.send(
        "POST", "/_sandbox/faults",
        {"platform": room, "method": "POST", "path": "*", "kind": kind, "times": 1},
    )  # fmt: skip


@pytest.mark.cell("Idempotency key", only="LINE OA")
def test_a_line_reply_that_nobody_can_settle_goes_to_a_person(connect: Connect) -> None:
    surface = SURFACES[-1]
    world = connect(surface)
    surface.write(world, "text")
    world.hear()
    fault(world, surface, "hang_after")
    reply = world.answer(Item.objects.get(), TEXT)
    world.settle_unknown()
    delivery = reply.deliveries.get()
    assert (delivery.call, delivery.state, delivery.needs_person) == ("reply", "unknown", True)


def test_a_comment_written_and_then_answered_400_is_found(connect: Connect) -> None:
    """Instagram wrote the comment and says 20/1772107: never four of them (platforms.md §0.5)."""
    surface = SURFACES[3]
    world = connect(surface)
    written = surface.write(world, "comment")
    world.hear()
    fault(world, surface, "400_after")
    reply = world.answer(Item.objects.get(), TEXT, way="public")
    assert reply.state == "unknown"
    world.settle_unknown()
    reply.refresh_from_db()
    assert reply.state == "sent"
    assert surface.answers(world, written, "public") == [TEXT]


@pytest.mark.cell("Text limit")
@pytest.mark.parametrize(("surface", "way", "unit", "fit"), LIMITS)
def test_the_text_limit(surface: Surface, way: str, unit: str, fit: int) -> None:
    """What one call takes; a longer text takes several calls, or is refused."""
    length, longer = (measure(surface.platform, unit * n, way) for n in (fit, fit + 1))
    assert length.fits
    assert (length.pieces, length.used <= length.limit) == (1, True)
    assert longer.used > longer.limit
    assert longer.fits is (longer.pieces > 1)


@pytest.mark.cell("Reply deadline")
@pytest.mark.parametrize(
    ("surface", "form", "hours", "still_open"),
    [
        pytest.param(SURFACES[0], "mention", 24 * 30, {"public"}, id="X"),
        pytest.param(SURFACES[1], "comment", 24 * 6, {"public", "private"}, id="FB-6d"),
        pytest.param(SURFACES[1], "comment", 24 * 8, {"public"}, id="FB-8d"),
        pytest.param(SURFACES[2], "message", 23, {"chat"}, id="Messenger-23h"),
        pytest.param(SURFACES[2], "message", 25, {"human_agent"}, id="Messenger-25h"),
        pytest.param(SURFACES[2], "message", 24 * 8, set(), id="Messenger-8d"),
        pytest.param(SURFACES[3], "comment", 24 * 8, {"public"}, id="IG-8d"),
        pytest.param(SURFACES[4], "message", 25, {"human_agent"}, id="IG DM-25h"),
        pytest.param(SURFACES[4], "message", 24 * 8, set(), id="IG DM-8d"),
        pytest.param(SURFACES[5], "text", 24 * 30, {"chat"}, id="LINE"),
    ],
)
def test_what_is_open_when(
    connect: Connect, surface: Surface, form: str, hours: int, still_open: set[str]
) -> None:
    world = connect(surface)
    written = surface.write(world, form)
    world.hear()
    clock.shift(seconds=hours * 3600)
    message = Message.objects.get(external_id=written.external_id)
    found = ways(message.item, message)
    assert {way.key for way in found if way.open} == still_open
    assert all(way.note for way in found if not way.open)


@pytest.mark.parametrize("surface", picked(lambda s: s.polled))
def test_six_hours_of_a_dead_token_lose_nothing(connect: Connect, surface: Surface) -> None:
    """Webhooks off as well; the blind period is shown, and what was said meanwhile comes in."""
    world = connect(surface)
    surface.write(world, first_form(surface))
    world.poll()
    began = clock.now()
    surface.kill_token(world, dead=True)
    clock.shift(seconds=600)
    world.poll()
    missed = [surface.write(world, first_form(surface)) for _n in range(3)]
    clock.shift(seconds=6 * 3600)
    assert Feed.objects.filter(polled=True, blind_since__isnull=False).exists()
    world.channel.refresh_from_db()
    assert world.channel.dead_since
    surface.kill_token(world, dead=False)
    world.poll()
    stored = {m.external_id for m in world.incoming()}
    assert {written.external_id for written in missed} <= stored
    period = BlindPeriod.objects.filter(feed__polled=True).order_by("pk")[0]
    assert abs(period.began_at - began) < timedelta(minutes=1)
    assert period.ended_at
    assert period.ended_at - period.began_at > timedelta(hours=5, minutes=58)
    world.channel.refresh_from_db()
    assert world.channel.dead_since is None


def first_form(surface: Surface) -> str:
    return next(iter(surface.forms))


def test_a_chat_two_weeks_later_begins_a_new_episode(connect: Connect) -> None:
    """A DM two weeks after the last was answered: a new episode of the same citizen (DESIGN §2)."""
    surface = SURFACES[2]
    world = connect(surface)
    surface.write(world, "message")
    world.hear()
    world.answer(Item.objects.get(), TEXT, way="chat")
    clock.shift(seconds=14 * 24 * 3600)
    surface.write(world, "message")
    world.hear()
    assert sorted(Item.objects.values_list("episode", "state")) == [(1, "answered"), (2, "open")]
    assert Delivery.objects.filter(state="sent").count() == 1
