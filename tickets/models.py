"""A matter that could not be answered at once: its items, its person in charge, its public stages."""

import pghistory
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.clock import DbNow
from accounts.models import User
from inbox.models import Item


class TicketState(models.TextChoices):
    OPEN = "open", _("Disiapkan")
    WAITING = "waiting", _("Menunggu divisi")
    ANSWERED = "answered", _("Dijawab, belum disampaikan")
    RELAYING = "relaying", _("Sedang disampaikan")
    DONE = "done", _("Selesai")
    CLOSED = "closed", _("Ditutup tanpa jawaban")
    MERGED = "merged", _("Digabung ke tiket lain")


#: Nothing more happens to a ticket in these, unless it is opened again.
OVER = (TicketState.DONE, TicketState.CLOSED, TicketState.MERGED)


class Urgency(models.TextChoices):
    """domain.md §3.4. An emergency is telephoned first and recorded; only then is a letter written."""

    EMERGENCY = "emergency", _("Darurat")
    HIGH = "high", _("Tinggi")
    NORMAL = "normal", _("Biasa")
    LOW = "low", _("Rendah")


class Category(models.TextChoices):
    """Kinds of what citizens bring (domain.md §1, S0.9)."""

    COMPLAINT = "complaint", _("Aduan")
    QUESTION = "question", _("Pertanyaan")
    CRITICISM = "criticism", _("Kritik")
    SUGGESTION = "suggestion", _("Saran")
    INFORMATION = "information", _("Permohonan informasi")
    CONDUCT = "conduct", _("Aduan tentang petugas")  # dumas: restricted


#: What a search looks through: 'indonesian' finds other forms of a word, 'simple' what was typed. An
#: index on the expression; a generated column would have Django ask the database in every check.
SEARCHED = SearchVector("title", "summary", "place", config="indonesian") + SearchVector(
    "number", "title", "summary", "place", config="simple"
)


class TicketCounter(models.Model):
    """The next running number of a year; its row lock makes numbers gapless."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.year}: {self.last}"


class Label(models.Model):
    """A word the desk groups its tickets by: an operation, a campaign, a kind of trouble."""

    name = models.CharField(_("nama"), max_length=40, unique=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class TicketQuerySet(models.QuerySet["Ticket"]):
    def visible_to(self, user: User) -> "TicketQuerySet":
        """Tickets with an item this person of the desk may see; a restricted one only as head, when in
        charge or as a named reader. Officers see referrals, not tickets (I7)."""
        if not (user.is_authenticated and user.is_active and user.is_desk):
            return self.none()
        if user.is_head:
            return self
        # Closing lets the items go; the ticket stays visible to those who saw them.
        there = Q(left_at=None) | Q(ticket__state=TicketState.CLOSED)
        seen = TicketItem.objects.filter(there, item__in=Item.objects.visible_to(user))
        named = Ticket.readers.through.objects.filter(user=user).values("ticket")
        mine = Q(restricted=False) | Q(in_charge=user) | Q(pk__in=named)
        return self.filter(mine, Q(pk__in=seen.values("ticket")) | Q(in_charge=user))


@pghistory.track(
    fields=["state", "category", "urgency", "in_charge", "fence", "restricted", "merged_into"],
    model_name="TicketHistory",
)
class Ticket(models.Model):
    """`fence` grows whenever the person in charge changes; deciding writes prove it (I2)."""

    number = models.CharField(_("nomor"), max_length=24, unique=True)
    code = models.CharField(max_length=12)  # the citizen's secret for the tracking page
    title = models.CharField(_("pokok"), max_length=160)
    summary = models.TextField(_("uraian"))
    place = models.CharField(_("lokasi/layanan"), max_length=160, blank=True)
    category = models.CharField(
        _("jenis"), max_length=12, choices=Category, default=Category.COMPLAINT
    )
    state = models.CharField(max_length=10, choices=TicketState, default=TicketState.OPEN)
    urgency = models.CharField(
        _("kegentingan"), max_length=10, choices=Urgency, default=Urgency.NORMAL
    )
    labels = models.ManyToManyField(Label, verbose_name=_("label"), blank=True)
    restricted = models.BooleanField(default=False)
    readers = models.ManyToManyField(User, blank=True, related_name="read_tickets")
    in_charge = models.ForeignKey(
        User, models.PROTECT, verbose_name=_("penanggung jawab"), related_name="tickets"
    )
    fence = models.PositiveIntegerField(default=1)
    received_at = models.DateTimeField(db_default=DbNow())  # when the first citizen wrote
    opened_at = models.DateTimeField(db_default=DbNow())
    answered_at = models.DateTimeField(null=True)  # the division's answer came
    closed_at = models.DateTimeField(null=True)
    closed_why = models.CharField(max_length=200, blank=True)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="merged_from")
    public_answer = models.TextField(blank=True)  # the office's own words, as relayed

    objects = TicketQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["state", "-opened_at"], name="ticket_by_state"),
            GinIndex(SEARCHED, name="ticket_search"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_over(self) -> bool:
        return self.state in OVER


class TicketItem(models.Model):
    """An item on a ticket, from joining to leaving."""

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="memberships")
    item = models.ForeignKey(Item, models.PROTECT, related_name="memberships")
    #: This citizen's own secret for the tracking page; "" where only the ticket's was given out.
    code = models.CharField(max_length=12, blank=True)
    joined_at = models.DateTimeField(db_default=DbNow())
    left_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item"], condition=Q(left_at__isnull=True), name="item_on_one_ticket"
            )
        ]

    def __str__(self) -> str:
        return f"item {self.item_id} on ticket {self.ticket_id}"


class Stage(models.Model):
    """What the citizen may know: a stage and its date, never internals."""

    class Kind(models.TextChoices):
        RECEIVED = "received", _("Laporan dicatat")
        REFERRED = "referred", _("Diteruskan secara resmi")
        ACKNOWLEDGED = "acknowledged", _("Diterima untuk ditangani")
        ANSWERED = "answered", _("Jawaban diterima")
        RELAYED = "relayed", _("Jawaban disampaikan")
        REOPENED = "reopened", _("Dibuka kembali")
        CLOSED = "closed", _("Ditutup")

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="stages")
    kind = models.CharField(max_length=12, choices=Kind)
    whom = models.CharField(max_length=120, blank=True)  # the division's public name
    at = models.DateTimeField(db_default=DbNow())

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.kind}"


class EmergencyCall(models.Model):
    """The telephone call that goes before any letter when a matter is an emergency (domain.md §3.4)."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="calls")
    whom = models.CharField(_("siapa yang ditelepon"), max_length=120)
    outcome = models.CharField(_("hasilnya"), max_length=300)
    at = models.DateTimeField(db_default=DbNow())
    by = models.ForeignKey(User, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"call about ticket {self.ticket_id}"


class Pause(models.Model):
    """The office's clock stands still while the citizen is asked; never while a division is (DESIGN §9)."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="pauses")
    why = models.CharField(_("yang ditanyakan ke warga"), max_length=200)
    since = models.DateTimeField(db_default=DbNow())
    until = models.DateTimeField(null=True)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")  # null: citizen

    class Meta:
        ordering = ["since", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["ticket"], condition=Q(until__isnull=True), name="one_pause_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"pause of ticket {self.ticket_id}"


class Feedback(models.Model):
    """The one question asked on the citizen's page after closing, answered or not (domain.md §1, S3.5)."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="feedback")
    helped = models.BooleanField(_("terbantu"))
    text = models.CharField(_("catatan"), max_length=500, blank=True)
    at = models.DateTimeField(db_default=DbNow())

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"feedback on ticket {self.ticket_id}"


from tickets.models_clock import CalendarDay, Deadline, Rule  # noqa: E402  the second room

__all__ = [
    "OVER",
    "SEARCHED",
    "CalendarDay",
    "Category",
    "Deadline",
    "EmergencyCall",
    "Feedback",
    "Label",
    "Pause",
    "Rule",
    "Stage",
    "Ticket",
    "TicketCounter",
    "TicketItem",
    "TicketState",
    "Urgency",
]
