"""A list of archive codes pasted in one go: “kode;arti” per line, all of it or nothing."""

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import journal
from accounts.models import Office, User
from referrals.letter_forms import SettingError, check_code
from referrals.models import ArchiveCode

MOST_LINES = 2000
_HEADER = ("kode", "code", "kka")


@dataclass(frozen=True, slots=True)
class Pasted:
    """What a pasted list changed, in numbers."""

    added: int
    changed: int
    same: int


class ListError(ValueError):
    """Lines that cannot be taken, as sentences with their line numbers; nothing was kept."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(problems[0])
        self.problems = problems


def read(text: str) -> dict[str, str]:
    """Code → meaning, from lines “kode;arti” (or with a tab; the meaning may be left out, a heading may
    stand first). Raises ListError with a sentence per bad line."""
    found: dict[str, str] = {}
    seen: dict[str, int] = {}
    problems: list[str] = []
    lines = text.lstrip("\N{BOM}").splitlines()
    if len(lines) > MOST_LINES:
        raise ListError([_("Paling banyak %(n)s baris sekali tempel.") % {"n": MOST_LINES}])
    for number, line in enumerate(lines, start=1):
        code, meaning = _parts(line)
        if not line.strip() or (not found and code.lower() in _HEADER):
            continue
        problem = _problem(code, meaning, seen)
        if problem:
            problems.append(_("Baris %(n)s: %(problem)s") % {"n": number, "problem": problem})
            continue
        seen[code] = number
        found[code] = meaning
    if problems:
        raise ListError(problems)
    if not found:
        raise ListError([_("Belum ada satu kode pun di sini.")])
    return found


def _parts(line: str) -> tuple[str, str]:
    code, _sep, meaning = line.replace("\t", ";", 1).partition(";")
    meaning = meaning.strip().rstrip(";")
    return code.strip().strip('"').strip(), " ".join(meaning.strip('"').split())


def _problem(code: str, meaning: str, seen: dict[str, int]) -> str:
    if not code:
        return _("kodenya kosong. Tulis “kode;arti”.")
    if code in seen:
        return _("kode %(code)s sudah ada di baris %(n)s.") % {"code": code, "n": seen[code]}
    if len(meaning) > 160:
        return _("artinya lebih dari 160 huruf.")
    try:
        check_code(code)
    except SettingError as error:
        return f"“{code[:40]}”: {error}"
    return ""


def paste(*, text: str, by: User) -> Pasted:
    """Take a pasted list: new codes are added, known ones get their meaning (an empty one changes nothing)
    and are used again. Raises ListError (nothing is kept), PermissionError.

    1. Read every line; one bad line refuses all.
    2. Lock the known rows; write what is new or different, and one entry, in one transaction.
    """
    if not by.is_head:
        msg = "settings of letters are the head's"
        raise PermissionError(msg)
    wanted = read(text)
    with transaction.atomic():
        known = {row.code: row for row in ArchiveCode.objects.select_for_update()}
        new = [ArchiveCode(code=code, meaning=wanted[code]) for code in wanted if code not in known]
        ArchiveCode.objects.bulk_create(new, ignore_conflicts=True)
        changes: dict[str, list[str | None]] = {row.code: [None, row.meaning] for row in new}
        for code, meaning in wanted.items():
            row = known.get(code)
            if row is None or (row.is_active and meaning in ("", row.meaning)):
                continue
            changes[code] = [row.meaning, meaning or row.meaning]
            row.meaning, row.is_active = meaning or row.meaning, True
            row.save(update_fields=["meaning", "is_active"])
        if changes:
            journal.record("archive_codes_pasted", subject=Office.current(), by=by, changes=changes)
    return Pasted(len(new), len(changes) - len(new), len(wanted) - len(changes))
