"""The runner: everything Sahut needs on one machine, started in order and stopped in order.

``python -m config.stack demo``
    database, Valkey, sandbox, migrations and demo data, then web, worker and beat; one line when ready;
    Ctrl-C or SIGTERM stops all of it, the database last.
``python -m config.stack reset``
    deletes what the demo keeps under VAR.
``python -m config.stack run [--no-durable] [--throwaway] -- COMMAND...``
    only database and Valkey, for one command; ends with the exit code of the command.

Environment: VAR, PORT, SANDBOX_PORT, DATABASE_URL, REDIS_URL, X_API_BASE, SITE_URL, CLOCK_FILE (see README).
"""

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType

from config.embedded import EmbeddedError, exclusive
from config.stack_checks import (
    NotReadyError,
    check_database,
    check_port,
    check_redis,
    ensure_secret_key,
    read_port,
    read_secret,
)
from config.stack_children import stop_all
from config.stack_demo import Demo, Environment, Server
from config.stack_postgres import Postgres
from config.stack_process import ROOT, die_with_parent, say
from config.stack_valkey import Valkey

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

FAMILIES = ("X", "META", "LINE")  # platforms whose hosts the sandbox replaces


class Stopped(BaseException):
    """Somebody asked the runner to stop (SIGINT, SIGTERM, SIGHUP)."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand; return the exit code: 0 stopped on request, 1 with one plain sentence, or the command's own."""
    parser = argparse.ArgumentParser(prog="python -m config.stack")
    commands = parser.add_subparsers(dest="what", required=True)
    commands.add_parser("demo")
    commands.add_parser("prepare")
    commands.add_parser("reset")
    runner = commands.add_parser("run")
    runner.add_argument(
        "--no-durable", action="store_true", help="do not wait for the disk: test data"
    )
    runner.add_argument(
        "--throwaway", action="store_true", help="in a new folder under VAR, deleted afterwards"
    )
    runner.add_argument("command", nargs="+", metavar="-- COMMAND")
    options = parser.parse_args(arguments)
    if options.what == "prepare":
        return prepare()
    for number in STOP_SIGNALS:
        signal.signal(number, _raise_stopped)
    try:
        if options.what == "demo":
            return demo()
        if options.what == "reset":
            return reset()
        return run(options.command, durable=not options.no_durable, throwaway=options.throwaway)
    except (NotReadyError, EmbeddedError) as error:
        say(str(error))
        return 1
    except Stopped:
        return 0 if options.what == "demo" else 130


def _raise_stopped(number: int, frame: FrameType | None) -> None:
    del frame
    _ignore_signals()
    raise Stopped(number)


def _ignore_signals() -> None:
    """Once is enough: while everything stops in order, further Ctrl-Cs must not break the order."""
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)


# --- environment and services -----------------------------------------------------------------------------


def state_folder() -> Path:
    """Return VAR, by default ``var`` in the checkout."""
    return Path(os.environ.get("VAR") or ROOT / "var").resolve()


def child_environment(var: Path) -> Environment:
    """Return the environment of every process of the stack; what the caller set is kept."""
    port = read_port("PORT", os.environ.get("PORT") or "8000")
    sandbox_port = read_port("SANDBOX_PORT", os.environ.get("SANDBOX_PORT") or "8001")
    if port == sandbox_port:
        raise NotReadyError(f"PORT dan SANDBOX_PORT sama-sama {port}; beri dua nomor yang berbeda.")
    environment = {name: value for name, value in os.environ.items() if value}
    for name in ("DATABASE_URL", "REDIS_URL"):
        if path := environment.pop(f"{name}_FILE", ""):
            environment[name] = read_secret(f"{name}_FILE", path)
    environment |= {"VAR": str(var), "PORT": str(port), "SANDBOX_PORT": str(sandbox_port)}
    defaults = {
        "SITE_URL": f"http://127.0.0.1:{port}",
        **{f"{family}_API_BASE": f"http://127.0.0.1:{sandbox_port}" for family in FAMILIES},
        "CLOCK_FILE": str(var / "clock"),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONUNBUFFERED": "1",
    }
    return defaults | environment


@contextlib.contextmanager
def services(
    var: Path, environment: Environment, *, durable: bool = True
) -> Iterator[list[Server]]:
    """Have a database and a Redis for the block; yield those started here.

    Embedded ones unless their URLs are set; URLs are put into ``environment``. Stopping is in the reverse order,
    so the database goes last. Raises NotReadyError or EmbeddedError.
    """
    servers: list[Server] = []
    with contextlib.ExitStack() as stack:
        stack.enter_context(exclusive(var))
        ensure_secret_key(var)
        for name, check in (("DATABASE_URL", check_database), ("REDIS_URL", check_redis)):
            if url := environment.get(name):
                check(url)
        if not environment.get("DATABASE_URL"):
            servers.append(Postgres(var, durable=durable))
            environment["DATABASE_URL"] = _started(servers[-1], stack)
        if not environment.get("REDIS_URL"):
            servers.append(Valkey(var))
            environment["REDIS_URL"] = _started(servers[-1], stack)
        stack.callback(_ignore_signals)  # runs first
        yield servers


def _started(server: Server, stack: contextlib.ExitStack) -> str:
    stack.callback(server.stop)
    server.start()
    return server.url


# --- run --------------------------------------------------------------------------------------------------


def run(command: Sequence[str], *, durable: bool, throwaway: bool) -> int:
    """Run one command beside database and Valkey; return its exit code (128 + signal when a signal ended it)."""
    with _folder(throwaway=throwaway) as var:
        environment = child_environment(var)
        with services(var, environment, durable=durable):
            try:
                process = subprocess.Popen(  # noqa: S603
                    command,
                    env=environment,
                    cwd=ROOT,
                    preexec_fn=die_with_parent(signal.SIGTERM),
                )
            except OSError as error:
                raise NotReadyError(
                    f"Perintah {command[0]} tidak dapat dijalankan: {error.strerror}."
                ) from None
            try:
                code = process.wait()
            except Stopped as stopped:
                # Ctrl-C reached the command as well (same terminal); a SIGTERM reached only us.
                with contextlib.suppress(ProcessLookupError):
                    process.send_signal(stopped.args[0])
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=20)
                process.kill()
                process.wait()
                raise
    return code if code >= 0 else 128 - code


@contextlib.contextmanager
def _folder(*, throwaway: bool) -> Iterator[Path]:
    """Yield the state folder; a throw-away one is deleted afterwards, with those that killed runs left behind."""
    var = state_folder()
    if not throwaway:
        yield var
        return
    var.mkdir(parents=True, exist_ok=True)
    for old in var.glob("test-*"):
        with contextlib.suppress(EmbeddedError, OSError), exclusive(old):
            _delete(old)
    own = Path(tempfile.mkdtemp(prefix="test-", dir=var))
    own.chmod(0o711 if os.geteuid() == 0 else 0o700)
    try:
        yield own
    finally:
        _delete(own)


def _delete(var: Path) -> None:
    Postgres(var).remove()
    Valkey(var).remove()
    shutil.rmtree(var, ignore_errors=True)


def reset() -> int:
    """Delete the state folder with all it holds; EmbeddedError when it is in use."""
    var = state_folder()
    if not (var / "run").exists() and not (var / "secret_key").exists():
        raise NotReadyError(f"Di {var} tidak ada data Sahut.")
    with exclusive(var):
        _delete(var)
    say(f"Data di {var} sudah dihapus.")
    return 0


# --- demo -------------------------------------------------------------------------------------------------


def prepare() -> int:
    """Migrate and fill the demo, in one process since starting Django twice costs seconds."""
    import django
    from django.core.management import call_command

    import config.celery  # noqa: F401  the demo data's doors nudge the workers

    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    call_command("demo_data")
    return 0


def demo() -> int:
    """Start everything, say so in one line, watch it until somebody stops it or something fails for good."""
    var = state_folder()
    environment = child_environment(var)
    environment["DEMO"] = "1"
    for name in ("PORT", "SANDBOX_PORT"):
        check_port(name, int(environment[name]))
    say("Sahut disiapkan ...")
    with services(var, environment) as servers:
        stack = Demo(var, environment, servers)
        try:
            stack.start()
            while True:
                stack.look_after()
                time.sleep(0.3)
        finally:
            _ignore_signals()
            say("Sahut berhenti ...")
            stop_all(stack.running)


if __name__ == "__main__":
    sys.exit(main())
