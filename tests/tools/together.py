"""Every test, in three runs side by side: browsers and stand-ins, what starts whole servers, and the rest.

    python -m tests.tools.together [arguments for pytest]

The first two wait much and compute little, the third the other way round; together they need about half of
the time. Each run has a database and a Valkey of its own. With arguments there is one run with these. The
exit code is 0 when every test passed.
"""

import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: Folders of the first runs; the last takes whatever is not named here.
GROUPS = (
    ("tests/journeys", "tests/sandbox"),
    ("tests/faults", "tests/fuzz", "tests/model", "tests/race", "tests/setup"),
)
#: Scenes told in detail of what the fault run does at random: `make faults` plays them.
WITH_FAULTS = "tests/faults/test_scripted.py"
_SUMMARY = re.compile(r"\d+ \w+(?:, \d+ \w+)* in [\d.]+s")
_COUNT = re.compile(r"(\d+) (\w+)")
_speaking = threading.Lock()


def command(*arguments: str) -> list[str]:
    """How one run of pytest with servers is started."""
    return [
        sys.executable, "-m", "config.stack", "run", "--no-durable", "--throwaway", "--",
        sys.executable, "-m", "pytest", *arguments,
    ]  # fmt: skip


def runs() -> list[list[str]]:
    """The arguments of all runs; a new folder of tests belongs to the last by itself."""
    named = [[path for path in group if (ROOT / path).is_dir()] for group in GROUPS]
    rest = [f"--ignore={path}" for group in named for path in group]
    first = [[*group, f"--ignore={WITH_FAULTS}"] for group in named if group]
    return [*first, rest]


def play(number: int, arguments: list[str], codes: dict[int, int], counts: Counter[str]) -> None:
    """One run, its lines passed on with its number in front, its exit code into `codes`, what its last line
    counts (passed, failed, …) into `counts`."""
    with tempfile.TemporaryDirectory(prefix="tests-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)  # as root, PostgreSQL runs as somebody else
        with subprocess.Popen(
            command(*arguments), cwd=ROOT, env=os.environ | {"VAR": folder}, text=True,
            errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        ) as run:  # fmt: skip
            assert run.stdout
            for line in run.stdout:
                with _speaking:
                    print(f"[{number}] {line}", end="", flush=True)
                    if found := _SUMMARY.search(line):
                        counts.update({name: int(n) for n, name in _COUNT.findall(found[0])})
        codes[number] = run.returncode


def main(arguments: list[str]) -> int:
    """Run it; returns the exit code."""
    if arguments:
        return subprocess.run(command(*arguments), cwd=ROOT, check=False).returncode
    codes: dict[int, int] = {}
    counts: Counter[str] = Counter()
    began = time.monotonic()
    threads = [
        threading.Thread(target=play, args=(number, each, codes, counts))
        for number, each in enumerate(runs(), start=1)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = ", ".join(f"{n} {name}" for name, n in counts.items())
    print(f"===== {told} in {time.monotonic() - began:.2f}s =====")
    return max((abs(code) for code in codes.values()), default=1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
