"""What whoever is in charge must hear of: opened and closed by a sweep, told by e-mail once at each end.

On the pages open alerts are shown to everybody of the desk at once; an e-mail goes out only when nobody
of the desk has done anything for a quarter of an hour.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import F, Prefetch
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import clock
from accounts.models import Office, Role, User
from inbox import erasure_requests, health, presence, watching
from inbox.models import Alert, Channel, Feed, RawEvent
from inbox.templatetags.ages import moment

log = logging.getLogger(__name__)

BLIND_AFTER = timedelta(minutes=15)
QUARANTINE_IN = timedelta(hours=1)
QUARANTINE_MANY = 5  # new bodies in that time

type Key = tuple[str, int | None]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong now. `channel` None: it concerns no single one."""

    kind: str
    channel: Channel | None
    text: str

    @property
    def key(self) -> Key:
        return self.kind, self.channel.pk if self.channel else None


# --- what is wrong ----------------------------------------------------------------------------------------


def findings() -> list[Finding]:
    """All that is wrong with active channels now, and with what they brought."""
    rows = (
        Channel.objects.filter(is_active=True).exclude(sealed=b"").select_related("app")
        .prefetch_related(Prefetch("feeds", Feed.objects.exclude(blind_since=None), "blind_feeds"))
    )  # fmt: skip
    found = [finding for channel in rows for finding in _of_channel(channel)]
    return [*found, *_of_quarantine(), *_of_erasure()]


def _of_channel(channel: Channel) -> Iterator[Finding]:
    now = clock.now()
    end = health.dies_at(channel)
    if channel.dead_since:
        said = _(
            "%(channel)s: kunci akun ditolak sejak %(at)s. Pesan baru tidak terbaca dan balasan tidak terkirim sampai dihubungkan ulang."
        )
        yield _finding(Alert.Kind.TOKEN_DEAD, channel, said, at=moment(channel.dead_since))
    elif end and end - now <= health.DYING:
        said = _("%(channel)s: kunci akun habis %(at)s. Hubungkan ulang sebelum itu.")
        yield _finding(Alert.Kind.TOKEN_DYING, channel, said, at=health.in_days(end, now))
    if channel.subscribed is False:
        said = _("%(channel)s: platform berhenti mengirim pesan ke sini. Pasang lagi langganannya.")
        yield _finding(Alert.Kind.UNSUBSCRIBED, channel, said)
    blind = [feed.blind_since for feed in getattr(channel, "blind_feeds", ()) if feed.blind_since]
    # Of one cause one alert: a refused token and a lost subscription have their own.
    if blind and not channel.dead_since and channel.subscribed is not False:
        since = min(blind)
        if now - since >= BLIND_AFTER:
            said = _("%(channel)s: tidak terbaca sejak %(at)s. Pesan baru mungkin belum masuk.")
            yield _finding(Alert.Kind.BLIND, channel, said, at=moment(since))
    quota = health.quota_of(channel)
    if quota and quota.low:
        said = _("%(channel)s: kuota kirim bulan ini tinggal %(n)s pesan.")
        yield _finding(Alert.Kind.QUOTA, channel, said, n=quota.left)


def _finding(kind: str, channel: Channel, text: str, **said: object) -> Finding:
    return Finding(kind, channel, text % {"channel": channel, **said})


def _of_quarantine() -> Iterator[Finding]:
    recent = RawEvent.objects.filter(
        state=RawEvent.State.QUARANTINED, received_at__gte=clock.now() - QUARANTINE_IN
    ).count()
    if recent >= QUARANTINE_MANY:
        said = ngettext(
            "%(n)s kiriman platform dalam sejam terakhir tidak terbaca. Datanya disimpan.",
            "%(n)s kiriman platform dalam sejam terakhir tidak terbaca. Datanya disimpan.", recent,
        )  # fmt: skip
        yield Finding(Alert.Kind.QUARANTINE, None, said % {"n": recent})


def _of_erasure() -> Iterator[Finding]:
    n = len(erasure_requests.waiting())
    if n:
        said = ngettext(
            "%(n)s permintaan hapus data dari Meta menunggu.",
            "%(n)s permintaan hapus data dari Meta menunggu.", n,
        )  # fmt: skip
        yield Finding(Alert.Kind.ERASURE, None, said % {"n": n})


# --- the sweep --------------------------------------------------------------------------------------------


def sweep() -> None:
    """Look at everything, open and close alerts, tell who has to know. Safe to repeat and to overlap."""
    with translation.override(settings.LANGUAGE_CODE):
        watching.watch_webhooks()
        keep(findings())
        tell()


def keep(found: list[Finding]) -> None:
    """Bring the alerts in line with what is wrong now.

    1. Insert what is new; the unique key lets one sweep through of many. 2. Keep the words of open ones
    up to date. 3. Close those whose reason is gone.
    """
    wrong = {finding.key: finding for finding in found}
    Alert.objects.bulk_create(
        [Alert(kind=one.kind, channel=one.channel, text=one.text[:500]) for one in wrong.values()],
        ignore_conflicts=True,
    )
    for alert in Alert.objects.filter(closed_at=None):
        finding = wrong.get((alert.kind, alert.channel_id))
        if finding is None:
            Alert.objects.filter(pk=alert.pk, closed_at=None).update(closed_at=clock.now())
        elif finding.text[:500] != alert.text:
            Alert.objects.filter(pk=alert.pk).update(text=finding.text[:500])


def open_alerts() -> list[Alert]:
    """What is wrong now, for the top of the inbox."""
    return list(Alert.objects.filter(closed_at=None).order_by("opened_at", "pk"))


# --- telling ----------------------------------------------------------------------------------------------


def readers() -> list[str]:
    """Addresses of those in charge: heads and administrators."""
    people = User.objects.filter(is_active=True, role__in=[Role.HEAD, Role.ADMIN]).exclude(email="")
    return list(people.order_by("pk").values_list("email", flat=True))


def tell() -> int:
    """Send what has not been told yet, if nobody is at the desk. Returns how many alerts were told.

    An alert is told when it opens (told_at), and once more when it ends: then told_at lies after
    closed_at. 1. One conditional UPDATE per alert decides which sweep tells it. 2. Send. 3. What could
    not be sent is given back to the next sweep.
    """
    to = readers()
    if not to:
        return 0
    fresh = Alert.objects.filter(closed_at=None, told_at=None)
    if presence.somebody_is_there():
        fresh = fresh.none()
    over = Alert.objects.filter(closed_at__isnull=False, told_at__lt=F("closed_at"))
    begun = [alert for alert in fresh if _mine(alert)]
    ended = [alert for alert in over if _mine(alert)]
    if not begun and not ended:
        return 0
    try:
        _send(begun, ended, to=to)
    except OSError:  # SMTP's errors are OSErrors
        log.exception("alerts not sent")
        for alert in (*begun, *ended):
            Alert.objects.filter(pk=alert.pk).update(told_at=alert.told_at)
        return 0
    return len(begun) + len(ended)


def _mine(alert: Alert) -> bool:
    return bool(
        Alert.objects.filter(pk=alert.pk, told_at=alert.told_at).update(told_at=clock.now())
    )


def _send(begun: list[Alert], ended: list[Alert], *, to: list[str]) -> None:
    if begun:
        n = len(begun)
        title = ngettext("%(n)s hal perlu perhatian", "%(n)s hal perlu perhatian", n) % {"n": n}
    else:
        title = _("sudah pulih")
    office = Office.current().name
    parts: list[str] = [f"- {alert.text}" for alert in begun]
    if ended:
        parts += ["", _("Sudah pulih:")] if begun else [_("Sudah pulih:")]
        parts += [f"- {alert.text}" for alert in ended]
    link = settings.SITE_URL.rstrip("/") + reverse("channels:list")
    parts += ["", _("Lihat dan perbaiki: %(link)s") % {"link": link}]
    EmailMessage(f"Sahut, {office}: {title}", "\n".join(parts) + "\n", to=to).send()
