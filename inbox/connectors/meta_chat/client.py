"""Chats over Graph: sending, polling, reading back, names (platforms.md §5, §6.2).

`node` is whose /messages and /conversations they are: the Page's id, for Instagram too (or "me").
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import httpx2

from inbox.connectors.base import (
    FetchFailed,
    Incoming,
    Outcome,
    Outgoing,
    OwnReply,
    Picture,
    RawPage,
    SendResult,
    Wanted,
)
from inbox.connectors.meta.graph import Answer, Graph, GraphError
from inbox.connectors.meta.outcome import Kind, classify_write, kind_of, read_failure
from inbox.connectors.meta.values import known_moment, mapping, rows
from inbox.connectors.meta_chat import Style, parse
from inbox.connectors.meta_chat.ways import LATE, PRIVATE_REPLY, choose_call

OVERLAP = 300  # seconds that are read again: lists lag, and clocks differ
PER_PAGE = 20  # conversations; each brings up to 20 messages, more are never readable (§5.1)
BACK = timedelta(seconds=2)  # a reply may bear a time just before the attempt (§1.2)
NO_PERSON = (Kind.CONSENT, Kind.GONE, Kind.REFUSED, Kind.NOBODY, Kind.PERMISSION)


# --- sending -----------------------------------------------------------------------------------------


def send(graph: Graph, out: Outgoing, *, node: str, style: Style) -> SendResult:
    """Send a message, or a private reply to the comment `out.target_id`.

    A message is text or one picture, never both, and `Style.split` makes a call of each. Only what was
    queued before an upgrade to that has both: text goes first and decides the outcome; a picture that
    then fails is told in `problem`. All carry our retry key as metadata, which the echo gives back.
    """
    call = out.call or choose_call(out.way, 0)
    who = {"comment_id": out.target_id} if call == PRIVATE_REPLY else {"id": out.person_id}
    if call != PRIVATE_REPLY and not known_person(out):
        return SendResult(Outcome.PERMANENT, problem=_NOBODY, object_class="chat")
    form: dict[str, Any] = {"recipient": who, "messaging_type": "RESPONSE"}
    if call == LATE:
        form |= {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
    steps = [_text(graph, node, form, out)] if out.text else []
    steps += [_picture(graph, node, form, out, picture) for picture in out.pictures]
    if not steps:
        return SendResult(Outcome.PERMANENT, problem="Balasan masih kosong.", object_class="chat")
    first, *others = steps
    result = classify_write(first, object_class="chat", name=style.name)
    for step in others:
        if result.outcome is not Outcome.SENT:
            break
        more = classify_write(step, object_class="chat", name=style.name)
        if more.outcome is Outcome.SENT:
            result = replace(result, parts=(*result.parts, more.remote_id))
        else:
            told = f"Teks terkirim, tetapi gambar belum tentu: {more.problem}"
            result = replace(result, problem=told)
    return result


_NOBODY = (
    "Facebook tidak menyebut siapa penulisnya, jadi pesan tidak bisa dikirim. Balas secara publik."
)


def _text(graph: Graph, node: str, form: Mapping[str, Any], out: Outgoing) -> Callable[[], Answer]:
    message = {"text": out.text, "metadata": out.retry_key}
    return lambda: graph.post(f"{node}/messages", {**form, "message": message})


def _picture(
    graph: Graph, node: str, form: Mapping[str, Any], out: Outgoing, picture: Picture
) -> Callable[[], Answer]:
    """The bytes go along: Meta need not reach us."""
    attachment = {"type": "image", "payload": {"is_reusable": False}}
    message = {"attachment": attachment, "metadata": out.retry_key}
    files = {"filedata": (picture.name, picture.data, picture.content_type)}
    return lambda: graph.post(f"{node}/messages", {**form, "message": message}, files=files)


# --- reading -----------------------------------------------------------------------------------------


def fetch(graph: Graph, cursor: str, *, node: str, style: Style) -> Iterator[RawPage]:
    """Conversations with something new since `cursor` (seconds since 1970), newest first, each with its
    20 newest messages. Raises FetchFailed."""
    since = int(cursor) - OVERLAP if cursor else 0
    try:
        for answer in graph.pages(f"{node}/conversations", _asked_for(style)):
            times = [_seconds(talk.get("updated_time")) for talk in _talks(answer)]
            if times and max(times) >= since:
                yield RawPage(body=answer.body, newest_id=str(max(times)))
            if not times or min(times) < since:
                return
    except (GraphError, httpx2.HTTPError) as error:
        raise read_failure(error, name=style.name) from error


def _asked_for(style: Style) -> dict[str, Any]:
    nested = f"messages.limit(20){{{style.message_fields}}}"
    return {
        "platform": style.platform,
        "fields": f"id,updated_time,participants,{nested}",
        "limit": PER_PAGE,
    }


def _talks(answer: Answer) -> list[Mapping[str, Any]]:
    return [mapping(talk) for talk in rows(answer.data.get("data"))]


def _seconds(value: Any) -> int:
    found = known_moment(value)
    return int(found.timestamp()) if found else 0


def read_back(
    graph: Graph, out: Outgoing, *, since: datetime, node: str, account_id: str, style: Style
) -> list[OwnReply]:
    """Our messages to this person since the attempt, those of the same words first. Raises FetchFailed.

    Conversations do not give metadata back; the echo does, and is matched by it on arrival (§1.2).
    """
    if not known_person(out):
        return []
    asked = {**_asked_for(style), "user_id": out.person_id, "limit": 1}
    try:
        answer = graph.get(f"{node}/conversations", asked)
    except (GraphError, httpx2.HTTPError) as error:
        raise read_failure(error, name=style.name) from error
    parsed = parse.conversations(answer.data, account_id, style=style)
    if parsed.problems:
        raise FetchFailed("; ".join(parsed.problems)[:300], permanent=False)
    found = [
        OwnReply(each.current_id, out.target_id, each.text, each.written_at, object_class="chat")
        for each in parsed.messages
        if each.own and each.written_at >= since - BACK and (out.text or _only_picture(each))
    ]
    return sorted(found, key=lambda reply: reply.text.strip() != out.text.strip())


def _only_picture(message: Incoming) -> bool:
    """What a call that carries a picture leaves: to a colleague's words it must not be compared."""
    return not message.text and any(each.kind == "image" for each in message.media)


def known_person(out: Outgoing) -> bool:
    """Whether the citizen has an id of the platform; where it names nobody, ours is no number."""
    return out.person_id.isascii() and out.person_id.isdigit()


def look_up_profile(graph: Graph, wanted: Wanted, *, style: Style) -> RawPage:
    """The name behind an id, as an envelope for parse.profile. A person who shows none (§5.1: 230, 100;
    §3.3: 9010) is an answer too, never asked again. Raises FetchFailed."""
    try:
        page = graph.get(wanted.key, {"fields": style.profile_fields}).body
    except GraphError as error:
        if kind_of(error) not in NO_PERSON:
            raise read_failure(error, name=style.name) from error
        page = json.dumps({"code": error.code, "subcode": error.subcode}).encode()
    except httpx2.HTTPError as error:
        raise read_failure(error, name=style.name) from error
    return RawPage(body=wrap("profile", page, id=wanted.key))


def dump(page: Any) -> bytes:
    """JSON for `wrap`, where a page had to be picked from."""
    return json.dumps(page, separators=(",", ":")).encode()


def wrap(kind: str, page: bytes, **context: Any) -> bytes:
    """Bytes as the platform gave them, in an envelope of ours: {"kind": …, context …, "page": …}.

    Nothing that changes from poll to poll goes in: bytes that are known are not stored again.
    """
    head = json.dumps({"kind": kind, **context}, separators=(",", ":"))
    return head[:-1].encode() + b',"page":' + page + b"}"
