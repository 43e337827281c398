"""config/setup.sh finds an interpreter by running it, and says one sentence when there is none."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.setup.stack_process import ROOT

TOOLS = ("dirname", "sed", "tail")


class Machine:
    """A machine with nothing on it but a shell, a few tools and the interpreters a test lays there."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.bin = folder / "bin"
        (folder / "checkout" / "config").mkdir(parents=True)
        self.home.mkdir()
        self.bin.mkdir()
        self.script = folder / "checkout" / "config" / "setup.sh"
        shutil.copy(ROOT / "config" / "setup.sh", self.script)
        for tool in TOOLS:
            found = shutil.which(tool)
            assert found
            (self.bin / tool).symlink_to(found)

    def lay(self, path: Path, *, says: str = "", code: int = 0) -> str:
        """Lay an interpreter that answers the script's question with `says` and exits with `code`."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{f'printf %s "{says} $0"' if says else ':'}\nexit {code}\n")
        path.chmod(0o755)
        return str(path)

    def ask(self) -> subprocess.CompletedProcess[str]:
        """Ask the script which interpreter it takes."""
        machine = {
            "PATH": str(self.bin),
            "HOME": str(self.home),
            "PYTHON_FOLDERS": str(self.home / "none"),
        }
        # The interpreter that runs the tests may need it to find its own library.
        kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
        return subprocess.run(
            ["/bin/sh", str(self.script), "python"], check=False, capture_output=True, text=True, env=machine | kept
        )  # fmt: skip


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_takes_a_real_interpreter_that_is_new_enough(machine: Machine) -> None:
    (machine.bin / "python3").symlink_to(sys.executable)
    answer = machine.ask()
    assert answer.returncode == 0, answer.stderr
    version = [answer.stdout.strip(), "-c", "import sys; sys.exit(sys.version_info < (3, 12))"]
    assert subprocess.run(version, check=False).returncode == 0


def test_prefers_the_version_whose_wheels_are_surest(machine: Machine) -> None:
    machine.lay(machine.bin / "python3.14", says="3")
    machine.lay(machine.bin / "python3.12", says="2")
    best = machine.lay(machine.bin / "python3.13", says="1")
    assert machine.ask().stdout.strip() == best


def test_finds_a_version_that_pyenv_holds_but_has_not_activated(machine: Machine) -> None:
    # Debian's own python3 is too old and prints nothing; the shim is there and fails.
    machine.lay(machine.bin / "python3")
    machine.lay(machine.bin / "python3.13", code=127)
    machine.lay(machine.home / ".pyenv" / "versions" / "3.11.7" / "bin" / "python3")
    held = machine.lay(
        machine.home / ".pyenv" / "versions" / "3.12.1" / "bin" / "python3", says="2"
    )
    assert machine.ask().stdout.strip() == held


def test_finds_what_uv_installed(machine: Machine) -> None:
    held = machine.home / ".local/share/uv/python/cpython-3.13/bin/python3"
    machine.lay(held, says="1")
    assert machine.ask().stdout.strip() == str(held)


def test_works_where_a_folder_has_a_space(tmp_path: Path) -> None:
    machine = Machine(tmp_path / "meja humas")
    held = machine.lay(
        machine.home / ".pyenv" / "versions" / "3.13.0" / "bin" / "python3", says="1"
    )
    assert machine.ask().stdout.strip() == held


def test_says_one_sentence_when_there_is_none(machine: Machine) -> None:
    machine.lay(machine.bin / "python3")
    machine.lay(machine.bin / "python3.12", code=127)
    answer = machine.ask()
    assert answer.returncode == 1
    assert answer.stdout == ""
    assert len(answer.stderr.splitlines()) == 1
    assert "Python 3.12" in answer.stderr


def test_token_is_installed_where_it_can_be_and_left_out_where_it_cannot(machine: Machine) -> None:
    """The rule of set-up for SoftHSM: there already, installed by root, or one sentence and no failure."""
    text = machine.script.read_text()
    only = text[text.index("find_token() {") : text.index("case $what in")]
    part = machine.home / "token.sh"
    part.write_text(f"set -eu\nsay() {{ printf '%s\\n' \"$*\"; }}\n{only}\nfind_token\n")
    asked = machine.home / "asked"

    def lay(name: str, body: str) -> None:
        path = machine.bin / name
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)

    def run(**more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["/bin/sh", str(part)], check=False, capture_output=True, text=True,
            env={"PATH": str(machine.bin), "HOME": str(machine.home)} | more,
        )  # fmt: skip

    lay("id", "echo 1000")
    lay("apt-get", f'echo "$@" >>{asked}; exit 1')
    left_out = run()
    assert (left_out.returncode, "akan dilewati" in left_out.stdout) == (0, True)
    assert not asked.exists(), "only root installs"
    assert run(SOFTHSM="skip").stdout == ""
    lay("id", "echo 0")
    failed = run()
    assert (failed.returncode, "akan dilewati" in failed.stdout) == (0, True)
    assert "install" in asked.read_text()
    lay("softhsm2-util", ":")
    asked.unlink()
    assert run().stdout == ""
    assert not asked.exists()
