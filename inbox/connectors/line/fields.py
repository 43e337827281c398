"""Reading single fields of LINE's JSON: whatever was dropped or retyped ends as Unreadable, never worse."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

Json = Mapping[str, Any]

_ID = re.compile(r"[!-~]{1,64}")  # ours: two of them and a prefix fit into a thread's id
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_MS = 4_102_444_800_000  # the year 2100: a later time is a damaged one


class Unreadable(ValueError):
    """A field is missing or not what platforms.md §7.2 says; the message names it in Indonesian."""


def clean(value: object, limit: int = 100_000) -> str:
    """A text as it can be stored and shown: no NUL, no half of a surrogate pair, at most `limit`
    characters. "" for what is no text."""
    if not isinstance(value, str):
        return ""
    return value[:limit].replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def identity(row: Json, name: str) -> str:
    """The id in `row[name]` as a string, also where it came as a number. Raises Unreadable."""
    found = optional_id(row, name)
    if not found:
        msg = f"{name} tidak ada atau rusak"
        raise Unreadable(msg)
    return found


def optional_id(row: Json, name: str) -> str:
    """As `identity`, with "" for a missing or unusable id."""
    value = row.get(name)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**64:
        value = str(value)
    return value if isinstance(value, str) and _ID.fullmatch(value) else ""


def inner(row: Json, name: str) -> Json:
    """The object in `row[name]`. Raises Unreadable."""
    value = row.get(name)
    if not isinstance(value, dict):
        msg = f"{name} tidak ada atau rusak"
        raise Unreadable(msg)
    return value


def optional(row: Json, name: str) -> Json:
    """As `inner`, with {} for what is missing or no object."""
    value = row.get(name)
    return value if isinstance(value, dict) else {}


def milliseconds(row: Json) -> int:
    """`timestamp`, milliseconds since 1970 (§7.2), also where it came as digits. Raises Unreadable."""
    value = row.get("timestamp")
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < _LAST_MS:
        msg = "timestamp tidak ada atau rusak"
        raise Unreadable(msg)
    return value


def moment(ms: int) -> datetime:
    """Milliseconds since 1970 as an aware UTC datetime."""
    return _EPOCH + timedelta(milliseconds=ms)
