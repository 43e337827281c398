"""A signed file is what it was, to the byte; and it can still be kept for good (PDF/A-2b)."""

import io
import random
import re

import pikepdf
import pytest

from accounts import clock
from referrals import certificates, signatures
from referrals.models import OfficeCertificate
from referrals.signatures import Seal, Unreadable
from referrals.typeset import render
from tests.referrals.letter_examples import ALL, POLRI_NOTA_DINAS
from tests.referrals.signing_examples import Identity, elsewhere, identity
from tests.referrals.test_typeset_archive import KNOWN, printed

pytestmark = pytest.mark.django_db  # the clock is the database's

POSITIONS = 320
#: What pyHanko's update adds to what is KNOWN of Typst's files.
SIGNED_KNOWN = (
    *KNOWN,
    # Not looked at, not wrong: PDF/A-2 allows forms, 6.4.1 asks of them what is checked below.
    r"interactive forms \(/AcroForm\) are not supported",
    # xmpTPg again, under another prefix, which no rule fixes for it.
    r"XMP namespace ns\d+=http://ns\.adobe\.com/xap/1\.0/t/pg/ is not permitted",
    r"XMP property ns\d+:NPages is not permitted",
)


def signed(pdf: bytes, who: Identity | None = None) -> bytes:
    """`pdf` signed as letters are, with a certificate out of a PKCS#12 file."""
    who = who or identity()
    opened = certificates._open(who.p12(), "kuda-laut 77")
    row = OfficeCertificate(source="file", sealed=certificates.sealed_of(opened))
    return signatures.sign(pdf, opener=lambda: certificates.signer(row), at=clock.now())


@pytest.fixture
def letter(request: pytest.FixtureRequest) -> bytes:
    """One signed letter for all that only read it."""
    return signed(render(POLRI_NOTA_DINAS))


def seals_of(pdf: bytes) -> list[Seal]:
    return signatures.examine(pdf, at=clock.now())


def is_good(pdf: bytes) -> bool:
    """Whether anybody would take it for a signed, unchanged file."""
    try:
        seals = seals_of(pdf)
    except Unreadable:
        return False
    return bool(seals) and all(seal.good for seal in seals)


def test_every_changed_byte_is_noticed(letter: bytes) -> None:
    """Positions spread over the whole file, its first and last byte and the signature's own among them.

    1. Every byte that the signature covers is caught by the signature itself.
    2. The signature's own bytes, which it cannot cover, are caught by it or by the kept SHA-256.
    """
    assert is_good(letter)
    (start, length, after, rest) = _covered(letter)
    assert (start, after + rest) == (0, len(letter)), "the whole file but the signature itself"
    chance = random.Random(20261122)  # noqa: S311  the same places each time
    places = {0, len(letter) - 1, length - 1, length, after - 1, after, (length + after) // 2}
    places |= set(range(0, len(letter), len(letter) // (POSITIONS // 2)))
    places |= {chance.randrange(len(letter)) for _each in range(POSITIONS // 2)}
    assert len(places) > 300
    blind = []
    for place in sorted(places):
        changed = bytearray(letter)
        changed[place] ^= 1 << chance.randrange(8)
        covered = place < length or place >= after
        if covered and is_good(bytes(changed)):
            blind.append(place)
        assert signatures_differ(letter, bytes(changed))
    assert blind == []


def signatures_differ(one: bytes, other: bytes) -> bool:
    """What the kept SHA-256 says."""
    import hashlib

    return hashlib.sha256(one).digest() != hashlib.sha256(other).digest()


def _covered(pdf: bytes) -> tuple[int, int, int, int]:
    found = re.findall(rb"/ByteRange \[(\d+) (\d+) (\d+) (\d+)\s*\]", pdf)
    assert len(found) == 1
    first, length, after, rest = map(int, found[0])
    return first, length, after, rest


def test_the_signature_that_is_swapped_or_cut_is_noticed(letter: bytes) -> None:
    start = _covered(letter)[1] + 1
    end = letter.index(b">", start)
    other = signed(render(POLRI_NOTA_DINAS), identity("Orang Lain"))
    (seal,) = seals_of(other)
    assert seal.name == "Orang Lain", "another's signature is told by its name"
    for spoilt in (
        letter[:start] + b"0" * (end - start) + letter[end:],
        letter[: len(letter) // 2],
        letter[:-200],
    ):
        assert not is_good(spoilt)


def test_what_is_added_behind_is_noticed(letter: bytes) -> None:
    """Another text drawn over the page by an update leaves the signed bytes alone, and is caught."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(letter)) as pdf:
        pdf.pages[0].contents_add(b"BT /F1 12 Tf (lain) Tj ET")
        pdf.save(out)
    assert not is_good(out.getvalue())
    from pyhanko.pdf_utils import generic
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    writer = IncrementalPdfFileWriter(io.BytesIO(letter))
    page = writer.root["/Pages"]["/Kids"][0]
    page[generic.NameObject("/Rotate")] = generic.NumberObject(180)
    writer.update_container(page)
    later = io.BytesIO()
    writer.write(later)
    assert later.getvalue().startswith(letter)
    (seal,) = seals_of(later.getvalue())
    assert (seal.intact, seal.whole) == (True, False)


def test_a_second_signature_breaks_nothing(letter: bytes) -> None:
    both = elsewhere(letter)
    assert both.startswith(letter)
    assert [seal.good for seal in seals_of(both)] == [True, True]


@pytest.mark.parametrize("full", [False, True])
def test_signed_letters_can_be_kept_for_good(full: bool) -> None:
    """ISO 19005-2: by the validator, and what it does not look at, 6.4.1 and 6.4.3, by hand."""
    for one in ALL:
        file = signed(printed(one, "a4", full=full))
        with pikepdf.open(io.BytesIO(file)) as pdf:
            form = pdf.Root.AcroForm
            assert "/NeedAppearances" not in form
            assert "/XFA" not in form
            (field,) = form.Fields
            assert [float(each) for each in field.Rect] == [0, 0, 0, 0], "cannot be seen"
            flags = int(field.F)
            assert flags & 4, "printed"
            assert not flags & (1 | 2 | 32), "neither hidden nor invisible"
            assert not {"/A", "/AA"} & set(field.keys())
            signature = field.V
            assert signature.SubFilter == "/ETSI.CAdES.detached"
            assert "/Reference" not in signature
            with pdf.open_metadata() as meta:
                assert (meta["pdfaid:part"], meta["pdfaid:conformance"]) == ("2", "B")
        pytest.importorskip("fontTools", reason="pikepdf.pdfa memerlukan fontTools")
        from pikepdf import pdfa

        report = pdfa.validate_written(io.BytesIO(file), "2b")
        unknown = [
            str(finding) for finding in report.findings
            if not any(re.fullmatch(known, finding.message) for known in SIGNED_KNOWN)
        ]  # fmt: skip
        assert unknown == []


def test_the_sheet_says_nothing_new(letter: bytes) -> None:
    """No mark of any certifier is drawn: the page's content is the rendering's (domain.md §2.3)."""
    plain = render(POLRI_NOTA_DINAS)
    with pikepdf.open(io.BytesIO(plain)) as before, pikepdf.open(io.BytesIO(letter)) as after:
        assert len(before.pages) == len(after.pages)
        for one, other in zip(before.pages, after.pages, strict=True):
            assert one.Contents.read_bytes() == other.Contents.read_bytes()
    assert letter.startswith(plain)
