"""The rules: shipped once, changed by the head, and what a change does to what runs."""

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import JournalEntry, User
from tests.cast import MakeItem, client_for
from tests.tickets.clock_cases import MoveClock, at, due, go_to, opened
from tickets import clocks, rules, words
from tickets.apps import ship_rules
from tickets.models import Category, Rule, Urgency

SOP = "sop-kirim-surat"


def typed(**changed: str) -> dict[str, str]:
    return {"amount": "2", "unit": "workday", "extension": "0", "is_active": "on"} | changed


def test_every_shipped_rule_stands_in_the_database(db: None) -> None:
    assert set(Rule.objects.values_list("code", flat=True)) == {r.code for r in rules.SHIPPED}
    assert rules.ship() == 0


@pytest.mark.parametrize("rule", rules.SHIPPED, ids=lambda rule: rule.code)
def test_a_shipped_rule_is_one(rule: rules.Shipped, db: None) -> None:
    row = Rule.objects.get(code=rule.code)
    row.full_clean()
    assert rule.source.rstrip(")").rstrip().endswith((".", "dicocokkan"))
    assert row.category in {"", *Category.values}
    assert row.urgency in {"", *Urgency.values}
    assert (row.amount is None) == (rule.code == "sop-jawab-divisi")
    if row.basis == Rule.Basis.LAW:
        assert row.clock != Rule.Clock.OFFICE  # no law waits while the citizen is asked


def test_what_was_taken_from_memory_says_so() -> None:
    """domain.md §4 marks UU 25/2009 [M]; the others were verified."""
    marked = {rule.code for rule in rules.SHIPPED if "perlu dicocokkan" in rule.source}
    assert marked == {"uu25-tanggapan", "uu25-keputusan"}


def test_a_migration_ships_what_is_missing_and_changes_nothing(db: None) -> None:
    Rule.objects.filter(code="kip-jawaban").delete()
    Rule.objects.filter(code=SOP).update(amount=3, is_active=False)
    ship_rules(using="default")
    assert Rule.objects.get(code="kip-jawaban").extension == 7
    kept = Rule.objects.get(code=SOP)
    assert (kept.amount, kept.is_active) == (3, False)


def test_a_change_counts_anew_and_is_written_down(
    make_item: MakeItem, operator1: User, head_client: Client, move_clock: MoveClock
) -> None:
    go_to(move_clock, "2026-07-15 09:00")
    ticket = opened(make_item, operator1)
    rule = Rule.objects.get(code=SOP)
    done = head_client.post(f"/jam/aturan/{rule.pk}/", typed(amount="3"), follow=True)
    assert "1 batas yang sedang berjalan bergeser." in done.content.decode()
    assert due(ticket, SOP) == "2026-07-20 24:00"
    entry = JournalEntry.objects.get(verb="rule_changed")
    assert (entry.data["was"]["amount"], entry.data["now"]["amount"]) == (1, 3)
    again = head_client.post(f"/jam/aturan/{rule.pk}/", typed(amount="3"), follow=True)
    assert "Tidak ada batas berjalan yang bergeser." in again.content.decode()
    assert JournalEntry.objects.filter(verb="rule_changed").count() == 1


def test_a_rule_switched_off_is_owed_no_longer(
    make_item: MakeItem, operator1: User, head_client: Client
) -> None:
    ticket = opened(make_item, operator1)
    rule = Rule.objects.get(code=SOP)
    off = typed(amount="1")
    del off["is_active"]
    head_client.post(f"/jam/aturan/{rule.pk}/", off)
    assert not clocks.running(ticket).filter(rule=rule).exists()
    later = opened(make_item, operator1, handle="b")
    assert not clocks.running(later).filter(rule=rule).exists()


@pytest.mark.parametrize(
    ("data", "kept"),
    [({"amount": ""}, 'name="extension" value="6"'), ({"amount": "9999"}, 'value="9999"'),
     ({"unit": "minggu"}, 'name="amount" value="2"'), ({"amount": "-1"}, 'value="-1"')],
)  # fmt: skip
def test_what_does_not_do_is_refused_and_kept(
    head_client: Client, data: dict[str, str], kept: str
) -> None:
    rule = Rule.objects.get(code=SOP)
    page = head_client.post(f"/jam/aturan/{rule.pk}/", typed(extension="6", **data))
    assert page.status_code == 422
    assert kept in page.content.decode()
    assert Rule.objects.get(code=SOP).amount == 1


def test_only_the_divisions_answer_may_have_no_amount(head: User, head_client: Client) -> None:
    own = Rule.objects.get(code="sop-jawab-divisi")
    assert head_client.post(f"/jam/aturan/{own.pk}/", typed(amount="")).status_code == 302
    with pytest.raises(rules.RuleError, match="Isi lamanya"):
        rules.change(
            rule=Rule.objects.get(code=SOP), by=head, amount=None, unit="workday", extension=0,
            is_active=True,
        )  # fmt: skip


def test_the_example_counts_what_is_typed(
    head: User, head_client: Client, move_clock: MoveClock
) -> None:
    go_to(move_clock, "2026-11-20 15:00")
    rule = Rule.objects.get(code=SOP)
    page = head_client.post(f"/jam/aturan/{rule.pk}/", typed(amount="3", contoh="1"))
    said = "tiket dibuka hari ini 15.00 WITA → batas Rabu 25 November 2026."
    assert (page.status_code, said in page.content.decode()) == (200, True)
    assert Rule.objects.get(code=SOP).amount == 1
    part = client_for(head, htmx=True).post(
        f"/jam/aturan/{rule.pk}/", typed(unit="hour", contoh="1")
    )
    assert "Jumat 20 November 2026 pukul 17.00 WITA" in part.content.decode()
    assert "<html" not in part.content.decode()
    wrong = head_client.post(f"/jam/aturan/{rule.pk}/", typed(amount="", contoh="1"))
    assert "Isian ini belum benar." in wrong.content.decode()


def test_the_list_tells_each_rule_with_its_source(head_client: Client) -> None:
    page = head_client.get("/jam/aturan/").content.decode()
    for rule in rules.SHIPPED:
        assert rule.name in page
    assert "batas tiap divisi" in page
    assert "+7 sekali" in page
    assert "perlu dicocokkan" in page


@pytest.mark.parametrize(
    ("zone", "said"),
    [("Asia/Jakarta", "08.12 WIB"), ("Asia/Pontianak", "08.12 WIB"),
     ("Asia/Makassar", "09.12 WITA"), ("Asia/Jayapura", "10.12 WIT")],
)  # fmt: skip
def test_the_hour_carries_its_zone(zone: str, said: str) -> None:
    with timezone.override(zone):
        assert words.hour(at("2026-07-15 09:12")) == said


@pytest.mark.parametrize("zone", ["Asia/Jakarta", "Asia/Jayapura"])
def test_a_day_ends_at_the_offices_midnight(zone: str) -> None:
    with timezone.override(zone):
        day = at("2026-07-15 12:00").date()
        assert clocks.day_of(clocks.end_of(day)) == day
        assert timezone.localtime(clocks.end_of(day)).strftime("%d %H:%M") == "16 00:00"
