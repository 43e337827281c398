"""The Facebook and Instagram pages: posts with comments, where citizens write and staff answers natively."""

import sqlite3
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from sandbox.core import pages
from sandbox.core.store import store
from sandbox.meta import accounts, objects, page_cards, seeds, writing
from sandbox.meta.objects import CannotWrite, Object
from sandbox.meta.page_cards import Card
from sandbox.meta.page_chats import InstagramChats, MetaChats, kept
from sandbox.meta.writing import Wish

SHOWN, MOST = 20, 200
MODES = ("baru", "komentar", "institusi", "ubah")
ACTS = {"hapus": "remove", "sembunyikan": "hide", "tampilkan": "unhide"}


@dataclass(slots=True)
class Draft:
    """What the writing form shows: how, about what, as whom, and what was typed."""

    mode: str = "baru"
    kind: str = "komentar"
    target: Card | None = None
    house: str = ""
    name: str = ""
    text: str = ""
    nameless: bool = False
    tagged: bool = False
    problem: str = ""


class PostPages:
    """The pages of one of both platforms. `kinds`: what the form can begin -> as `writing` calls it."""

    instagram = False
    tab, title = "facebook", "Facebook"
    kinds = {
        "komentar": "comment",
        "pengunjung": "visitor_post",
        "sebut": "mention_post",
        "sebut-komentar": "mention_comment",
        "halaman": "post",
    }

    def urls(self) -> list[URLPattern]:
        """All addresses of these pages."""
        return [
            path(self.tab, pages.shown(self._home), name=self.tab),
            path(f"{self.tab}/utas", pages.shown(self._live), name=f"{self.tab}-live"),
            path(f"{self.tab}/tulis", pages.sent(self._write), name=f"{self.tab}-write"),
            path(f"{self.tab}/tindak", pages.sent(self._act), name=f"{self.tab}-act"),
        ]

    @property
    def at(self) -> dict[str, str]:
        """The names of the addresses, for the templates."""
        parts = ("live", "write", "act")
        return {"home": self.tab, **{each: f"{self.tab}-{each}" for each in parts}}

    def choices(self) -> list[tuple[str, str]]:
        """What the form for something new offers: value and words."""
        if self.instagram:
            return [
                ("komentar", _("Komentar di unggahan akun")),
                ("sebut", _("Unggahan warga, menyebut akun")),
                ("sebut-komentar", _("Komentar di tempat lain, menyebut akun")),
                ("halaman", _("Unggahan akun (institusi)")),
            ]
        return [
            ("komentar", _("Komentar di kiriman halaman")),
            ("pengunjung", _("Kiriman pengunjung di halaman")),
            ("sebut", _("Kiriman warga, menyebut halaman")),
            ("sebut-komentar", _("Komentar di tempat lain, menyebut")),
            ("halaman", _("Kiriman halaman (institusi)")),
        ]

    def _home(self, request: HttpRequest) -> HttpResponse:
        """GET /…?mode=komentar&id=…&n=…&semua=…: the whole page."""
        mode = request.GET.get("mode", "baru")
        with store().read() as db:
            target = objects.living(db, request.GET.get("id", ""))
            draft = Draft(mode=mode if mode in MODES and target else "baru")
            draft.name = pages.remembered(request)[1]
            self._fill(db, draft, target)
            return self._page(request, db, draft)

    def _live(self, request: HttpRequest) -> HttpResponse:
        """GET /…/utas?n=…&semua=…: only the posts; 304 while nothing changed."""
        with store().read() as db:
            tag = pages.version(pages.state(db, self.tab), request.GET.urlencode())
            return pages.live(
                request,
                tag,
                lambda: render(request, "sandbox/posts.html#utas", self._list(request, db)),
            )

    def _write(self, request: HttpRequest) -> HttpResponse:
        """POST /…/tulis: writes, comments, edits; back to the page at what is new."""
        form = request.POST
        draft = Draft(
            mode=form.get("mode", "baru"),
            kind=form.get("jenis", "komentar"),
            house=form.get("kanal", ""),
            name=" ".join(form.get("nama", "").split()),
            text=form.get("teks", ""),
            nameless=bool(form.get("tanpa_nama")),
            tagged=bool(form.get("tandai")),
        )
        key = form.get("id", "")
        try:
            upload = pages.upload(request)
            with store().write() as db:
                media = kept(db, upload, pages.base(request))
                written = self._written(db, draft, key, media)
        except ValueError as error:
            return self._refused(request, draft, key, error)
        response = redirect(f"{reverse(self.tab)}#p{written}")
        if draft.name:
            pages.remember(response, pages.remembered(request)[0], draft.name)
        return response

    def _act(self, request: HttpRequest) -> HttpResponse:
        """POST /…/tindak: removes, hides or shows the post or comment `id`."""
        key, act = request.POST.get("id", ""), request.POST.get("do", "")
        try:
            with store().write() as db:
                writing.change(db, target=key, do=ACTS.get(act, act))
        except ValueError as error:
            return self._refused(request, Draft(), "", error)
        back = reverse(self.tab)
        return redirect(back if act == "hapus" else f"{back}#p{key}")

    def _written(
        self, db: sqlite3.Connection, draft: Draft, key: str, media: tuple[dict[str, Any], ...]
    ) -> str:
        """The one write a form asks for; its id. CannotWrite, in the reader's words, if not."""
        native = draft.mode == "institusi" or draft.kind == "halaman"
        if draft.mode == "ubah":
            writing.change(db, target=key, do="edit", text=draft.text)
            return key
        if not native and not draft.name:
            raise CannotWrite(_("Tulis dulu namanya."))
        page = accounts.page_of(draft.house) or accounts.PAGES[0]
        where = self.kinds.get(draft.kind, "comment")
        if draft.mode in ("komentar", "institusi"):
            where = self.kinds["komentar"]
            if objects.living(db, key) is None:
                raise CannotWrite(_("Tulisan yang dituju sudah tidak ada."))
        elif draft.kind == "komentar":
            own = seeds.own(db, page.ig_id if self.instagram else page.id)
            key = own[-1] if own else ""
        wish = Wish(
            where=where,
            page=page,
            text=draft.text,
            native=native,
            name=draft.name or "Warga",
            on=key if where == self.kinds["komentar"] else "",
            names_author=not draft.nameless,
            media=media,
            tagged=draft.tagged,
        )
        return writing.write(db, wish).id

    def _fill(self, db: sqlite3.Connection, draft: Draft, target: Object | None) -> None:
        """What the form is about, and the account that answers there."""
        if target is None:
            return
        draft.target = page_cards.one(db, target)
        house = draft.target.house
        draft.house = house.ig_id if self.instagram else house.id
        if draft.mode == "ubah" and not draft.text:
            draft.text = target.text

    def _refused(
        self, request: HttpRequest, draft: Draft, key: str, error: ValueError
    ) -> HttpResponse:
        """The same page with the reason beside the form, and the words still in it."""
        draft.problem = str(error)
        if request.FILES:
            draft.problem += " " + _("Berkasnya perlu dipilih lagi.")
        with store().read() as db:
            house = draft.house
            self._fill(db, draft, objects.living(db, key) if draft.mode != "baru" else None)
            draft.house = house or draft.house
            response = self._page(request, db, draft)
        response.status_code = 400
        return response

    def _page(self, request: HttpRequest, db: sqlite3.Connection, draft: Draft) -> HttpResponse:
        houses = [
            (p.ig_id, f"@{p.ig_username}") if self.instagram else (p.id, p.name)
            for p in accounts.PAGES
        ]
        context = {"tabs": pages.TABS, "tab": self.tab, "draft": draft, "houses": houses}
        return render(request, "sandbox/posts.html", context | self._list(request, db))

    def _list(self, request: HttpRequest, db: sqlite3.Connection) -> dict[str, Any]:
        limit = pages.number(request.GET.get("n", ""), SHOWN, MOST)
        whole = request.GET.get("semua", "")
        found = page_cards.cards(db, instagram=self.instagram, limit=limit + 1, whole=whole)
        return {
            "pages": self,
            "cards": found[:limit],
            "shown": limit,
            "whole": whole,
            "more": limit + SHOWN if len(found) > limit and limit < MOST else 0,
        }


class InstagramPages(PostPages):
    """The same for Instagram."""

    instagram = True
    tab, title = "instagram", "Instagram"
    kinds = {
        "komentar": "ig_comment",
        "sebut": "ig_mention_caption",
        "sebut-komentar": "ig_mention_comment",
        "halaman": "ig_media",
    }


def urls() -> list[URLPattern]:
    """The four tabs of Meta; the messages first, since their addresses begin like the posts'."""
    tabs = (InstagramChats(), MetaChats(), PostPages(), InstagramPages())
    return [each for tab in tabs for each in tab.urls()]
