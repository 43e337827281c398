"""Taking back and correcting what stands: a wish first, then calls that may be repeated without harm."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from django.db import OperationalError, connection, connections
from django.test import Client

from accounts import clock
from accounts.models import JournalEntry, User
from inbox import channels, claims, ralat, replies, slots
from inbox.channels import NoConnection
from inbox.connectors.base import Amendment, Change, Outcome, SendResult
from inbox.models import Amendment as Wish
from inbox.models import Channel, Item, Message
from inbox.models_out import AmendmentState
from tests import cast
from tests.inbox.pages import url

pytestmark = pytest.mark.django_db

SENT = SendResult(Outcome.SENT)


@dataclass
class Platform:
    """Stands for a connector: answers calls in order, remembers what was asked."""

    answers: list[SendResult] = field(default_factory=list)
    asked: list[Amendment] = field(default_factory=list)
    inside: list[bool] = field(default_factory=list)  # whether each call was made in a transaction
    away: str = ""
    closed: int = 0

    def amend(self, wish: Amendment) -> SendResult:
        self.inside.append(connection.in_atomic_block)
        self.asked.append(wish)
        return self.answers.pop(0) if self.answers else SENT

    def close(self) -> None:
        self.closed += 1

    def connect(self, _channel: Channel) -> "Platform":
        if self.away:
            raise NoConnection(self.away)
        return self


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Platform:
    found = Platform()
    monkeypatch.setattr(channels, "connect", found.connect)
    return found


def ours(
    item: Item, by: User, *, object_class: str = "post", text: str = "Buka pukul 8."
) -> Message:
    """An answer of ours that stands under the citizen's message; the item is answered."""
    asked = item.messages.get(direction="in")
    number = cast.next_id()
    Item.objects.filter(pk=item.pk).update(state="answered", waiting_since=None)
    return Message.objects.create(
        item=item, platform=item.channel.platform, object_class=object_class, external_id=number,
        current_id=number, direction="out", text=text, replies_to=asked.current_id,
        written_at=clock.now(), author=by,
    )  # fmt: skip


@pytest.fixture
def post(item: Item, operator1: User) -> Message:
    """On X: can be taken back, not corrected."""
    return ours(item, operator1)


@pytest.fixture
def comment(item: Item, operator1: User, channel_by_hand: Channel) -> Message:
    """On Facebook: can be taken back and corrected."""
    channel_by_hand.credentials = {"page_token": "k"}
    channel_by_hand.save()
    Item.objects.filter(pk=item.pk).update(channel=channel_by_hand)
    return ours(Item.objects.get(), operator1, object_class="comment")


def wish_of(message: Message) -> Wish:
    return message.amendments.order_by("-pk")[0]


def test_taken_back_the_citizen_waits_again(
    post: Message, operator2: User, platform: Platform
) -> None:
    held = ralat.wish(message=post, by=operator2, change=Change.DELETE)
    item = Item.objects.get()
    assert item.state == "open"
    assert item.waiting_since
    claim = claims.live_claim(item)
    assert claim
    assert (claim.pk, claim.holder) == (held.fence, operator2)  # who takes back answers for it

    assert ralat.work() == 1
    assert ralat.work() == 0

    (asked,) = platform.asked
    assert (asked.change, asked.remote_id, asked.object_class) == (
        Change.DELETE, post.current_id, "post",
    )  # fmt: skip
    assert asked.address == {"summoned": "1"}  # of the message it answered
    assert platform.closed == 1
    post.refresh_from_db()
    assert post.erased_at
    assert post.erased_why == f"Ditarik oleh {operator2}."
    assert wish_of(post).state == AmendmentState.DONE
    verbs = JournalEntry.objects.filter(subject=f"item:{item.pk}", actor=operator2)
    assert list(verbs.order_by("pk").values_list("verb", flat=True)) == [
        "claim_taken", "item_reopened_by", "amendment_wished", "amendment_done",
    ]  # fmt: skip
    with pytest.raises(replies.ReplyRefused, match="tidak bisa diubah lagi"):
        ralat.wish(message=post, by=operator2, change=Change.DELETE)


def test_corrected_the_item_stays_answered(
    comment: Message, operator1: User, platform: Platform
) -> None:
    ralat.wish(message=comment, by=operator1, change=Change.EDIT, text="  Buka pukul 9. ")
    ralat.work()
    comment.refresh_from_db()
    assert comment.text == "Buka pukul 9."
    assert comment.edited_at
    assert not comment.erased_at
    assert platform.asked[0].text == "Buka pukul 9."
    assert Item.objects.get().state == "answered"


@pytest.mark.parametrize(
    ("text", "why"),
    [(" ", "masih kosong"), ("Buka pukul 8.", "belum berubah"), ("ya" * 9000, "terlalu panjang")],
)
def test_a_correction_that_will_not_do_is_refused(
    text: str, why: str, comment: Message, operator1: User
) -> None:
    with pytest.raises(replies.ReplyRefused, match=why):
        ralat.wish(message=comment, by=operator1, change=Change.EDIT, text=text)
    assert not Wish.objects.exists()
    assert claims.live_claim(comment.item) is None  # nothing was taken for it


@pytest.mark.parametrize("what", ["edit on X", "hand", "erased", "theirs", "no keys", "chat"])
def test_what_cannot_be_changed(what: str, post: Message, operator1: User) -> None:
    change = Change.DELETE
    match what:
        case "edit on X":
            change = Change.EDIT
        case "hand" | "chat":
            post.object_class = what
        case "erased":
            post.erased_at = clock.now()
        case "theirs":
            post = post.item.messages.get(direction="in")
        case _:
            Channel.objects.update(sealed=b"")
    post.save()
    assert change not in ralat.possible(Message.objects.get(pk=post.pk))
    with pytest.raises(replies.ReplyRefused):
        ralat.wish(message=post, by=operator1, change=change, text="Lain")


def test_one_wish_at_a_time_and_only_by_who_may_hold_the_item(
    comment: Message, operator1: User, operator2: User
) -> None:
    ralat.wish(message=comment, by=operator1, change=Change.EDIT, text="Buka pukul 9.")
    with pytest.raises(replies.ReplyRefused, match="masih dikerjakan"):
        ralat.wish(message=comment, by=operator1, change=Change.DELETE)
    with pytest.raises(claims.AlreadyClaimed):
        ralat.wish(message=comment, by=operator2, change=Change.DELETE)


def test_not_while_a_reply_is_on_its_way(
    make_item: cast.MakeItem, post: Message, operator1: User
) -> None:
    Item.objects.filter(pk=post.item_id).update(state="open", waiting_since=clock.now())
    held = claims.take(item=post.item, by=operator1)
    newest = replies.last_stored(post.item)
    assert newest
    replies.submit(
        item=post.item, by=operator1, fence=held.fence, text="Ralat: pukul 9.", seen=newest.pk
    )
    with pytest.raises(claims.Pinned):
        ralat.wish(message=post, by=operator1, change=Change.DELETE)


@pytest.mark.parametrize("outcome", [Outcome.UNKNOWN, Outcome.RETRY])
def test_what_nobody_knows_is_asked_again(
    outcome: Outcome, post: Message, operator1: User, platform: Platform,
    move_clock: Callable[[float], None],
) -> None:  # fmt: skip
    platform.answers = [SendResult(outcome, problem="sambungan putus"), SENT]
    ralat.wish(message=post, by=operator1, change=Change.DELETE)
    assert ralat.work() == 1
    assert wish_of(post).state == AmendmentState.QUEUED
    assert ralat.work() == 0  # not at once
    move_clock(ralat.STEPS[0] + 1)
    assert ralat.work() == 1
    assert wish_of(post).state == AmendmentState.DONE
    assert len(platform.asked) == 2


def test_it_ends_with_a_word_after_the_last_step(
    post: Message, operator1: User, platform: Platform
) -> None:
    platform.away = "Kanal ini belum terhubung."
    ralat.wish(message=post, by=operator1, change=Change.DELETE)
    for _try in range(len(ralat.STEPS) + 1):
        Wish.objects.update(due_at=clock.now())
        assert ralat.work() == 1
    assert ralat.work() == 0
    wish = wish_of(post)
    assert (wish.state, wish.problem) == (AmendmentState.FAILED, "Kanal ini belum terhubung.")
    post.refresh_from_db()
    assert not post.erased_at
    ralat.wish(message=post, by=operator1, change=Change.DELETE)  # one may wish anew


@pytest.mark.parametrize("last", [Outcome.UNKNOWN, Outcome.PERMANENT])
def test_what_may_have_been_done_is_not_called_a_failure(
    last: Outcome, post: Message, operator1: User, operator1_client: Client, platform: Platform
) -> None:
    lost = "ReadTimeout: HTTPSConnectionPool(host='api.x.com', port=443): Read timed out."
    platform.answers = [SendResult(Outcome.UNKNOWN, problem=lost)] * len(ralat.STEPS)
    platform.answers.append(SendResult(last, problem="X menolak penghapusan ini."))
    ralat.wish(message=post, by=operator1, change=Change.DELETE)
    for _try in range(len(ralat.STEPS) + 1):
        Wish.objects.update(due_at=clock.now())
        ralat.work()
    assert wish_of(post).state == AmendmentState.FAILED
    page = operator1_client.get(url("item", post.item)).content.decode()
    assert "belum pasti berlaku; lihat di aplikasinya." in page
    assert "Ralat tidak berhasil" not in page


def test_a_ralat_that_failed_says_why_in_words(
    post: Message, operator1: User, operator1_client: Client, platform: Platform
) -> None:
    never = "ConnectTimeout: HTTPSConnectionPool(host='api.x.com', port=443): timed out"
    platform.answers = [SendResult(Outcome.RETRY, problem=never)] * 9
    ralat.wish(message=post, by=operator1, change=Change.DELETE)
    for _try in range(len(ralat.STEPS) + 1):
        Wish.objects.update(due_at=clock.now())
        ralat.work()
    page = operator1_client.get(url("item", post.item)).content.decode()
    assert "Ralat tidak berhasil: X tidak dapat dihubungi." in page
    assert "api.x.com" not in page


def test_a_refusal_is_told_and_changes_nothing(
    post: Message, operator1: User, platform: Platform
) -> None:
    platform.answers = [SendResult(Outcome.PERMANENT, problem="X menolak.", dead=True)]
    ralat.wish(message=post, by=operator1, change=Change.DELETE)
    ralat.work()
    post.refresh_from_db()
    assert not post.erased_at
    assert wish_of(post).problem == "X menolak."
    assert Channel.objects.get(platform="x").dead_since
    assert JournalEntry.objects.filter(verb="amendment_failed").exists()


def test_what_is_gone_on_the_platform_is_gone_here(
    comment: Message, operator1: User, platform: Platform
) -> None:
    platform.answers = [SendResult(Outcome.PERMANENT, problem="Sudah tidak ada.", gone=True)]
    ralat.wish(message=comment, by=operator1, change=Change.EDIT, text="Buka pukul 9.")
    ralat.work()
    comment.refresh_from_db()
    assert comment.erased_at
    assert comment.text == "Buka pukul 8."
    assert wish_of(comment).state == AmendmentState.FAILED


def die_in_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker makes its call and writes nothing down."""

    def died(*_anything: object) -> None:
        raise OperationalError

    with monkeypatch.context() as patched:
        patched.setattr(ralat, "_conclude", died)
        with pytest.raises(OperationalError):
            ralat.work()


def test_a_crash_between_call_and_outcome_is_made_good(
    post: Message, operator1: User, platform: Platform, monkeypatch: pytest.MonkeyPatch,
    move_clock: Callable[[float], None],
) -> None:  # fmt: skip
    ralat.wish(message=post, by=operator1, change=Change.DELETE)
    die_in_the_call(monkeypatch)
    assert wish_of(post).state == AmendmentState.QUEUED
    assert ralat.work() == 0  # its worker may still be at it
    move_clock(ralat.LEASE + 1)
    assert ralat.work() == 1
    assert wish_of(post).state == AmendmentState.DONE


def test_a_refusal_after_a_crash_says_that_it_may_have_been_done(
    post: Message, operator1: User, platform: Platform, monkeypatch: pytest.MonkeyPatch,
    move_clock: Callable[[float], None],
) -> None:  # fmt: skip
    """The platform may refuse because the call whose worker died was the one that did it."""
    ralat.wish(message=post, by=operator1, change=Change.DELETE)
    die_in_the_call(monkeypatch)
    platform.answers = [SendResult(Outcome.PERMANENT, problem="X menolak penghapusan ini.")]
    move_clock(ralat.LEASE + 1)
    assert ralat.work() == 1
    wish = wish_of(post)
    assert (wish.state, wish.unsure) == (AmendmentState.FAILED, True)


@pytest.mark.django_db(transaction=True)
def test_nobody_calls_while_another_worker_is_at_the_same_message(
    post: Message, operator1: User, platform: Platform
) -> None:
    ralat.wish(message=post, by=operator1, change=Change.DELETE)
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_lock(%s, %s)", [slots.Space.AMENDING, post.pk % 2**31]
            )
        assert ralat.work() == 0
        assert platform.asked == []
    finally:
        other.close()
    assert ralat.work() == 1
    assert platform.inside == [False]
