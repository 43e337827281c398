"""Before anything is written, the page says what can be sent, who reads it and until when."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from accounts import clock
from accounts.models import User
from inbox import claims, erasure
from inbox.models import Channel, Citizen, Item, ItemState, Message, Reply
from inbox.models_out import Delivery, DeliveryState, ReplyState
from tests.inbox.pages import Fields, form_on, url
from tests.media.world import Said, channel, come

pytestmark = pytest.mark.django_db
COMMENT = Said(kind="comment", address={"parent": "1_2", "post": "1"})
POST = Said(kind="post", address={"summoned": "1"}, link="https://x.com/w1/status/1")


@pytest.fixture
def facebook(db: None) -> Channel:
    return channel("facebook")


@pytest.fixture
def line(db: None) -> Channel:
    return channel("line", quota_limit=200, quota_used=153)


@pytest.fixture
def held(operator1: User) -> Callable[[Message], Item]:
    """`held(message)`: its item, held by operator1."""

    def take(message: Message) -> Item:
        claims.take(item=message.item, by=operator1)
        return message.item

    return take


def page(client: Client, item: Item) -> str:
    html = client.get(url("item", item)).content.decode()
    return re.sub(r"\s+", " ", html)


def composer(client: Client, item: Item) -> str:
    """What stands between the conversation and the notes."""
    html = page(client, item)
    return html[html.index('id="composer"') : html.index("side-tools")]


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_a_public_way_says_so(
    channel_x: Channel, held: Callable[[Message], Item], operator1_client: Client
) -> None:
    item = held(come(channel_x, POST))
    html = composer(operator1_client, item)
    assert "Balasan publik di X Terbaca orang lain." in words(html)
    assert 'class="ways public"' in html
    assert form_on(operator1_client, item, "reply")["way"] == "public"
    assert "Kirim" in html
    assert "Sudah dijawab di aplikasi" not in html  # X tells us of such answers


def test_several_ways_are_a_choice_and_go_with_the_form(
    facebook: Channel, held: Callable[[Message], Item], operator1_client: Client
) -> None:
    item = held(come(facebook, COMMENT))
    html = composer(operator1_client, item)
    assert re.findall(r'name="way" id="(way-\w+)"', html) == ["way-public", "way-private"]
    assert re.search(r'value="public"[^>]* checked', html)
    assert "Hanya terbaca warga ini. Bisa sampai" in words(html)
    fields = form_on(operator1_client, item, "reply") | {"way": "private"}
    refused = operator1_client.post(url("reply", item), fields | {"text": "a" * 2001})
    assert refused.status_code == 422
    assert re.search(r'value="private"[^>]* checked', refused.content.decode())
    assert operator1_client.post(url("reply", item), fields | {"text": "Ya"}).status_code == 302
    reply = Reply.objects.get()
    assert reply.way == "private"
    assert "Balasan pribadi di Facebook" in words(page(operator1_client, item))

    Reply.objects.update(state=ReplyState.SENT)
    Delivery.objects.update(state=DeliveryState.SENT)
    html = composer(operator1_client, item)
    assert re.search(r'value="private"[^>]* disabled', html)
    assert "hanya mengizinkan satu kali" in html
    again = operator1_client.post(url("reply", item), fields | {"text": "Lagi"})
    assert again.status_code == 422
    assert "satu kali" in again.content.decode()


def test_a_way_that_is_no_more_never_becomes_another_one(
    channel_x: Channel, held: Callable[[Message], Item], operator1_client: Client
) -> None:
    item = held(come(channel_x, POST))
    fields = form_on(operator1_client, item, "reply") | {"text": "NIK-nya 64…", "way": "private"}
    refused = operator1_client.post(url("reply", item), fields)
    assert refused.status_code == 422
    assert "sudah tidak ada" in refused.content.decode()
    assert not Reply.objects.exists()


def test_a_window_that_closes_soon_is_counted_down_and_closes(
    facebook: Channel, held: Callable[[Message], Item], operator1_client: Client,
    move_clock: Callable[[float], None],
) -> None:  # fmt: skip
    item = held(come(facebook, Said(minutes=23 * 60)))
    html = composer(operator1_client, item)
    assert "(tinggal 1 jam 0 menit)" in words(html).replace("( ", "(").replace(" )", ")")
    assert 'class="until soon"' in html
    assert 3590 <= int(html.split('data-closes="')[1].split('"')[0]) <= 3600
    whole = operator1_client.get(url("item", item)).content.decode()
    key = whole.split('name="k_composer" value="')[1].split('"')[0]
    fields = form_on(operator1_client, item, "reply") | {"text": "Halo Kak"}

    move_clock(3700)
    fresh = operator1_client.get(url("fresh", item), {"k_composer": key}).content.decode()
    assert "Tidak bisa dibalas dari sini." in fresh
    late = operator1_client.post(url("reply", item), fields)
    assert late.status_code == 422
    assert "Batas 24 jam sudah lewat" in late.content.decode()
    assert "Halo Kak" in late.content.decode()


def test_human_agents_have_seven_days(
    facebook: Channel, held: Callable[[Message], Item], operator1_client: Client
) -> None:
    Channel.objects.update(options={"human_agent": True})
    item = held(come(facebook, Said(minutes=3 * 24 * 60)))
    html = composer(operator1_client, item)
    assert re.search(r'value="human_agent"[^>]* checked', html)
    assert re.search(r'value="chat"[^>]* disabled', html)
    assert "sampai 7 hari" in html
    assert "tinggal 3 hari 23 jam" in words(html) or "tinggal 4 hari 0 jam" in words(html)


@pytest.mark.parametrize(
    ("platform", "said", "why"),
    [
        ("x", Said(kind="post", link="https://x.com/w1/status/1"), "menyebut akun kita"),
        ("facebook", Said(minutes=8 * 24 * 60), "Sudah lewat 7 hari"),
        ("instagram", Said(minutes=8 * 24 * 60), "Sudah lewat 7 hari"),
    ],
)
def test_all_closed_is_answered_by_hand_with_the_reason_on_top(
    platform: str, said: Said, why: str, held: Callable[[Message], Item], operator1_client: Client
) -> None:
    item = held(come(channel(platform), said))
    html = composer(operator1_client, item)
    assert "Tidak bisa dibalas dari sini." in html
    assert why in html
    assert "Salin teks" in html
    assert "Tandai sudah dijawab" in html
    assert ("Buka di aplikasi" in html) == bool(said.link)
    assert "Ctrl" not in html
    assert "halaman lacak:" not in html
    fields = form_on(operator1_client, item, "reply") | {"text": "Sudah kami cek", "by_hand": "1"}
    assert operator1_client.post(url("reply", item), fields).status_code == 302
    item.refresh_from_db()
    assert item.state == ItemState.ANSWERED
    assert not Delivery.objects.exists()


def test_a_ticket_is_hinted_at_where_nothing_can_be_sent(
    facebook: Channel, held: Callable[[Message], Item], operator1_client: Client
) -> None:
    item = held(come(facebook, Said(minutes=8 * 24 * 60)))
    Item.objects.update(state=ItemState.REFERRED)
    assert "membaca kabarnya di halaman lacak" in composer(operator1_client, item)


def test_line_shows_its_quota_and_takes_our_word_for_answers_in_the_app(
    line: Channel, held: Callable[[Message], Item], operator1_client: Client
) -> None:
    item = held(come(line, Said()))
    html = composer(operator1_client, item)
    assert "Sisa kuota kirim bulan ini 47 pesan." in html
    assert "Sudah dijawab di aplikasi" in html
    fields = form_on(operator1_client, item, "reply") | {"by_hand": "1"}
    assert operator1_client.post(url("reply", item), fields).status_code == 302
    item.refresh_from_db()
    assert item.state == ItemState.ANSWERED
    assert "(Dijawab di aplikasi LINE.)" in page(operator1_client, item)

    other = held(come(line, Said(person="w2")))
    Channel.objects.update(quota_used=200)
    html = composer(operator1_client, other)
    assert "Kuota kirim bulan ini sudah habis" in html
    assert "Tidak bisa dibalas dari sini." in html


def test_who_blocked_us_is_said(
    line: Channel, held: Callable[[Message], Item], operator1_client: Client
) -> None:
    item = held(come(line, Said()))
    Citizen.objects.update(blocked_at=clock.now())
    html = page(operator1_client, item)
    assert "Warga ini memblokir kita atau keluar dari LINE" in html
    assert "Tidak bisa dibalas dari sini." in html


def test_what_was_taken_back_or_hidden_is_marked(
    facebook: Channel, held: Callable[[Message], Item], operator1_client: Client
) -> None:
    first = come(facebook, Said(text="Yang pertama", minutes=30))
    second = come(facebook, Said(text="Yang kedua"))
    item = held(first)
    assert second.item == item
    Message.objects.filter(pk=first.pk).update(hidden=True)
    assert "disembunyikan di Facebook" in page(operator1_client, item)
    with transaction.atomic():
        erasure.erase_message(second, why="Dihapus oleh penulisnya")
    html = page(operator1_client, item)
    assert "Pesan ini dihapus. Dihapus oleh penulisnya" in words(html)
    assert "Pesan terbarunya sudah dihapus. Balasan akan menjawab pesan" in html
    assert "Pesan yang akan dijawab sedang disembunyikan di Facebook." in html
    with transaction.atomic():
        erasure.erase_message(Message.objects.get(pk=first.pk), why="Dihapus oleh penulisnya")
    html = composer(operator1_client, item)
    assert "Tidak ada pesan yang bisa dijawab." in html
    assert 'name="text"' not in html


def test_before_taking_one_line_says_how(facebook: Channel, operator1_client: Client) -> None:
    item = come(facebook, COMMENT).item
    assert "Bisa dibalas lewat: Balasan publik Balasan pribadi sampai" in words(
        composer(operator1_client, item)
    )
    closed = come(facebook, Said(minutes=8 * 24 * 60)).item
    assert "Hanya bisa dijawab dari aplikasinya:" in composer(operator1_client, closed)


def test_the_meter_measures_for_the_chosen_way(operator1_client: Client) -> None:
    for platform, way, said in [
        ("facebook", "public", "6 / 8.000"),
        ("facebook", "private", "6 / 2.000"),
        ("instagram", "private", "10 / 1.000"),  # bytes
        ("x", "chat", "6 / 10.000"),
        ("x", "public", "6 / 280"),
    ]:
        text = "ééééaa"
        answer = operator1_client.post(
            reverse("inbox:measure"), {"platform": platform, "way": way, "text": text}
        ).content.decode()
        numbers = words(answer).strip()
        assert numbers in (said, said.partition(" /")[0]), (platform, way, numbers)


def test_without_javascript_the_chosen_way_is_sent(
    facebook: Channel, held: Callable[[Message], Item], operator1_client: Client
) -> None:
    item = held(come(facebook, COMMENT))
    html = operator1_client.get(url("item", item)).content.decode()
    fields = Fields(html, url("reply", item)).values  # radios are the browser's: none is sent
    assert "way" not in fields
    assert operator1_client.post(url("reply", item), fields | {"text": "Ya"}).status_code == 302
    assert Reply.objects.get().way == "public"


def test_closing_words_follow_the_clock() -> None:
    from inbox.templatetags.windows import closing, left_words

    now = clock.now()
    assert [left_words(s) for s in (0, 59, 61, 3600, 3660, 86_400 * 2, 86_400 * 3 + 7200)] == [
        "0 menit", "1 menit", "2 menit", "1 jam 0 menit", "1 jam 1 menit", "2 hari 0 jam",
        "3 hari 2 jam",
    ]  # fmt: skip
    assert closing(None) == ""
    assert closing(now + timedelta(days=1)).startswith("besok ")
    assert re.fullmatch(r"\w{3} \d+ \w{3} \d\d\.\d\d", closing(now + timedelta(days=5)))
