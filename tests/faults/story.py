"""A trial that went wrong, told in order: what was done, what citizens see, what our rows say."""

from collections import Counter
from typing import Any

from django.db import connection

from accounts.models import JournalEntry
from tests.faults import desk
from tests.faults.trial import Trial


def tell(trial: Trial, wrong: Counter[str], about: list[dict[str, Any]], batch: list[str]) -> str:
    """The story of `trial`; `about` are the ledger's entries with its mark."""
    lines = [f"--- {trial.name}: {dict(wrong)}", *(f"  {note}" for note in trial.notes)]
    lines += ["  the batch:", *(f"    {note}" for note in batch[-30:])]
    lines.append("  on the ledger:")
    lines += [
        f"    {entry['n']:5} {entry['at']} {entry['platform']} {entry['kind']} by {entry['by']}"
        f" {entry['id']} {entry['text'][:90]!r}"
        for entry in about
    ]
    lines += [
        "  our rows:",
        *desk.steady(lambda: _history(trial)),
        *desk.steady(lambda: _journal(trial)),
    ]
    return "\n".join(lines)


def _history(trial: Trial) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT h.pgh_created_at, h.pgh_obj_id, h.state, h.attempt, h.outcome, h.remote_id,"
            " h.absent_reads, d.problem, r.state, r.hold FROM inbox_deliveryhistory h"
            " JOIN inbox_delivery d ON d.id = h.pgh_obj_id JOIN inbox_reply r ON r.id = d.reply_id"
            " WHERE r.item_id = %s ORDER BY h.pgh_id",
            [trial.item.pk if trial.item else 0],
        )
        rows = cursor.fetchall()
    found = [
        f"    {at:%H:%M:%S.%f} delivery {pk}: {state} attempt {attempt} {outcome} {remote} absent {absent}"
        for at, pk, state, attempt, outcome, remote, absent, *_ in rows
    ]
    if rows:
        found.append(f"    in the end: reply {rows[-1][-2]} {rows[-1][-1]} {rows[-1][-3]}")
    return found


def _journal(trial: Trial) -> list[str]:
    if trial.item is None:
        return []
    entries = JournalEntry.objects.filter(subject=f"item:{trial.item.pk}").order_by("pk")
    return [
        f"    {entry.at:%H:%M:%S.%f} journal: {entry.verb} by {entry.actor_id or 'nobody'} {entry.data}"
        for entry in entries
    ]
