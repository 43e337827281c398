"""The read endpoints of X API v2 (platforms.md §2.2), with X's own numbers of requests."""

import sqlite3
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest

from sandbox.core import clock
from sandbox.core.store import store
from sandbox.x import accounts, errors, posts, queries, shapes
from sandbox.x.accounts import User
from sandbox.x.auth import Caller
from sandbox.x.endpoint import Answer, asked, endpoint, number, span_of, token
from sandbox.x.queries import Page, Span

SEARCH_DAYS = 7
SEARCH_LAG_S = 30  # the index omits the newest half minute by default


@endpoint("GET /2/users/me", user=75)
def me(request: HttpRequest, caller: Caller) -> Answer:
    """The account whose token asks."""
    assert caller.user is not None  # noqa: S101 - the endpoint refuses the app itself
    return 200, {"data": shapes.user(caller.user, asked(request).user)}


@endpoint("GET /2/users/:id", user=900, app=300)
def user_by_id(request: HttpRequest, _caller: Caller, user_id: str) -> Answer:
    """One account by id."""
    with store().read() as db:
        return _person(request, accounts.by_id(db, number(user_id, "id")), "id", user_id)


@endpoint("GET /2/users/by/username/:username", user=900, app=300)
def user_by_name(request: HttpRequest, _caller: Caller, username: str) -> Answer:
    """One account by handle."""
    with store().read() as db:
        return _person(request, accounts.by_name(db, username), "username", username)


def _person(request: HttpRequest, user: User | None, parameter: str, value: str) -> Answer:
    if user is None:
        return 200, {"errors": [errors.missing("user", parameter, value)]}
    return 200, {"data": shapes.user(user, asked(request).user)}


@endpoint("GET /2/users/:id/mentions", user=300, app=450)
def mentions(request: HttpRequest, _caller: Caller, user_id: str) -> Answer:
    """Who called this account, newest first, the 800 newest."""
    return _listing(request, user_id, queries.mentions)


@endpoint("GET /2/users/:id/tweets", user=900, app=1500)
def timeline(request: HttpRequest, _caller: Caller, user_id: str) -> Answer:
    """What this account wrote; the read-back after an unknown outcome (§1.2)."""
    return _listing(request, user_id, queries.timeline)


def _listing(
    request: HttpRequest, user_id: str, query: Callable[[sqlite3.Connection, int, Span], Page]
) -> Answer:
    span = span_of(request, least=5)
    with store().read() as db:
        user = accounts.by_id(db, number(user_id, "id"))
        if user is None:
            return 200, {"errors": [errors.missing("user", "id", user_id)]}
        return 200, _page(db, request, query(db, user.id, span))


@endpoint("GET /2/tweets/search/recent", user=300, app=450)
def search(request: HttpRequest, _caller: Caller) -> Answer:
    """The last seven days, without the newest 30 seconds unless end_time says otherwise."""
    query = request.GET.get("query", "")
    if not query or len(query) > 512:
        raise errors.invalid("The `query` query parameter must be 1 to 512 long", query=query)
    span = span_of(request, least=10)
    now = clock.seconds()
    oldest = now - SEARCH_DAYS * 86_400
    if span.since_id and (span.since_id >> 22) + posts.EPOCH_MS < oldest * 1000:
        raise errors.invalid(
            "'since_id' must be a tweet id created after the search window",
            since_id=str(span.since_id),
        )
    span = Span(
        limit=span.limit,
        since_id=span.since_id,
        until_id=span.until_id,
        start=max(span.start or 0, oldest),
        end=span.end if span.end is not None else now - SEARCH_LAG_S,
        before=span.before,
    )
    with store().read() as db:
        try:
            return 200, _page(db, request, queries.search(db, query, span))
        except ValueError as error:
            raise errors.invalid(str(error), query=query) from error


@endpoint("GET /2/tweets/:id/quote_tweets", user=75, app=75)
def quote_tweets(request: HttpRequest, _caller: Caller, post_id: str) -> Answer:
    """Who quoted a post."""
    span = span_of(request, least=10)
    with store().read() as db:
        post = posts.get(db, number(post_id, "id"))
        if post is None or post.deleted is not None:
            return 200, {"errors": [errors.missing("tweet", "id", post_id)]}
        return 200, _page(db, request, queries.quotes(db, post, span))


@endpoint("GET /2/tweets", user=900, app=450)
def lookup(request: HttpRequest, _caller: Caller) -> Answer:
    """Up to 100 posts by id; what is gone stands in `errors` beside the rest."""
    ids = [value for value in request.GET.get("ids", "").split(",") if value]
    if not 1 <= len(ids) <= 100:
        raise errors.invalid("The `ids` query parameter must have 1 to 100 ids", ids=",".join(ids))
    numbers = [number(value, "ids") for value in ids]
    wish = asked(request)
    with store().read() as db:
        found = queries.by_ids(db, numbers)
        there = [found[each] for each in numbers if each in found]
        body: dict[str, Any] = {}
        if there:
            body["data"] = [shapes.tweet(db, post, wish) for post in there]
            body |= _with(db, there, wish)
    gone = [str(each) for each in numbers if each not in found]
    if gone:
        body["errors"] = [errors.missing("tweet", "ids", value) for value in gone]
    return 200, body


@endpoint("GET /2/tweets/:id", user=900, app=450)
def one(request: HttpRequest, _caller: Caller, post_id: str) -> Answer:
    """One post by id; an old version is still itself, its history names the newer ones."""
    wish = asked(request)
    with store().read() as db:
        post = posts.get(db, number(post_id, "id"))
        if post is None or post.deleted is not None:
            return 200, {"errors": [errors.missing("tweet", "id", post_id)]}
        return 200, {"data": shapes.tweet(db, post, wish), **_with(db, [post], wish)}


def _with(db: sqlite3.Connection, found: list[posts.Post], wish: shapes.Wish) -> dict[str, Any]:
    more = shapes.includes(db, found, wish)
    return {"includes": more} if more else {}


def _page(db: sqlite3.Connection, request: HttpRequest, page: Page) -> dict[str, Any]:
    """A page as X writes it: without `data` when it is empty."""
    if not page.posts:
        return {"meta": {"result_count": 0}}
    wish = asked(request)
    meta: dict[str, Any] = {
        "result_count": len(page.posts),
        "newest_id": str(page.posts[0].id),
        "oldest_id": str(page.posts[-1].id),
    }
    if page.more:
        meta["next_token"] = token(page.posts[-1].id)
    data = [shapes.tweet(db, post, wish) for post in page.posts]
    return {"data": data, **_with(db, page.posts, wish), "meta": meta}
