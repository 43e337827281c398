"""OAuth 2 with PKCE: the account's consent, its tokens, and their renewal (platforms.md §2.1)."""

import base64
import hashlib
import secrets
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import requests

from inbox.connectors.base import Account, Author, FetchFailed
from inbox.connectors.x.outcome import TOKEN_DEAD
from inbox.connectors.x.transport import API, Speaker, reason, session
from inbox.connectors.x.values import obj, soft

AUTHORIZE = "https://x.com"
SCOPES = (
    "tweet.read", "tweet.write", "users.read", "dm.read", "dm.write", "media.write",
    "tweet.moderate.write", "offline.access",
)  # fmt: skip
_IN_WORDS = {
    "tweet.read": "membaca postingan",
    "tweet.write": "membalas postingan",
    "users.read": "melihat nama akun",
    "dm.read": "membaca pesan langsung",
    "dm.write": "membalas pesan langsung",
    "media.write": "mengirim gambar",
    "offline.access": "tetap terhubung setelah dua jam",
}
TIMEOUT = (3.0, 15.0)


def new_verifier() -> str:
    """A secret for one consent; keep it (with the state) until the person comes back."""
    return secrets.token_urlsafe(64)


def authorize_address(
    app: Mapping[str, Any], *, redirect_uri: str, state: str, verifier: str, base_url: str = ""
) -> str:
    """Where the person in charge of the account gives consent. X sends them back to `redirect_uri`
    with `code` and `state`; the code is good for 30 seconds."""
    digest = hashlib.sha256(verifier.encode()).digest()
    query = {
        "response_type": "code",
        "client_id": app["client_id"],
        "redirect_uri": redirect_uri,
        "scope": " ".join(SCOPES),
        "state": state,
        "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
        "code_challenge_method": "S256",
    }
    return f"{(base_url or AUTHORIZE).rstrip('/')}/i/oauth2/authorize?{urlencode(query)}"


def exchange(
    app: Mapping[str, Any],
    *,
    code: str,
    redirect_uri: str,
    verifier: str,
    base_url: str = "",
    timeout: tuple[float, float] = TIMEOUT,
) -> dict[str, Any]:
    """The keys of the account whose consent `code` stands for. Raises FetchFailed."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": verifier,
    }
    return _token(app, form, base_url=base_url, timeout=timeout)


def refresh(
    keys: Mapping[str, Any],
    app: Mapping[str, Any],
    *,
    base_url: str = "",
    timeout: tuple[float, float] = TIMEOUT,
) -> dict[str, Any]:
    """New keys for `keys`, whose refresh token dies with this: keep the new pair before using it, and
    let one worker do it. Raises FetchFailed, `dead` when X refuses the old pair."""
    old = keys.get("refresh_token")
    if not old:
        raise FetchFailed(TOKEN_DEAD, permanent=True, dead=True)
    form = {"grant_type": "refresh_token", "refresh_token": old}
    fresh = _token(app, form, base_url=base_url, timeout=timeout)
    return {**keys, **fresh, "scope": fresh["scope"] or str(keys.get("scope") or "")}


def renew(account: Account) -> dict[str, Any]:
    """`refresh` as the registry asks for it."""
    return refresh(account.keys, account.app, base_url=account.base_url, timeout=account.timeout)


def who_is(
    keys: Mapping[str, Any],
    app: Mapping[str, Any],
    *,
    base_url: str = "",
    timeout: tuple[float, float] = TIMEOUT,
) -> Author:
    """The account these keys speak for (id, handle, name). Raises FetchFailed."""
    speaker = Speaker(Account("", "", keys, app=app, base_url=base_url, timeout=timeout))
    try:
        me = obj(speaker.read(speaker.client.get_me).json().get("data"))
    except (ValueError, AttributeError) as error:
        raise FetchFailed("jawaban X tak terbaca", permanent=False) from error
    finally:
        speaker.close()
    if not soft(me.get("id")):
        raise FetchFailed("jawaban X tak terbaca", permanent=False)
    return Author(
        external_id=soft(me["id"]), handle=soft(me.get("username")), name=soft(me.get("name"))
    )


def missing(keys: Mapping[str, Any]) -> tuple[str, ...]:
    """What the consent leaves out, in words; () for OAuth 1.0a, whose keys do not tell."""
    granted = str(keys.get("scope") or "").split()
    if not granted:
        return ()
    return tuple(words for scope, words in _IN_WORDS.items() if scope not in granted)


def _token(
    app: Mapping[str, Any], form: dict[str, Any], *, base_url: str, timeout: tuple[float, float]
) -> dict[str, Any]:
    """Ask for tokens. An application with a secret proves itself by it, one without names itself."""
    secret = app.get("client_secret")
    auth = (str(app["client_id"]), str(secret)) if secret else None
    body = form if secret else {**form, "client_id": app["client_id"]}
    with session(base_url, timeout) as http:
        try:
            response = http.post(f"{API}/2/oauth2/token", data=body, auth=auth)
        except requests.RequestException as error:
            raise FetchFailed(f"{type(error).__name__}: {error}"[:300], permanent=False) from error
    if response.status_code in (requests.codes.bad_request, requests.codes.unauthorized):
        raise _refused(response, renewing=form["grant_type"] == "refresh_token")
    if not response.ok:
        raise FetchFailed(f"X menjawab {reason(response)}", permanent=False)
    try:
        answer = response.json()
        lasts = float(answer.get("expires_in", 7200))
        return {
            "access_token": str(answer["access_token"]),
            "refresh_token": str(answer.get("refresh_token") or form.get("refresh_token") or ""),
            "expires_in": lasts,
            "expires_at": time.time() + lasts,
            "scope": str(answer.get("scope") or ""),
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise FetchFailed("jawaban X tak terbaca", permanent=False) from error


def _refused(response: requests.Response, *, renewing: bool) -> FetchFailed:
    """X will not give tokens: the application's own keys are wrong, or what it was shown is."""
    said = reason(response)
    if "client" in said:
        told = "X menolak kunci aplikasi (client id atau client secret)."
        return FetchFailed(f"{told} ({said})"[:300], permanent=True)
    if renewing:
        return FetchFailed(f"{TOKEN_DEAD} ({said})"[:300], permanent=True, dead=True)
    return FetchFailed(f"X menolak izin ini: ulangi dari awal. ({said})"[:300], permanent=True)
