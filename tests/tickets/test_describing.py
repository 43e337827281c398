"""Changing what a ticket says of itself: by whom, what follows, what the journal keeps."""

import pytest
from django.test import Client

from accounts import journal
from accounts.models import JournalEntry, User
from inbox.models import Item
from tests.cast import MakeItem
from tests.tickets.desk import joined, opened, verbs
from tickets import cases, describing
from tickets.cases import NotInCharge, TicketError
from tickets.describing import Facts
from tickets.models import Deadline, Label, Rule, Ticket


def facts(ticket: Ticket, **changed: object) -> Facts:
    """What the ticket says now, with `changed`."""
    said: dict[str, object] = {
        "title": ticket.title, "summary": ticket.summary, "place": ticket.place,
        "category": ticket.category, "urgency": ticket.urgency, "restricted": ticket.restricted,
        "labels": tuple(label.name for label in ticket.labels.all()),
    }  # fmt: skip
    return Facts(**said | changed)  # type: ignore[arg-type]


def typed(ticket: Ticket, **changed: object) -> dict[str, object]:
    return {
        "fence": ticket.fence, "title": ticket.title, "summary": ticket.summary, "place": "",
        "category": ticket.category, "urgency": ticket.urgency, "new_labels": "",
    } | changed  # fmt: skip


def test_person_in_charge_changes_it_through_the_page(
    item: Item, operator1: User, operator1_client: Client
) -> None:
    ticket = opened(item, operator1)
    page = operator1_client.get(f"/tiket/{ticket.pk}/ubah/")
    assert ticket.title in page.content.decode()
    words = typed(ticket, title="Listrik padam", urgency="high", new_labels="Operasi Lilin, padam")
    assert operator1_client.post(f"/tiket/{ticket.pk}/ubah/", words)["Location"] == (
        f"/tiket/{ticket.pk}/"
    )
    ticket.refresh_from_db()
    assert (ticket.title, ticket.urgency) == ("Listrik padam", "high")
    assert sorted(label.name for label in ticket.labels.all()) == ["Operasi Lilin", "padam"]
    shown = operator1_client.get(f"/tiket/{ticket.pk}/").content.decode()
    assert "Kegentingan tinggi" in shown
    assert "Operasi Lilin" in shown


def test_journal_tells_what_changed_but_not_the_words(item: Item, operator1: User) -> None:
    ticket = opened(item, operator1)
    describing.describe(
        ticket=ticket, by=operator1, fence=ticket.fence,
        facts=facts(ticket, summary="Rahasia warga", urgency="low"),
    )  # fmt: skip
    entry = JournalEntry.objects.get(subject=journal.subject_of(ticket), verb="ticket_described")
    assert entry.data == {"changed": ["summary", "urgency"], "urgency": ["normal", "low"]}
    describing.describe(
        ticket=ticket, by=operator1, fence=ticket.fence,
        facts=facts(Ticket.objects.get(pk=ticket.pk)),
    )  # fmt: skip
    assert verbs(ticket).count("ticket_described") == 1  # nothing changed, nothing told


def test_labels_are_found_again_whatever_the_case(item: Item, operator1: User) -> None:
    ticket = opened(item, operator1)
    Label.objects.create(name="Mudik")
    describing.set_labels(ticket, ("mudik", " MUDIK ", "", "arus  balik"))
    assert sorted(Label.objects.values_list("name", flat=True)) == ["Mudik", "arus balik"]
    assert ticket.labels.count() == 2


def test_only_the_person_in_charge_with_the_present_fence(
    item: Item, operator1: User, operator2: User, head: User
) -> None:
    ticket = opened(item, operator1)
    for who in (operator2, head):
        with pytest.raises(NotInCharge):
            describing.describe(ticket=ticket, by=who, fence=ticket.fence, facts=facts(ticket))
    cases.take_charge(ticket=ticket, by=operator2)
    with pytest.raises(NotInCharge):
        describing.describe(ticket=ticket, by=operator1, fence=ticket.fence, facts=facts(ticket))


def test_refusal_keeps_what_was_typed(
    item: Item, operator1: User, operator2: User, operator1_client: Client
) -> None:
    ticket = opened(item, operator1)
    words = typed(ticket, title="", summary="Yang saya tulis panjang")
    page = operator1_client.post(f"/tiket/{ticket.pk}/ubah/", words)
    assert page.status_code == 422
    assert "Yang saya tulis panjang" in page.content.decode()
    cases.take_charge(ticket=ticket, by=operator2)
    late = operator1_client.post(f"/tiket/{ticket.pk}/ubah/", typed(ticket, title="Judul saya"))
    assert late.status_code == 409
    assert "Judul saya" in late.content.decode()
    assert "tanggung jawab Bagus Setiawan" in late.content.decode()


def test_about_an_officer_is_restricted_at_once_items_too(
    make_item: MakeItem, operator1: User, operator2: User, head: User
) -> None:
    first, second = make_item(handle="a"), make_item(handle="b")
    ticket = opened(first, operator1)
    joined(ticket, second, operator1)
    assert Item.objects.visible_to(operator2).count() == 2
    changed = facts(ticket, category="conduct")
    describing.describe(ticket=ticket, by=operator1, fence=ticket.fence, facts=changed)
    assert not Ticket.objects.visible_to(operator2).exists()
    assert not Item.objects.visible_to(operator2).exists()
    for who in (operator1, head):
        assert Item.objects.visible_to(who).count() == 2


def test_only_the_head_lifts_a_restriction(item: Item, operator1: User, head: User) -> None:
    ticket = opened(item, operator1, restricted=True)
    freed = facts(ticket, restricted=False)
    with pytest.raises(TicketError, match="Hanya pimpinan"):
        describing.describe(ticket=ticket, by=operator1, fence=ticket.fence, facts=freed)
    row = cases.take_charge(ticket=ticket, by=head)
    describing.describe(ticket=row, by=head, fence=row.fence, facts=freed)
    item.refresh_from_db()
    assert not item.restricted
    assert Ticket.objects.visible_to(operator1).exists()


def test_other_rules_hold_for_another_kind(item: Item, operator1: User) -> None:
    Rule.objects.all().delete()
    common = {"clock": "citizen", "basis": "law", "since": "received", "until": "relayed"}
    Rule.objects.create(code="u-aduan", name="a", amount=5, category="complaint", **common)
    Rule.objects.create(code="u-info", name="b", amount=10, category="information", **common)
    ticket = opened(item, operator1)
    changed = facts(ticket, category="information")
    describing.describe(ticket=ticket, by=operator1, fence=ticket.fence, facts=changed)
    running = Deadline.objects.filter(ticket=ticket, dropped_at=None)
    assert [row.rule.code for row in running] == ["u-info"]


def test_a_finished_ticket_is_not_changed(item: Item, operator1: User) -> None:
    ticket = opened(item, operator1)
    cases.close(ticket=ticket, by=operator1, fence=ticket.fence, why="dobel")
    with pytest.raises(TicketError, match="sudah selesai"):
        describing.describe(ticket=ticket, by=operator1, fence=ticket.fence, facts=facts(ticket))
