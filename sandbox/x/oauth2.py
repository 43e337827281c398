"""OAuth 2.0 with PKCE: the page where an account allows the application, and the tokens (§2.1)."""

import base64
import binascii
import hmac
import sqlite3
from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from sandbox.core.store import store
from sandbox.x import accounts, grants
from sandbox.x.switches import switches

WORDS = {
    "tweet.read": _("membaca tulisan"),
    "tweet.write": _("menulis dan menghapus tulisan"),
    "tweet.moderate.write": _("menyembunyikan balasan"),
    "users.read": _("melihat nama dan profil akun"),
    "dm.read": _("membaca pesan langsung"),
    "dm.write": _("mengirim pesan langsung"),
    "media.write": _("mengunggah gambar"),
    "offline.access": _("tetap terhubung tanpa masuk lagi"),
}


@require_GET
def authorize(request: HttpRequest) -> HttpResponse:
    """GET /i/oauth2/authorize: who may be allowed; with `allow=handle` or `deny=1` the redirect.

    A link, not a form: the page's policy lets forms go to its own address only, redirects included.
    """
    asked = request.GET
    scopes = asked.get("scope", "").split()
    target = asked.get("redirect_uri", "")
    with store().write() as db:
        known = hmac.compare_digest(asked.get("client_id", ""), accounts.found(db).client_id)
        whole = known and asked.get("response_type") == "code" and asked.get("code_challenge")
        if not whole or not urlsplit(target).scheme or not set(scopes) <= grants.SCOPES:
            return render(request, "sandbox/x_authorize.html", {"problem": True}, status=400)
        people = accounts.institutions(db)
        if asked.get("deny"):
            return _back(target, error="access_denied", state=asked.get("state", ""))
        chosen = accounts.by_name(db, asked.get("allow", ""))
        if chosen is not None and chosen.institution:
            code = grants.code(
                db,
                user=chosen.id,
                scopes=" ".join(scopes),
                redirect_uri=target,
                challenge=asked["code_challenge"],
                method=asked.get("code_challenge_method", "plain"),
            )
            return _back(target, state=asked.get("state", ""), code=code)
    wanted = [WORDS.get(scope, scope) for scope in scopes]
    context = {"people": people, "scopes": wanted, "query": request.GET.urlencode()}
    return render(request, "sandbox/x_authorize.html", context)


@csrf_exempt
@require_POST
def token(request: HttpRequest) -> HttpResponse:
    """POST /2/oauth2/token: authorization_code with its verifier, or refresh_token."""
    if not _client(request):
        return _refusal(401, "unauthorized_client", "Missing valid authorization header")
    with store().write() as db:
        try:
            grant = _grant(db, request)
        except grants.Refused as refused:  # caught inside: a code that was tried is spent
            return _refusal(400, "invalid_request", str(refused))
    if grant is None:
        words = "Missing required parameter [grant_type]."
        return _refusal(400, "unsupported_grant_type", words)
    answer = {
        "token_type": "bearer",
        "expires_in": grants.ACCESS_LIFE_S,
        "access_token": grant.access_token,
        "scope": " ".join(sorted(grant.scopes)),
    }
    if grant.refresh_token:
        answer["refresh_token"] = grant.refresh_token
    return JsonResponse(answer)


def _grant(db: sqlite3.Connection, request: HttpRequest) -> grants.Grant | None:
    """The pair of tokens for a code or a refresh token; None for another grant type."""
    kind = request.POST.get("grant_type")
    if kind == "authorization_code":
        return grants.redeem(
            db,
            value=request.POST.get("code", ""),
            redirect_uri=request.POST.get("redirect_uri", ""),
            verifier=request.POST.get("code_verifier", ""),
        )
    if kind == "refresh_token":
        dead = {name.lower() for name in switches(db)["dead"]}
        users = accounts.institutions(db)
        return grants.refresh(
            db,
            request.POST.get("refresh_token", ""),
            {user.id for user in users if user.username.lower() in dead},
        )
    return None


@csrf_exempt
@require_POST
def revoke(request: HttpRequest) -> HttpResponse:
    """POST /2/oauth2/revoke {"token"}: ends the pair."""
    if not _client(request):
        return _refusal(401, "unauthorized_client", "Missing valid authorization header")
    with store().write() as db:
        grants.revoke(db, request.POST.get("token", ""))
    return JsonResponse({"revoked": True})


def _client(request: HttpRequest) -> bool:
    """Is this the application, by HTTP Basic? It is a confidential client."""
    header = request.headers.get("Authorization", "")
    if not header.startswith("Basic "):
        return False
    try:
        given = base64.b64decode(header.removeprefix("Basic "), validate=True)
    except binascii.Error:
        return False
    with store().read() as db:
        keys = accounts.found(db)
    return hmac.compare_digest(given, f"{keys.client_id}:{keys.client_secret}".encode())


def _back(target: str, **parameters: str) -> HttpResponse:
    joint = "&" if urlsplit(target).query else "?"
    return HttpResponseRedirect(f"{target}{joint}{urlencode(parameters)}")


def _refusal(status: int, error: str, words: str) -> HttpResponse:
    return JsonResponse({"error": error, "error_description": words}, status=status)
