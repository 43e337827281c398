"""The exclusive right to answer an item: taken, renewed, given back, proved (DESIGN §6; I1, I2).

The database alone decides: one live claim per item is a partial unique index, the server's clock
(`sahut_now()`) says what has expired, and every deciding write passes `prove()`.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from accounts import journal
from accounts.clock import DbNow
from accounts.models import User
from inbox import live
from inbox.models import Claim, ClaimRequest, Draft, Item, ItemState, Reply
from inbox.models_out import UNSETTLED

journal.register(
    {
        "claim_taken": _("mengambil pesan"),
        "claim_released": _("melepas pesan"),
        "claim_expired": _("batas memegang habis"),
        "claim_taken_over": _("mengambil alih pesan"),
        "claim_handed_over": _("menyerahkan pesan"),
    }
)


class ClaimError(Exception):
    """A claim is not what the caller thought; `str()` is the sentence for the screen."""


class AlreadyClaimed(ClaimError):
    """Somebody else holds the item."""

    def __init__(self, holder: User | None) -> None:
        self.holder = holder
        who = str(holder) if holder else _("operator lain")
        super().__init__(
            _("Sudah dipegang %(who)s. Pilih pesan lain, atau minta diserahkan.") % {"who": who}
        )


class AlreadyAnswered(ClaimError):
    """The item is done with: whoever wants to say more opens it again (replies.reopen)."""

    def __init__(self) -> None:
        super().__init__(_("Pesan ini sudah selesai. Buka lagi bila masih ada yang perlu dijawab."))


class ClaimLost(ClaimError):
    """The fence shown is not that of a live claim of this person."""

    def __init__(self, holder: User | None = None) -> None:
        self.holder = holder
        text = (
            _("Pesan ini sekarang dipegang %(who)s. Tulisan Anda disimpan sebagai konsep.")
            % {"who": holder}
            if holder
            else _(
                "Anda tidak lagi memegang pesan ini. Tulisan Anda disimpan; ambil lagi untuk melanjutkan."
            )
        )
        super().__init__(text)


class Pinned(ClaimError):
    """A reply is on its way: the claim cannot change hands until it is settled or withdrawn."""

    def __init__(self) -> None:
        super().__init__(
            _("Ada balasan yang belum selesai dikirim. Tunggu sampai selesai, atau batalkan dulu.")
        )


@dataclass(frozen=True, slots=True)
class Held:
    """A live claim as the caller may rely on it: its fence number and when the lease ends (UTC)."""

    fence: int
    expires_at: datetime


# The lease is asked within the statement that needs it, 15 minutes until the office was set up.
_TAKE = """
WITH ended AS (
    UPDATE inbox_claim c
       SET ended_at = sahut_now(), "end" = 'expired'
     WHERE c.item_id = %(item)s AND c.ended_at IS NULL AND c.expires_at <= sahut_now()
       AND NOT EXISTS (SELECT 1 FROM inbox_reply r
                        WHERE r.item_id = c.item_id AND r.state = ANY(%(unsettled)s))
 RETURNING c.id)
INSERT INTO inbox_claim (item_id, holder_id, taken_at, expires_at, ended_at, "end")
SELECT i.id, %(holder)s, sahut_now(), sahut_now()
       + make_interval(mins => COALESCE((SELECT lease_minutes FROM accounts_office), 15)), NULL, ''
  FROM inbox_item i
 WHERE i.id = %(item)s AND (SELECT count(*) FROM ended) >= 0
    ON CONFLICT (item_id) WHERE ended_at IS NULL DO NOTHING
RETURNING id, expires_at
"""


def take(*, item: Item, by: User, done_too: bool = False) -> Held:
    """Take `item` for `by`; the same person taking it again gets the lease renewed.

    Raises AlreadyClaimed; AlreadyAnswered for an item that is done with, unless `done_too` (reopening,
    relays): a list that is a second old still offers what a colleague has just answered.
    No lock is taken for reading; the row count is the answer:
    1. One statement ends an expired claim (unless a reply pins it) and inserts the new one; it reads
       `ended` first, so the unique index sees the old claim as gone. Of many takers at once, the
       index lets one insert through; the others insert nothing.
       The item's state is read after it, since the insert may have waited for the claim that settled it.
    2. Nothing inserted: somebody holds it. If that is `by`, renew; else say who.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                _TAKE,
                {
                    "item": item.pk,
                    "holder": by.pk,
                    "unsettled": [str(state) for state in UNSETTLED],
                },
            )
            row = cursor.fetchone()
        if row:
            if not done_too and _is_done(item):
                raise AlreadyAnswered  # takes the new claim back with it
            journal.record("claim_taken", subject=item, by=by, fence=row[0])
            live.item_changed(item, kind="claim")
            return Held(fence=row[0], expires_at=row[1])
    current = live_claim(item)
    if current and current.holder_id == by.pk:
        return renew(item=item, by=by, fence=current.pk)
    raise AlreadyClaimed(current.holder if current else None)


def _is_done(item: Item) -> bool:
    """Whether the item is answered or closed and nothing was written since."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM inbox_item WHERE id = %s AND state = ANY(%s) AND waiting_since IS NULL",
            [item.pk, [str(ItemState.ANSWERED), str(ItemState.CLOSED)]],
        )
        return cursor.fetchone() is not None


def live_claim(item: Item) -> Claim | None:
    """The claim that has not been ended; it may have expired and be free to take."""
    return Claim.objects.select_related("holder").filter(item=item, ended_at__isnull=True).first()


def renew(*, item: Item, by: User, fence: int) -> Held:
    """Lengthen the lease from now; called by input, not by an open window. Raises ClaimLost."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE inbox_claim SET expires_at = sahut_now()"
            " + make_interval(mins => COALESCE((SELECT lease_minutes FROM accounts_office), 15))"
            " WHERE id = %s AND item_id = %s AND holder_id = %s AND ended_at IS NULL"
            " RETURNING id, expires_at",
            [fence, item.pk, by.pk],
        )
        row = cursor.fetchone()
    if not row:
        current = live_claim(item)
        raise ClaimLost(current.holder if current else None)
    return Held(fence=row[0], expires_at=row[1])


def prove(*, item: Item, by: User, fence: int) -> Claim:
    """Lock item and claim, and check that `fence` is the live claim of `by` (I2).

    Must be called inside the transaction of the write it protects. Raises ClaimLost.
    1. Lock the item row: writers on one item queue up here, always item before claim (no deadlock).
    2. Lock the claim by its fence, live and held by `by`. A lease that ran out but that nobody took
       still counts, and is renewed: taking ends it, and taking waits for this lock.
    """
    Item.objects.select_for_update(no_key=True).get(pk=item.pk)
    claim = (
        Claim.objects.select_for_update()
        .filter(pk=fence, item=item, holder=by, ended_at__isnull=True)
        .first()
    )
    if claim is None:
        current = live_claim(item)
        raise ClaimLost(current.holder if current and current.holder_id != by.pk else None)
    return claim


def _end(claim: Claim, *, end: str) -> None:
    Claim.objects.filter(pk=claim.pk, ended_at__isnull=True).update(ended_at=DbNow(), end=end)
    claim.end = end


def release(*, item: Item, by: User, fence: int) -> None:
    """Give the item back to everybody. Raises ClaimLost, Pinned."""
    with transaction.atomic():
        claim = prove(item=item, by=by, fence=fence)
        refuse_if_pinned(item)
        _end(claim, end=Claim.End.RELEASED)
        journal.record("claim_released", subject=item, by=by, fence=fence)
        live.item_changed(item, kind="claim")


def settle(*, item: Item, claim: Claim) -> None:
    """End `claim` because its item is done with (answered, closed). Inside the caller's transaction."""
    _end(claim, end=Claim.End.SETTLED)
    live.item_changed(item, kind="claim")


def hand_over(*, item: Item, by: User, fence: int, to: User) -> Held:
    """Give the claim to colleague `to`, in one transaction. Raises ClaimLost, Pinned."""
    with transaction.atomic():
        claim = prove(item=item, by=by, fence=fence)
        refuse_if_pinned(item)
        _end(claim, end=Claim.End.RELEASED)
        ClaimRequest.objects.filter(claim=claim, by=to).update(answer=ClaimRequest.Answer.GRANTED)
        journal.record("claim_handed_over", subject=item, by=by, fence=fence, to=to.pk)
        return take(item=item, by=to, done_too=True)  # a ralat holds an answered item, too


def take_over(*, item: Item, by: User) -> Held:
    """The head takes the item from whoever holds it; a waiting reply is withdrawn, its text kept.

    Raises Pinned while a reply is being sent or its outcome is unknown, PermissionError for others.
    1. Lock the item.  2. Withdraw a reply that has not left (held or queued), or what is left of a held
    one, keeping its text as the draft.  3. End the holder's claim.  4. Take.
    """
    from inbox import outcomes

    if not by.is_head:
        msg = "take_over is the head's"
        raise PermissionError(msg)
    with transaction.atomic():
        Item.objects.select_for_update(no_key=True).get(pk=item.pk)
        reply = Reply.objects.filter(item=item, state__in=UNSETTLED).first()
        if reply and not outcomes.take_back(reply, ask=False):
            raise Pinned
        current = Claim.objects.select_for_update().filter(item=item, ended_at__isnull=True).first()
        if current and current.holder_id != by.pk:
            _end(current, end=Claim.End.TAKEN_OVER)
            journal.record(
                "claim_taken_over", subject=item, by=by, fence=current.pk, was=current.holder_id
            )
        return take(item=item, by=by, done_too=current is not None)


def refuse_if_pinned(item: Item) -> None:
    """Raise Pinned while a reply of this item is unsettled."""
    if Reply.objects.filter(item=item, state__in=UNSETTLED).exists():
        raise Pinned


def keep_draft(*, item: Item, by: User, text: str) -> None:
    """Keep what `by` wrote so far; an empty text removes the draft. Nobody else's is touched, so that it
    may be kept after the claim was lost, too."""
    if text.strip():
        Draft.objects.update_or_create(item=item, author=by, defaults={"text": text, "at": DbNow()})
    else:
        Draft.objects.filter(item=item, author=by).delete()


def end_expired() -> int:
    """Sweep: end leases that ran out, so that lists and journal say so. Returns how many.

    Unsettled replies pin their item: their claims are left alone.
    """
    expired = (
        Claim.objects.filter(ended_at__isnull=True, expires_at__lte=DbNow())
        .exclude(item__replies__state__in=UNSETTLED)
        .select_related("item")
    )
    count = 0
    for claim in expired[:200]:
        with transaction.atomic():
            ended = (
                Claim.objects.filter(pk=claim.pk, ended_at__isnull=True, expires_at__lte=DbNow())
                .exclude(item__replies__state__in=UNSETTLED)
                .update(ended_at=DbNow(), end=Claim.End.EXPIRED)
            )
            if ended:
                count += 1
                journal.record("claim_expired", subject=claim.item, by=None, fence=claim.pk)
                live.item_changed(claim.item, kind="claim")
    return count
