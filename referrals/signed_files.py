"""A signed copy that comes from outside, a scan or a file out of SRIKANDI: checked, then drawn for the screen.

It is handed out under the office's name, so what runs or hides something in it is refused, and a signature
that no longer fits its file is refused too.
"""

import io
import tempfile
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pikepdf
import typst
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from accounts import clock
from referrals import certificates, signatures
from referrals.models import Signing
from referrals.received_files import FileRefused, Received
from referrals.signatures import Seal, Unreadable

MOST_PAGES = 60
SHOWN_PAGES = 8  # drawn for the screen; the file itself is whole
SCREEN_PPI = 100
A4 = (8.27, 11.69)  # inches
LEAST_PIXELS = 600  # of a photo's shorter side: below that a letter cannot be read
MOST_PIXELS = 60_000_000
DRAW_SECONDS = 20.0
_COLOURS = 64
#: Names that make a PDF act, or carry other files.
_ACTING = {"/JS", "/JavaScript", "/Launch", "/EmbeddedFiles", "/RichMedia", "/XFA", "/SubmitForm"}


@dataclass(frozen=True, slots=True)
class SignedFile:
    """A checked copy: `pages` are PNG, none where it could not be drawn; `seals` what signatures it carries."""

    pdf: bytes
    pages: tuple[bytes, ...] = ()
    seals: list[Seal] = field(default_factory=list)

    @property
    def found(self) -> dict[str, Any]:
        """For SignedCopy.found."""
        return {
            "signatures": [seal.as_dict() for seal in self.seals], "pictured": bool(self.pages)
        }  # fmt: skip


def checked(file: Received, *, way: str) -> SignedFile:
    """The file as a signed copy of a letter signed by `way` (scan or srikandi). Touches the database not at
    all. Raises FileRefused with what to do instead."""
    if file.content_type in ("image/jpeg", "image/png") and way == Signing.SCAN:
        return _of_picture(file)
    if file.content_type != "application/pdf":
        raise FileRefused(
            _("Pindaian harus PDF, JPG, atau PNG.")
            if way == Signing.SCAN
            else _("Unggah berkas PDF yang diunduh dari SRIKANDI.")
        )
    carries = _refuse_acting(file.data)
    seals = _seals(file.data) if carries else []
    if way == Signing.SRIKANDI and not seals:
        raise FileRefused(
            _(
                "Berkas ini tidak memuat tanda tangan elektronik. Unduh lagi berkas aslinya dari SRIKANDI; "
                "jangan dicetak ke PDF."
            )
        )
    return SignedFile(file.data, _draw(file.data), seals)


def _seals(data: bytes) -> list[Seal]:
    try:
        seals = signatures.examine(data, at=clock.now(), roots=certificates.roots())
    except Unreadable as error:
        raise FileRefused(
            _(
                "Berkas ini rusak, sehingga tanda tangannya tidak dapat diperiksa. Unduh atau pindai lagi."
            )
        ) from error
    broken = next((seal for seal in seals if not seal.good), None)
    if broken:
        raise FileRefused(
            _(
                "Tanda tangan elektronik %(who)s di berkas ini rusak: berkasnya diubah setelah "
                "ditandatangani. Minta berkas aslinya."
            )
            % {"who": broken.name}
        )
    return seals


def _refuse_acting(data: bytes) -> bool:
    """Whether it carries signatures. Raises FileRefused: unreadable, locked, too many pages, or something in it
    acts. Read leniently, as scanners write: only what is signed must be without fault (`_seals`)."""
    try:
        with pikepdf.open(io.BytesIO(data)) as pdf:
            pages = len(pdf.pages)
            acting = any(_acts(one) for one in pdf.objects)
            carries = any(_is_signature(one) for one in pdf.objects)
    except pikepdf.PasswordError as error:
        raise FileRefused(_("Berkas ini dikunci dengan kata sandi. Simpan tanpa sandi.")) from error
    except (pikepdf.PdfError, ValueError, RuntimeError) as error:
        raise FileRefused(_("Berkas PDF ini rusak. Pindai atau unduh lagi.")) from error
    if acting:
        raise FileRefused(_("Berkas ini memuat program atau berkas lain. Pindai ulang suratnya."))
    if not 0 < pages <= MOST_PAGES:
        raise FileRefused(_("Paling banyak %(n)s halaman.") % {"n": MOST_PAGES})
    return carries


def _is_signature(one: Any) -> bool:
    """Whether an object is a signature, or a field that holds one directly."""
    if not isinstance(one, pikepdf.Dictionary):
        return False
    value = one.get("/V")
    return "/ByteRange" in one or (isinstance(value, pikepdf.Dictionary) and "/ByteRange" in value)


def _acts(one: Any) -> bool:
    """Whether an object, or what stands directly in it, makes a reader act."""
    waiting, steps = [one], 0
    while waiting and steps < 5000:
        found, steps = waiting.pop(), steps + 1
        if isinstance(found, pikepdf.Array):
            waiting += [part for part in found if not _apart(part)]
        elif isinstance(found, pikepdf.Dictionary | pikepdf.Stream):
            names = set(found.keys())
            if names & _ACTING or str(found.get("/S", "")) in _ACTING:
                return True
            waiting += [found[name] for name in names if not _apart(found[name])]
    return bool(waiting)


def _apart(part: Any) -> bool:
    """Whether it is an object of its own, looked at in its turn."""
    return isinstance(part, pikepdf.Object) and part.is_indirect


def _of_picture(file: Received) -> SignedFile:
    """A photo or scan of one page → a PDF of one A4 page. Raises FileRefused."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(file.data)) as opened:
                if opened.width * opened.height > MOST_PIXELS:
                    raise _no_picture()
                picture = ImageOps.exif_transpose(opened).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombWarning,
            Image.DecompressionBombError) as error:  # fmt: skip
        raise _no_picture() from error
    if min(picture.size) < LEAST_PIXELS:
        raise FileRefused(_("Gambarnya terlalu kecil untuk dibaca. Pindai atau foto lagi."))
    dense = max(picture.width / A4[0], picture.height / A4[1])
    out = io.BytesIO()
    picture.save(out, "PDF", resolution=dense, quality=85)
    return SignedFile(_rewritten(out.getvalue()), (_for_screen(picture),))


def _rewritten(pdf: bytes) -> bytes:
    """The same pages without the small faults that Pillow writes (the generation of object 0)."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        opened.save(out, deterministic_id=True)
    return out.getvalue()


def _no_picture() -> FileRefused:
    return FileRefused(_("Gambar ini tidak dapat dibaca. Pindai atau foto lagi."))


def _for_screen(picture: Image.Image) -> bytes:
    """A page as the screen shows it: as large as it must be, in few colours."""
    small = picture.convert("RGB")
    small.thumbnail((round(A4[0] * SCREEN_PPI), round(A4[1] * SCREEN_PPI)))
    out = io.BytesIO()
    small.quantize(_COLOURS).save(out, "PNG", optimize=True)
    return out.getvalue()


def _draw(pdf: bytes) -> tuple[bytes, ...]:
    """The first pages as PNG; none where they cannot be drawn in time, which hinders nothing else."""
    try:
        return signatures.apart(lambda: _drawn(pdf), seconds=DRAW_SECONDS)
    except (typst.TypstError, TimeoutError, OSError, ValueError, RuntimeError):
        return ()


def _drawn(pdf: bytes) -> tuple[bytes, ...]:
    """Typst draws pages of other PDF files; nothing in the file is read as markup."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        count = min(len(opened.pages), SHOWN_PAGES)
    pages = "\n#pagebreak()\n".join(
        f'#image("signed.pdf", page: {n}, width: 100%)' for n in range(1, count + 1)
    )
    with tempfile.TemporaryDirectory(prefix="sahut-") as folder:
        home = Path(folder)
        (home / "signed.pdf").write_bytes(pdf)
        (home / "main.typ").write_text(
            f"#set page(width: 210mm, height: auto, margin: 0pt)\n{pages}"
        )
        made = typst.compile(str(home / "main.typ"), root=folder, format="png", ppi=SCREEN_PPI)
    shown = [made] if isinstance(made, bytes) else made or ()
    return tuple(_for_screen(Image.open(io.BytesIO(page))) for page in shown if page)
