"""One sandbox for most tests, emptied before each; a test that kills it starts its own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.sandbox.sandbox_server import Sandbox


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox that lasts for the whole run."""
    sandbox = Sandbox(tmp_path_factory.mktemp("sandbox")).start()
    yield sandbox
    sandbox.kill()
    sandbox.hang_up()


@pytest.fixture
def sandbox(running: Sandbox) -> Iterator[Sandbox]:
    """The lasting sandbox, empty, with its clock right."""
    running.clock.unlink(missing_ok=True)
    running.post("reset")
    yield running
    running.hang_up()


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Callable[..., Sandbox]]:
    """Makes a sandbox that is not started yet, with an environment of its own."""
    made: list[Sandbox] = []

    def make(**environment: str) -> Sandbox:
        made.append(Sandbox(tmp_path, **environment))
        return made[-1]

    yield make
    for each in made:
        if each.process is not None and each.process.poll() is None:
            each.kill()
        each.hang_up()
