"""The doors of the book of incoming letters: number, twins, match, answer, disposition; refusals leave no gap."""

import threading
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection

from accounts.models import Division, JournalEntry, User
from referrals import incoming, portal, received_files
from referrals.incoming import Entry, IncomingError, TwinError, Words
from referrals.models import Answer, IncomingLetter, IncomingYear, Referral, ReferralState
from reports import doctor
from tests.cast import MakeItem
from tests.referrals.incoming_desk import PDF, drafted, sent
from tests.sandbox_process import wait_for
from tickets.words import today

pytestmark = pytest.mark.django_db


def entry(**fields: object) -> Entry:
    told = {
        "received_on": today(),
        "sender": "Perumda Tirta",
        "subject": "Jawaban",
        "number": "1/PTMB",
    }
    return Entry(**(told | fields))  # type: ignore[arg-type]


@pytest.fixture
def referral(make_item: MakeItem, operator1: User, pdam: Division, head: User) -> Referral:
    return sent(make_item, operator1, pdam, head)


def book() -> list[int]:
    return list(IncomingLetter.objects.order_by("running").values_list("running", flat=True))


def test_numbers_go_on_and_each_year_begins_anew(operator1: User) -> None:
    last_year = date(today().year - 1, 12, 31)
    first = incoming.record(entry=entry(received_on=last_year, dated=None), by=operator1)
    second = incoming.record(entry=entry(number="2/PTMB"), by=operator1)
    third = incoming.record(entry=entry(number="3/PTMB"), by=operator1)
    assert [(row.year, row.running) for row in (first, second, third)] == [
        (last_year.year, 1), (today().year, 1), (today().year, 2)
    ]  # fmt: skip
    assert doctor.violations()["I6"] == dict.fromkeys(doctor.violations()["I6"], 0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"sender": "  "},
        {"received_on": today() + timedelta(days=2)},
        {"received_on": date(today().year - 2, 12, 31)},
        {"dated": today() + timedelta(days=1)},
    ],
)
def test_a_refused_entry_leaves_no_gap(operator1: User, wrong: dict[str, object]) -> None:
    with pytest.raises(IncomingError):
        incoming.record(entry=entry(**wrong), by=operator1)
    assert incoming.record(entry=entry(), by=operator1).running == 1


def test_an_answer_to_a_settled_referral_is_refused_whole(
    operator1: User, referral: Referral, pdam_officer: User
) -> None:
    portal.answer(referral=referral, by=pdam_officer, text="Sudah.")
    file = received_files.check("surat.pdf", PDF)
    with pytest.raises(IncomingError, match="sudah selesai"):
        incoming.record(
            entry=entry(file=file), by=operator1, referral=referral, words=Words("Air mengalir.")
        )
    assert (book(), IncomingYear.objects.filter(last__gt=0).count()) == ([], 0)


@pytest.mark.parametrize(
    ("again", "seen"),
    [
        ({}, True),
        ({"number": " 1/ptmb "}, True),
        ({"sender": "PERUMDA TIRTA", "subject": "Lain"}, True),
        ({"sender": "PLN"}, False),
        ({"number": "2/PTMB"}, False),
        ({"number": ""}, False),
    ],
)
def test_a_twin_is_found_by_number_and_sender(
    operator1: User, again: dict[str, object], *, seen: bool
) -> None:
    first = incoming.record(entry=entry(), by=operator1)
    if not seen:
        assert incoming.record(entry=entry(**again), by=operator1).running == 2
        return
    with pytest.raises(TwinError) as refused:
        incoming.record(entry=entry(**again), by=operator1)
    assert refused.value.twins == [first]
    assert incoming.record(entry=entry(**again), by=operator1, despite_twins=True).running == 2


def test_a_twin_is_found_by_its_file_and_a_call_by_day_sender_and_subject(operator1: User) -> None:
    file = received_files.check("surat.pdf", PDF)
    incoming.record(entry=entry(file=file), by=operator1)
    with pytest.raises(TwinError):
        incoming.record(entry=entry(sender="Lain", number="9", file=file), by=operator1)
    call = entry(number="", via="phone", subject="Menelepon soal pipa")
    incoming.record(entry=call, by=operator1)
    with pytest.raises(TwinError):
        incoming.record(entry=call, by=operator1)
    assert book() == [1, 2]


def queued() -> bool:
    """Whether somebody waits for a lock of this database that has a name."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database ="
            " (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("first_in_last_year", [True, False])
def test_at_the_turn_of_the_year_the_second_finds_the_first_in_the_other_book(
    operator1: User, operator2: User, first_in_last_year: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same letter, one person's receipt is of 31 December, the other's of 1 January; both look for
    twins before either has committed."""
    days = [date(today().year - 1, 12, 31), today()]
    first, second = days if first_in_last_year else days[::-1]
    looked, goes_on, told = threading.Event(), threading.Event(), list[object]()
    twins = incoming.twins

    def slow(asked: Entry) -> Any:
        found = twins(asked)
        if asked.received_on == first:
            looked.set()
            goes_on.wait(30)
        return found

    monkeypatch.setattr(incoming, "twins", slow)

    def work(by: User, day: date) -> None:
        try:
            incoming.record(entry=entry(received_on=day, dated=None), by=by)
            told.append("done")
        except TwinError as error:
            told.append([row.received_on for row in error.twins])
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(operator1, first))]
    threads[0].start()
    assert looked.wait(30)
    threads += [threading.Thread(target=work, args=(operator2, second))]
    threads[1].start()
    wait_for(lambda: queued() or not threads[1].is_alive(), what="the second entry at the lock")
    goes_on.set()
    for thread in threads:
        thread.join(30)
    assert sorted(told, key=str) == [[first], "done"]
    assert IncomingLetter.objects.count() == 1


def test_a_letter_matched_and_answered_in_one_step(operator1: User, referral: Referral) -> None:
    file = received_files.check("surat.pdf", PDF)
    row = incoming.record(
        entry=entry(file=file), by=operator1, referral=referral,
        words=Words("Pipa selesai Jumat.", "Dirut"),
    )  # fmt: skip
    referral.refresh_from_db()
    given = Answer.objects.get()
    assert referral.state == ReferralState.ANSWERED
    assert (given.incoming, given.said_by, given.letter_number) == (row, "Dirut", "1/PTMB")
    assert (given.by, given.via, given.files.get().digest) == (operator1, "scan", file.digest)
    assert row.answers_letter == referral.letters.get()
    assert row.division == referral.division
    verbs = JournalEntry.objects.filter(subject=f"incomingletter:{row.pk}")
    assert [one.verb for one in verbs.order_by("pk")] == ["incoming_recorded", "incoming_assigned"]


def test_matched_later_answered_later(operator1: User, referral: Referral) -> None:
    row = incoming.record(entry=entry(), by=operator1)
    with pytest.raises(IncomingError, match="Pilih dulu"):
        incoming.answer(letter=row, by=operator1, words=Words("Selesai."))
    incoming.assign(letter=row, referral=referral, by=operator1)
    with pytest.raises(IncomingError, match="isi jawaban"):
        incoming.answer(letter=row, by=operator1, words=Words(" "))
    incoming.answer(letter=row, by=operator1, words=Words("Selesai.", partial=True))
    referral.refresh_from_db()
    assert referral.state == ReferralState.ACKNOWLEDGED  # a partial answer keeps it waiting
    for act in (
        lambda: incoming.assign(letter=row, referral=referral, by=operator1),
        lambda: incoming.put_back(letter=row, by=operator1),
        lambda: incoming.answer(letter=row, by=operator1, words=Words("Lagi.")),
    ):
        with pytest.raises(IncomingError, match="sudah tercatat"):
            act()


def test_set_aside_with_a_reason_and_taken_back(operator1: User, referral: Referral) -> None:
    row = incoming.record(entry=entry(), by=operator1)
    with pytest.raises(IncomingError):
        incoming.ignore(letter=row, by=operator1, why="  ")
    incoming.ignore(letter=row, by=operator1, why="undangan rapat")
    row.refresh_from_db()
    assert row.remark == "undangan rapat"
    incoming.put_back(letter=row, by=operator1)
    incoming.assign(letter=row, referral=referral, by=operator1)
    with pytest.raises(IncomingError, match="sudah terhubung"):
        incoming.ignore(letter=row, by=operator1, why="x")
    incoming.put_back(letter=row, by=operator1)
    row.refresh_from_db()
    assert (row.referral, row.answers_letter, row.remark) == (None, None, "")


def test_a_letter_that_was_never_sent_cannot_be_answered(
    make_item: MakeItem, operator1: User, pdam: Division
) -> None:
    waiting = drafted(make_item(), operator1, pdam).referral
    row = incoming.record(entry=entry(), by=operator1)
    with pytest.raises(IncomingError, match="belum dikirim"):
        incoming.assign(letter=row, referral=waiting, by=operator1)


def test_disposition_keeps_who_and_when(operator1: User, head: User) -> None:
    row = incoming.record(entry=entry(), by=operator1)
    with pytest.raises(IncomingError):
        incoming.dispose(letter=row, by=head, to=" \n", asks=["proses"])
    incoming.dispose(
        letter=row, by=head, to="Kasubbid Penmas\nPaur", asks=["proses", "", "proses", "buat rilis"],
        note="Segera.",
    )  # fmt: skip
    row.refresh_from_db()
    assert row.disposition_to == "Kasubbid Penmas, Paur"
    assert row.disposition_asks == ["proses", "buat rilis"]
    assert (row.disposed_by, row.disposed_at is not None) == (head, True)
    incoming.follow_up(letter=row, by=operator1, text="Rilis terbit.")
    row.refresh_from_db()
    assert row.follow_up == "Rilis terbit."


def test_only_the_desk_writes(pdam_officer: User, operator1: User, referral: Referral) -> None:
    row = incoming.record(entry=entry(), by=operator1)
    acts: list[Callable[[], object]] = [
        lambda: incoming.record(entry=entry(number="2"), by=pdam_officer),
        lambda: incoming.assign(letter=row, referral=referral, by=pdam_officer),
        lambda: incoming.answer(letter=row, by=pdam_officer, words=Words("x")),
        lambda: incoming.ignore(letter=row, by=pdam_officer, why="x"),
        lambda: incoming.put_back(letter=row, by=pdam_officer),
        lambda: incoming.dispose(letter=row, by=pdam_officer, to="x", asks=[]),
        lambda: incoming.follow_up(letter=row, by=pdam_officer, text="x"),
    ]
    for act in acts:
        with pytest.raises(PermissionError):
            act()
    assert book() == [1]


def test_a_number_outside_a_transaction_is_a_mistake() -> None:
    if connection.in_atomic_block:  # the test's own transaction: leave it for a moment
        connection.in_atomic_block = False
        try:
            with pytest.raises(RuntimeError):
                incoming.number(year=2026)
        finally:
            connection.in_atomic_block = True
