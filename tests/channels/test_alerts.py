"""Alerts: opened and closed by the sweep, told by e-mail when nobody is at the desk."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.mail import EmailMessage
from django.test import Client
from django.urls import reverse

from accounts import clock
from accounts.models import Role, User
from inbox import alerts, presence
from inbox.models import Alert, App, Channel, Feed, RawEvent
from tests import cast
from tests.channels.conftest import MakeChannel

pytestmark = pytest.mark.django_db

Move = Callable[[float], None]


@pytest.fixture
def boss(office: object) -> User:
    cast.make_user("operator5")
    cast.make_user("tanpa_surel", role=Role.HEAD)
    User.objects.filter(username="tanpa_surel").update(email="")
    return cast.make_user("kepala", role=Role.HEAD)


def dead(channel: Channel, *, since: object = "now") -> None:
    Channel.objects.filter(pk=channel.pk).update(dead_since=clock.now() if since == "now" else None)


def test_told_once_and_once_more_at_the_end(
    make_channel: MakeChannel, boss: User, mailoutbox: list[EmailMessage], move_clock: Move
) -> None:
    channel = make_channel("line", handle="@humas")
    alerts.sweep()
    assert not mailoutbox
    dead(channel)
    for step in range(3):
        move_clock(step * 60)
        alerts.sweep()
    (mail,) = mailoutbox
    assert mail.to == [boss.email]
    assert "1 hal perlu perhatian" in mail.subject
    assert "@humas" in str(mail.body)
    assert "kunci akun ditolak" in str(mail.body)
    assert reverse("channels:list") in str(mail.body)

    dead(channel, since=None)
    for step in range(3):
        move_clock(300 + step * 60)
        alerts.sweep()
    assert len(mailoutbox) == 2
    assert "sudah pulih" in mailoutbox[1].subject
    assert Alert.objects.get().closed_at


def test_nobody_is_written_to_while_somebody_is_there(
    make_channel: MakeChannel,
    boss: User,
    operator1_client: Client,
    mailoutbox: list[EmailMessage],
    move_clock: Move,
) -> None:
    channel = make_channel("x")
    dead(channel)
    operator1_client.get(reverse("inbox:list"))
    alerts.sweep()
    assert not mailoutbox
    page = operator1_client.get(reverse("inbox:list")).content.decode()
    assert "kunci akun ditolak" in page
    assert reverse("channels:list") not in page
    move_clock(presence.AWAY_AFTER + 1)
    alerts.sweep()
    assert len(mailoutbox) == 1


@pytest.mark.parametrize(("headers", "counts"), [({}, True), ({"HX-Request": "true"}, False)])
def test_a_page_that_refreshes_itself_is_nobody(
    operator1_client: Client, headers: dict[str, str], counts: bool
) -> None:
    operator1_client.get(reverse("inbox:list"), headers=headers)
    assert presence.somebody_is_there() is counts


def test_an_officer_of_a_division_is_not_at_the_desk(lantas_officer_client: Client) -> None:
    lantas_officer_client.get(reverse("portal:list"))
    assert not presence.somebody_is_there()


def kinds() -> set[str]:
    alerts.keep(alerts.findings())
    return set(Alert.objects.filter(closed_at=None).values_list("kind", flat=True))


def test_every_kind_opens_and_closes(make_channel: MakeChannel) -> None:
    channel = make_channel("line")
    rows = Channel.objects.filter(pk=channel.pk)
    feeds = Feed.objects.filter(channel=channel)
    assert kinds() == set()

    rows.update(expires_at=clock.now() + timedelta(days=6))
    assert kinds() == {"token_dying"}
    rows.update(expires_at=None, subscribed=False)
    assert kinds() == {"unsubscribed"}
    rows.update(subscribed=True, quota_limit=100, quota_used=90)
    assert kinds() == {"quota"}
    rows.update(quota_used=89)
    assert kinds() == set()
    feeds.update(blind_since=clock.now() - timedelta(minutes=14))
    assert kinds() == set()
    feeds.update(blind_since=clock.now() - timedelta(minutes=16))
    assert kinds() == {"blind"}
    rows.update(dead_since=clock.now())  # of one cause one alert
    assert kinds() == {"token_dead"}
    rows.update(is_active=False)
    assert kinds() == set()
    assert Alert.objects.filter(closed_at=None).count() == 0


def test_a_growing_quarantine(office: object) -> None:
    app = App.objects.create(family="meta")

    def quarantined(number: int) -> None:
        RawEvent.objects.create(
            app=app, feed="webhook", body=b"?", digest=str(number), state="quarantined"
        )

    for number in range(alerts.QUARANTINE_MANY - 1):
        quarantined(number)
    assert kinds() == set()
    quarantined(99)
    assert kinds() == {"quarantine"}
    assert kinds() == {"quarantine"}  # a second sweep opens no second alert
    assert Alert.objects.count() == 1
    RawEvent.objects.update(received_at=clock.now() - timedelta(hours=2))
    assert kinds() == set()


def test_mail_that_cannot_leave_is_tried_again(
    make_channel: MakeChannel, boss: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead(make_channel("x"))

    def broken(_self: EmailMessage, **_options: object) -> int:
        raise ConnectionRefusedError

    with monkeypatch.context() as patched:
        patched.setattr(EmailMessage, "send", broken)
        alerts.sweep()
    assert Alert.objects.get().told_at is None
    assert alerts.tell() == 1


def test_the_inbox_shows_one_line_to_everybody(
    make_channel: MakeChannel, operator1_client: Client, head_client: Client
) -> None:
    make_channel("line", subscribed=False, quota_limit=10, quota_used=10)
    assert kinds() == {"unsubscribed", "quota"}
    page = operator1_client.get(reverse("inbox:list")).content.decode()
    assert "Dan 1 hal lain." in page
    assert "Lihat kanal" in head_client.get(reverse("inbox:list")).content.decode()
