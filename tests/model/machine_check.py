"""What may never be, held against the ledger: the platform's posts, not our own tables (DESIGN §5).

twice         a reply stands there more than once
lost fence    a reply stands there whose author did not hold the item when it was written or when it left
two answers   two people's replies stand in one item, and the second one's author took it before the
              first was settled
false sent    we say sent, it is not there
false failed  we say failed or taken back, it stands there
unread        it stands there, a second reader was asked for, and nobody but its author has read it
lost          it will not be sent, and its words are not the item's draft
two holders   two live claims on one item
"""

from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

from django.db import connection

from inbox.models import Claim
from inbox.models_out import DeliveryState, ReplyState
from tests.model.machine_platform import WALL, Kind, Post

GIVEN_BACK = (ReplyState.FAILED, ReplyState.CANCELLED)
NOT_THERE = (DeliveryState.FAILED, DeliveryState.CANCELLED)


class Violation(AssertionError):
    """The protocol broke one of its promises; the message begins with which."""


@dataclass
class Said:
    """A reply that was accepted, known on the platform by its words, which no other reply has."""

    reply_id: int
    text: str
    kind: Kind
    state: str = ""  # as last seen


@dataclass(frozen=True, slots=True)
class Row:
    """What our tables say of one reply."""

    reply_id: int
    item_id: int
    author_id: int
    state: str
    created_at: datetime
    settled_at: datetime | None
    taken_at: datetime  # its claim
    ended_at: datetime | None
    end: str
    delivery_id: int
    delivery: str
    attempt: int
    remote_id: str
    unread: bool  # somebody else has to read it, and nobody has
    draft: str  # of its item now
    holders: int  # of its item now

    def __str__(self) -> str:
        return f"{self.state}, {self.delivery}, attempt {self.attempt}"


_ROWS = """
SELECT r.id, r.item_id, r.author_id, r.state, r.created_at, r.settled_at,
       c.taken_at, c.ended_at, c."end", d.id, d.state, d.attempt, d.remote_id,
       i.second_reader AND u.role <> 'head' AND (r.reader_id IS NULL OR r.reader_id = r.author_id),
       coalesce((SELECT text FROM inbox_draft f WHERE f.item_id = r.item_id AND f.author_id = r.author_id), ''),
       (SELECT count(*) FROM inbox_claim l WHERE l.item_id = r.item_id AND l.ended_at IS NULL)
  FROM inbox_reply r JOIN inbox_claim c ON c.id = r.claim_id
  JOIN inbox_item i ON i.id = r.item_id JOIN accounts_user u ON u.id = r.author_id
  JOIN inbox_delivery d ON d.reply_id = r.id
 WHERE r.id = ANY(%s)
"""


def check(said: list[Said]) -> None:
    """Hold every reply of this example against the ledger. Raises Violation."""
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, [[one.reply_id for one in said]])
        rows = {row[0]: Row(*row) for row in cursor.fetchall()}
    standing: list[tuple[Post, Row]] = []
    for one in said:
        row, posts = rows[one.reply_id], WALL.of_api(one.text)
        _against_the_ledger(one, row, posts)
        if row.state in GIVEN_BACK and one.state not in GIVEN_BACK:
            _must(row.draft == one.text, f"lost: {one.text} is nobody's draft")
        _must(row.holders <= 1, "two holders")
        one.state = row.state
        standing += [(post, row) for post in posts]
    _one_voice(standing)


def _against_the_ledger(one: Said, row: Row, posts: list[Post]) -> None:
    where = f"{one.text} ({one.kind}, {row})"
    _must(len(posts) <= 1, f"twice: {where}")
    _must(not (posts and row.unread), f"unread: {where}")
    if row.state == ReplyState.SENT or row.delivery == DeliveryState.SENT:
        _must(row.state == row.delivery, f"false sent: {where}")
        _must(len(posts) == 1, f"false sent: {where}")
        named = {posts[0].remote_id, f"seen-{row.delivery_id}"}
        _must(row.remote_id in named, f"false sent: {where}, another's post")
    if row.state in GIVEN_BACK or row.delivery in NOT_THERE:
        _must(not posts, f"false failed: {where}")
    if posts and row.ended_at is not None:
        _must(row.ended_at > row.created_at, f"lost fence: {where} was written without the claim")
        settled = row.end == Claim.End.SETTLED
        _must(settled or row.ended_at > posts[0].at, f"lost fence: {where} left without the claim")


def _one_voice(standing: list[tuple[Post, Row]]) -> None:
    """Of two people's replies in one item the first was settled before the second one's author took it."""
    standing.sort(key=lambda pair: pair[0].at)
    for (_post, first), (_later, second) in combinations(standing, 2):
        if first.item_id != second.item_id or first.author_id == second.author_id:
            continue
        known = first.settled_at is not None and second.taken_at >= first.settled_at
        _must(known, f"two answers: reply {first.reply_id}, reply {second.reply_id}")


def _must(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Violation(otherwise)
