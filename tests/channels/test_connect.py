"""Connecting each platform as a person does it: our pages, the sandbox's pages, real handshakes over HTTP."""

import html
import re
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import Team
from accounts.sealed import seal
from inbox import health, hooks, intake
from inbox.models import App, Channel, Item, ItemState
from tests.sandbox_process import Sandbox, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("served")]


@pytest.fixture(autouse=True)
def patient(sandbox: Sandbox, settings: Settings) -> None:
    """Handshakes go to and fro on a machine that may be busy."""
    settings.API_TIMEOUT = (3.0, 15.0)
    sandbox.send("POST", "/_sandbox/x/switches", {"webhooks": 99})  # other tests had theirs,
    sandbox.send("DELETE", "/_sandbox/push")  # which nobody answers any more


@pytest.fixture
def team(head_client: Client) -> Team:
    return Team.objects.get(name="Tim Media Sosial")


def typed(team: Team, day: str = "2026-01-01") -> dict[str, Any]:
    return {"begin_from": day, "teams": [team.pk]}


def allow(address: str, words: str = "Izinkan") -> str:
    """The platform's page in a browser: press the button, and return where it sends the person to."""

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_args: Any, **_kw: Any) -> None:
            return None

    with urllib.request.urlopen(address, timeout=10) as opened:
        page = opened.read().decode()
    found = re.search(rf'href="([^"]+)"[^>]*>\s*{words}', page)
    assert found, page
    target = urljoin(address, html.unescape(found[1]))
    if urlsplit(target).path.startswith("/kanal/"):
        return target
    with pytest.raises(urllib.error.HTTPError) as answer:
        urllib.request.build_opener(Stay).open(target, timeout=10)
    answer.value.close()
    return str(answer.value.headers["Location"])


def local(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"


def pushed(sandbox: Sandbox) -> list[dict[str, Any]]:
    """Everything the sandbox posts by now, delivered."""
    sandbox.send("POST", "/_sandbox/push/flush")
    return list(sandbox.get("/_sandbox/push")["deliveries"])


def arrived(sandbox: Sandbox) -> list[Item]:
    """What the desk has after the webhooks that are under way."""
    assert all(row["status"] == 200 for row in pushed(sandbox))
    intake.absorb_waiting()
    return list(Item.objects.order_by("pk"))


# --- LINE ---------------------------------------------------------------------------------------------


def line_account(sandbox: Sandbox) -> dict[str, str]:
    return dict(sandbox.get("/_sandbox/line/app.json")["accounts"][0])


def connect_line(sandbox: Sandbox, browser: Client) -> Any:
    account = line_account(sandbox)
    keys = {name: account[name] for name in ("access_token", "channel_secret")}
    return browser.post(reverse("channels:paste", args=["line"]), keys, follow=True)


def test_line_from_pasted_keys_to_the_first_message(sandbox: Sandbox, head_client: Client) -> None:
    form = head_client.get(reverse("channels:paste", args=["line"])).content.decode()
    assert "Channel access token" in form
    page = connect_line(sandbox, head_client).content.decode()
    channel = Channel.objects.get()
    account = line_account(sandbox)
    assert (channel.external_id, channel.handle) == (account["user_id"], account["basic_id"])
    assert channel.app
    assert hooks.address(channel.app) in page
    assert "LINE menguji alamat webhook: berhasil." in page
    assert channel.subscribed is True
    assert channel.quota_limit == 500
    sandbox.send("POST", "/_sandbox/line/write", {
        "as": "citizen", "name": "Sari", "type": "text", "text": "Lampu jalan mati",
    })  # fmt: skip
    (item,) = arrived(sandbox)
    assert item.preview == "Lampu jalan mati"


def test_line_refuses_a_wrong_token(sandbox: Sandbox, head_client: Client) -> None:
    keys = {"access_token": "salah", "channel_secret": "x"}
    answer = head_client.post(reverse("channels:paste", args=["line"]), keys)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert "salah" not in answer.content.decode()
    assert not Channel.objects.exists()


def test_line_anew_keeps_the_old_secret_until_it_is_dropped(
    sandbox: Sandbox, head_client: Client
) -> None:
    connect_line(sandbox, head_client)
    account = line_account(sandbox)
    keys = {"access_token": account["access_token"], "channel_secret": "baru"}
    head_client.post(reverse("channels:paste", args=["line"]), keys)
    app = App.objects.get()
    assert hooks.secrets_of(app) == ("baru", account["channel_secret"])
    assert Channel.objects.count() == 1


# --- Meta ---------------------------------------------------------------------------------------------


def save_meta_app(sandbox: Sandbox, browser: Client) -> dict[str, Any]:
    found = sandbox.get("/_sandbox/meta/app.json")
    answer = browser.post(
        reverse("channels:meta_app"),
        {"app_id": found["app_id"], "app_secret": found["app_secret"]},
    )
    assert answer.status_code == 302
    return dict(found)


def log_in_to_meta(browser: Client) -> Any:
    away = browser.get(reverse("channels:meta_log_in"))["Location"]
    return browser.get(local(allow(away)))


def test_meta_from_the_log_in_to_the_first_comment(
    sandbox: Sandbox, head_client: Client, team: Team
) -> None:
    found = save_meta_app(sandbox, head_client)
    page = found["pages"][0]
    assert log_in_to_meta(head_client)["Location"] == reverse("channels:meta_pick")
    choice = head_client.get(reverse("channels:meta_pick")).content.decode()
    assert page["name"] in choice
    assert f"@{page['instagram']['username']}" in choice
    assert page["access_token"] not in choice
    picked = [f"facebook:{page['id']}", f"instagram:{page['instagram']['id']}"]
    done = head_client.post(
        reverse("channels:meta_pick"), typed(team) | {"accounts": picked}, follow=True
    ).content.decode()
    assert "langsung ke sini" in done
    channels = {channel.platform: channel for channel in Channel.objects.all()}
    assert set(channels) == {"facebook", "instagram"}
    assert channels["facebook"].app == channels["instagram"].app
    assert all(channel.subscribed for channel in channels.values())
    assert all(health.line_of(channel).token for channel in channels.values())
    again = head_client.get(reverse("channels:meta_pick"))
    assert again["Location"] == reverse("channels:meta")  # the choice was made

    for where, text in (("comment", "Jam buka berapa?"), ("ig_comment", "Macet di mana?")):
        sandbox.send("POST", "/_sandbox/meta/write", {
            "as": "citizen", "where": where, "name": "Budi", "text": text, "page": page["id"],
        })  # fmt: skip
    assert {item.preview for item in arrived(sandbox)} == {"Jam buka berapa?", "Macet di mana?"}


def test_meta_says_what_is_missing_and_what_is_connected(
    sandbox: Sandbox, head_client: Client, team: Team
) -> None:
    found = save_meta_app(sandbox, head_client)
    page = found["pages"][0]
    log_in_to_meta(head_client)
    head_client.post(
        reverse("channels:meta_pick"), typed(team) | {"accounts": [f"facebook:{page['id']}"]}
    )
    sandbox.send("POST", "/_sandbox/meta/switches", {"missing": ["pages_messaging"]})
    log_in_to_meta(head_client)
    choice = head_client.get(reverse("channels:meta_pick")).content.decode()
    assert "sudah terhubung, kuncinya diperbarui" in choice
    assert "izin membaca dan membalas Messenger" in choice
    refused = head_client.post(reverse("channels:meta_pick"), typed(team))
    assert refused.status_code == 422
    assert "Pilih sedikitnya satu" in refused.content.decode()


def test_a_return_with_another_state_is_refused(sandbox: Sandbox, head_client: Client) -> None:
    save_meta_app(sandbox, head_client)
    head_client.get(reverse("channels:meta_log_in"))
    for query in ("?code=1&state=lain", "?code=1", ""):
        answer = head_client.get(reverse("channels:meta_back") + query)
        assert answer["Location"] == reverse("channels:meta")
    assert head_client.get(reverse("channels:meta_pick"))["Location"] == reverse("channels:meta")


def test_consent_that_is_refused_connects_nothing(sandbox: Sandbox, head_client: Client) -> None:
    save_meta_app(sandbox, head_client)
    away = head_client.get(reverse("channels:meta_log_in"))["Location"]
    answer = head_client.get(local(allow(away, "Jangan izinkan")), follow=True)
    assert "belum ada yang terhubung" in answer.content.decode()


# --- X ------------------------------------------------------------------------------------------------


def save_x_app(sandbox: Sandbox, browser: Client) -> dict[str, Any]:
    found = dict(sandbox.get("/_sandbox/x/app.json"))
    names = ("consumer_key", "consumer_secret", "client_id", "client_secret", "bearer_token")
    keys = {name: found.get(name, "") for name in names}
    assert browser.post(reverse("channels:x_app"), keys).status_code == 302
    return found


def test_x_by_log_in_to_the_first_mention(
    sandbox: Sandbox, head_client: Client, team: Team
) -> None:
    before = head_client.get(reverse("channels:x")).content.decode()
    assert reverse("channels:x_back") in before
    found = save_x_app(sandbox, head_client)
    away = head_client.get(reverse("channels:x_log_in"))["Location"]
    name = found["accounts"][0]["username"]
    back = allow(away, rf"Izinkan sebagai [^<]*\(@{name}\)")
    assert head_client.get(local(back))["Location"] == reverse("channels:last")
    step = head_client.get(reverse("channels:last")).content.decode()
    assert f"@{name}" in step
    done = head_client.post(reverse("channels:last"), typed(team), follow=True).content.decode()
    assert "X mengirim sebutan dan pesan langsung ke sini" in done, re.findall(
        r"notice late\">(.*?)<", done
    )
    channel = Channel.objects.get()
    assert channel.handle == f"@{name}"
    assert channel.credentials["refresh_token"]
    assert channel.begin_from
    assert channel.subscribed is True
    assert health.dies_at(channel) is None
    assert head_client.get(reverse("channels:last"))["Location"] == reverse("channels:new")

    sandbox.write(f"@{name} jalan berlubang di Klandasan")
    (item,) = arrived(sandbox)
    assert item.channel == channel


def test_x_by_pasted_keys_without_webhooks(
    sandbox: Sandbox, head_client: Client, team: Team, read: Callable[[], int]
) -> None:
    found = dict(sandbox.get("/_sandbox/x/app.json"))
    account = found["accounts"][0]
    app = {name: found[name] for name in ("consumer_key", "consumer_secret")}
    head_client.post(reverse("channels:x_app"), app)
    wrong = {"access_token": "1-salah", "access_token_secret": "salah"}
    assert head_client.post(reverse("channels:x_paste"), wrong).status_code == 422
    keys = {name: account[name] for name in ("access_token", "access_token_secret")}
    head_client.post(reverse("channels:x_paste"), keys)
    done = head_client.post(reverse("channels:last"), typed(team), follow=True).content.decode()
    assert "dibaca berkala saja" in done
    channel = Channel.objects.get()
    assert channel.subscribed is None
    sandbox.write(f"@{account['username']} halo")
    assert read() == 1


def test_what_is_older_than_the_chosen_day_is_history(
    sandbox: Sandbox, head_client: Client, team: Team, read: Callable[[], int]
) -> None:
    found = save_x_app(sandbox, head_client)
    account = found["accounts"][0]
    sandbox.write(f"@{account['username']} pesan lama")
    keys = {name: account[name] for name in ("access_token", "access_token_secret")}
    head_client.post(reverse("channels:x_paste"), keys)
    head_client.post(reverse("channels:last"), typed(team, day="2099-01-01"))
    assert read() == 1
    assert Item.objects.get().state == ItemState.CLOSED


# --- the steps in between ------------------------------------------------------------------------------


def test_keys_on_their_way_lie_sealed_in_the_session(sandbox: Sandbox, head_client: Client) -> None:
    save_meta_app(sandbox, head_client)
    log_in_to_meta(head_client)
    kept = str(dict(head_client.session.items()))
    assert "sahut_meta_token" in kept
    assert "EAA" not in kept
    head_client.session["sahut_last"] = seal({}).decode()
    assert head_client.get(reverse("channels:last"))["Location"] == reverse("channels:new")


def test_every_platform_is_offered(head_client: Client) -> None:
    page = head_client.get(reverse("channels:new")).content.decode()
    for address in ("x", "meta", "by_hand"):
        assert reverse(f"channels:{address}") in page
    assert reverse("channels:paste", args=["line"]) in page
    for unknown in ("lain", "x", "facebook"):
        address = reverse("channels:paste", args=[unknown])
        assert head_client.get(address).status_code == 404


def test_a_subscription_that_was_lost_is_set_up_again(
    sandbox: Sandbox, head_client: Client, served: LiveServer
) -> None:
    connect_line(sandbox, head_client)
    channel = Channel.objects.get()
    sandbox.send("POST", "/_sandbox/line/switches", {"use_webhook": False})
    check, again = (
        reverse(f"channels:{name}", args=[channel.pk]) for name in ("check", "subscribe")
    )
    head_client.post(check)
    assert Channel.objects.get().subscribed is False
    sandbox.send("POST", "/_sandbox/line/switches", {"use_webhook": True})
    head_client.post(again)
    assert Channel.objects.get().subscribed is True
    wait_for(lambda: App.objects.get().refused_at is None, what="no refused signature")


def test_a_platform_needs_no_screen_of_its_own(head_client: Client, team: Team) -> None:
    """What a folder names in PlatformParts.keys is all that its form needs."""
    address = reverse("channels:paste", args=["web"])
    form = head_client.get(address).content.decode()
    assert "Judul formulir" in form
    refused = head_client.post(address, {"handle": "Lapor Kota"})
    assert refused.status_code == 422
    filled = {"handle": "Lapor Kota", "external_id": "lapor", "title": "Lapor Kota"}
    done = head_client.post(address, filled, follow=True).content.decode()
    assert "Terhubung" in done
    channel = Channel.objects.get()
    assert (channel.external_id, channel.credentials) == ("lapor", {"title": "Lapor Kota"})
    assert channel.app is None
    page = head_client.get(reverse("channels:channel", args=[channel.pk])).content.decode()
    assert reverse("web:report", args=["lapor"]) in page
