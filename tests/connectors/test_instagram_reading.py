"""Reading Instagram from the sandbox: polls, look-ups, what still stands, health (platforms.md §6.1)."""

from collections.abc import Iterator

import pytest

from inbox.connectors.base import FetchFailed, Incoming
from inbox.connectors.instagram import reading
from tests.connectors.instagram_world import Gram, Listener, hearing, opened
from tests.sandbox_process import Sandbox


@pytest.fixture
def gram(sandbox_process: Sandbox) -> Gram:
    return opened(sandbox_process)


@pytest.fixture
def listener(gram: Gram) -> Iterator[Listener]:
    yield from hearing(gram)


def texts(messages: list[Incoming]) -> list[str]:
    return [message.text for message in messages]


# --- polling -----------------------------------------------------------------------------------------


def test_comments_with_their_replies_and_our_own(gram: Gram) -> None:
    top = gram.says(text="Kapan buka?")["id"]
    reply = gram.says(text="Iya, kapan?", on=top, name="budi")["id"]
    ours = gram.says(text="Pukul 8, Kak", on=top, native=True)["id"]
    found = {message.external_id: message for message in gram.poll()}

    assert set(found) == {top, reply, ours}
    assert {message.thread_id for message in found.values()} == {top}
    assert [found[each].own for each in (top, reply, ours)] == [False, False, True]
    assert found[reply].replies_to == found[ours].replies_to == top
    assert found[top].author.handle
    assert found[top].link.startswith("https://www.instagram.com/p/")


def test_the_same_pages_again_have_the_same_bytes(gram: Gram) -> None:
    gram.says()
    assert gram.pages(again=True) == gram.pages(again=True)
    assert len(gram.pages(again=True)) == 1  # nothing is stored for a post without comments


def test_more_than_a_page_of_comments_and_of_replies(
    gram: Gram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "PER_PAGE", 3)
    fields = "id,text,timestamp,username,from"
    monkeypatch.setattr(reading, "COMMENT_FIELDS", (f"{fields},replies.limit(2){{{fields}}}",))
    tops = [gram.says(text=f"komentar {n}")["id"] for n in range(5)]
    for n in range(5):
        gram.says(text=f"balasan {n}", on=tops[1])
    found = gram.poll()
    wanted = [f"komentar {n}" for n in range(5)] + [f"balasan {n}" for n in range(5)]
    assert set(texts(found)) == set(wanted)
    below = [message for message in found if message.text.startswith("balasan")]
    assert {message.thread_id for message in below} == {tops[1]}


def test_a_new_reply_far_down_is_found_by_the_number_of_comments(
    gram: Gram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "PER_PAGE", 2)
    monkeypatch.setattr(reading, "OVERLAP", reading.OVERLAP * 0)
    tops = [gram.says(text=f"komentar {n}")["id"] for n in range(6)]
    gram.poll()
    gram.says(text="jauh di bawah", on=tops[0])
    assert "jauh di bawah" in texts(gram.poll())


def test_older_posts_are_read_when_their_number_of_comments_changed(
    gram: Gram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "ALWAYS", 1)
    gram.says(text="lama")  # under the oldest post; a newer one stands above it
    gram.says("ig_media", "Kabar baru", native=True)
    assert texts(gram.poll()) == ["lama"]
    assert gram.pages() == []
    gram.says(text="baru")
    assert set(texts(gram.poll())) == {"lama", "baru"}
    del gram.cursors["comments"]
    assert set(texts(gram.poll())) == {"lama", "baru"}  # from the beginning: nothing is remembered


def test_a_failed_poll_reads_the_post_again(gram: Gram, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "ALWAYS", 0)
    gram.says(text="satu")
    gram.poll()
    gram.says(text="dua")
    gram.fault("500_before", path="*/comments", method="GET")
    with pytest.raises(FetchFailed) as failed:
        gram.poll()
    assert not failed.value.permanent
    assert "dua" in texts(gram.poll())


def test_a_post_removed_between_list_and_reading_is_passed_over(gram: Gram) -> None:
    other = gram.says("ig_media", "Kabar baru", native=True)["id"]
    gram.says(text="di bawah yang lain")
    with gram.connector() as connector:
        pages = connector.fetch("comments", "")
        gram.says(text="di bawah yang baru", on=other)
        first = next(pages)
        gram.change(gram.media, "remove")
        assert (b"di bawah yang baru" in first.body, list(pages)) == (True, [])


def test_tags_without_next_links(gram: Gram, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "PER_PAGE", 2)
    said = [
        gram.says("ig_mention_caption", f"foto {n}", name="budi", tagged=True)["id"]
        for n in range(5)
    ]
    found = gram.poll("tags")
    assert {message.external_id for message in found} == set(said)
    assert {message.object_class for message in found} == {"post"}
    assert {message.address["media"] for message in found} == set(said)
    assert gram.pages("tags", again=True) == gram.pages("tags", again=True)


def test_chats_with_stories(gram: Gram) -> None:
    psid = gram.says("ig_message", "selamat pagi")["psid"]
    gram.says("ig_story_mention", "", name="budi")
    gram.says("ig_message", "pagi, Kak", on=psid, native=True)
    found = gram.poll("chats")
    assert sorted(texts(found)) == ["", "pagi, Kak", "selamat pagi"]
    assert {message.text: message.own for message in found}["pagi, Kak"]
    assert {message.thread_id for message in found if message.text} == {f"chat:{gram.me}:{psid}"}
    (story,) = [medium for message in found for medium in message.media]
    assert (story.kind, story.keep) == ("story", False)


@pytest.mark.parametrize("feed", ["comments", "tags", "chats"])
def test_a_dead_token_is_told_as_such_and_nothing_is_missed(gram: Gram, feed: str) -> None:
    where = {"comments": "ig_comment", "tags": "ig_mention_caption", "chats": "ig_message"}[feed]
    gram.says(where, "sebelum", tagged=True)
    gram.poll(feed)
    gram.turn(dead=[gram.page])
    gram.says(where, "selama", tagged=True)
    with pytest.raises(FetchFailed) as failed:
        gram.poll(feed)
    assert (failed.value.dead, failed.value.permanent) == (True, True)
    gram.turn(dead=[])
    assert "selama" in texts(gram.poll(feed))


def test_the_budget_is_told_and_obeyed(gram: Gram) -> None:
    gram.turn(usage=85)
    gram.poll()
    assert max(usage.percent for usage in gram.usages) >= 85
    gram.turn(usage=100)
    with pytest.raises(FetchFailed) as failed:
        gram.poll()
    assert not failed.value.permanent
    assert failed.value.retry_after == 19 * 60


# --- webhooks against polls --------------------------------------------------------------------------


def key(message: Incoming) -> tuple[object, ...]:
    return (
        message.object_class, message.external_id, message.current_id, message.thread_id,
        message.author.external_id, message.text, message.own, message.version, message.replies_to,
        tuple(sorted(message.address.items())),
    )  # fmt: skip


def test_a_comment_by_webhook_poll_and_look_up_is_one(gram: Gram, listener: Listener) -> None:
    top = gram.says(text="Kapan buka?", silent=False)["id"]
    pushed = [*listener.came().messages]
    gram.says(text="Iya é", on=top, silent=False)
    pushed += listener.came().messages
    polled = gram.poll()
    asked = [m for each in pushed for m in gram.look_up("comment", each.external_id).messages]
    assert len(pushed) == 2
    for several in (polled, asked):
        assert sorted(map(key, several), key=repr) == sorted(map(key, pushed), key=repr)


@pytest.mark.parametrize(
    "switches", [{"ig_flat": True}, {"numeric_ids": True}, {"ig_object": "page"}]
)
def test_the_webhook_s_other_shapes_mean_the_same(
    gram: Gram, listener: Listener, switches: dict[str, object]
) -> None:
    gram.turn(**switches)
    gram.says(silent=False)
    (pushed,) = listener.came().messages
    assert key(pushed) == key(gram.poll()[0])


def test_our_own_comment_by_webhook_has_the_id_the_poll_shows(
    gram: Gram, listener: Listener
) -> None:
    top = gram.says()["id"]
    gram.says(text="Siap", on=top, silent=False, native=True)
    (echo,) = listener.came().messages
    assert echo.own
    assert key(echo) in map(key, gram.poll())


def test_a_comment_without_author_is_asked_for(gram: Gram, listener: Listener) -> None:
    gram.says(silent=False, named=False)
    told = listener.came()
    assert told.messages[0].author.external_id == ""
    assert [(one.kind, one.key) for one in told.wanted] == [
        ("comment", told.messages[0].external_id)
    ]


@pytest.mark.parametrize(
    ("where", "object_class"),
    [("ig_mention_comment", "comment"), ("ig_mention_caption", "post")],
)
def test_a_mention_elsewhere(gram: Gram, listener: Listener, where: str, object_class: str) -> None:
    said = gram.says(where, "tolong @humaspoldakaltim", silent=False)["id"]
    told = listener.came()
    assert told.messages == ()
    (wanted,) = told.wanted
    (message,) = gram.look_up(wanted.kind, wanted.key, **wanted.args).messages
    assert (message.object_class, message.external_id) == (object_class, said)
    assert message.text == "tolong @humaspoldakaltim"
    assert message.author.handle
    assert message.address["mention"] == "1"


def test_a_mention_under_our_own_post_is_the_comment_it_is(gram: Gram) -> None:
    said = gram.says(text="Pak @humaspoldakaltim, tolong")["id"]
    asked = gram.look_up("mention", said, comment_id=said, media_id=gram.media).messages
    assert [key(message) for message in asked] == [key(message) for message in gram.poll()]


def test_chat_messages_by_webhook_and_poll_are_one(gram: Gram, listener: Listener) -> None:
    said = gram.says("ig_message", "halo é", silent=False)
    told = listener.came()
    (polled,) = gram.poll("chats")
    assert key(told.messages[0]) == key(polled)
    (wanted,) = told.wanted
    assert (wanted.kind, wanted.key) == ("profile", said["psid"])
    assert gram.look_up("profile", said["psid"]).profiles[0].handle


def test_story_mention_story_reply_and_unsend_by_webhook(gram: Gram, listener: Listener) -> None:
    gram.says("ig_story_mention", "", silent=False)
    (mention,) = listener.came().messages
    gram.says("ig_story_reply", "mantap", silent=False)
    (reply,) = listener.came().messages
    for message in (mention, reply):
        assert [(medium.kind, medium.keep) for medium in message.media] == [("story", False)]
        assert message.media[0].url
    assert (mention.text, reply.text) == ("", "mantap")
    gram.sandbox.send("POST", "/_sandbox/meta/change", {"id": reply.external_id, "do": "unsend"})
    (event,) = listener.came().events
    assert (event.kind.value, event.external_id) == ("removed", reply.external_id)


# --- look-ups that find nothing ----------------------------------------------------------------------


def test_a_mention_that_cannot_be_read_is_given_up(gram: Gram) -> None:
    said = gram.says("ig_mention_comment", "tolong @humaspoldakaltim")["id"]
    gram.turn(mentions_visible=False)
    with pytest.raises(FetchFailed) as failed:
        gram.look_up("mention", said, comment_id=said, media_id="")
    assert failed.value.permanent


@pytest.mark.parametrize(("kind", "number"), [("comment", "17900000000000999"), ("comment", "x/y"),
                                              ("hologram", "5")])  # fmt: skip
def test_what_is_not_there_is_given_up(gram: Gram, kind: str, number: str) -> None:
    with pytest.raises(FetchFailed) as failed:
        gram.look_up(kind, number)
    assert failed.value.permanent


@pytest.mark.parametrize("profiles", ["consent", "gone"])
def test_a_person_who_shows_no_name_is_an_answer_too(gram: Gram, profiles: str) -> None:
    psid = gram.says("ig_message", "halo")["psid"]
    gram.turn(profiles=profiles)
    told = gram.look_up("profile", psid)
    assert (told.profiles, told.problems) == ((), ())


# --- still there -------------------------------------------------------------------------------------


def standing(gram: Gram, object_class: str, *ids: str) -> set[str]:
    with gram.connector() as connector:
        found: set[str] = connector.still_there(object_class, list(ids))
    return found


def test_a_comment_deleted_in_silence_is_found_out(gram: Gram) -> None:
    stays, goes = gram.says()["id"], gram.says(name="budi")["id"]
    gram.change(goes, "remove")
    assert standing(gram, "comment", stays, goes) == {stays}


def test_mentions_elsewhere_are_not_taken_for_deleted(gram: Gram) -> None:
    name = "@humaspoldakaltim"
    stays, goes = (gram.says("ig_mention_comment", f"{name} {n}")["id"] for n in range(2))
    gram.change(goes, "remove")
    assert standing(gram, "comment", stays, goes) == {stays}


def test_posts_that_name_or_tag_us(gram: Gram) -> None:
    named = gram.says("ig_mention_caption", "halo @humaspoldakaltim")["id"]
    tagged = gram.says("ig_mention_caption", "foto", tagged=True)["id"]
    goes = gram.says("ig_mention_caption", "hilang @humaspoldakaltim")["id"]
    gram.change(goes, "remove")
    assert standing(gram, "post", named, tagged, goes) == {named, tagged}


def test_a_lost_permission_is_not_a_deletion(gram: Gram) -> None:
    stays, goes = gram.says()["id"], gram.says(name="budi")["id"]
    gram.change(goes, "remove")
    gram.turn(missing=["instagram_manage_comments"])
    with pytest.raises(FetchFailed):
        standing(gram, "comment", stays, goes)


def test_chats_cannot_be_asked_one_by_one(gram: Gram) -> None:
    assert standing(gram, "chat", "aWdfZAG1") == {"aWdfZAG1"}
    assert standing(gram, "comment") == set()


def test_with_instagram_login_the_account_speaks_for_itself(gram: Gram) -> None:
    options = {"login": "instagram"}
    with gram.connector(base_url="", options=options) as own, gram.connector() as by_page:
        assert own.graph.root.startswith("https://graph.instagram.com/v")
        assert (own.node, by_page.node) == ("me", gram.page)


# --- health ------------------------------------------------------------------------------------------


def test_a_healthy_account(gram: Gram, listener: Listener) -> None:
    del listener
    with gram.connector() as connector:
        health = connector.check()
    assert (health.alive, health.missing, health.subscribed) == (True, (), True)


def test_a_silent_unsubscription_and_missing_permissions_are_seen(gram: Gram) -> None:
    gram.turn(unsubscribe=[gram.page], missing=["instagram_manage_comments"])
    with gram.connector() as connector:
        health = connector.check()
    assert (health.alive, health.subscribed) == (True, False)
    assert health.missing == ("membaca dan membalas komentar dan sebutan",)


def test_a_dead_token_is_seen(gram: Gram) -> None:
    gram.turn(dead=[gram.page])
    with gram.connector() as connector:
        health = connector.check()
    assert not health.alive
    assert health.problem


def test_a_platform_that_is_away_says_nothing_about_the_token(gram: Gram) -> None:
    gram.fault("500_before", method="GET")
    with gram.connector() as connector, pytest.raises(FetchFailed):
        connector.check()
