"""X's webhook bodies → frozen values, the same as from the polls (platforms.md §2.3)."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from inbox.connectors.base import Author, EventKind, Incoming, Parsed, Wanted
from inbox.connectors.x.parse import parse
from inbox.connectors.x.whose import accounts

US = "902200000000000001"
CITIZEN = "1503300000000000001"
ID = "2080765813578190001"
OUR_POST = "2080761390344937796"
MIKA = {"id": CITIZEN, "username": "mika_k", "name": "Mika"}
MENTION = {
    "id": ID,
    "text": "hey @acme_help &amp; kawan",
    "author_id": CITIZEN,
    "conversation_id": ID,
    "created_at": "2026-07-24T21:23:23.000Z",
    "edit_history_tweet_ids": [ID],
    "entities": {"mentions": [{"start": 4, "username": "acme_help", "id": US}]},
}
QUOTE = MENTION | {
    "text": "lihat ini https://t.co/abc",
    "entities": {
        "urls": [
            {
                "url": "https://t.co/abc",
                "expanded_url": f"https://x.com/acme_help/status/{OUR_POST}",
            }
        ]
    },
    "referenced_tweets": [{"type": "quoted", "id": OUR_POST}],
}
OURS = {"id": OUR_POST, "text": "Listrik padam sampai sore", "author_id": US}


def event(kind: str, payload: Any, includes: Any = None, user: str | None = US) -> bytes:
    data = {
        "event_uuid": "-6850472171600526495",
        "event_type": kind,
        "tag": "inbox",
        "filter": {"user_id": user} if user else {},
        "payload": payload,
        "includes": includes if includes is not None else {"users": [MIKA]},
    }
    return json.dumps({"data": data}).encode()


def hooked(body: bytes) -> Parsed:
    return parse(body, US, "webhook")


def polled(*posts: Any, includes: Any = None) -> Parsed:
    page = {"data": list(posts), "includes": includes or {"users": [MIKA]}, "meta": {}}
    return parse(json.dumps(page).encode(), US, "mentions")


def only(parsed: Parsed) -> Incoming:
    assert parsed.problems == ()
    (message,) = parsed.messages
    return message


@pytest.mark.parametrize("kind", ["post.mention.create", "post.reply.create", "post.quote.create"])
@pytest.mark.parametrize("wrapped", [MIKA, {"data": MIKA}])
@pytest.mark.parametrize("spelling", ["as_is", "bare_payload_wrapped"])
def test_every_event_tells_the_same_as_the_poll(kind: str, wrapped: Any, spelling: str) -> None:
    payload = MENTION if spelling == "as_is" else {"data": MENTION}
    parsed = hooked(event(kind, payload, {"users": [wrapped]}))

    assert only(parsed) == only(polled(MENTION))
    assert parsed.wanted == ()
    assert only(parsed).address == {"summoned": "1"}
    assert only(parsed).text == "hey @acme_help & kawan"


def test_a_quote_comes_at_once_and_is_completed_by_a_look_up() -> None:
    from_hook = hooked(event("post.quote.create", QUOTE))
    includes = {"users": [MIKA], "tweets": [OURS]}
    whole = only(polled(QUOTE, includes=includes))

    assert from_hook.wanted == (Wanted("post", ID, US),)
    assert only(from_hook).quoted == ""
    assert whole.quoted == "Listrik padam sampai sore"
    assert whole.address == only(from_hook).address == {"summoned": "1"}
    for name in ("external_id", "thread_id", "author", "text", "written_at", "version", "link"):
        assert getattr(whole, name) == getattr(only(from_hook), name)
    looked_up = json.dumps({"data": [QUOTE], "includes": includes}).encode()
    assert only(parse(looked_up, US, "lookup")) == whole
    assert parse(looked_up, US, "lookup").profiles == (Author(CITIZEN, "mika_k", "Mika"),)


@pytest.mark.parametrize(
    ("kind", "called"), [("post.quote.create", True), ("post.reply.create", False)]
)
def test_who_is_quoted_is_asked_for_where_it_is_not_told(kind: str, called: bool) -> None:
    parsed = hooked(event(kind, QUOTE))
    assert (only(parsed).address == {"summoned": "1"}) is called
    assert parsed.wanted


def test_a_quote_of_somebody_else_does_not_call_us() -> None:
    others = OURS | {"author_id": "77"}
    message = only(polled(QUOTE, includes={"users": [MIKA], "tweets": [others]}))
    assert message.address == {}


def test_a_body_without_names_or_pictures_is_completed_by_a_look_up() -> None:
    bare = hooked(event("post.mention.create", MENTION, {}))
    assert (only(bare).link, bare.wanted) == ("", (Wanted("post", ID, US),))

    picture = MENTION | {"attachments": {"media_keys": ["3_1"]}}
    parsed = hooked(event("post.mention.create", picture))
    assert (only(parsed).media, len(parsed.wanted)) == ((), 1)
    known = {
        "users": [MIKA],
        "media": [{"media_key": "3_1", "type": "photo", "url": "https://p/1"}],
    }
    parsed = hooked(event("post.mention.create", picture, known))
    assert ([m.kind for m in only(parsed).media], parsed.wanted) == (["image"], ())


def test_a_reply_without_mention_cannot_be_answered() -> None:
    reply = MENTION | {
        "text": "masih mati",
        "entities": {},
        "in_reply_to_tweet_id": OUR_POST,
        "in_reply_to_user_id": US,
    }
    message = only(hooked(event("post.reply.create", reply)))
    assert (message.replies_to, message.address, message.own) == (OUR_POST, {}, False)


def test_our_own_post_from_anywhere() -> None:
    payload = {
        "id": "2080765813578190003",
        "text": "@mika_k kami cek",
        "author_id": US,
        "in_reply_to_tweet_id": ID,
        "referenced_tweets": [{"type": "replied_to", "id": ID}],
        "conversation_id": ID,
    }
    parsed = hooked(event("post.create", payload, {}))
    message = only(parsed)
    assert (message.own, message.replies_to, message.thread_id) == (True, ID, ID)
    assert message.text == "kami cek"  # X puts the handle in front; nobody typed it
    assert message.written_at == datetime(2026, 7, 24, 21, 23, 23, 373000, tzinfo=UTC)
    assert parsed.wanted == ()  # what it is about is known to whoever it answers


def test_our_own_deletion() -> None:
    parsed = hooked(event("post.delete", {"id": ID, "author_id": US}))
    (removed,) = parsed.events
    assert (removed.kind, removed.object_class, removed.external_id) == (
        EventKind.REMOVED, "post", ID,
    )  # fmt: skip
    assert removed.at == datetime(2026, 7, 24, 21, 23, 23, 373000, tzinfo=UTC)


def test_access_taken_back() -> None:
    payload = {"date_time": "2026-07-23T21:44:05+00:00", "user_id": US, "app_id": "2"}
    body = event("oauth.revoke", payload, user=None)
    (revoked,) = hooked(body).events
    assert accounts(body) == (US,)
    assert (revoked.kind, revoked.at) == (
        EventKind.REVOKED, datetime(2026, 7, 23, 21, 44, 5, tzinfo=UTC),
    )  # fmt: skip
    (unreadable,) = hooked(
        event("oauth.revoke", {"user_id": US, "date_time": 5.5}, user=None)
    ).events
    assert unreadable.kind == EventKind.REVOKED


@pytest.mark.parametrize(
    ("kind", "ignored"),
    [("like.create", "event:like.create"), ("dm.read", "event:dm.read"), ("", "event:?")],
)
def test_what_says_nothing_is_kept_and_needs_nobody(kind: str, ignored: str) -> None:
    assert hooked(event(kind, {})) == Parsed(ignored=(ignored,))


def test_a_repost_says_nothing() -> None:
    repost = MENTION | {"referenced_tweets": [{"type": "retweeted", "id": "5"}]}
    assert hooked(event("post.mention.create", repost)).ignored == ("post.mention.create:repost",)


def test_only_what_concerns_the_account() -> None:
    assert hooked(event("post.mention.create", MENTION, user="5")) == Parsed()


@pytest.mark.parametrize(
    ("kind", "payload", "whose"),
    [
        ("post.create", {"author_id": US}, (US,)),
        ("post.delete", {"author_id": US}, (US,)),
        ("post.reply.create", {"in_reply_to_user_id": US}, (US,)),
        ("post.mention.create", MENTION, (US,)),
        ("post.mention.create", {"entities": {"mentions": [{"id": US}, {"id": "5"}]}}, ()),
        ("post.quote.create", QUOTE, ()),
        ("profile.update.bio", {}, ()),
    ],
)
def test_whose_event_without_its_filter(kind: str, payload: Any, whose: tuple[str, ...]) -> None:
    assert accounts(event(kind, payload, user=None)) == whose


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"data": 4}', b"[" * 100_000, b"\xff", b"5"])
def test_unreadable_bodies_are_quarantined(body: bytes) -> None:
    assert accounts(body) == ()
    assert hooked(body).problems


# --- messages ---------------------------------------------------------------------------------------------


def chat(number: str, *, sender: str, to: str, text: str = "halo!", **data: Any) -> dict[str, Any]:
    return {
        "type": "message_create",
        "id": number,
        "created_timestamp": "1784928224342",
        "message_create": {
            "target": {"recipient_id": to},
            "sender_id": sender,
            "message_data": {"text": text, "entities": {"urls": []}, **data},
        },
    }


DM = "2080765901528535001"
USERS = {CITIZEN: {"data": MIKA}}


def listed(number: str, *, sender: str, **more: Any) -> bytes:
    row = {
        "id": number,
        "event_type": "MessageCreate",
        "text": "halo!",
        "sender_id": sender,
        "dm_conversation_id": f"{US}-{CITIZEN}",
        "created_at": "2026-07-24T21:23:44.000Z",
        **more,
    }
    return json.dumps({"data": [row], "includes": {"users": [MIKA]}, "meta": {}}).encode()


def test_a_message_tells_the_same_pushed_and_polled() -> None:
    payload = {"direct_message_events": [chat(DM, sender=CITIZEN, to=US)], "users": USERS}
    pushed = only(hooked(event("dm.received", payload)))
    assert pushed == only(parse(listed(DM, sender=CITIZEN), US, "dms"))
    assert pushed.thread_id == f"chat:{US}:{CITIZEN}"
    assert (pushed.own, pushed.author.handle, pushed.object_class) == (False, "mika_k", "chat")
    assert pushed.written_at == datetime(2026, 7, 24, 21, 23, 44, 342000, tzinfo=UTC)


def test_our_own_message_stands_in_the_citizens_thread() -> None:
    payload = {"direct_message_events": [chat(DM, sender=US, to=CITIZEN)], "users": USERS}
    message = only(hooked(event("dm.sent", payload)))
    assert (message.own, message.thread_id) == (True, f"chat:{US}:{CITIZEN}")
    assert message.thread_id == only(parse(listed(DM, sender=US), US, "dms")).thread_id


def test_a_group_is_one_thread_and_answered_as_such() -> None:
    message = only(parse(listed(DM, sender=CITIZEN, dm_conversation_id="555"), US, "dms"))
    assert message.thread_id == f"chat:{US}:555"
    assert message.address == {"conversation": "555", "group": "1"}


@pytest.mark.parametrize(
    ("attachment", "kind", "url", "fetch_id"),
    [
        (
            {"type": "media", "media": {"type": "photo", "media_url_https": "https://ton.x.com/1"}},
            "image", "", "https://ton.x.com/1",
        ),
        (
            {"type": "media", "media": {"type": "photo", "media_url_https": "https://p.twimg.com/1"}},
            "image", "https://p.twimg.com/1", "",
        ),
        ({"type": "location", "location": {}}, "location", "", ""),
        ({"type": "hologram"}, "file", "", ""),
    ],
)  # fmt: skip
def test_attachments(attachment: Any, kind: str, url: str, fetch_id: str) -> None:
    row = chat(DM, sender=CITIZEN, to=US, text="ini https://t.co/q1w2", attachment=attachment)
    message = only(hooked(event("dm.received", {"direct_message_events": [row], "users": {}})))
    (medium,) = message.media
    assert (medium.kind, medium.url, medium.fetch_id, message.text) == (kind, url, fetch_id, "ini")


def test_joining_a_group_says_nothing() -> None:
    parsed = parse(listed(DM, sender=CITIZEN, event_type="ParticipantsJoin"), US, "dms")
    assert (parsed.messages, parsed.problems) == ((), ())
    assert parsed.ignored == ("dm:ParticipantsJoin",)


def test_one_unreadable_message_does_not_hide_the_others() -> None:
    rows = [chat("x", sender=CITIZEN, to=US), None, chat(DM, sender=CITIZEN, to=US)]
    parsed = hooked(event("dm.received", {"direct_message_events": rows, "users": USERS}))
    assert (len(parsed.messages), len(parsed.problems)) == (1, 2)


# --- the older shape --------------------------------------------------------------------------------------


def legacy_post(**more: Any) -> dict[str, Any]:
    return {
        "id": int(ID),
        "id_str": ID,
        "created_at": "Fri Jul 24 21:23:23 +0000 2026",
        "text": "hey @acme_help &amp; kawan",
        "user": {"id": int(CITIZEN), "id_str": CITIZEN, "screen_name": "mika_k", "name": "Mika"},
        "entities": {"user_mentions": [{"screen_name": "acme_help", "id_str": US}], "urls": []},
        **more,
    }


def aaa(**lists: Any) -> bytes:
    return json.dumps({"for_user_id": US, **lists}).encode()


def test_the_older_shape_tells_the_same() -> None:
    body = aaa(tweet_create_events=[legacy_post()])
    assert accounts(body) == (US,)
    assert only(hooked(body)) == only(polled(MENTION))


def test_an_older_quote_brings_its_words() -> None:
    quoted = legacy_post(
        id_str=OUR_POST, text="Listrik padam", user={"id_str": US, "screen_name": "acme_help"}
    )
    post = legacy_post(quoted_status_id_str=OUR_POST, quoted_status=quoted, entities={})
    message = only(hooked(aaa(tweet_create_events=[post])))
    assert (message.quoted, message.address) == ("Listrik padam", {"summoned": "1"})


def test_an_older_reply_is_looked_up_for_its_conversation() -> None:
    parsed = hooked(aaa(tweet_create_events=[legacy_post(in_reply_to_status_id_str="5")]))
    assert (parsed.messages, parsed.wanted) == ((), (Wanted("post", ID, US),))


def test_an_older_long_post_with_pictures() -> None:
    picture = {
        "id_str": "9",
        "type": "photo",
        "media_url_https": "https://p/9.jpg",
        "url": "https://t.co/9",
    }
    longer = {
        "full_text": "panjang sekali https://t.co/9",
        "extended_entities": {"media": [picture]},
    }
    message = only(hooked(aaa(tweet_create_events=[legacy_post(extended_tweet=longer)])))
    assert (message.text, [m.url for m in message.media]) == ("panjang sekali", ["https://p/9.jpg"])


def test_older_messages_deletions_and_the_rest() -> None:
    body = aaa(
        direct_message_events=[chat(DM, sender=CITIZEN, to=US)],
        users={CITIZEN: {"id": CITIZEN, "screen_name": "mika_k", "name": "Mika"}},
        tweet_delete_events=[
            {"status": {"id": ID, "user_id": US}, "timestamp_ms": "1784928224342"},
            {"status": {"id": "5", "user_id": "6"}},
        ],
        favorite_events=[{}],
        tweet_create_events=[legacy_post(retweeted_status={"id_str": "4"}), None],
    )
    parsed = hooked(body)
    assert [m.author.handle for m in parsed.messages] == ["mika_k"]
    assert [e.external_id for e in parsed.events] == [ID]
    assert parsed.events[0].at.microsecond == 0
    assert set(parsed.ignored) == {"aaa:favorite_events", "aaa:tweet_delete_events", "aaa:repost"}
    assert len(parsed.problems) == 1


def test_older_withdrawal_of_access() -> None:
    revoke = {"date_time": "2026-07-23T21:44:05+00:00", "source": {"user_id": US}}
    body = json.dumps({"user_event": {"revoke": revoke}}).encode()
    assert accounts(body) == (US,)
    assert [e.kind for e in hooked(body).events] == [EventKind.REVOKED]
