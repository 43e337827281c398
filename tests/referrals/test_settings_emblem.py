"""Emblems: what may stand at the head of a letter, and the ways an SVG tries to be more than a picture."""

import base64
from io import BytesIO

import pytest
from PIL import Image

from referrals import emblems
from referrals.typeset import render_png
from tests.referrals.letter_examples import POLRI_NOTA_DINAS

pytestmark = pytest.mark.django_db  # sentences for people are translated

NS = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 9 9"'


def png(size: int = 8, kind: str = "PNG") -> bytes:
    made = BytesIO()
    Image.new("RGB", (size, size), "gold").save(made, kind)
    return made.getvalue()


def svg(inside: str = '<circle r="4"/>', *, before: str = "", more: str = "") -> bytes:
    return f"{before}<svg {NS}{more}>{inside}</svg>".encode()


EMBEDDED = base64.b64encode(png()).decode()


@pytest.mark.parametrize(
    "data",
    [
        png(),
        svg(),
        svg(before="\N{BOM}<?xml version='1.0' encoding='UTF-8'?>\n<!-- Inkscape -->"),
        svg(before='<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/svg11.dtd">'),
        svg('<defs><linearGradient id="g"/></defs><rect fill="url(#g)" width="9" height="9"/>'),
        svg('<rect style="fill:url(  \'#g\' )" width="9" height="9"/>'),
        svg("<style>.a{fill:#c00}</style><rect class='a' width='9' height='9'/>"),
        svg(f'<image width="9" height="9" xlink:href="data:image/png;base64,{EMBEDDED}"/>'),
        svg('<path id="p" d="M0 0h9v9z"/><use xlink:href="#p"/>'),
        svg(
            '<i:namedview i:path="C:\\gambar"/><circle r="4" i:label="lambang"/>',
            more=' xmlns:i="http://www.inkscape.org/namespaces/inkscape"',
        ),
    ],
)
def test_pictures_are_taken_and_can_be_printed(data: bytes) -> None:
    kept = emblems.checked(data)
    assert kept.startswith((b"\x89PNG", b"<svg"))
    assert emblems.checked(kept) == kept
    from dataclasses import replace

    head = replace(POLRI_NOTA_DINAS.letterhead, emblem=kept)
    assert render_png(replace(POLRI_NOTA_DINAS, letterhead=head), ppi=40)


XHTML = ' xmlns:h="http://www.w3.org/1999/xhtml"'
HUGE = "".join(
    f'<g id="a{n}">' + f'<use href="#a{n - 1}"/>' * 9 + "</g>" for n in range(1, 8)
)  # fmt: skip


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "PNG atau SVG"),
        (b"GIF89a" + b"\0" * 20, "PNG atau SVG"),
        (png(kind="JPEG"), "PNG atau SVG"),
        (png()[:40], "rusak"),
        (png(4100), "4000"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 310 * 1024, "310 kB"),
        (b"<html><svg/></html>", "bukan gambar SVG"),
        (b"<svg><circle/></svg>", "bukan gambar SVG"),
        (svg("<circle>"), "rusak"),
        (svg("<script>alert(1)</script>"), "script"),
        (svg("<svg:script xmlns:svg='http://www.w3.org/2000/svg'>1</svg:script>"), "script"),
        (svg("<h:script>1</h:script>", more=XHTML), "bukan gambar"),
        (svg("<foreignObject/>"), "foreignObject"),
        (svg("<a href='#x'/>"), "<a>"),
        (svg("<animate attributeName='href'/>"), "animate"),
        (svg("<set attributeName='onload'/>"), "set"),
        (svg(more=' onload="alert(1)"'), "onload"),
        (svg("<circle ONCLICK='x'/>"), "ONCLICK"),
        (svg("<image href='https://jahat.example/x.png'/>"), "dari luar"),
        (svg("<image href='/etc/passwd'/>"), "dari luar"),
        (svg("<image href='lambang.png'/>"), "dari luar"),
        (svg("<image href='data:image/svg+xml;base64,PHN2Zy8+'/>"), "dari luar"),
        (svg("<image href='data:image/png;base64,AAAA'/>"), "rusak"),
        (svg("<image href='data:image/png;base64,!!!'/>"), "rusak"),
        (svg("<use xlink:href='https://jahat.example/#x'/>"), "dari luar"),
        (svg("<linearGradient xlink:href='javascript:alert(1)'/>"), "dari luar"),
        (svg("<rect fill='url(https://jahat.example/x)'/>"), "dari luar"),
        (svg("<rect style='fill:url( \"//jahat.example\")'/>"), "dari luar"),
        (svg("<rect style='fill:u\\72l(//jahat.example)'/>"), "dari luar"),
        (svg("<style>@import '//jahat.example';</style>"), "dari luar"),
        (svg("<style>@im<!-- -->port '//jahat.example';</style>"), "dari luar"),
        (svg("<style><![CDATA[a{fill:url(http://x)}]]></style>"), "dari luar"),
        (svg("<g xml:base='https://jahat.example/'/>"), "dari luar"),
        (svg(before="<?xml-stylesheet href='x.css'?>"), "di luar gambar"),
        (svg("&x;", before='<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>'), "di luar gambar"),
        (svg("<!ENTITY x 'y'>"), "di luar gambar"),
        (svg().decode().encode("utf-16"), "PNG atau SVG"),
        (svg("<title>\xff</title>").decode().encode("latin-1"), "UTF-8"),
        (svg("<g>" * 101 + "</g>" * 101), "terlalu rumit"),
        (svg('<circle id="a0" r="1"/>' + HUGE), "terlalu rumit"),
        (svg('<g id="a"><use href="#b"/></g><g id="b"><use href="#a"/></g>'), "terlalu dalam"),
    ],
)  # fmt: skip
def test_what_is_more_than_a_picture_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(emblems.EmblemError) as refused:
        emblems.checked(data)
    assert said in str(refused.value)
