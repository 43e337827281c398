"""The chats of one platform as pages: a list, a chat with its bubbles, a form that writes into it.

A platform says what there is and how it is written; the addresses and forms are the same for all.
The citizen's own words stand on the right, as on the citizen's phone.
"""

import sqlite3
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from sandbox.core import pages
from sandbox.core.pages import Face, Piece, Upload
from sandbox.core.store import store

SHOWN, MOST = 40, 400


@dataclass(slots=True)
class Row:
    """One chat in the list, the newest first."""

    key: str
    name: str
    house: str
    snippet: str
    when: str
    face: Face
    version: str = ""


@dataclass(slots=True)
class Bubble:
    """One message. `mine`: written by the citizen; `key` its id on the platform."""

    key: str
    mine: bool
    text: str
    at: float
    who: str = ""
    face: Face | None = None
    pieces: list[Piece] = field(default_factory=list)
    quote: str = ""
    marks: list[str] = field(default_factory=list)
    gone: bool = False
    can_quote: bool = False
    can_edit: bool = False
    can_unsend: bool = False
    day: str = ""
    when: str = ""
    when_full: str = ""
    version: str = ""


@dataclass(slots=True)
class Chat:
    """An open chat. `house` and `account` are the institution's; `note` says what stands in the way."""

    key: str
    name: str
    house: str
    account: str
    bubbles: list[Bubble]
    group: bool = False
    note: str = ""


@dataclass(slots=True)
class Draft:
    """What the form shows and brings: where, as whom, what, and why it could not be sent."""

    chat: str = ""
    native: bool = False
    kind: str = "pesan"
    house: str = ""
    handle: str = ""
    name: str = ""
    group: str = ""
    text: str = ""
    edit: str = ""
    quote: str = ""
    about: str = ""
    problem: str = ""
    upload: Upload | None = None
    base: str = ""


class ChatPages(ABC):
    """The pages of one platform's chats. `slug`: where; `tab`: on which tab; `ledger`: what counts.

    `features` says what the form offers: handle, group, stickers, location, postback, stories,
    follow.
    """

    slug: str
    tab: str
    title: str
    ledger: str
    features: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """The beginning of the names of its addresses."""
        return self.slug.replace("/", "-")

    @property
    def at(self) -> dict[str, str]:
        """The names of the addresses, for the templates."""
        parts = ("rows", "write", "unsend", "chat", "bubbles")
        return {"home": self.name, **{each: f"{self.name}-{each}" for each in parts}}

    @abstractmethod
    def houses(self, db: sqlite3.Connection) -> list[tuple[str, str]]:
        """The institution's accounts: id and name, the chief one first."""

    @abstractmethod
    def rows(self, db: sqlite3.Connection, limit: int) -> list[Row]:
        """The chats with the newest messages, at most so many."""

    @abstractmethod
    def chat(self, db: sqlite3.Connection, key: str) -> Chat | None:
        """One chat with its latest messages, the oldest first; None where there is none."""

    @abstractmethod
    def write(self, db: sqlite3.Connection, draft: Draft) -> str:
        """Writes what the form asks for; returns the chat's key. ValueError, in words, if not."""

    def edit(self, db: sqlite3.Connection, key: str, text: str) -> None:
        """Puts another text in a message's place; ValueError, in words, where that cannot be."""
        raise ValueError(_("Pesan di sini tidak bisa diubah."))

    def unsend(self, db: sqlite3.Connection, key: str) -> None:
        """Takes a message back; ValueError, in words, where that cannot be."""
        raise ValueError(_("Pesan di sini tidak bisa ditarik."))

    def notice(self, kind: str) -> str:
        """What to say after something that leaves no message in the chat; "" for nothing."""
        return ""

    def urls(self) -> list[URLPattern]:
        """All addresses of these pages."""
        chat = f"{self.slug}/chat/<str:key>"
        return [
            path(self.slug, pages.shown(self._home), name=self.name),
            path(f"{self.slug}/daftar", pages.shown(self._rows_live), name=f"{self.name}-rows"),
            path(f"{self.slug}/tulis", pages.sent(self._write), name=f"{self.name}-write"),
            path(f"{self.slug}/tarik", pages.sent(self._unsend), name=f"{self.name}-unsend"),
            path(chat, pages.shown(self._chat), name=f"{self.name}-chat"),
            path(f"{chat}/pesan", pages.shown(self._bubbles_live), name=f"{self.name}-bubbles"),
        ]

    # -- the addresses -----------------------------------------------------------------------

    def _home(self, request: HttpRequest) -> HttpResponse:
        """GET …: the list, and a form for a new chat."""
        handle, name = pages.remembered(request)
        with store().read() as db:
            return self._page(request, db, None, Draft(handle=handle, name=name))

    def _chat(self, request: HttpRequest, key: str) -> HttpResponse:
        """GET …/chat/KEY?balas=ID or ?ubah=ID: one chat."""
        handle, name = pages.remembered(request)
        with store().read() as db:
            chat = self._opened(db, key)
            draft = Draft(chat=key, handle=handle, name=name)
            wanted = request.GET.get("ubah") or request.GET.get("balas") or ""
            bubble = next((each for each in chat.bubbles if each.key == wanted), None)
            if bubble is not None and request.GET.get("ubah") and bubble.can_edit:
                draft.edit, draft.text, draft.about = bubble.key, bubble.text, bubble.text
            elif bubble is not None and bubble.can_quote:
                draft.quote, draft.about = bubble.key, bubble.text or _("Lampiran")
                draft.native = bubble.mine
            return self._page(request, db, chat, draft)

    def _rows_live(self, request: HttpRequest) -> HttpResponse:
        """GET …/daftar?n=…&buka=KEY: only the list; 304 while nothing changed."""
        with store().read() as db:
            tag = pages.version(pages.state(db, self.ledger), request.GET.urlencode())
            return pages.live(
                request,
                tag,
                lambda: render(request, "sandbox/chat.html#daftar", self._list(request, db)),
            )

    def _bubbles_live(self, request: HttpRequest, key: str) -> HttpResponse:
        """GET …/chat/KEY/pesan: only the bubbles; 304 while nothing changed."""
        with store().read() as db:
            return pages.live(
                request,
                pages.version(pages.state(db, self.ledger), key),
                lambda: render(
                    request,
                    "sandbox/chat.html#pesan",
                    {"pages": self, "chat": self._opened(db, key)},
                ),
            )

    def _write(self, request: HttpRequest) -> HttpResponse:
        """POST …/tulis: a message, an edit, or what else the form offers; back to the chat."""
        draft = _read(request)
        try:
            draft.upload = pages.upload(request)
            with store().write() as db:
                if draft.edit:
                    self.edit(db, draft.edit, draft.text)
                    key = draft.chat
                else:
                    key = self.write(db, draft)
        except ValueError as error:
            return self._refused(request, draft, error)
        address = reverse(f"{self.name}-chat", args=[key])
        if self.notice(draft.kind):
            address += "?" + urlencode({"kabar": draft.kind})
        response = redirect(address)
        if draft.name or draft.handle:
            pages.remember(response, draft.handle or pages.remembered(request)[0], draft.name)
        return response

    def _unsend(self, request: HttpRequest) -> HttpResponse:
        """POST …/tarik: takes back the message `id` in the chat `chat`."""
        draft = _read(request)
        try:
            with store().write() as db:
                self.unsend(db, request.POST.get("id", ""))
        except ValueError as error:
            return self._refused(request, draft, error)
        return redirect(reverse(f"{self.name}-chat", args=[draft.chat]))

    # -- what they show ----------------------------------------------------------------------

    def _refused(self, request: HttpRequest, draft: Draft, error: ValueError) -> HttpResponse:
        """The same page with the reason beside the form, and the words still in it."""
        draft.problem = str(error)
        if request.FILES:
            draft.problem += " " + _("Berkasnya perlu dipilih lagi.")
        with store().read() as db:
            chat = self._opened(db, draft.chat) if draft.chat else None
            about = draft.edit or draft.quote
            for bubble in chat.bubbles if chat else []:
                if bubble.key == about:
                    draft.about = bubble.text or _("Lampiran")
            response = self._page(request, db, chat, draft)
        response.status_code = 400
        return response

    def _page(
        self, request: HttpRequest, db: sqlite3.Connection, chat: Chat | None, draft: Draft
    ) -> HttpResponse:
        context = {
            **self._list(request, db, chat.key if chat else ""),
            "tabs": pages.TABS,
            "tab": self.tab,
            "chat": chat,
            "draft": draft,
            "houses": self.houses(db),
            "notice": self.notice(request.GET.get("kabar", "")),
        }
        return render(request, "sandbox/chat.html", context)

    def _list(
        self, request: HttpRequest, db: sqlite3.Connection, open_key: str = ""
    ) -> dict[str, object]:
        limit = pages.number(request.GET.get("n", ""), SHOWN, MOST)
        found = self.rows(db, limit + 1)
        opened = open_key or request.GET.get("buka", "")
        for row in found:
            row.version = pages.version(row, row.key == opened)
        return {
            "pages": self,
            "rows": found[:limit],
            "shown": limit,
            "more": limit + SHOWN if len(found) > limit and limit < MOST else 0,
            "opened": opened,
        }

    def _opened(self, db: sqlite3.Connection, key: str) -> Chat:
        """The chat, its bubbles with their days and times; 404 where there is none."""
        chat = self.chat(db, key)
        if chat is None:
            raise Http404
        last = ""
        for bubble in chat.bubbles:
            today = pages.day(bubble.at)
            bubble.day, last = ("" if today == last else today), today
            bubble.when = f"{pages.local(bubble.at):%H.%M}"
            bubble.when_full = pages.when_full(bubble.at)
            bubble.version = pages.version(bubble)
        return chat


def _read(request: HttpRequest) -> Draft:
    """The form as it came; without the file."""
    form = request.POST
    return Draft(
        chat=form.get("chat", ""),
        native=form.get("sebagai") == "institusi",
        kind=form.get("jenis", "pesan"),
        house=form.get("kanal", ""),
        handle=form.get("akun", "").strip().lstrip("@"),
        name=" ".join(form.get("nama", "").split()),
        group=" ".join(form.get("grup", "").split()),
        text=form.get("teks", ""),
        edit=form.get("ubah", ""),
        quote=form.get("balas", ""),
        base=pages.base(request),
    )
