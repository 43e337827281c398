"""A mailbox at the desk: from the citizen's mail to the sent answer, over IMAP and SMTP on the loopback."""

from collections.abc import Iterator

import pytest

from accounts import clock
from accounts.models import Office, User
from inbox import claims, intake, outbox, polling, replies, settle, ways
from inbox.channels import check, make_feeds
from inbox.models import Channel, Delivery, Feed, Item, ItemState, Message
from tests.mail_server import USER, MailServer, mail

pytestmark = pytest.mark.django_db


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as running:
        yield running


@pytest.fixture
def channel(server: MailServer, office: Office) -> Channel:
    made = Channel(platform="email", external_id=USER, handle=USER)
    made.credentials = server.keys()
    made.save()
    make_feeds(made)
    return made


def poll() -> None:
    for feed in Feed.objects.filter(polled=True).order_by("name").select_related("channel__app"):
        for raw_id in polling.poll(feed):
            intake.absorb_raw(raw_id=raw_id)
    intake.absorb_waiting()


def writes(server: MailServer, number: int = 1, **more: str) -> None:
    headers = {
        "From": "Budi <budi@warga.test>", "To": USER, "Subject": "Lampu mati",
        "Message_ID": f"<m{number}@warga.test>",
    }  # fmt: skip
    server.folders["INBOX"].put(mail(**headers | more))


def answer(item: Item, by: User) -> Delivery:
    held = claims.take(item=item, by=by)
    seen = replies.last_stored(item)
    assert seen
    replies.submit(item=item, by=by, fence=held.fence, text="Segera kami cek.", seen=seen.pk)
    Delivery.objects.update(due_at=clock.now())
    outbox.send_due()
    return Delivery.objects.order_by("-pk")[0]


def test_a_mail_is_answered_and_the_conversation_goes_on(
    server: MailServer, channel: Channel, operator1: User
) -> None:
    writes(server)
    poll()
    poll()
    item = Item.objects.select_related("citizen").get()
    assert (item.citizen.handle, item.citizen.name) == ("budi@warga.test", "Budi")
    assert [way.key for way in ways.ways(item, item.messages.get())] == ["mail"]
    delivery = answer(item, operator1)
    assert delivery.state == "sent"
    poll()  # our own copy among the sent ones is met as known
    assert Message.objects.filter(direction="out").count() == 1
    writes(
        server,
        2,
        Subject="Re: Lampu mati",
        In_Reply_To=f"<{delivery.remote_id}>",
        text="Belum juga.",
    )
    poll()
    item.refresh_from_db()
    assert (Item.objects.count(), item.state, item.preview) == (1, ItemState.OPEN, "Belum juga.")


def test_an_answer_from_elsewhere_is_seen(server: MailServer, channel: Channel) -> None:
    writes(server)
    poll()
    server.folders["Terkirim"].put(
        mail(
            From=USER, To="budi@warga.test", Message_ID="<luar@balikpapan.test>",
            In_Reply_To="<m1@warga.test>", References="<m1@warga.test>",
        )
    )  # fmt: skip
    server.folders["Terkirim"].put(
        mail(From=USER, To="lain@b.test", Message_ID="<lain@balikpapan.test>")
    )
    poll()
    assert Item.objects.get().state == ItemState.ANSWERED
    native = Message.objects.get(direction="out")
    assert (native.native, native.external_id) == (True, "luar@balikpapan.test")


def test_a_broken_connection_is_never_sent_again_by_itself(
    server: MailServer, channel: Channel, operator1: User
) -> None:
    writes(server)
    poll()
    server.faults["drop"] = "after"  # the server has it, and did not say so
    delivery = answer(Item.objects.get(), operator1)
    assert delivery.state == "unknown"
    for _look in range(4):
        settle.settle_unknown()
        outbox.send_due()
    delivery.refresh_from_db()
    assert (delivery.state, len(server.taken)) == ("unknown", 1)
    server.folders["Terkirim"].put(
        server.taken[0][2]
    )  # as servers do that file sent mail themselves
    settle.settle_unknown()
    delivery.refresh_from_db()
    assert (delivery.state, len(server.taken)) == ("sent", 1)


def test_dead_keys_are_seen_and_the_time_is_caught_up(server: MailServer, channel: Channel) -> None:
    server.faults["login"] = "[AUTHENTICATIONFAILED] salah"
    poll()
    channel.refresh_from_db()
    assert channel.dead_since is not None
    writes(server)
    server.faults.clear()
    check(channel)
    poll()
    assert Channel.objects.filter(dead_since=None).exists()
    assert Item.objects.count() == 1


def test_somebody_away_makes_no_item(server: MailServer, channel: Channel) -> None:
    writes(server, Auto_Submitted="auto-replied")
    poll()
    assert not Item.objects.exists()
