"""One answer to 300 citizens on four platforms while all workers are killed twice; what was seen is written down.

    VAR=/tmp/somewhere python -m tests.faults.relay_desk --report FILE [--citizens 300] [--mutation M]

A process of its own: its Django speaks to the stand's database. It judges nothing: `FILE` gets how often an
answer of ours to each citizen stands on the sandbox's ledger (told apart by what was answered, not by the
words), what went to a person, and what the desk's page showed meanwhile. test_scripted.py judges.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.faults import reporting
from tests.faults.stand import Stand


def main(arguments: Sequence[str] | None = None) -> int:
    """Play it and write the report. Raises what went wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.relay_desk", description=__doc__)
    parser.add_argument("--report", type=Path, required=True)
    parser.add_argument("--citizens", type=int, default=300)
    parser.add_argument("--mutation", default="", help="see tests/mutations.py: must be noticed")
    wish = parser.parse_args(arguments)
    reporting.write(wish.report, lambda stand: _play(stand, wish.citizens), mutation=wish.mutation)
    return 0


def _play(stand: Stand, citizens: int) -> dict[str, Any]:
    import django

    django.setup()
    import config.celery  # noqa: F401  doors nudge the workers
    from tests.faults.relay_scene import Scene

    return Scene(stand, citizens=citizens).play()


if __name__ == "__main__":
    raise SystemExit(main())
