"""What a test may set about Meta: rules that are disputed, permissions, dead tokens, budgets."""

import sqlite3
from typing import Any

from sandbox.core.store import keep, setting

DEFAULTS: dict[str, Any] = {
    # do Facebook comments and posts of others carry `from` (platforms.md §4.1: often not)
    "names_authors": True,
    # is the same text twice in a row under the same target refused with 506 (§4.3: may be)
    "refuse_duplicates": True,
    # the app holds the feature Human Agent; without it the tag answers 10 without subcode (§3.1)
    "human_agent": False,
    # the webhook of an own write goes out before its answer, which is held `echo_hold` seconds
    "echo_first": False,
    "echo_hold": 0.5,
    # ids of people and accounts in webhooks as JSON numbers (§3.2)
    "numeric_ids": False,
    # webhooks are collected until POST /_sandbox/meta/flush, then go out as one POST
    "batch": False,
    # how long a new comment or message stays invisible in lists, in seconds (§9.2)
    "visibility_lag": 0,
    # page ids (or the user's) whose tokens are refused with 190 and this subcode
    "dead": [],
    "dead_subcode": 463,
    # page id -> when its token expires, in seconds since 1970
    "expires": {},
    # permissions that were not granted
    "missing": [],
    # percent of the budget used, and how much each call adds; 0 and 0: no usage headers
    "usage": 0,
    "usage_step": 0,
    # what is said at 100 percent: "buc" 80001/80002/80006, "platform" 32/17/4 (§3.4)
    "throttle": "buc",
    # after how many minutes of the sandbox's clock the budget is free again
    "regain_minutes": 19,
    # calls without appsecret_proof are refused
    "require_proof": False,
    # can a post or comment elsewhere that names the page be read (§4.2: not always)
    "mentions_visible": True,
    # reading a person: "ok", "consent" (230) or "gone" (100/33)
    "profiles": "ok",
    # people who cannot be reached: 551
    "unavailable": [],
    # Facebook uses both `edited` and `edit` (§4.2)
    "edit_verb": "edited",
    # Instagram webhooks with field and value right under the entry, comment_id for id (§6.1)
    "ig_flat": False,
    # the `object` of Instagram's webhooks: documents disagree (§3.2)
    "ig_object": "instagram",
    # messages come under `standby`: another app owns the thread (§5.1)
    "standby": False,
}
CHOICES = {
    "throttle": ("buc", "platform"),
    "profiles": ("ok", "consent", "gone"),
    "edit_verb": ("edited", "edit"),
    "ig_object": ("instagram", "page"),
}


def switches(db: sqlite3.Connection) -> dict[str, Any]:
    """All switches as they stand."""
    return {**DEFAULTS, **setting(db, "meta_switches", {})}


def turn(db: sqlite3.Connection, wish: dict[str, Any]) -> dict[str, Any]:
    """Sets the named switches; ValueError for an unknown one or a value that does not fit."""
    for name, value in wish.items():
        if name not in DEFAULTS:
            raise ValueError(f"tidak ada sakelar {name}; yang ada: {', '.join(DEFAULTS)}")
        wanted = type(DEFAULTS[name])
        number = wanted in (int, float) and isinstance(value, int | float)
        if not isinstance(value, wanted) and not (number and not isinstance(value, bool)):
            raise ValueError(f"{name}: harus {wanted.__name__}")
        if name in CHOICES and value not in CHOICES[name]:
            raise ValueError(f"{name}: {', '.join(CHOICES[name])}")
    keep(db, "meta_switches", {**setting(db, "meta_switches", {}), **wish})
    return switches(db)
