"""Emergencies: the telephone first, then the letter (domain.md §3.4).

The desk rings the duty officer, writes down whom it reached and what came of it; until then no letter is
drafted. The citizen is told to ring 110 or 112.
"""

import re
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accounts import journal
from accounts.models import Division, DivisionContact, Office, User
from inbox.models import Item
from tickets import cases, suggest
from tickets.cases import TicketError
from tickets.models import EmergencyCall, Ticket, Urgency

journal.register({"ticket_called": _("menelepon petugas piket")})


class CallFirst(TicketError):
    """An emergency that nobody has telephoned about yet."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Ini darurat: telepon dulu petugas piket dan catat hasilnya, baru suratnya disiapkan."
            )
        )


def record_call(*, ticket: Ticket, by: User, whom: str, outcome: str) -> EmergencyCall:
    """Somebody of the desk telephoned: whom, and what came of it. Raises TicketError.

    A fact, not a decision: no fence, whoever sees the ticket may have made the call.
    """
    if not whom.strip() or not outcome.strip():
        raise TicketError(_("Tulis siapa yang ditelepon dan apa hasilnya."))
    with transaction.atomic():
        row = cases.locked(ticket)
        if row.is_over:
            raise TicketError(_("Tiket ini sudah selesai."))
        call = EmergencyCall.objects.create(
            ticket=row, whom=whom.strip()[:120], outcome=outcome.strip()[:300], by=by
        )
        journal.record("ticket_called", subject=row, by=by, call=call.pk)
        cases.tell(row)
    return call


def refuse_uncalled(ticket: Ticket) -> None:
    """Raise CallFirst for an emergency nobody telephoned about; inside the transaction of a draft."""
    if ticket.urgency == Urgency.EMERGENCY and not ticket.calls.exists():
        raise CallFirst


@dataclass(frozen=True, slots=True)
class Phone:
    """A number to ring; `dial` is what stands behind `tel:`. `likely`: the words point to this division."""

    name: str
    value: str
    dial: str
    likely: bool


def duty_phones(ticket: Ticket) -> list[Phone]:
    """Telephones of the officers on duty, those first to whom the ticket's words point."""
    contacts = DivisionContact.objects.filter(
        kind=DivisionContact.Kind.DUTY_PHONE, division__is_active=True
    ).select_related("division")
    rows = list(contacts.order_by("division__name", "pk"))
    if not rows:
        return []
    divisions = list(Division.objects.filter(is_active=True))
    words = f"{ticket.title}. {ticket.summary}"
    rank = [one.division.pk for one in suggest.divisions_for(words, divisions)]
    phones = []
    for row in sorted(rows, key=lambda row: _place(row.division_id, rank)):
        name = f"{row.division} · {row.person}" if row.person else str(row.division)
        phones.append(Phone(name, row.value, dial(row.value), row.division_id in rank))
    return phones


def _place(division: int, rank: list[int]) -> int:
    return rank.index(division) if division in rank else len(rank)


def dial(value: str) -> str:
    """What a telephone dials of a contact as people write it: “(0542) 421-110 / 110” → “0542421110”."""
    return re.sub(r"[^\d+]", "", re.split(r"[/,;]", value)[0])


def words_for(item: Item) -> str:
    """What to tell the citizen at once (domain.md §5, canned reply 13)."""
    name = item.citizen.handle.lstrip("@") or item.citizen.name
    return _now(
        "%(who)s, bila ini sedang terjadi mohon segera telepon 110 (polisi) atau 112 (darurat) supaya "
        "petugas langsung bergerak. Kirim lokasi tepatnya lewat pesan langsung; kami juga menghubungi "
        "petugas piket. – %(team)s"
    ) % {"who": f"Kak {name}".strip(), "team": Office.current().name}
