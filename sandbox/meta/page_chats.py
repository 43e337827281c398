"""Messenger and Instagram's direct messages as citizens see them."""

import sqlite3
from typing import Any

from django.utils.translation import gettext as _

from sandbox.core import pages
from sandbox.core.chat_pages import Bubble, Chat, ChatPages, Draft, Row
from sandbox.core.pages import Piece
from sandbox.meta import accounts, files, messages, objects, writing
from sandbox.meta.messages import Message
from sandbox.meta.objects import CannotWrite
from sandbox.meta.writing import Wish

LATEST = 200  # messages of one chat that are shown


class MetaChats(ChatPages):
    """The chats of the pages, or of their Instagram accounts."""

    instagram = False
    #: what the form can send -> how `writing` calls it
    kinds = {"pesan": "message", "tombol": "postback"}
    features = frozenset({"postback"})
    slug, tab, title, ledger = "messenger", "messenger", "Messenger", "messenger"

    def houses(self, db: sqlite3.Connection) -> list[tuple[str, str]]:
        """The pages, or their Instagram accounts by their handles."""
        return [
            (each.id, f"@{each.ig_username}" if self.instagram else each.name)
            for each in accounts.PAGES
        ]

    def rows(self, db: sqlite3.Connection, limit: int) -> list[Row]:
        """The conversations with all accounts, those with the newest messages first."""
        found = db.execute(
            "select person, max(n) as last from meta_message where account in (?, ?)"
            " group by person order by last desc limit ?",
            (*self._accounts(), limit),
        ).fetchall()
        latest = [
            messages.of_row(
                db.execute("select * from meta_message where n = ?", (row["last"],)).fetchone()
            )
            for row in found
        ]
        return [self._row(db, each) for each in latest]

    def chat(self, db: sqlite3.Connection, key: str) -> Chat | None:
        """The chat with the citizen of this id."""
        known = accounts.person(db, key)
        if known is None or known[1] not in self._accounts():
            return None
        person, account = known
        rows = db.execute(
            "select * from meta_message where account = ? and person = ? order by n desc limit ?",
            (account, key, LATEST),
        ).fetchall()
        return Chat(
            key=key,
            name=person.name,
            house=self._house(account),
            account=account,
            bubbles=[self._bubble(db, messages.of_row(row)) for row in reversed(rows)],
        )

    def write(self, db: sqlite3.Connection, draft: Draft) -> str:
        """A message, a pressed button, a story; natively the institution's answer."""
        kind = draft.kind if draft.kind in self.kinds else "pesan"
        if draft.native and kind != "pesan":
            raise CannotWrite(_("Itu hanya bisa dilakukan warga. Pilih menulis sebagai warga."))
        text = draft.text
        if kind == "tombol" and not text.strip():
            text = _("Mulai")
        if kind == "balas-story" and not text.strip():
            raise CannotWrite(_("Tulis dulu pesannya."))
        if not draft.chat and not draft.name:
            raise CannotWrite(_("Tulis dulu namanya."))
        known = accounts.person(db, draft.chat) if draft.chat else None
        page = accounts.page_of(known[1] if known else draft.house)
        written = writing.write(
            db,
            Wish(
                where=self.kinds[kind],
                page=page or accounts.PAGES[0],
                text=text,
                native=draft.native,
                name=draft.name or "Warga",
                on=draft.quote or draft.chat,
                media=_kept(db, draft),
            ),
        )
        return written.thread.removeprefix("t_")

    def edit(self, db: sqlite3.Connection, key: str, text: str) -> None:
        """Changes a message's text."""
        writing.change(db, target=key, do="edit", text=text)

    def unsend(self, db: sqlite3.Connection, key: str) -> None:
        """Takes a message back for everybody."""
        writing.change(db, target=key, do="unsend")

    def _accounts(self) -> tuple[str, str]:
        one, other = (each.ig_id if self.instagram else each.id for each in accounts.PAGES)
        return one, other

    def _house(self, account: str) -> str:
        page = accounts.page_of(account) or accounts.PAGES[0]
        return page.ig_username if self.instagram else page.name

    def _row(self, db: sqlite3.Connection, last: Message) -> Row:
        person = accounts.person(db, last.person)
        name = person[0].name if person else last.person
        said = last.text or _("Lampiran")
        if last.deleted is not None:
            said = _("Pesan ditarik")
        return Row(
            key=last.person,
            name=name,
            house=self._house(last.account),
            snippet=f"{_('Institusi')}: {said}" if last.out else said,
            when=pages.when(last.at),
            face=pages.face(name),
        )

    def _bubble(self, db: sqlite3.Connection, of: Message) -> Bubble:
        gone = of.deleted is not None
        house = self._house(of.account)
        story = (of.reply_to or {}).get("story")
        return Bubble(
            key=of.mid,
            mine=not of.out,
            text="" if gone else of.text,
            at=of.at,
            face=pages.face(house, office=True) if of.out else None,
            pieces=[] if gone else self._pieces(of, story=story is not None),
            quote="" if gone else _quoted(db, of),
            marks=[] if gone else self._marks(of),
            gone=gone,
            can_quote=not gone,
            can_edit=not gone and not of.out and of.kind == "message" and bool(of.text),
            can_unsend=not gone,
        )

    def _pieces(self, of: Message, *, story: bool) -> list[Piece]:
        found = pages.pieces(of.media)
        shown = [
            Piece(each.kind, each.url, _("Menyebut akun ini di story"))
            if each.kind == "story"
            else each
            for each in found
        ]
        return [Piece("story", text=_("Membalas story akun ini")), *shown] if story else shown

    def _marks(self, of: Message) -> list[str]:
        marks = [_("diedit")] if of.edits else []
        if of.kind == "postback":
            marks.append(_("menekan tombol"))
        if of.about:
            marks.append(_("balasan pribadi"))
        if of.out and of.by == "api":
            marks.append(_("dari meja humas"))
        elif of.out:
            marks.append(
                _("dari aplikasi Instagram") if self.instagram else _("dari aplikasi Meta")
            )
        return marks


class InstagramChats(MetaChats):
    """The same for Instagram, with stories."""

    instagram = True
    kinds = {
        "pesan": "ig_message",
        "story": "ig_story_mention",
        "balas-story": "ig_story_reply",
    }
    features = frozenset({"stories"})
    slug, tab, title, ledger = "instagram/dm", "dm", "DM Instagram", "instagram_dm"


def _quoted(db: sqlite3.Connection, of: Message) -> str:
    """The words that a message answers: another message, or the comment of a private reply."""
    if of.about:
        comment = objects.get(db, of.about)
        return comment.text if comment else ""
    above = messages.get(db, str((of.reply_to or {}).get("mid", "")))
    if above is None:
        return ""
    return _("Pesan ditarik") if above.deleted is not None else above.text or _("Lampiran")


def _kept(db: sqlite3.Connection, draft: Draft) -> tuple[dict[str, Any], ...]:
    """The file that came along, kept as an attachment."""
    return kept(db, draft.upload, draft.base)


def kept(
    db: sqlite3.Connection, upload: pages.Upload | None, base: str
) -> tuple[dict[str, Any], ...]:
    """An uploaded file as the attachments of a post or message; nothing for no file."""
    if upload is None:
        return ()
    file = files.keep_file(db, mime=upload.mime, name=upload.name, body=upload.body, base=base)
    return ({**file, "type": upload.kind},)
