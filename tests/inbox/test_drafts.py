"""Drafts: everybody's own on an item, kept whoever holds it; what others began is offered, not taken."""

import pytest
from django.test import Client

from accounts.models import User
from inbox import claims, replies
from inbox.models import Draft, Item
from tests.inbox.pages import form_on, url


def shown(client: Client, item: Item) -> str:
    """The item's page."""
    return client.get(url("item", item)).content.decode()


def field(page: str) -> str:
    """What stands in the answer form."""
    return page.partition('id="text"')[2].partition(">")[2].partition("</textarea>")[0]


def test_a_lost_author_keeps_the_words_beside_the_new_holders(
    operator1_client: Client, head_client: Client, item: Item
) -> None:
    operator1_client.post(url("take", item))
    old = form_on(operator1_client, item, "reply")
    head_client.post(url("take_over", item))
    new = form_on(head_client, item, "reply")
    assert head_client.post(url("draft", item), new | {"text": "tulisan baru"}).status_code == 200
    late = operator1_client.post(url("draft", item), old | {"text": "tulisan lama"})
    assert late.status_code == 409
    assert "Tulisan Anda disimpan" in late.content.decode()
    page = shown(head_client, item)
    assert field(page) == "tulisan baru"
    assert "tulisan lama" in page


def left(client: Client, item: Item, text: str) -> None:
    """Somebody takes the item, begins to write, and gives it back."""
    client.post(url("take", item))
    fields = form_on(client, item, "reply")
    client.post(url("draft", item), fields | {"text": text})
    client.post(url("release", item), fields)


@pytest.mark.parametrize("text", ["", "x"])
def test_the_next_holder_leaves_the_former_ones_alone(
    text: str, operator1_client: Client, operator2_client: Client, item: Item
) -> None:
    left(operator1_client, item, "Satu alinea penuh")
    operator2_client.post(url("take", item))
    theirs = form_on(operator2_client, item, "reply")
    operator2_client.post(url("draft", item), theirs | {"text": text})
    page = shown(operator2_client, item)
    assert field(page) == text
    assert "Satu alinea penuh" in page


def test_what_others_began_is_past_once_the_desk_has_spoken(
    operator1_client: Client, operator2_client: Client, item: Item
) -> None:
    left(operator1_client, item, "Setengah kalimat")
    operator2_client.post(url("take", item))
    theirs = form_on(operator2_client, item, "reply")
    operator2_client.post(
        url("reply", item), theirs | {"text": "Sudah kami tangani", "by_hand": "1"}
    )
    operator2_client.post(url("reopen", item))
    assert "Setengah kalimat" not in shown(operator2_client, item)
    operator2_client.post(url("release", item), form_on(operator2_client, item, "release"))
    operator1_client.post(url("take", item))
    page = shown(operator1_client, item)
    assert field(page) == ""  # never sent by mistake
    assert "Konsep Anda" in page
    assert "Setengah kalimat" in page  # and not lost


def test_thrown_away_by_the_head_is_the_authors(
    operator1_client: Client, head_client: Client, item: Item
) -> None:
    operator1_client.post(url("take", item))
    fields = form_on(operator1_client, item, "reply") | {"text": "Tidak jadi"}
    operator1_client.post(url("reply", item), fields)
    reply = item.replies.get()
    head_client.post(url("withdraw", item), {"reply": str(reply.pk), "drop": "1"})
    assert not Draft.objects.exists()


def test_a_lost_claim_with_nothing_typed_keeps_the_draft(
    operator1_client: Client, head: User, item: Item
) -> None:
    operator1_client.post(url("take", item))
    fields = form_on(operator1_client, item, "reply")
    operator1_client.post(url("draft", item), fields | {"text": "Hampir selesai"})
    claims.take_over(item=item, by=head)
    assert operator1_client.post(url("close", item), fields | {"reason": "spam"}).status_code == 409
    assert Draft.objects.get().text == "Hampir selesai"


def test_a_draft_goes_with_its_own_answer(operator1: User, head: User, item: Item) -> None:
    held = claims.take(item=item, by=operator1)
    claims.keep_draft(item=item, by=operator1, text="Halo")
    claims.keep_draft(item=item, by=head, text="Sebaiknya begini")
    seen = replies.last_stored(item)
    assert seen
    replies.submit(item=item, by=operator1, fence=held.fence, text="Halo", seen=seen.pk)
    assert Draft.objects.get().author == head
