"""X's room: what the shared core asks of it."""

import json
import sqlite3
from typing import Any

from sandbox.core import clock
from sandbox.core.rooms import Refusal
from sandbox.x import accounts, errors, limits, names, posts
from sandbox.x.posts import Post


class XRoom:
    """The platform X, as `sandbox.core.rooms.Room`."""

    name = "x"

    def owns(self, path: str) -> bool:
        """All of API v2."""
        return path.startswith("/2/")

    def prepare(self, db: sqlite3.Connection) -> None:
        """The application's keys and the institution's accounts."""
        accounts.found(db)

    def refusal(self, kind: str) -> Refusal:
        """X's own words for a fault."""
        if kind == "500":
            return Refusal(500, errors.SERVER_ERROR, "text/html; charset=utf-8")
        reset = {"x-rate-limit-limit": "100", "x-rate-limit-remaining": "0"}
        if kind == "429":
            reset["x-rate-limit-reset"] = str(limits.next_reset())
        refused = errors.unauthorized() if kind == "401" else errors.too_many()
        return Refusal(
            refused.status, errors.as_bytes(refused), headers={} if kind == "401" else reset
        )

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
        """One row, whole, by a citizen of its own; with the handle in front if it names none."""
        chief = accounts.institutions(db)[0]
        if chief.id not in {user.id for user in posts.named(db, text)}:
            text = f"@{chief.username} {text}"
        author = _citizen(db, names.handle(number, prefix="warga"), names.name(number))
        posts.publish(db, author=author, text=text, by="citizen")

    def reset(self, db: sqlite3.Connection) -> None:
        """Forgets posts, citizens and switches; keeps the keys and the accounts."""
        limits.clear()
        db.execute("delete from x_mention")
        db.execute("delete from x_post")
        db.execute("delete from x_user where not institution")
        db.execute("delete from setting where key in ('x_switches', 'x_last_id')")

    def _before(self, db: sqlite3.Connection, other: dict[str, Any] | None) -> Post | None:
        """The post of somebody else that a story quotes or answers, written first."""
        if other is None:
            return None
        author = _citizen(db, other["handle"], other["name"])
        return posts.publish(db, author=author, text=other["text"], by="citizen")


def _citizen(db: sqlite3.Connection, handle: str, name: str) -> accounts.User:
    return accounts.citizen(db, number=posts.next_id(db), username=handle, name=name)
