"""FEED=file.csv: real or composed texts replayed on the platforms, each row exactly once.

FEED_ROOMS names the platforms, by comma (x): the rows are dealt to them in turn.
"""

import csv
import hashlib
import io
import os
from dataclasses import dataclass
from pathlib import Path


class FeedError(Exception):
    """The file cannot be used; the message is one plain sentence."""


@dataclass(frozen=True, slots=True)
class Feed:
    """The rows to post, and a key under which the progress through this very file is kept."""

    rows: tuple[str, ...]
    key: str


def rooms() -> list[str]:
    """The names in FEED_ROOMS; x without any."""
    names = [name.strip() for name in os.environ.get("FEED_ROOMS", "").split(",")]
    return [name for name in names if name] or ["x"]


def load(path: Path) -> Feed:
    """Reads the column `text`; rows without any text are left out. FeedError if it cannot."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise FeedError(f"FEED: berkas {path} tidak bisa dibaca ({error.strerror}).") from error
    try:
        csv.field_size_limit(1_000_000)
        reader = csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline=""))
        names = reader.fieldnames or []
        rows = tuple(row["text"].strip() for row in reader if (row.get("text") or "").strip())
    except UnicodeDecodeError as error:
        raise FeedError(f"FEED: berkas {path} bukan teks UTF-8.") from error
    except (csv.Error, KeyError) as error:
        raise FeedError(f"FEED: berkas {path} bukan CSV yang utuh ({error}).") from error
    if "text" not in names:
        raise FeedError(f'FEED: berkas {path} tidak punya kolom "text".')
    return Feed(rows=rows, key=f"feed:{hashlib.sha256(raw).hexdigest()[:16]}")
