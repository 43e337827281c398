"""Logging in, choosing pages, subscribing, against the sandbox (platforms.md §3.1, §3.2)."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from inbox.connectors.base import FetchFailed
from inbox.connectors.meta import Login
from inbox.connectors.meta.login import PAGE_FIELDS, SCOPES, subscribed_fields, token_state
from tests.sandbox_process import Sandbox

BACK = "http://127.0.0.1:9/hubungkan/meta/kembali"


@pytest.fixture
def app(sandbox_process: Sandbox) -> dict[str, Any]:
    sandbox_process.send("POST", "/_sandbox/reset")
    return dict(sandbox_process.get("/_sandbox/meta/app.json"))


@pytest.fixture
def login(sandbox_process: Sandbox, app: dict[str, Any]) -> Iterator[Login]:
    made = Login(app, sandbox_process.url, BACK)
    yield made
    made.close()


def code_of(login: Login) -> str:
    """What a person who agrees brings back."""
    page = httpx2.get(
        login.dialog("s-1", [*SCOPES["facebook"], *SCOPES["instagram"]])
    ).text.replace("&amp;", "&")
    start = page.index(BACK)
    back = parse_qs(urlsplit(page[start : page.index('"', start)]).query)
    assert back["state"] == ["s-1"]
    return back["code"][0]


def test_from_the_dialogue_to_the_pages_that_stay(login: Login, app: dict[str, Any]) -> None:
    short = login.user_token(code_of(login))
    long = login.long_lived(short.access_token)
    assert (short.expires_in or 0) < (long.expires_in or 0)

    pages = login.pages(long.access_token)

    assert [page.id for page in pages] == [page["id"] for page in app["pages"]]
    for page, known in zip(pages, app["pages"], strict=True):
        assert (page.instagram_id, page.instagram_username) == (
            known["instagram"]["id"], known["instagram"]["username"],
        )  # fmt: skip
        assert {"MESSAGING", "MODERATE"} <= set(page.tasks)
        state = login.debug(page.access_token)
        assert (state.valid, state.expires_at) == (True, 0)
        assert set(SCOPES["facebook"]) <= set(state.scopes)


def test_a_code_is_good_once(login: Login) -> None:
    code = code_of(login)
    login.user_token(code)
    with pytest.raises(FetchFailed) as caught:
        login.user_token(code)
    assert caught.value.permanent


def test_subscribing_seeing_it_and_its_silent_end(
    login: Login, app: dict[str, Any], sandbox_process: Sandbox
) -> None:
    page = app["pages"][0]
    login.subscribe(page["id"], page["access_token"])
    assert set(login.subscribed_fields(page["id"], page["access_token"])) == set(PAGE_FIELDS)
    sandbox_process.send("POST", "/_sandbox/meta/switches", {"unsubscribe": [page["id"]]})
    assert login.subscribed_fields(page["id"], page["access_token"]) == ()
    login.subscribe(page["id"], page["access_token"], ["feed"])
    login.unsubscribe(page["id"], page["access_token"])
    assert login.subscribed_fields(page["id"], page["access_token"]) == ()


def test_a_callback_that_nobody_answers_is_refused(login: Login) -> None:
    with pytest.raises(FetchFailed):
        login.subscribe_app("page", "http://127.0.0.1:9/x", "kata", ["feed"])


def test_a_dead_token_is_told(login: Login, app: dict[str, Any], sandbox_process: Sandbox) -> None:
    page = app["pages"][0]
    sandbox_process.send("POST", "/_sandbox/meta/switches", {"dead": [page["id"]]})
    state = login.debug(page["access_token"])
    assert (state.valid, bool(state.problem)) == (False, True)
    with pytest.raises(FetchFailed) as caught:
        login.subscribed_fields(page["id"], page["access_token"])
    assert caught.value.dead


def test_no_secret_shows() -> None:
    login = Login({"app_id": "1", "app_secret": "rahasia"}, "", BACK)
    assert "rahasia" not in login.dialog("s", ["a", "a", "b"])
    assert login.dialog("s", ["a", "a", "b"]).startswith("https://www.facebook.com/v")
    login.close()


@pytest.mark.parametrize("shape", [None, 3, [], {}, {"scopes": 3, "expires_at": "x", "error": 1}])
def test_strange_answers(shape: Any) -> None:
    assert not token_state(shape).valid
    assert subscribed_fields({"data": shape}, "1") == ()
    named = json.loads(
        '{"data": [{"id": "1", "subscribed_fields": [{"name": "feed"}, "mention"]}]}'
    )
    assert subscribed_fields(named, "1") == ("feed", "mention")
    assert subscribed_fields(named, "2") == ()
