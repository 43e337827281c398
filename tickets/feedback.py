"""The one question the citizen's page asks after closing: did this help? (domain.md §1, S3.5)"""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import journal
from tickets.models import OVER, Feedback, Ticket, TicketState

journal.register({"citizen_feedback": _("warga menilai jawaban")})

MOST = 20  # per ticket: several citizens share it, a stranger with the code must not fill it


def give(*, ticket: Ticket, helped: bool, text: str) -> bool:
    """Keep what a citizen says; False when the ticket is not over or has heard enough. The words stand in
    their row alone, the journal says only that they came (I8)."""
    with transaction.atomic():
        row = Ticket.objects.select_for_update().get(pk=ticket.pk)
        if row.state not in OVER or row.state == TicketState.MERGED:
            return False
        if row.feedback.count() >= MOST:
            return False
        Feedback.objects.create(ticket=row, helped=helped, text=text.strip()[:500])
        journal.record("citizen_feedback", subject=row, by=None, helped=helped)
    return True
