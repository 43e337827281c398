"""What X's client reads from the sandbox (platforms.md §2.2, §2.4)."""

from collections.abc import Callable

import pytest
import requests
import tweepy

from tests.sandbox.sandbox_server import Sandbox, until

ALL_FIELDS = {
    "tweet_fields": "author_id,created_at,conversation_id,in_reply_to_user_id,referenced_tweets,"
    "entities,attachments,edit_history_tweet_ids,edit_controls,note_tweet,reply_settings",
    "expansions": "author_id,referenced_tweets.id,attachments.media_keys,in_reply_to_user_id",
    "user_fields": "username,name,protected,verified_type",
    "media_fields": "type,url,alt_text",
    "user_auth": True,
}


def ids(response: tweepy.Response) -> list[str]:
    return [post.data["id"] for post in response.data or []]


def test_who_am_i_and_who_are_they(sandbox: Sandbox) -> None:
    client = sandbox.client()
    mine = sandbox.account()
    assert client.get_me().data.data["id"] == mine["id"]
    assert int(mine["id"]) > 2**53
    assert mine["access_token"].startswith(f"{mine['id']}-")
    sandbox.says("budi", "halo", name="Budi Santai")
    budi = client.get_user(username="BUDI").data
    assert (budi.username, budi.name) == ("budi", "Budi Santai")
    assert client.get_user(id=budi.id).data.username == "budi"
    assert client.get_user(username="tidak_ada").errors[0]["title"] == "Not Found Error"


def test_only_three_fields_come_unasked(sandbox: Sandbox) -> None:
    sandbox.says("budi", "@PoldaKaltim halo")
    page = sandbox.client().get_users_mentions(sandbox.account()["id"])
    assert set(page.data[0].data) == {"id", "text", "edit_history_tweet_ids"}
    assert page.includes == {}


def test_an_empty_page_has_no_data(sandbox: Sandbox) -> None:
    mine = sandbox.account()["id"]
    page = sandbox.client().get_users_mentions(mine)
    assert page.data is None
    raw = sandbox.http.get(
        f"{sandbox.url}/2/users/{mine}/mentions",
        headers={"Authorization": f"Bearer {sandbox.get('x/app.json')['bearer_token']}"},
        timeout=5,
    )
    assert raw.json() == {"meta": {"result_count": 0}}


def test_everything_asked_for(sandbox: Sandbox) -> None:
    first = sandbox.says("info_bpn", "air mati", name="Info")
    photo = {"type": "photo", "url": "https://gambar.example/1.jpg", "alt_text": "keran"}
    sandbox.says(
        "budi",
        "@PoldaKaltim @satlantasbpn air & <listrik> https://contoh.id/a?b=1 @tidakada",
        reply_to=first,
        media=[photo],
    )
    page = sandbox.client().get_users_mentions(sandbox.account()["id"], **ALL_FIELDS)
    post = page.data[0].data
    assert post["text"].startswith(
        "@info_bpn @PoldaKaltim @satlantasbpn air &amp; &lt;listrik&gt; "
    )
    link = post["entities"]["urls"][0]
    assert post["text"][link["start"] : link["end"]] == link["url"]
    assert link["url"].startswith("https://t.co/")
    assert link["expanded_url"] == "https://contoh.id/a?b=1"
    names = [each["username"] for each in post["entities"]["mentions"]]
    assert names == ["info_bpn", "PoldaKaltim", "SatlantasBpn"]
    for each in post["entities"]["mentions"]:
        assert post["text"][each["start"] : each["end"]].lower() == f"@{each['username'].lower()}"
    assert post["conversation_id"] == first
    assert [(each.type, str(each.id)) for each in page.data[0].referenced_tweets] == [
        ("replied_to", first)
    ]
    assert {user.username for user in page.includes["users"]} == {"budi", "info_bpn"}
    assert [str(other.id) for other in page.includes["tweets"]] == [first]
    assert page.includes["media"][0].media_key == post["attachments"]["media_keys"][0]


def test_mentions_are_of_others_only(sandbox: Sandbox) -> None:
    client = sandbox.client()
    mine = sandbox.account()["id"]
    called = sandbox.says("budi", "min @poldakaltim tolong")
    sandbox.says("siti", "tidak menyebut siapa pun, surel saya a@PoldaKaltim.example")
    answer = client.create_tweet(text="Halo @PoldaKaltim juga", in_reply_to_tweet_id=called)
    again = sandbox.says("budi", "makasih", reply_to=answer.data["id"])
    bare = sandbox.says("tono", "setuju", reply_to=answer.data["id"], auto_mention=False)
    sandbox.says("rini", "wah", quote_of=answer.data["id"])
    quoting = sandbox.says("rini", "lihat ini @PoldaKaltim", quote_of=answer.data["id"])
    assert ids(client.get_users_mentions(mine)) == [quoting, bare, again, called]
    texts = {post["id"]: post["text"] for post in sandbox.get("x/posts")["posts"]}
    assert texts[again] == "@PoldaKaltim makasih"
    assert texts[bare] == "setuju"
    assert len(ids(client.get_quote_tweets(answer.data["id"], max_results=10))) == 2


def test_paging_holds_while_new_posts_arrive(sandbox: Sandbox) -> None:
    client = sandbox.client()
    mine = sandbox.account()["id"]
    old = sandbox.says("budi", "@PoldaKaltim lama")
    wanted = [sandbox.says(f"warga{n}", f"@PoldaKaltim nomor {n}") for n in range(12)]
    page = client.get_users_mentions(mine, since_id=old, max_results=5)
    first_newest, seen = page.meta["newest_id"], ids(page)
    while token := page.meta.get("next_token"):
        sandbox.says("penyela", f"@PoldaKaltim menyela {len(seen)}")
        page = client.get_users_mentions(mine, since_id=old, max_results=5, pagination_token=token)
        seen += ids(page)
    assert seen == wanted[::-1]
    late = ids(client.get_users_mentions(mine, since_id=first_newest, max_results=100))
    assert len(late) == 2
    assert not set(late) & set(seen)


@pytest.mark.parametrize("wrong", [{"max_results": 4}, {"max_results": 101}, {"since_id": "x"}])
def test_parameters_x_refuses(sandbox: Sandbox, wrong: dict[str, int]) -> None:
    with pytest.raises(tweepy.BadRequest, match="query parameter value"):
        sandbox.client().get_users_mentions(sandbox.account()["id"], **wrong)


def test_times_narrow_a_page(sandbox: Sandbox) -> None:
    client = sandbox.client()
    mine = sandbox.account()["id"]
    sandbox.says("budi", "@PoldaKaltim satu")
    sandbox.clock.write_text("3600")
    later = sandbox.says("budi", "@PoldaKaltim dua")
    at = client.get_tweet(later, tweet_fields="created_at").data.created_at
    assert ids(client.get_users_mentions(mine, start_time=at.replace(microsecond=0))) == [later]
    assert len(ids(client.get_users_mentions(mine, end_time=at.replace(microsecond=0)))) == 1


def test_the_800_newest_are_reachable(own: Callable[..., Sandbox]) -> None:
    feed = "text\n" + "\n".join(f"aduan {n}" for n in range(805)) + "\n"
    sandbox = own(FEED_RATE="0")
    (sandbox.var / "banyak.csv").write_text(feed)
    sandbox.environment["FEED"] = str(sandbox.var / "banyak.csv")
    sandbox.start()
    until(lambda: sandbox.get("feed")["done"])
    pages = tweepy.Paginator(
        sandbox.client().get_users_mentions, sandbox.account()["id"], max_results=100
    )
    texts = [post.text for page in pages for post in page.data or []]
    assert len(texts) == 800
    assert texts[-1] == "@PoldaKaltim aduan 5"


def test_long_posts_come_whole_in_the_note(sandbox: Sandbox) -> None:
    text = "@PoldaKaltim " + "panjang sekali & " * 80
    sandbox.says("pak_guru", text)
    page = sandbox.client().get_users_mentions(sandbox.account()["id"], **ALL_FIELDS)
    post = page.data[0].data
    assert post["text"].endswith("…")
    assert len(post["text"].replace("&amp;", "&")) <= 280
    assert post["note_tweet"]["text"] == text.strip().replace("&", "&amp;")


def test_an_edit_is_a_new_id(sandbox: Sandbox) -> None:
    client = sandbox.client()
    mine = sandbox.account()["id"]
    old = sandbox.says("budi", "@PoldaKaltim jalan km 15 rusak")
    new = sandbox.post(f"x/posts/{old}/edit", text="@PoldaKaltim jalan km 16 rusak")["id"]
    page = client.get_users_mentions(mine, since_id=old, **ALL_FIELDS)
    assert ids(page) == [new]
    assert page.data[0].data["edit_history_tweet_ids"] == [old, new]
    assert page.data[0].data["conversation_id"] == old
    assert ids(client.get_users_mentions(mine)) == [new]
    before = client.get_tweet(old).data.data
    assert before["text"].endswith("km 15 rusak")
    assert before["edit_history_tweet_ids"] == [old, new]
    reply = sandbox.says("budi", "tambahan", reply_to=sandbox.says("siti", "hai"))
    refused = sandbox.http.post(
        f"{sandbox.url}/_sandbox/x/posts/{reply}/edit", json={"text": "lain"}, timeout=5
    )
    assert refused.status_code == 400


def test_what_is_gone_stands_in_errors(sandbox: Sandbox) -> None:
    there, gone = (
        sandbox.says("budi", "@PoldaKaltim satu"),
        sandbox.says("budi", "@PoldaKaltim dua"),
    )
    requests.delete(f"{sandbox.url}/_sandbox/x/posts/{gone}", timeout=5)
    answer = sandbox.client().get_tweets([there, gone, "99"])
    assert ids(answer) == [there]
    assert [error["resource_id"] for error in answer.errors] == [gone, "99"]
    assert sandbox.client().get_tweet(gone).data is None
    assert ids(sandbox.client().get_users_mentions(sandbox.account()["id"])) == [there]


def test_search_finds_the_reply_after_its_lag(sandbox: Sandbox) -> None:
    client = sandbox.client()
    called = sandbox.says("budi", "@PoldaKaltim air mati")
    answer = client.create_tweet(text="Kami cek", in_reply_to_tweet_id=called).data["id"]
    query = f"from:PoldaKaltim in_reply_to_tweet_id:{called} -is:retweet"
    assert client.search_recent_tweets(query).data is None
    sandbox.clock.write_text("40")
    assert ids(client.search_recent_tweets(query)) == [answer]
    assert ids(client.search_recent_tweets(f"conversation_id:{called} to:budi")) == [answer]
    with pytest.raises(tweepy.BadRequest):
        client.search_recent_tweets("lang_is:in air")


def test_the_visibility_lag_hides_a_fresh_reply(sandbox: Sandbox) -> None:
    client = sandbox.client()
    mine = sandbox.account()["id"]
    sandbox.post("x/switches", visibility_lag=60)
    sent = client.create_tweet(text="Selamat pagi").data["id"]
    assert ids(client.get_users_tweets(mine)) == []
    sandbox.clock.write_text("61")
    assert ids(client.get_users_tweets(mine)) == [sent]
