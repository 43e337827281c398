"""A post as API v2, its webhooks and (through legacy.py) v1.1 show it → Incoming (platforms.md §2.2–2.4).

The same post arrives by poll, mention, reply and quote event, and means the same from each: what one of
them does not tell (the quoted words, a picture's address) is left empty and asked for (Wanted).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from inbox.connectors.base import Author, Incoming, Media, Wanted
from inbox.connectors.x.values import (
    Json,
    handle_of,
    id_of,
    ident,
    index,
    moment,
    obj,
    rows,
    soft,
    typed_text,
    word,
)

KINDS = {"photo": "image", "video": "video", "animated_gif": "video"}
VIDEO_RATE = 1_000_000  # bits a second: enough as evidence, and small
_NAMES = re.compile(r"\A(?:@\w{1,20}\s+)+")
POST = "post"  # kind of look-up: one post, whole


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What came beside a post. `whole`: everything it refers to was asked for and is here if it exists
    (polls, look-ups); webhooks send what they please. `summoned`: the event itself says so."""

    users: Mapping[str, Json]
    posts: Mapping[str, Json]
    media: Mapping[str, Json]
    account_id: str
    whole: bool
    summoned: bool = False


def surroundings(
    includes: object, account_id: str, *, whole: bool, summoned: bool = False
) -> Surroundings:
    """`includes` of a page or an event, in either spelling (§2.2)."""
    found = obj(includes)
    return Surroundings(
        users=index(rows(found.get("users"))),
        posts=index(rows(found.get("tweets")) + rows(found.get("posts"))),
        media=index(rows(found.get("media")), "media_key"),
        account_id=account_id,
        whole=whole,
        summoned=summoned,
    )


@dataclass(frozen=True, slots=True)
class Read:
    """What one post came to: a message, something to look up, both, or (a bare repost) neither."""

    message: Incoming | None = None
    wanted: Wanted | None = None


def read(post: Json, around: Surroundings) -> Read:
    """One post. Raises values.UNREADABLE."""
    refers = _refers(post)
    if "retweeted" in refers:
        return Read()
    current_id = id_of(post)
    wanted = Wanted(POST, current_id, around.account_id)
    told = post.get("edit_history_tweet_ids") or post.get("edit_history_post_ids")
    external_id = ident(told[0]) if isinstance(told, list) and told else current_id
    replies_to = refers.get("replied_to", "")
    thread_id = ident(post["conversation_id"]) if post.get("conversation_id") else ""
    if not thread_id and replies_to and not around.whole:
        return Read(wanted=wanted)  # API v1.1 does not name the conversation
    author_id = id_of(post, "author_id")
    handle, name = _names(around.users.get(author_id, {}))
    quoted_id = refers.get("quoted", "")
    quoted = around.posts.get(quoted_id)
    media, all_there = _media(post, around)
    own = author_id == around.account_id
    called = _called(post, around, quoted)
    shown = handle or ("i" if around.whole else "")
    message = Incoming(
        object_class="post",
        external_id=external_id,
        current_id=current_id,
        thread_id=thread_id or external_id,
        author=Author(external_id=author_id, handle=handle, name=name),
        text=_without_names(_text(post)) if own and replies_to else _text(post),
        written_at=moment(post.get("created_at"), current_id),
        own=own,
        replies_to=replies_to,
        quoted=_text(quoted) if quoted else "",
        link=f"https://x.com/{shown}/status/{current_id}" if shown else "",
        edited=current_id != external_id,
        media=media,
        account_id=around.account_id,
        version=current_id,
        address={"summoned": "1"} if called and not own else {},
    )
    complete = handle and all_there and (quoted or not quoted_id) and called is not None
    return Read(message, None if around.whole or complete or own else wanted)


def _names(user: Json) -> tuple[str, str]:
    return handle_of(user), soft(user.get("name"))


def _refers(post: Json) -> dict[str, str]:
    """type → id of what this post refers to; both spellings of the field (§2.2 naming drift)."""
    found = rows(post.get("referenced_tweets")) or rows(post.get("referenced_posts"))
    refers = {soft(row.get("type")): ident(row["id"]) for row in found if "id" in row}
    answered = post.get("in_reply_to_tweet_id") or post.get("in_reply_to_post_id")
    if answered and "replied_to" not in refers:
        refers["replied_to"] = ident(answered)
    return refers


def _called(post: Json, around: Surroundings, quoted: Json | None) -> bool | None:
    """Whether it @mentions our account or quotes one of its posts: then X lets us answer (§0.1).

    None: cannot be told from what is here.
    """
    if around.summoned or around.account_id in _mentioned(post):
        return True
    if quoted is not None:
        return soft(quoted.get("author_id")) == around.account_id
    knows_names = isinstance(post.get("entities"), dict) or "@" not in soft(post.get("text"))
    return False if around.whole or ("quoted" not in _refers(post) and knows_names) else None


def _mentioned(post: Json) -> set[str]:
    """Ids of the accounts a post names; those of a long post stand with its whole text."""
    found: list[Json] = []
    for part in (post, obj(post.get("note_tweet")), obj(post.get("note_post"))):
        entities = obj(part.get("entities"))
        found += rows(entities.get("mentions")) + rows(entities.get("user_mentions"))
    return {str(row.get("id_str") or row.get("id")) for row in found}


def _text(post: Json) -> str:
    """The whole text as it was typed: a long post carries it in `note_tweet` (§2.2)."""
    note = obj(post.get("note_tweet")) or obj(post.get("note_post"))
    part = note if note.get("text") else post
    return typed_text(
        word(part["text"]),
        part.get("entities"),
        ends_with=_refers(post).get("quoted", ""),
        attached=bool(_keys(post)),
    )


def _without_names(text: str) -> str:
    """An answer of ours without the handles X puts in front of it, which nobody typed or is shown."""
    return _NAMES.sub("", text) or text


def _keys(post: Json) -> list[str]:
    keys = obj(post.get("attachments")).get("media_keys")
    return [key for key in keys if isinstance(key, str)] if isinstance(keys, list) else []


def _media(post: Json, around: Surroundings) -> tuple[tuple[Media, ...], bool]:
    """What is shown with a post, and whether all of it is here. A webhook that leaves something out
    gets nothing, so that the look-up can put in the whole of it."""
    keys = _keys(post)
    if not around.whole and any(key not in around.media for key in keys):
        return (), False
    return tuple(medium(around.media.get(key, {})) for key in keys), True


def medium(row: Json) -> Media:
    """One picture or film of `includes.media`."""
    alt = soft(row.get("alt_text"))
    kind = soft(row.get("type"))
    preview = soft(row.get("url")) or soft(row.get("preview_image_url"))
    if kind not in KINDS:
        return Media("file", url=preview, alt=alt or f"jenis tak dikenal: {kind or '?'}"[:100])
    film = _film(row) if KINDS[kind] == "video" else ""
    if KINDS[kind] == "video" and not film:
        return Media("image", url=preview, alt=alt or "cuplikan video")
    return Media(KINDS[kind], url=film or preview, alt=alt)


def _film(row: Json) -> str:
    """The best film that is not too large, else the smallest; "" where none is told."""
    films = [
        (rate if isinstance(rate := each.get("bit_rate"), int) else 0, soft(each.get("url")))
        for each in rows(row.get("variants"))
        if soft(each.get("content_type")) == "video/mp4" and soft(each.get("url"))
    ]
    if not films:
        return ""
    small = [film for film in films if film[0] <= VIDEO_RATE]
    return max(small)[1] if small else min(films)[1]
