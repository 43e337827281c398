"""A ticket put to a division: referral, answer, relay. Words of DESIGN §2.

The second room, `models_letter.py`, holds the letters and registers; the third, `models_form.py`, how
letters look: forms, signers, codes, references; the fourth, `models_return.py`, what goes out and comes back:
dispatches, links, answers, questions, incoming letters, mail.
"""

import pghistory
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.clock import DbNow
from accounts.models import Division, User
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
        theirs = Q(division=user.division_id) | Q(handler=user.division_id)
        return self.filter(theirs, dispatched_at__isnull=False)


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
    returned_to = models.ForeignKey(  # who the division thinks is in charge
        Division, models.PROTECT, null=True, related_name="+"
    )
    handler = models.ForeignKey(  # the sub-unit to which the division passed it on
        Division, models.PROTECT, null=True, related_name="passed_referrals"
    )

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


class Relay(models.Model):
    """The division's answer, rewritten for the public, on its way to every citizen of the ticket. A ticket
    that was opened again may have several, one at a time."""

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="relays")
    text = models.TextField(_("jawaban untuk warga"))
    author = models.ForeignKey(User, models.PROTECT, related_name="+")
    started_at = models.DateTimeField(db_default=DbNow())
    #: null while the head has not approved it, where the office asks for that.
    approved_at = models.DateTimeField(db_default=DbNow(), null=True)
    approved_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    finished_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    #: What was pointed out in the text before it went on its way, and kept: [{"kind": …, "found": …}, …]
    findings = models.JSONField(default=list)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["ticket"],
                condition=Q(finished_at__isnull=True, withdrawn_at__isnull=True),
                name="one_relay_at_a_time",
            )
        ]

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
    text = models.TextField(
        blank=True
    )  # the very words this citizen gets, from when they are queued

    class Meta:
        constraints = [models.UniqueConstraint(fields=["relay", "item"], name="relay_item_once")]
        indexes = [
            models.Index(
                fields=["relay"], name="relay_open", condition=Q(state__in=["waiting", "sending"])
            )
        ]

    def __str__(self) -> str:
        return f"relay {self.relay_id} to item {self.item_id}"


from referrals.models_form import (  # noqa: E402  third room
    ArchiveCode,
    LetterForm,
    Reference,
    Signer,
    Signing,
)
from referrals.models_letter import (  # noqa: E402  the second room
    Annex,
    Initial,
    Letter,
    LetterCopy,
    LetterState,
    LetterVersion,
    Purpose,
    RegisterYear,
    Secrecy,
)
from referrals.models_return import (  # noqa: E402  the fourth room
    Answer,
    AnswerFile,
    Dispatch,
    InboundMail,
    IncomingLetter,
    IncomingYear,
    Question,
    ReferralLink,
    Via,
)
from referrals.models_sign import (  # noqa: E402  the fifth room
    OfficeCertificate,
    SignedCopy,
    SigningProblem,
)

__all__ = [
    "WITH_DIVISION",
    "Annex",
    "Answer",
    "AnswerFile",
    "ArchiveCode",
    "Dispatch",
    "InboundMail",
    "IncomingLetter",
    "IncomingYear",
    "Initial",
    "Letter",
    "LetterCopy",
    "LetterForm",
    "LetterState",
    "LetterVersion",
    "OfficeCertificate",
    "Purpose",
    "Question",
    "Reference",
    "Referral",
    "ReferralLink",
    "ReferralState",
    "RegisterYear",
    "Relay",
    "RelayTarget",
    "Secrecy",
    "SignedCopy",
    "Signer",
    "Signing",
    "SigningProblem",
    "Via",
]
