"""What the desk says: a Reply, and the Deliveries (API calls) that carry it. DESIGN §7."""

import uuid

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.clock import DbNow
from accounts.models import User


class ReplyState(models.TextChoices):
    REVIEW = "review", _("Menunggu pembaca kedua")
    QUEUED = "queued", _("Akan dikirim")
    SENDING = "sending", _("Sedang dikirim")
    SENT = "sent", _("Terkirim")
    FAILED = "failed", _("Tidak terkirim")
    UNKNOWN = "unknown", _("Belum pasti terkirim")
    HELD = "held", _("Ditahan")
    CANCELLED = "cancelled", _("Dibatalkan")


#: A reply in one of these pins its item to the author's claim: nobody else can answer meanwhile.
UNSETTLED = (
    ReplyState.REVIEW,
    ReplyState.QUEUED,
    ReplyState.SENDING,
    ReplyState.UNKNOWN,
    ReplyState.HELD,
)
#: … and in one of these nothing of it has left: it can be withdrawn.
NOT_LEFT = (ReplyState.REVIEW, ReplyState.QUEUED, ReplyState.HELD)


class Reply(models.Model):
    """What the desk says to one citizen. Written once; an edit is a new reply."""

    class Hold(models.TextChoices):
        NEW_MESSAGE = "new_message", _("Warga menulis lagi setelah Anda mulai menjawab.")
        CHANGED_MESSAGE = "changed_message", _("Warga mengubah pesannya setelah Anda membaca.")
        NATIVE_ANSWER = "native_answer", _("Sudah dijawab langsung dari aplikasi.")
        CLAIM_LOST = "claim_lost", _("Pesan ini sudah dipegang orang lain.")

    item = models.ForeignKey("inbox.Item", models.PROTECT, related_name="replies")
    author = models.ForeignKey(User, models.PROTECT, related_name="+")
    claim = models.ForeignKey("inbox.Claim", models.PROTECT, related_name="+")
    text = models.TextField()
    target = models.ForeignKey(
        "inbox.Message", models.PROTECT, related_name="+"
    )  # answered message
    seen = models.ForeignKey("inbox.Message", models.PROTECT, related_name="+")  # stale stop
    seen_at = models.DateTimeField(db_default=DbNow())  # when; a change after it holds the reply
    state = models.CharField(max_length=10, choices=ReplyState, default=ReplyState.QUEUED)
    hold = models.CharField(max_length=16, choices=Hold, blank=True)
    # What becomes of the item when this reply is out: the desk's own answer settles it, an
    # acknowledgement on a referred item leaves it waiting for the division.
    settles = models.BooleanField(default=True)
    way = models.CharField(max_length=16, blank=True)  # connectors.base.Way.key; "" its usual one
    by_hand = models.BooleanField(default=False)  # posted in the platform's own app and marked here
    # The second reader who let it go (or sent it back, then `returned` says why).
    reader = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    read_at = models.DateTimeField(null=True)
    returned = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(db_default=DbNow())
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # I1 and I3 meet here: one unsettled reply per item.
            models.UniqueConstraint(
                fields=["item"],
                condition=Q(state__in=["review", "queued", "sending", "unknown", "held"]),
                name="one_unsettled_reply",
            )
        ]

    def __str__(self) -> str:
        return f"reply {self.pk}"


class ReplyPicture(models.Model):
    """A picture that goes out with a reply. Platforms that fetch it themselves get a signed address."""

    reply = models.ForeignKey(Reply, models.CASCADE, related_name="pictures")
    position = models.PositiveSmallIntegerField(default=0)
    file = models.FileField(upload_to="keluar/%Y/%m", max_length=200)
    name = models.CharField(max_length=120)
    content_type = models.CharField(max_length=100)

    class Meta:
        ordering = ["position"]

    def __str__(self) -> str:
        return self.name


class DeliveryState(models.TextChoices):
    QUEUED = "queued", _("menunggu")
    SENDING = "sending", _("sedang dikirim")
    SENT = "sent", _("terkirim")
    FAILED = "failed", _("gagal")
    UNKNOWN = "unknown", _("belum pasti")
    CANCELLED = "cancelled", _("dibatalkan")


@pghistory.track(
    fields=["state", "attempt", "started_at", "outcome", "remote_id", "absent_reads", "due_at"],
    model_name="DeliveryHistory",
)
class Delivery(models.Model):
    """One API call that carries a reply (or a part of it).

    `queued → sending → sent | failed | unknown | cancelled`; the attempt is committed as `sending`
    before the call is made, its outcome after it.
    """

    reply = models.ForeignKey(Reply, models.PROTECT, related_name="deliveries")
    item = models.ForeignKey("inbox.Item", models.PROTECT, related_name="deliveries")
    part = models.PositiveSmallIntegerField(default=1)
    target_id = models.CharField(max_length=255)  # the platform's id of what is answered
    way = models.CharField(max_length=16, blank=True)  # as the author chose
    call = models.CharField(max_length=16, blank=True)  # the API call of this attempt
    text = models.TextField()  # exactly what is sent; a resend is byte-identical
    # Positions of the reply's pictures that go with this call; None: all of them.
    carries = ArrayField(models.PositiveSmallIntegerField(), null=True)
    retry_key = models.UUIDField(default=uuid.uuid4)
    state = models.CharField(max_length=10, choices=DeliveryState, default=DeliveryState.QUEUED)
    attempt = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    # When the first attempt left: whoever reads the platform looks from there, since an earlier attempt
    # than the last may be the one that stands.
    first_started_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)  # of the last attempt
    # When the database server came up that held the attempt's lock: after a restart a free lock says
    # nothing about a worker that is merely frozen.
    server_since = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=24, blank=True)  # platforms.md §1.2
    problem = models.CharField(max_length=500, blank=True)
    remote_id = models.CharField(max_length=255, blank=True)
    absent_reads = models.PositiveSmallIntegerField(default=0)
    read_at = models.DateTimeField(null=True)  # last look at the platform
    resent = models.BooleanField(default=False)  # the one resend that reading twice may allow
    needs_person = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reply", "part"], name="delivery_part_once"),
            models.UniqueConstraint(
                fields=["remote_id", "item"], condition=~Q(remote_id=""), name="remote_id_once"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], name="delivery_due", condition=Q(state="queued")),
            models.Index(
                fields=["started_at"],
                name="delivery_unsettled",
                condition=Q(state__in=["sending", "unknown"]),
            ),
        ]

    def __str__(self) -> str:
        return f"delivery {self.pk}"


#: A delivery of which something may stand on the platform; one queued to be sent once more is one.
HAS_LEFT = ~Q(state="queued") | Q(resent=True)


class AmendmentState(models.TextChoices):
    QUEUED = "queued", _("menunggu")
    DONE = "done", _("selesai")
    FAILED = "failed", _("gagal")


class Amendment(models.Model):
    """A wish to take away or correct something of ours on the platform (*ralat*).

    Asking twice does no harm (connectors.base.Amendment), so that a lost outcome is simply asked again.
    """

    message = models.ForeignKey("inbox.Message", models.PROTECT, related_name="amendments")
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    change = models.CharField(max_length=8)  # connectors.base.Change
    text = models.TextField(blank=True)  # the corrected words
    state = models.CharField(max_length=8, choices=AmendmentState, default=AmendmentState.QUEUED)
    attempt = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(db_default=DbNow())
    problem = models.CharField(max_length=500, blank=True)
    #: a call is under way, or its answer got lost: it may have been done
    unsure = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=DbNow())
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["message"], condition=Q(state="queued"), name="one_amendment_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.change} message {self.message_id}"
