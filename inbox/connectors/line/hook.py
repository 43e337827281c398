"""LINE's webhooks: the signature on the raw bytes, and whose account a body is for (platforms.md §7.2).

LINE has no handshake: its console sends `{"destination": "U…", "events": []}` and wants a 200.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence

from inbox.connectors.line.fields import Unreadable, optional_id
from inbox.connectors.line.parse import load
from inbox.connectors.parts import Hook

HEADER = "x-line-signature"


def verify(body: bytes, headers: Mapping[str, str], secrets: Sequence[str]) -> bool:
    """Whether one of the channel `secrets` signed these bytes: base64 of HMAC-SHA256, no prefix.

    Our own four lines instead of the SDK's SignatureValidator: importing that alone loads the whole
    SDK (about a second in a process that answers web requests), it wants the body as text, and it
    raises where the header is missing. Every secret is tried, in constant time each.
    """
    given = headers.get(HEADER, "").encode("utf-8", "replace")
    good = False
    for secret in secrets:
        if secret:  # an empty secret would let anybody sign
            digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
            good |= hmac.compare_digest(base64.b64encode(digest), given)
    return good


def accounts(body: bytes) -> tuple[str, ...]:
    """The bot's user id the body was sent to; () when it cannot tell."""
    try:
        destination = optional_id(load(body), "destination")
    except Unreadable:
        return ()
    return (destination,) if destination else ()


HOOK = Hook(verify=verify, accounts=accounts)
