"""Pictures with an answer: checked, made fit, held to what the way takes, and not lost when it comes back."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from accounts import clock
from accounts.models import User
from inbox import claims, outbox, outgoing
from inbox.connectors.base import Outcome, SendResult
from inbox.models import Channel, Item, Message, Reply, ReplyPicture
from inbox.models_out import Delivery
from inbox.pictures import BYTES, SIDE, for_sending
from tests.inbox.pages import form_on, url
from tests.media.conftest import picture
from tests.media.world import Said, channel, come

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media_root")]


@pytest.fixture
def mine(channel_x: Channel, operator1: User) -> Item:
    message = come(channel_x, Said(kind="post", address={"summoned": "1"}))
    claims.take(item=message.item, by=operator1)
    return message.item


def upload(name: str = "a.jpg", body: bytes = b"") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, body or picture(), "image/jpeg")


def send(client: Client, item: Item, *uploads: SimpleUploadedFile, **more: object) -> int:
    fields = form_on(client, item, "reply") | {"text": "Ini fotonya"} | more
    return client.post(url("reply", item), fields | {"pictures": list(uploads)}).status_code


def test_they_go_with_the_reply_in_order_without_their_particulars(
    mine: Item, operator1_client: Client, media_root: Path
) -> None:
    details = Image.Exif()
    details[0x010E] = "rahasia GPS"
    assert send(
        operator1_client, mine, upload(body=picture(exif=details)),
        upload("b.png", picture("PNG", (30, 20))), upload("c.webp", picture("WEBP", (40, 20))),
    ) == 302  # fmt: skip
    rows = list(ReplyPicture.objects.all())
    assert [row.content_type for row in rows] == ["image/jpeg", "image/png", "image/jpeg"]
    out = outgoing.of(Delivery.objects.get())
    assert [Image.open(io.BytesIO(one.data)).size for one in out.pictures] == [
        (900, 600), (30, 20), (40, 20),
    ]  # fmt: skip
    assert b"rahasia" not in out.pictures[0].data
    assert all("/keluar/" in one.url for one in out.pictures)
    page = operator1_client.get(url("item", mine)).content.decode()
    assert page.count("/terkirim/") == 6  # each shown, and leading to itself
    assert len(list(media_root.rglob("*.*"))) == 3


def test_a_picture_alone_is_an_answer(mine: Item, operator1_client: Client) -> None:
    assert send(operator1_client, mine, upload(), text="") == 302
    assert ReplyPicture.objects.count() == 1


@pytest.mark.parametrize(
    ("uploads", "said"),
    [
        ([("a.png", b"<svg onload=alert(1)>")], "bukan gambar"),
        ([("a.png", b"GIF89a" + b"\0" * 40)], "bukan gambar"),
        ([(f"{n}.jpg", b"") for n in range(5)], "Paling banyak 4 gambar"),
        ([(f"{n}.jpg", b"") for n in range(11)], "Paling banyak 10 gambar"),
        ([("a.jpg", b"x" * (9 * 1024 * 1024))], "8 MB"),
    ],
)
def test_refused_with_the_text_kept_and_pictures_to_be_chosen_again(
    mine: Item, operator1_client: Client, uploads: list[tuple[str, bytes]], said: str
) -> None:
    fields = form_on(operator1_client, mine, "reply") | {"text": "Ini fotonya"}
    files = {"pictures": [upload(*one) for one in uploads]}
    answer = operator1_client.post(url("reply", mine), fields | files)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert said in html
    assert "Ini fotonya" in html
    assert "Gambarnya perlu dipilih lagi." in html
    assert not Reply.objects.exists()


def test_a_way_without_pictures_takes_none(operator1: User, operator1_client: Client) -> None:
    page = channel("facebook")
    item = come(page, Said(kind="comment", address={"parent": "1", "post": "2"})).item
    claims.take(item=item, by=operator1)
    assert send(operator1_client, item, upload(), way="private") == 422
    assert send(operator1_client, item, upload(), way="public") == 302


def test_marked_as_answered_in_the_app_sends_no_picture(
    mine: Item, operator1_client: Client
) -> None:
    assert send(operator1_client, mine, upload(), by_hand="1") == 302
    assert not ReplyPicture.objects.exists()


def test_withdrawn_they_are_offered_again(
    mine: Item, operator1: User, operator1_client: Client, operator2: User, channel_x: Channel
) -> None:
    assert send(operator1_client, mine, upload()) == 302
    undo = form_on(operator1_client, mine, "withdraw")
    operator1_client.post(url("withdraw", mine), undo)
    row = ReplyPicture.objects.get()
    page = operator1_client.get(url("item", mine)).content.decode()
    assert f'name="again" value="{row.pk}" checked' in page

    other = come(channel_x, Said(kind="post", person="w2", address={"summoned": "1"})).item
    claims.take(item=other, by=operator1)
    assert send(operator1_client, other, again=str(row.pk)) == 302  # of another item: not taken
    assert send(operator1_client, mine, upload("b.jpg"), again=["x", str(row.pk)]) == 302
    newest = Reply.objects.filter(item=mine).latest("pk")
    assert newest.pictures.count() == 2
    assert Reply.objects.get(item=other).pictures.count() == 0


def test_after_sending_they_stand_with_our_message(
    mine: Item, operator1_client: Client, move_clock: Callable[[float], None]
) -> None:
    assert send(operator1_client, mine, upload()) == 302
    Delivery.objects.update(due_at=clock.now())
    delivery = outbox.begin()
    assert delivery
    assert outbox.finish(delivery, SendResult(Outcome.SENT, remote_id="991"))
    page = operator1_client.get(url("item", mine)).content.decode()
    ours = Message.objects.get(direction="out")
    shown = page[page.index(f'data-message="{ours.pk}"') :]
    assert "Gambar dari kami" in shown[: shown.index("</article>")]


def test_made_fit_for_every_platform() -> None:
    noise = Image.effect_noise((2400, 1800), 90).convert("RGB")
    for kind, ending in (("JPEG", "jpg"), ("PNG", "png"), ("WEBP", "webp")):
        made = io.BytesIO()
        noise.save(made, kind)
        fit = for_sending(ContentFile(made.getvalue(), name=f"a.{ending}"))
        image = Image.open(fit)
        assert fit.size <= BYTES * 1.3, kind
        assert max(image.size) <= SIDE
        assert (image.format, str(fit.name).rpartition(".")[2]) == ("JPEG", "jpg")
    clear = io.BytesIO()
    Image.new("RGBA", (50, 50), (255, 0, 0, 0)).save(clear, "WEBP")
    fit = for_sending(ContentFile(clear.getvalue(), name="a.webp"))
    assert Image.open(fit).format == "PNG"
    same = ContentFile(picture("PNG", (30, 20)), name="a.png")
    assert for_sending(same).read() == picture("PNG", (30, 20))
