"""The doctor: zeros in a healthy office; each planted violation raises exactly its own count."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django import Settings

from accounts.models import Division, Office, User
from inbox import claims, pace, replies
from inbox.models import Channel
from referrals import letters, portal, relay
from referrals.models import ReferralQuerySet
from reports import doctor, doctor_waiting
from tests.reports_doctor import plants
from tests.reports_doctor.plants import sql
from tests.reports_doctor.plants_register import REGISTER_GUARD, REGISTER_PLANTS
from tests.reports_doctor.world import World, build
from tickets import cases, reshaping

PLANTS = plants.PLANTS | REGISTER_PLANTS
WITH_GUARD = plants.WITH_GUARD | REGISTER_GUARD


@pytest.fixture(autouse=True)
def _own_files(settings: Settings, tmp_path: Path) -> None:
    """Imports stand in files, which no rollback takes back."""
    settings.MEDIA_ROOT = str(tmp_path)


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


@pytest.mark.parametrize("withdrawn", [True, False])
def test_what_happens_every_day_is_no_violation(
    withdrawn: bool, world: World, operator1: User, head: User, pdam_officer: User, pdam: Division
) -> None:  # fmt: skip
    """A ticket that was split, a partial answer, a relay that waits for the head or was taken back."""
    first, second = world.answered, world.waiting
    held = replies.reopen(item=first, by=operator1), claims.take(item=second, by=operator1)
    ticket = cases.open_ticket(
        item=first, by=operator1, fence=held[0].fence, title="Pipa", summary="Bocor."
    )
    cases.join(ticket=ticket, item=second, by=operator1, fence=held[1].fence)
    reshaping.split(
        ticket=ticket,
        by=operator1,
        fence=ticket.fence,
        items=[second.pk],
        title="Lain",
        summary="Lain.",
    )
    letter = letters.draft(ticket=ticket, division=pdam, by=operator1, fence=ticket.fence)
    letters.submit(letter=letter, by=operator1, fence=ticket.fence)
    letter = letters.approve(letter=letter, by=head)
    portal.answer(referral=letter.referral, by=pdam_officer, text="Sedang digali.", partial=True)
    assert doctor.violations()["I8"]["answers_without_entry"] == 0
    portal.answer(referral=letter.referral, by=pdam_officer, text="Sudah.")
    Office.objects.update(relay_needs_approval=True)
    waits = relay.start(ticket=ticket, by=operator1, fence=ticket.fence, text="Air sudah mengalir.")
    if withdrawn:
        relay.withdraw(relay=waits, by=operator1)
    fences = ", ".join(str(one.fence) for one in held)
    long_ago = "sahut_now() - interval '1 day'"
    sql(
        f"UPDATE inbox_claim SET ended_at = {long_ago}, \"end\" = 'released' WHERE id IN ({fences})",
        f"UPDATE referrals_relay SET started_at = {long_ago} WHERE id = {waits.pk}",
    )
    found = doctor.violations()
    assert {check: n for named in found.values() for check, n in named.items() if n} == {}


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


def test_a_resting_channel_is_not_behind(world: World) -> None:
    _invariant, check, do = PLANTS["a delivery left in the queue"]
    do(world)
    pace.rest(world.waiting.channel, seconds=600)
    assert doctor.violations()["I9"][check] == 0


@pytest.mark.parametrize(
    ("plant", "age", "words"),
    [
        ("a reply for a reader that carries nothing", "replies_for_a_reader", "pembaca kedua: 1"),
        ("a delivery left in the queue", "deliveries_overdue", "lewat waktunya: 1, terlama 2 men"),
        ("a silent attempt", "deliveries_sending", "sedang berjalan: 1, terlama 10 menit"),
        (
            "an unknown nobody reads",
            "deliveries_unknown",
            "diperiksa ke platform: 1, terlama 1 jam",
        ),
        ("a wish nobody carried out", "amendments_overdue", "ralat lewat waktunya: 1"),
        ("a picture that is not there", "pictures_to_send", "gambar menunggu dikirim: 1"),
        ("an import nobody goes on with", "imports_running", "impor sedang berjalan: 1, terlama 1"),
        ("a mention nobody asked for", "lookups_overdue", "belum ditanyakan: 1, terlama 1 jam"),
        ("a file nobody fetched", "media_overdue", "belum diambil: 1, terlama 1 jam"),
        ("a lease nobody ended", "expired_claims", "habis: 1, terlama 45 menit"),
        ("raw bytes nobody read", "unparsed_raw", "belum dibaca: 1, terlama 2 menit"),
    ],
)
def test_what_a_crash_leaves_half_way_has_an_age(
    plant: str, age: str, words: str, world: World
) -> None:
    before = doctor_waiting.ages()
    PLANTS[plant][2](world)
    after = doctor_waiting.ages()
    assert (before[age]["count"], after[age]["count"]) == (0, 1)
    assert words in "\n".join(doctor_waiting.in_words(after))


def test_every_age_is_named(db: None) -> None:
    assert doctor_waiting.ages().keys() == doctor_waiting.CALLED.keys()
