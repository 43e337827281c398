"""One answer to 300 citizens on four platforms while all workers are killed twice; what was seen is written down.

    VAR=/tmp/somewhere python -m tests.faults.relay_desk --report FILE [--citizens 300] [--mutation M]

A process of its own: its Django speaks to the stand's database. It judges nothing: `FILE` gets how often an
answer of ours to each citizen stands on the sandbox's ledger (told apart by what was answered, not by the
words), what went to a person, and what the desk's page showed meanwhile. test_scripted.py judges.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from config.stack_process import say
from tests.faults.runner import _delete_servers
from tests.faults.stand import Stand, standing


def main(arguments: Sequence[str] | None = None) -> int:
    """Play it and write the report. Raises what went wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.relay_desk", description=__doc__)
    parser.add_argument("--report", type=Path, required=True)
    parser.add_argument("--citizens", type=int, default=300)
    parser.add_argument("--mutation", default="", help="see tests/mutations.py: must be noticed")
    wish = parser.parse_args(arguments)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(
        prefix="relay-", dir=os.environ.get("VAR"), ignore_cleanup_errors=True
    ) as name:
        var = Path(name)
        var.chmod(0o711)  # as root, PostgreSQL runs as somebody else
        try:
            with standing(var, mutation=wish.mutation) as stand:
                report = _play(stand, wish.citizens)
                for child in stand.running:  # nothing of it is needed any more: no long good-byes
                    child.finish(deadline=0.0)
        finally:
            _delete_servers(var)
    report["seconds"] = round(time.monotonic() - began, 1)
    wish.report.write_text(json.dumps(report, indent=1))
    say(json.dumps(report))
    return 0


def _play(stand: Stand, citizens: int) -> dict[str, Any]:
    import django

    django.setup()
    import config.celery  # noqa: F401  doors nudge the workers
    from tests.faults.relay_scene import Scene

    return Scene(stand, citizens=citizens).play()


if __name__ == "__main__":
    raise SystemExit(main())
