"""Control endpoints of the LINE room: `/_sandbox/line/…`, for the demo and the tests."""

import sqlite3
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sandbox.core.control import body_of, complaint
from sandbox.core.store import store
from sandbox.line import accounts, chats, events, messages, sending, switches, writing


@require_GET
def app_json(_request: HttpRequest) -> JsonResponse:
    """GET /_sandbox/line/app.json: what the developers' console would show."""
    with store().write() as db:
        accounts.prepare(db)
        found = accounts.accounts(db)
    shown = (
        "user_id",
        "basic_id",
        "name",
        "channel_id",
        "channel_secret",
        "access_token",
    )
    return JsonResponse(
        {"accounts": [{name: getattr(each, name) for name in shown} for each in found]}
    )


@csrf_exempt
@require_POST
def write(request: HttpRequest) -> JsonResponse:
    """POST: a citizen or the institution in LINE's own app does something (`writing.write`)."""
    try:
        wish = body_of(request)
        with store().write() as db:
            done = writing.write(db, wish)
    except (ValueError, TypeError) as error:
        return complaint(error)
    return JsonResponse({"id": done.id, "user_id": done.user_id, "thread": done.thread}, status=201)


@csrf_exempt
@require_POST
def change(request: HttpRequest) -> JsonResponse:
    """POST {"id", "do": "unsend"}: a citizen takes a message back."""
    try:
        wish = body_of(request)
        if wish.get("do") != "unsend":
            return complaint("do: unsend")
        with store().write() as db:
            message = messages.get(db, wish.get("id"))
            if message is None:
                return complaint("tidak ada pesan itu", 404)
            writing.unsend(db, message)
    except ValueError as error:
        return complaint(error)
    return JsonResponse({"id": str(message.id), "unsent": True})


@csrf_exempt
@require_POST
def event(request: HttpRequest) -> JsonResponse:
    """POST {"events": […], "account"?, "destination"?, "signed"?}: pushed as they are, signed.

    `signed`: right, wrong or none. Fields that an event lacks are left out, as they were given.
    """
    try:
        wish = body_of(request)
        found = wish.get("events")
        if not isinstance(found, list):
            return complaint("events: harus daftar")
        with store().write() as db:
            who = accounts.account(db, wish.get("account"))
            body = events.post(db, who, found, signed=str(wish.get("signed") or "right"))
    except ValueError as error:
        return complaint(error)
    return JsonResponse({"body": body.decode()}, status=201)


@require_GET
def chats_view(request: HttpRequest) -> JsonResponse:
    """GET /_sandbox/line/chats?account=&thread=&limit=."""
    try:
        limit = min(int(request.GET.get("limit") or 100), 5000)
        with store().read() as db:
            thread = request.GET.get("thread")
            found = (
                [chats.chat(db, accounts.account(db, request.GET.get("account")), thread)]
                if thread
                else chats.chats(db, account=request.GET.get("account"), limit=limit)
            )
    except ValueError as error:
        return complaint(error)
    return JsonResponse({"chats": found})


@require_GET
def media_view(_request: HttpRequest, message_id: str) -> HttpResponse:
    """GET /_sandbox/line/media/{id}: a message's file without a token, for the page."""
    with store().read() as db:
        message = messages.get(db, message_id)
        found = messages.media(db, message) if message else None
    if found is None:
        return complaint("tidak ada berkas itu", 404)
    return HttpResponse(found[2], content_type=found[0])


@csrf_exempt
@require_http_methods(["GET", "POST"])
def switches_view(request: HttpRequest) -> JsonResponse:
    """GET shows, POST {name: value} turns; `used` sets how many pushes this month has had."""
    try:
        with store().write() as db:
            if request.method == "POST":
                _turn(db, body_of(request))
            turned = switches.switches(db)
            usage = {who.basic_id: sending.used(db, who) for who in accounts.accounts(db)}
    except ValueError as error:
        return complaint(error)
    return JsonResponse({**turned, "used": usage})


def _turn(db: sqlite3.Connection, wish: dict[str, Any]) -> None:
    number = wish.pop("used", None)
    if number is not None:
        for who in accounts.accounts(db):
            sending.set_used(db, who, int(number))
    switches.turn(db, wish)
    if "batch" in wish:
        events.gather(db)
