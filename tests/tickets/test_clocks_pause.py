"""The office's clock stands still while the citizen is asked; the citizen's and the division's never do."""

from collections.abc import Callable

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts import clock
from accounts.models import Division, JournalEntry, User
from inbox import claims, replies
from inbox.models import Item
from inbox.models_out import Reply, ReplyState
from inbox.signals import reply_settled
from tests.cast import MakeItem, Post, receive
from tests.tickets.clock_cases import MoveClock, at, due, go_to, opened, owed, writes_again
from tickets import cases, pausing, queries_clock, rules
from tickets.cases import NotInCharge, TicketError
from tickets.models import Category, Deadline, Pause, Rule, Stage, Ticket, TicketState

SOP = "sop-kirim-surat"


def pause(ticket: Ticket, by: User, why: str = "Di kelurahan mana?") -> Pause:
    return pausing.pause(ticket=ticket, by=by, fence=ticket.fence, why=why)


def resume(ticket: Ticket, by: User) -> None:
    pausing.resume(ticket=ticket, by=by, fence=ticket.fence)


def set_unit(code: str, unit: str, amount: int) -> None:
    Rule.objects.filter(code=code).update(unit=unit, amount=amount)


@pytest.mark.parametrize(
    ("unit", "amount", "begins", "stops", "goes_on", "ends"),
    [
        # 90 minutes of a pause are 90 minutes.
        ("hour", 4, "2026-07-15 09:00", "2026-07-15 10:00", "2026-07-15 11:30", "2026-07-15 14:30"),
        ("day", 3, "2026-07-15 09:00", "2026-07-15 10:00", "2026-07-17 08:00", "2026-07-20 24:00"),
        # On one day nothing is lost; over a weekend only Monday counts.
        ("workday", 1, "2026-07-15 09:00", "2026-07-15 10:00", "2026-07-15 16:00", "2026-07-16 24:00"),
        ("workday", 1, "2026-07-15 09:00", "2026-07-15 10:00", "2026-07-16 16:00", "2026-07-17 24:00"),
        ("workday", 1, "2026-07-17 09:00", "2026-07-17 10:00", "2026-07-20 08:00", "2026-07-21 24:00"),
        ("workday", 1, "2026-07-17 09:00", "2026-07-17 10:00", "2026-07-19 23:00", "2026-07-20 24:00"),
        ("workday", 2, "2026-03-16 09:00", "2026-03-17 10:00", "2026-03-25 08:00", "2026-03-26 24:00"),
        # Late before the pause stays late.
        ("hour", 1, "2026-07-15 09:00", "2026-07-15 11:00", "2026-07-16 11:00", "2026-07-15 10:00"),
        ("workday", 1, "2026-07-15 09:00", "2026-07-20 11:00", "2026-07-24 11:00", "2026-07-16 24:00"),
    ],
)  # fmt: skip
def test_a_pause_moves_the_office(
    make_item: MakeItem, operator1: User, move_clock: MoveClock,
    unit: str, amount: int, begins: str, stops: str, goes_on: str, ends: str,
) -> None:  # fmt: skip
    set_unit(SOP, unit, amount)
    go_to(move_clock, begins)
    ticket = opened(make_item, operator1)
    go_to(move_clock, stops)
    pause(ticket, operator1)
    go_to(move_clock, goes_on)
    resume(ticket, operator1)
    assert due(ticket, SOP)[:16] == ends


def test_citizen_and_division_are_never_stopped(
    make_item: MakeItem, operator1: User, lantas: Division, move_clock: MoveClock
) -> None:
    go_to(move_clock, "2026-07-15 09:00")
    ticket = opened(make_item, operator1)
    with transaction.atomic():
        cases.move(
            ticket, to=TicketState.WAITING, by=None, stage=Stage.Kind.REFERRED, division=lantas
        )
    before = {code: due(ticket, code) for code in ("uu25-tanggapan", "sop-jawab-divisi")}
    pause(ticket, operator1)
    go_to(move_clock, "2026-07-20 09:00")
    resume(ticket, operator1)
    assert before == {code: due(ticket, code) for code in before}


def test_what_ends_during_a_pause_ends_with_the_pause_counted(
    make_item: MakeItem, operator1: User, lantas: Division, move_clock: MoveClock
) -> None:
    """The letter leaves on the third day of a pause: in time, since the office's clock stood."""
    go_to(move_clock, "2026-07-13 09:00")
    ticket = opened(make_item, operator1)
    pause(ticket, operator1)
    go_to(move_clock, "2026-07-16 10:00")
    with transaction.atomic():
        cases.move(
            ticket, to=TicketState.WAITING, by=None, stage=Stage.Kind.REFERRED, division=lantas
        )
    row = Deadline.objects.get(ticket=ticket, rule__code=SOP)
    assert row.met_at
    assert row.met_at < row.due_at == at("2026-07-18 00:00")


def test_a_pause_needs_words_and_the_person_in_charge(
    make_item: MakeItem, operator1: User, operator2: User
) -> None:
    ticket = opened(make_item, operator1)
    with pytest.raises(TicketError, match="ditanyakan"):
        pause(ticket, operator1, "  ")
    with pytest.raises(NotInCharge):
        pause(ticket, operator2)
    pause(ticket, operator1)
    with pytest.raises(TicketError, match="sudah berhenti"):
        pause(ticket, operator1)
    resume(ticket, operator1)
    with pytest.raises(TicketError, match="sudah berjalan"):
        resume(ticket, operator1)
    acts = JournalEntry.objects.filter(subject=f"ticket:{ticket.pk}").values_list("verb", flat=True)
    assert {"ticket_paused", "ticket_resumed"} <= set(acts)


def test_closing_ends_the_pause(make_item: MakeItem, operator1: User) -> None:
    ticket = opened(make_item, operator1)
    pause(ticket, operator1)
    with transaction.atomic():
        cases.move(ticket, to=TicketState.CLOSED, by=operator1, stage=Stage.Kind.CLOSED)
    assert not Pause.objects.filter(until=None).exists()


@pytest.mark.parametrize("by", ["signal", "sweep"])
def test_the_citizen_ends_the_pause_by_writing(
    make_item: MakeItem, operator1: User, move_clock: MoveClock, by: str,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:  # fmt: skip
    go_to(move_clock, "2026-07-15 09:00")
    ticket = opened(make_item, operator1)
    mine = cases.items_of(ticket)[0]
    made = pause(ticket, operator1)
    pausing.sweep()
    assert Pause.objects.filter(until=None).exists()
    go_to(move_clock, "2026-07-17 09:00")
    with django_capture_on_commit_callbacks(execute=by == "signal"):
        message = writes_again(mine)
    if by == "sweep":
        go_to(move_clock, "2026-07-21 09:00")  # the worker was away for days
        pausing.sweep()
    made.refresh_from_db()
    assert made.until == message.stored_at
    assert made.ended_by is None
    assert due(ticket, SOP) == "2026-07-20 24:00"
    entry = JournalEntry.objects.get(verb="ticket_resumed")
    assert entry.actor is None


def test_an_old_message_that_comes_late_ends_nothing(
    make_item: MakeItem, operator1: User, move_clock: MoveClock
) -> None:
    """A channel that was blind catches up: what was written before the question is no answer to it."""
    go_to(move_clock, "2026-07-15 09:00")
    ticket = opened(make_item, operator1)
    mine = cases.items_of(ticket)[0]
    pause(ticket, operator1)
    go_to(move_clock, "2026-07-15 12:00")
    receive(mine.channel, Post(
        text="Tambahan", handle=mine.citizen.handle, thread=mine.thread.external_id,
        written_at=at("2026-07-15 08:00"),
    ))  # fmt: skip
    pausing.sweep()
    assert Pause.objects.filter(until=None).exists()


def answered(item: Item, by: User) -> Reply:
    """The holder's reply has gone out."""
    reply = replies.submit(
        item=item, by=by, fence=claims.take(item=item, by=by).fence, text="Kami tanyakan dulu ya.",
        seen=item.messages.latest("pk").pk,
    )  # fmt: skip
    Reply.objects.filter(pk=reply.pk).update(state=ReplyState.SENT, settled_at=clock.now())
    return reply


@pytest.mark.parametrize("by", ["signal", "sweep"])
def test_the_first_reply_is_met_when_one_is_sent(
    make_item: MakeItem, operator1: User, move_clock: MoveClock, by: str
) -> None:
    go_to(move_clock, "2026-07-15 09:00")
    ticket = opened(make_item, operator1)
    go_to(move_clock, "2026-07-15 09:30")
    reply = answered(cases.items_of(ticket)[0], operator1)
    if by == "signal":
        reply_settled.send_robust(sender=Reply, reply_id=reply.pk)
    else:
        pausing.sweep()
    reply.refresh_from_db()
    row = Deadline.objects.get(ticket=ticket, rule__code="sop-balasan-pertama")
    assert row.met_at == reply.settled_at
    assert row.met_at
    assert row.met_at < row.due_at


def test_a_reply_from_before_the_ticket_counts(
    make_item: MakeItem, operator1: User, move_clock: MoveClock
) -> None:
    go_to(move_clock, "2026-07-15 09:00")
    mine = make_item()
    held = claims.take(item=mine, by=operator1)
    Reply.objects.create(
        item=mine, author=operator1, claim_id=held.fence, text="Baik.", state=ReplyState.SENT,
        target=mine.messages.get(), seen=mine.messages.get(), settled_at=at("2026-07-15 09:20"),
    )  # fmt: skip
    go_to(move_clock, "2026-07-15 12:00")
    ticket = cases.open_ticket(
        item=mine, by=operator1, fence=held.fence, title="Air", summary="Air keruh."
    )
    row = Deadline.objects.get(ticket=ticket, rule__code="sop-balasan-pertama")
    assert row.met_at == at("2026-07-15 09:20")


def test_an_extension_is_taken_once_with_a_reason(
    make_item: MakeItem, operator1: User, operator2: User, move_clock: MoveClock
) -> None:
    go_to(move_clock, "2026-07-15 09:00")
    ticket = opened(make_item, operator1, category=Category.INFORMATION)
    row = owed(ticket, "kip-jawaban")
    with pytest.raises(TicketError, match="alasan"):
        pausing.extend(deadline=row, by=operator1, fence=ticket.fence, why=" ")
    with pytest.raises(NotInCharge):
        pausing.extend(deadline=row, by=operator2, fence=ticket.fence, why="Data dikumpulkan.")
    pausing.extend(deadline=row, by=operator1, fence=ticket.fence, why="Data dikumpulkan.")
    assert due(ticket, "kip-jawaban") == "2026-08-07 24:00"
    row.refresh_from_db()
    assert (row.extended_amount, row.extended_unit, row.extended_by) == (7, "workday", operator1)
    Rule.objects.filter(pk=row.rule_id).update(extension=3)  # what was given stays what it was
    line = next(one for one in queries_clock.board(ticket, operator2).owed if one.pk == row.pk)
    assert line.extended.startswith("7 hari kerja oleh Rani Maharani, ")
    assert line.extended_why == "Data dikumpulkan."
    with pytest.raises(TicketError, match="diperpanjang lagi"):
        pausing.extend(deadline=row, by=operator1, fence=ticket.fence, why="Lagi.")
    with pytest.raises(TicketError, match="diperpanjang lagi"):
        pausing.extend(deadline=owed(ticket, SOP), by=operator1, fence=ticket.fence, why="Lagi.")


def test_what_is_past_is_not_extended(
    make_item: MakeItem, operator1: User, move_clock: MoveClock
) -> None:
    go_to(move_clock, "2026-07-15 09:00")
    ticket = opened(make_item, operator1, category=Category.INFORMATION)
    go_to(move_clock, "2026-07-30 09:00")
    row = owed(ticket, "kip-jawaban")
    with pytest.raises(TicketError, match="sudah lewat"):
        pausing.extend(deadline=row, by=operator1, fence=ticket.fence, why="Data dikumpulkan.")
    assert not any(line.extended_to for line in queries_clock.board(ticket, operator1).owed)


def test_counting_anew_remembers_pauses_and_leaves_extended_ones(
    make_item: MakeItem, operator1: User, head: User, move_clock: MoveClock
) -> None:
    go_to(move_clock, "2026-07-15 09:00")
    ticket = opened(make_item, operator1, category=Category.INFORMATION)
    law = owed(ticket, "kip-jawaban")
    pausing.extend(deadline=law, by=operator1, fence=ticket.fence, why="Data dikumpulkan.")
    pause(ticket, operator1)
    go_to(move_clock, "2026-07-16 09:00")
    resume(ticket, operator1)
    assert due(ticket, SOP) == "2026-07-17 24:00"
    for code, moved in ((SOP, 1), ("kip-jawaban", 0)):
        rule = Rule.objects.get(code=code)
        assert moved == rules.change(
            rule=rule, by=head, amount=2, unit="workday", extension=rule.extension, is_active=True
        )
    assert due(ticket, SOP) == "2026-07-20 24:00"
    assert due(ticket, "kip-jawaban") == "2026-08-07 24:00"


def test_the_sweep_does_not_grow_with_tickets(make_item: MakeItem, operator1: User) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as seen:
            pausing.sweep()
        return len(seen)

    pause(opened(make_item, operator1, handle="a"), operator1)
    few = count()
    for number in range(5):
        pause(opened(make_item, operator1, handle=f"b{number}"), operator1)
    assert count() == few <= 5


def test_the_page_says_by_how_much_why_and_who(
    make_item: MakeItem, operator1: User, client_of: Callable[..., Client], move_clock: MoveClock
) -> None:
    go_to(move_clock, "2026-07-15 09:00")
    ticket = opened(make_item, operator1, category=Category.INFORMATION)
    row, client = owed(ticket, "kip-jawaban"), client_of(operator1)
    before = client.get(f"/tiket/{ticket.pk}/").content.decode()
    assert "Ditambah 7 hari kerja, menjadi" in before
    asked = {"fence": ticket.fence, "why": "Data dikumpulkan."}
    page = client.post(f"/jam/tiket/{ticket.pk}/batas/{row.pk}/", asked, follow=True)
    told = page.content.decode()
    assert "Batas diperpanjang 7 hari kerja, sampai" in told
    assert "Diperpanjang 7 hari kerja oleh Rani Maharani" in told
    assert ": Data dikumpulkan.</p>" in told
