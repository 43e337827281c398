"""The ledger: every write a platform accepted, in order. This is what tests count."""

import sqlite3
from typing import Any

from sandbox.core import clock


def enter(
    db: sqlite3.Connection,
    *,
    platform: str,
    kind: str,
    ext_id: str,
    account: str,
    text: str,
    sent: str,
    in_reply_to: str | None,
    by: str,
) -> None:
    """Adds one accepted write, in the same transaction as the write itself.

    `text` is what stands on the platform, `sent` what its author handed in (platforms put
    handles in front). `by`: api, citizen or native (the institution in the platform's own app).
    """
    db.execute(
        "insert into ledger (at, platform, kind, ext_id, account, text, sent, in_reply_to, by)"
        " values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (clock.seconds(), platform, kind, ext_id, account, text, sent, in_reply_to, by),
    )


def entries(
    db: sqlite3.Connection, *, platform: str | None, since: int, limit: int
) -> list[dict[str, Any]]:
    """The entries after number `since`, oldest first, of one platform or all."""
    rows = db.execute(
        "select * from ledger where n > ? and (? is null or platform = ?) order by n limit ?",
        (since, platform, platform, limit),
    )
    return [
        {
            "n": row["n"],
            "at": clock.stamp(row["at"]),
            "platform": row["platform"],
            "kind": row["kind"],
            "id": row["ext_id"],
            "account": row["account"],
            "text": row["text"],
            "sent": row["sent"],
            "in_reply_to": row["in_reply_to"],
            "by": row["by"],
        }
        for row in rows
    ]
