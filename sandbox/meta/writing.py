"""Writing as a citizen, or as the institution in the platform's own app: what pages and stories call."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from sandbox.core import clock
from sandbox.meta import accounts, events, messages, objects, seeds
from sandbox.meta.accounts import Author, Page
from sandbox.meta.messages import Message
from sandbox.meta.objects import CannotWrite, Object

CHANGES = ("edit", "remove", "hide", "unhide", "unsend")


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be written, and where (`WHERES`).

    `native`: by the institution in the platform's own app, else by the citizen `name`. `on`: the id
    of what is answered; for messages the citizen's. `names_author` false: the platform keeps the
    author back. `quiet`: the webhook is lost. `strange`: the webhook has an unknown verb or type.
    """

    where: str
    page: Page
    text: str = ""
    native: bool = False
    name: str = "Warga"
    on: str = ""
    names_author: bool = True
    media: tuple[dict[str, Any], ...] = field(default_factory=tuple)
    quiet: bool = False
    strange: bool = False
    tagged: bool = False

    @property
    def by(self) -> str:
        """Whose hand it is, for the ledger."""
        return "native" if self.native else "citizen"


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: its id, its thread (top comment, post or conversation), the citizen's id."""

    id: str
    thread: str
    psid: str | None = None


def write(db: sqlite3.Connection, wish: Wish) -> Written:
    """Writes it and tells the webhooks. CannotWrite (in plain words) when it cannot be."""
    writer = WHERES.get(wish.where)
    if writer is None:
        raise CannotWrite(f"where: {', '.join(WHERES)}")
    return writer(db, wish)


def change(
    db: sqlite3.Connection, *, target: str, do: str, text: str = "", quiet: bool = False
) -> None:
    """Edits, removes, hides, shows or unsends what has this id, as its author would.

    CannotWrite when it is gone or cannot be changed so.
    """
    message = messages.get(db, target)
    found = objects.get(db, target)
    if do not in CHANGES:
        raise CannotWrite(f"do: {', '.join(CHANGES)}")
    if message is not None:
        _change_message(db, message, do, text, quiet=quiet)
    elif found is not None and found.deleted is None:
        _change_object(db, found, do, text, quiet=quiet)
    else:
        raise CannotWrite(_("Tulisan itu sudah tidak ada."))


def _change_message(
    db: sqlite3.Connection, message: Message, do: str, text: str, *, quiet: bool
) -> None:
    by = "native" if message.out else "citizen"
    if do == "edit":
        edited = messages.edit(db, message=message, text=text, by=by)
        if not quiet:
            events.of_message_edit(db, edited)
    elif do in ("unsend", "remove"):
        taken = messages.unsend(db, message=message, by=by)
        if not quiet:
            events.of_unsend(db, taken)
    else:
        raise CannotWrite(_("Pesan tidak bisa disembunyikan."))


def _change_object(
    db: sqlite3.Connection, found: Object, do: str, text: str, *, quiet: bool
) -> None:
    by = "native" if found.institution else "citizen"
    verb = {"edit": "edited", "unsend": "remove"}.get(do, do)
    if do == "edit":
        if found.instagram and found.is_comment:
            raise CannotWrite(_("Komentar Instagram tidak bisa diubah."))
        changed = objects.edit(db, target=found, text=text, by=by)
    elif verb == "remove":
        changed = objects.remove(db, target=found, by=by)
    else:
        changed = objects.hide(db, target=found, hidden=do == "hide", by="native")
    if not quiet:
        events.of_object(db, changed, verb)


def _account(wish: Wish) -> str:
    return wish.page.ig_id if wish.where.startswith("ig_") else wish.page.id


def _author(db: sqlite3.Connection, wish: Wish, scope: str | None = None) -> Author:
    """The institution's account, or the citizen as the account knows him."""
    account = _account(wish)
    if wish.native:
        return accounts.institution(account)
    return accounts.citizen(db, scope=scope or account, name=wish.name)


def _told(db: sqlite3.Connection, wish: Wish, of: Object) -> Written:
    if not wish.quiet:
        events.of_object(db, of, strange=wish.strange)
    thread = (of.parent or of.id) if of.is_comment else of.id
    return Written(of.id, thread, None if of.institution else of.author)


def _comment(db: sqlite3.Connection, wish: Wish) -> Written:
    """Under a post or media, or under a comment there."""
    own = seeds.own(db, _account(wish))
    target = objects.get(db, wish.on or (own[0] if own else ""))
    if target is None or target.deleted is not None:
        raise CannotWrite(_("Tulisan yang dituju sudah tidak ada."))
    if target.instagram != wish.where.startswith("ig_"):
        raise CannotWrite(_("Tulisan yang dituju ada di platform lain."))
    # a citizen is known under the page on which he writes
    ours = accounts.page_of(target.owner)
    scope = target.owner if ours is not None else None
    author = _author(db, wish, scope)
    if wish.native and ours is not None:
        author = accounts.institution(target.owner)
    written = objects.comment(
        db,
        on=target,
        author=author,
        text=wish.text,
        by=wish.by,
        media=wish.media,
        shows_author=wish.names_author,
    )
    return _told(db, wish, written)


def _post(db: sqlite3.Connection, wish: Wish) -> Written:
    """The page's own post or media, or a visitor's post."""
    visitor = wish.where == "visitor_post"
    account = _account(wish)
    author = _author(db, wish) if visitor else accounts.institution(account)
    written = objects.publish(
        db,
        owner=account,
        author=author,
        text=wish.text,
        by="citizen" if visitor and not wish.native else "native",
        instagram=wish.where == "ig_media",
        media=wish.media,
        tags=objects.named(wish.text, instagram=wish.where == "ig_media"),
        shows_author=wish.names_author,
    )
    return _told(db, wish, written)


def _mention(db: sqlite3.Connection, wish: Wish) -> Written:
    """Elsewhere: a stranger's post that names the page, or a comment under a stranger's post."""
    instagram = wish.where.startswith("ig_")
    account = _account(wish)
    tags = list(dict.fromkeys([account, *objects.named(wish.text, instagram=instagram)]))
    if wish.tagged:
        tags.append(f"photo:{account}")
    author = accounts.citizen(db, scope=account, name=wish.name)
    if not wish.where.endswith("comment"):
        written = _elsewhere(db, wish, author, wish.text, tags)
        return _told(db, wish, written)
    target = objects.living(db, wish.on) if wish.on else None
    if wish.on and target is None:
        raise CannotWrite(_("Tulisan yang dituju sudah tidak ada."))
    if target is None:
        host = accounts.citizen(db, scope=account, name=f"Info Warga {author.name.split()[0]}")
        target = _elsewhere(db, wish, host, _("Ada kabar apa hari ini?"), [])
    written = objects.comment(
        db,
        on=target,
        author=author,
        text=wish.text,
        by=wish.by,
        media=wish.media,
        tags=tags,
        shows_author=wish.names_author,
    )
    return _told(db, wish, written)


def _elsewhere(
    db: sqlite3.Connection, wish: Wish, author: Author, text: str, tags: list[str]
) -> Object:
    """A stranger's post; without tags only the place for a comment, which no ledger counts."""
    instagram = wish.where.startswith("ig_")
    return objects.publish(
        db,
        owner=accounts.number(db, "ig_person" if instagram else "foreign"),
        author=author,
        text=text,
        by=wish.by,
        instagram=instagram,
        media=wish.media if tags else (),
        tags=tags,
        shows_author=wish.names_author,
        at=None if tags else clock.seconds(),
    )


def _message(db: sqlite3.Connection, wish: Wish) -> Written:
    """A message, postback, story mention or story reply; natively the institution's answer."""
    account = _account(wish)
    person = _person(db, wish, account)
    media = list(wish.media)
    reply_to: dict[str, Any] | None = None
    story = f"https://lookaside.fbsbx.com/ig_messaging_cdn/?asset_id={person.id}"
    if wish.where == "ig_story_mention" and not media:
        media = [{"type": "story_mention", "url": story}]
    if wish.where == "ig_story_reply":
        reply_to = {"story": {"id": accounts.number(db, "ig_media"), "url": story}}
    quoted = messages.get(db, wish.on)
    if quoted is not None:
        reply_to = {"mid": quoted.mid}
    written = messages.write(
        db,
        account=account,
        person=person.id,
        out=wish.native,
        text=wish.text,
        by=wish.by,
        kind="postback" if wish.where == "postback" else "message",
        media=media,
        app_id=accounts.INBOX_APP_ID if wish.native else None,
        reply_to=reply_to,
    )
    if not wish.quiet:
        events.of_message(db, written, strange=wish.strange)
    return Written(written.mid, written.conversation, person.id)


def _person(db: sqlite3.Connection, wish: Wish, account: str) -> Author:
    """The citizen of the conversation: by id, by a message of it, or by name."""
    message = messages.get(db, wish.on) if wish.on else None
    wanted = message.person if message else wish.on.removeprefix("t_")
    known = accounts.person(db, wanted) if wanted else None
    if wanted and (known is None or known[1] != account):
        raise CannotWrite(_("Warga itu tidak dikenal akun ini."))
    return known[0] if known else accounts.citizen(db, scope=account, name=wish.name)


WHERES: dict[str, Callable[[sqlite3.Connection, Wish], Written]] = {
    "comment": _comment,
    "visitor_post": _post,
    "post": _post,
    "mention_comment": _mention,
    "mention_post": _mention,
    "message": _message,
    "postback": _message,
    "ig_comment": _comment,
    "ig_media": _post,
    "ig_mention_comment": _mention,
    "ig_mention_caption": _mention,
    "ig_message": _message,
    "ig_story_mention": _message,
    "ig_story_reply": _message,
}
