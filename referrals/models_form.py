"""How the office's letters look and what they may cite: settings as rows, changed on the screen (domain.md §2)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import LetterKind, User


class Signing(models.TextChoices):
    """How letters of a kind are signed between approval and dispatch (DESIGN §9, domain.md §2.3)."""

    NONE = "none", _("Tanpa tanda tangan di Sahut: hanya nama pejabat tercetak")
    CERTIFICATE = "certificate", _("Sertifikat elektronik kantor, begitu surat disetujui")
    SCAN = "scan", _("Dicetak, ditandatangani, lalu pindaiannya diunggah")
    SRIKANDI = "srikandi", _("Ditandatangani di SRIKANDI, lalu berkasnya diunggah")


class ArchiveCode(models.Model):
    """A code of the archive classification: KKA of Polri, numeric codes of a pemda (domain.md §2.2, §2.3)."""

    code = models.CharField(_("kode"), max_length=30, unique=True)
    meaning = models.CharField(_("arti"), max_length=160, blank=True)
    is_active = models.BooleanField(_("dipakai"), default=True)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.code} {self.meaning}".strip()


class Signer(models.Model):
    """Who signs, with every line above the signature: “a.n. KEPALA …”, the own office last.

    Name, rank and number are the person's (`user`) where there is one, else those written here.
    """

    label = models.CharField(_("sebutan"), max_length=80, unique=True)
    lines = models.TextField(
        _("jabatan di atas tanda tangan"), help_text=_("Satu baris tiap baris.")
    )
    user = models.ForeignKey(
        User, models.PROTECT, verbose_name=_("pejabat di Sahut"), null=True, blank=True,
        related_name="+",
    )  # fmt: skip
    name = models.CharField(_("nama"), max_length=120, blank=True)
    rank = models.CharField(_("pangkat"), max_length=80, blank=True)
    id_label = models.CharField(
        _("jenis nomor induk"),
        max_length=4,
        choices=[("NRP", "NRP"), ("NIP", "NIP")],
        default="NRP",
    )
    id_number = models.CharField(_("nomor induk"), max_length=30, blank=True)
    #: domain.md §2.2: no unit code when the Kapolri, a Kapolda, Kapolres or Kapolsek (or deputy) signs.
    omits_unit = models.BooleanField(_("nomor tanpa kode satuan"), default=False)
    is_active = models.BooleanField(_("dipakai"), default=True)

    class Meta:
        ordering = ["label"]

    def __str__(self) -> str:
        return self.label


class Reference(models.Model):
    """A source that letters cite under “Rujukan”, in the order the rules ask (domain.md §2.2)."""

    class Rank(models.IntegerChoices):
        LAW = 10, _("undang-undang")
        GOVERNMENT = 20, _("peraturan pemerintah")
        PRESIDENT = 30, _("peraturan presiden")
        MINISTER = 40, _("peraturan menteri")
        POLICE = 50, _("peraturan Polri/Kapolri")
        REGION = 55, _("peraturan daerah")
        DECREE = 60, _("keputusan")
        SOP = 70, _("SOP")
        LETTER = 80, _("surat")
        NOTE = 90, _("nota dinas, disposisi, pernyataan")

    title = models.CharField(_("judul lengkap"), max_length=240)
    rank = models.PositiveSmallIntegerField(_("tingkat"), choices=Rank)
    dated = models.DateField(_("tanggal"), null=True, blank=True)
    category = models.CharField(_("untuk jenis tiket"), max_length=12, blank=True)
    is_default = models.BooleanField(_("dikutip dengan sendirinya"), default=True)
    is_active = models.BooleanField(_("dipakai"), default=True)

    class Meta:
        ordering = ["rank", models.F("dated").asc(nulls_last=True), "id"]

    def __str__(self) -> str:
        return self.title


class LetterForm(models.Model):
    """How letters of one kind look: number, paper, margins, signer, copies.

    Tokens of `pattern`: {n} running number, {sifat} secrecy (B, T, R, SR), {roman} and {mm} month, {yyyy}
    and {yy} year, {kka} archive code, {unit} unit code; the rest is literal. A token that is empty takes
    one slash before it along.
    """

    class Paper(models.TextChoices):
        A4 = "a4", "A4"
        F4 = "f4", "F4 (21,5 × 33 cm)"

    kind = models.CharField(max_length=12, choices=LetterKind, unique=True)
    pattern = models.CharField(_("pola nomor"), max_length=80)
    unit_code = models.CharField(_("kode satuan"), max_length=30, blank=True)
    kka = models.ForeignKey(
        ArchiveCode, models.PROTECT, verbose_name=_("kode klasifikasi arsip"), null=True, blank=True,
        related_name="+",
    )  # fmt: skip
    signer = models.ForeignKey(
        Signer, models.PROTECT, verbose_name=_("penanda tangan"), null=True, blank=True,
        related_name="+",
    )  # fmt: skip
    signing = models.CharField(
        _("cara ditandatangani"), max_length=12, choices=Signing, default=Signing.NONE
    )
    subject_label = models.CharField(_("sebutan perihal"), max_length=10, blank=True)
    copies = models.TextField(_("tembusan"), blank=True, help_text=_("Satu baris tiap tembusan."))
    paper = models.CharField(_("kertas"), max_length=2, choices=Paper, default=Paper.A4)
    top = models.FloatField(_("tepi atas (mm)"), default=20)
    right = models.FloatField(_("tepi kanan (mm)"), default=15)
    bottom = models.FloatField(_("tepi bawah (mm)"), default=30)
    left = models.FloatField(_("tepi kiri (mm)"), default=25)
    font_size = models.FloatField(_("ukuran huruf"), default=11)
    underline_last_copy = models.BooleanField(_("garis bawah tembusan terakhir"), default=False)

    class Meta:
        ordering = ["kind"]

    def __str__(self) -> str:
        return self.get_kind_display()
