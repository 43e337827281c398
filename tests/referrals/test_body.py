"""A letter's body as data: kept, printed, rearranged, compared."""

from typing import Any

import pytest
from django.http import QueryDict

from referrals import body
from referrals.body import paragraph, point
from referrals.forms_letter import MOST_BLOCKS, rearranged, typed_body
from referrals.typeset import Entry, Pair, Paragraph, Point


def test_items_become_pairs_entries_and_their_own_items() -> None:
    stored = [
        point(
            "Data:",
            "nomor tiket : HMS-2026-000431-T",
            "waktu diterima : 14 Juli 2026 pukul 09.12 WITA",
        ),
        point("Langkah:", "memeriksa", "- jalan", "- jembatan", "melapor"),
        paragraph("Paling lambat {batas}."),
    ]
    made = body.blocks(stored, due="22 Juli 2026")
    assert made == (
        Point(
            "Data:",
            (
                Pair("nomor tiket", "HMS-2026-000431-T; dan"),
                Pair("waktu diterima", "14 Juli 2026 pukul 09.12 WITA."),
            ),
        ),
        Point(
            "Langkah:",
            (
                Entry("memeriksa", (Entry("jalan; dan"), Entry("jembatan."))),
                Entry("melapor."),
            ),
        ),
        Paragraph("Paling lambat 22 Juli 2026."),
    )


def test_sources_are_listed_without_and() -> None:
    (made,) = body.blocks([point("Rujukan:", "Undang-Undang Satu", "SOP Dua")], due="")
    assert isinstance(made, Point)
    assert [item.text for item in made.items if isinstance(item, Entry)] == [
        "Undang-Undang Satu;",
        "SOP Dua.",
    ]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ([{"form": "point", "text": "  a  b ", "items": ["", " c  d "]}], [point("a b", "c d")]),
        ([{"form": "paragraph", "text": "", "items": [" "]}], []),
        ([{"form": "<script>", "text": "x", "items": []}], [point("x")]),
        ([{"form": "paragraph", "text": "x", "items": ["y"]}], [point("x", "y")]),
    ],
)
def test_what_is_kept(typed: list[dict[str, Any]], kept: list[dict[str, Any]]) -> None:
    assert body.cleaned(typed) == kept


def test_a_fact_is_set_changed_and_taken_out() -> None:
    stored = [point("Rujukan:", "UU"), point("Data:", "nomor tiket : 1")]
    once = body.with_fact(stored, "bukti", "1 (satu) lampiran")
    assert once[1]["items"] == ["nomor tiket : 1", "bukti : 1 (satu) lampiran"]
    twice = body.with_fact(once, "bukti", "2 (dua) lampiran")
    assert twice[1]["items"] == ["nomor tiket : 1", "bukti : 2 (dua) lampiran"]
    assert body.with_fact(twice, "bukti", "") == stored
    assert stored[1]["items"] == ["nomor tiket : 1"]
    assert body.with_fact([point("Rujukan:", "UU")], "bukti", "x") == [point("Rujukan:", "UU")]


def test_comparing_shows_what_went_and_what_came() -> None:
    before = body.lines("hal", [point("Mohon jawaban segera.", "a"), point("Demikian.")])
    after = body.lines("hal", [point("Mohon penjelasan segera.", "a", "b"), point("Demikian.")])
    told = [
        [(run.kind, run.text) for run in line]
        for line in body.compare(before, after)
        if any(run.kind != "same" for run in line)
    ]
    assert told == [
        [("same", "Mohon"), ("gone", "jawaban"), ("new", "penjelasan"), ("same", "segera.")],
        [("new", "b")],
    ]


@pytest.mark.parametrize(
    ("act", "order"),
    [
        ("up-1", "bac"), ("down-0", "bac"), ("down-2", "abc"), ("up-0", "abc"), ("drop-1", "ac"),
        ("add-0", "a bc"), ("drop-9", "abc"), ("submit", "abc"), ("", "abc"), ("up--1", "abc"),
    ],
)  # fmt: skip
def test_rearranging(act: str, order: str) -> None:
    body_now = [point(letter) for letter in "abc"]
    assert "".join(block["text"] or " " for block in rearranged(body_now, act)) == order


def test_the_last_paragraph_stays_and_there_is_an_end() -> None:
    assert rearranged([point("a")], "drop-0") == [point("a")]
    many = [point(str(n)) for n in range(MOST_BLOCKS)]
    assert rearranged(many, "add-0") == many


def test_paragraphs_come_in_the_order_of_their_numbers() -> None:
    posted = QueryDict(
        "text-10=z&text-2=b&items-2=satu%0D%0Adua&form-2=point&text-0=a&form-0=paragraph&text-x=no"
    )
    assert typed_body(posted) == [
        {"form": "paragraph", "text": "a", "items": []},
        {"form": "point", "text": "b", "items": ["satu", "dua"]},
        {"form": "point", "text": "z", "items": []},
    ]
