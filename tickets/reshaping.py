"""Two tickets become one, one becomes two (DESIGN §9). What divisions owe moves in referrals/merging.py.

A ticket is locked before its items, tickets and items in order of id.
"""

from collections.abc import Collection

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import clock, journal
from accounts.models import User
from inbox import live
from inbox.models import Item
from tickets import cases, clocks, numbers, restricting
from tickets.cases import TicketError
from tickets.models import (
    EmergencyCall,
    Stage,
    Ticket,
    TicketItem,
    TicketState,
    Urgency,
)

journal.register(
    {
        "ticket_merged": _("menggabungkan tiket"),
        "ticket_split": _("memisahkan tiket"),
    }
)

#: What the citizen is told of a division goes along with the ticket it was told of.
TRAVELLING = (Stage.Kind.REFERRED, Stage.Kind.ACKNOWLEDGED, Stage.Kind.ANSWERED)


def proved_pair(
    *, source: Ticket, into: Ticket, by: User, fence_source: int, fence_into: int
) -> tuple[Ticket, Ticket]:
    """Lock both, the smaller key first, and check that `by` may merge them: in charge of both, or head.

    Raises NotInCharge, TicketError where one is over or its answer is on the way to the citizens.
    """
    if source.pk == into.pk:
        raise TicketError(_("Pilih tiket lain: tiket tidak dapat digabung dengan dirinya sendiri."))
    fences = {source.pk: fence_source, into.pk: fence_into}
    rows = {}
    for ticket in sorted((source, into), key=lambda ticket: ticket.pk):
        rows[ticket.pk] = cases.prove_or_head(ticket=ticket, by=by, fence=fences[ticket.pk])
    for row in rows.values():
        if row.is_over:
            raise TicketError(_("Tiket %(number)s sudah selesai.") % {"number": row.number})
        if row.state == TicketState.RELAYING:
            raise TicketError(
                _("Jawaban tiket %(number)s sedang disampaikan. Tunggu sampai selesai.")
                % {"number": row.number}
            )
    return rows[source.pk], rows[into.pk]


def absorb(*, source: Ticket, into: Ticket, by: User) -> None:
    """Everything of `source` moves to `into`; both locked and proved (`proved_pair`), in one transaction.

    1. Items.  2. What the ticket says of itself; restricted when one of them is.  3. Clocks, which
    count from the earlier message of the two.  4. The source is over; its number leads to the target.
    """
    moved = _move_items(source, into)
    into.labels.add(*source.labels.all())
    was_urgent = into.urgency
    into.urgency = min(source.urgency, into.urgency, key=Urgency.values.index)
    into.restricted = source.restricted or into.restricted
    into.fence += into.in_charge_id != by.pk  # the head decided: what lies open elsewhere is old
    into.save(update_fields=["urgency", "restricted", "fence"])
    into.readers.add(*source.readers.all(), source.in_charge)
    restricting.follow(into)
    EmergencyCall.objects.filter(ticket=source).update(ticket=into)
    Stage.objects.filter(ticket=source, kind__in=TRAVELLING).update(ticket=into)
    clocks.move_all(source=source, to=into)
    if into.urgency != was_urgent:
        clocks.reclassified(into)
    cases.move(source, to=TicketState.MERGED, by=by)
    Ticket.objects.filter(merged_into=source).update(merged_into=into)  # one step, never a chain
    Ticket.objects.filter(pk=source.pk).update(merged_into=into)
    journal.record("ticket_merged", subject=source, by=by, into=into.pk, items=moved)
    journal.record("ticket_merged", subject=into, by=by, source=source.pk, items=moved)
    cases.tell(into)


def _move_items(source: Ticket, into: Ticket, only: Collection[int] | None = None) -> list[int]:
    """The items of `source` (or `only` these) stand on `into` from now on, as they are, each with its own
    code. Their keys."""
    on = TicketItem.objects.filter(ticket=source, left_at=None)
    if only is not None:
        on = on.filter(item__in=only)
    items = Item.objects.select_for_update(no_key=True).filter(pk__in=on.values("item"))
    rows = list(items.order_by("pk"))
    own = dict(on.values_list("item_id", "code"))
    on.filter(item__in=rows).update(left_at=clock.now())
    TicketItem.objects.bulk_create(
        TicketItem(ticket=into, item=row, code=own.get(row.pk) or numbers.tracking_code())
        for row in rows
    )
    for row in rows:
        live.item_changed(row, kind="ticket")
    return [row.pk for row in rows]


def split(
    *, ticket: Ticket, by: User, fence: int, items: Collection[int], title: str, summary: str
) -> Ticket:
    """The chosen `items` (keys) get a ticket of their own, in charge of `by`; kind, urgency, place, labels,
    restriction and readers are the source's. Raises NotInCharge, TicketError."""
    if not title.strip() or not summary.strip():
        raise TicketError(_("Isi pokok dan uraian tiket dulu."))
    with transaction.atomic():
        row = cases.prove(ticket=ticket, by=by, fence=fence)
        chosen = _splittable(row, items)
        new = Ticket.objects.create(
            number=cases.next_number(), code=numbers.tracking_code(),
            title=title.strip()[:160], summary=summary.strip(), place=row.place,
            category=row.category, urgency=row.urgency, restricted=row.restricted, in_charge=by,
            received_at=min(item.opened_at for item in chosen),
        )  # fmt: skip
        new.labels.set(row.labels.all())
        new.readers.set(row.readers.all())
        moved = _move_items(row, new, only=[item.pk for item in chosen])
        _copy_calls(row, new)
        Stage.objects.create(ticket=new, kind=Stage.Kind.RECEIVED)
        clocks.begin(new)
        journal.record("ticket_split", subject=row, by=by, new=new.pk, items=moved)
        journal.record("ticket_split", subject=new, by=by, source=row.pk, items=moved)
        cases.tell(row)
    return new


def _splittable(ticket: Ticket, items: Collection[int]) -> list[Item]:
    """The chosen items that stand on the ticket. Raises TicketError: none, all, or not now."""
    if ticket.is_over:
        raise TicketError(_("Tiket ini sudah selesai. Buka lagi dulu bila perlu dipisah."))
    if ticket.state == TicketState.RELAYING:
        raise TicketError(_("Jawaban tiket ini sedang disampaikan. Tunggu sampai selesai."))
    present = cases.items_of(ticket)
    chosen = [item for item in present if item.pk in items]
    if not chosen:
        raise TicketError(_("Pilih pesan yang akan dipisahkan."))
    if len(chosen) == len(present):
        raise TicketError(_("Sisakan setidaknya satu pesan di tiket ini."))
    return chosen


def _copy_calls(source: Ticket, new: Ticket) -> None:
    """The telephone call was about these citizens too."""
    EmergencyCall.objects.bulk_create(
        EmergencyCall(ticket=new, whom=call.whom, outcome=call.outcome, at=call.at, by=call.by)
        for call in source.calls.select_related("by")
    )
