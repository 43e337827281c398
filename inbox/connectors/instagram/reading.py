"""Polling Instagram: media → comments → replies, and what others tagged us in (platforms.md §6.1).

Comments have no time filter, so what is read is chosen: the newest media always, older ones when the
number of their comments changed. Every page goes out in an envelope as soon as it is here.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from inbox.connectors.base import RawPage
from inbox.connectors.meta import Answer, Graph, GraphError, Kind, kind_of
from inbox.connectors.meta.graph import next_step
from inbox.connectors.meta.values import known_id, known_moment, mapping, rows, web_address
from inbox.connectors.meta_chat.client import wrap

MEDIA = 100  # newest media whose number of comments is looked at: one page
ALWAYS = 10  # newest media whose comments are read at every poll
PER_PAGE = 50  # comments; Instagram gives no more (§6.1)
PAGES = 20  # of one media's comments
FIRST_PAGES = 4  # of each media when the account is read for the first time
TAG_PAGES = 4
OVERLAP = timedelta(minutes=10)  # a comment may become visible after one that is younger

_REPLY = "id,text,timestamp,username,from"
REPLY_FIELDS = (_REPLY, "id,text,timestamp,username", "id,text,timestamp")
COMMENT_FIELDS = tuple(f"{each},replies.limit({PER_PAGE}){{{each}}}" for each in REPLY_FIELDS)
#: Without addresses of files: they are signed anew for every answer, and every page would seem new.
TAG_FIELDS = (
    "id,caption,media_type,permalink,timestamp,username",
    "id,caption,permalink,timestamp,username",
)

#: How many comments each media had when this process last read them, by account. A cache: what it does
#: not know is read. Forgotten when the account is read from the beginning.
_counts: dict[tuple[str, str], dict[str, int]] = {}


def asked(
    graph: Graph, path: str, choices: Sequence[str], params: Mapping[str, Any] | None = None
) -> Answer:
    """GET with the first list of fields that Graph accepts: it answers 100 for one it does not know or
    does not show to us (§6.1). Raises GraphError of the last try."""
    for fields in choices[:-1]:
        try:
            return graph.get(path, {**(params or {}), "fields": fields})
        except GraphError as error:
            if kind_of(error) is not Kind.REFUSED:
                raise
    return graph.get(path, {**(params or {}), "fields": choices[-1]})


@dataclass(slots=True)
class Reader:
    """One reading of one account. `username` is our own, "" where nobody told it."""

    graph: Graph
    account_id: str
    username: str = ""
    cursor: str = ""
    last: datetime | None = field(init=False)  # of the newest comment read so far

    def __post_init__(self) -> None:
        self.last = datetime.fromtimestamp(int(self.cursor) / 1000, tz=UTC) if self.cursor else None

    @property
    def floor(self) -> datetime | None:
        """What is older than this was read before; None at the first reading."""
        return self.last - OVERLAP if self.last else None

    # --- comments ------------------------------------------------------------------------------------

    def comments(self) -> Iterator[RawPage]:
        """Pages of comments under our media. Raises what Graph raises.

        A media's count is remembered after its last page was stored (the caller asks for the next page
        only then), so a failure in between reads it again.
        """
        counts = _counts.setdefault((self.graph.root, self.account_id), {})
        if self.last is None:
            counts.clear()
        wanted = {"fields": "id,timestamp,comments_count,permalink", "limit": MEDIA}
        listed = self.graph.get(f"{self.account_id}/media", wanted).data.get("data")
        if not isinstance(listed, list):
            raise GraphError(200, 0, message="daftar postingan tak terbaca")
        for number, media in enumerate(map(mapping, listed)):
            found, count = known_id(media.get("id")), media.get("comments_count")
            before = counts.get(found, 0 if count == 0 else None)
            if not found or (number >= ALWAYS and count == before):
                continue
            grown = count - before if isinstance(count, int) and before is not None else None
            yield from self._under_media(found, media, grown)
            if isinstance(count, int):
                counts[found] = count

    def _under_media(
        self, media_id: str, media: Mapping[str, Any], grown: int | None
    ) -> Iterator[RawPage]:
        """One media's comments, newest first, until what is new to us has been seen: `grown` comments
        or replies where that is known (a reply may stand under an old comment), and in any case every
        page that holds something newer than the cursor."""
        context = {
            "username": self.username,
            "media": {"id": media_id, "permalink": web_address(media.get("permalink"))},
        }
        seen = 0
        try:
            for answer in self._list(f"{media_id}/comments", COMMENT_FIELDS):
                times = list(_times(answer.data.get("data")))
                if answer.data.get("data") != []:
                    yield self._page("comments", answer, times, context)
                yield from self._further_replies(answer, context)
                seen += sum(1 for at in times if self.last is None or at > self.last)
                if self._nothing_new(times) and seen >= (grown or 0):
                    return
        except GraphError as error:
            if kind_of(error) is not Kind.GONE:  # removed since it was listed
                raise

    def _further_replies(self, answer: Answer, context: Mapping[str, Any]) -> Iterator[RawPage]:
        """Replies that did not fit on the page of their comment."""
        for comment in rows(answer.data.get("data")):
            under = mapping(mapping(comment).get("replies"))
            step, top = next_step(under), known_id(mapping(comment).get("id"))
            if not step or not top:
                continue
            for page in self._list(f"{top}/replies", REPLY_FIELDS, step):
                times = list(_times(page.data.get("data")))
                yield self._page("replies", page, times, {**context, "parent": top})

    # --- tags ----------------------------------------------------------------------------------------

    def tags(self) -> Iterator[RawPage]:
        """Pages of media others tagged our account in. Raises what Graph raises."""
        path = f"{self.account_id}/tags"
        for answer in self._walk(path, TAG_FIELDS, TAG_PAGES, {}, until_empty=True):
            times = list(_times(answer.data.get("data")))
            if answer.data.get("data") != []:
                yield self._page("tags", answer, times, {"username": self.username})
            if self._nothing_new(times):
                return

    # --- pages ---------------------------------------------------------------------------------------

    def _list(
        self, path: str, choices: Sequence[str], step: Mapping[str, str] | None = None
    ) -> Iterator[Answer]:
        limit = FIRST_PAGES if self.last is None else PAGES
        yield from self._walk(path, choices, limit, dict(step or {}))

    def _walk(
        self,
        path: str,
        choices: Sequence[str],
        limit: int,
        step: Mapping[str, str],
        *,
        until_empty: bool = False,
    ) -> Iterator[Answer]:
        """Pages of a list by cursor, each asked for when the one before was taken."""
        for _page in range(limit):
            answer = asked(self.graph, path, choices, {"limit": PER_PAGE, **step})
            yield answer
            step = next_step(answer.data, until_empty=until_empty)
            if not step:
                return

    def _nothing_new(self, times: list[datetime]) -> bool:
        return self.floor is not None and not any(at > self.floor for at in times)

    def _page(
        self, kind: str, answer: Answer, times: list[datetime], context: Mapping[str, Any]
    ) -> RawPage:
        newest = str(int(max(times).timestamp() * 1000)) if times else ""
        return RawPage(wrap(kind, answer.body, **context), newest)


def _times(listed: Any) -> Iterator[datetime]:
    """When the members of a list, and the replies in it, were written."""
    for row in rows(listed):
        for each in (row, *rows(mapping(mapping(row).get("replies")).get("data"))):
            at = known_moment(mapping(each).get("timestamp"))
            if at is not None:
                yield at
