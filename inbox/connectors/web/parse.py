"""The form's own body → one Incoming. Pure: nothing raises.

{"kind": "lapor", "id", "thread", "at" (ISO, UTC), "name", "email", "mails", "text", "place", "pictures": n}
`thread` stands for the citizen's code without telling it; a word added later has the same one.
"""

import json
from datetime import UTC, datetime
from typing import Any

from inbox.connectors.base import Author, Incoming, Media, Parsed
from inbox.connectors.email.mime import is_address

MAX_PICTURES = 3


def parse(body: bytes, account_id: str, feed: str) -> Parsed:
    """What somebody wrote into the form of the channel `account_id`."""
    del feed
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return Parsed(problems=("isi formulir tidak terbaca",))
    if not isinstance(told, dict) or told.get("kind") != "lapor":
        return Parsed(problems=("bukan isi formulir",))
    number, thread = _text(told, "id", 64), _text(told, "thread", 64)
    written = _moment(told.get("at"))
    if not number or not thread or written is None:
        return Parsed(problems=("isi formulir tanpa nomor atau waktu",))
    email = _text(told, "email", 180).lower()
    email = email if is_address(email) else ""
    place = _text(told, "place", 300)
    text = _text(told, "text", 20_000)
    address = {"to": email} if email else {}
    if email and told.get("mails") is True:
        address["mails"] = "1"
    return Parsed(
        messages=(
            Incoming(
                object_class="chat",
                external_id=number,
                current_id=number,
                thread_id=f"web:{thread}",
                author=Author(f"web:{thread}", name=_text(told, "name", 120)),
                text=f"{text}\n\nTempat: {place}" if place else text,
                written_at=written,
                media=_media(told.get("pictures")),
                account_id=account_id,
                address=address,
            ),
        )
    )


def _media(count: Any) -> tuple[Media, ...]:
    """The pictures; they are stored with the message itself, so there is nothing to fetch."""
    known = count if type(count) is int and 0 <= count <= MAX_PICTURES else 0
    return tuple(Media("image", alt=f"Foto {n + 1}") for n in range(known))


def _text(told: dict[str, Any], name: str, longest: int) -> str:
    value = told.get(name)
    return value.strip()[:longest] if isinstance(value, str) else ""


def _moment(value: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(value)
        return found.astimezone(UTC) if found.tzinfo else None
    except (ValueError, TypeError, OverflowError):
        return None
