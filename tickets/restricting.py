"""Who may read a restricted ticket, and that its items follow it (DESIGN §9).

Below cases.py: everything here runs inside the transaction of the act that changed the ticket.
"""

from accounts.models import User
from inbox import live
from inbox.models import Item
from tickets.models import Ticket, TicketItem


def follow(ticket: Ticket) -> None:
    """Make the items that stand on a restricted ticket restricted too, for the same readers.

    1. Items in order of id, locked.  2. Readers: the person in charge and who is named, nobody else.
    On an ordinary ticket nothing changes: an item may be restricted from before.
    """
    if not ticket.restricted:
        return
    items = _locked_items(ticket)
    _share(items, readers_of(ticket))
    _mark(items, restricted=True)


def lift(ticket: Ticket) -> None:
    """The head lifted the restriction: the items on the ticket are for everybody again."""
    _mark(_locked_items(ticket), restricted=False)


def _locked_items(ticket: Ticket) -> list[Item]:
    on = TicketItem.objects.filter(ticket=ticket, left_at=None).values("item")
    return list(Item.objects.select_for_update(no_key=True).filter(pk__in=on).order_by("pk"))


def _mark(items: list[Item], *, restricted: bool) -> None:
    changed = [item for item in items if item.restricted != restricted]
    Item.objects.filter(pk__in=[item.pk for item in changed]).update(restricted=restricted)
    for item in changed:
        live.item_changed(item, kind="ticket")


def readers_of(ticket: Ticket) -> set[int]:
    """Keys of the people who read a restricted ticket besides the head."""
    return {ticket.in_charge_id, *ticket.readers.values_list("pk", flat=True)}


def _share(items: list[Item], readers: set[int]) -> None:
    """Exactly `readers` for each of `items`, in two statements however many there are."""
    through = Item.readers.through
    theirs = through.objects.filter(item__in=items)
    theirs.exclude(user__in=readers).delete()
    through.objects.bulk_create(
        [through(item_id=item.pk, user_id=user) for item in items for user in sorted(readers)],
        ignore_conflicts=True,
    )


def may_name(*, ticket: Ticket, by: User) -> bool:
    """Whether `by` may say who reads the ticket, and see who did: the head and the person in charge."""
    return by.is_head or ticket.in_charge_id == by.pk
