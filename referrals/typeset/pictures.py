"""Pictures made fit to print: an annex's and the emblem. No Django here.

What citizens send is rewritten before it goes into a letter: turned upright, no larger than paper can
show, in plain RGB (PDF/A-2b with one output intent), without what a camera wrote beside it: a place or
an owner's name would tell the division more than the letter does. It travels to Typst as SVG text
around the encoded picture, ten times faster than as a list of numbers.
"""

import base64
import io
import struct
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("JPEG", "PNG", "GIF", "WEBP")
# 15 cm at 288 dots per inch; a phone's screenshot loses nothing anyone can see.
LONGEST = 1700
# A small file can claim to be any size; a camera of today makes 50 million.
MOST_PIXELS = 60_000_000
# A screenshot stays PNG, sharp to the letter, unless it is really a photograph.
MOST_BYTES = 1_500_000

_BROKEN = (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, struct.error)


class Unusable(ValueError):
    """These bytes are no picture that can be printed."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture as SVG text, with its size in pixels."""

    svg: str
    width: int
    height: int


@lru_cache(maxsize=24)
def drawing(picture: bytes) -> Drawing:
    """Return JPEG, PNG, GIF (first frame) or WebP bytes as they are printed: the same for the same bytes.

    Raises ``Unusable`` for anything else, a broken file, or one of more than ``MOST_PIXELS``.
    """
    try:
        with Image.open(io.BytesIO(picture), formats=FORMATS) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise Unusable("too many pixels")
            kind = opened.format
            image = _plain(opened)
    except (*_BROKEN, Image.DecompressionBombError) as error:
        raise Unusable(str(error)) from error
    image.thumbnail((LONGEST, LONGEST))
    data, mime = _encoded(image, lossless=kind in ("PNG", "GIF"))
    return Drawing(_wrapped(data, mime, image.width, image.height), image.width, image.height)


@lru_cache(maxsize=4)
def emblem(picture: bytes) -> str:
    """Return an office's emblem, PNG or SVG bytes, as SVG text; what is transparent stays so.

    Raises ``Unusable`` for anything else.
    """
    if picture.lstrip().startswith((b"<svg", b"<?xml")):
        try:
            return picture.decode()
        except UnicodeDecodeError as error:
            raise Unusable(str(error)) from error
    try:
        with Image.open(io.BytesIO(picture), formats=("PNG",)) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise Unusable("too many pixels")
            image = opened.convert("RGBA")
    except (*_BROKEN, Image.DecompressionBombError) as error:
        raise Unusable(str(error)) from error
    image.thumbnail((LONGEST, LONGEST))
    out = io.BytesIO()
    image.save(out, "PNG")
    return _wrapped(out.getvalue(), "image/png", image.width, image.height)


def _plain(opened: Image.Image) -> Image.Image:
    """Upright, on white, RGB. Raises what a broken file raises."""
    image = ImageOps.exif_transpose(opened)
    if image.mode in ("RGB", "L", "CMYK", "YCbCr") and "transparency" not in image.info:
        return image.convert("RGB")
    over = image.convert("RGBA")
    paper = Image.new("RGBA", over.size, "white")
    return Image.alpha_composite(paper, over).convert("RGB")


def _encoded(image: Image.Image, *, lossless: bool) -> tuple[bytes, str]:
    bare = Image.new("RGB", image.size)  # nothing of the original's notes comes along
    bare.paste(image)
    out = io.BytesIO()
    if lossless:
        bare.save(out, "PNG")
        if out.tell() <= MOST_BYTES:
            return out.getvalue(), "image/png"
        out = io.BytesIO()
    bare.save(out, "JPEG", quality=88)
    return out.getvalue(), "image/jpeg"


def _wrapped(data: bytes, mime: str, width: int, height: int) -> str:
    body = base64.b64encode(data).decode()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}"><image width="{width}" height="{height}" '
        f'href="data:{mime};base64,{body}"/></svg>'
    )
