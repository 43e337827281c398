"""The four forms of letters, element by element (domain.md §2.2, §2.3), and their pages."""

from dataclasses import replace
from typing import Any

import pytest

from referrals.typeset import (
    Layout,
    LetterContent,
    Pair,
    Point,
)
from tests.referrals.letter_examples import (
    ALL,
    KOP_POLDA,
    MATTER,
    PEMDA_NOTA_DINAS,
    PEMDA_SURAT,
    POLRI_NOTA_DINAS,
    POLRI_SURAT,
    REQUEST,
    RUJUKAN,
    THANKS,
    three_pages,
)
from tests.referrals.letter_reading import MM, assert_in_order, place, places, read, text, words_of

FORMS = pytest.mark.parametrize("letter", ALL, ids=lambda letter: f"{letter.style}-{letter.kind}")


# The worked examples -----------------------------------------------------------------------------


def test_worked_example_a_has_every_element_in_order() -> None:
    letter = POLRI_NOTA_DINAS
    parts = [*KOP_POLDA.lines, KOP_POLDA.address, "NOTA DINAS"]
    parts += ["Nomor: B/ND-127/VII/HUM./2026/Bidhumas", "Kepada : Yth. Dirlantas Polda Kaltim"]
    parts += ["Dari : Kabidhumas Polda Kaltim", f"Perihal : {letter.subject}", "1. Rujukan:"]
    for mark, item in zip("abcd", RUJUKAN.items, strict=True):
        parts += [f"{mark}. {' '.join(words_of(item))}"]
    parts += [f"2. {MATTER.text}"]
    for mark, pair in zip("abcdefg", MATTER.items, strict=True):
        assert isinstance(pair, Pair)
        parts += [f"{mark}. {pair.label} : {pair.value}"]
    parts += [f"3. {REQUEST.text}", "4. Demikian untuk menjadi maklum.", "Balikpapan, 15 Juli 2026"]
    parts += ["KEPALA BIDANG HUBUNGAN MASYARAKAT", "POLDA KALTIM"]
    whole = text(letter)
    assert_in_order(whole, [*parts, "NAMA PEJABAT", "KOMISARIS BESAR POLISI NRP 00000000"])
    copies = ["1. Kapolda Kaltim.", "2. Wakapolda Kaltim.", "3. Irwasda Polda Kaltim."]
    assert_in_order(whole, [*parts, "Tembusan:", *copies])
    assert len(read(letter).pages) == 1


def test_worked_example_a_stands_where_the_form_wants_it() -> None:
    letter = POLRI_NOTA_DINAS
    kop_x, kop_y = place(letter, KOP_POLDA.lines[0])
    assert 24.5 < kop_x < 27, "kopstuk at the left"
    assert 20 <= kop_y < 26, "2 cm from the top edge"
    below = [place(letter, line)[1] for line in KOP_POLDA.lines[1:]]
    assert kop_y < below[0] < below[1]
    title_x, title_y = place(letter, "NOTA DINAS")
    assert 80 < title_x < 105 < title_x + 40, "title centred"
    assert title_y > below[1] + 8, "below the kopstuk"
    date_x, date_y = place(letter, "Balikpapan, 15 Juli")
    assert date_x > 105, "date at the right, above the signature"
    name_x, name_y = place(letter, "NAMA PEJABAT")
    assert name_x > 105
    assert name_y - date_y > 25, "room to sign"
    copies_x, copies_y = place(letter, "Tembusan:")
    assert copies_x < 26, "copies at the left"
    assert abs(copies_y - name_y) < 1, "level with the name"
    letters_x = {round(x, 1) for run, x, _ in places(letter) if run[:2] in ("a.", "b.", "c.")}
    assert len(letters_x) == 1, "items hang under each other"


def test_colons_of_neighbouring_pairs_stand_under_each_other() -> None:
    after_labels = [
        x for run, x, y in places(POLRI_NOTA_DINAS) if run.startswith(":") and 100 < y < 170
    ]
    assert len(after_labels) == 7
    assert max(after_labels) - min(after_labels) < 0.1


def test_worked_example_b_has_every_element_in_order() -> None:
    letter = PEMDA_SURAT
    parts = [*letter.letterhead.lines, letter.letterhead.address, letter.letterhead.contacts]
    parts += ["Balikpapan, 15 Juli 2026", "Nomor : 400.14/127/HUMPRO", "Sifat : Segera"]
    parts += ["Lampiran : 1 (satu) berkas", f"Hal : {letter.subject}"]
    parts += [f"Yth. {letter.addressee}", "di", "Balikpapan"]
    parts += [word for block in letter.body for word in words_of(block)]
    parts += ["a.n. Sekretaris Daerah", "Asisten Administrasi Umum,"]
    parts += ["u.b. Kepala Bagian Humas dan Protokol,", "NAMA PEJABAT, S.Sos., M.Si."]
    parts += ["Pembina (IV/a)", "NIP 190000000000000000", "Tembusan:"]
    parts += ["1. Wali Kota Balikpapan (sebagai laporan);", "2. Sekretaris Daerah Kota Balikpapan."]
    assert_in_order(text(letter), parts)
    assert len(read(letter).pages) == 1


def test_worked_example_b_stands_where_the_form_wants_it() -> None:
    letter = PEMDA_SURAT
    for line in letter.letterhead.lines:
        x, _ = place(letter, line)
        assert 60 < x < 105, "kop centred"
    date_x, date_y = place(letter, "Balikpapan, 15 Juli")
    number_x, number_y = place(letter, "Nomor")
    assert date_x > 105
    assert 29.5 < number_x < 30.5
    assert 0 <= number_y - date_y < 8
    office_x, _ = place(letter, "Asisten Administrasi")
    name_x, _ = place(letter, "NAMA PEJABAT")
    behalf_x, _ = place(letter, "a.n.")
    assert abs(office_x - name_x) < 0.2
    assert behalf_x < office_x - 4, "a.n. hangs to the left"


def test_polri_letter_has_its_parts() -> None:
    letter = POLRI_SURAT
    parts = [*letter.letterhead.lines, "Nomor : B/318/VII/HUM./2026", "Klasifikasi : BIASA"]
    parts += ["Lampiran : 1 (satu) berkas", f"Hal : {letter.subject}", "Kepada", "Yth. MANAGER PT"]
    parts += ["di", "Balikpapan", "1. Rujukan:", THANKS.text]
    parts += ["a.n. KEPALA KEPOLISIAN DAERAH KALIMANTAN TIMUR", "KABIDHUMAS"]
    assert_in_order(text(letter), parts)
    _, address_y = place(letter, letter.letterhead.address)
    date_x, date_y = place(letter, "Balikpapan, 15 Juli")
    assert date_x > 105
    assert abs(date_y - address_y) < 1, "date level with the address line"
    assert place(letter, "Kepada")[0] > 105


def test_pemda_nota_dinas_has_its_parts() -> None:
    letter = PEMDA_NOTA_DINAS
    parts = ["NOTA DINAS", "Yth. : Kepala Bagian Pengadaan", "Dari : Kepala Bagian Humas"]
    parts += ["Tembusan : 1. Sekretaris Daerah Kota Balikpapan 2. Asisten Administrasi Umum"]
    parts += ["Tanggal : 15 Juli 2026", "Nomor : 400.14/128/HUMPRO", "Sifat : Segera"]
    parts += ["Lampiran : -", f"Hal : {letter.subject}", "Kepala Bagian Humas dan Protokol,"]
    whole = text(letter)
    assert_in_order(whole, [*parts, "NIP 190000000000000000"])
    assert whole.count("Tembusan") == 1
    assert "Balikpapan, 15 Juli" not in whole


def test_subject_label_is_a_setting() -> None:
    assert "Perihal : permohonan" in text(replace(POLRI_SURAT, subject_label="Perihal"))


# Drafts, secrecy, verification --------------------------------------------------------------------


@FORMS
def test_draft_shows_no_number_and_says_so(letter: LetterContent) -> None:
    assert letter.number
    draft = text(replace(letter, number=None))
    assert letter.number not in draft
    assert "KONSEP" in draft
    assert "……" in draft
    assert "KONSEP" not in text(letter)


def test_secrecy_stands_at_top_and_bottom_of_each_page() -> None:
    letter = replace(three_pages(), secrecy="rahasia")
    for page in range(3):
        heights = sorted(y for run, _, y in places(letter, page) if run == "RAHASIA")
        assert len(heights) == 2
        assert heights[0] < 20
        assert heights[1] > 267


def test_verification_stands_at_the_foot_of_the_last_page_only() -> None:
    pages = read(replace(three_pages(), verification="Periksa: contoh/ABC")).pages
    assert ["Periksa: contoh/ABC" in page.extract_text() for page in pages] == [False, False, True]


# Pages --------------------------------------------------------------------------------------------


def test_pages_are_numbered_from_the_second() -> None:
    pages = [page.extract_text() for page in read(three_pages()).pages]
    assert len(pages) == 3
    assert "- 1 -" not in pages[0]
    assert "- 2 -" in pages[1]
    assert "- 3 -" in pages[2]
    whole = " ".join(" ".join(pages).split())
    assert_in_order(whole, ["1) anak butir", "a) cucu", "b. label : isi", "7. Demikian"])


@pytest.mark.parametrize("added", range(24))
@pytest.mark.parametrize("ending", [THANKS, Point("penutup yang panjang sekali " * 60)])
def test_signature_is_never_alone_on_a_page(added: int, ending: Point) -> None:
    filler = tuple(Point("Baris tambahan.") for _ in range(added))
    pages = read(replace(POLRI_NOTA_DINAS, body=(RUJUKAN, *filler, REQUEST, ending))).pages
    last = pages[-1].extract_text()
    assert all(part in last for part in ("KEPALA BIDANG", "NAMA PEJABAT", "Tembusan:"))
    before = last.partition("Balikpapan, 15 Juli")[0].replace(f"- {len(pages)} -", "")
    assert len(before.split()) > 4, "some of the body stands above the signature"


@pytest.mark.parametrize(
    ("paper", "width", "height"), [("a4", 210, 297), ("f4", 215, 330)], ids=["a4", "f4"]
)
@FORMS
def test_paper_and_margins_are_settings(
    letter: LetterContent, paper: Any, width: float, height: float
) -> None:
    narrow = replace(letter, layout=Layout(paper=paper, left=40, top=35))
    box = read(narrow).pages[0].mediabox
    assert float(box.width) == pytest.approx(width * MM, abs=0.1)
    assert float(box.height) == pytest.approx(height * MM, abs=0.1)
    body = [(x, y) for _, x, y in places(narrow)]
    assert min(x for x, _ in body) > 39.5
    assert min(y for _, y in body) > 35


def test_long_copies_go_below_and_may_break() -> None:
    letter = replace(POLRI_NOTA_DINAS, copies=tuple(f"Pejabat ke-{n}." for n in range(1, 71)))
    assert_in_order(text(letter), ["NAMA PEJABAT", "Tembusan:", "1. Pejabat", "70. Pejabat ke-70."])
