"""An account of the sandbox as its connector needs it, by either kind of keys."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit
from urllib.request import HTTPRedirectHandler, build_opener

from inbox.connectors.base import Account, Outgoing, Usage
from inbox.connectors.x import oauth
from inbox.connectors.x.client import XConnector
from tests.sandbox_process import Sandbox

BACK = "http://127.0.0.1:9/kembali"  # nobody listens: only its address is read
TIMEOUT = (1.0, 1.5)


def application(sandbox: Sandbox) -> dict[str, Any]:
    """The application's keys, as the App row would hold them."""
    told: dict[str, Any] = sandbox.get("/_sandbox/x/app.json")
    return {key: value for key, value in told.items() if key != "accounts"} | {
        "secrets": [told["consumer_secret"]]
    }


def account(
    sandbox: Sandbox, username: str = "PoldaKaltim", *, oauth2: bool = False, **more: Any
) -> Account:
    """The institution's account with OAuth 1.0a keys, or with OAuth 2 ones made on the spot."""
    row = next(
        each
        for each in sandbox.get("/_sandbox/x/app.json")["accounts"]
        if each["username"] == username
    )
    app = application(sandbox)
    keys: dict[str, Any] = consent(sandbox, app, username) if oauth2 else {
        "access_token": row["access_token"],
        "access_token_secret": row["access_token_secret"],
    }  # fmt: skip
    given: dict[str, Any] = {"base_url": sandbox.url, "timeout": TIMEOUT}
    return Account(row["id"], f"@{username}", keys, app=app, **(given | more))


def consent(sandbox: Sandbox, app: dict[str, Any], username: str) -> dict[str, Any]:
    """Allow the application as this account, and change the code for keys."""
    verifier = oauth.new_verifier()
    address = oauth.authorize_address(
        app, redirect_uri=BACK, state="s1", verifier=verifier, base_url=sandbox.url
    )
    came_back = redirected(f"{address}&allow={username}")
    assert came_back["state"] == ["s1"]
    return oauth.exchange(
        app,
        code=came_back["code"][0],
        redirect_uri=BACK,
        verifier=verifier,
        base_url=sandbox.url,
        timeout=TIMEOUT,
    )


def redirected(address: str) -> dict[str, list[str]]:
    """The query X sends the person back with."""

    class Stay(HTTPRedirectHandler):
        def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:
            return None

        def http_error_302(self, _req: Any, response: Any, *_rest: Any) -> Any:
            return response

    with build_opener(Stay).open(address, timeout=5) as answer:
        return parse_qs(urlsplit(answer.headers["Location"]).query)


@contextmanager
def connector(
    sandbox: Sandbox, told: list[Usage] | None = None, **more: Any
) -> Iterator[XConnector]:
    """A connector for @PoldaKaltim; `told` collects what it reports of its budget."""
    report = {"report": told.append} if told is not None else {}
    made = XConnector(account(sandbox, **(more | report)))
    try:
        yield made
    finally:
        made.close()


def answer(target_id: str, text: str, **more: Any) -> Outgoing:
    """A public reply."""
    given: dict[str, Any] = {"way": "public", "call": "tweet", "person_id": "1", "retry_key": "k"}
    return Outgoing(target_id=target_id, text=text, **(given | more))
