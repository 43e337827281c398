"""LINE's answers and silences → outcomes (platforms.md §1.2, §1.3, §7.4), and what is refused unasked."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from socket import gaierror
from typing import Any
from unittest.mock import Mock

import pytest
from urllib3.exceptions import (
    ConnectTimeoutError,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
)

from inbox.connectors.base import Account, FetchFailed, Outcome, Outgoing, Picture, Wanted
from inbox.connectors.line.client import LineConnector
from inbox.connectors.line.outcome import fetch_failed, not_answered, result_of
from inbox.connectors.line.sdk import NoAnswer, Sdk
from tests.sandbox_process import free_port

PUSH = Outgoing(
    "chat", "push", "1", "U1", "halo", "5aaa1c2b-1f8b-4942-9bc2-a3c616f18e2b", address={"to": "U1"}
)
REPLY = replace(PUSH, call="reply", address={"to": "U1", "token": "t"})
SENT = {"sentMessages": [{"id": "461230966842064897", "quoteToken": "q"}, {"id": "2"}]}


def said(message: str, **more: Any) -> bytes:
    return json.dumps({"message": message} | more).encode()


@pytest.mark.parametrize(
    ("out", "status", "body", "outcome"),
    [
        (PUSH, 200, json.dumps(SENT).encode(), Outcome.SENT),
        (REPLY, 200, json.dumps(SENT).encode(), Outcome.SENT),
        (PUSH, 200, b"", Outcome.UNKNOWN),
        (PUSH, 200, b"{}", Outcome.UNKNOWN),
        (PUSH, 200, b'{"sentMessages":[]}', Outcome.UNKNOWN),
        (PUSH, 200, b'{"sentMessages":[{"id":[]}]}', Outcome.UNKNOWN),
        (REPLY, 200, b'{"sentMess', Outcome.UNKNOWN),
        (PUSH, 302, b"", Outcome.UNKNOWN),
        (PUSH, 400, said("The request body has 1 error(s)"), Outcome.PERMANENT),
        (PUSH, 400, said("The property, 'to', in the request body is invalid"), Outcome.PERMANENT),
        (PUSH, 400, said("Failed to send messages"), Outcome.PERMANENT),
        (PUSH, 400, said("Something new"), Outcome.UNKNOWN),
        (PUSH, 400, b"<html>", Outcome.UNKNOWN),
        (REPLY, 400, said("Invalid reply token"), Outcome.RETRY),
        (replace(REPLY, attempt=2), 400, said("Invalid reply token"), Outcome.UNKNOWN),
        (PUSH, 401, said("Authentication failed."), Outcome.PERMANENT),
        (PUSH, 403, said("Access to this API is not available"), Outcome.PERMANENT),
        (PUSH, 404, said("Not found"), Outcome.UNKNOWN),
        (PUSH, 409, said("The retry key is already accepted", **SENT), Outcome.SENT),
        (REPLY, 409, said("?"), Outcome.UNKNOWN),
        (PUSH, 413, said("Request entity too large"), Outcome.PERMANENT),
        (PUSH, 429, said("You have reached your monthly limit."), Outcome.PERMANENT),
        (PUSH, 429, said("The API rate limit has been exceeded. Try again later."), Outcome.RETRY),
        (PUSH, 429, b"", Outcome.RETRY),
        (PUSH, 500, b"<html>\xff", Outcome.UNKNOWN),
        (REPLY, 503, b"", Outcome.UNKNOWN),
    ],
)
def test_every_answer(out: Outgoing, status: int, body: bytes, outcome: Outcome) -> None:
    result = result_of(status, {}, body, out)
    assert (result.outcome, result.object_class) == (outcome, "chat")
    assert result.remote_id == ("461230966842064897" if outcome is Outcome.SENT else "")
    assert bool(result.problem) is (outcome is not Outcome.SENT)
    assert result.dead is (status == 401)


def test_a_used_up_token_goes_on_as_a_push_at_once() -> None:
    result = result_of(400, {}, said("Invalid reply token"), REPLY)
    assert result.retry_after == 0


def test_the_month_and_the_minute_are_told_apart() -> None:
    month = result_of(429, {}, said("You have reached your monthly limit."), PUSH)
    assert "LINE Official Account Manager" in month.problem


@pytest.mark.parametrize(
    ("headers", "remote_id"),
    [({"X-Line-Accepted-Request-Id": "r1"}, "r1"), ({}, PUSH.retry_key)],
)
def test_sent_before_without_ids_is_sent_all_the_same(
    headers: dict[str, str], remote_id: str
) -> None:
    result = result_of(409, headers, said("The retry key is already accepted"), PUSH)
    assert (result.outcome, result.remote_id) == (Outcome.SENT, remote_id)


def test_what_line_found_wrong_is_passed_on() -> None:
    body = said(
        "The request body has 1 error(s)",
        details=[
            {"message": "Length must be between 0 and 5000", "property": "messages[0].text"},
            5,
        ],
    )
    assert "messages[0].text Length" in result_of(400, {}, body, PUSH).problem


@pytest.mark.parametrize(
    ("status", "permanent", "dead", "gone"),
    [(400, True, False, False), (401, True, True, False), (403, True, False, False),
     (404, True, False, True), (410, True, False, True), (429, False, False, False),
     (500, False, False, False), (302, False, False, False)],
)  # fmt: skip
def test_reading_that_failed(status: int, permanent: bool, dead: bool, gone: bool) -> None:
    error = fetch_failed(status, b"<html>")
    assert (error.permanent, error.dead, error.gone) == (permanent, dead, gone)


# --- below HTTP ----------------------------------------------------------------------------------


def account(url: str, **more: Any) -> Account:
    return Account(
        "Ubot", "@bot", {"access_token": "token"}, base_url=url, timeout=(2.0, 0.4), **more
    )


def send(url: str, out: Outgoing = PUSH, **more: Any) -> Any:
    with closing(LineConnector(account(url, **more))) as connector:
        return connector.send(out)


@contextmanager
def peer(behave: Callable[[socket.socket], None]) -> Iterator[tuple[str, list[bytes]]]:
    """A server that reads one request and then does what `behave` does; yields its address and what
    it was sent."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)

        def serve() -> None:
            with suppress(OSError):  # the end of the test
                while True:
                    connection, _address = server.accept()
                    with connection:
                        connection.settimeout(5)
                        heard.append(connection.recv(65_536))
                        behave(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", heard
        server.shutdown(socket.SHUT_RDWR)  # wakes the thread out of accept
        thread.join(6)


def answer(raw: bytes) -> Callable[[socket.socket], None]:
    return lambda connection: connection.sendall(raw)


def wait_for_the_caller_to_leave(connection: socket.socket) -> None:
    connection.recv(1)


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "


@pytest.mark.parametrize("out", [PUSH, REPLY], ids=["push", "reply"])
@pytest.mark.parametrize(
    "behave",
    [
        pytest.param(wait_for_the_caller_to_leave, id="silent"),
        pytest.param(lambda _connection: None, id="closed"),
        pytest.param(answer(HEAD + b'50\r\n\r\n{"sent'), id="cut short"),
        pytest.param(answer(HEAD + b"3\r\n\r\n{}}"), id="no json"),
        pytest.param(answer(b"SSH-2.0\r\n"), id="no http"),
        pytest.param(
            answer(b"HTTP/1.1 502 Bad\r\nContent-Length: 2\r\n\r\n\xff\xfe"),
            id="a page in no utf-8",
        ),
        pytest.param(
            answer(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd"),
            id="broken gzip",
        ),
        pytest.param(
            answer(b"HTTP/1.1 307 X\r\nLocation: /anders\r\nContent-Length: 0\r\n\r\n"),
            id="redirect",
        ),
    ],
)
def test_what_may_have_been_sent_is_unknown_and_called_once(
    behave: Callable[[socket.socket], None], out: Outgoing
) -> None:
    with peer(behave) as (url, heard):
        result = send(url, out)
    assert result.outcome is Outcome.UNKNOWN
    assert len(heard) == 1  # no retry, no redirect followed


def test_a_connection_that_was_never_made_sent_nothing() -> None:
    assert send(f"http://127.0.0.1:{free_port()}").outcome is Outcome.RETRY


CERTIFICATE = RuntimeError()
CERTIFICATE.reason = "SSLError\n[SSL: CERTIFICATE_VERIFY_FAILED]"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (NameResolutionError("api.line.me", Mock(), gaierror()), Outcome.RETRY),
        (NewConnectionError(Mock(), "refused"), Outcome.RETRY),
        (ConnectTimeoutError(), Outcome.RETRY),
        (MaxRetryError(Mock(), "/", NewConnectionError(Mock(), "refused")), Outcome.RETRY),
        (CERTIFICATE, Outcome.RETRY),  # the handshake ended, before any request
        (MaxRetryError(Mock(), "/", ProtocolError()), Outcome.UNKNOWN),
        (ReadTimeoutError(Mock(), "/", ""), Outcome.UNKNOWN),
        (ProtocolError(), Outcome.UNKNOWN),
        (OSError(), Outcome.UNKNOWN),
    ],
    ids=lambda value: value.value if isinstance(value, Outcome) else type(value).__name__,
)
def test_transport_failures(error: Exception, outcome: Outcome) -> None:
    assert not_answered(error).outcome is outcome


@pytest.mark.parametrize(
    ("out", "has_key"), [(PUSH, True), (replace(PUSH, attempt=2), True), (REPLY, False)]
)
def test_the_retry_key_goes_with_every_push_and_never_with_a_reply(
    out: Outgoing, has_key: bool
) -> None:
    with peer(answer(HEAD + b"2\r\n\r\n{}")) as (url, heard):
        send(url, out)
    assert (b"x-line-retry-key: " + out.retry_key.encode() in heard[0].lower()) is has_key
    assert b"authorization: bearer token" in heard[0].lower()


def test_the_hosts_of_production() -> None:
    sdk = Sdk(account(""))
    asked: list[str] = []

    def request(_method: str, url: str, **_more: Any) -> None:
        asked.append(url)
        raise ConnectTimeoutError

    sdk._client.rest_client.pool_manager.request = request
    for ask in (
        lambda: sdk.push(PUSH),
        lambda: sdk.stream("5/6"),
        lambda: sdk.call("get_message_content_transcoding_by_message_id", "5"),
    ):
        with pytest.raises(NoAnswer):
            ask()
    sdk.close()
    assert asked == [
        "https://api.line.me/v2/bot/message/push",
        "https://api-data.line.me/v2/bot/message/5%2F6/content",
        "https://api-data.line.me/v2/bot/message/5/content/transcoding",
    ]


# --- not even asked --------------------------------------------------------------------------------


def picture(url: str, preview: str = "", kind: str = "image/jpeg") -> Picture:
    return Picture("jalan.jpg", kind, b"", url=url, preview_url=preview)


@pytest.mark.parametrize(
    ("more", "base_url"),
    [
        ({"text": ""}, ""),
        ({"text": " \n"}, ""),
        ({"text": "x" * 25_001}, ""),
        ({"text": "x" * 5001, "pictures": (picture("https://a.example/1"),) * 4}, ""),
        ({"pictures": (picture("https://a.example/1"),) * 5}, ""),
        ({"pictures": (picture("http://a.example/1"),)}, ""),
        ({"pictures": (picture("https://a.example/1", kind="image/webp"),)}, ""),
        ({"pictures": (picture("https://a.example/1", "http://a.example/2"),)}, ""),
        ({"pictures": (picture(""),)}, "http://127.0.0.1:9"),
    ],
)
def test_what_line_would_refuse_is_not_asked(more: dict[str, Any], base_url: str) -> None:
    result = send(base_url, replace(PUSH, **more))
    assert result.outcome is Outcome.PERMANENT
    assert result.problem


def test_what_line_does_not_have() -> None:
    connector = LineConnector(account("http://127.0.0.1:9"))
    with pytest.raises(FetchFailed) as fetched:
        connector.fetch("mentions", "")
    with pytest.raises(FetchFailed) as looked_up:
        connector.look_up(Wanted("caption", "1"))
    assert fetched.value.permanent
    assert looked_up.value.permanent
    assert connector.still_there("chat", ["1", "2"]) == {"1", "2"}
    connector.close()
