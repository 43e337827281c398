"""A Page's webhooks, polled pages and look-ups → frozen values (platforms.md §4, §5)."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from inbox.connectors.base import EventKind, Incoming, Parsed, Wanted, later
from inbox.connectors.facebook import PARTS
from tests.connectors.facebook_world import (
    AT,
    COMMENT,
    DANA,
    ELSEWHERE,
    ENTRY,
    NAMED,
    PAGE,
    POST,
    PSID,
    REPLY,
    US,
    added,
    body,
    chat_entry,
    echo,
    entry,
    told,
)

WRITTEN = datetime.fromtimestamp(AT, tz=UTC)


def parse(*entries: Any, account: str = PAGE) -> Parsed:
    return PARTS.parse(body(*entries), account, "webhook")


def one(*changes: Any, **more: Any) -> Incoming:
    parsed = parse(entry(*changes, **more))
    assert parsed.problems == ()
    (message,) = parsed.messages
    return message


def looked_up(kind: str, page: Any, **context: Any) -> Parsed:
    return PARTS.parse(json.dumps({"kind": kind, "page": page, **context}).encode(), PAGE, "lookup")


# --- comments ----------------------------------------------------------------------------------------


def test_a_comment_under_our_post() -> None:
    message = one(added())
    assert message == Incoming(
        object_class="comment",
        external_id=COMMENT,
        current_id=COMMENT,
        thread_id=COMMENT,
        author=message.author,
        text="Lampu mati?",
        written_at=WRITTEN,
        replies_to=POST,
        link="https://www.facebook.com/p/1?comment_id=500000000000021",
        account_id=PAGE,
        version=message.version,
        address={"post": POST},
    )
    assert (message.author.external_id, message.author.name) == (DANA["id"], DANA["name"])
    assert message.version.isdigit()


def test_a_reply_belongs_to_the_thread_of_its_top_comment() -> None:
    message = one(added(comment_id=REPLY, parent_id=COMMENT))
    assert (message.thread_id, message.replies_to) == (COMMENT, COMMENT)
    assert message.address == {"post": POST, "parent": COMMENT}


@pytest.mark.parametrize(
    ("more", "thread"),
    [({"comment_id": REPLY, "parent_id": COMMENT}, COMMENT), ({"comment_id": REPLY}, POST)],
    ids=["under a comment", "under a post"],
)
def test_our_own_comment_is_known_as_ours_and_stands_where_it_answers(
    more: dict[str, Any], thread: str
) -> None:
    message = one(added(**more, **{"from": US}))
    assert (message.own, message.thread_id, message.replies_to) == (True, thread, thread)


def test_nobody_is_named() -> None:
    value = added()
    del value["from"]
    assert one(value).author.external_id == ""


def test_numbers_for_ids() -> None:
    value = added(**{"from": {"id": int(DANA["id"]), "name": "Dana Q"}})
    assert one(value, page=int(PAGE)) == one(added())


def test_a_photo_without_words() -> None:
    value = added(photo="https://scontent.example/1.jpg")
    del value["message"]
    message = one(value)
    assert message.text == ""
    assert [(each.kind, each.url) for each in message.media] == [
        ("image", "https://scontent.example/1.jpg")
    ]


def test_a_comment_whose_webhook_says_nothing_is_asked_for() -> None:
    value = added()
    del value["message"]
    parsed = parse(entry(value))
    assert len(parsed.messages) == 1
    assert parsed.wanted == (Wanted("comment", COMMENT, PAGE, {"post_id": POST}),)


@pytest.mark.parametrize("verb", ["edit", "edited"])
def test_an_edit_stands_over_its_original_in_any_order(verb: str) -> None:
    """Also within one batch whose entry has one time, and in the same second."""
    first = added()
    changes = [first, added(verb=verb, message="satu"), added(verb=verb, message="dua")]
    messages = parse(entry(*changes, time=AT)).messages
    assert [each.text for each in messages] == ["Lampu mati?", "satu", "dua"]
    assert [each.edited for each in messages] == [False, True, True]
    newest = messages[0].version
    for message in messages:
        newest = later(newest, message.version)
        assert newest == message.version
    assert len({each.version for each in messages}) == 3
    assert len({len(each.version) for each in messages}) == 1
    assert {each.written_at for each in messages} == {WRITTEN}


@pytest.mark.parametrize(
    ("verb", "kind"),
    [("remove", EventKind.REMOVED), ("hide", EventKind.HIDDEN), ("unhide", EventKind.SHOWN)],
)
@pytest.mark.parametrize("item", ["comment", "post"])
def test_what_happens_to_a_comment_or_post(item: str, verb: str, kind: EventKind) -> None:
    parsed = parse(entry(added(item=item, verb=verb)))
    (event,) = parsed.events
    assert (event.kind, event.object_class) == (kind, item)
    assert event.external_id == (COMMENT if item == "comment" else POST)
    assert event.at == datetime.fromtimestamp(ENTRY, tz=UTC)
    assert later(one(added()).version, event.version) == event.version
    assert (parsed.messages, parsed.problems) == ((), ())


# --- posts -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("item", ["post", "status", "photo", "video", "share"])
@pytest.mark.parametrize("verb", ["add", "edited"])
def test_a_visitors_post(item: str, verb: str) -> None:
    message = one({"item": item, "verb": verb, "post_id": POST, "from": DANA, "message": "Rusak",
                   "created_time": AT, "is_hidden": False})  # fmt: skip
    assert (message.object_class, message.external_id, message.thread_id) == ("post", POST, POST)
    assert (message.text, message.edited, message.own) == ("Rusak", verb == "edited", False)


@pytest.mark.parametrize("item", ["post", "status", "photo", "video", "share"])
@pytest.mark.parametrize("verb", ["add", "edited", "remove", "hide"])
def test_what_the_institution_posts_is_not_our_business(item: str, verb: str) -> None:
    parsed = parse(entry({"item": item, "verb": verb, "post_id": POST, "from": US,
                          "created_time": AT}))  # fmt: skip
    assert parsed == Parsed(ignored=(f"feed:{item}:{verb}",))


def test_a_post_without_author_is_a_visitors_but_a_photo_has_to_be_asked_for() -> None:
    value = {"item": "post", "verb": "add", "post_id": POST, "message": "Halo", "created_time": AT}
    assert one(value).author.external_id == ""
    parsed = parse(entry(value | {"item": "photo"}))
    assert (parsed.messages, parsed.wanted) == ((), (Wanted("post", POST, PAGE),))


def test_pictures_of_a_post() -> None:
    value = {"item": "photo", "verb": "add", "post_id": POST, "from": DANA, "created_time": AT,
             "link": "https://scontent.example/1.jpg", "photo_id": "5"}  # fmt: skip
    assert [each.kind for each in one(value).media] == ["image"]
    album = value | {"photos": ["https://scontent.example/1.jpg", "https://scontent.example/2.jpg"]}
    assert [each.kind for each in one(album).media] == ["image", "image"]


@pytest.mark.parametrize(
    ("item", "verb"),
    [("album", "add"), ("event", "add"), ("like", "add"), ("reaction", "edit"),
     ("reaction", "remove"), ("comment", "hologram"), ("video", "block"), ("hologram", "add")],
)  # fmt: skip
def test_known_to_say_nothing_or_unknown(item: str, verb: str) -> None:
    assert parse(entry(added(item=item, verb=verb))) == Parsed(ignored=(f"feed:{item}:{verb}",))


def test_an_unknown_field_is_kept_and_ignored() -> None:
    assert parse(entry({"x": 1}, name="ratings")) == Parsed(ignored=("ratings",))


# --- mentions ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shown", "author"),
    [({"id": NAMED["comment_id"], "from": DANA, "message": "tanya @Humas"}, DANA["id"]),
     (None, "")],
    ids=["visible", "not visible"],
)  # fmt: skip
def test_a_mention_without_author_is_asked_for_and_never_lost(shown: Any, author: str) -> None:
    parsed = parse(entry(NAMED, name="mention"))
    assert (parsed.messages, parsed.problems) == ((), ())
    (wanted,) = parsed.wanted
    assert (wanted.kind, wanted.key) == ("mention", NAMED["comment_id"])

    (message,) = looked_up("mention", shown, wanted=dict(wanted.args)).messages

    assert (message.text, message.written_at) == ("tanya @Humas", WRITTEN)
    assert (message.object_class, message.external_id) == ("comment", NAMED["comment_id"])
    assert message.author.external_id == author
    assert message.address["mention"] == "1"


def test_a_mention_with_author_needs_no_asking() -> None:
    message = one(NAMED | {"from": DANA}, name="mention")
    assert (message.author.name, message.address["mention"]) == ("Dana Q", "1")


def test_a_post_that_names_us_is_one_object_by_mention_and_by_list() -> None:
    value = {"item": "post", "verb": "add", "post_id": ELSEWHERE, "message": "cc Humas",
             "created_time": AT}  # fmt: skip
    (wanted,) = parse(entry(value, name="mention")).wanted
    row = {"id": ELSEWHERE, "message": "cc Humas", "created_time": "2026-10-02T07:46:42+0000"}
    row["created_time"] = WRITTEN.strftime("%Y-%m-%dT%H:%M:%S+0000")
    (asked,) = looked_up("mention", row, wanted=dict(wanted.args)).messages
    (listed,) = looked_up("tagged", {"data": [row]}).messages
    assert asked == listed
    assert listed.object_class == "post"


def test_a_comment_on_our_own_page_that_names_us_stays_a_comment() -> None:
    value = NAMED | {"post_id": POST, "comment_id": COMMENT, "from": DANA}
    assert "mention" not in one(value, name="mention").address


@pytest.mark.parametrize(
    ("verb", "kind"), [("remove", EventKind.REMOVED), ("edited", EventKind.EDITED)]
)
def test_what_happens_to_a_mention(verb: str, kind: EventKind) -> None:
    (event,) = parse(entry(NAMED | {"verb": verb}, name="mention")).events
    assert (event.kind, event.external_id) == (kind, NAMED["comment_id"])


# --- chats -------------------------------------------------------------------------------------------


def test_messages_arrive_through_the_same_door() -> None:
    parsed = parse(chat_entry(told(), echo()))
    assert [each.own for each in parsed.messages] == [False, True]
    assert parsed.wanted == (Wanted("profile", PSID, PAGE),)


def test_the_dashboards_test_button_sends_messages_as_changes() -> None:
    (message,) = parse(entry(told(), name="messages")).messages
    assert message.text == "Halo"


# --- the same by every road --------------------------------------------------------------------------


def test_webhook_and_list_tell_the_same_comment() -> None:
    row = {
        "id": REPLY, "from": DANA, "message": "Lampu mati?", "parent": {"id": COMMENT},
        "created_time": WRITTEN.strftime("%Y-%m-%dT%H:%M:%S+0000"), "is_hidden": False,
        "can_comment": True, "can_reply_privately": True,
    }  # fmt: skip
    post = {"id": POST, "permalink_url": "https://www.facebook.com/p/1"}
    (listed,) = looked_up("comments", {"data": [row]}, post=post).messages
    (asked,) = looked_up("comment", row, post=post).messages
    pushed = one(added(comment_id=REPLY, parent_id=COMMENT))
    assert listed == pushed == asked


def test_a_list_adds_what_the_webhook_did_not_know() -> None:
    row = {"id": COMMENT, "from": DANA, "created_time": AT, "can_comment": False,
           "can_reply_privately": False, "is_hidden": True, "attachment": {"type": "sticker"}}  # fmt: skip
    parsed = looked_up("comments", {"data": [row]}, post={"id": POST})
    (message,) = parsed.messages
    assert message.address == {"post": POST, "can_comment": "0", "private": "0"}
    assert [each.kind for each in message.media] == ["sticker"]
    (event,) = parsed.events
    assert event.kind == EventKind.HIDDEN
    pushed = parse(entry(added(verb="unhide"))).events[0]
    assert later(event.version, pushed.version) == pushed.version


@pytest.mark.parametrize(
    ("attachment", "kind"),
    [({"type": "photo", "media": {"image": {"src": "https://x.example/1"}}}, "image"),
     ({"type": "video_inline", "media": {"source": "https://x.example/1"}}, "video"),
     ({"type": "share", "url": "https://x.example/1"}, "link"),
     ({"type": "hologram", "url": "https://x.example/1"}, "file")],
)  # fmt: skip
def test_attachments(attachment: dict[str, Any], kind: str) -> None:
    row = {"id": POST, "from": DANA, "created_time": AT, "attachments": {"data": [attachment]}}
    (message,) = looked_up("posts", {"data": [row]}).messages
    (medium,) = message.media
    assert (medium.kind, medium.url) == (kind, "https://x.example/1")
    assert medium.alt == ("jenis tak dikenal: hologram" if kind == "file" else "")


def test_what_even_the_answer_does_not_show_says_so() -> None:
    parsed = looked_up("comment", {"id": COMMENT, "from": DANA, "created_time": AT})
    (medium,) = parsed.messages[0].media
    assert (medium.kind, "jenis tak dikenal" in medium.alt) == ("file", True)


def test_an_album_is_told_picture_by_picture() -> None:
    inner = [{"type": "photo", "media": {"image": {"src": f"https://x.example/{n}"}}} for n in "12"]
    album = {"type": "album", "subattachments": {"data": inner}}
    row = {"id": POST, "from": DANA, "created_time": AT, "attachments": {"data": [album]}}
    (message,) = looked_up("posts", {"data": [row]}).messages
    assert [each.url for each in message.media] == ["https://x.example/1", "https://x.example/2"]
