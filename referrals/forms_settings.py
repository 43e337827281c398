"""Forms of the letters' settings. The doors (letter_forms, code_list) check what matters; these read what was
typed, into an instance that the preview shows whether or not it can be kept."""

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import LetterKind, Office, User
from referrals import emblems, patterns
from referrals.models import ArchiveCode, LetterForm, Reference, Signer
from tickets.models import Category

UNCHOSEN = _("— pilih —")


class HeadForm(forms.ModelForm):  # type: ignore[type-arg]
    """The letterhead, and what else stands on every letter."""

    emblem = forms.FileField(
        label=_("Lambang"), required=False, help_text=_("PNG atau SVG, paling besar 300 kB.")
    )
    remove_emblem = forms.BooleanField(label=_("Hapus lambang yang sekarang"), required=False)
    sample = forms.ChoiceField(
        label=_("Contoh yang ditampilkan"), choices=LetterKind.choices, required=False
    )

    class Meta:
        model = Office
        fields = ["style", "letterhead", "address", "contacts", "city", "sender", "hotline"]
        labels = {
            "letterhead": _("Baris kop"),
            "address": _("Alamat"),
            "contacts": _("Telepon, laman, pos-el"),
            "sender": _("Pengirim (“Dari” pada nota dinas)"),
        }
        help_texts = {
            "style": _("Bentuk surat yang sudah pernah disimpan tidak ikut berubah."),
            "letterhead": _("Satu baris tiap baris, dari induk kantor ke satuan sendiri."),
            "contacts": _("Boleh dikosongkan."),
            "city": _("Dicetak di depan tanggal: “Balikpapan, 15 Juli 2026”."),
            "hotline": _("Disebut dalam surat supaya penerima tahu siapa yang dihubungi."),
        }
        widgets = {"letterhead": forms.Textarea(attrs={"rows": 3, "spellcheck": "false"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["emblem"].widget.attrs["accept"] = ".png,.svg,image/png,image/svg+xml"
        if not self.instance.emblem:
            del self.fields["remove_emblem"]

    def clean_emblem(self) -> bytes:
        """The picture's bytes, checked; empty where none was chosen."""
        file = self.cleaned_data["emblem"]
        if not file:
            return b""
        try:
            return emblems.checked(file.read(emblems.MOST_BYTES + 1))
        except emblems.EmblemError as error:
            raise forms.ValidationError(str(error)) from error

    def clean(self) -> dict[str, Any]:
        """Put the emblem as chosen on the instance; the model's own forms know no binary fields."""
        found: dict[str, Any] = super().clean() or self.cleaned_data
        if found.get("emblem"):
            self.instance.emblem = found["emblem"]
        elif found.get("remove_emblem"):
            self.instance.emblem = b""
        return found

    @property
    def sample_kind(self) -> str:
        """The kind of letter to show as typed; a nota dinas unless asked."""
        typed = self.data.get("sample") if self.is_bound else ""
        return typed if typed in LetterKind.values else LetterKind.NOTA_DINAS


class LookForm(forms.ModelForm):  # type: ignore[type-arg]
    """How letters of one kind look."""

    class Meta:
        model = LetterForm
        fields = [
            "pattern", "unit_code", "kka", "signer", "signing", "copies", "subject_label", "paper", "top",
            "bottom", "left", "right", "font_size", "underline_last_copy",
        ]  # fmt: skip
        labels = {
            "kka": _("Kode arsip bawaan"),
            "signer": _("Penanda tangan bawaan"),
            "copies": _("Tembusan bawaan"),
            "top": _("Atas"),
            "bottom": _("Bawah"),
            "left": _("Kiri"),
            "right": _("Kanan"),
            "underline_last_copy": _("Garis bawahi tembusan terakhir"),
        }
        help_texts = {
            "unit_code": _("Tulis persis seperti di buku agenda, misalnya “Bidhumas”."),
            "signing": _(
                "Surat yang perlu ditandatangani tidak dapat dikirim sebelum tanda tangannya ada. Berlaku "
                "untuk surat yang disetujui setelah ini disimpan."
            ),
            "subject_label": _("Kosong: “Perihal” atau “Hal” menurut bentuknya."),
        }
        widgets = {"copies": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        form = self.instance
        self.fields["pattern"].widget.attrs |= {"spellcheck": "false", "autocapitalize": "off"}
        self.fields["signer"].queryset = Signer.objects.filter(  # type: ignore[attr-defined]
            Q(is_active=True) | Q(pk=form.signer_id)
        )
        self.fields["kka"].queryset = ArchiveCode.objects.filter(  # type: ignore[attr-defined]
            Q(is_active=True) | Q(pk=form.kka_id)
        )
        self.fields["signing"].required = False  # left out: as it was
        for name in ("signer", "kka"):
            self.fields[name].empty_label = UNCHOSEN  # type: ignore[attr-defined]
        for name in ("top", "bottom", "left", "right", "font_size"):
            self.fields[name].widget.attrs |= {"step": "0.5", "inputmode": "decimal"}
            self.initial[name] = f"{self.initial[name]:g}"  # “11”, not “11.0”

    def clean_pattern(self) -> str:
        """The pattern, refused with the sentence of `patterns.check`."""
        typed: str = self.cleaned_data["pattern"]
        try:
            patterns.check(typed, unit=self.data.get("unit_code", "")[:30])
        except patterns.PatternError as error:
            raise forms.ValidationError(str(error)) from error
        return typed


class SignerForm(forms.ModelForm):  # type: ignore[type-arg]
    """Who signs, with the lines above the signature."""

    class Meta:
        model = Signer
        fields = [
            "label", "lines", "user", "name", "rank", "id_label", "id_number", "omits_unit",
            "is_active",
        ]  # fmt: skip
        help_texts = {
            "label": _("Nama pendek untuk daftar pilihan, misalnya “a.n. Kapolda”."),
            "lines": _(
                "Satu baris tiap baris; “a.n.” dan “u.b.” di depan dicetak menjorok ke kiri."
            ),
            "user": _(
                "Hanya ia yang dapat menyetujui surat ini. Nama, pangkat, dan nomornya ikut akunnya."
            ),
            "name": _("Bila tidak dipilih dari daftar. Kosong: pimpinan yang menyetujui."),
            "omits_unit": _(
                "Centang bila yang menandatangani Kapolda, Kapolres, Kapolsek, atau wakilnya sendiri: "
                "nomornya tanpa kode satuan."
            ),
            "is_active": _("Yang tidak dipakai hilang dari daftar pilihan; surat lama tetap."),
        }
        widgets = {"lines": forms.Textarea(attrs={"rows": 3, "spellcheck": "false"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        heads = Q(role__in=["head", "admin"], is_active=True) | Q(pk=self.instance.user_id)
        field = self.fields["user"]
        field.queryset = User.objects.filter(heads).order_by("full_name")  # type: ignore[attr-defined]
        field.empty_label = _("— tidak terikat satu akun —")  # type: ignore[attr-defined]
        if not self.instance.pk:
            del self.fields["is_active"]


class CodeForm(forms.ModelForm):  # type: ignore[type-arg]
    """One archive code."""

    class Meta:
        model = ArchiveCode
        fields = ["code", "meaning", "is_active"]
        help_texts = {
            "is_active": _("Yang tidak dipakai hilang dari daftar pilihan; surat lama tetap.")
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs |= {"spellcheck": "false", "autocapitalize": "off"}
        if not self.instance.pk:
            del self.fields["is_active"]


class PasteForm(forms.Form):
    """Many archive codes at once."""

    text = forms.CharField(
        label=_("Daftar kode"),
        max_length=400_000,
        strip=False,
        widget=forms.Textarea(
            attrs={"rows": 5, "spellcheck": "false", "placeholder": "HUM.3.4.;…"}
        ),
        help_text=_("Satu kode tiap baris: “kode;arti”. Kolom dari Excel boleh langsung ditempel."),
    )


class ReferenceForm(forms.ModelForm):  # type: ignore[type-arg]
    """One source for “Rujukan”."""

    category = forms.ChoiceField(
        label=_("Untuk jenis tiket"),
        choices=[("", _("semua jenis")), *Category.choices],
        required=False,
    )

    rank = forms.TypedChoiceField(
        label=_("Tingkat"), choices=[("", UNCHOSEN), *Reference.Rank.choices], coerce=int
    )

    class Meta:
        model = Reference
        fields = ["title", "rank", "dated", "category", "is_default", "is_active"]
        help_texts = {
            "title": _("Judul lengkap; undang-undang tanpa “Republik Indonesia”."),
            "dated": _("Menentukan urutan di dalam tingkat yang sama."),
            "is_default": _("Tercantum di tiap konsep surat baru yang cocok jenisnya."),
            "is_active": _("Yang tidak dipakai tidak dikutip lagi; surat lama tetap."),
        }
        widgets = {
            "title": forms.Textarea(attrs={"rows": 2}),
            "dated": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.pk:
            del self.fields["is_active"]
