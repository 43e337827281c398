"""Deleting a citizen's data on request, and the requests a platform passes on (platforms.md §3.5).

Meta names the person by an id of the application's own, which fits neither a comment's author nor a chat:
a person has to look who it may be. The journal holds the requests, by a code the citizen can follow.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import journal
from accounts.models import JournalEntry, User
from inbox import erasure, events
from inbox.models import App, Channel, Citizen, Item

journal.register(
    {
        "erasure_ordered": _("menghapus data warga"),
        "erasure_asked": _("platform meneruskan permintaan hapus data"),
        "erasure_done": _("permintaan hapus data selesai"),
        "app_deauthorised": _("izin aplikasi dicabut di platform"),
    }
)


def erase(*, citizen: Citizen, why: str, by: User) -> int:
    """Delete a citizen's words and name because `why`. Returns how many messages were emptied.

    What waited of them waits no more, unless somebody holds it or a ticket does.
    """
    with transaction.atomic():
        count = erasure.erase_citizen(citizen, why=why)
        for item in Item.objects.filter(citizen=citizen, waiting_since__isnull=False):
            events.withdraw_item(item)
        journal.record("erasure_ordered", subject=citizen, by=by, why=why, messages=count)
    return count


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to delete, and whether somebody has worked it off."""

    code: str
    person: str  # the platform's id of the person for our application
    family: str
    at: datetime
    done_at: datetime | None = None
    found: bool = False  # data of this person were found and deleted


def ask(*, app: App, person: str) -> str:
    """Keep a request. Returns the code under which the citizen can follow it; the same person's
    request that still waits keeps its code."""
    with transaction.atomic():
        App.objects.select_for_update().get(pk=app.pk)
        known = next((one for one in waiting() if one.person == person), None)
        if known:
            return known.code
        code = secrets.token_hex(8).upper()
        journal.record("erasure_asked", subject=app, by=None, code=code, person=person[:80],
                       family=app.family)  # fmt: skip
    return code


def finish(*, code: str, found: bool, by: User) -> bool:
    """Somebody has looked: `found` says whether there was anything to delete. False: done before."""
    with transaction.atomic():
        entry = JournalEntry.objects.filter(verb="erasure_asked", data__code=code).first()
        if entry is None:
            return False
        app = App.objects.select_for_update().get(pk=int(entry.subject.partition(":")[2]))
        if JournalEntry.objects.filter(verb="erasure_done", data__code=code).exists():
            return False
        journal.record("erasure_done", subject=app, by=by, code=code, found=found)
    return True


def deauthorised(*, app: App, person: str) -> None:
    """A person took the application's permission back: keys that came from them may be dead, so all
    accounts of the application are checked at once."""
    with transaction.atomic():
        journal.record("app_deauthorised", subject=app, by=None, person=person[:80])
        Channel.objects.filter(app=app).update(checked_at=None)


def waiting() -> list[Asked]:
    """Requests nobody has worked off, oldest first."""
    return [one for one in listing() if one.done_at is None]


def listing(*, limit: int = 200) -> list[Asked]:
    """The newest requests, oldest first, with what became of them."""
    asked = list(JournalEntry.objects.filter(verb="erasure_asked").order_by("-pk")[:limit])
    if not asked:
        return []
    done = {
        entry.data.get("code"): entry
        for entry in JournalEntry.objects.filter(verb="erasure_done", pk__gte=asked[-1].pk)
    }
    return [_read(entry, done.get(entry.data.get("code"))) for entry in reversed(asked)]


def by_code(code: str) -> Asked | None:
    """One request, for the public page."""
    entry = JournalEntry.objects.filter(verb="erasure_asked", data__code=code).first()
    if entry is None:
        return None
    done = JournalEntry.objects.filter(verb="erasure_done", data__code=code).first()
    return _read(entry, done)


def _read(entry: JournalEntry, done: JournalEntry | None) -> Asked:
    data: dict[str, Any] = entry.data
    return Asked(
        code=str(data.get("code", "")),
        person=str(data.get("person", "")),
        family=str(data.get("family", "")),
        at=entry.at,
        done_at=done.at if done else None,
        found=bool(done and done.data.get("found")),
    )
