"""Some items of a ticket get one of their own."""

import pytest
from django.test import Client

from accounts.models import User
from inbox.models import Item, ItemState
from tests.cast import MakeItem
from tests.tickets.desk import joined, opened, verbs
from tickets import cases, describing, readers, reshaping
from tickets.cases import NotInCharge, TicketError
from tickets.models import Ticket


@pytest.fixture
def pair(make_item: MakeItem, operator1: User) -> tuple[Ticket, Item, Item]:
    """A ticket with two items."""
    first, second = make_item(handle="a"), make_item(handle="b")
    ticket = opened(first, operator1, place="Klandasan", urgency="high")
    joined(ticket, second, operator1)
    return ticket, first, second


def split(ticket: Ticket, by: User, *items: Item, title: str = "Hal lain") -> Ticket:
    return reshaping.split(
        ticket=ticket, by=by, fence=ticket.fence, items=[item.pk for item in items],
        title=title, summary="Ternyata lain.",
    )  # fmt: skip


def test_chosen_items_go_through_the_page(
    pair: tuple[Ticket, Item, Item], operator1: User, operator1_client: Client
) -> None:
    ticket, first, second = pair
    describing.set_labels(ticket, ("Mudik",))
    assert "Pisahkan" in operator1_client.get(f"/tiket/{ticket.pk}/pisah/").content.decode()
    done = operator1_client.post(
        f"/tiket/{ticket.pk}/pisah/",
        {"fence": ticket.fence, "items": [second.pk], "title": "Hal lain", "summary": "Lain."},
    )
    new = Ticket.objects.exclude(pk=ticket.pk).get()
    assert done["Location"] == f"/tiket/{new.pk}/"
    assert cases.items_of(ticket) == [first]
    assert cases.items_of(new) == [second]
    second.refresh_from_db()
    assert second.state == ItemState.REFERRED  # it goes on waiting, on the new ticket
    assert (new.place, new.urgency, new.title) == ("Klandasan", "high", "Hal lain")
    assert [label.name for label in new.labels.all()] == ["Mudik"]
    assert new.number != ticket.number
    assert new.received_at == second.opened_at
    assert "ticket_split" in verbs(ticket)
    assert "ticket_split" in verbs(new)


def test_restriction_and_readers_go_along(
    make_item: MakeItem, operator1: User, operator2: User, other_desk_operator: User
) -> None:
    first, second = make_item(handle="a"), make_item(handle="b")
    ticket = opened(first, operator1, restricted=True)
    readers.add(ticket=ticket, by=operator1, fence=ticket.fence, reader=operator2)
    joined(ticket, second, operator1)
    new = split(ticket, operator1, second)
    assert new.restricted
    assert Ticket.objects.visible_to(operator2).filter(pk=new.pk).exists()
    assert not Ticket.objects.visible_to(other_desk_operator).exists()
    assert set(second.readers.all()) == {operator1, operator2}


def test_never_all_never_none_never_strangers(
    pair: tuple[Ticket, Item, Item], make_item: MakeItem, operator1: User
) -> None:
    ticket, first, second = pair
    stranger = make_item(handle="c")
    for chosen in ((first, second), (), (stranger,)):
        with pytest.raises(TicketError):
            split(ticket, operator1, *chosen)
    assert Ticket.objects.count() == 1


def test_refusals_keep_what_was_typed(
    pair: tuple[Ticket, Item, Item], operator1: User, operator2: User, operator1_client: Client
) -> None:
    ticket, first, second = pair
    url, words = f"/tiket/{ticket.pk}/pisah/", {"fence": ticket.fence, "title": "Judul saya"}
    empty = operator1_client.post(url, words | {"items": [second.pk]})
    assert empty.status_code == 422
    page = empty.content.decode()
    assert "Judul saya" in page
    assert f'value="{second.pk}" checked' in page
    words["summary"] = "Uraian saya"
    everything = operator1_client.post(url, words | {"items": [first.pk, second.pk]})
    assert everything.status_code == 422
    assert "Sisakan setidaknya satu pesan" in everything.content.decode()
    assert "Uraian saya" in everything.content.decode()
    cases.take_charge(ticket=ticket, by=operator2)
    late = operator1_client.post(url, words | {"items": [second.pk]})
    assert late.status_code == 409
    assert "Uraian saya" in late.content.decode()


def test_fence_is_proved(pair: tuple[Ticket, Item, Item], operator2: User, head: User) -> None:
    ticket, _first, second = pair
    for who in (operator2, head):
        with pytest.raises(NotInCharge):
            split(ticket, who, second)
