"""Instagram's endpoints: media, comments, replies, mentions (platforms.md §6)."""

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.core import clock
from sandbox.meta import accounts, errors, events, fields, objects, paging, shapes
from sandbox.meta.accounts import Page
from sandbox.meta.call import Answer, Call, Node
from sandbox.meta.fields import Field
from sandbox.meta.objects import Object
from sandbox.meta.switches import switches

MOST_COMMENTS = 50  # per page, platforms.md §6.1
COMMENT_FIELDS = "id,text,timestamp"
MEDIA_FIELDS = "id"


def own_account(db: sqlite3.Connection, call: Call, node: Node) -> Page:
    """The page whose token asks about its own Instagram account; GraphError otherwise."""
    page = call.page
    if node.id != page.ig_id:
        raise errors.gone(node.id, call.method)
    call.require(db, "instagram_basic", 10)
    return page


def owned(db: sqlite3.Connection, call: Call, of: Object) -> Page:
    """The page on whose linked account this stands; what stands elsewhere cannot be read by id."""
    page = call.page
    call.require(db, "instagram_basic", 10)
    if of.owner != page.ig_id:
        raise errors.gone(of.id, call.method)
    return page


def read_account(db: sqlite3.Connection, call: Call, node: Node) -> Answer:
    """GET /{account}: also the way to what mentions it, by `mentioned_comment.comment_id(…)`."""
    page = own_account(db, call, node)

    def mentioned(kind: str, key: str) -> fields.Lazy:
        def lazy(field: Field) -> dict[str, Any]:
            of = _mention(db, page, kind, field.args.get(key, ""))
            chosen = field.sub or fields.parse(COMMENT_FIELDS if of.is_comment else MEDIA_FIELDS)
            return _shown(db, call, of, chosen)

        return lazy

    def media(field: Field) -> dict[str, Any]:
        return list_media(db, call, node.id, call.nested(field), field.sub)

    full: shapes.Full = {
        "id": node.id,
        "username": page.ig_username,
        "name": page.name,
        "profile_picture_url": None,
        "followers_count": 1200,
        "media_count": len(_media_ids(db, node.id)),
        "mentioned_comment": mentioned("ig_comment", "comment_id"),
        "mentioned_media": mentioned("ig_media", "media_id"),
        "media": media,
    }
    return 200, fields.project(full, fields.parse(call.text("fields")), "IGUser")


def _mention(db: sqlite3.Connection, page: Page, kind: str, object_id: str) -> Object:
    """The comment or media that names the account; GraphError 100 when it cannot be read."""
    of = objects.living(db, object_id)
    visible = switches(db)["mentions_visible"]
    if of is None or of.kind != kind or page.ig_id not in of.tags or not visible:
        raise errors.bad("The requested resource does not exist", 2207050)
    return of


def _media_ids(db: sqlite3.Connection, account: str) -> list[str]:
    rows = db.execute(
        "select id from meta_object where owner = ? and kind = 'ig_media' and deleted is null",
        (account,),
    )
    return [row["id"] for row in rows]


def read_media_list(db: sqlite3.Connection, call: Call, node: Node) -> Answer:
    """GET /{account}/media: newest first, with since and until."""
    own_account(db, call, node)
    wanted = fields.parse(call.text("fields"), MEDIA_FIELDS)
    return 200, list_media(db, call, node.id, call.params, wanted)


def list_media(
    db: sqlite3.Connection,
    call: Call,
    account: str,
    params: Mapping[str, Any],
    wanted: Sequence[Field],
) -> dict[str, Any]:
    """A page of the account's own media."""
    found = paging.rows(
        db,
        "meta_object",
        "kind = 'ig_media' and owner = ? and deleted is null",
        [account],
        order="reverse_chronological",
        span=paging.span_of(params),
    )
    chosen = wanted or fields.parse(MEDIA_FIELDS)
    data = [_shown(db, call, objects.of_row(row), chosen) for row in found.rows]
    address = call.address(f"{account}/media")
    return paging.answer(data, found, address=address, params=params)


def read_tags(db: sqlite3.Connection, call: Call, node: Node) -> Answer:
    """GET /{account}/tags: media in whose picture the account is tagged; cursors, no `next`."""
    own_account(db, call, node)
    found = paging.rows(
        db,
        "meta_object",
        "kind = 'ig_media' and deleted is null and instr(tags, ?)",
        [f'"photo:{node.id}"'],
        order="reverse_chronological",
        span=paging.span_of(call.params),
    )
    wanted = fields.parse(call.text("fields"), MEDIA_FIELDS)
    data = [_shown(db, call, objects.of_row(row), wanted) for row in found.rows]
    return 200, paging.answer(data, found, address="", params=call.params, links=False)


def _shown(
    db: sqlite3.Connection, call: Call, of: Object, wanted: Sequence[Field]
) -> dict[str, Any]:
    """Media or a comment with the fields asked for."""

    def under(field: Field) -> dict[str, Any]:
        return list_comments(db, call, of, call.nested(field), field.sub)

    if of.is_comment:
        full = shapes.ig_comment(of) | {"replies": under}
        full["media"] = lambda field: _media_in(db, of, field)
        if not accounts.is_instagram(of.owner):  # elsewhere there are no replies to be read
            full["replies"] = None
        return fields.project(full, wanted, "IGComment")
    many = db.execute(
        "select count(*) as many from meta_object where root = ? and id != root"
        " and deleted is null and at <= ?",
        (of.id, clock.seconds() - float(switches(db)["visibility_lag"])),
    ).fetchone()["many"]
    full = shapes.ig_media(of, int(many)) | {"comments": under}
    return fields.project(full, wanted, "IGMedia")


def _media_in(db: sqlite3.Connection, comment: Object, field: Field) -> dict[str, Any]:
    root = objects.get(db, comment.root)
    if root is None or not field.sub:
        return {"id": comment.root}
    return fields.project(shapes.ig_media(root, 0), field.sub, "IGMedia")


def list_comments(
    db: sqlite3.Connection,
    call: Call,
    of: Object,
    params: Mapping[str, Any],
    wanted: Sequence[Field],
) -> dict[str, Any]:
    """Media: its top-level comments, newest first. A comment: its replies, oldest first."""
    found = paging.rows(
        db,
        "meta_object",
        "deleted is null and root = ? and parent is ? and id != root",
        [of.root, of.id if of.is_comment else None],
        order="chronological" if of.is_comment else "reverse_chronological",
        span=paging.span_of(params, most=MOST_COMMENTS),
        lag=float(switches(db)["visibility_lag"]),
    )
    chosen = wanted or fields.parse(COMMENT_FIELDS)
    data = [_shown(db, call, objects.of_row(row), chosen) for row in found.rows]
    edge = "replies" if of.is_comment else "comments"
    address = call.address(f"{of.id}/{edge}")
    return paging.answer(data, found, address=address, params=params)


def read_object(db: sqlite3.Connection, call: Call, node: Node) -> Answer:
    """GET /{media or comment}."""
    owned(db, call, node.value)
    default = COMMENT_FIELDS if node.value.is_comment else MEDIA_FIELDS
    return 200, _shown(db, call, node.value, fields.parse(call.text("fields"), default))


def read_under(db: sqlite3.Connection, call: Call, node: Node) -> Answer:
    """GET /{media}/comments, /{comment}/replies."""
    owned(db, call, node.value)
    call.require(db, "instagram_manage_comments", 10)
    wanted = fields.parse(call.text("fields"), COMMENT_FIELDS)
    return 200, list_comments(db, call, node.value, call.params, wanted)


def write_under(db: sqlite3.Connection, call: Call, node: Node) -> Answer:
    """POST /{media}/comments, /{comment}/replies: a reply to a reply goes under its parent."""
    page = owned(db, call, node.value)
    return _comment(db, call, page, node.value)


def write_mention(db: sqlite3.Connection, call: Call, node: Node) -> Answer:
    """POST /{account}/mentions: answers where the account was named, elsewhere."""
    page = own_account(db, call, node)
    comment = call.text("comment_id")
    kind = "ig_comment" if comment else "ig_media"
    of = _mention(db, page, kind, comment or call.text("media_id"))
    if comment and of.root != call.text("media_id"):
        raise errors.bad("The comment does not belong to the media")
    return _comment(db, call, page, of)


def _comment(db: sqlite3.Connection, call: Call, page: Page, on: Object) -> Answer:
    """Writes it. With a `fields` parameter it is written all the same, and then refused (§0.5)."""
    call.require(db, "instagram_manage_comments", 10)
    text = call.text("message")
    if not text.strip():
        raise errors.bad("The parameter message is required")
    if len(text) > objects.IG_COMMENT_LIMIT:
        raise errors.bad(
            f"Param message must be at most {objects.IG_COMMENT_LIMIT} characters long"
        )
    author = accounts.institution(page.ig_id)
    written = objects.comment(db, on=on, author=author, text=text, by="api")
    events.of_object(db, written)
    if "fields" in call.params:
        refused = errors.response_format()
        return refused.status, refused.body
    return 200, {"id": written.id}


def change_object(db: sqlite3.Connection, call: Call, node: Node) -> Answer:
    """POST /{comment}?hide=true."""
    owned(db, call, node.value)
    call.require(db, "instagram_manage_comments", 10)
    hidden = call.flag("hide")
    if hidden is None or not node.value.is_comment:
        raise errors.bad("The parameter hide is required")
    if node.value.own:
        raise errors.bad("You can't hide your own comment")
    objects.hide(db, target=node.value, hidden=hidden, by="api")
    return 200, {"success": True}


def delete_object(db: sqlite3.Connection, call: Call, node: Node) -> Answer:
    """DELETE /{comment}: any on the account's own media."""
    owned(db, call, node.value)
    call.require(db, "instagram_manage_comments", 10)
    objects.remove(db, target=node.value, by="api")
    return 200, {"success": True}


ROUTES = {
    ("GET", "ig", ""): read_account,
    ("GET", "ig", "media"): read_media_list,
    ("GET", "ig", "tags"): read_tags,
    ("POST", "ig", "mentions"): write_mention,
    ("GET", "ig_media", ""): read_object,
    ("GET", "ig_comment", ""): read_object,
    ("GET", "ig_media", "comments"): read_under,
    ("GET", "ig_comment", "replies"): read_under,
    ("POST", "ig_media", "comments"): write_under,
    ("POST", "ig_comment", "replies"): write_under,
    ("POST", "ig_comment", ""): change_object,
    ("DELETE", "ig_comment", ""): delete_object,
}
