"""Letters, their numbers and their bytes (DESIGN §9, I6; domain.md §2)."""

import uuid

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.clock import DbNow
from accounts.models import LetterKind, User
from inbox.models import MediaFile, Message
from referrals.models import Referral
from referrals.models_form import Signing


class LetterState(models.TextChoices):
    DRAFT = "draft", _("Konsep")
    INITIALS = "initials", _("Menunggu paraf")
    SUBMITTED = "submitted", _("Menunggu persetujuan")
    APPROVED = "approved", _("Disetujui dan bernomor")
    SENT = "sent", _("Terkirim")
    VOID = "void", _("Batal")


class Purpose(models.TextChoices):
    """What a letter is for (domain.md §2.1–2.3)."""

    REFERRAL = "referral", _("Permohonan jawaban")
    NOT_OURS = "not_ours", _("Penerusan: bukan kewenangan kami")
    REMINDER_1 = "reminder_1", _("Penegasan I")
    REMINDER_2 = "reminder_2", _("Penegasan II")
    ESCALATION = "escalation", _("Laporan ke atasan")
    COVER = "cover", _("Surat pengantar")
    THANKS = "thanks", _("Ucapan terima kasih")


#: Letters that open a referral; the others speak of a letter that was sent (`Letter.about`).
OPENING = (Purpose.REFERRAL, Purpose.NOT_OURS, Purpose.COVER)


class Secrecy(models.TextChoices):
    """The scale of Perkap 1/2023; the value stands at the head of the number (domain.md §2.2)."""

    OPEN = "B", _("Biasa")
    LIMITED = "T", _("Terbatas")
    SECRET = "R", _("Rahasia")
    TOP_SECRET = "SR", _("Sangat rahasia")


class Sifat(models.TextChoices):
    """How urgent a letter is: another scale than secrecy, not to be mixed (domain.md §2.3)."""

    NORMAL = "Biasa", _("Biasa")
    URGENT = "Segera", _("Segera")
    VERY_URGENT = "Sangat Segera", _("Sangat segera")


class LetterQuerySet(models.QuerySet["Letter"]):
    def visible_to(self, user: User) -> "LetterQuerySet":
        """Letters of visible referrals; an officer sees them only once they were sent, and never a report to
        the superior about the own division."""
        letters = self.filter(referral__in=Referral.objects.visible_to(user))
        return letters if user.is_desk else letters.sent_to_division()

    def sent_to_division(self) -> "LetterQuerySet":
        """Those that went to the division itself: what its portal and its links show."""
        return self.filter(state=LetterState.SENT).exclude(purpose=Purpose.ESCALATION)


@pghistory.track(fields=["state", "number", "running", "year"], model_name="LetterHistory")
class Letter(models.Model):
    """The document that carries a referral. What it says is data; the PDF is made from it once numbered."""

    referral = models.ForeignKey(Referral, models.PROTECT, related_name="letters")
    kind = models.CharField(max_length=12, choices=LetterKind)
    purpose = models.CharField(
        _("maksud"), max_length=10, choices=Purpose, default=Purpose.REFERRAL
    )
    about = models.ForeignKey("self", models.PROTECT, null=True, related_name="followed_by")
    state = models.CharField(max_length=10, choices=LetterState, default=LetterState.DRAFT)
    subject = models.CharField(_("perihal"), max_length=240)
    #: Paragraphs as data: [{"form": "point"|"paragraph", "text": …, "items": [line, …]}, …] (body.py)
    body = models.JSONField(_("isi"), default=list)
    addressee = models.CharField(
        _("kepada"), max_length=160, default="", help_text=_("Tanpa “Yth.”")
    )
    attention = models.CharField(_("u.p."), max_length=160, blank=True)
    place = models.CharField(_("kota tujuan"), max_length=80, blank=True)
    sifat = models.CharField(_("sifat"), max_length=14, choices=Sifat, default=Sifat.NORMAL)
    secrecy = models.CharField(
        _("klasifikasi"), max_length=2, choices=Secrecy, default=Secrecy.OPEN
    )
    kka = models.ForeignKey(
        "referrals.ArchiveCode", models.PROTECT, verbose_name=_("kode klasifikasi arsip"),
        null=True, blank=True, related_name="+",
    )  # fmt: skip
    signer = models.ForeignKey(
        "referrals.Signer", models.PROTECT, verbose_name=_("penanda tangan"), null=True, blank=True,
        related_name="+",
    )  # fmt: skip
    copies = models.TextField(_("tembusan"), blank=True, help_text=_("Satu baris tiap tembusan."))
    with_identity = models.BooleanField(_("cantumkan identitas pelapor"), default=False)
    #: How it is signed: its form's way, from when it was approved.
    signing = models.CharField(max_length=12, choices=Signing, default=Signing.NONE)
    year = models.PositiveSmallIntegerField(null=True)
    running = models.PositiveIntegerField(null=True)
    #: A number put in later between two that were given ("127.a"), with the reason (domain.md §2.4).
    inserted = models.CharField(max_length=2, blank=True)
    inserted_why = models.CharField(max_length=200, blank=True)
    number = models.CharField(_("nomor"), max_length=80, blank=True)
    dated = models.DateField(null=True)
    drafted_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField(db_default=DbNow())
    submitted_at = models.DateTimeField(null=True)
    approved_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    remark = models.TextField(blank=True)  # the head's, when sent back; the reason, when void
    token = models.UUIDField(default=uuid.uuid4, unique=True)

    objects = LetterQuerySet.as_manager()

    class Meta:
        constraints = [
            # I6: unique per register and year; void letters keep their number.
            models.UniqueConstraint(
                fields=["kind", "year", "running", "inserted"],
                condition=Q(running__isnull=False),
                name="letter_number_once",
            ),
            models.CheckConstraint(
                name="letter_numbered_when_approved",
                condition=Q(state__in=["draft", "initials", "submitted"], running__isnull=True)
                | Q(state__in=["approved", "sent", "void"], running__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.number or f"letter {self.pk}"


class LetterCopy(models.Model):
    """The bytes of a numbered letter. A trigger refuses to change or delete them (I6)."""

    letter = models.OneToOneField(Letter, models.PROTECT, related_name="copy")
    pdf = models.BinaryField()
    pages = ArrayField(
        models.BinaryField(), default=list
    )  # PNG, made with it: what the screen shows
    digest = models.CharField(max_length=64)  # SHA-256
    made_at = models.DateTimeField(db_default=DbNow())

    class Meta:
        triggers = [
            pgtrigger.Protect(name="never_changes", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"copy of letter {self.letter_id}"


class RegisterYear(models.Model):
    """One register (kind of letter) in one year: the last number given. Its row lock keeps numbers gapless."""

    kind = models.CharField(max_length=12, choices=LetterKind)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "year"], name="register_year_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.year}: {self.last}"


class LetterVersion(models.Model):
    """What a letter said when it was saved or put forward: kept, so that two can be compared."""

    letter = models.ForeignKey(Letter, models.CASCADE, related_name="versions")
    number = models.PositiveSmallIntegerField()
    subject = models.CharField(max_length=240)
    body = models.JSONField()
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=DbNow())

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["letter", "number"], name="letter_version_once")
        ]

    def __str__(self) -> str:
        return f"version {self.number} of letter {self.letter_id}"


class Initial(models.Model):
    """One step of the initials in order (paraf berjenjang): who looks before the signer does."""

    letter = models.ForeignKey(Letter, models.CASCADE, related_name="initials")
    order = models.PositiveSmallIntegerField()
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    given_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["order"]
        constraints = [
            models.UniqueConstraint(fields=["letter", "order"], name="initial_order_once"),
            models.UniqueConstraint(fields=["letter", "user"], name="initial_person_once"),
        ]

    def __str__(self) -> str:
        return f"initial {self.order} of letter {self.letter_id}"


class Annex(models.Model):
    """A page after the letter: what a citizen wrote, masked, or a picture that came with it."""

    letter = models.ForeignKey(Letter, models.CASCADE, related_name="annexes")
    order = models.PositiveSmallIntegerField()
    message = models.ForeignKey(Message, models.PROTECT, related_name="+")
    file = models.ForeignKey(MediaFile, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["order"]
        constraints = [
            models.UniqueConstraint(
                fields=["letter", "message", "file"], nulls_distinct=False, name="annex_once"
            )
        ]

    def __str__(self) -> str:
        return f"annex {self.order} of letter {self.letter_id}"
