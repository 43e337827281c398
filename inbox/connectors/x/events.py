"""Webhook bodies → frozen values: X Activity (XAA) and the older Account Activity (AAA). Pure (§2.3).

`event_uuid` names a delivery, not a post, and is no key: the same post comes as mention, reply and quote.
"""

from dataclasses import dataclass, field
from typing import Any

from inbox.connectors.base import Event, EventKind, Incoming, Parsed, Wanted
from inbox.connectors.x import chats, legacy, posts
from inbox.connectors.x.values import (
    UNREADABLE,
    Json,
    bare,
    flake_time,
    id_of,
    index,
    line,
    loads,
    moment,
    obj,
    soft,
)
from inbox.connectors.x.whose import accounts_of, activities_of

SUMMONS = ("post.mention.create", "post.quote.create")
POSTS = (*SUMMONS, "post.reply.create", "post.create")
MESSAGES = ("dm.received", "dm.sent")
NO_TIME = str(1 << 41)  # an id as old as ids are
READ = ("tweet_create_events", "tweet_delete_events", "direct_message_events")


@dataclass(slots=True)
class Found:
    """What is gathered while a body is read."""

    messages: list[Incoming] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    wanted: list[Wanted] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)

    def parsed(self) -> Parsed:
        return Parsed(
            messages=tuple(self.messages),
            problems=tuple(self.problems),
            events=tuple(self.events),
            wanted=tuple(self.wanted),
            ignored=tuple(self.ignored),
        )

    def trouble(self, what: str, row: object, error: Exception) -> None:
        name = str(row.get("id") or row.get("id_str") or "?") if isinstance(row, dict) else "?"
        self.problems.append(line(f"{what} {name[:40]}: {type(error).__name__} {error}"))


def parse_hook(body: bytes, account_id: str) -> Parsed:
    """A webhook's body, as far as it concerns `account_id`. Raises nothing."""
    found = Found()
    try:
        page = loads(body)
    except ValueError as error:
        return Parsed(problems=(line(f"bukan JSON: {error}"),))
    if not isinstance(page, dict):
        return Parsed(problems=("bentuk tidak dikenal",))
    named = accounts_of(page)
    if named and account_id not in named:
        return Parsed()
    activities = list(activities_of(page))
    for activity in activities:
        _activity(activity, account_id, found)
    if not activities:
        _legacy(page, account_id, found)
    return found.parsed()


def _activity(activity: Json, account_id: str, found: Found) -> None:
    kind, payload = soft(activity.get("event_type")), bare(obj(activity.get("payload")))
    try:
        if kind in POSTS:
            _post(kind, payload, obj(activity.get("includes")), account_id, found)
        elif kind == "post.delete":
            found.events.append(_removed(payload, payload.get("timestamp_ms"), account_id))
        elif kind in MESSAGES:
            _chats(payload, account_id, found)
        elif kind == "oauth.revoke":
            found.events.append(_revoked(payload, account_id))
        else:
            found.ignored.append(line(f"event:{kind or '?'}", 80))
    except UNREADABLE as error:
        found.trouble(kind, payload, error)


def _post(kind: str, payload: Json, includes: Json, account_id: str, found: Found) -> None:
    around = posts.surroundings(includes, account_id, whole=False, summoned=kind in SUMMONS)
    _take(posts.read(payload, around), kind, found)


def _take(read: posts.Read, kind: str, found: Found) -> None:
    if read.message:
        found.messages.append(read.message)
    if read.wanted:
        found.wanted.append(read.wanted)
    if not read.message and not read.wanted:
        found.ignored.append(f"{kind}:repost")


def _chats(payload: Json, account_id: str, found: Found) -> None:
    """`direct_message_events` with the people in them, in both wrappings (§2.3)."""
    people = [bare(user) for user in obj(payload.get("users")).values() if isinstance(user, dict)]
    users = index(people)
    listed = payload.get("direct_message_events")
    if not isinstance(listed, list):
        raise ValueError("tanpa direct_message_events")  # noqa: TRY004  read by _activity
    for row in listed:
        try:
            message = chats.of_hook(row, users, account_id)
        except UNREADABLE as error:
            found.trouble("dm", row, error)
            continue
        if message:
            found.messages.append(message)
        else:
            found.ignored.append(line(f"dm:{soft(row.get('type')) or '?'}", 80))


def _removed(row: Json, told: object, account_id: str) -> Event:
    """Our own post was deleted. X does not say when: then the post's own time stands for it."""
    number = id_of(row)
    return Event(
        kind=EventKind.REMOVED,
        at=moment(told, number) if told else flake_time(number),
        object_class="post",
        external_id=number,
        account_id=account_id,
        version=number,
    )


def _revoked(payload: Json, account_id: str) -> Event:
    """Somebody took our access back in X's settings. That counts even where the time cannot be read."""
    try:
        at = moment(payload.get("date_time"), NO_TIME)
    except UNREADABLE:
        at = flake_time(NO_TIME)
    version = str(int(at.timestamp() * 1000))
    return Event(EventKind.REVOKED, at=at, account_id=account_id, version=version)


def _legacy(page: Json, account_id: str, found: Found) -> None:
    """The shape of Account Activity: lists of v1.1 objects beside `for_user_id`."""
    before = (len(found.messages), len(found.events), len(found.problems))
    for row in _listed(page, "tweet_create_events"):
        _legacy_post(row, account_id, found)
    for row in _listed(page, "tweet_delete_events"):
        _legacy_removed(row, account_id, found)
    if "direct_message_events" in page:
        try:
            _chats(page, account_id, found)
        except UNREADABLE as error:
            found.trouble("dm", page, error)
    revoke = obj(page.get("user_event")).get("revoke")
    if isinstance(revoke, dict):
        found.events.append(_revoked(revoke, account_id))
    endings = ("_event", "_events", "replay_job_status")
    others = [name for name in page if name.endswith(endings) and name not in READ]
    found.ignored += [line(f"aaa:{name}", 80) for name in others]
    after = (len(found.messages), len(found.events), len(found.problems))
    if after == before and not found.ignored and not found.wanted:
        found.problems.append("bentuk tidak dikenal")


def _listed(page: Json, name: str) -> list[Any]:
    found = page.get(name)
    return found if isinstance(found, list) else []


def _legacy_post(row: Any, account_id: str, found: Found) -> None:
    try:
        post, includes = legacy.as_v2(row)
        around = posts.surroundings(includes, account_id, whole=False)
        _take(posts.read(post, around), "aaa", found)
    except UNREADABLE as error:
        found.trouble("post", row, error)


def _legacy_removed(row: Any, account_id: str, found: Found) -> None:
    try:
        status = row["status"]
        if id_of(status, "user_id") == account_id:
            found.events.append(_removed(status, row.get("timestamp_ms"), account_id))
        else:
            found.ignored.append("aaa:tweet_delete_events")
    except UNREADABLE as error:
        found.trouble("post.delete", row, error)
