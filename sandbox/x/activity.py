"""Which events a post, a message or a revocation makes (X Activity API, platforms.md §2.3)."""

import sqlite3
from typing import Any

from sandbox.x import accounts, dms, hooks, posts, shapes
from sandbox.x.accounts import User
from sandbox.x.dms import Dm
from sandbox.x.posts import Post
from sandbox.x.switches import switches

EVERYTHING = shapes.Wish(
    tweet=frozenset({
        "author_id", "created_at", "conversation_id", "in_reply_to_user_id", "referenced_tweets",
        "entities", "attachments", "lang", "reply_settings", "edit_controls", "note_tweet",
        "public_metrics",
    }),
    user=frozenset({"protected"}),
    media=frozenset({"url", "preview_image_url", "alt_text"}),
    expansions=frozenset({"author_id", "attachments.media_keys"}),
)  # fmt: skip


def on_post(db: sqlite3.Connection, post: Post, kind: str) -> None:
    """A post was written, edited or deleted: events for the accounts it concerns.

    Others' deletions are never pushed, and nothing of protected accounts. One post can be a
    mention, a reply and a quote at once: then three events come.
    """
    author = accounts.by_id(db, post.author)
    turned = switches(db)
    protected = {name.lower() for name in turned["protected"]}
    if author is None or author.username.lower() in protected or not hooks.subscriptions(db):
        return
    if kind == "delete":
        payload = {"id": str(post.id), "author_id": str(post.author)}
        hooks.deliver(db, "post.delete", author.id, payload)
        return
    if kind == "edit" and not turned["edit_events"]:
        return
    payload = _payload(db, post)
    for number, event_type in _concerned(db, post):
        hooks.deliver(db, event_type, number, payload, _includes(db, post, author))


def on_dm(db: sqlite3.Connection, dm: Dm) -> None:
    """A direct message: dm.received for who gets it, dm.sent (the echo) for who wrote it."""
    if not hooks.subscriptions(db):
        return
    payload = _dm_payload(db, dm)
    hooks.deliver(db, "dm.received", dm.recipient, payload)
    hooks.deliver(db, "dm.sent", dm.sender, payload)


def on_revoke(db: sqlite3.Connection, user: User) -> None:
    """The account withdrew the application's access."""
    hooks.deliver(db, "oauth.revoke", user.id, {"user_id": str(user.id)})


def listen() -> None:
    """Lets posts and messages make events; once more changes nothing."""
    if on_post not in posts.listeners:
        posts.listeners.append(on_post)
        dms.listeners.append(on_dm)


def _concerned(db: sqlite3.Connection, post: Post) -> list[tuple[int, str]]:
    """Which accounts get which event of a post.

    Handles that X put in front are no mention; an answer to a post that is itself an answer is no
    reply: the two holes in the coverage.
    """
    found = [(post.author, "post.create")]
    typed = {user.id for user in posts.named(db, post.sent)} - {post.author}
    found += [(number, "post.mention.create") for number in sorted(typed)]
    above = posts.get(db, post.reply_to) if post.reply_to else None
    if above is not None and above.reply_to is None and above.author != post.author:
        found.append((above.author, "post.reply.create"))
    quoted = posts.get(db, post.quote_of) if post.quote_of else None
    if quoted is not None and quoted.author != post.author:
        found.append((quoted.author, "post.quote.create"))
    return found


def _payload(db: sqlite3.Connection, post: Post) -> dict[str, Any]:
    shape = shapes.tweet(db, post, EVERYTHING)
    if post.reply_to:
        shape["in_reply_to_tweet_id"] = str(post.reply_to)
    metrics = shape.get("public_metrics", {})
    shape["public_metrics"] = metrics | {f"{key}_str": str(n) for key, n in metrics.items()}
    return shape


def _includes(db: sqlite3.Connection, post: Post, author: User) -> dict[str, Any]:
    """The author, now bare, now wrapped in `data`; nothing at all with a quote (as in samples)."""
    more = shapes.includes(db, [post], EVERYTHING)
    if post.quote_of and not post.reply_to:
        more.pop("users", None)
        return more
    bare = shapes.user(author, EVERYTHING.user)
    more["users"] = [bare if post.id % 2 else {"data": bare}]
    return more


def _dm_payload(db: sqlite3.Connection, dm: Dm) -> dict[str, Any]:
    data: dict[str, Any] = {
        "text": dm.text,
        "entities": {"hashtags": [], "symbols": [], "user_mentions": [], "urls": []},
    }
    if dm.media:
        first = dm.media[0]
        number = str(first.get("media_key", "3_0")).partition("_")[2]
        data["attachment"] = {
            "type": "media",
            "media": {
                "id": int(number or 0),
                "id_str": number,
                "type": first.get("type", "photo"),
                "media_url_https": first.get("url") or first.get("preview_image_url", ""),
            },
        }
    people = [accounts.by_id(db, number) for number in (dm.sender, dm.recipient)]
    event = {
        "type": "message_create",
        "id": str(dm.id),
        "created_timestamp": str(int(dm.at * 1000)),
        "message_create": {
            "target": {"recipient_id": str(dm.recipient)},
            "sender_id": str(dm.sender),
            "message_data": data,
        },
    }
    users = {str(user.id): _wrapped(user, dm.id) for user in people if user is not None}
    return {"direct_message_events": [event], "users": users}


def _wrapped(user: User, number: int) -> dict[str, Any]:
    bare = shapes.user(user, frozenset())
    return {"data": bare} if number % 2 else bare
