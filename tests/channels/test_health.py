"""What the pages say of a channel's health, and of times in which it was not read (DESIGN §8)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import clock
from accounts.models import User
from inbox import health, intake, polling
from inbox.models import BlindPeriod, Channel, Feed, Message
from tests import cast
from tests.channels.conftest import MakeChannel
from tests.inbox.pages import queries_of

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def kind_of(channel: Channel) -> tuple[str, str]:
    found = health.line_of(Channel.objects.get(pk=channel.pk))
    return found.state.kind, found.state.text


@pytest.mark.parametrize(
    ("fields", "kind", "words"),
    [
        ({"is_active": False}, "done", "Diputus"),
        ({"sealed": b""}, "", "Dicatat dengan tangan"),
        ({"dead_since": timezone.now()}, "late", "Kunci akun ditolak"),
        ({"sealed": b"bukan segel"}, "late", "tidak dapat dibuka"),
        ({"subscribed": False}, "late", "berhenti mengirim"),
        ({"expires_at": timezone.now() + timedelta(days=3)}, "held", "3 hari lagi"),
        ({"missing": ["membaca pesan"]}, "held", "Izin kurang"),
        ({"quota_limit": 200, "quota_used": 190}, "held", "tinggal 10 pesan"),
        ({}, "held", "belum pernah terbaca"),
    ],
)
def test_one_line_says_what_matters_most(
    make_channel: MakeChannel, fields: dict[str, object], kind: str, words: str
) -> None:
    channel = make_channel("line", **fields)
    assert kind_of(channel)[0] == kind
    assert words in kind_of(channel)[1]


def test_a_channel_that_is_read_is_well(make_channel: MakeChannel) -> None:
    channel = make_channel("x")
    polling.sees_again(channel.feeds.get(name="mentions"))
    assert kind_of(channel) == ("mine", "Terbaca baru lalu") or kind_of(channel)[0] == "mine"


def test_a_token_that_renews_itself_is_not_about_to_end(make_channel: MakeChannel) -> None:
    soon = clock.now() + timedelta(hours=2)
    channel = make_channel("x", expires_at=soon)
    assert health.dies_at(channel) == soon
    channel.credentials = {"access_token": "a", "refresh_token": "b"}
    channel.save()
    assert health.dies_at(channel) is None


def _polled(channel: Channel, feed: str, post: cast.Post) -> Message:
    """A citizen's message that this feed brought."""
    raw = intake.store_raw(channel=channel, feed=feed, body=post.external_id.encode())
    message = cast.receive(channel, post)
    assert message
    Message.objects.filter(pk=message.pk).update(raw=raw)
    return message


def test_a_blind_period_tells_how_many_messages_were_caught_up(
    make_channel: MakeChannel, head_client: Client, move_clock: Callable[[float], None]
) -> None:
    channel = make_channel("x")
    for name in ("mentions", "own"):
        polling.sees_again(channel.feeds.get(name=name))
    began = clock.now()
    move_clock(3600)
    for name in ("mentions", "own"):
        polling.went_blind(channel.feeds.get(name=name), "X tidak menjawab")
    page = head_client.get(reverse("channels:list")).content.decode()
    assert "Tidak terbaca sejak" in page
    move_clock(2 * 3600)
    for name in ("mentions", "own"):
        polling.sees_again(channel.feeds.get(name=name))
    for number in range(3):
        when = began + timedelta(minutes=10 + number)
        _polled(channel, "mentions", cast.Post(external_id=f"{number}99", written_at=when))
    _polled(channel, "mentions", cast.Post(external_id="1", written_at=began - HOUR))
    (period,) = health.line_of(channel).periods
    assert period.what == "sebutan, linimasa sendiri"
    assert period.text == "sudah dikejar, 3 pesan"
    assert kind_of(channel)[0] == "mine"
    page = head_client.get(reverse("channels:list")).content.decode()
    assert "sudah dikejar, 3 pesan" in page


def test_what_cannot_be_read_back_is_said_until_somebody_looked(
    make_channel: MakeChannel, head: User, head_client: Client
) -> None:
    channel = make_channel("line")
    feed = channel.feeds.get(name="webhook")
    polling.went_blind(feed, "langganan terputus")
    polling.sees_again(feed, lost=True)
    BlindPeriod.objects.update(ended_at=clock.now() - timedelta(days=60))  # however long ago
    address = reverse("channels:channel", args=[channel.pk])
    page = head_client.get(address).content.decode()
    assert "LINE tidak menyediakan riwayat percakapan" in page
    assert kind_of(channel)[0] == "held"

    period = BlindPeriod.objects.get()
    seen = reverse("channels:seen", args=[period.pk])
    assert head_client.post(seen, {"next": "list"})["Location"] == reverse("channels:list")
    period.refresh_from_db()
    assert (period.seen_by, period.seen_at is not None) == (head, True)
    assert kind_of(channel)[1] != "Ada pesan yang mungkin terlewat: periksa di aplikasinya"
    again = period.seen_at
    head_client.post(seen)
    period.refresh_from_db()
    assert period.seen_at == again


def test_the_pages_ask_the_database_little_however_many_channels(
    make_channel: MakeChannel, head_client: Client
) -> None:
    make_channel("line")
    few = queries_of(head_client, reverse("channels:list"))
    for platform in ("x", "facebook", "instagram", "line"):
        for _number in range(3):
            channel = make_channel(platform)
            polling.went_blind(channel.feeds.get(name="webhook"), "gelap")
    assert queries_of(head_client, reverse("channels:list")) <= max(few, 12)


def test_quota_and_usage_are_shown(make_channel: MakeChannel, head_client: Client) -> None:
    make_channel("line", quota_limit=200, quota_used=150)
    page = head_client.get(reverse("channels:list")).content.decode()
    assert "sisa 50 dari 200" in page


def test_without_channels_the_page_leads_to_connecting(head_client: Client) -> None:
    page = head_client.get(reverse("channels:list")).content.decode()
    assert reverse("channels:new") in page
    assert "Belum ada kanal" in page


def test_feeds_that_need_words_have_them() -> None:
    from inbox.blindness import FEED_WORDS
    from inbox.connectors.registry import PLATFORMS

    assert {feed for parts in PLATFORMS.values() for feed in parts.feeds} <= set(FEED_WORDS)
    assert Feed._meta.get_field("name").max_length
