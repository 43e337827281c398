"""Reading X's JSON without trusting it: ids, times, texts, links. Pure.

What is not what it should be raises one of UNREADABLE; the caller makes a problem of it.
"""

import html
import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

Json = Mapping[str, Any]

#: What reading JSON of an unexpected shape can raise.
UNREADABLE = (
    LookupError, TypeError, ValueError, AttributeError, ArithmeticError, OSError, RecursionError,
)  # fmt: skip

EPOCH_MS = 1_288_834_974_657  # ids count milliseconds from here, above bit 22 (platforms.md §2.2)
_HANDLE = re.compile(r"[A-Za-z0-9_]{1,20}")
_SHORT = re.compile(r"\s*https://t\.co/\w+\s*\Z")
_OWN_MEDIA = re.compile(r"/status/\d+/(photo|video)/\d+\Z|/messages/media/\d+\Z")


def loads(body: bytes) -> Any:
    """The JSON in `body`; ValueError for anything else, however deep it is nested."""
    try:
        return json.loads(body)
    except RecursionError as error:
        raise ValueError("terlalu dalam") from error


def obj(value: object) -> Json:
    """`value` where it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def rows(value: object) -> list[Json]:
    """The objects in a list, each taken out of the `{"data": …}` X sometimes wraps them in (§2.3)."""
    found = value if isinstance(value, list) else []
    return [bare(row) for row in found if isinstance(row, dict)]


def bare(row: Json) -> Json:
    """A row without its wrapping."""
    inner = row.get("data")
    return inner if isinstance(inner, dict) and "id" not in row else row


def index(found: Iterable[Json], key: str = "id") -> dict[str, Json]:
    """Rows by their id (as a string)."""
    return {str(row[key]): row for row in found if key in row}


def ident(value: object) -> str:
    """An id as X sends it: a string of digits. JSON numbers are whole in Python; floats are not ids."""
    text = value if isinstance(value, str) else str(value) if isinstance(value, int) else ""
    if isinstance(value, bool) or not (text.isascii() and text.isdigit() and len(text) <= 25):
        msg = f"id {str(value)[:40]!r}"
        raise ValueError(msg)
    return text


def id_of(row: Json, name: str = "id") -> str:
    """The id under `name`, by its `_str` twin where there is one (§2.3). Raises ValueError."""
    return ident(row[f"{name}_str"] if row.get(f"{name}_str") is not None else row[name])


def word(value: object) -> str:
    """A string that can be stored: lone surrogates replaced, NUL taken out. Raises ValueError."""
    if not isinstance(value, str):
        msg = f"bukan teks: {str(value)[:40]!r}"
        raise ValueError(msg)  # noqa: TRY004  told apart from nothing else
    return value.replace("\x00", "").encode("utf-8", "replace").decode()


def line(text: str, most: int = 200) -> str:
    """One line for whoever looks into the quarantine: something that can be stored, not endless."""
    return word(text[:most])


def soft(value: object) -> str:
    """A string where there is one, else ""."""
    return word(value) if isinstance(value, str) else ""


def handle_of(user: Json) -> str:
    """The @name, "" where there is none that could be one."""
    name = soft(user.get("username") or user.get("screen_name"))
    return name if _HANDLE.fullmatch(name) else ""


def flake_time(number: str) -> datetime:
    """When an id was made, to the millisecond (§2.2)."""
    return datetime.fromtimestamp(((int(number) >> 22) + EPOCH_MS) / 1000, tz=UTC)


def moment(told: object, number: str) -> datetime:
    """When `number` was written, the same from every source.

    `told` is `created_at` (ISO, or as API v1.1 writes it) or milliseconds; some sources round it to
    the second, so the id's own milliseconds are taken where both agree on the second. Without `told`
    the id alone decides.
    """
    flake = flake_time(number)
    if told is None:
        if int(number) < 1 << 40:
            raise ValueError("tanpa waktu")
        return flake
    said = _told(told).replace(microsecond=0)
    return flake if flake.replace(microsecond=0) == said else said


def _told(value: object) -> datetime:
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        msg = f"waktu {str(value)[:40]!r}"
        raise ValueError(msg)  # noqa: TRY004  told apart from nothing else
    if isinstance(value, int) or value.isdigit():
        return datetime.fromtimestamp(int(value) / 1000, tz=UTC)
    try:
        when = datetime.fromisoformat(value)
    except ValueError:
        when = datetime.strptime(value, "%a %b %d %H:%M:%S %z %Y")
    return when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)


def bump(number: str, span: timedelta) -> str:
    """`number` moved by `span` of id space, never below 1."""
    return str(max(1, int(number) + (int(span.total_seconds() * 1000) << 22)))


def typed_text(text: str, entities: object, *, ends_with: str = "", attached: bool = False) -> str:
    """`text` as it was typed: X escapes `& < >` and replaces every address (“keeja.pt” too) by one of
    its own. `ends_with`: id of the quoted post, whose address X puts at the end (its words stand in
    `quoted`); `attached`: pictures came with it, whose address X puts there too."""
    text = html.unescape(text)
    links = [row for row in rows(obj(entities).get("urls")) if isinstance(row.get("url"), str)]
    for link in links:
        address = str(link["url"])
        typed = _typed(link)
        foreign = ends_with and typed.endswith(f"/status/{ends_with}")
        if foreign or (attached and _is_media(link)):
            typed = ""
        if address:
            text = text.replace(address, typed)
    if not links and (ends_with or attached):  # a source without entities: the last link is X's own
        text = _SHORT.sub("", text)
    return text.rstrip() if ends_with or attached else text


def _is_media(link: Json) -> bool:
    return "media_key" in link or bool(_OWN_MEDIA.search(soft(link.get("expanded_url"))))


def _typed(link: Json) -> str:
    """What a citizen typed for this link: X shows it without scheme, and cut when long."""
    whole = soft(link.get("expanded_url")) or str(link["url"])
    shown = soft(link.get("display_url"))
    return shown if whole in (f"http://{shown}", f"https://{shown}") else whole
