"""Answers of which a part stands: refused and there all the same, held half-way, pictures that did not go."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts import clock
from accounts.models import User
from inbox import claims, native, outbox, outcomes, replies, settle, slots
from inbox.connectors.base import Author, Incoming, Outcome, SendResult
from inbox.models import Draft, Item, Message, RawEvent, Reply
from inbox.models_out import Delivery
from tests.inbox.pages import url
from tests.inbox.test_views_after import carry, queue
from tests.sandbox_process import Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("connected")]

Read = Callable[[], int]
LONG = " ".join(f"Kalimat ke-{n} dari jawaban yang panjang sekali, Kak." for n in range(1, 12))


@pytest.fixture
def asked(sandbox: Sandbox, read: Read) -> Item:
    """A citizen's question on the sandbox's X."""
    sandbox.write("@PoldaKaltim syarat SIM apa saja?")
    read()
    return Item.objects.get()


@pytest.fixture
def long_reply(asked: Item, operator1: User) -> Reply:
    reply = queue(asked, operator1, LONG)
    Delivery.objects.update(due_at=clock.now() - timedelta(seconds=1))
    assert reply.deliveries.count() == 3
    return reply


def states(reply: Reply) -> list[str]:
    return list(reply.deliveries.order_by("part").values_list("state", flat=True))


def words(reply: Reply, part: int) -> str:
    """What part `part` says, without its “(1/3)”."""
    return reply.deliveries.get(part=part).text.rsplit(" (", 1)[0]


def from_app(sandbox: Sandbox, reply: Reply) -> None:
    """A colleague answers in X's own app."""
    told = {"account": "PoldaKaltim", "text": "Sudah dijelaskan petugas lewat telepon ya Kak."}
    sandbox.send("POST", "/_sandbox/x/native", told | {"reply_to": reply.target.current_id})


# --- refused, and there all the same -------------------------------------------------------------------


def test_a_refused_part_that_stands_leaves_the_reply_failed_and_the_item_free(
    sandbox: Sandbox, long_reply: Reply, read: Read, operator1: User, operator1_client: Client
) -> None:
    sandbox.fault("400_after")
    outbox.send_due()
    assert states(long_reply) == ["failed", "cancelled", "cancelled"]
    assert Draft.objects.get().text == LONG

    read()

    long_reply.refresh_from_db()
    assert (long_reply.state, states(long_reply)) == ("failed", ["sent", "cancelled", "cancelled"])
    assert f"{words(long_reply, 1)} {Draft.objects.get().text}" == LONG
    page = operator1_client.get(url("item", long_reply.item)).content.decode()
    assert "Balasan terkirim sebagian." in page
    assert "Bagian 1 dari 3 sudah tampil di X; sisanya kembali di bawah." in page
    assert outbox.send_due() == 0
    queue(long_reply.item, operator1, Draft.objects.get().text)


def test_what_was_written_meanwhile_is_not_cut(
    sandbox: Sandbox, long_reply: Reply, read: Read, operator1: User
) -> None:
    sandbox.fault("400_after")
    outbox.send_due()
    claims.keep_draft(item=long_reply.item, by=operator1, text=f"{LONG} Salam.")
    read()
    assert Draft.objects.get().text == f"{LONG} Salam."


def test_a_refused_part_that_stands_holds_the_next_reply(
    sandbox: Sandbox, long_reply: Reply, read: Read, operator1: User
) -> None:
    sandbox.fault("400_after")
    outbox.send_due()
    again = queue(long_reply.item, operator1, LONG)

    read()

    for one in (long_reply, again):
        one.refresh_from_db()
    assert (long_reply.state, states(long_reply)[0]) == ("failed", "sent")
    assert (again.state, again.hold) == ("held", "native_answer")
    assert not RawEvent.objects.filter(state=RawEvent.State.QUARANTINED).exists()
    assert len(sandbox.replies_to(long_reply.target.current_id)) == 1


def test_a_refused_answer_that_stands_whole_does_not_settle_the_item_under_the_next(
    sandbox: Sandbox, asked: Item, read: Read, operator1: User
) -> None:
    reply = queue(asked, operator1, "Halo Kak, kami cek.")
    Delivery.objects.update(due_at=clock.now())
    sandbox.fault("400_after")
    outbox.send_due()
    again = queue(asked, operator1, "Halo Kak, kami cek dulu, ya.")

    read()

    for row in (reply, again, asked):
        row.refresh_from_db()
    assert (reply.state, again.state, asked.state) == ("sent", "held", "open")
    claim = claims.live_claim(asked)
    assert claim
    assert claim.pk == again.claim_id
    replies.withdraw(reply=again, by=operator1)


def test_decided_as_not_there_and_there_all_the_same(
    sandbox: Sandbox, long_reply: Reply, read: Read, operator1: User
) -> None:
    sandbox.fault("500_after")
    outbox.send_due()
    asked_for = long_reply.deliveries.get(part=1)
    Delivery.objects.filter(pk=asked_for.pk).update(needs_person=True)
    settle.decide(delivery=asked_for, by=operator1, decision=settle.Decision.DRAFT)

    read()

    long_reply.refresh_from_db()
    assert (long_reply.state, states(long_reply)) == ("failed", ["sent", "cancelled", "cancelled"])


def test_all_parts_stand_in_the_end(long_reply: Reply) -> None:
    item = long_reply.item
    carry(Outcome.SENT, remote_id="1001")
    carry(Outcome.SENT, remote_id="1002")
    carry(Outcome.PERMANENT, problem="ditolak")
    last = long_reply.deliveries.get(part=3)
    at = clock.now()
    told = Incoming(
        object_class="post", external_id="1003", current_id="1003", thread_id=item.thread.external_id,
        author=Author("1"), text=last.text, written_at=at, own=True, replies_to=last.target_id,
    )  # fmt: skip
    assert native._stands_after_all(item, told)

    long_reply.refresh_from_db()
    item.refresh_from_db()
    assert (long_reply.state, item.state, item.waiting_since) == ("sent", "answered", None)
    assert not Draft.objects.exists()


# --- held half-way -------------------------------------------------------------------------------------


@pytest.fixture
def half(sandbox: Sandbox, long_reply: Reply, read: Read) -> Reply:
    """Part 1 stands, part 2 waits since X was busy; then a colleague answered in the app."""
    first = outbox.begin()
    assert first
    outbox.carry(first)
    carry(Outcome.RETRY, problem="X sedang membatasi laju.")
    from_app(sandbox, long_reply)
    read()
    long_reply.refresh_from_db()
    assert (long_reply.state, long_reply.hold) == ("held", "native_answer")
    assert states(long_reply) == ["sent", "queued", "queued"]
    return long_reply


def test_a_held_half_can_be_taken_back(
    half: Reply, operator1: User, operator1_client: Client
) -> None:
    replies.withdraw(reply=half, by=operator1)

    half.refresh_from_db()
    assert (half.state, states(half)) == ("failed", ["sent", "cancelled", "cancelled"])
    assert f"{words(half, 1)} {Draft.objects.get().text}" == LONG
    page = operator1_client.get(url("item", half.item)).content.decode()
    assert "Bagian 1 dari 3 sudah tampil di X; sisanya kembali di bawah." in page
    assert "membatasi laju" not in page


def test_a_held_half_can_be_dropped(half: Reply, operator1_client: Client) -> None:
    pressed = {"reply": half.pk, "drop": "1"}
    assert operator1_client.post(url("withdraw", half.item), pressed).status_code == 302
    assert not Draft.objects.exists()
    page = operator1_client.get(url("item", half.item)).content.decode()
    assert "Bagian 1 dari 3 sudah tampil di X; sisanya tidak dikirim." in page


def test_the_head_takes_over_a_held_half(half: Reply, head: User) -> None:
    claims.take_over(item=half.item, by=head)
    half.refresh_from_db()
    claim = claims.live_claim(half.item)
    assert claim
    assert (half.state, claim.holder) == ("failed", head)


def test_nothing_is_taken_back_while_a_worker_may_still_call(
    half: Reply, operator1: User, head: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slots, "attempt_is_free", lambda _pk: False)
    with pytest.raises(replies.ReplyRefused):
        replies.withdraw(reply=half, by=operator1)
    with pytest.raises(claims.Pinned):
        claims.take_over(item=half.item, by=head)


@pytest.mark.parametrize("there", [True, False])
def test_a_held_one_whose_earlier_attempt_may_stand_is_for_a_person(
    long_reply: Reply, operator1: User, head: User, operator1_client: Client, there: bool
) -> None:
    carry(Outcome.UNKNOWN, problem="ReadTimeout: Read timed out.")
    settle._send_again(long_reply.deliveries.get(part=1))
    native._hold_queued(long_reply.item)
    with pytest.raises(claims.Pinned):
        claims.take_over(item=long_reply.item, by=head)

    replies.withdraw(reply=long_reply, by=operator1)

    long_reply.refresh_from_db()
    assert (long_reply.state, states(long_reply)) == (
        "unknown",
        ["unknown", "cancelled", "cancelled"],
    )
    page = operator1_client.get(url("item", long_reply.item)).content.decode()
    assert "Belum pasti terkirim. Perlu Anda lihat." in page
    assert "Dicatat terkirim. Tidak ada yang dikirim lagi." in page
    decision = settle.Decision.STANDS if there else settle.Decision.DRAFT
    settle.decide(delivery=long_reply.deliveries.get(part=1), by=operator1, decision=decision)
    long_reply.refresh_from_db()
    assert (long_reply.state, outbox.begin()) == ("failed", None)
    said = f"{words(long_reply, 1)} {Draft.objects.get().text}"
    assert said == LONG if there else Draft.objects.get().text == LONG


def test_a_held_one_stays_held_when_a_part_of_it_turns_out_to_stand(long_reply: Reply) -> None:
    begun = outbox.begin()
    assert begun
    outcomes.mark_unknown(long_reply.deliveries.get(part=1))
    settle._send_again(long_reply.deliveries.get(part=1))
    native._hold_queued(long_reply.item)

    assert outbox.finish(begun, SendResult(Outcome.SENT, remote_id="77"))

    outbox._unlock(begun)
    long_reply.refresh_from_db()
    assert (long_reply.state, states(long_reply)) == ("held", ["sent", "queued", "queued"])
    assert outbox.begin() is None


# --- words and pictures that are left ------------------------------------------------------------------


def shot(name: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, b"x", "image/png")


@pytest.fixture
def with_pictures(asked: Item, operator1: User) -> Reply:
    """Words, then two pictures each by itself, as Messenger takes them."""
    held = claims.take(item=asked, by=operator1)
    reply = replies.submit(
        item=asked, by=operator1, fence=held.fence, text="Ini jawabannya, fotonya menyusul.",
        seen=Message.objects.latest("pk").pk, pictures=[shot("a.png"), shot("b.png")],
    )  # fmt: skip
    Delivery.objects.update(carries=[])
    for n in (0, 1):
        Delivery.objects.create(
            reply=reply, item=asked, part=n + 2, target_id=reply.target.current_id, text="",
            carries=[n], due_at=clock.now(),
        )  # fmt: skip
    return reply


def test_only_the_picture_that_did_not_go_comes_back(
    with_pictures: Reply, asked: Item, operator1_client: Client, operator1: User
) -> None:
    carry(Outcome.SENT, remote_id="1001")
    carry(Outcome.SENT, remote_id="1002")
    carry(Outcome.PERMANENT, problem="X menolak gambarnya.")

    assert not Draft.objects.exists()
    page = operator1_client.get(url("item", asked)).content.decode()
    assert "Bagian 1 sampai 2 dari 3 sudah tampil di X; sisanya kembali di bawah." in page
    first, second = with_pictures.pictures.values_list("pk", flat=True)
    assert f'name="again" value="{second}"' in page
    assert f'name="again" value="{first}"' not in page
    held = claims.live_claim(asked)
    assert held
    again = replies.submit(
        item=asked, by=operator1, fence=held.pk, text="", seen=with_pictures.seen_id,
        pictures=[shot("b.png")],
    )  # fmt: skip
    assert (again.text, again.pictures.count()) == ("", 1)


def test_a_refused_text_brings_all_pictures_back(
    with_pictures: Reply, asked: Item, operator1_client: Client
) -> None:
    carry(Outcome.PERMANENT, problem="X menolak.")
    assert Draft.objects.get().text == with_pictures.text
    page = operator1_client.get(url("item", asked)).content.decode()
    assert page.count('name="again"') == 2


def test_of_a_text_that_says_the_same_twice_the_right_rest_comes_back(
    asked: Item, operator1: User
) -> None:
    half = "Mohon tunggu, Kak."
    reply = queue(asked, operator1, f"{half}\n\n{half}\n\nTerima kasih.")
    Delivery.objects.update(text=f"{half} (1/3)")
    for part, text in ((2, f"{half} (2/3)"), (3, "Terima kasih. (3/3)")):
        Delivery.objects.create(
            reply=reply, item=asked, part=part, target_id="1", text=text, due_at=clock.now()
        )
    carry(Outcome.SENT, remote_id="1001")
    carry(Outcome.PERMANENT, problem="ditolak")
    assert Draft.objects.get().text == f"{half}\n\nTerima kasih."


def test_a_relay_that_fails_does_not_wipe_out_what_its_author_was_writing(
    asked: Item, operator1: User
) -> None:
    queue(asked, operator1, "Kabar dari divisi.")
    claims.keep_draft(item=asked, by=operator1, text="Tulisan lain.")
    carry(Outcome.PERMANENT, problem="ditolak")
    assert Draft.objects.get().text == "Kabar dari divisi.\n\nTulisan lain."
