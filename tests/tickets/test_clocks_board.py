"""What the screens show of the clocks: the panel, the chip in the list, what is past a law's limit."""

from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Division, User
from tests.cast import MakeItem
from tests.tickets.clock_cases import MoveClock, go_to, opened
from tickets import cases, pausing, queries_clock
from tickets.models import Category, Rule, Stage, Ticket, TicketState


def line(ticket: Ticket, user: User, code: str) -> queries_clock.Line:
    found = queries_clock.board(ticket, user)
    name = Rule.objects.get(code=code).name
    return next(row for row in [*found.owed, *found.settled] if row.name == name)


def test_the_panel_tells_three_clocks(
    make_item: MakeItem, operator1: User, lantas: Division, move_clock: MoveClock
) -> None:
    go_to(move_clock, "2026-07-15 09:00")
    ticket = opened(make_item, operator1)
    with transaction.atomic():
        cases.move(
            ticket, to=TicketState.WAITING, by=None, stage=Stage.Kind.REFERRED, division=lantas
        )
    go_to(move_clock, "2026-07-17 11:00")
    found = queries_clock.board(ticket, operator1)
    assert [(dial.name, dial.says, dial.state) for dial in found.dials] == [
        ("Warga", "menunggu 2 hari", "runs"),
        ("Kantor", "Balasan pertama ke warga, lewat 2 hari", "late"),
        (lantas.name, "3 hari kerja lagi", "runs"),
    ]
    assert found.dials[1].gone == 100
    assert 0 < found.dials[2].gone < 100
    sent = line(ticket, operator1, "sop-kirim-surat")
    assert (sent.state, sent.basis) == ("met", "batas SOP")
    law = line(ticket, operator1, "uu25-tanggapan")
    assert (law.due, law.until, law.basis) == (
        "12 hari lagi", "Rabu 29 Juli 2026", "batas peraturan",
    )  # fmt: skip
    assert found.may_act
    assert not queries_clock.board(ticket, User(pk=0)).may_act


def test_hours_are_told_with_their_zone_and_soon_is_half_an_hour(
    make_item: MakeItem, operator1: User, move_clock: MoveClock
) -> None:
    go_to(move_clock, "2026-07-15 09:00")
    ticket = opened(make_item, operator1)
    go_to(move_clock, "2026-07-15 09:20")
    first = line(ticket, operator1, "sop-balasan-pertama")
    assert (first.state, first.until) == ("runs", "Rabu 15 Juli 2026 pukul 10.00 WITA")
    go_to(move_clock, "2026-07-15 09:40")
    assert line(ticket, operator1, "sop-balasan-pertama").soon
    assert line(ticket, operator1, "sop-kirim-surat").soon  # tomorrow


def test_a_pause_is_told_as_if_the_citizen_answered_now(
    make_item: MakeItem, operator1: User, move_clock: MoveClock
) -> None:
    go_to(move_clock, "2026-07-15 09:00")
    ticket = opened(make_item, operator1)
    go_to(move_clock, "2026-07-15 11:00")
    pausing.pause(ticket=ticket, by=operator1, fence=ticket.fence, why="Di mana?")
    go_to(move_clock, "2026-07-17 09:00")
    letter = line(ticket, operator1, "sop-kirim-surat")
    assert (letter.state, letter.until) == ("still", "Senin 20 Juli 2026")
    assert line(ticket, operator1, "sop-balasan-pertama").late  # before it stood still
    assert queries_clock.board(ticket, operator1).dials[1].state == "still"
    near = queries_clock.nearest([ticket.pk])[ticket.pk]
    assert (near.late, near.name) == (True, "Balasan pertama ke warga")


def test_the_panel_on_the_page(
    make_item: MakeItem, operator1: User, operator1_client: Client, operator2_client: Client
) -> None:
    ticket = opened(make_item, operator1, category=Category.INFORMATION)
    page = operator1_client.get(f"/tiket/{ticket.pk}/").content.decode()
    assert "Hentikan jam kantor" in page
    assert "Perpanjang sekali" in page
    assert "UU 14/2008 KIP" in page
    seen = operator2_client.get(f"/tiket/{ticket.pk}/").content.decode()
    assert "batas peraturan" in seen
    assert "Hentikan jam kantor" not in seen
    pausing.pause(ticket=ticket, by=operator1, fence=ticket.fence, why="Di kelurahan mana?")
    page = operator1_client.get(f"/tiket/{ticket.pk}/").content.decode()
    assert "Di kelurahan mana?" in page
    assert "Sudah terjawab, jalankan lagi" in page


def test_nearest_is_one_query_and_what_stands_still_comes_last(
    make_item: MakeItem, operator1: User, move_clock: MoveClock
) -> None:
    go_to(move_clock, "2026-07-15 09:00")
    rows = [opened(make_item, operator1, handle=f"w{number}") for number in range(3)]
    pausing.pause(ticket=rows[1], by=operator1, fence=rows[1].fence, why="Di mana?")
    with transaction.atomic():
        cases.move(rows[2], to=TicketState.CLOSED, by=None, stage=Stage.Kind.CLOSED)
    with CaptureQueriesContext(connection) as seen:
        found = queries_clock.nearest([row.pk for row in rows])
    assert len(seen) == 1
    assert found[rows[0].pk].name == "Balasan pertama ke warga"
    assert found[rows[1].pk].name == "Tanggapan atas pengaduan"
    assert rows[2].pk not in found
    Rule.objects.filter(basis=Rule.Basis.LAW).update(is_active=False)
    only = opened(make_item, operator1, handle="z")
    pausing.pause(ticket=only, by=operator1, fence=only.fence, why="Di mana?")
    near = queries_clock.nearest([only.pk])[only.pk]
    assert (near.still, near.due) == (True, "menunggu warga")


def test_past_the_law_is_on_the_heads_page(
    make_item: MakeItem, operator1: User, head_client: Client, move_clock: MoveClock
) -> None:
    go_to(move_clock, "2026-07-01 09:00")
    ticket = opened(make_item, operator1, category=Category.INFORMATION)
    opened(make_item, operator1, handle="b")
    assert "lewat batas peraturan" not in head_client.get("/laporan/tunggakan/").content.decode()
    go_to(move_clock, "2026-07-17 09:00")
    page = head_client.get("/laporan/tunggakan/").content.decode()
    assert "2 tiket lewat batas peraturan" in page
    assert "Tidak ada yang lewat batas" not in page
    assert f'href="/tiket/{ticket.pk}/">Lihat tiketnya' in page
    found = queries_clock.overdue(Ticket.objects.all(), basis=Rule.Basis.LAW)
    assert (found.tickets, found.first) == (2, ticket.pk)
    with transaction.atomic():
        cases.move(ticket, to=TicketState.DONE, by=None, stage=Stage.Kind.RELAYED)
    page = head_client.get("/laporan/tunggakan/").content.decode()
    assert "1 tiket lewat batas peraturan" in page
