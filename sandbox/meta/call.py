"""One call of the Graph API: its parameters, whose token it carries, and which node it names."""

import hashlib
import hmac
import json
import sqlite3
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest

from sandbox.meta import accounts, errors, messages, objects, tokens
from sandbox.meta.accounts import Page
from sandbox.meta.fields import Field, listed
from sandbox.meta.switches import switches
from sandbox.meta.tokens import Token

type Answer = tuple[int, dict[str, Any]]


@dataclass(slots=True)
class Call:
    """What a client asks. `params` joins query and body; `base` is this host, without a slash."""

    request: HttpRequest
    method: str
    version: str
    params: dict[str, Any]
    base: str
    token: Token | None = None
    #: attachments taken from their addresses or from the request, before the transaction
    fetched: dict[str, dict[str, Any]] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """A parameter as text, "" without it."""
        value = self.params.get(name)
        return "" if value is None else str(value)

    def flag(self, name: str) -> bool | None:
        """A true or false parameter, None without it."""
        value = self.text(name).lower()
        return value in ("1", "true") if value else None

    def object(self, name: str) -> dict[str, Any]:
        """A parameter that holds an object, sent as JSON or as a JSON text; {} without it."""
        value = self.params.get(name)
        if isinstance(value, str) and value:
            try:
                value = json.loads(value)
            except ValueError:
                value = None
        if value in (None, "") and not self.params.get(name):
            return {}
        if not isinstance(value, dict):
            raise errors.bad(f"param {name} must be a JSON object")
        return value

    def address(self, path: str) -> str:
        """The absolute address of a path of this API version."""
        return f"{self.base}/{self.version}/{path}"

    @property
    def page(self) -> Page:
        """The page whose token this is; GraphError for any other token."""
        found = accounts.page(self.token.subject) if self.token else None
        if found is None or self.token is None or self.token.kind != "page":
            raise errors.needs_page_token()
        return found

    def nested(self, field: Field) -> dict[str, Any]:
        """The parameters of a list inside another: its own modifiers and fields, our token."""
        own = {"fields": listed(field.sub)} if field.sub else {}
        return {"access_token": self.text("access_token"), **own, **field.args}

    def require(self, db: sqlite3.Connection, permission: str, code: int) -> None:
        """GraphError with this code unless the token carries the permission."""
        if self.token is None or permission not in tokens.granted(db, self.token):
            raise errors.no_permission(permission, code)


@dataclass(frozen=True, slots=True)
class Node:
    """What an id in a path names: kind, id, and the thing itself where it is kept."""

    kind: str
    id: str
    value: Any = None


def read(request: HttpRequest, version: str) -> Call:
    """The call in a request; GraphError 100 for a body that cannot be read."""
    params: dict[str, Any] = dict(request.GET.items())
    if (request.content_type or "").startswith("application/json"):
        try:
            body = json.loads(request.body or b"{}")
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise errors.bad("The request body is not a JSON object")
        params |= body
    elif request.method == "POST":
        params |= dict(request.POST.items())
    header = request.headers.get("Authorization", "")
    if header.startswith("Bearer ") and not params.get("access_token"):
        params["access_token"] = header.removeprefix("Bearer ").strip()
    base = request.build_absolute_uri("/").rstrip("/")
    return Call(request, str(request.method), version, params, base)


def authenticate(db: sqlite3.Connection, call: Call) -> Token:
    """Whose token this is; GraphError for none, an unknown or a dead one, or a wrong proof."""
    text = call.text("access_token")
    if not text:
        raise errors.token_missing()
    token = tokens.look_up(db, text)
    refused = tokens.problem(db, token)
    if refused is not None:
        raise refused
    proof = call.text("appsecret_proof")
    secret = accounts.app(db).secret.encode()
    right = hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()
    if proof and not hmac.compare_digest(proof.encode(), right.encode()):
        raise errors.proof("Invalid appsecret_proof provided in the API argument")
    if not proof and switches(db)["require_proof"] and token.kind != "app":
        raise errors.proof("API calls from the server require an appsecret_proof argument")
    return token


def resolve(db: sqlite3.Connection, call: Call, name: str) -> Node:
    """What `name` stands for; GraphError 100/33 when nothing of ours has that id."""
    if name == "me":
        name = call.token.subject if call.token else ""
    page = accounts.page_of(name)
    if page is not None:
        return Node("page" if name == page.id else "ig", name, page)
    if name == accounts.APP_ID:
        return Node("app", name)
    if name == accounts.USER_ID:
        return Node("user", name)
    found = objects.living(db, name)
    if found is not None:
        return Node(found.kind, name, found)
    person = accounts.person(db, name.removeprefix("t_"))
    if person is not None:
        return Node("conversation" if name.startswith("t_") else "person", name, person)
    message = messages.get(db, name)
    if message is not None and message.deleted is None:
        return Node("message", name, message)
    raise errors.gone(name, call.method)
