"""Connecting an X account: consent, renewal, webhooks, subscriptions; and what is pushed (platforms.md §2.1, §2.3)."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from inbox.connectors.base import Account, EventKind, FetchFailed, Incoming, Wanted
from inbox.connectors.x import activity, oauth
from inbox.connectors.x.client import XConnector
from inbox.connectors.x.hook import HOOK, handshake
from inbox.connectors.x.parse import parse
from tests.connectors.x_account import (
    BACK,
    TIMEOUT,
    account,
    answer,
    application,
    connector,
    consent,
    redirected,
)
from tests.sandbox.webhook_receiver import Receiver, listening
from tests.sandbox_process import Sandbox, free_port, wait_for

RFC_VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"  # RFC 7636, appendix B
RFC_CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
TEXT = "@PoldaKaltim lampu merah mati"

# --- consent ----------------------------------------------------------------------------------------------


def test_where_consent_is_given() -> None:
    address = oauth.authorize_address(
        {"client_id": "c1"}, redirect_uri="https://s.id/k", state="s", verifier=RFC_VERIFIER
    )
    parts = urlsplit(address)
    query = parse_qs(parts.query)
    assert (parts.netloc, parts.path) == ("x.com", "/i/oauth2/authorize")
    assert query["code_challenge"] == [RFC_CHALLENGE]
    assert query["scope"] == [" ".join(oauth.SCOPES)]
    assert 43 <= len(oauth.new_verifier()) <= 128


def test_consent_brings_keys_that_are_renewed_once(sandbox: Sandbox) -> None:
    app = application(sandbox)
    keys = consent(sandbox, app, "PoldaKaltim")
    assert 7000 < keys["expires_at"] - time.time() <= 7200
    assert oauth.missing(keys) == ()
    reach: dict[str, Any] = {"base_url": sandbox.url, "timeout": TIMEOUT}
    assert oauth.who_is(keys, app, **reach).handle == "PoldaKaltim"

    renewed = oauth.refresh(keys, app, **reach)
    assert renewed["refresh_token"] != keys["refresh_token"]
    assert oauth.who_is(renewed, app, **reach).name == "Humas Polda Kaltim"
    with pytest.raises(FetchFailed) as failed:
        oauth.refresh(keys, app, **reach)
    assert (failed.value.dead, failed.value.permanent) == (True, True)
    assert oauth.renew(Account("1", "@x", renewed, app=app, **reach))["access_token"]


def test_a_code_is_good_once_and_for_its_verifier(sandbox: Sandbox) -> None:
    app = application(sandbox)
    address = oauth.authorize_address(
        app, redirect_uri=BACK, state="s", verifier="v" * 43, base_url=sandbox.url
    )
    code = redirected(f"{address}&allow=PoldaKaltim")["code"][0]
    for verifier in ("w" * 43, "v" * 43):  # the second time it is spent
        with pytest.raises(FetchFailed) as failed:
            oauth.exchange(
                app, code=code, redirect_uri=BACK, verifier=verifier, base_url=sandbox.url
            )
        assert (failed.value.dead, "ulangi" in failed.value.problem) == (False, True)


def test_wrong_application_keys_do_not_kill_the_account(sandbox: Sandbox) -> None:
    app = application(sandbox)
    keys = consent(sandbox, app, "PoldaKaltim")
    with pytest.raises(FetchFailed) as failed:
        oauth.refresh(keys, app | {"client_secret": "salah"}, base_url=sandbox.url)
    assert (failed.value.dead, failed.value.permanent) == (False, True)
    assert "kunci aplikasi" in failed.value.problem


@pytest.mark.parametrize("kind", ["500_before", "hang_before", "bad_json_after"])
def test_a_renewal_that_fails_is_tried_again(sandbox: Sandbox, kind: str) -> None:
    app = application(sandbox)
    keys = consent(sandbox, app, "PoldaKaltim")
    sandbox.fault(kind, path="/2/oauth2/token")
    with pytest.raises(FetchFailed) as failed:
        oauth.refresh(keys, app, base_url=sandbox.url, timeout=TIMEOUT)
    assert (failed.value.dead, failed.value.permanent) == (False, False)


def test_nothing_to_renew_with() -> None:
    with pytest.raises(FetchFailed) as failed:
        oauth.refresh({"access_token": "x"}, {"client_id": "c"})
    assert failed.value.dead


def test_what_the_consent_left_out() -> None:
    keys = {"scope": " ".join(set(oauth.SCOPES) - {"dm.read", "offline.access"})}
    assert oauth.missing(keys) == ("membaca pesan langsung", "tetap terhubung setelah dua jam")
    assert oauth.missing({}) == ()


def test_keys_by_consent_expire(sandbox: Sandbox) -> None:
    with connector(sandbox, oauth2=True) as x:
        health = x.check()
        assert (health.alive, health.subscribed) == (True, False)
        assert health.expires_at is not None
        left = health.expires_at - datetime.now(UTC)
        assert 7000 < left.total_seconds() <= 7200
        sandbox.send("POST", "/_sandbox/x/revoke", {"account": "PoldaKaltim"})
        assert not x.check().alive
        assert x.send(answer("1", "Pagi")).dead


def test_keys_work_until_two_hours_have_passed(tmp_path: Path) -> None:
    clock = tmp_path / "clock"
    sandbox = Sandbox(tmp_path, CLOCK_FILE=str(clock))
    try:
        with connector(sandbox, oauth2=True) as x:
            assert x.check().alive
            clock.write_text("7300")
            assert not x.check().alive
            keys = oauth.renew(x.account)
        with connector(sandbox) as x:
            assert oauth.who_is(keys, x.account.app, base_url=sandbox.url).external_id
    finally:
        sandbox.stop()


# --- webhooks ---------------------------------------------------------------------------------------------


@pytest.fixture
def receiver(sandbox: Sandbox) -> Iterator[Receiver]:
    """An address that answers X's challenge as our hook does. The sandbox forgets it afterwards."""
    app = application(sandbox)
    reach: dict[str, Any] = {"base_url": sandbox.url, "timeout": TIMEOUT}

    def shake(query: dict[str, str]) -> tuple[int, bytes]:
        found = handshake(query, app["secrets"], "")
        return (200, found[1]) if found else (403, b"")

    forget(app, reach)
    with listening() as made:
        made.on_get = shake
        yield made
        forget(app, reach)


def forget(app: dict[str, Any], reach: dict[str, Any]) -> None:
    """No webhook and no subscription: the sandbox keeps them over a reset."""
    for each in activity.webhooks(app, **reach):
        activity.remove(app, webhook_id=each.id, **reach)
    for username in {each.account_id for each in activity.subscriptions(app, **reach)}:
        activity.unsubscribe(Account(username, "", {}, app=app, **reach))


@pytest.fixture
def pushed(sandbox: Sandbox, receiver: Receiver) -> Callable[[int], list[bytes]]:
    """All subscribed; `pushed(n)` waits for n bodies and returns them, their signatures checked."""
    ours = account(sandbox)
    hook = activity.register(ours.app, url=receiver.url, base_url=sandbox.url, timeout=TIMEOUT)
    assert activity.subscribe(ours, webhook_id=hook.id) == list(activity.EVENTS)
    assert activity.subscribe(ours, webhook_id=hook.id) == []

    def bodies(count: int) -> list[bytes]:
        wait_for(lambda: len(receiver.got) >= count, what=f"{count} webhooks")
        sandbox.send("POST", "/_sandbox/push/flush")
        for each in receiver.got:
            assert HOOK.verify(each.body, each.headers, ours.app["secrets"])
        assert len(receiver.got) == count
        return [each.body for each in receiver.got]

    return bodies


def test_an_address_must_answer_the_challenge(sandbox: Sandbox, receiver: Receiver) -> None:
    app = application(sandbox)
    reach: dict[str, Any] = {"base_url": sandbox.url, "timeout": TIMEOUT}
    good, receiver.on_get = receiver.on_get, lambda _query: (200, b"{}")
    with pytest.raises(FetchFailed) as failed:
        activity.register(app, url=receiver.url, **reach)
    assert "Crc" in failed.value.problem
    receiver.on_get = good
    hook = activity.register(app, url=receiver.url, **reach)
    assert hook.valid
    assert activity.register(app, url=receiver.url, **reach) == hook

    receiver.on_get = lambda _query: (500, b"")
    with pytest.raises(FetchFailed):
        activity.validate(app, webhook_id=hook.id, **reach)
    receiver.on_get = good
    assert not activity.webhooks(app, **reach)[0].valid
    assert activity.register(app, url=receiver.url, **reach).valid
    assert activity.webhooks(app, **reach)[0].valid


def test_health_sees_whether_x_still_posts(sandbox: Sandbox, receiver: Receiver) -> None:
    reach: dict[str, Any] = {"base_url": sandbox.url, "timeout": TIMEOUT}
    with connector(sandbox) as x:
        ours = x.account
        assert x.check().subscribed is False
        hook = activity.register(ours.app, url=receiver.url, **reach)
        activity.subscribe(ours, webhook_id=hook.id)
        assert x.check().subscribed is True
        receiver.on_get = lambda _query: (200, b'{"response_token": "sha256=salah"}')
        sandbox.send("POST", "/_sandbox/x/crc")
        assert x.check().subscribed is False
        assert activity.unsubscribe(ours) == len(activity.EVENTS)
        assert activity.subscriptions(ours.app, **reach) == []
    consumer = {name: ours.app[name] for name in ("consumer_key", "consumer_secret")}
    unknown = XConnector(Account(ours.external_id, "@x", {**ours.keys, **consumer}, **reach))
    assert unknown.check().subscribed is None
    unknown.close()


def test_private_events_need_the_accounts_own_keys(sandbox: Sandbox, receiver: Receiver) -> None:
    app = application(sandbox)
    hook = activity.register(app, url=receiver.url, base_url=sandbox.url, timeout=TIMEOUT)
    stranger = account(sandbox, "SatlantasBpn")
    wrong = Account(
        account(sandbox).external_id, "@x", stranger.keys, app=app, base_url=sandbox.url
    )
    with pytest.raises(FetchFailed) as failed:
        activity.subscribe(wrong, webhook_id=hook.id)
    assert failed.value.permanent
    assert activity.subscribe(account(sandbox, oauth2=True), webhook_id=hook.id)


def test_nobody_answers() -> None:
    app = {"bearer_token": "x"}
    with pytest.raises(FetchFailed) as failed:
        activity.webhooks(app, base_url=f"http://127.0.0.1:{free_port()}")
    assert not failed.value.permanent


# --- what is pushed ---------------------------------------------------------------------------------------


def told(
    x: XConnector, bodies: list[bytes]
) -> tuple[dict[str, list[Incoming]], list[Any], set[str]]:
    """(messages by id, events, keys of look-ups) of pushed bodies."""
    messages: dict[str, list[Incoming]] = {}
    events: list[Any] = []
    wanted: set[str] = set()
    for body in bodies:
        assert HOOK.accounts(body) == (x.account.external_id,)
        parsed = parse(body, x.account.external_id, "webhook")
        assert parsed.problems == ()
        for message in parsed.messages:
            messages.setdefault(message.external_id, []).append(message)
        events += parsed.events
        wanted |= {each.key for each in parsed.wanted}
    return messages, events, wanted


def polled(x: XConnector, *feeds: str) -> dict[str, Incoming]:
    """Messages of these feeds by id."""
    return {
        message.external_id: message
        for feed in feeds
        for page in x.fetch(feed, "")
        for message in parse(page.body, x.account.external_id, feed).messages
    }


def test_pushed_and_polled_tell_the_same(
    sandbox: Sandbox, pushed: Callable[[int], list[bytes]]
) -> None:
    ours = sandbox.send(
        "POST", "/_sandbox/x/native", {"account": "PoldaKaltim", "text": "Listrik padam & gelap"}
    )["id"]
    asked = sandbox.write(TEXT, media=[{"type": "photo", "url": "https://p.example/1.jpg"}])  # type: ignore[arg-type]
    sandbox.write("@PoldaKaltim masih mati", reply_to=ours)
    with connector(sandbox) as x:
        assert x.send(answer(asked, "Kami cek")).remote_id
        bodies = pushed(5)  # own post, mention, mention and reply of one post, own answer
        messages, _events, wanted = told(x, bodies)
        found = polled(x, "mentions", "own")
    assert set(messages) == set(found)
    assert sum(len(each) for each in messages.values()) == 5
    for number, versions in messages.items():
        assert all(message == found[number] for message in versions)
    assert wanted == set()


def test_a_quote_is_completed_as_the_poll_tells_it(
    sandbox: Sandbox, pushed: Callable[[int], list[bytes]]
) -> None:
    ours = sandbox.send(
        "POST", "/_sandbox/x/native", {"account": "PoldaKaltim", "text": "Listrik padam"}
    )["id"]
    quote = sandbox.write("Masih padam!", quote_of=ours)
    with connector(sandbox) as x:
        messages, _events, wanted = told(x, pushed(2))
        (early,) = messages[quote]
        assert (early.text, early.address, early.quoted) == ("Masih padam!", {"summoned": "1"}, "")
        assert wanted == {quote}
        page = x.look_up(Wanted("post", quote))
        (whole,) = parse(page.body, x.account.external_id, "lookup").messages
        assert [whole] == list(polled(x, "quotes").values())
    assert whole.quoted == "Listrik padam"
    assert (whole.version, whole.text, whole.address) == (early.version, early.text, early.address)


def test_messages_and_their_echoes(sandbox: Sandbox, pushed: Callable[[int], list[bytes]]) -> None:
    wish = {"as": "citizen", "username": "warga_satu", "text": "Halo & pagi", "media": [{}]}
    sandbox.send("POST", "/_sandbox/x/dm", wish)
    with connector(sandbox) as x:
        first = told(x, pushed(1))[0]
        ((question,),) = first.values()
        out = answer("1", "Pagi", way="chat", call="dm", person_id=question.author.external_id)
        sent = x.send(out)
        messages, _events, _wanted = told(x, pushed(2))
        assert {number: [message] for number, message in polled(x, "dms").items()} == messages
    ((echo,),) = (messages[sent.remote_id],)
    assert (echo.own, echo.thread_id) == (True, question.thread_id)
    assert [medium.kind for medium in question.media] == ["image"]


def test_deletions_and_withdrawals(sandbox: Sandbox, pushed: Callable[[int], list[bytes]]) -> None:
    ours = sandbox.send(
        "POST", "/_sandbox/x/native", {"account": "PoldaKaltim", "text": "Salah ketik"}
    )["id"]
    sandbox.send("DELETE", f"/_sandbox/x/posts/{ours}")
    sandbox.send("POST", "/_sandbox/x/revoke", {"account": "PoldaKaltim"})
    with connector(sandbox) as x:
        _messages, events, _wanted = told(x, pushed(3))
    kinds = sorted((event.kind, event.external_id) for event in events)
    assert kinds == [(EventKind.REMOVED, ours), (EventKind.REVOKED, "")]


def test_the_status_of_a_replay_says_nothing() -> None:
    body = json.dumps({"replay_job_status": {"job_state": "Complete"}}).encode()
    parsed = parse(body, "1", "webhook")
    assert (parsed.problems, parsed.ignored) == ((), ("aaa:replay_job_status",))
