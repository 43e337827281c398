"""X's webhooks: the challenge (CRC), the signature, whose body it is (platforms.md §2.3). Pure."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence

from inbox.connectors.parts import Hook
from inbox.connectors.x.whose import accounts

HEADER = "x-twitter-webhooks-signature"
#: What a challenge may look like. We sign it with the same secret as bodies are signed with: whoever
#: could have a body signed as a “challenge” could send us that body.
_CHALLENGE = re.compile(r"[A-Za-z0-9+/=_.~-]{1,300}")


def sign(body: bytes, secret: str) -> str:
    """`sha256=` and the base64 HMAC of `body` under the application's consumer secret."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return f"sha256={base64.b64encode(digest).decode()}"


def verify(body: bytes, headers: Mapping[str, str], secrets: Sequence[str]) -> bool:
    """Whether one of the secrets signed these very bytes."""
    given = headers.get(HEADER, "").encode("utf-8", "replace")
    matches = [hmac.compare_digest(sign(body, secret).encode(), given) for secret in secrets]
    return any(matches)


def handshake(
    query: Mapping[str, str], secrets: Sequence[str], verify_token: str
) -> tuple[str, bytes] | None:
    """The answer to `?crc_token=…`; None when there is no challenge or no secret."""
    del verify_token  # Meta's way, not X's
    challenge = query.get("crc_token", "")
    if not secrets or not _CHALLENGE.fullmatch(challenge):
        return None
    answer = {"response_token": sign(challenge.encode(), secrets[0])}
    return "application/json", json.dumps(answer).encode()


HOOK = Hook(verify=verify, accounts=accounts, handshake=handshake)
