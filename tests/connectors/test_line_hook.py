"""LINE's signature and routing (platforms.md §7.2): on raw bytes, bare base64, every secret tried."""

import base64
import hashlib
import hmac
from importlib import import_module

import pytest

from inbox.connectors.line import PARTS
from inbox.connectors.line.hook import HOOK

BODY = '{"destination":"U1","events":[{"text":"hal\\u00f6 – 👍"}]}'.encode()
SECRET = "8c570fa6dd201bb328f1c1eac23a96d8"


def signed(body: bytes = BODY, secret: str = SECRET) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def test_the_right_secret_on_the_raw_bytes() -> None:
    assert HOOK.verify(BODY, {"x-line-signature": signed()}, [SECRET])


def test_as_the_sdk_signs() -> None:
    sdk = import_module("linebot.v3.webhook")

    assert sdk.SignatureValidator(SECRET).validate(BODY.decode(), signed())


@pytest.mark.parametrize("secrets", [["baru", SECRET], [SECRET, "lama"], ["", SECRET]])
def test_while_secrets_rotate_any_of_them_is_good(secrets: list[str]) -> None:
    assert HOOK.verify(BODY, {"x-line-signature": signed()}, secrets)


@pytest.mark.parametrize(
    ("headers", "secrets"),
    [
        ({}, [SECRET]),
        ({"x-line-signature": ""}, [SECRET]),
        ({"x-line-signature": "sha256=" + signed()}, [SECRET]),
        ({"x-line-signature": signed(BODY + b" ")}, [SECRET]),
        ({"x-line-signature": signed(secret="lain")}, [SECRET]),
        ({"x-line-signature": signed(secret="")}, [""]),
        ({"x-line-signature": signed()}, []),
        ({"x-line-signature": "\udcff"}, [SECRET]),
    ],
)
def test_anything_else_is_refused(headers: dict[str, str], secrets: list[str]) -> None:
    assert not HOOK.verify(BODY, headers, secrets)


@pytest.mark.parametrize(
    ("body", "ids"),
    [
        (BODY, ("U1",)),
        (b'{"destination":"U1","events":[]}', ("U1",)),
        (b'{"events":[]}', ()),
        (b'{"destination":[]}', ()),
        (b"[]", ()),
        (b"\xff", ()),
        (b"[" * 200_000, ()),
    ],
)
def test_whose_it_is(body: bytes, ids: tuple[str, ...]) -> None:
    assert HOOK.accounts(body) == ids


def test_what_the_folder_offers() -> None:
    assert (PARTS.name, PARTS.family, PARTS.feeds) == ("LINE", "line", ())
    assert PARTS.hook is HOOK
    assert HOOK.handshake is None
    assert {key.name for key in PARTS.keys} == {"access_token", "channel_secret"}
    assert "LINE Official Account Manager" in PARTS.unreadable
