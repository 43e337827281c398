"""“Catat pesan”: filled by itself, never twice, straight to the item; what a phone shares."""

import json
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image
from pytest_django import Settings

from accounts import clock
from accounts.models import User
from inbox import by_hand, claims
from inbox.models import Channel, Claim, Item, ItemState, Message
from tests import cast
from tests.inbox.pages import url

pytestmark = pytest.mark.django_db
LINK = "https://x.com/warga_bpn/status/1790000000000000001"
COPY = "Siti Aminah\n@siti_bpn\n·\n2j\nAir mati sejak pagi di Gunung Sari"


def post(client: Client, **values: object) -> object:
    return client.post(reverse("inbox:by_hand"), values)


def filled(client: Client, **values: str) -> str:
    answer = client.post(reverse("inbox:by_hand_fill"), values, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    return str(answer.content.decode())


def picture() -> SimpleUploadedFile:
    data = BytesIO()
    Image.new("RGB", (40, 30), "teal").save(data, "PNG")
    return SimpleUploadedFile("layar.png", data.getvalue(), "image/png")


def test_a_link_fills_author_and_channel(operator1_client: Client, channel_x: Channel) -> None:
    html = filled(operator1_client, link=LINK)
    assert 'value="warga_bpn"' in html
    assert f'value="{channel_x.pk}" selected' in html
    assert 'id="guessed"' in html
    assert 'id="words"' not in html  # the field somebody is about to write in stays


def test_a_copied_post_fills_everything(operator1_client: Client, channel_x: Channel) -> None:
    html = filled(operator1_client, text=COPY)
    assert 'value="siti_bpn"' in html
    assert 'value="2j"' in html
    assert ">\nAir mati sejak pagi di Gunung Sari</textarea>" in html


def test_what_somebody_typed_stays(operator1_client: Client, channel_x: Channel) -> None:
    html = filled(operator1_client, text=COPY, author="Ibu Siti", when="3 jam", channel="")
    assert 'value="Ibu Siti"' in html
    assert 'value="3 jam"' in html


def test_without_javascript_the_page_comes_back_filled(
    operator1_client: Client, channel_x: Channel
) -> None:
    answer = operator1_client.post(reverse("inbox:by_hand_fill"), {"text": COPY})
    html = answer.content.decode()
    assert 'value="siti_bpn"' in html
    assert "<html" in html
    assert not Item.objects.exists()


def test_the_same_link_shows_the_item_and_its_holder(
    operator1_client: Client, operator2: User, channel_x: Channel
) -> None:
    number = "1790000000000000009"
    message = cast.receive(channel_x, cast.Post(external_id=number))  # came by itself
    assert message
    claims.take(item=message.item, by=operator2)
    for link in (
        f"https://mobile.twitter.com/a/status/{number}?s=20",
        f"https://x.com/i/status/{number}",
    ):
        html = filled(operator1_client, link=link)
        assert "Pesan ini sudah ada" in html
        assert "Bagus Setiawan sedang menjawab" in html
        assert url("item", message.item) in html
        answer = post(operator1_client, link=link, channel=channel_x.pk)
        assert answer["Location"] == url("item", message.item)  # type: ignore[index]
    assert Message.objects.count() == 1


def test_a_restricted_item_is_not_given_away(operator1_client: Client, channel_x: Channel) -> None:
    message = cast.receive(channel_x, cast.Post(external_id="1790000000000000009"))
    assert message
    Item.objects.update(restricted=True)
    link = "https://x.com/a/status/1790000000000000009"
    html = filled(operator1_client, link=link)
    assert url("item", message.item) not in html
    assert "petugas tertentu" in html
    answer = post(operator1_client, link=link)
    assert answer["Location"] == reverse("inbox:list")  # type: ignore[index]


def test_the_same_words_warn_once_and_are_not_refused(
    operator1_client: Client, channel_by_hand: Channel
) -> None:
    values = {"text": "Lampu mati lagi", "author": "Ibu A", "channel": channel_by_hand.pk}
    post(operator1_client, **values)
    first = Item.objects.get()
    html = filled(operator1_client, text="Lampu  mati lagi", author="@ibu a")
    assert "kata-kata yang sama" in html
    warned = post(operator1_client, **values)
    assert warned.status_code == 409  # type: ignore[attr-defined]
    assert url("item", first) in warned.content.decode()  # type: ignore[attr-defined]
    post(operator1_client, **values, twin=first.pk)
    assert Item.objects.count() == 2
    late = Item.objects.order_by("pk").last()
    assert late
    Item.objects.update(last_in_at=clock.now() - timedelta(days=by_hand.TWIN_DAYS, minutes=1))
    assert "kata-kata yang sama" not in filled(
        operator1_client, text="Lampu mati lagi", author="Ibu A"
    )


def test_the_same_form_sent_twice_is_one_message(
    operator1_client: Client, channel_by_hand: Channel
) -> None:
    once = "6f1c2f2e-8f7e-4a39-9a3a-1b1df2e6a111"
    values = {"text": "Lampu mati", "author": "Ibu A", "channel": channel_by_hand.pk, "once": once}
    post(operator1_client, **values)
    item = Item.objects.get()
    post(operator1_client, **values, twin=item.pk)
    assert Message.objects.count() == 1


def test_record_and_answer_takes_the_item(
    operator1_client: Client, operator1: User, channel_x: Channel
) -> None:
    answer = post(operator1_client, link=LINK, then="take")
    item = Item.objects.get()
    assert answer["Location"] == url("item", item)  # type: ignore[index]
    assert Claim.objects.get(item=item, ended_at=None).holder == operator1


def test_record_only_leaves_it_free(operator1_client: Client, channel_x: Channel) -> None:
    post(operator1_client, link=LINK)
    assert not Claim.objects.exists()


def test_when_it_was_written(operator1_client: Client, channel_x: Channel) -> None:
    channel_x.begin_from = clock.now()
    channel_x.save()
    post(operator1_client, text="Lampu mati", when="2 jam")
    message = Message.objects.select_related("item").get()
    assert abs(clock.now() - timedelta(hours=2) - message.written_at) < timedelta(minutes=1)
    assert (
        message.item.state == ItemState.OPEN
    )  # older than the channel, yet somebody wants it answered


def test_a_whole_copy_saved_at_once_is_taken_apart(
    operator1_client: Client, channel_x: Channel
) -> None:
    post(operator1_client, text=COPY)
    message = Message.objects.select_related("item__citizen").get()
    assert message.text == "Air mati sejak pagi di Gunung Sari"
    assert message.item.citizen.handle == "siti_bpn"


@pytest.mark.parametrize(
    ("when", "said"),
    [("3h", "hari, jam"), ("besok", "tidak terbaca"), ("2031-01-01", "belum tiba")],
)
def test_a_time_that_cannot_be(
    operator1_client: Client, channel_x: Channel, when: str, said: str
) -> None:
    answer = post(operator1_client, text="Lampu mati", when=when)
    assert answer.status_code == 422  # type: ignore[attr-defined]
    assert said in answer.content.decode()  # type: ignore[attr-defined]
    assert not Item.objects.exists()


# --- what a phone shares --------------------------------------------------------------------------------


def share(client: Client, **values: object) -> object:
    """As the phone does: no token of ours, with checks on, no origin."""
    return client.post(reverse("inbox:by_hand_share"), values, headers={"Sec-Fetch-Site": "none"})


def checking(user: User) -> Client:
    client = Client(enforce_csrf_checks=True)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_sharing_fills_the_form_and_stores_nothing(operator1: User, channel_x: Channel) -> None:
    client = checking(operator1)
    answer = share(client, title="Budi di X", text=f"Lihat ini {LINK}", url="")
    html = answer.content.decode()  # type: ignore[attr-defined]
    assert f'value="{LINK}"' in html
    assert 'value="warga_bpn"' in html
    assert not Item.objects.exists()
    assert (
        client.post(reverse("inbox:by_hand"), {"link": LINK}).status_code == 403
    )  # saving needs a token


def test_a_shared_picture_waits_for_its_form(
    operator1: User,
    operator1_client: Client,
    channel_x: Channel,
    settings: Settings,
    tmp_path: Path,
) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    html = share(operator1_client, text="", picture=picture()).content.decode()  # type: ignore[attr-defined]
    token = html.split('name="shared" value="')[1].split('"')[0]
    shown = operator1_client.get(reverse("inbox:by_hand_shared"), {"k": token})
    assert shown["Content-Type"] == "image/png"
    post(operator1_client, shared=token, author="Ibu A", channel=channel_x.pk)
    assert Message.objects.get().picture
    again = post(operator1_client, shared=token, author="Ibu A", channel=channel_x.pk)
    assert again.status_code == 422  # type: ignore[attr-defined]
    assert "Pilih sekali lagi" in again.content.decode()  # type: ignore[attr-defined]


def test_a_shared_picture_is_its_operators_own(
    operator1_client: Client, operator2_client: Client, channel_x: Channel
) -> None:
    html = share(operator1_client, picture=picture()).content.decode()  # type: ignore[attr-defined]
    token = html.split('name="shared" value="')[1].split('"')[0]
    assert operator2_client.get(reverse("inbox:by_hand_shared"), {"k": token}).status_code == 404


def test_pages_of_others_cannot_share(operator1_client: Client) -> None:
    answer = operator1_client.post(
        reverse("inbox:by_hand_share"), {"text": "x"}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status_code == 403


def test_strangers_log_in_first(client: Client, operator1: User) -> None:
    answer = share(client, text="x")
    assert answer.status_code == 302  # type: ignore[attr-defined]
    assert answer["Location"].startswith(reverse("account_login"))  # type: ignore[index]


def test_a_picture_survives_a_form_that_was_incomplete(
    operator1_client: Client,
    channel_x: Channel,
    channel_by_hand: Channel,
    settings: Settings,
    tmp_path: Path,
) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    answer = post(operator1_client, text="Lampu", picture=picture())  # two channels: which?
    html = answer.content.decode()  # type: ignore[attr-defined]
    token = html.split('name="shared" value="')[1].split('"')[0]
    post(operator1_client, text="Lampu", shared=token, channel=channel_by_hand.pk)
    assert Message.objects.get().picture


def test_the_manifest_names_the_view_and_its_fields() -> None:
    manifest = json.loads((Path(__file__).parents[2] / "static/manifest.webmanifest").read_text())
    target = manifest["share_target"]
    assert target["action"] == reverse("inbox:by_hand_share")
    assert (target["method"], target["enctype"]) == ("POST", "multipart/form-data")
    params = target["params"]
    assert [params[name] for name in ("title", "text", "url")] == ["title", "text", "url"]
    assert params["files"][0]["name"] == "picture"
