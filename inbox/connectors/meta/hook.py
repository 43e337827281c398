"""Meta's webhooks: signature, handshake, whose they are; signed requests of the privacy callbacks.

Facebook, Messenger and Instagram of one application share the address (platforms.md §3.2, §3.5).
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any

from inbox.connectors.parts import Hook

HEADER = "x-hub-signature-256"


def verify(body: bytes, headers: Mapping[str, str], secrets: Sequence[str]) -> bool:
    """Whether one of `secrets` signed exactly these bytes: re-serialised JSON never matches, since Meta
    escapes every non-ASCII character (§3.2). `headers` in lower case."""
    told = headers.get(HEADER, "").strip().encode("utf-8", "replace")
    good = False
    for secret in secrets:
        if not secret:
            continue
        expected = b"sha256=" + _hmac(secret, body).hex().encode()
        good = hmac.compare_digest(told, expected) or good
    return good


def handshake(
    query: Mapping[str, str], secrets: Sequence[str], verify_token: str
) -> tuple[str, bytes] | None:
    """Answer to `hub.challenge`: the challenge as plain text; None when the token does not match."""
    del secrets
    told = query.get("hub.verify_token", "")
    if query.get("hub.mode") != "subscribe" or not verify_token:
        return None
    if not hmac.compare_digest(told.encode(), verify_token.encode()):
        return None
    return "text/plain", query.get("hub.challenge", "").encode()


def accounts(body: bytes) -> tuple[str, ...]:
    """The ids under `entry`: pages and Instagram accounts, several in one body, as strings; numbers in
    old payloads (§3.2). () where the body does not tell."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return ()
    entries = told.get("entry") if isinstance(told, dict) else None
    found = (entries if isinstance(entries, list) else [entries]) if entries else []
    ids = [account_id(entry.get("id")) for entry in found if isinstance(entry, dict)]
    return tuple(dict.fromkeys(each for each in ids if each))


def account_id(value: Any) -> str:
    """An id as a string; "" for what is none."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    text = str(value).strip()
    return text if text.isprintable() and len(text) <= 80 else ""


def open_signed_request(value: str, secrets: Sequence[str]) -> dict[str, Any] | None:
    """What a data-deletion or deauthorise callback says (`user_id` is app-scoped); None when no secret
    signed it. `value` is `signature.payload`, both base64url; the signature is over the payload as it
    stands, undecoded (§3.5)."""
    signature, dot, payload = value.strip().partition(".")
    told = _base64url(signature)
    if not dot or told is None:
        return None
    good = False
    for secret in secrets:
        if secret:
            expected = _hmac(secret, payload.encode("utf-8", "replace"))
            good = hmac.compare_digest(told, expected) or good
    raw = _base64url(payload) if good else None
    try:
        found = json.loads(raw) if raw else None
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _hmac(secret: str, data: bytes) -> bytes:
    return hmac.new(secret.encode(), data, hashlib.sha256).digest()


def _base64url(text: str) -> bytes | None:
    try:
        return base64.b64decode(
            text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True
        )
    except (ValueError, binascii.Error):
        return None


HOOK = Hook(verify=verify, accounts=accounts, handshake=handshake)
