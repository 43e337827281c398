"""Who joins a ticket whose answer is out gets that answer too, once, and only after somebody said yes."""

import html

import pytest
from django.test import Client

from accounts.models import Division, JournalEntry, Office, User
from inbox import claims
from inbox.models import Item
from referrals import joining, relay
from referrals.relay import RelayRefused
from tests.cast import MakeItem
from tests.inbox.pages import Fields
from tests.referrals.relay_desk import TEXT, answered, arrive, start, told
from tests.tickets.desk import opened, verbs
from tickets import cases
from tickets.cases import AlreadyOnTicket, TicketError
from tickets.models import Stage, Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def done(make_item: MakeItem, operator1: User, lantas: Division) -> Ticket:
    return told([make_item(handle="ani"), make_item(handle="budi")], operator1, lantas)


@pytest.fixture
def late(make_item: MakeItem, done: Ticket) -> Item:
    return make_item(handle="citra", text="BPKB balik nama saya juga belum")


def join(ticket: Ticket, item: Item, by: User) -> None:
    held = claims.take(item=item, by=by)
    joining.join(ticket=ticket, item=item, by=by, fence=held.fence)


def test_through_the_pages(
    done: Ticket, late: Item, operator2: User, operator2_client: Client, client: Client
) -> None:
    Ticket.objects.filter(pk=done.pk).update(title="BPKB belum jadi", summary="BPKB belum jadi")
    held = claims.take(item=late, by=operator2)
    url = f"/rujukan/tiket/{done.pk}/ikut/{late.pk}/"
    page = operator2_client.get(url)
    words = html.unescape(page.content.decode())
    assert "Kirim juga jawaban yang sudah disampaikan?" in words
    assert "Kak citra" in words
    assert not done.relays.get().targets.filter(item=late).exists()  # a look sends nothing
    assert operator2_client.post(url, {}).status_code == 409
    assert operator2_client.post(url, {"fence": held.fence}).status_code == 409  # an old page
    sent = operator2_client.post(url, Fields(page.content.decode(), url).values)
    assert sent["Location"] == f"/tiket/{done.pk}/"
    target = done.relays.get().targets.get(item=late)
    assert target.state == "sending"
    assert target.text in words  # the very words that were shown
    done.refresh_from_db()
    assert done.state == "relaying"
    # Meanwhile the others still read their answer on their pages.
    seen = client.get(f"/lacak/{done.number}/?k={done.code}").content.decode()
    assert TEXT[:20] in seen
    assert "Sudah dijawab" in seen
    after = arrive(done.relays.get())
    assert (after.state, after.closed_at is not None) == ("done", True)
    assert after.relays.get().targets.filter(state="reached").count() == 3
    assert after.stages.filter(kind=Stage.Kind.RELAYED).count() == 1
    assert "relay_taken_up" in verbs(after)


def test_nobody_else_is_told_again(done: Ticket, late: Item, operator1: User) -> None:
    before = set(done.relays.get().targets.values_list("pk", "reply"))
    join(done, late, operator1)
    assert before < set(done.relays.get().targets.values_list("pk", "reply"))
    assert done.relays.get().targets.filter(state="sending").count() == 1


def test_the_open_page_offers_it(
    done: Ticket, late: Item, operator2: User, operator2_client: Client
) -> None:
    Ticket.objects.filter(pk=done.pk).update(title="BPKB balik nama")
    claims.take(item=late, by=operator2)
    page = operator2_client.get(f"/tiket/buka/{late.pk}/").content.decode()
    assert "Mirip dengan tiket yang sudah dijawab" in page
    assert f"/rujukan/tiket/{done.pk}/ikut/{late.pk}/" in page


def test_a_plain_join_stays_refused(done: Ticket, late: Item, operator1: User) -> None:
    held = claims.take(item=late, by=operator1)
    with pytest.raises(TicketError, match="sudah selesai"):
        cases.join(ticket=done, item=late, by=operator1, fence=held.fence)


def test_not_while_it_is_worked_on(
    make_item: MakeItem, operator1: User, lantas: Division, operator1_client: Client
) -> None:
    ticket, item = answered([make_item(handle="a")], operator1, lantas), make_item(handle="b")
    with pytest.raises(RelayRefused):
        join(ticket, item, operator1)
    page = operator1_client.get(f"/rujukan/tiket/{ticket.pk}/ikut/{item.pk}/")
    assert page.status_code == 409
    start(ticket, operator1)
    with pytest.raises(RelayRefused):
        join(ticket, item, operator1)


def test_an_item_on_another_ticket_stays_there(done: Ticket, late: Item, operator1: User) -> None:
    opened(late, operator1)
    with pytest.raises(AlreadyOnTicket):
        join(done, late, operator1)
    done.refresh_from_db()
    assert done.state == "done"


def test_approval_as_the_office_wishes(
    done: Ticket, late: Item, operator2: User, head: User
) -> None:
    Office.objects.update(relay_needs_approval=True)
    with pytest.raises(RelayRefused, match="disetujui pimpinan"):
        join(done, late, operator2)
    claims.take_over(item=late, by=head)
    join(done, late, head)
    assert done.relays.get().targets.filter(item=late, state="sending").exists()


def test_what_the_head_approved_needs_no_more(
    make_item: MakeItem, operator1: User, operator2: User, head: User, lantas: Division
) -> None:
    Office.objects.update(relay_needs_approval=True)
    ticket = answered([make_item(handle="a")], operator1, lantas)
    made = start(ticket, operator1)
    relay.approve(relay=made, by=head)
    made.refresh_from_db()
    arrive(made)
    join(ticket, make_item(handle="b"), operator2)
    assert made.targets.filter(state="sending").count() == 1


def test_who_was_told_and_left_and_comes_back_is_told_again(
    done: Ticket, operator1: User, operator2: User
) -> None:
    back = cases.items_of(done)[0]
    cases.leave(ticket=done, item=back, by=operator1, fence=done.fence)
    held = claims.take(item=back, by=operator2, done_too=True)
    joining.join(ticket=done, item=back, by=operator2, fence=held.fence)
    assert done.relays.get().targets.get(item=back).state == "sending"
    assert arrive(done.relays.get()).state == "done"


def test_it_is_journalled(done: Ticket, late: Item, operator2: User) -> None:
    join(done, late, operator2)
    entry = JournalEntry.objects.get(verb="relay_taken_up")
    assert entry.actor == operator2
    assert entry.data == {"relay": done.relays.get().pk, "item": late.pk}
