"""Who may see and change the channels: the head and administrators, nobody else (accounts/predicates.py)."""

import pytest
from django.test import Client
from django.urls import reverse

from inbox.models import BlindPeriod, Channel
from tests.channels.conftest import MakeChannel

pytestmark = pytest.mark.django_db

PLAIN = ("list", "new", "by_hand", "last", "connected", "x", "x_log_in", "x_back", "meta", "meta_log_in",
         "meta_back", "meta_pick", "requests")  # fmt: skip
POSTS = ("x_app", "x_paste", "meta_app")
OF_CHANNEL = (
    "channel",
    "set_up",
    "disconnect",
    "bring_back",
    "check",
    "subscribe",
    "add_secret",
    "drop_secret",
)


def addresses(channel: Channel, citizen: int) -> list[str]:
    """Every address under /kanal/."""
    period = BlindPeriod.objects.create(
        feed=channel.feeds.get(name="webhook"), began_at=channel.created_at, lost=True,
        ended_at=channel.created_at,
    )  # fmt: skip
    return [
        *(reverse(f"channels:{name}") for name in (*PLAIN, *POSTS)),
        *(reverse(f"channels:{name}", args=[channel.pk]) for name in OF_CHANNEL),
        reverse("channels:paste", args=["line"]),
        reverse("channels:seen", args=[period.pk]),
        reverse("channels:erase", args=[citizen]),
        reverse("channels:finish", args=["ABC"]),
    ]


def test_outsiders_are_refused_everywhere(
    make_channel: MakeChannel,
    item: object,
    operator1_client: Client,
    lantas_officer_client: Client,
    client: Client,
) -> None:
    channel = make_channel("line")
    for address in addresses(channel, item.citizen_id):  # type: ignore[attr-defined]
        for outsider in (operator1_client, lantas_officer_client):
            assert outsider.get(address).status_code == 403, address
            assert outsider.post(address).status_code == 403, address
        assert client.get(address)["Location"].startswith(reverse("account_login")), address
    channel.refresh_from_db()
    assert channel.is_active


def test_heads_and_administrators_come_in(
    make_channel: MakeChannel, head_client: Client, admin_client: Client
) -> None:
    channel = make_channel("facebook", handle="Humas Kota")
    for browser in (head_client, admin_client):
        page = browser.get(reverse("channels:list")).content.decode()
        assert "Humas Kota" in page
        assert browser.get(reverse("channels:channel", args=[channel.pk])).status_code == 200


def test_the_navigation_names_the_channels_to_those_alone(
    head_client: Client, operator1_client: Client
) -> None:
    link = f'href="{reverse("channels:list")}"'
    assert link in head_client.get(reverse("inbox:list")).content.decode()
    assert link not in operator1_client.get(reverse("inbox:list")).content.decode()


@pytest.mark.parametrize("platform", ["x", "facebook", "instagram", "line"])
def test_no_key_is_ever_shown(
    make_channel: MakeChannel, head_client: Client, platform: str
) -> None:
    channel = make_channel(platform)
    pages = [
        reverse("channels:list"),
        reverse("channels:channel", args=[channel.pk]),
        reverse("channels:x"),
        reverse("channels:meta"),
        reverse("channels:paste", args=["line"]),
    ]
    for address in pages:
        page = head_client.get(address).content.decode()
        assert "ZEGEL" not in page, address
