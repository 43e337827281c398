"""Who on a ticket gets which words: the rows behind addressing.py, read in a constant number of queries."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from django.conf import settings

from accounts.models import Office
from inbox import replies, ways
from inbox.connectors.base import Length, Way
from inbox.models import Item, Message
from referrals import addressing
from referrals.addressing import Place, Wording
from referrals.models import Relay, RelayTarget
from tickets import codes
from tickets.models import Ticket
from tickets.queries import members_of


@dataclass(frozen=True, slots=True)
class Told:
    """What one citizen of the ticket would be told, and how; `words` are the final ones."""

    item: Item
    way: Way | None  # None: by hand
    words: str
    length: Length

    @property
    def by_hand(self) -> bool:
        """Whether the operator posts it in the platform's own app."""
        return self.way is None


def greeting(item: Item) -> str:
    """How a public text addresses this citizen, without mentioning the account."""
    return addressing.called(handle=item.citizen.handle, name=item.citizen.name)


def wording_of(ticket: Ticket, text: str) -> Wording:
    """The wording of `text` for the citizens of `ticket`."""
    return Wording(text=text, number=ticket.number, team=Office.current().name)


def for_ticket(ticket: Ticket, text: str) -> list[Told]:
    """Everybody on the ticket with the words each would get, oldest item first: the order of a relay."""
    items, wording = members_of(ticket), wording_of(ticket, text)
    known = _foreseen(items)
    own, seen = codes.codes_of(ticket), Counter[tuple[int, str]]()
    found = []
    for item in items:
        newest = _newest(item)
        item.last_said_at, item.private_to = known[item.pk]  # type: ignore[attr-defined]  # ways.foreseen
        way = _way(item, newest)
        nth = seen[item.channel_id, greeting(item)]
        seen[item.channel_id, greeting(item)] += 1
        place, link = _place(ticket, item, newest, way), _link(ticket, own.get(item.pk, ""))
        words = wording.words(who=greeting(item), place=place, link=link, nth=nth)
        found.append(Told(item, way, words.text, words.length))
    return found


class Speaker:
    """The words of one relay, citizen by citizen; what they have in common is read once and when needed."""

    def __init__(self, relay: Relay) -> None:
        self.relay = relay

    @cached_property
    def _wording(self) -> Wording:
        return wording_of(self.relay.ticket, self.relay.text)

    @cached_property
    def _ranks(self) -> dict[int, int]:
        """Key of each target's item → how many before it in the same channel are greeted alike."""
        rows = RelayTarget.objects.filter(relay=self.relay).select_related("item__citizen")
        seen, found = Counter[tuple[int, str]](), {}
        for row in rows.only("item__channel", "item__citizen").order_by("pk"):
            key = (row.item.channel_id, greeting(row.item))
            found[row.item_id] = seen[key]
            seen[key] += 1
        return found

    def told(self, item: Item) -> Told:
        """The final words for the citizen of `item`; who is no target yet comes after everybody."""
        nth = self._ranks.get(item.pk)
        if nth is None:
            nth = self._alike(item)
        newest, ticket = replies.newest_from_citizen(item), self.relay.ticket
        way = _way(item, newest)
        place, link = _place(ticket, item, newest, way), _link(ticket, codes.own_code(ticket, item))
        words = self._wording.words(who=greeting(item), place=place, link=link, nth=nth)
        return Told(item, way, words.text, words.length)

    def _alike(self, item: Item) -> int:
        rows = Item.objects.filter(pk__in=self._ranks, channel=item.channel_id)
        others = rows.select_related("citizen").only("channel", "citizen")
        return sum(greeting(other) == greeting(item) for other in others)


def place_of(ticket: Ticket, item: Item) -> Place:
    """Where this citizen would read an answer now."""
    newest = replies.newest_from_citizen(item)
    return _place(ticket, item, newest, _way(item, newest))


def _way(item: Item, newest: Message | None) -> Way | None:
    """The way a reply will take, also a closed one, as replies.choose_way; None: by hand."""
    return next(iter(ways.ways(item, newest)), None)


def _newest(item: Item) -> Message | None:
    """As replies.newest_from_citizen, from what tickets.queries.members_of brought."""
    standing = [message for message in item.words if not message.erased_at]  # type: ignore[attr-defined]
    return standing[-1] if standing else None


def _foreseen(items: Sequence[Item]) -> dict[int, tuple[object, object]]:
    rows = ways.foreseen(Item.objects.filter(pk__in=[item.pk for item in items]))
    return {row.pk: (row.last_said_at, row.private_to) for row in rows.only("pk")}  # type: ignore[attr-defined]  # annotated


def _link(ticket: Ticket, code: str) -> str:
    return f"{settings.SITE_URL.rstrip('/')}{codes.tracking_path(ticket, code)}"


def _place(ticket: Ticket, item: Item, newest: Message | None, way: Way | None) -> Place:
    """Where this citizen reads an answer; by hand it goes where the message stands."""
    platform = item.channel.platform
    public = way.public if way else newest is None or newest.object_class != "chat"
    key = way.key if way else ("chat" if not public else "")
    borne = addressing.surface(platform, way=key, public=public, restricted=ticket.restricted)
    return Place(platform, key, borne.trail)
