"""The office's clock stands still while the citizen is asked, and goes on by itself once the citizen has
written; what a law gives once can be taken once, with a reason (DESIGN §9; domain.md §4).

Neither the citizen's clock nor a division's is ever stopped.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from accounts import clock, journal
from accounts.models import User
from inbox import live
from inbox.models import Message
from inbox.models_out import Reply, ReplyState
from tickets import cases, clocks, clocks_replay, workdays
from tickets.cases import TicketError
from tickets.models import OVER, Pause, Ticket
from tickets.models_clock import Deadline, Rule

journal.register(
    {
        "ticket_paused": _("menghentikan jam kantor, menunggu keterangan warga"),
        "ticket_resumed": _("menjalankan lagi jam kantor"),
        "deadline_extended": _("memperpanjang batas waktu"),
    }
)

#: A platform's clock and ours differ a little, and some tell whole seconds or minutes.
SKEW = timedelta(minutes=1)


def pause(*, ticket: Ticket, by: User, fence: int, why: str) -> Pause:
    """The citizen was asked `why`: the office's deadlines stand still. Raises NotInCharge, TicketError."""
    if not why.strip():
        raise TicketError(_("Tulis apa yang ditanyakan ke warga."))
    with transaction.atomic():
        row = cases.prove(ticket=ticket, by=by, fence=fence)
        if row.is_over:
            raise TicketError(_("Tiket ini sudah selesai."))
        if row.pauses.filter(until=None).exists():
            raise TicketError(_("Jam kantor tiket ini sudah berhenti. Muat ulang halaman ini."))
        made = Pause.objects.create(
            ticket=row, why=why.strip()[:200], since=clock.now(), by=by
        )  # fmt: skip
        journal.record("ticket_paused", subject=row, by=by, pause=made.pk)
        live.publish("desk", ticket=row.pk, kind="ticket")
    return made


def resume(*, ticket: Ticket, by: User, fence: int) -> None:
    """The citizen told it another way: the office's clock goes on. Raises NotInCharge, TicketError."""
    with transaction.atomic():
        row = cases.prove(ticket=ticket, by=by, fence=fence)
        found = row.pauses.filter(until=None).first()
        if found is None:
            raise TicketError(
                _("Jam kantor tiket ini sudah berjalan lagi. Muat ulang halaman ini.")
            )
        _end(row, found, at=clock.now(), by=by)


def resume_if_answered(*, ticket_pk: int) -> bool:
    """End the pause if a citizen of the ticket has written since it began; whether one was ended.

    The office's clock goes on from the moment the message reached us.
    """
    with transaction.atomic():
        # 1. The ticket's lock: nobody else ends or begins a pause meanwhile.
        row = Ticket.objects.select_for_update().get(pk=ticket_pk)
        found = row.pauses.filter(until=None).first()
        if found is None:
            return False
        # 2. Looked for under the lock, so that a late nudge for an older pause ends nothing.
        at = _written_since(row, found.since)
        if at is None:
            return False
        _end(row, found, at=max(at, found.since), by=None)
    return True


def _written_since(ticket: Ticket, since: datetime) -> datetime | None:
    """When the first message of the ticket's citizens that is newer than `since` reached us (UTC)."""
    items = ticket.memberships.filter(left_at=None).values("item")
    said = Message.objects.filter(
        item__in=items, direction=Message.Direction.IN,
        written_at__gte=since - SKEW, stored_at__gt=since,
    )  # fmt: skip
    return said.order_by("stored_at").values_list("stored_at", flat=True).first()


def _end(ticket: Ticket, found: Pause, *, at: datetime, by: User | None) -> None:
    found.until, found.ended_by = at, by
    found.save(update_fields=["until", "ended_by"])
    clocks.shift(ticket, since=found.since, until=at)
    journal.record("ticket_resumed", subject=ticket, by=by, pause=found.pk)
    live.publish("desk", ticket=ticket.pk, kind="ticket")


def extend(*, deadline: Deadline, by: User, fence: int, why: str) -> Deadline:
    """Take the rule's extension, once, before it is past, with the reason that is told to the citizen.

    Counts from the day it was due. Raises NotInCharge, TicketError.
    """
    if not why.strip():
        raise TicketError(_("Tulis alasan memperpanjang batas ini."))
    with transaction.atomic():
        cases.prove(ticket=deadline.ticket, by=by, fence=fence)
        row = Deadline.objects.select_for_update(of=("self",)).select_related("rule").get(
            pk=deadline.pk
        )  # fmt: skip
        if row.met_at or row.dropped_at:
            raise TicketError(_("Batas ini sudah tidak berjalan."))
        if row.extended_by_id or not row.rule.extension:
            raise TicketError(_("Batas ini tidak dapat diperpanjang lagi."))
        if row.due_at <= clock.now():
            raise TicketError(_("Batas ini sudah lewat. Memperpanjang hanya bisa sebelum lewat."))
        workdays.calendar(anew=True)
        was = row.due_at
        row.due_at = extended(row)
        row.extended_by, row.extended_why, row.extended_at = by, why.strip()[:200], clock.now()
        row.extended_amount, row.extended_unit = row.rule.extension, row.rule.unit
        row.save(
            update_fields=["due_at", "extended_by", "extended_why", "extended_at",
                           "extended_amount", "extended_unit"]
        )  # fmt: skip
        journal.record(
            "deadline_extended", subject=row.ticket, by=by, deadline=row.pk,
            rule=row.rule.code, was=str(was), now=str(row.due_at), amount=row.extended_amount,
            unit=row.extended_unit,
        )  # fmt: skip
        live.publish("desk", ticket=row.ticket_id, kind="ticket")
    return row


def extended(deadline: Deadline) -> datetime:
    """When `deadline` would be due with its rule's extension (UTC)."""
    rule = deadline.rule
    if rule.unit == Rule.Unit.HOUR:
        return deadline.due_at + timedelta(hours=rule.extension)
    last_day = deadline.due_at - timedelta(microseconds=1)
    return clocks.add(
        last_day, amount=rule.extension, unit=rule.unit, division=deadline.division
    )  # fmt: skip


def heard(*, message_id: int) -> None:
    """A citizen wrote: end the pause of the ticket it belongs to, if there is one."""
    waiting = Pause.objects.filter(
        until=None, ticket__memberships__item__messages=message_id,
        ticket__memberships__left_at=None,
    )  # fmt: skip
    for ticket_pk in waiting.values_list("ticket", flat=True).distinct():
        resume_if_answered(ticket_pk=ticket_pk)


def settled(*, reply_id: int) -> None:
    """A reply is settled: the citizen's first answer may have been owed until now."""
    for ticket in Ticket.objects.filter(
        memberships__item__replies=reply_id, memberships__item__replies__state=ReplyState.SENT
    ).distinct():
        _replied(ticket.pk)


def _replied(ticket_pk: int) -> None:
    with transaction.atomic():
        clocks.replied(Ticket.objects.select_for_update().get(pk=ticket_pk))


def sweep() -> None:
    """Find what a lost signal would have done, and open tickets that have no deadlines yet (I9)."""
    answered = Message.objects.filter(
        item__memberships__ticket=OuterRef("ticket"), stored_at__gt=OuterRef("since"),
        direction=Message.Direction.IN,
    )  # fmt: skip
    still = Pause.objects.filter(Exists(answered), until=None)
    for ticket_pk in list(still.values_list("ticket", flat=True)):
        resume_if_answered(ticket_pk=ticket_pk)
    for ticket_pk in _answered_unnoticed():
        _replied(ticket_pk)
    _begin_missing()


def _begin_missing() -> None:
    """Tickets from before the clocks: begin what their story comes to, a few hundred at a time."""
    for_all = Rule.objects.filter(is_active=True, category="", urgency="")
    if not for_all.filter(since__in=[Rule.Event.RECEIVED, Rule.Event.OPENED]).exists():
        return  # then a ticket may well have none
    without = Ticket.objects.exclude(state__in=OVER).filter(
        ~Exists(Deadline.objects.filter(ticket=OuterRef("pk")))
    )
    for ticket_pk in list(without.values_list("pk", flat=True)[:200]):
        with transaction.atomic():
            row = Ticket.objects.select_for_update().get(pk=ticket_pk)
            if not row.is_over and not row.deadlines.exists():
                clocks_replay.begin_late(row)


def _answered_unnoticed() -> list[int]:
    """Tickets that still owe a first reply although an answer went out after it began."""
    mine = Q(item__memberships__ticket=OuterRef("ticket"))
    sent = Reply.objects.filter(mine, state=ReplyState.SENT, settled_at__gte=OuterRef("since"))
    outside = Message.objects.filter(
        mine, direction=Message.Direction.OUT, native=True, written_at__gte=OuterRef("since")
    )
    owed = Deadline.objects.filter(
        Exists(sent) | Exists(outside), rule__until=Rule.Event.FIRST_REPLY,
        met_at=None, dropped_at=None,
    )  # fmt: skip
    return list(owed.values_list("ticket", flat=True).distinct().order_by("ticket"))
