"""The control endpoints that no platform has: `/_sandbox/…`, for the demo and the tests."""

import json
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sandbox.core import faults, ledger, push, rooms
from sandbox.core.courier import courier
from sandbox.core.narrator import Narrator
from sandbox.core.store import store

_narrator: dict[str, Narrator] = {}


def use(narrator: Narrator) -> None:
    """Names the narrator that these endpoints steer."""
    _narrator["it"] = narrator


def body_of(request: HttpRequest) -> dict[str, Any]:
    """The JSON object in the body, {} for an empty one; ValueError for anything else."""
    found = json.loads(request.body or b"{}")
    if not isinstance(found, dict):
        message = "isi permintaan harus objek JSON"
        raise ValueError(message)  # noqa: TRY004 - told apart from nothing else
    return found


def complaint(error: object, status: int = 400) -> JsonResponse:
    """A refusal of the control endpoints, in one sentence."""
    return JsonResponse({"error": str(error)}, status=status)


@require_GET
def health(_request: HttpRequest) -> JsonResponse:
    """GET /_sandbox/health: alive, and its store answers."""
    with store().read() as db:
        db.execute("select 1")
    return JsonResponse({"ok": True})


@require_GET
def ledger_view(request: HttpRequest) -> JsonResponse:
    """GET /_sandbox/ledger?platform=x&since=N&limit=…: accepted writes, oldest first."""
    try:
        since = int(request.GET.get("since") or 0)
        limit = int(request.GET.get("limit") or 100_000)
    except ValueError as error:
        return complaint(error)
    with store().read() as db:
        found = ledger.entries(db, platform=request.GET.get("platform"), since=since, limit=limit)
    return JsonResponse({"entries": found})


@csrf_exempt
@require_http_methods(["GET", "POST", "DELETE"])
def faults_view(request: HttpRequest) -> JsonResponse:
    """/_sandbox/faults: GET lists, POST lays one, DELETE takes all away."""
    if request.method == "DELETE":
        faults.clear()
    if request.method == "POST":
        try:
            faults.plant(body_of(request))
        except ValueError as error:
            return complaint(error)
    return JsonResponse({"faults": faults.listing(), "kinds": faults.KINDS})


@csrf_exempt
@require_http_methods(["GET", "POST"])
def stories_view(request: HttpRequest) -> JsonResponse:
    """/_sandbox/stories: POST {"every": seconds, 0 stops} and/or {"tell": how many, now}."""
    narrator = _narrator["it"]
    ids: list[str] = []
    if request.method == "POST":
        try:
            wish = body_of(request)
            if "every" in wish:
                narrator.pace(max(0.0, float(wish["every"])))
            ids = narrator.tell(min(int(wish.get("tell", 0)), 1000))
        except (ValueError, TypeError) as error:
            return complaint(error)
    return JsonResponse({**narrator.told(), "ids": ids})


@csrf_exempt
@require_http_methods(["GET", "POST"])
def feed_view(request: HttpRequest) -> JsonResponse:
    """GET /_sandbox/feed: {"rows", "posted", "done"}. POST {"hold": bool} stops it or lets it go on."""
    if request.method == "POST":
        try:
            _narrator["it"].held = bool(body_of(request).get("hold"))
        except ValueError as error:
            return complaint(error)
    return JsonResponse(_narrator["it"].fed())


@csrf_exempt
@require_POST
def reset(_request: HttpRequest) -> JsonResponse:
    """POST /_sandbox/reset: an empty timeline, ledger and fault board; keys and subscriptions stay."""
    faults.clear()
    with store().write() as db:
        db.execute("delete from ledger")
        db.execute("delete from due")
        push.clear(db)
        db.execute("delete from setting where key = 'stories_told' or key like 'feed:%'")
        for room in rooms.rooms():
            room.reset(db)
    courier.idle(2.0)  # what was under way belongs to the time before
    return JsonResponse({"ok": True})
