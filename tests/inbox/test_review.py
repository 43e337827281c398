"""The second reader: nothing leaves that only its author has read, where the channel or the matter asks for it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from accounts import clock
from accounts.models import JournalEntry, Office, User
from inbox import claims, outbox, replies, review
from inbox.connectors.base import Outcome, SendResult
from inbox.models import Channel, Draft, Item, Message, Reply
from inbox.models_out import ReplyState
from tests import cast

pytestmark = pytest.mark.django_db


def write(item: Item, by: User, *, read: bool = False, by_hand: bool = False) -> Reply:
    """Take `item` and answer it."""
    held = claims.take(item=item, by=by)
    newest = replies.last_stored(item)
    assert newest
    reply = replies.submit(
        item=item,
        by=by,
        fence=held.fence,
        text="Halo Kak.",
        seen=newest.pk,
        read=read,
        by_hand=by_hand,
    )
    reply.refresh_from_db()
    return reply


@pytest.fixture
def waiting(item: Item, operator1: User) -> Reply:
    """A reply of operator1 on a channel that asks for a second reader."""
    Channel.objects.update(second_reader=True)
    return write(Item.objects.get(), operator1)


def make_due() -> None:
    for reply in Reply.objects.all():
        reply.deliveries.update(due_at=clock.now() - timedelta(seconds=1))


def leaves() -> bool:
    """Whether the outbox would carry anything now; then the platform takes it."""
    make_due()
    delivery = outbox.begin()
    if delivery:
        outbox.finish(delivery, SendResult(Outcome.SENT, remote_id=cast.next_id()))
    return delivery is not None


def test_it_leaves_only_after_somebody_else_read_it(waiting: Reply, operator2: User) -> None:
    assert waiting.state == ReplyState.REVIEW
    assert not leaves()
    with pytest.raises(claims.AlreadyClaimed):  # the item stays with its author
        claims.take(item=waiting.item, by=operator2)

    review.let_go(reply=waiting, by=operator2)

    waiting.refresh_from_db()
    assert (waiting.state, waiting.reader) == (ReplyState.QUEUED, operator2)
    pause = waiting.deliveries.get().due_at - clock.now()
    assert timedelta(seconds=5) < pause <= timedelta(seconds=Office.current().undo_seconds)
    assert leaves()
    waiting.refresh_from_db()
    assert waiting.state == ReplyState.SENT
    verbs = JournalEntry.objects.filter(subject=f"item:{waiting.item_id}", actor=operator2)
    assert list(verbs.values_list("verb", flat=True)) == ["reply_read"]


def test_the_claim_outlives_its_lease_while_it_waits(
    waiting: Reply, operator2: User, move_clock: Callable[[float], None]
) -> None:
    move_clock(3 * 3600)
    assert claims.end_expired() == 0
    with pytest.raises(claims.AlreadyClaimed):
        claims.take(item=waiting.item, by=operator2)
    review.let_go(reply=waiting, by=operator2)
    assert leaves()


def test_nobody_reads_their_own_words(waiting: Reply, operator1: User) -> None:
    with pytest.raises(PermissionError):
        review.let_go(reply=waiting, by=operator1)
    with pytest.raises(PermissionError):
        review.send_back(reply=waiting, by=operator1, why="Nada terlalu keras")
    assert not leaves()


def test_of_two_readers_one_is_first(waiting: Reply, operator2: User, head: User) -> None:
    review.let_go(reply=waiting, by=operator2)
    with pytest.raises(replies.ReplyRefused, match="tidak menunggu"):
        review.let_go(reply=waiting, by=head)
    with pytest.raises(replies.ReplyRefused, match="tidak menunggu"):
        review.send_back(reply=waiting, by=head, why="Tunggu")
    waiting.refresh_from_db()
    assert waiting.reader == operator2


def test_sent_back_with_a_reason_it_is_the_authors_draft(
    waiting: Reply, operator1: User, operator2: User
) -> None:
    with pytest.raises(replies.ReplyRefused, match="perlu diubah"):
        review.send_back(reply=waiting, by=operator2, why="  ")
    review.send_back(reply=waiting, by=operator2, why="Nomor telepon jangan ditulis di sini.")
    waiting.refresh_from_db()
    assert waiting.state == ReplyState.CANCELLED
    assert waiting.returned == "Nomor telepon jangan ditulis di sini."
    assert waiting.deliveries.get().state == "cancelled"
    assert not leaves()
    draft = Draft.objects.get()
    assert (draft.text, draft.author) == ("Halo Kak.", operator1)
    again = write(waiting.item, operator1)  # the claim is still the author's
    assert again.claim_id == waiting.claim_id
    assert again.state == ReplyState.REVIEW


def test_a_matter_can_ask_for_it_and_only_the_head_says_so(
    item: Item, operator1: User, head: User
) -> None:
    with pytest.raises(PermissionError):
        review.require(item=item, by=operator1, on=True)
    review.require(item=item, by=head, on=True)
    item.refresh_from_db()
    assert write(item, operator1).state == ReplyState.REVIEW


@pytest.mark.parametrize("who", ["head", "read before", "by hand", "not asked"])
def test_whose_words_need_no_second_reader(
    who: str, item: Item, operator1: User, head: User
) -> None:
    Channel.objects.update(second_reader=who != "not asked")
    item = Item.objects.get()
    match who:
        case "head":
            assert write(item, head).state == ReplyState.QUEUED
        case "read before":
            assert write(item, operator1, read=True).state == ReplyState.QUEUED
        case "by hand":
            assert write(item, operator1, by_hand=True).state == ReplyState.SENT
        case _:
            assert write(item, operator1).state == ReplyState.QUEUED


def test_the_author_may_withdraw_and_the_head_may_take_over(
    make_item: cast.MakeItem, operator1: User, head: User, channel_x: Channel
) -> None:
    Channel.objects.update(second_reader=True)
    first = write(Item.objects.get(pk=make_item(handle="a").pk), operator1)
    replies.withdraw(reply=first, by=operator1)
    second = write(Item.objects.get(pk=make_item(handle="b").pk), operator1)
    claims.take_over(item=second.item, by=head)
    for reply in (first, second):
        reply.refresh_from_db()
        assert reply.state == ReplyState.CANCELLED
        assert reply.deliveries.get().state == "cancelled"
    assert not leaves()
    assert Draft.objects.filter(author=operator1).count() == 2


def test_the_citizen_writing_meanwhile_still_stops_it(
    operator1: User, operator2: User, make_item: cast.MakeItem, channel_x: Channel
) -> None:
    Channel.objects.update(second_reader=True)
    item = Item.objects.get(pk=make_item(thread="t").pk)
    reply = write(item, operator1)
    make_item(thread="t", text="Eh, sudah jadi!")
    review.let_go(reply=reply, by=operator2)
    assert not leaves()
    reply.refresh_from_db()
    assert (reply.state, reply.hold) == (ReplyState.HELD, Reply.Hold.NEW_MESSAGE)


def test_a_native_answer_meanwhile_holds_it(waiting: Reply, operator2: User) -> None:
    """Nobody reads a text into the world that would be the second answer."""
    number = cast.next_id()
    Message.objects.create(
        item=waiting.item, platform="x", object_class="post", external_id=number,
        current_id=number, direction="out", text="Sudah kami jawab", written_at=clock.now(),
        native=True,
    )  # fmt: skip
    review.let_go(reply=waiting, by=operator2)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.hold) == (ReplyState.HELD, Reply.Hold.NATIVE_ANSWER)
    assert not leaves()


def test_the_outsider_reads_nothing(
    waiting: Reply, office: Office, other_desk_operator: User, lantas_officer: User
) -> None:
    assert review.may_read(waiting, other_desk_operator)
    office.all_see_all = False
    office.save()
    for outsider in (other_desk_operator, lantas_officer):
        assert not review.may_read(waiting, outsider)
        with pytest.raises(PermissionError):
            review.let_go(reply=waiting, by=outsider)
        with pytest.raises(PermissionError):
            review.send_back(reply=waiting, by=outsider, why="Tidak")
    assert not leaves()


# --- in the list -------------------------------------------------------------------------------------------


def row_of(page: str, item: Item) -> str:
    """The row of `item` on a page of the list, "" where it is not."""
    return next((part for part in page.split("<li ")[1:] if f'id="row-{item.pk}"' in part), "")


def test_the_list_offers_it_to_everybody_but_its_author(
    waiting: Reply, operator1_client: Client, operator2_client: Client,
    move_clock: Callable[[float], None],
) -> None:  # fmt: skip
    address = "/masuk/?tampil=dibaca"
    page = operator2_client.get("/masuk/").content.decode()
    assert 'Perlu dibaca <span class="num">1</span>' in page
    row = row_of(operator2_client.get(address).content.decode(), waiting.item)
    assert "Menunggu pembaca kedua" in row
    assert not row.startswith('class="row taken"')  # for the reader it is not somebody else's

    own = operator1_client.get("/masuk/").content.decode()
    assert "Perlu dibaca" not in own
    open_tab = operator1_client.get(address).content.decode()
    assert "Perlu dibaca" in open_tab  # the tab one stands on stays
    assert not row_of(open_tab, waiting.item)
    assert "Tidak ada balasan yang menunggu Anda baca" in open_tab
    mine = operator1_client.get("/masuk/?tampil=saya").content.decode()
    assert "Menunggu pembaca kedua" in row_of(mine, waiting.item)

    move_clock(3 * 3600)  # the lease ran out: still nobody else's to take
    late = operator2_client.get("/masuk/").content.decode()
    assert not row_of(late, waiting.item)
    assert 'Belum diambil <span class="num">0</span>' in late


def test_held_and_for_a_person_are_said_in_the_list(
    item: Item, operator1: User, operator2_client: Client
) -> None:
    reply = write(item, operator1)
    Reply.objects.filter(pk=reply.pk).update(state="held", hold="new_message")
    address = f"/masuk/{item.pk}/baris/"
    held = operator2_client.get(address).content.decode()
    assert "Ditahan" in held
    Reply.objects.filter(pk=reply.pk).update(state="unknown", hold="")
    reply.deliveries.update(state="unknown", needs_person=True, started_at=clock.now())
    seen = operator2_client.get(address).content.decode()
    assert '<span class="chip late">Perlu dilihat</span>' in seen
    assert "Ditahan" not in seen


def test_the_outsider_counts_nothing(
    waiting: Reply, office: Office, other_desk_operator_client: Client
) -> None:
    office.all_see_all = False
    office.save()
    page = other_desk_operator_client.get("/masuk/?tampil=dibaca").content.decode()
    assert 'Perlu dibaca <span class="num">0</span>' in page
    assert not row_of(page, waiting.item)
