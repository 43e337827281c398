"""Deadlines as data: the rules, what they come to on each ticket, and the office's own calendar (DESIGN §9)."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Division, User


class CalendarDay(models.Model):
    """The office's word on a day, over the national calendar: a regional holiday, an election, a
    cuti bersama that was moved, or a Saturday on which everybody works (domain.md §4)."""

    day = models.DateField(_("tanggal"), unique=True)
    name = models.CharField(_("keterangan"), max_length=120)
    works = models.BooleanField(_("hari kerja"), default=False)

    class Meta:
        ordering = ["day"]

    def __str__(self) -> str:
        return f"{self.day} {self.name}"


class Rule(models.Model):
    """How long something may take: from one event of a ticket to another (domain.md §4).

    `amount` empty: the division's own days (Division.answer_days). `category` and `urgency` empty: all.
    """

    class Clock(models.TextChoices):
        CITIZEN = "citizen", _("waktu warga")  # never stops
        OFFICE = "office", _("waktu kantor")  # pauses while the citizen is asked
        DIVISION = "division", _("waktu divisi")  # dispatch to registered reply

    class Event(models.TextChoices):
        RECEIVED = "received", _("pesan warga masuk")
        OPENED = "opened", _("tiket dibuka")
        FIRST_REPLY = "first_reply", _("jawaban pertama ke warga")
        DISPATCHED = "dispatched", _("surat dikirim")
        ANSWERED = "answered", _("divisi menjawab")
        RELAYED = "relayed", _("jawaban disampaikan")

    class Basis(models.TextChoices):
        SOP = "sop", _("batas SOP")
        LAW = "law", _("batas peraturan")

    class Unit(models.TextChoices):
        HOUR = "hour", _("jam")
        DAY = "day", _("hari kalender")
        WORKDAY = "workday", _("hari kerja")

    code = models.SlugField(_("kode"), max_length=40, unique=True)
    name = models.CharField(_("nama"), max_length=120)
    clock = models.CharField(_("jam"), max_length=8, choices=Clock)
    basis = models.CharField(_("dasar"), max_length=3, choices=Basis)
    source = models.CharField(_("sumber"), max_length=200, blank=True)
    since = models.CharField(_("mulai"), max_length=12, choices=Event)
    until = models.CharField(_("sampai"), max_length=12, choices=Event)
    amount = models.PositiveSmallIntegerField(_("lama"), null=True, blank=True)
    unit = models.CharField(_("satuan"), max_length=8, choices=Unit, default=Unit.WORKDAY)
    extension = models.PositiveSmallIntegerField(_("boleh diperpanjang"), default=0)
    category = models.CharField(_("jenis tiket"), max_length=12, blank=True)
    urgency = models.CharField(_("kegentingan"), max_length=10, blank=True)
    is_active = models.BooleanField(_("berlaku"), default=True)

    class Meta:
        ordering = ["basis", "clock", "id"]

    def __str__(self) -> str:
        return self.name


class Deadline(models.Model):
    """What a rule comes to on one ticket (and one division). Kept, so that lists can sort by it."""

    ticket = models.ForeignKey("tickets.Ticket", models.CASCADE, related_name="deadlines")
    rule = models.ForeignKey(Rule, models.PROTECT, related_name="+")
    division = models.ForeignKey(Division, models.PROTECT, null=True, related_name="+")
    since = models.DateTimeField()
    due_at = models.DateTimeField()
    extended_why = models.CharField(max_length=200, blank=True)
    extended_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    #: By how much, as the rule stood then; null where it was extended before this was kept.
    extended_amount = models.PositiveSmallIntegerField(null=True)
    extended_unit = models.CharField(max_length=8, choices=Rule.Unit, blank=True)
    extended_at = models.DateTimeField(null=True)
    met_at = models.DateTimeField(null=True)
    dropped_at = models.DateTimeField(
        null=True
    )  # returned, merged, closed: nothing is owed any more

    class Meta:
        ordering = ["due_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["ticket", "rule", "division"], nulls_distinct=False,
                condition=Q(met_at__isnull=True, dropped_at__isnull=True), name="deadline_runs_once",
            )
        ]  # fmt: skip
        indexes = [
            models.Index(
                fields=["due_at"], name="deadline_running",
                condition=Q(met_at__isnull=True, dropped_at__isnull=True),
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.rule_id} of ticket {self.ticket_id}"
