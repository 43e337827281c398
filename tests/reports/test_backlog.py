"""The head's page: figures that are true, sentences that are honest, queries that do not grow."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import clock
from accounts.models import Division, Office, User
from inbox import claims, replies
from inbox.models import Channel, Item, Reply
from referrals import letters, portal
from referrals.models import Letter, Question, Referral
from reports import queries
from tests.cast import MakeItem
from tickets import cases


def referred(item: Item, by: User, division: Division) -> Letter:
    held = claims.take(item=item, by=by)
    ticket = cases.open_ticket(
        item=item, by=by, fence=held.fence, title="Air keruh", summary="Air keruh di Klandasan."
    )
    letter = letters.draft(ticket=ticket, division=division, by=by, fence=ticket.fence)
    letters.submit(letter=letter, by=by, fence=ticket.fence)
    return letter


def counts(user: User) -> dict[str, int]:
    return {column.key: column.count for column in queries.backlog(user).columns}


def test_a_division_that_asked_waits_for_the_desk(
    make_item: MakeItem, operator1: User, lantas_officer: User, head: User, head_client: Client
) -> None:
    assert lantas_officer.division
    letter = referred(make_item(), operator1, lantas_officer.division)
    referral = letters.approve(letter=letter, by=head).referral
    asked = portal.ask_back(referral=referral, by=lantas_officer, text="Jalan yang mana?")
    page = head_client.get("/laporan/tunggakan/").content.decode()
    assert "1 pertanyaan divisi belum dijawab" in page
    assert f'href="/tiket/{referral.ticket_id}/"' in page
    Question.objects.filter(pk=asked.pk).update(replied_at=asked.at)
    assert queries.backlog(head).asked_back.count == 0


def test_nothing_waits(head: User, head_client: Client, office: Office) -> None:
    page = head_client.get("/laporan/tunggakan/").content.decode()
    assert "Tidak ada yang menunggu. Semua sudah terjawab." in page


def test_each_stage_is_counted_once(
    make_item: MakeItem, operator1: User, lantas_officer: User, pdam: Division, head: User
) -> None:
    lantas = lantas_officer.division
    assert lantas
    make_item(handle="bebas")
    claims.take(item=make_item(handle="dipegang"), by=operator1)
    referred(make_item(handle="diajukan"), operator1, pdam)
    letters.approve(letter=referred(make_item(handle="di_divisi"), operator1, pdam), by=head)
    done = letters.approve(letter=referred(make_item(handle="dijawab"), operator1, lantas), by=head)
    portal.answer(referral=done.referral, by=lantas_officer, text="Sudah ditangani.")
    assert counts(head) == {
        "unclaimed": 1, "held": 1, "approval": 1, "divisions": 1, "answered": 1,
    }  # fmt: skip
    found = queries.backlog(head)
    assert found.citizens == 1
    assert found.preparing == 0
    assert found.sentences[0] == "Tidak ada yang lewat batas."
    assert {row.whom for row in found.oldest} >= {
        f"menunggu jawaban {pdam}",
        f"dipegang {operator1}",
    }


def test_expired_lease_counts_as_unclaimed(
    item: Item, operator1: User, head: User, move_clock: Callable[[float], None]
) -> None:
    claims.take(item=item, by=operator1)
    move_clock(16 * 60)
    assert counts(head)["unclaimed"] == 1


def test_overdue_referrals_lead_the_page(
    item: Item, operator1: User, pdam: Division, head: User, head_client: Client
) -> None:
    letters.approve(letter=referred(item, operator1, pdam), by=head)
    past = clock.now() - timedelta(days=30)
    Referral.objects.update(dispatched_at=past, due_on=past.date() + timedelta(days=5))
    page = head_client.get("/laporan/tunggakan/").content.decode()
    assert f"1 rujukan lewat batas, semuanya di {pdam}." in page
    assert "1 lewat batas" in page
    assert "hari kerja" in page
    row = queries.backlog(head).divisions[0]
    assert (row.division, row.waiting, row.late) == (pdam, 1, 1)


def test_average_is_in_working_days(
    item: Item, operator1: User, lantas_officer: User, head: User
) -> None:
    lantas = lantas_officer.division
    assert lantas
    letter = letters.approve(letter=referred(item, operator1, lantas), by=head)
    portal.answer(referral=letter.referral, by=lantas_officer, text="Sudah.")
    end = clock.now()
    Referral.objects.update(dispatched_at=end - timedelta(days=7), answered_at=end)
    average = queries.backlog(head).divisions[0].average
    assert average is not None
    assert 3 <= average <= 5  # a week holds five working days, less holidays


def test_blind_channel_is_said(item: Item, head: User, head_client: Client) -> None:
    item.channel.feeds.update(blind_since=clock.now() - timedelta(hours=3))
    page = head_client.get("/laporan/tunggakan/").content.decode()
    assert "tidak terbaca sejak 3 jam lalu" in page


def test_operators_see_it_officers_do_not(
    office: Office, operator1_client: Client, lantas_officer_client: Client,
    pdam_officer_client: Client,
) -> None:  # fmt: skip
    assert operator1_client.get("/laporan/tunggakan/").status_code == 200
    for client in (lantas_officer_client, pdam_officer_client):
        assert client.get("/laporan/tunggakan/").status_code == 403


def test_queries_do_not_grow_with_rows(
    make_item: MakeItem, operator1: User, lantas: Division, pdam: Division, head: User,
    client_of: Callable[..., Client],
) -> None:  # fmt: skip
    def count() -> int:
        client = client_of(head)
        with CaptureQueriesContext(connection) as seen:
            assert client.get("/laporan/tunggakan/").status_code == 200
        return len(seen)

    def add(start: int, stop: int) -> None:
        for number in range(start, stop):
            item = make_item(handle=f"w{number}")
            if number % 3:
                letter = referred(item, operator1, (lantas, pdam)[number % 2])
                if number % 3 == 1:
                    letters.approve(letter=letter, by=head)

    add(0, 5)
    few = count()
    add(5, 60)
    assert count() == few


def test_nobody_of_another_team_is_counted(
    item: Item, office: Office, other_desk_operator: User
) -> None:
    office.all_see_all = False
    office.save()
    assert counts(other_desk_operator)["unclaimed"] == 0


@pytest.mark.parametrize("key", ["unclaimed", "held", "approval", "divisions", "answered"])
def test_every_column_leads_somewhere(
    item: Item, head: User, head_client: Client, key: str
) -> None:
    url = queries.backlog(head).column(key).url
    assert head_client.get(url).status_code == 200


def _reply(item: Item, by: User) -> Reply:
    held = claims.take(item=item, by=by)
    newest = replies.last_stored(item)
    assert newest
    return replies.submit(item=item, by=by, fence=held.fence, text="Halo Kak.", seen=newest.pk)


def test_replies_that_wait_for_somebodys_eyes(
    make_item: MakeItem, operator1: User, head_client: Client, head: User, office: Office,
    other_desk_operator: User, move_clock: Callable[[float], None],
) -> None:  # fmt: skip
    page = head_client.get("/laporan/tunggakan/").content.decode()
    assert "pembaca kedua" not in page
    assert "dilihat orang" not in page
    unclear = _reply(make_item(handle="a"), operator1)
    Reply.objects.filter(pk=unclear.pk).update(state="unknown")
    unclear.deliveries.update(state="unknown", needs_person=True, started_at=clock.now())
    Channel.objects.update(second_reader=True)
    _reply(Item.objects.get(pk=make_item(handle="b").pk), operator1)
    move_clock(20 * 60)
    page = head_client.get("/laporan/tunggakan/").content.decode()
    assert "1 balasan perlu dilihat orang: belum pasti terkirim, terlama 20 menit." in page
    assert f'href="/masuk/{unclear.item_id}/"' in page
    assert "1 balasan menunggu pembaca kedua, terlama 20 menit." in page
    assert "/masuk/?tampil=dibaca" in page
    # Both are pinned to their author: held, though the lease ran out, and not silent.
    assert (counts(head)["unclaimed"], counts(head)["held"]) == (0, 2)
    assert queries.backlog(head).column("held").note == ""
    office.all_see_all = False
    office.save()
    seen = queries.backlog(other_desk_operator)
    assert (seen.for_person.count, seen.for_reader.count) == (0, 0)
