"""X's JSON → frozen values. Pure: the same bytes give the same messages (platforms.md §2.2, §2.4)."""

import html
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from inbox.connectors.base import Author, Incoming, Media, Parsed

Json = Mapping[str, Any]


def parse_page(body: bytes, account_id: str) -> Parsed:
    """Read one page of posts. One post that cannot be read never hides the others: it becomes a
    problem, and the page is kept in quarantine."""
    try:
        page = json.loads(body)
    except ValueError as error:
        return Parsed(problems=(f"bukan JSON: {error}",))
    if not isinstance(page, dict) or not isinstance(page.get("data", []), list):
        return Parsed(problems=("bentuk halaman tidak dikenal",))
    includes = page.get("includes") if isinstance(page.get("includes"), dict) else {}
    messages, problems = [], []
    for post in page.get("data", []):
        try:
            message = _post(post, includes or {}, account_id)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            name = post.get("id", "?") if isinstance(post, dict) else "?"
            problems.append(f"post {name}: {type(error).__name__} {error}")
            continue
        if message:
            messages.append(message)
    return Parsed(messages=tuple(reversed(messages)), problems=tuple(problems))  # oldest first


def _index(includes: Json, kind: str, key: str = "id") -> dict[str, Json]:
    rows = includes.get(kind) or includes.get({"tweets": "posts"}.get(kind, kind)) or []
    return {str(row[key]): row for row in rows if isinstance(row, dict) and key in row}


def _text(post: Json) -> str:
    """The whole text as the citizen typed it: long posts carry it in `note_tweet`; X escapes `& < >`
    and replaces every address (“keeja.pt” too) by one of its own."""
    note = post.get("note_tweet") or post.get("note_post") or {}
    whole = note if note.get("text") else post
    text = html.unescape(str(whole["text"]))
    quoted = _referenced(post).get("quoted")
    for link in (whole.get("entities") or {}).get("urls") or []:
        typed = _typed(link)
        if quoted and typed.endswith(f"/status/{quoted}"):
            typed = ""  # X puts the quoted post's address at the end; its words stand in `quoted`
        text = text.replace(str(link["url"]), typed)
    return text.rstrip() if quoted else text


def _typed(link: Json) -> str:
    """What a citizen typed for this link: X shows it without scheme, and cut when long."""
    whole = str(link.get("expanded_url") or link["url"])
    shown = str(link.get("display_url") or "")
    return shown if whole in (f"http://{shown}", f"https://{shown}") else whole


def _referenced(post: Json) -> dict[str, str]:
    """type → id of what this post refers to; both spellings of the field (§2.2 naming drift)."""
    rows = post.get("referenced_tweets") or post.get("referenced_posts") or []
    return {str(row["type"]): str(row["id"]) for row in rows}


def _post(post: Json, includes: Json, account_id: str) -> Incoming | None:
    """One post; None for a bare repost, which says nothing of its own."""
    refers = _referenced(post)
    if "retweeted" in refers:
        return None
    current_id = _id(post["id"])
    history = (
        post.get("edit_history_tweet_ids") or post.get("edit_history_post_ids") or [current_id]
    )
    author_id = _id(post["author_id"])
    user = _index(includes, "users").get(author_id, {})
    quoted = _index(includes, "tweets").get(refers.get("quoted", ""))
    handle = str(user.get("username", ""))
    return Incoming(
        object_class="post",
        external_id=_id(history[0]),
        current_id=current_id,
        thread_id=_id(post.get("conversation_id") or current_id),
        author=Author(external_id=author_id, handle=handle, name=str(user.get("name", ""))),
        text=_text(post),
        written_at=_time(post["created_at"]),
        own=author_id == account_id,
        replies_to=refers.get("replied_to", ""),
        quoted=_text(quoted) if quoted else "",
        link=f"https://x.com/{handle or 'i'}/status/{current_id}",
        edited=len(history) > 1,
        media=_media(post, includes),
    )


def _id(value: object) -> str:
    """An id as X sends it: a string of digits. A JSON number beyond 2^53 would already be wrong."""
    if isinstance(value, bool) or not isinstance(value, (str, int)) or not str(value).isdigit():
        msg = f"id {value!r}"
        raise ValueError(msg)
    return str(value)


def _time(value: str) -> datetime:
    moment = datetime.fromisoformat(value)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _media(post: Json, includes: Json) -> tuple[Media, ...]:
    known = _index(includes, "media", "media_key")
    keys = (post.get("attachments") or {}).get("media_keys") or []
    found = [known[key] for key in keys if key in known]
    return tuple(
        Media(
            kind=str(row.get("type", "")),
            url=str(row.get("url") or row.get("preview_image_url") or ""),
            alt=str(row.get("alt_text") or ""),
        )
        for row in found
    )
