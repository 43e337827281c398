"""The doors of divisions: names that change and are kept, a tree without circles, contacts that grow old."""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection

from accounts import clock, divisions
from accounts.models import Division, DivisionContact, JournalEntry, Office, User
from accounts.models_division import DivisionName
from accounts.queries_divisions import overview, way
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit(head: User) -> Callable[..., Division]:
    """`unit("a", parent=…)`: a division."""

    def make(code: str, **values: Any) -> Division:
        told = {
            "name": code.title(),
            "addressee": f"Kepala {code}",
            "letter_kind": "surat",
        } | values
        return divisions.create(code=code, values=told, by=head)

    return make


def verbs(division: Division) -> list[str]:
    found = JournalEntry.objects.filter(subject=f"division:{division.pk}").order_by("pk")
    return list(found.values_list("verb", flat=True))


def test_a_new_name_keeps_the_former_one(unit: Callable[..., Division], head: User) -> None:
    pdam = unit("air", name="PDAM Kota", addressee="Direktur PDAM Kota")
    divisions.rename(division=pdam, name="Perumda Tirta", addressee="Direktur Perumda", by=head)
    divisions.change(division=pdam, values={"place": "Serang"}, by=head)
    old = DivisionName.objects.get()
    assert (old.name, old.addressee) == ("PDAM Kota", "Direktur PDAM Kota")
    assert abs(old.until - clock.now()) < timedelta(minutes=1)
    assert verbs(pdam) == ["division_made", "division_renamed", "division_changed"]
    entry = JournalEntry.objects.get(verb="division_renamed")
    assert entry.data["name"] == ["PDAM Kota", "Perumda Tirta"]
    (found,) = overview(search="pdam kota", now=clock.now()).found
    assert (found.division, found.former) == (pdam, "PDAM Kota")


def test_what_does_not_change_leaves_no_trace(unit: Callable[..., Division], head: User) -> None:
    row = unit("a")
    assert divisions.change(division=row, values={"name": row.name, "parent": None}, by=head) == []
    assert verbs(row) == ["division_made"]
    with pytest.raises(KeyError):
        divisions.change(division=row, values={"code": "b"}, by=head)


def test_no_unit_stands_under_itself(unit: Callable[..., Division], head: User) -> None:
    top = unit("top")
    middle = unit("middle", parent=top)
    low = unit("low", parent=middle)
    for parent in (top, middle, low):
        with pytest.raises(divisions.UnderItself):
            divisions.change(division=top, values={"parent": parent}, by=head)
    assert divisions.beneath(top) == {top.pk, middle.pk, low.pk}
    assert divisions.change(division=low, values={"parent": top}, by=head) == ["parent"]
    assert verbs(low)[-1] == "division_moved"


@pytest.mark.django_db(transaction=True)
def test_two_moves_at_once_close_no_circle(head: User) -> None:
    values = {"letter_kind": "surat", "addressee": "Kepala"}
    one = divisions.create(code="satu", values=values | {"name": "Satu"}, by=head)
    two = divisions.create(code="dua", values=values | {"name": "Dua"}, by=head)
    start, refused = Barrier(2), []

    def move(row: Division, parent: Division) -> None:
        start.wait()
        try:
            divisions.change(division=row, values={"parent": parent}, by=head)
        except divisions.UnderItself:
            refused.append(row.code)
        finally:
            connection.close()

    threads = [Thread(target=move, args=pair) for pair in ((one, two), (two, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1


def test_codes_are_made_of_names_and_never_twice(unit: Callable[..., Division], head: User) -> None:
    values = {"name": "Dinas Pasar!", "addressee": "Kepala", "letter_kind": "surat"}
    codes = [divisions.create(values=values, by=head).code for _n in range(3)]
    assert codes == ["dinas-pasar", "dinas-pasar-2", "dinas-pasar-3"]
    with pytest.raises(divisions.CodeTaken):
        unit("dinas-pasar")


def test_switched_off_it_is_hidden_and_its_units_stay(
    unit: Callable[..., Division], head: User
) -> None:
    top = unit("top")
    low = unit("low", parent=top)
    assert divisions.switch(division=top, on=False, by=head)
    assert not divisions.switch(division=top, on=False, by=head)
    shown = overview(now=clock.now())
    assert [node.division for node in shown.outside] == [low]
    assert shown.hidden == 1
    (root,) = overview(everything=True, now=clock.now()).outside
    assert [node.division for node in root.units] == [low]
    assert verbs(top) == ["division_made", "division_off"]


def test_a_contact_is_verified_and_grows_old(
    unit: Callable[..., Division], head: User, move_clock: Callable[[float], None]
) -> None:
    row = unit("a")
    contact = divisions.add_contact(division=row, kind="phone", value="0542-111", by=head)
    assert way(contact, now=clock.now()).stale
    divisions.verify_contact(contact=contact, by=head)
    contact.refresh_from_db()
    assert contact.verified_by == head
    move_clock(179 * 86400)
    assert not way(contact, now=clock.now()).stale
    move_clock(181 * 86400)
    assert way(contact, now=clock.now()).stale


def test_another_number_is_verified_anew(unit: Callable[..., Division], head: User) -> None:
    contact = divisions.add_contact(
        division=unit("a"), kind="phone", value="1110", verified=True, by=head
    )
    divisions.change_contact(contact=contact, kind="phone", value="1110", person="Budi", by=head)
    contact.refresh_from_db()
    assert contact.verified_at
    divisions.change_contact(contact=contact, kind="phone", value="2220", person="Budi", by=head)
    assert DivisionContact.objects.get().verified_at is None
    divisions.remove_contact(contact=contact, by=head)
    entries = JournalEntry.objects.filter(verb__startswith="contact_")
    assert [entry.verb for entry in entries.order_by("pk")] == [
        "contact_added", "contact_changed", "contact_changed", "contact_removed",
    ]  # fmt: skip
    assert "2220" not in str([entry.data for entry in entries])


@pytest.mark.parametrize(
    ("kind", "value", "dial"),
    [
        ("duty_phone", "(0542) 878-991", "0542878991"),
        ("public", "123", "123"),
        ("public", "Instagram @ptmb", ""),
        ("whatsapp", "0816200110", ""),
        ("phone", "javascript:alert(1)", ""),
        ("phone", "+62 542 1", "+625421"),
    ],
)
def test_only_numbers_are_dialled(kind: str, value: str, dial: str) -> None:
    assert way(DivisionContact(kind=kind, value=value), now=clock.now()).dial == dial


def test_the_tree_costs_the_same_whatever_its_size(
    db: None, django_assert_num_queries: Any, office: Office
) -> None:
    cast.make_divisions()
    with django_assert_num_queries(3):
        found = overview(now=clock.now())
    assert len(found.inside) + len(found.outside) >= 44
    assert any(node.units for node in found.inside)


def test_search_puts_names_before_words(db: None) -> None:
    cast.make_divisions()
    found = overview(search="rujukan", now=clock.now()).found
    assert [node.division.code for node in found] == ["dinkes"]
    assert overview(search="air mati", now=clock.now()).found[0].division.code == "pdam"
    (jatanras,) = overview(search="jatanras", now=clock.now()).found
    assert jatanras.path == "Ditreskrimum"
