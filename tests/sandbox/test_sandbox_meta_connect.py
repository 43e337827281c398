"""Connecting, tokens and their end, budgets, faults (platforms.md §3)."""

import hashlib
import hmac
import html
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from tests.sandbox.meta_client import Meta, Refused
from tests.sandbox.sandbox_server import Sandbox, until

BACK = "http://127.0.0.1:9/kembali"
DAY = 86_400


@pytest.fixture
def meta(sandbox: Sandbox) -> Meta:
    return Meta(sandbox)


def dialog(meta: Meta, **query: str) -> httpx2.Response:
    given = {"client_id": meta.app["app_id"], "redirect_uri": BACK, "state": "s-1", **query}
    return httpx2.get(f"{meta.sandbox.url}/v26.0/dialog/oauth", params=given)


def way_back(page: str, text: str) -> dict[str, str]:
    link = re.search(rf'href="([^"]+)">{text}<', page)
    assert link
    address = html.unescape(link[1])
    assert address.startswith(BACK)
    return {key: value[0] for key, value in parse_qs(urlsplit(address).query).items()}


def token_for(meta: Meta, **query: str) -> httpx2.Response:
    given = {
        "client_id": meta.app["app_id"],
        "client_secret": meta.app["app_secret"],
        "redirect_uri": BACK,
    }
    url = f"{meta.sandbox.url}/v26.0/oauth/access_token"
    return httpx2.get(url, params={**given, **query})


def test_from_the_dialogue_to_a_page_token(meta: Meta) -> None:
    page = dialog(meta)
    back = way_back(page.text, "Izinkan")
    assert back["state"] == "s-1"
    assert way_back(page.text, "Jangan izinkan")["error"] == "access_denied"
    wrong = token_for(meta, code=back["code"], redirect_uri=BACK + "x").json()["error"]
    assert (wrong["code"], wrong["error_subcode"]) == (100, 36008)
    short = token_for(meta, code=back["code"]).json()
    assert short["expires_in"] == 7200
    assert token_for(meta, code=back["code"]).json()["error"]["error_subcode"] == 36009
    assert token_for(meta, code=back["code"], client_secret="x").status_code == 400
    long = token_for(
        meta, grant_type="fb_exchange_token", fb_exchange_token=short["access_token"]
    ).json()
    assert long["expires_in"] == 60 * DAY
    assert meta.get("me", access_token=long["access_token"])["id"]
    fields = "id,name,access_token,tasks,instagram_business_account{id,username}"
    pages = meta.get("me/accounts", fields=fields, access_token=long["access_token"])["data"]
    assert [each["id"] for each in pages] == [each["id"] for each in meta.app["pages"]]
    assert pages[0]["instagram_business_account"]["username"] == meta.ig["username"]
    assert {"MESSAGING", "MODERATE"} <= set(pages[0]["tasks"])
    brief = meta.get("me/accounts", access_token=short["access_token"])["data"]
    ends = [
        meta.get("debug_token", input_token=each, access_token=meta.app_token)["data"]["expires_at"]
        for each in (pages[0]["access_token"], brief[0]["access_token"])
    ]
    assert ends[0] == 0
    assert ends[1] > 0
    meta.sandbox.clock.write_text("7300")
    with pytest.raises(Refused) as no:
        meta.get("me", access_token=brief[0]["access_token"])
    assert no.value.code == (190, 463)
    meta.get("me", access_token=pages[0]["access_token"])
    assert dialog(meta, client_id="1").status_code == 400
    assert dialog(meta, redirect_uri="javascript:alert(1)").status_code == 400


def test_scopes_that_were_not_asked_for_are_missing(meta: Meta) -> None:
    back = way_back(dialog(meta, scope="pages_show_list,pages_messaging").text, "Izinkan")
    token = token_for(meta, code=back["code"]).json()["access_token"]
    seen = meta.get("debug_token", input_token=token, access_token=meta.app_token)["data"]
    assert seen["scopes"] == ["public_profile", "pages_show_list", "pages_messaging"]
    page = meta.get("me/accounts", access_token=token)["data"][0]
    with pytest.raises(Refused) as no:
        meta.send(f"{meta.post}/comments", message="x", access_token=page["access_token"])
    assert no.value.code == (10, None)


def test_a_dead_token_and_its_return(meta: Meta) -> None:
    meta.switch(dead=[meta.id])
    with pytest.raises(Refused) as no:
        meta.get("me")
    assert no.value.code == (190, 463)
    seen = meta.get("debug_token", input_token=meta.token, access_token=meta.app_token)["data"]
    assert seen["is_valid"] is False
    assert seen["error"]["subcode"] == 463
    meta.switch(dead_subcode=460)
    with pytest.raises(Refused) as no:
        meta.get("me")
    assert no.value.code == (190, 460)
    Meta(meta.sandbox, 1).get("me")
    meta.switch(dead=[])
    meta.get("me")
    meta.switch(expires={meta.id: 1})
    with pytest.raises(Refused) as no:
        meta.get("me")
    assert no.value.code == (190, 463)


def test_permissions_that_were_taken_away(meta: Meta) -> None:
    person = meta.says("message", "halo")["psid"]
    said = meta.says("comment", "halo")["id"]
    meta.switch(missing=["pages_messaging", "pages_manage_engagement"])
    with pytest.raises(Refused) as no:
        meta.write(person)
    assert no.value.code == (10, None)
    with pytest.raises(Refused) as no:
        meta.reply(said, "x")
    assert no.value.code == (200, None)
    seen = meta.get("debug_token", input_token=meta.token, access_token=meta.app_token)["data"]
    assert "pages_messaging" not in seen["scopes"]


def test_the_proof(meta: Meta) -> None:
    secret = meta.app["app_secret"].encode()
    proof = hmac.new(secret, meta.token.encode(), hashlib.sha256).hexdigest()
    meta.switch(require_proof=True)
    with pytest.raises(Refused) as no:
        meta.get("me")
    assert no.value.code == (100, None)
    assert meta.get("me", appsecret_proof=proof)["id"] == meta.id


@pytest.mark.parametrize(
    ("throttle", "path", "code"),
    [
        ("buc", "me", 80001),
        ("buc", "{ig}/media", 80002),
        ("buc", "{id}/conversations", 80006),
        ("platform", "me", 32),
    ],
)
def test_the_budget_runs_out_and_comes_back(
    meta: Meta, throttle: str, path: str, code: int
) -> None:
    path = path.format(ig=meta.ig["id"], id=meta.id)
    assert "x-app-usage" not in meta.call("GET", path).headers
    meta.switch(usage_step=40, throttle=throttle)
    rising = [json.loads(meta.call("GET", path).headers["x-app-usage"]) for _ in range(3)]
    assert [each["call_count"] for each in rising] == [0, 40, 80]
    refused = meta.call("GET", path)
    assert refused.json()["error"]["code"] == code
    case = json.loads(refused.headers["x-business-use-case-usage"])[meta.id][0]
    assert (case["call_count"], case["estimated_time_to_regain_access"]) == (100, 18 + 1)
    meta.sandbox.clock.write_text(str(19 * 60 + 1))
    assert meta.get(path)


COMMITTED = {"hang_after", "reset_after", "500_after", "400_after", "truncated_after", "bad_json_after"}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("500_after", 500, None),
        ("500_before", 500, None),
        ("400_after", 400, 20),
        ("401", 401, 190),
        ("429", 400, 80001),
        ("429_no_reset", 403, 32),
        ("bad_json_after", 200, None),
        ("hang_after", None, None),
        ("hang_before", None, None),
        ("reset_after", None, None),
        ("reset_before", None, None),
        ("truncated_after", None, None),
    ],
)
def test_each_fault_on_the_wire(meta: Meta, kind: str, status: Any, code: Any) -> None:
    said = meta.says("comment", "halo")["id"]
    meta.sandbox.post(
        "faults", platform="meta", method="POST", path="/v*/*/comments", kind=kind, times=1
    )
    url = f"{meta.sandbox.url}/v26.0/{said}/comments"
    data = {"message": "Kami cek", "access_token": meta.token}
    if status is None:
        with pytest.raises(httpx2.TransportError):
            httpx2.post(url, data=data, timeout=0.7)
    else:
        answer = httpx2.post(url, data=data, timeout=5)
        assert answer.status_code == status
        if code is not None:
            assert answer.json()["error"]["code"] == code
    found = meta.get(f"{said}/comments", fields="message")["data"]
    assert len(found) == (kind in COMMITTED)
    assert sum(entry["by"] == "api" for entry in meta.sandbox.ledger()) == (kind in COMMITTED)
    meta.reply(said, "Berikutnya sehat")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("write", {"where": "bulan"}),
        ("write", {"where": "comment", "text": "x", "on": "1"}),
        ("write", {"where": "comment", "text": " "}),
        ("write", {"where": "comment", "text": "x", "page": "1"}),
        ("change", {"id": "1", "do": "edit"}),
        ("switches", {"gaib": True}),
        ("switches", {"usage": "penuh"}),
    ],
    ids=str,
)
def test_a_wish_that_makes_no_sense(meta: Meta, path: str, body: dict[str, Any]) -> None:
    answer = httpx2.post(f"{meta.sandbox.url}/_sandbox/meta/{path}", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_the_feed_reaches_all_four_and_survives_a_kill(own: Callable[..., Sandbox]) -> None:
    sandbox = own(FEED_ROOMS="meta", FEED_RATE="50")
    rows = [f"aduan nomor {n}" for n in range(40)]
    path = Path(sandbox.var / "aduan.csv")
    path.write_text("text\n" + "\n".join(rows), "utf-8")
    sandbox.environment["FEED"] = str(path)
    sandbox.start()
    until(lambda: sandbox.get("feed")["posted"] >= 10)
    sandbox.kill()
    sandbox.start()
    until(lambda: sandbox.get("feed")["done"])
    entries = sandbox.ledger()
    assert [entry["text"] for entry in entries] == rows
    assert len({entry["account"] for entry in entries}) == 40
    places = [entry["platform"] for entry in entries]
    assert places == ["facebook", "messenger", "instagram", "instagram_dm"] * 10
    keys = sandbox.get("meta/app.json")
    assert Meta(sandbox).get("me")["id"] == keys["pages"][0]["id"]
