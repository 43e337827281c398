"""Letter numbers: unique and gapless per register and year, whoever approves at once (I6)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.db import connection, transaction

from accounts.models import Division, Office, User
from inbox import claims
from inbox.models import Item
from referrals import letters, registers
from referrals.models import Letter, LetterState, RegisterYear
from tickets import cases


@pytest.fixture
def submitted(
    make_item: Callable[..., Item], operator1: User, head: User, lantas: Division
) -> Callable[[], Letter]:
    """`submitted()`: a new letter that waits for the head."""

    def make() -> Letter:
        item = make_item(text="BPKB belum jadi")
        held = claims.take(item=item, by=operator1)
        ticket = cases.open_ticket(
            item=item, by=operator1, fence=held.fence, title="BPKB", summary="BPKB belum terbit."
        )
        letter = letters.draft(ticket=ticket, division=lantas, by=operator1, fence=ticket.fence)
        letters.submit(letter=letter, by=operator1, fence=ticket.fence)
        return letter

    return make


@pytest.mark.django_db(transaction=True)
def test_approvals_at_once_leave_no_gap_and_no_double(
    submitted: Callable[[], Letter], head: User
) -> None:
    waiting = [submitted() for _ in range(12)]

    def approve(letter: Letter) -> None:
        try:
            letters.approve(letter=letter, by=head)
        finally:
            connection.close()

    def fail(letter: Letter) -> None:
        try:
            with transaction.atomic():
                registers.number(letter, on=date.today())  # noqa: DTZ011  any day of this year
                transaction.set_rollback(True)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        jobs = [pool.submit(approve, letter) for letter in waiting]
        jobs += [pool.submit(fail, letter) for letter in waiting]
        for job in jobs:
            job.result(30)

    given = Letter.objects.order_by("running").values_list("running", flat=True)
    assert list(given) == list(range(1, 13))
    assert RegisterYear.objects.get().last == 12
    assert Letter.objects.filter(state=LetterState.SENT, copy__isnull=False).count() == 12


@pytest.mark.django_db
def test_a_letter_is_approved_once(submitted: Callable[[], Letter], head: User) -> None:
    letter = submitted()
    number = letters.approve(letter=letter, by=head).number

    with pytest.raises(letters.LetterError, match="Terkirim"):
        letters.approve(letter=letter, by=head)

    assert Letter.objects.get().number == number


@pytest.mark.django_db
def test_a_void_letter_keeps_its_number(submitted: Callable[[], Letter], head: User) -> None:
    first, second = submitted(), submitted()
    letters.approve(letter=first, by=head)

    letters.void(letter=first, by=head, why="salah alamat")

    assert letters.approve(letter=second, by=head).running == 2
    first.refresh_from_db()
    assert (first.state, first.running) == (LetterState.VOID, 1)


@pytest.mark.django_db
def test_an_operator_cannot_approve(submitted: Callable[[], Letter], operator1: User) -> None:
    with pytest.raises(PermissionError):
        letters.approve(letter=submitted(), by=operator1)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "pattern", "number"),
    [
        ("nota_dinas", "B/ND-{n}/{roman}/HUM./{yyyy}/Bidhumas", "B/ND-127/VII/HUM./2026/Bidhumas"),
        ("surat", "400.14/{n}/HUMPRO", "400.14/127/HUMPRO"),
        ("surat", "B-{n}/{mm}/{yyyy}", "B-127/07/2026"),
    ],
)
def test_the_pattern_of_the_office(office: Office, kind: str, pattern: str, number: str) -> None:
    Office.objects.update(**{f"{kind}_pattern": pattern})
    assert registers.compose(kind, 127, date(2026, 7, 15)) == number


@pytest.mark.django_db
def test_the_stored_bytes_never_change(submitted: Callable[[], Letter], head: User) -> None:
    letter = letters.approve(letter=submitted(), by=head)

    with pytest.raises(Exception, match="Cannot"), transaction.atomic():
        letter.copy.delete()
    with pytest.raises(Exception, match="Cannot"), transaction.atomic():
        letter.copy.save()
