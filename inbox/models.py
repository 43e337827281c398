"""What a platform sends and what the desk does with it. The words are those of DESIGN §2.

Reading order: `models_channel.py` (where it comes from, and the bytes as they came); here Citizen,
Thread, Item, Message (what it means), Claim (who answers); `models_out.py`: Reply and Delivery.
"""

import pghistory
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from accounts.clock import DbNow
from accounts.models import Office, User
from inbox.models_channel import (
    WEBHOOK,
    Alert,
    App,
    BlindPeriod,
    Channel,
    Feed,
    Lookup,
    Platform,
    RawEvent,
    platform_choices,
)


class Citizen(models.Model):
    """An author on one platform."""

    platform = models.CharField(max_length=10, choices=platform_choices)
    external_id = models.CharField(max_length=180)  # "anon:<thread>" where nobody is named
    handle = models.CharField(max_length=120, blank=True)
    name = models.CharField(max_length=200, blank=True)
    first_seen_at = models.DateTimeField(db_default=DbNow())
    blocked_at = models.DateTimeField(null=True)  # left us: messages no longer reach this person
    reach_known_at = models.DateTimeField(null=True)  # of the newest event that told so

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["platform", "external_id"], name="citizen_once")
        ]

    def __str__(self) -> str:
        return self.handle or self.name or str(_("Warga tanpa nama"))


class Thread(models.Model):
    """What the platform strings together (on X: a conversation)."""

    platform = models.CharField(max_length=10, choices=platform_choices)
    external_id = models.CharField(max_length=180)

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
    WITHDRAWN = "withdrawn", _("Dihapus oleh penulisnya")


#: Reasons that the system gives, never a person.
OWN_REASONS = (CloseReason.HISTORY, CloseReason.WITHDRAWN)


class ItemQuerySet(models.QuerySet["Item"]):
    def visible_to(self, user: User) -> "ItemQuerySet":
        """Items this person may see: of visible channels; a restricted one only as head or named reader."""
        if not (user.is_authenticated and user.is_active and user.is_desk):
            return self.none()
        if user.is_head:
            return self
        named = Item.readers.through.objects.filter(item=OuterRef("pk"), user=user)
        items = self.filter(Q(restricted=False) | Exists(named))
        if Office.everybody_sees_all():
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
    second_reader = models.BooleanField(
        default=False
    )  # this matter: nothing leaves unread by another
    # The citizen wrote again: until then it is offered first to the operator who knows the matter.
    former = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    offered_until = models.DateTimeField(null=True)
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
    platform = models.CharField(max_length=10, choices=platform_choices)
    object_class = models.CharField(max_length=10)  # post, comment, chat, hand
    external_id = models.CharField(max_length=255)
    current_id = models.CharField(
        max_length=255
    )  # X gives every edit a new id; a reply goes to this one
    version = models.CharField(max_length=40, blank=True)  # of two versions the later one stands
    direction = models.CharField(max_length=3, choices=Direction)
    text = models.TextField(blank=True)
    quoted = models.TextField(blank=True)  # the post this one quotes, as context
    media = models.JSONField(default=list)  # as the platform told: [{"kind", "url", "alt", …}]
    address = models.JSONField(default=dict)  # what the connector needs to answer this message
    picture = models.ImageField(upload_to="hand/%Y/%m", blank=True)  # screenshot taken in by hand
    link = models.URLField(max_length=500, blank=True)
    replies_to = models.CharField(max_length=255, blank=True)
    hidden = models.BooleanField(default=False)  # on the platform, by the desk or by the platform
    hidden_version = models.CharField(max_length=40, blank=True)
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


class EarlyEvent(models.Model):
    """What happened to a message that has not arrived yet (a deletion overtook it): applied when it does."""

    platform = models.CharField(max_length=10, choices=platform_choices)
    object_class = models.CharField(max_length=10)
    external_id = models.CharField(max_length=255)
    kind = models.CharField(max_length=12)  # connectors.base.EventKind
    version = models.CharField(max_length=40, blank=True)
    at = models.DateTimeField()
    text = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["platform", "object_class", "external_id", "kind"], name="early_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.external_id}"


class EarlyAnswer(models.Model):
    """An answer of our own account overtook what it answers: its body is read again when a citizen's
    message arrives in this thread."""

    thread = models.ForeignKey(Thread, models.CASCADE, related_name="early_answers")
    raw = models.ForeignKey(RawEvent, models.CASCADE, related_name="+")
    at = models.DateTimeField(db_default=DbNow())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["thread", "raw"], name="early_answer_once")]

    def __str__(self) -> str:
        return f"early answer in {self.thread}"


class MediaFile(models.Model):
    """A file that came with a message, fetched by a worker since posts vanish (inbox/media.py)."""

    class State(models.TextChoices):
        NEW = "new", _("sedang diambil")
        STORED = "stored", _("tersimpan")
        LINK = "link", _("hanya tautan")  # the platform forbids keeping it
        REFUSED = "refused", _("tidak disimpan")
        GONE = "gone", _("sudah tidak ada")

    message = models.ForeignKey("Message", models.CASCADE, related_name="files")
    position = models.PositiveSmallIntegerField()  # in Message.media
    kind = models.CharField(max_length=12)
    state = models.CharField(max_length=8, choices=State, default=State.NEW)
    file = models.FileField(upload_to="media/%Y/%m", blank=True, max_length=200)
    thumb = models.FileField(upload_to="media/%Y/%m", blank=True, max_length=200)
    content_type = models.CharField(max_length=100, blank=True)
    size = models.PositiveBigIntegerField(default=0)  # bytes
    width = models.PositiveIntegerField(null=True)  # pixels
    height = models.PositiveIntegerField(null=True)
    problem = models.CharField(max_length=200, blank=True)
    due_at = models.DateTimeField(db_default=DbNow())
    tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["message", "position"], name="media_file_once")
        ]
        indexes = [models.Index(fields=["due_at"], name="media_due", condition=Q(state="new"))]

    def __str__(self) -> str:
        return f"{self.kind} of message {self.message_id}"


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


class ClaimRequest(models.Model):
    """A colleague asks the holder for the item. Ends with the claim, whatever becomes of it."""

    class Answer(models.TextChoices):
        OPEN = "open", _("belum dijawab")
        GRANTED = "granted", _("diserahkan")
        DECLINED = "declined", _("tidak diserahkan")

    claim = models.ForeignKey(Claim, models.CASCADE, related_name="requests")
    by = models.ForeignKey(User, models.CASCADE, related_name="+")
    at = models.DateTimeField(db_default=DbNow())
    answer = models.CharField(max_length=8, choices=Answer, default=Answer.OPEN)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["claim", "by"], name="asked_once")]

    def __str__(self) -> str:
        return f"{self.by} asks for claim {self.claim_id}"


class Note(models.Model):
    """An internal remark, never seen by citizens."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="notes")
    author = models.ForeignKey(User, models.PROTECT, related_name="+")
    text = models.TextField()
    at = models.DateTimeField(db_default=DbNow())

    def __str__(self) -> str:
        return f"note {self.pk}"


class Draft(models.Model):
    """What somebody began to write, kept on the server: it survives expiry and a lost browser. Everybody
    has one of their own on an item; the newest of somebody else is offered to the next holder
    (standing.py)."""

    item = models.ForeignKey(Item, models.CASCADE, related_name="drafts")
    author = models.ForeignKey(User, models.PROTECT, related_name="+")
    text = models.TextField(blank=True)
    at = models.DateTimeField(db_default=DbNow())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "author"], name="one_draft_each"),
        ]

    def __str__(self) -> str:
        return f"draft on item {self.item_id}"


from inbox.models_out import Amendment, Delivery, Reply, ReplyPicture  # noqa: E402  the third room

__all__ = [
    "OWN_REASONS",
    "WEBHOOK",
    "Alert",
    "Amendment",
    "App",
    "BlindPeriod",
    "Channel",
    "Citizen",
    "Claim",
    "ClaimRequest",
    "CloseReason",
    "Delivery",
    "Draft",
    "EarlyAnswer",
    "EarlyEvent",
    "Feed",
    "Item",
    "ItemState",
    "Lookup",
    "MediaFile",
    "Message",
    "Note",
    "Platform",
    "RawEvent",
    "Reply",
    "ReplyPicture",
    "Thread",
]
