"""What a LINE message carries besides words (platforms.md §7.2). Pure."""

from inbox.connectors.base import Media
from inbox.connectors.line.fields import Json, clean, optional

ALT = 500  # characters of a description
_NAMES = {"image": "Gambar", "video": "Video", "audio": "Pesan suara"}


def media_of(message: Json, message_id: str) -> tuple[Media, ...]:
    """The media of one message; a type nobody knows yet is still something that was sent."""
    kind = message.get("type")
    match kind:
        case "text":
            return ()
        case "image" | "video" | "audio":
            return (_recorded(message, kind, message_id),)
        case "file":
            return (Media("file", alt=clean(message.get("fileName"), ALT), fetch_id=message_id),)
        case "sticker":
            return (Media("sticker", alt=_sticker(message)),)
        case "location":
            return (Media("location", alt=_place(message)),)
    unknown = clean(kind, 40) or "tanpa nama"
    return (Media("file", alt=f"jenis tak dikenal: {unknown}"),)


def _recorded(message: Json, kind: str, message_id: str) -> Media:
    """LINE keeps the file itself, or names the address of an external provider (an LIFF app's)."""
    alt = _set_place(message, kind)
    provider = optional(message, "contentProvider")
    if provider.get("type") != "external":
        return Media(kind, alt=alt, fetch_id=message_id)
    url = clean(provider.get("originalContentUrl"), 2000)
    return Media(kind, url=url if url.startswith("https://") else "", alt=alt)


def _set_place(message: Json, kind: str) -> str:
    """“Gambar 1 dari 2” for pictures that were sent together: each is a message of its own."""
    together = optional(message, "imageSet")
    index, total = together.get("index"), together.get("total")
    if type(index) is int and type(total) is int and 0 < index <= total < 1000:
        return f"{_NAMES[kind]} {index} dari {total}"
    return ""


def _sticker(message: Json) -> str:
    """The words LINE knows the sticker by. LINE documents no public address of its picture."""
    words = message.get("keywords")
    known = [clean(word, 60) for word in words] if isinstance(words, list) else []
    said = clean(message.get("text"), 100)  # typed by the citizen onto a message sticker
    return ", ".join(word for word in (said, *known) if word)[:ALT]


def _place(message: Json) -> str:
    """Name, address and coordinates in one line; no map of a third party is asked."""
    words = [clean(message.get(name), 200) for name in ("title", "address")]
    point = [_degrees(message.get(name)) for name in ("latitude", "longitude")]
    if all(point):
        words.append(f"({', '.join(point)})")
    return " ".join(", ".join(word for word in words if word).replace(", (", " (").split())


def _degrees(value: object) -> str:
    good = isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= 180
    return f"{value:.6f}" if good else ""
