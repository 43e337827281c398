"""What all API endpoints share: who asks, what is left of the window, and X's way to refuse."""

import base64
import binascii
import math
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from sandbox.core.store import store
from sandbox.x import errors, limits
from sandbox.x.auth import identify
from sandbox.x.queries import Span
from sandbox.x.shapes import Wish
from sandbox.x.switches import switches

READ = frozenset({"tweet.read", "users.read"})
WRITE = READ | {"tweet.write"}
type Answer = tuple[int, dict[str, Any]]
type Handler = Callable[..., Answer]


def endpoint(
    name: str, *, user: int, app: int | None = None, scopes: frozenset[str] = READ
) -> Callable[[Handler], Any]:
    """Makes a view of a handler `(request, caller, …) -> (status, JSON)`.

    `name` is "METHOD /2/path", `user` and `app` the requests per 15 minutes (platforms.md §2.2,
    §2.4); without `app` the app's own bearer token is refused, with `user` 0 a person's. `scopes`
    are what an OAuth 2.0 token needs. The order is X's: authentication, rate window, then the
    request itself.
    """

    def decorate(handler: Handler) -> Any:
        @csrf_exempt
        @wraps(handler)
        def view(request: HttpRequest, **path: str) -> HttpResponse:
            window: limits.Window | None = None
            with store().read() as db:
                turned = switches(db)
            try:
                caller = identify(request)
                if caller.user is None and app is None:
                    raise errors.wrong_authentication()
                if caller.user is not None and not user:
                    raise errors.app_only()
                if caller.scopes is not None and not scopes <= caller.scopes:
                    raise errors.forbidden(errors.NOT_PERMITTED)
                limit = user if caller.user else app or 0
                window = limits.count(name, caller.key, int(turned["limits"].get(name, limit)))
                if window.spent:
                    raise errors.too_many()
                status, body = handler(request, caller, **path)
            except errors.XRefused as refused:
                status, body = refused.status, refused.body
            window = window or limits.Window(user, user, limits.next_reset(), spent=False)
            response = JsonResponse(body, status=status)
            response["x-rate-limit-limit"] = str(window.limit)
            response["x-rate-limit-remaining"] = str(window.remaining)
            if turned["reset_header"] or status != 429:
                response["x-rate-limit-reset"] = str(window.reset)
            return response

        return view

    return decorate


def methods(**views: Any) -> Any:
    """One view out of several by HTTP method; others get X's 405."""

    @csrf_exempt
    def view(request: HttpRequest, **path: str) -> HttpResponse:
        chosen = views.get(str(request.method))
        if chosen is None:
            refused = errors.plain(405, "Method Not Allowed", "Method Not Allowed")
            return JsonResponse(refused.body, status=405)
        response: HttpResponse = chosen(request, **path)
        return response

    return view


def unknown(_request: HttpRequest, **_path: str) -> HttpResponse:
    """Any other address below /2/."""
    return JsonResponse(errors.plain(404, "Not Found", "Not Found").body, status=404)


unknown = csrf_exempt(unknown)


def number(value: str, parameter: str) -> int:
    """An id from the outside; 400 when it is no positive 64-bit number."""
    if not value.isascii() or not value.isdigit() or not 0 < int(value) < 2**63:
        raise errors.invalid(
            f"The `{parameter}` query parameter value [{value}] is not valid", **{parameter: value}
        )
    return int(value)


def asked(request: HttpRequest) -> Wish:
    """The fields and expansions of a request."""

    def names(key: str) -> frozenset[str]:
        return frozenset(filter(None, request.GET.get(key, "").split(",")))

    return Wish(
        tweet=names("tweet.fields") | names("post.fields"),
        user=names("user.fields"),
        media=names("media.fields"),
        expansions=names("expansions"),
    )


def span_of(request: HttpRequest, *, least: int, default: int = 10) -> Span:
    """The page a request asks for; 400 for parameters X would refuse."""
    wanted = request.GET.get("max_results")
    limit = default
    if wanted is not None:
        limit = int(wanted) if wanted.isascii() and wanted.isdigit() else 0
        if not least <= limit <= 100:
            raise errors.invalid(
                f"The `max_results` query parameter value [{wanted}] is not"
                f" between {least} and 100",
                max_results=wanted,
            )
    token = request.GET.get("pagination_token") or request.GET.get("next_token")
    return Span(
        limit=limit,
        since_id=_id(request, "since_id"),
        until_id=_id(request, "until_id"),
        start=_time(request, "start_time"),
        end=_time(request, "end_time"),
        before=_opened(token) if token else None,
    )


def token(below: int) -> str:
    """The opaque token of the page that begins below this id."""
    return base64.b32encode(below.to_bytes(8)).decode().rstrip("=").lower()


def _opened(text: str) -> int:
    try:
        return int.from_bytes(base64.b32decode(text.upper() + "=" * (-len(text) % 8)))
    except (binascii.Error, ValueError):
        raise errors.invalid(
            f"The `pagination_token` query parameter value [{text}] is not valid",
            pagination_token=text,
        ) from None


def _id(request: HttpRequest, name: str) -> int | None:
    value = request.GET.get(name)
    return number(value, name) if value else None


def _time(request: HttpRequest, name: str) -> float | None:
    value = request.GET.get(name)
    if not value:
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        raise errors.invalid(
            f"The `{name}` query parameter value [{value}] is not a valid RFC3339 time",
            **{name: value},
        ) from None
    return math.floor((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())
