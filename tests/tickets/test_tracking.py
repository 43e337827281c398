"""The citizen's page: right pair only, one sentence for every wrong one, nothing personal."""

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from inbox import claims
from inbox.models import Item
from tests.cast import MakeItem
from tests.tickets.desk import joined, opened
from tickets import cases, codes, feedback, reopening, reshaping, tracking
from tickets.models import Ticket, TicketItem

WRONG = "Nomor atau kode tidak cocok"


@pytest.fixture(autouse=True)
def fresh_counts() -> None:
    cache.clear()


@pytest.fixture
def ticket(item: Item, operator1: User) -> Ticket:
    held = claims.take(item=item, by=operator1)
    return cases.open_ticket(
        item=item, by=operator1, fence=held.fence, title="SIM keliling", summary="Kapan jadwalnya?"
    )


def test_right_pair_shows_stages_and_nothing_personal(
    client: Client, ticket: Ticket, item: Item
) -> None:
    page = client.get(f"/lacak/{ticket.number}/?k={ticket.code}")
    text = page.content.decode()
    assert page.status_code == 200
    assert "Laporan Anda kami catat" in text
    assert page["X-Robots-Tag"].startswith("noindex")
    for private in (item.citizen.handle, ticket.title, ticket.summary, str(ticket.in_charge)):
        assert private not in text


def test_number_is_read_without_dashes_and_code_in_small_letters(
    client: Client, ticket: Ticket
) -> None:
    typed = ticket.number.replace("-", "").lower()
    page = client.get("/lacak/", {"number": typed, "k": ticket.code.lower()}, follow=True)
    assert page.status_code == 200
    assert ticket.number in page.content.decode()


@pytest.mark.parametrize("kind", ["code", "number", "nonsense"])
def test_every_wrong_pair_gets_the_same_sentence(client: Client, ticket: Ticket, kind: str) -> None:
    number = {"code": ticket.number, "number": "HMS-2026-999999-A", "nonsense": "abc"}[kind]
    page = client.get(f"/lacak/{number}/?k=AAAAAAAA")
    assert page.status_code == 404
    assert WRONG in page.content.decode()


def test_guessing_is_stopped_and_the_right_pair_waits_too(client: Client, ticket: Ticket) -> None:
    for _ in range(20):
        assert client.get(f"/lacak/{ticket.number}/?k=AAAAAAAA").status_code == 404
    assert client.get(f"/lacak/{ticket.number}/?k=AAAAAAAA").status_code == 429
    assert client.get(f"/lacak/{ticket.number}/?k={ticket.code}").status_code == 429


def test_without_valkey_nobody_is_kept_out(client: Client, ticket: Ticket) -> None:
    gone = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
        }
    }
    with override_settings(CACHES=gone):
        for _ in range(25):
            assert client.get(f"/lacak/{ticket.number}/?k=AAAAAAAA").status_code == 404
        assert client.get(f"/lacak/{ticket.number}/?k={ticket.code}").status_code == 200


def test_after_closing_one_question_is_asked(
    client: Client, ticket: Ticket, operator1: User, operator1_client: Client
) -> None:
    path, right = f"/lacak/{ticket.number}/", {"k": ticket.code, "text": "Cepat sekali"}
    client.post(f"{path}nilai/", right | {"helped": "yes"})
    assert not ticket.feedback.exists()  # nothing to judge yet
    assert "membantu?" not in client.get(f"{path}?k={ticket.code}").content.decode()
    cases.close(ticket=ticket, by=operator1, fence=ticket.fence, why="dijawab langsung")
    assert "membantu?" in client.get(f"{path}?k={ticket.code}").content.decode()

    wrong = client.post(f"{path}nilai/", right | {"k": "AAAAAAAA", "helped": "no"})
    assert wrong.status_code == 404
    client.post(f"{path}nilai/", right | {"helped": "perhaps"})
    assert not ticket.feedback.exists()
    thanked = client.post(f"{path}nilai/", right | {"helped": "yes"}, follow=True)
    assert "Terima kasih atas penilaian" in thanked.content.decode()
    assert "membantu?" not in thanked.content.decode()
    assert ticket.feedback.get().helped
    assert "Cepat sekali" in operator1_client.get(f"/tiket/{ticket.pk}/").content.decode()


def test_judging_has_an_end(client: Client, ticket: Ticket, operator1: User) -> None:
    cases.close(ticket=ticket, by=operator1, fence=ticket.fence, why="dijawab langsung")
    for _ in range(feedback.MOST + 3):
        client.post(f"/lacak/{ticket.number}/nilai/", {"k": ticket.code, "helped": "no"})
    assert ticket.feedback.count() == feedback.MOST


def own_codes(ticket: Ticket) -> dict[int, str]:
    return codes.codes_of(ticket)


def status(client: Client, ticket: Ticket, code: str) -> int:
    cache.clear()
    return client.get(f"/lacak/{ticket.number}/?k={code}").status_code


def test_each_citizen_has_an_own_code(client: Client, make_item: MakeItem, operator1: User) -> None:
    first, second = make_item(handle="a"), make_item(handle="b")
    ticket = opened(first, operator1)
    joined(ticket, second, operator1)
    own = own_codes(ticket)
    assert len({ticket.code, *own.values()}) == 3
    for code in (*own.values(), ticket.code, own[first.pk].lower()):
        assert status(client, ticket, code) == 200
    page = client.get(f"/lacak/{ticket.number}/?k={own[first.pk]}").content.decode()
    assert own[second.pk] not in page
    assert ticket.code not in page


def test_a_code_whose_item_left_stops_working(
    client: Client, make_item: MakeItem, operator1: User
) -> None:
    first, second = make_item(handle="a"), make_item(handle="b")
    ticket = opened(first, operator1)
    joined(ticket, second, operator1)
    code = own_codes(ticket)[second.pk]
    cases.leave(ticket=ticket, item=second, by=operator1, fence=ticket.fence)
    gone = client.get(f"/lacak/{ticket.number}/?k={code}")
    assert gone.status_code == 404
    assert WRONG in gone.content.decode()
    joined(ticket, second, operator1)  # back again: the link that was sent works again
    assert status(client, ticket, code) == 200


def test_an_own_code_of_another_ticket_opens_nothing(
    client: Client, make_item: MakeItem, operator1: User
) -> None:
    one, other = opened(make_item(handle="a"), operator1), opened(make_item(handle="b"), operator1)
    for code in own_codes(other).values():
        assert status(client, one, code) == 404


def test_old_rows_use_the_ticket_s_code(client: Client, ticket: Ticket, item: Item) -> None:
    TicketItem.objects.update(code="")
    assert codes.own_code(ticket, item) == ticket.code
    assert status(client, ticket, ticket.code) == 200
    assert status(client, ticket, " ") == 404
    assert client.get(f"/lacak/{ticket.number}/?k=").status_code == 200  # the form, nothing else
    assert not codes.opens(ticket, "")
    assert not codes.opens(ticket, "--------")
    assert not codes.opens(None, "--------")


def test_a_closed_ticket_is_read_with_the_own_code_and_opened_again_too(
    client: Client, ticket: Ticket, item: Item, operator1: User
) -> None:
    code = own_codes(ticket)[item.pk]
    cases.close(ticket=ticket, by=operator1, fence=ticket.fence, why="dobel")
    assert status(client, ticket, code) == 200
    reopening.reopen(ticket=ticket, by=operator1, fence=ticket.fence, why="belum")
    assert own_codes(ticket) == {item.pk: code}
    assert status(client, ticket, code) == 200


def test_a_code_moves_with_its_item(client: Client, make_item: MakeItem, operator1: User) -> None:
    """Merged: old number and new one. Split: the new one. Left afterwards: neither."""
    stays, moves, there = (make_item(handle=name) for name in "abc")
    old, new = opened(stays, operator1), opened(there, operator1)
    joined(old, moves, operator1)
    own = own_codes(old)
    apart = reshaping.split(
        ticket=old, by=operator1, fence=old.fence, items=[moves.pk], title="Lain", summary="Lain."
    )
    assert own_codes(apart) == {moves.pk: own[moves.pk]}
    assert [status(client, one, own[moves.pk]) for one in (apart, old)] == [200, 404]
    with transaction.atomic():
        reshaping.absorb(source=apart, into=new, by=operator1)
    assert [status(client, one, own[moves.pk]) for one in (apart, new, old)] == [200, 200, 404]
    assert status(client, apart, own_codes(new)[there.pk]) == 404
    cases.leave(ticket=new, item=moves, by=operator1, fence=new.fence)
    assert [status(client, one, own[moves.pk]) for one in (apart, new)] == [404, 404]


def test_right_and_wrong_ask_and_compare_the_same(
    ticket: Ticket, item: Item, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[tuple[bytes, bytes]] = []

    def compare(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return one == other

    monkeypatch.setattr("tickets.codes.secrets.compare_digest", compare)
    asked, counts = [], []
    own = own_codes(ticket)[item.pk]
    for number, code in (
        (ticket.number, ticket.code), (ticket.number, own), (ticket.number, "AAAAAAAA"),
        ("HMS-2026-999999-A", "AAAAAAAA"), ("abc", "AAAAAAAA"),
    ):  # fmt: skip
        compared.clear()
        with CaptureQueriesContext(connection) as seen:
            tracking.found_ticket(typed=number, code=code)
        asked.append(len(seen))
        counts.append(len(compared))
    assert asked == [2] * 5
    assert counts[:3] == [2] * 3  # every code, also after the right one was met
    assert all(counts)


def test_the_judgement_works_with_the_own_code(
    client: Client, ticket: Ticket, item: Item, operator1: User
) -> None:
    code = own_codes(ticket)[item.pk]
    cases.close(ticket=ticket, by=operator1, fence=ticket.fence, why="dijawab langsung")
    client.post(f"/lacak/{ticket.number}/nilai/", {"k": code, "helped": "yes"})
    assert ticket.feedback.get().helped
