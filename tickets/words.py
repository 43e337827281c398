"""Ages, due days and dates in plain Indonesian words, for the screen and for texts to citizens."""

from datetime import date, datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import clock
from tickets import workdays


def today() -> date:
    """The office's present day (its zone, by the injectable clock)."""
    return timezone.localtime(clock.now()).date()


def span(length: timedelta) -> str:
    """A length of time in one unit: “5 menit”, “9 jam”, “3 hari”; under a minute “baru saja”."""
    minutes = int(length.total_seconds() // 60)
    if minutes < 1:
        return _("baru saja")
    if minutes < 60:
        return ngettext("%(n)s menit", "%(n)s menit", minutes) % {"n": minutes}
    if minutes < 48 * 60:
        return ngettext("%(n)s jam", "%(n)s jam", minutes // 60) % {"n": minutes // 60}
    days = minutes // (24 * 60)
    return ngettext("%(n)s hari", "%(n)s hari", days) % {"n": days}


def age(since: datetime) -> str:
    """How long ago `since` was, as `span`."""
    return span(clock.now() - since)


def due(day: date) -> str:
    """How far `day` is, in working days: “2 hari kerja lagi”, “hari ini”, “lewat 3 hari kerja”."""
    now = today()
    if day == now:
        return _("batasnya hari ini")
    if day > now:
        left = workdays.between(now, day)
        return ngettext("%(n)s hari kerja lagi", "%(n)s hari kerja lagi", left) % {"n": left}
    over = workdays.between(day, now)
    if over == 0:  # due on Friday, seen on Saturday
        return _("batasnya baru saja lewat")
    return ngettext("lewat %(n)s hari kerja", "lewat %(n)s hari kerja", over) % {"n": over}


def is_late(day: date) -> bool:
    """Whether the office's day is past `day`."""
    return today() > day


def is_soon(day: date) -> bool:
    """Whether `day` is today or the next working day."""
    return not is_late(day) and day <= workdays.after(today(), 1)


def long_date(day: date | datetime) -> str:
    """“14 Juli 2026”, in the office's zone."""
    if isinstance(day, datetime):
        day = timezone.localtime(day).date()
    return date_format(day, "j F Y")


def weekday_date(when: datetime) -> str:
    """“Senin 20 Juli 2026”, in the office's zone."""
    return date_format(timezone.localtime(when).date(), "l j F Y")


def hour(when: datetime) -> str:
    """“09.12 WITA”: the office's clock with its zone (domain.md §4)."""
    local = timezone.localtime(when)
    zone = {7: "WIB", 8: "WITA", 9: "WIT"}.get(int(local.utcoffset().total_seconds() // 3600), "")  # type: ignore[union-attr]
    return f"{local:%H.%M} {zone}".strip()


def moment(when: datetime) -> str:
    """“14 Juli 2026, 09.12” in the office's zone (domain.md §4: a full stop between hour and minute)."""
    local = timezone.localtime(when)
    return f"{long_date(local)}, {local:%H.%M}"
