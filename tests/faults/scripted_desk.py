"""The scenes of test_scripted.py, played one after the other on one stand; what was seen is written down.

    VAR=/tmp/somewhere python -m tests.faults.scripted_desk --report FILE [--down 5] [--scenes frozen,…] [--mutation M]

A process of its own: its Django speaks to the stand's database. It judges nothing: `FILE` gets, for every
case, how often our answer stood on the sandbox's ledger before and after the thaw, and what the doors said.
"""

import argparse
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from config.stack_process import say
from tests.faults import reporting
from tests.faults.stand import Stand


def main(arguments: Sequence[str] | None = None) -> int:
    """Play the scenes and write the report. Raises what went wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.faults.scripted_desk", description=__doc__
    )
    parser.add_argument("--report", type=Path, required=True)
    parser.add_argument(
        "--down", type=float, default=0.0, help="real seconds Redis is away at least"
    )
    parser.add_argument("--scenes", default="", help="only these, by commas")
    parser.add_argument("--mutation", default="", help="see tests/mutations.py: must be noticed")
    wish = parser.parse_args(arguments)
    reporting.write(wish.report, lambda stand: _play(stand, wish), mutation=wish.mutation)
    return 0


def _play(stand: Stand, wish: argparse.Namespace) -> dict[str, Any]:
    """All scenes; returns what was seen and what the ledger counts as wrong."""
    import django

    django.setup()
    import config.celery  # noqa: F401  doors nudge the workers
    from tests import mutations
    from tests.faults import scripted_scenes as scenes
    from tests.faults.counting import count
    from tests.faults.scripted_floor import Floor

    if wish.mutation:
        mutations.apply(wish.mutation)
    floor = Floor(stand)
    wrong: Counter[str] = Counter()
    stories: list[str] = []
    for title, scene in scenes.of(down=wish.down).items():
        if wish.scenes and title not in wish.scenes.split(","):
            continue
        began = time.monotonic()
        trials = scene(floor)
        found = count(trials, stand, at_rest=True, story=[])
        wrong.update(found.wrong)
        stories += found.stories
        say(f"{title}: {time.monotonic() - began:.1f} s, {dict(found.wrong) or 'nothing wrong'}")
    for story in stories:
        say(story)
    return {"cases": floor.seen, "wrong": dict(wrong), "stories": stories}


if __name__ == "__main__":
    raise SystemExit(main())
