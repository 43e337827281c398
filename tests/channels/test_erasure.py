"""Deleting what a citizen wrote: on request, by Meta's callbacks, and because its author took it back (I8)."""

import re
from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts.models import JournalEntry
from inbox import alerts, compliance, connecting, erasure_requests
from inbox.models import Alert, App, Channel, Citizen, Item, ItemState, Message
from tests.cast import MakeItem
from tests.channels.conftest import MakeChannel
from tests.sandbox_process import Sandbox

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def rounds_begin_anew() -> None:
    cache.clear()


# --- a citizen asks ---------------------------------------------------------------------------------------


def test_a_citizens_words_go_and_the_decisions_stay(
    make_item: MakeItem, head_client: Client
) -> None:
    item = make_item(text="Rumah saya di Gang Melati nomor tujuh", handle="ibu_sari")
    address = reverse("channels:erase", args=[item.citizen_id])
    page = head_client.get(address).content.decode()
    assert "isi 1 pesan yang ditulisnya" in page
    assert "surat dinas" in page

    refused = head_client.post(address, {"why": "warga"})
    assert refused.status_code == 422
    assert Message.objects.get().text

    head_client.post(address, {"why": "warga", "sure": "on"})
    message = Message.objects.get()
    assert (message.text, message.erased_why) == ("", "Warga memintanya (UU PDP)")
    assert str(Citizen.objects.get()) == "Warga (data dihapus)"
    item.refresh_from_db()
    assert item.state == ItemState.CLOSED  # nothing is left that could be answered
    entry = JournalEntry.objects.get(verb="erasure_ordered")
    assert entry.actor
    assert entry.actor.username == "kepala"
    assert "Melati" not in str(list(JournalEntry.objects.values_list("data", flat=True)))


# --- Meta asks ---------------------------------------------------------------------------------------------


@pytest.fixture
def app(sandbox: Sandbox, office: object) -> App:
    found = sandbox.get("/_sandbox/meta/app.json")
    values = {name: found[name] for name in ("app_id", "app_secret")}
    return connecting.save_app(family="meta", values=values, by=None)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("served", "head")
def test_metas_deletion_callback_gets_a_code_that_can_be_followed(
    sandbox: Sandbox, app: App, head_client: Client, served: object
) -> None:
    url = f"{served.url}{reverse('meta_erase', args=[app.key])}"  # type: ignore[attr-defined]
    answer = sandbox.send("POST", "/_sandbox/meta/privacy", {"url": url, "user_id": "7788"})
    assert answer["status"] == 200
    found = re.search(r'"url": ?"([^"]+)", ?"confirmation_code": ?"(\w+)"', str(answer["body"]))
    told = answer["body"] if isinstance(answer["body"], dict) else {}
    where, code = (found[1], found[2]) if found else (told["url"], told["confirmation_code"])
    again = sandbox.send("POST", "/_sandbox/meta/privacy", {"url": url, "user_id": "7788"})
    assert code in str(again["body"])  # asked twice, one request
    path = where.removeprefix(served.url)  # type: ignore[attr-defined]
    public = Client()
    assert "Sedang kami kerjakan" in public.get(path).content.decode()

    page = head_client.get(reverse("channels:requests")).content.decode()
    assert code in page
    assert "7788" in page
    assert [finding.kind for finding in alerts.findings()] == [Alert.Kind.ERASURE]
    head_client.post(reverse("channels:finish", args=[code]), {"found": "0"})
    assert "Kami tidak menyimpan data Anda" in public.get(path).content.decode()
    assert erasure_requests.waiting() == []
    assert alerts.findings() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("served", "head")
def test_metas_deauthorise_callback_has_the_accounts_checked(
    sandbox: Sandbox, app: App, served: object
) -> None:
    Channel.objects.create(platform="facebook", external_id="1", handle="H", app=app)
    Channel.objects.update(checked_at=app.created_at)
    url = f"{served.url}{reverse('meta_deauthorise', args=[app.key])}"  # type: ignore[attr-defined]
    assert sandbox.send("POST", "/_sandbox/meta/privacy", {"url": url})["status"] == 200
    assert Channel.objects.get().checked_at is None
    assert JournalEntry.objects.filter(verb="app_deauthorised").exists()


@pytest.mark.parametrize("name", ["meta_erase", "meta_deauthorise"])
def test_nobody_else_signs_for_meta(
    client: Client, office: object, head: object, name: str
) -> None:
    app = connecting.save_app(family="meta", values={"app_secret": "rahasia"}, by=None)
    address = reverse(name, args=[app.key])
    for value in ("", "a.b", "x" * 5000, ".eyJ1c2VyX2lkIjoiMSJ9"):
        assert client.post(address, {"signed_request": value}).status_code == 400
    assert client.get(address).status_code == 405
    assert client.post(reverse(name, args=["lain"])).status_code == 404
    assert not JournalEntry.objects.filter(verb__startswith="erasure").exists()


def test_the_privacy_page_is_open_to_all(client: Client, office: object, head: object) -> None:
    page = client.get(reverse("privacy:page"))
    assert page.status_code == 200
    assert "Meminta penghapusan" in page.content.decode()
    assert client.get(reverse("privacy:status", args=["TIDAKADA"])).status_code == 404


# --- its author took it back -------------------------------------------------------------------------------


def test_a_post_deleted_on_x_is_emptied_here(
    sandbox: Sandbox, connected: Channel, read: Callable[[], int]
) -> None:
    stays = sandbox.write("@PoldaKaltim satu", username="warga_satu")
    goes = sandbox.write("@PoldaKaltim dua", username="warga_dua")
    assert read() == 2
    assert compliance.work() == 0
    sandbox.send("DELETE", f"/_sandbox/x/posts/{goes}")
    assert compliance.work() == 0  # asked a moment ago
    cache.clear()
    assert compliance.work() == 1
    gone = Message.objects.get(external_id=goes)
    assert (gone.text, gone.erased_why) == ("", "Sudah tidak ada di platform.")
    assert gone.item.state == ItemState.CLOSED
    assert Message.objects.get(external_id=stays).text
    cache.clear()
    assert compliance.work() == 0


def test_settled_items_on_x_are_asked_about_in_turn(
    sandbox: Sandbox, connected: Channel, read: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compliance, "AT_ONCE", 2)
    posts = [
        sandbox.write(f"@PoldaKaltim pesan {number}", username=f"warga_{number}")
        for number in range(5)
    ]
    assert read() == 5
    Item.objects.update(state=ItemState.ANSWERED, waiting_since=None)
    sandbox.send("DELETE", f"/_sandbox/x/posts/{posts[4]}")
    assert [compliance.work() for _round in range(4)] == [0, 0, 1, 0]
    sandbox.send("DELETE", f"/_sandbox/x/posts/{posts[0]}")
    assert compliance.work() == 0  # the round is over for today


def test_the_round_keeps_to_its_budget(
    sandbox: Sandbox, connected: Channel, read: Callable[[], int], monkeypatch: pytest.MonkeyPatch,
    move_clock: Callable[[float], None],
) -> None:  # fmt: skip
    monkeypatch.setattr(compliance, "AT_ONCE", 1)
    monkeypatch.setattr(compliance, "A_DAY", 2)
    for number in range(3):
        sandbox.write(f"@PoldaKaltim pesan {number}", username=f"warga_{number}")
    read()
    Item.objects.update(state=ItemState.ANSWERED, waiting_since=None)
    asked: list[int] = []
    look = compliance.look

    def counted(channel: Channel, messages: list[Message]) -> int | None:
        asked.append(len(messages))
        return look(channel, messages)

    monkeypatch.setattr(compliance, "look", counted)
    for _round in range(4):
        compliance.work()
    assert sum(asked) == 2
    move_clock(24 * 3600 + 1)
    compliance.work()
    assert sum(asked) == 3


def test_a_platform_that_shows_nothing_at_all_is_not_believed(
    make_channel: MakeChannel, make_item: MakeItem, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = make_channel("x")
    for number in range(compliance.MANY):
        make_item(channel=channel, handle=f"warga_{number}")
    monkeypatch.setattr(compliance, "_ask", lambda _channel, _ids: set())
    assert compliance.work() == 0
    assert not Message.objects.exclude(erased_at=None).exists()


def test_an_instagram_comment_that_vanished_without_a_word(
    sandbox: Sandbox, app: App, read: Callable[[], int]
) -> None:
    page = sandbox.get("/_sandbox/meta/app.json")["pages"][0]
    keys = {"access_token": page["access_token"], "page_id": page["id"]}
    found = connecting.Found("instagram", page["instagram"]["id"], "@humas", keys)
    connecting.connect(found=found, app=app, begin_from=None, teams=[], by=None)
    written = [
        sandbox.send(
            "POST",
            "/_sandbox/meta/write",
            {"as": "citizen", "where": "ig_comment", "name": name, "text": f"halo dari {name}"},
        )
        for name in ("Ani", "Budi")
    ]
    assert read() == 2
    sandbox.send("POST", "/_sandbox/meta/change", {"id": written[0]["id"], "do": "remove", "silent": True})  # fmt: skip
    assert compliance.work() == 1
    assert Message.objects.exclude(erased_at=None).get().external_id == written[0]["id"]
