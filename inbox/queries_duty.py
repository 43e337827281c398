"""What the duty page shows: who is at work, what each holds, who answered how much. Reading only."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, Min, OuterRef, Q
from django.utils import timezone

from accounts import clock
from accounts.models import Role, User
from inbox import duty
from inbox.models import Claim, Reply
from inbox.models_out import UNSETTLED, ReplyState

NEWEST = 5000  # replies looked through for today's: three times a day of a desk of 160


@dataclass(frozen=True, slots=True)
class Person:
    """One of the desk, as the page shows them."""

    user: User
    rests: bool
    quiet: bool  # at rest because of the hour alone
    held: int  # items held now
    since: datetime | None  # when the oldest of them was taken
    answered: int  # items answered since midnight at the office; told to the head alone


@dataclass(frozen=True, slots=True)
class Leaving:
    """What becomes of one's items on going off duty."""

    back: int  # return to the inbox, with a note
    stays: int  # stay until their reply is settled


def people(user: User) -> list[Person]:
    """Everybody of the desk, those at work first, with what they hold; for the head also with what they
    answered. Four queries at most, whatever the desk's size."""
    now = clock.now()
    live = Claim.objects.filter(ended_at__isnull=True).values_list("holder")
    held = {pk: (n, since) for pk, n, since in live.annotate(n=Count("pk"), since=Min("taken_at"))}
    answered = answered_today(now) if user.is_head else {}
    desk = User.objects.filter(
        Q(role__in=[Role.OPERATOR, Role.HEAD]) | Q(pk=user.pk), is_active=True
    )
    found = []
    for one in desk:
        n, since = held.get(one.pk, (0, None))
        quiet = one.on_duty and duty.quiet(one, now)
        found.append(Person(one, duty.rests(one, now), quiet, n, since, answered.get(one.pk, 0)))
    return sorted(found, key=lambda one: (one.rests, str(one.user).casefold()))


def answered_today(now: datetime) -> dict[int, int]:
    """Items answered since midnight at the office, by their author's id. Looks at the newest replies only,
    so that years of answers cost nothing."""
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    beyond = Reply.objects.order_by("-pk").values_list("pk", flat=True)[NEWEST : NEWEST + 1]
    edge = next(iter(beyond), 0)
    sent = Reply.objects.filter(pk__gt=edge, state=ReplyState.SENT, settled_at__gte=midnight)
    counted = sent.values("author").annotate(n=Count("item", distinct=True))
    return {row["author"]: row["n"] for row in counted}


def leaving(user: User) -> Leaving:
    """What `duty.end` would do with this person's items."""
    pins = Reply.objects.filter(item=OuterRef("item"), state__in=UNSETTLED)
    held = Claim.objects.filter(holder=user, ended_at__isnull=True).aggregate(
        back=Count("pk", filter=~Exists(pins)), stays=Count("pk", filter=Exists(pins))
    )
    return Leaving(back=held["back"], stays=held["stays"])
