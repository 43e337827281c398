"""A message that is being stored while its item is answered or closed is never laid aside unseen: the two
queue up at the item's row (inbox/arrivals.py)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from accounts import clock
from accounts.models import User
from inbox import arrivals, claims, native, outbox, replies
from inbox.connectors.base import Media, Outcome, SendResult
from inbox.models import Channel, Item, ItemState, Message
from inbox.models_out import Delivery
from tests import cast
from tests.beside import Beside

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def first(channel_x: Channel) -> Message:
    found = cast.receive(channel_x, cast.Post(thread="satu", handle="w"))
    assert found
    return found


def sent(item: Item, by: User, fence: int, seen: Message) -> Callable[[], object]:
    """A delivery under way; what its worker does when the platform said yes."""
    replies.submit(item=item, by=by, fence=fence, text="Sudah", seen=seen.pk)
    Delivery.objects.update(due_at=clock.now() - timedelta(seconds=1))
    delivery = outbox.begin()
    assert delivery
    result = SendResult(Outcome.SENT, remote_id="77", object_class="post")
    return lambda: outbox.finish(delivery, result)


@pytest.mark.parametrize(
    ("deed", "raised"), [("hand", "NewerMessage"), ("close", "NewerMessage"), ("worker", "")]
)
def test_a_message_under_way_goes_on_waiting(
    first: Message, channel_x: Channel, operator1: User, monkeypatch: pytest.MonkeyPatch,
    deed: str, raised: str,
) -> None:  # fmt: skip
    item = first.item
    fence = claims.take(item=item, by=operator1).fence
    acts: dict[str, Callable[[], object]] = {
        "hand": lambda: replies.submit(
            item=item, by=operator1, fence=fence, text="Sudah", seen=first.pk, by_hand=True
        ),
        "close": lambda: replies.close(
            item=item, by=operator1, fence=fence, reason="thanks", seen=first.pk
        ),
    }
    other = Beside(acts[deed] if deed in acts else sent(item, operator1, fence, first))
    real = arrivals.want_files

    def meanwhile(message: Message, media: tuple[Media, ...]) -> None:
        real(message, media)
        other.meet()

    monkeypatch.setattr(arrivals, "want_files", meanwhile)
    cast.receive(channel_x, cast.Post(thread="satu", handle="w", text="pesan yang terlewat"))
    other.thread.join(20)
    assert (other.over.is_set(), other.raised) == (True, raised)
    item.refresh_from_db()
    assert (item.state, item.waiting_since is not None) == (ItemState.OPEN, True)
    assert claims.live_claim(item)


def test_a_native_answer_under_way_is_seen_by_whoever_sends(
    first: Message, channel_x: Channel, operator1: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = first.item
    fence = claims.take(item=item, by=operator1).fence
    other = Beside(
        lambda: replies.submit(item=item, by=operator1, fence=fence, text="Sudah", seen=first.pk)
    )
    real = native.store_own

    def meanwhile(**told: Any) -> Message:
        stored = real(**told)
        other.meet()
        return stored

    monkeypatch.setattr(native, "store_own", meanwhile)
    post = cast.Post(text="Sudah, Kak", thread="satu", own=True, replies_to=first.current_id)
    cast.receive(channel_x, post)
    other.thread.join(20)
    assert (other.over.is_set(), other.raised) == (True, "NewerMessage")
