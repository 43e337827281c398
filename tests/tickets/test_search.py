"""Finding a ticket: by its number as people say it, by its words, and only one's own."""

import pytest

from accounts.models import User
from inbox import claims
from inbox.models import Item
from tests import cast
from tickets import cases, queries
from tickets.models import Ticket
from tickets.queries import Filter

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticket(make_item: cast.MakeItem, operator1: User) -> Ticket:
    item: Item = make_item(text="air mati")
    held = claims.take(item=item, by=operator1)
    return cases.open_ticket(
        item=item, by=operator1, fence=held.fence, title="Pemadaman di Klandasan",
        summary="Listrik padam sejak pagi.", place="Klandasan Ulu",
    )  # fmt: skip


@pytest.mark.parametrize("q", ["1", "000001", "padam", "klandasan ulu", "pemadaman"])
def test_found_by(ticket: Ticket, operator2: User, q: str) -> None:
    assert queries.tickets_page(user=operator2, asked=Filter(q=q, state="")).rows == [ticket]


@pytest.mark.parametrize("q", ["2", "banjir", "padam -klandasan"])
def test_not_found_by(ticket: Ticket, operator2: User, q: str) -> None:
    assert queries.tickets_page(user=operator2, asked=Filter(q=q, state="")).rows == []


def test_a_division_finds_nothing(ticket: Ticket, lantas_officer: User) -> None:
    assert queries.tickets_page(user=lantas_officer, asked=Filter(q="padam")).rows == []
