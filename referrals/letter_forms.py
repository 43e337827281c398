"""How letters of each kind look: the row an office changed, or the defaults of its kind (domain.md §2.2, §2.3);
and the doors that change forms, letterhead, signers, codes and sources.

Only the head and administrators pass them (PermissionError). What cannot be kept raises SettingError, which
names its field. Every change leaves a journal entry with what was before and after. Numbered letters are not
touched by any of this: their bytes are kept (I6).
"""

import hashlib
import re
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import IntegrityError, models, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import journal
from accounts.models import LetterKind, Office, User
from referrals import patterns
from referrals.models import ArchiveCode, LetterForm, Reference, Signer
from referrals.typeset import DEFAULT_LAYOUTS, PAPER_SIZES, Kind, Style

#: What the screen says of each act; the overview lists the latest of them.
VERBS: dict[str, str | Promise] = {
    "letter_head_changed": _("mengubah kop surat"),
    "letter_form_changed": _("mengubah bentuk surat"),
    "signer_changed": _("mengubah penanda tangan"),
    "archive_code_changed": _("mengubah kode arsip"),
    "archive_codes_pasted": _("memasukkan daftar kode arsip"),
    "reference_changed": _("mengubah rujukan"),
}
journal.register(VERBS)

#: Number patterns as shipped; offices vary, hence settings (domain.md §2.2, §2.3).
PATTERNS: dict[tuple[Style, Kind], str] = {
    ("polri", "nota_dinas"): "{sifat}/ND-{n}/{roman}/{kka}/{yyyy}/{unit}",
    ("polri", "surat"): "{sifat}/{n}/{roman}/{kka}/{yyyy}/{unit}",
    ("pemda", "nota_dinas"): "{kka}/{n}/{unit}",
    ("pemda", "surat"): "{kka}/{n}/{unit}",
}
HEAD_FIELDS = ("style", "letterhead", "address", "contacts", "emblem", "sender", "city", "hotline")
#: What “kembalikan ke bawaan” resets; unit code, archive code, signer and copies are the office's own.
LOOK_FIELDS = ("pattern", "subject_label", "paper", "top", "right", "bottom", "left", "font_size",
               "underline_last_copy")  # fmt: skip
FORM_FIELDS = (*LOOK_FIELDS, "unit_code", "kka", "signer", "copies", "signing")
SIGNER_FIELDS = ("label", "lines", "user", "name", "rank", "id_label", "id_number", "omits_unit",
                 "is_active")  # fmt: skip
CODE_FIELDS = ("code", "meaning", "is_active")
REFERENCE_FIELDS = ("title", "rank", "dated", "category", "is_default", "is_active")
HEAD_LINES, HEAD_STROKES = (
    6,
    80,
)  # what a page can carry; the rule itself is narrower and only warns
MARGINS = (5, 100)  # mm
FONT_SIZES = (8, 16)  # points


class SettingError(ValueError):
    """Something cannot be kept; `field` is where it was typed, `str()` the sentence for the screen."""

    def __init__(self, field: str, message: str | Promise) -> None:
        super().__init__(str(message))
        self.field = field


def current(kind: str, *, style: str = "") -> LetterForm:
    """The form of letters of `kind`; not saved while the office has not changed it (then `default`)."""
    return LetterForm.objects.select_related("kka", "signer__user").filter(
        kind=kind
    ).first() or default(kind, style=style)


def default(kind: str, *, style: str = "") -> LetterForm:
    """The form as shipped for `style` ("polri", "pemda"; empty: this office's); not saved."""
    family: Style = "polri" if (style or Office.current().style) == "polri" else "pemda"
    name: Kind = "nota_dinas" if kind == LetterKind.NOTA_DINAS else "surat"
    layout = DEFAULT_LAYOUTS[family, name]
    return LetterForm(
        kind=kind, pattern=PATTERNS[family, name], paper=layout.paper, top=layout.top,
        right=layout.right, bottom=layout.bottom, left=layout.left, font_size=layout.font_size,
        underline_last_copy=layout.underline_last_copy,
    )  # fmt: skip


def save_head(*, office: Office, by: User) -> bool:
    """Keep the letterhead and what else stands on every letter (HEAD_FIELDS of `office`; the emblem has
    passed emblems.checked). Returns whether anything changed. Raises SettingError, PermissionError."""
    _head_only(by)
    lines = _lines(office.letterhead)
    if len(lines) > HEAD_LINES or any(len(line) > HEAD_STROKES for line in lines):
        raise SettingError(
            "letterhead",
            _("Paling banyak %(lines)s baris, tiap baris paling panjang %(strokes)s ketukan.")
            % {"lines": HEAD_LINES, "strokes": HEAD_STROKES},
        )
    office.letterhead = "\n".join(lines)
    return _keep(office, HEAD_FIELDS, verb="letter_head_changed", by=by)


def save_form(*, form: LetterForm, by: User) -> bool:
    """Keep the form of one kind of letter. Returns whether anything changed.

    Raises SettingError (number pattern, margins, letter size, a signer or code that is out of use) and
    PermissionError.
    """
    _head_only(by)
    check_form(form)
    form.copies = "\n".join(_lines(form.copies))
    with transaction.atomic():
        shipped = default(form.kind)
        looks = {name: getattr(shipped, name) for name in LOOK_FIELDS}
        form.pk = LetterForm.objects.get_or_create(kind=form.kind, defaults=looks)[0].pk
        form._state.adding = False  # noqa: SLF001  it has a row now, whoever made it
        return _keep(form, FORM_FIELDS, verb="letter_form_changed", by=by, kind=form.kind)


def reset_form(*, kind: str, by: User) -> bool:
    """Give letters of `kind` back their shipped look (LOOK_FIELDS). Returns whether anything changed.

    Raises PermissionError.
    """
    form, shipped = current(kind), default(kind)
    for name in LOOK_FIELDS:
        setattr(form, name, getattr(shipped, name))
    return save_form(form=form, by=by)


def check_form(form: LetterForm) -> None:
    """Raise SettingError for what no letter could be numbered or typeset with."""
    try:
        patterns.check(form.pattern, unit=form.unit_code)
    except patterns.PatternError as error:
        raise SettingError("pattern", str(error)) from error
    low, high = MARGINS
    for name in ("top", "right", "bottom", "left"):
        if not low <= getattr(form, name) <= high:
            raise SettingError(
                name, _("Antara %(low)s dan %(high)s mm.") % {"low": low, "high": high}
            )
    width, height = PAPER_SIZES["f4" if form.paper == "f4" else "a4"]
    if width - form.left - form.right < 80 or height - form.top - form.bottom < 100:
        raise SettingError("left", _("Tepinya terlalu lebar: tempat menulis hampir habis."))
    small, large = FONT_SIZES
    if not small <= form.font_size <= large:
        raise SettingError(
            "font_size", _("Antara %(low)s dan %(high)s.") % {"low": small, "high": large}
        )
    for name, chosen in (("signer", form.signer), ("kka", form.kka)):
        if chosen and not chosen.is_active:
            raise SettingError(name, _("Pilihan ini sudah tidak dipakai. Pilih yang lain."))


def save_signer(*, signer: Signer, by: User) -> bool:
    """Keep who signs, new or changed. Returns whether anything changed.

    Raises SettingError: no office above the signature; neither person nor name; a person who may not
    approve (only that person could approve such letters, letters.approve); one taken out of use while
    letters are signed by it by default. Raises PermissionError.
    """
    _head_only(by)
    signer.lines = "\n".join(_lines(signer.lines))
    if not signer.lines:
        raise SettingError("lines", _("Tulis jabatan yang dicetak di atas tanda tangan."))
    if signer.lines.count("\n") >= HEAD_LINES:
        raise SettingError("lines", _("Paling banyak %(n)s baris.") % {"n": HEAD_LINES})
    person = signer.user
    if person and not (person.is_active and person.is_head):
        raise SettingError(
            "user", _("Hanya pimpinan atau administrator yang dapat menyetujui surat.")
        )
    if not signer.is_active:
        _refuse_default("signer", signer)
    return _keep(signer, SIGNER_FIELDS, verb="signer_changed", by=by, once="label")


def save_code(*, code: ArchiveCode, by: User) -> bool:
    """Keep an archive code, new or changed. Returns whether anything changed.

    Raises SettingError: braces or blanks in it, known already, or out of use while a form takes it by
    default. Raises PermissionError.
    """
    _head_only(by)
    check_code(code.code)
    if not code.is_active:
        _refuse_default("kka", code)
    return _keep(code, CODE_FIELDS, verb="archive_code_changed", by=by, once="code")


def check_code(code: str) -> None:
    """Raise SettingError for what cannot stand in a letter's number."""
    if (
        not code
        or len(code) > 30
        or not re.fullmatch(r"[^\s{}/;]+", code)
        or not code.isprintable()
    ):
        raise SettingError(
            "code",
            _("Kode paling panjang 30 huruf, tanpa spasi, garis miring, atau kurung kurawal."),
        )


def save_reference(*, reference: Reference, by: User) -> bool:
    """Keep a source for “Rujukan”, new or changed. Returns whether anything changed. Raises SettingError for
    a title that is there already, PermissionError."""
    _head_only(by)
    reference.title = " ".join(reference.title.split())
    same = Reference.objects.filter(title__iexact=reference.title).exclude(pk=reference.pk)
    if same.exists():
        raise SettingError("title", _("Rujukan ini sudah ada."))
    return _keep(reference, REFERENCE_FIELDS, verb="reference_changed", by=by)


def used_by(*, field: str, row: Signer | ArchiveCode) -> list[str]:
    """The kinds of letters that take `row` as their default `field` ("signer", "kka"), as the screen says."""
    return [str(form) for form in LetterForm.objects.filter(**{field: row.pk})]


def _refuse_default(field: str, row: Signer | ArchiveCode) -> None:
    if row.pk and (used := used_by(field=field, row=row)):
        raise SettingError(
            "is_active",
            _("Masih menjadi bawaan untuk %(kinds)s. Ganti dulu di bentuk surat itu.")
            % {"kinds": ", ".join(used).lower()},
        )


def _head_only(by: User) -> None:
    if not by.is_head:
        msg = "settings of letters are the head's"
        raise PermissionError(msg)


def _lines(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def _keep[Row: models.Model](
    row: Row, names: Iterable[str], *, verb: str, by: User, once: str = "", **data: Any
) -> bool:
    """Write `names` of `row` with a journal entry, unless nothing differs.

    1. Lock the row as it is kept, so that “before” is what this change really replaces.
    2. Write the fields that differ, and the entry, in one transaction. `once` names a unique field: another
       row that got there first is a SettingError.
    """
    try:
        with transaction.atomic():
            manager = type(row)._default_manager  # noqa: SLF001  Django's documented name
            kept = manager.select_for_update().get(pk=row.pk) if row.pk else None
            changes = {
                name: [_said(kept, name) if kept else None, _said(row, name)]
                for name in names
                if kept is None or _raw(kept, name) != _raw(row, name)
            }
            if not changes:
                return False
            row.save(update_fields=list(changes) if kept else None)
            journal.record(verb, subject=row, by=by, changes=changes, **data)
    except IntegrityError as error:
        if not once:
            raise
        raise SettingError(once, _("Sudah ada yang sama.")) from error
    return True


def _raw(row: models.Model, name: str) -> Any:
    value = getattr(row, type(row)._meta.get_field(name).attname)  # type: ignore[union-attr]  # noqa: SLF001
    return bytes(value) if isinstance(value, memoryview) else value


def _said(row: models.Model, name: str) -> Any:
    """A value as the journal keeps it: pictures by their print, days as ISO."""
    value = _raw(row, name)
    if isinstance(value, bytes):
        return f"sha256:{hashlib.sha256(value).hexdigest()}" if value else ""
    return value.isoformat() if isinstance(value, date) else value
