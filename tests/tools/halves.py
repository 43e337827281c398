"""Every test, in two halves side by side: what has servers of its own, and the rest.

    python -m tests.tools.halves [arguments for pytest]

The first half waits much and computes little, the second the other way round; together they need about
half of the time. Each half has a database and a Valkey of its own. With arguments there is one run with
these. The exit code is 0 when every test passed.
"""

import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: Tests that start whole servers, browsers or many processes.
WITH_SERVERS = (
    "tests/faults", "tests/fuzz", "tests/journeys", "tests/model", "tests/race", "tests/sandbox",
    "tests/setup",
)  # fmt: skip
_speaking = threading.Lock()


def command(*arguments: str) -> list[str]:
    """How one run of pytest with servers is started."""
    return [
        sys.executable, "-m", "config.stack", "run", "--no-durable", "--throwaway", "--",
        sys.executable, "-m", "pytest", *arguments,
    ]  # fmt: skip


def halves() -> list[list[str]]:
    """The arguments of both runs; a new folder of tests belongs to the second by itself."""
    servers = [path for path in WITH_SERVERS if (ROOT / path).is_dir()]
    return [[*servers], [f"--ignore={path}" for path in servers]]


def play(number: int, arguments: list[str], codes: dict[int, int]) -> None:
    """One half, its lines passed on with its number in front, its exit code into `codes`."""
    with tempfile.TemporaryDirectory(prefix="half-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)  # as root, PostgreSQL runs as somebody else
        with subprocess.Popen(
            command(*arguments), cwd=ROOT, env=os.environ | {"VAR": folder}, text=True,
            errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        ) as run:  # fmt: skip
            assert run.stdout
            for line in run.stdout:
                with _speaking:
                    print(f"[{number}] {line}", end="", flush=True)
        codes[number] = run.returncode


def main(arguments: list[str]) -> int:
    """Run it; returns the exit code."""
    if arguments:
        return subprocess.run(command(*arguments), cwd=ROOT, check=False).returncode
    codes: dict[int, int] = {}
    runs = [
        threading.Thread(target=play, args=(number, half, codes))
        for number, half in enumerate(halves(), start=1)
    ]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    return max(codes.values(), default=1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
