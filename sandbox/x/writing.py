"""What writes: `POST /2/tweets`, `DELETE /2/tweets/:id` (platforms.md §2.4, §2.5)."""

import json
import sqlite3
from typing import Any

from django.http import HttpRequest

from sandbox.core import clock
from sandbox.core.store import store
from sandbox.x import errors, limits, posts, shapes, uploads
from sandbox.x.accounts import User
from sandbox.x.auth import Caller
from sandbox.x.endpoint import WRITE, Answer, endpoint, number
from sandbox.x.posts import Post
from sandbox.x.switches import switches
from sandbox.x.texts import LIMIT, weight

FIELDS = {"text", "reply", "quote_tweet_id", "reply_settings", "media"}


@endpoint("POST /2/tweets", user=100, scopes=WRITE)
def create(request: HttpRequest, caller: Caller) -> Answer:
    """Writes a post for the account whose token asks; 201 with its id and altered text."""
    assert caller.user is not None  # noqa: S101 - the endpoint refuses the app itself
    wish = _wish(request)
    day = limits.count("POST /2/tweets 24h", "app", limits.DAILY_POSTS, window=limits.DAY_S)
    if day.spent:
        raise errors.too_many()
    with store().write() as db:
        post = _write(db, caller.user, wish)
        quoted = posts.get(db, post.quote_of) if post.quote_of else None
        text, _ = shapes.altered(db, post.short, quoted)
    return 201, {
        "data": {"id": str(post.id), "text": text, "edit_history_tweet_ids": [str(post.id)]}
    }


@endpoint("DELETE /2/tweets/:id", user=50, scopes=WRITE)
def remove(_request: HttpRequest, caller: Caller, post_id: str) -> Answer:
    """Deletes an own post."""
    assert caller.user is not None  # noqa: S101 - the endpoint refuses the app itself
    with store().write() as db:
        post = posts.get(db, number(post_id, "id"))
        if post is None or post.deleted is not None:
            raise errors.not_found("tweet", "id", post_id)
        if post.author != caller.user.id:
            raise errors.forbidden("You are not authorized to delete this Tweet.")
        posts.delete(db, post=post, by="api")
    return 200, {"data": {"deleted": True}}


def _wish(request: HttpRequest) -> dict[str, Any]:
    """The request's body; 400 for what is no such thing."""
    try:
        wish = json.loads(request.body)
    except ValueError:
        raise errors.invalid(
            "Requests with bodies must have content-type of application/json."
        ) from None
    if isinstance(wish, dict) and wish.get("media"):
        wish.setdefault("text", "")
    if not isinstance(wish, dict) or not isinstance(wish.get("text"), str):
        raise errors.invalid("One or more of the following fields is required: [text]", text="")
    for name in wish.keys() - FIELDS:
        raise errors.invalid(f"$.{name}: is not defined in the schema", **{str(name): ""})
    reply = wish.get("reply", {})
    if not isinstance(reply, dict) or ("reply" in wish and not reply.get("in_reply_to_tweet_id")):
        raise errors.invalid("$.reply: in_reply_to_tweet_id is missing", reply=str(reply))
    if not isinstance(reply.get("exclude_reply_user_ids", []), list):
        raise errors.invalid("$.reply.exclude_reply_user_ids: is not an array", reply=str(reply))
    if not isinstance(wish.get("media", {}), dict):
        raise errors.invalid("$.media: is not an object", media=str(wish["media"]))
    if not wish["text"].strip() and not wish.get("media"):
        raise errors.invalid("Your Tweet text is empty.", text=wish["text"])
    return wish


def _write(db: sqlite3.Connection, author: User, wish: dict[str, Any]) -> Post:
    """One post, or the refusal that X would give. The order of the checks is ours."""
    turned = switches(db)
    reply = wish.get("reply") or {}
    target = _target(db, reply["in_reply_to_tweet_id"]) if reply else None
    quoted = _target(db, wish["quote_tweet_id"]) if wish.get("quote_tweet_id") else None
    without = (
        [
            number(str(each), "exclude_reply_user_ids")
            for each in reply.get("exclude_reply_user_ids", [])
        ]
        if reply
        else []
    )
    # 403 and no more words for what is too long: platforms.md §2.5. The handles that X puts in
    # front of a reply are free, those the client typed are not (§2.4).
    if weight(wish["text"]) > LIMIT or (quoted and not turned["quoting"]):
        raise errors.forbidden(errors.NOT_PERMITTED)
    if target is not None and turned["summon_rule"]:
        _check_summoned(db, author, target, own_exempt=turned["own_exempt"])
    text = wish["text"].strip()
    media = uploads.attached(db, author, (wish.get("media") or {}).get("media_ids", []))
    if target is not None:
        text = posts.addressed(db, author=author, target=target, text=text, without=without)
    since = clock.seconds() - turned["duplicate_window"]
    if (
        not media
        and db.execute(
            "select 1 from x_post where author = ? and text = ? and quote_of is ? and at > ?"
            " and deleted is null",
            (author.id, text, quoted.id if quoted else None, since),
        ).fetchone()
    ):
        raise errors.forbidden(errors.DUPLICATE)
    return posts.publish(
        db,
        author=author,
        text=wish["text"],
        by="api",
        reply_to=target,
        quote_of=quoted,
        without=without,
        media=media,
    )


def _target(db: sqlite3.Connection, value: object) -> Post:
    post = posts.get(db, number(str(value), "in_reply_to_tweet_id"))
    if post is None or post.deleted is not None:
        raise errors.not_found("tweet", "id", str(value))
    return post


def _check_summoned(
    db: sqlite3.Connection, author: User, target: Post, *, own_exempt: bool
) -> None:
    """Refuses a reply nobody called for (§0.1): the target must @mention or quote the account.

    A citizen's answer to the account carries its handle by itself, unless the citizen took it off.
    """
    if target.author == author.id and own_exempt:
        return
    quoted = posts.get(db, target.quote_of) if target.quote_of else None
    if author.id in posts.mentioned(db, target.id):
        return
    if quoted is not None and quoted.author == author.id:
        return
    raise errors.forbidden(errors.NOT_SUMMONED)
