"""How the mailbox is to which the divisions answer (REPLY_MAILBOX): whether there is one, and whether it is read."""

import time
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from redis import RedisError

from accounts import clock
from inbox import failures
from inbox.templatetags.ages import age_words
from referrals import mail_fetch

LATE = 600.0  # seconds without a reading; it is asked with every round of polls


def health() -> dict[str, Any]:
    """Its state for `doctor --json`. Where Redis forgot, nothing is known until the next reading; the moments
    are the machine's own, not those of Sahut's clock."""
    try:
        told = mail_fetch.health()
    except (RedisError, OSError) as error:
        told = mail_fetch.Health(used=bool(settings.REPLY_MAILBOX), problem=str(error))
    read, failing = _seconds_since(told.read_at), _seconds_since(told.failing_since)
    return {
        "used": told.used,
        "ok": not told.used or (failing is None and read is not None and read < LATE),
        "read_seconds_ago": read,
        "failing_seconds": failing,
        "problem": told.problem,
    }


def _seconds_since(moment: datetime | None) -> float | None:
    return round(time.time() - moment.timestamp(), 1) if moment else None


def in_words(told: dict[str, Any]) -> str:
    """The same in a line for a person at a terminal."""
    if not told["used"]:
        return _("Kotak surat balasan: tidak dipakai (REPLY_MAILBOX kosong)")
    read, failing = told["read_seconds_ago"], told["failing_seconds"]
    said = [_("baik") if told["ok"] else _("bermasalah")]
    if read is None:
        said.append(_("belum pernah terbaca"))
    else:
        said.append(_("terakhir terbaca %(age)s lalu") % {"age": _age(read)})
    if failing is not None:
        said.append(_("gagal sejak %(age)s lalu") % {"age": _age(failing)})
    said += [failures.why_unread(told["problem"])] if told["problem"] else []
    return _("Kotak surat balasan: %(state)s") % {"state": ", ".join(said)}


def _age(seconds: float) -> str:
    return age_words(clock.now() - timedelta(seconds=seconds))
