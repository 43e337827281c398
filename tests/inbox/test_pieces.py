"""A long answer leaves in several calls: in order, each once, and never half without saying so (DESIGN §7)."""

from collections.abc import Callable

import pytest

from accounts.models import User
from inbox import claims, outbox, replies, settle
from inbox.connectors.base import Outcome, SendResult
from inbox.models import Channel, Draft, Item, Reply
from inbox.models_out import Delivery
from tests.sandbox_process import Sandbox

pytestmark = pytest.mark.django_db

Read = Callable[[], int]
LONG = " ".join(f"Kalimat ke-{n} dari jawaban yang panjang sekali, Kak." for n in range(1, 12))


@pytest.fixture
def long_reply(sandbox: Sandbox, connected: Channel, read: Read, operator1: User) -> Reply:
    sandbox.write("@PoldaKaltim syarat SIM apa saja?")
    read()
    item = Item.objects.get()
    held = claims.take(item=item, by=operator1)
    newest = replies.newest_from_citizen(item)
    assert newest
    return replies.submit(item=item, by=operator1, fence=held.fence, text=LONG, seen=newest.pk)


def states(reply: Reply) -> list[str]:
    return list(reply.deliveries.order_by("part").values_list("state", flat=True))


def test_every_piece_stands_once_and_in_order(sandbox: Sandbox, long_reply: Reply) -> None:
    assert len(states(long_reply)) >= 2
    assert outbox.send_due() == len(states(long_reply))

    long_reply.refresh_from_db()
    assert long_reply.state == "sent"
    assert Item.objects.get().state == "answered"
    standing = sandbox.replies_to(long_reply.target.current_id)
    ids = {d.remote_id: d.part for d in long_reply.deliveries.all()}
    assert sorted(ids[one["id"]] for one in standing) == list(range(1, len(ids) + 1))


def test_the_next_piece_waits_until_the_one_before_is_certain(
    sandbox: Sandbox, long_reply: Reply
) -> None:
    sandbox.fault("500_after")
    assert outbox.send_due() == 1
    assert states(long_reply)[:2] == ["unknown", "queued"]
    assert Item.objects.get().state == "open"

    settle.settle_unknown()  # found on the platform
    outbox.send_due()
    assert set(states(long_reply)) == {"sent"}
    assert len(sandbox.replies_to(long_reply.target.current_id)) == len(states(long_reply))


def test_a_message_between_two_pieces_does_not_cut_the_answer(
    sandbox: Sandbox, long_reply: Reply, read: Read
) -> None:
    first = outbox.begin()
    assert first
    outbox.carry(first)
    sandbox.write("@PoldaKaltim satu lagi min", in_reply_to=long_reply.target.current_id)
    read()
    outbox.send_due()
    assert set(states(long_reply)) == {"sent"}


def test_when_a_later_piece_is_refused_the_rest_comes_back_as_a_draft(long_reply: Reply) -> None:
    first = outbox.begin()
    assert first
    outbox.finish(first, SendResult(Outcome.SENT, remote_id="900001"))
    outbox._unlock(first)
    second = outbox.begin()
    assert second is not None
    assert second.part == 2
    outbox.finish(second, SendResult(Outcome.PERMANENT, problem="ditolak"))

    long_reply.refresh_from_db()
    assert long_reply.state == "failed"
    assert states(long_reply)[:2] == ["sent", "failed"]
    assert set(states(long_reply)[2:]) <= {"cancelled"}
    draft = Draft.objects.get().text
    begun = Delivery.objects.get(part=1).text.removesuffix(f"(1/{len(states(long_reply))})").strip()
    assert begun + " " + draft == LONG


def test_what_has_not_begun_can_be_withdrawn_whole(long_reply: Reply, operator1: User) -> None:
    replies.withdraw(reply=long_reply, by=operator1)
    assert set(states(long_reply)) == {"cancelled"}
    assert Draft.objects.get().text == LONG


def test_what_has_begun_can_not(long_reply: Reply, operator1: User) -> None:
    first = outbox.begin()
    assert first
    outbox.carry(first)
    with pytest.raises(replies.ReplyRefused):
        replies.withdraw(reply=long_reply, by=operator1)
    assert outbox.send_due() == len(states(long_reply)) - 1
