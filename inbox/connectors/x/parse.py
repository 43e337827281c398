"""X's bytes → frozen values. Pure: the same bytes give the same messages, and nothing raises."""

from dataclasses import replace

from inbox.connectors.base import Incoming, Parsed
from inbox.connectors.x import chats, posts
from inbox.connectors.x.events import parse_hook
from inbox.connectors.x.values import UNREADABLE, Json, index, line, loads, obj, rows, soft

DMS = "dms"
WEBHOOK = "webhook"
LOOKUP = "lookup"


def parse(body: bytes, account_id: str, feed: str) -> Parsed:
    """A body of `feed`: "mentions", "own", "quotes", "dms", "webhook" or "lookup"."""
    if feed == WEBHOOK:
        return parse_hook(body, account_id)
    found = parse_page(body, account_id, messages=feed == DMS)
    if feed != LOOKUP:
        return found
    named = (message.author for message in found.messages if message.author.handle)
    return replace(found, profiles=tuple(named))  # the webhook may have named nobody


def parse_page(body: bytes, account_id: str, *, messages: bool = False) -> Parsed:
    """One page of posts, or of direct messages. One row that cannot be read never hides the others:
    it becomes a problem, and the page is kept in quarantine."""
    try:
        page = loads(body)
    except ValueError as error:
        return Parsed(problems=(line(f"bukan JSON: {error}"),))
    data = page.get("data", []) if isinstance(page, dict) else None
    if not isinstance(data, list):
        return Parsed(problems=("bentuk halaman tidak dikenal",))
    includes = obj(page.get("includes"))
    found: list[Incoming] = []
    problems, ignored = [], []
    for row in data:
        try:
            message = (_chat if messages else _post)(row, includes, account_id)
        except UNREADABLE as error:
            name = str(row.get("id", "?"))[:40] if isinstance(row, dict) else "?"
            what = "dm" if messages else "post"
            problems.append(line(f"{what} {name}: {type(error).__name__} {error}"))
            continue
        if message:
            found.append(message)
        else:
            kind = soft(row.get("event_type"))[:60]
            ignored.append(f"dm:{kind}" if messages else "post:repost")
    found.reverse()  # oldest first
    return Parsed(messages=tuple(found), problems=tuple(problems), ignored=tuple(ignored))


def _post(row: Json, includes: Json, account_id: str) -> Incoming | None:
    return posts.read(row, posts.surroundings(includes, account_id, whole=True)).message


def _chat(row: Json, includes: Json, account_id: str) -> Incoming | None:
    users = index(rows(includes.get("users")))
    media = index(rows(includes.get("media")), "media_key")
    return chats.of_page(row, users, media, account_id)
