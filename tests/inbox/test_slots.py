"""Kinds of slow work have places of their own: slow files never keep messages from being read."""

from collections.abc import Iterator

import psycopg2
import pytest
from django.db import connection

from inbox import intake, media, slots
from inbox.models import Channel
from tests.reports_doctor.world import page

pytestmark = pytest.mark.django_db


@pytest.fixture
def another_worker(db: None) -> Iterator["psycopg2.extensions.cursor"]:
    """A session of its own on the same database."""
    told = connection.get_connection_params()
    known = ("dbname", "user", "password", "host", "port")
    worker = psycopg2.connect(**{key: told[key] for key in known if told.get(key)})
    yield worker.cursor()
    worker.close()


def test_reading_goes_on_while_all_fetchers_are_busy(
    channel_x: Channel, another_worker: "psycopg2.extensions.cursor"
) -> None:
    for place in range(media.SLOTS):
        another_worker.execute("SELECT pg_advisory_lock(%s, %s)", [slots.Space.FETCHING, place])
    assert media.work() == 0
    body = page("Jadwal SIM keliling?", account=channel_x.external_id)
    assert intake.store_raw(channel=channel_x, feed="mentions", body=body)
    assert intake.absorb_waiting() == 1


def test_no_more_than_there_are_places(another_worker: "psycopg2.extensions.cursor") -> None:
    another_worker.execute("SELECT pg_advisory_lock(%s, 0)", [slots.Space.READING])
    with slots.one_of(range(1), space=slots.Space.READING) as mine:
        assert not mine
    with slots.one_of(range(2), space=slots.Space.READING) as mine:
        assert mine
