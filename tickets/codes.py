"""The secrets that open a citizen's page: the ticket's own, and one of each item on it (DESIGN §9).

An own code works as long as its item stands on the ticket. What moves to another ticket takes its code
along: it opens the new one, and the old number too where the old ticket became part of the new.
"""

import secrets
from collections.abc import Iterable

from django.db.models import F, Q
from django.urls import reverse

from inbox.models import Item
from tickets import numbers
from tickets.models import Ticket, TicketItem, TicketState

_NOBODYS = "--------"  # as long as a code, in letters that no code has


def tracking_path(ticket: Ticket, code: str = "") -> str:
    """The address of the citizen's page with `code`, or with the ticket's own."""
    return f"{reverse('tracking:show', args=[ticket.number])}?k={code or ticket.code}"


def code_for(ticket: Ticket, item: Item) -> str:
    """The code a joining item gets: the one it had on this ticket before, else a new one."""
    had = TicketItem.objects.filter(ticket=ticket, item=item).exclude(code="").order_by("-pk")
    return had.values_list("code", flat=True).first() or numbers.tracking_code()


def codes_of(ticket: Ticket) -> dict[int, str]:
    """Key of each item that stands on the ticket → its own code ("": only the ticket's was given out)."""
    rows = TicketItem.objects.filter(ticket=ticket, left_at=None)
    return dict(rows.values_list("item_id", "code"))


def own_code(ticket: Ticket, item: Item) -> str:
    """The code with which this citizen opens the ticket's page; the ticket's where there is no own one."""
    rows = TicketItem.objects.filter(ticket=ticket, item=item, left_at=None)
    return rows.values_list("code", flat=True).first() or ticket.code


def opens(ticket: Ticket | None, typed: str) -> bool:
    """Whether `typed` is the ticket's code or that of an item on it. Compared in constant time, each with
    every one; without a ticket the same is asked and compared, for nothing."""
    given = typed.strip().upper().encode()
    right = False
    for code in (ticket.code if ticket else _NOBODYS, *_own(ticket)):
        right |= secrets.compare_digest(given, (code or _NOBODYS).encode())
    return right and ticket is not None


def _own(ticket: Ticket | None) -> Iterable[str]:
    """Codes of the items that stand on the ticket, stood on it when it was closed, or moved with it to the
    ticket it is part of now and stand there still."""
    key, into = (ticket.pk, ticket.merged_into_id or 0) if ticket else (0, 0)
    closed = Q(ticket__state=TicketState.CLOSED, left_at=F("ticket__closed_at"))
    moved = Q(item__in=TicketItem.objects.filter(ticket=into, left_at=None).values("item"))
    rows = TicketItem.objects.filter(Q(left_at=None) | closed | moved, ticket=key)
    return list(rows.exclude(code="").values_list("code", flat=True))
