"""The worlds of the contract tests: one sandbox with a clock, one receiver, each surface connected anew."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from accounts import clock
from accounts.models import Office, User
from tests import cast
from tests.contract.line import Line
from tests.contract.meta import FacebookComments, InstagramComments, InstagramDM, Messenger
from tests.contract.receiver import Receiver
from tests.contract.surfaces import Surface
from tests.contract.world import World
from tests.contract.x import X
from tests.sandbox_process import Sandbox

SURFACES: list[Surface] = [
    X(), FacebookComments(), Messenger(), InstagramComments(), InstagramDM(), Line(),
]  # fmt: skip


def picked(which: Callable[[Surface], bool]) -> list[Any]:
    """Parameters for a test of each surface that `which` picks."""
    return [pytest.param(surface, id=str(surface)) for surface in SURFACES if which(surface)]


type Connect = Callable[[Surface], World]


@pytest.fixture(scope="session")
def clock_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(tmp_path_factory.mktemp("clock")) / "ahead"


@pytest.fixture(scope="session")
def contract_sandbox(
    tmp_path_factory: pytest.TempPathFactory, clock_file: Path
) -> Iterator[Sandbox]:
    """A sandbox of its own whose clock the tests move."""
    sandbox = Sandbox(Path(tmp_path_factory.mktemp("contract")), CLOCK_FILE=str(clock_file))
    yield sandbox
    sandbox.stop()


@pytest.fixture(scope="session")
def receiver() -> Iterator[Receiver]:
    found = Receiver()
    yield found
    found.stop()


@pytest.fixture
def connect(
    contract_sandbox: Sandbox, receiver: Receiver, db: None, settings: Settings, clock_file: Path
) -> Iterator[Connect]:
    """`connect(surface)`: an empty sandbox with this surface's account connected."""
    clock_file.write_text("0")
    settings.CLOCK_FILE = str(clock_file)
    settings.API_BASES = dict.fromkeys(("x", "meta", "line"), contract_sandbox.url)
    settings.API_TIMEOUT = (1.0, 1.5)
    Office.current()
    Office.objects.update(undo_seconds=0)
    cast.make_user("operator1", team="Tim Media Sosial")

    def make(surface: Surface) -> World:
        contract_sandbox.send("DELETE", "/_sandbox/push")
        contract_sandbox.send("POST", "/_sandbox/reset")
        world = World(contract_sandbox, receiver, User.objects.get(username="operator1"))
        receiver.forget()
        surface.connect(world)
        world.pushed()
        receiver.forget()
        return world

    yield make
    contract_sandbox.send("DELETE", "/_sandbox/faults")
    clock.shift(seconds=0)
