"""The direct message endpoints: user context only, 15 requests per 15 minutes (§2.2, §2.4)."""

import json
import sqlite3
from typing import Any

from django.http import HttpRequest

from sandbox.core import clock
from sandbox.core.store import store
from sandbox.x import accounts, dms, errors, limits, shapes, uploads
from sandbox.x.accounts import User
from sandbox.x.auth import Caller
from sandbox.x.dms import Dm
from sandbox.x.endpoint import READ, Answer, asked, endpoint, number, span_of, token
from sandbox.x.switches import switches

DM_READ = READ | {"dm.read"}
DM_WRITE = DM_READ | {"dm.write"}
A_DAY = 1440


@endpoint("GET /2/dm_events", user=15, scopes=DM_READ)
def every(request: HttpRequest, caller: Caller) -> Answer:
    """All messages of the account, newest first; no since_id."""
    return _listing(request, caller, None)


@endpoint("GET /2/dm_conversations/with/:participant_id/dm_events", user=15, scopes=DM_READ)
def with_one(request: HttpRequest, caller: Caller, participant_id: str) -> Answer:
    """The messages with one person."""
    assert caller.user is not None  # noqa: S101 - the endpoint refuses the app itself
    other = number(participant_id, "participant_id")
    return _listing(request, caller, dms.conversation(caller.user.id, other))


@endpoint("GET /2/dm_conversations/:id/dm_events", user=15, scopes=DM_READ)
def of_conversation(request: HttpRequest, caller: Caller, conversation_id: str) -> Answer:
    """The messages of one conversation."""
    return _listing(request, caller, conversation_id)


@endpoint("POST /2/dm_conversations/with/:participant_id/messages", user=15, scopes=DM_WRITE)
def send_to(request: HttpRequest, caller: Caller, participant_id: str) -> Answer:
    """A message to one person."""
    return _send(request, caller, number(participant_id, "participant_id"))


@endpoint("POST /2/dm_conversations/:id/messages", user=15, scopes=DM_WRITE)
def send_in(request: HttpRequest, caller: Caller, conversation_id: str) -> Answer:
    """A message into a conversation the account is part of."""
    assert caller.user is not None  # noqa: S101 - the endpoint refuses the app itself
    ids = [int(part) for part in conversation_id.split("-") if part.isdigit()]
    others = [each for each in ids if each != caller.user.id]
    if len(ids) != 2 or len(others) != 1 or dms.conversation(*ids) != conversation_id:
        raise errors.forbidden(errors.NOT_PERMITTED)
    return _send(request, caller, others[0])


def _send(request: HttpRequest, caller: Caller, other: int) -> Answer:
    assert caller.user is not None  # noqa: S101 - the endpoint refuses the app itself
    wish = _wish(request)
    day = limits.count("POST dm 24h", caller.key, A_DAY, window=limits.DAY_S)
    if day.spent:
        raise errors.too_many()
    with store().write() as db:
        recipient = accounts.by_id(db, other)
        if recipient is None:
            raise errors.not_found("user", "participant_id", str(other))
        closed = {name.lower() for name in switches(db)["dm_closed"]}
        if {"*", recipient.username.lower()} & closed:
            raise errors.forbidden(errors.DM_CLOSED)
        media = uploads.attached(db, caller.user, [each["media_id"] for each in wish[1]])
        dm = dms.send(
            db, sender=caller.user, recipient=recipient, text=wish[0], by="api", media=media
        )
    return 201, {"data": {"dm_conversation_id": dm.conversation, "dm_event_id": str(dm.id)}}


def _wish(request: HttpRequest) -> tuple[str, list[dict[str, Any]]]:
    """Text and attachments of the body; 400 for what is no message."""
    try:
        wish = json.loads(request.body)
    except ValueError:
        raise errors.invalid(
            "Requests with bodies must have content-type of application/json."
        ) from None
    if not isinstance(wish, dict):
        raise errors.invalid("$: is not an object")
    text, attached = wish.get("text", ""), wish.get("attachments", [])
    if not isinstance(text, str) or not isinstance(attached, list):
        raise errors.invalid("$.text: is not a string", text=str(text))
    if len(attached) > 1 or not all(
        isinstance(each, dict) and each.get("media_id") for each in attached
    ):
        raise errors.invalid("$.attachments: one item with media_id", attachments=str(attached))
    if not text.strip() and not attached:
        raise errors.invalid("One or more of the following fields is required: [text, attachments]")
    if len(text) > dms.LIMIT:
        raise errors.invalid(f"$.text: is longer than {dms.LIMIT}", text=text[:50])
    return text, attached


def _listing(request: HttpRequest, caller: Caller, conversation: str | None) -> Answer:
    assert caller.user is not None  # noqa: S101 - the endpoint refuses the app itself
    span = span_of(request, least=1, default=100)
    kinds = set(filter(None, request.GET.get("event_types", "").split(",")))
    if kinds and "MessageCreate" not in kinds:
        return 200, {"meta": {"result_count": 0}}
    with store().read() as db:
        found, more = dms.page(
            db,
            user=caller.user.id,
            conversation=conversation,
            before=span.before,
            limit=span.limit,
        )
        if not found:
            return 200, {"meta": {"result_count": 0}}
        fields = frozenset(filter(None, request.GET.get("dm_event.fields", "").split(",")))
        meta: dict[str, Any] = {"result_count": len(found)}
        if more:
            meta["next_token"] = token(found[-1].id)
        body = {"data": [_event(dm, fields | _implied(request)) for dm in found], "meta": meta}
        return 200, body | _includes(db, request, found)


def _implied(request: HttpRequest) -> frozenset[str]:
    """The fields that the expansions bring."""
    wanted = asked(request).expansions
    pairs = {"sender_id": "sender_id", "attachments.media_keys": "attachments"}
    return frozenset(field for expansion, field in pairs.items() if expansion in wanted)


def _event(dm: Dm, fields: frozenset[str]) -> dict[str, Any]:
    more: dict[str, Any] = {
        "created_at": clock.stamp(dm.at),
        "sender_id": str(dm.sender),
        "dm_conversation_id": dm.conversation,
        "attachments": {"media_keys": [each.get("media_key", "") for each in dm.media]},
    }
    if not dm.media:
        del more["attachments"]
    event = {"id": str(dm.id), "event_type": "MessageCreate", "text": dm.text}
    return event | {key: value for key, value in more.items() if key in fields}


def _includes(db: sqlite3.Connection, request: HttpRequest, found: list[Dm]) -> dict[str, Any]:
    wish = asked(request)
    shape: dict[str, Any] = {}
    if "sender_id" in wish.expansions:
        people: list[User] = [
            person
            for each in dict.fromkeys(dm.sender for dm in found)
            if (person := accounts.by_id(db, each))
        ]
        shape["users"] = [shapes.user(person, wish.user) for person in people]
    if "attachments.media_keys" in wish.expansions:
        shape["media"] = [each for dm in found for each in dm.media]
    filled = {key: value for key, value in shape.items() if value}
    return {"includes": filled} if filled else {}
