"""Files in and pictures out on each platform, over HTTP against the sandbox."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts import clock
from inbox import claims, media, replies, ways
from inbox.models import Delivery, Item, MediaFile, Message
from tests.contract.line import Line
from tests.contract.meta import FacebookComments, InstagramDM, Messenger
from tests.contract.surfaces import Surface
from tests.contract.worlds import SURFACES, Connect
from tests.contract.x import X
from tests.media.conftest import picture

pytestmark = pytest.mark.usefixtures("media_root")

STORED = [
    (FacebookComments(), "picture without words", "image/png"),
    (Messenger(), "picture", "image/png"),
    (Line(), "image", "image/png"),
    (Line(), "video", "video/mp4"),
    (Line(), "audio", "audio/mp4"),
    (Line(), "file", "application/pdf"),
]
#: Where a picture is a message of its own: it is kept as part of the answer.
PICTURE_IS_A_MESSAGE = ("Messenger", "IG DM")
READ_BACK = ("x", "facebook")  # whose own posts, with their pictures, are read again
WAYS = [
    pytest.param(surface, form, way, id=f"{surface}-{form}-{way}")
    for surface in SURFACES
    for form, way in surface.ways
]


@pytest.mark.parametrize(
    ("surface", "form", "content_type"), STORED, ids=[f"{s}-{f}" for s, f, _t in STORED]
)
def test_files_of_citizens_are_stored(
    connect: Connect, surface: Surface, form: str, content_type: str
) -> None:
    world = connect(surface)
    surface.write(world, form)
    world.hear()
    row = MediaFile.objects.get()
    assert row.state == MediaFile.State.NEW
    for step in media.STEPS:  # LINE converts films and sound first
        if not media.work():
            break
        clock.shift(seconds=step + 5)
    row.refresh_from_db()
    assert (row.state, row.content_type, row.problem) == ("stored", content_type, "")
    assert row.size > 100
    assert bool(row.thumb) == content_type.startswith("image/")


@pytest.mark.parametrize("form", ["picture", "story mention", "story reply"])
def test_what_instagram_forbids_to_keep_stays_a_link(
    connect: Connect, media_root: Path, form: str
) -> None:
    world = connect(InstagramDM())
    InstagramDM().write(world, form)
    world.hear()
    assert media.work() == 0
    assert not list(media_root.rglob("*.*"))
    assert {row.state for row in MediaFile.objects.all()} <= {MediaFile.State.LINK}
    assert Message.objects.get(direction="in").media


def test_pictures_on_x_are_stored(connect: Connect) -> None:
    world = connect(X())
    world.sandbox.send(
        "POST", "/_sandbox/x/posts",
        {"username": "siti_bpn", "text": "@PoldaKaltim ini fotonya", "media": [{}, {}]},
    )  # fmt: skip
    world.hear()
    world.poll()
    assert media.work() == 2
    assert [row.content_type for row in MediaFile.objects.all()] == ["image/png"] * 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("surface", "form", "way"), WAYS)
def test_pictures_of_ours_arrive_where_the_way_takes_them(
    connect: Connect, settings: Settings, live_server: LiveServer, surface: Surface, form: str,
    way: str,
) -> None:  # fmt: skip
    settings.SITE_URL = live_server.url
    world = connect(surface)
    written = surface.write(world, form)
    world.hear()
    world.poll()
    item = Item.objects.get(messages__external_id=written.external_id)
    target = replies.newest_from_citizen(item)
    chosen = next(one for one in ways.ways(item, target) if one.key == way)
    held = claims.take(item=item, by=world.operator)
    newest = replies.last_stored(item)
    assert newest

    def submit(count: int) -> Any:
        images = [ContentFile(picture("PNG", (60 + n, 40)), name=f"{n}.png") for n in range(count)]
        return replies.submit(
            item=item, by=world.operator, fence=held.fence, text="Ini jadwalnya, Kak",
            seen=newest.pk, way=way, pictures=images,
        )  # fmt: skip

    with pytest.raises(replies.ReplyRefused, match="ambar"):
        submit(chosen.pictures + 1)
    if not chosen.pictures:
        return
    reply = submit(chosen.pictures)
    world.carry()
    reply.refresh_from_db()
    assert reply.state == "sent", Delivery.objects.get().problem
    world.hear()
    world.poll()
    ours = Message.objects.filter(direction="out")
    parts = chosen.pictures if surface.name in PICTURE_IS_A_MESSAGE else 0
    assert ours.count() == 1 + parts
    assert Delivery.objects.count() == 1 + parts  # each call is one, so that a crash loses none
    assert not ours.filter(native=True).exists()
    if surface.platform in READ_BACK and "mention in a" not in form:  # on somebody else's page
        told = [medium["kind"] for message in ours.all() for medium in message.media]
        assert told == ["image"] * chosen.pictures
