"""Long answers in several calls: nothing lost, nothing torn, each within the platform's rule."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.connectors import facebook, instagram, line, splitting, x
from inbox.connectors.base import Piece
from inbox.connectors.line.ways import LIMIT, TEXT, texts
from inbox.connectors.registry import PLATFORMS
from inbox.connectors.x.threads import weight

ADDRESS = "https://laporkan.balikpapan.go.id/tiket/2026-000123?lampiran=surat-keterangan.pdf"
WORDS = st.one_of(
    st.text(min_size=1, max_size=30),
    st.sampled_from(
        [
            ADDRESS,
            "@warga_bpn",
            "#jalanrusak",
            "👨‍👩‍👧‍👦",
            "🇮🇩🇯🇵",
            "e\u0301a\u0323",
            "कर्म",
            "한국",
            "道路が壊れています。",
            "Jl.",
            "Baik.",
            "\n\n",
            "keeja.pt/a",
            "x" * 300,
        ]
    ),
)
TEXTS = st.lists(WORDS, max_size=120).map(" ".join)
MARK = re.compile(r" \(\d/\d\)\Z")
SENTENCE = "Petugas kami sudah ke lokasi pagi ini dan menutup lubangnya."


def bare(text: str) -> str:
    """Without spaces and marks: what must be the same before and after."""
    return re.sub(r"\s+", "", text)


@given(TEXTS, st.integers(20, 400))
def test_nothing_is_lost_and_every_piece_fits(text: str, limit: int) -> None:
    found = splitting.spans(text, splitting.utf8(text), limit=limit)
    if found is None:
        return
    pieces = [text[start:end] for start, end in found]
    assert bare("".join(pieces)) == bare(text)
    assert len(pieces) <= splitting.MOST
    assert all(0 < len(piece.encode("utf-8", "replace")) <= limit for piece in pieces)
    assert all(piece == piece.strip() for piece in pieces)


@given(TEXTS, st.integers(100, 400))
def test_addresses_and_names_stay_whole(text: str, limit: int) -> None:
    found = splitting.spans(text, splitting.characters(text), limit=limit, most=50) or []
    cuts = {end for _start, end in found} | {start for start, _end in found}
    for thing in (ADDRESS, "@warga_bpn", "#jalanrusak"):
        for match in re.finditer(re.escape(thing), text):
            assert not cuts & set(range(match.start() + 1, match.end()))


@given(TEXTS)
def test_x_posts_are_marked_and_within_280(text: str) -> None:
    measured = PLATFORMS["x"].measure(text, "public")
    pieces = PLATFORMS["x"].split(text, "public", 2)
    assert pieces[0].pictures == (0, 1)
    if measured.used and measured.fits:
        assert len(pieces) == measured.pieces
        assert all(weight(piece.text) <= 280 for piece in pieces)
    if len(pieces) == 1:
        assert pieces[0].text == text
    else:
        assert [MARK.search(piece.text)[0] for piece in pieces] == [  # type: ignore[index]
            f" ({n}/{len(pieces)})" for n in range(1, len(pieces) + 1)
        ]


@pytest.mark.parametrize(
    ("platform", "way", "unit", "limit"),
    [("x", "public", "a", 280), ("facebook", "chat", "é", 2000), ("instagram", "chat", "é", 500),
     ("instagram", "human_agent", "a", 1000)],
)  # fmt: skip
def test_what_one_call_takes_and_what_takes_more(
    platform: str, way: str, unit: str, limit: int
) -> None:
    parts = PLATFORMS[platform]
    one, two = unit * limit, unit * limit + " " + unit
    assert (parts.measure(one, way).pieces, parts.measure(two, way).pieces) == (1, 2)
    assert parts.split(one, way, 0) == (Piece(one),)
    too_much = " ".join([unit * (limit // 2)] * 12)
    assert not parts.measure(too_much, way).fits
    assert parts.split(too_much, way, 0) == (Piece(too_much),)


@pytest.mark.parametrize(
    ("platform", "way"),
    [("facebook", "private"), ("instagram", "private"), ("facebook", "public"), ("x", "chat"),
     ("instagram", "public"), ("instagram", "mention"), ("email", "mail"), ("web", "page")],
)  # fmt: skip
def test_what_goes_whole_or_not_at_all(platform: str, way: str) -> None:
    parts = PLATFORMS[platform]
    text = (SENTENCE + " ") * 500
    assert parts.split(text, way, 0) == (Piece(text),)
    assert (parts.measure(text, way).pieces, parts.measure(text, way).fits) == (1, False)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        (f"{SENTENCE} {SENTENCE}\n\n" + "kata " * 30, f"{SENTENCE} {SENTENCE}"),
        (f"{SENTENCE} {SENTENCE}\n" + "kata " * 30, f"{SENTENCE} {SENTENCE}"),
        (f"{SENTENCE} {SENTENCE} " + "kata " * 25, f"{SENTENCE} {SENTENCE}"),
        ("Halo,\n\n" + "kata " * 49, "Halo,\n\n" + ("kata " * 38).strip()),
        ("Lewat Jl. Sudirman " * 13, ("Lewat Jl. Sudirman " * 10 + "Lewat Jl.").strip()),
    ],
    ids=["paragraph", "line", "sentence", "not after a greeting", "Jl. ends no sentence"],
)
def test_the_best_boundary_that_costs_nothing(text: str, first: str) -> None:
    (start, end), *_rest = splitting.spans(text, splitting.characters(text), limit=199) or [(0, 0)]
    assert text[start:end] == first


def test_a_run_without_spaces_is_cut_between_graphemes() -> None:
    family = "👨‍👩‍👧‍👦"
    text = family * 100
    found = splitting.spans(text, splitting.utf8(text), limit=1000)
    assert found
    assert all((end - start) % len(family) == 0 for start, end in found)
    japanese = "道路が壊れています。" * 60
    posts = PLATFORMS["x"].split(japanese, "public", 0)
    assert all(piece.text.rpartition(" ")[0].endswith("。") for piece in posts)


def test_an_address_longer_than_a_piece_does_not_fit() -> None:
    address = "https://a.id/" + "x" * 1200
    assert not PLATFORMS["instagram"].measure(address, "chat").fits
    assert PLATFORMS["instagram"].split(address, "chat", 0) == (Piece(address),)


@pytest.mark.parametrize(("platform", "way"), [("facebook", "chat"), ("instagram", "chat")])
def test_in_a_chat_each_picture_is_a_call_of_its_own(platform: str, way: str) -> None:
    split = PLATFORMS[platform].split
    assert split("Ini petanya", way, 2) == (
        Piece("Ini petanya"), Piece("", (0,)), Piece("", (1,)),
    )  # fmt: skip
    assert split("", way, 1) == (Piece("", (0,)),)
    assert [piece.text for piece in split("kata " * 450, way, 1)][-1] == ""


def test_line_packs_texts_and_pictures_into_one_call() -> None:
    split, measure = line.PARTS.split, line.PARTS.measure
    assert split("Ini petanya", "chat", 4) == (Piece("Ini petanya", (0, 1, 2, 3)),)
    assert split("", "chat", 2) == (Piece("", (0, 1)),)
    long = (SENTENCE + "\n") * 200  # three texts
    (first, second) = split(long, "chat", 4)
    assert (len(texts(first.text)), first.pictures, second) == (3, (0, 1), Piece("", (2, 3)))
    assert measure(long, "chat").pieces == 1
    assert bare("".join(texts(first.text))) == bare(long)
    assert not measure("x" * (LIMIT + 1), "chat").fits
    assert not measure("https://a.id/" + "x" * TEXT, "chat").fits


def test_line_takes_two_calls_where_words_do_not_pack() -> None:
    text = " ".join(["x" * 4200] * 5 + ["y" * 900])
    assert line.PARTS.measure(text, "chat").pieces == len(line.PARTS.split(text, "chat", 0)) == 2


@given(TEXTS, st.integers(0, 4))
def test_every_picture_goes_once_and_in_order(text: str, pictures: int) -> None:
    for parts in (x.PARTS, facebook.PARTS, instagram.PARTS, line.PARTS):
        pieces = parts.split(text, "chat", pictures)
        assert [n for piece in pieces for n in piece.pictures] == list(range(pictures))
        assert bare("".join(piece.text for piece in pieces)) == bare(text)
