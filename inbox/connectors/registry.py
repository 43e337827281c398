"""Which platforms can be spoken to, and how their parts are found. A further one is one more line here."""

from inbox.connectors import base
from inbox.connectors.email import PARTS as EMAIL
from inbox.connectors.facebook import PARTS as FACEBOOK
from inbox.connectors.instagram import PARTS as INSTAGRAM
from inbox.connectors.line import PARTS as LINE
from inbox.connectors.parts import Hook, PlatformParts, whole
from inbox.connectors.web import PARTS as WEB
from inbox.connectors.x import PARTS as X

PLATFORMS: dict[str, PlatformParts] = {
    "x": X,
    "facebook": FACEBOOK,
    "instagram": INSTAGRAM,
    "line": LINE,
    "email": EMAIL,
    "web": WEB,
}


def plain_length(text: str) -> base.Length:
    """For platforms without a connector, answered by hand: characters, and no real limit."""
    return base.Length(used=len(text), limit=8000)


def measure(platform: str, text: str, way: str = "") -> base.Length:
    """How long `text` is by the rule of `platform` for this way of answering ("" its usual one)."""
    parts = PLATFORMS.get(platform)
    return parts.measure(text, way) if parts else plain_length(text)


def split(platform: str, text: str, way: str, pictures: int) -> tuple[base.Piece, ...]:
    """The calls that carry an answer of `text` and so many pictures, in order."""
    parts = PLATFORMS.get(platform)
    return (parts.split if parts else whole)(text, way, pictures)


def amends(platform: str, object_class: str) -> frozenset[base.Change]:
    """What can still be done to a message of ours on the platform."""
    parts = PLATFORMS.get(platform)
    return parts.amends(object_class) if parts else frozenset()


def names() -> list[tuple[str, str]]:
    """(key, name) of every platform that can be connected."""
    return [(key, parts.name) for key, parts in PLATFORMS.items()]


def of_family(family: str) -> tuple[str, ...]:
    """The platforms that share this application."""
    return tuple(key for key, parts in PLATFORMS.items() if parts.family == family)


def hook_of(family: str) -> Hook | None:
    """How this family's webhooks are checked; None where it has none."""
    found = (parts.hook for parts in PLATFORMS.values() if parts.family == family)
    return next(found, None)
