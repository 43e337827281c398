"""Sending against the sandbox: attempt first, outcome after, at most once (DESIGN §7; I3)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.cache import cache

from accounts import clock
from accounts.models import User
from inbox import claims, outbox, outcomes, replies, settle
from inbox.connectors.base import Outcome, SendResult
from inbox.models import Channel, Draft, Item, Message, Reply
from inbox.models_out import Delivery
from tests.sandbox_process import Sandbox

pytestmark = pytest.mark.django_db

Read = Callable[[], int]


def delivery(reply: Reply) -> Delivery:
    return reply.deliveries.get()


def read_back(reply: Reply) -> str:
    """Let the lag pass and look at the platform once."""
    reply.deliveries.update(read_at=clock.now() - timedelta(minutes=1))
    settle.settle_unknown()
    return delivery(reply).state


def test_sent_once_and_the_item_is_answered(sandbox: Sandbox, queued: Reply, read: Read) -> None:
    assert outbox.send_due() == 1
    assert outbox.send_due() == 0

    queued.refresh_from_db()
    (standing,) = sandbox.replies_to(queued.target.current_id)
    assert queued.state == "sent"
    assert delivery(queued).remote_id == standing["id"]
    item = Item.objects.get()
    assert (item.state, item.waiting_since) == ("answered", None)
    assert claims.live_claim(item) is None
    read()  # the echo on our own timeline is met as known
    assert Message.objects.filter(direction="out", native=False).count() == 1


def test_undo_before_it_leaves(sandbox: Sandbox, queued: Reply, operator1: User) -> None:
    replies.withdraw(reply=queued, by=operator1)

    assert outbox.send_due() == 0
    assert sandbox.replies_to(queued.target.current_id) == []
    assert Draft.objects.get().text == queued.text
    with pytest.raises(replies.ReplyRefused):
        replies.withdraw(reply=queued, by=operator1)


def test_nothing_leaves_during_the_pause(queued: Reply) -> None:
    queued.deliveries.update(due_at=clock.now() + timedelta(seconds=10))
    assert outbox.send_due() == 0


@pytest.mark.parametrize("kind", ["hang_after", "reset_after", "500_after", "truncated_after"])
def test_written_but_unheard_of_is_found_by_reading(
    sandbox: Sandbox, queued: Reply, kind: str
) -> None:
    sandbox.fault(kind)
    outbox.send_due()
    assert delivery(queued).state == "unknown"

    assert read_back(queued) == "sent"
    assert len(sandbox.replies_to(queued.target.current_id)) == 1
    assert Item.objects.get().state == "answered"


@pytest.mark.parametrize("kind", ["hang_before", "reset_before", "500_before"])
def test_absent_in_two_reads_is_resent_once(sandbox: Sandbox, queued: Reply, kind: str) -> None:
    sandbox.fault(kind)
    outbox.send_due()
    assert read_back(queued) == "unknown"
    assert sandbox.replies_to(queued.target.current_id) == []
    assert read_back(queued) == "queued"

    outbox.send_due()

    assert delivery(queued).state == "sent"
    assert len(sandbox.replies_to(queued.target.current_id)) == 1


def test_a_second_silence_goes_to_a_person(
    sandbox: Sandbox, queued: Reply, operator1: User
) -> None:
    for _attempt in range(2):
        sandbox.fault("500_before")
        outbox.send_due()
        read_back(queued)
        read_back(queued)
    assert delivery(queued).needs_person
    assert outbox.send_due() == 0

    settle.decide(delivery=delivery(queued), by=operator1, decision=settle.Decision.DRAFT)

    queued.refresh_from_db()
    assert queued.state == "failed"
    assert Draft.objects.get().text == queued.text


def test_a_person_has_it_sent_once_more(sandbox: Sandbox, queued: Reply, operator1: User) -> None:
    sandbox.fault("500_before")
    outbox.send_due()
    Delivery.objects.update(needs_person=True)

    settle.decide(delivery=delivery(queued), by=operator1, decision=settle.Decision.AGAIN)
    outbox.send_due()

    assert delivery(queued).state == "sent"
    assert len(sandbox.replies_to(queued.target.current_id)) == 1


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Outcome.SENT, "sent"),
        (Outcome.PERMANENT, "failed"),
        (Outcome.RETRY, "queued"),
        (Outcome.UNKNOWN, "unknown"),
        (Outcome.DUPLICATE, "unknown"),
    ],
)
def test_a_late_outcome_is_evidence(
    sandbox: Sandbox, queued: Reply, outcome: Outcome, state: str
) -> None:
    """The worker was frozen over its call and comes back after the attempt was given up."""
    begun = outbox.begin()
    assert begun
    Delivery.objects.update(started_at=clock.now() - timedelta(hours=1))
    settle.silent_attempts_become_unknown()
    Delivery.objects.update(needs_person=True)

    told = outbox.finish(begun, SendResult(outcome, remote_id="77" if state == "sent" else ""))

    assert told == (state != "unknown")
    assert delivery(queued).state == state


def test_a_late_sent_stops_the_resend(sandbox: Sandbox, queued: Reply, operator1: User) -> None:
    begun = outbox.begin()
    assert begun
    outcomes.mark_unknown(delivery(queued))
    outbox._unlock(begun)
    settle.decide(delivery=delivery(queued), by=operator1, decision=settle.Decision.AGAIN)

    assert outbox.finish(begun, SendResult(Outcome.SENT, remote_id="77"))
    assert outbox.begin() is None
    assert delivery(queued).state == "sent"


def test_not_there_is_not_believed_while_a_worker_may_still_call(
    queued: Reply, operator1: User
) -> None:
    assert outbox.begin()  # and its session holds the lock
    outcomes.mark_unknown(delivery(queued))

    for wanted in (settle.Decision.AGAIN, settle.Decision.DRAFT):
        with pytest.raises(settle.TooEarly):
            settle.decide(delivery=delivery(queued), by=operator1, decision=wanted)
    settle.decide(delivery=delivery(queued), by=operator1, decision=settle.Decision.STANDS)
    assert delivery(queued).state == "sent"


def test_a_restarted_database_leaves_the_resend_to_a_person(
    sandbox: Sandbox, queued: Reply
) -> None:
    sandbox.fault("500_before")
    outbox.send_due()
    Delivery.objects.update(server_since=clock.now() - timedelta(days=1))
    read_back(queued)
    read_back(queued)

    assert (delivery(queued).state, delivery(queued).needs_person) == ("unknown", True)


def test_throttled_goes_out_at_the_reset(sandbox: Sandbox, queued: Reply) -> None:
    sandbox.fault("429")
    outbox.send_due()
    waiting = delivery(queued)
    assert (waiting.state, waiting.outcome) == ("queued", "not_sent_retry")
    assert waiting.due_at > clock.now()

    queued.deliveries.update(due_at=clock.now())
    assert outbox.send_due() == 0, "the whole channel rests until the reset"

    cache.clear()  # the reset came; or Redis forgot
    outbox.send_due()
    assert delivery(queued).state == "sent"


def test_a_refusal_keeps_the_text_and_says_why(
    sandbox: Sandbox, connected: Channel, read: Read, operator1: User
) -> None:
    first = sandbox.write("@PoldaKaltim halo")
    read()
    item = Item.objects.get()
    held = claims.take(item=item, by=operator1)
    newest = replies.newest_from_citizen(item)
    assert newest
    sandbox.send("DELETE", f"/_sandbox/x/posts/{first}")
    reply = replies.submit(
        item=item, by=operator1, fence=held.fence, text="Halo Kak", seen=newest.pk
    )

    outbox.send_due()

    reply.refresh_from_db()
    assert reply.state == "failed"
    assert delivery(reply).problem
    assert Draft.objects.get().text == "Halo Kak"


def test_the_citizen_writing_meanwhile_holds_the_reply(
    sandbox: Sandbox, queued: Reply, read: Read, operator1: User
) -> None:
    sandbox.write("@PoldaKaltim eh sudah jadi!", reply_to=queued.target.current_id)
    read()

    assert outbox.send_due() == 0

    queued.refresh_from_db()
    assert (queued.state, queued.hold) == ("held", "new_message")
    claim = claims.live_claim(queued.item)
    assert claim
    replies.send_anyway(reply=queued, by=operator1, fence=claim.pk)
    assert outbox.send_due() == 1


def test_a_lost_claim_holds_the_reply(sandbox: Sandbox, queued: Reply) -> None:
    queued.claim.__class__.objects.update(ended_at=clock.now())

    outbox.send_due()

    queued.refresh_from_db()
    assert (queued.state, queued.hold) == ("held", "claim_lost")
    assert sandbox.replies_to(queued.target.current_id) == []


def test_a_native_answer_holds_the_reply(sandbox: Sandbox, queued: Reply, read: Read) -> None:
    sandbox.send(
        "POST", "/_sandbox/x/native",
        {"account": "PoldaKaltim", "text": "Sudah kami jawab", "reply_to": queued.target.current_id},
    )  # fmt: skip
    read()

    outbox.send_due()

    queued.refresh_from_db()
    assert (queued.state, queued.hold) == ("held", "native_answer")
    assert Message.objects.filter(native=True, text__contains="Sudah kami jawab").exists()


def test_a_native_answer_on_a_free_item_answers_it(
    sandbox: Sandbox, connected: Channel, read: Read
) -> None:
    post = sandbox.write("@PoldaKaltim halo")
    read()
    native = {"account": "PoldaKaltim", "text": "Halo Kak", "reply_to": post}
    sandbox.send("POST", "/_sandbox/x/native", native)
    read()
    assert Item.objects.get().state == "answered"


def test_an_attempt_whose_worker_died_becomes_unknown_and_is_settled(
    sandbox: Sandbox, queued: Reply
) -> None:
    begun = outbox.begin()
    assert begun
    outbox._unlock(begun)
    Delivery.objects.update(started_at=clock.now() - timedelta(minutes=1))

    assert settle.silent_attempts_become_unknown() == 1
    assert read_back(queued) == "unknown"
    assert read_back(queued) in ("queued", "unknown")
    assert sandbox.replies_to(queued.target.current_id) == []


def test_a_frozen_worker_is_not_a_dead_one(sandbox: Sandbox, queued: Reply) -> None:
    begun = outbox.begin()  # keeps its advisory lock: frozen, not dead
    assert begun
    Delivery.objects.update(started_at=clock.now() - timedelta(seconds=45))
    settle.silent_attempts_become_unknown()
    read_back(queued)
    read_back(queued)

    assert outbox.begin() is None, "absence says nothing while it may still call"

    Delivery.objects.update(started_at=clock.now() - settle.NOT_READABLE_AFTER * 2)
    read_back(queued)
    assert delivery(queued).needs_person
    outbox.carry(begun)  # thawed: the attempt is no longer its own
    assert sandbox.replies_to(queued.target.current_id) == []


def test_the_outcome_of_a_settled_attempt_changes_nothing(queued: Reply) -> None:
    begun = outbox.begin()
    assert begun
    assert outbox.finish(begun, SendResult(Outcome.SENT, remote_id="77"))
    assert not outbox.finish(begun, SendResult(Outcome.UNKNOWN))
    assert delivery(queued).remote_id == "77"


def test_the_ledger_counts_a_duplicate_refusal_as_nothing(sandbox: Sandbox, queued: Reply) -> None:
    """X refuses the same words twice: read back, found under another target or not at all."""
    sandbox.fault("reset_after")
    outbox.send_due()
    Delivery.objects.update(state="queued", resent=True, due_at=clock.now())
    Reply.objects.update(state="queued")
    outbox.send_due()
    assert delivery(queued).outcome == "duplicate"
    assert read_back(queued) == "sent"
    assert len(sandbox.replies_to(queued.target.current_id)) == 1


def test_a_change_of_the_answered_message_holds_the_reply(
    sandbox: Sandbox, queued: Reply, read: Read
) -> None:
    post = queued.target.current_id
    sandbox.send("POST", f"/_sandbox/x/posts/{post}/edit", {"text": "@PoldaKaltim sudah beres"})
    read()

    assert outbox.send_due() == 0

    queued.refresh_from_db()
    assert (queued.state, queued.hold) == ("held", "changed_message")


def test_a_late_arrival_that_was_written_earlier_is_news_too(
    sandbox: Sandbox, queued: Reply, read: Read
) -> None:
    sandbox.write("@PoldaKaltim yang ini saya tulis kemarin", reply_to=queued.target.current_id)
    read()
    Message.objects.filter(text__contains="kemarin").update(
        written_at=clock.now() - timedelta(days=1)
    )

    assert outbox.send_due() == 0
    queued.refresh_from_db()
    assert queued.hold == "new_message"
