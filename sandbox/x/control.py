"""Control endpoints of the X room: `/_sandbox/x/…`, for the demo and the tests."""

import sqlite3
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sandbox.core import clock
from sandbox.core.control import body_of, complaint
from sandbox.core.store import store
from sandbox.x import accounts, posts, switches, uploads
from sandbox.x.posts import Post


@require_GET
def app_json(_request: HttpRequest) -> JsonResponse:
    """GET /_sandbox/x/app.json: what the developer portal would show."""
    with store().write() as db:
        keys = accounts.found(db)
        users = accounts.institutions(db)
    return JsonResponse(
        {
            "consumer_key": keys.consumer_key,
            "consumer_secret": keys.consumer_secret,
            "bearer_token": keys.bearer,
            "client_id": keys.client_id,
            "client_secret": keys.client_secret,
            "accounts": [
                {
                    "id": str(user.id),
                    "username": user.username,
                    "name": user.name,
                    "access_token": user.token,
                    "access_token_secret": user.token_secret,
                }
                for user in users
            ],
        }
    )


@csrf_exempt
@require_http_methods(["GET", "POST"])
def posts_view(request: HttpRequest) -> JsonResponse:
    """GET: the timeline, newest first. POST: a citizen writes.

    POST {"username", "name"?, "text", "reply_to"?, "quote_of"?, "auto_mention"?, "media"?};
    `auto_mention` false takes the handles off that X puts in front of a reply; `media` is a list
    of objects with type, url, alt_text, or with file (base64), or of empty ones for samples.
    GET ?username= &conversation= &reply_to= &q= &since= &limit=
    """
    try:
        if request.method == "GET":
            return _listing(request)
        wish = body_of(request)
        with store().write() as db:
            author = accounts.citizen(
                db,
                number=posts.next_id(db),
                username=str(wish.get("username", "")),
                name=str(wish.get("name") or ""),
            )
            post = posts.publish(
                db,
                author=author,
                text=str(wish.get("text", "")),
                by="citizen",
                reply_to=standing(db, wish.get("reply_to")),
                quote_of=standing(db, wish.get("quote_of")),
                auto_mention=bool(wish.get("auto_mention", True)),
                media=uploads.sent_along(
                    db, wish.get("media"), base=f"{request.scheme}://{request.get_host()}"
                ),
            )
    except ValueError as error:
        return complaint(error)
    return JsonResponse({"id": str(post.id), "text": post.text}, status=201)


@csrf_exempt
@require_POST
def native(request: HttpRequest) -> JsonResponse:
    """POST {"account", "text", "reply_to"?}: the institution writes in X's own app."""
    try:
        wish = body_of(request)
        with store().write() as db:
            author = accounts.by_name(db, str(wish.get("account", "")).lstrip("@"))
            if author is None or not author.institution:
                return complaint("account: bukan akun institusi")
            post = posts.publish(
                db,
                author=author,
                text=str(wish.get("text", "")),
                by="native",
                reply_to=standing(db, wish.get("reply_to")),
            )
    except ValueError as error:
        return complaint(error)
    return JsonResponse({"id": str(post.id), "text": post.text}, status=201)


@csrf_exempt
@require_http_methods(["GET", "DELETE"])
def post_view(request: HttpRequest, post_id: str) -> JsonResponse:
    """GET one post, deleted or not; DELETE it, whoever wrote it."""
    with store().write() as db:
        post = posts.get(db, int(post_id))
        if post is None:
            return complaint("tidak ada tulisan itu", 404)
        if request.method == "DELETE":
            posts.delete(db, post=post, by=hand(db, post))
            return JsonResponse({"deleted": True})
        return JsonResponse(_shape(db, post))


@csrf_exempt
@require_POST
def edit(request: HttpRequest, post_id: str) -> JsonResponse:
    """POST {"text"}: a new version under a new id."""
    try:
        wish = body_of(request)
        with store().write() as db:
            post = posts.get(db, int(post_id))
            if post is None:
                return complaint("tidak ada tulisan itu", 404)
            new = posts.edit(db, post=post, text=str(wish.get("text", "")), by=hand(db, post))
    except ValueError as error:
        return complaint(error)
    return JsonResponse({"id": str(new.id), "text": new.text}, status=201)


@csrf_exempt
@require_http_methods(["GET", "POST"])
def switches_view(request: HttpRequest) -> JsonResponse:
    """/_sandbox/x/switches: GET shows, POST {name: value} turns (see `sandbox.x.switches`)."""
    try:
        with store().write() as db:
            turned = (
                switches.turn(db, body_of(request))
                if request.method == "POST"
                else switches.switches(db)
            )
    except ValueError as error:
        return complaint(error)
    return JsonResponse(turned)


def standing(db: sqlite3.Connection, value: object) -> Post | None:
    """The post with this id, for a reply or quote; None for nothing; CannotWrite when gone."""
    if value in (None, ""):
        return None
    text = str(value)
    post = (
        posts.get(db, int(text))
        if text.isascii() and text.isdigit() and len(text) < 19 + 1
        else None
    )
    if post is None or post.deleted is not None:
        raise posts.CannotWrite(_("Tulisan yang dituju sudah tidak ada."))
    return post


def hand(db: sqlite3.Connection, post: Post) -> str:
    """By whose hand a post is changed outside the API: native for the institution's own."""
    author = accounts.by_id(db, post.author)
    return "native" if author is not None and author.institution else "citizen"


def _listing(request: HttpRequest) -> JsonResponse:
    since = int(request.GET.get("since") or 0)
    limit = min(int(request.GET.get("limit") or 100), 5000)
    with store().read() as db:
        rows = db.execute(
            "select p.* from x_post p join x_user u on u.id = p.author"
            " where p.deleted is null and p.newer is null and p.id > :since"
            " and (:username is null or u.username = :username)"
            " and (:conversation is null or p.conversation = cast(:conversation as integer))"
            " and (:reply_to is null or p.reply_to = cast(:reply_to as integer))"
            " and (:q is null or p.text like '%' || :q || '%') order by p.id desc limit :limit",
            {
                "since": since,
                "limit": limit,
                **{
                    key: request.GET.get(key)
                    for key in ("username", "conversation", "reply_to", "q")
                },
            },
        ).fetchall()
        found = [_shape(db, posts.of_row(row)) for row in rows]
    return JsonResponse({"posts": found})


def _shape(db: sqlite3.Connection, post: Post) -> dict[str, Any]:
    author = accounts.by_id(db, post.author)
    return {
        "id": str(post.id),
        "username": author.username if author else "",
        "name": author.name if author else "",
        "institution": bool(author and author.institution),
        "text": post.text,
        "at": clock.stamp(post.at),
        "by": post.by,
        "reply_to": str(post.reply_to) if post.reply_to else None,
        "quote_of": str(post.quote_of) if post.quote_of else None,
        "conversation_id": str(post.conversation),
        "versions": [str(number) for number in posts.history(db, post.root)],
        "deleted": post.deleted is not None,
    }
