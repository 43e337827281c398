"""Further control endpoints of the X room: messages, handshakes, withdrawn access."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from sandbox.core import clock
from sandbox.core.control import body_of, complaint
from sandbox.core.store import store
from sandbox.x import accounts, activity, dms, grants, hook_api, hooks, uploads


@csrf_exempt
@require_http_methods(["GET", "POST"])
def dm(request: HttpRequest) -> JsonResponse:
    """GET: all messages, newest first. POST: a message by a citizen or in X's own app.

    POST {"as": "citizen" | "native", "username", "name"?, "text", "account"?, "media"?}.
    """
    try:
        if request.method == "GET":
            return _listing(request)
        wish = body_of(request)
        base = f"{request.scheme}://{request.get_host()}"
        with store().write() as db:
            media = uploads.sent_along(db, wish.get("media"), base=base)
            written = dms.write(db, wish, media)
            citizen = accounts.by_name(db, str(wish.get("username", "")).strip().lstrip("@"))
    except ValueError as error:
        return complaint(error)
    return JsonResponse(
        {
            "id": str(written.id),
            "conversation": written.conversation,
            "user_id": str(citizen.id) if citizen else "",
        },
        status=201,
    )


@csrf_exempt
@require_POST
def crc(_request: HttpRequest) -> JsonResponse:
    """POST: challenges every webhook now, as X does every day; {"valid": {id: bool}}."""
    with store().read() as db:
        found = hooks.webhooks(db)
    return JsonResponse(
        {"valid": {str(each.id): hook_api.challenge(each, patient=True) for each in found}}
    )


@csrf_exempt
@require_POST
def revoke(request: HttpRequest) -> JsonResponse:
    """POST {"account"}: it withdraws the application's OAuth 2.0 access; oauth.revoke goes out."""
    try:
        wish = body_of(request)
        with store().write() as db:
            user = accounts.by_name(db, str(wish.get("account", "")).lstrip("@"))
            if user is None or not user.institution:
                return complaint("account: bukan akun institusi")
            grants.revoke_all(db, user.id)
            activity.on_revoke(db, user)
    except ValueError as error:
        return complaint(error)
    return JsonResponse({"revoked": True})


def _listing(request: HttpRequest) -> JsonResponse:
    limit = min(int(request.GET.get("limit") or 100), 5000)
    with store().read() as db:
        rows = db.execute("select * from x_dm order by id desc limit ?", (limit,)).fetchall()
        found = []
        for each in map(dms.of_row, rows):
            sender = accounts.by_id(db, each.sender)
            found.append(
                {
                    "id": str(each.id),
                    "conversation": each.conversation,
                    "sender": sender.username if sender else "",
                    "text": each.text,
                    "media": list(each.media),
                    "at": clock.stamp(each.at),
                    "by": each.by,
                }
            )
    return JsonResponse({"messages": found})
