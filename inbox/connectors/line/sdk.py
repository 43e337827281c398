"""line-bot-sdk 3 with the time-outs it lacks, no retries of its own, and answers as bytes.

platforms.md §7.4, §8.2. The SDK's response models are not used: a 200 with one unexpected value makes
them raise after the message was sent. It is imported on first use: that takes about two seconds.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import Any
from urllib.parse import quote

from urllib3.exceptions import HTTPError

from inbox.connectors.base import Account, Outgoing, Picture
from inbox.connectors.line.ways import texts

DATA_HOST = "https://api-data.line.me"  # of files; everything else is at api.line.me (§7.1)


def messaging() -> Any:
    """The SDK's module, imported when first needed."""
    return import_module("linebot.v3.messaging")


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, whatever its status."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class NoAnswer(Exception):
    """There was no HTTP answer that could be read; `__cause__` is what happened."""


class Sdk:
    """The SDK's client for one account. Not shared between threads."""

    def __init__(self, account: Account) -> None:
        line = messaging()
        host = account.base_url.rstrip("/")
        # host=None lets the SDK choose between LINE's two hosts itself (§8.2).
        configuration = line.Configuration(
            host=host or None, access_token=str(account.keys.get("access_token", "")).strip()
        )
        configuration.retries = False  # also: redirects are not followed, exceptions come bare
        self._client = line.ApiClient(configuration)
        self._apis = (line.MessagingApi(self._client), line.MessagingApiBlob(self._client))
        self._timeout = (float(account.timeout[0]), float(account.timeout[1]))
        self._data_host = host or DATA_HOST
        self._open: list[Any] = []

    def call(self, operation: str, *args: Any, **named: Any) -> Answer:
        """Call an operation of MessagingApi or MessagingApiBlob by its SDK name. Raises NoAnswer."""
        name = f"{operation}_with_http_info"
        api = next(api for api in self._apis if hasattr(api, name))
        try:
            got = getattr(api, name)(
                *args, _preload_content=False, _request_timeout=self._timeout, **named
            )
        except messaging().ApiException as error:
            return _refusal(error)
        except (
            Exception
        ) as error:  # urllib3's are not wrapped; an error page that is no UTF-8 (§7.4)
            msg = f"{type(error).__name__}: {error}"
            raise NoAnswer(msg[:300]) from error
        return Answer(got.status_code, got.headers or {}, bytes(got.raw_data or b""))

    def push(self, out: Outgoing) -> Answer:
        """Send to the chat the answered message came from, under the retry key. Raises NoAnswer."""
        to = out.address.get("to") or out.person_id
        request = messaging().PushMessageRequest(to=to, messages=_messages(out))
        return self.call("push_message", request, x_line_retry_key=out.retry_key)

    def reply(self, out: Outgoing) -> Answer:
        """Send by the reply token; LINE refuses a retry key here. Raises NoAnswer."""
        token = out.address.get("token", "")
        request = messaging().ReplyMessageRequest(replyToken=token, messages=_messages(out))
        return self.call("reply_message", request)

    def stream(self, message_id: str) -> Any:
        """The file of a message: the 2xx response of urllib3, unread, or an Answer that is not 2xx.
        Raises NoAnswer. The SDK's own call would hold the whole file in memory."""
        url = f"{self._data_host}/v2/bot/message/{quote(message_id, safe='')}/content"
        headers = {"Authorization": f"Bearer {self._client.configuration.access_token}"}
        try:
            response = self._client.rest_client.request(
                "GET", url, headers=headers, _preload_content=False, _request_timeout=self._timeout
            )
        except messaging().ApiException as error:
            return _refusal(error)
        except (HTTPError, ValueError) as error:
            msg = f"{type(error).__name__}: {error}"
            raise NoAnswer(msg[:300]) from error
        self._open.append(response)
        return response

    def close(self) -> None:
        """Close every connection, also under a file that was not read to its end."""
        for response in self._open:
            with suppress(HTTPError, OSError):
                response.close()
        self._client.rest_client.pool_manager.clear()
        self._client.close()


def _refusal(error: Any) -> Answer:
    """An ApiException as an answer. Status 0 is the SDK's way to tell of a TLS failure: no answer."""
    if not error.status:
        raise NoAnswer(str(error.reason)[:300]) from error
    body = error.body or b""
    raw = body.encode("utf-8", "replace") if isinstance(body, str) else bytes(body)
    return Answer(int(error.status), error.headers or {}, raw)


def addresses(picture: Picture) -> tuple[str, str]:
    """Where LINE fetches the picture, and its preview."""
    return picture.url, picture.preview_url or picture.url


def _messages(out: Outgoing) -> list[Any]:
    """The message objects of one request: the texts first, quoting what it answers, then the pictures."""
    line = messaging()
    found: list[Any] = []
    quote_token = out.address.get("quote")
    for text in texts(out.text):
        found.append(line.TextMessage(text=text, quoteToken=quote_token))
        quote_token = None  # once is enough
    for picture in out.pictures:
        whole, preview = addresses(picture)
        found.append(line.ImageMessage(originalContentUrl=whole, previewImageUrl=preview))
    return found
