"""Pictures that go out: made so that every platform takes them as they are.

LINE takes JPEG and PNG, and 1 MB for what the chat shows first; X takes 5 MB; a phone's camera makes
more. So they become JPEG or PNG, smaller where they must be.
"""

from io import BytesIO

from django.core.files.base import ContentFile
from PIL import Image

SIDE = 2048  # pixels of the longer side
BYTES = 1_000_000
_STEPS = ((SIDE, 85), (1600, 80), (1280, 70), (1024, 60))  # pixels of the longer side, JPEG quality


def for_sending(picture: "ContentFile[bytes]") -> "ContentFile[bytes]":
    """`picture` (checked and made anew by forms.clean_picture) as a JPEG or PNG of at most about 1 MB.

    A PNG stays one where it is small enough: screenshots keep their sharp letters.
    """
    stem, _dot, ending = (picture.name or "").rpartition(".")
    with Image.open(picture) as opened:
        fits = picture.size <= BYTES and max(opened.size) <= SIDE
        if fits and ending in ("jpg", "png"):
            picture.seek(0)
            return picture
        made = _png(opened) if ending == "png" or opened.has_transparency_data else b""
        if made:
            return ContentFile(made, name=f"{stem}.png")
        return ContentFile(_jpeg(opened), name=f"{stem}.jpg")


def _png(picture: Image.Image) -> bytes:
    """A PNG that is small enough, or b""."""
    small = picture.copy()
    small.thumbnail((SIDE, SIDE))
    made = _saved(small, "PNG")
    return made if len(made) <= BYTES else b""


def _jpeg(picture: Image.Image) -> bytes:
    """The largest of a few JPEGs that is small enough; on white where it was transparent."""
    full = picture.convert("RGBA") if picture.has_transparency_data else picture.convert("RGB")
    if full.mode == "RGBA":
        white = Image.new("RGBA", full.size, "white")
        full = Image.alpha_composite(white, full).convert("RGB")
    made = b""
    for side, quality in _STEPS:
        small = full.copy()
        small.thumbnail((side, side))
        made = _saved(small, "JPEG", quality=quality)
        if len(made) <= BYTES:
            break
    return made


def _saved(picture: Image.Image, kind: str, **how: int) -> bytes:
    made = BytesIO()
    picture.save(made, kind, **how)
    return made.getvalue()
