"""Connecting: the log-in dialogue, tokens, pages, subscriptions (platforms.md §3.1, §3.2)."""

import json
import secrets
import sqlite3
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx2
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from sandbox.core import clock
from sandbox.core.courier import local
from sandbox.core.store import store
from sandbox.meta import accounts, errors, fields, hooks, shapes, tokens
from sandbox.meta.accounts import Page
from sandbox.meta.call import Answer, Call, Node
from sandbox.meta.errors import GraphError
from sandbox.meta.tokens import Token

TASKS = ["PROFILE_PLUS_FULL_CONTROL", "ADVERTISE", "ANALYZE", "CREATE_CONTENT", "MESSAGING"]
TASKS += ["MODERATE", "MANAGE"]
ACCOUNT_FIELDS = "access_token,category,name,id,tasks"
HANDSHAKE_S = 5.0


def dialog(request: HttpRequest) -> HttpResponse:
    """GET /vNN/dialog/oauth: a page with two ways back, with a code or with a refusal."""
    redirect, state = request.GET.get("redirect_uri", ""), request.GET.get("state", "")
    parts = urlsplit(redirect)
    problem = ""
    if request.GET.get("client_id") != accounts.APP_ID:
        problem = "Aplikasi dengan client_id itu tidak dikenal."
    elif parts.scheme not in ("http", "https") or not parts.netloc:
        problem = "Alamat kembali (redirect_uri) tidak sah."
    if problem:
        return render(request, "sandbox/meta_dialog.html", {"problem": problem}, status=400)
    asked = [each for each in request.GET.get("scope", "").replace(" ", ",").split(",") if each]
    wanted = [each for each in tokens.SCOPES if not asked or each in [*asked, "public_profile"]]
    with store().write() as db:
        code = tokens.make_code(db, redirect=redirect, scopes=wanted)
    refusal = {
        "error": "access_denied",
        "error_code": "200",
        "error_description": "Permissions error",
        "error_reason": "user_denied",
    }
    glue = "&" if parts.query else "?"
    context: dict[str, Any] = {
        "app": accounts.APP_NAME,
        "user": accounts.USER_NAME,
        "pages": accounts.PAGES,
        "scopes": wanted,
        "yes": f"{redirect}{glue}{urlencode({'code': code, 'state': state})}",
        "no": f"{redirect}{glue}{urlencode({**refusal, 'state': state})}",
    }
    return render(request, "sandbox/meta_dialog.html", context)


def access_token(db: sqlite3.Connection, call: Call) -> Answer:
    """/oauth/access_token: a code for a short token, a short for a long one, or the app's own."""
    app = accounts.app(db)
    if call.text("client_id") != app.id:
        raise GraphError("Error validating application. Invalid application ID.", 101)
    if call.text("client_secret") != app.secret:
        raise GraphError("Error validating client secret.", 1)
    grant = call.text("grant_type")
    if grant == "client_credentials":
        return 200, {"access_token": f"{app.id}|{app.secret}", "token_type": "bearer"}
    if grant == "fb_exchange_token":
        short = tokens.look_up(db, call.text("fb_exchange_token"))
        refused = tokens.problem(db, short)
        if refused is not None:
            raise refused
        long = _extended(db, short)
        return 200, {
            "access_token": long.token,
            "token_type": "bearer",
            "expires_in": tokens.LONG_S,
        }
    if not call.text("code"):
        raise GraphError("Missing required parameter: code", 1)
    given = tokens.spend_code(db, code=call.text("code"), redirect=call.text("redirect_uri"))
    return 200, {
        "access_token": given.token,
        "token_type": "bearer",
        "expires_in": tokens.SHORT_S,
    }


def _extended(db: sqlite3.Connection, short: Token) -> Token:
    if short.kind != "user":
        raise errors.bad("Only a user access token can be exchanged")
    return tokens.issue(
        db,
        kind="user",
        subject=short.subject,
        scopes=short.scopes,
        expires=clock.seconds() + tokens.LONG_S,
        parent=short.token,
    )


def debug_token(db: sqlite3.Connection, call: Call) -> Answer:
    """/debug_token?input_token=…: by the app, or by a person of the app."""
    if not call.text("input_token"):
        raise errors.bad("The parameter input_token is required")
    if call.token is None or call.token.kind == "page":
        raise GraphError(
            "(#100) You must provide an app access token, or a user access token that is an owner"
            " or developer of the app",
            100,
        )
    return 200, {"data": tokens.debug(db, call.text("input_token"))}


def read_user(db: sqlite3.Connection, call: Call, node: Node) -> Answer:
    """GET /me with a user's token."""
    _own_user(call)
    full = {"id": node.id, "name": accounts.USER_NAME, "email": None}
    return 200, fields.project(full, fields.parse(call.text("fields"), "id,name"), "User")


def read_permissions(db: sqlite3.Connection, call: Call, _node: Node) -> Answer:
    """GET /me/permissions."""
    token = _own_user(call)
    granted = tokens.granted(db, token)
    return 200, {
        "data": [
            {"permission": each, "status": "granted" if each in granted else "declined"}
            for each in token.scopes
        ]
    }


def read_pages(db: sqlite3.Connection, call: Call, _node: Node) -> Answer:
    """GET /me/accounts: the pages the user may act for, each with a token of its own."""
    token = _own_user(call)
    if "pages_show_list" not in tokens.granted(db, token):
        return 200, {"data": []}
    wanted = fields.parse(call.text("fields"), ACCOUNT_FIELDS)
    data = [fields.project(_page(db, token, page), wanted, "Page") for page in accounts.PAGES]
    return 200, {"data": data, "paging": {"cursors": {"before": "QVFI0", "after": "QVFI1"}}}


def _own_user(call: Call) -> Token:
    if call.token is None or call.token.kind != "user":
        raise GraphError(
            "An active access token must be used to query information about the current user.", 2500
        )
    return call.token


def read_page(db: sqlite3.Connection, call: Call, node: Node) -> Answer:
    """GET /{page}, or /me with a page's token."""
    token = call.token
    if token is None or token.kind == "app" or (token.kind == "page" and call.page.id != node.id):
        raise errors.gone(node.id, call.method)
    wanted = fields.parse(call.text("fields"), "id,name")
    return 200, fields.project(_page(db, token, node.value), wanted, "Page")


def _page(db: sqlite3.Connection, token: Token, page: Page) -> shapes.Full:
    def own_token(_field: fields.Field) -> str:
        return token.token if token.kind == "page" else tokens.page_token(db, token, page).token

    linked = "instagram_basic" in tokens.granted(db, token)
    instagram = {"id": page.ig_id, "username": page.ig_username, "name": page.name}

    def account(field: fields.Field) -> dict[str, Any] | None:
        chosen = field.sub or fields.parse("id")
        return fields.project(dict(instagram), chosen, "IGUser") if linked else None

    return {
        "id": page.id,
        "name": page.name,
        "category": "Government Organization",
        "access_token": own_token,
        "tasks": TASKS,
        "link": f"https://www.facebook.com/{page.id}",
        "username": None,
        "picture": None,
        "fan_count": 0,
        "instagram_business_account": account,
        "connected_instagram_account": account,
    }


def read_subscribed(db: sqlite3.Connection, call: Call, node: Node) -> Answer:
    """GET /{page}/subscribed_apps: empty after a silent unsubscribe."""
    _manage(db, call, node)
    chosen = hooks.page_fields(db, node.id)
    app = {"link": "", "name": accounts.APP_NAME, "id": accounts.APP_ID, "category": "Utilities"}
    return 200, {"data": [{**app, "subscribed_fields": chosen}] if chosen else []}


def write_subscribed(db: sqlite3.Connection, call: Call, node: Node) -> Answer:
    """POST /{page}/subscribed_apps?subscribed_fields=…"""
    _manage(db, call, node)
    chosen = _listed(call, "subscribed_fields")
    if not chosen:
        raise errors.bad("The parameter subscribed_fields is required")
    for place, each in enumerate(chosen):
        if each not in hooks.PAGE_FIELDS:
            raise errors.bad(
                f"Param subscribed_fields[{place}] must be one of"
                f" {{{', '.join(sorted(hooks.PAGE_FIELDS))}}} - got {each[:40]!r}"
            )
    if any(each.startswith("messag") for each in chosen):
        call.require(db, "pages_messaging", 200)
    hooks.subscribe_page(db, node.id, chosen)
    return 200, {"success": True}


def drop_subscribed(db: sqlite3.Connection, call: Call, node: Node) -> Answer:
    """DELETE /{page}/subscribed_apps."""
    if call.token is not None and call.token.kind != "app":
        _manage(db, call, node)
    hooks.subscribe_page(db, node.id, [])
    return 200, {"success": True}


def _manage(db: sqlite3.Connection, call: Call, node: Node) -> None:
    if call.page.id != node.id:
        raise errors.gone(node.id, call.method)
    call.require(db, "pages_manage_metadata", 200)


def _listed(call: Call, name: str) -> list[str]:
    """A list that came as JSON, or as one text with commas."""
    value = call.params.get(name) or []
    if isinstance(value, str):
        value = json.loads(value) if value.startswith("[") else value.split(",")
    return list(dict.fromkeys(str(each).strip() for each in value if str(each).strip()))


def _as_app(call: Call) -> None:
    if call.token is None or call.token.kind != "app":
        raise GraphError("(#15) This method must be called with an app access_token.", 15)


def read_subscriptions(db: sqlite3.Connection, call: Call, _node: Node) -> Answer:
    """GET /{app}/subscriptions."""
    _as_app(call)
    return 200, {
        "data": [
            {
                "object": row["object"],
                "callback_url": row["url"],
                "active": True,
                "fields": [
                    {"name": each, "version": call.version} for each in json.loads(row["fields"])
                ],
            }
            for row in hooks.subscriptions(db)
        ]
    }


def drop_subscriptions(db: sqlite3.Connection, call: Call, _node: Node) -> Answer:
    """DELETE /{app}/subscriptions[?object=]."""
    _as_app(call)
    hooks.unsubscribe_app(db, call.text("object") or None)
    return 200, {"success": True}


def write_subscriptions(call: Call) -> Answer:
    """POST /{app}/subscriptions: first the handshake, outside any transaction, then the row."""
    _as_app(call)
    obj, url, word = call.text("object"), call.text("callback_url"), call.text("verify_token")
    if obj not in ("page", "instagram"):
        raise errors.bad("Param object must be one of {page, instagram}")
    if not url or not word:
        raise errors.bad("The parameters callback_url and verify_token are required")
    chosen = _listed(call, "fields")
    known = hooks.PAGE_FIELDS if obj == "page" else hooks.INSTAGRAM_FIELDS
    for place, each in enumerate(chosen):
        if each not in known:
            raise errors.bad(f"Param fields[{place}] must be one of {{{', '.join(sorted(known))}}}")
    problem = handshake(url, word)
    if problem:
        raise GraphError(
            "(#2200) Callback verification failed with the following errors:"
            f" {problem} object={obj}",
            2200,
        )
    with store().write() as db:
        hooks.subscribe_app(db, obj=obj, url=url, verify_token=word, fields=chosen)
    return 200, {"success": True}


def handshake(url: str, verify_token: str) -> str:
    """Asks the callback for the challenge; "" when it came back, else what is wrong."""
    if not local(url):
        return "The URL is not on this machine or in its network;"
    challenge = str(secrets.randbelow(2_000_000_000))
    query = {"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": verify_token}
    glue = "&" if urlsplit(url).query else "?"
    try:
        answer = httpx2.get(f"{url}{glue}{urlencode(query)}", timeout=HANDSHAKE_S, trust_env=False)
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
        return f"curl_errmsg = {type(error).__name__}; HTTP Status Code = 0;"
    if answer.status_code != 200:
        code, reason = answer.status_code, answer.reason_phrase
        return f"HTTP Status Code = {code}; HTTP Message = {reason};"
    return "" if answer.text == challenge else "the challenge did not come back;"


ROUTES = {
    ("GET", "user", ""): read_user,
    ("GET", "user", "accounts"): read_pages,
    ("GET", "user", "permissions"): read_permissions,
    ("GET", "page", ""): read_page,
    ("GET", "page", "subscribed_apps"): read_subscribed,
    ("POST", "page", "subscribed_apps"): write_subscribed,
    ("DELETE", "page", "subscribed_apps"): drop_subscribed,
    ("GET", "app", "subscriptions"): read_subscriptions,
    ("DELETE", "app", "subscriptions"): drop_subscriptions,
}
