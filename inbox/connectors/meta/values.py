"""Careful reading of Meta's JSON: what is missing is empty, what makes no sense raises ValueError.

Pure. Fixtures show numbers for ids, seconds for milliseconds and single objects for lists (§3.2).
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

type Json = Mapping[str, Any]

#: What reading strange JSON may raise; callers make a problem of it, for the quarantine.
STRANGE = (
    KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError, RecursionError,
)  # fmt: skip

_MILLISECONDS = 100_000_000_000  # beyond this a number of seconds would lie in the year 5138
_OBJECT_ID = re.compile(r"[0-9A-Za-z_.:=-]{1,200}")  # it ends up in addresses that we call
_OPAQUE_ID = re.compile(r"[!-~]{1,250}")


def load(body: bytes) -> Json:
    """The JSON object in `body`. Raises ValueError."""
    try:
        found = json.loads(body)
    except RecursionError as error:
        raise ValueError("terlalu dalam") from error
    if not isinstance(found, dict):
        raise ValueError("bentuk tidak dikenal")  # noqa: TRY004  strange, like everything here
    return found


def mapping(value: Any) -> Json:
    """`value` where it is an object; else an empty one."""
    return value if isinstance(value, dict) else {}


def rows(value: Any) -> list[Any]:
    """`value` where it is a list; a single object as a list of one; else []."""
    if isinstance(value, dict):
        return [value]
    return value if isinstance(value, list) else []


def object_id(value: Any, what: str = "id") -> str:
    """The id of a page, person, post or comment as a string. Raises ValueError."""
    return _id(value, what, _OBJECT_ID)


def opaque_id(value: Any, what: str = "mid") -> str:
    """The id of a message, which says nothing to us. Raises ValueError."""
    return _id(value, what, _OPAQUE_ID)


def known_id(value: Any) -> str:
    """The id of an object, "" where there is none to read."""
    try:
        return object_id(value)
    except ValueError:
        return ""


def shown(value: Any) -> str:
    """`value` for a sentence about what is wrong: short, and of structures only what they are."""
    if isinstance(value, dict | list):
        return f"{type(value).__name__} ({len(value)})"
    return repr(value)[:60]


def _id(value: Any, what: str, shape: re.Pattern[str]) -> str:
    written = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(written, str) or not shape.fullmatch(written):
        raise ValueError(f"{what} {shown(value)}")
    return written


def words(value: Any) -> str:
    """A text as it was typed, without what no database keeps (NUL, halves of a surrogate pair)."""
    if not isinstance(value, str):
        return ""
    whole = value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return whole.replace("\x00", "")


def web_address(value: Any) -> str:
    """An address that a browser or a worker may open, "" for anything else."""
    text = words(value)
    return text if text.startswith(("https://", "http://")) else ""


def moment(value: Any) -> datetime:
    """A time, aware and UTC: ISO text, or a number of seconds or milliseconds. Raises ValueError."""
    if isinstance(value, str) and not value.isdigit():
        read = datetime.fromisoformat(value)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f"waktu {shown(value)}")  # noqa: TRY004
    number = float(value)
    seconds = number / 1000 if number > _MILLISECONDS else number
    if not 0 < seconds < _MILLISECONDS:
        raise ValueError(f"waktu {shown(value)}")
    return datetime.fromtimestamp(seconds, tz=UTC)


def known_moment(value: Any) -> datetime | None:
    """A time, or None where there is none to read."""
    try:
        return moment(value) if value is not None else None
    except STRANGE:
        return None


def version(at: datetime, *, changed: bool = False, step: int = 0) -> str:
    """Sixteen digits: second of `at`, whether something changed then, and which of several changes.

    An original is always lower than its edits, also within one second and one batch; webhook and poll
    give an original the same, since polls know whole seconds only. `step` counts 0 to 99.
    """
    return f"{int(at.timestamp()):010d}000{int(changed)}{min(max(step, 0), 99):02d}"
