"""What a file is, by its bytes: pictures made small, films and sound known, programs and pages refused."""

import io
import struct
import zipfile
import zlib

import pytest
from PIL import Image

from inbox.media_fetch import NotAllowed
from inbox.media_kinds import THUMB, look
from sandbox.core import media as samples
from tests.media.conftest import picture


def seen(body: bytes, kind: str = "file", name: str = "") -> tuple[str, str]:
    found = look(io.BytesIO(body), kind=kind, name=name)
    return found.content_type, found.ending


def packed(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in names:
            archive.writestr(name, "isi")
    return made.getvalue()


def box(brand: bytes) -> bytes:
    return b"\0\0\0\x18ftyp" + brand + b"\0\0\0\0" + brand + b"isom" + b"\0" * 60


@pytest.mark.parametrize(
    ("kind", "media_type", "ending"),
    [
        ("JPEG", "image/jpeg", "jpg"), ("PNG", "image/png", "png"), ("GIF", "image/gif", "gif"),
        ("WEBP", "image/webp", "webp"),
    ],
)  # fmt: skip
def test_pictures_are_checked_and_made_small(kind: str, media_type: str, ending: str) -> None:
    found = look(io.BytesIO(picture(kind, (1000, 500))), kind="image")
    assert (found.content_type, found.ending, found.width, found.height) == (
        media_type, ending, 1000, 500,
    )  # fmt: skip
    thumb = Image.open(io.BytesIO(found.thumb))
    assert (thumb.format, thumb.size) == ("WEBP", (THUMB, THUMB // 2))


def test_a_small_picture_tells_no_place_and_stands_upright() -> None:
    details = Image.Exif()
    details[0x010E] = "rahasia GPS"
    details[0x0112] = 6  # lies on its side
    found = look(io.BytesIO(picture("JPEG", (1000, 500), exif=details)), kind="image")
    assert (found.width, found.height) == (500, 1000)
    thumb = Image.open(io.BytesIO(found.thumb))
    assert thumb.size == (THUMB // 2, THUMB)
    assert not dict(thumb.getexif())
    assert b"rahasia" not in found.thumb


@pytest.mark.parametrize(
    ("body", "media_type", "ending"),
    [
        (samples.sample("video", 1), "video/mp4", "mp4"),
        (box(b"iso5"), "video/mp4", "mp4"),
        (box(b"qt  "), "video/quicktime", "mov"),
        (box(b"3gp4"), "video/3gpp", "3gp"),
        (samples.sample("audio", 1), "audio/mp4", "m4a"),
        (b"ID3\x03\0\0\0\0\0\0" + b"\xff\xfb\x90\0" * 50, "audio/mpeg", "mp3"),
        (b"OggS\0\x02" + b"\0" * 22 + b"OpusHead" + b"\0" * 50, "audio/ogg", "ogg"),
        (b"#!AMR\n" + b"\0" * 40, "audio/amr", "amr"),
    ],
)
def test_films_and_sound(body: bytes, media_type: str, ending: str) -> None:
    assert seen(body, kind="video") == (media_type, ending)


@pytest.mark.parametrize(
    ("body", "ending"),
    [
        (samples.sample("file", 1), "pdf"),
        (b"Halo kak,\nini teks biasa", "txt"),
        ("é".encode() * 20_000, "txt"),
        (b'{"a": 1}', "txt"),
        (packed("[Content_Types].xml", "word/document.xml"), "docx"),
        (packed("[Content_Types].xml", "xl/workbook.xml"), "xlsx"),
        (packed("[Content_Types].xml", "ppt/presentation.xml"), "pptx"),
        (packed("foto1.txt"), "zip"),
    ],
)
def test_documents_come_as_files_only(body: bytes, ending: str) -> None:
    assert seen(body)[1] == ending
    with pytest.raises(NotAllowed, match="keamanan"):
        look(io.BytesIO(body), kind="image")


def test_old_office_files_keep_their_ending() -> None:
    old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
    assert seen(old, name="Laporan.XLS")[1] == "xls"
    assert seen(old, name="Laporan.exe")[1] == "doc"


@pytest.mark.parametrize(
    "body",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>",
        b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<!DOCTYPE html><html><body>hai</body></html>",
        b"\xef\xbb\xbf \n <html><script>1</script>",
        b"#!/bin/sh\nrm -rf /\n",
        b"MZ" + b"\0" * 200,
        b"\x7fELF" + b"\0" * 200,
        packed("AndroidManifest.xml", "classes.dex"),
        packed("META-INF/MANIFEST.MF", "a.class"),
        b"GIF89a/*<script>alert(1)</script>*/=1;" + b"\0" * 30,
        picture("BMP"),
        picture("TIFF"),
        b"\x89PNG\r\n\x1a\n" + b"\0" * 50,
        picture("PNG")[:400],
        picture("JPEG")[:600],
        b"\x00\x01\x02\x03" * 50,
        b"",
    ],
)
def test_what_could_act_or_cannot_be_opened_is_refused(body: bytes) -> None:
    for kind in ("file", "image"):
        with pytest.raises(NotAllowed):
            look(io.BytesIO(body), kind=kind)


def test_decompression_bombs_are_refused_before_they_unpack() -> None:
    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    for side in (7_000, 60_000):  # 49 and 3,600 megapixels in some hundred kilobytes
        rows = zlib.compress(b"\0" * (side // 8 + 1) * min(side, 7_000), 9)
        header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
        bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows)
        with pytest.raises(NotAllowed):
            look(io.BytesIO(bomb + chunk(b"IEND", b"")), kind="image")
