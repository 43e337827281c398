"""The journal: every act leaves an entry in its own transaction (DESIGN I8).

Verbs are registered by the app that acts, with the words the screen shows; an unregistered verb is
a programming error. Entries carry references and states, never the citizens' words.
"""

from typing import Any

from django.db import connection, models
from django.utils.functional import Promise

from accounts.models import JournalEntry, User

_wording: dict[str, str | Promise] = {}


def register(verbs: dict[str, str | Promise]) -> None:
    """Make `verbs` known: the verb → what the screen says of it."""
    _wording.update(verbs)


def wording(verb: str) -> str:
    """What the screen says of `verb`."""
    return str(_wording.get(verb, verb))


def subject_of(row: models.Model) -> str:
    """The reference under which `row` stands in the journal, e.g. "item:12"."""
    return f"{row._meta.model_name}:{row.pk}"  # noqa: SLF001  Django's documented _meta


def record(verb: str, *, subject: models.Model, by: User | None, **data: Any) -> None:
    """Write that `by` (None: the system) did `verb` to `subject`; `data` says before and after.

    Raises RuntimeError outside a transaction (the entry must stand or fall with the act) and
    KeyError for a verb nobody registered.
    """
    if not connection.in_atomic_block:
        msg = f"journal.record({verb!r}) outside the transaction of its act"
        raise RuntimeError(msg)
    if verb not in _wording:
        raise KeyError(verb)
    JournalEntry.objects.create(actor=by, verb=verb, subject=subject_of(subject), data=data)
