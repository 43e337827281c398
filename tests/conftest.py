"""Fixtures every test may use: the cast, their browsers, the office, a channel, items, the clock.

PostgreSQL and Valkey are real (`make test` starts them); nothing leaves the loopback (pytest-socket).
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

import config.celery  # noqa: F401  as in manage.py: tasks and doctor need the app
from accounts import clock
from accounts.models import Division, Office, Role, User
from inbox.models import Channel, Item
from tests import cast
from tickets import workdays

pytest_plugins = ["tests.sandbox_fixtures", "tests.contract.worlds"]

# The browser tests keep an event loop in this thread; the database tests are none the worse for it.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

TEAM = "Tim Media Sosial"


@pytest.fixture(autouse=True)
def _forgetful_redis() -> None:
    """Limits per address and other memories of earlier tests are gone: the order is random."""
    cache.clear()
    workdays.forget()


@pytest.fixture
def office(db: None) -> Office:
    """The office, named and with a whole letterhead."""
    made = cast.make_office()
    workdays.calendar()  # read here once, so that no test counts its two queries
    return made


@pytest.fixture
def operator1(db: None) -> User:
    return cast.make_user("operator1", team=TEAM, full_name="Rani Maharani")


@pytest.fixture
def operator2(db: None) -> User:
    return cast.make_user("operator2", team=TEAM, full_name="Bagus Setiawan")


@pytest.fixture
def other_desk_operator(db: None) -> User:
    """The outsider: at the desk, but of another team. Sees less once `office.all_see_all` is off."""
    return cast.make_user("operator9", team="Tim Lain", full_name="Tono Lain")


@pytest.fixture
def head(db: None) -> User:
    return cast.make_user(
        "kepala",
        role=Role.HEAD,
        team=TEAM,
        full_name="NAMA PEJABAT, S.I.K., M.H.",
        rank="KOMISARIS BESAR POLISI",
        id_number="00000000",
    )


@pytest.fixture
def lantas_officer(db: None) -> User:
    return cast.make_user("lantas", role=Role.OFFICER, division="lantas")


@pytest.fixture
def pdam_officer(db: None) -> User:
    return cast.make_user("pdam", role=Role.OFFICER, division="pdam")


@pytest.fixture
def lantas(lantas_officer: User) -> Division:
    """A division inside: nota dinas."""
    assert lantas_officer.division
    return lantas_officer.division


@pytest.fixture
def pdam(pdam_officer: User) -> Division:
    """A body outside: surat dinas."""
    assert pdam_officer.division
    return pdam_officer.division


@pytest.fixture
def client_of() -> Callable[..., Client]:
    """`client_of(user)` or `client_of(user, htmx=True)`: a browser in which the user is logged in."""
    return cast.client_for


@pytest.fixture
def operator1_client(operator1: User) -> Client:
    return cast.client_for(operator1)


@pytest.fixture
def operator2_client(operator2: User) -> Client:
    return cast.client_for(operator2)


@pytest.fixture
def other_desk_operator_client(other_desk_operator: User) -> Client:
    return cast.client_for(other_desk_operator)


@pytest.fixture
def head_client(head: User) -> Client:
    return cast.client_for(head)


@pytest.fixture
def lantas_officer_client(lantas_officer: User) -> Client:
    return cast.client_for(lantas_officer)


@pytest.fixture
def pdam_officer_client(pdam_officer: User) -> Client:
    return cast.client_for(pdam_officer)


@pytest.fixture
def channel_x(office: Office) -> Channel:
    """The desk's X channel, with keys (of nobody) and feeds."""
    return cast.make_channel_x(team=TEAM)


@pytest.fixture
def channel_by_hand(office: Office) -> Channel:
    return cast.make_channel_by_hand()


@pytest.fixture
def make_item(channel_x: Channel) -> cast.MakeItem:
    """`make_item(text=…, handle=…, channel=…, thread=…)`: a citizen writes; the item comes back.

    The same `thread` and `handle` again is a follow-up: it comes back as the same item.
    """

    def make(
        *,
        text: str = cast.TEXT,
        handle: str = "warga_bpn",
        channel: Channel | None = None,
        thread: str = "",
    ) -> Item:
        post = cast.Post(text=text, handle=handle, thread=thread)
        message = cast.receive(channel or channel_x, post)
        assert message
        return message.item

    return make


@pytest.fixture
def item(make_item: cast.MakeItem) -> Item:
    """One item that waits for an answer."""
    return make_item()


@pytest.fixture
def move_clock(db: None, settings: Settings, tmp_path: Path) -> Iterator[Callable[[float], None]]:
    """`move_clock(3600)`: the clock of apps and database now runs that many seconds ahead."""
    settings.CLOCK_FILE = str(tmp_path / "clock")
    clock.shift(seconds=0)

    def move(seconds: float) -> None:
        clock.shift(seconds=seconds)

    yield move
    clock.shift(seconds=0)


@pytest.fixture(scope="session")
def texts() -> Path:
    """The folder of real texts, named by TEXTS. The project carries none: without it these tests are left out."""
    folder = Path(os.environ.get("TEXTS") or "-")
    if not folder.is_dir():
        pytest.skip("TEXTS menunjuk folder teks nyata; tanpa itu uji ini tidak dapat berjalan")
    return folder
