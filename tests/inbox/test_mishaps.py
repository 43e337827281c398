"""What goes wrong around sending: lost files, forgotten keys, a token that cannot be renewed just now, a step
of the sweep that raises. Each costs at most its own reply."""

import os
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts import clock
from accounts.models import User
from inbox import channels, claims, outbox, replies, settle, slots, tasks
from inbox.connectors.base import FetchFailed, Outcome
from inbox.models import Channel, Draft, Item, Reply, ReplyPicture
from inbox.models_out import Delivery
from inbox.queries import Listing, Tab, page_of
from reports import doctor_health
from tests.inbox.pages import form_on, url
from tests.inbox.test_views_after import carry, queue
from tests.sandbox_process import Sandbox, wait_for
from tickets import cases

pytestmark = pytest.mark.django_db

Read = Callable[[], int]
MakeItem = Callable[..., Item]


def delivery(reply: Reply) -> Delivery:
    return reply.deliveries.get()


# --- a resend ------------------------------------------------------------------------------------------


@pytest.fixture
def doubled(sandbox: Sandbox, queued: Reply) -> Reply:
    """It stands, was not seen in time, and X refused the resend as a duplicate."""
    sandbox.fault("500_after")
    outbox.send_due()
    begun = delivery(queued).started_at
    assert begun
    wait_for(  # longer than reading looks back
        lambda: clock.now() - begun > timedelta(seconds=2.5), what="time to pass"
    )
    settle._send_again(delivery(queued))
    outbox.send_due()
    row = delivery(queued)
    assert (row.state, row.outcome, row.first_started_at) == ("unknown", "duplicate", begun)
    return queued


def test_reading_after_a_resend_begins_at_the_first_attempt(
    sandbox: Sandbox, doubled: Reply
) -> None:
    shown = settle.shows_now(delivery(doubled))
    assert shown
    assert [one.text for one in shown] == [doubled.text]
    assert settle.settle_unknown() == 1
    assert delivery(doubled).state == "sent"
    assert len(sandbox.replies_to(doubled.target.current_id)) == 1


def test_the_first_attempts_post_is_known_when_it_comes_back(doubled: Reply, read: Read) -> None:
    settle._send_again(delivery(doubled))
    read()
    doubled.refresh_from_db()
    assert (doubled.state, doubled.hold, outbox.send_due()) == ("sent", "", 0)


# --- a retry key ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("hours", "state"), [(20, "sending"), (60, "unknown")])
def test_a_forgotten_retry_key_is_not_used_again(
    make_item: MakeItem, operator1: User, hours: int, state: str
) -> None:
    """Put back in time; then the computer was off for the weekend."""
    item = make_item()
    Channel.objects.filter(pk=item.channel_id).update(platform="line")
    reply = queue(item, operator1)
    reply.deliveries.update(way="chat", call="push", attempt=1, state="unknown")
    Reply.objects.update(state="unknown")
    assert settle.settle_unknown() == 0
    assert (delivery(reply).state, delivery(reply).resent) == ("queued", True)
    Delivery.objects.update(
        due_at=clock.now() - timedelta(minutes=1),
        first_started_at=clock.now() - timedelta(hours=hours),
    )

    begun = outbox.begin()

    row = delivery(reply)
    assert (row.state, row.needs_person, begun is None) == (
        state, state == "unknown", state == "unknown",
    )  # fmt: skip
    if begun:
        outbox._unlock(begun)


# --- a lost picture ------------------------------------------------------------------------------------


@pytest.fixture
def unreadable(queued: Reply, operator1: User, read: Read, sandbox: Sandbox) -> Reply:
    """First in the queue; its picture's file is gone. `queued` comes after it."""
    sandbox.write("@PoldaKaltim dua?", username="warga_dua")
    read()
    item = Item.objects.latest("pk")
    held = claims.take(item=item, by=operator1)
    seen = replies.last_stored(item)
    assert seen
    shot = SimpleUploadedFile("a.png", b"x", "image/png")
    reply = replies.submit(
        item=item, by=operator1, fence=held.fence, text="Lihat gambarnya, Kak.", seen=seen.pk,
        pictures=[shot], undo=False,
    )  # fmt: skip
    reply.deliveries.update(due_at=clock.now() - timedelta(minutes=1))
    os.remove(ReplyPicture.objects.get().file.path)  # noqa: PTH107
    return reply


def test_a_picture_that_cannot_be_read_costs_only_its_own_reply(
    unreadable: Reply, queued: Reply, operator1_client: Client
) -> None:
    assert outbox.send_due() == 2

    row = delivery(unreadable)
    assert (row.state, row.problem) == (
        "failed", "Gambarnya tidak dapat dibaca. Pilih lagi gambarnya, lalu kirim.",
    )  # fmt: skip
    assert delivery(queued).state == "sent"
    assert Draft.objects.get().text == unreadable.text
    assert slots.attempt_is_free(row.pk)
    fields = form_on(operator1_client, unreadable.item, "reply")
    fields["again"] = str(ReplyPicture.objects.get().pk)
    refused = operator1_client.post(url("reply", unreadable.item), fields)
    assert refused.status_code == 422
    assert "tidak dapat dibaca lagi" in refused.content.decode()


def test_looking_for_what_stands_needs_no_picture(unreadable: Reply) -> None:
    Delivery.objects.filter(reply=unreadable).update(
        state="unknown", attempt=1, started_at=clock.now(), first_started_at=clock.now()
    )
    assert settle.shows_now(delivery(unreadable)) == []
    settle.settle_unknown()
    assert delivery(unreadable).absent_reads == 1


# --- the platform is away ------------------------------------------------------------------------------


@pytest.fixture
def away(queued: Reply, monkeypatch: pytest.MonkeyPatch) -> Reply:
    """The token has to be renewed, and the platform does not answer."""

    def renewed(_channel: Channel) -> None:
        raise FetchFailed("ConnectTimeout: Max retries exceeded", permanent=False)

    monkeypatch.setattr(channels, "_renewed", renewed)
    channel = queued.item.channel
    channel.credentials = channel.credentials | {"expires_at": clock.now().timestamp() + 10}
    channel.save()
    return queued


def test_a_renewal_that_fails_for_a_moment_is_tried_again(away: Reply) -> None:
    outbox.send_due()
    row = delivery(away)
    assert (row.state, row.outcome) == ("queued", Outcome.RETRY)
    assert row.due_at > clock.now()


@pytest.mark.parametrize(("minutes", "asked"), [(1, False), (11, True)])
def test_what_cannot_be_read_just_now_is_not_for_a_person_yet(
    away: Reply, minutes: int, asked: bool
) -> None:
    Reply.objects.update(state="unknown")
    at = clock.now() - timedelta(minutes=minutes)
    Delivery.objects.update(state="unknown", attempt=1, started_at=at, first_started_at=at)
    assert settle.settle_unknown() == 0
    assert delivery(away).needs_person is asked


# --- one that raises -----------------------------------------------------------------------------------


def test_one_that_raises_does_not_keep_the_others_unsettled(
    sandbox: Sandbox, queued: Reply, make_item: MakeItem, operator1: User,
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    sandbox.fault("500_after")
    outbox.send_due()
    bad = delivery(queue(make_item(), operator1))
    Delivery.objects.filter(pk=bad.pk).update(state="unknown", attempt=1, started_at=clock.now())
    real = settle._settle

    def raising(one: Delivery) -> bool:
        if one.pk == bad.pk:
            msg = "a defect"
            raise RuntimeError(msg)
        return real(one)

    monkeypatch.setattr(settle, "_settle", raising)
    assert settle.settle_unknown() == 1
    assert delivery(queued).state == "sent"
    assert f"delivery {bad.pk} cannot be settled" in caplog.text
    bad.refresh_from_db()
    assert not bad.needs_person
    Delivery.objects.update(started_at=clock.now() - settle.NOT_READABLE_AFTER * 2)
    settle.settle_unknown()
    bad.refresh_from_db()
    assert bad.needs_person


def test_a_step_of_the_sweep_that_raises_is_named_and_ends_nothing(
    db: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    done: list[str] = []

    def settle_unknown() -> int:
        msg = "a defect"
        raise RuntimeError(msg)

    monkeypatch.setattr(settle, "settle_unknown", settle_unknown)
    monkeypatch.setattr(claims, "end_expired", lambda: done.append("claims"))
    tasks.sweep()
    assert done == ["claims"]
    assert cache.get(tasks.BEAT_KEY)
    assert "sweep: settle_unknown" in caplog.text
    told = doctor_health.health()
    assert (told["beat"]["ok"], told["beat"]["failed"]) == (False, ["settle_unknown"])
    assert "Penyisiran gagal di: settle_unknown. Lihat log pekerja." in doctor_health.in_words(told)

    monkeypatch.undo()
    tasks.sweep()
    assert doctor_health.health()["beat"]["ok"]


# --- out of its ticket ---------------------------------------------------------------------------------


def test_wait_said_on_an_item_that_left_its_ticket_answers_nothing(
    make_item: MakeItem, operator1: User, operator2: User
) -> None:
    item = make_item()
    held = claims.take(item=item, by=operator1)
    ticket = cases.open_ticket(
        item=item, by=operator1, fence=held.fence, title="Air", summary="Mati."
    )
    assert queue(item, operator1, "Mohon tunggu, Kak.").settles is False
    cases.close(ticket=ticket, by=operator1, fence=ticket.fence, why="keliru")

    carry(Outcome.SENT, remote_id="1001")

    item.refresh_from_db()
    assert item.state == "open"
    assert item.waiting_since
    assert claims.live_claim(item) is None
    page = page_of(
        Item.objects.visible_to(operator2), listing=Listing(tab=Tab.FREE), user=operator2
    )
    assert [row.item.pk for row in page.rows] == [item.pk]
