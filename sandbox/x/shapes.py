"""Posts and accounts as X's JSON: the fields asked for, and `includes` (platforms.md §2.2)."""

import base64
import hashlib
import html
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sandbox.core import clock
from sandbox.x import accounts, posts
from sandbox.x.accounts import User
from sandbox.x.posts import EDIT_LIMIT, EDIT_WINDOW_S, NAMES, Post
from sandbox.x.texts import links

# asking for an expansion brings the field that it expands
IMPLIED = {
    "author_id": "author_id",
    "in_reply_to_user_id": "in_reply_to_user_id",
    "referenced_tweets.id": "referenced_tweets",
    "referenced_tweets.id.author_id": "referenced_tweets",
    "attachments.media_keys": "attachments",
    "entities.mentions.username": "entities",
}


@dataclass(frozen=True, slots=True)
class Wish:
    """The fields and expansions a request asks for."""

    tweet: frozenset[str]
    user: frozenset[str]
    media: frozenset[str]
    expansions: frozenset[str]


def short_link(url: str) -> str:
    """X's own link for an address, the same one each time."""
    digest = hashlib.sha256(url.encode()).digest()
    return "https://t.co/" + base64.urlsafe_b64encode(digest)[:10].decode().translate(
        str.maketrans("-_", "aZ")
    )


def altered(db: sqlite3.Connection, text: str, quoted: Post | None) -> tuple[str, dict[str, Any]]:
    """A text as X gives it out, and its entities: links by t.co, & < > escaped, offsets in it.

    A quote carries the quoted post's address at its end, as on X.
    """
    if quoted is not None:
        author = accounts.by_id(db, quoted.author)
        name = author.username if author else "i"
        text = f"{text} https://twitter.com/{name}/status/{quoted.id}"
    urls, out, last = [], "", 0
    for start, end in links(text):
        out += html.escape(text[last:start], quote=False)
        address = text[start:end]
        whole = address if "://" in address else f"http://{address}"
        link: dict[str, Any] = {"start": len(out), "url": short_link(whole)}
        out += link["url"]
        shown = whole.partition("://")[2]
        link |= {
            "end": len(out),
            "expanded_url": whole,
            "display_url": shown if len(shown) <= 27 else f"{shown[:26]}…",
        }
        urls.append(link)
        last = end
    out += html.escape(text[last:], quote=False)
    handles = []
    for match in NAMES.finditer(out):
        user = accounts.by_name(db, match[1])
        if user is not None:
            handles.append(
                {
                    "start": match.start(),
                    "end": match.end(),
                    "username": user.username,
                    "id": str(user.id),
                }
            )
    entities = {"urls": urls, "mentions": handles}
    return out, {key: value for key, value in entities.items() if value}


def tweet(db: sqlite3.Connection, post: Post, wish: Wish) -> dict[str, Any]:
    """One post; without any field asked for it is id, text and edit history."""
    quoted = posts.get(db, post.quote_of) if post.quote_of else None
    text, entities = altered(db, post.short, quoted)
    history = posts.history(db, post.root)
    shape: dict[str, Any] = {
        "id": str(post.id),
        "text": text,
        "edit_history_tweet_ids": [str(number) for number in history],
    }
    fields = wish.tweet | {IMPLIED[each] for each in wish.expansions if each in IMPLIED}
    more = {
        "author_id": str(post.author),
        "created_at": clock.stamp(post.at),
        "conversation_id": str(post.conversation),
        "in_reply_to_user_id": str(post.in_reply_to_user) if post.in_reply_to_user else None,
        "referenced_tweets": _references(post),
        "entities": entities,
        "attachments": _attachments(post),
        "lang": "in",
        "reply_settings": "everyone",
        "possibly_sensitive": False,
        "source": "X Web App" if post.by != "api" else "API",
        "edit_controls": _edit_controls(db, post, len(history)),
        "note_tweet": _note(db, post, quoted),
        "public_metrics": _metrics(db, post) if "public_metrics" in fields else None,
    }
    return shape | {k: v for k, v in more.items() if k in fields and v not in (None, {}, [])}


def user(person: User, fields: frozenset[str]) -> dict[str, Any]:
    """One account; id, name and username always."""
    more = {
        "created_at": clock.stamp(person.created),
        "description": "Akun kotak pasir",
        "profile_image_url": "",
        "protected": False,
        "verified": person.institution,
        "verified_type": "government" if person.institution else "none",
    }
    return {"id": str(person.id), "name": person.name, "username": person.username} | {
        key: value for key, value in more.items() if key in fields
    }


def includes(db: sqlite3.Connection, found: Iterable[Post], wish: Wish) -> dict[str, Any]:
    """What the expansions ask for: users, tweets, media; {} for nothing."""
    people: dict[int, None] = {}
    referenced: dict[int, Post] = {}
    media: list[dict[str, Any]] = []
    for post in found:
        if "author_id" in wish.expansions:
            people[post.author] = None
        if "in_reply_to_user_id" in wish.expansions and post.in_reply_to_user:
            people[post.in_reply_to_user] = None
        if "entities.mentions.username" in wish.expansions:
            people |= dict.fromkeys(sorted(posts.mentioned(db, post.id)))
        for number in (post.reply_to, post.quote_of):
            other = posts.get(db, number) if number else None
            if other is None or other.deleted is not None:
                continue
            if {"referenced_tweets.id", "referenced_tweets.id.author_id"} & wish.expansions:
                referenced[other.id] = other
            if "referenced_tweets.id.author_id" in wish.expansions:
                people[other.author] = None
        if "attachments.media_keys" in wish.expansions:
            media += _media(post, wish.media)
    users = [person for number in people if (person := accounts.by_id(db, number))]
    shape: dict[str, Any] = {
        "users": [user(person, wish.user) for person in users],
        "tweets": [tweet(db, other, wish) for other in referenced.values()],
        "media": media,
    }
    return {key: value for key, value in shape.items() if value}


def _references(post: Post) -> list[dict[str, str]]:
    pairs = (("replied_to", post.reply_to), ("quoted", post.quote_of))
    return [{"type": kind, "id": str(number)} for kind, number in pairs if number]


def _attachments(post: Post) -> dict[str, Any]:
    return (
        {"media_keys": [_media_key(post, n) for n in range(len(post.media))]} if post.media else {}
    )


def _media_key(post: Post, n: int) -> str:
    return str(post.media[n].get("media_key") or f"3_{post.root + n + 1}")


def _media(post: Post, fields: frozenset[str]) -> list[dict[str, Any]]:
    return [
        {"media_key": _media_key(post, n), "type": str(each.get("type", "photo"))}
        | {
            key: each[key]
            for key in ("url", "preview_image_url", "alt_text")
            if key in each and key in fields
        }
        for n, each in enumerate(post.media)
    ]


def _edit_controls(db: sqlite3.Connection, post: Post, versions: int) -> dict[str, Any]:
    first = posts.get(db, post.root) or post
    return {
        "edits_remaining": max(0, EDIT_LIMIT + 1 - versions),
        "is_edit_eligible": post.in_reply_to_user in (None, post.author),
        "editable_until": clock.stamp(first.at + EDIT_WINDOW_S),
    }


def _note(db: sqlite3.Connection, post: Post, quoted: Post | None) -> dict[str, Any]:
    if post.short == post.text:
        return {}
    text, entities = altered(db, post.text, quoted)
    return {"text": text} | ({"entities": entities} if entities else {})


def _metrics(db: sqlite3.Connection, post: Post) -> dict[str, int]:
    standing = "and deleted is null and newer is null"
    replies = f"select count(*) from x_post where reply_to = ? {standing}"  # noqa: S608 - fixed
    quotes = f"select count(*) from x_post where quote_of = ? {standing}"  # noqa: S608 - fixed

    def how_many(query: str) -> int:
        return int(db.execute(query, (post.id,)).fetchone()[0])

    return {
        "retweet_count": 0,
        "reply_count": how_many(replies),
        "like_count": 0,
        "quote_count": how_many(quotes),
        "bookmark_count": 0,
        "impression_count": 0,
    }
