"""Two tickets about one matter become one: one letter, one answer for all their citizens (DESIGN §9).

The referrals move first, then everything else (tickets/reshaping.py), in one transaction.
"""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from referrals.models import Referral, ReferralState, Relay
from referrals.reopening import standing
from tickets import cases, reshaping
from tickets.cases import TicketError
from tickets.models import Ticket

#: A division has at most one of these per ticket.
LIVE = (ReferralState.DRAFT, ReferralState.SENT, ReferralState.ACKNOWLEDGED)


def merge(*, source: Ticket, into: Ticket, by: User, fence_source: int, fence_into: int) -> None:
    """Merge `source` into `into`. By who is in charge of both, or the head; each fence is the ticket's.

    Raises NotInCharge, TicketError.
    1. Lock both tickets, then their referrals, as every door does.  2. Refuse what cannot be one.  3. Move.
    4. The target stands where its referrals say.
    """
    with transaction.atomic():
        old, new = reshaping.proved_pair(
            source=source, into=into, by=by, fence_source=fence_source, fence_into=fence_into
        )
        rows = list(
            Referral.objects.filter(ticket__in=[old, new])
            .select_for_update(of=("self",)).select_related("division").order_by("pk")
        )  # fmt: skip
        _refuse(old, new, rows)
        Referral.objects.filter(ticket=old).update(ticket=new)
        reshaping.absorb(source=old, into=new, by=by)
        state = standing(new)
        if state != new.state:
            cases.move(new, to=state, by=by)


def _refuse(source: Ticket, into: Ticket, rows: list[Referral]) -> None:
    """Raise TicketError where the two cannot be one."""
    live = {
        pk: {row.division for row in rows if row.ticket_id == pk and row.state in LIVE}
        for pk in (source.pk, into.pk)
    }
    both = live[source.pk] & live[into.pk]
    if both:
        raise TicketError(
            _(
                "Kedua tiket sama-sama sedang dirujuk ke %(division)s. Batalkan salah satu suratnya, "
                "atau tunggu jawabannya."
            )
            % {"division": ", ".join(sorted(str(division) for division in both))}
        )
    if Relay.objects.filter(
        ticket__in=[source, into], finished_at=None, withdrawn_at=None
    ).exists():
        raise TicketError(_("Jawaban salah satu tiket sedang disampaikan. Tunggu sampai selesai."))
