"""X's webhooks and what they are subscribed to, by the application's own bearer token (platforms.md §2.3).

Registering, or validating again, makes X send the challenge at once: the address must answer already.
Private events (mentions, replies, quotes, messages) are subscribed to with the account's own keys.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests

from inbox.connectors.base import Account, FetchFailed
from inbox.connectors.x.outcome import LIMITED, wait
from inbox.connectors.x.transport import API, Speaker, reason, session
from inbox.connectors.x.values import Json, obj, rows, soft

PUBLIC_EVENTS = ("post.create", "post.delete")
PRIVATE_EVENTS = (
    "post.mention.create", "post.reply.create", "post.quote.create", "dm.received", "dm.sent",
)  # fmt: skip
EXTRA_EVENTS = ("oauth.revoke",)  # good to have; X may give it without asking, or not at all
EVENTS = (*PUBLIC_EVENTS, *PRIVATE_EVENTS, *EXTRA_EVENTS)
TAG = "sahut"
TIMEOUT = (3.0, 15.0)
PAGES = 20


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address X posts to; `valid`: its last challenge was answered rightly."""

    id: str
    url: str
    valid: bool


@dataclass(frozen=True, slots=True)
class Subscription:
    """One kind of event of one account."""

    id: str
    event: str
    account_id: str
    webhook_id: str


def webhooks(
    app: Mapping[str, Any], *, base_url: str = "", timeout: tuple[float, float] = TIMEOUT
) -> list[Webhook]:
    """The application's addresses. Raises FetchFailed."""
    answer = _ask(app, "GET", "/2/webhooks", base_url=base_url, timeout=timeout)
    return [_webhook(row) for row in rows(answer.get("data"))]


def register(
    app: Mapping[str, Any], *, url: str, base_url: str = "", timeout: tuple[float, float] = TIMEOUT
) -> Webhook:
    """Have X post to `url` (https, no port). One that is registered already is validated again: plans
    with one webhook refuse a second. Raises FetchFailed."""
    for known in webhooks(app, base_url=base_url, timeout=timeout):
        if known.url == url:
            if not known.valid:
                validate(app, webhook_id=known.id, base_url=base_url, timeout=timeout)
            return Webhook(known.id, url, valid=True)
    answer = _ask(app, "POST", "/2/webhooks", body={"url": url}, base_url=base_url, timeout=timeout)
    return _webhook(obj(answer.get("data")) or answer)


def validate(
    app: Mapping[str, Any],
    *,
    webhook_id: str,
    base_url: str = "",
    timeout: tuple[float, float] = TIMEOUT,
) -> None:
    """Have X send the challenge now. Raises FetchFailed when it is not answered rightly."""
    answer = _ask(app, "PUT", f"/2/webhooks/{webhook_id}", base_url=base_url, timeout=timeout)
    if obj(answer.get("data")).get("valid") is False:
        told = "X tidak mendapat jawaban yang benar dari alamat webhook kita."
        raise FetchFailed(told, permanent=True)


def remove(
    app: Mapping[str, Any],
    *,
    webhook_id: str,
    base_url: str = "",
    timeout: tuple[float, float] = TIMEOUT,
) -> None:
    """X posts to that address no more. Raises FetchFailed."""
    _ask(app, "DELETE", f"/2/webhooks/{webhook_id}", base_url=base_url, timeout=timeout)


def subscriptions(
    app: Mapping[str, Any], *, base_url: str = "", timeout: tuple[float, float] = TIMEOUT
) -> list[Subscription]:
    """All the application's subscriptions. Raises FetchFailed."""
    found: list[Subscription] = []
    token = ""
    for _page in range(PAGES):
        answer = _ask(
            app, "GET", "/2/activity/subscriptions", base_url=base_url, timeout=timeout,
            query={"pagination_token": token} if token else {},
        )  # fmt: skip
        found += [
            Subscription(
                id=str(row.get("subscription_id") or row.get("id") or ""),
                event=soft(row.get("event_type")),
                account_id=str(obj(row.get("filter")).get("user_id") or ""),
                webhook_id=str(row.get("webhook_id") or ""),
            )
            for row in rows(answer.get("data"))
        ]
        token = soft(obj(answer.get("meta")).get("next_token"))
        if not token:
            break
    return found


def subscribe(account: Account, *, webhook_id: str) -> list[str]:
    """Have all EVENTS of this account posted to the webhook; what is there already is left alone.

    Returns the events newly subscribed to. Raises FetchFailed for one the desk cannot do without.
    """
    there = {
        each.event
        for each in subscriptions(account.app, base_url=account.base_url, timeout=account.timeout)
        if each.account_id == account.external_id and each.webhook_id in ("", webhook_id)
    }
    made = []
    for event in EVENTS:
        if event in there:
            continue
        try:
            _subscribe(account, event, webhook_id)
        except FetchFailed:
            if event not in EXTRA_EVENTS:
                raise
            continue
        made.append(event)
    return made


def unsubscribe(account: Account) -> int:
    """End all subscriptions of this account. Returns how many. Raises FetchFailed."""
    mine = [
        each
        for each in subscriptions(account.app, base_url=account.base_url, timeout=account.timeout)
        if each.account_id == account.external_id
    ]
    for each in mine:
        _ask(
            account.app, "DELETE", f"/2/activity/subscriptions/{each.id}",
            base_url=account.base_url, timeout=account.timeout,
        )  # fmt: skip
    return len(mine)


def subscribed(account: Account) -> bool | None:
    """Whether X still posts everything of this account to a valid address; None: cannot be asked.

    Raises FetchFailed when X is away for the moment.
    """
    if not account.app.get("bearer_token"):
        return None
    options: dict[str, Any] = {"base_url": account.base_url, "timeout": account.timeout}
    try:
        valid = {hook.id for hook in webhooks(account.app, **options) if hook.valid}
        there = {
            each.event
            for each in subscriptions(account.app, **options)
            if each.account_id == account.external_id
            and (each.webhook_id in valid if each.webhook_id else valid)
        }
    except FetchFailed as error:
        if error.permanent:
            return None
        raise
    return there >= {*PUBLIC_EVENTS, *PRIVATE_EVENTS}


def _subscribe(account: Account, event: str, webhook_id: str) -> None:
    body = {
        "event_type": event,
        "filter": {"user_id": account.external_id},
        "tag": TAG,
        "webhook_id": webhook_id,
    }
    if event not in PRIVATE_EVENTS:
        _ask(
            account.app, "POST", "/2/activity/subscriptions", body=body,
            base_url=account.base_url, timeout=account.timeout,
        )  # fmt: skip
        return
    speaker = Speaker(account)
    try:
        response = speaker.plain("POST", f"{API}/2/activity/subscriptions", json=body)
    except requests.RequestException as error:
        raise _away(error) from error
    finally:
        speaker.close()
    _checked(response)


def _webhook(row: Json) -> Webhook:
    valid = row.get("valid")
    return Webhook(str(row.get("id") or ""), soft(row.get("url")), valid=valid is not False)


def _ask(
    app: Mapping[str, Any],
    method: str,
    path: str,
    *,
    base_url: str,
    timeout: tuple[float, float],
    body: Mapping[str, Any] | None = None,
    query: Mapping[str, str] | None = None,
) -> Json:
    headers = {"Authorization": f"Bearer {app.get('bearer_token', '')}"}
    with session(base_url, timeout) as http:
        try:
            response = http.request(method, API + path, headers=headers, json=body, params=query)
        except requests.RequestException as error:
            raise _away(error) from error
    return _checked(response)


def _away(error: requests.RequestException) -> FetchFailed:
    return FetchFailed(f"{type(error).__name__}: {error}"[:300], permanent=False)


def _checked(response: requests.Response) -> Json:
    """The JSON of a good answer; FetchFailed for any other."""
    status = response.status_code
    if status == requests.codes.too_many_requests:
        raise FetchFailed(LIMITED, permanent=False, retry_after=wait(response.headers))
    if not response.ok:
        permanent = status < requests.codes.server_error
        raise FetchFailed(f"X menolak: {reason(response)}"[:300], permanent=permanent)
    try:
        return obj(response.json()) if response.content else {}
    except ValueError as error:
        raise FetchFailed("jawaban X tak terbaca", permanent=False) from error
