"""An entry of the incoming book is put right with a reason, or taken back; its number stays in either case."""

from datetime import date, timedelta

import pytest
from django.test import Client

from accounts import journal
from accounts.models import Division, JournalEntry, Office, User
from referrals import correcting, incoming, queries_register
from referrals.correcting import Right
from referrals.incoming import Entry, IncomingError, Words
from referrals.models import Answer, IncomingLetter, Referral, Via
from referrals.queries_register import Asked
from tests.cast import MakeItem
from tests.referrals.incoming_desk import sent
from tickets.models import Ticket
from tickets.words import today

pytestmark = pytest.mark.django_db


@pytest.fixture
def came(office: Office, operator1: User) -> IncomingLetter:
    entry = Entry(
        received_on=today(), sender="Perumda Tirta", subject="Perbaikan pipa", number="7/PTMB"
    )
    return incoming.record(entry=entry, by=operator1)


@pytest.fixture
def referral(make_item: MakeItem, operator1: User, pdam: Division, head: User) -> Referral:
    return sent(make_item, operator1, pdam, head)


def right(row: IncomingLetter, **other: object) -> Right:
    told = {name: getattr(row, name) for name in correcting.LABELS} | other
    return Right(**told)


def entries(row: IncomingLetter, verb: str) -> list[JournalEntry]:
    return list(JournalEntry.objects.filter(subject=journal.subject_of(row), verb=verb))


def test_what_was_wrong_reads_right_and_the_journal_keeps_both(
    came: IncomingLetter, operator2: User, pdam: Division
) -> None:
    dated = today() - timedelta(days=1)
    wanted = right(came, number=" 8/PTMB  ", sender="PDAM", division=pdam, dated=dated)
    changed = correcting.correct(letter=came, right=wanted, by=operator2, why="salah ketik")
    assert set(changed) == {"number", "sender", "division", "dated"}
    row = IncomingLetter.objects.get(pk=came.pk)
    assert (row.number, row.sender, row.division, row.dated) == ("8/PTMB", "PDAM", pdam, dated)
    assert (row.running, row.year) == (came.running, came.year)
    (entry,) = entries(came, "incoming_corrected")
    assert entry.actor == operator2
    assert entry.data["why"] == "salah ketik"
    assert entry.data["before"] == {
        "number": "7/PTMB", "sender": "Perumda Tirta", "division": None, "dated": None,
    }  # fmt: skip
    assert entry.data["after"]["division"] == pdam.pk
    assert entry.data["after"]["dated"] == dated.isoformat()
    (told,) = correcting.history(came)
    assert ("Nomor surat", "7/PTMB", "8/PTMB") in [
        (one.label, one.before, one.after) for one in told.differences
    ]
    assert ("Divisi", "–", pdam.name) in [
        (one.label, one.before, one.after) for one in told.differences
    ]


def test_nothing_changed_leaves_no_trace(came: IncomingLetter, operator1: User) -> None:
    assert correcting.correct(letter=came, right=right(came), by=operator1, why="periksa") == []
    assert entries(came, "incoming_corrected") == []


@pytest.mark.parametrize(
    ("other", "why", "says"),
    [
        ({}, " ", "Tulis alasan ralatnya."),
        ({"sender": " "}, "x", "Tulis asal suratnya"),
        ({"received_on": today() + timedelta(days=1)}, "x", "belum terjadi"),
        ({"received_on": date(2001, 1, 1)}, "x", "milik buku tahun"),
        ({"dated": today() + timedelta(days=3)}, "x", "sesudah tanggal terima"),
    ],
)
def test_what_cannot_be_is_refused(
    came: IncomingLetter, operator1: User, other: dict[str, object], why: str, says: str
) -> None:
    with pytest.raises(IncomingError, match=says):
        correcting.correct(letter=came, right=right(came, **other), by=operator1, why=why)
    came.refresh_from_db()
    assert came.sender == "Perumda Tirta"


def test_the_answer_that_was_recorded_from_it_follows(
    referral: Referral, operator1: User, pdam: Division
) -> None:
    entry = Entry(received_on=today(), division=pdam, subject="Jawaban", number="1/A", via=Via.SCAN)
    row = incoming.record(entry=entry, by=operator1, referral=referral, words=Words("Sudah."))
    wanted = right(row, number="1/B", sender="Direksi PDAM")
    correcting.correct(letter=row, right=wanted, by=operator1, why="salah baca")
    given = Answer.objects.get(incoming=row)
    assert (given.letter_number, given.said_by) == ("1/B", "Direksi PDAM")
    with pytest.raises(IncomingError, match="sudah tercatat"):
        correcting.void(letter=row, by=operator1, why="keliru")


def test_a_void_entry_keeps_its_number_and_nothing_more_happens_to_it(
    came: IncomingLetter, operator1: User, referral: Referral
) -> None:
    correcting.void(letter=came, by=operator1, why="tercatat dua kali")
    row = IncomingLetter.objects.get(pk=came.pk)
    assert row.remark == "tercatat dua kali"
    (line,) = queries_register.incoming_page(operator1, Asked(came.year), before=None).rows
    assert (line.agenda, line.void, line.placed) == (came.running, True, True)
    acts = (
        lambda: incoming.assign(letter=row, referral=referral, by=operator1),
        lambda: incoming.put_back(letter=row, by=operator1),
        lambda: incoming.dispose(letter=row, by=operator1, to="Kasubbid", asks=[]),
        lambda: incoming.follow_up(letter=row, by=operator1, text="x"),
        lambda: correcting.correct(letter=row, right=right(row), by=operator1, why="x"),
        lambda: correcting.void(letter=row, by=operator1, why="lagi"),
    )
    for act in acts:
        with pytest.raises(IncomingError, match="sudah dibatalkan"):
            act()
    again = Entry(
        received_on=today(), sender="Perumda Tirta", subject="Perbaikan pipa", number="7/PTMB"
    )
    assert incoming.record(entry=again, by=operator1).running == came.running + 1  # no twin of it


def test_from_the_book_to_a_correction_and_back(
    came: IncomingLetter, operator1_client: Client
) -> None:
    at = f"/agenda/masuk/{came.pk}/"
    assert f"{at}ralat/" in operator1_client.get(at).content.decode()
    page = operator1_client.get(f"{at}ralat/").content.decode()
    assert "Perumda Tirta" in page
    typed = {
        "received_on": today().isoformat(), "via": "scan", "sender": "Perumda Tirta Manuntung",
        "number": "7/PTMB", "subject": "Perbaikan pipa",
    }  # fmt: skip
    refused = operator1_client.post(f"{at}ralat/", typed)
    assert refused.status_code == 422
    assert "Tulis alasan ralatnya." in refused.content.decode()
    done = operator1_client.post(f"{at}ralat/", typed | {"why": "nama kurang lengkap"}, follow=True)
    told = done.content.decode()
    assert "Riwayat ralat" in told
    assert "nama kurang lengkap" in told
    assert "<del>Perumda Tirta</del>" in told
    assert operator1_client.post(f"{at}batal/", {"text": " "}).status_code == 422
    over = operator1_client.post(f"{at}batal/", {"text": "keliru"}, follow=True).content.decode()
    assert "Nomor agenda ini dibatalkan.</strong> keliru" in over
    assert f"{at}ralat/" not in over
    assert operator1_client.get(f"{at}ralat/").status_code == 302
    book = operator1_client.get("/agenda/masuk/").content.decode()
    assert 'class="void"' in book


def test_restricted_letters_are_their_readers_alone(
    referral: Referral, operator1: User, operator2: User, operator2_client: Client,
    lantas_officer: User,
) -> None:  # fmt: skip
    entry = Entry(received_on=today(), sender="PDAM", subject="Jawaban")
    row = incoming.record(entry=entry, by=operator1, referral=referral)
    Ticket.objects.update(restricted=True)
    for address in ("ralat", "batal"):
        path = f"/agenda/masuk/{row.pk}/{address}/"
        assert operator2_client.post(path, {"text": "x"}).status_code == 404
    for person in (operator2, lantas_officer):
        with pytest.raises(PermissionError):
            correcting.void(letter=row, by=person, why="x")
        with pytest.raises(PermissionError):
            correcting.correct(letter=row, right=right(row), by=person, why="x")
