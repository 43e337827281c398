"""LINE's refusals (platforms.md §7.4): words only, no numeric codes."""

import json
from collections.abc import Sequence
from typing import Any

AUTHENTICATION = (
    "Authentication failed. Confirm that the access token in the authorization header is valid."
)
FORBIDDEN = "Access to this API is not available for your account"
MONTHLY_LIMIT = "You have reached your monthly limit."
RATE_LIMIT = "The API rate limit has been exceeded. Try again later."
INVALID_REPLY_TOKEN = "Invalid reply token"  # noqa: S105 - a sentence
FAILED = "Failed to send messages"
ACCEPTED = "The retry key is already accepted"
SERVER_ERROR = (
    b"<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head>"
    b"<body><h1>Bad Gateway</h1></body></html>"
)


class LineRefused(Exception):
    """The request is answered with this status and body instead."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        details: Sequence[tuple[str, str]] = (),
        more: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        """`details` are pairs of message and property, `more` further fields of the body."""
        super().__init__(message)
        self.status = status
        self.body: dict[str, Any] = {"message": message}
        if details:
            self.body["details"] = [{"message": text, "property": where} for text, where in details]
        self.body |= more or {}
        self.headers = headers or {}


def invalid(*details: tuple[str, str]) -> LineRefused:
    """400: the request body has so many errors."""
    return LineRefused(400, f"The request body has {len(details)} error(s)", details=details)


def not_found() -> LineRefused:
    """404."""
    return LineRefused(404, "Not found")


def as_bytes(refused: LineRefused) -> bytes:
    """The body as it goes over the wire."""
    return json.dumps(refused.body).encode()
