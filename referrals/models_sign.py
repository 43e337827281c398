"""How letters are signed: the office's certificate, the signed copies, and what stands in the way (DESIGN §9)."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.clock import DbNow
from accounts.models import User
from referrals.models_form import Signing
from referrals.models_letter import Letter


class OfficeCertificate(models.Model):
    """What the office signs its letters with. A removed one stays as a row, without its key."""

    class Source(models.TextChoices):
        FILE = "file", _("berkas PKCS#12")
        TOKEN = "token", _("token PKCS#11")

    source = models.CharField(max_length=6, choices=Source)
    #: Private key and chain of a file, sealed (accounts/sealed.py); empty for a token and once removed.
    sealed = models.BinaryField(default=b"")
    token_label = models.CharField(_("nama token"), max_length=64, blank=True)
    key_label = models.CharField(_("nama kunci"), max_length=64, blank=True)
    subject = models.CharField(max_length=200)
    issuer = models.CharField(max_length=200)
    serial = models.CharField(max_length=64)  # hexadecimal
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField()
    #: Time-stamp server (RFC 3161), https; empty: signatures carry the clock of this machine.
    stamp_url = models.CharField(max_length=200, blank=True)
    added_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    added_at = models.DateTimeField(db_default=DbNow())
    removed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                models.F("removed_at"),
                name="one_office_certificate",
                nulls_distinct=False,
                condition=Q(removed_at=None),
            ),
            models.CheckConstraint(
                name="removed_certificate_has_no_key",
                condition=Q(removed_at=None) | Q(sealed=b""),
            ),
        ]

    def __str__(self) -> str:
        return f"certificate {self.serial}"


class SignedCopy(models.Model):
    """A letter's bytes with its signature. A trigger refuses to change or delete them (I6).

    The current one is that which none replaces; a letter has one chain (`replaces`), hence one current copy.
    """

    letter = models.ForeignKey(Letter, models.PROTECT, related_name="signed_copies")
    way = models.CharField(max_length=12, choices=Signing)
    pdf = models.BinaryField()
    #: PNG of what came from outside; empty: the rendering's pictures show the same sheet.
    pages = ArrayField(models.BinaryField(), default=list)
    digest = models.CharField(max_length=64)  # SHA-256
    #: {"signatures": [signatures.Seal as a dict, …], "pictured": whether `pages` show it}
    found = models.JSONField(default=dict)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")  # None: by itself
    at = models.DateTimeField(db_default=DbNow())
    replaces = models.OneToOneField("self", models.PROTECT, null=True, related_name="replaced_by")
    why = models.CharField(max_length=200, blank=True)  # it replaces another

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["letter"], name="signed_copy_begins_once", condition=Q(replaces=None)
            )
        ]
        triggers = [
            pgtrigger.Protect(name="never_changes", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"signed copy {self.pk} of letter {self.letter_id}"


class SigningProblem(models.Model):
    """Why a letter could not be signed by certificate; gone once it is signed. The journal keeps what was."""

    class About(models.TextChoices):
        TOKEN = "token", _("token tidak terjangkau")
        STAMP = "stamp", _("server cap waktu tidak menjawab")
        OTHER = "other", _("perlu dibereskan orang")

    letter = models.OneToOneField(Letter, models.CASCADE, related_name="signing_problem")
    about = models.CharField(max_length=6, choices=About)
    text = models.CharField(max_length=300)
    tried_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"letter {self.letter_id} not signed: {self.about}"
