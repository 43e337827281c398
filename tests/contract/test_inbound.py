"""The contract, inward: every form of every platform becomes exactly one message, however it arrives.

The marks name the cells of the matrix in docs/platforms.md that a test shows.
"""

import json
import re
from datetime import timedelta

import pytest

from accounts import clock
from inbox import channels
from inbox.connectors.x import activity
from inbox.models import Channel, Item, ItemState, Message, RawEvent
from tests.contract.surfaces import Surface
from tests.contract.world import World, Written
from tests.contract.worlds import SURFACES, Connect, picked
from tests.sandbox_fixtures import connect_account

FORMS = [pytest.param(s, form, id=f"{s}-{form}") for s in SURFACES for form in s.forms]
POLLED = [pytest.param(s, form, id=f"{s}-{form}") for s in SURFACES if s.polled for form in s.forms]
EACH = picked(lambda _s: True)
EDITING = picked(lambda s: s.edits)
NATIVE = picked(lambda s: s.native)


def first_form(surface: Surface) -> str:
    return next(iter(surface.forms))


def the_one(world: World, written: Written) -> Message:
    """The single message that `written` became."""
    found = [m for m in world.incoming() if m.external_id == written.external_id]
    assert len(found) == 1, [(m.external_id, m.text) for m in world.incoming()]
    assert Message.objects.filter(direction="in").count() == len(world.incoming())
    return found[0]


def check(world: World, written: Written) -> None:
    message = the_one(world, written)
    assert message.text == written.text
    assert message.object_class == written.object_class
    assert abs(message.written_at - clock.now()) < timedelta(minutes=2)
    assert tuple(m["kind"] for m in message.media) == written.media
    who = message.item.citizen
    shown = f"{who.handle} {who.name}"
    assert written.author.lower() in shown.lower() if written.author else not shown.strip()
    assert message.item.state == ItemState.OPEN
    assert message.item.thread.platform == message.platform
    assert not RawEvent.objects.filter(state="quarantined").exists()


@pytest.mark.cell("Push inbound")
@pytest.mark.parametrize(("surface", "form"), FORMS)
def test_each_form_by_webhook(connect: Connect, surface: Surface, form: str) -> None:
    world = connect(surface)
    written = surface.write(world, form)
    world.hear()
    check(world, written)


@pytest.mark.cell("Poll inbound")
@pytest.mark.parametrize(("surface", "form"), POLLED)
def test_each_form_by_both_is_one(connect: Connect, surface: Surface, form: str) -> None:
    """Polling finds what can be read and adds nothing to what the webhook brought."""
    world = connect(surface)
    written = surface.write(world, form)
    world.poll()
    assert len([m for m in world.incoming() if m.external_id == written.external_id]) <= 1
    world.hear()
    check(world, written)
    rows = world.rows()
    world.poll()
    assert world.rows() == rows


@pytest.mark.cell("Poll inbound")
@pytest.mark.parametrize("surface", picked(lambda s: s.polled))
def test_polling_alone_finds_what_no_webhook_told(connect: Connect, surface: Surface) -> None:
    world = connect(surface)
    written = surface.write(world, first_form(surface))
    world.pushed()
    world.receiver.forget()
    world.poll()
    check(world, written)


@pytest.mark.cell("Edit events")
@pytest.mark.parametrize("surface", EDITING)
def test_an_edit_changes_the_words_and_is_marked(connect: Connect, surface: Surface) -> None:
    world = connect(surface)
    written = surface.write(world, first_form(surface))
    world.hear()
    surface.edit(world, written, "@PoldaKaltim sudah beres, terima kasih")
    world.hear()
    world.poll()
    message = the_one(world, written)
    assert message.text == "@PoldaKaltim sudah beres, terima kasih"
    assert message.edited_at


@pytest.mark.cell("Delete events")
@pytest.mark.parametrize("surface", EACH)
def test_what_the_citizen_takes_back_is_gone(connect: Connect, surface: Surface) -> None:
    """Words, raw bytes and preview go; a tombstone stays, and the item waits no more."""
    world = connect(surface)
    written = surface.write(world, first_form(surface))
    world.hear()
    if surface.polled:
        world.poll()  # so that it is told in two bodies
    assert all(word in everything_kept() for word in words_of(written))
    surface.delete(world, written)
    world.hear()
    if surface.deletes_by_looking:
        from inbox import compliance

        compliance.work()
    message = the_one(world, written)
    assert message.erased_at
    assert message.text == ""
    item = Item.objects.get()
    assert (item.state, item.close_reason, item.waiting_since) == ("closed", "withdrawn", None)
    assert item.preview == ""
    if surface.polled:
        world.poll()
    assert not [word for word in words_of(written) if word in everything_kept()]


def words_of(written: Written) -> list[str]:
    """The longer words, without the name of our account: platforms alter what stands between them."""
    return [word for word in re.findall(r"[a-zA-Z]{5,}", written.text) if word != "PoldaKaltim"]


def everything_kept() -> str:
    """All stored bodies as they would be read."""
    bodies = (bytes(raw.body) for raw in RawEvent.objects.all())
    return " ".join(json.dumps(json.loads(body), ensure_ascii=False) for body in bodies if body)


@pytest.mark.cell("Own native-app replies")
@pytest.mark.parametrize("surface", NATIVE)
def test_a_native_answer_is_seen(connect: Connect, surface: Surface) -> None:
    world = connect(surface)
    written = surface.write(world, first_form(surface))
    world.hear()
    surface.native_answer(world, written, "Sudah kami teruskan, Bu.")
    world.hear()
    item = Item.objects.get()
    assert (item.state, item.waiting_since) == ("answered", None)
    out = Message.objects.get(direction="out")
    assert (out.text, out.native) == ("Sudah kami teruskan, Bu.", True)
    world.poll()
    assert Message.objects.filter(direction="out").count() == 1


@pytest.mark.cell("Own native-app replies", only="LINE OA")
def test_line_shows_no_native_answer(connect: Connect) -> None:
    """Nothing comes, so the page offers “answered in the app” (tests/inbox/test_views_item.py)."""
    surface = SURFACES[-1]
    world = connect(surface)
    written = surface.write(world, "text")
    world.hear()
    surface.native_answer(world, written, "Dari aplikasi")
    assert world.pushed() == []
    assert Item.objects.get().state == "open"


def test_mention_reply_and_quote_of_two_of_our_channels_is_one_item(connect: Connect) -> None:
    """One post names both accounts, answers a post of one and quotes a post of the other: it arrives as
    mention twice, as reply and as quote, by webhook and by polling (DESIGN §2)."""
    world = connect(SURFACES[0])
    other = connect_account(world.sandbox, "SatlantasBpn")
    Channel.objects.filter(pk=other.pk).update(app=world.app)
    other.refresh_from_db()
    account = channels.account_of(other)
    hook = activity.register(account.app, url=world.hook_url, base_url=world.sandbox.url)
    activity.subscribe(account, webhook_id=hook.id)
    native = {"account": "PoldaKaltim", "text": "Operasi zebra besok"}
    first = world.sandbox.send("POST", "/_sandbox/x/native", native)["id"]
    native = {"account": "SatlantasBpn", "text": "Simpang lima ditutup"}
    second = world.sandbox.send("POST", "/_sandbox/x/native", native)["id"]
    world.sandbox.write(
        "@PoldaKaltim @SatlantasBpn jadi lewat mana?", username="siti_bpn", reply_to=first,
        quote_of=second,
    )  # fmt: skip
    world.hear(times=2, seed=4)
    world.poll()
    item = Item.objects.get()
    assert {item.channel, *item.also_on.all()} == {world.channel, other}
    message = Message.objects.get(direction="in")
    assert message.text.startswith("@PoldaKaltim @SatlantasBpn")
    assert message.quoted == "Simpang lima ditutup"


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("surface", EACH)
def test_ten_times_in_random_order_is_the_same_as_once(
    connect: Connect, surface: Surface, seed: int
) -> None:
    """Everything that can happen, told once in order, then ten times in disorder to an empty desk."""
    world = connect(surface)
    story(world, surface)
    bodies = world.pushed()
    world.hear()
    once = world.rows()
    assert len(once) >= len(surface.forms)
    forget_everything()
    world.receiver.posted.extend(bodies)
    world.hear(times=10, seed=seed)
    different = [pair for pair in zip(world.rows(), once, strict=True) if pair[0] != pair[1]]
    assert not different, "\n".join(f"{was}\n{now}" for now, was in different)


def story(world: World, surface: Surface) -> None:
    """All forms, an edit, a deletion, a native answer."""
    for form in surface.forms:
        surface.write(world, form)
    edited = surface.write(world, first_form(surface))
    if surface.edits and not surface.deletes_by_looking:
        surface.edit(world, edited, "Sudah saya ralat")
    answered = surface.write(world, first_form(surface))
    if surface.native:
        surface.native_answer(world, answered, "Terima kasih, kami cek.")
    if not surface.deletes_by_looking:
        surface.delete(world, surface.write(world, first_form(surface)))


def forget_everything() -> None:
    """An empty desk with the same channels."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            "DELETE FROM inbox_mediafile; DELETE FROM inbox_message; DELETE FROM inbox_item;"
            "DELETE FROM inbox_earlyanswer; DELETE FROM inbox_earlyevent; DELETE FROM inbox_lookup;"
            "DELETE FROM inbox_thread; DELETE FROM inbox_citizen; DELETE FROM inbox_rawevent"
        )
