"""Nobody has to remember, not even over Lebaran: a letter of 12 March 2026 is chased on the right working days,
through the screens of a Sahut whose clock is turned."""

import io
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime

import psycopg2
import pytest
from playwright.sync_api import Locator, Page, expect
from pypdf import PdfReader

from config import embedded
from tests.journeys.conftest import LogIn
from tests.journeys.test_return import TICKET, approve, open_ticket
from tests.sandbox_process import wait_for
from tests.stack_process import Stack, running_stack

TITLE = "STNK hilang di Samsat"
SENT = date(2026, 3, 12)  # a Thursday
#: Five working days later. Counted by hand: 13, 16, 17 March; 18 to 24 are Nyepi, Idul Fitri, the joint leave
#: of both and a weekend; 25, 26 March.
DUE, CHASED = date(2026, 3, 26), date(2026, 3, 27)
#: Three working days after the first reminder: 30, 31 March, 1 April.
DUE_AGAIN, CHASED_AGAIN = date(2026, 4, 1), date(2026, 4, 2)


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """A Sahut of its own: its clock is turned."""
    with running_stack() as running:
        yield running


def play(stack: Stack, day: date) -> None:
    """It is ten in the morning in Balikpapan on that day, for every process of the stack (accounts.clock)."""
    there = datetime(day.year, day.month, day.day, 2, tzinfo=UTC)
    ahead = (there - datetime.now(UTC)).total_seconds()
    database = psycopg2.connect(embedded.database_url(stack.var))
    with database, database.cursor() as cursor:
        cursor.execute("UPDATE clock SET ahead = make_interval(secs => %s)", [ahead])
    database.close()
    new = stack.var / "clock.new"
    new.write_text(str(ahead))
    new.replace(stack.var / "clock")


def sweep(stack: Stack) -> None:
    """The sweep of the referrals, once more beside the stack's own: what is due now is there afterwards."""
    subprocess.run(
        [sys.executable, "-W", "ignore", "manage.py", "shell", "-v0", "-c",
         "from referrals import tasks; tasks.sweep()"],
        env=stack.environment | {"CLOCK_FILE": str(stack.var / "clock")}, check=True, timeout=60,
    )  # fmt: skip


def letters(stack: Stack, number: str) -> list[tuple[str, str, str]]:
    """(purpose, state, number) of the ticket's letters, oldest first."""
    return stack.ask(
        "SELECT l.purpose, l.state, l.number FROM referrals_letter l"
        " JOIN referrals_referral r ON r.id = l.referral_id JOIN tickets_ticket t ON t.id = r.ticket_id"
        " WHERE t.number = %s ORDER BY l.id", number,
    )  # fmt: skip


def refer_by_hand(operator: Page, head: Page) -> str:
    """A message taken in by hand becomes a ticket with a letter that went out; the ticket's number."""
    operator.goto("/masuk/catat/")
    operator.locator("input[name=author]").fill("warga_stnk")
    operator.locator("textarea[name=text]").fill(
        "STNK saya hilang di loket samsat, kapan ada kabar?"
    )
    operator.get_by_label("Kanal").select_option(index=1)
    operator.get_by_role("button", name="Catat saja").click()
    operator.wait_for_url("**/masuk/*/")
    take = operator.get_by_role("button", name="Saya yang jawab")
    if take.count():
        take.click()
    operator.get_by_role("link", name="Buka tiket").first.click()
    operator.locator("[name=title]").fill(TITLE)
    operator.locator("[name=summary]").fill("STNK hilang di loket Samsat, pelapor menanyakan kabar")
    operator.get_by_role("button", name=re.compile("Ditlantas")).first.click()
    operator.get_by_role("button", name="Ajukan ke pimpinan").wait_for()
    found = TICKET.search(operator.inner_text("body"))
    assert found
    operator.get_by_role("button", name="Ajukan ke pimpinan").click()
    expect(operator.locator("body")).to_contain_text("Menunggu persetujuan")
    approve(head, TITLE)
    return found.group()


def backlog_row(head: Page) -> Locator:
    """The matter's line on the head's page."""
    head.goto("/laporan/tunggakan/")
    return head.locator("ol.rows li", has_text=TITLE)


def remind(operator: Page, head: Page, number: str) -> str:
    """The prepared reminder is read, put forward and approved; returns the words of its PDF."""
    open_ticket(operator, number)
    operator.get_by_role("link", name="Periksa dan ajukan surat").click()
    operator.get_by_role("button", name="Ajukan ke pimpinan").click()
    expect(operator.locator("body")).to_contain_text("Menunggu persetujuan")
    approve(head, TITLE)
    address = head.locator("a[href$='.pdf']").first.get_attribute("href") or ""
    pages = PdfReader(io.BytesIO(head.request.get(address).body())).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def test_reminders_over_lebaran(stack: Stack, log_in: LogIn) -> None:
    play(stack, SENT)
    operator, head = log_in("operator1"), log_in("kepala")
    number = refer_by_hand(operator, head)
    open_ticket(operator, number)
    expect(operator.locator("#referral-panel")).to_contain_text("Batas jawab 26 Maret 2026")
    wait_for(lambda: letters(stack, number)[0][1] == "sent", what="the letter out")
    first = letters(stack, number)[0][2]

    # Eight days of feast in between; on the last day nothing is late, and nothing is prepared.
    play(stack, DUE)
    sweep(stack)
    assert [row[0] for row in letters(stack, number)] == ["referral"]
    expect(backlog_row(head).locator(".chip")).to_have_text("batasnya hari ini")

    # The next morning it is late by one working day, and the reminder lies there.
    play(stack, CHASED)
    wait_for(lambda: len(letters(stack, number)) == 2, what="the first reminder")
    assert letters(stack, number)[1] == ("reminder_1", "draft", "")
    late = backlog_row(head)
    expect(late.locator(".chip.late")).to_have_text("lewat 1 hari kerja")
    expect(late).to_contain_text("Ditlantas")
    words = remind(operator, head, number)
    second = letters(stack, number)[1][2]
    assert second not in ("", first)
    for part in (first, second, "12 Maret 2026", "27 Maret 2026", "1 April 2026", number):
        assert part in words, part

    # Its own limit passes; again not on the day itself.
    play(stack, DUE_AGAIN)
    sweep(stack)
    assert len(letters(stack, number)) == 2
    play(stack, CHASED_AGAIN)
    wait_for(lambda: len(letters(stack, number)) == 3, what="the second reminder")
    words = remind(operator, head, number)
    third = letters(stack, number)[2]
    assert third[0] == "reminder_2"
    assert len({first, second, third[2], ""}) == 4
    for part in (first, second, third[2], "12 Maret 2026", "27 Maret 2026"):
        assert part in words, part

    # The division sees all three letters and answers; nothing is late any more.
    officer = log_in("lantas")
    officer.goto("/divisi/")
    officer.get_by_role("link", name=re.compile(TITLE, re.IGNORECASE)).first.click()
    officer.get_by_label("Jawaban", exact=True).fill("STNK sudah ditemukan.")
    officer.get_by_role("button", name="Kirim jawaban ke humas").click()
    expect(officer.locator("#said")).to_contain_text("STNK sudah ditemukan.")
    sweep(stack)
    assert len(letters(stack, number)) == 3
    expect(backlog_row(head)).not_to_contain_text("lewat")
