"""X's pages → frozen values (platforms.md §2.2, §2.4)."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from inbox.connectors.base import later
from inbox.connectors.x.feeds import overlapped
from inbox.connectors.x.parse import parse_page
from inbox.connectors.x.ways import measure

US = "902200000000000001"
POST: dict[str, Any] = {
    "id": "2080765813578190001",
    "text": "@PoldaKaltim lampu merah mati &amp; macet",
    "author_id": "1503300000000000001",
    "conversation_id": "2080765813578190001",
    "created_at": "2026-10-02T08:15:31.000Z",
    "edit_history_tweet_ids": ["2080765813578190001"],
}
USERS = {"users": [{"id": "1503300000000000001", "name": "Mika", "username": "mika_k"}]}


def page(*posts: Any, includes: Any = USERS) -> bytes:
    return json.dumps(
        {"data": list(posts), "includes": includes, "meta": {"result_count": 1}}
    ).encode()


def one(post: Any, **extra: Any) -> Any:
    parsed = parse_page(page(post, **extra), US)
    assert parsed.problems == ()
    (message,) = parsed.messages
    return message


def test_a_plain_mention() -> None:
    message = one(POST)

    assert message.text == "@PoldaKaltim lampu merah mati & macet"
    assert message.author.handle == "mika_k"
    assert message.written_at == datetime(2026, 10, 2, 8, 15, 31, tzinfo=UTC)
    assert message.link == "https://x.com/mika_k/status/2080765813578190001"
    assert (message.own, message.edited, message.object_class) == (False, False, "post")


def test_a_long_post_arrives_whole() -> None:
    assert one(POST | {"note_tweet": {"text": "x" * 1200}}).text == "x" * 1200


@pytest.mark.parametrize(
    ("expanded", "shown", "read"),
    [
        ("http://keeja.pt", "keeja.pt", "di keeja.pt min"),
        (
            "https://sahut.id/a/sangat/panjang",
            "sahut.id/a/sang…",
            "di https://sahut.id/a/sangat/panjang min",
        ),
    ],
)
def test_addresses_read_as_they_were_typed(expanded: str, shown: str, read: str) -> None:
    url = {"url": "https://t.co/abc", "expanded_url": expanded, "display_url": shown}
    short = {"text": "di https://t.co/abc min", "entities": {"urls": [url]}}
    assert one(POST | short).text == read
    assert one(POST | {"text": "di…", "note_tweet": short}).text == read


def test_an_edit_keeps_the_first_id() -> None:
    message = one(POST | {"id": "9", "edit_history_tweet_ids": ["7", "9"]})
    assert (message.external_id, message.current_id, message.edited) == ("7", "9", True)


@pytest.mark.parametrize("spelling", ["referenced_tweets", "referenced_posts"])
def test_reply_and_quote_at_once_in_both_spellings(spelling: str) -> None:
    quoted = {"id": "5", "text": "listrik padam", "author_id": "1"}
    refers = [{"type": "replied_to", "id": "4"}, {"type": "quoted", "id": "5"}]
    message = one(POST | {spelling: refers}, includes=USERS | {"tweets": [quoted]})
    assert (message.replies_to, message.quoted) == ("4", "listrik padam")


@pytest.mark.parametrize(
    ("mentioned", "called"), [([{"id": US}], True), ([{"id": "5"}], False), ([], False)]
)
@pytest.mark.parametrize("long", [False, True])
def test_who_names_us_calls_us(mentioned: Any, called: bool, long: bool) -> None:
    entities = {"entities": {"mentions": mentioned}}
    post = POST | ({"note_tweet": {"text": "panjang"} | entities} if long else entities)
    assert (one(post).address == {"summoned": "1"}) is called


FILMS = [
    {"content_type": "application/x-mpegURL", "url": "https://v/0"},
    {"content_type": "video/mp4", "bit_rate": 2_176_000, "url": "https://v/3"},
    {"content_type": "video/mp4", "bit_rate": 832_000, "url": "https://v/2"},
    {"content_type": "video/mp4", "bit_rate": 256_000, "url": "https://v/1"},
]


@pytest.mark.parametrize(
    ("row", "kind", "url", "alt"),
    [
        ({"type": "photo", "url": "https://p/1", "alt_text": "banjir"}, "image", "https://p/1", "banjir"),
        ({"type": "video", "variants": FILMS}, "video", "https://v/2", ""),
        ({"type": "video", "variants": FILMS[:2]}, "video", "https://v/3", ""),
        ({"type": "animated_gif", "preview_image_url": "https://p/2"}, "image", "https://p/2", "cuplikan video"),
        ({"type": "hologram"}, "file", "", "jenis tak dikenal: hologram"),
        (None, "file", "", "jenis tak dikenal: ?"),
    ],
)  # fmt: skip
def test_pictures_and_films(row: Any, kind: str, url: str, alt: str) -> None:
    attached = {"text": "lihat https://t.co/x1", "attachments": {"media_keys": ["3_1"]}}
    includes = USERS | {"media": [row | {"media_key": "3_1"}] if row else []}
    message = one(POST | attached, includes=includes)
    (medium,) = message.media
    assert (medium.kind, medium.url, medium.alt, message.text) == (kind, url, alt, "lihat")


@pytest.mark.parametrize(
    ("created_at", "written_at"),
    [
        ("2026-07-24T21:23:23.000Z", datetime(2026, 7, 24, 21, 23, 23, 373000, tzinfo=UTC)),
        ("2026-07-24T21:23:23.999Z", datetime(2026, 7, 24, 21, 23, 23, 373000, tzinfo=UTC)),
        ("2026-10-02T08:15:31.250Z", datetime(2026, 10, 2, 8, 15, 31, tzinfo=UTC)),
        (None, datetime(2026, 7, 24, 21, 23, 23, 373000, tzinfo=UTC)),
    ],
)
def test_the_time_is_the_same_from_every_source(created_at: Any, written_at: datetime) -> None:
    assert one(POST | {"created_at": created_at}).written_at == written_at


def test_what_a_database_cannot_hold_is_taken_out() -> None:
    assert one(POST | {"text": "a\x00b\ud800c"}).text == "ab?c"


def test_a_repost_says_nothing() -> None:
    refers = [{"type": "retweeted", "id": "4"}]
    assert parse_page(page(POST | {"referenced_tweets": refers}), US).messages == ()


def test_our_own_post_is_known_as_ours() -> None:
    assert one(POST | {"author_id": US}).own


def test_oldest_first() -> None:
    newer = POST | {"id": "2080765813578190009", "edit_history_tweet_ids": ["2080765813578190009"]}
    ids = [m.current_id for m in parse_page(page(newer, POST), US).messages]
    assert ids == ["2080765813578190001", "2080765813578190009"]


@pytest.mark.parametrize("missing", ["id", "text", "author_id"])
def test_one_broken_post_does_not_hide_the_others(missing: str) -> None:
    broken = {key: value for key, value in POST.items() if key != missing}
    parsed = parse_page(page(broken, POST), US)
    assert (len(parsed.messages), len(parsed.problems)) == (1, 1)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'{"data": 5}', b'{"data": [null, 3]}', b"\xff"]
)
def test_no_shape_raises(body: bytes) -> None:
    parsed = parse_page(body, US)
    assert parsed.messages == ()
    assert parsed.problems


def test_an_empty_page_has_no_data_key() -> None:
    assert parse_page(b'{"meta":{"result_count":0}}', US) == parse_page(b"{}", US)


@pytest.mark.parametrize(
    ("text", "used"),
    [
        ("", 0),
        ("  ", 0),
        ("halo", 4),
        ("あ" * 140, 280),
        ("👨‍👩‍👧", 2),
        ("lihat https://sahut.id/lacak/1", 29),
    ],
)
def test_weighted_length(text: str, used: int) -> None:
    assert measure(text, "public").used == used


def test_cursors() -> None:
    assert later("", "5") == "5"
    assert later("99", "100") == "100"
    assert int(overlapped("2080765813578190001")) == 2080765813578190001 - (60_000 << 22)
