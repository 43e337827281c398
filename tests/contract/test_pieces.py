"""The contract, outward, of what takes several calls: in order, each once, whatever the wire does to one of them."""

import re
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import Settings

from inbox.connectors.registry import measure, split
from inbox.models import Item, Message, Reply
from inbox.ways import ways
from sandbox.core import media
from tests.contract.surfaces import Surface
from tests.contract.test_outbound import fault, older_than_a_reply_token
from tests.contract.world import World, Written
from tests.contract.worlds import SURFACES, Connect, picked

SENTENCE = "Petugas sudah memeriksa lampu di Jl. Sudirman dan memesan gantinya & kabelnya."
LENGTHS = {"X": 9, "Messenger": 60, "IG DM": 30, "LINE OA": 5}  # sentences
SEVERAL = picked(lambda s: s.name in LENGTHS)
WHOLE = picked(lambda s: s.name not in LENGTHS)
CHATS = picked(lambda s: s.name in ("Messenger", "IG DM"))


def long_text(surface: Surface) -> str:
    """Some paragraphs, each other than the rest, too long for one call. LINE's takes 25,000 letters: only
    runs without a space, two of which are longer than a text, need a sixth text and so a second call."""
    count = LENGTHS[surface.name]
    if surface.platform == "line":
        return " ".join([*(f"{number}{'x' * 4200}" for number in range(count)), SENTENCE * 11])
    found = [f"{number}. {SENTENCE}" for number in range(1, count + 1)]
    return "\n\n".join(" ".join(found[at : at + 4]) for at in range(0, count, 4))


def bare(text: str) -> str:
    return re.sub(r"\s+| \(\d/\d\)\Z", "", text)


def asked(connect: Connect, surface: Surface) -> tuple[World, Written, Item, str]:
    """A citizen wrote, by the surface's first form; LINE's reply token is over."""
    world = connect(surface)
    form, way = surface.ways[0]
    written = surface.write(world, form)
    world.hear()
    older_than_a_reply_token(world, surface)
    return world, written, Item.objects.get(messages__external_id=written.external_id), way


def stands_once(
    world: World, surface: Surface, written: Written, reply: Reply, *, way: str
) -> None:
    """Every call of the reply stands where it belongs, in order, once, and the desk knows it."""
    reply.refresh_from_db()
    calls = list(reply.deliveries.order_by("part"))
    assert reply.state == "sent", [(d.part, d.state, d.problem) for d in calls]
    there = surface.answers(world, written, way)
    assert bare("".join(map(bare, there))) == bare("".join(bare(call.text) for call in calls))
    assert len(there) == len(set(there)) >= len(calls)
    world.hear(times=2, seed=1)
    world.poll()
    ours = Message.objects.filter(direction="out", item=reply.item)
    assert sorted(ours.values_list("external_id", flat=True)) == sorted(d.remote_id for d in calls)
    assert not ours.filter(native=True).exists()
    reply.item.refresh_from_db()
    assert reply.item.state == "answered"


@pytest.mark.cell("Longer answers")
@pytest.mark.parametrize("surface", SEVERAL)
def test_a_long_answer_stands_in_order_each_piece_once(connect: Connect, surface: Surface) -> None:
    world, written, item, way = asked(connect, surface)
    text = long_text(surface)
    reply = world.answer(item, text, way=way)
    count = measure(surface.platform, text, way).pieces
    assert reply.deliveries.count() == count > 1
    stands_once(world, surface, written, reply, way=way)


@pytest.mark.cell("Longer answers")
@pytest.mark.parametrize("surface", WHOLE)
def test_where_nothing_can_follow_a_long_answer_is_refused(surface: Surface) -> None:
    way = surface.ways[0][1]
    text = SENTENCE * 200
    assert not measure(surface.platform, text, way).fits
    assert len(split(surface.platform, text, way, 0)) == 1


@pytest.mark.parametrize("kind", ["hang_after", "500_after", "reset_before", "bad_json_after"])
@pytest.mark.parametrize("surface", SEVERAL)
def test_a_piece_of_unknown_fate_is_settled_before_the_next_leaves(
    connect: Connect, surface: Surface, kind: str
) -> None:
    """The first leaves in peace, the wire fails the second: the rest waits for what became of it."""
    world, written, item, way = asked(connect, surface)
    reply = world.answer(item, long_text(surface), way=way, calls=1)
    assert [d.state for d in reply.deliveries.order_by("part")][:2] == ["sent", "queued"]
    fault(world, surface, kind)
    world.carry(1)
    states = [d.state for d in reply.deliveries.order_by("part")]
    assert states[:2] == ["sent", "unknown"]
    assert set(states[2:]) <= {"queued"}
    world.carry()
    assert [d.state for d in reply.deliveries.order_by("part")] == states
    world.settle_unknown()
    stands_once(world, surface, written, reply, way=way)


@pytest.mark.cell("Pictures")
@pytest.mark.parametrize("surface", CHATS)
@pytest.mark.parametrize("kind", ["", "500_after", "reset_before"])
def test_a_picture_in_a_chat_is_a_call_of_its_own(
    connect: Connect, surface: Surface, kind: str, settings: Settings, tmp_path: Path
) -> None:
    """It used to go with the words' call, and a crash between the two lost it."""
    settings.MEDIA_ROOT = str(tmp_path)
    world, written, item, way = asked(connect, surface)
    picture = SimpleUploadedFile("peta.png", media.png(1), "image/png")
    reply = world.answer(item, "Ini petanya.", way=way, pictures=[picture], calls=1)
    if kind:
        fault(world, surface, kind)
    world.carry()
    assert [(d.text, d.carries) for d in reply.deliveries.order_by("part")] == [
        ("Ini petanya.", []), ("", [0]),
    ]  # fmt: skip
    assert [d.state for d in reply.deliveries.order_by("part")] == [
        "sent", "unknown" if kind else "sent",
    ]  # fmt: skip
    world.settle_unknown()
    stands_once(world, surface, written, reply, way=way)


@pytest.mark.cell("Pictures")
@pytest.mark.parametrize(
    "surface", picked(lambda s: s.name not in ("Messenger", "IG DM", "IG comments"))
)
def test_elsewhere_pictures_go_with_the_words(surface: Surface) -> None:
    """With the first of several calls; on LINE where there is room."""
    way = surface.ways[0][1]
    first, *others = split(surface.platform, "Ini petanya.", way, 2)
    assert (first.text, first.pictures, others) == ("Ini petanya.", (0, 1), [])


@pytest.mark.cell("Pictures", only="IG comments")
def test_instagram_takes_no_picture_in_a_comment(connect: Connect) -> None:
    _world, written, item, _way = asked(connect, SURFACES[3])
    found = ways(item, Message.objects.get(external_id=written.external_id))
    assert found
    assert {way.pictures for way in found} == {0}


def test_nothing_is_left_out_by_these_surfaces() -> None:
    assert {surface.name for surface in SURFACES} >= LENGTHS.keys()
