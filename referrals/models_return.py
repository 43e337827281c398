"""How a letter reached its division and what came back: dispatches, links, answers, incoming letters, mail."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.clock import DbNow
from accounts.models import Division, User
from referrals.models import Referral
from referrals.models_letter import Letter


class Via(models.TextChoices):
    """The road a word from a division took."""

    PORTAL = "portal", _("portal")
    LINK = "link", _("tautan")
    EMAIL = "email", _("surel")
    SCAN = "scan", _("surat kertas")
    PHONE = "phone", _("telepon")
    WHATSAPP = "whatsapp", _("WhatsApp")


class Dispatch(models.Model):
    """One sending of a letter by one way, with the proof that it arrived."""

    class Way(models.TextChoices):
        PORTAL = "portal", _("portal divisi")
        LINK = "link", _("tautan untuk yang tanpa akun")
        EMAIL = "email", _("surel")
        PRINT = "print", _("dicetak dan diantar")
        SRIKANDI = "srikandi", _("SRIKANDI, diunggah sendiri")

    class State(models.TextChoices):
        QUEUED = "queued", _("menunggu dikirim")
        SENT = "sent", _("terkirim")
        FAILED = "failed", _("gagal")

    letter = models.ForeignKey(Letter, models.PROTECT, related_name="dispatches")
    way = models.CharField(_("jalur"), max_length=8, choices=Way)
    to = models.CharField(_("kepada"), max_length=200, blank=True)  # address or courier
    state = models.CharField(max_length=6, choices=State, default=State.SENT)
    problem = models.CharField(max_length=300, blank=True)
    #: Of the mail, for matching replies; empty again where the server certainly did not take it.
    message_id = models.CharField(max_length=200, blank=True)
    tried_at = models.DateTimeField(
        null=True
    )  # a worker took it: once and for all (mailing_out.py)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")  # null: by itself
    at = models.DateTimeField(db_default=DbNow())
    received_by = models.CharField(_("diterima oleh"), max_length=120, blank=True)
    received_on = models.DateField(_("tanggal terima"), null=True)
    receipt = models.FileField(upload_to="receipts/%Y/%m", blank=True, max_length=200)  # a scan
    receipt_digest = models.CharField(max_length=64, blank=True)  # SHA-256 of the scan

    class Meta:
        ordering = ["at", "id"]
        indexes = [
            models.Index(fields=["id"], name="dispatch_queued", condition=Q(state="queued")),
            models.Index(
                fields=["message_id"], name="dispatch_by_mail", condition=~Q(message_id="")
            ),
        ]

    def __str__(self) -> str:
        return f"letter {self.letter_id} by {self.way}"


class ReferralLink(models.Model):
    """A way in for a body without an account: one referral, expiring, revocable. Only the secret's SHA-256
    is kept; the address is shown once."""

    referral = models.ForeignKey(Referral, models.CASCADE, related_name="links")
    digest = models.CharField(max_length=64, unique=True)
    to = models.CharField(_("untuk"), max_length=160, blank=True)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=DbNow())
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)  # first

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"link to referral {self.referral_id}"


class Answer(models.Model):
    """What a division said; a partial one keeps the referral waiting. Never passed to a citizen as it
    stands (DESIGN §9)."""

    referral = models.ForeignKey(Referral, models.PROTECT, related_name="answers")
    text = models.TextField(_("jawaban"))
    letter_number = models.CharField(_("nomor surat jawaban"), max_length=80, blank=True)
    partial = models.BooleanField(_("jawaban sementara"), default=False)
    via = models.CharField(max_length=8, choices=Via, default=Via.PORTAL)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")  # who entered it
    said_by = models.CharField(_("disampaikan oleh"), max_length=120, blank=True)
    incoming = models.ForeignKey(
        "referrals.IncomingLetter", models.PROTECT, null=True, related_name="answers"
    )
    at = models.DateTimeField(db_default=DbNow())

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"answer to referral {self.referral_id}"


class AnswerFile(models.Model):
    """A file that came with an answer: seen by the desk and the division, never by a citizen."""

    answer = models.ForeignKey(Answer, models.PROTECT, related_name="files")
    file = models.FileField(upload_to="answers/%Y/%m", max_length=200)
    name = models.CharField(max_length=160)
    content_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField()  # bytes
    digest = models.CharField(max_length=64)  # SHA-256

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


class Question(models.Model):
    """The division asks back; its clock goes on (DESIGN §9), the desk sees who waits for whom."""

    referral = models.ForeignKey(Referral, models.PROTECT, related_name="questions")
    text = models.TextField(_("pertanyaan"))
    via = models.CharField(max_length=8, choices=Via, default=Via.PORTAL)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    said_by = models.CharField(max_length=120, blank=True)
    at = models.DateTimeField(db_default=DbNow())
    reply = models.TextField(_("jawaban humas"), blank=True)
    replied_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    replied_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["at", "id"]
        indexes = [
            models.Index(
                fields=["referral"], name="question_open", condition=Q(replied_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"question on referral {self.referral_id}"


class IncomingYear(models.Model):
    """The last number of the book of incoming letters in a year; its row lock keeps the numbers gapless."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.year}: {self.last}"


class IncomingLetter(models.Model):
    """A letter to the office, in the book of incoming letters (domain.md §2.4). Without a referral it lies
    in the tray until somebody finds where it belongs."""

    year = models.PositiveSmallIntegerField()
    running = models.PositiveIntegerField(_("nomor agenda"))
    received_on = models.DateField(_("tanggal terima"))
    number = models.CharField(_("nomor surat"), max_length=80, blank=True)
    dated = models.DateField(_("tanggal surat"), null=True, blank=True)
    sender = models.CharField(_("asal"), max_length=160)
    division = models.ForeignKey(Division, models.PROTECT, null=True, related_name="+")
    subject = models.CharField(_("perihal"), max_length=240, blank=True)
    sifat = models.CharField(_("sifat"), max_length=14, blank=True)
    attachments_note = models.CharField(_("lampiran"), max_length=80, blank=True)
    via = models.CharField(_("jalur"), max_length=8, choices=Via, default=Via.SCAN)
    referral = models.ForeignKey(Referral, models.PROTECT, null=True, related_name="incoming")
    answers_letter = models.ForeignKey(Letter, models.PROTECT, null=True, related_name="+")
    file = models.FileField(upload_to="incoming/%Y/%m", blank=True, max_length=200)
    digest = models.CharField(max_length=64, blank=True)  # SHA-256 of the file
    disposition_to = models.CharField(_("diteruskan kepada"), max_length=160, blank=True)
    disposition_asks = models.JSONField(default=list)  # "dengan hormat harap": what is ticked
    disposition_note = models.CharField(_("catatan"), max_length=300, blank=True)
    disposed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    disposed_at = models.DateTimeField(null=True)
    follow_up = models.CharField(_("tindak lanjut"), max_length=200, blank=True)
    remark = models.CharField(_("keterangan"), max_length=200, blank=True)
    voided_at = models.DateTimeField(
        null=True
    )  # taken back, the reason in `remark`; the number stays
    recorded_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(db_default=DbNow())

    class Meta:
        ordering = ["-year", "-running"]
        constraints = [
            models.UniqueConstraint(fields=["year", "running"], name="incoming_number_once")
        ]
        indexes = [
            models.Index(
                fields=["id"], name="incoming_tray", condition=Q(referral__isnull=True, remark="")
            )
        ]

    def __str__(self) -> str:
        return f"incoming {self.running}/{self.year}"


class InboundMailQuerySet(models.QuerySet["InboundMail"]):
    def visible_to(self, user: User) -> "InboundMailQuerySet":
        """The desk sees what belongs to nothing yet, and mails of referrals it may see; officers none."""
        if not (user.is_authenticated and user.is_active and user.is_desk):
            return self.none()
        seen = Q(referral__isnull=True) | Q(referral__in=Referral.objects.visible_to(user))
        return self.filter(seen)


class InboundMail(models.Model):
    """A mail to the desk's reply address: stored before anything is made of it (I5).

    new → matched (proposed as a division's word, a person confirms) → used; or → tray, where a person
    finds its referral or ignores it with a reason. In the tray `referral` is only a hint.
    """

    class State(models.TextChoices):
        NEW = "new", _("baru")
        MATCHED = "matched", _("dikenali")
        TRAY = "tray", _("belum dikenali")
        IGNORED = "ignored", _("diabaikan")
        USED = "used", _("sudah dicatat")

    message_id = models.CharField(max_length=250, unique=True)
    raw = models.BinaryField()
    sender = models.CharField(max_length=250, blank=True)
    subject = models.CharField(max_length=250, blank=True)
    text = models.TextField(blank=True)
    received_at = models.DateTimeField(db_default=DbNow())
    state = models.CharField(max_length=8, choices=State, default=State.NEW)
    why = models.CharField(max_length=200, blank=True)  # how it was matched, or why not
    referral = models.ForeignKey(Referral, models.PROTECT, null=True, related_name="mails")
    incoming = models.ForeignKey(IncomingLetter, models.PROTECT, null=True, related_name="mails")
    answer = models.ForeignKey(Answer, models.PROTECT, null=True, related_name="mails")

    objects = InboundMailQuerySet.as_manager()

    class Meta:
        ordering = ["-received_at", "-id"]
        indexes = [
            models.Index(
                fields=["id"], name="mail_waiting",
                condition=Q(state__in=["new", "tray", "matched"]),
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"mail {self.pk}"
