"""A ticket put to a division: referral, letter, register, answer, relay. Words of DESIGN §2."""

import uuid

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.clock import DbNow
from accounts.models import Division, LetterKind, User
from inbox.models import Item, Reply
from tickets.models import Ticket


class ReferralState(models.TextChoices):
    DRAFT = "draft", _("Surat disiapkan")
    SENT = "sent", _("Terkirim ke divisi")
    ACKNOWLEDGED = "acknowledged", _("Diterima divisi")
    ANSWERED = "answered", _("Dijawab divisi")
    RETURNED = "returned", _("Bukan kewenangan divisi")
    CANCELLED = "cancelled", _("Dibatalkan")


#: The division's clock runs in these.
WITH_DIVISION = (ReferralState.SENT, ReferralState.ACKNOWLEDGED)


class ReferralQuerySet(models.QuerySet["Referral"]):
    def visible_to(self, user: User) -> "ReferralQuerySet":
        """An officer sees what was dispatched to the own division, the desk what its tickets hold (I7)."""
        if not (user.is_authenticated and user.is_active):
            return self.none()
        if user.is_desk:
            return self.filter(ticket__in=Ticket.objects.visible_to(user))
        if user.division_id is None:
            return self.none()
        return self.filter(division=user.division_id, dispatched_at__isnull=False)


@pghistory.track(
    fields=["state", "division", "dispatched_at", "due_on", "answered_at"],
    model_name="ReferralHistory",
)
class Referral(models.Model):
    """A ticket put to one division, with its own clock."""

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="referrals")
    division = models.ForeignKey(Division, models.PROTECT, related_name="referrals")
    state = models.CharField(max_length=12, choices=ReferralState, default=ReferralState.DRAFT)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=DbNow())
    dispatched_at = models.DateTimeField(null=True)
    due_on = models.DateField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    returned_why = models.TextField(blank=True)

    objects = ReferralQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["ticket", "division"],
                condition=Q(state__in=["draft", "sent", "acknowledged"]),
                name="one_open_referral_per_division",
            )
        ]
        indexes = [
            models.Index(
                fields=["due_on", "id"],
                name="referral_waiting",
                condition=Q(state__in=["sent", "acknowledged"]),
            )
        ]

    def __str__(self) -> str:
        return f"referral {self.pk}"


class LetterState(models.TextChoices):
    DRAFT = "draft", _("Konsep")
    SUBMITTED = "submitted", _("Menunggu persetujuan")
    APPROVED = "approved", _("Disetujui dan bernomor")
    SENT = "sent", _("Terkirim")
    VOID = "void", _("Batal")


class LetterQuerySet(models.QuerySet["Letter"]):
    def visible_to(self, user: User) -> "LetterQuerySet":
        """Letters of visible referrals; an officer sees them only once they were sent."""
        letters = self.filter(referral__in=Referral.objects.visible_to(user))
        return letters if user.is_desk else letters.filter(state=LetterState.SENT)


@pghistory.track(fields=["state", "number", "running", "year"], model_name="LetterHistory")
class Letter(models.Model):
    """The document that carries a referral. What it says is data; the PDF is made from it once numbered."""

    referral = models.ForeignKey(Referral, models.PROTECT, related_name="letters")
    kind = models.CharField(max_length=12, choices=LetterKind)
    state = models.CharField(max_length=10, choices=LetterState, default=LetterState.DRAFT)
    subject = models.CharField(_("perihal"), max_length=240)
    matter = models.TextField(_("pokok pengaduan"))
    request = models.TextField(_("permintaan"))
    facts = models.JSONField(default=list)  # [[label, value]…] as the letter lists them
    year = models.PositiveSmallIntegerField(null=True)
    running = models.PositiveIntegerField(null=True)
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
                fields=["kind", "year", "running"],
                condition=Q(running__isnull=False),
                name="letter_number_once",
            ),
            models.CheckConstraint(
                name="letter_numbered_when_approved",
                condition=Q(state__in=["draft", "submitted"], running__isnull=True)
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


class Answer(models.Model):
    """What a division said. Never passed to a citizen as it stands (DESIGN §9)."""

    referral = models.OneToOneField(Referral, models.PROTECT, related_name="answer")
    text = models.TextField(_("jawaban"))
    letter_number = models.CharField(_("nomor surat jawaban"), max_length=80, blank=True)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=DbNow())

    def __str__(self) -> str:
        return f"answer to referral {self.referral_id}"


class Relay(models.Model):
    """The division's answer, rewritten for the public, on its way to every citizen of the ticket."""

    ticket = models.OneToOneField(Ticket, models.PROTECT, related_name="relay")
    text = models.TextField(_("jawaban untuk warga"))
    author = models.ForeignKey(User, models.PROTECT, related_name="+")
    started_at = models.DateTimeField(db_default=DbNow())
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"relay of ticket {self.ticket_id}"


class RelayTarget(models.Model):
    """One citizen's item in a relay."""

    class State(models.TextChoices):
        WAITING = "waiting", _("menunggu giliran")
        SENDING = "sending", _("sedang dikirim")
        REACHED = "reached", _("sudah sampai")
        UNREACHED = "unreached", _("belum terjangkau")

    relay = models.ForeignKey(Relay, models.PROTECT, related_name="targets")
    item = models.ForeignKey(Item, models.PROTECT, related_name="+")
    reply = models.ForeignKey(Reply, models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["relay", "item"], name="relay_item_once")]
        indexes = [
            models.Index(
                fields=["relay"], name="relay_open", condition=Q(state__in=["waiting", "sending"])
            )
        ]

    def __str__(self) -> str:
        return f"relay {self.relay_id} to item {self.item_id}"
