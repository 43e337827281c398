"""Which platforms can be spoken to, and how their parts are found."""

from collections.abc import Callable
from dataclasses import dataclass

from inbox.connectors import base
from inbox.connectors.x import client as x_client
from inbox.connectors.x import length as x_length
from inbox.connectors.x import parse as x_parse


@dataclass(frozen=True, slots=True)
class PlatformParts:
    """What a platform's folder offers."""

    feeds: tuple[str, ...]
    connect: Callable[[base.Account], base.Connector]
    parse: Callable[[bytes, str], base.Parsed]
    measure: Callable[[str], base.Length]


PLATFORMS: dict[str, PlatformParts] = {
    "x": PlatformParts(
        feeds=x_client.FEEDS,
        connect=x_client.XConnector,
        parse=x_parse.parse_page,
        measure=x_length.measure,
    ),
}


def plain_length(text: str) -> base.Length:
    """For platforms without a connector, answered by hand: characters, and no real limit."""
    return base.Length(used=len(text), limit=8000)


def measure(platform: str, text: str) -> base.Length:
    """How long `text` is by the rule of `platform`."""
    parts = PLATFORMS.get(platform)
    return parts.measure(text) if parts else plain_length(text)
