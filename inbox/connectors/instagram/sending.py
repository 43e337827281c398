"""Comments of ours: written, and read back when nobody knows whether they stand (platforms.md §1.2, §6.2).

Never with a `fields` parameter: Instagram then writes the comment and answers 400 (§0.5).
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from inbox.connectors.base import (
    Amendment,
    FetchFailed,
    Incoming,
    Outcome,
    Outgoing,
    OwnReply,
    SendResult,
)
from inbox.connectors.instagram.comments import Place, comment
from inbox.connectors.instagram.reading import PAGES, PER_PAGE, REPLY_FIELDS, asked
from inbox.connectors.instagram.ways import MENTION_CAPTION, MENTION_COMMENT, REPLIES, amends
from inbox.connectors.meta import Graph, GraphError, amending, classify_write
from inbox.connectors.meta.graph import next_step
from inbox.connectors.meta.values import STRANGE, known_id, mapping

CALLS = (REPLIES, MENTION_COMMENT, MENTION_CAPTION)
BACK = timedelta(seconds=2)  # a reply may bear a time just before the attempt (§1.2)
NAME = "Instagram"

_NOWHERE = "Pesan ini tidak menyebut di mana balasan harus ditulis. Jawab di aplikasi Instagram, lalu tandai di sini."
_NOT_READABLE = "Balasan di bawah komentar akun lain tidak bisa dibaca ulang. Lihat sendiri di aplikasi Instagram."

_STANDS = (
    "Pesan Instagram tidak bisa dihapus atau diubah dari sini. Tulis ralat sebagai pesan baru."
)
_NO_EDIT = "Instagram tidak mengizinkan komentar diubah. Hapus, lalu tulis balasan yang benar."
_ELSEWHERE = (
    "Komentar di postingan akun lain tidak bisa dihapus dari sini. Hapus di aplikasi Instagram."
)


def send(graph: Graph, out: Outgoing, *, account_id: str) -> SendResult:
    """Write `out` as a comment; what became of it, by platforms.md §3.3. Never raises."""
    path, form = _call(out, account_id)
    if not path:
        return SendResult(Outcome.PERMANENT, problem=_NOWHERE, object_class="comment")
    return classify_write(
        lambda: graph.post(path, {**form, "message": out.text}), object_class="comment", name=NAME
    )


def _call(out: Outgoing, account_id: str) -> tuple[str, dict[str, str]]:
    """(path, what else goes into the form); path "" where the message lacks its address.

    Only top comments can be answered; a reply to a reply is filed under the top one anyway (§6.2), so
    we name it ourselves and know where to read back.
    """
    if out.call == REPLIES:
        top = known_id(out.address.get("parent") or out.target_id)
        return (f"{top}/replies" if top else "", {})
    media, named = known_id(out.address.get("media")), known_id(out.address.get("comment"))
    if not media or (out.call == MENTION_COMMENT and not named):
        return "", {}
    there = {"media_id": media}
    return f"{account_id}/mentions", there | ({"comment_id": named} if named else {})


def amend(graph: Graph, wish: Amendment) -> SendResult:
    """Delete the comment `wish.remote_id` (§6.2). Our answer to a mention elsewhere cannot be. Never
    raises."""
    problem = ""
    if wish.change not in amends(wish.object_class):
        problem = _STANDS if wish.object_class != "comment" else _NO_EDIT
    elif "mention" in wish.address and "parent" not in wish.address:
        problem = _ELSEWHERE
    if problem:
        return SendResult(Outcome.PERMANENT, problem=problem, object_class=wish.object_class)
    return amending.amend(graph, wish, name=NAME)


def read_back(
    graph: Graph, out: Outgoing, *, since: datetime, account_id: str, username: str
) -> list[OwnReply]:
    """Our comments where `out` would stand, since the attempt. Raises FetchFailed, GraphError and what
    the network raises."""
    if out.call == REPLIES:
        top = known_id(out.address.get("parent") or out.target_id)
        found = _replies(graph, top)
    elif out.call == MENTION_CAPTION:
        top = ""
        found = _under_mention(graph, account_id, known_id(out.address.get("media")))
    else:
        raise FetchFailed(_NOT_READABLE, permanent=True)
    place = Place(account_id, username=username, parent=top)
    read = [_read(row, place) for row in found]
    return [
        OwnReply(each.current_id, out.target_id, each.text, each.written_at, "comment")
        for each in read
        if each.written_at >= since - BACK and (each.own or _may_be_ours(each, place, out.text))
    ]


def _replies(graph: Graph, top: str) -> Iterator[Any]:
    step: Mapping[str, str] = {}
    for _page in range(PAGES):
        answer = asked(graph, f"{top}/replies", REPLY_FIELDS, {"limit": PER_PAGE, **step})
        yield from _listed(answer.data.get("data"))
        step = next_step(answer.data)
        if not step:
            return


def _under_mention(graph: Graph, account_id: str, media_id: str) -> Iterator[Any]:
    """Comments under somebody else's post whose caption names us: newest first, the first 50."""
    asked_for = [
        f"mentioned_media.media_id({media_id}){{comments.limit({PER_PAGE}){{{fields}}}}}"
        for fields in REPLY_FIELDS[:2]
    ]
    answer = asked(graph, account_id, asked_for)
    media = mapping(answer.data.get("mentioned_media"))
    yield from _listed(mapping(media.get("comments")).get("data", []))


def _listed(data: Any) -> list[Any]:
    """A list as it was asked for: anything else must not look like the absence of our reply."""
    if not isinstance(data, list):
        raise GraphError(200, 0, message="jawaban tak terbaca")
    return data


def _read(row: Any, place: Place) -> Incoming:
    """A comment; one that cannot be read must not look like the absence of ours."""
    try:
        return comment(row, place)
    except STRANGE as error:
        raise GraphError(200, 0, message=f"balasan tak terbaca: {error}") from error


def _may_be_ours(message: Incoming, place: Place, text: str) -> bool:
    """The same words by somebody whom Instagram does not name, or not so that we could tell."""
    writer = message.author.external_id
    nameless = not writer or (writer.startswith("@") and not place.username)
    return nameless and message.text.strip() == text.strip()
