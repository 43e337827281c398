"""Logging in with Meta and choosing Pages: the calls behind the connect screens (platforms.md §3.1, §3.2).

Plain functions over Graph. All but `dialog` raise base.FetchFailed, with a sentence for the screen.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx2

from inbox.connectors import base
from inbox.connectors.meta.graph import VERSION, Graph, GraphError
from inbox.connectors.meta.hook import account_id
from inbox.connectors.meta.outcome import read_failure

DIALOG_HOST = "https://www.facebook.com"

#: Permissions by platform; the log-in asks for those of what shall be connected (§3.1).
SCOPES = {
    "facebook": (
        "pages_show_list",
        "pages_manage_metadata",
        "pages_read_engagement",
        "pages_read_user_content",
        "pages_manage_engagement",
        "pages_messaging",
    ),
    "instagram": (
        "pages_show_list",
        "pages_manage_metadata",
        "pages_read_engagement",
        "instagram_basic",
        "instagram_manage_comments",
        "instagram_manage_messages",
    ),
}
#: What a Page is subscribed to; an Instagram account gets what the application subscribes (§6.1).
PAGE_FIELDS = (
    "feed", "mention", "messages", "message_echoes", "messaging_postbacks", "message_edits",
    "message_reactions", "messaging_referrals", "messaging_handovers", "standby",
)  # fmt: skip
INSTAGRAM_FIELDS = ("comments", "mentions", "messages", "messaging_postbacks", "standby")


@dataclass(frozen=True, slots=True)
class Token:
    """An access token; `expires_in` is seconds from now, None where none is told."""

    access_token: str = field(repr=False)
    expires_in: float | None = None


@dataclass(frozen=True, slots=True)
class LinkedPage:
    """A Page this person may work for, with its token and the Instagram account linked to it."""

    id: str
    name: str
    access_token: str = field(repr=False)
    tasks: tuple[str, ...] = ()  # MESSAGING for chats, MODERATE for comments (§3.1)
    instagram_id: str = ""
    instagram_username: str = ""


@dataclass(frozen=True, slots=True)
class TokenState:
    """What debug_token says. Times are seconds since 1970, 0 for never."""

    valid: bool
    expires_at: int = 0
    data_access_expires_at: int = 0
    scopes: tuple[str, ...] = ()
    problem: str = ""


class Login:
    """The log-in of one application. `app`: {"app_id", "app_secret"}; `redirect_uri`: where Meta sends
    the person back to, the same for dialog and code. Close it after use."""

    def __init__(
        self,
        app: Mapping[str, Any],
        base_url: str,
        redirect_uri: str,
        version: str = "",
        timeout: tuple[float, float] = (3.0, 15.0),
    ) -> None:
        self.app_id, self._secret = str(app.get("app_id", "")), str(app.get("app_secret", ""))
        self._base_url, self._redirect_uri = base_url, redirect_uri
        self.version = version or VERSION
        self.graph = Graph(
            base.Account(
                external_id="", handle="", keys={}, app=app, base_url=base_url,
                version=self.version, timeout=timeout,
            )
        )  # fmt: skip

    def close(self) -> None:
        """Let go of connections."""
        self.graph.close()

    def dialog(self, state: str, scopes: Sequence[str]) -> str:
        """The address to send the person to; it comes back with `code` and this `state`."""
        query = {
            "client_id": self.app_id, "redirect_uri": self._redirect_uri, "state": state,
            "scope": ",".join(dict.fromkeys(scopes)), "response_type": "code",
        }  # fmt: skip
        host = (self._base_url or DIALOG_HOST).rstrip("/")
        return f"{host}/{self.version}/dialog/oauth?{urlencode(query)}"

    def user_token(self, code: str) -> Token:
        """A person's token (about an hour or two) for the code the dialog gave."""
        return self._token({"code": code, "redirect_uri": self._redirect_uri})

    def long_lived(self, user_token: str) -> Token:
        """The person's token for about 60 days. Page tokens got with it have no end of their own."""
        return self._token({"grant_type": "fb_exchange_token", "fb_exchange_token": user_token})

    def pages(self, user_token: str) -> tuple[LinkedPage, ...]:
        """Every Page this person may work for."""
        fields = "id,name,access_token,tasks,instagram_business_account{id,username}"

        def read() -> tuple[LinkedPage, ...]:
            # The Pages' own tokens are what is asked for here: nothing of it is stored as raw bytes.
            answers = self.graph.pages(
                "me/accounts", {"fields": fields, "limit": 100}, token=user_token
            )
            rows = [row for answer in answers for row in _list(answer.data.get("data"))]
            return tuple(_page(row) for row in rows if account_id(row.get("id")))

        return _asked(read)

    def debug(self, token: str) -> TokenState:
        """Whether `token` is good, until when, and for what."""
        found = _asked(
            lambda: self.graph.get("debug_token", {"input_token": token}, token=self.app_token)
        ).data.get("data")
        return token_state(found)

    def subscribe(self, page_id: str, token: str, fields: Sequence[str] = PAGE_FIELDS) -> None:
        """Have a Page's webhooks sent to this application."""
        wanted = {"subscribed_fields": ",".join(fields)}
        done = _asked(lambda: self.graph.post(f"{page_id}/subscribed_apps", wanted, token=token))
        if done.data.get("success") is not True:
            raise base.FetchFailed("Meta tidak menerima langganan ini.", permanent=True)

    def unsubscribe(self, page_id: str, token: str) -> None:
        """Stop a Page's webhooks."""
        _asked(lambda: self.graph.delete(f"{page_id}/subscribed_apps", token=token))

    def subscribed_fields(self, page_id: str, token: str) -> tuple[str, ...]:
        """What a Page sends to this application; () when it stopped (§3.1: silently)."""
        found = _asked(lambda: self.graph.get(f"{page_id}/subscribed_apps", token=token))
        return subscribed_fields(found.data, self.app_id)

    def subscribe_app(
        self, object_name: str, callback_url: str, verify_token: str, fields: Sequence[str]
    ) -> None:
        """Tell Meta where to post (`object_name`: page or instagram). Meta calls `callback_url` with a
        handshake before it answers."""
        wanted = {
            "object": object_name, "callback_url": callback_url, "verify_token": verify_token,
            "fields": ",".join(fields),
        }  # fmt: skip
        path = f"{self.app_id}/subscriptions"
        _asked(lambda: self.graph.post(path, wanted, token=self.app_token))

    @property
    def app_token(self) -> str:
        """The application's own token."""
        return f"{self.app_id}|{self._secret}"

    def _token(self, wanted: Mapping[str, str]) -> Token:
        """Posted, not asked with GET: code, token and secret stay out of addresses."""
        form = {"client_id": self.app_id, "client_secret": self._secret, **wanted}
        data = _asked(lambda: self.graph.post("oauth/access_token", form, token="")).data
        token = data.get("access_token")
        if not isinstance(token, str) or not token:
            raise base.FetchFailed("Meta tidak memberi kunci akun.", permanent=True)
        ends = data.get("expires_in")
        return Token(token, float(ends) if isinstance(ends, int | float) and ends > 0 else None)


def token_state(found: Any) -> TokenState:
    """The `data` of debug_token, of any shape."""
    data = found if isinstance(found, Mapping) else {}
    error = data.get("error")
    return TokenState(
        valid=data.get("is_valid") is True,
        expires_at=_seconds(data.get("expires_at")),
        data_access_expires_at=_seconds(data.get("data_access_expires_at")),
        scopes=tuple(str(scope) for scope in _list(data.get("scopes"), str)),
        problem=str(error.get("message", "")) if isinstance(error, Mapping) else "",
    )


def subscribed_fields(data: Mapping[str, Any], app_id: str) -> tuple[str, ...]:
    """What the answer of subscribed_apps says of this application; of any, where `app_id` is ""."""
    for row in _list(data.get("data")):
        if not app_id or account_id(row.get("id")) == app_id:
            fields = _list(row.get("subscribed_fields"), str | dict)
            return tuple(
                str(each.get("name", "")) if isinstance(each, dict) else str(each)
                for each in fields
            )
    return ()


def _page(row: Mapping[str, Any]) -> LinkedPage:
    linked = row.get("instagram_business_account")
    instagram = linked if isinstance(linked, Mapping) else {}
    return LinkedPage(
        id=account_id(row.get("id")),
        name=str(row.get("name", "")),
        access_token=str(row.get("access_token", "")),
        tasks=tuple(str(task) for task in _list(row.get("tasks"), str)),
        instagram_id=account_id(instagram.get("id")),
        instagram_username=str(instagram.get("username", "")),
    )


def _list(value: Any, kind: Any = dict) -> list[Any]:
    """The members of a list that are of `kind`; [] for anything else."""
    return [each for each in value if isinstance(each, kind)] if isinstance(value, list) else []


def _seconds(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _asked[T](call: Callable[[], T]) -> T:
    try:
        return call()
    except (GraphError, httpx2.HTTPError) as error:
        raise read_failure(error, name="Meta") from error
