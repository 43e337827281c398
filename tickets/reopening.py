"""A ticket that was done or closed is worked on again (DESIGN §9): by whoever opens it, with a reason."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import journal
from accounts.models import Division, User
from inbox import claims, replies
from inbox.models import Item, ItemState, Message
from inbox.models_out import ReplyState
from tickets import cases, clocks
from tickets.cases import AlreadyOnTicket, NotInCharge, TicketError
from tickets.models import Deadline, Rule, Stage, Ticket, TicketItem, TicketState

journal.register({"ticket_reopened": _("membuka lagi tiket")})


@dataclass(frozen=True, slots=True)
class NotBack:
    """An item that did not come back to its ticket, and why."""

    item: Item
    why: str | Promise


def reopen(
    *, ticket: Ticket, by: User, fence: int, why: str, owed: Collection[Division] = (),
    state: str = TicketState.OPEN,
) -> list[NotBack]:  # fmt: skip
    """Work on a finished ticket again; `by` is in charge from now on. `owed`: divisions that still owe an
    answer, `state` where the ticket then stands (referrals/reopening.py knows both).

    Returns the items that did not come back. Raises NotInCharge for an older `fence`, TicketError.
    1. Lock the ticket, take charge.  2. State, public stage, clocks.  3. Its free items, by id.
    """
    if not why.strip():
        raise TicketError(_("Tulis alasan membuka lagi tiket."))
    with transaction.atomic():
        row = cases.locked(ticket)
        if row.fence != fence:
            raise NotInCharge(row, by)
        if row.state not in (TicketState.DONE, TicketState.CLOSED):
            raise TicketError(
                _("Tiket ini masih berjalan atau sudah digabung. Muat ulang halaman.")
            )
        was, closed_at = row.state, row.closed_at
        cases.put_in_charge(row, by)
        Ticket.objects.filter(pk=row.pk).update(closed_at=None, closed_why="")
        cases.move(row, to=state, by=by, stage=Stage.Kind.REOPENED)
        clocks.begin(row)
        if owed:
            _owe_again(row, owed)
        journal.record("ticket_reopened", subject=row, by=by, was=was, why=why.strip()[:200])
        return _take_back(row, by, was, closed_at)


def _owe_again(ticket: Ticket, divisions: Collection[Division]) -> None:
    """What these divisions owed when the ticket was closed, they owe again, from the same day; the letter
    has left, so nobody owes that."""
    dropped = Deadline.objects.filter(
        ticket=ticket, division__in=divisions, met_at=None, dropped_at__isnull=False
    )
    newest = {(row.rule_id, row.division_id): row.pk for row in dropped.order_by("since", "pk")}
    Deadline.objects.filter(pk__in=newest.values()).update(dropped_at=None)
    clocks.running(ticket).filter(division=None, rule__until=Rule.Event.DISPATCHED).delete()


def _take_back(ticket: Ticket, by: User, was: str, closed_at: datetime | None) -> list[NotBack]:
    """Items that left when the ticket was closed, or that wait again on a finished one: the free ones
    stand on the ticket again, the others stay where they are and are told."""
    if was == TicketState.CLOSED:
        found = Item.objects.filter(memberships__ticket=ticket, memberships__left_at=closed_at)
    else:
        found = Item.objects.filter(
            memberships__ticket=ticket, memberships__left_at=None, state=ItemState.OPEN
        )
    kept = []
    for item in found.select_related("channel", "citizen").order_by("pk").distinct():
        why = _back(ticket, item, by, joins=was == TicketState.CLOSED)
        if why:
            kept.append(NotBack(item, why))
    return kept


def _unread_since(ticket: Ticket, item: Item) -> datetime | None:
    """When the citizen wrote what came after the item joined the ticket and no answer of ours has covered:
    no page need have shown it to whoever opens the ticket again, so it goes on waiting."""
    joined = TicketItem.objects.filter(ticket=ticket, item=item).order_by("joined_at").first()
    answered = item.replies.filter(state=ReplyState.SENT).aggregate(seen=Max("seen"))["seen"] or 0
    said = item.messages.filter(direction=Message.Direction.IN, erased_at=None, pk__gt=answered)
    if joined:
        said = said.filter(stored_at__gt=joined.joined_at)
    return said.order_by("written_at").values_list("written_at", flat=True).first()


def _back(ticket: Ticket, item: Item, by: User, *, joins: bool) -> str | Promise:
    """Take one item for the ticket (I2: through a claim, given back at once); why not, or "" when done."""
    mine = claims.live_claim(item)
    try:
        with transaction.atomic():
            held = claims.take(item=item, by=by)
            claims.prove(item=item, by=by, fence=held.fence)
            claims.refuse_if_pinned(item)
            since = _unread_since(ticket, item)
            if joins:
                cases.put_on(ticket, item)
            replies.refer(item=item, waiting_since=since)
            if mine is None or mine.pk != held.fence:
                claims.release(item=item, by=by, fence=held.fence)
    except claims.AlreadyClaimed as error:
        who = error.holder or _("operator lain")
        return _("dipegang %(who)s") % {"who": who}
    except claims.AlreadyAnswered:
        return _("sudah dijawab atau ditutup")
    except claims.Pinned:
        return _("balasannya sedang dikirim")
    except AlreadyOnTicket:
        return _("sudah di tiket lain")
    except TicketError as error:
        return str(error)
    return ""
