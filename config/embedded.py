"""Where the embedded PostgreSQL and Valkey of one state folder (``VAR``) live, and who may run them.

Used where ``DATABASE_URL`` and ``REDIS_URL`` are unset: on a laptop, in the demo, in the tests. Settings call
:func:`database_url` and :func:`redis_url`, which only compute: another process with the same ``VAR``
(``manage.py doctor``) arrives at the same answer. The servers themselves are in
``config/stack_postgres.py`` and ``config/stack_valkey.py``.

Both speak over unix sockets only: no port is taken, and nobody outside this machine can reach them.
"""

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

DATABASE = "sahut"
# sockaddr_un holds 104 (macOS) to 108 (Linux) bytes.
SOCKET_PATH_LIMIT = 100
# Not TMPDIR: the runner and the doctor may be started with different ones and must agree.
SHORT_DIR = Path("/tmp")  # noqa: S108
PLACE_FILE = "postgres.place"


class EmbeddedError(RuntimeError):
    """A server cannot run; the text is one plain Indonesian sentence for the administrator."""


# --- places: pure, no side effect -------------------------------------------------------------------------


def postgres_home(var: Path) -> Path:
    """Return the folder that holds PostgreSQL's data, socket and log for the state folder ``var``.

    Normally ``var/postgres``; where root had to move it, ``var/postgres.place`` names it.
    """
    place = var / PLACE_FILE
    if place.is_file():
        return Path(place.read_text().strip())
    return var.resolve() / "postgres"


def postgres_socket_dir(var: Path) -> Path:
    """Return the folder of PostgreSQL's socket: in its home, or a short one where that path would be too long."""
    return _short_enough(postgres_home(var) / "run", ".s.PGSQL.5432", kind="pg")


def valkey_socket(var: Path) -> Path:
    """Return the path of Valkey's socket for the state folder ``var``."""
    return _short_enough(var.resolve() / "valkey", "valkey.sock", kind="kv") / "valkey.sock"


def database_url(var: Path) -> str:
    """Return the URL of the embedded database, in the form django-environ and libpq both read."""
    return (
        f"postgres://{DATABASE}@/{DATABASE}?host={quote(str(postgres_socket_dir(var)), safe='/')}"
    )


def redis_url(var: Path) -> str:
    """Return the URL of the embedded Valkey, in the form redis-py reads (Celery: ``redis+socket://``)."""
    return f"unix://{valkey_socket(var)}"


def _short_enough(folder: Path, name: str, *, kind: str) -> Path:
    if len(os.fsencode(folder / name)) <= SOCKET_PATH_LIMIT:
        return folder
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    return SHORT_DIR / f"sahut-{kind}-{digest}"


# --- one runner per state folder --------------------------------------------------------------------------


@contextlib.contextmanager
def exclusive(var: Path) -> Iterator[None]:
    """Hold the state folder for this process; the kernel lets go when the process dies, however it dies.

    Raises EmbeddedError when another live runner holds it. Whoever holds it may treat any server still
    running there as left over by a killed runner.
    """
    if not var.exists():
        # It will hold what citizens sent. As root, PostgreSQL's own user must pass through, but not look around.
        var.mkdir(parents=True, exist_ok=True)
        var.chmod(0o711 if os.geteuid() == 0 else 0o700)
    (var / "run").mkdir(exist_ok=True)
    path = var / "run" / "lock"
    with path.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise EmbeddedError(
                f"Sahut sudah berjalan dengan folder {var} (proses {lock.read().strip() or '?'}); "
                "hentikan dulu, atau pakai folder lain dengan VAR=... dan PORT=... SANDBOX_PORT=..."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield
        lock.truncate(0)
