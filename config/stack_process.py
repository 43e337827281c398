"""Small tools for processes and folders that the runner's parts share. No thread is ever started here."""

import contextlib
import ctypes
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from config.embedded import EmbeddedError

ROOT = Path(__file__).resolve().parent.parent
PR_SET_PDEATHSIG = 1
# Loaded here, not between fork and exec, where nothing may be imported or allocated at leisure.
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def say(text: str) -> None:
    """Print one line for the person at the terminal, at once."""
    # The terminal may be gone (a closed window); stopping in good order matters more than telling it.
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


def die_with_parent(sign: signal.Signals) -> Callable[[], None]:
    """Return what a child calls before exec so that the kernel sends it ``sign`` when the runner dies.

    Linux only; elsewhere it does nothing. It holds for the thread that starts the child: the runner has just one.
    """
    parent = os.getpid()

    def ask() -> None:
        if _LIBC is not None:
            _LIBC.prctl(PR_SET_PDEATHSIG, int(sign), 0, 0, 0)
            if os.getppid() != parent:  # it died between fork and prctl
                os._exit(1)

    return ask


def process_command(pid: int) -> str:
    """Return the command line of a live process, or an empty string where there is none (or only its corpse)."""
    if Path("/proc/self/cmdline").exists():
        try:
            line = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return ""
        return line.replace(b"\0", b" ").decode(errors="replace")
    listed = subprocess.run(  # noqa: S603
        ["/bin/ps", "-p", str(pid), "-o", "args="], check=False, capture_output=True, text=True
    )
    return listed.stdout.strip()


def wait_gone(pid: int, *, seconds: float) -> bool:
    """Return whether the process ended within `seconds`."""
    deadline = time.monotonic() + seconds
    while process_command(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def own_folder(folder: Path, *, owners: set[int]) -> None:
    """Make a folder that only its owner enters; refuse one that somebody else laid there (the short ones are in /tmp)."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in owners:
        raise EmbeddedError(
            f"Folder {folder} milik pengguna lain; hapus dulu, atau pilih VAR lain."
        )
    folder.chmod(0o700)


def wheel_folder(package: str) -> Path:
    """Return the folder of an installed package, without importing it; EmbeddedError when it is missing."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise EmbeddedError(
            f"Paket {package} tidak terpasang; isi DATABASE_URL dan REDIS_URL, atau ulangi penyiapan."
        )
    return Path(spec.origin).parent


def write_pid(var: Path, name: str, pid: int) -> None:
    """Write the process number of a part of the stack where tests and the doctor look for it."""
    (var / "run").mkdir(parents=True, exist_ok=True)
    (var / "run" / f"{name}.pid").write_text(f"{pid}\n")


def bare_environment() -> dict[str, str]:
    """Return what the servers need of the environment: no secrets, no PG* variables, no locale surprises."""
    return {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def last_line(output: bytes) -> str:
    """Return the last line that says something, of a log or of what a program printed."""
    lines = [line for line in output.decode(errors="replace").splitlines() if line.strip()]
    return lines[-1].strip() if lines else "tanpa keterangan"
