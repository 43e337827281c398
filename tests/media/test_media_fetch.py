"""Fetching from addresses others named: nothing inside is opened, nothing is larger or longer than allowed."""

import gzip
import io
import time
from typing import Any

import httpcore2
import pytest

from inbox import media_fetch
from inbox.media_fetch import NotAllowed, NotThere, Unreachable, fetch, is_public
from tests.media.conftest import Files

MB = 1024 * 1024


def got(url: str, files: Files, *, limit: int = MB, seconds: float = 10) -> bytes:
    into = io.BytesIO()
    fetch(url, into=into, limit=limit, allow={files.where}, seconds=seconds)
    return into.getvalue()


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.9.9.9", "0.0.0.1", "10.1.2.3", "172.16.0.1", "172.31.255.255",
        "192.168.1.1", "169.254.169.254", "100.64.0.1", "192.0.0.8", "192.0.2.1", "198.18.0.1",
        "203.0.113.9", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
        "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1", "2001:db8::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1",
        "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::", "2002:808:808::",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2", "bukan alamat", "",
    ],
)  # fmt: skip
def test_inside_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "104.244.42.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_outside_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://8.8.8.8/a", "file:///etc/passwd", "gopher://8.8.8.8/", "//8.8.8.8/a", "a", "",
        "http://:80/", "http://orang:sandi@8.8.8.8/", "http://8.8.8.8:22/", "https://8.8.8.8:8443/",
        "http://[::1", "http://127.0.0.1/", "http://localhost/", "http://[::1]/", "http://0/",
        "http://2130706433/", "http://0x7f.1/", "http://[::ffff:127.0.0.1]/",
    ],
)  # fmt: skip
def test_odd_and_inner_addresses_are_refused(url: str) -> None:
    with pytest.raises((NotAllowed, Unreachable)) as refused:
        fetch(url, into=io.BytesIO(), limit=MB)
    assert str(refused.value)
    if "127" in url or "[::1]" in url or "localhost" in url:
        assert isinstance(refused.value, NotAllowed)


def test_the_stand_ins_may_be_called_and_nothing_beside_them(files: Files) -> None:
    url = files.give("/a", b"isi")
    assert got(url, files) == b"isi"
    with pytest.raises(NotAllowed):
        fetch(url, into=io.BytesIO(), limit=MB, allow={"127.0.0.1:1"})
    assert files.asked == ["/a"]


def test_a_name_with_one_inner_address_is_a_trap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media_fetch, "resolve", lambda _host, _port: ["8.8.8.8", "10.0.0.1"])
    with pytest.raises(NotAllowed, match="jaringan dalam"):
        fetch("http://trap.example/", into=io.BytesIO(), limit=MB)


def test_the_name_is_looked_up_once_and_that_address_is_called(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS cannot change between check and connection: the socket goes to the checked address."""
    asked: list[str] = []
    connected: list[str] = []

    def resolve(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["93.184.215.14" if len(asked) == 1 else "127.0.0.1"]

    class Under:
        def connect_tcp(self, host: str, *_args: Any) -> None:
            connected.append(host)
            raise httpcore2.ConnectError("refused")

    monkeypatch.setattr(media_fetch, "resolve", resolve)
    monkeypatch.setattr(httpcore2, "SyncBackend", Under)
    with pytest.raises(Unreachable):
        fetch("http://berubah.example/", into=io.BytesIO(), limit=MB)
    assert (asked, connected) == (["berubah.example"], ["93.184.215.14"])


def test_every_redirect_is_checked_again(files: Files) -> None:
    end = files.give("/end", b"isi")
    for number, target in enumerate(["/2", "/3", end]):
        files.pages[f"/{number + 1}"] = (302, {"Location": target}, b"")
    assert got(files.url + "/1", files) == b"isi"
    files.pages["/0"] = (301, {"Location": "/1"}, b"")
    with pytest.raises(NotAllowed, match="berpindah"):
        got(files.url + "/0", files)
    for inner in ("http://127.0.0.1:1/", "http://169.254.169.254/latest", "file:///etc/passwd"):
        files.pages["/in"] = (307, {"Location": inner}, b"")
        with pytest.raises(NotAllowed):
            got(files.url + "/in", files)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (404, NotThere), (410, NotThere), (403, NotThere), (401, NotThere), (204, NotThere),
        (429, Unreachable), (408, Unreachable), (500, Unreachable), (503, Unreachable),
    ],
)  # fmt: skip
def test_statuses(files: Files, status: int, error: type[Exception]) -> None:
    files.pages["/a"] = (status, {}, b"")
    with pytest.raises(error):
        got(files.url + "/a", files)


def test_too_large_is_refused_whether_it_says_so_or_not(files: Files) -> None:
    told = files.give("/told", b"x" * 5000)
    into = io.BytesIO()
    with pytest.raises(NotAllowed, match="MB"):
        fetch(told, into=into, limit=4999, allow={files.where})
    assert not into.getvalue()
    assert got(told, files, limit=5000) == b"x" * 5000

    def silent(handler: Any) -> None:
        handler.send_response(200)
        handler.end_headers()  # no length: the body ends with the connection
        handler.wfile.write(b"x" * 5000)

    files.pages["/silent"] = silent
    with pytest.raises(NotAllowed):
        got(files.url + "/silent", files, limit=4999)


def test_compressed_answers_stay_packed(files: Files) -> None:
    files.give("/bomb", gzip.compress(b"0" * MB), **{"Content-Encoding": "gzip"})
    with pytest.raises(NotAllowed, match="dimampatkan"):
        got(files.url + "/bomb", files)


def test_a_body_that_breaks_off_is_tried_again(files: Files) -> None:
    files.pages["/short"] = (200, {"Content-Length": "100"}, b"x" * 40)
    with pytest.raises(Unreachable):
        got(files.url + "/short", files)


def test_a_server_that_drips_is_left(files: Files) -> None:
    def drip(handler: Any) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not files.end.wait(0.05):
            try:
                handler.wfile.write(b".")
            except OSError:
                return

    def drip_headers(handler: Any) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while not files.end.wait(0.05):
            try:
                handler.wfile.write(b"X-A: b\r\n")
            except OSError:
                return

    files.pages |= {"/drip": drip, "/headers": drip_headers}
    for path in ("/drip", "/headers"):
        began = time.monotonic()
        with pytest.raises(Unreachable):
            got(files.url + path, files, seconds=0.6)
        assert time.monotonic() - began < 3


def test_nobody_there_and_no_such_name() -> None:
    with pytest.raises(Unreachable):
        fetch("http://127.0.0.1:9/", into=io.BytesIO(), limit=MB, allow={"127.0.0.1:9"})
    with pytest.raises(Unreachable):
        fetch("http://tidak-ada.invalid/", into=io.BytesIO(), limit=MB)
