"""Webhooks: verify, store, answer (platforms.md §0.3). Nothing else happens in the request."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from inbox import hooks

MOST = 8 * 1024 * 1024  # bytes; Meta puts up to 1,000 updates into one body


@csrf_exempt
@require_http_methods(["GET", "POST"])
def hook(request: HttpRequest, family: str, key: str) -> HttpResponse:
    """GET: the platform's handshake. POST: a body; 200 once it is stored, 401 for a bad signature."""
    app = hooks.find(family, key)
    if app is None:
        raise Http404
    if request.method == "GET":
        answer = hooks.shake_hands(app, request.GET)
        if answer is None:
            return HttpResponse(status=403)
        return HttpResponse(answer[1], content_type=answer[0])
    body = request.body
    if len(body) > MOST:
        return HttpResponse(status=413)
    headers = {name.lower(): value for name, value in request.headers.items()}
    return HttpResponse(status=200 if hooks.take(app, body, headers) else 401)
