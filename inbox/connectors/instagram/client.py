"""Instagram over Graph: the protocol of inbox.connectors.base for one account (platforms.md §3, §6).

With Facebook Login the account is spoken for by its Page's token; with Instagram Login
(`options["login"] == "instagram"`) by its own, on another host. The rest is the same.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

import httpx2

from inbox.connectors import meta_chat
from inbox.connectors.base import (
    Account,
    Amendment,
    Content,
    FetchFailed,
    Health,
    Media,
    Outgoing,
    OwnReply,
    RawPage,
    SendResult,
    Wanted,
)
from inbox.connectors.instagram import asking, health, sending
from inbox.connectors.instagram.reading import Reader
from inbox.connectors.meta import HOST, Graph, GraphError, read_failure
from inbox.connectors.meta_chat import client as chats

FEEDS = ("comments", "chats", "tags")
INSTAGRAM_LOGIN_HOST = "https://graph.instagram.com"
NAME = "Instagram"

_LINK_ONLY = "Instagram tidak mengizinkan berkas pesan disimpan. Buka tautannya, atau lihat di aplikasi Instagram."
_NO_PERSON = "Instagram tidak menyebut siapa penulis komentar ini, jadi pesannya tidak bisa dicari."


class InstagramConnector:
    """Speaks for one professional account. Made per task, closed after it."""

    def __init__(self, account: Account) -> None:
        self.account = account
        by_instagram = account.options.get("login") == "instagram"
        self.graph = Graph(account, INSTAGRAM_LOGIN_HOST if by_instagram else HOST)
        #: whose /messages, /conversations and /subscribed_apps speak for the account
        self.node = "me" if by_instagram else str(account.keys.get("page_id") or "me")
        self.username = account.handle.strip().lstrip("@").lower()

    def close(self) -> None:
        """Let go of connections."""
        self.graph.close()

    # --- in --------------------------------------------------------------------------------------

    def fetch(self, feed: str, cursor: str) -> Iterator[RawPage]:
        """Pages of a feed; see reading.py and meta_chat. Raises FetchFailed."""
        if feed == "chats":
            yield from chats.fetch(self.graph, cursor, node=self.node, style=meta_chat.INSTAGRAM)
            return
        reader = Reader(self.graph, self.account.external_id, self.username, cursor)
        try:
            yield from {"comments": reader.comments, "tags": reader.tags}[feed]()
        except (GraphError, httpx2.HTTPError) as error:
            raise read_failure(error, name=NAME) from error

    def look_up(self, wanted: Wanted) -> RawPage:
        """A mention's words, a comment's author and time, a person's name. Raises FetchFailed."""
        if wanted.kind == "profile":
            return chats.look_up_profile(self.graph, wanted, style=meta_chat.INSTAGRAM)
        try:
            if wanted.kind == "mention":
                own = self.account.external_id
                return asking.mention(self.graph, wanted, own, self.username)
            if wanted.kind == "comment":
                return asking.comment(self.graph, wanted.key, self.username)
        except (GraphError, httpx2.HTTPError) as error:
            raise read_failure(error, name=NAME) from error
        except ValueError as error:
            raise FetchFailed(f"{wanted.kind}: {error}"[:300], permanent=True) from error
        raise FetchFailed(f"Instagram tidak mengenal {wanted.kind}"[:100], permanent=True)

    # --- out -------------------------------------------------------------------------------------

    def send(self, out: Outgoing) -> SendResult:
        """Make the call. Never raises for what the network does."""
        if out.call in sending.CALLS:
            return sending.send(self.graph, out, account_id=self.account.external_id)
        return chats.send(self.graph, out, node=self.node, style=meta_chat.INSTAGRAM)

    def read_back(self, out: Outgoing, *, since: datetime) -> list[OwnReply]:
        """Replies of ours where `out` would stand, since the attempt. Raises FetchFailed."""
        own = self.account.external_id
        if out.call not in sending.CALLS:
            if not out.person_id.isdigit():
                raise FetchFailed(_NO_PERSON, permanent=True)
            return chats.read_back(
                self.graph, out, since=since, node=self.node, account_id=own,
                style=meta_chat.INSTAGRAM,
            )  # fmt: skip
        try:
            return sending.read_back(
                self.graph, out, since=since, account_id=own, username=self.username
            )
        except (GraphError, httpx2.HTTPError) as error:
            raise read_failure(error, name=NAME) from error

    def amend(self, wish: Amendment) -> SendResult:
        """Delete a comment of ours under our own media; nothing else can be changed (§6.2)."""
        return sending.amend(self.graph, wish)

    # --- besides ---------------------------------------------------------------------------------

    def still_there(self, object_class: str, ids: Sequence[str]) -> set[str]:
        """Which comments and posts still stand: Instagram tells of no deletion of either (§6.1).
        Chats tell by webhook and cannot be asked one by one. Raises FetchFailed."""
        if object_class == "chat" or not ids:
            return set(ids)
        try:
            return asking.standing(self.graph, self.account.external_id, object_class, ids)
        except (GraphError, httpx2.HTTPError) as error:
            raise read_failure(error, name=NAME) from error

    def content(self, media: Media) -> Content:
        """Nothing: chats' media may not be kept, and all others have public addresses (§6.1)."""
        del media
        raise FetchFailed(_LINK_ONLY, permanent=True)

    def check(self) -> Health:
        """Token, permissions, subscription. Raises FetchFailed when the platform is away."""
        return health.check(self.account, self.graph, node=self.node)
