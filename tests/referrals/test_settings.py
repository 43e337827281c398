"""The doors of the letters' settings: what they refuse, what they write down, what they leave alone."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import JournalEntry, LetterKind, Office, Role, User
from inbox import claims
from inbox.models import Item
from referrals import code_list, letter_forms, letters, patterns, readiness, samples
from referrals.letter_forms import SettingError
from referrals.models import ArchiveCode, Letter, LetterForm, Reference, RegisterYear, Signer
from tests import cast
from tickets import cases

pytestmark = pytest.mark.django_db


def last_entry(verb: str) -> dict[str, Any]:
    data: dict[str, Any] = JournalEntry.objects.filter(verb=verb).latest("id").data
    return data


# Number patterns


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("B/{nomor}/{yyyy}", r"\{nomor\} tidak dikenal.*\{sifat\}, \{n\}, \{roman\}"),
        ("B/{N}/{yyyy}", r"\{N\} tidak dikenal"),
        ("B/{}/{n}", r"\{\} tidak dikenal"),
        ("B/{{n}}/{yyyy}", "tidak berpasangan"),
        ("B/{n/{yyyy}", r"tidak dikenal|tidak berpasangan"),
        ("B/n}/{n}", "tidak berpasangan"),
        ("B/{roman}/{yyyy}", r"harus memuat \{n\}"),
        ("", r"harus memuat \{n\}"),
        ("{n}/{n}", "tepat satu kali"),
        ("{n}\n{yyyy}", "satu baris"),
        ("{n}/{kka}/" + "x" * 60, "paling banyak 80"),
    ],
)
def test_patterns_that_number_nothing_are_refused(pattern: str, said: str) -> None:
    with pytest.raises(patterns.PatternError, match=said):
        patterns.check(pattern)


def test_shipped_patterns_are_good_and_fit_with_the_longest_unit_code() -> None:
    for pattern in letter_forms.PATTERNS.values():
        patterns.check(pattern, unit="Bidhumas")
    with pytest.raises(patterns.PatternError, match="sepanjang"):
        patterns.check("{sifat}/ND-{n}/{roman}/{kka}/{yyyy}/{unit}", unit="x" * 30)


# Forms


def test_a_form_is_kept_and_the_journal_says_what_was_before(office: Office, head: User) -> None:
    form = letter_forms.current("surat")
    before, form.pattern = form.pattern, "{kka}/{n}/HUMPRO"

    assert letter_forms.save_form(form=form, by=head)
    assert letter_forms.current("surat").pattern == "{kka}/{n}/HUMPRO"
    entry = last_entry("letter_form_changed")
    assert entry == {"kind": "surat", "changes": {"pattern": [before, "{kka}/{n}/HUMPRO"]}}


def test_saving_the_same_again_writes_nothing_down(office: Office, head: User) -> None:
    assert not letter_forms.save_form(form=letter_forms.current("surat"), by=head)
    assert not JournalEntry.objects.filter(verb="letter_form_changed").exists()


def test_a_first_form_is_compared_with_the_shipped_one(head: User) -> None:
    form = letter_forms.default("surat")
    form.font_size = 12.0
    assert letter_forms.save_form(form=form, by=head)
    assert last_entry("letter_form_changed")["changes"] == {"font_size": [11.0, 12.0]}
    again = letter_forms.default("surat")  # by somebody who had opened the page before
    again.paper = "f4"
    assert letter_forms.save_form(form=again, by=head)
    assert LetterForm.objects.get().paper == "f4"


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("pattern", {"pattern": "{n}/{foo}"}),
        ("top", {"top": 2.0}),
        ("right", {"right": 300.0}),
        ("bottom", {"bottom": float("nan")}),
        ("left", {"left": 90.0, "right": 90.0}),
        ("font_size", {"font_size": 40.0}),
        ("font_size", {"font_size": float("nan")}),
    ],
)
def test_a_form_that_no_letter_could_have_is_refused(
    office: Office, head: User, field: str, fields: dict[str, Any]
) -> None:
    form = letter_forms.current("surat")
    for name, value in fields.items():
        setattr(form, name, value)
    with pytest.raises(SettingError) as refused:
        letter_forms.save_form(form=form, by=head)
    assert refused.value.field == field
    assert getattr(letter_forms.current("surat"), field) != fields.get(field)


def test_a_form_goes_back_to_its_shipped_look_and_keeps_what_is_the_offices(
    office: Office, head: User
) -> None:
    form = letter_forms.current("nota_dinas")
    form.pattern, form.paper, form.top = "{n}", "f4", 40.0
    letter_forms.save_form(form=form, by=head)

    assert letter_forms.reset_form(kind="nota_dinas", by=head)
    form = letter_forms.current("nota_dinas")
    assert (form.pattern, form.paper, form.top) == (
        letter_forms.PATTERNS["polri", "nota_dinas"],
        "a4",
        20.0,
    )
    assert form.signer
    assert form.kka
    assert form.unit_code == "Bidhumas"
    assert form.copies.startswith("Kapolda")


# Letterhead


def test_the_letterhead_is_kept_without_its_blank_lines(office: Office, head: User) -> None:
    office.letterhead = "  KEPOLISIAN  NEGARA \n\n BIDANG \n"
    office.emblem = b"<svg/>"
    assert letter_forms.save_head(office=office, by=head)
    assert Office.current().letterhead == "KEPOLISIAN NEGARA\nBIDANG"
    changes = last_entry("letter_head_changed")["changes"]
    assert set(changes) == {"letterhead", "emblem"}
    assert changes["emblem"][0] == ""
    assert changes["emblem"][1].startswith("sha256:")  # the journal holds no pictures
    assert not letter_forms.save_head(office=Office.current(), by=head)


def test_saving_the_letterhead_leaves_other_settings_alone(office: Office, head: User) -> None:
    opened = Office.current()
    Office.objects.update(lease_minutes=33)
    opened.city = "Samarinda"
    letter_forms.save_head(office=opened, by=head)
    assert Office.current().lease_minutes == 33
    assert Office.current().city == "Samarinda"


@pytest.mark.parametrize("lines", ["\n".join("abcdefg"), "x" * 81])
def test_a_letterhead_that_no_page_carries_is_refused(office: Office, head: User, lines: str) -> None:  # fmt: skip
    office.letterhead = lines
    with pytest.raises(SettingError, match="Paling banyak 6 baris"):
        letter_forms.save_head(office=office, by=head)


# Signers, codes, sources


def test_a_default_signer_cannot_be_taken_out_of_use(office: Office, head: User) -> None:
    signer = Signer.objects.get()
    signer.is_active = False
    with pytest.raises(SettingError, match="nota dinas, surat dinas") as refused:
        letter_forms.save_signer(signer=signer, by=head)
    assert refused.value.field == "is_active"

    LetterForm.objects.update(signer=None)
    assert letter_forms.save_signer(signer=signer, by=head)
    form = letter_forms.current("surat")
    form.signer = signer
    with pytest.raises(SettingError, match="sudah tidak dipakai"):
        letter_forms.save_form(form=form, by=head)


def test_signers_who_could_never_sign_are_refused(head: User, operator1: User) -> None:
    with pytest.raises(SettingError, match="Tulis jabatan"):
        letter_forms.save_signer(signer=Signer(label="x", lines=" \n "), by=head)
    with pytest.raises(SettingError, match="Hanya pimpinan") as refused:
        letter_forms.save_signer(signer=Signer(label="x", lines="KA", user=operator1), by=head)
    assert refused.value.field == "user"
    letter_forms.save_signer(signer=Signer(label="x", lines="KA", user=head), by=head)
    with pytest.raises(SettingError, match="Sudah ada") as refused:
        letter_forms.save_signer(signer=Signer(label="x", lines="KA"), by=head)
    assert refused.value.field == "label"
    assert last_entry("signer_changed")["changes"]["user"] == [None, head.pk]


def test_codes(office: Office, head: User) -> None:
    assert letter_forms.save_code(code=ArchiveCode(code="HUM.9.", meaning="x"), by=head)
    for wrong in ("", "HUM 9", "a/b", "{n}", "a;b", "x" * 31):
        with pytest.raises(SettingError, match="paling panjang 30"):
            letter_forms.save_code(code=ArchiveCode(code=wrong), by=head)
    with pytest.raises(SettingError, match="Sudah ada"):
        letter_forms.save_code(code=ArchiveCode(code="HUM.9."), by=head)
    default = ArchiveCode.objects.get(code="HUM.")
    default.is_active = False
    with pytest.raises(SettingError, match="bawaan untuk nota dinas"):
        letter_forms.save_code(code=default, by=head)


def test_a_pasted_list_is_taken_whole(office: Office, head: User) -> None:
    ArchiveCode.objects.filter(code="WAS.2.").update(is_active=False)
    text = "\N{BOM}kode;arti\r\nHUM.1.;penerangan; satuan\n\nHUM.2.\tdari Excel\nHUM.3.\nWAS.2.;\nHUM.;hubungan masyarakat"
    made = code_list.paste(text=text, by=head)
    assert (made.added, made.changed, made.same) == (3, 1, 1)
    known = dict(ArchiveCode.objects.values_list("code", "meaning"))
    assert known["HUM.1."] == "penerangan; satuan"
    assert known["HUM.2."] == "dari Excel"
    assert known["WAS.2."] == "pengawasan"
    assert ArchiveCode.objects.get(code="WAS.2.").is_active
    entry = last_entry("archive_codes_pasted")["changes"]
    assert entry["HUM.3."] == [None, ""]
    assert set(entry) == {"HUM.1.", "HUM.2.", "HUM.3.", "WAS.2."}
    again = code_list.paste(text=text, by=head)
    assert (again.added, again.changed, again.same) == (0, 0, 5)


def test_one_bad_line_and_nothing_is_taken(office: Office, head: User) -> None:
    before = ArchiveCode.objects.count()
    with pytest.raises(code_list.ListError) as refused:
        code_list.paste(
            text=f"HUM.7.;baik\n;kosong\nHUM.7.;lagi\na b;x\nHUM.8.;{'x' * 161}", by=head
        )
    told = refused.value.problems
    assert [each.split(":")[0] for each in told] == ["Baris 2", "Baris 3", "Baris 4", "Baris 5"]
    assert "sudah ada di baris 1" in told[1]
    assert ArchiveCode.objects.count() == before
    for text in ("", "\n\n", "kode;arti"):
        with pytest.raises(code_list.ListError, match="Belum ada"):
            code_list.paste(text=text, by=head)
    with pytest.raises(code_list.ListError, match="Paling banyak 2000"):
        code_list.paste(text="\n".join(f"K.{n}" for n in range(2001)), by=head)


def test_sources_stand_in_the_order_the_rules_ask(office: Office, head: User) -> None:
    Reference.objects.all().delete()
    for title, rank, dated in (
        ("Nota dinas", 90, None), ("Surat muda", 80, "2026-02-01"), ("Perkap", 50, None),
        ("Surat tua", 80, "2025-02-01"), ("PP", 20, None), ("UU", 10, None),
    ):  # fmt: skip
        letter_forms.save_reference(
            reference=Reference(title=title, rank=rank, dated=dated), by=head
        )
    titles = list(Reference.objects.values_list("title", flat=True))
    assert titles == ["UU", "PP", "Perkap", "Surat tua", "Surat muda", "Nota dinas"]
    with pytest.raises(SettingError, match="sudah ada"):
        letter_forms.save_reference(reference=Reference(title=" uu ", rank=10), by=head)


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.OFFICER])
def test_only_the_head_passes_the_doors(office: Office, role: str) -> None:
    division = "lantas" if role == Role.OFFICER else ""
    by = cast.make_user("orang", role=role, division=division)
    signer, code, source = Signer.objects.get(), ArchiveCode.objects.first(), Reference.objects.first()  # fmt: skip
    assert code
    assert source
    acts: list[Callable[[], object]] = [
        lambda: letter_forms.save_head(office=office, by=by),
        lambda: letter_forms.save_form(form=letter_forms.current("surat"), by=by),
        lambda: letter_forms.reset_form(kind="surat", by=by),
        lambda: letter_forms.save_signer(signer=signer, by=by),
        lambda: letter_forms.save_code(code=code, by=by),
        lambda: letter_forms.save_reference(reference=source, by=by),
        lambda: code_list.paste(text="A;b", by=by),
    ]
    for act in acts:
        with pytest.raises(PermissionError):
            act()


# What is missing, samples, and letters that are out


def test_what_is_missing_is_said_with_one_step(db: None, head: User) -> None:
    first = readiness.lacks()[0]
    assert (first.where, first.stops) == ("head", True)
    assert "Baris kop surat belum diisi" in first.text
    cast.make_office()
    assert readiness.lacks() == []
    LetterForm.objects.filter(kind="surat").update(signer=None, kka=None)
    lacks = readiness.lacks()
    assert [lack.stops for lack in lacks] == [True, False]
    assert "Penanda tangan surat dinas belum diisi: surat belum bisa dinomori." in lacks[0].text
    assert lacks[0].url == "/atur-surat/bentuk/surat/"
    Signer.objects.filter(pk__in=LetterForm.objects.values("signer")).update(user=head)
    User.objects.filter(pk=head.pk).update(is_active=False)
    assert any("tidak bisa lagi menyetujui" in lack.text for lack in readiness.lacks())


@pytest.mark.parametrize("kind", LetterKind.values)
@pytest.mark.parametrize("style", ["polri", "pemda"])
def test_a_sample_is_whole_even_in_an_empty_office(db: None, kind: str, style: str) -> None:
    office = Office.current()
    office.style, office.city = style, ""
    sample = samples.show(office=office, form=letter_forms.current(kind, style=style))
    assert sample.pages[0].startswith(b"\x89PNG")
    assert not sample.problem


def test_a_sample_takes_no_number(office: Office) -> None:
    RegisterYear.objects.create(kind="nota_dinas", year=letter_year(), last=126)
    number = samples.number(letter_forms.current("nota_dinas"))
    assert number.startswith("B/ND-127/")
    assert samples.number(letter_forms.current("nota_dinas")) == number
    assert RegisterYear.objects.get().last == 126
    assert not Letter.objects.exists()


def letter_year() -> int:
    from referrals import composing

    return composing.today().year


def test_a_numbered_letter_does_not_change_with_the_settings(
    item: Item, operator1: User, head: User, lantas: Any
) -> None:
    held = claims.take(item=item, by=operator1)
    ticket = cases.open_ticket(item=item, by=operator1, fence=held.fence, title="B", summary="b.")
    letter = letters.draft(ticket=ticket, division=lantas, by=operator1, fence=ticket.fence)
    letters.submit(letter=letter, by=operator1, fence=ticket.fence)
    letter = letters.approve(letter=letter, by=head)
    number, pdf = letter.number, bytes(letter.copy.pdf)

    form = letter_forms.current(letter.kind)
    form.pattern, form.paper = "{n}/LAIN", "f4"
    letter_forms.save_form(form=form, by=head)
    letters.complete(letter=letter)

    letter = Letter.objects.get()
    assert (letter.number, bytes(letter.copy.pdf)) == (number, pdf)
