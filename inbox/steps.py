"""Named steps of the protocols that must survive a crash at any of them (DESIGN §6, §7).

The code says which step it has reached; nothing happens. A fault run sets STEP_HOOK to a function of
its own, `hook(step, key)`, that kills, freezes or fails the process there. Nobody else does.
"""

from collections.abc import Callable
from enum import StrEnum, unique

from django.conf import settings
from django.utils.module_loading import import_string


@unique
class Step(StrEnum):
    """Where a process may die; the key is the delivery's id."""

    TAKEN = "taken"  # in the transaction that takes a due delivery, before anything is written
    WRITTEN = "written"  # … the attempt is written, not committed
    COMMITTED = "committed"  # the attempt stands as “sending”, nothing was called
    PROVED = "proved"  # the lock was proved, the call comes next: the window that remains
    ANSWERED = "answered"  # the platform answered, nobody wrote it down
    SETTLED = "settled"  # the outcome is written, not committed
    DONE = "done"  # the outcome is committed, the lock not yet given back
    READ = "read"  # the platform was read for an unknown outcome, nothing was concluded
    RESENDING = "resending"  # absent twice: back to the queue, not committed


_hook: Callable[[Step, int], None] | None = (
    import_string(settings.STEP_HOOK) if settings.STEP_HOOK else None
)


def reached(step: Step, key: int) -> None:
    """Say that `step` of the delivery `key` is reached."""
    if _hook is not None:
        _hook(step, key)
