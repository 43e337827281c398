"""Which of our accounts a webhook's body speaks of (platforms.md §2.3). Pure."""

from collections.abc import Iterator

from inbox.connectors.x.values import UNREADABLE, Json, bare, id_of, loads, obj, rows, soft


def activities_of(page: Json) -> Iterator[Json]:
    """The events of an XAA body: one, as documented; several would be read too."""
    data = page.get("data")
    for row in data if isinstance(data, list) else [data]:
        if isinstance(row, dict) and "event_type" in row:
            yield row


def accounts(body: bytes) -> tuple[str, ...]:
    """Ids of our accounts the body speaks of; () when it does not say."""
    try:
        page = loads(body)
    except ValueError:
        return ()
    return accounts_of(page) if isinstance(page, dict) else ()


def accounts_of(page: Json) -> tuple[str, ...]:
    """The subscription's filter, or `for_user_id`; else, by the kind of event, who it happened to."""
    found = [
        _id(obj(activity.get("filter")).get("user_id")) or _concerned(activity)
        for activity in activities_of(page)
    ]
    revoked = obj(obj(obj(page.get("user_event")).get("revoke")).get("source")).get("user_id")
    found += [_id(page.get("for_user_id")), _id(revoked)]
    return tuple(dict.fromkeys(number for number in found if number))


def _id(value: object) -> str:
    try:
        return id_of({"id": value})
    except UNREADABLE:
        return ""


def _concerned(activity: Json) -> str:
    """Whose event this is when its filter is missing (§2.3: it may be); "" when several could be."""
    kind, payload = soft(activity.get("event_type")), bare(obj(activity.get("payload")))
    named = rows(obj(payload.get("entities")).get("mentions"))
    first = obj(next(iter(rows(payload.get("direct_message_events"))), {}).get("message_create"))
    whose = {
        "post.create": payload.get("author_id"),
        "post.delete": payload.get("author_id"),
        "post.reply.create": payload.get("in_reply_to_user_id"),
        "post.mention.create": named[0].get("id") if len(named) == 1 else None,
        "oauth.revoke": payload.get("user_id"),
        "dm.sent": first.get("sender_id"),
        "dm.received": obj(first.get("target")).get("recipient_id"),
    }
    return _id(whose.get(kind))
