"""What a file really is, by its own bytes, and a small picture of it. Never by what its sender claims.

Pictures are opened by Pillow, which must agree; SVG, HTML and programs are not kept (they could act in
the browser, or on the desk's computer).
"""

import struct
import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import IO

import puremagic
from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from inbox.media_fetch import NotAllowed

PIXELS = 40_000_000  # a picture that unpacks to more is refused before it is unpacked
THUMB = 480  # pixels of the longer side
HEAD = 16_384  # bytes looked at
PIECE = 1024 * 1024  # bytes read at a time
_PICTURES = {
    "JPEG": ("image/jpeg", "jpg"),
    "PNG": ("image/png", "png"),
    "GIF": ("image/gif", "gif"),
    "WEBP": ("image/webp", "webp"),
}
#: What puremagic calls it (media type, or ending where it knows none) → our media type and ending.
_KNOWN = {
    "image/jpeg": _PICTURES["JPEG"],
    "image/png": _PICTURES["PNG"],
    "image/gif": _PICTURES["GIF"],
    "image/webp": _PICTURES["WEBP"],
    "video/mp4": ("video/mp4", "mp4"),
    "video/quicktime": ("video/quicktime", "mov"),
    "video/webm": ("video/webm", "webm"),
    "video/3gpp": ("video/3gpp", "3gp"),
    "audio/mp4": ("audio/mp4", "m4a"),
    ".m4a": ("audio/mp4", "m4a"),
    "audio/mpeg": ("audio/mpeg", "mp3"),
    "audio/aac": ("audio/aac", "aac"),
    "application/ogg": ("audio/ogg", "ogg"),
    "audio/wav": ("audio/wav", "wav"),
    ".amr": ("audio/amr", "amr"),
    "application/pdf": ("application/pdf", "pdf"),
    "application/rtf": ("application/rtf", "rtf"),
    "application/msword": ("application/x-ole-storage", "doc"),  # Word, Excel or PowerPoint of old
}
_OFFICE = {
    b"word/document": (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "docx",
    ),
    b"xl/workbook": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    b"ppt/presentation": (
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "pptx",
    ),
}
_PROGRAM = (b"AndroidManifest.xml", b"META-INF/MANIFEST.MF", b".app/Info.plist")
_OLD_OFFICE = ("doc", "xls", "ppt")


#: What Pillow raises for files that are damaged, or made to do damage.
_BROKEN = (
    OSError, ValueError, SyntaxError, LookupError, EOFError, TypeError, ArithmeticError, struct.error,
    MemoryError, Image.DecompressionBombError, Image.DecompressionBombWarning,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """What a file is: its media type, our ending for its name, and of pictures the size in pixels."""

    content_type: str
    ending: str
    width: int | None = None
    height: int | None = None
    thumb: bytes = b""  # WebP, without the picture's own particulars (EXIF)

    @property
    def family(self) -> str:
        """image, video, audio; everything else is a file that is only handed out to be kept."""
        first = self.content_type.partition("/")[0]
        return first if first in ("image", "video", "audio") else "file"


def look(file: IO[bytes], *, kind: str, name: str = "") -> Found:
    """What `file` is. `kind` is what its message calls it: only a "file" may be a document.

    Raises NotAllowed with the sentence for the screen.
    """
    file.seek(0)
    head = file.read(HEAD)
    if not head:
        raise NotAllowed(_("Berkasnya kosong."))
    found = _sniffed(head, file, name)
    if found is None or (kind != "file" and Found(*found).family == "file"):
        raise NotAllowed(_("Jenis berkas ini tidak disimpan demi keamanan."))
    if Found(*found).family == "image":
        return _picture(file)
    return Found(*found)


def _sniffed(head: bytes, file: IO[bytes], name: str) -> tuple[str, str] | None:
    """Media type and ending, or None for what is not kept."""
    if head.startswith(b"PK\x03\x04"):
        return _packed(file)
    try:
        told = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        told = []
    for guess in told[:4]:
        found = _KNOWN.get(guess.mime_type) or _KNOWN.get(guess.extension)
        if found and found[1] == "doc":
            ending = name.lower().rpartition(".")[2]
            return found[0], ending if ending in _OLD_OFFICE else "doc"
        if found:
            return found
    if head[4:8] == b"ftyp" and head[8:11] not in (b"hei", b"hev", b"mif", b"avi"):
        return _KNOWN["video/mp4"]  # a brand of MP4 that puremagic does not list
    return ("text/plain", "txt") if _is_plain(head) else None


def _is_plain(head: bytes) -> bool:
    """Words without markup. The end of the head may cut a letter in two."""
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 4:
            return False
        text = head[: error.start].decode("utf-8")
    return "\x00" not in text and not text.lstrip("\ufeff \t\r\n").startswith(("<", "#!", "%!"))


def _packed(file: IO[bytes]) -> tuple[str, str]:
    """Office documents and archives; programs travel as archives too (“undangan.apk”).

    An archive names its files in plain letters; it is searched for them and never opened, since a list
    of a million names is a trap as well.
    """
    names = _said_in(file, (*_PROGRAM, *_OFFICE))
    if names.intersection(_PROGRAM):
        raise NotAllowed(_("Ini aplikasi, bukan dokumen. Tidak disimpan demi keamanan."))
    office = next((found for name, found in _OFFICE.items() if name in names), None)
    return office or ("application/zip", "zip")


def _said_in(file: IO[bytes], words: tuple[bytes, ...]) -> set[bytes]:
    """Which of `words` stand anywhere in `file`."""
    file.seek(0)
    found: set[bytes] = set()
    tail = b""
    while piece := file.read(PIECE):
        both = tail + piece
        found.update(word for word in words if word in both)
        tail = both[-max(map(len, words)) :]
    return found


def _picture(file: IO[bytes]) -> Found:
    """Check a picture with Pillow and draw its thumbnail. Raises NotAllowed."""
    refused = NotAllowed(_("Isinya bukan gambar yang bisa dibuka."))
    file.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(file, formats=tuple(_PICTURES)) as picture:
                if picture.width * picture.height > PIXELS:
                    raise NotAllowed(_("Gambarnya terlalu besar untuk dibuka dengan aman."))
                content_type, ending = _PICTURES[str(picture.format)]
                width, height = _upright(picture)
                picture.draft("RGB", (THUMB * 2, THUMB * 2))  # JPEG: unpack no more than needed
                thumb = _thumb(picture)
    except _BROKEN as error:
        raise refused from error
    return Found(content_type, ending, width, height, thumb)


def _upright(picture: Image.Image) -> tuple[int, int]:
    """Width and height as it is shown: a phone notes in the picture that it lies on its side."""
    turned = picture.getexif().get(0x0112, 1) in (5, 6, 7, 8)
    return (picture.height, picture.width) if turned else (picture.width, picture.height)


def _thumb(picture: Image.Image) -> bytes:
    small = ImageOps.exif_transpose(picture)
    small = small.convert("RGBA" if small.has_transparency_data else "RGB")
    small.thumbnail((THUMB, THUMB))
    bare = Image.frombytes(small.mode, small.size, small.tobytes())
    made = BytesIO()
    bare.save(made, "WEBP", quality=80)
    return made.getvalue()
