"""The Page's endpoints: posts, comments, hiding, deleting (platforms.md §4)."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sandbox.meta import accounts, errors, events, fields, files, objects, paging, shapes
from sandbox.meta.call import Answer, Call, Node
from sandbox.meta.fields import Field
from sandbox.meta.objects import Object
from sandbox.meta.switches import switches

POST_FIELDS = "id,created_time,message,story"
COMMENT_FIELDS = "id,created_time,from,message"
FILTERS = ("toplevel", "stream")


def readable(db: sqlite3.Connection, call: Call, of: Object) -> accounts.Page:
    """The page that asks, where it may see this; GraphError otherwise.

    That is what stands on the page, and what names it elsewhere unless the switch forbids.
    """
    page = call.page
    call.require(db, "pages_read_engagement", 10)
    if of.owner == page.id:
        return page
    named = db.execute(
        "select 1 from meta_object where root = ? and instr(tags, ?) limit 1",
        (of.root, f'"{page.id}"'),
    ).fetchone()
    if named is None or not switches(db)["mentions_visible"]:
        raise errors.gone(of.id, call.method)
    return page


def read_object(db: sqlite3.Connection, call: Call, node: Node) -> Answer:
    """GET /{post or comment}."""
    of: Object = node.value
    page = readable(db, call, of)
    default = COMMENT_FIELDS if of.is_comment else POST_FIELDS
    return 200, show(db, call, of, page.id, fields.parse(call.text("fields"), default))


def show(
    db: sqlite3.Connection, call: Call, of: Object, page: str, wanted: Sequence[Field]
) -> dict[str, Any]:
    """A post or comment with the fields asked for, nested comments among them."""

    def nested(field: Field) -> dict[str, Any]:
        return list_comments(db, call, of, page, params=call.nested(field), wanted=field.sub)

    full = shapes.facebook(db, of, page) | {"comments": nested}
    return fields.project(full, wanted, "Comment" if of.is_comment else "PagePost")


def read_comments(db: sqlite3.Connection, call: Call, node: Node) -> Answer:
    """GET /{post or comment}/comments."""
    page = readable(db, call, node.value)
    wanted = fields.parse(call.text("fields"), COMMENT_FIELDS)
    return 200, list_comments(db, call, node.value, page.id, params=call.params, wanted=wanted)


def list_comments(
    db: sqlite3.Connection,
    call: Call,
    of: Object,
    page: str,
    *,
    params: Mapping[str, Any],
    wanted: Sequence[Field],
) -> dict[str, Any]:
    """A page of comments: ranked and top-level unless told otherwise (§4.1)."""
    order, level = params.get("order") or "ranked", params.get("filter") or "toplevel"
    if order not in paging.ORDERS or level not in FILTERS:
        raise errors.bad("Param order or filter must be one of the documented values")
    where, values = "root = ? and id != root and deleted is null", [of.root]
    if of.is_comment:
        where, values = f"{where} and parent = ?", [of.root, of.id]
    elif level == "toplevel":
        where += " and parent is null"
    lag = float(switches(db)["visibility_lag"])
    span = paging.span_of(params)
    found = paging.rows(db, "meta_object", where, values, order=order, span=span, lag=lag)
    data = [
        show(db, call, objects.of_row(row), page, wanted or fields.parse(COMMENT_FIELDS))
        for row in found.rows
    ]
    address = call.address(f"{of.id}/comments")
    answer = paging.answer(data, found, address=address, params=params)
    if str(params.get("summary", "")).lower() in ("1", "true"):
        total = shapes.count(db, of)
        answer["summary"] = {"order": order, "total_count": total, "can_comment": True}
    return answer


def _posts(where: str, edge: str) -> Callable[[sqlite3.Connection, Call, Node], Answer]:
    """A list of posts under a condition, newest first."""

    def handler(db: sqlite3.Connection, call: Call, node: Node) -> Answer:
        own_page(call, node)
        call.require(db, "pages_read_engagement", 10)
        if edge != "published_posts":
            call.require(db, "pages_read_user_content", 10)
        wanted = fields.parse(call.text("fields"), POST_FIELDS)
        lag = float(switches(db)["visibility_lag"])
        span = paging.span_of(call.params)
        found = paging.rows(
            db,
            "meta_object",
            f"kind = 'post' and deleted is null and {where}",
            [node.id] if where.count("?") == 1 else [node.id, f'"{node.id}"'],
            order="reverse_chronological",
            span=span,
            lag=lag,
        )
        data = [show(db, call, objects.of_row(row), node.id, wanted) for row in found.rows]
        address = call.address(f"{node.id}/{edge}")
        return 200, paging.answer(data, found, address=address, params=call.params)

    return handler


def own_page(call: Call, node: Node) -> accounts.Page:
    """The page whose token asks; GraphError when it asks about another."""
    if call.page.id != node.value.id:
        raise errors.gone(node.id, call.method)
    return call.page


def write_comment(db: sqlite3.Connection, call: Call, node: Node) -> Answer:
    """POST /{post or comment}/comments: message, attachment_url or a file as `source`."""
    of: Object = node.value
    page = readable(db, call, of)
    call.require(db, "pages_manage_engagement", 200)
    text = call.text("message")
    media = []
    if call.fetched:
        media.append(files.media_of(call, "image", call.text("attachment_url")))
    if not text.strip() and not media:
        raise errors.bad("The parameter message or attachment_url is required")
    if len(text) > objects.COMMENT_LIMIT:
        raise errors.bad(f"Param message must be at most {objects.COMMENT_LIMIT} characters long")
    if switches(db)["refuse_duplicates"] and not media and _said_before(db, of, page.id, text):
        raise errors.duplicate()
    author = accounts.institution(page.id)
    written = objects.comment(db, on=of, author=author, text=text, by="api", media=media)
    events.of_object(db, written)
    return 200, {"id": written.id}


def _said_before(db: sqlite3.Connection, on: Object, page: str, text: str) -> bool:
    """Is this what the page itself said last under the same target?"""
    top = (on.parent or on.id) if on.is_comment else None
    row = db.execute(
        "select text from meta_object where author = ? and deleted is null and id != root"
        " and root = ? and parent is ? order by n desc limit 1",
        (page, on.root, top),
    ).fetchone()
    return row is not None and row["text"] == text.strip()


def write_post(db: sqlite3.Connection, call: Call, node: Node) -> Answer:
    """POST /{page}/feed: the page's own post."""
    page = own_page(call, node)
    if not call.text("message").strip():
        raise errors.bad("The parameter message is required")
    author = accounts.institution(page.id)
    written = objects.publish(db, owner=page.id, author=author, text=call.text("message"), by="api")
    events.of_object(db, written)
    return 200, {"id": written.id}


def change_object(db: sqlite3.Connection, call: Call, node: Node) -> Answer:
    """POST /{post or comment}: message= edits an own one, is_hidden= hides a citizen's."""
    of: Object = node.value
    page = readable(db, call, of)
    call.require(db, "pages_manage_engagement", 200)
    hidden = call.flag("is_hidden")
    if hidden is not None:
        if of.author == page.id or of.owner != page.id:
            raise errors.bad("You can't hide this comment")
        changed = objects.hide(db, target=of, hidden=hidden, by="api")
        events.of_object(db, changed, "hide" if hidden else "unhide")
    if "message" in call.params:
        if of.author != page.id:
            raise errors.GraphError("(#200) Permissions error", 200, status=403)
        if not call.text("message").strip() or len(call.text("message")) > objects.COMMENT_LIMIT:
            raise errors.bad("The parameter message is empty or too long")
        changed = objects.edit(db, target=of, text=call.text("message"), by="api")
        events.of_object(db, changed, "edited")
    if hidden is None and "message" not in call.params:
        raise errors.bad("No parameter to update was given")
    return 200, {"success": True}


def delete_object(db: sqlite3.Connection, call: Call, node: Node) -> Answer:
    """DELETE /{post or comment}: the page's own, and citizens' comments on the page."""
    of: Object = node.value
    page = readable(db, call, of)
    call.require(db, "pages_manage_engagement", 200)
    if page.id not in (of.author, of.owner):
        raise errors.GraphError("(#200) Permissions error", 200, status=403)
    removed = objects.remove(db, target=of, by="api")
    events.of_object(db, removed, "remove")
    return 200, {"success": True}


ROUTES = {
    ("GET", "post", ""): read_object,
    ("GET", "comment", ""): read_object,
    ("POST", "post", ""): change_object,
    ("POST", "comment", ""): change_object,
    ("DELETE", "post", ""): delete_object,
    ("DELETE", "comment", ""): delete_object,
    ("GET", "post", "comments"): read_comments,
    ("GET", "comment", "comments"): read_comments,
    ("POST", "post", "comments"): write_comment,
    ("POST", "comment", "comments"): write_comment,
    ("GET", "page", "feed"): _posts("owner = ?", "feed"),
    ("GET", "page", "posts"): _posts("owner = ? and author = owner", "published_posts"),
    ("GET", "page", "published_posts"): _posts("owner = ? and author = owner", "published_posts"),
    ("GET", "page", "visitor_posts"): _posts("owner = ? and author != owner", "visitor_posts"),
    ("GET", "page", "tagged"): _posts("owner != ? and instr(tags, ?)", "tagged"),
    ("POST", "page", "feed"): write_post,
}
