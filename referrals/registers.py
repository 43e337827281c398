"""The numbered books of letters: one register per kind and year, unique and gapless (I6; domain.md §2.2–2.4)."""

from datetime import date

from django.db import connection
from django.db.models import F

from accounts.models import LetterKind, Office
from referrals.models import Letter, RegisterYear
from referrals.typeset import roman_month


def number(letter: Letter, *, on: date) -> None:
    """Give `letter` the next number of its register, dated `on`. Saves nothing but the register.

    Must run in the approval's transaction (raises RuntimeError otherwise): the counter row stays
    locked until it commits, so a rolled-back approval leaves no gap and two approvals queue up.
    """
    if not connection.in_atomic_block:
        msg = "registers.number outside the approval's transaction"
        raise RuntimeError(msg)
    RegisterYear.objects.get_or_create(kind=letter.kind, year=on.year)
    book = RegisterYear.objects.filter(kind=letter.kind, year=on.year)
    book.update(last=F("last") + 1)
    letter.year, letter.running = on.year, book.values_list("last", flat=True).get()
    letter.dated = on
    letter.number = compose(letter.kind, letter.running, on)


def compose(kind: str, running: int, on: date) -> str:
    """The number as printed, by the office's pattern for this kind (tokens: Office.nota_dinas_pattern)."""
    office = Office.current()
    pattern = office.nota_dinas_pattern if kind == LetterKind.NOTA_DINAS else office.surat_pattern
    tokens = {
        "n": running,
        "roman": roman_month(on.month),
        "mm": f"{on.month:02d}",
        "yyyy": on.year,
    }
    for token, value in tokens.items():
        pattern = pattern.replace("{" + token + "}", str(value))
    return pattern
