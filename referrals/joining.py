"""Somebody joins a ticket whose answer is out already: the citizen gets that answer too (DESIGN §1, promise 2).

Never silently: the operator sees the words and says yes. The relay is taken up again for this one citizen.
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import journal
from accounts.models import Office, User
from inbox import claims
from inbox.models import Item
from referrals import relay as relaying
from referrals import wording
from referrals.models import Relay, RelayTarget
from referrals.relay import RelayRefused, refuse_too_long
from tickets import cases
from tickets.models import Ticket, TicketState


def told_of(ticket: Ticket) -> Relay | None:
    """The answer that everybody on the finished ticket got; None where there is none."""
    if ticket.state != TicketState.DONE:
        return None
    rows = Relay.objects.filter(ticket=ticket, finished_at__isnull=False, withdrawn_at=None)
    return rows.select_related("author", "ticket").order_by("-pk").first()


def join(
    *, ticket: Ticket, item: Item, by: User, fence: int,
    seen: int | None = None, seen_at: datetime | None = None,
) -> Relay:  # fmt: skip
    """Put `item` on the finished `ticket` and send its citizen the answer; `fence` is the item's, `seen` and
    `seen_at` as in cases.open_ticket.

    An answer that the head approved needs no further approval; one that nobody approved is the head's to
    send where the office asks for approval by now.
    Raises ClaimLost, Pinned, NewerMessage, AlreadyOnTicket, TicketError, RelayRefused.
    1. Lock the ticket.  2. The item joins.  3. Its claim is given back, so that the relay's author can take
    it.  4. The relay is open again, the ticket under way.  5. After commit: send.
    """
    with transaction.atomic():
        row = cases.locked(ticket)
        relay = told_of(row)
        if relay is None:
            raise RelayRefused(
                _(
                    "Jawaban tiket ini belum selesai disampaikan, atau tiketnya dibuka lagi. Muat ulang."
                )
            )
        if Office.current().relay_needs_approval and not (relay.approved_by_id or by.is_head):
            raise RelayRefused(
                _(
                    "Jawaban ini belum pernah disetujui pimpinan. Minta pimpinan yang mengirimkannya."
                )
            )
        cases.join(
            ticket=row, item=item, by=by, fence=fence, done_too=True, seen=seen, seen_at=seen_at
        )
        refuse_too_long(wording.Speaker(relay).told(item))
        if by.pk != relay.author_id:
            claims.release(item=item, by=by, fence=fence)
        RelayTarget.objects.update_or_create(  # there may be one: was told, left, and asks again
            relay=relay, item=item,
            defaults={"state": RelayTarget.State.WAITING, "reply": None, "problem": ""},
        )  # fmt: skip
        Relay.objects.filter(pk=relay.pk).update(finished_at=None)
        Ticket.objects.filter(pk=row.pk).update(closed_at=None)
        cases.move(row, to=TicketState.RELAYING, by=by)
        journal.record("relay_taken_up", subject=row, by=by, relay=relay.pk, item=item.pk)
    relay.refresh_from_db()
    relaying.advance(relay)
    return relay
