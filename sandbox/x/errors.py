"""X's refusals, word for word (platforms.md §2.5)."""

import json
from typing import Any

PROBLEMS = "https://api.twitter.com/2/problems"
DUPLICATE = "You are not allowed to create a Tweet with duplicate content."
NOT_SUMMONED = (
    "Reply to this conversation is not allowed because you have not been mentioned or otherwise"
    " engaged by the author of the post you are replying to."
)
NOT_PERMITTED = "You are not permitted to perform this action."
DM_CLOSED = "You cannot send Direct Messages to users who do not accept them from you."
SERVER_ERROR = (
    b"<!DOCTYPE html><html><head><title>X / Error</title></head>"
    b"<body><h1>Something is technically wrong.</h1></body></html>"
)


class XRefused(Exception):
    """The request is answered with this status and body instead."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        """`body` goes out as JSON."""
        super().__init__(body.get("detail", ""))
        self.status = status
        self.body = body


def plain(status: int, title: str, detail: str) -> XRefused:
    """A refusal of type about:blank."""
    body = {"title": title, "detail": detail, "type": "about:blank", "status": status}
    return XRefused(status, body)


def unauthorized() -> XRefused:
    """401: no or a wrong signature, a dead token."""
    return plain(401, "Unauthorized", "Unauthorized")


def forbidden(detail: str) -> XRefused:
    """403 with its detail."""
    return plain(403, "Forbidden", detail)


def too_many() -> XRefused:
    """429: the window is used up."""
    return plain(429, "Too Many Requests", "Too Many Requests")


def wrong_authentication() -> XRefused:
    """403: the app's own bearer token where a person's is needed."""
    detail = (
        "Authenticating with OAuth 2.0 Application-Only is forbidden for this endpoint.  Supported"
        " authentication types are [OAuth 1.0a User Context, OAuth 2.0 User Context]."
    )
    body = {
        "title": "Unsupported Authentication",
        "detail": detail,
        "type": f"{PROBLEMS}/unsupported-authentication",
        "status": 403,
    }
    return XRefused(403, body)


def app_only() -> XRefused:
    """403: a person's token where the app's own is needed."""
    detail = "Authenticating with a user token is forbidden for this endpoint. Use OAuth 2.0 Application-Only."
    body = {
        "title": "Unsupported Authentication",
        "detail": detail,
        "type": f"{PROBLEMS}/unsupported-authentication",
        "status": 403,
    }
    return XRefused(403, body)


def invalid(message: str, **parameters: str) -> XRefused:
    """400: a parameter or a field of the body is wrong."""
    body = {
        "errors": [
            {"parameters": {key: [value] for key, value in parameters.items()}, "message": message}
        ],
        "title": "Invalid Request",
        "detail": "One or more parameters to your request was invalid.",
        "type": f"{PROBLEMS}/invalid-request",
    }
    return XRefused(400, body)


def missing(kind: str, parameter: str, value: str) -> dict[str, Any]:
    """One entry of `errors[]` for what is not there (kind: tweet or user)."""
    return {
        "value": value,
        "detail": f"Could not find {kind} with {parameter}: [{value}].",
        "title": "Not Found Error",
        "resource_type": kind,
        "parameter": parameter,
        "resource_id": value,
        "type": f"{PROBLEMS}/resource-not-found",
    }


def not_found(kind: str, parameter: str, value: str) -> XRefused:
    """404: the target is gone or never was (platforms.md §2.5, last rows)."""
    body = missing(kind, parameter, value)
    return XRefused(404, {**body, "status": 404, "errors": [body]})


def as_bytes(refused: XRefused) -> bytes:
    """The body as it goes over the wire."""
    return json.dumps(refused.body).encode()
