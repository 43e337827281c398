"""The demo's rows: there after the first run, untouched by the second."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import Settings

from accounts import clock
from accounts.management.commands.clock import step_as_value
from accounts.models import Division, Office, User
from inbox.models import Channel, Item
from tests import cast


@pytest.fixture(autouse=True)
def without_sandbox(settings: Settings) -> None:
    settings.API_BASES = {}


def test_people_divisions_and_channels_are_made_once(db: None) -> None:
    said = StringIO()
    call_command("demo_data", stdout=said)
    call_command("demo_data", stdout=StringIO())
    assert said.getvalue().splitlines()[-1].startswith("masuk sebagai operator1, operator2")
    assert User.objects.count() == 7
    assert User.objects.get(username="pdam").division == Division.objects.get(code="pdam")
    assert User.objects.get(username="kepala").check_password("sahut-demo")
    assert list(Channel.objects.values_list("platform", flat=True)) == ["other"]


def test_what_the_office_changed_stays(db: None) -> None:
    call_command("demo_data", stdout=StringIO())
    Division.objects.filter(code="lantas").update(name="Direktorat Lalu Lintas")
    Office.objects.update(name="Humas Kami")
    call_command("demo_data", stdout=StringIO())
    assert Division.objects.get(code="lantas").name == "Direktorat Lalu Lintas"
    assert Office.current().name == "Humas Kami"


def test_an_office_at_work_is_left_alone(head: User) -> None:
    with pytest.raises(CommandError, match="sudah dipakai"):
        call_command("demo_data")


def test_a_silent_sandbox_is_one_sentence(db: None, settings: Settings) -> None:
    settings.API_BASES = {"x": "http://127.0.0.1:1"}
    with pytest.raises(CommandError, match="tidak menjawab"):
        call_command("demo_data")
    assert not User.objects.exists()


def test_the_cast_makes_items_that_wait(item: Item, make_item: cast.MakeItem) -> None:
    assert item.waiting_since
    again = make_item(text="Halo, ada kabar?", thread=item.thread.external_id)
    assert again == item
    assert item.messages.count() == 2


@pytest.mark.parametrize(
    ("steps", "hours"), [(["+6h"], 6), (["+1d", "-2h"], 22), (["+6h", "0"], 0)]
)
def test_the_clock_moves_in_file_and_database(
    steps: list[str], hours: int, move_clock: Callable[[float], None]
) -> None:
    before = clock.now()
    for step in steps:
        call_command("clock", "--", step, stdout=StringIO())
    assert round((clock.now() - before).total_seconds() / 3600) == hours
    with connection.cursor() as cursor:
        cursor.execute("SELECT sahut_now()")
        assert abs(clock.now() - cursor.fetchone()[0]) < timedelta(seconds=5)


def test_a_step_back_is_not_read_as_an_option() -> None:
    given = ["manage.py", "clock", "-1d", "--no-color"]
    assert step_as_value(given) == ["manage.py", "clock", "--no-color", "--", "-1d"]


def test_nobody_moves_the_clock_of_production(settings: Settings) -> None:
    settings.CLOCK_FILE = ""
    with pytest.raises(CommandError, match="CLOCK_FILE"):
        call_command("clock", "+1h")


def test_the_first_administrator_by_command(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", StringIO("tujuh-belas-ribu-pulau\n"))
    call_command("create_admin", "rahma", "rahma@sahut.test", office="Humas", stdout=StringIO())
    user = User.objects.get()
    assert user.is_head
    assert user.check_password("tujuh-belas-ribu-pulau")
    with pytest.raises(CommandError, match="Sudah ada pengguna"):
        call_command("create_admin", "lain", "lain@sahut.test")


def test_a_weak_first_password_is_refused(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", StringIO("12345678\n"))
    with pytest.raises(CommandError):
        call_command("create_admin", "rahma", "rahma@sahut.test")
    assert not User.objects.exists()
