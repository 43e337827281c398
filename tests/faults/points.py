"""The hook inside the workers: dies or freezes where the plan says (inbox/steps.py calls it).

The plan is a folder: a file `PLAN/<delivery>-<step>` holds "kill" or "stop". Whoever reaches that step takes
the file by renaming it into `MET/`, so that one process meets it, once; the new name tells the runner who.
Without a file the hook costs one failed system call.
"""

import os
import signal
from pathlib import Path

SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}

_folder = os.environ.get("FAULTS_PLAN", "")


def plan(folder: Path, *, key: int, step: str, do: str) -> None:
    """Lay a point: whoever reaches `step` of delivery `key` next is killed or stopped ("kill", "stop")."""
    new = folder / f".{key}-{step}"
    new.write_text(do)
    new.rename(folder / "plan" / f"{key}-{step}")


def met(folder: Path) -> list[tuple[int, str, str, int]]:
    """What was met so far: (delivery, step, what was done, process number)."""
    found = []
    for path in (folder / "met").iterdir():
        key, step, pid = path.name.split("-")
        found.append((int(key), step, path.read_text(), int(pid)))
    return found


def clear(folder: Path) -> None:
    """Forget what was met, and what nobody came to."""
    for path in (*(folder / "met").iterdir(), *(folder / "plan").iterdir()):
        path.unlink()


def take(folder: str, step: str, key: int) -> str | None:
    """What is planned for this process at this step, once; None nearly always."""
    taken = f"{folder}/met/{key}-{step}-{os.getpid()}"
    try:
        os.rename(f"{folder}/plan/{key}-{step}", taken)  # noqa: PTH104  no Path: this is the hot road
    except FileNotFoundError:
        return None
    return Path(taken).read_text()


def hook(step: str, key: int) -> None:
    """Called by inbox.steps.reached in a worker."""
    do = take(_folder, step, key) if _folder else None
    if do:
        os.kill(os.getpid(), SIGNALS[do])
