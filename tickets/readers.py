"""Named readers of a restricted ticket, and the record of who looked at it (DESIGN §9)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from accounts import clock, journal
from accounts.models import JournalEntry, Role, User
from tickets import cases, restricting
from tickets.cases import TicketError
from tickets.models import Ticket

VIEWED = "ticket_viewed"
AGAIN = timedelta(hours=1)  # one entry per person and hour is enough to say who looked

journal.register(
    {
        "ticket_reader_added": _("memberi hak baca"),
        "ticket_reader_removed": _("mencabut hak baca"),
        VIEWED: _("melihat tiket terbatas"),
    }
)


def add(*, ticket: Ticket, by: User, fence: int, reader: User) -> None:
    """Let `reader` read the ticket and its items. By the head or the person in charge.

    Raises NotInCharge, TicketError: for somebody who is not of the desk, or does not see the channel.
    """
    with transaction.atomic():
        row = _restricted(ticket, by, fence)
        if not (reader.is_active and reader.is_desk):
            raise TicketError(_("Hanya petugas humas yang dapat menjadi pembaca."))
        if reader.pk == row.in_charge_id or row.readers.filter(pk=reader.pk).exists():
            return
        row.readers.add(reader)
        restricting.follow(row)
        if not Ticket.objects.visible_to(reader).filter(pk=row.pk).exists():
            raise TicketError(
                _("%(who)s tidak melihat kanal pesan ini, jadi belum bisa membacanya.")
                % {"who": reader}
            )
        journal.record("ticket_reader_added", subject=row, by=by, reader=reader.pk)
        cases.tell(row)


def remove(*, ticket: Ticket, by: User, fence: int, reader: User) -> None:
    """Take the right to read back. By the head or the person in charge. Raises NotInCharge, TicketError."""
    with transaction.atomic():
        row = _restricted(ticket, by, fence)
        if not row.readers.filter(pk=reader.pk).exists():
            return
        row.readers.remove(reader)
        restricting.follow(row)
        journal.record("ticket_reader_removed", subject=row, by=by, reader=reader.pk)
        cases.tell(row)


def _restricted(ticket: Ticket, by: User, fence: int) -> Ticket:
    row = cases.prove_or_head(ticket=ticket, by=by, fence=fence)
    if not row.restricted:
        raise TicketError(_("Tiket ini tidak terbatas: semua petugas humas dapat membacanya."))
    return row


def candidates(ticket: Ticket) -> list[User]:
    """Operators who could be named: of the desk, not reading it already. The head reads it anyway."""
    known = restricting.readers_of(ticket)
    rows = User.objects.filter(is_active=True, role=Role.OPERATOR).exclude(pk__in=known)
    return list(rows.order_by("full_name", "username"))


def looked(*, ticket: Ticket, by: User) -> None:
    """Write down that `by` looked at a restricted ticket, at most once an hour.

    A page and its fragments come at once: 1. one of them at a time;  2. who comes later finds the entry.
    """
    if not ticket.restricted:
        return
    subject = journal.subject_of(ticket)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
                [f"{VIEWED} {subject} {by.pk}"],
            )
        seen = JournalEntry.objects.filter(
            subject=subject, verb=VIEWED, actor=by, at__gt=clock.now() - AGAIN
        )
        if not seen.exists():
            journal.record(VIEWED, subject=ticket, by=by)


@dataclass(frozen=True, slots=True)
class View:
    """Who looked, and when last."""

    who: User
    at: datetime


def views_of(ticket: Ticket) -> list[View]:
    """Everybody who looked at the ticket, with the last time, newest first."""
    entries = JournalEntry.objects.filter(subject=journal.subject_of(ticket), verb=VIEWED)
    last: dict[int, View] = {}
    for entry in entries.select_related("actor").order_by("-pk")[:500]:
        if entry.actor and entry.actor_id not in last:
            last[entry.actor.pk] = View(entry.actor, entry.at)
    return list(last.values())
