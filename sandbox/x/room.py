"""X's room: what the shared core asks of it."""

import json
import sqlite3
from typing import Any

from sandbox.core import clock, feed, names
from sandbox.core.rooms import Refusal
from sandbox.x import accounts, activity, dms, errors, hooks, limits, posts
from sandbox.x.posts import Post

DM_EVERY = 5


class XRoom:
    """The platform X, as `sandbox.core.rooms.Room`."""

    name = "x"

    def owns(self, path: str) -> bool:
        """All of API v2, the old upload, and the page that asks for access."""
        return path.startswith(("/2/", "/1.1/media/", "/i/oauth2/"))

    def prepare(self, db: sqlite3.Connection) -> None:
        """The application's keys and the institution's accounts; posts begin to make events."""
        accounts.found(db)
        activity.listen()

    def refusal(self, kind: str) -> Refusal:
        """X's own words for a fault."""
        if kind == "500":
            return Refusal(500, errors.SERVER_ERROR, "text/html; charset=utf-8")
        plain = {"400": errors.invalid("Unspecified error"), "401": errors.unauthorized()}
        if kind in plain:
            return Refusal(plain[kind].status, errors.as_bytes(plain[kind]))
        reset = {"x-rate-limit-limit": "100", "x-rate-limit-remaining": "0"}
        if kind == "429":
            reset["x-rate-limit-reset"] = str(limits.next_reset())
        return Refusal(429, errors.as_bytes(errors.too_many()), headers=reset)

    def tell(self, db: sqlite3.Connection, story: dict[str, Any], number: int) -> str:
        """Writes a story's first post: after what it quotes or answers, before what follows.

        From the second round on another citizen tells it.
        """
        handle, name = story["handle"], story["name"]
        if story.get("lap"):
            handle, name = names.handle(number, prefix="cerita"), names.name(number)
        post = posts.publish(
            db,
            author=_citizen(db, handle, name),
            text=story["text"],
            by="citizen",
            reply_to=self._before(db, story.get("reply_to")),
            quote_of=self._before(db, story.get("quote")),
        )
        later = [{**each, "do": "follow_up"} for each in story.get("follow_ups", [])]
        if "edit" in story:
            later.append({**story["edit"], "do": "edit"})
        for each in later:
            payload = json.dumps({"do": each["do"], "text": each["text"], "post": post.id})
            db.execute(
                "insert into due (at, platform, payload) values (?, 'x', ?)",
                (clock.seconds() + each["after"], payload),
            )
        return str(post.id)

    def carry_on(self, db: sqlite3.Connection, payload: dict[str, Any]) -> None:
        """A follow-up, under the institution's latest answer if there is one; or an edit."""
        post = posts.get(db, payload["post"])
        author = accounts.by_id(db, post.author) if post else None
        if post is None or author is None or post.deleted is not None:
            return
        if payload["do"] == "edit":
            posts.edit(db, post=post, text=payload["text"], by="citizen")
            return
        row = db.execute(
            "select p.* from x_post p join x_user u on u.id = p.author where p.conversation = ?"
            " and u.institution and p.deleted is null and p.newer is null order by p.id desc",
            (post.conversation,),
        ).fetchone()
        target = posts.of_row(row) if row else post
        posts.publish(db, author=author, text=payload["text"], by="citizen", reply_to=target)

    def feed(self, db: sqlite3.Connection, text: str, number: int) -> None:
        """One row, whole, by a citizen of its own; with the handle in front if it names none.

        Where other platforms share the feed, every fifth row here is a direct message.
        """
        chief = accounts.institutions(db)[0]
        shared = len(feed.rooms())
        if shared > 1 and number // shared % DM_EVERY == DM_EVERY - 1:
            sender = _citizen(db, names.handle(number, prefix="warga"), names.name(number))
            dms.send(db, sender=sender, recipient=chief, text=text, by="citizen")
            return
        if chief.id not in {user.id for user in posts.named(db, text)}:
            text = f"@{chief.username} {text}"
        author = _citizen(db, names.handle(number, prefix="warga"), names.name(number))
        posts.publish(db, author=author, text=text, by="citizen")

    def reset(self, db: sqlite3.Connection) -> None:
        """Forgets posts, messages, citizens and switches; keeps keys, accounts and webhooks."""
        limits.clear()
        for table in ("x_dm", "x_media", "x_code", "x_event"):
            db.execute(f"delete from {table}")  # noqa: S608 - names of our own
        db.execute("delete from x_mention")
        db.execute("delete from x_post")
        db.execute("delete from x_user where not institution")
        db.execute("delete from setting where key in ('x_switches', 'x_last_id')")

    def forget(self, db: sqlite3.Connection) -> None:
        """Forgets the webhooks and their subscriptions too."""
        hooks.forget(db)

    def _before(self, db: sqlite3.Connection, other: dict[str, Any] | None) -> Post | None:
        """The post of somebody else that a story quotes or answers, written first."""
        if other is None:
            return None
        author = _citizen(db, other["handle"], other["name"])
        return posts.publish(db, author=author, text=other["text"], by="citizen")


def _citizen(db: sqlite3.Connection, handle: str, name: str) -> accounts.User:
    return accounts.citizen(db, number=posts.next_id(db), username=handle, name=name)
