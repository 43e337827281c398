"""The file a letter becomes: PDF/A, fonts, hostile words, emblems, missing parts, helpers."""

import datetime
import hashlib
import io
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from PIL import Image
from pypdf import PdfReader

from referrals.typeset import (
    Entry,
    IncompleteLetter,
    Layout,
    LetterContent,
    Letterhead,
    Pair,
    Paragraph,
    Point,
    RenderError,
    Signer,
    clock_time,
    count_words,
    long_date,
    punctuated,
    remarks,
    render,
    render_pages,
    render_png,
    roman_month,
    spell,
)
from referrals.typeset.glyphs import SUBSTITUTE, clean, covered, unprintable
from referrals.typeset.payload import payload
from tests.referrals.letter_examples import (
    ALL,
    KOP_POLDA,
    PEMDA_SURAT,
    POLRI_NOTA_DINAS,
    POLRI_SURAT,
    THANKS,
    three_pages,
)
from tests.referrals.letter_reading import (
    place,
    squeezed,
    text,
)

PACKAGE = Path(sys.modules["referrals.typeset.payload"].__file__ or "").parent
FORMS = pytest.mark.parametrize("letter", ALL, ids=lambda letter: f"{letter.style}-{letter.kind}")


# The file -----------------------------------------------------------------------------------------


@FORMS
def test_file_claims_pdf_a_2b_and_says_what_it_is(letter: LetterContent) -> None:
    """Covers the claim, the output intent, embedded fonts; not a validator's full rule set."""
    with pikepdf.open(io.BytesIO(render(letter))) as pdf:
        with pdf.open_metadata() as meta:
            assert (meta["pdfaid:part"], meta["pdfaid:conformance"]) == ("2", "B")
            assert letter.number
            assert letter.number in str(meta["dc:title"])
            assert meta["dc:creator"] == [letter.letterhead.lines[-1]]
            assert str(meta["xmp:CreateDate"]).startswith("2026-07-15")
        assert str(pdf.Root.Lang).lower().startswith("id")
        assert pdf.Root.OutputIntents[0].S == "/GTS_PDFA1"
        assert not pdf.is_encrypted
        assert "/JavaScript" not in pdf.Root.get("/Names", {})


@FORMS
def test_only_the_shipped_fonts_are_used_and_all_are_embedded(letter: LetterContent) -> None:
    fonts = 0
    with pikepdf.open(io.BytesIO(render(replace(letter, secrecy="RAHASIA")))) as pdf:
        for page in pdf.pages:
            for font in page.Resources.Font.values():
                descriptor = font.DescendantFonts[0].FontDescriptor
                assert "/FontFile2" in descriptor or "/FontFile3" in descriptor
                assert "LiberationSans" in str(font.BaseFont)
                fonts += 1
    assert fonts


@FORMS
def test_equal_letters_are_equal_bytes(letter: LetterContent) -> None:
    assert render(letter) == render(replace(letter))
    assert render(letter) != render(replace(letter, number=f"{letter.number}a"))


def test_another_process_makes_the_same_bytes() -> None:
    script = (
        "import hashlib; from referrals.typeset import render;"
        "from tests.referrals.letter_examples import PEMDA_SURAT as letter;"
        "print(hashlib.sha256(render(letter)).hexdigest())"
    )
    root = PACKAGE.parent.parent
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == hashlib.sha256(render(PEMDA_SURAT)).hexdigest()


def test_threads_do_not_mix_letters() -> None:
    letters = [replace(ALL[n % 4], number=f"NOMOR-{n}") for n in range(24)]
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(render, letters))
    assert made == [render(letter) for letter in letters]
    assert "NOMOR-7" in PdfReader(io.BytesIO(made[7])).pages[0].extract_text()


def test_a_forked_child_says_so_instead_of_hanging() -> None:
    script = (
        "import os; from referrals.typeset import render;"
        "from tests.referrals.letter_examples import PEMDA_SURAT as letter;"
        "before = os.fork(); assert render(letter); before and os.waitpid(before, 0);"
        "after = os.fork(); after or render(letter); os._exit(os.waitpid(after, 0)[1] >> 8)"
    )
    root = PACKAGE.parent.parent
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 1
    assert "typeset after a fork" in done.stderr


def test_pictures_for_the_screen() -> None:
    pages = render_pages(three_pages(), ppi=50)
    assert len(pages) == 3
    with Image.open(io.BytesIO(render_png(POLRI_NOTA_DINAS, ppi=100))) as picture:
        assert picture.format == "PNG"
        assert picture.size == pytest.approx((827, 1170), abs=2)
    with pytest.raises(IndexError):
        render_png(POLRI_NOTA_DINAS, page=1)


def test_templates_fetch_nothing_and_fonts_carry_their_licence() -> None:
    for template in (PACKAGE / "templates").glob("*.typ"):
        source = template.read_text()
        assert "@preview" not in source
        assert "@local" not in source
        assert "http" not in source
        assert "eval(" not in source, "words are never read as markup"
    assert "SIL OPEN FONT LICENSE" in (PACKAGE / "fonts" / "OFL.txt").read_text()
    assert sum(path.stat().st_size for path in (PACKAGE / "fonts").iterdir()) < 2_000_000


# Words nobody meant as markup --------------------------------------------------------------------

MARKUP = r"#strong[x] #panic() *tebal* _miring_ $x^2$ \ \n @ref <lbl> [a] {b} `c` ~ -- --- ... "
QUOTES = '"q" \'q\' // k /* k */ = h https://127.0.0.1/a?b=c&d #import "x.typ"'


def hostile(words: str) -> LetterContent:
    point = Point(words, items=(Entry(words, items=(Entry(words),)), Pair(words, words)))
    return replace(
        POLRI_NOTA_DINAS,
        letterhead=replace(KOP_POLDA, lines=(words, words), address=words, contacts=words),
        number=words,
        place=words,
        addressee=words,
        sender=words,
        subject=words,
        body=(point, Paragraph(words)),
        signer=Signer(on_behalf=(words,), name=words, rank=words, id_number=words),
        copies=(words,),
        secrecy=words,
        verification=words,
    )


@pytest.mark.parametrize("style", ["polri", "pemda"])
@pytest.mark.parametrize("kind", ["nota_dinas", "surat"])
def test_markup_prints_literally_wherever_it_stands(style: Any, kind: Any) -> None:
    letter = hostile("TANDA " + MARKUP + QUOTES)
    letter = replace(letter, kind=kind, letterhead=replace(letter.letterhead, style=style))
    printed = squeezed(text(letter))
    wanted = squeezed("TANDA " + MARKUP + QUOTES)
    assert printed.count(wanted) >= 12
    assert wanted.upper() in printed, "secrecy in capitals"


def test_line_breaks_stay() -> None:
    letter = replace(PEMDA_SURAT, addressee="Direktur Utama\nPerumda Contoh\r\nBalikpapan")
    lines = [place(letter, start)[1] for start in ("Direktur Utama", "Perumda Contoh")]
    assert lines[1] > lines[0] + 3


def test_overlong_words_stay_on_the_paper() -> None:
    words = "x" * 200 + " " + "A-" * 90 + " https://127.0.0.1/" + "jalur/" * 40
    letter = replace(POLRI_NOTA_DINAS, subject=words, body=(Point(words), THANKS))
    with Image.open(io.BytesIO(render_png(letter, ppi=50))) as picture:
        grey = picture.convert("L")
        right = grey.crop((int(196.5 / 25.4 * 50), 0, grey.width, grey.height))
        assert right.getextrema() == (255, 255), "nothing in the right margin"
    assert "x" * 200 in squeezed(text(letter).replace("\u200b", ""))


def test_emoji_and_foreign_letters_become_visible_squares() -> None:
    fancy = "\U0001d5ef\U0001d5ee\U0001d5fb\U0001d601\U0001d602"  # "bantu" in mathematical bold
    words = f"tolong 😀 👍🏽 👨‍👩‍👧 🇮🇩 {fancy} 日本 é ½ … “ya” Ω ж"
    letter = replace(POLRI_NOTA_DINAS, subject=words, number="B/ND-1😀", body=(Point(words),))
    whole = text(letter)
    assert f"tolong {SUBSTITUTE} {SUBSTITUTE} {SUBSTITUTE} {SUBSTITUTE} bantu" in whole
    assert "é ½ … “ya” Ω ж" in whole
    assert any("😀" in remark for remark in remarks(letter))
    assert remarks(POLRI_NOTA_DINAS) == ()


def test_invisible_characters_go() -> None:
    assert clean("a\u202eb\x00c\u200bd\ud800\te") == f"abcd{SUBSTITUTE} e"
    assert unprintable("halo 😀😀 é") == ("😀",)


def test_character_map_agrees_with_what_the_font_prints() -> None:
    """Every character claimed as covered compiles in PDF/A, which refuses missing glyphs."""
    points = [chr(p) for p in sorted(covered()) if chr(p).isprintable() and not chr(p).isspace()]
    assert len(points) > 2000
    rows = ["".join(points[n : n + 20]) for n in range(0, len(points), 20)]
    assert render(replace(POLRI_NOTA_DINAS, body=tuple(Point(row) for row in rows)))


# Emblem -------------------------------------------------------------------------------------------

SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><circle cx="4" cy="4" r="4"/></svg>'
)


def png() -> bytes:
    out = io.BytesIO()
    Image.new("RGBA", (40, 44), (90, 90, 90, 128)).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize("picture", [SVG, png()], ids=["svg", "png"])
@FORMS
def test_emblem_is_drawn(letter: LetterContent, picture: bytes) -> None:
    adorned = replace(letter, letterhead=replace(letter.letterhead, emblem=picture))
    assert render_png(adorned, ppi=40) != render_png(letter, ppi=40)
    assert render(adorned).startswith(b"%PDF")


def test_unusable_emblem_is_named() -> None:
    def with_emblem(picture: bytes) -> LetterContent:
        return replace(PEMDA_SURAT, letterhead=replace(PEMDA_SURAT.letterhead, emblem=picture))

    with pytest.raises(IncompleteLetter, match="PNG atau SVG") as caught:
        render(with_emblem(b"GIF89a"))
    assert caught.value.field == "letterhead.emblem"
    for broken in (png()[:40], b"<svg \xff", png()[:8]):
        with pytest.raises(IncompleteLetter, match="Lambang"):
            render(with_emblem(broken))
    with pytest.raises(RenderError, match="lambang"):
        render(with_emblem(b"<svg"))
    assert render(PEMDA_SURAT), "the next letter is not harmed"


# What a letter cannot do without -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "broken"),
    [
        ("letterhead.lines", replace(POLRI_SURAT, letterhead=Letterhead((), "Jalan"))),
        ("letterhead.address", replace(POLRI_SURAT, letterhead=replace(KOP_POLDA, address=" "))),
        ("number", replace(POLRI_SURAT, number="")),
        ("place", replace(POLRI_SURAT, place="")),
        ("addressee", replace(POLRI_SURAT, addressee="Yth. ")),
        ("sender", replace(POLRI_NOTA_DINAS, sender="")),
        ("subject", replace(POLRI_SURAT, subject="\n")),
        ("sifat", replace(PEMDA_SURAT, sifat="")),
        ("classification", replace(POLRI_SURAT, classification="")),
        ("signer.on_behalf", replace(POLRI_SURAT, signer=Signer((), "N"))),
        ("signer.name", replace(POLRI_SURAT, signer=Signer(("KABID",), ""))),
        ("body", replace(POLRI_SURAT, body=())),
        ("body.2", replace(POLRI_SURAT, body=(THANKS, Point(" ")))),
        ("body.1", replace(POLRI_SURAT, body=(Point("a", items=(Pair("", "x"),)),))),
        ("layout", replace(POLRI_SURAT, layout=Layout(left=150))),
        ("layout", replace(POLRI_SURAT, layout=Layout(font_size=40))),
    ],
)
def test_missing_part_is_named(field: str, broken: LetterContent) -> None:
    with pytest.raises(IncompleteLetter) as caught:
        render(broken)
    assert caught.value.field == field
    assert str(caught.value).endswith(".")


def test_optional_parts_may_be_missing() -> None:
    bare = replace(
        PEMDA_SURAT,
        addressee_place="",
        copies=(),
        body=(Paragraph("Isi."),),
        signer=Signer(("Wali Kota Balikpapan,",), "NAMA PEJABAT"),
    )
    whole = text(bare)
    assert "Tembusan" not in whole
    assert "NIP" not in whole
    assert " di " not in whole


def test_kopstuk_rules_are_remarked_upon() -> None:
    head = replace(KOP_POLDA, lines=("X" * 42, "B", "C", "D"))
    assert len(remarks(replace(POLRI_NOTA_DINAS, letterhead=head))) == 2
    assert render(replace(POLRI_NOTA_DINAS, letterhead=head))


# Helpers ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "nol"),
        (5, "lima"),
        (10, "sepuluh"),
        (11, "sebelas"),
        (12, "dua belas"),
        (20, "dua puluh"),
        (21, "dua puluh satu"),
        (100, "seratus"),
        (111, "seratus sebelas"),
        (127, "seratus dua puluh tujuh"),
        (999, "sembilan ratus sembilan puluh sembilan"),
        (1000, "seribu"),
        (2026, "dua ribu dua puluh enam"),
        (341_799, "tiga ratus empat puluh satu ribu tujuh ratus sembilan puluh sembilan"),
    ],
)
def test_numbers_are_spelled(number: int, words: str) -> None:
    assert spell(number) == words
    assert count_words(number) == f"{number} ({words})"


def test_numbers_out_of_range_are_refused() -> None:
    for number in (-1, 1_000_000):
        with pytest.raises(ValueError, match="cannot spell"):
            spell(number)
    with pytest.raises(ValueError, match="no such month"):
        roman_month(13)


def test_dates_and_hours() -> None:
    assert [roman_month(month) for month in (1, 4, 7, 12)] == ["I", "IV", "VII", "XII"]
    assert long_date(datetime.date(2026, 7, 15)) == "15 Juli 2026"
    moment = datetime.datetime(2026, 7, 14, 1, 12, tzinfo=datetime.UTC)
    assert clock_time(moment, "Asia/Makassar") == "09.12 WITA"
    assert clock_time(moment, "Asia/Jakarta") == "08.12 WIB"
    assert clock_time(moment, "Asia/Jayapura") == "10.12 WIT"
    assert clock_time(moment, datetime.UTC) == "01.12 UTC"
    with pytest.raises(ValueError, match="aware"):
        clock_time(datetime.datetime(2026, 7, 14), "Asia/Makassar")  # noqa: DTZ001 - naive on purpose


def test_lists_are_punctuated() -> None:
    made = punctuated((Entry("satu"), Pair("dua", "2."), Entry("tiga;")))
    assert made == (Entry("satu;"), Pair("dua", "2; dan"), Entry("tiga."))
    assert punctuated((Entry("satu"), Entry("dua")), conjunction="") == (
        Entry("satu;"),
        Entry("dua."),
    )
    assert punctuated((Entry("satu"),)) == (Entry("satu."),)
    assert punctuated(()) == ()


def test_items_beyond_z_keep_their_order() -> None:
    rows = payload(replace(POLRI_SURAT, body=(Point("x", items=(Entry("y"),) * 28),)))["rows"]
    marks = [row["marker"] for row in rows]
    assert marks[26:29] == ["z.", "aa.", "bb."]
    assert all(before != after for before, after in pairwise(marks))
