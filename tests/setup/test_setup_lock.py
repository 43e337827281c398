"""requirements.txt is enough to run: what only the tests install must not be needed by the demo or the image."""

import re
import subprocess
import sys

from tests.setup.stack_process import ROOT, fresh_environment

# Runs in a process of its own: hides every distribution that requirements.txt does not name, then imports what the
# roles import.
PROGRAM = """
import sys
from importlib.abc import MetaPathFinder
from importlib.metadata import packages_distributions

locked = set(sys.argv[1].split(","))
normal = lambda name: name.lower().replace("_", "-").replace(".", "-")
hidden = {
    module for module, owners in packages_distributions().items()
    if not locked & {normal(owner) for owner in owners}
}

class Hide(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in hidden:
            raise ModuleNotFoundError(f"{name} is not in requirements.txt", name=name)

sys.meta_path.insert(0, Hide())
import django
django.setup()
import config.urls  # and with it every view; no database is needed for that
import babel.messages.frontend, celery.apps.beat, celery.apps.worker, celery.bin.celery
import config.asgi, config.celery, config.stack, kombu.transport.redis, uvicorn.main
config.celery.app.loader.import_default_modules()
"""


def locked_names(name: str) -> set[str]:
    """Return the distributions that a lock file pins, in normal form."""
    text = (ROOT / name).read_text()
    return {
        found.lower().replace("_", "-") for found in re.findall(r"^([\w.-]+)==", text, re.MULTILINE)
    }


def test_what_runs_needs_no_test_tool() -> None:
    locked = ",".join(sorted(locked_names("requirements.txt")))
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM, locked], check=False, cwd=ROOT, capture_output=True,
        text=True, env=fresh_environment(DJANGO_SETTINGS_MODULE="config.settings", SECRET_KEY="test"),
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr


def test_the_test_lock_holds_all_of_the_run_lock() -> None:
    assert locked_names("requirements.txt") <= locked_names("requirements-dev.txt")
    pins = (ROOT / "requirements-dev.txt").read_text()
    for line in re.findall(
        r"^[\w.-]+==[^ ;\\]+", (ROOT / "requirements.txt").read_text(), re.MULTILINE
    ):
        assert line in pins


def test_the_locks_name_no_host_and_no_path() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text()
        assert "://" not in text
        assert not re.search(r"^(-|--)|file:|/(home|root|tmp|opt)/", text, re.MULTILINE)
