"""The endpoints for webhooks, activity subscriptions and replays (platforms.md §2.3)."""

import json
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest

from sandbox.core import clock
from sandbox.core.store import store
from sandbox.x import accounts, errors, hooks
from sandbox.x.auth import Caller
from sandbox.x.endpoint import Answer, endpoint, number
from sandbox.x.hooks import Subscription, Webhook


@endpoint("POST /2/webhooks", user=0, app=450)
def register(request: HttpRequest, _caller: Caller) -> Answer:
    """POST /2/webhooks {"url"}: the challenge at once, then registered."""
    url = str(_wish(request).get("url") or "")
    with store().read() as db:
        _check(db, url)
        secret = accounts.found(db).consumer_secret
    # outside the store: the address is asked, and may ask back
    if hooks.challenge(url, secret) != "right":
        raise errors.invalid("CrcValidationFailed: the url did not answer the CRC", url=url)
    with store().write() as db:
        _check(db, url)
        return 200, {"data": _webhook(hooks.add(db, url))}


@endpoint("GET /2/webhooks", user=0, app=450)
def listing(_request: HttpRequest, _caller: Caller) -> Answer:
    """GET /2/webhooks: what is registered, and whether it is valid."""
    with store().read() as db:
        found = hooks.webhooks(db)
    body: dict[str, Any] = {"meta": {"result_count": len(found)}}
    return 200, ({"data": [_webhook(each) for each in found]} if found else {}) | body


@endpoint("PUT /2/webhooks/:id", user=0, app=450)
def validate(_request: HttpRequest, _caller: Caller, webhook_id: str) -> Answer:
    """PUT /2/webhooks/:id: the challenge anew; its outcome decides whether events are delivered."""
    found = _found(webhook_id)
    return 200, {"data": {"valid": challenge(found, patient=False)}}


@endpoint("DELETE /2/webhooks/:id", user=0, app=450)
def remove(_request: HttpRequest, _caller: Caller, webhook_id: str) -> Answer:
    """DELETE /2/webhooks/:id."""
    found = _found(webhook_id)
    with store().write() as db:
        hooks.remove(db, found)
    return 200, {"data": {"deleted": True}}


@endpoint("POST /2/webhooks/replay", user=0, app=100)
def replay(request: HttpRequest, _caller: Caller) -> Answer:
    """POST /2/webhooks/replay: everything between two minutes (UTC) of the last day once more."""
    wish = _wish(request)
    found = _found(str(wish.get("webhook_id") or ""))
    start, end = (_minute(wish, name) for name in ("from_date", "to_date"))
    if end <= start or start < clock.seconds() - hooks.KEPT_S - 60 or end > clock.seconds() + 60:
        raise errors.invalid("from_date and to_date must be in order, within the last 24 hours")
    with store().write() as db:
        job = hooks.replay(db, found, start, end)
    return 200, {"data": {"job_id": str(job), "created_at": clock.stamp(clock.seconds())}}


@endpoint("POST /2/activity/subscriptions", user=500, app=500, scopes=frozenset())
def subscribe(request: HttpRequest, caller: Caller) -> Answer:
    """POST /2/activity/subscriptions; private kinds by the account's own token only."""
    wish = _wish(request)
    event_type = str(wish.get("event_type") or "")
    if event_type not in hooks.EVENT_TYPES:
        raise errors.invalid(f"$.event_type: {event_type} is not known", event_type=event_type)
    given = wish.get("filter") or {}
    user = given.get("user_id") if isinstance(given, dict) else None
    if user is None and event_type != "oauth.revoke":
        raise errors.invalid("$.filter.user_id: is missing", filter=str(given))
    whose = number(str(user), "user_id") if user is not None else None
    if event_type in hooks.PRIVATE and (caller.user is None or caller.user.id != whose):
        raise errors.forbidden(errors.NOT_PERMITTED)
    webhook = _found(str(wish["webhook_id"])).id if wish.get("webhook_id") else None
    with store().write() as db:
        there = hooks.subscriptions(db)
        if any(
            (each.event_type, each.user, each.webhook) == (event_type, whose, webhook)
            for each in there
        ):
            raise errors.plain(409, "Conflict", "A duplicate subscription exists already.")
        if len(there) >= hooks.SUBSCRIPTIONS:
            raise errors.forbidden("SubscriptionLimitExceeded")
        made = hooks.subscribe(
            db,
            event_type=event_type,
            user=whose,
            tag=str(wish["tag"]) if wish.get("tag") else None,
            webhook=webhook,
        )
    return 200, {"data": _subscription(made), "meta": {"total_subscriptions": len(there) + 1}}


@endpoint("GET /2/activity/subscriptions", user=500, app=500, scopes=frozenset())
def subscriptions(_request: HttpRequest, _caller: Caller) -> Answer:
    """GET /2/activity/subscriptions."""
    with store().read() as db:
        found = hooks.subscriptions(db)
    body: dict[str, Any] = {"meta": {"total_subscriptions": len(found)}}
    return 200, ({"data": [_subscription(each) for each in found]} if found else {}) | body


@endpoint("PUT /2/activity/subscriptions/:id", user=500, app=500, scopes=frozenset())
def update(request: HttpRequest, _caller: Caller, subscription_id: str) -> Answer:
    """PUT /2/activity/subscriptions/:id {"tag"?, "webhook_id"?}: what and whose stays as it is."""
    wish = _wish(request)
    webhook = _found(str(wish["webhook_id"])).id if wish.get("webhook_id") else None
    with store().write() as db:
        row = db.execute(
            "update x_subscription set tag = coalesce(?, tag), webhook = coalesce(?, webhook),"
            " updated = ? where id = ? returning *",
            (wish.get("tag"), webhook, clock.seconds(), number(subscription_id, "id")),
        ).fetchone()
        total = len(hooks.subscriptions(db))
    if row is None:
        raise errors.not_found("subscription", "subscription_id", subscription_id)
    changed = _subscription(Subscription(**dict(row)))
    return 200, {"data": changed, "meta": {"total_subscriptions": total}}


@endpoint("DELETE /2/activity/subscriptions/:id", user=500, app=500, scopes=frozenset())
def unsubscribe(_request: HttpRequest, _caller: Caller, subscription_id: str) -> Answer:
    """DELETE /2/activity/subscriptions/:id."""
    with store().write() as db:
        done = db.execute(
            "delete from x_subscription where id = ?", (number(subscription_id, "id"),)
        )
        if not done.rowcount:
            raise errors.not_found("subscription", "subscription_id", subscription_id)
        left = len(hooks.subscriptions(db))
    return 200, {"data": {"deleted": True}, "meta": {"total_subscriptions": left}}


def challenge(found: Webhook, *, patient: bool) -> bool:
    """Challenges an address now and notes the outcome; is it valid? (`patient`: hooks.note)"""
    with store().read() as db:
        secret = accounts.found(db).consumer_secret
    outcome = hooks.challenge(found.url, secret)
    with store().write() as db:
        return hooks.note(db, found, outcome, patient=patient)


def _check(db: Any, url: str) -> None:
    try:
        hooks.check_address(db, url)
    except hooks.BadWebhook as error:
        raise errors.invalid(str(error), url=url) from error


def _found(value: str) -> Webhook:
    with store().read() as db:
        found = hooks.webhook(db, number(value, "webhook_id"))
    if found is None:
        raise errors.not_found("webhook", "webhook_id", value)
    return found


def _wish(request: HttpRequest) -> dict[str, Any]:
    try:
        wish = json.loads(request.body)
    except ValueError:
        wish = None
    if not isinstance(wish, dict):
        raise errors.invalid("Requests with bodies must have content-type of application/json.")
    return wish


def _minute(wish: dict[str, Any], name: str) -> float:
    text = str(wish.get(name) or "")
    try:
        return datetime.strptime(text, "%Y%m%d%H%M").replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise errors.invalid(f"$.{name}: is not yyyymmddhhmm", **{name: text}) from None


def _webhook(found: Webhook) -> dict[str, Any]:
    return {
        "id": str(found.id),
        "url": found.url,
        "valid": found.valid,
        "created_at": clock.stamp(found.at),
    }


def _subscription(found: Subscription) -> dict[str, Any]:
    shape: dict[str, Any] = {
        "subscription_id": str(found.id),
        "event_type": found.event_type,
        "filter": {"user_id": str(found.user)} if found.user else {},
        "created_at": clock.stamp(found.created),
        "updated_at": clock.stamp(found.updated),
    }
    if found.tag:
        shape["tag"] = found.tag
    if found.webhook:
        shape["webhook_id"] = str(found.webhook)
    return shape
