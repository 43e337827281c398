"""What the inbox shows: the list with its views, search and counts. Reading only; the item page's own
reading is `queries_item.py`, one row's looks `queries_row.py`.

Every query starts from one `visible_to(user)` per request, since that asks for the office's setting.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.search import SearchQuery
from django.db import models
from django.db.models import Count, Exists, F, FilteredRelation, Min, OuterRef, Q, Subquery, Value
from django.db.models.functions import JSONObject
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts import clock
from accounts.models import User
from inbox.models import Alert, Channel, Citizen, Claim, Item, ItemQuerySet, ItemState, Reply
from inbox.models_out import UNSETTLED, Delivery, ReplyState
from inbox.queries_row import Row, row_of

PAGE = 30  # rows of the list at a time
RARE = 2000  # a word in more items than these is common


class Tab(models.TextChoices):
    """The views of the list; the value stands in the address."""

    FREE = "bebas", _("Belum diambil")
    MINE = "saya", _("Milik saya")
    READ = "dibaca", _("Perlu dibaca")  # replies of colleagues that wait for a second reader
    OPEN = "terbuka", _("Semua terbuka")
    REFERRED = "divisi", _("Menunggu divisi")
    ANSWERED = "terjawab", _("Terjawab")
    CLOSED = "ditutup", _("Ditutup")


@dataclass(frozen=True, slots=True)
class Listing:
    """Which rows are asked for, as the address says it."""

    tab: str = Tab.FREE
    channel: int | None = None
    citizen: int | None = None
    q: str = ""
    after: tuple[datetime, int] | None = None  # keyset cursor: time and id of the last row shown

    @classmethod
    def read(cls, data: QueryDict) -> "Listing":
        """From the address. What cannot be understood is ignored: an old bookmark still opens."""
        tab = data.get("tampil", "")
        return cls(
            tab=tab if tab in Tab.values else Tab.FREE,
            channel=_number(data.get("kanal", "")),
            citizen=_number(data.get("warga", "")),
            q=data.get("q", "").strip()[:200],
            after=_cursor(data.get("setelah", "")),
        )

    @property
    def everywhere(self) -> bool:
        """Whether all states are looked through: a search, or all of one citizen."""
        return bool(self.q or self.citizen)

    @property
    def oldest_first(self) -> bool:
        """What waits for a taker is shown oldest first, so that nobody is forgotten."""
        return self.tab == Tab.FREE and not self.everywhere

    @property
    def title(self) -> str:
        if self.q:
            return _("Hasil cari “%(q)s”") % {"q": self.q}
        return str(_("Semua dari warga ini") if self.citizen else Tab(self.tab).label)

    @property
    def query(self) -> str:
        """The address of this list without the cursor, e.g. "?tampil=saya&kanal=3", or ""."""
        return self.address()

    def address(self, **changes: str | int | None) -> str:
        """The same list with `changes` (tampil, kanal, q, warga, setelah); None drops a part."""
        parts: dict[str, str | int | None] = {
            "tampil": self.tab if self.tab != Tab.FREE else None,
            "kanal": self.channel,
            "warga": self.citizen,
            "q": self.q or None,
        }
        parts |= changes
        text = urlencode({key: value for key, value in parts.items() if value not in (None, "")})
        return f"?{text}" if text else ""


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None


def _cursor(text: str) -> tuple[datetime, int] | None:
    moment, _sep, key = text.partition("_")
    pk = _number(key)
    try:
        return (datetime.fromisoformat(moment), pk) if pk else None
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Page:
    """A piece of the list: rows and where the next piece begins ("" when this was the last)."""

    rows: Sequence[Row]
    next: str


def with_claim(items: ItemQuerySet) -> ItemQuerySet:
    """Each item with its channel, citizen and live claim (`item.live`, or None) in the same query."""
    return (
        items.annotate(live=FilteredRelation("claims", condition=Q(claims__ended_at__isnull=True)))
        .select_related("channel", "citizen", "live__holder")  # type: ignore[misc]  # no field: a filtered relation
        .defer("search", "channel__sealed")
    )


def with_reply(items: ItemQuerySet) -> ItemQuerySet:
    """Items `with_claim`, each with what the list says of its unsettled reply and its offer: `reply_state`
    and `reply_author` (None: no reply is under way), `for_person`, `former`. No query of its own; the reply
    comes by the index that keeps it to one per item."""
    person = Delivery.objects.filter(reply=OuterRef("pin__pk"), needs_person=True)
    return (
        items.annotate(
            pin=FilteredRelation(
                "replies", condition=Q(replies__state__in=[str(state) for state in UNSETTLED])
            )
        )
        .annotate(
            reply_state=F("pin__state"), reply_author=F("pin__author"), for_person=Exists(person)
        )
        .select_related("channel", "citizen", "live__holder", "former")  # type: ignore[misc]  # as above
    )  # fmt: skip


def free(now: datetime) -> Q:
    """Condition on items `with_claim`: nobody holds it. A lease that ran out is free to take, unless a
    reply that is not settled pins the item to its author."""
    pinned = Exists(Reply.objects.filter(item=OuterRef("pk"), state__in=UNSETTLED))
    return Q(live__isnull=True) | (Q(live__expires_at__lte=now) & Q(~pinned))


def page_of(items: ItemQuerySet, *, listing: Listing, user: User) -> Page:
    """The rows of `listing` out of `items` (already limited to what `user` may see)."""
    now = clock.now()
    found = _chosen(with_reply(with_claim(items)), listing=listing, user=user, now=now)
    key = "waiting_since" if listing.oldest_first else "last_in_at"
    if listing.after:
        moment, pk = listing.after
        step = "gt" if listing.oldest_first else "lt"
        beyond = Q(**{f"{key}__{step}": moment}) | Q(**{key: moment, f"pk__{step}": pk})
        # The first condition alone lets the index start in the right place.
        found = found.filter(Q(**{f"{key}__{step}e": moment}), beyond)
    order = (key, "pk") if listing.oldest_first else (f"-{key}", "-pk")
    rows = list(found.order_by(*order)[: PAGE + 1])
    cursor = ""
    if len(rows) > PAGE:
        last = rows[PAGE - 1]
        cursor = f"{getattr(last, key).isoformat()}_{last.pk}"
    return Page(rows=[row_of(item, user=user, now=now) for item in rows[:PAGE]], next=cursor)


def _chosen(items: ItemQuerySet, *, listing: Listing, user: User, now: datetime) -> ItemQuerySet:
    if listing.channel:
        items = items.filter(Q(channel=listing.channel) | Q(also_on=listing.channel)).distinct()
    if listing.citizen:
        items = items.filter(citizen=listing.citizen)
    if listing.q:
        return _holding(items, listing.q)
    return items if listing.citizen else items.filter(_in_tab(listing.tab, user=user, now=now))


def words_of(q: str) -> SearchQuery:
    """What a person typed as a search: other forms of the words ('indonesian') or just these ('simple')."""
    return SearchQuery(q, config="indonesian", search_type="websearch") | SearchQuery(
        q, config="simple", search_type="websearch"
    )


def _holding(items: ItemQuerySet, q: str) -> ItemQuerySet:
    """Items that hold the words of `q`. Neither all hits of a common word are sorted, nor all items
    read for a rare one (performance.md): few hits are fetched by the words' own index; where there
    are more than RARE, the newest items soon fill a page.
    """
    words = words_of(q)
    hits = list(
        Item.objects.filter(search=words).order_by().values_list("pk", flat=True)[: RARE + 1]
    )
    return items.filter(pk__in=hits) if len(hits) <= RARE else items.filter(search=words)


def _offered(now: datetime) -> Q:
    """Condition on items `with_claim`: waits, held by nobody, and offered to `former` for some minutes yet."""
    return Q(waiting_since__isnull=False, offered_until__gt=now) & free(now)


def _keys_of_mine(user: User, now: datetime) -> models.QuerySet[Any, Any]:
    """Ids of the items that `user` holds or is offered now. A union of two short lists: as an “or” of two
    conditions the database would read every item."""
    held = Claim.objects.filter(holder=user, ended_at__isnull=True).values_list("item")
    items = with_claim(Item.objects.all()).select_related(None)
    return held.union(items.filter(_offered(now), former=user).values_list("pk"))


def _waiting_for_reader(user: User) -> models.QuerySet[Reply]:
    """Replies that wait for a second reader and were written by somebody else."""
    return Reply.objects.filter(state=ReplyState.REVIEW).exclude(author=user)


def _keys_to_read(user: User) -> models.QuerySet[Any, Any]:
    return _waiting_for_reader(user).values_list("item")


def _in_tab(tab: str, *, user: User, now: datetime) -> Q:
    """Condition on items `with_claim` that belong to this view of the list."""
    conditions: dict[str, Q] = {
        Tab.FREE: free(now) & Q(waiting_since__isnull=False),
        Tab.MINE: Q(pk__in=_keys_of_mine(user, now)),
        Tab.READ: Q(pk__in=_keys_to_read(user)),
        Tab.OPEN: Q(waiting_since__isnull=False),
        Tab.REFERRED: Q(state=ItemState.REFERRED),
        Tab.ANSWERED: Q(state=ItemState.ANSWERED),
        Tab.CLOSED: Q(state=ItemState.CLOSED),
    }
    return conditions[tab]


@dataclass(frozen=True, slots=True)
class TabLink:
    """A view of the list in the navigation; `count` is None where counting would read all history."""

    value: str
    label: str
    address: str
    count: int | None
    on: bool


def tabs(items: ItemQuerySet, *, listing: Listing, user: User) -> list[TabLink]:
    """The views with how many items wait in each, where counting does not read all history. “Perlu dibaca”
    is there only when something is."""
    counts = _counts(items, user=user, now=clock.now())
    shown = [tab for tab in Tab if tab != Tab.READ or counts["dibaca"] or listing.tab == Tab.READ]
    return [
        TabLink(
            value=tab.value,
            label=str(tab.label),
            address=listing.address(
                tampil=tab.value if tab != Tab.FREE else None, q=None, warga=None
            ),
            count=counts.get(tab.value),
            on=tab == listing.tab and not listing.everywhere,
        )
        for tab in shown
    ]


def _counts(items: ItemQuerySet, *, user: User, now: datetime) -> dict[str, int]:
    """How many wait in each view, by its value; one query. What is unsettled: the condition keeps to columns
    of the item, so that each side of the “or” has its index. And what concerns this person: few, by keys.
    """
    working = with_claim(items).select_related(None).filter(
        Q(waiting_since__isnull=False) | Q(state=ItemState.REFERRED)
    )  # fmt: skip
    concerns = items.filter(pk__in=_keys_of_mine(user, now).union(_keys_to_read(user)))
    read = Exists(_waiting_for_reader(user).filter(item=OuterRef("pk")))
    rows = User.objects.filter(pk=user.pk).values_list(
        _one_row(
            working,
            bebas=Count("pk", filter=Q(waiting_since__isnull=False) & free(now)),
            terbuka=Count("pk", filter=Q(waiting_since__isnull=False)),
            divisi=Count("pk", filter=Q(state=ItemState.REFERRED)),
        ),
        _one_row(concerns, saya=Count("pk", filter=~read), dibaca=Count("pk", filter=read)),
    )
    counts = dict.fromkeys(("bebas", "terbuka", "divisi", "saya", "dibaca"), 0)
    for found in rows[0]:
        counts |= found or {}
    return counts


def _one_row(items: ItemQuerySet, **counts: Count) -> Subquery:
    """Counts over `items` as one value of a larger query; None where there are no items."""
    bare = items.order_by().annotate(one=Value(1)).values("one")
    return Subquery(bare.annotate(counts=JSONObject(**counts)).values("counts"))


def channels_of(user: User) -> list[Channel]:
    """The channels this person sees, each with `blind_since` (None: everything is read), and what is
    wrong in words: `alert_texts` of the channel, `desk_alert_texts` of no single one (the same on each)."""
    wrong = Alert.objects.filter(closed_at=None).order_by("opened_at", "pk")
    return list(
        Channel.objects.visible_to(user)
        .filter(is_active=True)
        .annotate(
            blind_since=Min("feeds__blind_since"),
            alert_texts=ArraySubquery(wrong.filter(channel=OuterRef("pk")).values("text")),
            desk_alert_texts=ArraySubquery(wrong.filter(channel=None).values("text")),
        )
        .defer("sealed")
        .order_by("platform", "handle")
    )  # fmt: skip


def alerts_of(channels: Sequence[Channel]) -> list[str]:
    """What is wrong with these channels and with the desk, a sentence each."""
    found = [text for channel in channels[:1] for text in getattr(channel, "desk_alert_texts", ())]
    return found + [text for one in channels for text in getattr(one, "alert_texts", ())]


def citizen_of(items: ItemQuerySet, pk: int | None) -> Citizen | None:
    """The citizen whose items are listed, if this person may see any of them."""
    item = items.filter(citizen=pk).select_related("citizen").first() if pk else None
    return item.citizen if item else None
