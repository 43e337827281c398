"""What is put behind a letter, for whose attention it is, and the code by which it can be verified."""

import io
from dataclasses import replace
from typing import Any

import pikepdf
import pytest
from PIL import Image, ImageDraw

from referrals.typeset import (
    AnnexPage,
    IncompleteLetter,
    LetterContent,
    Point,
    check,
    render,
    render_png,
)
from referrals.typeset.codes import qr_svg
from referrals.typeset.pictures import LONGEST, MOST_PIXELS, Unusable, drawing
from tests.referrals.letter_examples import (
    ALL,
    PEMDA_SURAT,
    POLRI_NOTA_DINAS,
    POLRI_SURAT,
    RUJUKAN,
    THANKS,
)
from tests.referrals.letter_reading import MM, Sheet, assert_in_order, read

FORMS = pytest.mark.parametrize("letter", ALL, ids=lambda letter: f"{letter.style}-{letter.kind}")
ADDRESS = "https://humas.contoh.test/surat/periksa/0b7c1f0e-8d53-4f6e-9a30-2d3c5f3f7b11/"


def picture(width: int, height: int, form: str = "PNG", *, mode: str = "RGB", **saved: Any) -> bytes:  # fmt: skip
    """A grey picture with a dark upper left quarter."""
    made = Image.new("RGB", (width, height), (230, 230, 230))
    ImageDraw.Draw(made).rectangle((0, 0, width // 2, height // 2), fill=(40, 40, 40))
    out = io.BytesIO()
    made.convert(mode).save(out, form, **saved)
    return out.getvalue()


def annexed(letter: LetterContent, *pages: AnnexPage) -> LetterContent:
    return replace(letter, annexes=pages)


def drawn_on(letter: LetterContent, page: int) -> list[tuple[float, float]]:
    """Width and height in millimetres of every picture on a page."""
    found = []
    with pikepdf.open(io.BytesIO(render(letter))) as pdf:
        stack, at = [], pikepdf.Matrix()
        for operands, operator in _flat(pdf.pages[page]):
            match operator:
                case "q":
                    stack.append(at)
                case "Q":
                    at = stack.pop()
                case "cm":
                    at = pikepdf.Matrix(*(float(n) for n in operands)) @ at
                case "image":
                    found.append((abs(at.a) / MM, abs(at.d) / MM))
    return found


def _flat(holder: Any) -> Any:
    """The operators of a page with those of the forms it draws; an image's `Do` is called "image"."""
    for step in pikepdf.parse_content_stream(holder):
        operands, operator = step.operands, str(step.operator)
        if operator != "Do":
            yield operands, operator
            continue
        drawn = holder.Resources.XObject[operands[0]]
        if drawn.Subtype == "/Image":
            yield operands, "image"
            continue
        yield [], "q"
        if "/Matrix" in drawn:
            yield list(drawn.Matrix), "cm"
        yield from _flat(drawn)
        yield [], "Q"


# The annex ----------------------------------------------------------------------------------------


@FORMS
def test_annex_begins_a_page_and_names_its_letter(letter: LetterContent) -> None:
    whole = annexed(letter, AnnexPage("Facebook, 14 Juli 2026", text="Air mati\nsudah tiga hari"))
    bare, pages = len(read(letter).pages), read(whole).pages
    assert len(pages) == bare + 1
    assert "LAMPIRAN" not in "".join(page.extract_text() for page in pages[:-1])
    assert letter.number
    heading = "LAMPIRAN NOTA DINAS" if letter.kind == "nota_dinas" else "LAMPIRAN SURAT"
    parts = [heading, f"Nomor : {letter.number}", "Tanggal : 15 Juli 2026", "1. Facebook, 14 Juli"]
    assert_in_order(pages[-1].extract_text(), [*parts, "Air mati", "sudah tiga hari"])
    lines = [Sheet(render(whole), bare).find(start) for start in ("Air mati", "sudah tiga")]
    assert lines[1].y > lines[0].y + 3, "a citizen's line breaks stay"


def test_annex_of_a_draft_shows_no_number() -> None:
    letter = annexed(replace(PEMDA_SURAT, number=None), AnnexPage("Facebook", text="Air mati"))
    page = read(letter).pages[1].extract_text()
    assert "400.14" not in page
    assert "KONSEP" in page


@pytest.mark.parametrize("paper", ["a4", "f4"])
@pytest.mark.parametrize(("width", "height"), [(4000, 3000), (1080, 2400), (320, 200), (90, 4000)])
def test_pictures_stay_inside_the_margins_undistorted(paper: Any, width: int, height: int) -> None:
    layout = replace(POLRI_NOTA_DINAS.page, paper=paper)
    letter = replace(POLRI_NOTA_DINAS, layout=layout)
    ((wide, high),) = drawn_on(
        annexed(letter, AnnexPage("Foto", picture=picture(width, height))), 1
    )
    room = (210 if paper == "a4" else 215) - layout.left - layout.right
    depth = (297 if paper == "a4" else 330) - layout.top - layout.bottom
    assert wide <= room + 0.1
    assert high <= depth * 0.75
    assert wide / high == pytest.approx(width / height, rel=0.02)
    assert wide <= width / (96 / 25.4) + 0.1, "not blown up"


def test_several_stand_on_one_page_where_they_fit() -> None:
    """Two screenshots of a phone side by side; two landscape photographs under each other."""
    tall, flat = picture(1080, 2340), picture(1600, 900)
    pair = annexed(PEMDA_SURAT, AnnexPage("Satu", picture=tall), AnnexPage("Dua", picture=tall))
    assert len(read(pair).pages) == 2
    sheet = Sheet(render(pair), 1)
    assert sheet.find("1.").y == pytest.approx(sheet.find("2.").y, abs=0.1)
    assert sheet.find("2.").x > sheet.width / 2
    stack = annexed(PEMDA_SURAT, AnnexPage("Satu", picture=flat), AnnexPage("Dua", picture=flat))
    assert len(read(stack).pages) == 2
    many = annexed(PEMDA_SURAT, *(AnnexPage(f"Foto {n}", picture=flat) for n in range(5)))
    pages = [page.extract_text() for page in read(many).pages[1:]]
    assert [page.count("Foto") for page in pages] == [2, 2, 1]


def test_a_long_annex_breaks_over_pages_and_keeps_its_title_with_it() -> None:
    long = AnnexPage("Utas panjang", text="kalimat warga yang panjang " * 500)
    flat = AnnexPage("Foto", picture=picture(1600, 1000))
    pages = [page.extract_text() for page in read(annexed(PEMDA_SURAT, flat, flat, long)).pages[1:]]
    at = next(number for number, page in enumerate(pages) if "Utas panjang" in page)
    assert "kalimat warga" in pages[at]
    assert "kalimat warga" in pages[-1]


def test_secrecy_and_page_number_stand_on_every_page_of_the_annex_too() -> None:
    pages = (AnnexPage("Utas", text="kata " * 1500),)
    letter = annexed(replace(POLRI_SURAT, secrecy="rahasia"), *pages)
    count = len(read(letter).pages)
    assert count >= 3
    for page in range(count):
        sheet = Sheet(render(letter), page)
        heights = sorted(run.y for run in sheet.runs if run.text == "RAHASIA")
        assert len(heights) == 2
        assert heights[0] < 20
        assert heights[1] > sheet.height - 30
        assert (f"- {page + 1} -" in [run.text for run in sheet.runs]) is (page > 0)


# Pictures as citizens send them -------------------------------------------------------------------


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP"])
def test_four_kinds_of_pictures_are_drawn(form: str) -> None:
    letter = annexed(PEMDA_SURAT, AnnexPage("Foto", picture=picture(400, 300, form)))
    assert len(drawn_on(letter, 1)) == 1
    with Image.open(io.BytesIO(render_png(letter, page=1, ppi=50))) as page:
        assert min(page.convert("L").tobytes()) < 60, "its dark quarter is on the paper"


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "LA", "1", "CMYK", "I;16"])
def test_pictures_of_any_colour_space_become_plain_rgb(mode: str) -> None:
    form = "JPEG" if mode == "CMYK" else "PNG"
    letter = annexed(PEMDA_SURAT, AnnexPage("Foto", picture=picture(400, 300, form, mode=mode)))
    with pikepdf.open(io.BytesIO(render(letter))) as pdf:
        images = [
            o
            for o in pdf.objects
            if isinstance(o, pikepdf.Stream) and o.get("/Subtype") == "/Image"
        ]
        assert images
        for image in images:
            assert "/SMask" not in image, "nothing transparent"
            assert "CMYK" not in str(image.get("/ColorSpace"))


def test_what_a_camera_wrote_beside_the_picture_stays_behind() -> None:
    """A place or a name would tell the division more than the letter does (I7); upright is upright."""
    notes = Image.Exif()
    notes[0x0112] = 6  # the camera was held sideways
    notes[0x013B] = "Warga Bernama"
    sent = picture(400, 200, "JPEG", exif=notes)
    assert b"Warga Bernama" in sent
    assert (drawing(sent).width, drawing(sent).height) == (200, 400)
    assert b"Warga Bernama" not in render(annexed(PEMDA_SURAT, AnnexPage("Foto", picture=sent)))


def test_large_pictures_are_made_smaller_and_the_file_stays_small() -> None:
    noise = Image.effect_noise((5000, 4000), 80).convert("RGB")
    out = io.BytesIO()
    noise.save(out, "JPEG", quality=95)
    made = drawing(out.getvalue())
    assert max(made.width, made.height) == LONGEST
    pdf = render(annexed(PEMDA_SURAT, AnnexPage("Foto", picture=out.getvalue())))
    assert len(pdf) < len(out.getvalue()) / 3


def test_equal_pictures_are_equal_bytes() -> None:
    letter = annexed(PEMDA_SURAT, AnnexPage("Foto", picture=picture(400, 300, "WEBP")))
    first = render(letter)
    drawing.cache_clear()
    assert render(letter) == first


@pytest.mark.parametrize(
    "broken",
    [
        b"bukan gambar",
        picture(400, 300)[:200],
        picture(400, 300, "JPEG")[:60],
        b"%PDF-1.7",
        b"<svg/>",
    ],
    ids=["words", "half a PNG", "head of a JPEG", "PDF", "SVG"],
)
def test_a_broken_picture_is_named(broken: bytes) -> None:
    good = AnnexPage("Foto", picture=picture(40, 30))
    with pytest.raises(IncompleteLetter, match="Gambar lampiran ke-2 tidak dapat dibaca") as caught:
        render(annexed(PEMDA_SURAT, good, AnnexPage("Rusak", picture=broken)))
    assert caught.value.field == "annexes.2"
    with pytest.raises(IncompleteLetter):  # known before a number is taken
        check(annexed(PEMDA_SURAT, AnnexPage("Rusak", picture=broken)))
    assert str(caught.value).endswith(".")
    assert render(PEMDA_SURAT), "the next letter is not harmed"


def test_a_picture_that_claims_to_be_huge_is_refused_unread() -> None:
    side = int(MOST_PIXELS**0.5) + 10
    with pytest.raises(Unusable, match="too many pixels"):
        drawing(picture(side, side, mode="1"))


def test_an_empty_annex_is_named() -> None:
    with pytest.raises(IncompleteLetter, match="Lampiran ke-1 kosong") as caught:
        render(annexed(PEMDA_SURAT, AnnexPage("Utas", text=" \n")))
    assert caught.value.field == "annexes.1"


def test_words_of_an_annex_are_no_markup() -> None:
    words = "#panic() *tebal* $x$ @ref <svg/> \\ [a]"
    assert words in read(annexed(PEMDA_SURAT, AnnexPage(words, text=words))).pages[1].extract_text()


# For whose attention ------------------------------------------------------------------------------


@FORMS
def test_attention_stands_under_the_addressee(letter: LetterContent) -> None:
    for typed in ("Kasubdit Regident", "u.p. Kasubdit Regident"):
        sheet = Sheet(render(replace(letter, attention=typed)))
        office = sheet.find(
            letter.addressee[:20] if letter.addressee[:4] == "Yth." else letter.addressee[:12]
        )
        line = sheet.find("u.p. Kasubdit Regident")
        assert office.y < line.y < office.y + 16
        assert line.x == pytest.approx(office.x, abs=0.2)
    assert "u.p." not in "".join(run.text for run in Sheet(render(letter)).runs)


# Verification -------------------------------------------------------------------------------------


@FORMS
def test_the_code_stands_beside_the_signature_with_its_address(letter: LetterContent) -> None:
    bare, whole = render(letter), render(replace(letter, verify_url=ADDRESS))
    last = len(read(letter).pages) - 1
    sheet = Sheet(whole, last)
    told = sheet.find("Keaslian surat ini dapat diperiksa di")
    assert ADDRESS in "".join("".join(run.text.split()) for run in sheet.runs)
    name = sheet.find("NAMA PEJABAT")
    assert told.x < name.x
    assert 0 < name.y - told.y < 25
    assert "Keaslian" not in "".join(run.text for run in Sheet(bare, last).runs)


def test_the_code_says_the_address() -> None:
    """Read back from the printed page, module by module: it is the code of this address and no other."""
    letter = replace(POLRI_NOTA_DINAS, verify_url=ADDRESS)
    with Image.open(io.BytesIO(render_png(letter, ppi=400))) as page:
        grey = page.convert("L")
    ppmm = 400 / 25.4
    sheet = Sheet(render(letter))
    told, foot = sheet.find("Keaslian"), sheet.find("NAMA PEJABAT").y
    box = (20 * ppmm, (told.y - 14) * ppmm, (told.x - 0.5) * ppmm, (foot - 3.5) * ppmm)
    found = grey.crop(box)
    black = found.point(lambda value: 255 * (value < 128)).getbbox()
    assert black
    code = found.crop(black)
    dark = set(_modules(qr_svg(ADDRESS)))
    size = max(x for x, _ in dark) - 3
    assert code.width == pytest.approx(code.height, abs=3)
    pitch = code.width / size
    assert pitch / ppmm > 0.33, "a telephone can read it"
    for y in range(size):
        for x in range(size):
            value = code.getpixel((int((x + 0.5) * pitch), int((y + 0.5) * pitch)))
            assert isinstance(value, int | float)
            assert (value < 128) is ((x + 4, y + 4) in dark)


def _modules(svg: str) -> list[tuple[int, int]]:
    path = svg.partition('d="')[2].partition('"')[0]
    steps = [part.partition("h")[0].split() for part in path.split("M") if part]
    return [(int(x), int(y)) for x, y in steps]


# Breaks -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("added", range(0, 30, 2))
def test_an_introduction_never_ends_a_page(added: int) -> None:
    """“… dengan data sebagai berikut:” stands on the page of its first item."""
    filler = tuple(Point("Baris tambahan.") for _ in range(added))
    listed = Point("Data sebagai berikut:", items=POLRI_NOTA_DINAS.body[1].items)  # type: ignore[union-attr]
    pages = read(replace(POLRI_NOTA_DINAS, body=(RUJUKAN, *filler, listed, THANKS))).pages
    for page in pages:
        said = page.extract_text()
        if "sebagai berikut:" in said:
            assert "nomor tiket" in said
