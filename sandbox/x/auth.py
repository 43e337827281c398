"""Who asks: OAuth 1.0a or 2.0 with a person's token, or the app's own bearer (platforms.md §2.1).

The signature is verified against X's own address, since that is what clients sign: the sandbox
only stands behind it (§8.1).
"""

import hmac
import threading
from dataclasses import dataclass
from typing import Any, ClassVar

from django.http import HttpRequest
from oauthlib.oauth1 import RequestValidator, ResourceEndpoint

from sandbox.core import clock
from sandbox.core.store import store
from sandbox.x import accounts, errors, grants
from sandbox.x.accounts import User
from sandbox.x.switches import switches

NOMINAL = "https://api.twitter.com"
NOMINAL_UPLOAD = "https://upload.twitter.com"  # only the v1.1 media upload lives there
CLOCK_SKEW_S = 300


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: an account, or the app itself (user None).

    `scopes` are those of an OAuth 2.0 token; None (OAuth 1.0a, the app) may do everything.
    """

    user: User | None
    scopes: frozenset[str] | None = None

    @property
    def key(self) -> str:
        """The name under which requests are counted."""
        return str(self.user.id) if self.user else "app"


class _Validator(RequestValidator):
    """What oauthlib must know of our keys. The store is asked once per request."""

    dummy_client = "dummy"
    dummy_access_token = "dummy"  # noqa: S105 - a name no token has
    timestamp_lifetime = CLOCK_SKEW_S
    enforce_ssl = True
    _seen: ClassVar[dict[tuple[str, str, str], float]] = {}
    _lock = threading.Lock()

    def __init__(self) -> None:
        super().__init__()
        self.user: User | None = None
        with store().read() as db:
            self._keys = accounts.found(db)

    def check_client_key(self, client_key: str) -> bool:
        return bool(client_key)

    def check_access_token(self, request_token: str) -> bool:
        return bool(request_token)

    def check_nonce(self, nonce: str) -> bool:
        return bool(nonce)

    def validate_client_key(self, client_key: str, request: Any) -> bool:
        return hmac.compare_digest(client_key, self._keys.consumer_key)

    def get_client_secret(self, client_key: str, request: Any) -> str:
        return self._keys.consumer_secret

    def validate_access_token(self, client_key: str, token: str, request: Any) -> bool:
        with store().read() as db:
            self.user = accounts.by_token(db, token)
        return self.user is not None

    def get_access_token_secret(self, client_key: str, token: str, request: Any) -> str:
        with store().read() as db:
            user = accounts.by_token(db, token)
        return user.token_secret or "" if user else "dummy"

    def validate_realms(self, *_args: Any, **_kwargs: Any) -> bool:
        return True

    def validate_timestamp_and_nonce(
        self, client_key: str, timestamp: str, nonce: str, request: Any, **_tokens: Any
    ) -> bool:
        """Each nonce once. The timestamp is the client's real time, not the sandbox's."""
        now = clock.real_seconds()
        with self._lock:
            for key, at in list(self._seen.items()):
                if now - at > 2 * CLOCK_SKEW_S:
                    del self._seen[key]
            fresh = (client_key, timestamp, nonce) not in self._seen
            self._seen[client_key, timestamp, nonce] = now
        return fresh


def identify(request: HttpRequest) -> Caller:
    """The caller of an API request; XRefused (401) for anybody we do not know."""
    header = request.headers.get("Authorization", "")
    if header.startswith("Bearer "):
        caller = _bearer(header.removeprefix("Bearer "))
    elif header.startswith("OAuth "):
        caller = _signed(request, header)
    else:
        raise errors.unauthorized()
    if caller.user is not None:
        with store().read() as db:
            dead = {name.lower() for name in switches(db)["dead"]}
        if caller.user.username.lower() in dead:
            raise errors.unauthorized()
    return caller


def _bearer(token: str) -> Caller:
    with store().read() as db:
        if hmac.compare_digest(token.encode(), accounts.found(db).bearer.encode()):
            return Caller(None)
        grant = grants.by_access_token(db, token)
        user = accounts.by_id(db, grant.user) if grant else None
    if grant is None or user is None:
        raise errors.unauthorized()
    return Caller(user, grant.scopes)


def _signed(request: HttpRequest, header: str) -> Caller:
    validator = _Validator()
    host = NOMINAL_UPLOAD if request.path.startswith("/1.1/media/") else NOMINAL
    form = request.content_type == "application/x-www-form-urlencoded"
    body = request.body.decode("utf-8", "replace") if form else ""
    headers = {"Authorization": header, "Content-Type": request.content_type or ""}
    try:
        ok, _ = ResourceEndpoint(validator).validate_protected_resource_request(
            host + request.get_full_path(),
            http_method=request.method,
            body=body,
            headers=headers,
        )
    except ValueError as error:
        raise errors.unauthorized() from error
    if not ok or validator.user is None:
        raise errors.unauthorized()
    return Caller(validator.user)
