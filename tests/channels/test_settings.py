"""Settings, switching off and on, webhook secrets, and the keys that seal."""

import hashlib
import hmac
from io import StringIO
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import JournalEntry, Team, User
from accounts.sealed import CannotOpen
from inbox import connecting, hooks
from inbox.models import App, Channel, RawEvent
from tests import cast
from tests.channels.conftest import MakeChannel

pytestmark = pytest.mark.django_db


def test_settings_are_kept(make_channel: MakeChannel, head_client: Client) -> None:
    channel = make_channel("facebook")
    team = Team.objects.create(name="Tim Malam")
    typed = {
        "handle": "Lain", "begin_from": "2026-11-02", "teams": [team.pk], "human_agent": "on",
    }  # fmt: skip
    address = reverse("channels:set_up", args=[channel.pk])
    assert head_client.post(address, typed).status_code == 302
    channel.refresh_from_db()
    assert channel.handle == "@humas"  # what the platform calls it tells our own posts from others
    assert channel.options == {"human_agent": True}
    assert list(channel.teams.all()) == [team]
    kept = channel.begin_from
    head_client.post(address, typed)
    channel.refresh_from_db()
    assert channel.begin_from == kept
    assert head_client.post(address, {"begin_from": "kemarin"}).status_code == 422
    by_hand = cast.make_channel_by_hand()
    head_client.post(reverse("channels:set_up", args=[by_hand.pk]), {"handle": "Halaman Kota"})
    by_hand.refresh_from_db()
    assert by_hand.handle == "Halaman Kota"


def test_a_second_reader_is_asked_for_per_channel(
    make_channel: MakeChannel, head_client: Client
) -> None:
    channel = make_channel("facebook")
    address = reverse("channels:channel", args=[channel.pk])
    assert 'name="second_reader"' in head_client.get(address).content.decode()
    for on in (True, False):
        typed: dict[str, Any] = {"teams": []} | ({"second_reader": "on"} if on else {})
        assert (
            head_client.post(reverse("channels:set_up", args=[channel.pk]), typed).status_code
            == 302
        )
        channel.refresh_from_db()
        assert channel.second_reader is on
        told = JournalEntry.objects.filter(verb="channel_set").order_by("pk").last()
        assert told
        assert told.data["second_reader"] is on
        page = head_client.get(address).content.decode()
        box = page.split('name="second_reader"')[1].split(">")[0]
        assert ("checked" in box) is on


def test_keys_that_no_key_opens_are_said_and_can_be_typed_in_anew(
    make_channel: MakeChannel, head_client: Client, settings: Settings
) -> None:
    settings.SEALING_KEYS = [Fernet.generate_key().decode()]
    for platform in ("x", "facebook"):
        make_channel(platform)
    settings.SEALING_KEYS = [Fernet.generate_key().decode()]
    assert (
        head_client.get(reverse("channels:list")).content.decode().count("tidak dapat dibuka") == 2
    )
    for channel in Channel.objects.all():
        address = reverse("channels:channel", args=[channel.pk])
        assert head_client.get(address).status_code == 200
    for name in ("x", "meta"):
        assert head_client.get(reverse(f"channels:{name}")).status_code == 200
    assert head_client.get(reverse("channels:x_log_in"))["Location"] == reverse("channels:x")
    head_client.post(reverse("channels:meta_app"), {"app_id": "1", "app_secret": "baru"})
    assert hooks.secrets_of(App.objects.get(family="meta")) == ("baru",)


def test_a_disconnected_channel_takes_in_what_still_arrives(
    make_channel: MakeChannel, head_client: Client, head: User
) -> None:
    channel = make_channel("line")
    assert channel.app
    page = head_client.get(reverse("channels:disconnect", args=[channel.pk])).content.decode()
    assert "tetap dicatat" in page
    head_client.post(reverse("channels:disconnect", args=[channel.pk]))
    channel.refresh_from_db()
    assert not channel.is_active
    body = b'{"destination":"U1","events":[]}'
    import base64

    mark = base64.b64encode(hmac.new(b"ZEGEL-rahasia", body, hashlib.sha256).digest()).decode()
    hook = hooks.address(channel.app).split("/", 3)[3]
    answer = Client().post(
        f"/{hook}", body, content_type="application/json", headers={"X-Line-Signature": mark}
    )
    assert answer.status_code == 200
    assert RawEvent.objects.filter(app=channel.app).exists()
    assert connecting.disconnect(channel=channel, by=head) is False
    verbs = JournalEntry.objects.filter(subject=f"channel:{channel.pk}").values_list(
        "verb", flat=True
    )
    assert list(verbs) == ["channel_connected", "channel_disconnected"]


def test_a_webhook_secret_rotates_without_a_refused_body(
    make_channel: MakeChannel, head_client: Client
) -> None:
    channel = make_channel("facebook")
    assert channel.app
    address = reverse("channels:add_secret", args=[channel.pk])
    head_client.post(address, {"secret": "baru"})
    app = App.objects.get(pk=channel.app.pk)
    assert hooks.secrets_of(app) == ("baru", "ZEGEL-meta")
    assert app.credentials["app_secret"] == "baru"  # our own calls prove themselves with the newest
    body = b'{"entry": []}'
    for secret, status in (("baru", 200), ("ZEGEL-meta", 200), ("salah", 401)):
        mark = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        answer = Client().post(
            reverse("hook", args=["meta", app.key]), body, content_type="application/json",
            headers={"X-Hub-Signature-256": f"sha256={mark}"},
        )  # fmt: skip
        assert answer.status_code == status, secret
    page = head_client.get(reverse("channels:channel", args=[channel.pk])).content.decode()
    assert "Lama, masih diterima" in page
    drop = reverse("channels:drop_secret", args=[channel.pk])
    head_client.post(drop, {"position": "1"})
    assert hooks.secrets_of(App.objects.get(pk=app.pk)) == ("baru",)
    head_client.post(drop, {"position": "0"})
    assert hooks.secrets_of(App.objects.get(pk=app.pk)) == ("baru",)


def test_empty_fields_leave_an_applications_keys(office: object) -> None:
    app = connecting.save_app(family="meta", values={"app_id": "1", "app_secret": "a"}, by=None)
    token = app.credentials["verify_token"]
    connecting.save_app(family="meta", values={"app_id": "", "app_secret": "b"}, by=None, app=app)
    kept = App.objects.get().credentials
    assert kept["app_id"] == "1"
    assert kept["secrets"] == ["b", "a"]
    assert kept["verify_token"] == token


def test_sealing_keys_rotate(make_channel: MakeChannel, settings: Settings) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.SEALING_KEYS = [old]
    channel = make_channel("line")
    by_hand = cast.make_channel_by_hand()
    settings.SEALING_KEYS = [new, old]
    said = StringIO()
    call_command("reseal", stdout=said)
    assert said.getvalue() == "2 kunci disegel ulang.\n"
    settings.SEALING_KEYS = [new]
    channel = Channel.objects.get(pk=channel.pk)
    assert channel.app
    assert channel.credentials == {"access_token": "ZEGEL-line"}
    assert hooks.secrets_of(channel.app) == ("ZEGEL-rahasia",)
    assert Channel.objects.get(pk=by_hand.pk).by_hand
    settings.SEALING_KEYS = [old]
    with pytest.raises(CannotOpen):
        Channel.objects.get(pk=channel.pk).credentials  # noqa: B018
    with pytest.raises(CommandError, match="hubungkan ulang"):
        call_command("reseal", stdout=StringIO())


def test_a_channel_by_hand_is_added_on_screens(head_client: Client) -> None:
    typed = {"platform": "other", "handle": "@humas di TikTok", "teams": []}
    assert head_client.post(reverse("channels:by_hand"), typed).status_code == 302
    assert head_client.post(reverse("channels:by_hand"), typed).status_code == 302
    channel = Channel.objects.get()
    assert channel.by_hand
    assert channel.platform == "other"


def test_a_channel_by_hand_that_is_connected_stays_one_channel(
    make_channel: MakeChannel, make_item: cast.MakeItem, office: object
) -> None:
    """Its messages stay with it; another account's name is another channel."""
    bare = connecting.add_by_hand(platform="facebook", handle="Humas Polda", teams=[], by=None)
    other = connecting.add_by_hand(platform="facebook", handle="Humas Polres", teams=[], by=None)
    item = make_item(channel=bare)
    connected = make_channel("facebook", handle="humas polda")
    assert connected.pk == bare.pk
    assert not connected.by_hand
    item.refresh_from_db()
    assert item.channel == connected
    other.refresh_from_db()
    assert other.by_hand
