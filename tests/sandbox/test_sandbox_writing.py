"""What the sandbox accepts and refuses (platforms.md §2.4, §2.5)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
import tweepy

from tests.sandbox.sandbox_server import Sandbox

SUMMON = "Reply to this conversation is not allowed because you have not been mentioned"


def test_a_reply_stands_under_the_post_and_in_the_ledger(sandbox: Sandbox) -> None:
    called = sandbox.says("budi", "@PoldaKaltim @SatlantasBpn SIM & STNK")
    answer = sandbox.client().create_tweet(text="Halo & salam", in_reply_to_tweet_id=called).data
    assert answer["text"] == "@budi @SatlantasBpn Halo &amp; salam"
    assert answer["edit_history_tweet_ids"] == [answer["id"]]
    entry = sandbox.ledger(platform="x", since=1)[0]
    assert entry | {"at": ""} == {
        "n": 2,
        "at": "",
        "platform": "x",
        "kind": "post",
        "id": answer["id"],
        "account": "PoldaKaltim",
        "text": "@budi @SatlantasBpn Halo & salam",
        "sent": "Halo & salam",
        "in_reply_to": called,
        "by": "api",
    }
    own = sandbox.client().get_users_tweets(
        sandbox.account()["id"], tweet_fields="referenced_tweets", since_id=called
    )
    assert str(own.data[0].referenced_tweets[0].id) == called


def test_ids_grow_with_the_clock(sandbox: Sandbox) -> None:
    first = int(sandbox.says("budi", "satu"))
    sandbox.clock.write_text("3600")
    second = int(sandbox.says("budi", "dua"))
    assert first > 2**53
    assert 3_590_000 < (second >> 22) - (first >> 22) < 3_630_000


def test_the_same_text_twice_is_refused_without_an_id(sandbox: Sandbox) -> None:
    client = sandbox.client()
    called = sandbox.says("budi", "@PoldaKaltim satu")
    client.create_tweet(text="Sedang kami cek", in_reply_to_tweet_id=called)
    with pytest.raises(tweepy.Forbidden) as refused:
        client.create_tweet(text="Sedang kami cek", in_reply_to_tweet_id=called)
    body = refused.value.response.json()
    assert body == {
        "detail": "You are not allowed to create a Tweet with duplicate content.",
        "type": "about:blank",
        "title": "Forbidden",
        "status": 403,
    }
    other = sandbox.says("siti", "@PoldaKaltim dua")
    client.create_tweet(text="Sedang kami cek", in_reply_to_tweet_id=other)
    sandbox.clock.write_text(str(25 * 3600))
    client.create_tweet(text="Sedang kami cek", in_reply_to_tweet_id=called)


def test_only_who_is_summoned_may_reply(sandbox: Sandbox) -> None:
    client = sandbox.client()
    stranger = sandbox.says("budi", "air mati lagi")
    with pytest.raises(tweepy.Forbidden, match=SUMMON):
        client.create_tweet(text="Kami bantu", in_reply_to_tweet_id=stranger)
    called = sandbox.says("budi", "@PoldaKaltim air mati")
    answer = client.create_tweet(text="Kami bantu", in_reply_to_tweet_id=called).data["id"]
    kept = sandbox.says("budi", "RT 12", reply_to=answer)
    client.create_tweet(text="Baik", in_reply_to_tweet_id=kept)
    lost = sandbox.says("budi", "RT 13", reply_to=answer, auto_mention=False)
    with pytest.raises(tweepy.Forbidden, match=SUMMON):
        client.create_tweet(text="Siap", in_reply_to_tweet_id=lost)
    quoting = sandbox.says("siti", "nah ini", quote_of=answer)
    client.create_tweet(text="Terima kasih", in_reply_to_tweet_id=quoting)
    client.create_tweet(text="Sambungan", in_reply_to_tweet_id=answer)
    sandbox.post("x/switches", own_exempt=False)
    with pytest.raises(tweepy.Forbidden, match=SUMMON):
        client.create_tweet(text="Sambungan lagi", in_reply_to_tweet_id=answer)


def test_length_is_x_own(sandbox: Sandbox) -> None:
    client = sandbox.client()
    called = sandbox.says("budi", "@PoldaKaltim " + "x" * 100)
    client.create_tweet(text="a" * 280, in_reply_to_tweet_id=called)
    client.create_tweet(text="b" * 256 + " https://contoh.id/" + "c" * 90)
    client.create_tweet(text="👨‍👩‍👧" * 140)
    for long in ("a" * 281, "あ" * 141):
        with pytest.raises(tweepy.Forbidden, match="You are not permitted to perform this action"):
            client.create_tweet(text=long)
    with pytest.raises(tweepy.BadRequest):
        client.create_tweet(text="  ")


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"text": 5},
        {"text": "a", "reply": {}},
        {"text": "a", "reply": 3},
        {"text": "a", "x": 1},
    ],
    ids=repr,
)
def test_a_body_that_is_no_post_is_refused(sandbox: Sandbox, body: object) -> None:
    with pytest.raises(tweepy.BadRequest):
        sandbox.client().request("POST", "/2/tweets", json=body, user_auth=True)
    assert sandbox.ledger() == []


def test_a_target_that_is_gone(sandbox: Sandbox) -> None:
    called = sandbox.says("budi", "@PoldaKaltim satu")
    requests.delete(f"{sandbox.url}/_sandbox/x/posts/{called}", timeout=5)
    for target in (called, "99"):
        with pytest.raises(tweepy.NotFound):
            sandbox.client().create_tweet(text="Halo", in_reply_to_tweet_id=target)
    assert [entry["kind"] for entry in sandbox.ledger()] == ["post", "delete"]


def test_deleting_is_for_the_author(sandbox: Sandbox) -> None:
    sent = sandbox.client().create_tweet(text="Salah ketik").data["id"]
    with pytest.raises(tweepy.Forbidden):
        sandbox.client(1).delete_tweet(sent)
    assert sandbox.client().delete_tweet(sent).data == {"deleted": True}
    with pytest.raises(tweepy.NotFound):
        sandbox.client().delete_tweet(sent)
    assert sandbox.ledger()[-1]["kind"] == "delete"


@pytest.mark.parametrize(
    "spoiled",
    [
        {"consumer_secret": "salah"},
        {"access_token_secret": "salah"},
        {"access_token": "902200000000000001-salah"},
        {"consumer_key": "salah"},
    ],
)
def test_a_wrong_signature_is_refused(sandbox: Sandbox, spoiled: dict[str, str]) -> None:
    with pytest.raises(tweepy.Unauthorized) as refused:
        sandbox.client(0, **spoiled).create_tweet(text="Halo")
    assert refused.value.response.json()["title"] == "Unauthorized"
    assert sandbox.ledger() == []


def test_a_signature_is_good_once(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    client = sandbox.client()
    client.create_tweet(text="Pertama")
    sent: list[requests.PreparedRequest] = []
    adapter = client.session.get_adapter("https://api.twitter.com/")
    original = adapter.send

    def watched(request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        sent.append(request.copy())
        answer: requests.Response = original(request, **kwargs)
        return answer

    monkeypatch.setattr(adapter, "send", watched)
    client.create_tweet(text="Kedua")
    again = sent[0]
    again.url = f"{sandbox.url}/2/tweets"
    assert sandbox.http.send(again, timeout=5).status_code == 401
    assert len(sandbox.ledger()) == 2


def test_the_app_itself_reads_but_does_not_write(sandbox: Sandbox) -> None:
    sandbox.says("budi", "@PoldaKaltim halo")
    bearer = sandbox.client()
    assert bearer.get_users_mentions(sandbox.account()["id"]).data
    with pytest.raises(tweepy.Forbidden, match="Application-Only is forbidden"):
        bearer.create_tweet(text="Halo", user_auth=False)
    with pytest.raises(tweepy.Unauthorized):
        sandbox.client(bearer_token="salah").get_users_mentions(sandbox.account()["id"])


def test_rate_windows(sandbox: Sandbox) -> None:
    client = sandbox.client()
    client.return_type = requests.Response
    answer = client.get_users_mentions(sandbox.account()["id"], user_auth=True)
    assert answer.headers["x-rate-limit-limit"] == "300"
    assert answer.headers["x-rate-limit-remaining"] == "299"
    assert client.create_tweet(text="satu").headers["x-rate-limit-limit"] == "100"
    sandbox.post("x/switches", limits={"POST /2/tweets": 2})
    last = client.create_tweet(text="dua")
    assert last.headers["x-rate-limit-remaining"] == "0"
    with pytest.raises(tweepy.TooManyRequests) as spent:
        client.create_tweet(text="tiga")
    assert spent.value.reset_time == int(last.headers["x-rate-limit-reset"])
    sandbox.client(1).create_tweet(text="akun lain punya jatah sendiri")
    sandbox.post("x/switches", reset_header=False)
    with pytest.raises(tweepy.TooManyRequests) as spent:
        client.create_tweet(text="tiga")
    assert spent.value.reset_time is None
    sandbox.clock.write_text("901")
    assert client.create_tweet(text="tiga").status_code == 201


COMMITTED = {
    "hang_after": requests.ReadTimeout,
    "reset_after": requests.ConnectionError,
    "500_after": tweepy.TwitterServerError,
    "truncated_after": requests.exceptions.ChunkedEncodingError,
    "bad_json_after": requests.JSONDecodeError,
}
NOT_COMMITTED = {
    "hang_before": requests.ReadTimeout,
    "reset_before": requests.ConnectionError,
    "500_before": tweepy.TwitterServerError,
    "429": tweepy.TooManyRequests,
    "429_no_reset": tweepy.TooManyRequests,
    "401": tweepy.Unauthorized,
}


@pytest.mark.parametrize(("kind", "error"), [*COMMITTED.items(), *NOT_COMMITTED.items()])
def test_each_fault_on_the_wire(sandbox: Sandbox, kind: str, error: type[Exception]) -> None:
    client = sandbox.client()
    called = sandbox.says("budi", "@PoldaKaltim halo")
    sandbox.fault(kind)
    with pytest.raises(error) as found:
        client.create_tweet(text="Kami cek", in_reply_to_tweet_id=called)
    if isinstance(found.value, tweepy.TooManyRequests):
        reset = found.value.response.headers.get("x-rate-limit-reset")
        assert (reset is None) is (kind == "429_no_reset")
    stands = [entry for entry in sandbox.ledger() if entry["by"] == "api"]
    assert len(stands) == (kind in COMMITTED)
    read = client.get_users_tweets(sandbox.account()["id"], since_id=called).data or []
    assert len(read) == (kind in COMMITTED)
    assert sandbox.get("faults")["faults"][0]["hits"] == 1
    client.create_tweet(text="Berikutnya sehat", in_reply_to_tweet_id=called)


def test_faults_choose_their_requests(sandbox: Sandbox) -> None:
    client = sandbox.client()
    mine = sandbox.account()["id"]
    sandbox.fault("500_before", "GET", "/2/users/*/mentions", times=2)
    client.create_tweet(text="lewat")
    for _ in range(2):
        with pytest.raises(tweepy.TwitterServerError):
            client.get_users_mentions(mine)
    assert client.get_users_mentions(mine).data is None
    sandbox.fault("401", "GET", "*", times=0)
    for _ in range(3):
        with pytest.raises(tweepy.Unauthorized):
            client.get_me()
    sandbox.http.delete(f"{sandbox.url}/_sandbox/faults", timeout=5)
    client.get_me()
    refused = sandbox.http.post(f"{sandbox.url}/_sandbox/faults", json={"kind": "x"}, timeout=5)
    assert refused.status_code == 400


def test_the_institution_answers_in_x_own_app(sandbox: Sandbox) -> None:
    called = sandbox.says("budi", "@PoldaKaltim halo")
    native = sandbox.post("x/native", account="PoldaKaltim", text="Halo Kak", reply_to=called)
    assert sandbox.ledger()[-1]["by"] == "native"
    own = sandbox.client().get_users_tweets(sandbox.account()["id"]).data
    assert own[0].data["id"] == native["id"]
    for wrong in ("budi", "tidak_ada"):
        answer = sandbox.http.post(
            f"{sandbox.url}/_sandbox/x/native", json={"account": wrong, "text": "x"}, timeout=5
        )
        assert answer.status_code == 400
    answer = sandbox.http.post(
        f"{sandbox.url}/_sandbox/x/posts", json={"username": "poldakaltim", "text": "x"}, timeout=5
    )
    assert answer.status_code == 400


def test_everything_is_still_there_after_a_kill(own: Callable[..., Sandbox]) -> None:
    sandbox = own().start()
    called = sandbox.says("budi", "@PoldaKaltim halo")
    client = sandbox.client()
    client.create_tweet(text="Kami cek", in_reply_to_tweet_id=called)
    before, keys = sandbox.ledger(), sandbox.get("x/app.json")
    sandbox.kill()
    sandbox.start()
    assert sandbox.ledger() == before
    assert sandbox.get("x/app.json") == keys
    assert client.get_users_tweets(sandbox.account()["id"]).data
    assert Path(sandbox.var / "sandbox.sqlite3").exists()
    sandbox.fault("hang_before")
    with pytest.raises(requests.ReadTimeout):
        client.create_tweet(text="Menunggu")
    assert sandbox.stop() in (0, -15)
