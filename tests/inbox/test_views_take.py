"""Taking in by hand: links, pictures; and the quarantine."""

import json
from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image
from pytest_django import Settings

from accounts import clock
from inbox import intake
from inbox.forms import clean_picture
from inbox.links import guess_from_link
from inbox.models import App, Channel, Item, ItemState, Lookup, RawEvent
from tests.inbox.pages import form_on, url

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("link", "platform", "author"),
    [
        ("https://x.com/warga_bpn/status/1234567890", "x", "warga_bpn"),
        ("https://mobile.twitter.com/a/status/1?s=20", "x", "a"),
        ("https://www.instagram.com/p/Cxyz/", "instagram", ""),
        ("https://www.instagram.com/anak.bpn/reel/Cx/", "instagram", "anak.bpn"),
        ("https://m.facebook.com/pemkot/posts/12", "facebook", "pemkot"),
        ("https://x.com.jahat.example/a/status/1", "", ""),
        ("bukan tautan", "", ""),
    ],
)
def test_guess_from_link(link: str, platform: str, author: str) -> None:
    assert guess_from_link(link) == (platform, author)


def _picture(kind: str = "JPEG", *, exif: bool = False) -> bytes:
    image = Image.new("RGB", (40, 30), "teal")
    data = BytesIO()
    details = Image.Exif()
    details[0x010E] = "rahasia GPS"
    image.save(data, kind, **({"exif": details} if exif else {}))
    return data.getvalue()


def test_by_hand_from_a_link_alone(operator1_client: Client, channel_x: Channel) -> None:
    link = "https://x.com/warga_bpn/status/1790000000000000001"
    answer = operator1_client.post(reverse("inbox:by_hand"), {"link": link})
    item = Item.objects.get()
    assert answer["Location"] == url("item", item)
    assert (item.citizen.handle, item.channel) == ("warga_bpn", channel_x)
    again = operator1_client.post(reverse("inbox:by_hand"), {"link": link})
    assert again["Location"] == url("item", item)


def test_by_hand_with_a_screenshot_is_answered_by_hand(
    operator1_client: Client,
    lantas_officer_client: Client,
    channel_by_hand: Channel,
    settings: Settings,
    tmp_path: Path,
) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    upload = SimpleUploadedFile("../jahat.jpg", _picture(exif=True), "image/jpeg")
    operator1_client.post(
        reverse("inbox:by_hand"),
        {"text": "Lampu mati", "author": "Ibu A", "channel": channel_by_hand.pk, "picture": upload},
    )
    item = Item.objects.get()
    message = item.messages.get()
    address = reverse("inbox:picture", args=[item.pk, message.pk])
    answer = operator1_client.get(address)
    body = answer.getvalue()
    assert answer["Content-Type"] == "image/jpeg"
    assert b"rahasia" not in body
    assert not dict(Image.open(BytesIO(body)).getexif())
    assert lantas_officer_client.get(address).status_code == 403

    operator1_client.post(url("take", item))
    page = operator1_client.get(url("item", item)).content.decode()
    assert "Tandai sudah dijawab" in page
    fields = form_on(operator1_client, item, "reply") | {"text": "Terima kasih", "by_hand": "1"}
    operator1_client.post(url("reply", item), fields)
    item.refresh_from_db()
    assert item.state == ItemState.ANSWERED
    assert "langsung dari aplikasi" in operator1_client.get(url("item", item)).content.decode()


def test_by_hand_refuses_what_is_no_picture_and_keeps_the_words(
    operator1_client: Client, channel_by_hand: Channel
) -> None:
    upload = SimpleUploadedFile("a.png", b"<svg onload=alert(1)>", "image/png")
    answer = operator1_client.post(
        reverse("inbox:by_hand"), {"text": "Kata-kata ini", "picture": upload}
    )
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "bukan gambar" in html
    assert "Kata-kata ini" in html
    assert not Item.objects.exists()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_pictures_are_made_anew(kind: str) -> None:
    fresh = clean_picture(SimpleUploadedFile("x", _picture(kind, exif=True)))
    image = Image.open(BytesIO(fresh.read()))
    assert image.format == kind
    assert image.size == (40, 30)
    assert not dict(image.getexif())


def test_quarantine_shows_the_body_and_tries_again(head_client: Client, channel_x: Channel) -> None:
    raw = RawEvent.objects.create(
        channel=channel_x, feed="mentions", body=b'{"data": [{"aneh": "<b>"}]}', digest="d",
        state=RawEvent.State.QUARANTINED, problem="bentuk tidak dikenal",
    )  # fmt: skip
    page = head_client.get(reverse("inbox:quarantine")).content.decode()
    assert "bentuk tidak dikenal" in page
    assert "aneh" in page
    assert "<b>&quot;" not in page
    answer = head_client.post(reverse("inbox:try_again", args=[raw.pk]), follow=True)
    assert "Masih belum terbaca" in answer.content.decode()


def test_quarantine_holds_a_body_for_an_account_that_is_not_connected_yet(
    head_client: Client, operator1_client: Client, channel_x: Channel
) -> None:
    """It is read again once the account is there: nothing is dropped for want of a channel."""
    app = App.objects.create(family="line", name="LINE")
    event = {
        "type": "message", "mode": "active", "timestamp": 1790933000123, "webhookEventId": "01J",
        "deliveryContext": {"isRedelivery": False}, "source": {"type": "user", "userId": "Uwarga"},
        "message": {"id": "5600", "type": "text", "text": "Halo", "quoteToken": "q"},
    }  # fmt: skip
    body = json.dumps({"destination": "Ukantor", "events": [event]}).encode()
    raw = intake.store_hook(app=app, body=body)
    assert raw
    assert intake.absorb_raw(raw_id=raw.pk) == 0
    assert (
        "Ukantor tidak terhubung" in head_client.get(reverse("inbox:quarantine")).content.decode()
    )
    assert operator1_client.get(reverse("inbox:quarantine")).status_code == 403
    again = reverse("inbox:try_again", args=[raw.pk])
    assert operator1_client.post(again).status_code == 403
    Channel.objects.create(platform="line", external_id="Ukantor", handle="@kantor", app=app)
    answer = head_client.post(again, follow=True)
    assert "1 pesan baru masuk" in answer.content.decode()
    assert Item.objects.get(channel__external_id="Ukantor").preview == "Halo"


def test_a_mention_that_may_not_be_seen_is_listed_and_asked_again(
    head_client: Client, channel_x: Channel
) -> None:
    lookup = Lookup.objects.create(
        channel=channel_x, kind="mention", key="17900000000000066", done_at=clock.now(),
        problem="Instagram tidak memperlihatkannya.",
    )  # fmt: skip
    page = head_client.get(reverse("inbox:quarantine")).content.decode()
    assert "Instagram tidak memperlihatkannya." in page
    head_client.post(reverse("inbox:ask_again", args=[lookup.pk]))
    lookup.refresh_from_db()
    assert (lookup.done_at, lookup.tries, lookup.problem) == (None, 0, "")
