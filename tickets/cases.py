"""Tickets: opened from an item, joined by others, put in somebody's charge, closed (DESIGN §9).

Writes on the item prove the item's fence; writes on the ticket prove the ticket's (I2).
"""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import clock, journal
from accounts.models import Division, Office, User
from inbox import claims, live, replies
from inbox.models import Item, ItemState
from tickets import clocks, codes, numbers, restricting
from tickets.models import (
    OVER,
    Category,
    Stage,
    Ticket,
    TicketCounter,
    TicketItem,
    TicketState,
    Urgency,
)

journal.register(
    {
        "ticket_opened": _("membuka tiket"),
        "ticket_joined": _("menambahkan pesan ke tiket"),
        "ticket_left": _("mengeluarkan pesan dari tiket"),
        "ticket_charge_taken": _("mengambil tanggung jawab tiket"),
        "ticket_state": _("mengubah keadaan tiket"),
        "ticket_closed": _("menutup tiket"),
    }
)


class TicketError(Exception):
    """A ticket is not what the caller thought; `str()` is the sentence for the screen."""


class NotInCharge(TicketError):
    """The fence shown is not the ticket's, or the person is not in charge."""

    def __init__(self, ticket: Ticket, by: User) -> None:
        words = (
            _("Tiket %(number)s baru saja berubah. Muat ulang halaman ini.")
            if ticket.in_charge_id == by.pk
            else _(
                "Tiket %(number)s sekarang menjadi tanggung jawab %(who)s. Muat ulang halaman ini."
            )
        )
        super().__init__(words % {"number": ticket.number, "who": ticket.in_charge})


class AlreadyOnTicket(TicketError):
    """The item is on a ticket already."""

    def __init__(self) -> None:
        super().__init__(_("Pesan ini sudah ada di sebuah tiket. Muat ulang untuk melihatnya."))


def prove(*, ticket: Ticket, by: User, fence: int) -> Ticket:
    """Lock the ticket and check that `by` is in charge under `fence`. Raises NotInCharge.

    Inside the transaction of the write it protects; ticket before its items, items in order of id.
    """
    row = locked(ticket)
    if row.in_charge_id != by.pk or row.fence != fence:
        raise NotInCharge(row, by)
    return row


def prove_or_head(*, ticket: Ticket, by: User, fence: int) -> Ticket:
    """As `prove`, but the head decides too, whoever is in charge (I2), on the ticket as the screen showed
    it: an older fence is refused. Raises NotInCharge."""
    row = locked(ticket)
    if row.fence != fence or (row.in_charge_id != by.pk and not by.is_head):
        raise NotInCharge(row, by)
    return row


def locked(ticket: Ticket) -> Ticket:
    """The ticket's row as it is now, locked until the transaction ends."""
    rows = Ticket.objects.select_for_update(of=("self",)).select_related("in_charge")
    return rows.get(pk=ticket.pk)


def next_number() -> str:
    """The year's next number, gapless: the counter's row stays locked until commit."""
    year = timezone.localtime(clock.now()).year
    TicketCounter.objects.get_or_create(year=year)
    TicketCounter.objects.filter(year=year).update(last=F("last") + 1)  # takes the row lock
    running = TicketCounter.objects.values_list("last", flat=True).get(year=year)
    return numbers.compose(Office.current().ticket_prefix, year, running)


def open_ticket(
    *, item: Item, by: User, fence: int, title: str, summary: str,
    category: str = Category.COMPLAINT, place: str = "", urgency: str = Urgency.NORMAL,
    restricted: bool = False, seen: int | None = None, seen_at: datetime | None = None,
) -> Ticket:  # fmt: skip
    """Open a ticket from `item`, in charge of `by`, who has read it up to `seen` and `seen_at` (inbox/stale.py;
    None: nobody decides by a page). Raises ClaimLost, Pinned, NewerMessage, AlreadyOnTicket, TicketError.

    A matter about an officer (dumas), a victim or a child (`restricted`) is restricted from its first
    moment (DESIGN §9; domain.md §4), and one of an item that was restricted before stays so.
    """
    if not title.strip() or not summary.strip():
        raise TicketError(_("Isi pokok dan uraian tiket dulu."))
    with transaction.atomic():
        claims.prove(item=item, by=by, fence=fence)
        claims.refuse_if_pinned(item)
        replies.refuse_if_unread(item=item, seen=seen, seen_at=seen_at)
        known = Item.objects.values_list("restricted", flat=True).get(pk=item.pk)
        ticket = Ticket.objects.create(
            number=next_number(), code=numbers.tracking_code(), title=title.strip()[:160],
            summary=summary.strip(), place=place.strip()[:160], category=category, urgency=urgency,
            in_charge=by, restricted=restricted or known or category == Category.CONDUCT,
            received_at=item.opened_at,
        )  # fmt: skip
        put_on(ticket, item)
        clocks.begin(ticket)
        Stage.objects.create(ticket=ticket, kind=Stage.Kind.RECEIVED)
        journal.record("ticket_opened", subject=ticket, by=by, item=item.pk, number=ticket.number)
    return ticket


def join(
    *, ticket: Ticket, item: Item, by: User, fence: int, done_too: bool = False,
    seen: int | None = None, seen_at: datetime | None = None,
) -> None:  # fmt: skip
    """Put another item on the ticket; `fence` is the item's, `seen` and `seen_at` as in `open_ticket`.
    `done_too`: also where everybody was told, by a caller who sees to it that this citizen is told too
    (referrals/joining.py).

    Raises ClaimLost, Pinned, NewerMessage, AlreadyOnTicket, TicketError.
    """
    with transaction.atomic():
        row = Ticket.objects.select_for_update().get(pk=ticket.pk)
        if row.is_over and not (done_too and row.state == TicketState.DONE):
            raise TicketError(_("Tiket ini sudah selesai. Buka tiket baru untuk pesan ini."))
        claims.prove(item=item, by=by, fence=fence)
        claims.refuse_if_pinned(item)
        replies.refuse_if_unread(item=item, seen=seen, seen_at=seen_at)
        put_on(row, item)
        journal.record("ticket_joined", subject=row, by=by, item=item.pk)


def put_on(ticket: Ticket, item: Item) -> None:
    """The item stands on the ticket from now on; inside the transaction of the act.

    Raises AlreadyOnTicket; TicketError for a restricted item on a ticket that everybody reads.
    """
    if not ticket.restricted and Item.objects.filter(pk=item.pk, restricted=True).exists():
        raise TicketError(_("Pesan ini terbatas. Buka tiket sendiri untuknya."))
    try:
        with transaction.atomic():
            code = codes.code_for(ticket, item)
            TicketItem.objects.create(ticket=ticket, item=item, code=code)
    except IntegrityError as error:
        raise AlreadyOnTicket from error
    restricting.follow(ticket)
    replies.refer(item=item)


def leave(*, ticket: Ticket, item: Item, by: User, fence: int) -> None:
    """Take an item off; it waits for an answer again. `fence` is the ticket's. Raises NotInCharge."""
    with transaction.atomic():
        row = prove(ticket=ticket, by=by, fence=fence)
        members = TicketItem.objects.filter(ticket=row, left_at=None)
        if members.count() < 2:
            raise TicketError(
                _("Tiket harus berisi setidaknya satu pesan. Tutup tiketnya bila tak perlu.")
            )
        if members.filter(item=item).update(left_at=clock.now()):
            wait_again(item)
            journal.record("ticket_left", subject=row, by=by, item=item.pk)


def wait_again(item: Item) -> None:
    """The item left its ticket and waits for an answer, unless it has been answered meanwhile."""
    Item.objects.filter(pk=item.pk, state=ItemState.REFERRED).update(
        state=ItemState.OPEN, waiting_since=clock.now()
    )
    live.item_changed(item, kind="ticket")


def take_charge(*, ticket: Ticket, by: User) -> Ticket:
    """Become the person in charge; the fence grows, what the former one still sends is refused."""
    with transaction.atomic():
        row = locked(ticket)
        put_in_charge(row, by)
    return row


def put_in_charge(row: Ticket, by: User) -> None:
    """`by` has the charge of the locked `row` from now on; nothing happens where it is so already."""
    if row.in_charge_id == by.pk:
        return
    journal.record("ticket_charge_taken", subject=row, by=by, was=row.in_charge_id)
    row.in_charge, row.fence = by, row.fence + 1
    row.save(update_fields=["in_charge", "fence"])
    restricting.follow(row)
    tell(row)


#: What a public stage means to the clocks.
_EVENTS = {
    Stage.Kind.REFERRED: clocks.Event.DISPATCHED,
    Stage.Kind.ANSWERED: clocks.Event.ANSWERED,
    Stage.Kind.RELAYED: clocks.Event.RELAYED,
}


def move(
    ticket: Ticket, *, to: str, by: User | None, stage: str = "", division: Division | None = None
) -> None:
    """Change the state, with its public stage and what that means to the clocks; `division` is whose
    dispatch or answer it was. Inside the transaction of what caused it."""
    was = Ticket.objects.select_for_update().values_list("state", flat=True).get(pk=ticket.pk)
    fields: dict[str, object] = {"state": to}
    if to == TicketState.ANSWERED and stage:
        fields["answered_at"] = clock.now()
    if to in OVER:
        fields["closed_at"] = clock.now()
    Ticket.objects.filter(pk=ticket.pk).update(**fields)
    if stage:
        whom = division.name if division else ""
        Stage.objects.create(ticket=ticket, kind=stage, whom=whom)
        if stage in _EVENTS:
            clocks.happened(ticket, _EVENTS[Stage.Kind(stage)], division=division)
    if to in OVER:
        clocks.drop(ticket)
    if was != to:
        journal.record("ticket_state", subject=ticket, by=by, was=was, now=str(to))
    tell(ticket)


def tell(ticket: Ticket) -> None:
    """Tell the open screens that the ticket changed, after commit."""
    live.publish("desk", ticket=ticket.pk, kind="ticket")


class Unread(TicketError):
    """Something came on the ticket after the person last looked."""


def close(*, ticket: Ticket, by: User, fence: int, why: str, seen: int | None = None) -> None:
    """Close without a relay; its items wait for an answer again, nothing is closed silently. `seen` is the
    newest stage on the page it was decided by (None: by no page).

    Raises NotInCharge, TicketError; Unread when the ticket is further on than that: an answer that came
    meanwhile is not laid aside unread.
    """
    if not why.strip():
        raise TicketError(_("Tulis alasan menutup tiket."))
    with transaction.atomic():
        row = prove(ticket=ticket, by=by, fence=fence)
        if row.is_over:
            raise TicketError(_("Tiket ini sudah selesai."))
        newer = row.stages.filter(pk__gt=seen).last() if seen is not None else None
        if newer:
            raise Unread(
                _(
                    "Ada kabar sejak Anda membuka tiket ini: %(stage)s. Baca dulu, lalu putuskan lagi."
                )
                % {"stage": newer.get_kind_display()}
            )
        move(row, to=TicketState.CLOSED, by=by, stage=Stage.Kind.CLOSED)
        row.refresh_from_db(fields=["closed_at"])
        members = row.memberships.filter(left_at=None)
        for member in members.select_related("item").order_by("item_id"):
            wait_again(member.item)
        members.update(left_at=row.closed_at)  # the very moment: reopening finds them by it
        Ticket.objects.filter(pk=row.pk).update(closed_why=why.strip()[:200])
        journal.record("ticket_closed", subject=row, by=by, why=why.strip()[:200])


def items_of(ticket: Ticket) -> list[Item]:
    """The items on the ticket now, oldest first."""
    return list(
        Item.objects.filter(memberships__ticket=ticket, memberships__left_at=None)
        .select_related("channel", "citizen")
        .order_by("opened_at", "pk")
    )
