"""The clocks: what begins when, what ends it, and what a merge or another category does to it.

15 July 2026 is a Wednesday without a holiday near.
"""

import pytest
from django.db import transaction

from accounts.models import Division, User
from inbox.models import Item
from tests.cast import MakeItem
from tests.tickets.clock_cases import MoveClock, due, go_to, opened, owed
from tickets import cases, clocks, pausing
from tickets.models import Category, Deadline, Stage, Ticket, TicketState

CODES = {"sop-balasan-pertama", "sop-kirim-surat", "uu25-tanggapan", "uu25-keputusan"}


def codes(ticket: Ticket) -> set[str]:
    return set(clocks.running(ticket).values_list("rule__code", flat=True))


def dispatch(ticket: Ticket, division: Division) -> None:
    with transaction.atomic():
        cases.move(
            ticket, to=TicketState.WAITING, by=None, stage=Stage.Kind.REFERRED, division=division
        )


def answer(ticket: Ticket, division: Division) -> None:
    with transaction.atomic():
        cases.move(
            ticket, to=TicketState.ANSWERED, by=None, stage=Stage.Kind.ANSWERED, division=division
        )


def test_a_complaint_begins_the_offices_and_the_laws_clocks(
    make_item: MakeItem, operator1: User, move_clock: MoveClock
) -> None:
    go_to(move_clock, "2026-07-15 15:00")
    ticket = opened(make_item, operator1)
    assert codes(ticket) == CODES
    assert due(ticket, "sop-balasan-pertama") == "2026-07-15 16:00"
    assert due(ticket, "sop-kirim-surat") == "2026-07-16 24:00"
    assert due(ticket, "uu25-tanggapan") == "2026-07-29 24:00"  # 14 days, counted from the next
    assert due(ticket, "uu25-keputusan") == "2026-09-13 24:00"


@pytest.mark.parametrize(
    ("category", "code", "day"),
    [
        (Category.INFORMATION, "kip-jawaban", "2026-07-29 24:00"),
        (Category.CONDUCT, "dumas-sp3d", "2026-08-12 24:00"),
    ],
)
def test_each_category_has_its_law(
    make_item: MakeItem, operator1: User, move_clock: MoveClock, category: str, code: str, day: str
) -> None:
    go_to(move_clock, "2026-07-15 09:00")
    assert due(opened(make_item, operator1, category=category), code) == day


def test_from_the_letter_to_the_citizen(
    make_item: MakeItem, operator1: User, lantas: Division, pdam: Division, move_clock: MoveClock
) -> None:
    """Two divisions: each has its own clock and calendar; the relay counts from the first answer."""
    go_to(move_clock, "2026-07-15 09:00")
    Division.objects.filter(pk=lantas.pk).update(works_saturday=True, answer_days=3)
    Division.objects.filter(pk=pdam.pk).update(answer_days=5)
    lantas.refresh_from_db()
    pdam.refresh_from_db()
    ticket = opened(make_item, operator1)
    go_to(move_clock, "2026-07-16 10:00")
    dispatch(ticket, lantas)
    dispatch(ticket, pdam)
    assert "sop-kirim-surat" not in codes(ticket)
    days = {row.division: clocks.day_of(row.due_at).isoformat()
            for row in clocks.running(ticket).exclude(division=None)}  # fmt: skip
    assert days == {lantas: "2026-07-20", pdam: "2026-07-23"}
    go_to(move_clock, "2026-07-17 10:00")
    answer(ticket, lantas)
    assert list(clocks.running(ticket).exclude(division=None).values_list("division", flat=True)) \
        == [pdam.pk]  # fmt: skip
    assert due(ticket, "sop-sampaikan") == "2026-07-20 24:00"
    with transaction.atomic():
        cases.move(ticket, to=TicketState.DONE, by=None, stage=Stage.Kind.RELAYED)
    assert not codes(ticket)
    met = Deadline.objects.filter(ticket=ticket, met_at__isnull=False)
    assert {"sop-sampaikan", "uu25-keputusan"} <= set(met.values_list("rule__code", flat=True))


def test_an_answer_over_lebaran(
    make_item: MakeItem, operator1: User, pdam: Division, move_clock: MoveClock
) -> None:
    go_to(move_clock, "2026-03-16 11:00")
    ticket = opened(make_item, operator1)
    dispatch(ticket, pdam)
    assert due(ticket, "sop-jawab-divisi") == "2026-03-30 24:00"


def test_a_division_that_returns_it_owes_nothing(
    make_item: MakeItem, operator1: User, lantas: Division, pdam: Division
) -> None:
    ticket = opened(make_item, operator1)
    dispatch(ticket, lantas)
    dispatch(ticket, pdam)
    clocks.drop(ticket, division=lantas)
    left = clocks.running(ticket).exclude(division=None)
    assert list(left.values_list("division", flat=True)) == [pdam.pk]


def test_the_result_of_a_matter_about_an_officer_counts_from_the_notice(
    make_item: MakeItem, operator1: User, lantas: Division, move_clock: MoveClock
) -> None:
    go_to(move_clock, "2026-07-15 09:00")
    ticket = opened(make_item, operator1, category=Category.CONDUCT)
    dispatch(ticket, lantas)
    answer(ticket, lantas)
    assert "dumas-sp3d" not in codes(ticket)
    assert due(ticket, "dumas-hasil") == "2026-09-11 24:00"  # 17 and 25 August are holidays


def test_another_category_takes_other_rules_from_where_they_would_have_begun(
    make_item: MakeItem, operator1: User, move_clock: MoveClock
) -> None:
    go_to(move_clock, "2026-07-15 09:00")
    ticket = opened(make_item, operator1)
    go_to(move_clock, "2026-07-20 09:00")
    ticket.category = Category.INFORMATION
    ticket.save()
    clocks.reclassified(ticket)
    assert codes(ticket) == {"sop-balasan-pertama", "sop-kirim-surat", "kip-jawaban"}
    assert due(ticket, "kip-jawaban") == "2026-07-29 24:00"
    ticket.category = Category.COMPLAINT
    ticket.save()
    clocks.reclassified(ticket)
    assert codes(ticket) == CODES
    assert due(ticket, "uu25-tanggapan") == "2026-07-29 24:00"


def test_what_happened_already_is_met_at_once_by_the_new_rules(
    make_item: MakeItem, operator1: User, lantas: Division, move_clock: MoveClock
) -> None:
    go_to(move_clock, "2026-07-15 09:00")
    ticket = opened(make_item, operator1)
    dispatch(ticket, lantas)
    answer(ticket, lantas)
    ticket.refresh_from_db()
    ticket.category = Category.CONDUCT
    ticket.save()
    clocks.reclassified(ticket)
    assert "dumas-sp3d" not in codes(ticket)
    assert due(ticket, "dumas-hasil") == "2026-09-11 24:00"


def test_a_merge_keeps_what_divisions_owe_and_counts_from_the_earliest_citizen(
    make_item: MakeItem, operator1: User, lantas: Division, move_clock: MoveClock
) -> None:
    go_to(move_clock, "2026-07-13 09:00")
    source = opened(make_item, operator1, handle="a")
    dispatch(source, lantas)
    go_to(move_clock, "2026-07-15 09:00")
    kept = opened(make_item, operator1, handle="b")
    clocks.move_all(source=source, to=kept)
    assert not codes(source)
    assert owed(kept, "sop-jawab-divisi").division == lantas
    assert due(kept, "uu25-tanggapan") == "2026-07-27 24:00"
    kept.refresh_from_db()
    assert kept.received_at == source.received_at


def test_of_two_referrals_to_one_division_the_earlier_counts(
    make_item: MakeItem, operator1: User, lantas: Division, move_clock: MoveClock
) -> None:
    go_to(move_clock, "2026-07-13 09:00")
    source = opened(make_item, operator1, handle="a")
    dispatch(source, lantas)
    go_to(move_clock, "2026-07-15 09:00")
    kept = opened(make_item, operator1, handle="b")
    dispatch(kept, lantas)
    clocks.move_all(source=source, to=kept)
    assert due(kept, "sop-jawab-divisi") == "2026-07-20 24:00"


def test_a_reopened_ticket_counts_anew_what_was_kept(
    make_item: MakeItem, operator1: User, lantas: Division, move_clock: MoveClock
) -> None:
    """Closed without an answer, the citizen's clock goes on from the first message; answered, from now."""
    go_to(move_clock, "2026-07-13 09:00")
    closed = opened(make_item, operator1, category=Category.INFORMATION, handle="a")
    answered = opened(make_item, operator1, category=Category.INFORMATION, handle="b")
    for ticket, stage in ((closed, Stage.Kind.CLOSED), (answered, Stage.Kind.RELAYED)):
        with transaction.atomic():
            cases.move(ticket, to=TicketState.DONE, by=None, stage=stage)
    go_to(move_clock, "2026-07-20 09:00")
    for ticket in (closed, answered):
        clocks.begin(ticket)
    assert due(closed, "kip-jawaban") == "2026-07-27 24:00"
    assert due(answered, "kip-jawaban") == "2026-08-03 24:00"


def test_a_ticket_from_before_the_clocks_gets_them_by_the_sweep(
    make_item: MakeItem, operator1: User, lantas: Division, move_clock: MoveClock
) -> None:
    go_to(move_clock, "2026-07-13 09:00")
    ticket = opened(make_item, operator1)
    done = opened(make_item, operator1, handle="b")
    dispatch(ticket, lantas)
    before = {(row.rule_id, row.division_id, row.due_at)
              for row in clocks.running(ticket)}  # fmt: skip
    with transaction.atomic():
        cases.move(done, to=TicketState.CLOSED, by=None, stage=Stage.Kind.CLOSED)
    Deadline.objects.all().delete()
    go_to(move_clock, "2026-07-15 09:00")
    pausing.sweep()
    after = {(row.rule_id, row.division_id, row.due_at)
             for row in clocks.running(ticket)}  # fmt: skip
    assert after == before
    assert not clocks.running(done).exists()
    pausing.sweep()
    assert clocks.running(ticket).count() == len(after)


def test_an_old_ticket_whose_division_returned_it_owes_no_answer(
    make_item: MakeItem, operator1: User, lantas: Division
) -> None:
    ticket = opened(make_item, operator1)
    dispatch(ticket, lantas)
    with transaction.atomic():
        cases.move(ticket, to=TicketState.OPEN, by=None)  # returned
    Deadline.objects.all().delete()
    pausing.sweep()
    assert clocks.running(ticket).exists()
    assert not clocks.running(ticket).exclude(division=None).exists()


def test_one_runs_at_a_time(item: Item, make_item: MakeItem, operator1: User) -> None:
    ticket = opened(make_item, operator1, handle="z")
    clocks.begin(ticket)
    clocks.begin(ticket)
    assert clocks.running(ticket).count() == len(CODES)
