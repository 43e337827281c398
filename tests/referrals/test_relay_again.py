"""A relay ends for every citizen: what was erased or came late, what was refused and stands after all."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from accounts import clock
from accounts.models import Division, User
from inbox import claims, erasure, outbox, replies
from inbox.models import Channel, Draft, Item, Message, Reply
from inbox.models_out import ReplyState
from referrals import relay
from referrals.models import Relay, RelayTarget
from tests import cast
from tests.cast import MakeItem
from tests.referrals.relay_desk import answered, arrive, start
from tests.sandbox_process import Sandbox
from tickets.models import TicketState

pytestmark = pytest.mark.django_db
State = RelayTarget.State


def _erased_last(make_item: MakeItem, channel: Channel) -> Item:
    item = make_item(thread="satu")
    make_item(thread="satu", text="pesan kedua yang lalu dihapus")
    last = item.messages.order_by("-pk").first()
    assert last
    erasure.erase_message(last, why="Dihapus oleh penulisnya.")
    return item


def _late(make_item: MakeItem, channel: Channel) -> Item:
    item = make_item(thread="satu")
    before = clock.now() - timedelta(hours=3)
    cast.receive(channel, cast.Post(text="lama", thread="satu", written_at=before))
    assert item.messages.count() == 2
    return item


@pytest.mark.parametrize("made", [_erased_last, _late])
def test_an_erased_or_late_message_does_not_stop_it(
    made: Callable[[MakeItem, Channel], Item], make_item: MakeItem, channel_x: Channel,
    operator1: User, pdam: Division,
) -> None:  # fmt: skip
    item = made(make_item, channel_x)
    found = start(answered([item], operator1, pdam), operator1)
    assert found.targets.get().state == State.SENDING
    assert arrive(found).state == TicketState.DONE


@pytest.mark.parametrize("made", [_erased_last, _late])
def test_told_in_the_app_it_can_be_marked(
    made: Callable[[MakeItem, Channel], Item], make_item: MakeItem, channel_x: Channel,
    operator1: User, pdam: Division,
) -> None:  # fmt: skip
    item = made(make_item, channel_x)
    item.channel.sealed = b""  # nothing is connected: the answer goes out in the platform's own app
    item.channel.save()
    target = start(answered([item], operator1, pdam), operator1).targets.get()
    assert target.state == State.UNREACHED
    relay.mark_reached(target=target, by=operator1)
    target.refresh_from_db()
    assert target.state == State.REACHED


def test_nobodys_draft_goes_with_a_relay(
    make_item: MakeItem, operator1: User, operator2: User, pdam: Division
) -> None:
    item, other = make_item(thread="satu"), make_item(thread="dua", handle="warga2")
    ticket = answered([item, other], operator1, pdam)
    for by in (operator1, operator2):
        claims.keep_draft(item=item, by=by, text="konsep yang belum selesai")
        claims.keep_draft(item=other, by=by, text="konsep lain")
    start(ticket, operator1)
    assert Draft.objects.count() == 4
    target = RelayTarget.objects.get(item=other)
    Reply.objects.filter(pk=target.reply_id or 0).update(state=ReplyState.FAILED)
    relay.settled(reply_id=target.reply_id or 0)
    relay.mark_reached(target=target, by=operator1)
    assert Draft.objects.count() == 4


@pytest.fixture
def refused(
    sandbox: Sandbox, connected: Channel, read: Callable[[], int], operator1: User, lantas: Division
) -> Relay:
    """A relay whose one citizen the platform refused, and wrote the answer all the same."""
    sandbox.write("@PoldaKaltim syarat SIM apa saja?")
    read()
    found = start(answered([Item.objects.get()], operator1, lantas), operator1)
    sandbox.fault("400_after")
    outbox.send_due()
    relay.advance(found)
    assert found.targets.get().state == State.UNREACHED
    return found


def _stands(found: Relay) -> None:
    """The reply is known to stand, but the relay was not told (a signal may be lost)."""
    Reply.objects.filter(pk=found.targets.get().reply_id or 0).update(state=ReplyState.SENT)


def test_what_stands_after_all_has_reached_its_citizen(
    refused: Relay, sandbox: Sandbox, read: Callable[[], int]
) -> None:
    read()  # our own post comes back
    target = refused.targets.get()
    assert target.reply
    assert target.reply.state == ReplyState.SENT
    relay.settled(reply_id=target.reply.pk)
    target.refresh_from_db()
    assert (target.state, target.problem) == (State.REACHED, "")
    refused.refresh_from_db()
    assert refused.finished_at


def test_the_sweep_sees_it_too(refused: Relay) -> None:
    _stands(refused)
    relay.advance(refused)
    assert refused.targets.get().state == State.REACHED


@pytest.mark.parametrize("how", ["the citizen writes", "somebody tries again"])
def test_who_has_the_answer_is_not_told_again(refused: Relay, operator1: User, how: str) -> None:
    _stands(refused)
    target = refused.targets.get()
    if how == "the citizen writes":
        message = target.item.messages.get(direction=Message.Direction.IN)
        again = relay.reachable_again(message_id=message.pk)
        assert again
        relay.advance(again)
    else:
        relay.try_again(target=target, by=operator1)
    target.refresh_from_db()
    assert target.state == State.REACHED
    assert Reply.objects.filter(item=target.item).count() == 1


def test_who_has_it_not_is_told_again(refused: Relay, operator1: User) -> None:
    target = refused.targets.get()
    relay.try_again(target=target, by=operator1)
    target.refresh_from_db()
    assert target.state == State.SENDING
    assert Reply.objects.filter(item=target.item).count() == 2


def test_tried_again_while_held_it_still_sees_what_stands(
    refused: Relay, operator1: User, operator2: User, sandbox: Sandbox, read: Callable[[], int]
) -> None:
    """The item is a colleague's: the new answer waits, and meanwhile the refused one comes back."""
    target = refused.targets.get()
    own = claims.take(item=target.item, by=operator1, done_too=True)
    claims.release(item=target.item, by=operator1, fence=own.fence)
    held = claims.take(item=target.item, by=operator2, done_too=True)
    relay.try_again(target=target, by=operator1)
    target.refresh_from_db()
    assert target.state == State.WAITING
    read()
    claims.release(item=target.item, by=operator2, fence=held.fence)
    relay.advance(refused)
    target.refresh_from_db()
    assert target.state == State.REACHED
    assert Reply.objects.filter(item=target.item).count() == 1


def test_what_comes_back_just_before_the_item_is_taken_stops_the_new_answer(
    refused: Relay, operator1: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_hand = replies.is_by_hand

    def asked_late(item: Item, message: Message) -> bool:
        _stands(refused)
        return by_hand(item, message)

    target = refused.targets.get()
    with monkeypatch.context() as patched:
        patched.setattr(replies, "is_by_hand", asked_late)
        relay.try_again(target=target, by=operator1)
    target.refresh_from_db()
    assert target.state == State.WAITING
    relay.advance(refused)
    target.refresh_from_db()
    assert target.state == State.REACHED
    assert Reply.objects.filter(item=target.item).count() == 1
