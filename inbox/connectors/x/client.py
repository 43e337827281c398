"""X over tweepy: reading mentions and our own timeline, answering a post (platforms.md §2, §8.1)."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import requests
import tweepy
from requests.adapters import HTTPAdapter

from inbox.connectors.base import (
    Account,
    FetchFailed,
    Outcome,
    OwnReply,
    RawPage,
    SendResult,
)
from inbox.connectors.x.outcome import classify_error, classify_transport
from inbox.connectors.x.parse import parse_page

FEEDS = ("mentions", "own")
HOST = "https://api.twitter.com"
OVERLAP_MS = 60_000  # ids are only roughly in order of time: read the last minute again (§2.2)
MAX_PAGES = 8  # at most the 800 newest mentions can be reached (§2.2)

_FIELDS: dict[str, Any] = {
    "tweet_fields": [
        "author_id", "created_at", "conversation_id", "in_reply_to_user_id", "referenced_tweets",
        "entities", "attachments", "lang", "edit_history_tweet_ids", "note_tweet",
    ],
    "expansions": ["author_id", "referenced_tweets.id", "attachments.media_keys"],
    "user_fields": ["username", "name"],
    "media_fields": ["type", "url", "preview_image_url", "alt_text"],
}  # fmt: skip


class Rebase(HTTPAdapter):
    """Gives tweepy the time-outs it lacks and, in demo and tests, another host (§8.1 [V]).

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


def overlapped(cursor: str) -> str:
    """`cursor` moved back by OVERLAP_MS of id space (snowflake: milliseconds above bit 22)."""
    return str(max(1, int(cursor) - (OVERLAP_MS << 22)))


class XConnector:
    """The protocol of inbox.connectors.base for X."""

    feeds: tuple[str, ...] = FEEDS
    visibility_lag = 5.0

    def __init__(self, account: Account) -> None:
        self.account = account
        keys = account.keys
        self.client = tweepy.Client(
            consumer_key=keys["consumer_key"],
            consumer_secret=keys["consumer_secret"],
            access_token=keys["access_token"],
            access_token_secret=keys["access_token_secret"],
            return_type=requests.Response,  # the bytes as they came: raw first (I5)
            wait_on_rate_limit=False,  # it would sleep up to 15 minutes inside the worker (§2.5)
        )
        self.client.session.mount(HOST + "/", Rebase(account.base_url, account.timeout))

    def close(self) -> None:
        self.client.session.close()

    def fetch(self, feed: str, cursor: str) -> Iterator[RawPage]:
        """Pages since `cursor`, each following page asked for with the same `since_id` (§2.2)."""
        ask = {"mentions": self.client.get_users_mentions, "own": self.client.get_users_tweets}[
            feed
        ]
        since = {"since_id": overlapped(cursor)} if cursor else {}
        token: dict[str, str] = {}
        for _page in range(MAX_PAGES):
            response = self._read(
                ask, id=self.account.external_id, max_results=100, user_auth=True,
                **since, **token, **_FIELDS,
            )  # fmt: skip
            try:
                meta = response.json()["meta"]
                newest = str(meta.get("newest_id", ""))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                yield RawPage(body=response.content, newest_id="")  # kept, ends in quarantine
                raise FetchFailed(
                    "X menjawab dengan bentuk tak dikenal", permanent=False
                ) from error
            if meta.get("result_count"):
                yield RawPage(body=response.content, newest_id=newest)
            if not meta.get("next_token"):
                return
            token = {"pagination_token": str(meta["next_token"])}

    def send(self, *, target_id: str, text: str, retry_key: str) -> SendResult:
        """Answer a post. X has no idempotency key, so `retry_key` is not used (§1.1)."""
        del retry_key
        try:
            response = self.client.create_tweet(
                text=text, in_reply_to_tweet_id=target_id, user_auth=True
            )
        except tweepy.HTTPException as error:
            return classify_error(error)
        except requests.RequestException as error:
            return classify_transport(error)
        except Exception as error:  # noqa: BLE001  tweepy fails on odd error bodies (§2.5): unknown
            return SendResult(Outcome.UNKNOWN, problem=f"{type(error).__name__}: {error}"[:300])
        try:
            return SendResult(Outcome.SENT, remote_id=str(response.json()["data"]["id"]))
        except (ValueError, KeyError, TypeError):
            return SendResult(Outcome.UNKNOWN, problem="X menerima, tetapi jawabannya tak terbaca")

    def replies_under(self, *, target_id: str, since: datetime) -> list[OwnReply]:
        """Our replies to `target_id` on our own timeline (§1.2), from two seconds before `since`."""
        found: list[OwnReply] = []
        token: dict[str, str] = {}
        for _page in range(MAX_PAGES):
            response = self._read(
                self.client.get_users_tweets, id=self.account.external_id, user_auth=True,
                since_id=target_id, max_results=100, **token, **_FIELDS,
            )  # fmt: skip
            parsed = parse_page(response.content, self.account.external_id)
            if parsed.problems:
                raise FetchFailed("; ".join(parsed.problems)[:300], permanent=False)
            found += [
                OwnReply(m.current_id, m.replies_to, m.text, m.written_at)
                for m in parsed.messages
                if m.replies_to == target_id and m.written_at >= since - timedelta(seconds=2)
            ]
            next_token = response.json().get("meta", {}).get("next_token")
            if not next_token:
                break
            token = {"pagination_token": str(next_token)}
        return found

    def _read(self, ask: Any, **query: Any) -> requests.Response:
        """Call a reading method of tweepy; every failure becomes FetchFailed."""
        try:
            response: requests.Response = ask(**query)
        except tweepy.TooManyRequests as error:
            raise FetchFailed(
                "X membatasi laju", permanent=False, retry_after=_reset_in(error)
            ) from error
        except (tweepy.Unauthorized, tweepy.Forbidden) as error:
            raise FetchFailed(f"X menolak akses: {error}"[:300], permanent=True) from error
        except (tweepy.TweepyException, requests.RequestException) as error:
            raise FetchFailed(f"{type(error).__name__}: {error}"[:300], permanent=False) from error
        except (AttributeError, TypeError) as error:  # tweepy on an error body that is no object
            raise FetchFailed(f"jawaban X tak terbaca: {error}"[:300], permanent=False) from error
        return response


def _reset_in(error: tweepy.TooManyRequests) -> float:
    """Seconds until X's window opens again; a quarter hour where the header is missing (§2.5)."""
    reset = error.response.headers.get("x-rate-limit-reset", "")
    return max(1.0, int(reset) - time.time()) if reset.isdigit() else 900.0
