"""The lists of divisions Sahut ships with, and the words by which citizens call their matters (domain.md §3.2).

A starting point, chosen at first run: an office keeps, renames or adds divisions on the screen. Words are
lower case; where several divisions fit, the longest phrase found in the text wins (domain.md §3.3: “mati
lampu” is not “lampu jalan mati”). Which letter goes where follows domain.md §2.1 (the lists say how).
"""

from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import journal
from accounts.catalogue_city import CITY, LOCAL, OTHERS, OWN_CITY, SETDA
from accounts.catalogue_police import POLDA, POLICE_OUTSIDE, POLRES
from accounts.catalogue_shipped import Names, Shipped
from accounts.models import Division, DivisionContact, LetterKind, Office, User

journal.register({"divisions_shipped": _("memasang daftar divisi siap pakai")})


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A list for one kind of office; `needs` are the fields of Names it cannot do without."""

    key: str
    label: str | Promise
    rows: tuple[Shipped, ...]
    needs: tuple[str, ...]
    style: str  # Office.style: the form of letters such an office uses
    example: str  # code of the division whose addressee is shown while the names are typed


CATALOGUES = {
    one.key: one
    for one in (
        Catalogue("polda", _("Polda"), POLDA + CITY + OTHERS, ("polda", "polres", "region"), "polri", "lantas"),
        Catalogue("polres", _("Polres"), POLRES + CITY + OTHERS, ("polres", "polda", "region"), "polri", "lantas"),
        Catalogue("pemkot", _("Pemkot atau Pemkab"), SETDA + OWN_CITY + OTHERS + POLICE_OUTSIDE,
                  ("region", "province", "polres"), "pemda", "pu"),
    )
}  # fmt: skip


def shipped(catalogue: str, names: Names) -> list[Shipped]:
    """The rows of `catalogue` with every placeholder filled from `names`. Raises KeyError (no such list)."""
    filling, local = names.filling(), LOCAL.get(names.city, {})
    rows = []
    for row in CATALOGUES[catalogue].rows:
        changed: dict[str, Any] = {
            field: getattr(row, field).format(**filling)
            for field in ("name", "addressee", "attention", "place")
        }
        if row.kind == LetterKind.NOTA_DINAS:
            changed["place"] = ""
        rows.append(replace(row, **changed | local.get(row.code, {})))
    return rows


def example(catalogue: str, names: Names) -> Shipped:
    """One row of `catalogue` as a letter would address it, to look at while the names are typed."""
    code = CATALOGUES[catalogue].example
    return next(row for row in shipped(catalogue, names) if row.code == code)


def make_divisions(*, catalogue: str, names: Names, by: User | None = None) -> int:
    """Make the divisions of `catalogue` that are not there yet; what the office changed stays.

    Returns how many were made. Raises KeyError when there is no such list.

    1. Lock the office: two runs at once queue up here.  2. Units above before units below.
    3. Their contacts for citizens, unverified.  4. Journal.
    """
    rows = shipped(catalogue, names)
    with transaction.atomic():
        office = Office.objects.select_for_update().get(pk=Office.current().pk)
        known = dict(Division.objects.values_list("code", "pk"))
        missing = [row for row in rows if row.code not in known]
        made = 0
        for above in (True, False):
            batch = [row for row in missing if (row.parent == "") is above]
            created = Division.objects.bulk_create(_division(row, known) for row in batch)
            known |= {division.code: division.pk for division in created}
            made += len(created)
        DivisionContact.objects.bulk_create(
            DivisionContact(division_id=known[row.code], kind=kind, value=value)
            for row in missing
            for kind, _space, value in (told.partition(" ") for told in row.contacts)
        )
        if made:
            journal.record("divisions_shipped", subject=office, by=by, list=catalogue, made=made)
    return made


def _division(row: Shipped, known: dict[str, int]) -> Division:
    return Division(
        code=row.code,
        name=row.name,
        parent_id=known.get(row.parent),
        addressee=row.addressee,
        attention=row.attention,
        salutation=row.salutation,
        letter_kind=row.kind,
        place=row.place,
        asks=row.asks,
        words=row.word_list(),
    )
