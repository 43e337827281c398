"""The backlog: what waits, where, since when, because of whom. A fixed number of queries, whatever waits.

Limits of “fresh”, “soon” and “late” are the office's own first guesses (domain.md §4: first answer
within an hour on duty, letter within a working day); the divisions' are their due days.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet
from django.db.models.functions import TruncDate
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import clock
from accounts.models import Division, Office, User
from inbox.models import Channel, Claim, Feed, Item, ItemState, Reply
from inbox.models_out import UNSETTLED, Delivery, DeliveryState, ReplyState
from referrals import mail_fetch, queries_return
from referrals.models import WITH_DIVISION, Letter, LetterState, Question, Referral, ReferralState
from reports.figures import (
    Attention,
    Backlog,
    ChannelHealth,
    Column,
    DivisionRow,
    Oldest,
    sentences,
)
from tickets import queries_clock, words, workdays
from tickets.models import Rule, Ticket, TicketItem, TicketState

HOUR = timedelta(hours=1)
#: column → (soon after, late after)
LIMITS = {
    "unclaimed": (HOUR, 8 * HOUR),
    "held": (HOUR, 8 * HOUR),
    "approval": (4 * HOUR, 24 * HOUR),
    "answered": (4 * HOUR, 24 * HOUR),
}
IDLE = timedelta(minutes=10)  # a holder who has written nothing for so long
AVERAGE_OVER = timedelta(days=90)
OLDEST = 10


def backlog(user: User) -> Backlog:
    """What waits at this moment, of what `user` may see."""
    now = clock.now()
    sources = _Sources(user, now)
    columns = [
        _column("unclaimed", _("Belum diambil"), sources.unclaimed, "waiting_since", now,
                url=reverse("inbox:list")),
        _held(sources, now),
        _column("approval", _("Menunggu persetujuan"), sources.submitted, "submitted_at", now,
                url=f"{reverse('referrals:letters')}?keadaan=submitted"),
        _with_divisions(sources),
        _answered(sources, now),
    ]  # fmt: skip
    result = Backlog(
        at=now, columns=columns, divisions=_divisions(sources, now),
        oldest=_oldest(sources, now), channels=_channels(user),
        preparing=sources.preparing.count(), citizens=_citizens(sources),
        for_person=_for_person(sources), for_reader=_for_reader(sources),
        past_law=_past_law(sources), asked_back=_asked_back(sources),
        in_tray=_in_tray(user), mailbox=mail_fetch.health(),
    )  # fmt: skip
    result.sentences = sentences(result)
    return result


class _Sources:
    """The row sets behind the columns, each reached through the viewer."""

    def __init__(self, user: User, now: datetime) -> None:
        self.items = Item.objects.visible_to(user)
        waiting = self.items.filter(waiting_since__isnull=False)
        # A reply that is not settled pins its item to its author, however old the lease is.
        self.pinned = Exists(Reply.objects.filter(item=OuterRef("item"), state__in=UNSETTLED))
        live = Claim.objects.filter(Q(expires_at__gt=now) | Q(self.pinned), ended_at__isnull=True)
        self.unclaimed = waiting.filter(~Exists(live.filter(item=OuterRef("pk"))))
        self.held = live.filter(item__in=waiting.values("pk"))
        self.tickets = tickets = Ticket.objects.visible_to(user)
        referrals = Referral.objects.visible_to(user)
        self.submitted = Letter.objects.visible_to(user).filter(state=LetterState.SUBMITTED)
        self.with_divisions = referrals.filter(state__in=WITH_DIVISION)
        self.answered_referrals = referrals.filter(state=ReferralState.ANSWERED)
        self.answered = tickets.filter(state__in=[TicketState.ANSWERED, TicketState.RELAYING])
        # A letter that is approved and not sent yet is still the desk's to see to.
        submitted = Letter.objects.filter(
            referral__ticket=OuterRef("pk"), state=LetterState.SUBMITTED
        )
        self.preparing = tickets.filter(~Exists(submitted), state=TicketState.OPEN)


def _column(
    key: str,
    label: str,
    rows: QuerySet[Any],
    since: str,
    now: datetime,
    *,
    url: str,
    note: str = "",
) -> Column:
    """Count and age of `rows` by the moment in `since`, in one query."""
    soon, late = LIMITS[key]
    found = rows.aggregate(
        n=Count("pk"),
        first=Min(since),
        soon=Count("pk", filter=Q(**{f"{since}__lte": now - soon, f"{since}__gt": now - late})),
        late=Count("pk", filter=Q(**{f"{since}__lte": now - late})),
    )
    return Column(
        key, label, url, found["n"], found["soon"], found["late"], found["first"], note=note
    )


def _held(sources: _Sources, now: datetime) -> Column:
    """Held by operators; a lease lengthens with every keystroke, so its end tells who fell silent."""
    column = _column(
        "held", _("Dipegang operator"), sources.held, "item__waiting_since", now,
        url=f"{reverse('inbox:list')}?tampil=terbuka",
    )  # fmt: skip
    idle = sources.held.filter(
        ~sources.pinned, taken_at__lte=now - IDLE, expires_at__lte=now + _lease_left()
    ).count()
    if not idle:
        return column
    return _with_note(column, _("%(n)s diam lebih dari 10 menit") % {"n": idle})


def _lease_left() -> timedelta:
    """How much of a lease is left when its holder has been silent for IDLE (lease of 15 minutes)."""
    return timedelta(minutes=Office.current().lease_minutes) - IDLE


def _with_note(column: Column, note: str) -> Column:
    return Column(
        column.key, column.label, column.url, column.count, column.soon, column.late,
        column.oldest, note,
    )  # fmt: skip


def _with_divisions(sources: _Sources) -> Column:
    """By the divisions' own clock: late is past the due day, soon is due today or next working day."""
    today = words.today()
    next_day = workdays.after(today, 1)
    found = sources.with_divisions.aggregate(
        n=Count("pk"),
        first=Min("dispatched_at"),
        late=Count("pk", filter=Q(due_on__lt=today)),
        soon=Count("pk", filter=Q(due_on__gte=today, due_on__lte=next_day)),
    )
    note = _("%(n)s lewat batas") % {"n": found["late"]} if found["late"] else ""
    return Column(
        "divisions", _("Menunggu divisi"), f"{reverse('tickets:list')}?keadaan=waiting",
        found["n"], found["soon"], found["late"], found["first"], note,
    )  # fmt: skip


def _answered(sources: _Sources, now: datetime) -> Column:
    return _column(
        "answered", _("Dijawab, belum sampai ke warga"), sources.answered, "answered_at", now,
        url=f"{reverse('tickets:list')}?keadaan=answered",
    )  # fmt: skip


def _citizens(sources: _Sources) -> int:
    """Citizens on tickets whose answer has not reached them."""
    members = TicketItem.objects.filter(ticket__in=sources.answered.values("pk"), left_at=None)
    return members.exclude(item__state=ItemState.ANSWERED).count()


def _for_person(sources: _Sources) -> Attention:
    """Deliveries of which nobody knows whether they stand on the platform; leads to the oldest."""
    rows = Delivery.objects.filter(
        state=DeliveryState.UNKNOWN, needs_person=True, item__in=sources.items.values("pk")
    ).order_by("started_at", "pk")
    found = list(rows.values_list("item", "started_at"))
    if not found:
        return Attention(0, None, "")
    return Attention(len(found), found[0][1], reverse("inbox:item", args=[found[0][0]]))


def _for_reader(sources: _Sources) -> Attention:
    """Replies that wait for a second reader."""
    rows = Reply.objects.filter(state=ReplyState.REVIEW, item__in=sources.items.values("pk"))
    found = rows.aggregate(n=Count("pk"), first=Min("created_at"))
    return Attention(found["n"], found["first"], f"{reverse('inbox:list')}?tampil=dibaca")


def _past_law(sources: _Sources) -> Attention:
    """Tickets past a limit that a law sets (not the office's own); leads to the oldest of them."""
    found = queries_clock.overdue(sources.tickets, basis=Rule.Basis.LAW)
    url = reverse("tickets:detail", args=[found.first]) if found.first else ""
    return Attention(found.tickets, found.since, url)


def _asked_back(sources: _Sources) -> Attention:
    """Divisions that asked something and wait for the desk; leads to the ticket of the oldest."""
    rows = Question.objects.filter(
        replied_at=None, referral__in=sources.with_divisions.values("pk")
    )
    found = list(rows.order_by("at", "pk").values_list("referral__ticket", "at"))
    if not found:
        return Attention(0, None, "")
    return Attention(len(found), found[0][1], reverse("tickets:detail", args=[found[0][0]]))


def _in_tray(user: User) -> Attention:
    """What came in from divisions and waits for somebody to say where it belongs."""
    found = queries_return.lying(user)
    return Attention(found.count, found.oldest, reverse("tray:list"))


def _divisions(sources: _Sources, now: datetime) -> list[DivisionRow]:
    """Per division that has something waiting or answered lately; the most overdue first."""
    today = words.today()
    waiting = {
        row["division"]: row
        for row in sources.with_divisions.values("division").annotate(
            n=Count("pk"),
            late=Count("pk", filter=Q(due_on__lt=today)),
            first=Min("dispatched_at"),
        )
    }
    averages = _averages(sources, now)
    nothing = {"n": 0, "late": 0, "first": None}
    divisions = Division.objects.filter(pk__in=waiting.keys() | averages.keys())
    rows = []
    for division in divisions:
        found: dict[str, Any] = dict(waiting.get(division.pk, nothing))
        rows.append(
            DivisionRow(
                division, found["n"], found["late"], found["first"], averages.get(division.pk)
            )
        )
    return sorted(rows, key=lambda row: (-row.late, -row.waiting, row.division.name))


def _averages(sources: _Sources, now: datetime) -> dict[int, float]:
    """Average working days from dispatch to answer per division, over the last 90 days.

    Grouped by day in the database, so that rows read are bounded by days, not by letters.
    """
    pairs = (
        sources.answered_referrals.filter(answered_at__gte=now - AVERAGE_OVER)
        .values("division", start=TruncDate("dispatched_at"), end=TruncDate("answered_at"))
        .annotate(n=Count("pk"))
    )
    days: dict[int, int] = defaultdict(int)
    count: dict[int, int] = defaultdict(int)
    for row in pairs:
        days[row["division"]] += row["n"] * workdays.between(row["start"], row["end"])
        count[row["division"]] += row["n"]
    return {division: days[division] / count[division] for division in count}


def _oldest(sources: _Sources, now: datetime) -> list[Oldest]:
    """The ten oldest of everything that waits, each with who holds it or because of whom it waits."""
    found = [
        *_oldest_items(sources, now), *_oldest_letters(sources, now),
        *_oldest_referrals(sources), *_oldest_tickets(sources, now),
    ]  # fmt: skip
    return sorted(found, key=lambda row: row.since)[:OLDEST]


def _oldest_items(sources: _Sources, now: datetime) -> Iterable[Oldest]:
    late = LIMITS["unclaimed"][1]
    rows = sources.unclaimed.select_related("citizen").order_by("waiting_since")
    for item in rows[:OLDEST]:
        since = item.waiting_since or item.opened_at
        yield Oldest(since, item.preview or str(item.citizen), _("belum diambil siapa pun"),
                     reverse("inbox:item", args=[item.pk]), now - since > late)  # fmt: skip
    claims = sources.held.select_related("item__citizen", "holder")
    for claim in claims.order_by("item__waiting_since")[:OLDEST]:
        since = claim.item.waiting_since or claim.item.opened_at
        yield Oldest(since, claim.item.preview or str(claim.item.citizen),
                     _("dipegang %(who)s") % {"who": claim.holder},
                     reverse("inbox:item", args=[claim.item_id]), now - since > late)  # fmt: skip


def _oldest_letters(sources: _Sources, now: datetime) -> Iterable[Oldest]:
    rows = sources.submitted.select_related("referral__ticket", "referral__division")
    for letter in rows.order_by("submitted_at")[:OLDEST]:
        since = letter.submitted_at or letter.drafted_at
        yield Oldest(
            since, f"{letter.referral.ticket.number} {letter.referral.ticket.title}",
            _("menunggu persetujuan pimpinan, surat ke %(whom)s")
            % {"whom": letter.referral.division},
            reverse("referrals:letter", args=[letter.pk]), now - since > LIMITS["approval"][1],
        )  # fmt: skip


def _oldest_referrals(sources: _Sources) -> Iterable[Oldest]:
    rows = sources.with_divisions.select_related("ticket", "division").order_by("dispatched_at")
    for referral in rows[:OLDEST]:
        yield Oldest(
            referral.dispatched_at or referral.created_at,
            f"{referral.ticket.number} {referral.ticket.title}",
            _("menunggu jawaban %(whom)s") % {"whom": referral.division},
            reverse("tickets:detail", args=[referral.ticket_id]),
            bool(referral.due_on and words.is_late(referral.due_on)), due=referral.due_on,
        )  # fmt: skip


def _oldest_tickets(sources: _Sources, now: datetime) -> Iterable[Oldest]:
    late = LIMITS["answered"][1]
    for rows, since_field, what in (
        (sources.answered, "answered_at", _("jawaban belum disampaikan oleh %(who)s")),
        (sources.preparing, "opened_at", _("suratnya belum diajukan oleh %(who)s")),
    ):
        for ticket in rows.select_related("in_charge").order_by(since_field)[:OLDEST]:
            since = getattr(ticket, since_field) or ticket.opened_at
            yield Oldest(since, f"{ticket.number} {ticket.title}", what % {"who": ticket.in_charge},
                         reverse("tickets:detail", args=[ticket.pk]), now - since > late)  # fmt: skip


def _channels(user: User) -> list[ChannelHealth]:
    """Active channels with the worst of their feeds."""
    feeds = {
        row["channel"]: row
        for row in Feed.objects.values("channel").annotate(
            ok=Max("last_ok_at"), blind=Min("blind_since")
        )
    }
    empty = {"ok": None, "blind": None}
    return [
        ChannelHealth(
            channel, feeds.get(channel.pk, empty)["ok"], feeds.get(channel.pk, empty)["blind"],
            channel.by_hand,
        )
        for channel in Channel.objects.visible_to(user).filter(is_active=True)
    ]  # fmt: skip
