"""Ages and moments in an operator's words: "7 mnt", "3 jam", "09.10", "kemarin 21.15"."""

from datetime import datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import clock

register = template.Library()
MINUTE, HOUR, DAY = 60, 3600, 86400


def short_age(since: datetime, now: datetime) -> str:
    """How long ago, in two words at most: "baru", "7 mnt", "3 jam", "5 hari"."""
    seconds = max(0, int((now - since).total_seconds()))
    if seconds < MINUTE:
        return _("baru")
    if seconds < HOUR:
        return _("%(n)s mnt") % {"n": seconds // MINUTE}
    if seconds < DAY:
        return _("%(n)s jam") % {"n": seconds // HOUR}
    return _("%(n)s hari") % {"n": seconds // DAY}


@register.filter
def age(since: datetime | None) -> str:
    """`short_age` until now."""
    return short_age(since, clock.now()) if since else ""


@register.filter
def minutes_words(seconds: int) -> str:
    """A span in whole minutes, rounded up: 61 → "2 menit"."""
    n = max(1, -(-int(seconds) // MINUTE))
    return ngettext("%(n)s menit", "%(n)s menit", n) % {"n": n}


@register.filter
def age_words(since: datetime | None) -> str:
    """How long ago, spelled out: "kurang dari semenit", "3 menit", "2 jam", "4 hari"."""
    if since is None:
        return ""
    seconds = max(0, int((clock.now() - since).total_seconds()))
    if seconds < MINUTE:
        return _("kurang dari semenit")
    if seconds < HOUR:
        return ngettext("%(n)s menit", "%(n)s menit", seconds // MINUTE) % {"n": seconds // MINUTE}
    if seconds < DAY:
        return ngettext("%(n)s jam", "%(n)s jam", seconds // HOUR) % {"n": seconds // HOUR}
    return ngettext("%(n)s hari", "%(n)s hari", seconds // DAY) % {"n": seconds // DAY}


@register.filter
def moment(at: datetime | None) -> str:
    """When, as short as it stays clear: "09.10" today, "kemarin 21.15", "3 Nov 14.02"."""
    if at is None:
        return ""
    local, today = timezone.localtime(at), timezone.localtime(clock.now()).date()
    clock_time = f"{local:%H.%M}"
    if local.date() == today:
        return clock_time
    if local.date() == today - timedelta(days=1):
        return _("kemarin %(time)s") % {"time": clock_time}
    form = "j M" if local.year == today.year else "j M Y"
    return f"{date_format(local, form)} {clock_time}"
