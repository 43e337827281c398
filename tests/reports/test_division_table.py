"""The table per division: what it counts, where its numbers lead, on paper and as a table sheet."""

import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import clock
from accounts.models import Division, User
from referrals import portal
from referrals.models import Letter, LetterState, Purpose, Referral, ReferralState
from reports import division_table
from reports.periods import Period
from tests.cast import MakeItem
from tests.referrals.incoming_desk import sent, sheet_of
from tickets import workdays
from tickets.models import Ticket
from tickets.words import today

pytestmark = pytest.mark.django_db
PAGE = "/laporan/divisi/"


def whole() -> Period:
    """Everything of the last 400 days, however young the year is."""
    first = today() - timedelta(days=400)
    return Period.read(QueryDict(f"masa=pilih&dari={first}"))


def aged(referral: Referral, *, days: int, due: int) -> None:
    """It went out `days` ago and was due `due` days ago."""
    Referral.objects.filter(pk=referral.pk).update(
        dispatched_at=clock.now() - timedelta(days=days), due_on=today() - timedelta(days=due)
    )


def reminded(referral: Referral, purpose: str) -> None:
    first = referral.letters.get(purpose=Purpose.REFERRAL)
    Letter.objects.create(
        referral=referral, kind=first.kind, purpose=purpose, about=first, subject="Penegasan",
        state=LetterState.SENT, drafted_by=first.drafted_by, year=2020, number="P",
        running=Letter.objects.count() + 900, sent_at=clock.now(),
    )  # fmt: skip


@pytest.fixture
def world(
    make_item: MakeItem, operator1: User, head: User, pdam: Division, lantas_officer: User
) -> tuple[Division, Division]:
    """PDAM: two wait, one of them late and reminded twice. Lantas: one answered late, one in time, one returned."""
    lantas = lantas_officer.division
    assert lantas
    late, _fresh = (
        sent(make_item, operator1, pdam, head, handle=name) for name in ("telat", "baru")
    )
    aged(late, days=30, due=20)
    for purpose in (Purpose.REMINDER_1, Purpose.REMINDER_2):
        reminded(late, purpose)
    for name, days, due in (("lewat", 12, 5), ("tepat", 4, -3)):
        done = sent(make_item, operator1, lantas, head, handle=name)
        aged(done, days=days, due=due)
        portal.answer(referral=done, by=lantas_officer, text="Sudah.")
    back = sent(make_item, operator1, lantas, head, handle="bukan")
    portal.return_to_desk(referral=back, by=lantas_officer, why="Bukan wilayah kami.")
    return pdam, lantas


def test_the_columns_are_those_of_the_report(world: tuple[Division, Division], head: User) -> None:
    pdam, lantas = world
    found = division_table.table(head, whole())
    first, second = found.rows
    assert (first.division, first.referred, first.answered, first.waiting, first.late) == (
        pdam.pk, 2, 0, 2, 1,
    )  # fmt: skip
    assert (first.first_reminders, first.second_reminders, first.average) == (1, 1, None)
    calendar = workdays.calendar(pdam)
    assert first.longest == calendar.between(today() - timedelta(days=30), today())
    assert (second.division, second.referred, second.answered, second.waiting) == (
        lantas.pk, 3, 2, 0,
    )  # fmt: skip
    taken = [workdays.between(today() - timedelta(days=days), today()) for days in (12, 4)]
    assert second.average == round(sum(taken) / 2, 1)
    assert second.remark == "1 dijawab sesudah batas, 1 bukan kewenangan"
    total = found.total
    assert (total.referred, total.answered, total.waiting, total.late) == (5, 2, 2, 1)
    assert [(bar.row.division, bar.late, bar.in_time) for bar in found.bars] == [
        (pdam.pk, 50.0, 50.0)
    ]


def test_what_still_waits_does_not_vanish_with_the_month(
    make_item: MakeItem, operator1: User, head: User, pdam: Division
) -> None:
    aged(sent(make_item, operator1, pdam, head), days=100, due=90)
    gone = sent(make_item, operator1, pdam, head, handle="dua")
    aged(gone, days=100, due=90)
    Referral.objects.filter(pk=gone.pk).update(
        state=ReferralState.ANSWERED, answered_at=clock.now()
    )
    (row,) = division_table.table(head, Period.read(QueryDict("masa=bulan-ini"))).rows
    assert (row.referred, row.answered, row.waiting, row.late, row.older) == (0, 0, 1, 1, 1)
    assert row.remark == "1 sisa dari sebelumnya"
    before = today() - timedelta(days=300)
    ended = Period.read(QueryDict(f"masa=pilih&dari={before}&sampai={before}"))
    assert division_table.table(head, ended).rows == []


def test_every_number_leads_to_as_many_referrals(
    world: tuple[Division, Division], head_client: Client
) -> None:
    first = today() - timedelta(days=400)
    page = head_client.get(f"{PAGE}?masa=pilih&dari={first}").content.decode()
    links = re.findall(r'href="([^"]*yang=[^"]*)"[^>]*>(\d+)</a>', page)
    assert len(links) >= 10
    for address, number in links:
        listed = head_client.get(address.replace("&amp;", "&"))
        assert listed.status_code == 200
        assert len(listed.context["lines"]) == int(number), address
        asked = parse_qs(urlsplit(address.replace("&amp;", "&")).query)
        assert asked["dari"] == [first.isoformat()]


def test_the_latest_stands_on_top_and_the_picture_needs_no_script(
    world: tuple[Division, Division], head_client: Client
) -> None:
    pdam, lantas = world
    page = head_client.get(f"{PAGE}?masa=tahun-ini").content.decode()
    body = page[page.index("<tbody>") :]
    assert body.index(pdam.name) < body.index(lantas.name)
    assert '<rect class="old" width=' in page
    assert "style=" not in page[page.index("<main") : page.index("</main>")]


def test_table_sheet_and_paper_say_the_same(
    world: tuple[Division, Division], head_client: Client
) -> None:
    pdam, _lantas = world
    first = today() - timedelta(days=400)
    asked = f"?masa=pilih&dari={first}"
    answer = head_client.get(f"{PAGE}rekap.xlsx{asked}")
    rows = sheet_of(b"".join(answer.streaming_content))  # type: ignore[attr-defined]
    assert rows[0][:5] == ["Divisi", "Diteruskan", "Dijawab", "Proses", "Lewat batas"]
    assert rows[1][:5] == [pdam.name, 2.0, 0.0, 2.0, 1.0]
    assert rows[-1][:5] == ["Semua divisi", 5.0, 2.0, 2.0, 1.0]
    paper = head_client.get(f"{PAGE}cetak/{asked}").content.decode()
    assert "Rekap rujukan per divisi" in paper
    assert pdam.name in paper


def test_restricted_tickets_are_counted_for_their_readers_alone(
    world: tuple[Division, Division], operator2: User, head: User
) -> None:
    Ticket.objects.update(restricted=True)
    assert division_table.table(operator2, whole()).rows == []


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ("masa=pilih&dari=2026-12-01&sampai=2026-01-01", "Tanggal mulai sesudah tanggal akhirnya."),
        ("masa=pilih&dari=kemarin&sampai=2026-01-01", "Tulis tanggal mulainya."),
        ("masa=pilih", ""), ("masa=x&dari=1&sampai=2", ""),
    ],
)  # fmt: skip
def test_days_that_make_no_sense_are_said(head_client: Client, asked: str, problem: str) -> None:
    page = head_client.get(f"{PAGE}?{asked}")
    assert page.status_code == 200
    assert problem in page.content.decode()


def test_last_month_ends_where_this_one_begins() -> None:
    last, this = (Period.read(QueryDict(f"masa={kind}")) for kind in ("bulan-lalu", "bulan-ini"))
    assert last.end == this.start
    assert last.first.day == 1


def test_queries_do_not_grow_with_rows(
    make_item: MakeItem, operator1: User, head: User, pdam: Division, lantas: Division,
    client_of: Callable[..., Client],
) -> None:  # fmt: skip
    def count() -> int:
        client = client_of(head)
        with CaptureQueriesContext(connection) as seen:
            assert client.get(f"{PAGE}?masa=tahun-ini").status_code == 200
        return len(seen)

    aged(sent(make_item, operator1, pdam, head), days=1, due=0)
    one = count()
    for n in range(4):
        done = sent(make_item, operator1, (pdam, lantas)[n % 2], head, handle=f"w{n}")
        aged(done, days=n, due=n)
    assert count() == one


def test_a_long_list_is_read_page_by_page(
    make_item: MakeItem, operator1: User, head: User, pdam: Division, head_client: Client
) -> None:
    first = sent(make_item, operator1, pdam, head)
    ticket = first.ticket
    Referral.objects.bulk_create(
        Referral(
            ticket=ticket, division=pdam, created_by=operator1, state=ReferralState.RETURNED,
            dispatched_at=first.dispatched_at, due_on=first.due_on,
        )
        for _n in range(division_table.PAGE + 3)
    )  # fmt: skip
    seen: list[int] = []
    address = f"{PAGE}rujukan/?masa=tahun-ini&divisi={pdam.pk}"
    while address:
        page = head_client.get(address)
        seen += [line.referral.pk for line in page.context["lines"]]
        address = f"{PAGE}rujukan/?{page.context['more']}" if page.context["more"] else ""
    assert len(seen) == len(set(seen)) == division_table.PAGE + 4
