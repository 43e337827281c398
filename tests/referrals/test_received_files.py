"""Files that come with an answer: what they really are decides, not what they are called."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from referrals import received_files
from referrals.received_files import FileRefused
from tests.referrals.file_examples import PDF, archive, picture, table, word

GOOD = {
    "surat.pdf": (PDF, ".pdf"),
    "pindaian.exe": (b"\x00\nscanner\n" + PDF, ".pdf"),  # the name says nothing
    "foto.jpg": (picture("JPEG"), ".jpg"),
    "layar.png": (picture(), ".png"),
    "stiker.webp": (picture("WEBP"), ".webp"),
    "nota.docx": (word(), ".docx"),
    "jadwal.xlsx": (table(), ".xlsx"),
}
BAD = {
    "program.pdf": b"MZ\x90\x00" + b"\x00" * 200,
    "halaman.pdf": b"<html><script>alert(1)</script></html>",
    "gambar.svg": b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>",
    "arsip.docx": archive("a.exe"),
    "java.docx": archive("META-INF/MANIFEST.MF", "A.class"),
    "makro.docx": word("word/vbaProject.bin"),
    "rusak.docx": b"PK\x03\x04" + b"\x00" * 40,
    "teks.pdf": b"halo",
}


@pytest.mark.parametrize("name", GOOD)
def test_what_may_come(name: str) -> None:
    data, ending = GOOD[name]
    kept = received_files.check(name, data)
    assert received_files.KINDS[kept.content_type] == ending
    assert kept.data == data
    assert len(kept.digest) == 64


@pytest.mark.parametrize("name", BAD)
def test_what_may_not(name: str) -> None:
    with pytest.raises(FileRefused, match="bukan PDF, gambar, Word, atau Excel"):
        received_files.check(name, BAD[name])


def test_empty_too_large_too_many_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FileRefused, match="kosong"):
        received_files.check("a.pdf", b"")
    with pytest.raises(FileRefused, match="Paling banyak 10"):
        received_files.check_all([("a.pdf", PDF)] * 11)
    monkeypatch.setattr(received_files, "MOST_BYTES", len(PDF))
    with pytest.raises(FileRefused, match="lebih besar dari 20 MB"):
        received_files.check("a.pdf", PDF + b" ")
    monkeypatch.setattr(received_files, "MOST_TOGETHER", 2 * len(PDF))
    assert len(received_files.check_all([("a.pdf", PDF)] * 2)) == 2
    with pytest.raises(FileRefused, match="paling banyak 60 MB"):
        received_files.check_all([("a.pdf", PDF)] * 3)


def test_sizes_are_refused_before_anything_is_read() -> None:
    class Unread(SimpleUploadedFile):
        def read(self, *_args: object) -> bytes:
            raise AssertionError("read")

    large = Unread("besar.pdf", b"x")
    large.size = received_files.MOST_BYTES + 1
    with pytest.raises(FileRefused, match="besar"):
        received_files.from_uploads([large])


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\a\\surat.pdf", "surat.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie: x.pdf"),
        ("\u202efdp.exe", "fdp.exe"),
        ("", "berkas"),
        ("x" * 300, "x" * 120),
    ],
)
def test_names_are_for_people_only(name: str, shown: str) -> None:
    assert received_files.check(name, PDF).name == shown


def test_served_as_what_it_is() -> None:
    response = received_files.shown(received_files.check('jadwal "baru"; a\nb.xlsx', table()))
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Disposition"].startswith("attachment; filename*=UTF-8''jadwal%20%22")
    assert "\n" not in response["Content-Disposition"]
    shown = received_files.shown(received_files.check("foto", picture()))
    assert shown["Content-Disposition"] == "inline; filename*=UTF-8''foto.png"
    assert shown["Content-Type"] == "image/png"
