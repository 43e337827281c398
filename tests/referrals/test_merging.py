"""Two tickets become one: what moves, who may, what is refused, and that the old number goes on working."""

import re
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from accounts import clock
from accounts.models import Division, User
from inbox.models import Item
from referrals import merging, portal
from referrals.models import Referral, ReferralState, Relay
from tests.beside import Beside
from tests.cast import MakeItem
from tests.tickets.desk import opened, verbs
from tickets import cases, clocks, describing, emergencies, queries, reshaping
from tickets.cases import NotInCharge, TicketError
from tickets.models import Deadline, Rule, Stage, Ticket, TicketState


@dataclass(frozen=True, slots=True)
class Two:
    """Two tickets of one person, one item each."""

    source: Ticket
    into: Ticket
    old: Item
    new: Item


@pytest.fixture
def two(make_item: MakeItem, operator1: User) -> Two:
    old, new = make_item(text="air mati", handle="a"), make_item(text="air mati", handle="b")
    return Two(opened(old, operator1, "Air mati"), opened(new, operator1, "Air macet"), old, new)


def merge(two: Two, by: User) -> None:
    merging.merge(
        source=two.source, into=two.into, by=by,
        fence_source=two.source.fence, fence_into=two.into.fence,
    )  # fmt: skip


def referred(ticket: Ticket, division: Division, by: User, state: str = "sent") -> Referral:
    """The ticket lies with `division`, as after a letter was dispatched."""
    with transaction.atomic():
        row = Referral.objects.create(
            ticket=ticket, division=division, state=state, created_by=by, dispatched_at=clock.now(),
            answered_at=clock.now() if state == "answered" else None,
        )  # fmt: skip
        to = TicketState.ANSWERED if state == "answered" else TicketState.WAITING
        cases.move(ticket, to=to, by=by, stage=Stage.Kind.REFERRED, division=division)
    return row


def test_through_the_screens(
    two: Two, pdam: Division, operator1: User, operator1_client: Client, client: Client
) -> None:
    referral = referred(two.source, pdam, operator1)
    describing.set_labels(two.source, ("Kemarau",))
    url = f"/rujukan/tiket/{two.source.pk}/gabungkan/"
    assert "Gabungkan dengan tiket lain" in operator1_client.get(
        f"/tiket/{two.source.pk}/"
    ).content.decode()  # fmt: skip
    both = operator1_client.get(url, {"ke": two.into.number.replace("-", "").lower()})
    text = both.content.decode()
    assert two.into.title in text
    assert two.source.title in text
    words = {"ke": two.into.number, "fence": two.source.fence, "fence_into": two.into.fence}
    done = operator1_client.post(url, words)
    assert done["Location"] == f"/tiket/{two.into.pk}/"
    page = operator1_client.get(done["Location"]).content.decode()
    assert "Kemarau" in page
    history = operator1_client.get(f"/rujukan/tiket/{two.into.pk}/riwayat/").content.decode()
    assert history.count("membuka tiket") == 2  # what was done on the source is not lost
    assert set(cases.items_of(two.into)) == {two.old, two.new}
    referral.refresh_from_db()
    assert referral.ticket == two.into
    two.into.refresh_from_db()
    assert two.into.state == TicketState.WAITING  # the division that had the source's letter
    two.source.refresh_from_db()
    assert (two.source.state, two.source.merged_into) == (TicketState.MERGED, two.into)
    # The old number: search, its own page, the citizen's page.
    found = operator1_client.get("/tiket/", {"q": two.source.number})
    assert found["Location"] == f"/tiket/{two.into.pk}/"
    assert operator1_client.get(f"/tiket/{two.source.pk}/")["Location"] == f"/tiket/{two.into.pk}/"
    seen = client.get(f"/lacak/{two.source.number}/?k={two.source.code}").content.decode()
    assert pdam.name in seen
    assert "bersama laporan lain" in seen
    assert two.source.number in seen
    for private in (two.into.number, two.into.code):
        assert private not in seen
    assert client.get(f"/lacak/{two.into.number}/?k={two.source.code}").status_code == 404


def test_a_bare_running_number_finds_the_target(two: Two, operator1: User) -> None:
    merge(two, operator1)
    bare = str(int(two.source.number.split("-")[2]))
    rows = queries.tickets_page(user=operator1, asked=queries.Filter(q=bare)).rows
    assert rows == [two.into]
    assert queries.standing(two.source.number) == two.into


def test_everybody_else_moves_along(
    two: Two, operator1: User, operator2: User, other_desk_operator: User, head: User
) -> None:
    Ticket.objects.filter(pk=two.source.pk).update(restricted=True, urgency="emergency")
    two.source.readers.add(operator2)
    emergencies.record_call(ticket=two.source, by=operator1, whom="Piket", outcome="Berangkat")
    merge(two, operator1)
    into = Ticket.objects.get(pk=two.into.pk)
    assert (into.restricted, into.urgency) == (True, "emergency")
    assert into.calls.get().whom == "Piket"
    assert Item.objects.visible_to(operator2).count() == 2
    assert not Item.objects.visible_to(other_desk_operator).exists()
    assert "ticket_merged" in verbs(two.source)
    assert "ticket_merged" in verbs(two.into)
    acts = [act.entry.subject for act in queries.history_of(into)]
    assert f"ticket:{two.source.pk}" in acts  # what was done before is not lost


def test_clocks_go_on_from_the_earlier_message(two: Two, pdam: Division, operator1: User) -> None:
    Deadline.objects.all().delete()
    Rule.objects.all().delete()
    law = {"basis": "law", "amount": 14}
    Rule.objects.create(
        code="u-warga", name="w", clock="citizen", since="received", until="relayed", **law
    )
    Rule.objects.create(
        code="u-divisi", name="d", clock="division", since="dispatched", until="answered", **law
    )
    for ticket in (two.source, two.into):
        clocks.begin(ticket)
    referred(two.source, pdam, operator1)
    merge(two, operator1)
    running = Deadline.objects.filter(met_at=None, dropped_at=None)
    assert {(row.ticket, row.rule.code) for row in running} == {
        (two.into, "u-warga"), (two.into, "u-divisi"),
    }  # fmt: skip
    assert running.get(rule__code="u-warga").since == two.source.received_at


def test_both_with_one_division_is_refused(two: Two, pdam: Division, operator1: User) -> None:
    referred(two.source, pdam, operator1)
    referred(two.into, pdam, operator1)
    with pytest.raises(TicketError, match=re.escape(f"dirujuk ke {pdam.name}")):
        merge(two, operator1)
    assert cases.items_of(two.source) == [two.old]
    Referral.objects.filter(ticket=two.source).update(state=ReferralState.ANSWERED)
    merge(two, operator1)  # what is answered stands beside what is owed


def test_two_divisions_on_one_ticket(
    two: Two, pdam: Division, lantas: Division, operator1: User
) -> None:
    referred(two.source, pdam, operator1, "answered")
    referred(two.into, lantas, operator1)
    merge(two, operator1)
    assert two.into.referrals.count() == 2
    two.into.refresh_from_db()
    assert two.into.state == TicketState.WAITING


def test_an_answer_that_waits_keeps_waiting(two: Two, pdam: Division, operator1: User) -> None:
    referred(two.source, pdam, operator1, "answered")
    merge(two, operator1)
    two.into.refresh_from_db()
    assert two.into.state == TicketState.ANSWERED


def test_refused_while_an_answer_is_on_its_way(two: Two, operator1: User) -> None:
    Relay.objects.create(ticket=two.into, text="Sudah", author=operator1)
    with pytest.raises(TicketError, match="sedang disampaikan"):
        merge(two, operator1)
    with transaction.atomic():
        cases.move(two.source, to=TicketState.RELAYING, by=operator1)
    with pytest.raises(TicketError, match="sedang disampaikan"):
        merge(two, operator1)


def test_refused_with_itself_or_a_finished_one(two: Two, operator1: User) -> None:
    with pytest.raises(TicketError, match="dirinya sendiri"):
        merge(Two(two.into, two.into, two.new, two.new), operator1)
    cases.close(ticket=two.into, by=operator1, fence=two.into.fence, why="dobel")
    with pytest.raises(TicketError, match="sudah selesai"):
        merge(two, operator1)


def test_who_may(two: Two, operator1: User, operator2: User, head: User) -> None:
    with pytest.raises(NotInCharge):
        merge(two, operator2)
    other = cases.take_charge(ticket=two.into, by=operator2)
    for fences in (two, Two(two.source, other, two.old, two.new)):
        with pytest.raises(NotInCharge):  # in charge of one only
            merge(fences, operator1)
    with pytest.raises(NotInCharge):  # the head looked at an older state
        merge(two, head)
    merge(Two(two.source, other, two.old, two.new), head)
    other.refresh_from_db()
    assert other.in_charge == operator2
    with pytest.raises(NotInCharge, match="baru saja berubah"):  # what lay open is old
        cases.close(ticket=other, by=operator2, fence=other.fence - 1, why="dobel")


def test_a_chain_is_one_step(two: Two, make_item: MakeItem, operator1: User) -> None:
    merge(two, operator1)
    last = opened(make_item(handle="c"), operator1, "Semua air")
    merge(Two(Ticket.objects.get(pk=two.into.pk), last, two.new, two.new), operator1)
    assert queries.standing(two.source.number) == last
    assert len(cases.items_of(last)) == 3


def test_splitting_undoes_it(two: Two, operator1: User) -> None:
    merge(two, operator1)
    row = Ticket.objects.get(pk=two.into.pk)
    again = reshaping.split(
        ticket=row, by=operator1, fence=row.fence, items=[two.old.pk], title="Air", summary="Lain"
    )
    assert cases.items_of(again) == [two.old]


def test_refusals_on_the_page(two: Two, operator1_client: Client) -> None:
    url = f"/rujukan/tiket/{two.source.pk}/gabungkan/"
    wrong = operator1_client.get(url, {"ke": "HMS-2026-000999-X"})
    assert wrong.status_code == 422
    assert "HMS-2026-000999-X" in wrong.content.decode()
    itself = operator1_client.get(url, {"ke": two.source.number})
    assert itself.status_code == 422
    late = {"ke": two.into.number, "fence": two.source.fence + 1, "fence_into": two.into.fence}
    assert operator1_client.post(url, late).status_code == 409


@pytest.mark.django_db(transaction=True)
def test_a_division_that_answers_now_goes_first(
    two: Two, pdam: Division, operator1: User, pdam_officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Merging waits for an answer under way, and takes it along."""
    referral = referred(two.source, pdam, operator1)
    other = Beside(lambda: merge(two, operator1))
    real = portal._settle

    def meanwhile(*said: Any) -> None:
        other.meet()
        real(*said)

    monkeypatch.setattr(portal, "_settle", meanwhile)
    portal.answer(referral=referral, by=pdam_officer, text="Pompa diganti Senin.")
    other.thread.join(20)
    assert (other.over.is_set(), other.raised) == (True, "")
    referral.refresh_from_db()
    assert (referral.ticket, referral.state) == (two.into, ReferralState.ANSWERED)


@pytest.mark.django_db(transaction=True)
def test_a_division_that_answers_during_it_answers_the_merged_ticket(
    two: Two, pdam: Division, operator1: User, pdam_officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    referral = referred(two.source, pdam, operator1)
    other = Beside(
        lambda: portal.answer(referral=referral, by=pdam_officer, text="Pompa diganti Senin.")
    )
    real = reshaping.absorb

    def meanwhile(**both: Any) -> None:
        other.meet()
        real(**both)

    monkeypatch.setattr(reshaping, "absorb", meanwhile)
    merge(two, operator1)
    other.thread.join(20)
    assert (other.over.is_set(), other.raised) == (True, "")
    into = Ticket.objects.get(pk=two.into.pk)
    assert (into.state, Ticket.objects.get(pk=two.source.pk).merged_into) == (
        TicketState.ANSWERED,
        into,
    )
