"""A Facebook Page over Graph: comments, posts, chats; read, answered, read back (platforms.md §4, §5)."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import httpx2

from inbox.connectors import base
from inbox.connectors.base import FetchFailed, Outcome, Outgoing, OwnReply, RawPage, SendResult
from inbox.connectors.facebook import health
from inbox.connectors.facebook.ways import COMMENT, amends
from inbox.connectors.meta import amending
from inbox.connectors.meta.graph import Graph, GraphError
from inbox.connectors.meta.outcome import Kind, classify_write, kind_of, read_failure
from inbox.connectors.meta.values import known_id, known_moment, mapping, rows
from inbox.connectors.meta_chat import MESSENGER
from inbox.connectors.meta_chat import client as chat
from inbox.connectors.meta_chat.client import OVERLAP, wrap
from inbox.connectors.meta_chat.ways import PRIVATE_REPLY

NEWEST_POSTS = 100  # of the page, each looked at in every round; older ones come by webhook only
FIRST_TIME = 30 * 86_400  # seconds before the newest word: what a new connection reads
BACK = timedelta(seconds=2)  # §1.2

POST_FIELDS = (
    "id,from{id,name},message,created_time,updated_time,permalink_url,is_hidden,attachments"
)
COMMENT_FIELDS = (
    "id,from{id,name},message,created_time,parent{id},is_hidden,can_comment,can_reply_privately,"
    "attachment,permalink_url"
)
#: What may be read of something elsewhere; less than of our own (§4.2).
MENTION_FIELDS = {
    "comment_id": "id,from{id,name},message,created_time,parent{id},attachment,permalink_url",
    "post_id": "id,from{id,name},message,created_time,attachments,permalink_url",
}
_NOT_VISIBLE = (Kind.GONE, Kind.REFUSED, Kind.PERMISSION, Kind.CONSENT, Kind.NOBODY)
_NO_ADDRESS = (
    "Gambar tidak bisa dikirim: Facebook mengambilnya sendiri, dan alamat Sahut tidak terbuka dari luar. "
    "Kirim tanpa gambar."
)
_STANDS = (
    "Pesan Messenger tidak bisa dihapus atau diubah dari sini. Tulis ralat sebagai pesan baru."
)


class FacebookConnector:
    """The protocol of inbox.connectors.base for one Page."""

    def __init__(self, account: base.Account) -> None:
        self.account, self.page_id = account, account.external_id
        self.graph = Graph(account)

    def close(self) -> None:
        self.graph.close()

    # --- reading ---

    def fetch(self, feed: str, cursor: str) -> Iterator[RawPage]:
        """Pages since `cursor` (seconds since 1970), with OVERLAP read again. Raises FetchFailed."""
        if feed == "chats":
            yield from chat.fetch(self.graph, cursor, node=self.page_id, style=MESSENGER)
            return
        read = {"comments": self._comments, "tagged": self._tagged}[feed]
        since = int(cursor) - OVERLAP if cursor else None
        try:
            yield from read(since)
        except (GraphError, httpx2.HTTPError) as error:
            raise read_failure(error) from error

    def _comments(self, since: int | None) -> Iterator[RawPage]:
        """Posts touched since, then each one's comments. A comment touches its post (`updated_time`)."""
        asked = {"fields": POST_FIELDS, "limit": NEWEST_POSTS}
        answer = self.graph.get(f"{self.page_id}/feed", asked)
        posts = [
            post for post in rows(answer.data.get("data")) if known_id(mapping(post).get("id"))
        ]
        newest = max((_touched(post) for post in posts), default=0)
        since = newest - FIRST_TIME if since is None else since
        touched = [post for post in posts if _touched(post) >= since]
        if not touched:
            return
        visitors = [post for post in touched if self._author(post) != self.page_id]
        # Only what visitors wrote is kept: without it, these bytes are the same in every round.
        page = chat.dump({"data": visitors})
        yield RawPage(body=wrap("posts", page), newest_id=str(newest))
        for post in touched:
            yield from self._comments_of(post, since)

    def _comments_of(self, post: Mapping[str, Any], since: int) -> Iterator[RawPage]:
        asked = {
            "filter": "stream",
            "order": "reverse_chronological",
            "fields": COMMENT_FIELDS,
            "limit": 100,
        }
        about = {
            "id": known_id(post.get("id")),
            "permalink_url": str(post.get("permalink_url", "")),
        }
        for answer in self.graph.pages(f"{about['id']}/comments", asked):
            times = [
                _seconds(mapping(row).get("created_time")) for row in rows(answer.data.get("data"))
            ]
            if times and max(times) >= since:
                body = wrap("comments", answer.body, post=about)
                yield RawPage(body=body, newest_id=str(max(times)))
            if not times or min(times) < since:
                return

    def _tagged(self, since: int | None) -> Iterator[RawPage]:
        """Posts elsewhere that name the page, newest first."""
        asked = {"fields": POST_FIELDS.replace("is_hidden,", ""), "limit": 50}
        for answer in self.graph.pages(f"{self.page_id}/tagged", asked):
            times = [
                _seconds(mapping(row).get("created_time")) for row in rows(answer.data.get("data"))
            ]
            since = max(times, default=0) - FIRST_TIME if since is None else since
            if times and max(times) >= since:
                yield RawPage(body=wrap("tagged", answer.body), newest_id=str(max(times)))
            if not times or min(times) < since:
                return

    def look_up(self, wanted: base.Wanted) -> RawPage:
        """A name ("profile"), a comment or post of our page, or what names us elsewhere ("mention"),
        which Facebook need not show (§4.2: 100, 200): the webhook's words then stand alone."""
        if wanted.kind == "profile":
            return chat.look_up_profile(self.graph, wanted, style=MESSENGER)
        shown = wanted.kind == "mention"
        fields = {"comment": COMMENT_FIELDS, "post": POST_FIELDS}.get(
            wanted.kind
        ) or MENTION_FIELDS["comment_id" if wanted.args.get("comment_id") else "post_id"]
        try:
            page = self.graph.get(wanted.key, {"fields": fields}).body
        except GraphError as error:
            if not shown or kind_of(error) not in _NOT_VISIBLE:
                raise read_failure(error) from error
            page = b"null"
        except httpx2.HTTPError as error:
            raise read_failure(error) from error
        if shown:
            return RawPage(body=wrap("mention", page, wanted=dict(wanted.args)))
        return RawPage(body=wrap(wanted.kind, page, post={"id": wanted.args.get("post_id", "")}))

    def still_there(self, object_class: str, ids: Sequence[str]) -> set[str]:
        """Which comments and posts still stand. Chats cannot be asked: a message beyond the newest 20 is
        not readable (§5.1), and unsending comes by webhook."""
        if object_class == "chat":
            return set(ids)
        return {one for one in ids if self._stands(one)}

    def _stands(self, object_id: str) -> bool:
        try:
            self.graph.get(object_id, {"fields": "id"})
        except GraphError as error:
            if kind_of(error) is Kind.GONE:
                return False
            raise read_failure(error) from error
        except httpx2.HTTPError as error:
            raise read_failure(error) from error
        return True

    def content(self, media: base.Media) -> base.Content:
        """Facebook gives out addresses only."""
        raise FetchFailed("Facebook hanya memberi alamat berkas.", permanent=True)

    def check(self) -> base.Health:
        """Token, permissions, subscription. Raises FetchFailed when Facebook is away."""
        return health.check(self.graph)

    # --- writing ---

    def send(self, out: Outgoing) -> SendResult:
        """Make the call that `out.call` names. Never raises for what the network does."""
        if out.call not in ("", COMMENT):
            return chat.send(self.graph, out, node=self.page_id, style=MESSENGER)
        form = {"message": out.text} if out.text else {}
        if out.pictures:
            url = out.pictures[0].url
            if not (url.startswith("https://") or (url and self.account.base_url)):
                return SendResult(Outcome.PERMANENT, problem=_NO_ADDRESS, object_class="comment")
            form["attachment_url"] = url
        target = _place(out)
        return classify_write(
            lambda: self.graph.post(f"{target}/comments", form), object_class="comment"
        )

    def amend(self, wish: base.Amendment) -> SendResult:
        """Delete a comment of ours, or give it other words (§4.3). Messages stand as they are."""
        if wish.change not in amends(wish.object_class):
            return SendResult(Outcome.PERMANENT, problem=_STANDS, object_class=wish.object_class)
        return amending.amend(self.graph, wish, name="Facebook")

    def read_back(self, out: Outgoing, *, since: datetime) -> list[OwnReply]:
        """Our replies where `out` would stand, from two seconds before `since` (§1.2)."""
        if out.call in ("", COMMENT):
            return self._own_comments(out, since)
        found = self._own_messages(out, since)
        if found or out.call != PRIVATE_REPLY:
            return found
        return self._private_reply(out, since)

    def _own_comments(self, out: Outgoing, since: datetime) -> list[OwnReply]:
        """Answers to a reply are filed under the top comment (§4.3): that is where to look."""
        place = out.address.get("parent") or out.target_id
        asked = {
            "filter": "toplevel",
            "order": "reverse_chronological",
            "fields": "id,from,message,created_time,parent",
            "limit": 100,
        }
        found: list[OwnReply] = []
        try:
            for answer in self.graph.pages(f"{place}/comments", asked, limit=5):
                listed = [mapping(row) for row in rows(answer.data.get("data"))]
                for row in listed:
                    at, number = known_moment(row.get("created_time")), known_id(row.get("id"))
                    if at is None or not number:
                        raise FetchFailed("jawaban Facebook tak terbaca", permanent=False)
                    if at < since - BACK:
                        return found
                    if self._author(row) == self.page_id:
                        text = str(row.get("message", ""))
                        found.append(OwnReply(number, out.target_id, text, at, "comment"))
        except (GraphError, httpx2.HTTPError) as error:
            raise read_failure(error) from error
        return found

    def _own_messages(self, out: Outgoing, since: datetime) -> list[OwnReply]:
        return chat.read_back(
            self.graph, out, since=since, node=self.page_id, account_id=self.page_id,
            style=MESSENGER,
        )  # fmt: skip

    def _private_reply(self, out: Outgoing, since: datetime) -> list[OwnReply]:
        """Whether the one private reply of this comment is used up, where nobody's chat can be read. Its
        message id is then not known; the echo, which bears our retry key, says it."""
        try:
            told = self.graph.get(out.target_id, {"fields": "can_reply_privately"}).data
        except (GraphError, httpx2.HTTPError) as error:
            raise read_failure(error) from error
        if told.get("can_reply_privately") is not False:
            return []
        return [OwnReply(f"private:{out.target_id}", out.target_id, out.text, since, "chat")]

    def _author(self, row: Mapping[str, Any]) -> str:
        return known_id(mapping(row.get("from")).get("id"))


def _place(out: Outgoing) -> str:
    """What the comment is posted under: the parent, where the answered one takes none (§4.3)."""
    parent = out.address.get("parent", "")
    return parent if parent and out.address.get("can_comment") == "0" else out.target_id


def _touched(post: Mapping[str, Any]) -> int:
    return max(_seconds(post.get("updated_time")), _seconds(post.get("created_time")))


def _seconds(value: Any) -> int:
    found = known_moment(value)
    return int(found.timestamp()) if found else 0
