"""X's direct messages as citizens see them."""

import sqlite3

from django.utils.translation import gettext as _

from sandbox.core import pages
from sandbox.core.chat_pages import Bubble, Chat, ChatPages, Draft, Row
from sandbox.x import accounts, dms, uploads
from sandbox.x.accounts import User
from sandbox.x.dms import Dm
from sandbox.x.posts import CannotWrite

LATEST = 200  # messages of one chat that are shown


class XMessages(ChatPages):
    """The conversations of citizens with the institution's accounts."""

    slug, tab, title, ledger = "x/pesan", "x", "X", "x"
    features = frozenset({"handle"})

    def houses(self, db: sqlite3.Connection) -> list[tuple[str, str]]:
        """The institution's accounts."""
        return [
            (each.username, f"{each.name} (@{each.username})") for each in accounts.institutions(db)
        ]

    def rows(self, db: sqlite3.Connection, limit: int) -> list[Row]:
        """The conversations, those with the newest messages first."""
        found = db.execute(
            "select max(id) as latest from x_dm group by conversation order by latest desc limit ?",
            (limit,),
        ).fetchall()
        rows = []
        for each in found:
            last = dms.of_row(
                db.execute("select * from x_dm where id = ?", (each["latest"],)).fetchone()
            )
            house, citizen = _two(db, last.conversation)
            if house is None or citizen is None:
                continue
            said = last.text or _("Lampiran")
            rows.append(
                Row(
                    key=last.conversation,
                    name=citizen.name,
                    house=f"@{house.username}",
                    snippet=said if last.by == "citizen" else f"{_('Institusi')}: {said}",
                    when=pages.when(last.at),
                    face=pages.face(citizen.name),
                )
            )
        return rows

    def chat(self, db: sqlite3.Connection, key: str) -> Chat | None:
        """The conversation with this id."""
        house, citizen = _two(db, key)
        if house is None or citizen is None:
            return None
        rows = db.execute(
            "select * from x_dm where conversation = ? order by id desc limit ?", (key, LATEST)
        ).fetchall()
        return Chat(
            key=key,
            name=f"{citizen.name} (@{citizen.username})",
            house=house.name,
            account=house.username,
            bubbles=[_bubble(house, dms.of_row(row)) for row in reversed(rows)],
        )

    def write(self, db: sqlite3.Connection, draft: Draft) -> str:
        """A message of the citizen, or of the institution in X's own app."""
        house, citizen = _two(db, draft.chat)
        wish = {
            "as": "native" if draft.native else "citizen",
            "account": house.username if house else draft.house,
            "username": citizen.username if citizen else draft.handle,
            "name": "" if citizen else draft.name,
            "text": draft.text,
        }
        media = []
        if draft.upload is not None:
            if draft.upload.kind not in ("image", "video"):
                raise CannotWrite(_("X hanya menerima gambar dan video."))
            kept = uploads.keep(db, owner=0, body=draft.upload.body, base=draft.base)
            media.append(uploads.entry(db, kept))
        return dms.write(db, wish, media).conversation


def _two(db: sqlite3.Connection, conversation: str) -> tuple[User | None, User | None]:
    """The institution's account and the citizen of a conversation."""
    ids = [each for each in conversation.split("-") if each.isascii() and each.isdigit()]
    found = [accounts.by_id(db, int(each)) for each in ids if len(each) < 20]
    house = next((each for each in found if each and each.institution), None)
    citizen = next((each for each in found if each and not each.institution), None)
    return house, citizen


def _bubble(house: User, of: Dm) -> Bubble:
    mine = of.sender != house.id
    mark = _("dari meja humas") if of.by == "api" else _("dari aplikasi X")
    return Bubble(
        key=str(of.id),
        mine=mine,
        text=of.text,
        at=of.at,
        face=None if mine else pages.face(house.name, office=True),
        pieces=pages.pieces(of.media),
        marks=[] if mine else [mark],
    )
