"""What counts as our own words on the platform, and when reading it says something (DESIGN §7.5)."""

from collections.abc import Callable

import pytest

from accounts import clock
from accounts.models import User
from inbox import claims, outbox, outcomes, replies, settle
from inbox.models import Channel, Item, Reply
from inbox.models_out import Delivery
from tests.sandbox_process import Sandbox

Read = Callable[[], int]


@pytest.mark.parametrize(
    ("sent", "shown", "same"),
    [
        ("Kami cek & kabari.", "@warga @lain Kami cek &amp; kabari.", True),
        ("Lihat https://polri.go.id/sim ya Kak", "@warga Lihat https://t.co/abc ya Kak", True),
        ("Baik, Kak.", "Baik, Kak.", True),
        ("Baik, kami cek.", "Sudah kami jawab lewat telepon, terima kasih.", False),
        ("Loket buka 08.00", "Besok libur", False),
    ],
)
def test_words_as_platforms_alter_them(sent: str, shown: str, same: bool) -> None:
    assert settle.alike(sent, shown) is same


@pytest.fixture
def unknown(sandbox: Sandbox, connected: Channel, read: Read, operator1: User) -> Reply:
    sandbox.write("@PoldaKaltim BPKB saya bagaimana?")
    read()
    item = Item.objects.get()
    held = claims.take(item=item, by=operator1)
    newest = replies.newest_from_citizen(item)
    assert newest
    reply = replies.submit(
        item=item, by=operator1, fence=held.fence, text="Kami cek dulu, Kak.", seen=newest.pk
    )
    begun = outbox.begin()
    assert begun
    outcomes.mark_unknown(begun)
    return reply


def look(reply: Reply) -> Delivery:
    reply.deliveries.update(read_at=None)
    settle.settle_unknown()
    return reply.deliveries.get()


@pytest.mark.django_db
def test_absence_says_nothing_while_the_worker_may_still_call(unknown: Reply) -> None:
    for _n in range(3):  # this session holds the attempt's lock
        assert look(unknown).absent_reads == 0
    outbox._unlock(unknown.deliveries.get())
    assert look(unknown).absent_reads == 1
    assert (look(unknown).state, unknown.deliveries.get().resent) == ("queued", True)


@pytest.mark.django_db
def test_frozen_for_long_is_for_a_person(unknown: Reply) -> None:
    unknown.deliveries.update(started_at=clock.now() - settle.NOT_READABLE_AFTER * 2)
    assert look(unknown).needs_person


@pytest.mark.django_db
def test_other_words_of_ours_under_the_post_are_for_a_person(
    sandbox: Sandbox, unknown: Reply
) -> None:
    words = {"account": "PoldaKaltim", "text": "Sudah dijelaskan petugas lewat telepon."}
    sandbox.send("POST", "/_sandbox/x/native", words | {"reply_to": unknown.target.current_id})
    outbox._unlock(unknown.deliveries.get())
    row = look(unknown)
    assert (row.state, row.needs_person) == ("unknown", True)


@pytest.mark.django_db
def test_a_sweep_that_was_overtaken_concludes_nothing(unknown: Reply) -> None:
    outbox._unlock(unknown.deliveries.get())
    stale = Delivery.objects.select_related("reply__item__channel__app").get()
    assert look(unknown).absent_reads == 1
    settle._settle(stale)
    assert unknown.deliveries.get().absent_reads == 1


@pytest.mark.django_db
def test_what_waits_to_be_sent_once_more_is_not_withdrawn(
    unknown: Reply, operator1: User, head: User
) -> None:
    outbox._unlock(unknown.deliveries.get())
    settle._send_again(unknown.deliveries.get())
    unknown.refresh_from_db()
    with pytest.raises(replies.ReplyRefused):
        replies.withdraw(reply=unknown, by=operator1)
    with pytest.raises(claims.Pinned):
        claims.take_over(item=unknown.item, by=head)
