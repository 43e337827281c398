"""The platforms' own headers slow polling down before the block comes, for all workers (DESIGN §8)."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from pytest_django import Settings

from accounts import clock
from inbox import budget, polling
from inbox.connectors.base import Usage
from inbox.models import Channel, Feed
from tests.sandbox_process import Sandbox

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("percent", "times"), [(0, 1), (79, 1), (80, 4), (94, 4), (95, 12), (100, 12)]
)
def test_the_fuller_the_slower(channel_x: Channel, percent: float, times: float) -> None:
    budget.report(channel_x, Usage(percent=percent))
    assert budget.stretch(channel_x) == times


def test_nothing_is_asked_while_the_platform_says_wait(
    sandbox: Sandbox, connected: Channel
) -> None:
    sandbox.write("@PoldaKaltim halo")
    budget.report(connected, Usage(percent=100, wait=600))
    feed = connected.feeds.get(name="mentions")
    assert polling.poll(feed) == []
    feed.refresh_from_db()
    assert feed.blind_since is None
    assert feed.next_poll_at > clock.now() + timedelta(minutes=9)
    cache.clear()  # Redis may forget: then the next answer tells it again
    assert len(polling.poll(feed)) == 1


def test_told_to_wait_is_a_pace_and_no_blindness(
    sandbox: Sandbox, connected: Channel, settings: Settings
) -> None:
    feed = connected.feeds.get(name="mentions")
    polling.poll(feed)
    sandbox.fault("429", path=f"/2/users/{connected.external_id}/mentions", method="GET")
    cache.clear()
    polling.poll(Feed.objects.get(pk=feed.pk))
    feed.refresh_from_db()
    assert feed.blind_since is None
    assert feed.next_poll_at > clock.now() + timedelta(seconds=settings.POLL_EVERY)


def test_a_feed_with_a_tighter_limit_keeps_its_own_pace(
    sandbox: Sandbox, connected: Channel, settings: Settings
) -> None:
    """X gives 15 looks at the messages in a quarter of an hour (platforms.md §2.2)."""
    settings.POLL_EVERY = 5.0
    feed = connected.feeds.get(name="dms")
    polling.poll(feed)
    feed.refresh_from_db()
    assert feed.next_poll_at > clock.now() + timedelta(seconds=55)
