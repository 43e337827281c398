"""The shipped lists: whole, filled, sound, and careful with the words that lead to them (domain.md §2.1, §3.2, §3.3)."""

import re
from collections import Counter

import pytest

from accounts import catalogue
from accounts.catalogue_shipped import Names, Shipped
from accounts.models import Division, DivisionContact, JournalEntry, LetterKind
from tests import cast
from tickets import suggest

SERANG = Names(
    region="Kabupaten Serang", polda="Polda Banten", polres="Polres Serang", province="Banten"
)
BALIKPAPAN = Names(
    region="Kota Balikpapan", polda="Polda Kaltim", polres="Polresta Balikpapan", province="Kaltim"
)
KINDS = ("polda", "polres", "pemkot")


@pytest.fixture(params=KINDS)
def rows(request: pytest.FixtureRequest) -> list[Shipped]:
    return catalogue.shipped(request.param, SERANG)


def test_every_placeholder_is_filled_and_fits(rows: list[Shipped]) -> None:
    for row in rows:
        for text in (row.name, row.addressee, row.attention, row.place, row.asks):
            assert not re.search(r"[{}]|\s\s|\s$", text), row.code
        assert 0 < len(row.addressee) <= 160
        assert 0 < len(row.name) <= 120
        assert not row.addressee.startswith("Yth")
        assert row.asks
        assert not row.asks.endswith(".")
        assert "Balikpapan" not in f"{row.name} {row.addressee}", "another city's name"


def test_codes_are_unique_and_the_tree_is_sound(rows: list[Shipped]) -> None:
    codes = [row.code for row in rows]
    assert len(codes) == len(set(codes))
    assert all(re.fullmatch(r"[a-z0-9-]{2,40}", code) for code in codes)
    roots = {row.code for row in rows if not row.parent}
    assert {row.parent for row in rows if row.parent} <= roots


def test_words_are_lower_case_and_belong_to_one_division(rows: list[Shipped]) -> None:
    words = Counter(word for row in rows for word in row.word_list())
    assert all(word == word.lower() and len(word) <= 60 for word in words)
    assert not [word for word, often in words.items() if often > 1]


@pytest.mark.parametrize("kind", KINDS)
def test_no_name_takes_the_words_of_another_division(db: None, kind: str) -> None:
    """What a body is called weighs more than a word: “Satpas SIM” would take every question about SIM."""
    cast.make_divisions(kind=kind)
    divisions = list(Division.objects.all())
    names = Counter(name for row in divisions for name in suggest._names(row))
    assert not [name for name, often in names.items() if often > 1]
    for row in divisions:
        others = {word for other in divisions if other != row for word in other.words}
        assert not suggest._names(row) & others, row.code


@pytest.mark.parametrize(
    ("kind", "code", "letter", "addressee"),
    [
        ("polda", "lantas", "nota_dinas", "Dirlantas Polda Banten"),
        ("polda", "polres", "surat", "Kapolres Serang"),
        ("polda", "pdam", "surat", "Direktur Utama Perusahaan Umum Daerah Air Minum Kabupaten Serang"),
        ("polres", "lantas", "nota_dinas", "Kasatlantas Polres Serang"),
        ("polres", "bidhumas", "surat", "Kabidhumas Polda Banten"),
        ("polres", "polsek", "surat", "Kapolsek setempat"),
        ("pemkot", "bag-hukum", "nota_dinas", "Kepala Bagian Hukum Sekretariat Daerah Kabupaten Serang"),
        ("pemkot", "pu", "surat", "Kepala Dinas Pekerjaan Umum Kabupaten Serang"),
        ("pemkot", "lantas", "surat", "Kapolres Serang"),
    ],
)  # fmt: skip
def test_who_is_written_to_and_by_which_letter(
    kind: str, code: str, letter: str, addressee: str
) -> None:
    row = next(row for row in catalogue.shipped(kind, SERANG) if row.code == code)
    assert (str(row.kind), row.addressee) == (letter, addressee)
    assert (row.place == "") is (letter == LetterKind.NOTA_DINAS or code == "bidhumas")


def test_a_city_government_writes_to_the_chief_for_the_attention_of_the_function() -> None:
    row = next(row for row in catalogue.shipped("pemkot", BALIKPAPAN) if row.code == "lantas")
    assert (row.addressee, row.attention, row.parent) == (
        "Kapolresta Balikpapan", "Kasatlantas", "polres",
    )  # fmt: skip


def test_what_is_known_of_one_city_stays_there() -> None:
    row = next(row for row in catalogue.shipped("polda", BALIKPAPAN) if row.code == "pdam")
    assert row.addressee == "Direktur Utama Perumda Tirta Manuntung Balikpapan"
    assert Names(region="Kota X", polda="Polda Metro Jaya").filling()["provinsi"] == "DKI Jakarta"


@pytest.mark.parametrize("kind", KINDS)
def test_a_list_is_made_once_and_what_the_office_changed_stays(db: None, kind: str) -> None:
    made = cast.make_divisions(kind=kind)
    assert made == Division.objects.count() >= 44
    Division.objects.filter(code="pu").update(name="Dinas PUPR", parent=None)
    assert cast.make_divisions(kind=kind) == 0
    assert Division.objects.get(code="pu").name == "Dinas PUPR"
    assert JournalEntry.objects.filter(verb="divisions_shipped").count() == 1
    pln = DivisionContact.objects.get(division__code="pln")
    assert (pln.kind, pln.value, pln.verified_at) == ("public", "123", None)
    Division.objects.get(code="dinkes-rumah-sakit").delete()
    assert cast.make_divisions(kind=kind) == 1
    again = Division.objects.get(code="dinkes-rumah-sakit")
    assert again.parent == Division.objects.get(code="dinkes")


@pytest.mark.parametrize(
    ("kind", "text", "code"),
    [
        ("polres", "perpanjang SIM di mana ya", "lantas"),
        ("polres", "kena tipu online, lapor ke mana", "reskrim"),
        ("pemkot", "ada begal di dekat terminal", "reskrim"),
        ("pemkot", "SKCK bisa online?", "intelkam"),
        ("pemkot", "cara permintaan data ke PPID", "diskominfo"),
        ("polda", "cara permintaan data ke PPID", "ppid"),
        ("pemkot", "jalan rusak depan pasar", "pu"),
        ("polda", "BPKB balik nama belum terbit", "lantas"),
    ],
)
def test_each_list_leads_citizens_words_to_its_own_division(
    db: None, kind: str, text: str, code: str
) -> None:
    cast.make_divisions(kind=kind)
    found = suggest.divisions_for(text, list(Division.objects.all()))
    assert found[0].division.code == code
