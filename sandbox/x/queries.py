"""What the read endpoints list, always newest first."""

import json
import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.core import clock
from sandbox.x.posts import Post, of_row
from sandbox.x.switches import switches

REACH = 800  # mentions and timelines go back this far, platforms.md §2.2


@dataclass(frozen=True, slots=True)
class Span:
    """What a page is asked for: ids strictly between, times in seconds, at most `limit` posts.

    `before` is the paging token's meaning: the page begins below this id.
    """

    limit: int
    since_id: int | None = None
    until_id: int | None = None
    start: float | None = None
    end: float | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page and whether older posts follow."""

    posts: list[Post]
    more: bool


# The newest version of what is not deleted: the others are reached by id only.
STANDING = (
    "p.deleted is null and p.newer is null and p.author not in"
    " (select id from x_user where username in (select value from json_each(:protected)))"
)
_MENTIONS = (
    "p.author != :user and ("
    "p.id in (select post from x_mention where user = :user) or p.in_reply_to_user = :user)"
)
_QUOTES = "p.quote_of in (select id from x_post where root = :root)"


def mentions(db: sqlite3.Connection, user: int, span: Span) -> Page:
    """Posts of others that carry the handle or answer a post of this account."""
    return _page(db, _MENTIONS, {"user": user}, span, reach=REACH)


def timeline(db: sqlite3.Connection, user: int, span: Span) -> Page:
    """The account's own posts, from wherever it wrote them."""
    return _page(db, "p.author = :user", {"user": user}, span, reach=REACH)


def quotes(db: sqlite3.Connection, post: Post, span: Span) -> Page:
    """Posts that quote this one (any version of it)."""
    return _page(db, _QUOTES, {"root": post.root}, span)


def search(db: sqlite3.Connection, query: str, span: Span) -> Page:
    """Recent posts that fit a query; ValueError names an operator that is not known here."""
    conditions, values = _conditions(query)
    return _page(db, " and ".join(["1", *conditions]), values, span)


def by_ids(db: sqlite3.Connection, ids: Sequence[int]) -> dict[int, Post]:
    """The versions with these ids that were not deleted."""
    if not ids:
        return {}
    marks = ",".join("?" * len(ids))
    query = f"select * from x_post where deleted is null and id in ({marks})"  # noqa: S608 - marks only
    rows = db.execute(query, tuple(ids))
    return {row["id"]: of_row(row) for row in rows}


def _page(
    db: sqlite3.Connection, where: str, values: dict[str, Any], span: Span, reach: int | None = None
) -> Page:
    turned = switches(db)
    lag = turned["visibility_lag"]
    values = {
        **values,
        "protected": json.dumps(turned["protected"]),
        "seen": clock.seconds() - lag if lag else None,
        "since": span.since_id,
        "until": span.until_id,
        "before": span.before,
        "start": span.start,
        "end": span.end,
        "limit": span.limit + 1,
        "reach": reach,
    }
    # only fragments of our own are put together here; every value is bound
    base = f"from x_post p where {STANDING} and {where} and (:seen is null or p.at <= :seen)"
    query = (
        f"select p.* {base}"
        " and (:since is null or p.id > :since) and (:until is null or p.id < :until)"
        " and (:before is null or p.id < :before)"
        " and (:start is null or p.at >= :start) and (:end is null or p.at < :end)"
        f" and (:reach is null or p.id >= coalesce((select p.id {base}"
        " order by p.id desc limit 1 offset :reach - 1), 0))"
        " order by p.id desc limit :limit"
    )
    rows = db.execute(query, values).fetchall()
    posts = [of_row(row) for row in rows[: span.limit]]
    return Page(posts, more=len(rows) > span.limit)


def _conditions(query: str) -> tuple[list[str], dict[str, Any]]:
    conditions: list[str] = []
    values: dict[str, Any] = {}
    for n, term in enumerate(query.split()):
        name, colon, value = term.partition(":")
        key = f"term{n}"
        values[key] = value.lstrip("@") if colon else term
        user = f"(select id from x_user where username = :{key})"  # noqa: S608 - bound
        known = {
            "from": f"p.author = {user}",
            "-from": f"p.author != {user}",
            "to": f"p.in_reply_to_user = {user}",
            "conversation_id": f"p.conversation = cast(:{key} as integer)",
            "in_reply_to_tweet_id": f"p.reply_to = cast(:{key} as integer)",
            "quotes_of_tweet_id": f"p.quote_of = cast(:{key} as integer)",
        }
        if term in ("-is:retweet", "-is:nullcast"):
            continue
        if colon and name in known:
            conditions.append(known[name])
        elif colon and re.fullmatch(r"-?[a-z_]+", name):
            raise ValueError(f"There were errors processing your request: {term}")
        elif term.startswith("@"):
            values[key] = term[1:]
            conditions.append(f"p.id in (select post from x_mention where user = {user})")  # noqa: S608
        else:
            values[key] = f"%{term.strip(chr(34))}%"
            conditions.append(f"p.text like :{key}")
    return conditions, values
