"""Files are served to whoever may see their item, in parts where asked, and never as something that acts."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.core.files.base import ContentFile
from django.db import transaction
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import Office, User
from inbox import claims, erasure, media, outgoing, replies, views_media
from inbox.connectors.base import Media
from inbox.models import Channel, Item, MediaFile, ReplyPicture
from tests.inbox.pages import queries_of, url
from tests.media.conftest import Files, picture
from tests.media.world import Said, come

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_storage(media_root: Path, files: Files, settings: Settings) -> None:
    settings.API_BASES = {"x": files.url}


@pytest.fixture
def shown(channel_x: Channel, files: Files) -> MediaFile:
    """A stored picture of an item that waits."""
    return stored(channel_x, files, picture(), "image")


def stored(channel: Channel, files: Files, body: bytes, kind: str, alt: str = "") -> MediaFile:
    told = Media(kind, url=files.give(f"/{len(files.pages)}", body), alt=alt)
    said = Said(kind="post", media=(told,), address={"summoned": "1"})
    message = come(channel, said)
    media.work()
    row = MediaFile.objects.get(message=message)
    assert row.state == "stored", row.problem
    return row


def address(row: MediaFile, name: str = "media") -> str:
    return reverse(f"inbox:{name}", args=[row.message.item_id, row.pk])


def body_of(client: Client, where: str, **headers: str) -> bytes:
    response = client.get(where, headers=headers)
    assert response.status_code in (200, 206), response.status_code
    return response.getvalue()


def test_to_whoever_may_see_the_item(
    shown: MediaFile, operator1_client: Client, head_client: Client, lantas_officer_client: Client,
    other_desk_operator_client: Client, client: Client, office: Office,
) -> None:  # fmt: skip
    both = [address(shown), address(shown, "media_small")]
    assert body_of(operator1_client, both[0]) == picture()
    assert body_of(operator1_client, both[1])[8:12] == b"WEBP"
    office.all_see_all = False
    office.save()
    for where in both:
        assert lantas_officer_client.get(where).status_code == 403
        assert "login" in client.get(where)["Location"]
        assert other_desk_operator_client.get(where).status_code == 404
        assert operator1_client.post(where).status_code == 405
    Item.objects.update(restricted=True)
    for where in both:
        assert operator1_client.get(where).status_code == 404
        assert body_of(head_client, where)


def test_not_through_another_item_and_not_once_it_is_erased(
    shown: MediaFile, operator1_client: Client, item: Item
) -> None:
    other = reverse("inbox:media", args=[item.pk, shown.pk])
    assert operator1_client.get(other).status_code == 404
    with transaction.atomic():
        erasure.erase_message(shown.message, why="dihapus penulisnya")
    assert operator1_client.get(address(shown)).status_code == 404
    page = operator1_client.get(url("item", shown.message.item)).content.decode()
    assert "dihapus penulisnya" in page
    assert f"/berkas/{shown.pk}/" not in page


def test_it_cannot_act_in_the_browser(
    channel_x: Channel, files: Files, operator1_client: Client, shown: MediaFile
) -> None:
    seen = operator1_client.get(address(shown))
    assert seen["X-Content-Type-Options"] == "nosniff"
    assert seen["Content-Type"] == "image/jpeg"
    assert seen["Cache-Control"].startswith("private")
    assert "Content-Disposition" not in seen or "attachment" not in seen["Content-Disposition"]
    assert seen.getvalue()
    page = b"Halo <script>alert(1)</script>"
    text = stored(channel_x, files, page, "file", alt="../undangan\r\n.html")
    kept = operator1_client.get(address(text))
    assert kept["Content-Type"] == "text/plain"
    assert kept["Content-Disposition"].startswith("attachment")
    assert kept["Content-Disposition"].endswith('.html.txt"')
    assert "/" not in kept["Content-Disposition"]
    assert kept.getvalue() == page


@pytest.mark.parametrize(
    ("asked", "status", "first", "last"),
    [
        ("bytes=0-1", 206, 0, 1), ("bytes=5-", 206, 5, 99), ("bytes=-10", 206, 90, 99),
        ("bytes=0-999", 206, 0, 99), ("bytes=99-99", 206, 99, 99), ("bytes=-999", 206, 0, 99),
        ("bytes=100-", 416, 0, 0), ("bytes=5-2", 416, 0, 0), ("bytes=-0", 416, 0, 0),
        ("bytes=0-1,5-6", 200, 0, 99), ("bytes=-", 200, 0, 99), ("potong=0-1", 200, 0, 99),
    ],
)  # fmt: skip
def test_parts_for_players(
    channel_x: Channel, files: Files, operator1_client: Client, asked: str, status: int, first: int,
    last: int,
) -> None:  # fmt: skip
    film = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(range(76))
    row = stored(channel_x, files, film, "video")
    answer = operator1_client.get(address(row), headers={"Range": asked})
    assert answer.status_code == status
    assert answer["Accept-Ranges" if status != 416 else "Content-Range"]
    if status == 416:
        assert answer["Content-Range"] == "bytes */100"
        return
    assert answer.getvalue() == film[first : last + 1]
    assert answer["Content-Length"] == str(last - first + 1)
    if status == 206:
        assert answer["Content-Range"] == f"bytes {first}-{last}/100"


def test_a_long_film_comes_in_pieces(
    channel_x: Channel, files: Files, operator1_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views_media, "PART", 40)
    film = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(range(76))
    row = stored(channel_x, files, film, "video")
    answer = operator1_client.get(address(row), headers={"Range": "bytes=0-"})
    assert answer["Content-Range"] == "bytes 0-39/100"
    assert answer.getvalue() == film[:40]


def test_the_page_shows_each_kind_and_asks_no_more_for_more(
    channel_x: Channel, files: Files, operator1: User, operator1_client: Client
) -> None:
    def message(*told: Media) -> Item:
        said = Said(kind="post", thread="satu", media=told, address={"summoned": "1"})
        return come(channel_x, said).item

    item = message(Media("image", url=files.give("/i", picture()), alt="Lubang di jalan"))
    media.work()
    claims.take(item=item, by=operator1)
    few = queries_of(operator1_client, url("item", item))
    film = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"\0" * 80
    message(
        Media("video", url=files.give("/v", film)),
        Media("file", url=files.give("/f", b"%PDF-1.4\nisi"), alt="Surat tanah.pdf"),
        Media("image", url=files.url + "/gone"),
        Media("image", url="http://10.0.0.1/x"),
        Media("location", alt="Klandasan Ilir"),
        Media("sticker", alt="halo"),
        Media("story", url="https://ig.example/1", alt="menyebut kita di story", keep=False),
    )
    for number in range(5):
        message(Media("image", url=files.give(f"/{number}", picture())))
    media.work()
    message(Media("audio", fetch_id="9"))
    page = operator1_client.get(url("item", item)).content.decode()
    for words in (
        'alt="Lubang di jalan"', "<video", 'preload="none"', "Surat tanah.pdf",
        "Sudah tidak ada di alamatnya.", "Alamatnya ada di jaringan dalam.", "Lokasi:",
        "Klandasan Ilir", "Stiker: halo", "menyebut kita di story", "tidak boleh disimpan",
        "Pesan suara sedang diambil…", 'width="900" height="600"',
    ):  # fmt: skip
        assert words in page, words
    assert page.count("data-large") == 6
    assert queries_of(operator1_client, url("item", item)) == few


def test_fresh_brings_a_file_when_it_has_come(
    channel_x: Channel, files: Files, operator1_client: Client
) -> None:
    told = Media("image", url=files.give("/i", picture()))
    item = come(channel_x, Said(kind="post", media=(told,))).item
    page = operator1_client.get(url("item", item)).content.decode()
    assert "Gambar sedang diambil…" in page
    keys = {
        part: page.split(f'name="{part}" value="')[1].split('"')[0]
        for part in ("k_claim", "k_talk", "k_composer")
    }
    assert operator1_client.get(url("fresh", item), keys).status_code == 204
    media.work()
    fresh = operator1_client.get(url("fresh", item), keys).content.decode()
    assert "data-large" in fresh
    assert 'id="composer"' not in fresh


def test_our_pictures_for_the_platform_and_for_us(
    channel_x: Channel, operator1: User, operator1_client: Client, client: Client, item: Item,
    lantas_officer_client: Client,
) -> None:  # fmt: skip
    held = claims.take(item=item, by=operator1)
    sent = ContentFile(picture("PNG"), name="a.png")
    reply = replies.submit(
        item=item, by=operator1, fence=held.fence, text="Ini jadwalnya", pictures=[sent],
        seen=item.messages.get().pk,
    )  # fmt: skip
    row = ReplyPicture.objects.get(reply=reply)
    path = urlsplit(outgoing.public_address(row)).path
    answer = client.get(path)  # nobody logged in: the platform
    assert answer.getvalue() == picture("PNG")
    assert answer["Content-Type"] == "image/png"
    assert "max-age" in answer["Cache-Control"]
    for wrong in (path[:-4] + "xxx/", reverse("inbox:outgoing_picture", args=[str(row.pk)])):
        assert client.get(wrong).status_code == 404
    ours = reverse("inbox:sent_picture", args=[item.pk, row.pk])
    assert operator1_client.get(ours).getvalue() == picture("PNG")
    assert lantas_officer_client.get(ours).status_code == 403
    assert "login" in client.get(ours)["Location"]
    other = come(channel_x, Said(kind="post")).item
    assert operator1_client.get(
        reverse("inbox:sent_picture", args=[other.pk, row.pk])
    ).status_code == 404  # fmt: skip
    assert ours in operator1_client.get(url("item", item)).content.decode()
