"""Who is at work. Nobody has shifts (domain.md §1); whoever rests says so, or names the hours of every night.

Off duty, a person's free claims go back to the inbox with a note, nothing is offered to them, and
colleagues see that they rest. Nobody is ever locked out: taking an item works at any hour.
"""

from datetime import datetime, time, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import clock, journal
from accounts.models import JournalEntry, Office, User
from inbox import claims
from inbox.models import Claim, Item, Note
from inbox.models_out import Reply, ReplyState

journal.register(
    {
        "duty_on": gettext_lazy("mulai jaga"),
        "duty_off": gettext_lazy("selesai jaga"),
        "quiet_hours_set": gettext_lazy("mengatur jam tenang"),
        "claim_returned": gettext_lazy("pesan kembali karena pemegangnya tidak jaga"),
        "item_offered": gettext_lazy("pesan ditawarkan dulu ke penjawab sebelumnya"),
    }
)


def quiet(user: User, at: datetime) -> bool:
    """Whether `at` lies in this person's quiet hours (local time; they may go over midnight)."""
    if user.quiet_from is None or user.quiet_to is None or user.quiet_from == user.quiet_to:
        return False
    hour = timezone.localtime(at).time()
    if user.quiet_from < user.quiet_to:
        return user.quiet_from <= hour < user.quiet_to
    return hour >= user.quiet_from or hour < user.quiet_to


def rests(user: User, at: datetime | None = None) -> bool:
    """Whether this person is off duty, said or by the hour."""
    return not user.on_duty or quiet(user, at or clock.now())


def begin(user: User) -> None:
    """`user` is at work again."""
    with transaction.atomic():
        if User.objects.filter(pk=user.pk, on_duty=False).update(
            on_duty=True, duty_since=clock.now()
        ):
            journal.record("duty_on", subject=user, by=user)


def end(user: User) -> tuple[int, int]:
    """`user` goes off duty. Returns how many items went back, and how many stay because a reply of theirs
    is not settled yet.

    1. Say so first: nothing is offered to them from here on.  2. Each claim is given back in a
    transaction of its own, behind its item's lock; one that a reply pins stays.
    """
    with transaction.atomic():
        if User.objects.filter(pk=user.pk, on_duty=True).update(
            on_duty=False, duty_since=clock.now()
        ):
            journal.record("duty_off", subject=user, by=user)
    held = Claim.objects.filter(holder=user, ended_at__isnull=True).select_related("item")
    back = stays = 0
    for claim in held:
        try:
            with transaction.atomic():
                claims.release(item=claim.item, by=user, fence=claim.pk)
                tell_returned(claim.item, user)
            back += 1
        except claims.Pinned:
            stays += 1
        except claims.ClaimLost:
            continue
    return back, stays


def set_quiet(*, user: User, begins: time | None, ends: time | None) -> None:
    """`user` names the quiet hours of every night (local time); None and None: none any more."""
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(quiet_from=begins, quiet_to=ends)
        journal.record(
            "quiet_hours_set", subject=user, by=user,
            begins=begins and f"{begins:%H:%M}", ends=ends and f"{ends:%H:%M}",
        )  # fmt: skip


def tell_returned(item: Item, holder: User) -> None:
    """Leave word why the item is free again. Inside a transaction."""
    if item.waiting_since is None:
        return
    Note.objects.create(
        item=item, author=holder,
        text=_("Dikembalikan ke kotak masuk: %(who)s sedang tidak jaga.") % {"who": holder},
    )  # fmt: skip
    journal.record("claim_returned", subject=item, by=holder)


def offer(item: Item) -> None:
    """The citizen wrote again: offer the item first to whoever answered last, if that person is at work.

    Inside the transaction that reopened it. An offer hides nothing: anybody may take the item.
    """
    last = (
        Reply.objects.filter(item=item, state=ReplyState.SENT)
        .select_related("author")
        .order_by("-settled_at")
        .first()
    )
    minutes = Office.current().offer_minutes
    if last is None or not minutes or not last.author.is_active or rests(last.author):
        return
    if not Item.objects.visible_to(last.author).filter(pk=item.pk).exists():
        return  # of another team by now, or the matter became restricted
    until = clock.now() + timedelta(minutes=minutes)
    Item.objects.filter(pk=item.pk).update(former=last.author, offered_until=until)
    journal.record("item_offered", subject=item, by=None, to=last.author_id)


SAID_WITHIN = timedelta(minutes=2)  # after a lease ended; sweeps come every ten seconds


def held_by_resting() -> int:
    """Sweep: leases of people who went to rest by the hour and did not touch the item since. Their claims
    end when the lease does (claims.end_expired); here word is left. Returns how many.

    The journal tells which leases ended just now: claims themselves are read by holder or item, never
    by when they ended, and a desk has millions of them.
    """
    told = JournalEntry.objects.filter(verb="claim_expired").order_by("-pk")[:200]
    newest = [row for row in told if row.at >= clock.now() - SAID_WITHIN]
    ended = Claim.objects.filter(pk__in=[row.data["fence"] for row in newest])
    return sum(
        _leave_word(claim)
        for claim in ended.select_related("item", "holder")
        if rests(claim.holder)
    )


def _leave_word(claim: Claim) -> bool:
    """Say why the item of this ended claim is free, once, if nobody took it since."""
    with transaction.atomic():
        item = Item.objects.select_for_update(no_key=True).get(pk=claim.item_id)
        if item.claims.filter(ended_at__isnull=True).exists():
            return False
        if item.notes.filter(author=claim.holder, at__gte=claim.ended_at).exists():
            return False
        tell_returned(item, claim.holder)
    return True
