"""After a reply left: a person decides what nobody knows, takes back, corrects; without JavaScript."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts import clock
from accounts.models import Office, User
from inbox import claims, outbox, ralat, replies, settle
from inbox.connectors.base import Change, Outcome, OwnReply, SendResult
from inbox.models import Amendment, Draft, Item, ItemState, Message, Reply
from inbox.models_out import AmendmentState, Delivery, DeliveryState, ReplyState
from inbox.queries_after import why_unknown
from tests import cast
from tests.inbox.pages import form_on, queries_of, url

pytestmark = pytest.mark.django_db
BUDGET = 12  # queries of a page, log-in and session included


def queue(item: Item, by: User, text: str = "Halo Kak") -> Reply:
    held = claims.take(item=item, by=by)
    seen = max(item.messages.values_list("pk", flat=True))
    return replies.submit(item=item, by=by, fence=held.fence, text=text, seen=seen)


def carry(outcome: Outcome, *, problem: str = "", remote_id: str = "991") -> Delivery:
    """Carry the next due delivery to `outcome`, as the worker would."""
    Delivery.objects.filter(state=DeliveryState.QUEUED).update(
        due_at=clock.now() - timedelta(seconds=1)
    )
    delivery = outbox.begin()
    assert delivery
    assert outbox.finish(delivery, SendResult(outcome, remote_id=remote_id, problem=problem))
    outbox._unlock(delivery)  # as carry() does
    return delivery


@pytest.fixture
def unknown(operator1: User, item: Item) -> Delivery:
    """A reply of operator1 whose fate only a person can tell."""
    queue(item, operator1)
    delivery = carry(Outcome.UNKNOWN, problem="ReadTimeout: Read timed out.")
    Delivery.objects.update(needs_person=True)
    return delivery


@pytest.fixture
def shows(monkeypatch: pytest.MonkeyPatch) -> Callable[[list[OwnReply] | None], None]:
    """`shows([...])`: that stands on the platform now; None: it cannot be read."""

    def set_to(found: list[OwnReply] | None) -> None:
        monkeypatch.setattr(settle, "shows_now", lambda _delivery: found)

    set_to(None)
    return set_to


def address(name: str, item: Item, pk: int) -> str:
    return reverse(f"inbox:{name}", args=[item.pk, pk])


def own(text: str, remote_id: str = "777") -> OwnReply:
    return OwnReply(remote_id, "1", text, clock.now())


@pytest.mark.parametrize(
    ("decision", "state"),
    [
        ("stands", ReplyState.SENT),
        ("again", ReplyState.QUEUED),
        ("draft", ReplyState.FAILED),
    ],
)
@pytest.mark.usefixtures("shows")
def test_a_person_decides_what_nobody_knows(
    unknown: Delivery, operator1_client: Client, operator2_client: Client, decision: str, state: str
) -> None:
    item = unknown.item
    page = operator1_client.get(url("item", item)).content.decode()
    for words in (
        "Perlu Anda lihat.", "Halo Kak", "Tidak ada jawaban sampai batas waktunya lewat.",
        "Sudah ada di X", "Belum ada — kirim lagi", "Belum ada — kembalikan jadi konsep",
        "Buka utas di X",
    ):  # fmt: skip
        assert words in page, words
    assert "ReadTimeout" not in page
    others = operator2_client.get(url("item", item)).content.decode()
    assert "Menunggu Rani Maharani melihatnya." in others
    assert "Sudah ada di X" not in others

    fields = form_on(operator1_client, item, "decide") | {"decision": decision}
    assert operator2_client.post(url("decide", item), fields).status_code == 403
    assert operator1_client.post(url("decide", item), fields | {"decision": ""}).status_code == 422
    assert operator1_client.post(url("decide", item), fields).status_code == 302
    assert Reply.objects.get().state == state
    late = operator1_client.post(url("decide", item), fields)
    assert late.status_code == 422
    if decision == "draft":
        assert form_on(operator1_client, item, "reply")["text"] == "Halo Kak"


def test_not_there_is_not_believed_while_the_sender_may_still_call(
    unknown: Delivery, operator1_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settle, "_lock_is_free", lambda _delivery: False)
    fields = form_on(operator1_client, unknown.item, "decide") | {"decision": "again"}
    answer = operator1_client.post(url("decide", unknown.item), fields)
    assert answer.status_code == 422
    assert "Pengirimnya belum berhenti" in answer.content.decode()
    assert Reply.objects.get().state == ReplyState.UNKNOWN


def test_what_stands_is_noted_under_its_own_id(
    unknown: Delivery,
    operator1_client: Client,
    shows: Callable[[list[OwnReply] | None], None],
) -> None:
    shows([own("@warga_bpn Halo Kak", "4711")])
    fields = form_on(operator1_client, unknown.item, "decide") | {"decision": "stands"}
    assert operator1_client.post(url("decide", unknown.item), fields).status_code == 302
    assert Delivery.objects.get().remote_id == "4711"


def test_what_the_platform_shows_now(
    unknown: Delivery,
    operator1_client: Client,
    lantas_officer_client: Client,
    client: Client,
    shows: Callable[[list[OwnReply] | None], None],
) -> None:
    where = address("shows_now", unknown.item, unknown.pk)
    said = operator1_client.get(where).content.decode()
    assert "X tidak bisa dibaca dari sini." in said
    assert "Belum ada — kirim lagi" in said  # the page of its own, without JavaScript
    shows([])
    part = operator1_client.get(where, headers={"HX-Request": "true"}).content.decode()
    assert "Tidak ada balasan kita di sana." in part
    assert "<html" not in part
    known = unknown.item.messages.create(
        platform="x", object_class="post", external_id="5", current_id="5", direction="out",
        text="Lain", written_at=clock.now(),
    )  # fmt: skip
    shows([own("Halo  Kak"), own("Lain", known.current_id)])
    both = operator1_client.get(where, headers={"HX-Request": "true"}).content.decode()
    assert both.count("isinya sama dengan yang dikirim") == 1
    assert both.count("sudah tercatat di sini") == 1
    assert lantas_officer_client.get(where).status_code == 403
    assert client.get(where).status_code == 302


def test_outsiders_of_the_team_see_nothing_of_it(
    unknown: Delivery, other_desk_operator_client: Client, office: Office
) -> None:
    office.all_see_all = False
    office.save()
    item = unknown.item
    message = item.messages.get()
    assert other_desk_operator_client.get(address("shows_now", item, unknown.pk)).status_code == 404
    assert other_desk_operator_client.get(address("amend", item, message.pk)).status_code == 404
    wish = {"delivery": unknown.pk, "decision": "draft"}
    assert other_desk_operator_client.post(url("decide", item), wish).status_code == 404
    assert Delivery.objects.get().state == DeliveryState.UNKNOWN


def test_technical_reasons_are_told_in_words() -> None:
    assert why_unknown("") == "Tidak ada kabar sesudah dikirim."
    assert "Sambungan putus" in why_unknown("ProtocolError: ('Connection aborted.', …)")
    assert "batas waktunya" in why_unknown("ConnectionError: Read timed out. (read timeout=15)")
    assert why_unknown("X menjawab 503") == "X menjawab 503"


def test_parts_are_counted_and_the_rest_comes_back(
    operator1: User, operator1_client: Client, item: Item
) -> None:
    text = "Ini kalimat yang cukup panjang untuk dibagi. " * 16
    reply = queue(item, operator1, text)
    parts = reply.deliveries.count()
    assert parts == 3
    waiting = operator1_client.get(url("item", item)).content.decode()
    assert "Dikirim dalam 3 bagian." in waiting
    assert "Batalkan" in waiting
    carry(Outcome.SENT, remote_id="1001")
    half = operator1_client.get(url("item", item)).content.decode()
    assert "Bagian 1 dari 3 terkirim." in half
    assert "Batalkan" not in half
    carry(Outcome.PERMANENT, problem="X menolak.")
    page = operator1_client.get(url("item", item)).content.decode()
    assert "Bagian 1 dari 3 sudah tampil di X; sisanya kembali di bawah." in page
    assert "X menolak." in page


def test_meter_tells_into_how_many_parts(operator1_client: Client) -> None:
    fields = {"platform": "x", "text": "Kalimat pendek saja. " * 20}
    said = operator1_client.post(reverse("inbox:measure"), fields).content.decode()
    assert "/ 280 · dikirim 2 bagian" in said
    assert "over" not in said


@pytest.fixture
def answered(operator1: User, item: Item) -> Message:
    """What operator1 answered, standing on X."""
    queue(item, operator1, "Buka sampai pukul 12.00")
    carry(Outcome.SENT, remote_id="1001")
    return item.messages.get(direction="out")


def test_taking_back_reopens_and_tells_how_far_it_is(
    answered: Message, operator2_client: Client, operator1_client: Client
) -> None:
    item = answered.item
    where = address("amend", item, answered.pk)
    assert f'href="{where}"' in operator1_client.get(url("item", item)).content.decode()
    page = operator1_client.get(where).content.decode()
    assert "Tarik balasan ini" in page
    assert "Warga mungkin sudah membacanya." in page
    assert "Ubah isinya" not in page  # X lets nobody edit
    odd = operator1_client.post(where, {"change": "melt"})
    assert odd.status_code == 422
    assert operator1_client.post(where, {"change": "delete"}).status_code == 302
    item.refresh_from_db()
    assert item.state == ItemState.OPEN
    shown = operator1_client.get(url("item", item)).content.decode()
    assert "Sedang ditarik…" in shown
    assert f'href="{where}"' not in shown
    taken = operator2_client.post(where, {"change": "delete"})
    assert taken.status_code == 409
    assert "Sudah dipegang Rani Maharani" in taken.content.decode()
    Amendment.objects.update(state=AmendmentState.FAILED, problem="X menolak penghapusan ini.")
    failed = operator1_client.get(url("item", item)).content.decode()
    assert "Ralat tidak berhasil: X menolak penghapusan ini." in failed
    assert f'href="{where}"' in failed


def test_a_correction_is_begun_as_a_new_answer(
    answered: Message, operator1: User, operator1_client: Client
) -> None:
    item = answered.item
    where = address("amend", item, answered.pk)
    claims.keep_draft(item=item, by=operator1, text="yang sudah ditulis")
    assert operator1_client.post(where, {"change": "answer"}).status_code == 302
    fields = form_on(operator1_client, item, "reply")
    assert fields["text"].startswith("Ralat: pada balasan kami ")
    assert fields["text"].endswith("yang sudah ditulis")
    operator1_client.post(where, {"change": "answer"})
    assert Draft.objects.get().text == fields["text"]  # begun once


def test_where_words_can_be_changed_they_are_edited_in_place(
    operator1_client: Client, answered: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ralat, "amends", lambda *_args: frozenset({Change.EDIT, Change.DELETE}))
    where = address("amend", answered.item, answered.pk)
    page = operator1_client.get(where).content.decode()
    assert "Ubah isinya" in page
    assert "Tulis ralat" not in page
    same = operator1_client.post(where, {"change": "edit", "text": answered.text})
    assert same.status_code == 422
    assert "Isinya belum berubah." in same.content.decode()
    wish = {"change": "edit", "text": "Buka 24 jam"}
    assert operator1_client.post(where, wish).status_code == 302
    assert Amendment.objects.get().text == "Buka 24 jam"
    shown = operator1_client.get(url("item", answered.item)).content.decode()
    assert "Ralat sedang dikerjakan…" in shown


def test_the_pages_stay_within_their_budget(
    unknown: Delivery, operator1_client: Client, shows: Callable[[list[OwnReply] | None], None]
) -> None:
    shows([own(f"Halo {n}", str(n)) for n in range(20)])
    assert queries_of(operator1_client, url("item", unknown.item)) <= BUDGET
    where = address("shows_now", unknown.item, unknown.pk)
    assert queries_of(operator1_client, where) <= BUDGET


@pytest.fixture
def read_first(item: Item) -> Item:
    item.second_reader = True
    item.save()
    return item


def test_second_reader_on_the_page(
    read_first: Item, operator1_client: Client, operator2_client: Client, head_client: Client
) -> None:
    item = read_first
    operator1_client.post(url("take", item))
    assert "Dibaca rekan dulu" in operator1_client.get(url("item", item)).content.decode()
    fields = form_on(operator1_client, item, "reply") | {"text": "Halo Kak"}
    operator1_client.post(url("reply", item), fields)
    mine = operator1_client.get(url("item", item)).content.decode()
    assert "Rekan lain perlu membacanya dulu." in mine
    assert "Loloskan" not in mine
    assert "Batalkan" in mine
    theirs = operator2_client.get(url("item", item)).content.decode()
    assert "Halo Kak" in theirs
    assert "Minta" not in theirs
    back = form_on(operator2_client, item, "send_back")
    assert operator2_client.post(url("send_back", item), back | {"why": " "}).status_code == 422
    wish = back | {"why": "Sebut nomor laporannya"}
    assert operator2_client.post(url("send_back", item), wish).status_code == 302
    returned = operator1_client.get(url("item", item)).content.decode()
    assert "Dikembalikan Bagus Setiawan" in returned
    assert "Sebut nomor laporannya" in returned
    again = form_on(operator1_client, item, "reply")
    assert again["text"] == "Halo Kak"
    operator1_client.post(url("reply", item), again)
    assert "Loloskan" in head_client.get(url("item", item)).content.decode()
    ready = form_on(operator2_client, item, "let_go")
    assert operator1_client.post(url("let_go", item), ready).status_code == 403
    assert operator2_client.post(url("let_go", item), ready).status_code == 302
    queued = operator1_client.get(url("item", item)).content.decode()
    assert "Dibaca Bagus Setiawan." in queued
    assert "Terkirim dalam" in queued
    assert queries_of(operator2_client, url("item", item)) <= BUDGET


def test_the_head_asks_for_a_second_reader(
    item: Item, head_client: Client, operator1_client: Client
) -> None:
    assert "Perlu pembaca kedua" not in operator1_client.get(url("item", item)).content.decode()
    page = head_client.get(url("item", item)).content.decode()
    assert 'aria-pressed="false"' in page
    assert head_client.post(url("require_reader", item), {"on": "1"}).status_code == 302
    assert 'aria-pressed="true"' in head_client.get(url("item", item)).content.decode()
    assert operator1_client.post(url("require_reader", item), {"on": "0"}).status_code == 403
    item.refresh_from_db()
    assert item.second_reader


def test_asking_answering_and_handing_over_on_the_page(
    operator1_client: Client, operator2_client: Client, operator2: User, item: Item
) -> None:
    operator1_client.post(url("take", item))
    assert "Minta" in operator2_client.get(url("item", item)).content.decode()
    assert operator2_client.post(url("ask", item)).status_code == 302
    asked = operator2_client.get(url("item", item)).content.decode()
    assert "Anda meminta pesan ini, menunggu jawaban Rani Maharani." in asked
    page = operator1_client.get(url("item", item)).content.decode()
    assert "Bagus Setiawan meminta pesan ini." in page
    no = form_on(operator1_client, item, "decline")
    assert int(no["to"]) == operator2.pk
    assert operator1_client.post(url("decline", item), no).status_code == 302
    refused = operator2_client.get(url("item", item)).content.decode()
    assert "Rani Maharani masih memerlukan pesan ini." in refused
    operator2_client.post(url("ask", item))
    yes = form_on(operator1_client, item, "hand_over")
    assert operator1_client.post(url("hand_over", item), yes).status_code == 302
    assert "Anda yang menjawab." in operator2_client.get(url("item", item)).content.decode()


def test_whoever_rests_is_shown_so_when_handing_over(
    operator1_client: Client, operator2: User, item: Item
) -> None:
    User.objects.filter(pk=operator2.pk).update(on_duty=False)
    operator1_client.post(url("take", item))
    page = operator1_client.get(url("hand_over", item)).content.decode()
    assert "tidak jaga" in page


def test_an_offer_names_whom_it_is_for(
    operator1: User, operator1_client: Client, operator2_client: Client, make_item: cast.MakeItem
) -> None:
    item = make_item(thread="satu")
    queue(item, operator1)
    carry(Outcome.SENT, remote_id="1001")
    make_item(thread="satu", text="Masih ada satu pertanyaan, min")
    newest = Item.objects.order_by("-pk").first()
    assert newest
    mine = operator1_client.get(url("item", newest)).content.decode()
    assert "Warga yang Anda jawab menulis lagi." in mine
    other = operator2_client.get(url("item", newest)).content.decode()
    assert "Ditawarkan dulu ke Rani Maharani" in other
    assert "Saya yang jawab" in other


def test_a_native_answer_is_shown_beside_the_held_reply(
    operator1: User, operator1_client: Client, item: Item
) -> None:
    queue(item, operator1)
    cast.receive(
        item.channel,
        cast.Post(
            text="Sudah kami jawab di sini", own=True, thread=item.thread.external_id,
            replies_to=item.messages.get().current_id,
        ),
    )  # fmt: skip
    page = operator1_client.get(url("item", item)).content.decode()
    assert "Balasan ditahan." in page
    assert "Dari aplikasi X" in page
    assert page.count("Sudah kami jawab di sini") == 2  # in the conversation, and beside the reply
