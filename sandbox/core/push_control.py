"""Control endpoints of the webhook engine: `/_sandbox/push…`."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from sandbox.core import push, push_modes
from sandbox.core.control import body_of, complaint
from sandbox.core.courier import courier
from sandbox.core.store import store

WITHIN_S = 300.0


@csrf_exempt
@require_http_methods(["GET", "POST", "DELETE"])
def push_view(request: HttpRequest) -> JsonResponse:
    """GET ?since=N&room=&limit=: deliveries. POST {mode: value} disturbs. DELETE forgets all.

    DELETE takes the subscriptions away too; a reset leaves them.
    """
    try:
        since = int(request.GET.get("since") or 0)
        limit = int(request.GET.get("limit") or 100_000)
        wish = body_of(request) if request.method == "POST" else {}
        with store().write() as db:
            if request.method == "DELETE":
                push.forget(db)
            turned = push_modes.turn(db, wish) if wish else push_modes.modes(db)
            found = (
                push.listing(db, since=since, room=request.GET.get("room"), limit=limit)
                if request.method == "GET"
                else []
            )
    except ValueError as error:
        return complaint(error)
    courier.wake()
    return JsonResponse({"deliveries": found, "modes": turned})


@csrf_exempt
@require_POST
def flush(request: HttpRequest) -> JsonResponse:
    """POST {"within"?: seconds}: delivers what is held or waits, answers when done with counts."""
    try:
        within = float(body_of(request).get("within", 30))
    except (ValueError, TypeError) as error:
        return complaint(error)
    return JsonResponse(push.flush(within))


@csrf_exempt
@require_POST
def again(request: HttpRequest) -> JsonResponse:
    """POST {"times", "shuffle", "seed", "since", "room"?}: all so far, that many times again."""
    try:
        wish = body_of(request)
        counts = push.again(
            times=min(int(wish.get("times", 1)), 1000),
            shuffle=bool(wish.get("shuffle", False)),
            seed=wish.get("seed", 1),
            since=int(wish.get("since", 0)),
            room=wish.get("room"),
            within=min(float(wish.get("within", WITHIN_S)), WITHIN_S),
        )
    except (ValueError, TypeError) as error:
        return complaint(error)
    return JsonResponse(counts)
