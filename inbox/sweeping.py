"""A sweep goes on: one step that raises does not keep the others from being taken."""

import logging
from collections.abc import Callable

log = logging.getLogger(__name__)


def tried(act: Callable[[], object], what: str) -> bool:
    """Do `act`; what it raises goes into the log under `what`. Whether it came to its end."""
    try:
        act()
    except Exception:
        log.exception("sweep: %s", what)
        return False
    return True
