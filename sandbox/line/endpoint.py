"""What all API endpoints share: whose token asks, the request id, and LINE's way to refuse."""

import json
import sqlite3
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from sandbox.core.store import store
from sandbox.line import accounts, errors
from sandbox.line.accounts import Account
from sandbox.line.errors import LineRefused
from sandbox.line.switches import switches, turn

LARGEST = 2_000_000  # §7.4: 413 above


@dataclass(frozen=True, slots=True)
class Call:
    """One request: whose token it carries, and the id its answer will bear."""

    request: HttpRequest
    account: Account
    request_id: str
    turned: dict[str, Any]

    def body(self) -> dict[str, Any]:
        """The JSON object in the body; 400 for anything else, half a surrogate pair included."""
        try:
            found = json.loads(self.request.body)
            json.dumps(found, ensure_ascii=False).encode()
        except ValueError:
            found = None
        if not isinstance(found, dict):
            message = "The request body could not be parsed as JSON (line: 1, column: 1)"
            raise LineRefused(400, message)
        return found


type Answer = dict[str, Any] | HttpResponse
type Handler = Callable[..., Answer]


def endpoint(handler: Handler) -> Any:
    """Makes a view of a handler `(call, …) -> JSON or response`.

    The order is LINE's as far as it shows: token, permission, rate, then the request itself.
    """

    @csrf_exempt
    @wraps(handler)
    def view(request: HttpRequest, **path: str) -> HttpResponse:
        request_id = str(uuid.uuid4())
        try:
            call = _admitted(request, request_id)
            answer = handler(call, **path)
            response = answer if isinstance(answer, HttpResponse) else JsonResponse(answer)
        except LineRefused as refused:
            response = JsonResponse(refused.body, status=refused.status, headers=refused.headers)
        response["X-Line-Request-Id"] = request_id
        return response

    return view


def methods(**views: Any) -> Any:
    """One view out of several by HTTP method; others get 405."""

    @csrf_exempt
    def view(request: HttpRequest, **path: str) -> HttpResponse:
        chosen = views.get(str(request.method))
        if chosen is None:
            return JsonResponse({"message": "Method not allowed"}, status=405)
        response: HttpResponse = chosen(request, **path)
        return response

    return view


@endpoint
def unknown(_call: Call, **_path: str) -> Answer:
    """Any other address: nothing there."""
    raise errors.not_found()


def _admitted(request: HttpRequest, request_id: str) -> Call:
    header = request.headers.get("Authorization", "")
    with store().write() as db:
        turned = switches(db)
        who = (
            accounts.by_token(db, header.removeprefix("Bearer "))
            if header.startswith("Bearer ")
            else None
        )
        if who is None or {who.basic_id, who.user_id, "*"} & set(turned["dead"]):
            raise LineRefused(401, errors.AUTHENTICATION)
        if any(fnmatchcase(request.path, each) for each in turned["forbidden"]):
            raise LineRefused(403, errors.FORBIDDEN)
        limited = _limited(db, turned["rate_limited"])
    if limited:
        raise LineRefused(429, errors.RATE_LIMIT)
    if int(request.headers.get("Content-Length") or 0) > LARGEST:
        raise LineRefused(413, "Request entity too large")
    return Call(request, who, request_id, turned)


def _limited(db: sqlite3.Connection, left: int) -> bool:
    if left > 0:
        turn(db, {"rate_limited": left - 1})
    return left != 0
