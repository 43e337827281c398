"""Letter numbers: unique and gapless per register and year, whoever approves at once (I6)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
from django.db import connection, transaction

from accounts.models import Division, User
from inbox import claims
from inbox.models import Item
from referrals import letters, registers
from referrals.models import (
    ArchiveCode,
    Letter,
    LetterForm,
    LetterState,
    RegisterYear,
    Signer,
)
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


JULY = date(2026, 7, 15)


def form_of(pattern: str, **fields: Any) -> LetterForm:
    return LetterForm(kind="nota_dinas", pattern=pattern, **fields)


def composed(form: LetterForm, *, running: str = "127", on: date = JULY, **fields: Any) -> str:
    letter = Letter(kind=form.kind, **fields)
    return registers.compose(letter, running=running, on=on, form=form)


POLRI_ND = "{sifat}/ND-{n}/{roman}/{kka}/{yyyy}/{unit}"
POLRI = "{sifat}/{n}/{roman}/{kka}/{yyyy}/{unit}"
HUM, CITY = ArchiveCode(code="HUM."), ArchiveCode(code="400.14")
KAPOLDA = Signer(label="Kapolda", lines="KEPALA", omits_unit=True)
KABID = Signer(label="Kabidhumas", lines="KEPALA BIDANG", omits_unit=False)


@pytest.mark.parametrize(
    ("form", "number"),
    [
        # domain.md §2.2: worked example A, and the same with parts that an office may not have
        (form_of(POLRI_ND, kka=HUM, unit_code="Bidhumas"), "B/ND-127/VII/HUM./2026/Bidhumas"),
        (form_of(POLRI_ND, kka=HUM), "B/ND-127/VII/HUM./2026"),
        (form_of(POLRI_ND, unit_code="Bidhumas"), "B/ND-127/VII/2026/Bidhumas"),
        (form_of(POLRI, kka=HUM, unit_code="Bidhumas"), "B/127/VII/HUM./2026/Bidhumas"),
        # the unit code is left out where a Kapolda, Kapolres … signs (or the deputy)
        (form_of(POLRI, kka=HUM, unit_code="Setum", signer=KAPOLDA), "B/127/VII/HUM./2026"),
        (form_of(POLRI, kka=HUM, unit_code="Setum", signer=KABID), "B/127/VII/HUM./2026/Setum"),
        # seen in Kepri: KKA before the month
        (form_of("B/ND-{n}/{kka}/{roman}/{yyyy}/{unit}", kka=HUM, unit_code="Bidhumas"),
         "B/ND-127/HUM./VII/2026/Bidhumas"),
        # domain.md §2.3: worked example B, the older habit, and the ANRI style
        (form_of("{kka}/{n}/{unit}", kka=CITY, unit_code="HUMPRO"), "400.14/127/HUMPRO"),
        (form_of("{kka}/{n}/{unit}", unit_code="HUMPRO"), "127/HUMPRO"),
        (form_of("{kka}/{n}/{unit}/{roman}/{yyyy}", kka=CITY, unit_code="DISDIK"),
         "400.14/127/DISDIK/VII/2026"),
        (form_of("B-{n}/SES/{kka}/{mm}/{yyyy}", kka=CITY), "B-127/SES/400.14/07/2026"),
        (form_of("{n}-{mm}-{yy}"), "127-07-26"),
        # a value that looks like a token stays as it is
        (form_of("{n}/{unit}", unit_code="{yyyy}"), "127/{yyyy}"),
    ],
)  # fmt: skip
def test_the_pattern_of_the_form(form: LetterForm, number: str) -> None:
    assert composed(form) == number


def test_the_letters_own_choices_win_over_the_forms() -> None:
    form = form_of(POLRI_ND, kka=HUM, unit_code="Bidhumas", signer=KABID)
    secret = composed(form, kka=ArchiveCode(code="WAS.2."), signer=KAPOLDA, secrecy="R")
    assert secret == "R/ND-127/VII/WAS.2./2026"
    assert composed(form, secrecy="SR") == "SR/ND-127/VII/HUM./2026/Bidhumas"
    assert composed(form, running="127.a") == "B/ND-127.a/VII/HUM./2026/Bidhumas"


def test_an_anri_number_of_2012() -> None:
    form = form_of("B-{n}/{unit}/{kka}/{mm}/{yyyy}", kka=ArchiveCode(code="KKA"), unit_code="SES")
    assert composed(form, running="235", on=date(2012, 6, 8)) == "B-235/SES/KKA/06/2012"


@pytest.mark.parametrize("month", range(1, 13))
def test_every_month_in_both_styles(month: int) -> None:
    roman = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"][month - 1]
    on = date(2026, month, 1)
    assert composed(form_of("{n}/{roman}/{mm}/{yy}"), on=on) == f"127/{roman}/{month:02d}/26"


@pytest.mark.django_db
def test_a_letter_is_numbered_by_the_saved_form(
    submitted: Callable[[], Letter], head: User
) -> None:
    LetterForm.objects.filter(kind="nota_dinas").update(pattern="{n}/{unit}", unit_code="Humas")
    assert letters.approve(letter=submitted(), by=head).number == "1/Humas"


@pytest.mark.django_db
def test_the_stored_bytes_never_change(submitted: Callable[[], Letter], head: User) -> None:
    letter = letters.approve(letter=submitted(), by=head)

    with pytest.raises(Exception, match="Cannot"), transaction.atomic():
        letter.copy.delete()
    with pytest.raises(Exception, match="Cannot"), transaction.atomic():
        letter.copy.save()
