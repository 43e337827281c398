"""Copied posts taken apart, words of time, links: what is found, and what is left alone."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from inbox.links import canonical, first_link, message_key
from inbox.pasted import Pasted, read_time, split

ZONE = ZoneInfo("Asia/Makassar")  # UTC+8
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=ZONE)  # a Sunday, 10.00 in the office


def local(words: str) -> str:
    found = read_time(words, now=NOW, zone=ZONE)
    return f"{found.astimezone(ZONE):%m-%d %H.%M}" if found else ""


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("sekarang", "11-22 10.00"),
        ("baru saja", "11-22 10.00"),
        ("10 menit lalu", "11-22 09.50"),
        ("2j", "11-22 08.00"),
        ("3 jam", "11-22 07.00"),
        ("sejam yang lalu", "11-22 09.00"),
        ("2 hari", "11-20 10.00"),
        ("1 mgg", "11-15 10.00"),
        ("5 mnt · ", "11-22 09.55"),
        ("kemarin 21.10", "11-21 21.10"),
        ("Kemarin pukul 21.10 WITA", "11-21 21.10"),
        ("kemarin", "11-21 12.00"),
        ("Yesterday at 9:10 PM", "11-21 21.10"),
        ("hari ini 08:15", "11-22 08.15"),
        ("08.15", "11-22 08.15"),
        ("23.50", "11-21 23.50"),  # lies ahead today: yesterday's
        ("12 Nov", "11-12 12.00"),
        ("12 November pukul 08.15", "11-12 08.15"),
        ("8.15 AM · 12 Nov 2026", "11-12 08.15"),
        ("12:15 AM · Nov 12, 2026", "11-12 00.15"),
        ("21/11 08.15", "11-21 08.15"),
        ("21/11/26 08.15", "11-21 08.15"),
        ("2026-11-20T07:30", "11-20 07.30"),
        ("3h", ""),  # three days or three hours
        ("3d", ""),
        ("", ""),
        ("entah kapan", ""),
        ("31/02 08.15", ""),
        ("25.70", ""),
        ("12 kaki", ""),
        ("rumah no 12.30 x", ""),
    ],
)
def test_words_of_time(words: str, expected: str) -> None:
    assert local(words) == expected


def test_a_date_ahead_is_last_years() -> None:
    found = read_time("25 Desember", now=NOW, zone=ZONE)
    assert found == datetime(2025, 12, 25, 4, 0, tzinfo=UTC)


X_COPY = """Budi Santoso
@budi_bpn
·
2j
Min, lampu jalan di Jl. Soekarno mati.
Sudah seminggu!
3
12
1,2 rb Tayangan"""

COPIES = [
    (X_COPY, "budi_bpn", "2j", "Min, lampu jalan di Jl. Soekarno mati.\nSudah seminggu!"),
    ("Budi Santoso @budi_bpn · 3 jam\nLampu mati min", "budi_bpn", "3 jam", "Lampu mati min"),
    ("@budi_bpn · 12 Nov\nLampu mati min", "budi_bpn", "12 Nov", "Lampu mati min"),
    (
        "Budi\n@budi_bpn\nLampu mati min\n8.15 AM · 12 Nov 2026 · 1.234 Tayangan",
        "budi_bpn", "8.15 AM 12 Nov 2026", "Lampu mati min",
    ),
    ("Siti Aminah\nAir mati sejak kemarin\n2 jam\nSuka\nBalas", "Siti Aminah", "2 jam", "Air mati sejak kemarin"),
    ("Siti Aminah\nKemarin 21.10 · \nAir mati", "Siti Aminah", "Kemarin 21.10", "Air mati"),
    ("anak.bpn\n3h\nSIM keliling kapan?\n12 suka\nBalas", "anak.bpn", "3h", "SIM keliling kapan?"),
    ("[21/11 08.15] Pak RT: Jalan rusak\ndi depan pasar", "Pak RT", "21/11 08.15", "Jalan rusak\ndi depan pasar"),
    ("21/11/2026, 08.15 - Pak RT: Jalan rusak", "Pak RT", "21/11/2026, 08.15", "Jalan rusak"),
    ("21:10\tIbu Ani\tAir keruh", "Ibu Ani", "21:10", "Air keruh"),
]  # fmt: skip


@pytest.mark.parametrize(("copied", "author", "when", "text"), COPIES)
def test_a_copied_post_is_taken_apart(copied: str, author: str, when: str, text: str) -> None:
    assert split(copied, now=NOW, zone=ZONE) == Pasted(text, author, when)


@pytest.mark.parametrize(
    "words",
    [
        "Lampu jalan mati di depan SD 3, tolong min",
        "Tolong min\nLampu mati",
        "Air mati\nsudah 2 jam tidak mengalir, kapan normal?",
        "Budi Santoso",
        "2 jam",
        "2 jam\n3 jam",
        "@PemkotBPN",
        "@PemkotBPN lampu mati di Jl. Mawar",
        "Halo: begini ceritanya\nbla",
        "Suka\nBalas",
        "",
    ],
)
def test_what_cannot_be_told_apart_is_left_alone(words: str) -> None:
    assert split(words, now=NOW, zone=ZONE) == Pasted(words)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://x.com/a/status/12?s=20", "https://mobile.twitter.com/b/status/12/photo/1"),
        ("https://www.instagram.com/p/Cx/?igsh=a", "https://instagram.com/warga/p/Cx"),
        (
            "https://m.facebook.com/story.php?story_fbid=1&id=2&mibextid=x",
            "https://www.facebook.com/story.php?id=2&story_fbid=1",
        ),
    ],
)
def test_one_message_has_one_canonical_link(one: str, other: str) -> None:
    assert canonical(one) == canonical(other)


def test_links_of_unknown_sites_stay_as_they_are() -> None:
    assert canonical("https://berita.example/a?id=1") == "https://berita.example/a?id=1"


@pytest.mark.parametrize(
    ("link", "key"),
    [
        ("https://x.com/a/status/12?s=20", ("post", "12")),
        ("https://www.instagram.com/p/Cx/c/178/", ("comment", "178")),
        ("https://www.facebook.com/pemkot/posts/12?comment_id=34", ("comment", "12_34")),
        ("https://www.facebook.com/pemkot/posts/pfbid0abc?comment_id=34", ("", "")),
        ("https://x.com.jahat.example/a/status/12", ("", "")),
        ("https://[", ("", "")),
        ("bukan tautan", ("", "")),
    ],
)
def test_which_message_a_link_names(link: str, key: tuple[str, str]) -> None:
    assert message_key(link) == key


def test_the_first_link_in_a_shared_text() -> None:
    assert first_link("Lihat https://x.com/a/status/1. Bagus!") == "https://x.com/a/status/1"
    assert first_link("tanpa tautan") == ""
