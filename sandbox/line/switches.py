"""What a test may set about LINE: what an account has bought, what its console says, what fails."""

import sqlite3
from typing import Any

from sandbox.core.store import keep, setting

DEFAULTS: dict[str, Any] = {
    # pushes a month that the plan allows, -1 for no limit (§7.3: numbers differ by country)
    "quota": 500,
    # the console's "webhook redelivery": off by default (§7.2)
    "redelivery": False,
    # the console's "use webhook"
    "use_webhook": True,
    # accounts (basic ids, or "*") whose token is refused
    "dead": [],
    # so many of the next requests get 429; -1 for all of them
    "rate_limited": 0,
    # addresses (* allowed) that this account may not use: 403 (§7.1: some are for companies only)
    "forbidden": ["/v2/bot/followers/ids"],
    # citizens (user ids or handles) who blocked the accounts, without the unfollow event
    "blocked": [],
    # so many events per webhook; what is left over goes out with a flush
    "batch": 1,
    # another module owns the chat: events carry mode standby and no reply token
    "standby": False,
    # events of groups and rooms come without source.userId
    "hide_group_user": False,
    # seconds a reply token lives: about a minute (§7.2)
    "token_life": 60,
    # seconds until a film or a sound can be fetched: 202 until then
    "transcode": 3,
    # days until content is gone: LINE does not say how many
    "content_days": 14,
    # may pictures be sent by an http address of this machine; LINE itself wants https
    "http_loopback": False,
}


def switches(db: sqlite3.Connection) -> dict[str, Any]:
    """All switches as they stand."""
    return {**DEFAULTS, **setting(db, "line_switches", {})}


def turn(db: sqlite3.Connection, wish: dict[str, Any]) -> dict[str, Any]:
    """Sets the named switches; ValueError for an unknown one or a value of the wrong type."""
    for name, value in wish.items():
        if name not in DEFAULTS:
            raise ValueError(f"tidak ada sakelar {name}; yang ada: {', '.join(DEFAULTS)}")
        if type(value) is not type(DEFAULTS[name]):
            raise ValueError(f"{name}: harus {type(DEFAULTS[name]).__name__}")
    keep(db, "line_switches", {**setting(db, "line_switches", {}), **wish})
    return switches(db)
