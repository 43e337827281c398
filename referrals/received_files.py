"""Files that come with an answer or a letter: checked for what they really are, then kept with their SHA-256.

A division may send a document, a picture or a table; nothing that runs.
"""

import hashlib
import io
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from urllib.parse import quote

import puremagic
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, Http404
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

from referrals.models import Answer, AnswerFile

MOST_FILES = 10
MOST_BYTES = 20 * 1024 * 1024  # each
MOST_TOGETHER = 60 * 1024 * 1024
_OFFICE = "application/vnd.openxmlformats-officedocument."
DOCX, XLSX = _OFFICE + "wordprocessingml.document", _OFFICE + "spreadsheetml.sheet"
#: What may come, by what the bytes say they are, with the ending it is kept under.
KINDS = {
    "application/pdf": ".pdf",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    DOCX: ".docx",
    XLSX: ".xlsx",
}
#: For the `accept` of a file field: a hint to the browser, no check.
ACCEPT = ",".join(sorted(KINDS.values()))
#: Shown in the browser; the others are only ever saved.
_SHOWN = ("application/pdf", "image/png", "image/jpeg", "image/webp")


class FileRefused(Exception):
    """A file cannot be taken; `str()` is the sentence for the screen."""


@dataclass(frozen=True, slots=True)
class Received:
    """A checked file: `name` for people, `content_type` as its bytes say."""

    name: str
    content_type: str
    data: bytes

    @property
    def digest(self) -> str:
        """SHA-256 of the bytes."""
        return hashlib.sha256(self.data).hexdigest()


def check(name: str, data: bytes) -> Received:
    """A file as it came → one that may be kept. Raises FileRefused with what to do instead."""
    shown = _shown(name)
    _refuse_size(shown, len(data))
    kind = _kind(data)
    if kind is None:
        raise FileRefused(
            _(
                "Berkas “%(name)s” bukan PDF, gambar, Word, atau Excel. Simpan sebagai PDF lalu unggah."
            )
            % {"name": shown}
        )
    return Received(shown, kind, data)


def _shown(name: str) -> str:
    """The sender's name for it without folders and what no screen can show."""
    bare = PurePath(name.replace("\\", "/")).name
    return "".join(letter for letter in bare if letter.isprintable()).strip()[:120] or "berkas"


def _refuse_size(shown: str, size: int) -> None:
    if not size:
        raise FileRefused(_("Berkas “%(name)s” kosong.") % {"name": shown})
    if size > MOST_BYTES:
        raise FileRefused(
            _("Berkas “%(name)s” lebih besar dari 20 MB. Kecilkan dulu, atau kirim bertahap.")
            % {"name": shown}
        )


def check_all(files: Iterable[tuple[str, bytes]]) -> list[Received]:
    """Several at once. Raises FileRefused."""
    found = [check(name, data) for name, data in files]
    check_together(found)
    return found


def check_together(files: Sequence[Received]) -> None:
    """Raises FileRefused where there are too many, or too much in all."""
    _refuse_many(len(files), sum(len(one.data) for one in files))


def _refuse_many(count: int, size: int) -> None:
    if count > MOST_FILES:
        raise FileRefused(_("Paling banyak %(n)s berkas sekaligus.") % {"n": MOST_FILES})
    if size > MOST_TOGETHER:
        raise FileRefused(
            _("Semua berkas bersama %(size)s; paling banyak 60 MB. Kirim sebagian dulu.")
            % {"size": filesizeformat(size)}
        )


def from_uploads(uploads: "Sequence[UploadedFile[bytes]]") -> list[Received]:
    """What a form brought, checked; sizes before anything is read into memory. Raises FileRefused."""
    for one in uploads:
        _refuse_size(_shown(one.name or ""), one.size or 0)
    _refuse_many(len(uploads), sum(one.size or 0 for one in uploads))
    return check_all((one.name or "", one.read()) for one in uploads)


def _kind(data: bytes) -> str | None:
    """The type by the bytes alone, among KINDS."""
    if b"%PDF-" in data[:1024]:  # scanners put a line of their own before it
        return "application/pdf"
    if data.startswith(b"PK"):
        return _office_kind(data)
    try:
        guesses = puremagic.magic_string(data)
    except (puremagic.PureError, ValueError):
        return None
    found = (guess.mime_type for guess in guesses if guess.mime_type in KINDS)
    return next((kind for kind in found if kind not in (DOCX, XLSX)), None)


def _office_kind(data: bytes) -> str | None:
    """Every ZIP begins like a Word document: what is inside tells. None for other archives, and for
    documents that carry macros."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, EOFError):
        return None
    if "[Content_Types].xml" not in names or any(one.endswith("vbaProject.bin") for one in names):
        return None
    if "word/document.xml" in names:
        return DOCX
    return XLSX if "xl/workbook.xml" in names else None


def keep(answer: Answer, files: Sequence[Received]) -> None:
    """Store the files of an answer. Inside its transaction; names on disk say nothing of the case."""
    for received in files:
        row = AnswerFile(
            answer=answer, name=received.name, content_type=received.content_type,
            size=len(received.data), digest=received.digest,
        )  # fmt: skip
        ending = KINDS[received.content_type]
        row.file.save(f"{received.digest[:24]}{ending}", ContentFile(received.data), save=False)
        row.save()


def served(row: AnswerFile) -> FileResponse:
    """A kept file for a person who may see it (the view has checked). Raises Http404 where it is gone."""
    try:
        file = row.file.open("rb")
    except (OSError, ValueError) as error:
        raise Http404 from error
    return _response(file, row.name, row.content_type)


def shown(received: Received) -> FileResponse:
    """A file that is not kept by itself, out of a mail."""
    return _response(io.BytesIO(received.data), received.name, received.content_type)


def _response(file: object, name: str, content_type: str) -> FileResponse:
    """As a download, or shown where a browser can; never as anything but what its bytes said it is."""
    response = FileResponse(file, content_type=content_type)
    way = "inline" if content_type in _SHOWN else "attachment"
    ending = KINDS.get(content_type, "")
    told = name if name.lower().endswith(ending) else f"{name}{ending}"
    response.headers["Content-Disposition"] = f"{way}; filename*=UTF-8''{quote(told, safe='')}"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Cache-Control"] = "private, no-store"
    return response
