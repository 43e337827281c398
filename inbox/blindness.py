"""Times in which something was not read, in words (DESIGN §8). Reading only."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from inbox import channels, failures
from inbox.models import WEBHOOK, BlindPeriod, Message
from inbox.templatetags.ages import moment

SHOWN_FOR = timedelta(days=7)  # a blind period that is over

FEED_WORDS: dict[str, str | Promise] = {
    "mentions": gettext_lazy("sebutan"),
    "quotes": gettext_lazy("kutipan"),
    "own": gettext_lazy("linimasa sendiri"),
    "dms": gettext_lazy("pesan pribadi"),
    "chats": gettext_lazy("pesan pribadi"),
    "comments": gettext_lazy("komentar"),
    "tagged": gettext_lazy("kiriman yang menandai"),
    "tags": gettext_lazy("foto yang menandai"),
    "inbox": gettext_lazy("surat masuk"),
    "sent": gettext_lazy("surat terkirim"),
    WEBHOOK: gettext_lazy("kiriman langsung"),
}


@dataclass(frozen=True, slots=True)
class Period:
    """A time in which something was not read, in words. `look`: somebody has to look in the
    platform's own app, and has not said so yet."""

    pk: int
    when: str
    what: str  # feeds
    text: str
    kind: str
    look: bool = False
    open: bool = False


def feed_words(name: str) -> str:
    """What the screen calls a feed."""
    return str(FEED_WORDS.get(name, name))


def span(began: datetime, ended: datetime) -> str:
    """A time from … to …: "09.10–11.40", "kemarin 21.15–06.10"."""
    local_began, local_ended = timezone.localtime(began), timezone.localtime(ended)
    if local_began.date() == local_ended.date():
        return f"{moment(began)}–{local_ended:%H.%M}"
    return f"{moment(began)} – {moment(ended)}"


def _found_later() -> Subquery:
    """How many messages of a period the feed brought when it could be read again."""
    theirs = (
        Message.objects.filter(
            item__channel=OuterRef("feed__channel"),
            item__last_in_at__gte=OuterRef(
                "began_at"
            ),  # the index on items' newest words starts here
            direction=Message.Direction.IN,
            raw__feed=OuterRef("feed__name"),
            written_at__gte=OuterRef("began_at"),
            written_at__lte=OuterRef("ended_at"),
        )
        .order_by()
        .values("item__channel")
        .annotate(n=Count("pk"))
    )
    return Subquery(theirs.values("n"))


def periods_of(
    channel_ids: Iterable[int], *, now: datetime, keep: timedelta = SHOWN_FOR
) -> dict[int, list[Period]]:
    """Blind periods by channel, the newest first: open ones, those that ended within `keep`, and those
    whose messages nobody has looked for yet."""
    recent = Q(ended_at=None) | Q(ended_at__gte=now - keep) | Q(lost=True, seen_at=None)
    rows = (
        BlindPeriod.objects.filter(recent, feed__channel__in=list(channel_ids))
        .select_related("feed__channel", "seen_by")
        .defer("feed__channel__sealed")
        .annotate(found=_found_later())
        .order_by("-began_at", "feed_id")
    )
    found: dict[int, list[list[BlindPeriod]]] = {}
    for row in rows:
        groups = found.setdefault(row.feed.channel_id, [])
        group = next((one for one in groups if _together(one[0], row)), None)
        if group is None:
            groups.append([row])
        else:
            group.append(row)
    return {pk: [_in_words(group) for group in groups] for pk, groups in found.items()}


def _together(one: BlindPeriod, other: BlindPeriod) -> bool:
    """Whether two feeds of a channel were blind for the same reason at the same time."""
    if one.lost or other.lost or one.problem != other.problem:
        return False
    if (one.ended_at is None) != (other.ended_at is None):
        return False
    close = timedelta(minutes=10)
    return (
        one.ended_at is None or other.ended_at is None or abs(one.ended_at - other.ended_at) < close
    )


def _in_words(group: list[BlindPeriod]) -> Period:
    """A period (of one or several feeds) as the screen says it."""
    first = group[0]
    began = min(row.began_at for row in group)
    names = [row.feed.name for row in sorted(group, key=lambda row: row.feed_id)]
    what = ", ".join(dict.fromkeys(map(feed_words, names)))
    if first.ended_at is None:
        when = _("sejak %(at)s") % {"at": moment(began)}
        why = failures.why_unread(first.problem, first.feed.channel.get_platform_display())
        return Period(first.pk, when, what, why, "late", open=True)
    when = span(began, max(row.ended_at for row in group if row.ended_at))
    if first.lost:
        return _lost(first, when, what)
    if first.feed.name == WEBHOOK:
        return Period(first.pk, when, what, _("pesannya tetap terbaca secara berkala"), "mine")
    n = sum(getattr(row, "found", None) or 0 for row in group)
    if not n:
        return Period(first.pk, when, what, _("sudah dikejar, tidak ada pesan"), "mine")
    caught = ngettext("sudah dikejar, %(n)s pesan", "sudah dikejar, %(n)s pesan", n) % {"n": n}
    return Period(first.pk, when, what, caught, "mine")


def _lost(row: BlindPeriod, when: str, what: str) -> Period:
    if row.seen_at:
        said = _("sudah diperiksa %(who)s, %(at)s") % {
            "who": row.seen_by,
            "at": moment(row.seen_at),
        }
        return Period(row.pk, when, what, said, "mine")
    parts = channels.parts_of(row.feed.channel)
    said = parts.unreadable if parts else ""
    return Period(row.pk, when, what, said, "late", look=True)
