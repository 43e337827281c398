"""Divisions: making, changing, renaming, moving, switching off, and the ways to reach them. The doors for writes.

What a division is called changes; what it was called is kept with the day it ended, since old letters and
citizens go on saying it. Nothing here knows referrals: a division that is switched off is no longer offered,
what was referred to it goes on.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from accounts import clock, journal
from accounts.models import Division, DivisionContact, Office, User
from accounts.models_division import DivisionName

journal.register(
    {
        "division_made": _("membuat divisi"),
        "division_changed": _("mengubah divisi"),
        "division_renamed": _("mengganti nama divisi"),
        "division_moved": _("memindahkan divisi"),
        "division_off": _("menonaktifkan divisi"),
        "division_on": _("mengaktifkan lagi divisi"),
        "contact_added": _("menambah kontak"),
        "contact_changed": _("mengubah kontak"),
        "contact_verified": _("memverifikasi kontak"),
        "contact_removed": _("menghapus kontak"),
    }
)

#: What a person may set; the code stays, since imports and suggestions know the division by it.
FIELDS = (
    "name", "letter_kind", "addressee", "attention", "salutation", "place", "address", "asks",
    "answer_days", "dispatch_by", "works_saturday", "words", "parent",
)  # fmt: skip
STALE = timedelta(days=180)  # a contact nobody checked for so long may be dead (domain.md §3.2)


class UnderItself(Exception):
    """A unit cannot stand under itself, nor under one of its own units."""


class CodeTaken(Exception):
    """Another division has this code."""


def _lock_tree() -> None:
    """One change of the tree at a time: two moves that are sound alone could close a circle together."""
    Office.objects.select_for_update().get(pk=Office.current().pk)


def free_code(name: str) -> str:
    """A code for a division called `name` that nobody has yet, e.g. “Dinas Pasar” → "dinas-pasar-2"."""
    base = slugify(name)[:34].strip("-") or "divisi"
    taken = set(Division.objects.filter(code__startswith=base).values_list("code", flat=True))
    if base not in taken:
        return base
    return next(code for n in range(2, len(taken) + 3) if (code := f"{base}-{n}") not in taken)


def create(*, code: str = "", values: Mapping[str, Any], by: User | None) -> Division:
    """A new division with `values` (keys of FIELDS); without `code` one is made of the name. Raises CodeTaken."""
    with transaction.atomic():
        _lock_tree()
        code = code or free_code(values["name"])
        if Division.objects.filter(code=code).exists():
            raise CodeTaken(code)
        division = Division.objects.create(code=code, **_known(values))
        journal.record("division_made", subject=division, by=by, code=code)
    return division


def change(*, division: Division, values: Mapping[str, Any], by: User | None) -> list[str]:
    """Set `values` (keys of FIELDS, others stay). Returns the names of the fields that really changed.

    Raises UnderItself.

    1. Lock the tree, then the row.  2. See what differs.  3. Refuse a circle.  4. Keep the former name.
    5. Save, and journal before and after.
    """
    with transaction.atomic():
        _lock_tree()
        row = Division.objects.select_for_update().get(pk=division.pk)
        before = {name: getattr(row, name) for name in FIELDS}
        changed = [name for name, value in _known(values).items() if before[name] != value]
        if not changed:
            return []
        if "parent" in changed and _circle(row, values["parent"]):
            raise UnderItself
        if {"name", "addressee"} & set(changed):
            DivisionName.objects.create(division=row, name=row.name, addressee=row.addressee)
        for name in changed:
            setattr(row, name, values[name])
        row.save(update_fields=changed)
        told = {name: [_plain(before[name]), _plain(values[name])] for name in changed}
        journal.record(_verb(changed), subject=row, by=by, **told)
    division.refresh_from_db()
    return changed


def rename(*, division: Division, name: str, addressee: str, by: User | None) -> None:
    """A new name; the former one is kept with the day it ended, and is still found."""
    change(division=division, values={"name": name, "addressee": addressee}, by=by)


def _verb(changed: list[str]) -> str:
    if {"name", "addressee"} & set(changed):
        return "division_renamed"
    return "division_moved" if changed == ["parent"] else "division_changed"


def _known(values: Mapping[str, Any]) -> dict[str, Any]:
    """Raises KeyError for a field nobody may set: a programming error."""
    for name in values:
        if name not in FIELDS:
            raise KeyError(name)
    return dict(values)


def _plain(value: Any) -> Any:
    return value.code if isinstance(value, Division) else value


def _circle(row: Division, parent: Division | None) -> bool:
    """Whether `row` would stand under itself if `parent` were above it."""
    above = dict(Division.objects.values_list("pk", "parent_id"))
    at, steps = parent.pk if parent else None, 0
    while at is not None and steps <= len(above):
        if at == row.pk:
            return True
        at, steps = above.get(at), steps + 1
    return at is not None


def beneath(division: Division) -> set[int]:
    """Primary keys of `division` and every unit under it: none of them can stand above it."""
    below: dict[int, list[int]] = {}
    for pk, parent in Division.objects.exclude(parent=None).values_list("pk", "parent_id"):
        below.setdefault(parent, []).append(pk)
    found, left = {division.pk}, [division.pk]
    while left:
        fresh = [pk for pk in below.get(left.pop(), ()) if pk not in found]
        found |= set(fresh)
        left += fresh
    return found


def switch(*, division: Division, on: bool, by: User | None) -> bool:
    """Offer this division when somebody refers, or no longer. Returns whether that changed anything.

    What was referred to it, its officers and its units stay as they are.
    """
    with transaction.atomic():
        changed = Division.objects.filter(pk=division.pk, is_active=not on).update(is_active=on)
        if changed:
            journal.record("division_on" if on else "division_off", subject=division, by=by)
    division.refresh_from_db()
    return bool(changed)


def needs_check(contact: DivisionContact, *, now: datetime) -> bool:
    """Whether nobody ever checked this contact, or not for 180 days."""
    return contact.verified_at is None or now - contact.verified_at > STALE


def add_contact(
    *,
    division: Division,
    kind: str,
    value: str,
    person: str = "",
    verified: bool = False,
    by: User | None,
) -> DivisionContact:
    """A way to reach `division`; `verified`: `by` has just tried it. The journal names it by number only."""
    with transaction.atomic():
        contact = DivisionContact.objects.create(
            division=division, kind=kind, value=value, person=person, **_checked(verified, by)
        )
        _record(contact, "contact_added", by)
    return contact


def change_contact(
    *,
    contact: DivisionContact,
    kind: str,
    value: str,
    person: str,
    verified: bool = False,
    by: User | None,
) -> None:
    """Correct a contact. Another number or kind has to be verified anew."""
    with transaction.atomic():
        row = DivisionContact.objects.select_for_update().get(pk=contact.pk)
        if verified or (kind, value) != (row.kind, row.value):
            for name, told in _checked(verified, by).items():
                setattr(row, name, told)
        row.kind, row.value, row.person = kind, value, person
        row.save()
        _record(row, "contact_changed", by)


def verify_contact(*, contact: DivisionContact, by: User) -> None:
    """`by` has just reached the division this way."""
    with transaction.atomic():
        DivisionContact.objects.filter(pk=contact.pk).update(
            verified_at=clock.now(), verified_by=by
        )
        _record(contact, "contact_verified", by)


def remove_contact(*, contact: DivisionContact, by: User) -> None:
    """This way leads nowhere any more."""
    with transaction.atomic():
        _record(contact, "contact_removed", by)
        contact.delete()


def _checked(verified: bool, by: User | None) -> dict[str, Any]:  # noqa: FBT001
    if not verified:
        return {"verified_at": None, "verified_by": None}
    return {"verified_at": clock.now(), "verified_by": by}


def _record(contact: DivisionContact, verb: str, by: User | None) -> None:
    journal.record(verb, subject=contact.division, by=by, contact=contact.pk, kind=contact.kind)
