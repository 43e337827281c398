"""The contract of *ralat*: what can be taken back or corrected, and that its echo disturbs nobody."""

from contextlib import closing

import pytest

from inbox import channels
from inbox.connectors.base import Amendment, Change, Outcome, SendResult
from inbox.connectors.registry import amends
from inbox.models import Item, Message
from tests.contract.surfaces import Surface
from tests.contract.world import World, Written
from tests.contract.worlds import SURFACES, Connect, picked

TEXT, RIGHT = "Buka pukul 09.00.", "Maaf, buka pukul 08.00."


def class_of(surface: Surface) -> str:
    """What an answer of ours is on this surface."""
    way = surface.ways[0][1]
    return "chat" if way == "chat" else "post" if surface.platform == "x" else "comment"


DELETES = picked(lambda s: Change.DELETE in amends(s.platform, class_of(s)))
STAYS = picked(lambda s: not amends(s.platform, class_of(s)))


def answered(connect: Connect, surface: Surface) -> tuple[World, Written, Message]:
    """A citizen wrote, we answered, and the echo has come."""
    world = connect(surface)
    form, way = surface.ways[0]
    written = surface.write(world, form)
    world.hear()
    world.answer(Item.objects.get(messages__external_id=written.external_id), TEXT, way=way)
    world.hear()
    return world, written, Message.objects.get(direction="out")


def ask(world: World, message: Message, change: Change, text: str = "") -> SendResult:
    wish = Amendment(change, message.object_class, message.current_id, text=text)
    with closing(channels.connect(world.channel)) as connector:
        return connector.amend(wish)


@pytest.mark.cell("Taking back")
@pytest.mark.parametrize("surface", DELETES)
def test_what_was_deleted_is_gone_and_its_event_disturbs_nobody(
    connect: Connect, surface: Surface
) -> None:
    world, written, ours = answered(connect, surface)
    before = Item.objects.get()
    assert [ask(world, ours, Change.DELETE).outcome for _time in range(2)] == [Outcome.SENT] * 2
    entries = world.sandbox.get(f"/_sandbox/ledger?platform={surface.platform}")["entries"]
    gone = [(e["id"], e["by"]) for e in entries if e["kind"] == "delete"]
    assert gone == [(ours.current_id, "api")]
    world.hear(times=3, seed=1)
    world.poll()
    item = Item.objects.get()
    assert (item.state, item.waiting_since) == (before.state, before.waiting_since)
    assert Message.objects.filter(direction="out").count() == 1
    assert not Message.objects.filter(native=True).exists()
    theirs = Message.objects.get(external_id=written.external_id)
    assert (theirs.text, theirs.erased_at) == (written.text, None)


@pytest.mark.cell("Taking back")
@pytest.mark.parametrize("surface", picked(lambda s: s.name == "FB Page comments"))
def test_other_words_stand_and_come_back_as_ours(connect: Connect, surface: Surface) -> None:
    world, _written, ours = answered(connect, surface)
    assert ask(world, ours, Change.EDIT, RIGHT).outcome is Outcome.SENT
    world.hear(times=3, seed=1)
    world.poll()
    (message,) = Message.objects.filter(direction="out")
    assert (message.text, message.native) == (RIGHT, False)
    assert Item.objects.get().state == "answered"


@pytest.mark.cell("Taking back")
@pytest.mark.parametrize("surface", STAYS)
def test_what_stays_says_so(connect: Connect, surface: Surface) -> None:
    world, written, ours = answered(connect, surface)
    told = ask(world, ours, Change.DELETE)
    assert (told.outcome, "ralat" in told.problem) == (Outcome.PERMANENT, True)
    assert surface.answers(world, written, surface.ways[0][1]) == [TEXT]


def test_every_surface_is_one_or_the_other() -> None:
    assert len(DELETES) + len(STAYS) == len(SURFACES)
