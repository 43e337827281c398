"""What X counts and sees in a text, by X's own rules (platforms.md §2.4)."""

import importlib
import importlib.resources
import sys
from types import ModuleType
from typing import Any

LIMIT = 280
LONG_LIMIT = 25_000  # Premium accounts, platforms.md §2.4


def _library() -> tuple[Any, Any]:
    """`parse_tweet` and `extract_urls_with_indices` of twitter-text-parser.

    Version 3.0.0 reads its emoji list through `pkg_resources`, which setuptools gives up (with a
    warning, or by not bringing it at all); for the import a stand-in with the one function it
    needs takes that name.
    """
    name = "pkg_resources"
    stand_in = ModuleType(name)

    def resource_string(package: str, resource: str) -> bytes:
        folder = importlib.resources.files(package.rpartition(".")[0])
        return folder.joinpath(resource).read_bytes()

    stand_in.resource_string = resource_string  # type: ignore[attr-defined]
    before = sys.modules.get(name)
    sys.modules[name] = stand_in
    try:
        return (
            importlib.import_module("twitter_text").parse_tweet,
            importlib.import_module("twitter_text.extract_urls").extract_urls_with_indices,
        )
    finally:
        if before is None:
            del sys.modules[name]
        else:
            sys.modules[name] = before


_parse, _links = _library()


def weight(text: str) -> int:
    """The weighted length of a text: 280 is the most a post may have."""
    return int(_parse(text).weightedLength) if text else 0


def links(text: str) -> list[tuple[int, int]]:
    """Where a text holds what X makes a link of: start and end, in order, with or without https."""
    return [(start, end) for start, end in (each["indices"] for each in _links(text))]


def shorten(text: str) -> str:
    """A text of at most 280 units: itself, or its beginning and an ellipsis (between words)."""
    if weight(text) <= LIMIT:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if weight(text[:middle] + "…") <= LIMIT:
            low = middle
        else:
            high = middle - 1
    cut = text[:low]
    space = cut.rfind(" ")
    return (cut[:space] if space > low - 30 else cut).rstrip() + "…"
