"""A ticket takes over only what was read: opening and joining show the item again when the citizen wrote
or changed something meanwhile (inbox/stale.py)."""

import pytest
from django.test import Client

from accounts import clock
from accounts.models import Division, User
from inbox import claims
from inbox.models import Item, ItemState
from tests.cast import MakeItem
from tests.inbox.pages import Fields, hidden_on
from tests.referrals.relay_desk import told
from tests.tickets.desk import opened
from tickets.models import Ticket

TYPED = {"title": "SIM keliling", "summary": "Kapan jadwalnya?", "category": "complaint"}


@pytest.fixture
def item(make_item: MakeItem, operator1: User) -> Item:
    found = make_item(thread="satu")
    claims.take(item=found, by=operator1)
    return found


def edit(item: Item) -> None:
    item.messages.update(text="Ada korban, min!", edited_at=clock.now())


@pytest.mark.parametrize("door", ["tiket", "rujukan"])
@pytest.mark.parametrize("how", ["message", "edit", "old page"])
def test_a_ticket_is_opened_over_what_was_shown(
    item: Item, make_item: MakeItem, lantas: Division, operator1_client: Client, door: str, how: str
) -> None:
    page = f"/tiket/buka/{item.pk}/"
    fields = hidden_on(operator1_client, page, page) | TYPED | {"division": str(lantas.pk)}
    match how:
        case "message":
            make_item(thread="satu", text="Ada korban, min!")
        case "edit":
            edit(item)
        case _:
            fields.pop("seen")
    refused = operator1_client.post(f"/{door}/buka/{item.pk}/", fields)
    shown = refused.content.decode()
    assert refused.status_code == 409
    assert "sejak Anda membaca" in shown
    assert "Kapan jadwalnya?" in shown
    assert "Ada korban, min!" in shown or how == "old page"
    assert not Ticket.objects.exists()
    again = Fields(shown, page).values | TYPED | {"division": str(lantas.pk)}
    assert operator1_client.post(f"/{door}/buka/{item.pk}/", again).status_code == 302
    item.refresh_from_db()
    assert (item.state, item.waiting_since) == (ItemState.REFERRED, None)


@pytest.mark.parametrize("old", [False, True])
def test_an_item_joins_over_what_was_shown(
    make_item: MakeItem, operator1: User, operator2: User, operator1_client: Client, old: bool
) -> None:
    words = "air tidak mengalir di Gunung Sari"
    ticket = opened(make_item(text=words, handle="a"), operator2, words)
    item = make_item(text=words, thread="dua", handle="b")
    claims.take(item=item, by=operator1)
    page, there = f"/tiket/buka/{item.pk}/", f"/tiket/{ticket.pk}/gabung/{item.pk}/"
    fields = hidden_on(operator1_client, page, there)
    if old:
        fields.pop("seen")
    else:
        make_item(text="dan pipanya bocor", thread="dua", handle="b")
    refused = operator1_client.post(there, fields)
    assert refused.status_code == 409
    assert old or "dan pipanya bocor" in refused.content.decode()
    item.refresh_from_db()
    assert item.state == ItemState.OPEN
    again = Fields(refused.content.decode(), there).values
    assert operator1_client.post(there, again).status_code == 302


def test_so_does_one_whose_answer_is_out(
    make_item: MakeItem, operator1: User, pdam: Division, operator1_client: Client
) -> None:
    done = told([make_item(handle="a")], operator1, pdam)
    item = make_item(thread="dua", handle="b")
    claims.take(item=item, by=operator1)
    there = f"/rujukan/tiket/{done.pk}/ikut/{item.pk}/"
    fields = hidden_on(operator1_client, there, there)
    make_item(thread="dua", handle="b", text="sudah beres, min")
    refused = operator1_client.post(there, fields)
    assert refused.status_code == 409
    assert "sudah beres, min" in refused.content.decode()
    again = Fields(refused.content.decode(), there).values
    assert operator1_client.post(there, again)["Location"] == f"/tiket/{done.pk}/"
