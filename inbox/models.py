"""What a platform sends and what the desk does with it. The words are those of DESIGN §2.

Reading order: Channel and Feed (where it comes from), RawEvent (as it came), Citizen, Thread, Item,
Message (what it means), Claim (who answers); Reply and Delivery live in `models_out.py`.
"""

import pghistory
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from accounts.clock import DbNow
from accounts.models import Office, Team, User
from accounts.sealed import seal, unseal


class Platform(models.TextChoices):
    X = "x", "X"
    FACEBOOK = "facebook", "Facebook"
    INSTAGRAM = "instagram", "Instagram"
    LINE = "line", "LINE"
    OTHER = "other", _("Lainnya")  # only for items taken in by hand


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

    platform = models.CharField(max_length=10, choices=Platform)
    external_id = models.CharField(max_length=64)
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
    created_at = models.DateTimeField(db_default=DbNow())

    objects = ChannelQuerySet.as_manager()

    class Meta:
        ordering = ["platform", "handle"]
        constraints = [
            models.UniqueConstraint(fields=["platform", "external_id"], name="channel_once")
        ]

    def __str__(self) -> str:
        return f"{self.handle} · {self.get_platform_display()}"

    @property
    def credentials(self) -> dict[str, str]:
        """The platform's keys in the clear. Raises accounts.sealed.CannotOpen."""
        return unseal(self.sealed)

    @credentials.setter
    def credentials(self, values: dict[str, str]) -> None:
        self.sealed = seal(values)

    @property
    def by_hand(self) -> bool:
        """Whether nothing can be sent from here: the answer is posted in the platform's own app."""
        return not self.sealed


class Feed(models.Model):
    """One thing a channel can be asked for (mentions, own timeline), with its cursor and health."""

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="feeds")
    name = models.CharField(max_length=20)
    cursor = models.CharField(max_length=64, blank=True)
    next_poll_at = models.DateTimeField(db_default=DbNow())
    last_ok_at = models.DateTimeField(null=True)
    blind_since = models.DateTimeField(null=True)  # first failure after the last success
    last_error = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "name"], name="feed_once")]

    def __str__(self) -> str:
        return f"{self.channel} {self.name}"


class RawEvent(models.Model):
    """Bytes as the platform sent them, stored before anything is made of them (I5)."""

    class State(models.TextChoices):
        NEW = "new", _("belum dibaca")
        PARSED = "parsed", _("terbaca")
        QUARANTINED = "quarantined", _("tidak terbaca")

    channel = models.ForeignKey(Channel, models.PROTECT, related_name="raw_events")
    feed = models.CharField(max_length=20)
    body = models.BinaryField()
    digest = models.CharField(
        max_length=64
    )  # SHA-256 of body: a page that brings nothing new is stored once
    received_at = models.DateTimeField(db_default=DbNow())
    state = models.CharField(max_length=12, choices=State, default=State.NEW)
    problem = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "feed", "digest"], name="raw_once")
        ]
        indexes = [
            models.Index(fields=["id"], name="raw_unparsed", condition=Q(state="new")),
            models.Index(fields=["id"], name="raw_quarantined", condition=Q(state="quarantined")),
        ]

    def __str__(self) -> str:
        return f"{self.feed} #{self.pk}"


class Citizen(models.Model):
    """An author on one platform."""

    platform = models.CharField(max_length=10, choices=Platform)
    external_id = models.CharField(max_length=80)
    handle = models.CharField(max_length=120, blank=True)
    name = models.CharField(max_length=200, blank=True)
    first_seen_at = models.DateTimeField(db_default=DbNow())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["platform", "external_id"], name="citizen_once")
        ]

    def __str__(self) -> str:
        return self.handle or self.name or str(_("Warga tanpa nama"))


class Thread(models.Model):
    """What the platform strings together (on X: a conversation)."""

    platform = models.CharField(max_length=10, choices=Platform)
    external_id = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["platform", "external_id"], name="thread_once")
        ]

    def __str__(self) -> str:
        return f"{self.platform}:{self.external_id}"


class ItemState(models.TextChoices):
    OPEN = "open", _("Menunggu jawaban")
    REFERRED = "referred", _("Menunggu divisi")
    ANSWERED = "answered", _("Terjawab")
    CLOSED = "closed", _("Ditutup")


class CloseReason(models.TextChoices):
    SPAM = "spam", _("Spam")
    THANKS = "thanks", _("Apresiasi")
    NOT_NEEDED = "not_needed", _("Tidak perlu dijawab")
    OPINION = "opinion", _("Opini, bukan aduan")
    OFFER = "offer", _("Tawaran promosi")
    DUPLICATE = "duplicate", _("Sama dengan pesan lain")
    HISTORY = "history", _("Riwayat sebelum kanal dihubungkan")


class ItemQuerySet(models.QuerySet["Item"]):
    def visible_to(self, user: User) -> "ItemQuerySet":
        """Items this person may see: of visible channels; a restricted one only as head or named reader."""
        if not (user.is_authenticated and user.is_active and user.is_desk):
            return self.none()
        if user.is_head:
            return self
        named = Item.readers.through.objects.filter(item=OuterRef("pk"), user=user)
        items = self.filter(Q(restricted=False) | Exists(named))
        if Office.current().all_see_all:
            return items
        mine = Channel.objects.visible_to(user).values("pk")
        shared = Item.also_on.through.objects.filter(item=OuterRef("pk"), channel__in=mine)
        return items.filter(Q(channel__in=mine) | Exists(shared))


@pghistory.track(fields=["state", "close_reason", "restricted"], model_name="ItemHistory")
class Item(models.Model):
    """What is claimed: one episode of one citizen in one thread, with its follow-ups."""

    channel = models.ForeignKey(Channel, models.PROTECT, related_name="items")
    also_on = models.ManyToManyField(Channel, blank=True, related_name="shared_items")
    thread = models.ForeignKey(Thread, models.PROTECT, related_name="items")
    citizen = models.ForeignKey(Citizen, models.PROTECT, related_name="items")
    episode = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=10, choices=ItemState, default=ItemState.OPEN)
    close_reason = models.CharField(max_length=12, choices=CloseReason, blank=True)
    restricted = models.BooleanField(default=False)
    readers = models.ManyToManyField(User, blank=True, related_name="+")  # of a restricted item
    preview = models.CharField(max_length=280, blank=True)  # of the newest message from the citizen
    opened_at = models.DateTimeField(db_default=DbNow())
    waiting_since = models.DateTimeField(null=True)  # oldest message nobody has answered yet
    last_in_at = models.DateTimeField()
    last_out_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(
        null=True
    )  # answered or closed; a new episode counts from here
    # Words of all messages, kept by intake: 'indonesian' stems poorly, 'simple' finds what was typed.
    search = SearchVectorField(null=True)

    objects = ItemQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["thread", "citizen", "episode"], name="item_episode_once"
            )
        ]
        indexes = [
            models.Index(fields=["-last_in_at", "-id"], name="item_newest"),
            models.Index(
                fields=["waiting_since", "id"],
                name="item_waiting",
                condition=Q(waiting_since__isnull=False),
            ),
            models.Index(fields=["state", "-last_in_at", "-id"], name="item_by_state"),
            GinIndex(fields=["search"], name="item_search"),
        ]

    def __str__(self) -> str:
        return f"item {self.pk}"


class Message(models.Model):
    """One entry in an item, in or out. Texts stand here alone, so that erasure has one place (I8)."""

    class Direction(models.TextChoices):
        IN = "in", _("dari warga")
        OUT = "out", _("dari kami")

    item = models.ForeignKey(Item, models.PROTECT, related_name="messages")
    platform = models.CharField(max_length=10, choices=Platform)
    object_class = models.CharField(max_length=10)  # post, comment, chat, hand
    external_id = models.CharField(max_length=120)
    current_id = models.CharField(
        max_length=120
    )  # X gives every edit a new id; a reply goes to this one
    direction = models.CharField(max_length=3, choices=Direction)
    text = models.TextField(blank=True)
    quoted = models.TextField(blank=True)  # the post this one quotes, as context
    media = models.JSONField(default=list)  # [{"kind", "url", "alt"}]
    picture = models.ImageField(upload_to="hand/%Y/%m", blank=True)  # screenshot taken in by hand
    link = models.URLField(max_length=500, blank=True)
    replies_to = models.CharField(max_length=120, blank=True)
    written_at = models.DateTimeField()
    stored_at = models.DateTimeField(db_default=DbNow())
    edited_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True)
    erased_why = models.CharField(max_length=60, blank=True)
    native = models.BooleanField(default=False)  # written by the desk in the platform's own app
    author = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    raw = models.ForeignKey(RawEvent, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            # I4: one post arrives as mention, reply and quote; it is stored once.
            models.UniqueConstraint(
                fields=["platform", "object_class", "external_id"], name="message_once"
            )
        ]
        indexes = [
            models.Index(fields=["item", "written_at", "id"], name="message_in_item"),
            models.Index(fields=["platform", "current_id"], name="message_by_current_id"),
        ]

    def __str__(self) -> str:
        return f"{self.direction} {self.external_id}"


class Claim(models.Model):
    """The exclusive right to answer an item: a lease. Its primary key is the fence number.

    The key grows with every claim, so a later holder always has the larger fence (I2). The lease and
    its ends are told by the journal; `expires_at` moves with every keystroke and stays out of history.
    """

    class End(models.TextChoices):
        RELEASED = "released", _("dilepas")
        EXPIRED = "expired", _("habis waktu")
        TAKEN_OVER = "taken_over", _("diambil alih")
        SETTLED = "settled", _("selesai")

    item = models.ForeignKey(Item, models.PROTECT, related_name="claims")
    holder = models.ForeignKey(User, models.PROTECT, related_name="claims")
    taken_at = models.DateTimeField(db_default=DbNow())
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    end = models.CharField(max_length=10, choices=End, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item"], condition=Q(ended_at__isnull=True), name="one_live_claim"
            )
        ]
        indexes = [
            models.Index(
                fields=["holder"], name="claim_live_by_holder", condition=Q(ended_at=None)
            ),
        ]

    def __str__(self) -> str:
        return f"claim {self.pk} on item {self.item_id}"


class Note(models.Model):
    """An internal remark, never seen by citizens."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="notes")
    author = models.ForeignKey(User, models.PROTECT, related_name="+")
    text = models.TextField()
    at = models.DateTimeField(db_default=DbNow())

    def __str__(self) -> str:
        return f"note {self.pk}"


class Draft(models.Model):
    """What somebody began to write, kept on the server: it survives expiry and a lost browser."""

    item = models.OneToOneField(Item, models.CASCADE, related_name="draft")
    author = models.ForeignKey(User, models.PROTECT, related_name="+")
    text = models.TextField(blank=True)
    at = models.DateTimeField(db_default=DbNow())

    def __str__(self) -> str:
        return f"draft on item {self.item_id}"


from inbox.models_out import Delivery, Reply  # noqa: E402  the second room of this module

__all__ = [
    "Channel",
    "Citizen",
    "Claim",
    "CloseReason",
    "Delivery",
    "Draft",
    "Feed",
    "Item",
    "ItemState",
    "Message",
    "Note",
    "Platform",
    "RawEvent",
    "Reply",
    "Thread",
]
