"""Where messages come from: accounts, what can be read of them, and the bytes as they came (DESIGN §8).

Reading order: App (keys shared by several accounts, and the address platforms post to), Channel,
Feed and BlindPeriod (what is read, and when it was not), RawEvent, Lookup, Alert.
"""

import secrets
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.clock import DbNow
from accounts.models import Office, Team, User
from accounts.sealed import seal, unseal
from inbox.connectors import registry


def make_key() -> str:
    """The unguessable part of a webhook's address."""
    return secrets.token_urlsafe(18)


class Platform(models.TextChoices):
    """The platforms the code names itself; what can be connected is the registry's list."""

    X = "x", "X"
    FACEBOOK = "facebook", "Facebook"
    INSTAGRAM = "instagram", "Instagram"
    LINE = "line", "LINE"
    OTHER = "other", _("Lainnya")  # only for items taken in by hand


def platform_choices() -> list[tuple[str, str]]:
    """Every platform a row may name: those of the registry, those the code names, and “other”."""
    known: dict[str, str] = {value: str(label) for value, label in Platform.choices}
    return list((dict(registry.names()) | known).items())


class App(models.Model):
    """An application at a platform: the keys its accounts share, and the address it posts to.

    `sealed` holds {"secrets": [newest, older …], "verify_token", "app_id", "app_secret", …}: several
    secrets are good while they rotate. On LINE each account is its own application.
    """

    family = models.CharField(max_length=10)  # registry.PlatformParts.family
    name = models.CharField(_("nama"), max_length=80, blank=True)
    key = models.CharField(max_length=32, unique=True, default=make_key)
    sealed = models.BinaryField(default=bytes, editable=False)
    last_request_at = models.DateTimeField(null=True)  # of a request whose signature was good
    refused_at = models.DateTimeField(null=True)  # of the last one whose signature was not
    created_at = models.DateTimeField(db_default=DbNow())

    def __str__(self) -> str:
        return self.name or self.family

    @property
    def credentials(self) -> dict[str, Any]:
        """The application's keys in the clear. Raises accounts.sealed.CannotOpen."""
        return unseal(self.sealed)

    @credentials.setter
    def credentials(self, values: dict[str, Any]) -> None:
        self.sealed = seal(values)


class ChannelQuerySet(models.QuerySet["Channel"]):
    def visible_to(self, user: User) -> "ChannelQuerySet":
        """Channels this person may work on: all, or those of the person's teams (a setting)."""
        if not (user.is_authenticated and user.is_active and user.is_desk):
            return self.none()
        if user.is_head or Office.current().all_see_all:
            return self
        return self.filter(teams__in=user.teams.all()).distinct()


class Channel(models.Model):
    """One connected account, or (platform only, no credentials) a place whose items come by hand."""

    platform = models.CharField(max_length=10, choices=platform_choices)
    external_id = models.CharField(max_length=80)
    app = models.ForeignKey(App, models.PROTECT, null=True, blank=True, related_name="channels")
    handle = models.CharField(_("nama akun"), max_length=80)
    name = models.CharField(_("nama"), max_length=120, blank=True)
    teams = models.ManyToManyField(Team, blank=True, related_name="channels")
    sealed = models.BinaryField(default=bytes, editable=False)
    begin_from = models.DateTimeField(
        _("mulai dari"),
        null=True,
        blank=True,
        help_text=_("Yang lebih lama masuk sebagai riwayat."),
    )
    is_active = models.BooleanField(_("aktif"), default=True)
    second_reader = models.BooleanField(
        _("pembaca kedua"),
        default=False,
        help_text=_("Balasan baru berangkat setelah dibaca rekan lain."),
    )
    created_at = models.DateTimeField(db_default=DbNow())
    options = models.JSONField(
        default=dict, blank=True
    )  # human_agent, enterprise: Situation.options
    # What the last check of the connection found (channels.check):
    checked_at = models.DateTimeField(null=True)
    dead_since = models.DateTimeField(null=True)  # the token is refused
    problem = models.CharField(max_length=300, blank=True)
    expires_at = models.DateTimeField(null=True)  # of the token
    missing = models.JSONField(default=list, blank=True)  # permissions, in words
    subscribed = models.BooleanField(null=True)  # to webhooks; None: the platform has none
    quota_limit = models.PositiveIntegerField(null=True)
    quota_used = models.PositiveIntegerField(null=True)

    objects = ChannelQuerySet.as_manager()

    class Meta:
        ordering = ["platform", "handle"]
        constraints = [
            models.UniqueConstraint(fields=["platform", "external_id"], name="channel_once")
        ]

    def __str__(self) -> str:
        return f"{self.handle} · {self.get_platform_display()}"

    @property
    def credentials(self) -> dict[str, Any]:
        """The platform's keys in the clear. Raises accounts.sealed.CannotOpen."""
        return unseal(self.sealed)

    @credentials.setter
    def credentials(self, values: dict[str, Any]) -> None:
        self.sealed = seal(values)

    @property
    def by_hand(self) -> bool:
        """Whether nothing can be sent from here: the answer is posted in the platform's own app."""
        return not self.sealed

    @property
    def quota_left(self) -> int | None:
        """How many messages may still be sent this month; None where nothing limits them."""
        if self.quota_limit is None:
            return None
        return max(0, self.quota_limit - (self.quota_used or 0))


#: Feed of a channel that the platform posts to, beside those that are polled.
WEBHOOK = "webhook"


class Feed(models.Model):
    """One way in which a channel is read (mentions, own timeline, webhook), with cursor and health."""

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="feeds")
    name = models.CharField(max_length=20)
    polled = models.BooleanField(default=True)  # False: the platform posts to us
    cursor = models.CharField(max_length=500, blank=True)
    next_poll_at = models.DateTimeField(db_default=DbNow())
    last_ok_at = models.DateTimeField(null=True)
    blind_since = models.DateTimeField(null=True)  # first failure after the last success
    last_error = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "name"], name="feed_once")]

    def __str__(self) -> str:
        return f"{self.channel} {self.name}"


class BlindPeriod(models.Model):
    """A time in which a feed was not read. `lost`: what was said then cannot be read again."""

    feed = models.ForeignKey(Feed, models.CASCADE, related_name="blind_periods")
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=300, blank=True)
    lost = models.BooleanField(default=False)
    seen_at = models.DateTimeField(null=True)  # somebody looked in the platform's own app
    seen_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-began_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["feed"], condition=Q(ended_at=None), name="one_open_blind_period"
            )
        ]

    def __str__(self) -> str:
        return f"{self.feed} {self.began_at:%c}"


class RawEvent(models.Model):
    """Bytes as the platform sent them, stored before anything is made of them (I5).

    A webhook's body belongs to an application and may speak of several channels; a polled page
    belongs to its channel.
    """

    class State(models.TextChoices):
        NEW = "new", _("belum dibaca")
        PARSED = "parsed", _("terbaca")
        QUARANTINED = "quarantined", _("tidak terbaca")

    channel = models.ForeignKey(Channel, models.PROTECT, null=True, related_name="raw_events")
    app = models.ForeignKey(App, models.PROTECT, null=True, related_name="raw_events")
    feed = models.CharField(max_length=20)
    body = models.BinaryField()
    # SHA-256 of body: a page that brings nothing new is stored once
    digest = models.CharField(max_length=64)
    received_at = models.DateTimeField(db_default=DbNow())
    state = models.CharField(max_length=12, choices=State, default=State.NEW)
    problem = models.CharField(max_length=500, blank=True)
    ignored = models.CharField(max_length=300, blank=True)  # kinds that say nothing to a desk
    again_at = models.DateTimeField(null=True)  # an own post in it waits for a delivery's outcome
    scrubbed_at = models.DateTimeField(null=True)  # words taken out because their author asked

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "feed", "digest"], name="raw_once"),
            models.UniqueConstraint(
                fields=["app", "digest"], condition=Q(channel=None), name="raw_hook_once"
            ),
        ]
        indexes = [
            models.Index(fields=["id"], name="raw_unparsed", condition=Q(state="new")),
            models.Index(fields=["id"], name="raw_quarantined", condition=Q(state="quarantined")),
        ]

    def __str__(self) -> str:
        return f"{self.feed} #{self.pk}"


class Lookup(models.Model):
    """Something a body only names and that has to be asked for: a mention's words, a person's name."""

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="lookups")
    kind = models.CharField(max_length=20)
    key = models.CharField(max_length=255)
    args = models.JSONField(default=dict)
    due_at = models.DateTimeField(db_default=DbNow())
    tries = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "kind", "key"], name="lookup_once")
        ]
        indexes = [
            models.Index(fields=["due_at"], name="lookup_due", condition=Q(done_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class Alert(models.Model):
    """Something whoever is in charge must hear of: told by e-mail when nobody is logged in."""

    class Kind(models.TextChoices):
        TOKEN_DEAD = "token_dead", _("kunci akun ditolak")
        TOKEN_DYING = "token_dying", _("kunci akun hampir habis masa berlakunya")
        BLIND = "blind", _("kanal tidak terbaca")
        UNSUBSCRIBED = "unsubscribed", _("platform berhenti mengirim pesan")
        QUARANTINE = "quarantine", _("data yang tidak terbaca bertambah")
        QUOTA = "quota", _("kuota kirim hampir habis")
        ERASURE = "erasure", _("permintaan hapus data menunggu")

    kind = models.CharField(max_length=16, choices=Kind)
    channel = models.ForeignKey(Channel, models.CASCADE, null=True, related_name="alerts")
    text = models.CharField(max_length=500)
    opened_at = models.DateTimeField(db_default=DbNow())
    told_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-opened_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "channel"],
                condition=Q(closed_at=None),
                name="one_open_alert",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.channel_id or ''}"
