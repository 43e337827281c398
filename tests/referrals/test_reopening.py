"""A finished ticket is worked on again: what comes back, what does not, and where it stands."""

import pytest
from django.db import transaction
from django.test import Client

from accounts import clock
from accounts.models import Division, User
from inbox import claims, replies
from inbox.models import Item, ItemState
from referrals import reopening
from referrals.models import Referral
from tests.cast import MakeItem
from tests.tickets.desk import joined, opened, told, verbs
from tickets import cases
from tickets.cases import NotInCharge, TicketError
from tickets.models import Deadline, Rule, Stage, Ticket, TicketItem, TicketState


def close(ticket: Ticket, by: User) -> Ticket:
    cases.close(ticket=ticket, by=by, fence=ticket.fence, why="dobel")
    return Ticket.objects.get(pk=ticket.pk)


def finish(ticket: Ticket, by: User) -> Ticket:
    """As a relay that reached everybody leaves it."""

    with transaction.atomic():
        cases.move(ticket, to=TicketState.DONE, by=by, stage=Stage.Kind.RELAYED)
        Item.objects.filter(memberships__ticket=ticket).update(
            state=ItemState.ANSWERED, settled_at=clock.now(), waiting_since=None
        )
    return Ticket.objects.get(pk=ticket.pk)


def test_closed_and_opened_again_through_the_page(
    make_item: MakeItem, operator1: User, operator1_client: Client, client: Client
) -> None:
    first, second = make_item(handle="a"), make_item(handle="b")
    ticket = opened(first, operator1)
    joined(ticket, second, operator1)
    ticket = close(ticket, operator1)
    page = operator1_client.get(f"/tiket/{ticket.pk}/").content.decode()
    assert "Buka lagi tiket" in page
    assert "Ditutup dengan alasan:" in page
    url = f"/rujukan/tiket/{ticket.pk}/buka-lagi/"
    assert operator1_client.post(url, {"fence": ticket.fence}).status_code == 422
    done = operator1_client.post(url, {"fence": ticket.fence, "why": "ternyata belum"})
    assert done["Location"] == f"/tiket/{ticket.pk}/"
    ticket.refresh_from_db()
    assert (ticket.state, ticket.closed_at, ticket.closed_why) == (TicketState.OPEN, None, "")
    assert cases.items_of(ticket) == [first, second]
    first.refresh_from_db()
    assert (first.state, claims.live_claim(first)) == (ItemState.REFERRED, None)
    assert first.waiting_since is None
    assert "ticket_reopened" in verbs(ticket)
    seen = client.get(f"/lacak/{ticket.number}/?k={ticket.code}").content.decode()
    assert "Laporan kami buka kembali" in seen
    again = operator1_client.post(url, {"fence": ticket.fence, "why": "sekali lagi"})
    assert again.status_code == 422
    assert "sekali lagi" in again.content.decode() or "masih berjalan" in again.content.decode()


def test_what_others_hold_or_answered_does_not_come_back_and_is_told(
    make_item: MakeItem, operator1: User, operator2: User, operator1_client: Client
) -> None:
    items = [make_item(handle=name) for name in ("bebas", "dipegang", "ditutup", "pindah")]
    ticket = opened(items[0], operator1)
    for item in items[1:]:
        joined(ticket, item, operator1)
    ticket = close(ticket, operator1)
    claims.take(item=items[1], by=operator2)
    held = claims.take(item=items[2], by=operator2)
    replies.close(item=items[2], by=operator2, fence=held.fence, reason="thanks")
    opened(items[3], operator2, "Tiket lain")
    url = f"/rujukan/tiket/{ticket.pk}/buka-lagi/"
    done = operator1_client.post(url, {"fence": ticket.fence, "why": "ternyata belum"})
    assert cases.items_of(ticket) == [items[0]]
    words = told(done)
    assert "dipegang Bagus Setiawan" in words
    assert "sudah dijawab atau ditutup" in words
    assert "sudah di tiket lain" in words


def test_a_citizen_who_writes_again_is_offered_it(
    make_item: MakeItem, operator1: User, operator2: User, operator2_client: Client
) -> None:
    item = make_item(handle="a", thread="900")
    ticket = finish(opened(item, operator1), operator1)
    headers = {"HX-Request": "true"}
    quiet = operator2_client.get(f"/tiket/panel/{item.pk}/", headers=headers).content.decode()
    assert "Buka lagi tiket" not in quiet
    make_item(handle="a", thread="900", text="masih mati min")
    panel = operator2_client.get(f"/tiket/panel/{item.pk}/", headers=headers).content.decode()
    assert "Warga menulis lagi" in panel
    assert f"/rujukan/tiket/{ticket.pk}/buka-lagi/" in panel
    operator2_client.post(
        f"/rujukan/tiket/{ticket.pk}/buka-lagi/", {"fence": ticket.fence, "why": "masih mati"}
    )
    ticket.refresh_from_db()
    item.refresh_from_db()
    assert (ticket.state, ticket.in_charge) == (TicketState.OPEN, operator2)
    assert item.state == ItemState.REFERRED
    assert item.waiting_since, "no page need have shown what was written"
    assert TicketItem.objects.filter(ticket=ticket, left_at=None).count() == 1


def test_the_one_who_holds_the_item_keeps_it(make_item: MakeItem, operator1: User) -> None:
    item = make_item()
    ticket = close(opened(item, operator1), operator1)
    held = claims.take(item=item, by=operator1)
    assert reopening.reopen(ticket=ticket, by=operator1, fence=ticket.fence, why="belum") == []
    live = claims.live_claim(item)
    assert live
    assert live.pk == held.fence


def test_a_division_that_still_owes(item: Item, pdam: Division, operator1: User) -> None:
    Rule.objects.all().delete()
    Rule.objects.create(
        code="u-divisi", name="d", clock="division", basis="sop", since="dispatched",
        until="answered", amount=5,
    )  # fmt: skip
    Rule.objects.create(
        code="u-surat", name="s", clock="office", basis="sop", since="opened", until="dispatched",
        amount=1,
    )  # fmt: skip
    ticket = opened(item, operator1)
    Referral.objects.create(ticket=ticket, division=pdam, state="sent", created_by=operator1)

    with transaction.atomic():
        cases.move(
            ticket, to=TicketState.WAITING, by=operator1, stage=Stage.Kind.REFERRED, division=pdam
        )
    due = Deadline.objects.get(division=pdam).due_at
    ticket = close(ticket, operator1)
    assert not Deadline.objects.filter(met_at=None, dropped_at=None).exists()
    reopening.reopen(ticket=ticket, by=operator1, fence=ticket.fence, why="belum")
    ticket.refresh_from_db()
    assert ticket.state == TicketState.WAITING
    running = Deadline.objects.get(met_at=None, dropped_at=None)
    assert (running.division, running.due_at) == (pdam, due)


def test_refusals(item: Item, operator1: User, operator2: User) -> None:
    ticket = opened(item, operator1)
    with pytest.raises(TicketError, match="masih berjalan"):
        reopening.reopen(ticket=ticket, by=operator1, fence=ticket.fence, why="belum")
    ticket = close(ticket, operator1)
    with pytest.raises(TicketError, match="alasan"):
        reopening.reopen(ticket=ticket, by=operator1, fence=ticket.fence, why=" ")
    with pytest.raises(NotInCharge):
        reopening.reopen(ticket=ticket, by=operator2, fence=ticket.fence - 1, why="belum")
