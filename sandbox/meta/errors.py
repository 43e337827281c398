"""Meta's refusals, in its envelope and with its codes (platforms.md §3.3)."""

import json
import secrets
from typing import Any

SERVER_ERROR = (
    b"<!DOCTYPE html><html><head><title>Facebook | Error</title></head>"
    b"<body><h1>Sorry, something went wrong.</h1><p>We're working on it.</p></body></html>"
)
HELP = "https://developers.facebook.com/docs/graph-api"
#: business use case -> its code when the budget is used up
THROTTLED = {"pages": 80001, "instagram": 80002, "messenger": 80006}


class GraphError(Exception):
    """The request is answered with this envelope instead; what it wrote is undone."""

    def __init__(
        self,
        message: str,
        code: int,
        *,
        subcode: int | None = None,
        status: int = 400,
        kind: str = "OAuthException",
        user: tuple[str, str] | None = None,
        transient: bool = False,
    ) -> None:
        """`user` is the pair of error_user_title and error_user_msg; `kind` goes out as `type`."""
        super().__init__(message)
        self.message, self.code, self.subcode, self.status = message, code, subcode, status
        self.kind, self.user, self.transient = kind, user, transient

    @property
    def body(self) -> dict[str, Any]:
        """The envelope."""
        error: dict[str, Any] = {"message": self.message, "type": self.kind, "code": self.code}
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        if self.user is not None:
            error["error_user_title"], error["error_user_msg"] = self.user
        if self.transient:
            error["is_transient"] = True
        return {"error": {**error, "fbtrace_id": "A" + secrets.token_urlsafe(16)}}


def as_bytes(refused: GraphError) -> bytes:
    """The envelope as it goes over the wire."""
    return json.dumps(refused.body).encode()


def token_missing() -> GraphError:
    """104: no token at all."""
    return GraphError("An access token is required to request this resource.", 104)


def token_unreadable() -> GraphError:
    """190 without subcode: no token of ours."""
    return GraphError("Invalid OAuth access token - Cannot parse access token", 190)


def token_dead(subcode: int = 463) -> GraphError:
    """190 with its subcode: expired (463), app removed (458), password changed (460) …"""
    why = {
        458: "The user has not authorized application.",
        459: "The user cannot access the app till they log in and follow the instructions given.",
        460: "The session has been invalidated because the user changed their password or"
        " Facebook has changed the session for security reasons.",
        463: "Session has expired",
        464: "The user is not a confirmed user.",
        467: "The access token is invalid since the user hasn't engaged the app in longer than"
        " 90 days.",
        492: "Invalid session: the user has no role on the Page.",
    }.get(subcode, "The session is invalid.")
    return GraphError(f"Error validating access token: {why}", 190, subcode=subcode)


def proof(message: str) -> GraphError:
    """100: appsecret_proof is wrong or missing."""
    return GraphError(message, 100, kind="GraphMethodException")


def gone(node: str, method: str = "get") -> GraphError:
    """100/33: not there, not visible, or not made for this."""
    return GraphError(
        f"Unsupported {method.lower()} request. Object with ID '{node}' does not exist, cannot be"
        " loaded due to missing permissions, or does not support this operation. Please read the"
        f" Graph API documentation at {HELP}",
        100,
        subcode=33,
        kind="GraphMethodException",
    )


def bad(message: str, subcode: int | None = None) -> GraphError:
    """100: a parameter is wrong."""
    return GraphError(f"(#100) {message}", 100, subcode=subcode)


def unknown_path(path: str) -> GraphError:
    """2500: no such edge."""
    return GraphError(f"Unknown path components: /{path}", 2500)


def no_permission(permission: str, code: int) -> GraphError:
    """10 or 200: the token lacks a permission, which is named."""
    return GraphError(
        f"(#{code}) This endpoint requires the '{permission}' permission to be granted.",
        code,
        status=403,
    )


def needs_page_token() -> GraphError:
    """210: a token of another kind."""
    return GraphError(
        "(#210) A page access token is required to request this resource.", 210, status=403
    )


def window_closed() -> GraphError:
    """10/2018278: the citizen wrote too long ago."""
    return GraphError(
        "(#10) This message is sent outside of allowed window.", 10, subcode=2018278, status=403
    )


def no_human_agent() -> GraphError:
    """10 without subcode: the feature Human Agent was not granted to the app."""
    return GraphError(
        "(#10) Application does not have permission for this action: the Human Agent feature has"
        " not been approved for this app.",
        10,
        status=403,
    )


def duplicate() -> GraphError:
    """506: the same text twice in a row."""
    return GraphError(
        "(#506) Duplicate status message",
        506,
        user=("Duplicate Status Update", "This status update is identical to the last one."),
    )


def private_reply_used() -> GraphError:
    """10900: one private reply per comment."""
    return GraphError("(#10900) Activity already replied to", 10900)


def response_format() -> GraphError:
    """20/1772107: said after the write has happened (platforms.md §0.5)."""
    return GraphError(
        "(#20) The requested response format is not supported for this operation",
        20,
        subcode=1772107,
    )


def no_such_recipient() -> GraphError:
    """100/2018001: no such person on this page."""
    return bad("No matching user found", 2018001)


def unavailable() -> GraphError:
    """551: the person cannot be reached at present."""
    return GraphError("(#551) This person isn't available right now.", 551, subcode=1545041)


def no_consent() -> GraphError:
    """230: the person has not agreed to show the profile."""
    return GraphError("(#230) User consent is required to access user profile", 230, status=403)


def throttled(use_case: str) -> GraphError:
    """80001 and its sisters: the budget of a business use case is used up."""
    code = THROTTLED[use_case]
    return GraphError(
        f"(#{code}) There have been too many calls to this account. Wait a bit and try again. For"
        f" more info, please refer to {HELP}/overview/rate-limiting.",
        code,
    )


def limit_reached(code: int) -> GraphError:
    """4 (app), 17 (user) or 32 (page): the platform's own limit."""
    what = {4: "Application", 17: "User", 32: "Page"}[code]
    return GraphError(f"(#{code}) {what} request limit reached", code, status=403)
