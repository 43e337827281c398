"""Until when something is possible, in an operator's words: "besok 09.10", "3 jam 12 menit"."""

from datetime import datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import clock

register = template.Library()
MINUTE = 60


@register.filter
def closing(at: datetime | None) -> str:
    """When it ends: "09.10" today, "besok 09.10", then "Kam 26 Nov 09.10"."""
    if at is None:
        return ""
    local, today = timezone.localtime(at), timezone.localtime(clock.now()).date()
    time = f"{local:%H.%M}"
    if local.date() == today:
        return time
    if local.date() == today + timedelta(days=1):
        return _("besok %(time)s") % {"time": time}
    return f"{date_format(local, 'D j M')} {time}"


@register.filter
def left_words(seconds: float | None) -> str:
    """A span that is left, in whole minutes rounded up: "5 menit", "3 jam 12 menit", "2 hari 4 jam".

    static/js/item.js counts it down in the same words.
    """
    if seconds is None:
        return ""
    minutes = max(0, -(-int(seconds) // MINUTE))
    if minutes < 60:
        return ngettext("%(n)s menit", "%(n)s menit", minutes) % {"n": minutes}
    if minutes < 48 * 60:
        return _("%(h)s jam %(m)s menit") % {"h": minutes // 60, "m": minutes % 60}
    return _("%(d)s hari %(h)s jam") % {"d": minutes // 1440, "h": minutes % 1440 // 60}
