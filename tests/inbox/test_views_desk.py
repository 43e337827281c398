"""Between colleagues, through HTTP: who may let go, send back, ask, decline, amend, decide; and who may not."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts import clock
from accounts.models import Office, User
from inbox import asking, claims, replies
from inbox.models import Amendment as Wish
from inbox.models import Channel, ClaimRequest, Item, Message, Reply
from inbox.models_out import ReplyState
from tests import cast
from tests.inbox.pages import url

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(item: Item, operator1: User) -> Reply:
    """A reply of operator1 that waits for a second reader."""
    Channel.objects.update(second_reader=True)
    held = claims.take(item=item, by=operator1)
    newest = replies.last_stored(item)
    assert newest
    return replies.submit(
        item=Item.objects.get(), by=operator1, fence=held.fence, text="Halo.", seen=newest.pk
    )


@pytest.fixture
def answer(item: Item, operator1: User) -> Message:
    """A post of ours under the citizen's."""
    return Message.objects.create(
        item=item, platform="x", object_class="post", external_id="1", current_id="1",
        direction="out", text="Buka pukul 8.", written_at=clock.now(), author=operator1,
    )  # fmt: skip


def state(reply: Reply) -> str:
    reply.refresh_from_db()
    return reply.state


def test_a_colleague_lets_go_the_author_cannot(
    waiting: Reply, operator1_client: Client, operator2_client: Client
) -> None:
    fields = {"reply": waiting.pk}
    assert operator1_client.post(url("let_go", waiting.item), fields).status_code == 403
    assert operator1_client.post(url("send_back", waiting.item), fields).status_code == 403
    assert state(waiting) == ReplyState.REVIEW
    assert operator2_client.post(url("let_go", waiting.item), fields).status_code == 302
    assert state(waiting) == ReplyState.QUEUED
    late = operator2_client.post(url("let_go", waiting.item), fields)
    assert late.status_code == 422
    assert "sudah tidak menunggu pembaca kedua" in late.content.decode()


def test_a_colleague_sends_back_with_a_reason(waiting: Reply, operator2_client: Client) -> None:
    address = url("send_back", waiting.item)
    empty = operator2_client.post(address, {"reply": waiting.pk, "why": " "})
    assert empty.status_code == 422
    assert "apa yang perlu diubah" in empty.content.decode()
    fields = {"reply": waiting.pk, "why": "Sebutkan jamnya."}
    assert operator2_client.post(address, fields).status_code == 302
    assert state(waiting) == ReplyState.CANCELLED
    assert waiting.returned == "Sebutkan jamnya."


def test_a_reply_of_another_item_is_not_found(
    waiting: Reply, make_item: cast.MakeItem, operator2_client: Client
) -> None:
    other = make_item(handle="lain")
    for reply in (waiting.pk, 0, "x", 10**18):
        assert operator2_client.post(url("let_go", other), {"reply": reply}).status_code == 404
    assert state(waiting) == ReplyState.REVIEW


def test_only_the_head_asks_for_a_second_reader_in_a_matter(
    item: Item, operator1_client: Client, head_client: Client
) -> None:
    assert operator1_client.post(url("require_reader", item), {"on": "1"}).status_code == 403
    assert head_client.post(url("require_reader", item), {"on": "1"}).status_code == 302
    item.refresh_from_db()
    assert item.second_reader
    head_client.post(url("require_reader", item), {"on": "0"})
    item.refresh_from_db()
    assert not item.second_reader


def test_asked_and_declined(
    item: Item, operator1: User, operator2: User, operator1_client: Client, operator2_client: Client
) -> None:
    held = claims.take(item=item, by=operator1)
    assert operator2_client.post(url("ask", item)).status_code == 302
    fields = {"fence": held.fence, "to": operator2.pk}
    refused = operator2_client.post(url("decline", item), fields)
    assert refused.status_code == 409  # the holder alone declines
    for to in ("", "x", "9" * 20):
        assert operator1_client.post(url("decline", item), fields | {"to": to}).status_code == 302
    assert ClaimRequest.objects.get().answer == ClaimRequest.Answer.OPEN
    assert operator1_client.post(url("decline", item), fields).status_code == 302
    assert ClaimRequest.objects.get().answer == ClaimRequest.Answer.DECLINED
    fields = {"fence": held.fence, "to": operator2.pk}
    assert operator1_client.post(url("hand_over", item), fields).status_code == 302
    assert ClaimRequest.objects.get().answer == ClaimRequest.Answer.GRANTED


def test_a_wish_goes_through_the_page(
    answer: Message, operator2: User, operator2_client: Client
) -> None:
    address = reverse("inbox:amend", args=[answer.item_id, answer.pk])
    assert operator2_client.get(address).status_code == 200
    assert operator2_client.post(address, {"change": "lain"}).status_code == 422
    assert operator2_client.post(address, {"change": "edit", "text": "x"}).status_code == 422
    assert operator2_client.post(address, {"change": "delete"}).status_code == 302
    assert Wish.objects.get().by == operator2
    theirs = answer.item.messages.get(direction="in")
    lost = reverse("inbox:amend", args=[answer.item_id, theirs.pk])
    assert operator2_client.post(lost, {"change": "delete"}).status_code == 404


def addresses(item: Item, reply: Reply, answer: Message) -> list[tuple[str, dict[str, object]]]:
    """Every act between colleagues, with fields that would do."""
    call = reply.deliveries.get()
    return [
        (url("let_go", item), {"reply": reply.pk}),
        (url("send_back", item), {"reply": reply.pk, "why": "Tidak"}),
        (url("require_reader", item), {"on": "1"}),
        (url("ask", item), {}),
        (url("decline", item), {"fence": reply.claim_id, "to": 1}),
        (url("decide", item), {"delivery": call.pk, "decision": "stands"}),
        (reverse("inbox:amend", args=[item.pk, answer.pk]), {"change": "delete"}),
    ]


@pytest.mark.parametrize("who", ["other team", "officer", "nobody", "restricted"])
def test_outsiders_do_nothing(
    who: str, waiting: Reply, answer: Message, office: Office, operator2: User,
    other_desk_operator_client: Client, operator2_client: Client, lantas_officer_client: Client,
    client: Client,
) -> None:  # fmt: skip
    item = waiting.item
    asking.ask(item=item, by=operator2)
    office.all_see_all = who != "other team"
    office.save()
    Item.objects.update(restricted=who == "restricted")
    browser, expected = {
        "other team": (other_desk_operator_client, 404),
        "officer": (lantas_officer_client, 403),
        "nobody": (client, 302),
        "restricted": (operator2_client, 404),
    }[who]
    for address, fields in addresses(item, waiting, answer):
        refused = browser.post(address, fields)
        wanted = 403 if expected == 404 and "pembaca-kedua" in address else expected
        assert refused.status_code == wanted, address
        if who == "nobody":
            assert "login" in refused["Location"]
    call = waiting.deliveries.get()
    for address in (
        reverse("inbox:shows_now", args=[item.pk, call.pk]),
        reverse("inbox:amend", args=[item.pk, answer.pk]),
    ):
        assert browser.get(address).status_code == expected, address
    assert state(waiting) == ReplyState.REVIEW
    assert waiting.deliveries.get().state == "queued"
    assert not Wish.objects.exists()
    assert ClaimRequest.objects.get().answer == ClaimRequest.Answer.OPEN
    item.refresh_from_db()
    assert not item.second_reader


def test_reading_changes_nothing(waiting: Reply, answer: Message, head_client: Client) -> None:
    for address, _fields in addresses(waiting.item, waiting, answer)[:6]:
        assert head_client.get(address).status_code == 405, address
