"""Claims, one rule at a time (DESIGN §6; I1, I2)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts import clock
from accounts.models import JournalEntry, User
from inbox import claims, replies
from inbox.models import Claim, CloseReason, Draft, Item, ItemState, Reply

pytestmark = pytest.mark.django_db

MakeItem = Callable[..., Item]


def expire(held: claims.Held) -> None:
    Claim.objects.filter(pk=held.fence).update(expires_at=clock.now() - timedelta(seconds=1))


def answer(item: Item, by: User, held: claims.Held, text: str = "Kami cek, Kak.") -> Reply:
    newest = replies.newest_from_citizen(item)
    assert newest
    return replies.submit(item=item, by=by, fence=held.fence, text=text, seen=newest.pk)


def test_one_takes_the_other_is_told_who(
    make_item: MakeItem, operator1: User, operator2: User
) -> None:
    item = make_item()
    claims.take(item=item, by=operator1)

    with pytest.raises(claims.AlreadyClaimed) as refused:
        claims.take(item=item, by=operator2)

    assert refused.value.holder == operator1
    assert str(operator1) in str(refused.value)


def test_taking_again_renews_under_the_same_fence(make_item: MakeItem, operator1: User) -> None:
    item = make_item()
    first = claims.take(item=item, by=operator1)
    Claim.objects.filter(pk=first.fence).update(expires_at=clock.now() + timedelta(seconds=5))

    again = claims.take(item=item, by=operator1)

    assert again.fence == first.fence
    assert again.expires_at > clock.now() + timedelta(minutes=10)


def test_an_expired_lease_is_free_to_take_and_its_fence_is_refused(
    make_item: MakeItem, operator1: User, operator2: User
) -> None:
    item = make_item()
    old = claims.take(item=item, by=operator1)
    expire(old)

    new = claims.take(item=item, by=operator2)

    assert new.fence > old.fence
    with pytest.raises(claims.ClaimLost) as lost:
        answer(item, operator1, old)
    assert lost.value.holder == operator2
    assert not Reply.objects.exists()


def test_an_expired_lease_that_nobody_took_still_counts(
    make_item: MakeItem, operator1: User
) -> None:
    item = make_item()
    held = claims.take(item=item, by=operator1)
    expire(held)

    answer(item, operator1, held)

    assert Reply.objects.get().state == "queued"


def test_a_queued_reply_pins_the_item_even_past_the_lease(
    make_item: MakeItem, operator1: User, operator2: User
) -> None:
    item = make_item()
    held = claims.take(item=item, by=operator1)
    answer(item, operator1, held)
    expire(held)

    with pytest.raises(claims.AlreadyClaimed):
        claims.take(item=item, by=operator2)
    assert claims.end_expired() == 0
    with pytest.raises(claims.Pinned):
        claims.release(item=item, by=operator1, fence=held.fence)


@pytest.mark.parametrize("borrowed", ["fence of another item", "fence of another person"])
def test_a_borrowed_fence_opens_nothing(
    make_item: MakeItem, operator1: User, operator2: User, borrowed: str
) -> None:
    item, other = make_item(), make_item(text="yang lain")
    mine = claims.take(item=other, by=operator1)
    theirs = claims.take(item=item, by=operator2)
    fence = mine if borrowed == "fence of another item" else theirs

    with pytest.raises(claims.ClaimLost):
        answer(item, operator1, fence)
    with pytest.raises(claims.ClaimLost):
        replies.close(item=item, by=operator1, fence=fence.fence, reason=CloseReason.SPAM)


def test_the_database_itself_refuses_a_second_live_claim(
    make_item: MakeItem, operator1: User, operator2: User
) -> None:
    item = make_item()
    claims.take(item=item, by=operator1)

    with pytest.raises(IntegrityError), transaction.atomic():
        Claim.objects.create(item=item, holder=operator2, expires_at=clock.now())


def test_release_gives_it_back(make_item: MakeItem, operator1: User, operator2: User) -> None:
    item = make_item()
    held = claims.take(item=item, by=operator1)

    claims.release(item=item, by=operator1, fence=held.fence)

    assert claims.take(item=item, by=operator2).fence > held.fence
    assert list(
        JournalEntry.objects.filter(subject=f"item:{item.pk}", verb__startswith="claim")
        .order_by("pk")
        .values_list("verb", flat=True)
    ) == ["claim_taken", "claim_released", "claim_taken"]


def test_hand_over_moves_the_fence(make_item: MakeItem, operator1: User, operator2: User) -> None:
    item = make_item()
    held = claims.take(item=item, by=operator1)

    theirs = claims.hand_over(item=item, by=operator1, fence=held.fence, to=operator2)

    assert claims.live_claim(item).holder == operator2  # type: ignore[union-attr]
    with pytest.raises(claims.ClaimLost):
        answer(item, operator1, held)
    answer(item, operator2, theirs)


def test_the_head_takes_over_and_the_queued_reply_becomes_a_draft(
    make_item: MakeItem, operator1: User, head: User
) -> None:
    item = make_item()
    reply = answer(
        item, operator1, claims.take(item=item, by=operator1), text="Belum jadi terkirim"
    )

    claims.take_over(item=item, by=head)

    reply.refresh_from_db()
    assert reply.state == "cancelled"
    assert Draft.objects.get(item=item).text == "Belum jadi terkirim"
    assert claims.live_claim(item).holder == head  # type: ignore[union-attr]


def test_the_head_cannot_take_what_is_being_sent(
    make_item: MakeItem, operator1: User, head: User
) -> None:
    item = make_item()
    reply = answer(item, operator1, claims.take(item=item, by=operator1))
    reply.deliveries.update(state="sending")
    Reply.objects.filter(pk=reply.pk).update(state="sending")

    with pytest.raises(claims.Pinned):
        claims.take_over(item=item, by=head)


def test_an_operator_cannot_take_over(
    make_item: MakeItem, operator1: User, operator2: User
) -> None:
    item = make_item()
    claims.take(item=item, by=operator1)

    with pytest.raises(PermissionError):
        claims.take_over(item=item, by=operator2)


def test_the_sweep_ends_what_ran_out(make_item: MakeItem, operator1: User) -> None:
    item, kept = make_item(), make_item(text="masih dipegang")
    expire(claims.take(item=item, by=operator1))
    claims.take(item=kept, by=operator1)

    assert claims.end_expired() == 1
    assert claims.live_claim(item) is None
    assert claims.live_claim(kept) is not None


def test_closing_ends_the_claim_and_needs_a_reason(make_item: MakeItem, operator1: User) -> None:
    item = make_item()
    held = claims.take(item=item, by=operator1)
    with pytest.raises(replies.ReplyRefused):
        replies.close(item=item, by=operator1, fence=held.fence, reason="")

    replies.close(item=item, by=operator1, fence=held.fence, reason=CloseReason.THANKS)

    item.refresh_from_db()
    assert (item.state, item.close_reason, item.waiting_since) == (ItemState.CLOSED, "thanks", None)
    assert claims.live_claim(item) is None


def test_what_is_on_a_ticket_cannot_be_closed_away(
    make_item: MakeItem, follow_up: Callable[..., None], operator1: User
) -> None:
    item = make_item()
    Item.objects.update(state=ItemState.REFERRED, waiting_since=None)
    follow_up(item, "ok min")
    item.refresh_from_db()
    assert item.waiting_since
    held = claims.take(item=item, by=operator1)

    replies.close(item=item, by=operator1, fence=held.fence, reason=CloseReason.NOT_NEEDED)

    found = Item.objects.values_list("state", "waiting_since", "close_reason").get(pk=item.pk)
    assert found == (ItemState.REFERRED, None, "")
    assert claims.live_claim(item) is None


def test_stale_stop_when_the_citizen_wrote_again(
    make_item: MakeItem, follow_up: Callable[..., None], operator1: User
) -> None:
    item = make_item()
    held = claims.take(item=item, by=operator1)
    seen = replies.newest_from_citizen(item)
    assert seen
    follow_up(item, "eh sudah beres min")

    with pytest.raises(replies.NewerMessage):
        replies.submit(item=item, by=operator1, fence=held.fence, text="Kami cek", seen=seen.pk)


@pytest.mark.parametrize(
    ("text", "word"), [("", "kosong"), ("   \n", "kosong"), ("a" * 281 * 5, "panjang")]
)
def test_a_text_the_platform_would_refuse_is_refused_here(
    make_item: MakeItem, operator1: User, text: str, word: str
) -> None:
    item = make_item()
    held = claims.take(item=item, by=operator1)
    with pytest.raises(replies.ReplyRefused, match=word):
        answer(item, operator1, held, text=text)


@pytest.mark.parametrize("state", ["answered", "closed"])
def test_what_is_done_is_not_taken_from_an_old_list(
    make_item: MakeItem, operator1: User, operator2: User, state: str
) -> None:
    item = make_item()
    Item.objects.filter(pk=item.pk).update(state=state, waiting_since=None)

    with pytest.raises(claims.AlreadyAnswered):
        claims.take(item=item, by=operator2)
    assert claims.live_claim(item) is None
    assert replies.reopen(item=item, by=operator1).fence
