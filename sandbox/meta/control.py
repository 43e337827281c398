"""Control endpoints of the Meta room: `/_sandbox/meta/…`, for the demo and the tests."""

import base64
import hashlib
import hmac
import json
import sqlite3
from typing import Any

import httpx2
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sandbox.core import clock, media
from sandbox.core.control import body_of, complaint
from sandbox.core.courier import local
from sandbox.core.store import store
from sandbox.meta import accounts, files, hooks, seeds, switches, tokens, view, writing
from sandbox.meta.accounts import Page
from sandbox.meta.writing import Wish


@require_GET
def app_json(_request: HttpRequest) -> JsonResponse:
    """GET /_sandbox/meta/app.json: the application's keys, the pages with their tokens."""
    with store().write() as db:
        app = accounts.app(db)
        pages = [
            {
                "id": page.id,
                "name": page.name,
                "access_token": tokens.standing(db, page.id),
                "posts": seeds.own(db, page.id),
                "instagram": {
                    "id": page.ig_id,
                    "username": page.ig_username,
                    "media": seeds.own(db, page.ig_id),
                },
            }
            for page in accounts.PAGES
        ]
        user = tokens.standing(db, accounts.USER_ID)
    return JsonResponse(
        {"app_id": app.id, "app_secret": app.secret, "pages": pages, "user_token": user}
    )


@csrf_exempt
@require_POST
def write(request: HttpRequest) -> JsonResponse:
    """POST {"as", "where", "page"?, "name"?, "text", "on"?, "from"?, "attachments"?, "unknown"?}.

    Also "silent": no webhook, "tagged": in the picture (Instagram). → {"id", "thread", "psid"?}
    """
    try:
        wish = body_of(request)
        attached = _media(request, wish.get("attachments"))
        with store().write() as db:
            written = writing.write(
                db,
                Wish(
                    where=str(wish.get("where", "comment")),
                    page=_page(wish.get("page")),
                    text=str(wish.get("text") or ""),
                    native=wish.get("as", "citizen") == "native",
                    name=str(wish.get("name") or "Warga"),
                    on=str(wish.get("on") or ""),
                    names_author=wish.get("from") is not False,
                    media=attached,
                    quiet=bool(wish.get("silent")),
                    strange=bool(wish.get("unknown")),
                    tagged=bool(wish.get("tagged")),
                ),
            )
    except ValueError as error:
        return complaint(error)
    psid = {"psid": written.psid} if written.psid else {}
    return JsonResponse({"id": written.id, "thread": written.thread, **psid}, status=201)


@csrf_exempt
@require_POST
def change(request: HttpRequest) -> JsonResponse:
    """POST {"id", "do": edit|remove|hide|unhide|unsend, "text"?, "silent"?}."""
    try:
        wish = body_of(request)
        with store().write() as db:
            writing.change(
                db,
                target=str(wish.get("id", "")),
                do=str(wish.get("do", "")),
                text=str(wish.get("text") or ""),
                quiet=bool(wish.get("silent")),
            )
    except ValueError as error:
        return complaint(error)
    return JsonResponse({"ok": True})


@require_GET
def objects_view(request: HttpRequest) -> JsonResponse:
    """GET ?where=…&under=…&page=…&hidden=1: what citizens see now."""
    try:
        page = _page(request.GET.get("page"))
        with store().read() as db:
            found = view.listing(
                db,
                where=request.GET.get("where", "comment"),
                page=page,
                under=request.GET.get("under", ""),
                hidden=bool(request.GET.get("hidden")),
            )
    except ValueError as error:
        return complaint(error)
    return JsonResponse({"objects": [each.as_json() for each in found]})


@csrf_exempt
@require_http_methods(["GET", "POST"])
def switches_view(request: HttpRequest) -> JsonResponse:
    """/_sandbox/meta/switches: GET shows, POST {name: value} turns (see `sandbox.meta.switches`).

    {"unsubscribe": [page ids]} is an act: the pages' subscriptions vanish without a word.
    """
    try:
        with store().write() as db:
            wish = body_of(request) if request.method == "POST" else {}
            for page in wish.pop("unsubscribe", []):
                hooks.subscribe_page(db, str(page), [])
            turned = switches.turn(db, wish) if wish else switches.switches(db)
            if wish.keys() & {"usage", "usage_step"}:
                db.execute("delete from setting where key = 'meta_usage'")
            if wish.get("batch") is False:
                hooks.flush(db)
    except ValueError as error:
        return complaint(error)
    return JsonResponse(turned)


@csrf_exempt
@require_POST
def event(request: HttpRequest) -> JsonResponse:
    """POST {"page", "field", "value"} or {"page", "messaging"}: any body at all, signed, pushed.

    `page` may be an Instagram account's id. What nobody subscribed goes out all the same.
    """
    try:
        wish = body_of(request)
        account = str(wish.get("page") or accounts.PAGES[0].id)
        with store().write() as db:
            if "messaging" in wish:
                hooks.messaging(db, account, "messages", wish["messaging"], force=True)
            else:
                field = str(wish.get("field", ""))
                hooks.change(db, account, field, wish.get("value") or {}, force=True)
    except ValueError as error:
        return complaint(error)
    return JsonResponse({"ok": True})


@csrf_exempt
@require_POST
def flush(_request: HttpRequest) -> JsonResponse:
    """POST /_sandbox/meta/flush: what the switch `batch` collected goes out; {"events": n}."""
    with store().write() as db:
        return JsonResponse({"events": hooks.flush(db)})


@csrf_exempt
@require_POST
def upload(request: HttpRequest) -> JsonResponse:
    """POST the bytes of a file, its type as Content-Type, ?name=: {"url"} for an attachment."""
    with store().write() as db:
        kept = files.keep_file(
            db,
            mime=request.content_type or "application/octet-stream",
            name=request.GET.get("name", "lampiran"),
            body=request.body,
            base=request.build_absolute_uri("/").rstrip("/"),
        )
    return JsonResponse(kept, status=201)


@csrf_exempt
@require_POST
def privacy(request: HttpRequest) -> JsonResponse:
    """POST {"url", "user_id"?, "wrong"?}: the data-deletion or deauthorise callback (§3.5).

    Sends a signed_request there (signed wrongly with "wrong") and returns {"status", "body"}.
    """
    try:
        wish = body_of(request)
    except ValueError as error:
        return complaint(error)
    url = str(wish.get("url", ""))
    if not local(url):
        return complaint("url: hanya alamat di mesin ini")
    with store().write() as db:
        secret = accounts.app(db).secret + ("x" if wish.get("wrong") else "")
    claim = {
        "user_id": str(wish.get("user_id") or accounts.USER_ID),
        "algorithm": "HMAC-SHA256",
        "issued_at": int(clock.seconds()),
    }
    payload = _base64(json.dumps(claim).encode())
    mark = _base64(hmac.new(secret.encode(), payload.encode(), hashlib.sha256).digest())
    try:
        form = {"signed_request": f"{mark}.{payload}"}
        answer = httpx2.post(url, data=form, timeout=10, trust_env=False)
    except (httpx2.HTTPError, OSError) as error:
        return complaint(error, 502)
    return JsonResponse({"status": answer.status_code, "body": answer.text})


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _page(value: object) -> Page:
    """The page with this id (its own, or its Instagram account's), the first for none."""
    if not value:
        return accounts.PAGES[0]
    found = accounts.page_of(str(value))
    if found is None:
        raise ValueError(f"page: {', '.join(each.id for each in accounts.PAGES)}")
    return found


def _media(request: HttpRequest, value: object) -> tuple[dict[str, Any], ...]:
    """Attachments: a list of objects with type and url (null: none) or payload.

    Without either a small file of that type is made.
    """
    found = [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
    with store().write() as db:
        files.remember(db, request.build_absolute_uri("/").rstrip("/"))
        given: list[dict[str, Any]] = []
        for each in found:
            kind = str(each.get("type", "image"))
            given_whole = "url" in each or "payload" in each or kind not in media.MIME
            given += [{**each, "type": kind}] if given_whole else files.sample(db, kind)
    return tuple(given)


def clear(db: sqlite3.Connection) -> None:
    """Forgets what was written and every switch; keys, tokens and subscriptions stay."""
    for table in ("meta_object", "meta_message", "meta_person", "meta_file", "meta_batch"):
        db.execute(f"delete from {table}")  # noqa: S608 - names of ours
    db.execute("delete from setting where key in ('meta_switches', 'meta_usage', 'meta_fed')")
    seeds.plant(db)
