"""What a test may set about X: rules that are disputed, limits too large to exhaust, lag."""

import sqlite3
from typing import Any

from sandbox.core.store import keep, setting

DEFAULTS: dict[str, Any] = {
    # platforms.md §2.4: replies to own posts exempt from the summon rule, assumed [K]
    "own_exempt": True,
    # enterprise accounts are exempt from the summon rule altogether (§0.1)
    "summon_rule": True,
    # §0.1: quoting was taken from self-serve accounts; here it stays on unless switched off
    "quoting": True,
    # how long X refuses the same text again, in seconds; not documented
    "duplicate_window": 24 * 3600,
    # how long a new post stays invisible in timelines, in seconds (§9.2)
    "visibility_lag": 0,
    # does a 429 carry x-rate-limit-reset (§9.7)
    "reset_header": True,
    # accounts of the institution (handles) whose tokens, of either kind, are refused: 401
    "dead": [],
    # citizens (handles) who accept no direct messages, "*" for all: 403
    "dm_closed": [],
    # citizens (handles) whose account is protected: no events, and not to be read
    "protected": [],
    # webhook addresses as X demands them: https, no port. Off: http on this machine is fine too
    "strict_urls": False,
    # how many webhooks the plan allows (§2.3: pay-per-use 1)
    "webhooks": 1,
    # does an edited post come as a new event; not documented
    "edit_events": False,
    # does a refresh end the access token that was valid till then; not documented (§2.1 [K])
    "refresh_ends_access": False,
    # requests per 15 minutes in place of X's own, such as {"POST /2/tweets": 3}
    "limits": {},
}


def switches(db: sqlite3.Connection) -> dict[str, Any]:
    """All switches as they stand."""
    return {**DEFAULTS, **setting(db, "x_switches", {})}


def turn(db: sqlite3.Connection, wish: dict[str, Any]) -> dict[str, Any]:
    """Sets the named switches; ValueError for an unknown one or a value of the wrong type."""
    for name, value in wish.items():
        if name not in DEFAULTS:
            raise ValueError(f"tidak ada sakelar {name}; yang ada: {', '.join(DEFAULTS)}")
        wanted = type(DEFAULTS[name])
        if not isinstance(value, wanted) and not (wanted is int and isinstance(value, float)):
            raise ValueError(f"{name}: harus {wanted.__name__}")
    keep(db, "x_switches", {**setting(db, "x_switches", {}), **wish})
    return switches(db)
