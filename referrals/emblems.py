"""The office's emblem: a PNG or SVG that may stand at the head of a letter, and nothing that could act.

An SVG is a small program: it may hold scripts, fetch addresses, or unfold to millions of shapes. It is
read with a parser that refuses entities, and only shapes are let through; what editors like Inkscape note
in their own names is harmless and stays.
"""

import base64
import binascii
import re
from dataclasses import dataclass, field
from io import BytesIO
from xml.parsers import expat

from django.utils.translation import gettext as _
from PIL import Image

MOST_BYTES = 300 * 1024
MOST_PIXELS = 16_000_000  # 4000 × 4000
MOST_SHAPES = 20_000  # after every <use> has unfolded
_SVG = "http://www.w3.org/2000/svg"
_SHAPES = frozenset(
    {
        "svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "defs",
        "linearGradient", "radialGradient", "stop", "clipPath", "mask", "pattern", "symbol", "use",
        "title", "desc", "metadata", "style", "text", "tspan", "image", "switch",
    }
)  # fmt: skip
DEEPEST = 100  # marks within marks
#: Names in which drawing programs keep their notes; nothing draws or runs them.
_EDITORS = re.compile(
    r"http://(www\.inkscape\.org|sodipodi\.sourceforge\.net|www\.w3\.org/1999/02/22-rdf-syntax-ns#"
    r"|creativecommons\.org|web\.resource\.org|purl\.org|ns\.adobe\.com|www\.corel\.com"
    r"|www\.serif\.com|www\.bohemiancoding\.com|www\.vectornator\.io)"
)
_FETCHES = re.compile(
    r"url\(\s*['\"]?\s*(?!#|['\"\s])|@import|javascript:|expression\(|\\", re.IGNORECASE
)
_DOCTYPE = re.compile(r"<!DOCTYPE\s[^\[>]*>", re.IGNORECASE)
_PICTURE = re.compile(r"\s*data:image/(png|jpeg|jpg);base64,(.*)", re.IGNORECASE | re.DOTALL)
#: What Pillow raises for a picture that is damaged, or made to do damage.
_BROKEN = (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning)  # fmt: skip


class EmblemError(ValueError):
    """The picture is not taken; `str()` is the sentence for the screen."""


def checked(data: bytes) -> bytes:
    """`data` as it may be kept: a PNG as it is, an SVG as UTF-8 from its first mark on.

    Raises EmblemError with what is wrong and what to do.
    """
    if len(data) > MOST_BYTES:
        raise EmblemError(
            _("Gambarnya %(n)s kB; paling besar 300 kB. Perkecil dulu.") % {"n": len(data) // 1024}
        )
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        _check_raster(data, "PNG")
        return data
    if b"<svg" in data:
        return _checked_svg(data)
    raise EmblemError(_("Lambang harus berupa gambar PNG atau SVG."))


def _check_raster(data: bytes, kind: str) -> None:
    try:
        with Image.open(BytesIO(data), formats=(kind,)) as picture:
            large = picture.width * picture.height > MOST_PIXELS
            if not large:
                picture.load()
    except _BROKEN as error:
        raise EmblemError(_("Gambarnya rusak atau tidak bisa dibuka.")) from error
    if large:
        raise EmblemError(_("Gambarnya terlalu besar: paling besar 4000 × 4000 titik."))


@dataclass(slots=True)
class _Part:
    """A mark of the drawing: how many shapes it is by itself with what stands in it, and whom it repeats."""

    own: int = 1
    repeats: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Reader:
    """Walks the marks of one SVG; refuses what is not a shape and keeps count of what unfolds."""

    open: list[str] = field(default_factory=list)
    named: dict[str, _Part] = field(default_factory=dict)
    ids: list[str] = field(default_factory=list)
    whole: _Part = field(default_factory=_Part)
    styles: list[str] = field(default_factory=list)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        space, _sep, tag = name.rpartition(" ")
        if len(self.open) > DEEPEST:
            raise EmblemError(_("SVG ini terlalu rumit. Sederhanakan, atau pakai PNG."))
        if not self.open and (space, tag) != (_SVG, "svg"):
            raise EmblemError(_("Berkas ini bukan gambar SVG."))
        if space == _SVG and tag not in _SHAPES:
            raise EmblemError(
                _("SVG ini memuat <%(tag)s>, yang tidak diterima. Simpan sebagai “plain SVG”.")
                % {"tag": tag}
            )
        if space != _SVG and not _EDITORS.match(space):
            raise EmblemError(
                _("SVG ini memuat isi yang bukan gambar. Simpan sebagai “plain SVG”.")
            )
        self.open.append(tag)
        self.ids.append(attributes.get("id", ""))
        for holder in self._holders():
            holder.own += 1
        for attribute, value in attributes.items():
            space, _sep, bare = attribute.rpartition(" ")
            if not _EDITORS.match(space):
                self._attribute(tag, bare, value)

    def end(self, _name: str) -> None:
        self.open.pop()
        self.ids.pop()

    def text(self, text: str) -> None:
        if self.open and self.open[-1] == "style":
            self.styles.append(text)  # looked at as a whole: a comment may cut a word in two

    def _holders(self) -> list[_Part]:
        return [self.whole, *(self.named.setdefault(each, _Part(0)) for each in self.ids if each)]

    def _attribute(self, tag: str, name: str, value: str) -> None:
        if name.lower().startswith("on"):
            raise EmblemError(_("SVG ini memuat perintah (%(name)s). Tidak diterima.") % {"name": name})  # fmt: skip
        if name == "base" or (name not in ("href", "id") and _FETCHES.search(value)):
            raise EmblemError(_outside())
        if name != "href":
            return
        if tag == "image":
            _check_inside(value)
        elif not value.strip().startswith("#"):
            raise EmblemError(_outside())
        elif tag == "use":
            for holder in self._holders():
                holder.repeats.append(value.strip()[1:])

    def shapes(self) -> int:
        """How many shapes are drawn once everything has unfolded; stops counting past the limit."""
        return self._count(self.whole, ())

    def _count(self, part: _Part, path: tuple[str, ...]) -> int:
        total = part.own
        for name in part.repeats:
            if name in path or len(path) > 8:
                raise EmblemError(_("SVG ini mengulang bagiannya sendiri terlalu dalam."))
            if name in self.named:
                total += self._count(self.named[name], (*path, name))
            if total > MOST_SHAPES:
                break
        return total


def _outside() -> str:
    return _("SVG ini mengambil sesuatu dari luar berkasnya. Simpan dengan gambar tertanam.")


def _check_inside(value: str) -> None:
    """A picture within the drawing must be in the file itself, a real PNG or JPEG."""
    match = _PICTURE.fullmatch(value)
    if not match:
        raise EmblemError(_outside())
    try:
        data = base64.b64decode("".join(match[2].split()), validate=True)
    except binascii.Error as error:
        raise EmblemError(_("Gambarnya rusak atau tidak bisa dibuka.")) from error
    _check_raster(data, "PNG" if match[1].lower() == "png" else "JPEG")


def _checked_svg(data: bytes) -> bytes:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise EmblemError(_("SVG ini tidak dalam UTF-8. Simpan sebagai “plain SVG”.")) from error
    text = _DOCTYPE.sub("", text, count=1)
    if re.search(r"<!(DOCTYPE|ENTITY)|<\?(?!xml\s)", text, re.IGNORECASE):
        raise EmblemError(_("SVG ini memuat perintah di luar gambar. Simpan sebagai “plain SVG”."))
    kept = text[text.index("<svg") :]
    reader = _Reader()
    parser = expat.ParserCreate(encoding="utf-8", namespace_separator=" ")
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler, parser.buffer_text = reader.text, True
    try:
        parser.Parse(kept.encode(), True)  # noqa: FBT003  expat's own "this is all"
    except expat.ExpatError as error:
        raise EmblemError(_("Gambarnya rusak atau tidak bisa dibuka.")) from error
    if _FETCHES.search("".join(reader.styles)):
        raise EmblemError(_outside())
    if reader.shapes() > MOST_SHAPES:
        raise EmblemError(_("SVG ini terlalu rumit. Sederhanakan, atau pakai PNG."))
    return kept.encode()
