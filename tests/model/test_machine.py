"""The claim and delivery protocol under hypothesis, and the proof that it would notice (issue 4, Build 5)."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import connection
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from pytest_django import Settings

from accounts import clock
from accounts.models import Role
from inbox import outbox, steps
from inbox.connectors import registry
from inbox.models import Channel
from tests import cast
from tests.model import machine_worker
from tests.model.machine import Machine
from tests.model.machine_base import Desk
from tests.model.machine_check import Violation
from tests.model.machine_platform import WALL, Kind, parts_of
from tests.mutations import MUTATIONS, mutated

pytestmark = pytest.mark.django_db(transaction=True)

EXAMPLES = int(os.environ.get("MACHINE_EXAMPLES", "60"))
SETTINGS = settings(
    deadline=None,
    database=None,
    print_blob=True,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
    stateful_step_count=30,
)


class _Time:
    """What outbox.py sees as `time`: it runs with the desk's clock, and nobody sleeps."""

    @staticmethod
    def monotonic() -> float:
        return clock.now().timestamp()

    @staticmethod
    def sleep(seconds: float) -> None:
        del seconds


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path: Path) -> Iterator[Desk]:
    """Two operators, a head, a channel of each kind; every step of the product asks its worker."""
    settings.CLOCK_FILE = str(tmp_path / "clock")
    monkeypatch.setattr(outbox, "time", _Time)
    monkeypatch.setattr(steps, "_hook", machine_worker.hook)
    cast.make_office()
    channels = {}
    for kind in Kind:
        monkeypatch.setitem(registry.PLATFORMS, str(kind), parts_of(kind))
        channels[kind] = Channel(platform=kind, external_id=f"kami-{kind}", handle=f"@{kind}")
        channels[kind].credentials = {"kind": str(kind)}
        channels[kind].save()

    def set_clock(ahead: float) -> None:
        if not ahead:  # a new example: nothing rests from the last one
            cache.clear()
            WALL.forget()
            machine_worker.lead()
        clock.shift(seconds=ahead)
        monkeypatch.setattr(clock, "_seen", (-1, 0.0))  # two writes within one tick look the same

    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '40ms'")  # nobody waits for a worker that stands
    yield Desk(
        people=[
            cast.make_user("rani"),
            cast.make_user("bagus"),
            cast.make_user("kepala", role=Role.HEAD),
        ],
        channels=channels,
        set_clock=set_clock,
    )
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = 0")
    clock.shift(seconds=0)


def machine(desk: Desk, *, chance: int | None = None) -> type[Machine]:
    """The machine for this desk; with `chance`, always the same examples."""
    made: type[Machine] = type("ClaimsAndDeliveries", (Machine,), {"desk": desk})
    return made if chance is None else seed(chance)(made)


def test_never_twice_never_lost(desk: Desk) -> None:
    run_state_machine_as_test(machine(desk), settings=settings(SETTINGS, max_examples=EXAMPLES))
    assert desk.examples >= EXAMPLES


@pytest.mark.parametrize("name", list(MUTATIONS))
def test_every_mutation_is_noticed(desk: Desk, name: str) -> None:
    desk.tolerant = True
    found = settings(SETTINGS, max_examples=300, phases=[Phase.generate])
    with mutated(name), pytest.raises(Violation):
        run_state_machine_as_test(machine(desk, chance=4), settings=found)
