"""The page: X as citizens see it, where one can write as a citizen or as the institution.

Every link and form works without JavaScript; the script only fetches the threads again.
"""

import hashlib
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_GET, require_POST

from sandbox.core import pages
from sandbox.core.pages import Upload
from sandbox.core.store import store
from sandbox.x import accounts, posts, uploads, view
from sandbox.x.control import hand, standing
from sandbox.x.posts import CannotWrite, Post

MODES = ("baru", "balas", "kutip", "ubah", "institusi")
SHOWN, MOST = 40, 400


@dataclass(slots=True)
class Draft:
    """What the writing form shows: how, about which post, as whom, and what was typed."""

    mode: str
    target: view.Card | None = None
    handle: str = ""
    name: str = ""
    text: str = ""
    problem: str = ""


@never_cache
@require_GET
@csrf_protect
def timeline(request: HttpRequest) -> HttpResponse:
    """GET /?mode=balas&id=…&n=…: the whole page."""
    mode = request.GET.get("mode", "baru")
    with store().read() as db:
        target = _target(db, request.GET.get("id", ""))
        draft = _draft(db, request, mode if mode in MODES and target else "baru", target)
        return render(request, "sandbox/x.html", _context(db, request, draft))


@require_GET
@csrf_protect
def threads(request: HttpRequest) -> HttpResponse:
    """GET /x/utas?n=…: only the threads; 304 while nothing changed."""
    with store().read() as db:
        context = _context(db, request, None)
        state = ",".join(f"{each.id}:{each.version}" for each in context["threads"])
        tag = hashlib.sha256(state.encode()).hexdigest()[:16]
        return pages.live(request, tag, lambda: render(request, "sandbox/x.html#utas", context))


@require_POST
@csrf_protect
def write(request: HttpRequest) -> HttpResponse:
    """POST /x/tulis: writes, answers, quotes, edits; back to the page at the new post."""
    form = request.POST
    draft = Draft(
        mode=form.get("mode", "baru"),
        handle=form.get("akun", "").strip().lstrip("@"),
        name=form.get("nama", "").strip(),
        text=form.get("teks", ""),
    )
    try:
        upload = pages.upload(request)
        with store().write() as db:
            media = _kept(db, upload, pages.base(request))
            keep = not form.get("lepas")
            post = _write(db, draft, form.get("id", ""), keep=keep, media=media)
    except ValueError as error:
        with store().read() as db:
            target = _target(db, form.get("id", ""))
            draft.target = view.card(db, target) if target else None
            draft.problem = str(error)
            if request.FILES:
                draft.problem += " " + _("Berkasnya perlu dipilih lagi.")
            return render(request, "sandbox/x.html", _context(db, request, draft), status=400)
    response = redirect(f"{reverse('x')}#p{post.id}")
    if draft.mode in ("baru", "balas", "kutip"):
        pages.remember(response, draft.handle, draft.name)
    return response


@require_POST
@csrf_protect
def remove(_request: HttpRequest, post_id: str) -> HttpResponse:
    """POST /x/hapus/…: deletes a post as its author would."""
    with store().write() as db:
        post = posts.get(db, int(post_id))
        if post is not None:
            posts.delete(db, post=post, by=hand(db, post))
    return redirect(reverse("x"))


def _kept(db: sqlite3.Connection, upload: Upload | None, base: str) -> list[dict[str, Any]]:
    """The file that came along, as a post carries it."""
    if upload is None:
        return []
    if upload.kind not in ("image", "video"):
        raise CannotWrite(_("X hanya menerima gambar dan video."))
    return [uploads.entry(db, uploads.keep(db, owner=0, body=upload.body, base=base))]


def _write(
    db: sqlite3.Connection,
    draft: Draft,
    post_id: str,
    *,
    keep: bool,
    media: Sequence[dict[str, Any]],
) -> Post:
    """The one write a form asks for; ValueError (in the reader's words) when it cannot be."""
    target = standing(db, post_id)
    if draft.mode == "ubah" and target is not None:
        return posts.edit(db, post=target, text=draft.text, by=hand(db, target))
    if draft.mode == "institusi":
        author = accounts.by_name(db, draft.handle)
        if author is None or not author.institution:
            raise CannotWrite(_("Pilih akun institusi."))
        return posts.publish(
            db, author=author, text=draft.text, by="native", reply_to=target, media=media
        )
    author = accounts.citizen(db, number=posts.next_id(db), username=draft.handle, name=draft.name)
    return posts.publish(
        db,
        author=author,
        text=draft.text,
        by="citizen",
        reply_to=target if draft.mode == "balas" else None,
        quote_of=target if draft.mode == "kutip" else None,
        auto_mention=keep,
        media=media,
    )


def _target(db: sqlite3.Connection, value: str) -> Post | None:
    try:
        return standing(db, value)
    except CannotWrite:
        return None


def _draft(db: sqlite3.Connection, request: HttpRequest, mode: str, target: Post | None) -> Draft:
    """An empty form, filled in as far as can be guessed."""
    handle, name = pages.remembered(request)
    draft = Draft(mode, view.card(db, target) if target else None, handle, name)
    if mode == "baru":
        draft.text = f"@{accounts.institutions(db)[0].username} "
    if mode == "ubah" and target is not None:
        draft.text = target.text
    first = posts.get(db, target.conversation) if target and mode == "balas" else None
    starter = accounts.by_id(db, first.author) if first else None
    if starter is not None and not starter.institution:
        draft.handle, draft.name = starter.username, starter.name
    return draft


def _context(db: sqlite3.Connection, request: HttpRequest, draft: Draft | None) -> dict[str, Any]:
    wanted = request.GET.get("n", "")
    limit = min(int(wanted), MOST) if wanted.isascii() and wanted.isdigit() else SHOWN
    found, more = view.threads(db, max(limit, 1))
    return {
        "threads": found,
        "more": limit + SHOWN if more and limit < MOST else 0,
        "shown": limit,
        "tabs": pages.TABS,
        "tab": "x",
        "institutions": accounts.institutions(db),
        "draft": draft,
    }
