"""The door of the Graph API: whose call it is, what is left of the budget, and to whom it goes."""

import sqlite3
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from sandbox.core.store import store
from sandbox.meta import connect, errors, facebook, files, instagram, messenger, usage
from sandbox.meta.call import Answer, Call, Node, authenticate, read, resolve
from sandbox.meta.errors import GraphError
from sandbox.meta.objects import CannotWrite
from sandbox.meta.switches import switches

type Handler = Callable[[sqlite3.Connection, Call, Node], Answer]

ROUTES: dict[tuple[str, str, str], Handler] = {
    **connect.ROUTES,
    **facebook.ROUTES,
    **messenger.ROUTES,
    **instagram.ROUTES,
}
METHODS = ("GET", "POST", "DELETE")


@csrf_exempt
def graph(request: HttpRequest, version: str, rest: str) -> HttpResponse:
    """Any path of the API: /vNN.N/…"""
    path = rest.strip("/")
    if path == "dialog/oauth" and request.method == "GET":
        return connect.dialog(request)
    headers: dict[str, str] = {}
    try:
        if request.method not in METHODS:
            raise errors.bad(f"Unsupported {request.method} request")
        call = read(request, version)
        # Graph lets a GET or POST stand for another method
        call.method = call.text("method").upper() or call.method
        status, body = _answer(call, path, headers)
    except GraphError as refused:
        status, body = refused.status, refused.body
    except CannotWrite as refused:
        status, body = 400, errors.bad(str(refused)).body
    response = JsonResponse(body, status=status)
    response["facebook-api-version"] = version
    if body.get("error", {}).get("code") == 190:
        message = body["error"]["message"]
        response["WWW-Authenticate"] = f'OAuth "Facebook Platform" "invalid_token" "{message}"'
    for name, value in headers.items():
        response[name] = value
    return response


def _answer(call: Call, path: str, headers: dict[str, str]) -> Answer:
    """Status and body; usage headers are put into `headers`. GraphError for a refusal."""
    if path == "oauth/access_token":
        with store().write() as db:
            return connect.access_token(db, call)
    name, _slash, edge = path.partition("/")
    with store().write() as db:
        files.remember(db, call.base)
        call.token = authenticate(db, call)
        node = None if path == "debug_token" else resolve(db, call, name)
        case = usage.use_case(edge, node.kind if node else "")
        spent, refused = usage.count(db, call.token, case)
    headers |= spent
    if refused is not None:
        raise refused
    if node is None:
        with store().read() as db:
            return connect.debug_token(db, call)
    if (call.method, node.kind, edge) == ("POST", "app", "subscriptions"):
        return connect.write_subscriptions(call)
    handler = ROUTES.get((call.method, node.kind, edge))
    if handler is None:
        raise errors.unknown_path(edge) if edge else errors.gone(name, call.method)
    return _handled(handler, call, node, edge)


def _handled(handler: Handler, call: Call, node: Node, edge: str) -> Answer:
    """One transaction for the handler; attachments are taken before, an echo may race after."""
    if call.method == "POST" and edge in ("messages", "comments"):
        files.gather(call, edge)
    with store().write() as db:
        # again: the node may have gone while the attachment came
        status, body = handler(db, call, resolve(db, call, node.id))
        turned = switches(db)
    if turned["echo_first"] and call.method == "POST":
        time.sleep(float(turned["echo_hold"]))
    return status, body
