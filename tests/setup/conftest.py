"""Fixtures of the set-up tests."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.stack_postgres import Postgres
from config.stack_valkey import Valkey
from tests.setup.stack_process import Stack, StartStack


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    """Yield a state folder that does not exist yet; its servers' data are deleted afterwards."""
    var = tmp_path / "var"
    yield var
    Postgres(var).remove()
    Valkey(var).remove()
    shutil.rmtree(var, ignore_errors=True)


@pytest.fixture
def start_stack() -> Iterator[StartStack]:
    """Yield a function that starts a runner; what is left of it is ended after the test."""
    started: list[Stack] = []

    def start(var: Path, *arguments: str, **given: str) -> Stack:
        started.append(Stack(var, *arguments, **given))
        return started[-1]

    yield start
    for stack in started:
        stack.end()
