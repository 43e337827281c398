"""The numbered books of letters: one register per kind and year, unique and gapless (I6; domain.md §2.2–2.4)."""

from datetime import date
from string import ascii_lowercase

from django.db import connection
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from referrals import letter_forms, patterns
from referrals.models import Letter, LetterForm, RegisterYear
from referrals.typeset import roman_month


class NumberError(Exception):
    """A number cannot be given; `str()` is the sentence for the screen."""


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
    _name(letter, running=str(letter.running), on=on)


def insert(letter: Letter, *, after: int, year: int, why: str) -> None:
    """Give `letter` a number put in later ("127.a", 127.b, …) behind the running number `after`, dated as
    that letter is: back-dated numbers exist in practice and must show as such (domain.md §2.4).

    Inside the approval's transaction, under the same lock as `number`. Raises NumberError.
    """
    if not connection.in_atomic_block:
        msg = "registers.insert outside the approval's transaction"
        raise RuntimeError(msg)
    if not why.strip():
        raise NumberError(_("Tulis alasan memakai nomor sisipan."))
    RegisterYear.objects.select_for_update().filter(kind=letter.kind, year=year).first()
    before = Letter.objects.filter(kind=letter.kind, year=year, running=after, inserted="").first()
    if before is None or before.dated is None:
        raise NumberError(
            _("Nomor %(n)s belum ada di buku agenda tahun %(year)s.") % {"n": after, "year": year}
        )
    used = Letter.objects.filter(kind=letter.kind, year=year, running=after).exclude(inserted="")
    place = used.count()
    if place >= len(ascii_lowercase):
        raise NumberError(_("Nomor sisipan di belakang nomor ini sudah habis."))
    letter.year, letter.running, letter.inserted = year, after, ascii_lowercase[place]
    letter.inserted_why, letter.dated = why.strip()[:200], before.dated
    _name(letter, running=f"{after}.{letter.inserted}", on=before.dated)


def _name(letter: Letter, *, running: str, on: date) -> None:
    """The number as printed; the archive code in it stays with the letter, whatever its form says later:
    the book has a column of it (domain.md §2.4)."""
    form = letter_forms.current(letter.kind)
    letter.kka = letter.kka or form.kka
    letter.number = compose(letter, running=running, on=on, form=form)


def compose(letter: Letter, *, running: str, on: date, form: LetterForm | None = None) -> str:
    """The number as printed, by the form of the letter's kind (tokens: patterns.TOKENS). `running` is the
    running number with its insertion ("127.a"); `form` stands in for the saved one where settings are tried.

    The unit code is left out where the signer's office is the unit itself (domain.md §2.2).
    """
    form = form or letter_forms.current(letter.kind)
    signer, kka = letter.signer or form.signer, letter.kka or form.kka
    unit = "" if signer and signer.omits_unit else form.unit_code
    tokens = {
        "n": running,
        "sifat": letter.secrecy,
        "roman": roman_month(on.month),
        "mm": f"{on.month:02d}",
        "yyyy": str(on.year),
        "yy": f"{on.year % 100:02d}",
        "kka": kka.code if kka else "",
        "unit": unit,
    }
    return patterns.fill(form.pattern, tokens)
