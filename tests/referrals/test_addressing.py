"""Nobody gets the very words somebody else got; a link stands only where it is cheap and nobody else reads it."""

from typing import Any

import pytest

from inbox.connectors.registry import PLATFORMS, measure
from referrals.addressing import Place, Surface, Trail, Wording, called, surface

NUMBER, LINK = "HMS-2026-000431-T", "https://humas.test/lacak/HMS-2026-000431-T/?k=ABCDEFGH"
TEXT = "BPKB bisa diambil mulai Senin di Samsat."
PUBLIC_X = Place("x", "public", Trail.NUMBER)


def wording(text: str = TEXT, team: str = "Humas Polda Kaltim") -> Wording:
    return Wording(text=text, number=NUMBER, team=team)


@pytest.mark.parametrize(
    "text",
    [TEXT, "{sapaan}, " + TEXT, "Kabar baik. Terima kasih. – Humas", "Baris satu.\nBaris dua."],
)
@pytest.mark.parametrize(
    "place",
    [
        PUBLIC_X,
        Place("facebook", "public", Trail.NUMBER),
        Place("facebook", "chat", Trail.LINK),
        Place("instagram", "chat", Trail.LINK),
        Place("line", "chat", Trail.LINK),
        Place("facebook", "public", Trail.NOTHING),
    ],
    ids=str,
)  # fmt: skip
def test_three_hundred_of_one_name_get_three_hundred_texts(text: str, place: Place) -> None:
    made = wording(text)
    told = [made.words(who="Kak Budi", place=place, link=LINK, nth=nth) for nth in range(300)]
    assert len({one.text for one in told}) == 300
    for one in told:
        assert one.length.fits
        assert one.length == measure(place.platform, one.text, place.way)
        assert one.text.count("Kak Budi") == 1
        assert text.replace("{sapaan}", "Kak Budi") in one.text
        assert "{" not in one.text


def test_asked_again_it_says_the_same() -> None:
    first = wording().words(who="Kak Ani", place=PUBLIC_X, nth=7)
    assert wording().words(who="Kak Ani", place=PUBLIC_X, nth=7) == first


def test_names_begin_in_different_places() -> None:
    made = wording()
    bodies = {
        made.words(who=f"Kak w{n}", place=PUBLIC_X).text.replace(f"Kak w{n}", "") for n in range(60)
    }
    assert len(bodies) >= 12


@pytest.mark.parametrize(
    "text", [TEXT, "Halo {sapaan}.com, " + TEXT, "Kabar 😀 https://a.test/b " + TEXT, "ab " * 150]
)
def test_lengths_are_those_of_the_very_words(text: str) -> None:
    made = wording(text)
    for who in ("Kak budi", "Kak ani1", "Kak siti.a", "Kak 山田", "Kak", "Kak a b", "Kak B_D1"):
        for nth in (0, 1, 5):
            told = made.words(who=who, place=PUBLIC_X, nth=nth)
            assert told.length == measure("x", told.text, "public")


def test_one_post_stays_one_post_where_names_differ() -> None:
    text = "a" * 230 + " selesai."
    for number in range(50):
        told = wording(text).words(who=f"Kak warga{number:02}", place=PUBLIC_X)
        assert told.length.pieces == 1
        assert told.length.fits


def test_where_there_is_no_room_it_says_so() -> None:
    place = Place("instagram", "public", Trail.NUMBER)
    text = "a" * (2200 - len("Kak Budi, "))
    made = wording(text)
    assert made.words(who="Kak Budi", place=place).length.fits
    assert not made.words(who="Kak Budi", place=place, nth=200).length.fits
    assert not wording("a" * 3000).words(who="Kak Budi", place=place).length.fits


def test_the_number_is_not_said_twice() -> None:
    told = wording(f"Tiket {NUMBER} selesai.").words(who="Kak Budi", place=PUBLIC_X)
    assert told.text.count(NUMBER) == 1


def test_a_link_that_costs_a_further_message_is_left_out() -> None:
    place = Place("instagram", "chat", Trail.LINK)
    told = wording("a" * 950).words(who="Kak Budi", place=place, link=LINK)
    assert LINK not in told.text
    assert told.length.pieces == 1
    assert LINK in wording().words(who="Kak Budi", place=place, link=LINK).text


def test_braces_of_the_operator_stay() -> None:
    told = wording("Lihat {team} dan {who} dan {text}.").words(who="Kak Budi", place=PUBLIC_X)
    assert "Lihat {team} dan {who} dan {text}." in told.text


def test_a_signed_text_is_not_signed_again() -> None:
    for nth in range(40):
        told = wording("Sudah jadi. – Humas").words(who="Kak Budi", place=PUBLIC_X, nth=nth)
        assert told.text.count("–") == 1


@pytest.mark.parametrize(
    ("asked", "trail"),
    [
        ({"platform": "x", "way": "public", "public": True}, Trail.NUMBER),
        ({"platform": "x", "way": "chat", "public": False}, Trail.LINK),
        ({"platform": "facebook", "way": "public", "public": True}, Trail.NUMBER),
        ({"platform": "facebook", "way": "private", "public": False}, Trail.LINK),
        ({"platform": "instagram", "way": "public", "public": True}, Trail.NUMBER),
        ({"platform": "instagram", "way": "mention", "public": True}, Trail.NUMBER),
        ({"platform": "instagram", "way": "chat", "public": False}, Trail.LINK),
        ({"platform": "line", "way": "chat", "public": False}, Trail.LINK),
        ({"platform": "line", "way": "chat", "public": True}, Trail.NUMBER),
        ({"platform": "email", "way": "mail", "public": False}, Trail.LINK),
        ({"platform": "web", "way": "mail", "public": False}, Trail.LINK),
        ({"platform": "web", "way": "page", "public": False}, Trail.NOTHING),
        ({"platform": "tiktok", "way": "", "public": True}, Trail.NUMBER),
        ({"platform": "tiktok", "way": "chat", "public": False}, Trail.NUMBER),
    ],
)
def test_what_each_place_bears(asked: dict[str, Any], trail: Trail) -> None:
    found = surface(**asked, restricted=False)
    assert found.trail == trail
    assert found.why
    assert surface(**asked, restricted=True).trail == Trail.NOTHING


def test_every_platform_was_thought_of() -> None:
    unknown = Surface(Trail.NUMBER, "nobody has looked how this platform treats links")
    for platform in PLATFORMS:
        assert surface(platform, way="chat", public=False, restricted=False) != unknown


@pytest.mark.parametrize(
    ("handle", "name", "who"),
    [
        ("@budi", "Budi", "Kak budi"),
        ("", "Budi S", "Kak Budi S"),
        ("", "", "Kak"),
        (" ", " A ", "Kak A"),
    ],
)
def test_how_a_citizen_is_called(handle: str, name: str, who: str) -> None:
    assert called(handle=handle, name=name) == who
