"""Import of divisions and their officers: first what would happen, then all of it or nothing.

Divisions are known by their code, officers by their e-mail address. An empty cell changes nothing, so a file
with three columns corrects those three; the same file twice does nothing the second time.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import division_cells as cells
from accounts import divisions, journal, people
from accounts.division_cells import Problem
from accounts.division_csv import Row, Table
from accounts.models import Division, DivisionContact, Office, Role, User

journal.register({"divisions_imported": gettext_lazy("mengimpor divisi dan petugas")})

TOP = "-"  # in the column di_bawah: stands under nothing


@dataclass(slots=True)
class Officer:
    """An officer of a line: new, or there already with what differs (field → [before, after])."""

    line: int
    values: dict[str, str]
    known: int | None = None
    changes: dict[str, list[str]] = field(default_factory=dict)


@dataclass(slots=True)
class Unit:
    """A division of the file; `changes` is empty where it is new or nothing differs."""

    line: int
    code: str
    known: int | None = None
    name: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    parent: str | None = None  # a code, "-" for the top, None: left as it is
    changes: dict[str, list[Any]] = field(default_factory=dict)
    contacts: list[tuple[str, str]] = field(default_factory=list)
    officers: list[Officer] = field(default_factory=list)
    depth: int = 0

    @property
    def touched(self) -> bool:
        """Whether anything at all would be written."""
        return bool(self.known is None or self.changes or self.contacts or self.people)

    @property
    def people(self) -> list[Officer]:
        """The officers that are new or change."""
        return [one for one in self.officers if one.known is None or one.changes]


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import would do; with `problems` it does nothing. `digest` says whether it is still the same."""

    units: tuple[Unit, ...]
    problems: tuple[Problem, ...]
    digest: str

    def count(self) -> dict[str, int]:
        """How many divisions and officers are new, change, stay."""
        people = [one for unit in self.units for one in unit.officers]
        return {
            "new": sum(unit.known is None for unit in self.units),
            "changed": sum(unit.known is not None and bool(unit.changes) for unit in self.units),
            "contacts": sum(len(unit.contacts) for unit in self.units),
            "officers": sum(one.known is None for one in people),
            "officers_changed": sum(bool(one.changes) for one in people),
            "writes": sum(unit.touched for unit in self.units),
        }


class Refused(Exception):
    """The plan has problems, or is no longer the one that was shown. Holds the present one."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan


class _Planner:
    """Reads the rows one by one against what is in the database; collects every problem, not only the first."""

    def __init__(self) -> None:
        self.known = {row.code: row for row in Division.objects.select_related("parent")}
        self.have = set(DivisionContact.objects.values_list("division__code", "kind", "value"))
        self.by_mail: dict[str, User] = {}
        self.names: set[str] = set()
        for user in User.objects.only("username", "email", "role", "division", *people.CHANGEABLE):
            self.by_mail[user.email.lower()] = user
            self.names.add(user.username.lower())
        self.units: dict[str, Unit] = {}
        self.said: dict[tuple[str, str], tuple[int, Any]] = {}
        self.mails: dict[str, int] = {}
        self.problems: list[Problem] = []

    def problem(self, line: int, column: str, what: str) -> None:
        self.problems.append(Problem(line, column, what))

    def value(self, row: Row, column: str, parse: Any) -> Any:
        """The parsed cell, or None where it is empty or wrong."""
        if column not in row.cells:
            return None
        try:
            return parse(row.cells[column])
        except ValueError as error:
            self.problem(row.line, column, str(error))
            return None

    def take(self, row: Row) -> None:
        """One line: its division, contacts and officer."""
        if "kode" not in row.cells:
            self.problem(row.line, "kode", _("Kosong. Setiap baris perlu kode divisinya."))
            return
        code = self.value(row, "kode", cells.code)
        if code is None:
            return
        known = self.known.get(code)
        unit = self.units.setdefault(code, Unit(row.line, code, known.pk if known else None))
        for column, (name, parse) in cells.FIELDS.items():
            self.set(row, unit, column, name, self.value(row, column, parse))
        self.parent(row, unit)
        for column in cells.CONTACTS:
            for told in (
                self.value(row, column, lambda text, at=column: cells.contacts(at, text)) or ()
            ):
                if (code, *told) not in self.have and told not in unit.contacts:
                    unit.contacts.append(told)
        self.officer(row, unit, known)

    def set(self, row: Row, unit: Unit, column: str, name: str, value: Any) -> None:
        """Keep `value`; a second line of the same division may repeat it, but not say something else."""
        if value is None:
            return
        line, before = self.said.setdefault((unit.code, column), (row.line, value))
        if before != value:
            msg = _(
                "Berbeda dengan baris %(line)s untuk kode yang sama. Samakan, atau kosongkan di sini."
            )
            self.problem(row.line, column, msg % {"line": line})
        unit.values[name] = before

    def parent(self, row: Row, unit: Unit) -> None:
        text = row.cells.get("di_bawah")
        told = TOP if text == TOP else self.value(row, "di_bawah", cells.code)
        if told is not None:
            self.set(row, unit, "di_bawah", "parent", told)
            unit.parent = unit.values.pop("parent")

    def officer(self, row: Row, unit: Unit, division: Division | None) -> None:
        """The officer of a line, known by the address."""
        if not any(column in row.cells for column in cells.OFFICER):
            return
        values = {
            name: value
            for column, (name, parse) in cells.OFFICER.items()
            if (value := self.value(row, column, parse)) is not None
        }
        for column in ("petugas_nama", "petugas_surel"):
            if column not in row.cells:
                self.problem(row.line, column, _("Kosong. Petugas perlu nama dan surel."))
                return
        mail = values.get("email")
        if mail is None:
            return
        first = self.mails.setdefault(mail, row.line)
        if first != row.line:
            msg = _(
                "Surel ini sudah dipakai di baris %(line)s. Setiap petugas perlu surel sendiri."
            )
            self.problem(row.line, "petugas_surel", msg % {"line": first})
            return
        found = Officer(row.line, values)
        user = self.by_mail.get(mail)
        if (self.known_officer if user else self.new_officer)(found, user, division):
            unit.officers.append(found)

    def new_officer(self, found: Officer, _user: User | None, _division: Division | None) -> bool:
        name = found.values.get("username", "").lower()
        if name and name in self.names:
            msg = _("Nama masuk ini sudah dipakai orang lain. Pilih yang lain, atau kosongkan.")
            self.problem(found.line, "petugas_nama_masuk", msg)
            return False
        self.names.add(name)
        return True

    def known_officer(self, found: Officer, user: User | None, division: Division | None) -> bool:
        assert user  # noqa: S101  by_mail found one
        if user.role != Role.OFFICER:
            msg = _("Surel ini milik orang di meja humas, bukan petugas divisi. Pakai surel lain.")
        elif division is None or user.division_id != division.pk:
            msg = _(
                "Surel ini milik petugas %(name)s. Seorang petugas hanya untuk satu divisi."
            ) % {"name": user.division}
        elif found.values.get("username", user.username) != user.username:
            msg = _(
                "Petugas ini masuk sebagai “%(name)s”. Nama masuk tidak diganti lewat impor."
            ) % {"name": user.username}
        else:
            found.known = user.pk
            found.changes = {
                name: [getattr(user, name), found.values[name]]
                for name in people.CHANGEABLE
                if name in found.values and found.values[name] != getattr(user, name)
            }
            return True
        self.problem(found.line, "petugas_surel", msg)
        return False

    def finish(self) -> Plan:
        """Once every line is read: what is missing, the tree, what differs."""
        for unit in self.units.values():
            row = self.known.get(unit.code)
            self.compare(unit, row) if row else self.complete(unit)
        self.tree()
        units = tuple(self.units.values())
        told = json.dumps([asdict(unit) for unit in units], sort_keys=True, default=str)
        problems = tuple(sorted(self.problems, key=lambda one: one.line))
        return Plan(units, problems, hashlib.sha256(told.encode()).hexdigest())

    def complete(self, unit: Unit) -> None:
        """A new division needs a name, an addressee, and the kind of letter: nothing of that can be guessed."""
        for column in ("nama", "jenis_surat", "ditujukan_kepada"):
            name = cells.FIELDS[column][0]
            if name not in unit.values and not any(
                one.line == unit.line and one.column == column for one in self.problems
            ):
                self.problem(
                    unit.line,
                    column,
                    _("Kosong. Divisi baru “%(code)s” memerlukannya.") % {"code": unit.code},
                )
        unit.name = unit.values.get("name", unit.code)

    def compare(self, unit: Unit, row: Division) -> None:
        unit.name = row.name
        unit.changes = {
            name: [getattr(row, name), value]
            for name, value in unit.values.items()
            if getattr(row, name) != value
        }
        above = row.parent.code if row.parent else TOP
        if unit.parent not in (None, above):
            unit.changes["parent"] = [above, unit.parent]

    def tree(self) -> None:
        """Does every unit above exist, and does none stand under itself? Depth decides the order of writing."""
        above = {code: row.parent.code if row.parent else TOP for code, row in self.known.items()}
        above |= {code: unit.parent or above.get(code, TOP) for code, unit in self.units.items()}
        for unit in self.units.values():
            if unit.parent not in (None, TOP) and unit.parent not in above:
                msg = _("Tidak ada divisi berkode “%(code)s”, di berkas ini maupun di Sahut.")
                self.problem(unit.line, "di_bawah", msg % {"code": unit.parent})
                continue
            at, seen = above[unit.code], {unit.code}
            while at != TOP and at in above and at not in seen:
                seen.add(at)
                at = above[at]
            unit.depth = len(seen)
            if at in seen:
                msg = _("“%(code)s” jadi berada di bawah dirinya sendiri. Periksa kolom ini.")
                self.problem(unit.line, "di_bawah", msg % {"code": unit.code})


def plan(table: Table) -> Plan:
    """What importing `table` would do now. Reads only."""
    planner = _Planner()
    for row in table.rows:
        planner.take(row)
    return planner.finish()


@dataclass(frozen=True, slots=True)
class Done:
    """What an import made: counts as in Plan.count, and the new officers' primary keys."""

    counts: dict[str, int]
    officers: list[int]


def run(*, table: Table, digest: str, by: User) -> Done:
    """Do what the plan with `digest` said; all or nothing. Raises Refused.

    1. Lock the office: one import at a time.  2. Plan anew: somebody may have changed something since the
    preview; then nothing is written.  3. Divisions with their contacts, those above first, so that no move
    closes a circle on the way.  4. Officers.  5. Journal.
    """
    try:
        with transaction.atomic():
            office = Office.objects.select_for_update().get(pk=Office.current().pk)
            present = plan(table)
            if present.problems or present.digest != digest:
                raise Refused(present)
            rows = {row.code: row for row in Division.objects.all()}
            for unit in sorted(present.units, key=lambda one: one.depth):
                rows[unit.code] = _write(unit, rows, by)
            officers = _write_people(present.units, rows, by)
            counts = present.count()
            journal.record("divisions_imported", subject=office, by=by, **counts)
    except (people.NameTaken, people.MailTaken) as error:  # made elsewhere in this very moment
        raise Refused(plan(table)) from error
    return Done(counts, officers)


def _write(unit: Unit, rows: dict[str, Division], by: User) -> Division:
    values = dict(unit.values)
    if unit.parent is not None:
        values["parent"] = None if unit.parent == TOP else rows[unit.parent]
    division = rows.get(unit.code)
    if division is None:
        division = divisions.create(code=unit.code, values=values, by=by)
    elif unit.changes:
        divisions.change(division=division, values=values, by=by)
    for kind, value in unit.contacts:
        divisions.add_contact(division=division, kind=kind, value=value, by=by)
    return division


def _write_people(units: Iterable[Unit], rows: dict[str, Division], by: User) -> list[int]:
    """Officers whose log-in name was chosen come first: a name made of an address must not take it."""
    made = []
    told = [(unit, one) for unit in units for one in unit.officers]
    for unit, one in sorted(told, key=lambda pair: "username" not in pair[1].values):
        if one.known is None:
            officer = people.make_officer(division=rows[unit.code], by=by, **one.values)
            made.append(officer.pk)
        elif one.changes:
            people.change_officer(officer=User.objects.get(pk=one.known), values=one.values, by=by)
    return made
