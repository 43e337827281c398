"""X's webhook signature and challenge (platforms.md §2.3)."""

import base64
import hashlib
import hmac
import json

import pytest

from inbox.connectors.x import PARTS
from inbox.connectors.x.hook import HEADER, handshake, sign, verify

BODY = '{"data":{"event_type":"dm.received","x":"é"}}'.encode()


def test_the_signature_is_base64_of_the_raw_bytes() -> None:
    digest = hmac.new(b"rahasia", BODY, hashlib.sha256).digest()
    assert sign(BODY, "rahasia") == "sha256=" + base64.b64encode(digest).decode()


@pytest.mark.parametrize(
    ("given", "secrets", "good"),
    [
        (sign(BODY, "baru"), ["baru"], True),
        (sign(BODY, "lama"), ["baru", "lama"], True),
        (sign(BODY, "lain"), ["baru", "lama"], False),
        (sign(BODY + b" ", "baru"), ["baru"], False),
        ("sha256=" + hmac.new(b"baru", BODY, hashlib.sha256).hexdigest(), ["baru"], False),
        ("", ["baru"], False),
        ("é\udcff", ["baru"], False),
        (sign(BODY, ""), [], False),
    ],
)
def test_who_signed(given: str, secrets: list[str], good: bool) -> None:
    assert verify(BODY, {HEADER: given}, secrets) is good


def test_a_body_without_signature_is_refused() -> None:
    assert not verify(BODY, {}, ["baru"])


def test_the_challenge_is_answered_with_the_newest_secret() -> None:
    answer = handshake({"crc_token": "Abc-1_2="}, ["baru", "lama"], "")
    assert answer is not None
    kind, body = answer
    assert kind == "application/json"
    assert json.loads(body) == {"response_token": sign(b"Abc-1_2=", "baru")}


@pytest.mark.parametrize(
    ("query", "secrets"),
    [
        ({}, ["baru"]),
        ({"crc_token": ""}, ["baru"]),
        ({"crc_token": "T"}, []),
        ({"crc_token": '{"data":{}}'}, ["baru"]),  # a body in disguise must not be signed
        ({"crc_token": "T" * 400}, ["baru"]),
    ],
)
def test_no_answer(query: dict[str, str], secrets: list[str]) -> None:
    assert handshake(query, secrets, "") is None


def test_the_parts_name_them() -> None:
    assert PARTS.hook is not None
    assert PARTS.hook.verify(BODY, {HEADER: sign(BODY, "s")}, ["s"])
    assert PARTS.feeds == ("mentions", "own", "quotes", "dms")
