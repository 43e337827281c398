"""Restricted tickets: named readers only, items follow, every look is written down (DESIGN §9)."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import Office, User
from inbox import claims
from inbox.models import Item
from tests.cast import MakeItem
from tests.tickets.desk import joined, opened, read, verbs
from tickets import cases, readers
from tickets.cases import NotInCharge, TicketError
from tickets.models import Ticket


@pytest.fixture
def secret(item: Item, operator1: User) -> Ticket:
    return opened(item, operator1, restricted=True)


def test_a_named_reader_reads_ticket_and_items(
    secret: Ticket, item: Item, make_item: MakeItem, operator1: User, operator2: User,
    operator1_client: Client, operator2_client: Client,
) -> None:  # fmt: skip
    assert operator2_client.get(f"/tiket/{secret.pk}/").status_code == 404
    who = {"fence": secret.fence, "reader": operator2.pk}
    operator1_client.post(f"/tiket/{secret.pk}/pembaca/", who)
    assert operator2_client.get(f"/tiket/{secret.pk}/").status_code == 200
    assert Item.objects.visible_to(operator2).filter(pk=item.pk).exists()
    later = make_item(handle="kedua")
    joined(secret, later, operator1)  # what joins later is read by the same people
    assert set(later.readers.all()) == {operator1, operator2}
    operator1_client.post(f"/tiket/{secret.pk}/pembaca/cabut/", who)
    assert operator2_client.get(f"/tiket/{secret.pk}/").status_code == 404
    assert not Item.objects.visible_to(operator2).filter(pk=item.pk).exists()
    assert [verb for verb in verbs(secret) if "reader" in verb] == [
        "ticket_reader_added",
        "ticket_reader_removed",
    ]


def test_head_and_person_in_charge_name_readers_a_reader_does_not(
    secret: Ticket, operator1: User, operator2: User, other_desk_operator: User, head: User
) -> None:
    readers.add(ticket=secret, by=head, fence=secret.fence, reader=operator2)
    with pytest.raises(NotInCharge):
        readers.add(ticket=secret, by=operator2, fence=secret.fence, reader=other_desk_operator)
    with pytest.raises(NotInCharge):
        readers.remove(ticket=secret, by=operator1, fence=secret.fence + 1, reader=operator2)
    readers.remove(ticket=secret, by=operator1, fence=secret.fence, reader=operator2)
    assert not secret.readers.exists()


def test_only_the_desk_and_only_who_sees_the_channel(
    secret: Ticket, office: Office, operator1: User, lantas_officer: User, other_desk_operator: User
) -> None:
    with pytest.raises(TicketError, match="petugas humas"):
        readers.add(ticket=secret, by=operator1, fence=secret.fence, reader=lantas_officer)
    office.all_see_all = False
    office.save()
    with pytest.raises(TicketError, match="tidak melihat kanal"):
        readers.add(ticket=secret, by=operator1, fence=secret.fence, reader=other_desk_operator)
    assert not secret.readers.exists()


def test_an_ordinary_ticket_has_no_readers(item: Item, operator1: User, operator2: User) -> None:
    ticket = opened(item, operator1)
    with pytest.raises(TicketError, match="tidak terbatas"):
        readers.add(ticket=ticket, by=operator1, fence=ticket.fence, reader=operator2)


def test_who_hands_the_charge_on_reads_no_more(
    secret: Ticket, item: Item, operator1: User, head: User
) -> None:
    cases.take_charge(ticket=secret, by=head)
    assert not Ticket.objects.visible_to(operator1).exists()
    assert set(item.readers.all()) == {head}


def test_every_look_is_written_down_once_an_hour(
    secret: Ticket,
    operator1_client: Client,
    head_client: Client,
    move_clock: Callable[[float], None],
) -> None:
    for _ in range(3):
        head_client.get(f"/tiket/{secret.pk}/")
        head_client.get(f"/rujukan/tiket/{secret.pk}/riwayat/")  # a part of the page
    operator1_client.get(f"/tiket/{secret.pk}/")
    assert verbs(secret).count("ticket_viewed") == 2
    move_clock(3601)
    head_client.get(f"/tiket/{secret.pk}/")
    assert verbs(secret).count("ticket_viewed") == 3
    page = operator1_client.get(f"/tiket/{secret.pk}/").content.decode()
    assert "Siapa yang melihat" in page
    assert "NAMA PEJABAT" in page
    assert "melihat tiket terbatas" not in page  # the history tells acts


def test_a_reader_does_not_see_who_looked(
    secret: Ticket, operator1: User, operator2: User, operator2_client: Client
) -> None:
    readers.add(ticket=secret, by=operator1, fence=secret.fence, reader=operator2)
    page = operator2_client.get(f"/tiket/{secret.pk}/").content.decode()
    assert "Siapa yang melihat" not in page


def test_an_ordinary_ticket_writes_nothing_down(
    item: Item, operator1: User, operator1_client: Client
) -> None:
    ticket = opened(item, operator1)
    operator1_client.get(f"/tiket/{ticket.pk}/")
    assert "ticket_viewed" not in verbs(ticket)


def test_ticked_when_opening(
    make_item: MakeItem, operator1: User, operator1_client: Client, operator2_client: Client
) -> None:
    item = make_item(text="min anak saya korban pelecehan")
    fence = claims.take(item=item, by=operator1).fence
    page = operator1_client.get(f"/tiket/buka/{item.pk}/").content.decode()
    assert "“pelecehan”" in page
    form = {
        "fence": fence, "title": "Laporan", "summary": "Perlu ditangani", "category": "complaint",
        "restricted": "on", **read(item),
    }  # fmt: skip
    operator1_client.post(f"/tiket/buka/{item.pk}/", form)
    assert Ticket.objects.get().restricted
    assert operator2_client.get(f"/masuk/{item.pk}/").status_code == 404


def test_a_restricted_item_never_reaches_an_open_ticket(
    secret: Ticket, item: Item, make_item: MakeItem, operator1: User, operator2: User
) -> None:
    joined(secret, make_item(handle="kedua"), operator1)
    cases.leave(ticket=secret, item=item, by=operator1, fence=secret.fence)
    ordinary = opened(make_item(handle="ketiga"), operator1)
    with pytest.raises(TicketError, match="Pesan ini terbatas"):
        joined(ordinary, item, operator1)
    claims.release(item=item, by=operator1, fence=claims.take(item=item, by=operator1).fence)
    again = opened(item, operator1)
    assert again.restricted
    assert not Ticket.objects.visible_to(operator2).filter(pk=again.pk).exists()
