"""Asking the holder for an item: granted, declined, or taken at once when nobody holds it any more."""

from collections.abc import Callable

import pytest

from accounts.models import JournalEntry, User
from inbox import asking, claims, replies
from inbox.models import ClaimRequest, Item

pytestmark = pytest.mark.django_db


def fence(item: Item) -> int:
    claim = claims.live_claim(item)
    assert claim
    return claim.pk


def test_asked_and_handed_over(item: Item, operator1: User, operator2: User) -> None:
    claims.take(item=item, by=operator1)
    request = asking.ask(item=item, by=operator2)
    assert request
    assert request.answer == ClaimRequest.Answer.OPEN

    held = claims.hand_over(item=item, by=operator1, fence=fence(item), to=operator2)

    request.refresh_from_db()
    assert request.answer == ClaimRequest.Answer.GRANTED
    assert fence(item) == held.fence
    with pytest.raises(claims.ClaimLost):
        asking.decline(item=item, by=operator1, fence=request.claim_id, to=operator2.pk)


def test_declined_and_asked_anew(item: Item, operator1: User, operator2: User) -> None:
    claims.take(item=item, by=operator1)
    first = asking.ask(item=item, by=operator2)
    assert first
    for _twice in range(2):
        asking.decline(item=item, by=operator1, fence=fence(item), to=operator2.pk)
    first.refresh_from_db()
    assert first.answer == ClaimRequest.Answer.DECLINED
    again = asking.ask(item=item, by=operator2)
    assert again == first
    again.refresh_from_db()
    assert again.answer == ClaimRequest.Answer.OPEN
    verbs = JournalEntry.objects.filter(subject=f"item:{item.pk}").order_by("pk")
    assert list(verbs.values_list("verb", flat=True)) == [
        "item_opened", "claim_taken", "claim_requested", "claim_declined", "claim_requested",
    ]  # fmt: skip


def test_a_free_item_is_simply_taken(item: Item, operator2: User) -> None:
    assert asking.ask(item=item, by=operator2) is None
    claim = claims.live_claim(item)
    assert claim
    assert claim.holder == operator2
    assert asking.ask(item=item, by=operator2) is None  # one's own stays one's own
    assert not ClaimRequest.objects.exists()


def test_a_lease_that_ran_out_is_taken_not_asked_for(
    item: Item, operator1: User, operator2: User, move_clock: Callable[[float], None]
) -> None:
    claims.take(item=item, by=operator1)
    move_clock(16 * 60)
    assert asking.ask(item=item, by=operator2) is None
    claim = claims.live_claim(item)
    assert claim
    assert claim.holder == operator2


def test_an_item_that_a_reply_pins_can_be_asked_for(
    item: Item, operator1: User, operator2: User, move_clock: Callable[[float], None]
) -> None:
    held = claims.take(item=item, by=operator1)
    newest = replies.last_stored(item)
    assert newest
    replies.submit(item=item, by=operator1, fence=held.fence, text="Halo.", seen=newest.pk)
    move_clock(16 * 60)
    assert asking.ask(item=item, by=operator2)
    assert fence(item) == held.fence


def test_only_the_holder_declines(
    item: Item, operator1: User, operator2: User, other_desk_operator: User
) -> None:
    held = claims.take(item=item, by=operator1)
    asking.ask(item=item, by=operator2)
    for somebody in (operator2, other_desk_operator):
        with pytest.raises(claims.ClaimLost):
            asking.decline(item=item, by=somebody, fence=held.fence, to=operator2.pk)
    assert ClaimRequest.objects.get().answer == ClaimRequest.Answer.OPEN


def test_requests_end_with_their_claim(item: Item, operator1: User, operator2: User) -> None:
    claims.take(item=item, by=operator1)
    asking.ask(item=item, by=operator2)
    claims.release(item=item, by=operator1, fence=fence(item))
    claims.take(item=item, by=operator1)
    claim = claims.live_claim(item)
    assert claim
    assert not claim.requests.exists()
