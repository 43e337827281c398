"""The Graph client: what goes over the wire, and what comes back of it (platforms.md §3, §8.4)."""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from inbox.connectors.base import Account, Usage
from inbox.connectors.meta import Graph, GraphError
from inbox.connectors.meta.graph import appsecret_proof, next_step, read_usage

TOKEN = "EAAM" + "5" * 40


class Peer:
    """Answers what it is told, and remembers what it was asked."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        self.answers: list[tuple[int, bytes, dict[str, str]]] = []

    def says(self, body: Any, status: int = 200, **headers: str) -> None:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers.append((status, raw, named))

    def query(self, at: int = -1) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.asked[at][1]).query)


@contextmanager
def peer() -> Iterator[Peer]:
    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("content-length", 0))
            sent = {name.lower(): value for name, value in self.headers.items()}
            one.asked.append((self.command, self.path, sent, self.rfile.read(length)))
            status, body, headers = one.answers.pop(0)
            self.send_response(status)
            for name, value in {"content-length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_DELETE = answer  # noqa: N815

        def log_message(self, *_args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    one = Peer(server.server_port)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield one
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def server() -> Iterator[Peer]:
    with peer() as one:
        yield one


@pytest.fixture
def other(server: Peer) -> Peer:
    server.asked.clear()
    server.answers.clear()
    return server


@pytest.fixture
def usage() -> list[Usage]:
    return []


@pytest.fixture
def graph(other: Peer, usage: list[Usage]) -> Iterator[Graph]:
    account = Account(
        "1", "Humas", {"access_token": TOKEN}, app={"app_id": "9", "app_secret": "rahasia"},
        base_url=other.url, timeout=(1.0, 2.0), report=usage.append,
    )  # fmt: skip
    made = Graph(account)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("call", "method"),
    [(lambda graph: graph.get("1/feed"), "GET"), (lambda graph: graph.post("1/feed", {}), "POST"),
     (lambda graph: graph.delete("1/feed"), "DELETE")],
    ids=["get", "post", "delete"],
)  # fmt: skip
def test_the_token_is_in_the_header_and_proved(
    call: Callable[[Graph], Any], method: str, graph: Graph, other: Peer
) -> None:
    other.says({"id": "1"})
    call(graph)
    asked, path, headers, _body = other.asked[0]
    assert (asked, urlsplit(path).path) == (method, "/v26.0/1/feed")
    assert headers["authorization"] == f"Bearer {TOKEN}"
    assert TOKEN not in path
    assert other.query() == {"appsecret_proof": [appsecret_proof("rahasia", TOKEN)]}


def test_version_and_another_token(graph: Graph, other: Peer) -> None:
    other.says({})
    again = Graph(replace(graph.account, version="v27.0"))
    again.get("me", token="9|rahasia")
    again.close()
    _method, path, headers, _body = other.asked[0]
    assert path == "/v27.0/me"
    assert headers["authorization"] == "Bearer 9|rahasia"  # proves itself


def test_forms_and_files(graph: Graph, other: Peer) -> None:
    other.says({"id": "1"})
    other.says({"id": "1"})
    graph.post("1/messages", {"recipient": {"id": "5"}, "silent": True, "text": "é & ="})
    sent = parse_qs(other.asked[0][3].decode())
    assert sent == {"recipient": ['{"id": "5"}'], "silent": ["true"], "text": ["é & ="]}
    graph.post("1/messages", {"text": "x"}, files={"filedata": ("a.png", b"\x89PNG", "image/png")})
    assert other.asked[1][2]["content-type"].startswith("multipart/form-data")
    assert b'name="filedata"; filename="a.png"' in other.asked[1][3]


def test_an_id_cannot_leave_its_place(graph: Graph, other: Peer) -> None:
    other.says({})
    graph.get("1_2?access_token=x#y")
    assert urlsplit(other.asked[0][1]).path == "/v26.0/1_2%3Faccess_token%3Dx%23y"


@pytest.mark.parametrize("token", ["EAAM\n5", "é", "a b"])
def test_what_is_no_token_is_dead_before_anything_is_sent(
    token: str, graph: Graph, other: Peer
) -> None:
    with pytest.raises(GraphError) as caught:
        graph.get("me", token=token)
    assert caught.value.code == 190
    assert other.asked == []


ENVELOPE = {"error": {"message": f"Malformed access token {TOKEN}", "type": "OAuthException",
            "code": 190, "error_subcode": 463, "error_user_msg": "Masuk lagi", "is_transient": False,
            "fbtrace_id": "AbC"}}  # fmt: skip


def test_an_envelope(graph: Graph, other: Peer) -> None:
    other.says(ENVELOPE, 400, x_app_usage='{"call_count": 3}')
    with pytest.raises(GraphError) as caught:
        graph.get("me")
    error = caught.value
    assert (error.http_status, error.code, error.subcode) == (400, 190, 463)
    assert (error.fbtrace_id, error.user_msg, error.is_transient) == ("AbC", "Masuk lagi", False)
    assert error.headers["x-app-usage"] == '{"call_count": 3}'
    assert TOKEN not in f"{error} {error.message}"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [(b"<html>", 502, 0), (b"", 200, 0), (b'{"id": "1', 200, 0), (b"[1]", 200, 0), (b"true", 200, 0),
     (b'{"error": "no"}', 400, 0), (b'{"error": {"code": "x"}}', 400, 0),
     (b'{"error": {"code": "190"}}', 200, 190), (b'{"id": "1"}', 500, 0), (b"", 302, 0)],
)  # fmt: skip
def test_whatever_is_no_success_is_an_error(
    body: bytes, status: int, code: int, graph: Graph, other: Peer
) -> None:
    other.says(body, status)
    with pytest.raises(GraphError) as caught:
        graph.post("1/comments", {"message": "x"})
    assert (caught.value.http_status, caught.value.code) == (status, code)


def test_the_token_in_next_is_neither_kept_nor_followed(graph: Graph, other: Peer) -> None:
    away = f"https://graph.facebook.com/v26.0/1/feed?access_token={TOKEN}&after=zwei&limit=2"
    cursors = {"before": "null", "after": "eins"}
    other.says({"data": [{"id": "1"}], "paging": {"cursors": cursors, "next": away}})
    other.says({"data": [], "paging": {"next": away}})  # an empty page is not the end
    other.says({"data": [{"id": "2"}]})
    found = list(graph.items("1/feed", {"limit": 2}))
    assert len(found) == 3
    assert TOKEN.encode() not in b"".join(found)
    assert [other.query(at).get("after") for at in range(3)] == [None, ["eins"], ["zwei"]]
    assert all(TOKEN not in path for _method, path, _headers, _body in other.asked)


def test_a_list_that_never_ends_is_left(graph: Graph, other: Peer) -> None:
    same = {"data": [1], "paging": {"cursors": {"after": "a"}, "next": "x"}}
    for _page in range(5):
        other.says(same)
    assert len(list(graph.items("1/feed"))) == 2
    for number in range(3):
        other.says({"data": [1], "paging": {"cursors": {"after": str(number)}, "next": "x"}})
    other.answers = other.answers[-3:]
    assert len(list(graph.items("1/feed", limit=3))) == 3


@pytest.mark.parametrize(
    ("page", "step"),
    [
        ({}, {}),
        ({"paging": 3}, {}),
        ({"data": [1], "paging": {"cursors": {"after": "a"}}}, {}),
        ({"data": [1], "paging": {"next": "https://x/?until=5&__paging_token=t&access_token=s"}},
         {"until": "5", "__paging_token": "t"}),
        ({"data": [1], "paging": {"next": 5}}, {}),
    ],
)  # fmt: skip
def test_the_following_page(page: dict[str, Any], step: dict[str, str]) -> None:
    assert next_step(page) == step


def test_lists_without_next_go_on_until_they_are_empty() -> None:
    paging = {"cursors": {"after": "a"}}
    assert next_step({"data": [1], "paging": paging}, until_empty=True) == {"after": "a"}
    assert next_step({"data": [], "paging": paging}, until_empty=True) == {}


BUSINESS = {"101": [{"type": "pages", "call_count": 9, "total_time": 91, "total_cputime": 1,
            "estimated_time_to_regain_access": 0}],
            "102": [{"type": "messenger", "call_count": 100, "total_time": 1, "total_cputime": 1,
            "estimated_time_to_regain_access": 19}]}  # fmt: skip


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({}, None),
        ({"x-app-usage": '{"call_count": 28, "total_time": 25.5, "total_cputime": 2}'}, (28, 0)),
        ({"x-business-use-case-usage": json.dumps(BUSINESS)}, (100, 19 * 60)),
        ({"x-app-usage": "{"}, None),
        ({"x-app-usage": "[]"}, None),
        ({"x-app-usage": '{"call_count": "x", "new_key": {"a": 1}}'}, (0, 0)),
    ],
    ids=["none", "app", "business", "cut", "empty", "strange"],
)
def test_usage_headers(headers: dict[str, str], told: tuple[float, float] | None) -> None:
    found = read_usage(headers)
    assert (found and (found.percent, found.wait)) == told


def test_usage_is_reported_with_every_answer(graph: Graph, other: Peer, usage: list[Usage]) -> None:
    other.says({}, x_app_usage='{"call_count": 81}')
    other.says(ENVELOPE, 400, x_business_use_case_usage=json.dumps(BUSINESS))
    graph.get("me")
    with pytest.raises(GraphError):
        graph.get("me")
    assert usage == [Usage(81.0), Usage(100.0, 19 * 60)]


def test_redirects_are_not_followed_and_addresses_not_logged(
    graph: Graph, other: Peer, caplog: pytest.LogCaptureFixture
) -> None:
    other.says(b"", 302, location=f"{other.url}/v26.0/elsewhere")
    with caplog.at_level(logging.INFO), pytest.raises(GraphError):
        graph.get("debug_token", {"input_token": TOKEN})
    assert len(other.asked) == 1
    assert TOKEN not in caplog.text


def test_nobody_listens(graph: Graph) -> None:
    away = Graph(replace(graph.account, base_url="http://127.0.0.1:9"))
    with pytest.raises(httpx2.ConnectError):
        away.get("me")
    away.close()
