"""Message objects as a webhook carries them, one kind each (platforms.md §7.2)."""

from typing import Any

from django.utils.translation import gettext as _

from sandbox.core import media
from sandbox.line.accounts import Account, CannotWrite

MEDIA = {"image", "video", "audio", "file"}
DURATION_MS = 3000
STICKERS = (
    {"packageId": "446", "stickerId": "1988", "stickerResourceType": "ANIMATION"},
    {"packageId": "789", "stickerId": "10855", "stickerResourceType": "STATIC"},
    {"packageId": "11537", "stickerId": "52002734", "stickerResourceType": "STATIC"},
)
LIMIT = 10_000  # what a citizen's app lets type


def units(text: str) -> int:
    """The length of a text as LINE counts it: UTF-16 code units (§7.3)."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def body_for(
    who: Account,
    what: str,
    wish: dict[str, Any],
    size: int,
) -> dict[str, Any]:
    """The message object (without id and tokens) that a citizen's wish makes; CannotWrite if none.

    `size` is that of the file in bytes. Read of the wish: text, emojis, sticker, external,
    image_set, file_name, title, address, latitude, longitude.
    """
    text = str(wish.get("text") or "")
    if what == "text":
        if not text.strip() or units(text) > LIMIT:
            raise CannotWrite(_("Tulis dulu pesannya."))
        return {"type": "text", "text": text} | _emojis(wish) | _mention(who, text)
    if what == "sticker":
        chosen = wish.get("sticker")
        number = sum(map(ord, text)) % len(STICKERS)
        sticker = chosen if isinstance(chosen, dict) else STICKERS[number]
        return {"type": "sticker", **sticker, "keywords": [text or "halo"]}
    if what in MEDIA:
        return {"type": what} | _media(what, wish, size)
    if what == "location":
        return {
            "type": "location",
            "title": str(wish.get("title") or text or "Lokasi"),
            "address": str(wish.get("address") or "Jl. Jenderal Sudirman, Balikpapan"),
            "latitude": float(wish.get("latitude", -1.2654)),
            "longitude": float(wish.get("longitude", 116.8312)),
        }
    return {"type": "kartuNama", "kartuNama": {"nama": text or "?"}}


def text_of(body: dict[str, Any]) -> str:
    """A message object in words: its text, or what it is."""
    kind = str(body.get("type", ""))
    if kind in ("text", "textV2"):
        return str(body.get("text", ""))
    more = body.get("altText") or body.get("originalContentUrl") or body.get("fileName")
    more = more or body.get("title") or " ".join(map(str, body.get("keywords") or []))
    return f"[{kind}] {more}".strip() if more else f"[{kind}]"


def _media(what: str, wish: dict[str, Any], size: int) -> dict[str, Any]:
    if what == "file":
        name = str(wish.get("file_name") or wish.get("text") or "surat") or "surat"
        if "." not in name:
            name += "." + media.SUFFIX["file"]
        return {"fileName": name, "fileSize": size}
    body: dict[str, Any] = {"contentProvider": {"type": "line"}}
    if wish.get("external"):
        address = str(wish["external"])
        body["contentProvider"] = {
            "type": "external",
            "originalContentUrl": address,
            **({} if what == "audio" else {"previewImageUrl": address}),
        }
    if what in ("video", "audio"):
        body["duration"] = DURATION_MS
    if what == "image" and wish.get("image_set"):
        name, index, total = wish["image_set"]
        body["imageSet"] = {"id": name, "index": index, "total": total}
    return body


def _emojis(wish: dict[str, Any]) -> dict[str, Any]:
    given = wish.get("emojis")
    return {"emojis": given} if isinstance(given, list) and given else {}


def _mention(who: Account, text: str) -> dict[str, Any]:
    """Where the text names the account or everybody: offsets in UTF-16 units."""
    found = []
    for name, more in (
        (f"@{who.name}", {"type": "user", "userId": who.user_id, "isSelf": True}),
        ("@All", {"type": "all"}),
    ):
        at = text.find(name)
        if at >= 0:
            found.append({"index": units(text[:at]), "length": units(name), **more})
    return {"mention": {"mentionees": found}} if found else {}
