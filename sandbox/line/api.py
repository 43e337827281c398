"""The other endpoints of the Messaging API: the bot, its webhook, profiles, content (§7)."""

import sqlite3
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from sandbox.core import clock, media, push
from sandbox.core.courier import call as deliver
from sandbox.core.courier import local
from sandbox.core.store import store
from sandbox.line import accounts, errors, events, messages
from sandbox.line.endpoint import Answer, Call, endpoint
from sandbox.line.errors import LineRefused
from sandbox.line.messages import Message

SHORT_LIVED_S = 30 * 86_400
STATELESS_S = 900


@endpoint
def info(call: Call) -> Answer:
    """GET /v2/bot/info: the account whose token asks."""
    who = call.account
    return {
        "userId": who.user_id,
        "basicId": who.basic_id,
        "displayName": who.name,
        "chatMode": "bot",
        "markAsReadMode": "manual",
    }


@endpoint
def get_webhook(call: Call) -> Answer:
    """GET /v2/bot/channel/webhook/endpoint: where events go; 404 while nothing is set."""
    with store().read() as db:
        found = push.urls(db, "line", call.account.user_id)
    if not found:
        raise errors.not_found()
    return {"endpoint": found[0], "active": call.turned["use_webhook"]}


@endpoint
def set_webhook(call: Call) -> Answer:
    """PUT /v2/bot/channel/webhook/endpoint {"endpoint"}: https, or http on this machine."""
    url = _webhook_address(call.body().get("endpoint"))
    with store().write() as db:
        push.unsubscribe(db, "line", call.account.user_id)
        push.subscribe(db, "line", call.account.user_id, url)
    return {}


@endpoint
def test_webhook(call: Call) -> Answer:
    """POST /v2/bot/channel/webhook/test {"endpoint"?}: a webhook with no events, at once."""
    wish = call.body() if call.request.body else {}
    with store().read() as db:
        found = push.urls(db, "line", call.account.user_id)
    if wish.get("endpoint"):
        found = [_webhook_address(wish["endpoint"])]
    if not found:
        raise errors.not_found()
    body = events.body_of(call.account, [])
    headers = {"x-line-signature": events.signature(call.account.channel_secret, body)}
    status, words, _took = deliver("line", found[0], body, headers)
    well = status is not None and 200 <= status < 300
    slow = status is None and "Timeout" in words
    reason = "OK" if well else "error_status_code" if status else "could_not_connect"
    return {
        "success": well,
        "timestamp": clock.stamp(clock.seconds()),
        "statusCode": status or 0,
        "reason": "request_timeout" if slow else reason,
        "detail": str(status) if status else words[:200],
    }


@endpoint
def profile(call: Call, user_id: str) -> Answer:
    """GET /v2/bot/profile/{userId}: of a friend who did not block the account, else 404."""
    with store().read() as db:
        standing = accounts.standing(db, call.account, user_id)
        if not standing["friend"] or standing["blocked"]:
            raise errors.not_found()
        return _profile(db, user_id) | {"language": "id"}


@endpoint
def group_summary(call: Call, group_id: str) -> Answer:
    """GET /v2/bot/group/{groupId}/summary: its name."""
    with store().read() as db:
        where = accounts.group_of(db, call.account, group_id)
    if where is None or where.kind != "group":
        raise errors.not_found()
    return {"groupId": where.group_id, "groupName": where.name}


@endpoint
def member(call: Call, group_id: str, user_id: str) -> Answer:
    """GET /v2/bot/{group,room}/{id}/member/{userId}: friends or not."""
    with store().read() as db:
        where = accounts.group_of(db, call.account, group_id)
        if where is None or user_id not in accounts.members(db, where):
            raise errors.not_found()
        return _profile(db, user_id)


@endpoint
def member_count(call: Call, group_id: str) -> Answer:
    """GET /v2/bot/{group,room}/{id}/members/count."""
    with store().read() as db:
        where = accounts.group_of(db, call.account, group_id)
        if where is None:
            raise errors.not_found()
        return {"count": len(accounts.members(db, where))}


@endpoint
def content(call: Call, message_id: str) -> Answer:
    """GET /v2/bot/message/{id}/content: the file; 202 while it is being prepared."""
    with store().read() as db:
        message, found = _content(db, call, message_id)
    if _preparing(call, message):
        return HttpResponse(status=202, content_type="application/json")
    mime, _name, body = found
    return HttpResponse(body, content_type=mime)


@endpoint
def preview(call: Call, message_id: str) -> Answer:
    """GET /v2/bot/message/{id}/content/preview: a small picture of a picture or film."""
    with store().read() as db:
        message, found = _content(db, call, message_id)
    if message.kind not in ("image", "video"):
        raise errors.not_found()
    mime, _name, body = found
    if message.kind == "video":
        mime, body = "image/png", media.png(message.id % 1000)
    return HttpResponse(body, content_type=mime)


@endpoint
def transcoding(call: Call, message_id: str) -> Answer:
    """GET /v2/bot/message/{id}/content/transcoding: is a film or sound ready?"""
    with store().read() as db:
        message, _found = _content(db, call, message_id)
    if message.kind not in ("video", "audio"):
        raise errors.not_found()
    return {"status": "processing" if _preparing(call, message) else "succeeded"}


@endpoint
def loading(call: Call) -> Answer:
    """POST /v2/bot/chat/loading/start {"chatId", "loadingSeconds"?}: three dots for the citizen."""
    body = call.body()
    seconds = body.get("loadingSeconds", 20)
    if type(seconds) is not int or not 5 <= seconds <= 60 or seconds % 5:
        raise errors.invalid(("must be a multiple of 5 from 5 to 60", "loadingSeconds"))
    with store().read() as db:
        known = accounts.person(db, str(body.get("chatId", "")))
    if known is None:
        raise LineRefused(400, "The value for 'chatId' is invalid")
    return JsonResponse({}, status=202)


@endpoint
def mark_as_read(call: Call) -> Answer:
    """POST /v2/bot/chat/markAsRead {"markAsReadToken"}."""
    token = str(call.body().get("markAsReadToken", ""))
    with store().write() as db:
        row = db.execute(
            "update line_read_token set used = ? where token = ? and account = ? returning thread",
            (clock.seconds(), token, call.account.user_id),
        ).fetchone()
    if row is None:
        raise LineRefused(400, "Invalid mark as read token")
    return {}


@csrf_exempt
@require_POST
def issue_token(request: HttpRequest) -> HttpResponse:
    """POST /v2/oauth/accessToken (30 days) and /oauth2/v3/token (15 minutes): by id and secret."""
    seconds = STATELESS_S if request.path.startswith("/oauth2/v3/") else SHORT_LIVED_S
    with store().write() as db:
        for who in accounts.accounts(db):
            given = (request.POST.get("client_id"), request.POST.get("client_secret"))
            if given != (who.channel_id, who.channel_secret):
                continue
            if request.POST.get("grant_type") != "client_credentials":
                return _oauth_error("unsupported_grant_type", "grant_type is not supported")
            token = accounts.issue(db, who, seconds=seconds)
            answer = {"access_token": token, "expires_in": seconds, "token_type": "Bearer"}
            return JsonResponse(answer)
    return _oauth_error("invalid_client", "invalid client_id or client_secret")


@csrf_exempt
@require_POST
def revoke_token(request: HttpRequest) -> HttpResponse:
    """POST /v2/oauth/revoke {"access_token"}: only what was issued here can be revoked."""
    with store().write() as db:
        db.execute(
            "delete from line_issued where token = ?", (request.POST.get("access_token", ""),)
        )
    return HttpResponse(status=200)


@require_GET
def verify_token(request: HttpRequest) -> HttpResponse:
    """GET /oauth2/v2.1/verify?access_token=: the channel and the seconds left."""
    token = request.GET.get("access_token", "")
    with store().read() as db:
        who = accounts.by_token(db, token)
        row = db.execute("select expires from line_issued where token = ?", (token,)).fetchone()
    if who is None:
        return _oauth_error("invalid_request", "access token expired")
    left = int(row["expires"] - clock.seconds()) if row else SHORT_LIVED_S
    return JsonResponse({"client_id": who.channel_id, "expires_in": left})


def _oauth_error(error: str, words: str) -> HttpResponse:
    return JsonResponse({"error": error, "error_description": words}, status=400)


def _webhook_address(value: object) -> str:
    text = str(value or "")
    parts = urlsplit(text)
    secure = parts.scheme == "https" or (parts.scheme == "http" and local(text))
    if not secure or not parts.hostname or len(text) > 500:
        raise LineRefused(400, "Invalid webhook endpoint URL")
    return text


def _profile(db: sqlite3.Connection, user_id: str) -> dict[str, Any]:
    person = accounts.person(db, user_id)
    if person is None:
        raise errors.not_found()
    return {"userId": person.user_id, "displayName": person.name}


def _content(
    db: sqlite3.Connection, call: Call, message_id: str
) -> tuple[Message, tuple[str, str, bytes]]:
    """A citizen's message and its file; 404 when it is unsent, too old or has none."""
    message = messages.get(db, message_id)
    if message is None or message.account != call.account.user_id or message.by != "citizen":
        raise errors.not_found()
    found = messages.media(db, message)
    old = clock.seconds() - message.at > call.turned["content_days"] * 86_400
    if found is None or old:
        raise errors.not_found()
    return message, found


def _preparing(call: Call, message: Message) -> bool:
    soon = clock.seconds() - message.at < call.turned["transcode"]
    return message.kind in ("video", "audio") and soon
