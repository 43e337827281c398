"""The item’s page: every act of an operator, without JavaScript and when somebody was faster."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts import clock
from accounts.models import User
from inbox import claims, outbox, replies
from inbox.connectors.base import Outcome, SendResult
from inbox.models import Claim, Draft, Item, ItemState, Message, Reply
from inbox.models_out import Delivery, DeliveryState, ReplyState
from tests import cast
from tests.inbox.pages import Fields, form_on, url

pytestmark = pytest.mark.django_db


def test_without_javascript_claim_reply_undo_reply_close(
    operator1_client: Client, operator2_client: Client, item: Item, make_item: cast.MakeItem
) -> None:
    page = operator1_client.get(url("item", item)).content.decode()
    assert "Saya yang jawab" in page
    assert 'name="text"' not in page
    assert operator1_client.post(url("take", item)).status_code == 302
    mine = operator1_client.get(url("item", item)).content.decode()
    assert "Anda yang menjawab." in mine
    others = operator2_client.get(url("item", item)).content.decode()
    assert "Rani Maharani sedang menjawab" in others
    assert "Saya yang jawab" not in others

    fields = form_on(operator1_client, item, "reply") | {"text": "Halo Kak, kami cek dulu."}
    assert operator1_client.post(url("reply", item), fields).status_code == 302
    queued = operator1_client.get(url("item", item)).content.decode()
    assert "Batalkan" in queued
    assert Reply.objects.get().state == ReplyState.QUEUED

    undo = form_on(operator1_client, item, "withdraw")
    assert operator1_client.post(url("withdraw", item), undo).status_code == 302
    assert Reply.objects.get().state == ReplyState.CANCELLED
    again = form_on(operator1_client, item, "reply")
    assert again["text"] == "Halo Kak, kami cek dulu."

    shut = form_on(operator1_client, item, "close")
    bad = operator1_client.post(url("close", item), shut | {"reason": "history"})
    assert bad.status_code == 422
    assert "Pilih alasan" in bad.content.decode()
    assert operator1_client.post(url("close", item), shut | {"reason": "thanks"}).status_code == 302
    item.refresh_from_db()
    assert (item.state, item.close_reason) == (ItemState.CLOSED, "thanks")
    closed = operator1_client.get(url("item", item)).content.decode()
    assert "Ditutup:" in closed
    assert operator1_client.post(url("reopen", item)).status_code == 302
    item.refresh_from_db()
    assert item.state == ItemState.OPEN


def test_htmx_gets_the_claim_bar_first_and_then_asks_for_the_form(
    operator1_client: Client, operator2_client: Client, item: Item
) -> None:
    htmx = {"HTTP_HX_REQUEST": "true"}
    taken = operator1_client.post(url("take", item), **htmx)  # type: ignore[arg-type]
    bar = taken.content.decode()
    assert "Anda yang menjawab." in bar
    assert "Lepas" in bar
    assert 'id="talk"' not in bar
    assert taken["HX-Trigger-After-Settle"] == f"live:item-{item.pk}"

    key = re.search(r'name="k_claim" value="([^"]+)"', bar)
    assert key
    keys = {"k_claim": key[1]}
    fresh = operator1_client.get(url("fresh", item), keys, **htmx).content.decode()  # type: ignore[arg-type]
    assert 'id="answer"' in fresh
    assert 'id="claim"' not in fresh, "the bar was right already"

    late = operator2_client.post(url("take", item), **htmx)  # type: ignore[arg-type]
    assert late.status_code == 409
    assert "Sudah dipegang" in late.content.decode()


def test_lost_claim_keeps_the_text(
    operator1_client: Client, head_client: Client, item: Item
) -> None:
    operator1_client.post(url("take", item))
    fields = form_on(operator1_client, item, "reply") | {"text": "Kalimat yang tidak boleh hilang"}
    head_client.post(url("take_over", item))
    answer = operator1_client.post(url("reply", item), fields)
    assert answer.status_code == 409
    assert "Kalimat yang tidak boleh hilang" in answer.content.decode()
    assert not Reply.objects.exists()
    assert Draft.objects.get().text == "Kalimat yang tidak boleh hilang"
    offered = head_client.get(url("item", item)).content.decode()
    assert "Konsep Rani Maharani" in offered


def test_newer_message_stops_the_reply_and_keeps_the_text(
    operator1_client: Client, make_item: cast.MakeItem
) -> None:
    item = make_item(thread="satu")
    operator1_client.post(url("take", item))
    fields = form_on(operator1_client, item, "reply") | {"text": "Jawaban lama"}
    make_item(thread="satu", text="Eh sudah selesai min")
    answer = operator1_client.post(url("reply", item), fields)
    assert answer.status_code == 409
    html = answer.content.decode()
    assert "Warga menulis lagi" in html
    assert "Eh sudah selesai min" in html
    retry = Fields(html, url("reply", item)).values
    assert retry["text"] == "Jawaban lama"
    assert operator1_client.post(url("reply", item), retry).status_code == 302


def test_too_long_reply_comes_back_with_its_length(operator1_client: Client, item: Item) -> None:
    operator1_client.post(url("take", item))
    fields = form_on(operator1_client, item, "reply") | {"text": "a" * 1401}
    answer = operator1_client.post(url("reply", item), fields)
    assert answer.status_code == 422
    assert "1401 dari" in answer.content.decode()
    assert "a" * 1401 in answer.content.decode()


def test_typing_lengthens_the_lease_and_keeps_the_draft(
    operator1_client: Client, item: Item, move_clock: Callable[[float], None]
) -> None:
    operator1_client.post(url("take", item))
    before = Claim.objects.get().expires_at
    fields = form_on(operator1_client, item, "reply") | {"text": "Halo"}
    move_clock(120)
    answer = operator1_client.post(url("draft", item), fields, headers={"HX-Request": "true"})
    assert "tersimpan" in answer.content.decode()
    assert int(answer["X-Lease"]) == pytest.approx(900, abs=5)
    assert Claim.objects.get().expires_at - before > timedelta(seconds=100)
    assert form_on(operator1_client, item, "reply")["text"] == "Halo"


def test_lapsed_lease_is_free_in_list_and_page(
    operator1: User, operator2_client: Client, item: Item, move_clock: Callable[[float], None]
) -> None:
    claims.take(item=item, by=operator1)
    row = f'id="row-{item.pk}"'
    assert row not in operator2_client.get(reverse("inbox:list")).content.decode()
    move_clock(16 * 60)
    assert row in operator2_client.get(reverse("inbox:list")).content.decode()
    page = operator2_client.get(url("item", item)).content.decode()
    assert "Waktu Rani Maharani habis." in page
    assert operator2_client.post(url("take", item)).status_code == 302


def test_fresh_sends_only_what_changed(
    operator1: User, operator1_client: Client, operator2_client: Client, make_item: cast.MakeItem
) -> None:
    item = make_item(thread="satu")
    page = operator1_client.get(url("item", item)).content.decode()
    keys = {
        part: page.split(f'name="{part}" value="')[1].split('"')[0]
        for part in ("k_claim", "k_talk", "k_composer")
    }
    assert operator1_client.get(url("fresh", item), keys).status_code == 204
    make_item(thread="satu", text="Kabar lanjutan")
    talk = operator1_client.get(url("fresh", item), keys).content.decode()
    assert "Kabar lanjutan" in talk
    assert 'id="talk"' in talk
    assert 'id="composer"' not in talk
    operator2_client.post(url("take", item))
    claim = operator1_client.get(url("fresh", item), keys).content.decode()
    assert "Bagus Setiawan sedang menjawab" in claim


def _send(outcome: Outcome, *, problem: str = "") -> Delivery:
    """Carry the one due delivery to `outcome`, as the worker would."""
    Delivery.objects.update(due_at=clock.now() - timedelta(seconds=1))
    delivery = outbox.begin()
    assert delivery
    assert outbox.finish(delivery, SendResult(outcome, remote_id="991", problem=problem))
    return delivery


@pytest.fixture
def queued(operator1: User, item: Item) -> Reply:
    held = claims.take(item=item, by=operator1)
    seen = item.messages.get().pk
    return replies.submit(item=item, by=operator1, fence=held.fence, text="Halo Kak", seen=seen)


def test_failed_reply_says_why_and_brings_the_text_back(
    queued: Reply, operator1_client: Client
) -> None:
    _send(Outcome.PERMANENT, problem="Pesan warga sudah dihapus.")
    page = operator1_client.get(url("item", queued.item)).content.decode()
    assert "Balasan tidak terkirim." in page
    assert "Pesan warga sudah dihapus." in page
    assert "Saya jawab di aplikasi X" in page
    fields = form_on(operator1_client, queued.item, "reply")
    assert fields["text"] == "Halo Kak"
    operator1_client.post(url("reply", queued.item), fields | {"by_hand": "1"})
    queued.item.refresh_from_db()
    assert queued.item.state == ItemState.ANSWERED


def test_held_reply_shows_the_new_message_and_three_ways(
    queued: Reply, operator1_client: Client
) -> None:
    first = queued.item.messages.get()
    cast.receive(
        queued.item.channel,
        cast.Post(text="Tidak jadi, sudah beres", thread=queued.item.thread.external_id),
    )
    assert first.item.messages.count() == 2
    Delivery.objects.update(due_at=clock.now() - timedelta(seconds=1))
    assert outbox.begin() is None
    page = operator1_client.get(url("item", queued.item)).content.decode()
    for word in ("Balasan ditahan.", "Tidak jadi, sudah beres", "Kirim saja", "Ubah", "Buang"):
        assert word in page
    fields = form_on(operator1_client, queued.item, "send_anyway")
    assert operator1_client.post(url("send_anyway", queued.item), fields).status_code == 302
    queued.refresh_from_db()
    assert queued.state == ReplyState.QUEUED
    drop = form_on(operator1_client, queued.item, "withdraw") | {"drop": "1"}
    assert operator1_client.post(url("withdraw", queued.item), drop).status_code == 302
    assert not Draft.objects.exists()
    assert Delivery.objects.get().state == DeliveryState.CANCELLED


def test_held_reply_shows_the_changed_message(queued: Reply, operator1_client: Client) -> None:
    Message.objects.filter(item=queued.item).update(text="Sudah jadi, min", edited_at=clock.now())
    Delivery.objects.update(due_at=clock.now() - timedelta(seconds=1))
    assert outbox.begin() is None
    page = operator1_client.get(url("item", queued.item)).content.decode()
    assert "Warga mengubah pesannya" in page
    assert page.count("Sudah jadi, min") >= 2  # in the conversation, and beside the held reply


def test_withdraw_is_not_a_colleagues(queued: Reply, operator2_client: Client) -> None:
    answer = operator2_client.post(url("withdraw", queued.item), {"reply": queued.pk})
    assert answer.status_code == 403


def test_hand_over_to_a_colleague(
    operator1_client: Client, operator2: User, lantas_officer: User, item: Item
) -> None:
    operator1_client.post(url("take", item))
    page = operator1_client.get(url("hand_over", item)).content.decode()
    assert "Bagus Setiawan" in page
    fields = Fields(page, url("hand_over", item)).values
    bad = operator1_client.post(url("hand_over", item), fields | {"to": lantas_officer.pk})
    assert bad.status_code == 422
    assert (
        operator1_client.post(url("hand_over", item), fields | {"to": operator2.pk}).status_code
        == 302
    )
    assert Claim.objects.get(ended_at=None).holder == operator2


def test_notes_stand_in_the_conversation(
    operator1_client: Client, operator2_client: Client, item: Item
) -> None:
    assert operator2_client.post(url("note", item), {"note": ""}).status_code == 422
    assert operator2_client.post(url("note", item), {"note": "PDAM bilang sore"}).status_code == 302
    page = operator1_client.get(url("item", item)).content.decode()
    assert "Catatan Bagus Setiawan" in page
    assert "PDAM bilang sore" in page
