"""Our own posts as the platform shows them: which delivery they are, and what that means for the next one."""

from collections.abc import Callable

import pytest

from accounts.models import User
from inbox import claims, outbox, replies, settle
from inbox.connectors.base import Outcome, SendResult
from inbox.models import Item, Reply
from inbox.models_out import Delivery
from tests.sandbox_process import Sandbox

pytestmark = pytest.mark.django_db

Read = Callable[[], int]


def delivery(reply: Reply) -> Delivery:
    return reply.deliveries.get()


def test_a_post_that_shows_up_late_is_not_sent_once_more(
    sandbox: Sandbox, queued: Reply, read: Read
) -> None:
    """Absent in two reads, back in the queue; then our own timeline shows it after all."""
    sandbox.fault("500_after")
    outbox.send_due()
    settle._send_again(delivery(queued))

    read()

    assert delivery(queued).state == "sent"
    assert outbox.send_due() == 0
    assert len(sandbox.replies_to(queued.target.current_id)) == 1


def test_the_echo_of_an_answer_under_way_is_not_that_of_a_refused_one(
    sandbox: Sandbox, queued: Reply, read: Read, operator1: User
) -> None:
    """Refused, sent again with the same words; its echo comes before the answer to its call."""
    refused = outbox.begin()
    assert refused
    outbox.finish(refused, SendResult(Outcome.PERMANENT, problem="ditolak"))
    outbox._unlock(refused)
    item = Item.objects.get()
    held = claims.take(item=item, by=operator1)
    seen = replies.last_stored(item)
    assert seen
    again = replies.submit(
        item=item, by=operator1, fence=held.fence, text=queued.text, seen=seen.pk, undo=False
    )
    sandbox.fault("500_after")
    outbox.send_due()
    assert delivery(again).state == "unknown"

    read()  # the echo waits for the outcome
    assert delivery(queued).state == "failed"
    settle.settle_unknown()

    assert (delivery(queued).state, delivery(again).state) == ("failed", "sent")
    assert outbox.send_due() == 0
    assert len(sandbox.replies_to(again.target.current_id)) == 1


def test_a_refused_answer_that_stands_holds_the_next_one(
    sandbox: Sandbox, queued: Reply, read: Read, operator1: User
) -> None:
    sandbox.fault("400_after")
    outbox.send_due()
    assert delivery(queued).state == "failed"
    item = Item.objects.get()
    held = claims.take(item=item, by=operator1)
    seen = replies.last_stored(item)
    assert seen
    again = replies.submit(
        item=item, by=operator1, fence=held.fence, text=queued.text, seen=seen.pk
    )

    read()

    again.refresh_from_db()
    assert delivery(queued).state == "sent"
    assert (again.state, again.hold) == ("held", "native_answer")
    assert len(sandbox.replies_to(queued.target.current_id)) == 1
