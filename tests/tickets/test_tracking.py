"""The citizen's page: right pair only, one sentence for every wrong one, nothing personal."""

import pytest
from django.core.cache import cache
from django.test import Client, override_settings

from accounts.models import User
from inbox import claims
from inbox.models import Item
from tickets import cases, feedback
from tickets.models import Ticket

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
