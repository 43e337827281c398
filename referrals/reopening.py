"""Where a ticket stands with its divisions, and opening a finished one again with what they still owe."""

from accounts.models import Division, User
from referrals.models import WITH_DIVISION, ReferralState, Relay
from tickets import reopening
from tickets.models import Ticket, TicketState
from tickets.reopening import NotBack


def standing(ticket: Ticket) -> TicketState:
    """The state a running ticket has by its referrals: a division owes an answer, an answer waits to be
    told to the citizens, or neither."""
    rows = ticket.referrals.all()
    if rows.filter(state__in=WITH_DIVISION).exists():
        return TicketState.WAITING
    answers = rows.filter(state=ReferralState.ANSWERED)
    told = Relay.objects.filter(ticket=ticket, withdrawn_at=None).order_by("-started_at").first()
    if told:
        answers = answers.filter(answered_at__gt=told.started_at)
    return TicketState.ANSWERED if answers.exists() else TicketState.OPEN


def reopen(*, ticket: Ticket, by: User, fence: int, why: str) -> list[NotBack]:
    """Work on a finished ticket again. Returns the items that did not come back, with the reason.

    Raises NotInCharge, TicketError.
    """
    owed = Division.objects.filter(
        referrals__ticket=ticket, referrals__state__in=WITH_DIVISION
    ).distinct()
    return reopening.reopen(
        ticket=ticket, by=by, fence=fence, why=why, owed=list(owed), state=standing(ticket)
    )
