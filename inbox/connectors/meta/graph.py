"""A small Graph client on httpx2: nothing hidden, no retries, no token in a URL or a log (platforms.md §8.4).

`get`, `post` and `delete` return an Answer or raise: GraphError for what Graph refused or said
unreadably, httpx2.TransportError for what the network did. outcome.py makes sense of both.
"""

import hashlib
import hmac
import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import httpx2

from inbox.connectors import base

HOST = "https://graph.facebook.com"
VERSION = "v26.0"  # current 2026-11 (§3.1); Account.version is the setting
MAX_PAGES = 20  # of one list; a cursor that never ends must not keep a worker

#: What may be taken over from a `next` address: it also holds the access token (§4.1).
_STEP = ("after", "until", "__paging_token", "offset")

_FIGURES = ("call_count", "total_time", "total_cputime")  # each in percent

# httpx2 logs every address at INFO, and debug_token carries the token it asks about in the query.
logging.getLogger("httpx2").setLevel(logging.WARNING)


class GraphError(Exception):
    """Graph answered, but not with success. `code` 0: no envelope at all (HTML, cut JSON, nothing).

    `http_status` may be 2xx: then the body could not be read, and a write probably happened.
    """

    def __init__(
        self,
        http_status: int,
        code: int,
        subcode: int = 0,
        message: str = "",
        *,
        is_transient: bool = False,
        fbtrace_id: str = "",
        headers: Mapping[str, str] | None = None,
        user_msg: str = "",
    ) -> None:
        self.http_status, self.code, self.subcode = http_status, code, subcode
        self.message, self.user_msg = message, user_msg
        self.is_transient, self.fbtrace_id = is_transient, fbtrace_id
        self.headers: Mapping[str, str] = headers or {}
        super().__init__(f"HTTP {http_status}, ({code}/{subcode}) {message}"[:300])


@dataclass(frozen=True, slots=True)
class Answer:
    """A success. `body` as it came, but for the access token (`paging.next` repeats it)."""

    status: int
    data: Mapping[str, Any]
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


class Graph:
    """Graph for one account. The account's own token is used unless a call names another."""

    def __init__(self, account: base.Account, host: str = HOST) -> None:
        self.account = account
        self.root = f"{(account.base_url or host).rstrip('/')}/{account.version or VERSION}"
        connect, read = account.timeout
        self._client = httpx2.Client(
            transport=httpx2.HTTPTransport(retries=0),
            timeout=httpx2.Timeout(read, connect=connect),
            follow_redirects=False,
            headers={"Accept": "application/json"},
        )

    def close(self) -> None:
        """Let go of connections."""
        self._client.close()

    def get(
        self, path: str, params: Mapping[str, Any] | None = None, *, token: str | None = None
    ) -> Answer:
        """Read `path` (without version)."""
        return self._call("GET", path, params=params, token=token)

    def post(
        self,
        path: str,
        data: Mapping[str, Any] | None = None,
        *,
        params: Mapping[str, Any] | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
        token: str | None = None,
    ) -> Answer:
        """Write. `data` goes as a form; a value that is a dict or list goes as JSON in it. `files`:
        field → (name, bytes, content type). Never pass `fields` (§0.5): Graph may answer 400 to a
        comment that it wrote."""
        form = {key: _form_value(value) for key, value in (data or {}).items()}
        return self._call("POST", path, params=params, token=token, data=form, files=files)

    def delete(
        self, path: str, params: Mapping[str, Any] | None = None, *, token: str | None = None
    ) -> Answer:
        """Delete `path`."""
        return self._call("DELETE", path, params=params, token=token)

    def pages(
        self,
        path: str,
        params: Mapping[str, Any] | None = None,
        *,
        limit: int = MAX_PAGES,
        token: str | None = None,
        until_empty: bool = False,
    ) -> Iterator[Answer]:
        """The pages of a list, by cursor. The end is a page without `next`, not an empty one (§4.1);
        `until_empty` is for lists that never give `next` (Instagram's tags, §6.1)."""
        step: dict[str, str] = {}
        for _page in range(limit):
            answer = self.get(path, {**(params or {}), **step}, token=token)
            yield answer
            following = next_step(answer.data, until_empty=until_empty)
            if not following or following == step:
                return
            step = following

    def items(
        self,
        path: str,
        params: Mapping[str, Any] | None = None,
        *,
        limit: int = MAX_PAGES,
        token: str | None = None,
        until_empty: bool = False,
    ) -> Iterator[bytes]:
        """The raw bytes of each page of a list; see `pages`."""
        for answer in self.pages(path, params, limit=limit, token=token, until_empty=until_empty):
            yield answer.body

    def _call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None,
        token: str | None,
        data: Mapping[str, str] | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
    ) -> Answer:
        key = str(self.account.keys.get("access_token", "")) if token is None else token
        headers = {}
        if key:
            if not (key.isascii() and key.isprintable()) or " " in key:
                raise GraphError(401, 190, message="the token is no token")  # nothing was sent
            headers["Authorization"] = f"Bearer {key}"
        response = self._client.request(
            method,
            f"{self.root}/{quote(path.strip('/'), safe='/:,')}",
            params={**(params or {}), **self._proof(key)},
            data=data,
            files=files,
            headers=headers,
        )
        usage = read_usage(response.headers)
        if usage is not None:
            self.account.report(usage)
        return _read(response, key)

    def _proof(self, token: str) -> dict[str, str]:
        """§3.1; an app token (“id|secret”) proves itself."""
        secret = str(self.account.app.get("app_secret", ""))
        if not secret or not token or "|" in token:
            return {}
        return {"appsecret_proof": appsecret_proof(secret, token)}


def appsecret_proof(app_secret: str, token: str) -> str:
    """Hex HMAC-SHA256 of the token under the application's secret (§3.1)."""
    return hmac.new(app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()


def next_step(data: Mapping[str, Any], *, until_empty: bool = False) -> dict[str, str]:
    """What to ask for the following page, {} at the end. The `next` address itself is never followed
    and never kept: only its place in the list is read from it, where there are no cursors."""
    paging = data.get("paging")
    if not isinstance(paging, Mapping):
        return {}
    following = paging.get("next")
    if not following and not (until_empty and data.get("data")):
        return {}
    cursors = paging.get("cursors")
    after = cursors.get("after") if isinstance(cursors, Mapping) else None
    if after:
        return {"after": str(after)}
    query = dict(parse_qsl(urlsplit(str(following or "")).query))
    return {name: query[name] for name in _STEP if name in query}


def read_usage(headers: Mapping[str, str]) -> base.Usage | None:
    """What the usage headers tell (§3.4): the highest percentage of any of them, and the seconds until
    access is regained (they say minutes). None where there are none."""
    percents: list[float] = []
    wait = 0.0
    for name in ("x-app-usage", "x-page-usage", "x-business-use-case-usage"):
        for row in _rows(headers.get(name, "")):
            percents += [_number(row.get(key)) for key in _FIGURES]
            wait = max(wait, 60 * _number(row.get("estimated_time_to_regain_access")))
    if not percents:
        return None
    return base.Usage(percent=max(percents), wait=wait)


def _rows(header: str) -> Iterator[Mapping[str, Any]]:
    """Every object with figures in a usage header, however deep."""
    try:
        waiting = [json.loads(header)] if header else []
    except (ValueError, RecursionError):
        return
    while waiting:
        found = waiting.pop()
        if isinstance(found, Mapping):
            if "call_count" in found:
                yield found
            waiting += [each for each in found.values() if isinstance(each, Mapping | list)]
        elif isinstance(found, list):
            waiting += found


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _form_value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value) if isinstance(value, Mapping | list) else str(value)


def _read(response: httpx2.Response, token: str) -> Answer:
    """The answer, or GraphError for everything that is no readable success."""
    headers = {name.lower(): value for name, value in response.headers.items()}
    try:
        data = json.loads(response.content)
    except (ValueError, RecursionError):
        data = None
    if isinstance(data, Mapping) and "error" in data:
        raise _refusal(response.status_code, data["error"], headers, token)
    if not response.is_success or not isinstance(data, Mapping):
        raise GraphError(response.status_code, 0, message="jawaban tak terbaca", headers=headers)
    body = response.content
    for secret in {token, quote(token, safe="")} - {""}:
        body = body.replace(secret.encode(), b"-")
    return Answer(response.status_code, data, body, headers)


def _refusal(status: int, told: Any, headers: Mapping[str, str], token: str) -> GraphError:
    error = told if isinstance(told, Mapping) else {"message": str(told)}
    message = str(error.get("message") or error.get("error_message") or "")
    return GraphError(
        status,
        _integer(error.get("code")),
        _integer(error.get("error_subcode")),
        message.replace(token, "…") if token else message,  # “Malformed access token EAA…”
        is_transient=error.get("is_transient") is True,
        fbtrace_id=str(error.get("fbtrace_id", "")),
        headers=headers,
        user_msg=str(error.get("error_user_msg") or ""),
    )


def _integer(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return 0
