"""A fault that is meant for one reply among many: only the request that carries its words meets it."""

import json

import pytest
import requests

from sandbox.core import faults, rooms
from tests.sandbox.sandbox_server import Sandbox

LINE_PUSH = "/v2/bot/message/push"


@pytest.fixture
def line_token(sandbox: Sandbox) -> str:
    accounts = sandbox.get("line/app.json")["accounts"]
    return str(accounts[0]["access_token"])


@pytest.fixture
def citizen(sandbox: Sandbox) -> str:
    return str(sandbox.post("line/write", type="text", name="Siti", text="halo")["user_id"])


def push(sandbox: Sandbox, token: str, to: str, text: str) -> int:
    answer = requests.post(
        sandbox.url + LINE_PUSH,
        json={"to": to, "messages": [{"type": "text", "text": text}]},
        headers={"Authorization": f"Bearer {token}"},
        timeout=5,
    )
    return answer.status_code


def lay(sandbox: Sandbox, **more: object) -> None:
    sandbox.post("faults", platform="line", method="POST", path=LINE_PUSH, **more)


def said(sandbox: Sandbox) -> list[str]:
    entries = sandbox.get("ledger", platform="line")["entries"]
    return [entry["text"] for entry in entries if entry["by"] == "api"]


def test_only_the_reply_with_the_words_is_hit(
    sandbox: Sandbox, line_token: str, citizen: str
) -> None:
    lay(sandbox, kind="500_before", text="nomor dua")
    assert push(sandbox, line_token, citizen, "balasan nomor satu") == 200
    assert push(sandbox, line_token, citizen, "balasan nomor dua") == 500
    assert push(sandbox, line_token, citizen, "balasan nomor dua") == 200  # it was for one request
    assert said(sandbox) == ["balasan nomor satu", "balasan nomor dua"]


def test_an_after_fault_writes_the_whole_body_first(
    sandbox: Sandbox, line_token: str, citizen: str
) -> None:
    lay(sandbox, kind="500_after", text="tetap ada")
    assert push(sandbox, line_token, citizen, "ini tetap ada") == 500
    assert said(sandbox) == ["ini tetap ada"]


def test_the_words_are_found_in_the_address_too(sandbox: Sandbox, line_token: str) -> None:
    sandbox.post(
        "faults", platform="line", method="GET", path="/v2/bot/info", kind="500_before", text="p=7&"
    )
    headers = {"Authorization": f"Bearer {line_token}"}
    for query, status in (("p=6&", 200), ("p=7&", 500), ("p=7&", 200)):
        answer = requests.get(f"{sandbox.url}/v2/bot/info?{query}", headers=headers, timeout=5)
        assert answer.status_code == status


def test_the_listing_shows_the_words_and_how_often_they_were_met(
    sandbox: Sandbox, line_token: str, citizen: str
) -> None:
    lay(sandbox, kind="500_before", text="satu", times=0)
    for _ in range(2):
        push(sandbox, line_token, citizen, "satu")
    (listed,) = sandbox.get("faults")["faults"]
    assert (listed["text"], listed["hits"]) == ("satu", 2)


@pytest.mark.parametrize(
    "body",
    [
        b"text=lampu+%2318+mati",
        b"text=lampu%20%2318%20mati",
        json.dumps({"text": "lampu #18 mati"}).encode(),
    ],
    ids=["form", "address", "json"],
)
def test_every_spelling_of_the_words_is_known(body: bytes) -> None:
    fault = faults.Fault("x", "POST", "*", "500_before", 1, text="lampu #18 mati")
    assert fault.found_in(body)
    assert not fault.found_in(b"lampu")


def test_a_fault_without_words_hits_any_body() -> None:
    assert faults.Fault("x", "*", "*", "500_before", 1).found_in(b"")


def test_letters_beyond_ascii_are_found_escaped_or_not() -> None:
    fault = faults.Fault("x", "*", "*", "500_before", 1, text="café “ini”")
    assert fault.found_in(json.dumps({"t": "café “ini”"}).encode())
    assert fault.found_in(json.dumps({"t": "café “ini”"}, ensure_ascii=False).encode())


def test_bodies_are_only_read_where_a_fault_needs_it() -> None:
    faults.clear()
    assert not rooms.rooms() or not faults.reads_content("x", "POST", "/2/tweets")
