"""A stand for one process, what was seen on it in a file: what the scripted scenes and the relay share."""

import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from config.stack_process import say
from tests.faults.runner import _delete_servers
from tests.faults.stand import Stand, standing


def write(report: Path, play: Callable[[Stand], dict[str, Any]], *, mutation: str) -> None:
    """Play on a stand of its own in a folder of VAR, and write what `play` returns, with the seconds it took
    in all. Nothing of the stand is left. Raises what went wrong."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(
        prefix=f"{report.stem}-", dir=os.environ.get("VAR"), ignore_cleanup_errors=True
    ) as name:
        var = Path(name)
        var.chmod(0o711)  # as root, PostgreSQL runs as somebody else
        try:
            with standing(var, mutation=mutation) as stand:
                say(f"the stand stands after {time.monotonic() - began:.0f} s")
                seen = play(stand)
                for child in stand.running:  # nothing of it is needed any more: no long good-byes
                    child.finish(deadline=0.0)
        finally:
            _delete_servers(var)
    seen["seconds"] = round(time.monotonic() - began, 1)
    report.write_text(json.dumps(seen, indent=1))
    say(json.dumps(seen))
