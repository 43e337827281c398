"""Meta's room: what the shared core asks of it."""

import json
import re
import sqlite3
from typing import Any

from sandbox.core import clock, names
from sandbox.core.rooms import Refusal
from sandbox.core.store import keep, setting
from sandbox.meta import accounts, control, errors, files, seeds, tokens, usage, writing
from sandbox.meta.objects import CannotWrite
from sandbox.meta.tokens import Token
from sandbox.meta.writing import Wish, Written

FEED = ("comment", "message", "ig_comment", "ig_message")


class MetaRoom:
    """The platform Meta (Facebook, Messenger, Instagram), as `sandbox.core.rooms.Room`."""

    name = "meta"

    def owns(self, path: str) -> bool:
        """Every version of the Graph API, and the log-in dialogue."""
        return re.match(r"/v\d+\.\d+/", path) is not None

    def prepare(self, db: sqlite3.Connection) -> None:
        """The application's secret, the tokens, the first posts."""
        accounts.app(db)
        tokens.found(db)
        seeds.plant(db)

    def refusal(self, kind: str) -> Refusal:
        """Meta's own words for a fault: kinds 500, 401, 429, 429_no_reset, 400."""
        if kind == "500":
            return Refusal(500, errors.SERVER_ERROR, "text/html; charset=utf-8")
        if kind == "400":
            return Refusal(400, errors.as_bytes(errors.response_format()))
        if kind == "401":
            says = 'OAuth "Facebook Platform" "invalid_token"'
            body = errors.as_bytes(errors.token_dead())
            return Refusal(401, body, headers={"WWW-Authenticate": says})
        page = Token("", "page", accounts.PAGES[0].id, (), 0, 0)
        spent = usage.headers(page, "pages", 100, 1)
        if kind == "429_no_reset":
            body = errors.as_bytes(errors.limit_reached(32))
            return Refusal(403, body, headers={"X-App-Usage": spent["X-App-Usage"]})
        return Refusal(400, errors.as_bytes(errors.throttled("pages")), headers=spent)

    def tell(self, db: sqlite3.Connection, story: dict[str, Any], number: int) -> str:
        """Writes a story's first part; what others wrote before it comes first.

        From the second round on another citizen tells it.
        """
        name = names.name(number) if story.get("lap") else story["name"]
        page = accounts.PAGES[int(story.get("page", 0))]
        on = ""
        if "reply_to" in story:
            before = story["reply_to"]
            on = writing.write(
                db, Wish(where=story["where"], page=page, text=before["text"], name=before["name"])
            ).id
        written = writing.write(
            db,
            Wish(
                where=story["where"],
                page=page,
                text=story["text"],
                name=name,
                on=on,
                names_author=story.get("from", True),
                media=_pictures(db, story),
            ),
        )
        _schedule(db, story, written, page=page.id, name=name)
        return written.id

    def carry_on(self, db: sqlite3.Connection, payload: dict[str, Any]) -> None:
        """A follow-up in the same thread, an edit or a removal; nothing where the first is gone."""
        page = accounts.page_of(payload["page"])
        if page is None:
            return
        where = payload["where"]
        try:
            if payload["do"] != "follow_up":
                text = payload["text"]
                writing.change(db, target=payload["id"], do=payload["do"], text=text)
                return
            chat = where in ("message", "postback") or where.startswith(("ig_message", "ig_story"))
            if chat:
                where = "ig_message" if where.startswith("ig_") else "message"
            else:
                where = "ig_comment" if where.startswith("ig_") else "comment"
            writing.write(
                db,
                Wish(
                    where=where,
                    page=page,
                    text=payload["text"],
                    name=payload["name"],
                    on="" if chat else payload["thread"],
                ),
            )
        except CannotWrite:
            return

    def feed(self, db: sqlite3.Connection, text: str, number: int) -> None:
        """One row, whole, by a citizen of its own: comments and messages of both platforms in turn.

        All on the first page and its Instagram account.
        """
        fed = int(setting(db, "meta_fed", 0))
        keep(db, "meta_fed", fed + 1)
        name = f"{names.name(number)} {number + 1:05d}"
        page = accounts.PAGES[0]
        writing.write(db, Wish(where=FEED[fed % len(FEED)], page=page, text=text, name=name))

    def reset(self, db: sqlite3.Connection) -> None:
        """Forgets posts, messages, citizens and switches; keeps keys, tokens and subscriptions."""
        control.clear(db)


def _pictures(db: sqlite3.Connection, story: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    """The files a story comes with: `attachments` names their kinds."""
    kinds = story.get("attachments", ())
    return tuple(each for kind in kinds for each in files.sample(db, kind))


def _schedule(
    db: sqlite3.Connection, story: dict[str, Any], written: Written, *, page: str, name: str
) -> None:
    """Puts the later parts of a story into `due`: follow-ups, an edit, a removal."""
    later = [{**each, "do": "follow_up"} for each in story.get("follow_ups", [])]
    later += [{**story[key], "do": key} for key in ("edit", "remove", "unsend") if key in story]
    for each in later:
        payload = {
            "do": each["do"],
            "text": each.get("text", ""),
            "id": written.id,
            "thread": written.thread,
            "where": story["where"],
            "page": page,
            "name": each.get("name", name),
        }
        db.execute(
            "insert into due (at, platform, payload) values (?, 'meta', ?)",
            (clock.seconds() + each["after"], json.dumps(payload)),
        )
