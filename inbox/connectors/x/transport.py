"""Speaking HTTP with X: tweepy on a session of ours, with time-outs and, in demo and tests, another host."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
import tweepy
from requests.adapters import HTTPAdapter

from inbox.connectors.base import Account
from inbox.connectors.x.outcome import failed_reading

API = "https://api.twitter.com"
HOSTS = (API, "https://upload.twitter.com", "https://ton.twitter.com", "https://ton.x.com")


class Rebase(HTTPAdapter):
    """Gives tweepy the time-outs it lacks and, in demo and tests, another host (platforms.md §8.1 [V]).

    The OAuth signature was computed over the nominal URL before `send()`, so it stays valid.
    """

    def __init__(self, target: str, timeout: tuple[float, float]) -> None:
        self.target, self.default_timeout = target.rstrip("/"), timeout
        super().__init__(max_retries=0)

    def send(  # type: ignore[override]
        self, request: requests.PreparedRequest, timeout: Any = None, **kwargs: Any
    ) -> requests.Response:
        if self.target:
            parts = urlsplit(str(request.url))
            request.url = self.target + parts.path + (f"?{parts.query}" if parts.query else "")
        return super().send(request, timeout=timeout or self.default_timeout, **kwargs)


class Speaker:
    """One account's voice: OAuth 1.0a where its keys have a token secret, else OAuth 2 (§2.1)."""

    def __init__(self, account: Account) -> None:
        keys, app = account.keys, account.app
        self.oauth1 = bool(keys.get("access_token_secret"))
        secrets = app.get("secrets") or [""]
        self.client = tweepy.Client(
            bearer_token=None if self.oauth1 else keys.get("access_token", ""),
            consumer_key=keys.get("consumer_key") or app.get("consumer_key"),
            consumer_secret=keys.get("consumer_secret") or app.get("consumer_secret") or secrets[0],
            access_token=keys.get("access_token") if self.oauth1 else None,
            access_token_secret=keys.get("access_token_secret"),
            return_type=requests.Response,  # the bytes as they came: raw first (I5)
            wait_on_rate_limit=False,  # it would sleep up to 15 minutes inside the worker (§2.5)
        )
        adapter = Rebase(account.base_url, account.timeout)
        for host in HOSTS:
            self.client.session.mount(host + "/", adapter)

    def close(self) -> None:
        """Let go of the connections."""
        self.client.session.close()

    def ask(self, method: Callable[..., Any], **query: Any) -> requests.Response:
        """Call a method of tweepy as this account; what tweepy and requests raise comes through."""
        response: requests.Response = method(user_auth=self.oauth1, **query)
        return response

    def read(self, method: Callable[..., Any], **query: Any) -> requests.Response:
        """Call a reading method of tweepy; every failure becomes FetchFailed."""
        try:
            return self.ask(method, **query)
        except (tweepy.TweepyException, requests.RequestException) as error:
            raise failed_reading(error) from error
        except (AttributeError, TypeError, ValueError) as error:  # an error body that is no object
            raise failed_reading(error) from error

    def plain(self, method: str, url: str, **extra: Any) -> requests.Response:
        """A request tweepy has no method for (uploads, files). Raises requests.RequestException."""
        headers: dict[str, str] = {"User-Agent": self.client.user_agent}
        auth = None
        if self.oauth1:
            auth = tweepy.OAuth1UserHandler(
                self.client.consumer_key, self.client.consumer_secret,
                self.client.access_token, self.client.access_token_secret,
            ).apply_auth()  # fmt: skip
        else:
            headers["Authorization"] = f"Bearer {self.client.bearer_token}"
        response: requests.Response = self.client.session.request(
            method, url, headers=headers, auth=auth, **extra
        )
        return response


def session(base_url: str, timeout: tuple[float, float]) -> requests.Session:
    """A session for calls of the application itself (tokens, webhooks), rebased likewise."""
    made = requests.Session()
    made.mount(API + "/", Rebase(base_url, timeout))
    return made


def reason(response: requests.Response) -> str:
    """What an answer of X's says, in one line."""
    try:
        body = response.json()
    except ValueError:
        return f"{response.status_code}"
    if not isinstance(body, Mapping):
        return f"{response.status_code}"
    errors = body.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else {}
    said = first.get("message") if isinstance(first, Mapping) else ""
    told = (said, body.get("detail"), body.get("error"), body.get("error_description"))
    return " ".join(str(part) for part in (response.status_code, *told) if part)[:200]
