"""Facebook's JSON → frozen values: webhooks of a Page, polled pages, look-ups (platforms.md §4, §5). Pure.

One thing that cannot be read becomes a problem and never hides its neighbours.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from inbox.connectors.base import Author, Event, Incoming, Parsed, Wanted
from inbox.connectors.facebook import feed as feed_changes
from inbox.connectors.facebook import objects
from inbox.connectors.facebook.objects import Seen
from inbox.connectors.meta import values
from inbox.connectors.meta.values import Json, known_id, known_moment, mapping, moment, rows, words
from inbox.connectors.meta_chat import MESSENGER
from inbox.connectors.meta_chat import parse as chat

#: Fields of `changes` that carry chat events where the dashboard's test button sends them.
_CHAT_FIELDS = {
    "messages", "message_echoes", "message_edits", "messaging_postbacks", "standby",
}  # fmt: skip


@dataclass(slots=True)
class Found:
    """What has been read so far of one body."""

    messages: list[Incoming] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    wanted: list[Wanted] = field(default_factory=list)
    profiles: list[Author] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)

    def trying(self, what: str, read: Callable[..., Parsed], *args: Any) -> None:
        """Add what `read` finds; where it makes no sense, say so and go on."""
        try:
            self.add(read(*args))
        except values.STRANGE as error:
            self.problems.append(f"{what}: {type(error).__name__} {error}"[:200])

    def add(self, parsed: Parsed) -> None:
        """Take in what another parser read."""
        self.messages += parsed.messages
        self.problems += parsed.problems
        self.events += parsed.events
        self.wanted += parsed.wanted
        self.profiles += parsed.profiles
        self.ignored += parsed.ignored

    def parsed(self) -> Parsed:
        """The same, frozen; messages oldest first, every wish once."""
        return Parsed(
            messages=tuple(sorted(self.messages, key=lambda each: (each.written_at, each.version))),
            problems=tuple(map(words, self.problems)),
            events=tuple(self.events),
            wanted=tuple({(one.kind, one.key): one for one in self.wanted}.values()),
            profiles=tuple(self.profiles),
            ignored=tuple(dict.fromkeys(self.ignored)),
        )


def parse(body: bytes, account_id: str, feed: str) -> Parsed:
    """What `body` means for our page `account_id`. Never raises. `feed`: "webhook", "lookup", or a
    polled one; polled pages and look-ups stand in envelopes of ours (client.py)."""
    try:
        document = values.load(body)
    except ValueError as error:
        return Parsed(problems=(f"bukan JSON: {error}"[:200],))
    found = Found()
    if feed == "webhook":
        _webhook(document, account_id, found)
    elif feed == "chats":
        found.add(chat.conversations(document, account_id, style=MESSENGER))
    else:
        found.trying("halaman", _envelope, document, account_id)
    return found.parsed()


# --- webhooks ----------------------------------------------------------------------------------------


def _webhook(document: Json, account_id: str, found: Found) -> None:
    """Only what concerns this page: a body mixes pages and Instagram accounts (§3.2)."""
    entries = rows(document.get("entry"))
    if not isinstance(document.get("entry"), list | dict):
        found.problems.append("tanpa entry")
    for entry in entries:
        name = known_id(mapping(entry).get("id"))
        if not name:
            found.problems.append(f"entry tanpa akun: {values.shown(entry)}")
        elif name == account_id:
            _entry(entry, account_id, found)


def _entry(entry: Json, account_id: str, found: Found) -> None:
    at = known_moment(entry.get("time"))
    changes = rows(entry.get("changes"))
    if "field" in entry:
        changes = [*changes, entry]
    for step, change in enumerate(changes):
        seen = Seen(account_id, at=at, step=step)
        found.trying("perubahan", _change, change, seen)
    read = 0
    for key in ("messaging", "standby"):
        given = entry.get(key)
        read += key in entry
        if key in entry and not isinstance(given, list | dict):
            found.problems.append(f"{key}: {values.shown(given)}")
        for row in rows(given):
            on = key == "standby"
            found.add(chat.event(row, account_id, style=MESSENGER, at=at, standby=on))
    if not changes and not read:
        found.problems.append(f"entry tanpa isi: {', '.join(map(str, entry))}"[:200])


def _change(change: Any, seen: Seen) -> Parsed:
    if not isinstance(change, dict):
        raise TypeError(values.shown(change))
    name, value = words(change.get("field")), change.get("value")
    if not name:
        raise ValueError("tanpa field")
    if name in _CHAT_FIELDS:
        return chat.event(
            value, seen.account_id, style=MESSENGER, at=seen.at, standby=name == "standby"
        )
    if name not in ("feed", "mention"):
        return Parsed(ignored=(name[:60],))
    if not isinstance(value, dict):
        raise TypeError(f"{name}: {values.shown(value)}")
    return feed_changes.change(value, seen) if name == "feed" else feed_changes.mention(value, seen)


# --- what we asked for -------------------------------------------------------------------------------


def _envelope(document: Json, account_id: str) -> Parsed:
    kind = document.get("kind")
    if kind == "profile":
        return chat.profile(document)
    readers: dict[str, Callable[[Json, str], Parsed]] = {
        "comments": _comments, "posts": _posts, "tagged": _posts, "comment": _one_comment,
        "post": _one_post, "mention": _mention,
    }  # fmt: skip
    if not isinstance(kind, str) or kind not in readers:
        raise ValueError(f"amplop {values.shown(kind)}")
    return readers[kind](document, account_id)


def _data(document: Json) -> list[Any]:
    """The rows of a page, oldest first: lists are newest first, with times in whole seconds."""
    data = mapping(document.get("page")).get("data")
    if not isinstance(data, list):
        raise TypeError("halaman tanpa data")
    return data[::-1]


def _under(document: Json, account_id: str) -> Seen:
    told = mapping(document.get("post"))
    link = values.web_address(told.get("permalink_url"))
    return Seen(account_id, post_id=known_id(told.get("id")), permalink=link)


def _comments(document: Json, account_id: str) -> Parsed:
    found, seen = Found(), _under(document, account_id)
    for row in _data(document):
        found.trying("komentar", _comment, row, seen)
    return found.parsed()


def _one_comment(document: Json, account_id: str) -> Parsed:
    return _comment(document.get("page"), _under(document, account_id))


def _comment(row: Any, seen: Seen) -> Parsed:
    """A comment as Graph answers it."""
    comment_id, at = objects.id_at(row, "id"), moment(row.get("created_time"))
    parent = known_id(mapping(row.get("parent")).get("id"))
    message = objects.comment(row, seen, comment_id=comment_id, parent=parent, at=at)
    return _with_hidden(row, message)


def _posts(document: Json, account_id: str) -> Parsed:
    """Posts of /feed (a visitor's) or /tagged (elsewhere, naming us)."""
    found, mention = Found(), document.get("kind") == "tagged"
    for row in _data(document):
        found.trying("kiriman", _post, row, Seen(account_id), mention)
    return found.parsed()


def _one_post(document: Json, account_id: str) -> Parsed:
    return _post(document.get("page"), Seen(account_id), False)  # noqa: FBT003


def _post(row: Any, seen: Seen, mention: bool) -> Parsed:  # noqa: FBT001  passed on by `trying`
    post_id, at = objects.id_at(row, "id"), moment(row.get("created_time"))
    message = objects.post(row, seen, post_id=post_id, at=at, mention=mention)
    if message.own:
        return Parsed(ignored=("post:own",))
    return _with_hidden(row, message)


def _with_hidden(row: Json, message: Incoming) -> Parsed:
    hidden = row.get("is_hidden") is True and not message.own
    events = (objects.hidden_from_start(message),) if hidden else ()
    return Parsed(messages=(objects.or_unknown(message),), events=events)


def _mention(document: Json, account_id: str) -> Parsed:
    """A mention: what Facebook showed of it, else what its webhook said."""
    wanted, shown = mapping(document.get("wanted")), mapping(document.get("page"))
    return feed_changes.mentioned(wanted, shown, Seen(account_id))
