"""The stale stop on the screens: whoever answers, lets go or closes has seen what stands there (DESIGN §6)."""

from datetime import timedelta

import pytest
from django.test import Client

from accounts import clock
from accounts.models import User
from inbox import claims, erasure, outbox, replies
from inbox.models import Channel, Item, ItemState, Message, Reply
from inbox.models_out import Delivery, ReplyState
from tests import cast
from tests.inbox.pages import Fields, form_on, url

NEWER = "Warga menulis lagi sejak Anda membaca."
CHANGED = "Warga mengubah atau menghapus pesannya sejak Anda membaca."
NATIVE = "Sudah dijawab langsung dari aplikasi sejak Anda membaca."


@pytest.fixture
def item(make_item: cast.MakeItem) -> Item:
    return make_item(thread="satu")


def answer_in_the_app(item: Item, text: str = "Sudah kami jawab, Kak") -> Message:
    target = replies.newest_from_citizen(item)
    assert target
    post = cast.Post(text=text, thread="satu", own=True, replies_to=target.current_id)
    found = cast.receive(item.channel, post)
    assert found
    assert found.native
    return found


def edit(item: Item) -> None:
    item.messages.update(text="BATAL, jangan diproses", edited_at=clock.now())


def erase(item: Item) -> None:
    # an earlier one, so that there is still something to answer
    erasure.erase_message(item.messages.earliest("pk"), why="Dihapus oleh penulisnya.")


def leave_now() -> Delivery | None:
    Delivery.objects.update(due_at=clock.now() - timedelta(seconds=1))
    return outbox.begin()


@pytest.mark.parametrize(
    ("change", "words", "shown"),
    [
        (answer_in_the_app, NATIVE, "Sudah kami jawab, Kak"),
        (edit, CHANGED, "BATAL, jangan diproses"),
        (erase, CHANGED, "Pesan ini dihapus."),
    ],
)
def test_what_came_between_page_and_sending_stops_the_reply_once(
    item: Item, make_item: cast.MakeItem, operator1_client: Client, change: object, words: str,
    shown: str,
) -> None:  # fmt: skip
    make_item(thread="satu", text="dan satu lagi, min")
    operator1_client.post(url("take", item))
    fields = form_on(operator1_client, item, "reply") | {"text": "Baik, kami proses"}
    assert callable(change)
    change(item)
    refused = operator1_client.post(url("reply", item), fields)
    page = refused.content.decode()
    assert refused.status_code == 409
    assert words in page
    assert page.count(shown) >= 2  # in the conversation, and where the person looks
    assert not Reply.objects.exists()
    again = Fields(page, url("reply", item)).values
    assert again["text"] == "Baik, kami proses"
    assert operator1_client.post(url("reply", item), again).status_code == 302
    assert leave_now()


@pytest.mark.parametrize(
    "told", ["", "besok", "2026-01-01", "9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+14:00"]
)
def test_a_page_that_does_not_say_when_has_seen_all_until_now(
    item: Item, operator1_client: Client, told: str
) -> None:
    operator1_client.post(url("take", item))
    edit(item)
    fields = form_on(operator1_client, item, "reply") | {"text": "Halo Kak", "seen_at": told}
    assert operator1_client.post(url("reply", item), fields).status_code == 302
    since = clock.now() - Reply.objects.get().seen_at
    assert timedelta(0) <= since < timedelta(minutes=1)


def test_an_edit_that_was_under_way_while_the_page_was_made_is_found_out(
    item: Item, operator1_client: Client
) -> None:
    begun = clock.now()  # its transaction commits after the page was made
    operator1_client.post(url("take", item))
    fields = form_on(operator1_client, item, "reply") | {"text": "Baik, kami proses"}
    item.messages.update(text="BATAL", edited_at=begun)
    assert operator1_client.post(url("reply", item), fields).status_code == 409


def test_whoever_marks_the_answer_given_in_the_app_is_not_stopped_by_it(
    item: Item, operator1_client: Client
) -> None:
    operator1_client.post(url("take", item))
    fields = form_on(operator1_client, item, "reply") | {"text": "Sudah kami jawab, Kak"}
    answer_in_the_app(item)
    marked = operator1_client.post(url("reply", item), fields | {"by_hand": "1"})
    assert marked.status_code == 302
    item.refresh_from_db()
    assert item.state == ItemState.ANSWERED


def test_our_own_answers_stop_nobody(
    item: Item, make_item: cast.MakeItem, operator1_client: Client
) -> None:
    operator1_client.post(url("take", item))
    fields = form_on(operator1_client, item, "reply") | {"text": "Sudah, Kak", "by_hand": "1"}
    operator1_client.post(url("reply", item), fields)
    make_item(thread="satu", text="masih belum bisa")
    operator1_client.post(url("take", item))
    fields = form_on(operator1_client, item, "reply") | {"text": "Kami cek lagi"}
    assert operator1_client.post(url("reply", item), fields).status_code == 302
    assert leave_now()


def test_a_native_answer_that_nobody_held_for_holds_at_the_exit(
    item: Item, operator1: User
) -> None:
    held = claims.take(item=item, by=operator1)
    seen = replies.last_stored(item)
    assert seen
    reply = replies.submit(item=item, by=operator1, fence=held.fence, text="Halo", seen=seen.pk)
    answer_in_the_app(item)
    Reply.objects.update(state=ReplyState.QUEUED, hold="")  # as if both had come at once
    assert leave_now() is None
    reply.refresh_from_db()
    assert (reply.state, reply.hold) == (ReplyState.HELD, Reply.Hold.NATIVE_ANSWER)


@pytest.mark.parametrize("how", ["message", "native", "edit", "old page"])
def test_a_held_reply_is_let_go_only_over_what_was_shown(
    item: Item, make_item: cast.MakeItem, operator1: User, operator1_client: Client, how: str
) -> None:
    held = claims.take(item=item, by=operator1)
    seen = replies.last_stored(item)
    assert seen
    reply = replies.submit(item=item, by=operator1, fence=held.fence, text="Halo", seen=seen.pk)
    make_item(thread="satu", text="pesan dua")
    assert leave_now() is None
    fields = form_on(operator1_client, item, "send_anyway")
    match how:
        case "message":
            make_item(thread="satu", text="pesan tiga: batal")
        case "native":
            answer_in_the_app(item, "pesan tiga: sudah")
        case "edit":
            item.messages.filter(pk=seen.pk).update(text="pesan tiga", edited_at=clock.now())
        case _:
            fields.pop("seen")
    refused = operator1_client.post(url("send_anyway", item), fields)
    assert refused.status_code == 409
    assert refused.content.decode().count("pesan tiga") >= 2 or how == "old page"
    reply.refresh_from_db()
    assert reply.state == ReplyState.HELD
    assert leave_now() is None
    fields = Fields(refused.content.decode(), url("send_anyway", item)).values
    assert operator1_client.post(url("send_anyway", item), fields).status_code == 302
    assert leave_now()


def test_closing_lays_nothing_aside_that_was_not_shown(
    item: Item, make_item: cast.MakeItem, operator1_client: Client
) -> None:
    operator1_client.post(url("take", item))
    fields = form_on(operator1_client, item, "close") | {"reason": "thanks"}
    make_item(thread="satu", text="Tolong, rumah saya kemalingan")
    refused = operator1_client.post(url("close", item), fields)
    assert refused.status_code == 409
    page = refused.content.decode()
    assert "Baca pesan barunya, lalu ulangi" in page
    assert page.count("Tolong, rumah saya kemalingan") >= 2
    item.refresh_from_db()
    assert item.waiting_since
    fields = Fields(page, url("close", item)).values | {"reason": "thanks"}
    without = {name: value for name, value in fields.items() if name != "seen"}
    assert operator1_client.post(url("close", item), without).status_code == 409
    edit(item)
    assert operator1_client.post(url("close", item), fields).status_code == 409
    fields = form_on(operator1_client, item, "close") | {"reason": "thanks"}
    assert operator1_client.post(url("close", item), fields).status_code == 302


def test_what_others_say_on_the_channel_stops_no_closing(
    item: Item, channel_x: Channel, operator1_client: Client
) -> None:
    operator1_client.post(url("take", item))
    fields = form_on(operator1_client, item, "close") | {"reason": "thanks"}
    answer_in_the_app(item)
    cast.receive(channel_x, cast.Post(text="di utas lain", thread="dua", handle="lain"))
    assert operator1_client.post(url("close", item), fields).status_code == 302
