"""Budgets: usage headers that rise with the calls, and the refusal at 100 percent (platforms.md §3.4)."""

import json
import sqlite3

from sandbox.core import clock
from sandbox.core.store import keep, setting
from sandbox.meta import accounts, errors
from sandbox.meta.switches import switches, turn
from sandbox.meta.tokens import Token


def use_case(edge: str, kind: str) -> str:
    """The business use case under which a call counts."""
    if edge in ("messages", "conversations") or kind in ("conversation", "message", "person"):
        return "messenger"
    return "instagram" if kind.startswith("ig") else "pages"


def count(
    db: sqlite3.Connection, token: Token, case: str
) -> tuple[dict[str, str], errors.GraphError | None]:
    """Counts one call; returns the usage headers and, at 100 percent, the refusal.

    No headers while both switches are 0: Meta sends them only after enough calls. After
    `regain_minutes` of the sandbox's clock the budget is free again.
    """
    turned = switches(db)
    if not turned["usage"] and not turned["usage_step"]:
        return {}, None
    state = setting(db, "meta_usage", {"calls": 0, "full_at": None})
    now, wait = clock.seconds(), float(turned["regain_minutes"]) * 60
    if state["full_at"] is not None and now >= state["full_at"] + wait:
        state = {"calls": 0, "full_at": None}
        turned = turn(db, {"usage": 0})
    percent = min(100, int(turned["usage"] + turned["usage_step"] * state["calls"]))
    if percent < 100:
        state["calls"] += 1
    elif state["full_at"] is None:
        state["full_at"] = now
    keep(db, "meta_usage", state)
    left = 0 if percent < 100 else max(1, int((state["full_at"] + wait - now) // 60))
    refused = _refusal(token, case, str(turned["throttle"])) if percent >= 100 else None
    return headers(token, case, percent, left), refused


def headers(token: Token, case: str, percent: int, left: int) -> dict[str, str]:
    """X-App-Usage, and for a page's token X-Business-Use-Case-Usage; `left` in minutes."""
    spent = {"call_count": percent, "total_time": percent // 2, "total_cputime": percent // 3}
    found = {"X-App-Usage": json.dumps(spent, separators=(",", ":"))}
    if accounts.page(token.subject) is not None:
        case_of = {"type": case, **spent, "estimated_time_to_regain_access": left}
        found["X-Business-Use-Case-Usage"] = json.dumps(
            {token.subject: [case_of]}, separators=(",", ":")
        )
    return found


def _refusal(token: Token, case: str, throttle: str) -> errors.GraphError | None:
    if throttle == "platform":
        return errors.limit_reached({"app": 4, "user": 17}.get(token.kind, 32))
    return errors.throttled(case) if token.kind == "page" else None
