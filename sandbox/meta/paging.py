"""Lists a page at a time, with Meta's cursors and its `next` (platforms.md §4.1)."""

import base64
import binascii
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from sandbox.core import clock
from sandbox.meta.errors import bad

DEFAULT, MOST = 25, 100
#: Order -> the number by which rows are sorted, smallest first. Meta ranks unless told otherwise.
ORDERS = {
    "chronological": "n",
    "reverse_chronological": "-n",
    "ranked": "((n * 7919) % 1009) * 100000000 + n",
}


@dataclass(frozen=True, slots=True)
class Span:
    """The page that was asked for: how many, after or before which place, from when to when (s)."""

    limit: int
    after: int | None
    before: int | None
    since: float | None
    until: float | None


@dataclass(frozen=True, slots=True)
class Slice:
    """Rows in order, the places of the first and the last, and whether there are more."""

    rows: list[sqlite3.Row]
    first: int
    last: int
    more: bool
    earlier: bool


def span_of(params: Mapping[str, Any], *, most: int = MOST) -> Span:
    """The page that parameters ask for; GraphError 100 for what is no number or cursor."""
    wanted = str(params.get("limit") or DEFAULT)
    if not wanted.isascii() or not wanted.isdigit():
        raise bad("Param limit must be a number")
    return Span(
        limit=max(1, min(int(wanted), most)),
        after=_place(params.get("after")),
        before=_place(params.get("before")),
        since=_time(params.get("since")),
        until=_time(params.get("until")),
    )


def rows(
    db: sqlite3.Connection,
    table: str,
    where: str,
    values: Sequence[Any],
    *,
    order: str,
    span: Span,
    lag: float = 0.0,
) -> Slice:
    """One page of `table` under a condition of ours; nothing newer than `lag` seconds ago."""
    key = ORDERS[order]
    back = span.before is not None and span.after is None
    found = db.execute(
        f"select *, {key} as place from {table} where {where} and at <= ?"  # noqa: S608 - names of ours
        " and (? is null or at >= ?) and (? is null or at <= ?)"
        f" and (? is null or {key} > ?) and (? is null or {key} < ?)"
        f" order by place {'desc' if back else 'asc'} limit ?",
        (
            *values,
            clock.seconds() - lag,
            *(span.since, span.since, span.until, span.until),
            *(span.after, span.after, span.before, span.before),
            span.limit + 1,
        ),
    ).fetchall()
    more = len(found) > span.limit
    found = found[: span.limit]
    if back:
        found.reverse()
    return Slice(
        rows=found,
        first=found[0]["place"] if found else 0,
        last=found[-1]["place"] if found else 0,
        more=True if back else more,
        earlier=more if back else span.after is not None,
    )


def answer(
    data: list[dict[str, Any]],
    page: Slice,
    *,
    address: str,
    params: Mapping[str, Any],
    links: bool = True,
) -> dict[str, Any]:
    """`{"data", "paging"}`: no paging for an empty page, no `next` on the last one.

    `address` is the list's own on this host, `params` what it was asked with, the token included:
    Meta writes it into `next`.
    """
    if not page.rows:
        return {"data": data}
    cursors = {"before": cursor(page.first), "after": cursor(page.last)}
    paging: dict[str, Any] = {"cursors": cursors}
    kept = {key: each for key, each in params.items() if key not in ("after", "before")}
    if page.more and links:
        paging["next"] = f"{address}?{urlencode({**kept, 'after': cursors['after']})}"
    if page.earlier and links:
        paging["previous"] = f"{address}?{urlencode({**kept, 'before': cursors['before']})}"
    return {"data": data, "paging": paging}


def cursor(place: int) -> str:
    """The opaque name of a place in a list."""
    return base64.urlsafe_b64encode(f"QVFI{place}".encode()).decode().rstrip("=")


def _place(text: Any) -> int | None:
    if not text:
        return None
    try:
        raw = base64.urlsafe_b64decode(str(text) + "=" * (-len(str(text)) % 4)).decode()
        return int(raw.removeprefix("QVFI"))
    except (binascii.Error, ValueError):
        raise bad("Invalid cursors values") from None


def _time(text: Any) -> float | None:
    """Seconds since 1970, or an ISO date."""
    if not text:
        return None
    value = str(text)
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        return datetime.fromisoformat(value).timestamp()
    except ValueError:
        raise bad(f"Invalid date: {value[:40]}") from None
