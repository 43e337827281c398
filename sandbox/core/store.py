"""Where the sandbox keeps its state: one SQLite file under VAR, or memory when VAR is unset.

One connection behind one lock: the sandbox is one process, and what it is asked for takes well
under a millisecond. A write is one transaction; a killed process loses nothing it acknowledged.
"""

import json
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SCHEMA = """
create table if not exists setting (key text primary key, value text not null);
create table if not exists ledger (
    n integer primary key, at real not null, platform text not null, kind text not null,
    ext_id text not null, account text not null, text text not null, sent text not null,
    in_reply_to text, by text not null
);
create table if not exists due (
    n integer primary key, at real not null, platform text not null, payload text not null
);
create index if not exists due_at on due (at);
"""

_declared = [SCHEMA]
_state: dict[str, "Store"] = {}
_opening = threading.Lock()


class Store:
    """The open database. `read` and `write` give the connection for the time of a `with`."""

    def __init__(self, path: Path | None) -> None:
        """Opens the file (memory without one) and makes the declared tables."""
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._db = sqlite3.connect(
            path or ":memory:", check_same_thread=False, isolation_level=None
        )
        self._db.row_factory = sqlite3.Row
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma synchronous = normal")
        for schema in _declared:
            self._db.executescript(schema)

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """The connection, to read only."""
        with self._lock:
            yield self._db

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """The connection inside one transaction: kept at the end, undone by an exception."""
        with self._lock:
            self._db.execute("begin immediate")
            try:
                yield self._db
            except BaseException:
                self._db.execute("rollback")
                raise
            self._db.execute("commit")


def declare(schema: str) -> None:
    """A module declares its tables (`create … if not exists`), before or after the opening."""
    with _opening:
        _declared.append(schema)
        opened = _state.get("store")
    if opened is not None:
        with opened.read() as db:
            db.executescript(schema)


def store() -> Store:
    """The process's store, opened on first use at `$VAR/sandbox.sqlite3`."""
    with _opening:
        if "store" not in _state:
            var = os.environ.get("VAR")
            _state["store"] = Store(Path(var) / "sandbox.sqlite3" if var else None)
        return _state["store"]


def setting(db: sqlite3.Connection, key: str, default: Any = None) -> Any:
    """A kept value (anything JSON holds), or the default."""
    row = db.execute("select value from setting where key = ?", (key,)).fetchone()
    return default if row is None else json.loads(row["value"])


def keep(db: sqlite3.Connection, key: str, value: Any) -> None:
    """Keeps a value under a key, within the caller's transaction."""
    db.execute("insert or replace into setting values (?, ?)", (key, json.dumps(value)))
