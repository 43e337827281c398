"""What LINE checks of the messages it is asked to send (platforms.md §7.3, §7.4)."""

from typing import Any
from urllib.parse import urlsplit

from sandbox.line import errors
from sandbox.line.bodies import units

LIMIT = 5000
MOST = 5
KINDS = (
    "text",
    "textV2",
    "sticker",
    "image",
    "video",
    "audio",
    "location",
    "imagemap",
    "template",
    "flex",
)
LOOPBACK = ("127.0.0.1", "localhost", "::1")
# what each kind must have besides its type, and what of it is an address
NEEDED = {
    "sticker": ("packageId", "stickerId"),
    "image": ("originalContentUrl", "previewImageUrl"),
    "video": ("originalContentUrl", "previewImageUrl"),
    "audio": ("originalContentUrl", "duration"),
    "location": ("title", "address", "latitude", "longitude"),
    "imagemap": ("baseUrl", "altText", "baseSize"),
    "template": ("altText", "template"),
    "flex": ("altText", "contents"),
}
type Problem = tuple[str, str]


def check(body: dict[str, Any], *, http_loopback: bool) -> list[dict[str, Any]]:
    """The messages of a request; LineRefused (400) names each thing that is wrong with them."""
    found = body.get("messages")
    if not isinstance(found, list) or not 1 <= len(found) <= MOST:
        raise errors.invalid((f"Size must be between 1 and {MOST}", "messages"))
    problems: list[Problem] = []
    for place, message in enumerate(found):
        where = f"messages[{place}]"
        if not isinstance(message, dict):
            problems.append(("Must be an object", where))
        else:
            problems += _problems(message, where, http_loopback=http_loopback)
    if problems:
        raise errors.invalid(*problems)
    return found


def _problems(message: dict[str, Any], where: str, *, http_loopback: bool) -> list[Problem]:
    kind = message.get("type")
    if kind not in KINDS:
        return [(f"Must be one of the following values: [{', '.join(KINDS)}]", f"{where}.type")]
    if kind in ("text", "textV2"):
        return _text(message.get("text"), f"{where}.text") + _sender(message, where)
    empty = [name for name in NEEDED[kind] if message.get(name) in (None, "", {}, [])]
    wrong = [
        name
        for name in ("originalContentUrl", "previewImageUrl", "baseUrl")
        if message.get(name) and not _address(message[name], http_loopback=http_loopback)
    ]
    problems = [("May not be empty", f"{where}.{name}") for name in empty]
    problems += [("Must be a valid HTTPS URL", f"{where}.{name}") for name in wrong]
    return problems + _sender(message, where)


def _text(text: object, where: str) -> list[Problem]:
    if not isinstance(text, str) or not text:
        return [("May not be empty", where)]
    if units(text) > LIMIT:
        return [(f"Length must be between 0 and {LIMIT}", where)]
    return []


def _sender(message: dict[str, Any], where: str) -> list[Problem]:
    sender = message.get("sender")
    name = sender.get("name") if isinstance(sender, dict) else None
    if isinstance(name, str) and units(name) > 20:
        return [("Length must be between 0 and 20", f"{where}.sender.name")]
    return []


def _address(value: object, *, http_loopback: bool) -> bool:
    if not isinstance(value, str) or len(value) > 2000:
        return False
    parts = urlsplit(value)
    if parts.scheme == "http" and http_loopback:
        return parts.hostname in LOOPBACK
    return parts.scheme == "https" and bool(parts.hostname)
