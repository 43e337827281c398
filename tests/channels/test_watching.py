"""Webhooks that stop coming, whoever's fault it is: noticed, shown, and marked where nothing can be read back."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from accounts import clock
from inbox import alerts, hooks, intake, polling, watching
from inbox.models import WEBHOOK, App, BlindPeriod, Channel, Feed, Message
from tests import cast
from tests.channels.conftest import MakeChannel

pytestmark = pytest.mark.django_db

Move = Callable[[float], None]


def feed_of(channel: Channel) -> Feed:
    return Feed.objects.get(channel=channel, name=WEBHOOK)


def checked(channel: Channel, **fields: object) -> None:
    """As channels.check leaves it, now."""
    Channel.objects.filter(pk=channel.pk).update(checked_at=clock.now(), **fields)


def test_a_lost_subscription_is_blind_from_the_last_good_check(
    make_channel: MakeChannel, move_clock: Move
) -> None:
    channel = make_channel("line")
    checked(channel, subscribed=True)
    assert watching.watch_webhooks() == 0
    good = feed_of(channel).last_ok_at
    assert good
    move_clock(1800)
    checked(channel, subscribed=False)
    assert watching.watch_webhooks() == 1
    assert watching.watch_webhooks() == 1
    assert feed_of(channel).blind_since == good
    move_clock(3600)
    checked(channel, subscribed=True)
    assert watching.watch_webhooks() == 0
    period = BlindPeriod.objects.get()
    assert (period.lost, period.began_at) == (True, good)
    assert period.ended_at


def test_what_polling_reads_again_is_not_lost(make_channel: MakeChannel) -> None:
    channel = make_channel("x")
    checked(channel, subscribed=False)
    watching.watch_webhooks()
    checked(channel, subscribed=True)
    watching.watch_webhooks()
    assert BlindPeriod.objects.get().lost is False


def test_a_body_after_the_check_proves_the_subscription(
    make_channel: MakeChannel, move_clock: Move
) -> None:
    channel = make_channel("facebook")
    checked(channel, subscribed=False)
    watching.watch_webhooks()
    move_clock(60)
    hooks.heard(channel)
    assert watching.watch_webhooks() == 0


def test_a_changed_secret_at_the_platform(make_channel: MakeChannel, move_clock: Move) -> None:
    channel = make_channel("line")
    assert channel.app
    move_clock(10)
    assert not hooks.take(channel.app, b"{}", {"x-line-signature": "salah"})
    assert watching.watch_webhooks() == 1
    assert "tanda tangannya tidak cocok" in feed_of(channel).last_error
    move_clock(20)
    hooks.heard(channel)
    assert watching.watch_webhooks() == 0


@pytest.mark.parametrize(("heard", "blind"), [(False, 1), (True, 0)])
def test_a_dead_token_and_webhooks(
    make_channel: MakeChannel, move_clock: Move, heard: bool, blind: int
) -> None:
    channel = make_channel("line")
    checked(channel, subscribed=True)
    watching.watch_webhooks()
    move_clock(600)
    Channel.objects.update(dead_since=clock.now())
    move_clock(1200)
    if heard:
        hooks.heard(channel)
    assert watching.watch_webhooks() == blind


def _polled(channel: Channel, number: int) -> None:
    body = f"{number}".encode()
    raw = intake.store_raw(channel=channel, feed="mentions", body=body)
    message = cast.receive(channel, cast.Post())
    assert message
    Message.objects.filter(pk=message.pk).update(raw=raw)


def test_silence_that_only_polling_breaks(make_channel: MakeChannel, move_clock: Move) -> None:
    channel = make_channel("x")
    checked(channel, subscribed=True)
    App.objects.update(last_request_at=clock.now())
    move_clock(7 * 3600)
    for number in range(watching.MISSED - 1):
        _polled(channel, number)
    move_clock(8 * 3600)
    assert watching.watch_webhooks() == 0
    _polled(channel, 99)
    assert watching.watch_webhooks() == 0  # a webhook may still be on its way
    move_clock(9 * 3600)
    assert watching.watch_webhooks() == 1
    assert "hanya terbaca berkala" in feed_of(channel).last_error


def test_quiet_weeks_are_no_silence(make_channel: MakeChannel, move_clock: Move) -> None:
    channel = make_channel("x")
    checked(channel, subscribed=True)
    App.objects.update(last_request_at=clock.now() - timedelta(days=5))
    assert watching.watch_webhooks() == 0


def test_disconnected_and_by_hand_are_left_alone(make_channel: MakeChannel) -> None:
    off = make_channel("line", is_active=False, subscribed=False, checked_at=clock.now())
    cast.make_channel_by_hand()
    assert watching.watch_webhooks() == 0
    assert feed_of(off).blind_since is None


def test_the_sweep_looks_too(make_channel: MakeChannel) -> None:
    channel = make_channel("line")
    checked(channel, subscribed=False)
    alerts.sweep()
    assert feed_of(channel).blind_since
    polling.sees_again(feed_of(channel))
