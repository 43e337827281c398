"""The narrator: a thread that lets citizens write, from the stories or from a feed.

What it has told is kept in the same transaction as the post itself, so that a killed and
restarted sandbox goes on exactly where it stopped.
"""

import json
import os
import random
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any

from sandbox.core import clock, feed, rooms
from sandbox.core.store import keep, setting, store

TICK_S = 0.25
STORIES = Path(__file__).resolve().parent.parent / "stories"


def load_stories(folder: Path = STORIES) -> list[dict[str, Any]]:
    """All stories, each with its `platform` (the part of the file's name before `_` or `.`)."""
    stories: list[dict[str, Any]] = []
    for path in sorted(folder.glob("*.json")):
        platform = path.stem.partition("_")[0]
        stories += [{"platform": platform, **each} for each in json.loads(path.read_text("utf-8"))]
    return stories


def order(count: int, seed: str, told: int) -> tuple[int, int]:
    """Which story comes as number `told`, and in which round. Fixed by the seed."""
    lap, place = divmod(told, count)
    indices = list(range(count))
    random.Random(f"{seed}:{lap}").shuffle(indices)
    return indices[place], lap


class Narrator:
    """Tells stories at a pace, or replays a feed instead."""

    def __init__(self, *, every: float, seed: str, source: feed.Feed | None, rate: float) -> None:
        """`every`: seconds between stories, 0 for none; `rate`: rows a second, 0: at once."""
        self.every = every
        self.source = source
        self._rate = rate
        self._seed = seed
        self._stories = load_stories()
        # LINE loses what nobody receives: a feed can wait until the webhooks are there
        self.held = os.environ.get("FEED_HOLD") == "1"
        self._feed_rooms = self._chosen() if source is not None else []
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    @classmethod
    def from_environment(cls) -> "Narrator":
        """Reads STORY_EVERY, SEED, FEED, FEED_RATE and FEED_HOLD; FeedError or ValueError if unusable."""
        path = os.environ.get("FEED")
        return cls(
            every=float(os.environ.get("STORY_EVERY") or 25),
            seed=os.environ.get("SEED") or "1",
            source=feed.load(Path(path)) if path else None,
            rate=float(os.environ.get("FEED_RATE") or 5),
        )

    @staticmethod
    def _chosen() -> list[rooms.Room]:
        try:
            return [rooms.room(name) for name in feed.rooms()]
        except KeyError as error:
            raise feed.FeedError(f"FEED_ROOMS: tidak ada platform {error}.") from None

    def start(self) -> None:
        """Starts the thread."""
        self._thread = threading.Thread(target=self._run, name="narrator", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread after the post it is at."""
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def pace(self, every: float) -> None:
        """Changes the seconds between stories, 0 stops them; begins at once."""
        self.every = every
        self._wake.set()

    def tell(self, count: int = 1) -> list[str]:
        """Tells the next stories now; returns the ids of their first posts."""
        ids = []
        for _ in range(count if self._stories else 0):
            with store().write() as db:
                told = setting(db, "stories_told", 0)
                index, lap = order(len(self._stories), self._seed, told)
                story = {**self._stories[index], "lap": lap}
                ids.append(rooms.room(story["platform"]).tell(db, story, told))
                keep(db, "stories_told", told + 1)
        return ids

    def told(self) -> dict[str, Any]:
        """How far the stories are."""
        with store().read() as db:
            count = setting(db, "stories_told", 0)
        return {"every": self.every, "told": count, "total": len(self._stories)}

    def fed(self) -> dict[str, Any]:
        """How far the feed is; zero rows without one."""
        if self.source is None:
            return {"rows": 0, "posted": 0, "done": True}
        with store().read() as db:
            posted = setting(db, self.source.key, 0)
        rows = len(self.source.rows)
        return {"rows": rows, "posted": posted, "done": posted >= rows}

    def _run(self) -> None:
        due_at = time.monotonic()
        while not self._stop.is_set():
            self._wake.clear()
            wait = TICK_S
            try:
                self._carry_on()
                if self.source is not None:
                    due_at, wait = self._feed(due_at)
                elif self.every > 0 and time.monotonic() >= due_at:
                    self.tell()
                    due_at = time.monotonic() + self.every
            except Exception:  # noqa: BLE001 - one bad story must not silence all others
                traceback.print_exc(file=sys.stderr)
                wait = 1.0
            if self._wake.wait(wait):
                due_at = time.monotonic()

    def _feed(self, due_at: float) -> tuple[float, float]:
        """Posts what is due of the feed; returns when the next row is due and how long to wait."""
        if self.source is None or self.held or self.fed()["done"]:
            return time.monotonic(), TICK_S
        step = 1 / self._rate if self._rate > 0 else 0.0
        while time.monotonic() >= due_at and not self._stop.is_set():
            with store().write() as db:
                posted = setting(db, self.source.key, 0)
                if posted >= len(self.source.rows):
                    return due_at, TICK_S
                room = self._feed_rooms[posted % len(self._feed_rooms)]
                room.feed(db, self.source.rows[posted], posted)
                keep(db, self.source.key, posted + 1)
            due_at += step
        return due_at, min(TICK_S, max(0.0, due_at - time.monotonic()))

    def _carry_on(self) -> None:
        with store().write() as db:
            rows = db.execute(
                "select * from due where at <= ? order by at, n", (clock.seconds(),)
            ).fetchall()
            for row in rows:
                db.execute("delete from due where n = ?", (row["n"],))
                rooms.room(row["platform"]).carry_on(db, json.loads(row["payload"]))
