"""Who may do what on every ticket page: each URL with the whole cast.

`seen`: may open it; the outsider of another team sees nothing once channels are apart; officers and
strangers never do.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import Office, User
from inbox.models import Item
from tests.tickets.desk import opened
from tickets.models import Ticket


@dataclass(frozen=True, slots=True)
class Door:
    """A URL, how it is asked, and what the whole cast."""

    name: str
    path: str
    post: Mapping[str, object] | None = None
    in_charge: int = 302
    colleague: int = 302
    head: int = 302


def doors(ticket: Ticket, item: Item, reader: User) -> list[Door]:
    """Every URL of tickets, and the two of referrals that change a ticket."""
    fence = {"fence": ticket.fence}
    seen = max(ticket.stages.values_list("pk", flat=True))
    facts = {"title": "Judul", "summary": "Uraian", "category": "complaint", "urgency": "normal"}
    t, i = f"/tiket/{ticket.pk}/", item.pk
    merge, again = (
        f"/rujukan/tiket/{ticket.pk}/gabungkan/",
        f"/rujukan/tiket/{ticket.pk}/buka-lagi/",
    )
    who = fence | {"reader": reader.pk}

    def page(name: str, path: str) -> Door:
        return Door(name, path, None, 200, 200, 200)

    def mine(name: str, path: str, post: Mapping[str, object], in_charge: int) -> Door:
        return Door(name, path, post, in_charge, 409, 409)

    return [
        page("list", "/tiket/"),
        page("detail", t),
        Door("open", f"/tiket/buka/{i}/"),  # it has one already: leads there
        Door("panel", f"/tiket/panel/{i}/"),
        page("edit", f"{t}ubah/"),
        mine("edit", f"{t}ubah/", {**fence, **facts}, 302),
        page("split", f"{t}pisah/"),
        mine("split", f"{t}pisah/", {**fence, **facts, "items": [i]}, 422),
        Door("call", f"{t}telepon/", {"whom": "Piket", "outcome": "Berangkat"}),
        Door("add_reader", f"{t}pembaca/", who, 422, 409, 422),
        Door("remove_reader", f"{t}pembaca/cabut/", who, 422, 409, 422),
        mine("leave", f"{t}keluarkan/{i}/", fence, 422),
        mine("join", f"{t}gabung/{i}/", {"fence": 0}, 409),
        page("merge", merge),
        Door("merge", merge, {**fence, "ke": "HMS-2026-999999-A", "fence_into": 1}, 422, 422, 422),
        mine("close", f"{t}tutup/", {**fence, "why": "dobel", "seen": seen}, 302),
        Door("reopen", again, {**fence, "why": "belum"}, 422, 422, 422),
        Door("charge", f"{t}tanggung-jawab/", {}),
    ]


def ask(client: Client, door: Door) -> int:
    if door.post is None:
        return client.get(door.path).status_code
    return client.post(door.path, door.post).status_code


NAMES = 18


@pytest.fixture
def ticket(item: Item, operator1: User) -> Ticket:
    return opened(item, operator1)


@pytest.mark.parametrize("number", range(NAMES))
def test_every_url_for_the_whole_cast(
    ticket: Ticket, item: Item, office: Office, operator2: User, operator1_client: Client,
    operator2_client: Client, head_client: Client, other_desk_operator_client: Client,
    lantas_officer_client: Client, pdam_officer_client: Client, client: Client, number: int,
) -> None:  # fmt: skip
    door = doors(ticket, item, operator2)[number]
    for officer in (lantas_officer_client, pdam_officer_client):
        assert ask(officer, door) == 403
    assert ask(client, door) == 302
    assert client.get(door.path)["Location"].startswith("/akun/") or door.post is not None
    office.all_see_all = False
    office.save()
    expected = 200 if door.name == "list" else 404
    assert ask(other_desk_operator_client, door) == expected
    office.all_see_all = True
    office.save()
    got = (ask(operator2_client, door), ask(head_client, door))
    if door.name == "charge":  # whoever asks has it
        assert (*got, ask(operator1_client, door)) == (302, 302, 302)
        return
    assert (*got, ask(operator1_client, door)) == (door.colleague, door.head, door.in_charge)


def test_no_url_is_forgotten(ticket: Ticket, item: Item, operator2: User) -> None:
    names = {
        pattern.name
        for resolver in get_resolver().url_patterns
        if isinstance(resolver, URLResolver) and resolver.app_name == "tickets"
        for pattern in resolver.url_patterns
        if isinstance(pattern, URLPattern)
    }
    listed = doors(ticket, item, operator2)
    assert names == {door.name for door in listed} - {"merge", "reopen"}
    assert len(listed) == NAMES


@pytest.mark.parametrize("number", range(NAMES))
def test_a_restricted_one_is_not_there_for_a_colleague(
    item: Item, operator1: User, operator2: User, operator2_client: Client, number: int
) -> None:
    secret = opened(item, operator1, restricted=True)
    door = doors(secret, item, operator2)[number]
    assert ask(operator2_client, door) == (200 if door.name == "list" else 404)
    if door.name == "list":
        assert secret.number not in operator2_client.get("/tiket/").content.decode()
