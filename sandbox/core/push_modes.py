"""How webhook deliveries are disturbed: held back, doubled, out of order, lost."""

import sqlite3
from typing import Any

from sandbox.core.store import keep, setting

DEFAULTS: dict[str, Any] = {
    "hold": False,  # keep deliveries back until a flush
    "duplicate": 0,  # deliver each that many times more
    "shuffle": False,  # in random order
    "drop": 0,  # lose that many of the next ones
    "seed": 1,  # of the random order
    # seconds before the second try, the third…; the platforms' hours and days, compressed
    "retries": [0.5, 1, 2, 4, 8, 15, 30],
}


def modes(db: sqlite3.Connection) -> dict[str, Any]:
    """How deliveries are disturbed at the moment."""
    return {**DEFAULTS, **setting(db, "push_modes", {})}


def turn(db: sqlite3.Connection, wish: dict[str, Any]) -> dict[str, Any]:
    """Sets the named modes; ValueError for an unknown one or a value that makes no sense."""
    for name, value in wish.items():
        if name not in DEFAULTS:
            raise ValueError(f"tidak ada {name}; yang ada: {', '.join(DEFAULTS)}")
        if name in ("hold", "shuffle") and not isinstance(value, bool):
            raise ValueError(f"{name}: harus true atau false")
        if name in ("duplicate", "drop") and (type(value) is not int or not 0 <= value <= 1000):
            raise ValueError(f"{name}: harus angka 0 sampai 1000")
        if name == "retries" and not (
            isinstance(value, list) and all(type(each) in (int, float) for each in value)
        ):
            raise ValueError("retries: harus daftar detik")
    keep(db, "push_modes", {**setting(db, "push_modes", {}), **wish})
    return modes(db)
