"""The ticket pages: open, join, list, charge, close; with the outsider at every door."""

import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Office, User
from inbox import claims
from inbox.models import Item, ItemState
from tests.cast import MakeItem
from tests.inbox.pages import Fields
from tests.tickets.desk import read
from tickets import cases
from tickets.models import Stage, Ticket, TicketState


def opened(item: Item, by: User, title: str = "SIM keliling") -> Ticket:
    held = claims.take(item=item, by=by)
    return cases.open_ticket(
        item=item, by=by, fence=held.fence, title=title, summary="Warga menanyakan jadwal."
    )


def form(fence: int, **changed: str) -> dict[str, str]:
    return {
        "fence": str(fence), "title": "SIM keliling", "summary": "Kapan jadwalnya?",
        "place": "", "category": "complaint",
    } | changed  # fmt: skip


def test_open_needs_the_claim_and_says_so(item: Item, operator1_client: Client) -> None:
    page = operator1_client.get(f"/tiket/buka/{item.pk}/")
    assert "Ambil dulu pesannya" in page.content.decode()
    refused = operator1_client.post(f"/tiket/buka/{item.pk}/", form(1))
    assert refused.status_code == 409
    assert "Kapan jadwalnya?" in refused.content.decode()  # what was typed stays
    assert not Ticket.objects.exists()


def test_open_leads_to_the_ticket(item: Item, operator1: User, operator1_client: Client) -> None:
    fence = claims.take(item=item, by=operator1).fence
    page = operator1_client.get(f"/tiket/buka/{item.pk}/")
    assert "SIM keliling" in page.content.decode()
    done = operator1_client.post(f"/tiket/buka/{item.pk}/", form(fence) | read(item))
    ticket = Ticket.objects.get()
    assert done["Location"] == f"/tiket/{ticket.pk}/"
    item.refresh_from_db()
    assert item.state == ItemState.REFERRED
    again = operator1_client.post(f"/tiket/buka/{item.pk}/", form(fence))
    assert again.status_code == 409


def test_empty_form_keeps_the_rest(item: Item, operator1: User, operator1_client: Client) -> None:
    fence = claims.take(item=item, by=operator1).fence
    page = operator1_client.post(f"/tiket/buka/{item.pk}/", form(fence, title=""))
    assert page.status_code == 422
    assert "Kapan jadwalnya?" in page.content.decode()


def test_similar_ticket_is_offered_and_joined(
    make_item: MakeItem, operator1: User, operator2: User, operator2_client: Client
) -> None:
    first = opened(
        make_item(text="air tidak mengalir di Gunung Sari", handle="a"),
        operator1,
        "Air tidak mengalir di Gunung Sari",
    )
    second = make_item(text="air gunung sari tidak mengalir sejak kemarin", handle="b")
    claims.take(item=second, by=operator2)
    page = operator2_client.get(f"/tiket/buka/{second.pk}/").content.decode()
    assert first.number in page
    there = f"/tiket/{first.pk}/gabung/{second.pk}/"
    operator2_client.post(there, Fields(page, there).values)
    assert {row.pk for row in cases.items_of(first)} >= {second.pk}


def test_number_with_or_without_dashes_leads_to_the_ticket(
    item: Item, operator1: User, operator1_client: Client
) -> None:
    ticket = opened(item, operator1)
    for typed in (ticket.number, ticket.number.replace("-", "").lower()):
        assert operator1_client.get("/tiket/", {"q": typed})["Location"] == f"/tiket/{ticket.pk}/"
    page = operator1_client.get("/tiket/", {"q": "keliling", "keadaan": ""}).content.decode()
    assert ticket.number in page


def test_list_pages_by_key(make_item: MakeItem, operator1: User, operator1_client: Client) -> None:
    for number in range(32):
        opened(make_item(handle=f"warga{number}"), operator1, f"Hal {number}")
    page = operator1_client.get("/tiket/").content.decode()
    assert "Hal 31" in page
    assert "Hal 1<" not in page
    oldest_shown = Ticket.objects.order_by("-pk")[29].pk
    older = operator1_client.get("/tiket/", {"before": f"1-{oldest_shown}"}).content.decode()
    assert "Hal 1<" in older


def test_charge_changes_hands_and_the_old_fence_is_refused(
    item: Item, operator1: User, operator1_client: Client, operator2_client: Client
) -> None:
    ticket = opened(item, operator1)
    operator2_client.post(f"/tiket/{ticket.pk}/tanggung-jawab/")
    refused = operator1_client.post(
        f"/tiket/{ticket.pk}/tutup/", {"fence": ticket.fence, "why": "sudah selesai"}
    )
    assert refused.status_code == 409
    assert "tanggung jawab Bagus Setiawan" in refused.content.decode()


def test_close_gives_the_items_back(item: Item, operator1: User, operator1_client: Client) -> None:
    ticket = opened(item, operator1)
    no_reason = operator1_client.post(f"/tiket/{ticket.pk}/tutup/", {"fence": ticket.fence})
    assert no_reason.status_code == 422
    page = operator1_client.get(f"/tiket/{ticket.pk}/").content.decode()
    seen = re.search(r'name="seen" value="(\d+)"', page)
    assert seen
    fields = {"fence": ticket.fence, "why": "dobel", "seen": seen[1]}
    cases.move(ticket, to=TicketState.ANSWERED, by=None, stage=Stage.Kind.ANSWERED)
    for old in (fields, {"fence": ticket.fence, "why": "dobel"}):
        unread = operator1_client.post(f"/tiket/{ticket.pk}/tutup/", old)
        assert unread.status_code == 409
        assert (
            "Ada kabar sejak Anda membuka tiket ini: Jawaban diterima." in unread.content.decode()
        )
        assert 'value="dobel"' in unread.content.decode()
    now = re.search(r'name="seen" value="(\d+)"', unread.content.decode())
    assert now
    operator1_client.post(f"/tiket/{ticket.pk}/tutup/", fields | {"seen": now[1]})
    item.refresh_from_db()
    assert (item.state, item.waiting_since is not None) == (ItemState.OPEN, True)
    assert operator1_client.get(f"/tiket/{ticket.pk}/").status_code == 200


@pytest.mark.parametrize(
    "path", ["/tiket/", "/tiket/{t}/", "/tiket/buka/{i}/", "/tiket/panel/{i}/"]
)
def test_officers_are_kept_out(
    item: Item,
    operator1: User,
    lantas_officer_client: Client,
    pdam_officer_client: Client,
    path: str,
) -> None:
    ticket = opened(item, operator1)
    for client in (lantas_officer_client, pdam_officer_client):
        page = client.get(path.format(t=ticket.pk, i=item.pk))
        assert page.status_code in (403, 404)


def test_other_team_sees_nothing_once_channels_are_apart(
    item: Item, office: Office, operator1: User, other_desk_operator_client: Client
) -> None:
    ticket = opened(item, operator1)
    office.all_see_all = False
    office.save()
    client = other_desk_operator_client
    assert client.get(f"/tiket/{ticket.pk}/").status_code == 404
    assert ticket.number not in client.get("/tiket/").content.decode()
    assert client.post(f"/tiket/{ticket.pk}/tanggung-jawab/").status_code == 404
    assert client.get(f"/tiket/panel/{item.pk}/").status_code == 404


def test_matter_about_an_officer_is_for_head_and_person_in_charge(
    item: Item, operator1: User, operator1_client: Client, operator2_client: Client,
    head_client: Client,
) -> None:  # fmt: skip
    fence = claims.take(item=item, by=operator1).fence
    typed = form(fence, category="conduct") | read(item)
    operator1_client.post(f"/tiket/buka/{item.pk}/", typed)
    ticket = Ticket.objects.get()
    assert operator1_client.get(f"/tiket/{ticket.pk}/").status_code == 200
    assert head_client.get(f"/tiket/{ticket.pk}/").status_code == 200
    assert operator2_client.get(f"/tiket/{ticket.pk}/").status_code == 404


@pytest.mark.parametrize("path", ["/tiket/", "/tiket/{t}/"])
def test_queries_do_not_grow_with_rows(
    make_item: MakeItem, operator1: User, client_of: Callable[..., Client], path: str
) -> None:
    def count() -> int:
        client = client_of(operator1)
        with CaptureQueriesContext(connection) as seen:
            assert client.get(path.format(t=ticket.pk)).status_code == 200
        return len(seen)

    def add(howmany: int) -> None:
        for _ in range(howmany):
            item = make_item(handle=f"w{Item.objects.count()}")
            held = claims.take(item=item, by=operator1)
            cases.join(ticket=ticket, item=item, by=operator1, fence=held.fence)
            opened(make_item(handle=f"w{Item.objects.count()}"), operator1)

    ticket = opened(make_item(), operator1)
    add(4)
    few = count()
    add(20)
    assert count() == few <= 12


def test_a_live_refresh_leaves_the_messages_to_the_page(
    item: Item, operator1: User, operator1_client: Client
) -> None:
    """The page on screen asks for what changed before the browser has followed the redirect."""
    ticket = opened(item, operator1)
    operator1_client.post(f"/tiket/{ticket.pk}/tanggung-jawab/")
    fresh = operator1_client.get(f"/tiket/{ticket.pk}/", headers={"HX-Request": "true"})
    text = fresh.content.decode()
    assert 'id="ticket-head"' in text
    assert 'id="stages"' in text
    assert "<html" not in text
    page = operator1_client.get(f"/tiket/{ticket.pk}/").content.decode()
    assert "Tiket ini sekarang tanggung jawab Anda." in page
