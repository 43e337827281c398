"""Which division a citizen's words point to: domain.md §3.2 and the traps of §3.3."""

import pytest

from accounts.models import Division
from tests import cast
from tickets import suggest


@pytest.fixture
def divisions(db: None) -> list[Division]:
    cast.make_divisions()
    return list(Division.objects.filter(is_active=True))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Min, di Gunung Sari mati lampu dari tadi malam", "pln"),
        ("lampu jalan mati di depan SD 012, gelap sekali", "dishub"),
        ("lampu merah mati di simpang Muara Rapak", "dishub"),
        ("lampu jalan di sepanjang Sepinggan Baru sudah sebulan mati", "dishub"),
        ("polisi tidur di komplek kami terlalu tinggi", "pu"),
        ("SIMnya mati, perpanjang di mana ya?", "lantas"),
        ("air ga ngalir tiga hari", "pdam"),
        ("PDAM kok begini, lampu jalan juga", "pdam"),
    ],
)
def test_words_point_to_the_division_a_person_would_choose(
    divisions: list[Division], text: str, code: str
) -> None:
    found = suggest.divisions_for(text, divisions)
    assert found, text
    assert found[0].division.code == code
    assert found[0].matched


@pytest.mark.parametrize(
    "text", ["terima kasih min, mantap", "ayam tetangga hinggap di jemuran", ""]
)
def test_words_that_point_nowhere_suggest_nobody(divisions: list[Division], text: str) -> None:
    assert suggest.divisions_for(text, divisions) == []


def test_longer_phrase_uses_its_words_up(divisions: list[Division]) -> None:
    found = suggest.divisions_for("lampu jalan mati", divisions)
    assert "pln" not in [one.division.code for one in found]


def test_phrase_does_not_reach_over_a_full_stop(divisions: list[Division]) -> None:
    found = suggest.divisions_for("Airnya jernih. Lampu ruang tamu mati", divisions)
    assert "pdam" not in [one.division.code for one in found]


def test_one_post_may_need_two_bodies_and_never_more_than_three(divisions: list[Division]) -> None:
    text = "air ga ngalir, jalan rusak, sampah numpuk, mati lampu, KTP belum jadi"
    found = suggest.divisions_for(text, divisions)
    assert 2 <= len(found) <= 3


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("ada oknum polisi minta uang di jalan", "conduct"),
        ("bagaimana syarat bikin SKCK?", "question"),
        ("jalan rusak tidak diperbaiki", "complaint"),
    ],
)
def test_category(text: str, category: str) -> None:
    assert suggest.category_for(text) == category


def test_first_words_carry_no_account_no_link_no_emoji() -> None:
    text = "@PoldaKaltim min 😭 jalan rusak di Km 5. Tolong https://x.com/a/b @budi"
    assert suggest.summary_for(text) == "min jalan rusak di Km 5. Tolong"
    assert suggest.title_for("@PoldaKaltim jalan rusak di Manggar. Tolong segera") == (
        "jalan rusak di Manggar"
    )
    assert len(suggest.title_for("jalan rusak parah sekali " * 20)) <= 90
