"""The worker that fetches files: once, in steps, never past an erasure, and never lost with a worker."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.db import connections, transaction
from pytest_django import Settings

from inbox import channels, erasure, intake, media
from inbox.connectors.base import Content, FetchFailed, Media, NotReady
from inbox.models import Channel, MediaFile, Message
from tests import cast
from tests.media.conftest import Files, picture

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_storage(media_root: Path, files: Files, settings: Settings) -> None:
    settings.API_BASES = {"x": files.url}


@pytest.fixture
def send(channel_x: Channel) -> Callable[..., list[MediaFile]]:
    """`send(Media(…), …)`: a citizen's message with these; returns its file rows."""

    def arrive(*told: Media) -> list[MediaFile]:
        value = replace(cast.incoming(cast.Post(), channel=channel_x), media=told)
        with transaction.atomic():
            intake.absorb(channel=channel_x, incoming=value, raw=None)
        return list(MediaFile.objects.filter(message__external_id=value.external_id))

    return arrive


def again(row: MediaFile) -> MediaFile:
    row.refresh_from_db()
    return row


def stored(root: Path) -> set[str]:
    return {path.name for path in root.rglob("*") if path.is_file()}


def test_pictures_films_and_papers_are_stored_once(
    send: Callable[..., list[MediaFile]], files: Files, media_root: Path
) -> None:
    rows = send(
        Media("image", url=files.give("/a.svg", picture())),  # the name and the claim say nothing
        Media("location", alt="Klandasan"),
        Media("file", url=files.give("/b", b"%PDF-1.4\n" + b"x" * 99), alt="Surat.pdf"),
    )
    assert [row.position for row in rows] == [0, 2]
    assert media.work() == 2
    image, paper = map(again, rows)
    assert (image.state, image.content_type, image.width, image.height) == (
        "stored", "image/jpeg", 900, 600,
    )  # fmt: skip
    assert str(image.file).endswith(".jpg")
    assert image.size == len(picture())
    assert (media_root / str(image.file)).read_bytes() == picture()
    assert (paper.state, paper.content_type, paper.thumb.name) == ("stored", "application/pdf", "")
    assert len(stored(media_root)) == 3
    assert media.work() == 0
    assert files.asked == ["/a.svg", "/b"]


def test_what_must_not_be_kept_is_never_fetched(
    send: Callable[..., list[MediaFile]], files: Files, media_root: Path
) -> None:
    (row,) = send(Media("story", url=files.give("/s", picture()), keep=False))
    assert row.state == MediaFile.State.LINK
    assert media.work() == 0
    assert (files.asked, stored(media_root)) == ([], set())


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        (b"<html>masuk dulu</html>", "image", "keamanan"),
        (b"x" * (11 * 1024 * 1024), "image", "10 MB"),
        (picture("PNG") + b"\0" * (11 * 1024 * 1024), "file", "10 MB"),
        (b"", "image", "kosong"),
    ],
)
def test_refused_for_good_and_says_why(
    send: Callable[..., list[MediaFile]], files: Files, media_root: Path, body: bytes, kind: str,
    said: str,
) -> None:  # fmt: skip
    (row,) = send(Media(kind, url=files.give("/a", body)))
    media.work()
    assert again(row).state == MediaFile.State.REFUSED
    assert said in row.problem
    assert stored(media_root) == set()


def test_gone_and_inner_addresses(send: Callable[..., list[MediaFile]], files: Files) -> None:
    gone, inner = send(Media("image", url=files.url + "/x"), Media("image", url="http://10.0.0.1/"))
    media.work()
    assert again(gone).state == MediaFile.State.GONE
    assert again(inner).state == MediaFile.State.REFUSED
    assert "jaringan dalam" in inner.problem


def test_tried_in_steps_then_given_up(
    send: Callable[..., list[MediaFile]], files: Files, move_clock: Callable[[float], None]
) -> None:
    files.pages["/a"] = (503, {}, b"")
    (row,) = send(Media("image", url=files.url + "/a"))
    ahead = 0.0
    for step in media.STEPS:
        assert media.work() == 1
        assert again(row).state == MediaFile.State.NEW
        assert media.work() == 0  # not before its time
        ahead += step + 1
        move_clock(ahead)
    assert media.work() == 1
    assert again(row).state == MediaFile.State.REFUSED
    assert "6 kali" in row.problem
    assert files.asked == ["/a"] * 6


def test_a_later_try_succeeds(
    send: Callable[..., list[MediaFile]], files: Files, move_clock: Callable[[float], None]
) -> None:
    files.pages["/a"] = (503, {}, b"")
    (row,) = send(Media("image", url=files.url + "/a"))
    media.work()
    files.give("/a", picture())
    move_clock(media.STEPS[0] + 1)
    media.work()
    assert again(row).state == MediaFile.State.STORED
    assert row.problem == ""


def test_a_worker_that_dies_costs_a_lease_and_leaves_nothing_behind(
    send: Callable[..., list[MediaFile]], files: Files, media_root: Path,
    move_clock: Callable[[float], None], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    (row,) = send(Media("image", url=files.give("/a", picture())))

    def dies(*_args: object, **_fields: object) -> bool:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(media, "_end", dies)  # after the bytes, before the state
        with pytest.raises(MemoryError):
            media.work()
    assert len(stored(media_root)) == 2
    assert again(row).file.name  # the row knows what was written: erasure would find it
    assert media.work() == 0
    move_clock(media.LEASE + 1)
    assert media.work() == 1
    assert again(row).state == MediaFile.State.STORED
    assert stored(media_root) == {Path(str(row.file)).name, Path(str(row.thumb)).name}


def test_a_file_that_brings_workers_down_is_given_up(
    send: Callable[..., list[MediaFile]], files: Files, move_clock: Callable[[float], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    (row,) = send(Media("image", url=files.give("/a", picture())))

    def dies(*_args: object, **_fields: object) -> None:
        raise MemoryError

    monkeypatch.setattr(media, "look", dies)
    for number in range(len(media.STEPS) + 1):
        with pytest.raises(MemoryError):
            media.work()
        move_clock((number + 1) * (media.LEASE + 1))
    assert media.work() == 1
    assert again(row).state == MediaFile.State.REFUSED


@pytest.mark.django_db(transaction=True)
def test_erased_while_it_is_fetched_nothing_stays(
    send: Callable[..., list[MediaFile]], files: Files, media_root: Path
) -> None:
    (row,) = send(Media("image", url=files.url + "/a"))

    def unsent_meanwhile(handler: Any) -> None:
        with transaction.atomic():
            erasure.erase_message(Message.objects.get(pk=row.message_id), why="dihapus penulisnya")
        connections.close_all()
        body = picture()
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    files.pages["/a"] = unsent_meanwhile
    media.work()
    assert again(row).state == MediaFile.State.GONE
    assert (row.file.name, row.thumb.name) == ("", "")
    assert stored(media_root) == set()


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_fetch_each_file_once(
    send: Callable[..., list[MediaFile]], files: Files
) -> None:
    rows = send(*[Media("image", url=files.give(f"/{n}", picture())) for n in range(6)])

    def run() -> int:
        try:
            return media.work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:  # two of them find no slot
        done = [pool.submit(run) for _ in range(4)]
    assert sum(one.result() for one in done) + media.work() == 6
    assert sorted(files.asked) == [f"/{n}" for n in range(6)]
    assert {again(row).state for row in rows} == {"stored"}


class Speaker:
    """A connector of which only `content` is asked."""

    def __init__(self, answer: object) -> None:
        self.answer, self.closed = answer, False

    def content(self, _media: Media) -> Content:
        if isinstance(self.answer, Exception):
            raise self.answer
        assert isinstance(self.answer, bytes)
        return Content("image/svg+xml", iter([self.answer[:100], self.answer[100:]]))

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def speaks(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[object], Speaker]]:
    """`speaks(answer)`: what the platform's connector hands out from now on."""
    made: list[Speaker] = []

    def say(answer: object) -> Speaker:
        speaker = Speaker(answer)
        made.append(speaker)
        monkeypatch.setattr(channels, "connect", lambda _channel: speaker)
        return speaker

    yield say
    assert all(speaker.closed for speaker in made)


def test_through_the_platform_where_there_is_no_address(
    send: Callable[..., list[MediaFile]], speaks: Callable[[object], Speaker],
    move_clock: Callable[[float], None],
) -> None:  # fmt: skip
    (row,) = send(Media("video", fetch_id="325708"))
    speaks(NotReady())  # LINE still converts it
    media.work()
    assert (again(row).state, row.tries) == ("new", 1)
    speaks(picture())
    move_clock(20)
    media.work()
    assert (again(row).state, row.content_type) == ("stored", "image/jpeg")


@pytest.mark.parametrize(
    ("error", "state", "tries"),
    [
        (FetchFailed("tidak ada lagi", permanent=True, gone=True), "gone", 1),
        (FetchFailed("bukan berkas", permanent=True), "refused", 1),
        (FetchFailed("nanti", permanent=False, retry_after=900), "new", 1),
        (FetchFailed("kunci ditolak", permanent=True, dead=True), "new", 0),
    ],
)
def test_what_the_platform_says(
    send: Callable[..., list[MediaFile]], speaks: Callable[[object], Speaker], error: FetchFailed,
    state: str, tries: int,
) -> None:  # fmt: skip
    (row,) = send(Media("image", fetch_id="1"))
    speaks(error)
    media.work()
    assert (again(row).state, row.tries, row.problem) == (state, tries, error.problem)


def test_a_dead_token_is_nobodys_try(
    send: Callable[..., list[MediaFile]], speaks: Callable[[object], Speaker], channel_x: Channel,
    move_clock: Callable[[float], None],
) -> None:  # fmt: skip
    (row,) = send(Media("image", fetch_id="1"))
    speaks(FetchFailed("kunci ditolak", permanent=True, dead=True))
    for minute in range(20):
        move_clock(minute * 600.0)
        assert media.work() == 1
    channel_x.refresh_from_db()
    assert channel_x.dead_since
    channels.note_alive(channel_x)
    speaks(picture())
    move_clock(20 * 600.0)
    media.work()
    assert again(row).state == MediaFile.State.STORED


def test_a_broken_stream_of_the_platform_is_tried_again(
    send: Callable[..., list[MediaFile]], monkeypatch: pytest.MonkeyPatch
) -> None:
    (row,) = send(Media("image", fetch_id="1"))

    def pieces() -> Iterator[bytes]:
        yield picture()[:50]
        raise FetchFailed("putus", permanent=False)

    class Broken(Speaker):
        def content(self, _media: Media) -> Content:
            return Content("image/jpeg", pieces())

    monkeypatch.setattr(channels, "connect", lambda _channel: Broken(b""))
    media.work()
    assert (again(row).state, row.problem) == ("new", "putus")
