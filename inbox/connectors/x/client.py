"""The protocol of inbox.connectors.base for X, over tweepy (platforms.md §2, §8.1)."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import requests
import tweepy

from inbox.connectors.base import (
    Account,
    Amendment,
    Content,
    FetchFailed,
    Health,
    Media,
    Outcome,
    Outgoing,
    OwnReply,
    RawPage,
    SendResult,
    Wanted,
)
from inbox.connectors.x import activity, amending, oauth, posts
from inbox.connectors.x.feeds import MAX_PAGES, MESSAGE_FIELDS, POST_FIELDS, Feeds
from inbox.connectors.x.outcome import (
    TOKEN_DEAD,
    classify_error,
    classify_transport,
    failed_reading,
)
from inbox.connectors.x.parse import parse_page
from inbox.connectors.x.transport import Speaker
from inbox.connectors.x.uploads import upload
from inbox.connectors.x.values import obj, rows, soft
from inbox.connectors.x.ways import CHAT, DM, same_words

LOOK_UP = 100  # posts at a time (§2.6)
SLACK = timedelta(seconds=2)  # X's clock and ours (§1.2)
FILE_HOSTS = ("ton.twitter.com", "ton.x.com")  # where files of messages lie; they want our keys
_GONE = ("not-found", "not-authorized")


class XConnector:
    """X for one account."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.speaker = Speaker(account)
        self.client = self.speaker.client
        self.feeds = Feeds(account, self.speaker)

    def close(self) -> None:
        self.speaker.close()

    # --- in ---

    def fetch(self, feed: str, cursor: str) -> Iterator[RawPage]:
        yield from self.feeds.fetch(feed, cursor)

    def look_up(self, wanted: Wanted) -> RawPage:
        """One post with everything around it, which a webhook left out."""
        if wanted.kind != posts.POST:
            raise FetchFailed(f"X tidak punya {wanted.kind}", permanent=True)
        response = self.speaker.read(self.client.get_tweets, ids=[wanted.key], **POST_FIELDS)
        if wanted.key not in _ids(response):
            raise FetchFailed("Pesan itu sudah tidak ada di X.", permanent=True, gone=True)
        return RawPage(body=response.content)

    def still_there(self, object_class: str, ids: Sequence[str]) -> set[str]:
        """Which posts stand: others' deletions are never pushed (§2.6). Messages cannot be asked for."""
        if object_class != "post":
            return set(ids)
        there: set[str] = set()
        for start in range(0, len(ids), LOOK_UP):
            some = list(ids[start : start + LOOK_UP])
            response = self.speaker.read(self.client.get_tweets, ids=some)
            standing = _ids(response)
            there |= set(some) - (_missing(response) - standing)
        return there

    def content(self, media: Media) -> Content:
        """A file of a message: X hands it out to this account's keys alone."""
        address = media.fetch_id
        if (urlsplit(address).hostname or "") not in FILE_HOSTS:
            raise FetchFailed("bukan berkas dari X", permanent=True)
        try:
            response = self.speaker.plain("GET", address, stream=True)
        except requests.RequestException as error:
            raise failed_reading(error) from error
        if not response.ok:
            response.close()
            gone = response.status_code in (requests.codes.not_found, requests.codes.gone)
            raise FetchFailed(
                f"X: berkas dijawab {response.status_code}", permanent=gone, gone=gone
            )
        kind = response.headers.get("Content-Type", "application/octet-stream")
        return Content(content_type=kind, pieces=_pieces(response))

    # --- out ---

    def send(self, out: Outgoing) -> SendResult:
        """Answer a post or a message. Pictures are uploaded first: until then nothing is sent."""
        chat = out.call == DM
        object_class = "chat" if chat else "post"
        media = upload(self.speaker, out.pictures, chat=chat)
        if isinstance(media, SendResult):
            return replace(media, object_class=object_class)
        try:
            response = self._message(out, media) if chat else self._post(out, media)
        except tweepy.HTTPException as error:
            return classify_error(error, object_class=object_class)
        except requests.RequestException as error:
            return classify_transport(error, object_class=object_class)
        except Exception as error:  # noqa: BLE001  tweepy fails on odd error bodies (§2.5): unknown
            told = f"{type(error).__name__}: {error}"[:300]
            return SendResult(Outcome.UNKNOWN, problem=told, object_class=object_class)
        try:
            remote_id = str(response.json()["data"]["dm_event_id" if chat else "id"])
        except (ValueError, KeyError, TypeError):
            told = "X menerima, tetapi jawabannya tak terbaca"
            return SendResult(Outcome.UNKNOWN, problem=told, object_class=object_class)
        return SendResult(Outcome.SENT, remote_id=remote_id, object_class=object_class)

    def _post(self, out: Outgoing, media: list[str]) -> requests.Response:
        return self.speaker.ask(
            self.client.create_tweet,
            text=out.text,
            in_reply_to_tweet_id=out.target_id,
            media_ids=media or None,
        )

    def _message(self, out: Outgoing, media: list[str]) -> requests.Response:
        return self.speaker.ask(
            self.client.create_direct_message,
            text=out.text or None,
            media_id=media[0] if media else None,
            **_whom(out),
        )

    def read_back(self, out: Outgoing, *, since: datetime) -> list[OwnReply]:
        """What stands of ours under the target since two seconds before `since` (§1.2)."""
        chat = out.way == CHAT
        found: list[OwnReply] = []
        for answer, _ids_there, _newest in self._own_words(out, chat=chat):
            parsed = parse_page(answer.content, self.account.external_id, messages=chat)
            if parsed.problems:
                raise FetchFailed("; ".join(parsed.problems)[:300], permanent=False)
            found += [
                OwnReply(
                    remote_id=m.current_id,
                    target_id=out.target_id,
                    text=out.text if same_words(m.text, out.text) else m.text,
                    written_at=m.written_at,
                    object_class=m.object_class,
                )
                for m in parsed.messages
                if m.own
                and m.written_at >= since - SLACK
                and (chat or m.replies_to == out.target_id)
            ]
            if chat and any(m.written_at < since - SLACK for m in parsed.messages):
                break  # newest first: what follows is older
        return found

    def _own_words(self, out: Outgoing, *, chat: bool) -> Any:
        if chat:
            return self.feeds.pages(
                self.client.get_direct_message_events, most=2, tell=False,
                **_whom(out), **MESSAGE_FIELDS,
            )  # fmt: skip
        return self.feeds.pages(
            self.client.get_users_tweets, most=MAX_PAGES, tell=False,
            id=self.account.external_id, since_id=out.target_id, **POST_FIELDS,
        )  # fmt: skip

    def amend(self, wish: Amendment) -> SendResult:
        """Take a public post of ours away; nothing else can be done to it (§2.4)."""
        return amending.amend(self.speaker, wish)

    # --- health ---

    def check(self) -> Health:
        """Whose token it is, until when, and whether X still posts to us (where we can ask that)."""
        ends = self.account.keys.get("expires_at")
        expires_at = datetime.fromtimestamp(float(ends), tz=UTC) if ends else None
        try:
            response = self.speaker.read(self.client.get_me)
            me = obj(response.json().get("data"))
        except FetchFailed as error:
            if not error.permanent:
                raise
            told = TOKEN_DEAD if error.dead else error.problem
            return Health(alive=False, problem=told, expires_at=expires_at)
        except (ValueError, AttributeError) as error:
            raise FetchFailed("jawaban X tak terbaca", permanent=False) from error
        if str(me.get("id")) != self.account.external_id:
            name = soft(me.get("username")) or "?"
            return Health(alive=False, problem=f"Kunci ini milik @{name}, bukan akun kanal ini.")
        return Health(
            alive=True,
            expires_at=expires_at,
            missing=oauth.missing(self.account.keys),
            subscribed=activity.subscribed(self.account),
        )


def _pieces(response: requests.Response) -> Iterator[bytes]:
    """The body piece by piece; a connection that breaks is told as such."""
    with response:
        try:
            yield from response.iter_content(65_536)
        except requests.RequestException as error:
            raise failed_reading(error) from error


def _whom(out: Outgoing) -> dict[str, str]:
    """The conversation a message belongs to: a group's own, else the one with this person."""
    group = out.address.get("conversation", "")
    return {"dm_conversation_id": group} if group else {"participant_id": out.person_id}


def _ids(response: requests.Response) -> set[str]:
    """Ids of the posts in an answer. An edited post is asked for by any of its ids."""
    try:
        found = rows(response.json().get("data"))
    except (ValueError, AttributeError) as error:
        raise FetchFailed("jawaban X tak terbaca", permanent=False) from error
    ids = {str(row.get("id")) for row in found}
    for row in found:
        history = row.get("edit_history_tweet_ids") or row.get("edit_history_post_ids")
        ids |= {str(number) for number in history} if isinstance(history, list) else set()
    return ids


def _missing(response: requests.Response) -> set[str]:
    """Ids X says are deleted, protected or of a suspended account."""
    return {
        str(row.get("resource_id") or row.get("value"))
        for row in rows(response.json().get("errors"))
        if any(word in soft(row.get("type")) for word in _GONE)
    }
