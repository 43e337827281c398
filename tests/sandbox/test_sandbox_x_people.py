"""X: direct messages, OAuth 2.0, pictures, dead tokens, a feed on several platforms (§2.1, §2.4)."""

import base64
import csv
import json
from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import tweepy

from tests.sandbox.sandbox_server import Rebase, Sandbox, until

BACK = "http://127.0.0.1:1/kembali"
SCOPES = ["tweet.read", "tweet.write", "users.read", "dm.read", "dm.write", "media.write"]
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def writes(sandbox: Sandbox, text: str, username: str = "budi", **more: Any) -> dict[str, str]:
    """A citizen sends a direct message."""
    wish = {"as": "citizen", "username": username, "text": text, **more}
    return dict(sandbox.post("x/dm", **wish))


class Consent:
    """The institution allows the application, through X's real OAuth 2.0 client."""

    def __init__(self, sandbox: Sandbox, *scopes: str) -> None:
        self.sandbox = sandbox
        keys = sandbox.get("x/app.json")
        self.handler = tweepy.OAuth2UserHandler(
            client_id=keys["client_id"],
            client_secret=keys["client_secret"],
            redirect_uri=BACK,
            scope=list(scopes or [*SCOPES, "offline.access"]),
        )
        for host in ("https://api.twitter.com/", "https://api.x.com/"):
            self.handler.mount(host, Rebase(sandbox.url))
        self.page = urlsplit(self.handler.get_authorization_url())

    def visit(self, extra: str = "") -> requests.Response:
        """The consent page, or what a press on it leads to."""
        url = f"{self.sandbox.url}{self.page.path}?{self.page.query}{extra}"
        return self.sandbox.http.get(url, timeout=5, allow_redirects=False)

    def token(self) -> dict[str, Any]:
        """Allowed as the chief account: the pair of tokens."""
        back = self.visit("&allow=PoldaKaltim").headers["location"]
        assert back.startswith(BACK)
        return dict(self.handler.fetch_token(back.replace("http://", "https://")))

    def refresh(self, refresh_token: str) -> dict[str, Any]:
        """A new pair."""
        return dict(
            self.handler.refresh_token(
                "https://api.twitter.com/2/oauth2/token",
                refresh_token=refresh_token,
                auth=self.handler.auth,
            )
        )

    def client(self, access_token: str) -> tweepy.Client:
        """X's client with this token: every call with user_auth=False."""
        client = tweepy.Client(access_token)
        client.session.mount("https://api.twitter.com/", Rebase(self.sandbox.url))
        self.sandbox._clients.append(client)
        return client


def test_messages_are_read_newest_first_without_since_id(sandbox: Sandbox) -> None:
    done = [writes(sandbox, f"pesan {n}") for n in range(5)]
    writes(sandbox, "dari siti", "siti")
    client = sandbox.client()
    page = client.get_direct_message_events(
        max_results=4, dm_event_fields=["sender_id", "created_at", "dm_conversation_id"],
        expansions="sender_id",
    )  # fmt: skip
    assert [event.text for event in page.data] == ["dari siti", "pesan 4", "pesan 3", "pesan 2"]
    assert page.data[1].data["sender_id"] == done[0]["user_id"]
    assert {user.username for user in page.includes["users"]} == {"budi", "siti"}
    rest = client.get_direct_message_events(pagination_token=page.meta["next_token"])
    assert [event.text for event in rest.data] == ["pesan 1", "pesan 0"]
    one = client.get_direct_message_events(participant_id=done[0]["user_id"])
    assert len(one.data) == 5
    me = sandbox.account()["id"]
    smaller, larger = sorted((int(me), int(done[0]["user_id"])))
    assert done[0]["conversation"] == f"{smaller}-{larger}"
    same = client.get_direct_message_events(dm_conversation_id=done[0]["conversation"])
    assert len(same.data) == 5
    assert sandbox.client(1).get_direct_message_events().data is None
    sandbox.post("x/switches", visibility_lag=60)
    assert client.get_direct_message_events().data is None
    sandbox.clock.write_text("61")
    assert len(client.get_direct_message_events().data) == 6
    sandbox.clock.write_text(str(31 * 86_400))
    assert client.get_direct_message_events().data is None


def test_an_answer_by_message(sandbox: Sandbox) -> None:
    done = writes(sandbox, "halo")
    client = sandbox.client()
    sent = client.create_direct_message(participant_id=done["user_id"], text="Ya, Kak?").data
    assert sent["dm_conversation_id"] == done["conversation"]
    again = client.create_direct_message(dm_conversation_id=done["conversation"], text="Ya, Kak?")
    assert again.data["dm_event_id"] != sent["dm_event_id"]
    entry = sandbox.ledger(platform="x")[1]
    assert (entry["kind"], entry["by"], entry["in_reply_to"]) == ("dm", "api", done["conversation"])
    own = client.get_direct_message_events(dm_event_fields="sender_id").data
    assert own[0].data["sender_id"] == sandbox.account()["id"]
    assert sandbox.get("x/dm")["messages"][0]["sender"] == "PoldaKaltim"
    sandbox.post("x/switches", dm_closed=["Budi"])
    with pytest.raises(tweepy.Forbidden, match="do not accept them"):
        client.create_direct_message(participant_id=done["user_id"], text="tertutup")
    with pytest.raises(tweepy.NotFound):
        client.create_direct_message(participant_id=99, text="siapa")
    with pytest.raises(tweepy.Forbidden):
        client.create_direct_message(dm_conversation_id="1-2", text="bukan kami")
    for text in ("", "x" * 10_001):
        with pytest.raises(tweepy.BadRequest):
            client.create_direct_message(participant_id=done["user_id"], text=text)


def test_messages_have_fifteen_requests_in_fifteen_minutes(sandbox: Sandbox) -> None:
    writes(sandbox, "halo")
    client = sandbox.client()
    for _ in range(15):
        client.get_direct_message_events()
    with pytest.raises(tweepy.TooManyRequests):
        client.get_direct_message_events()
    with pytest.raises(tweepy.Forbidden, match="Application-Only"):
        client.get_direct_message_events(user_auth=False)


def test_consent_and_tokens(sandbox: Sandbox) -> None:
    consent = Consent(sandbox)
    page = consent.visit()
    assert page.status_code == 200
    assert "Izinkan sebagai Humas Polda Kaltim (@PoldaKaltim)" in page.text
    denied = parse_qs(urlsplit(consent.visit("&deny=1").headers["location"]).query)
    assert denied["error"] == ["access_denied"]
    token = consent.token()
    assert (token["token_type"], token["expires_in"]) == ("bearer", 7200)
    assert set(token["scope"]) == {*SCOPES, "offline.access"}
    client = consent.client(token["access_token"])
    assert client.get_me(user_auth=False).data.username == "PoldaKaltim"
    called = sandbox.says("budi", "@PoldaKaltim halo")
    client.create_tweet(text="Halo Kak", in_reply_to_tweet_id=called, user_auth=False)
    assert sandbox.ledger()[-1]["account"] == "PoldaKaltim"
    assert client.get_direct_message_events(user_auth=False).data is None
    consent.handler.close()


def test_refresh_tokens_rotate(sandbox: Sandbox) -> None:
    consent = Consent(sandbox)
    first = consent.token()
    second = consent.refresh(first["refresh_token"])
    assert second["refresh_token"] != first["refresh_token"]
    with pytest.raises(Exception, match="invalid"):
        consent.refresh(first["refresh_token"])
    sandbox.clock.write_text("7201")
    with pytest.raises(tweepy.Unauthorized):
        consent.client(second["access_token"]).get_me(user_auth=False)
    third = consent.refresh(second["refresh_token"])
    assert consent.client(third["access_token"]).get_me(user_auth=False).data
    sandbox.post("x/switches", refresh_ends_access=True)
    consent.refresh(third["refresh_token"])
    with pytest.raises(tweepy.Unauthorized):
        consent.client(third["access_token"]).get_me(user_auth=False)
    consent.handler.close()


def test_a_code_is_good_once_for_half_a_minute_and_for_its_verifier(sandbox: Sandbox) -> None:
    keys = sandbox.get("x/app.json")

    def redeem(code: str, verifier: str, secret: str = "") -> requests.Response:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": BACK,
            "code_verifier": verifier,
        }
        auth = (keys["client_id"], secret or keys["client_secret"])
        return sandbox.http.post(f"{sandbox.url}/2/oauth2/token", data=form, auth=auth, timeout=5)

    def code() -> str:
        query = {
            "response_type": "code", "client_id": keys["client_id"], "redirect_uri": BACK, "scope": "tweet.read users.read",
            "state": "s", "code_challenge": "rahasia", "code_challenge_method": "plain", "allow": "PoldaKaltim",
        }  # fmt: skip
        answer = sandbox.http.get(
            f"{sandbox.url}/i/oauth2/authorize", params=query, allow_redirects=False, timeout=5
        )
        return parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]

    good = code()
    assert redeem(good, "salah").status_code == 400
    assert redeem(good, "rahasia").status_code == 400  # spent by the attempt
    assert redeem(code(), "rahasia", secret="salah").status_code == 401
    late = code()
    sandbox.clock.write_text("31")
    assert redeem(late, "rahasia").json()["error"] == "invalid_request"
    answer = redeem(code(), "rahasia").json()
    assert "refresh_token" not in answer  # without offline.access
    headers = {"Authorization": f"Bearer {answer['access_token']}"}
    body = {"text": "tanpa izin menulis"}
    refused = sandbox.http.post(f"{sandbox.url}/2/tweets", json=body, headers=headers, timeout=5)
    assert refused.status_code == 403
    wrong = sandbox.http.get(f"{sandbox.url}/i/oauth2/authorize?client_id=x", timeout=5)
    assert wrong.status_code == 400


def test_a_dead_token_comes_back_to_life_and_a_withdrawn_one_does_not(sandbox: Sandbox) -> None:
    consent = Consent(sandbox)
    token = consent.token()
    client = consent.client(token["access_token"])
    sandbox.post("x/switches", dead=["poldakaltim"])
    with pytest.raises(tweepy.Unauthorized):
        client.get_me(user_auth=False)
    with pytest.raises(tweepy.Unauthorized):
        sandbox.client().get_users_mentions(sandbox.account()["id"], user_auth=True)
    with pytest.raises(Exception, match="invalid"):
        consent.refresh(token["refresh_token"])
    assert sandbox.client(1).get_me().data
    sandbox.post("x/switches", dead=[])
    assert client.get_me(user_auth=False).data
    assert sandbox.client().get_users_mentions(sandbox.account()["id"], user_auth=True)
    sandbox.post("x/revoke", account="PoldaKaltim")
    with pytest.raises(tweepy.Unauthorized):
        consent.client(token["access_token"]).get_me(user_auth=False)
    consent.handler.close()


def upload(sandbox: Sandbox, token: str, body: bytes = PIXEL) -> requests.Response:
    return sandbox.http.post(
        f"{sandbox.url}/2/media/upload",
        files={"media": ("a.png", body)},
        data={"media_category": "tweet_image"},
        headers={"Authorization": f"Bearer {token}"},
        timeout=5,
    )


def test_a_picture_in_an_answer_and_in_a_message(sandbox: Sandbox) -> None:
    consent = Consent(sandbox)
    access = consent.token()["access_token"]
    media = upload(sandbox, access).json()["data"]
    assert media["media_key"] == f"3_{media['id']}"
    called = sandbox.says("budi", "@PoldaKaltim halo")
    client = consent.client(access)
    sent = client.create_tweet(
        text="Ini petanya", media_ids=[media["id"]], in_reply_to_tweet_id=called, user_auth=False
    ).data
    read = client.get_tweet(
        sent["id"], expansions="attachments.media_keys", media_fields="url", user_auth=False
    )
    assert read.data.data["attachments"] == {"media_keys": [media["media_key"]]}
    picture = read.includes["media"][0]
    assert sandbox.http.get(picture.url, timeout=5).content == PIXEL
    alone = client.create_tweet(media_ids=[media["id"]], user_auth=False)
    assert alone.data["id"]
    done = writes(sandbox, "foto?", media=[{}])
    event = client.get_direct_message_events(
        participant_id=done["user_id"], expansions="attachments.media_keys", user_auth=False
    )
    theirs = event.includes["media"][0]
    assert sandbox.http.get(theirs["url"], timeout=5).content.startswith(b"\x89PNG")
    client.create_direct_message(
        participant_id=done["user_id"], media_id=media["id"], user_auth=False
    )
    assert sandbox.get("x/dm")["messages"][0]["media"][0]["media_key"] == media["media_key"]
    other = {"text": "x", "media": {"media_ids": [media["id"]]}}
    with pytest.raises(tweepy.BadRequest, match="media IDs"):
        sandbox.client(1).request("POST", "/2/tweets", json=other, user_auth=True)
    sandbox.clock.write_text(str(86_401 - 60))
    assert upload(sandbox, access).status_code == 401  # two hours are over
    assert json.dumps(sandbox.get("x/posts"))
    consent.handler.close()


def test_what_is_no_picture_is_refused(sandbox: Sandbox) -> None:
    consent = Consent(sandbox)
    access = consent.token()["access_token"]
    assert upload(sandbox, access, b"bukan gambar").status_code == 400
    assert upload(sandbox, access, PIXEL + b"\0" * 5_000_000).status_code == 400
    consent.handler.close()


def test_the_old_upload_by_tweepy(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    keys, account = sandbox.get("x/app.json"), sandbox.account()
    auth = tweepy.OAuth1UserHandler(
        keys["consumer_key"],
        keys["consumer_secret"],
        account["access_token"],
        account["access_token_secret"],
    )
    api = tweepy.API(auth)
    api.session.mount("https://upload.twitter.com/", Rebase(sandbox.url))
    path = sandbox.var / "peta.png"
    path.write_bytes(PIXEL)
    media = api.media_upload(str(path))
    assert media.image["image_type"] == "image/png"
    sent = sandbox.client().create_tweet(text="Peta", media_ids=[media.media_id_string]).data
    assert sandbox.get("x/posts")["posts"][0]["id"] == sent["id"]
    api.session.close()


def test_a_feed_dealt_to_several_platforms(own: Callable[..., Sandbox]) -> None:
    rows = [f"aduan {n}" for n in range(40)]
    sandbox = own(FEED_RATE="100", FEED_ROOMS="x, line")
    path = sandbox.var / "aduan.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["text"], *[[row] for row in rows]])
    sandbox.environment["FEED"] = str(path)
    sandbox.start()
    until(lambda: sandbox.get("feed")["posted"] >= 15)
    sandbox.kill()
    sandbox.start()
    until(lambda: sandbox.get("feed")["done"])
    entries = sandbox.ledger()
    assert sorted(entry["text"].removeprefix("@PoldaKaltim ") for entry in entries) == sorted(rows)
    kinds = Counter((entry["platform"], entry["kind"]) for entry in entries)
    assert kinds == {("x", "post"): 16, ("x", "dm"): 4, ("line", "message"): 20}


def test_a_feed_for_a_platform_there_is_not(own: Callable[..., Sandbox]) -> None:
    sandbox = own(FEED_ROOMS="x,fax")
    path = sandbox.var / "aduan.csv"
    path.write_text("text\nsatu\n")
    sandbox.environment["FEED"] = str(path)
    with pytest.raises(AssertionError, match="FEED_ROOMS: tidak ada platform 'fax'"):
        sandbox.start()
