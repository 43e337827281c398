"""Platform tokens at rest: sealed with keys of their own, so that they rotate apart from SECRET_KEY."""

import base64
import json
from hashlib import sha256
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.dispatch import Signal

#: `manage.py reseal` asks the higher apps to seal anew what is theirs; each answers (how many, names that no key
#: opens).
resealing = Signal()


class CannotOpen(Exception):
    """None of SEALING_KEYS opens this value: the key it was sealed with is gone."""


def _box() -> MultiFernet:
    keys = settings.SEALING_KEYS or [
        base64.urlsafe_b64encode(sha256(b"sahut sealed" + settings.SECRET_KEY.encode()).digest())
    ]
    return MultiFernet([Fernet(key) for key in keys])


def seal(values: dict[str, Any]) -> bytes:
    """Encrypt `values` with the newest key."""
    return _box().encrypt(json.dumps(values).encode())


def unseal(blob: bytes | memoryview) -> dict[str, Any]:
    """Decrypt what `seal` made. Raises CannotOpen when no key fits."""
    if not blob:
        return {}
    try:
        opened: dict[str, Any] = json.loads(_box().decrypt(bytes(blob)))
    except InvalidToken as error:
        raise CannotOpen from error
    return opened
