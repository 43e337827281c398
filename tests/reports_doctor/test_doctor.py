"""The doctor: zeros in a healthy office; each planted violation raises exactly its own count."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from pytest_django import Settings

from accounts.models import Division, User
from inbox.models import Channel
from referrals.models import ReferralQuerySet
from reports import doctor
from tests.reports_doctor.plants import PLANTS, WITH_GUARD, sql
from tests.reports_doctor.world import World, build


@pytest.fixture
def world(
    channel_x: Channel, operator1: User, head: User, pdam_officer: User, pdam: Division
) -> World:
    return build(
        channel=channel_x, operator=operator1, head=head, officer=pdam_officer, division=pdam
    )


def test_a_healthy_office_has_only_zeros(world: World) -> None:
    findings = doctor.examine()
    assert findings.checks.keys() == {f"I{number}" for number in range(1, 10)}
    assert {check: n for named in findings.checks.values() for check, n in named.items() if n} == {}
    assert findings.healthy


@pytest.mark.parametrize("plant", PLANTS)
def test_each_violation_raises_its_own_count(plant: str, world: World) -> None:
    invariant, check, do = PLANTS[plant]
    do(world)
    found = {
        (name, which)
        for name, named in doctor.violations().items()
        for which, count in named.items()
        if count
    }
    expected = {(invariant, check)}
    if plant in WITH_GUARD:
        expected.add(WITH_GUARD[plant])
    assert found == expected


def test_every_check_has_a_plant(db: None) -> None:
    planted = {(invariant, check) for invariant, check, _do in PLANTS.values()}
    planted |= set(WITH_GUARD.values()) | {("I7", "rows_shown_to_strangers")}
    checks = {(name, check) for name, named in doctor.violations().items() for check in named}
    assert checks - planted <= {(name, "guards_missing") for name in doctor.INVARIANTS}


def test_a_rule_that_shows_too_much_is_found(
    world: World, lantas_officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ReferralQuerySet, "visible_to", lambda rows, _user: rows)
    assert doctor.violations()["I7"]["rows_shown_to_strangers"] == 1


def test_the_command_speaks_json_and_ends_with_its_verdict(world: World) -> None:
    said = StringIO()
    call_command("doctor", "--json", stdout=said)
    told = json.loads(said.getvalue())
    assert told["invariants"] == dict.fromkeys(doctor.INVARIANTS, 0)
    assert told["health"]["database"]["ok"]
    assert told["health"]["redis"]["ok"]
    assert told["ages"]["unparsed_raw"] == {"count": 0, "oldest": None}
    assert all(told["says"][name] for name in doctor.INVARIANTS)
    sql("UPDATE referrals_registeryear SET last = last + 1")
    with pytest.raises(SystemExit) as end:
        call_command("doctor", stdout=(said := StringIO()))
    assert end.value.code == 1
    assert "I6  1 pelanggaran" in said.getvalue()
    assert "gaps_or_doubles_in_registers: 1" in said.getvalue()


def test_a_dead_redis_is_told_not_raised(world: World, settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    health = doctor.examine().health
    assert not health["redis"]["ok"]
    assert health["workers"] == []
