"""The form for citizens: taken in once, kept apart from machines, answered on its page or by mail."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core import signing
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image
from pytest_django import Settings

from accounts import clock
from accounts.models import Office, User
from inbox import claims, outbox, replies, views_web, ways, webform
from inbox.connectors.base import Situation
from inbox.connectors.web import PARTS
from inbox.connectors.web.parse import parse
from inbox.forms_web import SALT, read_stamp, stamp
from inbox.models import Channel, Delivery, Item, ItemState, MediaFile, Message, RawEvent, Reply
from tests.inbox.pages import url
from tests.mail_server import USER, MailServer

pytestmark = pytest.mark.django_db
FORM = "/lapor/balikpapan/"
WORDS = "Lampu jalan di depan SD 3 mati sejak Senin."


@pytest.fixture(autouse=True)
def _clean(operator1: User, settings: Settings, tmp_path: Path) -> Iterator[None]:
    settings.MEDIA_ROOT = str(tmp_path)
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def channel(office: Office) -> Channel:
    return make_channel()


def make_channel(**keys: str) -> Channel:
    made = Channel(platform="web", external_id="balikpapan", handle="Lapor Balikpapan")
    made.credentials = {"title": "Lapor Pemkot Balikpapan"} | keys
    made.save()
    return made


def old_stamp() -> str:
    """Of a form opened a minute ago."""
    found = read_stamp(stamp())
    assert found
    return signing.dumps([found[0], clock.now().timestamp() - 60], salt=SALT)


def send(client: Client, **values: Any) -> Any:
    values = {"text": WORDS, "stamp": old_stamp()} | values
    return client.post(FORM, {k: v for k, v in values.items() if v is not None})


def photo(name: str = "foto.jpg") -> SimpleUploadedFile:
    data = BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "rahasia GPS"
    Image.new("RGB", (40, 30), "teal").save(data, "JPEG", exif=exif)
    return SimpleUploadedFile(name, data.getvalue(), "image/jpeg")


def code_in(answer: Any) -> str:
    return str(answer["Location"]).rstrip("/").rsplit("/", 1)[-1]


def test_a_report_becomes_one_item(client: Client, channel: Channel) -> None:
    assert client.get(FORM).status_code == 200
    answer = send(client, name="Ibu Ani", email="Ani@warga.test", place="Jl. Mawar")
    message = Message.objects.select_related("item__citizen", "item__channel").get()
    assert message.text == f"{WORDS}\n\nTempat: Jl. Mawar"
    assert message.item.channel == channel
    assert message.item.citizen.name == "Ibu Ani"
    assert message.item.state == ItemState.OPEN
    raw = RawEvent.objects.get()
    assert (raw.state, message.raw) == (RawEvent.State.PARSED, raw)
    code = code_in(answer)
    assert re.fullmatch(r"[A-Z0-9]{4}(-[A-Z0-9]{4}){2}", code)
    assert code.encode() not in bytes(raw.body)  # the code is stored nowhere
    assert code in client.get(answer["Location"]).content.decode()


def test_the_same_form_sent_twice_is_one_report_and_one_code(
    client: Client, channel: Channel
) -> None:
    same = old_stamp()
    first, second = (
        send(client, stamp=same, pictures=photo()),
        send(client, stamp=same, pictures=photo()),
    )
    assert first["Location"] == second["Location"]
    assert Message.objects.count() == MediaFile.objects.count() == 1


def test_pictures_come_along_without_what_they_betray(
    client: Client, operator1_client: Client, channel: Channel
) -> None:
    send(client, pictures=[photo("a.jpg"), photo("../b.jpg")])
    files = list(MediaFile.objects.order_by("position"))
    assert [(f.kind, f.state, f.content_type, f.width) for f in files] == [
        ("image", "stored", "image/jpeg", 40)
    ] * 2
    with files[0].file.open() as kept:
        assert b"rahasia" not in kept.read()
    assert len(Message.objects.get().media) == 2
    item = Item.objects.get()
    shown = reverse("inbox:media", args=[item.pk, files[0].pk])
    assert shown in operator1_client.get(url("item", item)).content.decode()
    assert b"".join(operator1_client.get(shown)).startswith(b"\xff\xd8")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"text": ""}, "Tulis dulu apa yang"),
        ({"text": "tolong"}, "Terlalu pendek"),
        ({"email": "bukan surel"}, "belum benar"),
        ({"pictures": [photo() for _ in range(4)]}, "Paling banyak 3 foto"),
        ({"pictures": SimpleUploadedFile("a.jpg", b"<svg>", "image/jpeg")}, "bukan gambar"),
        ({"stamp": "palsu"}, "sekali lagi"),
        ({"stamp": None}, "sekali lagi"),
    ],
)
def test_what_is_wrong_is_said_and_the_words_stay(
    client: Client, channel: Channel, values: dict[str, Any], said: str
) -> None:
    answer = send(client, **values)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert said in html
    assert values.get("text", WORDS) in html
    assert not RawEvent.objects.exists()


def test_a_form_filled_too_fast_is_sent_by_pressing_once_more(
    client: Client, channel: Channel, move_clock: Callable[[float], None]
) -> None:
    answer = send(client, stamp=stamp())
    assert answer.status_code == 422
    again = re.search(r'name="stamp" value="([^"]+)"', answer.content.decode())
    assert again
    move_clock(10)
    assert send(client, stamp=again[1]).status_code == 302


def test_the_trap_catches_quietly(client: Client, channel: Channel) -> None:
    assert send(client, website="https://spam.test").status_code == 302
    assert not RawEvent.objects.exists()


def test_too_many_from_one_address(
    client: Client, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views_web, "PER_ADDRESS", 2)
    assert [send(client).status_code for _ in range(3)] == [302, 302, 429]
    assert Message.objects.count() == 2


def test_too_many_for_one_form(
    client: Client, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views_web, "PER_FORM", 1)
    assert send(client).status_code == 302
    refused = send(client)
    assert refused.status_code == 429
    assert WORDS in refused.content.decode()  # nobody's words are thrown away


def test_what_fails_half_way_leaves_nothing(
    client: Client, channel: Channel, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken(*_args: object, **_named: object) -> None:
        raise OSError

    monkeypatch.setattr(webform, "_keep", broken)
    answer = send(client, pictures=photo())
    assert answer.status_code == 503
    assert not RawEvent.objects.exists()
    assert not Message.objects.exists()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_forms_that_are_not_connected_are_not_there(client: Client, channel: Channel) -> None:
    assert client.get("/lapor/lain/").status_code == 404
    Channel.objects.update(is_active=False)
    assert client.get(FORM).status_code == 404
    assert client.get("/lapor/").status_code == 404


# --- the answer -----------------------------------------------------------------------------------------


def answer(item: Item, by: User, *, way: str = "") -> Reply:
    held = claims.take(item=item, by=by)
    seen = replies.last_stored(item)
    assert seen
    reply = replies.submit(
        item=item, by=by, fence=held.fence, text="Sudah kami perbaiki.", seen=seen.pk, way=way
    )
    Delivery.objects.update(due_at=clock.now())
    outbox.send_due()
    reply.refresh_from_db()
    return reply


def test_the_answer_stands_on_the_citizens_page(
    client: Client, channel: Channel, operator1: User
) -> None:
    page = send(client)["Location"]
    item = Item.objects.get()
    found = ways.ways(item, item.messages.get())
    assert [(way.key, way.open, way.public) for way in found] == [("page", True, False)]
    assert "tidak meninggalkan" in found[0].note
    assert "Simpan kode ini" in client.get(page).content.decode()  # right after sending, once
    assert "Menunggu jawaban" in client.get(page).content.decode()
    assert answer(item, operator1).state == "sent"
    html = Client().get(page).content.decode()
    assert "Sudah dijawab" in html
    assert "Sudah kami perbaiki." in html
    assert "Rani" not in html  # nobody of the desk is named


def test_a_word_added_opens_the_item_again(
    client: Client, channel: Channel, operator1: User
) -> None:
    page = send(client)["Location"]
    item = Item.objects.get()
    answer(item, operator1)
    client.post(page, {"text": "Masih mati, Pak.", "stamp": old_stamp()})
    item.refresh_from_db()
    assert item.state == ItemState.OPEN
    assert item.messages.filter(direction="in").count() == 2
    assert code_in({"Location": page}) in client.get(page).content.decode()


def test_with_a_mail_server_the_answer_goes_by_mail_too(
    client: Client, office: Office, operator1: User
) -> None:
    with MailServer() as server:
        keys = server.keys(mail_from=USER)
        channel = make_channel(**{k: v for k, v in keys.items() if not k.startswith("imap")})
        assert channel.credentials["smtp_host"]
        page = send(client, email="ani@warga.test")["Location"]
        item = Item.objects.get()
        assert [way.key for way in ways.ways(item, item.messages.get())] == ["mail", "page"]
        assert answer(item, operator1).state == "sent"
        ((sender, recipient, raw),) = server.taken
        assert (sender, recipient) == (USER, "ani@warga.test")
        assert b"Sudah kami perbaiki." in raw
        assert "Sudah kami perbaiki." in Client().get(page).content.decode()


def test_an_address_without_a_mail_server_is_told(client: Client, channel: Channel) -> None:
    send(client, email="ani@warga.test")
    item = Item.objects.get()
    (way,) = ways.ways(item, item.messages.get())
    assert (way.key, "belum punya server" in way.note) == ("page", True)


def test_codes_are_found_however_they_are_typed_and_not_by_guessing(
    client: Client, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = code_in(send(client))
    typed = f" {code.replace('-', ' ').lower()} "
    found = client.get(reverse("web:find"), {"code": typed}, follow=True)
    assert WORDS in found.content.decode()
    monkeypatch.setattr(views_web, "GUESSES", 2)
    guesses = [client.get("/lapor/lihat/AAAA-BBBB-CCCC/").status_code for _ in range(3)]
    assert guesses == [404, 404, 429]
    assert (
        client.get(f"/lapor/lihat/{code}/").status_code == 429
    )  # guessing does not pay, either way


def test_an_erased_report_is_not_shown(client: Client, channel: Channel) -> None:
    page = send(client)["Location"]
    Message.objects.update(text="", erased_at=clock.now())
    html = client.get(page).content.decode()
    assert WORDS not in html
    assert "sudah dihapus" in html


def test_pages_have_no_script_and_name_privacy(client: Client, channel: Channel) -> None:
    html = client.get(FORM).content.decode()
    assert "<script" not in html
    assert 'href="/privasi/"' in html
    assert html.count("<label") == 6  # the five fields, and the trap


# --- the connector --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"kind":"lapor"}', b'{"kind":"lapor","id":"a","thread":"b","at":"x"}',
     b'{"kind":"lapor","id":"a","thread":"b","at":"2026-11-20T01:00:00"}', b"\xff", b"[" * 5000],
)  # fmt: skip
def test_what_is_no_report_is_a_problem(body: bytes) -> None:
    assert parse(body, "balikpapan", "form").problems


def test_odd_values_do_no_harm() -> None:
    body = (
        b'{"kind":"lapor","id":"a","thread":"b","at":"2026-11-20T01:00:00+08:00","name":5,"email":"a b@c",'
        b'"mails":1,"text":null,"place":[],"pictures":99}'
    )
    got = parse(body, "balikpapan", "form").messages[0]
    assert (got.text, got.address, got.media) == ("", {}, ())


def test_the_page_is_never_closed() -> None:
    now = datetime.now(UTC)
    (way,) = PARTS.ways(Situation("chat", {}, now, now, now, unreachable=True, quota_left=0))
    assert way.open
    assert PARTS.guarantee("page") == "key"
    assert PARTS.guarantee("mail") == "none"
