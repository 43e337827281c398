"""Who may act: people, teams, divisions with their officers, the office itself; and the journal."""

import pgtrigger
from django.contrib.auth.models import AbstractUser
from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from accounts.clock import DbNow
from accounts.models_division import Division, DivisionContact, DivisionName, LetterKind


class Role(models.TextChoices):
    OPERATOR = "operator", _("Operator")
    HEAD = "head", _("Pimpinan humas")
    OFFICER = "officer", _("Petugas divisi")
    ADMIN = "admin", _("Administrator")


class Team(models.Model):
    """Operators who share channels. Whether all see all is a setting (DESIGN §6)."""

    name = models.CharField(_("nama"), max_length=80, unique=True)

    def __str__(self) -> str:
        return self.name


class User(AbstractUser):
    """A person. The role decides what the screens offer; `division` binds an officer to one body."""

    role = models.CharField(_("peran"), max_length=10, choices=Role, default=Role.OPERATOR)
    full_name = models.CharField(_("nama lengkap"), max_length=120, blank=True)
    rank = models.CharField(_("pangkat"), max_length=80, blank=True)
    id_label = models.CharField(_("jenis nomor induk"), max_length=4, default="NRP")  # or NIP
    id_number = models.CharField(_("nomor induk"), max_length=30, blank=True)
    position = models.CharField(_("jabatan"), max_length=120, blank=True)
    teams = models.ManyToManyField(Team, verbose_name=_("tim"), blank=True, related_name="members")
    # Nobody has shifts; whoever rests says so, or names the hours (local time) of every night.
    on_duty = models.BooleanField(_("sedang jaga"), default=True)
    duty_since = models.DateTimeField(null=True, blank=True)
    quiet_from = models.TimeField(_("jam tenang dari"), null=True, blank=True)
    quiet_to = models.TimeField(_("jam tenang sampai"), null=True, blank=True)
    division = models.ForeignKey(
        Division,
        models.PROTECT,
        verbose_name=_("divisi"),
        null=True,
        blank=True,
        related_name="officers",
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="officer_has_division",
                condition=~models.Q(role="officer") | models.Q(division__isnull=False),
                violation_error_message=_("Petugas divisi harus terhubung dengan satu divisi."),
            )
        ]

    def __str__(self) -> str:
        return self.full_name or self.username

    @property
    def is_desk(self) -> bool:
        """Whether this person works at the desk (answers citizens, sees the inbox)."""
        return self.role in (Role.OPERATOR, Role.HEAD, Role.ADMIN)

    @property
    def is_head(self) -> bool:
        """Whether this person reviews, approves and takes over."""
        return self.role in (Role.HEAD, Role.ADMIN)


class Office(models.Model):
    """The institution whose desk this is: one row, made at first run. Settings live here, not in code."""

    name = models.CharField(_("nama kantor"), max_length=120, default="Humas")
    city = models.CharField(_("kota"), max_length=80, default="Balikpapan")
    style = models.CharField(
        _("bentuk surat"),
        max_length=6,
        choices=[("polri", _("Polri (Perkap 1/2023)")), ("pemda", _("Pemerintah daerah"))],
        default="polri",
    )
    letterhead = models.TextField(_("kop surat"), help_text=_("Satu baris tiap baris."), blank=True)
    address = models.CharField(_("alamat kop"), max_length=200, blank=True)
    contacts = models.CharField(_("kontak kop"), max_length=200, blank=True)
    emblem = models.BinaryField(
        blank=True, default=bytes
    )  # PNG or SVG, the office's own; none is shipped
    sender = models.CharField(_("pengirim surat"), max_length=120, blank=True)
    hotline = models.CharField(_("narahubung"), max_length=160, blank=True)
    ticket_prefix = models.CharField(_("awalan tiket"), max_length=6, default="HMS")
    lease_minutes = models.PositiveSmallIntegerField(_("lama memegang pesan (menit)"), default=15)
    undo_seconds = models.PositiveSmallIntegerField(
        _("jeda sebelum balasan terkirim (detik)"), default=10
    )
    offer_minutes = models.PositiveSmallIntegerField(
        _("ditawarkan dulu ke penjawab sebelumnya (menit)"), default=5
    )
    new_episode_days = models.PositiveSmallIntegerField(
        _("pesan baru setelah ditutup (hari)"), default=7
    )
    all_see_all = models.BooleanField(_("semua operator melihat semua kanal"), default=True)
    relay_needs_approval = models.BooleanField(
        _("jawaban ke warga disetujui pimpinan dulu"), default=False
    )
    reminds_by_itself = models.BooleanField(
        _("penegasan diajukan dengan sendirinya"), default=False
    )
    link_days = models.PositiveSmallIntegerField(_("masa berlaku tautan divisi (hari)"), default=30)
    joint_leave_counts = models.BooleanField(
        _("cuti bersama bukan hari kerja"), default=True
    )  # domain.md §4: offices differ

    class Meta:
        constraints = [
            models.CheckConstraint(name="one_office", condition=models.Q(pk=1)),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def current(cls) -> "Office":
        """The office's row, made with defaults on first use."""
        return cls.objects.get_or_create(pk=1)[0]

    @classmethod
    def everybody_sees_all(cls) -> bool:
        """Whether every operator sees every channel: asked with each item, so in the plainest way."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT all_see_all FROM accounts_office")
            row = cursor.fetchone()
        return row is None or bool(row[0])


class JournalEntry(models.Model):
    """One act: who, what, when, before, after. Append-only: triggers refuse UPDATE and DELETE (I8).

    Carries references (“item:12”), never the citizens' words.
    """

    at = models.DateTimeField(db_default=DbNow())
    actor = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    verb = models.CharField(max_length=40)
    subject = models.CharField(max_length=60)  # "<model>:<pk>", e.g. "item:12"
    data = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["subject", "id"], name="journal_by_subject"),
            models.Index(fields=["verb", "id"], name="journal_by_verb"),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.verb} {self.subject}"


__all__ = [
    "Division",
    "DivisionContact",
    "DivisionName",
    "JournalEntry",
    "LetterKind",
    "Office",
    "Role",
    "Team",
    "User",
]
