"""Taking in from the sandbox over HTTP, each message once (DESIGN §8; I4, I5)."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from accounts import clock
from accounts.models import Office, User
from inbox import by_hand, claims, intake, lookups, polling, replies
from inbox.models import Channel, Feed, Item, ItemState, Message, RawEvent
from tests.reports_doctor.world import page
from tests.sandbox_fixtures import connect_account
from tests.sandbox_process import Sandbox

pytestmark = pytest.mark.django_db

Read = Callable[[], int]


def test_a_mention_becomes_an_item_once(sandbox: Sandbox, connected: Channel, read: Read) -> None:
    sandbox.write("@PoldaKaltim lampu merah simpang mati min")

    assert [read(), read(), read()] == [1, 0, 0]

    item = Item.objects.get()
    assert item.state == ItemState.OPEN
    assert item.waiting_since
    assert item.preview == "@PoldaKaltim lampu merah simpang mati min"
    assert item.citizen.handle == "warga_satu"
    assert RawEvent.objects.filter(state="parsed").count() == 1


def test_raw_is_stored_before_it_is_read(sandbox: Sandbox, connected: Channel) -> None:
    sandbox.write("@PoldaKaltim halo")

    (raw_id,) = polling.poll(connected.feeds.get(name="mentions"))

    assert not Message.objects.exists()
    assert RawEvent.objects.get(pk=raw_id).state == "new"
    assert intake.absorb_raw(raw_id=raw_id) == 1
    assert intake.absorb_raw(raw_id=raw_id) == 0


def test_the_cursor_moves_only_after_the_page_is_stored(
    sandbox: Sandbox, connected: Channel, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.write("@PoldaKaltim satu")
    feed = connected.feeds.get(name="mentions")

    def crash(**_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(intake, "store_raw", crash)
        with pytest.raises(KeyboardInterrupt):
            polling.poll(feed)

    assert Feed.objects.get(pk=feed.pk).cursor == ""
    assert read() == 1
    assert Feed.objects.get(pk=feed.pk).cursor == Message.objects.get().external_id


def test_a_follow_up_in_the_conversation_joins_the_item(
    sandbox: Sandbox, connected: Channel, read: Read
) -> None:
    first = sandbox.write("@PoldaKaltim air mati")
    read()
    sandbox.write("@PoldaKaltim RT 12 min, sekampung", reply_to=first)
    sandbox.write("@PoldaKaltim saya juga!", username="warga_dua", reply_to=first)
    read()

    mine = Item.objects.get(citizen__handle="warga_satu")
    assert [m.text for m in mine.messages.order_by("pk")] == [
        "@PoldaKaltim air mati",
        "@PoldaKaltim RT 12 min, sekampung",
    ]
    assert Item.objects.count() == 2  # another citizen in the same thread is another item


def test_a_long_post_arrives_whole_and_an_edit_is_noticed(
    sandbox: Sandbox, connected: Channel, read: Read
) -> None:
    long_text = "@PoldaKaltim " + "jalan rusak " * 150
    post = sandbox.write(long_text.strip())
    read()
    assert Message.objects.get().text == long_text.strip()

    sandbox.send(
        "POST", f"/_sandbox/x/posts/{post}/edit", {"text": "@PoldaKaltim sudah diperbaiki"}
    )
    read()

    message = Message.objects.get()
    assert message.text == "@PoldaKaltim sudah diperbaiki"
    assert message.edited_at
    assert message.external_id == post != message.current_id


def test_a_post_that_names_two_of_our_channels_is_one_item(
    sandbox: Sandbox, connected: Channel, read: Read
) -> None:
    other = connect_account(sandbox, "SatlantasBpn")
    sandbox.write("@PoldaKaltim @SatlantasBpn ada tabrakan di km 5")
    read()

    item = Item.objects.get()
    assert {item.channel, *item.also_on.all()} == {connected, other}


def test_our_answer_that_names_another_of_our_accounts_is_no_new_item(
    sandbox: Sandbox, connected: Channel, read: Read
) -> None:
    connect_account(sandbox, "SatlantasBpn")
    post = sandbox.write("@PoldaKaltim @SatlantasBpn ada tabrakan di km 5")
    native = {"account": "PoldaKaltim", "text": "Petugas menuju lokasi", "reply_to": post}
    sandbox.send("POST", "/_sandbox/x/native", native)
    read()
    read()
    assert Item.objects.get().state == "answered"
    assert Message.objects.filter(direction="out").count() == 1


def test_a_quote_brings_the_quoted_words(sandbox: Sandbox, connected: Channel, read: Read) -> None:
    original = sandbox.write("Razia besar malam ini di Balikpapan", username="kabar_bpn")
    sandbox.write("@PoldaKaltim ini benar?", quote_of=original)
    read()
    message = Message.objects.get()
    assert message.quoted == "Razia besar malam ini di Balikpapan"
    assert message.text == "@PoldaKaltim ini benar?"


def test_older_than_the_beginning_comes_in_as_history(
    sandbox: Sandbox, connected: Channel, read: Read
) -> None:
    Channel.objects.update(begin_from=clock.now() + timedelta(minutes=5))
    sandbox.write("@PoldaKaltim lama")
    read()
    item = Item.objects.get()
    assert (item.state, item.close_reason, item.waiting_since) == ("closed", "history", None)


def test_writing_again_reopens_and_after_days_begins_anew(
    sandbox: Sandbox, connected: Channel, read: Read, operator1: User
) -> None:
    first = sandbox.write("@PoldaKaltim terima kasih")
    read()
    item = Item.objects.get()
    held = claims.take(item=item, by=operator1)
    replies.close(item=item, by=operator1, fence=held.fence, reason="thanks")
    second = sandbox.write("@PoldaKaltim eh satu lagi", reply_to=first)
    read()
    item.refresh_from_db()
    assert item.state == ItemState.OPEN

    held = claims.take(item=item, by=operator1)
    replies.close(item=item, by=operator1, fence=held.fence, reason="thanks")
    days = Office.current().new_episode_days
    Item.objects.update(settled_at=clock.now() - timedelta(days=days, hours=1))
    sandbox.write("@PoldaKaltim masalah lain", reply_to=second)
    read()
    assert sorted(Item.objects.values_list("episode", "state")) == [(1, "closed"), (2, "open")]


def test_an_unreadable_page_is_kept_in_quarantine(connected: Channel) -> None:
    raw = intake.store_raw(channel=connected, feed="mentions", body=b'{"data": [{"id": "1"}]}')
    assert raw
    assert intake.absorb_raw(raw_id=raw.pk) == 0
    raw.refresh_from_db()
    assert raw.state == "quarantined"
    assert "post 1" in raw.problem


def test_a_body_that_fails_as_a_whole_holds_nothing_up(
    connected: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Something nobody thought of goes wrong with the oldest body: it is set aside, the next is read."""
    first, second = page("Pertama", account="1"), page("Kedua", account="1")
    for body in (first, second):
        assert intake.store_raw(channel=connected, feed="mentions", body=body)
    asked: list[int] = []

    def want(**_: object) -> None:
        asked.append(1)
        if len(asked) == 1:
            raise ValueError("tak terduga")

    monkeypatch.setattr(lookups, "want", want)
    assert intake.absorb_waiting() == 1
    assert Message.objects.get().text.endswith("Kedua")
    states = RawEvent.objects.order_by("pk").values_list("state", "problem")
    assert list(states) == [("quarantined", "ValueError: tak terduga"), ("parsed", "")]


def test_a_feed_that_fails_says_since_when_and_sees_again(
    sandbox: Sandbox, connected: Channel, read: Read
) -> None:
    sandbox.fault("401", path=f"/2/users/{connected.external_id}/mentions", method="GET")
    feed = connected.feeds.get(name="mentions")
    polling.poll(feed)
    feed.refresh_from_db()
    assert feed.blind_since
    assert feed.last_error

    sandbox.write("@PoldaKaltim selagi buta")
    assert read() == 1
    feed.refresh_from_db()
    assert not feed.blind_since
    assert not feed.last_error


@pytest.mark.parametrize(
    "link", ["", "https://www.instagram.com/p/abc/", "https://x.com/warga/status/123"]
)
def test_taken_in_by_hand_once(operator1: User, connected: Channel, link: str) -> None:
    arguments = {
        "by": operator1,
        "channel": connected,
        "author": "warga",
        "text": "air mati",
        "link": link,
    }
    first = by_hand.take_in(**arguments)  # type: ignore[arg-type]
    assert by_hand.take_in(**arguments) == first  # type: ignore[arg-type]
    newest = replies.newest_from_citizen(first)
    assert newest
    assert newest.current_id == ("123" if "x.com" in link else "")
