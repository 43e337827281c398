"""Meta's signatures, handshake, routing, signed requests (platforms.md §3.2, §3.5)."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from inbox.connectors.meta import accounts, handshake, open_signed_request, verify

SECRET, OLD = "rahasia", "rahasia-lama"
BODY = b'{"entry":[{"id":"1","changes":[{"value":{"message":"\\ud83d\\ude00 \\/ \\u00e9"}}]}]}'


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    mark = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"x-hub-signature-256": f"sha256={mark}"}


def test_any_of_the_secrets_may_have_signed() -> None:
    assert verify(BODY, signed(BODY), [SECRET])
    assert verify(BODY, signed(BODY, OLD), [SECRET, OLD])
    assert verify(BODY, signed(BODY), [SECRET, OLD])


@pytest.mark.parametrize(
    "headers",
    [{}, {"x-hub-signature-256": ""}, {"x-hub-signature-256": "sha256="}, signed(BODY, "other"),
     {"x-hub-signature": signed(BODY)["x-hub-signature-256"]},
     {"x-hub-signature-256": signed(BODY)["x-hub-signature-256"][7:]},
     {"x-hub-signature-256": "sha256=é\ud800"}],
    ids=["missing", "empty", "bare", "other secret", "old header", "no scheme", "no ascii"],
)  # fmt: skip
def test_wrong_signatures(headers: dict[str, str]) -> None:
    assert not verify(BODY, headers, [SECRET])


def test_the_bytes_count_not_what_they_mean() -> None:
    again = json.dumps(json.loads(BODY), ensure_ascii=False).encode()
    assert not verify(again, signed(BODY), [SECRET])


def test_no_secret_signs_nothing() -> None:
    assert not verify(BODY, signed(BODY, ""), [])
    assert not verify(BODY, signed(BODY, ""), [""])


QUERY = {"hub.mode": "subscribe", "hub.verify_token": "kata", "hub.challenge": "1158201444"}


def test_the_challenge_comes_back_as_plain_text() -> None:
    assert handshake(QUERY, [], "kata") == ("text/plain", b"1158201444")


@pytest.mark.parametrize(
    ("more", "token"),
    [({"hub.verify_token": "lain"}, "kata"), ({"hub.mode": "x"}, "kata"), ({}, ""),
     ({"hub.verify_token": ""}, ""), ({"hub.verify_token": "é"}, "kata")],
    ids=["other token", "other mode", "none kept", "both empty", "no ascii"],
)  # fmt: skip
def test_refused_handshakes(more: dict[str, str], token: str) -> None:
    assert handshake(QUERY | more, [], token) is None


@pytest.mark.parametrize(
    ("document", "ids"),
    [
        ({"entry": [{"id": "1"}, {"id": 2}, {"id": "1"}]}, ("1", "2")),
        ({"entry": {"id": "1"}}, ("1",)),
        ({"entry": [{"id": True}, {"id": None}, 3, {}, {"id": [1]}]}, ()),
        ({"entry": "x"}, ()),
        ({"entry": []}, ()),
        ([], ()),
    ],
)
def test_whose_body_it_is(document: Any, ids: tuple[str, ...]) -> None:
    assert accounts(json.dumps(document).encode()) == ids


def request(payload: Any, secret: str = SECRET) -> str:
    def text(raw: bytes) -> str:
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    told = text(json.dumps(payload).encode())
    return f"{text(hmac.new(secret.encode(), told.encode(), hashlib.sha256).digest())}.{told}"


def test_a_signed_request() -> None:
    claim = {"user_id": "218471", "algorithm": "HMAC-SHA256", "issued_at": 1}
    assert open_signed_request(request(claim), [OLD, SECRET]) == claim


@pytest.mark.parametrize(
    "value",
    ["", ".", "a.b", "é.é", request({"user_id": "1"}, "other"), request({"user_id": "1"})[:-2],
     request(["no object"]), request({"user_id": "1"}).split(".")[1]],
)  # fmt: skip
def test_requests_nobody_signed(value: str) -> None:
    assert open_signed_request(value, [SECRET]) is None
