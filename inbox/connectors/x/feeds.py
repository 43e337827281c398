"""Reading X by asking: mentions, our own timeline, quotes of our posts, direct messages (platforms.md §2.2)."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from inbox.connectors.base import Account, FetchFailed, RawPage, later
from inbox.connectors.x.outcome import usage
from inbox.connectors.x.transport import Speaker
from inbox.connectors.x.values import bump, obj, rows

FEEDS = ("mentions", "own", "quotes", "dms")
OVERLAP = timedelta(seconds=60)  # ids are only roughly in order of time: read the last minute again
MAX_PAGES = 8  # at most the 800 newest mentions can be reached
QUOTED_FOR = timedelta(days=3)  # quotes are looked for under posts of the last days
QUOTED_POSTS = 5  # asked for at a time: 75 requests in 15 minutes, polled each minute
QUOTE_PAGES = 3  # of one post at a time

POST_FIELDS: dict[str, Any] = {
    "tweet_fields": [
        "author_id", "created_at", "conversation_id", "in_reply_to_user_id", "referenced_tweets",
        "entities", "attachments", "lang", "edit_history_tweet_ids", "note_tweet",
    ],
    "expansions": ["author_id", "referenced_tweets.id", "attachments.media_keys"],
    "user_fields": ["username", "name"],
    "media_fields": ["type", "url", "preview_image_url", "alt_text", "variants"],
}  # fmt: skip
MESSAGE_FIELDS: dict[str, Any] = {
    "dm_event_fields": [
        "id", "event_type", "text", "sender_id", "dm_conversation_id", "created_at", "attachments",
        "entities",
    ],
    "event_types": "MessageCreate",
    "expansions": ["sender_id", "attachments.media_keys"],
    "user_fields": ["username", "name"],
    "media_fields": ["type", "url", "preview_image_url", "alt_text", "variants"],
}  # fmt: skip


def overlapped(cursor: str) -> str:
    """`cursor` moved back by OVERLAP of id space."""
    return bump(cursor, -OVERLAP)


class Feeds:
    """Reads the feeds of one account."""

    def __init__(self, account: Account, speaker: Speaker) -> None:
        self.account, self.speaker = account, speaker

    def fetch(self, feed: str, cursor: str) -> Iterator[RawPage]:
        """Pages newer than `cursor`, newest first. Raises FetchFailed."""
        client = self.speaker.client
        match feed:
            case "mentions":
                yield from self._since(client.get_users_mentions, cursor)
            case "own":
                yield from self._since(client.get_users_tweets, cursor)
            case "quotes":
                yield from self._quotes(cursor)
            case "dms":
                yield from self._messages(cursor)
            case _:
                raise FetchFailed(f"X tidak punya {feed}", permanent=True)

    def pages(
        self, ask: Any, *, most: int = MAX_PAGES, tell: bool = True, **query: Any
    ) -> Iterator[tuple[requests.Response, list[str], str]]:
        """(answer, ids on it, newest id) page by page; a page that is no page is handed out before
        FetchFailed is raised, so that it is kept. `tell`: report the budget the headers name."""
        token: dict[str, str] = {}
        for _page in range(most):
            response = self.speaker.read(ask, max_results=100, **query, **token)
            if tell and (told := usage(response.headers)):
                self.account.report(told)
            try:
                page = response.json()
                meta, ids = page["meta"], [str(row["id"]) for row in rows(page.get("data"))]
                following = meta.get("next_token")
                newest = str(meta.get("newest_id") or "")
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                yield response, [], ""
                raise FetchFailed(
                    "X menjawab dengan bentuk tak dikenal", permanent=False
                ) from error
            for number in ids:
                newest = later(newest, number)
            if ids or meta.get("result_count"):
                yield response, ids, newest
            if not following:
                return
            token = {"pagination_token": str(following)}

    def _since(self, ask: Any, cursor: str) -> Iterator[RawPage]:
        """Pages since `cursor`, each following one asked for with the same `since_id` (§2.2)."""
        since: dict[str, Any] = {"since_id": overlapped(cursor)} if cursor else {}
        for answer, _ids, newest in self.pages(
            ask, id=self.account.external_id, **since, **POST_FIELDS
        ):
            yield RawPage(body=answer.content, newest_id=newest)

    def _messages(self, cursor: str) -> Iterator[RawPage]:
        """Messages know no `since_id`: newest first, until a known one; 15 requests in 15 minutes."""
        yield from self._until_known(
            self.speaker.client.get_direct_message_events, cursor, most=MAX_PAGES, **MESSAGE_FIELDS
        )

    def _until_known(self, ask: Any, cursor: str, *, most: int, **query: Any) -> Iterator[RawPage]:
        known = int(overlapped(cursor)) if cursor else 0
        for answer, ids, newest in self.pages(ask, most=most, **query):
            fresh = [number for number in ids if number.isdigit() and int(number) > known]
            if fresh or not ids:
                yield RawPage(body=answer.content, newest_id=newest)
            if ids and len(fresh) < len(ids):
                return

    def _quotes(self, cursor: str) -> Iterator[RawPage]:
        """Quotes of our posts of the last days; without our @name they are on no other feed.

        Where more posts were quoted than may be asked for at a time, they take turns, and the cursor
        stays until one round has asked for all: nothing is skipped, some is read twice.
        """
        quoted = self._quoted_posts()
        chosen = in_turn(quoted, turn=int(time.time() // 60))
        for number in chosen:
            for page in self._until_known(
                self.speaker.client.get_quote_tweets, cursor, most=QUOTE_PAGES,
                id=number, **POST_FIELDS,
            ):  # fmt: skip
                yield page if len(chosen) == len(quoted) else RawPage(page.body)

    def _quoted_posts(self) -> list[str]:
        """Our posts of the last days that somebody quoted, newest first."""
        begin = (datetime.now(UTC) - QUOTED_FOR).replace(microsecond=0)
        found: list[str] = []
        for answer, _ids, _newest in self.pages(
            self.speaker.client.get_users_tweets, tell=False, id=self.account.external_id,
            start_time=begin, tweet_fields=["public_metrics"],
        ):  # fmt: skip
            for post in rows(answer.json().get("data")):
                count = obj(post.get("public_metrics")).get("quote_count")
                if count or count is None:
                    found.append(str(post["id"]))
        return found


def in_turn(found: list[str], *, turn: int) -> list[str]:
    """At most QUOTED_POSTS of `found`: all of them in as few turns as possible, over and over."""
    groups = [found[n : n + QUOTED_POSTS] for n in range(0, len(found), QUOTED_POSTS)]
    return groups[turn % len(groups)] if groups else []
