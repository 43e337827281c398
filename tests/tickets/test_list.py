"""The list: emergencies on top, filters, paging by key."""

import pytest
from django.http import QueryDict
from django.test import Client

from accounts.models import User
from tests.cast import MakeItem
from tests.tickets.desk import opened
from tickets import describing, queries
from tickets.models import Ticket
from tickets.queries import Filter

pytestmark = pytest.mark.django_db


def titles(user: User, asked: str = "", before: str = "") -> list[str]:
    page = queries.tickets_page(user=user, asked=Filter.read(QueryDict(asked)), before=before)
    return [row.title for row in page.rows]


@pytest.fixture
def three(make_item: MakeItem, operator1: User, operator2: User) -> dict[str, Ticket]:
    """An emergency, then a restricted one, then an ordinary one of another operator with a label."""
    made = {
        "Darurat": opened(make_item(handle="a"), operator1, "Darurat", urgency="emergency"),
        "Rahasia": opened(make_item(handle="b"), operator1, "Rahasia", restricted=True),
        "Biasa": opened(make_item(handle="c"), operator2, "Biasa"),
    }
    describing.set_labels(made["Biasa"], ("Mudik",))
    return made


def test_emergencies_stand_on_top(three: dict[str, Ticket], operator1: User) -> None:
    assert titles(operator1) == ["Darurat", "Biasa", "Rahasia"]
    assert titles(operator1, "keadaan=") == ["Biasa", "Rahasia", "Darurat"]  # history by age


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("kegentingan=emergency", ["Darurat"]),
        ("kegentingan=nonsense", ["Darurat", "Biasa", "Rahasia"]),
        ("terbatas=1", ["Rahasia"]),
        ("punya=saya", ["Darurat", "Rahasia"]),
        ("label=abc", ["Darurat", "Biasa", "Rahasia"]),
        ("label=99999999999999999999", ["Darurat", "Biasa", "Rahasia"]),
        ("punya=saya&kegentingan=normal", ["Rahasia"]),
    ],
)
def test_filters(three: dict[str, Ticket], operator1: User, asked: str, found: list[str]) -> None:
    assert titles(operator1, asked) == found


def test_filter_by_label(three: dict[str, Ticket], operator1: User) -> None:
    label = three["Biasa"].labels.get()
    assert titles(operator1, f"label={label.pk}") == ["Biasa"]


def test_the_restricted_filter_shows_nobody_more(three: dict[str, Ticket], operator2: User) -> None:
    assert titles(operator2, "terbatas=1") == []


def test_paging_reaches_every_row_once(
    make_item: MakeItem, operator1: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "PAGE", 2)
    for number in range(7):
        urgency = "emergency" if number in (0, 3, 4) else "normal"
        opened(make_item(handle=f"w{number}"), operator1, f"{number}", urgency=urgency)
    seen: list[str] = []
    before = ""
    for _ in range(9):
        page = queries.tickets_page(user=operator1, asked=Filter(), before=before)
        seen += [row.title for row in page.rows]
        before = page.older
        if not before:
            break
    assert seen == ["4", "3", "0", "6", "5", "2", "1"]


@pytest.mark.parametrize("before", ["x", "1-", "2-5", "-", "1-²"])
def test_a_key_of_nobody_begins_at_the_top(
    three: dict[str, Ticket], operator1: User, before: str
) -> None:
    assert titles(operator1, before=before) == ["Darurat", "Biasa", "Rahasia"]


def test_the_page_keeps_the_question(three: dict[str, Ticket], operator1_client: Client) -> None:
    page = operator1_client.get("/tiket/", {"punya": "saya", "kegentingan": "emergency"})
    text = page.content.decode()
    assert "Darurat" in text
    assert "Biasa</strong>" not in text
    assert "Hapus saringan" in text
    assert "kegentingan=emergency&amp;punya=saya" in text  # the tabs keep it
