"""Who can answer a referral: units inside the institution and bodies outside, as a tree, with their contacts."""

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.clock import DbNow


class LetterKind(models.TextChoices):
    """domain.md §2.1: nota dinas inside the institution, a full letter to everybody else."""

    NOTA_DINAS = "nota_dinas", _("Nota dinas")
    SURAT = "surat", _("Surat dinas")


@pghistory.track(
    fields=[
        "code", "name", "letter_kind", "addressee", "attention", "salutation", "place", "answer_days",
        "works_saturday", "parent", "is_active",
    ],
    model_name="DivisionHistory",
)  # fmt: skip
class Division(models.Model):
    """A function, unit or outside body that can answer a referral; `parent` is the unit above it."""

    parent = models.ForeignKey(
        "self", models.PROTECT, verbose_name=_("di bawah"), null=True, blank=True,
        related_name="units",
    )  # fmt: skip
    code = models.SlugField(_("kode"), max_length=40, unique=True)
    name = models.CharField(_("nama"), max_length=120)
    letter_kind = models.CharField(
        _("jenis surat"), max_length=12, choices=LetterKind, default=LetterKind.NOTA_DINAS
    )
    addressee = models.CharField(_("ditujukan kepada"), max_length=160, help_text=_("Tanpa “Yth.”"))
    attention = models.CharField(
        _("u.p."), max_length=160, blank=True, help_text=_("Untuk perhatian, boleh kosong.")
    )
    salutation = models.CharField(_("sapaan dalam surat"), max_length=60, default="Bapak/Ibu")
    place = models.CharField(_("kota tujuan"), max_length=80, blank=True)
    address = models.TextField(_("alamat untuk surat cetak"), blank=True)
    asks = models.TextField(
        _("yang lazim diminta"), blank=True,
        help_text=_("Menyambung “mohon …”, misalnya: penjelasan penyebab dan perkiraan waktu pulih"),
    )  # fmt: skip
    answer_days = models.PositiveSmallIntegerField(_("batas jawab (hari kerja)"), default=5)
    #: How letters go there when nobody says otherwise; "portal" needs an officer with an account.
    dispatch_by = models.CharField(
        _("surat dikirim lewat"), max_length=8, default="portal",
        choices=[
            ("portal", _("portal divisi")), ("link", _("tautan")), ("email", _("surel")),
            ("print", _("cetak dan antar")), ("srikandi", _("SRIKANDI")),
        ],
    )  # fmt: skip
    works_saturday = models.BooleanField(_("bekerja hari Sabtu"), default=False)
    # Citizens' words that suggest this division (domain.md §3.2), longest phrase first wins.
    words = ArrayField(
        models.CharField(max_length=60), verbose_name=_("kata kunci"), default=list, blank=True
    )
    is_active = models.BooleanField(_("aktif"), default=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class DivisionName(models.Model):
    """What a division was called until it was renamed: old letters and citizens still say so."""

    division = models.ForeignKey(Division, models.CASCADE, related_name="former_names")
    name = models.CharField(max_length=120)
    addressee = models.CharField(max_length=160)
    until = models.DateTimeField(db_default=DbNow())

    class Meta:
        ordering = ["-until", "-id"]

    def __str__(self) -> str:
        return f"{self.name} until {self.until:%Y-%m-%d}"


class DivisionContact(models.Model):
    """A way to reach a division. Contacts expire: who checked this one, and when (domain.md §3.2)."""

    class Kind(models.TextChoices):
        DUTY_PHONE = "duty_phone", _("telepon piket 24 jam")
        PHONE = "phone", _("telepon")
        WHATSAPP = "whatsapp", _("WhatsApp")
        EMAIL = "email", _("surel")
        PUBLIC = "public", _("untuk warga")  # what may be told to citizens
        OTHER = "other", _("lain-lain")

    division = models.ForeignKey(Division, models.CASCADE, related_name="contacts")
    kind = models.CharField(_("jenis"), max_length=12, choices=Kind)
    value = models.CharField(_("kontak"), max_length=160)
    person = models.CharField(_("nama"), max_length=120, blank=True)
    verified_at = models.DateTimeField(null=True)
    verified_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["kind", "id"]

    def __str__(self) -> str:
        return self.value
