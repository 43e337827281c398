"""Whether the file a letter becomes can be kept for good: PDF/A-2b (ISO 19005-2, level B).

veraPDF itself cannot be had here. Two things stand in for it:

1. `pikepdf.pdfa`, an allowlist validator that works through veraPDF's own list of rules for PDF/A-2b: what it
   does not know it reports, so it can cry wolf but not overlook. It runs where fontTools is installed. What
   it reports of Typst's files is listed in `KNOWN`, each with the reason why it is no breach; anything else
   fails the test.
2. Checks of our own with pikepdf, one rule each, so that a reader sees what is covered without the validator:
   header, identifiers, metadata, output intent, fonts, colour, transparency, actions, outside references.
   They do not cover what is inside a font program, and of a content stream only its colours.
"""

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pikepdf
import pytest

from referrals.typeset import AnnexPage, LetterContent, Paper, render
from tests.referrals.letter_examples import ALL, EMBLEM, POLRI_NOTA_DINAS
from tests.referrals.test_typeset_annex import ADDRESS, picture

KNOWN = (
    # The extension schema is declared as 6.6.2.3.3 asks, with pdfaExtension, pdfaSchema and pdfaProperty; the
    # validator takes no extension schemas at all.
    r"XMP namespace pdfa(Extension|Schema|Property)=.* is not permitted",
    r"XMP property pdfaExtension:schemas is not permitted",
    # xmpTPg:NPages is predefined in XMP 2005, which PDF/A-2 is built on.
    r"XMP namespace xmpTPg=.* is not permitted",
    r"XMP property xmpTPg:NPages is not permitted",
    # Said to be unchecked, not wrong.
    r"the content of structured XMP property xmpMM:History is not checked",
    r"/CIDSet on a CIDFontType2 subset is not checked",
)
ANNEXES = (
    AnnexPage("Foto", picture=picture(900, 600, "JPEG")),
    AnnexPage("Tangkapan", picture=picture(400, 900, "PNG", mode="RGBA")),
    AnnexPage("Gambar", picture=picture(300, 300, "GIF")),
    AnnexPage("Gambar", picture=picture(300, 300, "WEBP")),
    AnnexPage("Utas", text="Air mati 😀 sudah tiga hari"),
)
LETTERS = pytest.mark.parametrize(
    ("letter", "paper", "full"),
    [(letter, paper, full) for letter in ALL for paper in ("a4", "f4") for full in (False, True)],
    ids=lambda part: f"{part.style}-{part.kind}" if isinstance(part, LetterContent) else str(part),
)


def printed(letter: LetterContent, paper: Paper, *, full: bool) -> bytes:
    """The letter on `paper`; `full`: with emblem, code, secrecy and every kind of annex."""
    letter = replace(letter, layout=replace(letter.page, paper=paper))
    if full:
        head = replace(letter.letterhead, emblem=EMBLEM)
        letter = replace(
            letter, letterhead=head, secrecy="RAHASIA", verify_url=ADDRESS, annexes=ANNEXES,
            attention="Kasubdit Regident",
        )  # fmt: skip
    return render(letter)


def dictionaries(pdf: pikepdf.Pdf) -> Iterator[Any]:
    """Every dictionary and stream of the file, those inside others too."""
    waiting: list[Any] = [*pdf.objects, pdf.trailer]
    while waiting:
        found = waiting.pop()
        if isinstance(found, pikepdf.Array):
            waiting += [part for part in found if not _indirect(part)]
        elif isinstance(found, pikepdf.Dictionary | pikepdf.Stream):
            yield found
            waiting += [found[key] for key in found.keys() if not _indirect(found[key])]  # noqa: SIM118


def _indirect(part: Any) -> bool:
    return isinstance(part, pikepdf.Object) and part.is_indirect


# By the validator ---------------------------------------------------------------------------------


@LETTERS
def test_the_validator_finds_nothing_but_what_is_known(letter: LetterContent, paper: Paper, full: bool) -> None:  # fmt: skip
    pytest.importorskip("fontTools", reason="pikepdf.pdfa memerlukan fontTools")
    from pikepdf import pdfa

    report = pdfa.validate_written(io.BytesIO(printed(letter, paper, full=full)), "2b")
    unknown = [
        str(finding) for finding in report.findings
        if not any(re.fullmatch(known, finding.message) for known in KNOWN)
    ]  # fmt: skip
    assert not unknown


def test_the_validator_would_notice() -> None:
    """A letter without its output intent, and one with a script, are refused."""
    pytest.importorskip("fontTools", reason="pikepdf.pdfa memerlukan fontTools")
    from pikepdf import pdfa

    def without_intent(pdf: pikepdf.Pdf) -> None:
        del pdf.Root.OutputIntents

    def with_script(pdf: pikepdf.Pdf) -> None:
        pdf.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")

    for spoil in (without_intent, with_script):
        out = io.BytesIO()
        with pikepdf.open(io.BytesIO(render(POLRI_NOTA_DINAS))) as pdf:
            spoil(pdf)
            pdf.save(out)
        report = pdfa.validate_written(out, "2b")
        assert any(
            not any(re.fullmatch(known, finding.message) for known in KNOWN)
            for finding in report.findings
        )


# By our own checks --------------------------------------------------------------------------------


@LETTERS
def test_header_identifiers_and_metadata(letter: LetterContent, paper: Paper, full: bool) -> None:  # fmt: skip
    """6.1.2 header, 6.1.3 trailer (ID, no encryption), 6.6.4 the claim itself."""
    data = printed(letter, paper, full=full)
    first, comment = data.split(b"\n")[:2]
    assert re.fullmatch(rb"%PDF-1\.[0-7]", first.strip())
    assert comment[:1] == b"%"
    assert all(byte > 127 for byte in comment[1:5])
    assert data.rstrip().endswith(b"%%EOF")
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert len(pdf.trailer.ID) == 2
        assert "/Encrypt" not in pdf.trailer
        assert "/Filter" not in pdf.Root.Metadata, "metadata is readable without the program"
        with pdf.open_metadata() as meta:
            assert (meta["pdfaid:part"], meta["pdfaid:conformance"]) == ("2", "B")


@LETTERS
def test_one_rgb_output_intent_covers_every_colour(letter: LetterContent, paper: Paper, full: bool) -> None:  # fmt: skip
    """6.2.3 output intent, 6.2.4 device colours, 6.2.8 images, 6.2.10 transparency."""
    with pikepdf.open(io.BytesIO(printed(letter, paper, full=full))) as pdf:
        (intent,) = pdf.Root.OutputIntents
        assert intent.S == "/GTS_PDFA1"
        profile = intent.DestOutputProfile
        assert profile.N == 3
        assert bytes(profile.read_bytes())[36:40] == b"acsp"
        for found in dictionaries(pdf):
            assert "CMYK" not in str(found.get("/ColorSpace", ""))
            if found.get("/Subtype") == "/Image":
                assert not found.get("/Interpolate", False)
                assert "/Alternates" not in found
                assert "/OPI" not in found
            assert found.get("/BM", "/Normal") in ("/Normal", "/Compatible")
            assert (
                not {"/TR", "/TR2", "/HTP"} & set(found.keys()) or found.get("/TR2") == "/Default"
            )
        for page in pdf.pages:
            used = {str(step.operator) for step in pikepdf.parse_content_stream(page)}
            assert not used & {"k", "K"}, "no colour of four inks"
            if "/Group" in page:
                assert page.Group.CS != "/DeviceCMYK"


@LETTERS
def test_every_font_is_inside(letter: LetterContent, paper: Paper, full: bool) -> None:  # fmt: skip
    """6.2.11.4 embedding; each can be read back as text."""
    fonts = 0
    with pikepdf.open(io.BytesIO(printed(letter, paper, full=full))) as pdf:
        for found in dictionaries(pdf):
            if found.get("/Type") == "/FontDescriptor":
                assert {"/FontFile2", "/FontFile3"} & set(found.keys())
                assert "LiberationSans" in str(found.FontName)
                fonts += 1
            if found.get("/Subtype") == "/Type0":
                assert "/ToUnicode" in found
            assert found.get("/Subtype") != "/Type3"
    assert fonts


@LETTERS
def test_nothing_acts_and_nothing_points_outside(letter: LetterContent, paper: Paper, full: bool) -> None:  # fmt: skip
    """6.1.7 streams, 6.5 actions, 6.4 forms, 6.8 embedded files, 6.2.9 reference XObjects, 6.9 layers."""
    forbidden = {"/JS", "/JavaScript", "/AA", "/OpenAction", "/XFA", "/EmbeddedFiles", "/AF", "/EF", "/Ref", "/OCProperties", "/PS", "/AcroForm"}  # fmt: skip
    with pikepdf.open(io.BytesIO(printed(letter, paper, full=full))) as pdf:
        for found in dictionaries(pdf):
            assert not forbidden & set(found.keys())
            assert found.get("/Type") not in ("/Action", "/Filespec")
            assert "/URI" not in found, "the address is printed, not a link"
            if isinstance(found, pikepdf.Stream):
                assert not {"/F", "/FFilter", "/FDecodeParms"} & set(found.keys())
                assert "LZW" not in str(found.get("/Filter", ""))
                assert "Crypt" not in str(found.get("/Filter", ""))
        assert not any("/Annots" in page for page in pdf.pages)
